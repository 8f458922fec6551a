"""Faults of the wire and of controllers: frames that do not arrive, or not as they were sent.

Each function begins a fault and returns what ends it.
"""

from random import Random

from carpilot.bus.disturbance import (
    BitError,
    Delay,
    Duplicate,
    FailingTransmitter,
    Loss,
    MissingAcknowledge,
    PayloadCorruption,
    Reorder,
    Suspension,
    WeakTransmitter,
    WrongLength,
)
from carpilot.bus.frame import Frame
from carpilot.bus.sources import StuckDominant
from carpilot.car import COPILOT, Car
from carpilot.faults.targets import End, Fault, bus_of, by_strength, disturb, message_of, node_of
from carpilot.units import NS_PER_MS


def loss(car: Car, fault: Fault, random: Random) -> End:
    """Lose a message now and then. Needs message or path."""
    info = message_of(car, fault)
    disturbance = Loss(random, by_strength(fault, 0.001, 0.02, 0.1), frozenset({info.arbitration_id}))
    return disturb(bus_of(car, fault, info), disturbance)


def burst_loss(car: Car, fault: Fault, random: Random) -> End:
    """Lose every frame of a message. Needs message or path."""
    info = message_of(car, fault)
    return disturb(bus_of(car, fault, info), Loss(random, 1.0, frozenset({info.arbitration_id})))


def delay(car: Car, fault: Fault, random: Random) -> End:
    """Send a message late, by up to a part of its cycle. Needs message or path."""
    info = message_of(car, fault)
    cycle_ns = info.cycle_ns or 100 * NS_PER_MS
    jitter_ns = int(cycle_ns * by_strength(fault, 0.25, 0.5, 0.9))
    return disturb(bus_of(car, fault, info), Delay(random, 0, jitter_ns, frozenset({info.arbitration_id})))


def duplicate(car: Car, fault: Fault, random: Random) -> End:
    """Send a message twice. Needs message or path."""
    info = message_of(car, fault)
    disturbance = Duplicate(random, by_strength(fault, 0.1, 0.5, 1.0), frozenset({info.arbitration_id}), NS_PER_MS)
    return disturb(bus_of(car, fault, info), disturbance)


def reorder(car: Car, fault: Fault, random: Random) -> End:
    """Let frames of a message overtake each other. Needs message or path."""
    info = message_of(car, fault)
    return disturb(
        bus_of(car, fault, info), Reorder(random, by_strength(fault, 0.05, 0.2, 0.5), frozenset({info.arbitration_id}))
    )


def bit_errors(car: Car, fault: Fault, random: Random) -> End:
    """Damage frames below their CRC: error frames and repetitions. Segment, or node."""
    return disturb(bus_of(car, fault), BitError(random, by_strength(fault, 0.001, 0.01, 0.05), node=fault.node))


def gateway_memory(car: Car, fault: Fault, random: Random) -> End:
    """Change a message in the gateway, above its CRC. Needs message or path."""
    info = message_of(car, fault)
    corruption = PayloadCorruption(random, by_strength(fault, 0.3, 0.7, 1.0), frozenset({info.arbitration_id}), bits=3)

    def corrupt(frame: Frame) -> Frame:
        return corruption.on_send("GATEWAY", frame, car.now_ns)[0][1]

    car.gateway.corrupts = corrupt
    return lambda: setattr(car.gateway, "corrupts", None)


def wrong_length(car: Car, fault: Fault, random: Random) -> End:
    """Send a message too short or too long. Needs message or path."""
    info = message_of(car, fault)
    return disturb(
        bus_of(car, fault, info),
        WrongLength(random, by_strength(fault, 0.3, 0.7, 1.0), frozenset({info.arbitration_id})),
    )


def suspension(car: Car, fault: Fault, random: Random) -> End:
    """Keep a message from the bus. Needs message or path."""
    del random
    info = message_of(car, fault)
    return disturb(bus_of(car, fault, info), Suspension(frozenset({info.arbitration_id})))


def stuck_dominant(car: Car, fault: Fault, random: Random) -> End:
    """Hold the wire dominant. Segment."""
    del random
    return disturb(bus_of(car, fault), StuckDominant())


def bus_off(car: Car, fault: Fault, random: Random) -> End:
    """Fail every transmission of a node until it is bus-off. Needs node."""
    del random
    node = node_of(car, fault)
    return disturb(car.buses[node.port.segment], FailingTransmitter(node.name))


def copilot_bus_off(car: Car, fault: Fault, random: Random) -> End:
    """Fail every transmission of the copilot; it must send one to notice."""
    del fault, random
    end = disturb(car.buses["infotainment"], FailingTransmitter(COPILOT))
    car.commander.probe()
    return end


def error_passive(car: Car, fault: Fault, random: Random) -> End:
    """Keep a node's transmit error counter at 128 or more, and below bus-off."""
    del random
    node = node_of(car, fault)
    return disturb(car.buses[node.port.segment], WeakTransmitter(node.port, int(by_strength(fault, 130, 160, 230))))


def missing_acknowledge(car: Car, fault: Fault, random: Random) -> End:
    """Let nobody acknowledge a node's frames. Needs node."""
    del random
    node = node_of(car, fault)
    return disturb(car.buses[node.port.segment], MissingAcknowledge(node.name))
