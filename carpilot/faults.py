"""Faults that can be let loose on a car: on the wire, in a node, in a sensor, in the world.

Each kind is one function that begins the fault and returns what ends it. `KINDS` names them all; a scenario, `carpilot
drive --fault` and Python code call `inject`. Every chance comes from the `random.Random` that is passed in, so a run with
the same seed is the same run. `strength` is 1 (mild) to 3 (harsh).
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from random import Random

from carpilot.bus.bus import Bus
from carpilot.bus.codec import Physical
from carpilot.bus.database import MessageInfo
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
from carpilot.bus.disturbances import Disturbance
from carpilot.bus.e2e import counter_of, counter_states, protect
from carpilot.bus.frame import Frame
from carpilot.bus.inbox import CAPACITY
from carpilot.bus.sources import Babble, Capture, Injection, Replay, Spoof, StuckDominant
from carpilot.car import COPILOT, Car
from carpilot.ecu.node import EcuNode
from carpilot.errors import InputError, UnknownNameError
from carpilot.units import NS_PER_MS, seconds_to_ns
from carpilot.vehicle.catalogue import Value

End = Callable[[], None]
UNKNOWN_ID, BABBLING_ID, FIRST_ID = 0x6A5, 0x7F0, 0x000
BROWN_OUT_V = (8.5, 7.5, 6.0)
DRIFT_PER_S = (0.5, 2.0, 8.0)


@dataclass(frozen=True, slots=True)
class Fault:
    """What fails, where and for how long. Which of node, path, message and segment matter depends on the kind."""

    kind: str
    seconds: float
    node: str | None = None
    path: str | None = None
    message: str | None = None
    segment: str | None = None
    strength: int = 2


def _require(fault: Fault, name: str, wanted: str) -> str:
    value: str | None = getattr(fault, name)
    if value is None:
        raise InputError(f"the fault {fault.kind} needs {name}: {wanted}")
    return value


def _message(car: Car, fault: Fault) -> MessageInfo:
    """Return the message that is meant: by name, or as the status of a path."""
    if fault.message is not None:
        return car.database.message(fault.message)
    path = _require(fault, "path", "a signal whose status message is meant, or message: its name")
    return car.database.message(car.catalogue[path].status[0])


def _bus(car: Car, fault: Fault, info: MessageInfo | None = None) -> Bus:
    """Return the segment that is meant: by name, or the home of a message; commands leave the infotainment segment."""
    if fault.segment is not None:
        if fault.segment not in car.buses:
            raise UnknownNameError("segment", fault.segment, car.buses)
        return car.buses[fault.segment]
    if info is None or info.sender == COPILOT:
        return car.buses["infotainment"]
    return car.buses[car.database.home[info.name]]


def _node(car: Car, fault: Fault) -> EcuNode:
    name = _require(fault, "node", ", ".join(car.nodes))
    if name not in car.nodes:
        raise UnknownNameError("node", name, car.nodes)
    return car.nodes[name]


def _moved(car: Car, fault: Fault) -> tuple[EcuNode, str]:
    """Return an actuator's node and path."""
    path = _require(fault, "path", "an actuator")
    signal = car.catalogue[path]
    if not signal.is_actuator:
        raise InputError(f"the fault {fault.kind} needs the path of an actuator, which {path} is not")
    if fault.node is not None and fault.node != signal.ecu:
        raise InputError(f"{path} belongs to {signal.ecu}, not to {fault.node}")
    return car.nodes[signal.ecu], path


def _on(bus: Bus, disturbance: Disturbance) -> End:
    bus.disturbances.append(disturbance)
    return lambda: bus.disturbances.remove(disturbance)


def _end_all(ends: list[End]) -> None:
    for end in ends:
        end()


def _share(fault: Fault, *by_strength: float) -> float:
    return by_strength[fault.strength - 1]


# Frames that do not arrive, or not as they were sent


def _loss(car: Car, fault: Fault, random: Random) -> End:
    """Lose a message now and then. Needs message or path."""
    info = _message(car, fault)
    disturbance = Loss(random, _share(fault, 0.001, 0.02, 0.1), frozenset({info.arbitration_id}))
    return _on(_bus(car, fault, info), disturbance)


def _burst_loss(car: Car, fault: Fault, random: Random) -> End:
    """Lose every frame of a message. Needs message or path."""
    info = _message(car, fault)
    return _on(_bus(car, fault, info), Loss(random, 1.0, frozenset({info.arbitration_id})))


def _delay(car: Car, fault: Fault, random: Random) -> End:
    """Send a message late, by up to a part of its cycle. Needs message or path."""
    info = _message(car, fault)
    cycle_ns = info.cycle_ns or 100 * NS_PER_MS
    jitter_ns = int(cycle_ns * _share(fault, 0.25, 0.5, 0.9))
    return _on(_bus(car, fault, info), Delay(random, 0, jitter_ns, frozenset({info.arbitration_id})))


def _duplicate(car: Car, fault: Fault, random: Random) -> End:
    """Send a message twice. Needs message or path."""
    info = _message(car, fault)
    disturbance = Duplicate(random, _share(fault, 0.1, 0.5, 1.0), frozenset({info.arbitration_id}), NS_PER_MS)
    return _on(_bus(car, fault, info), disturbance)


def _reorder(car: Car, fault: Fault, random: Random) -> End:
    """Let frames of a message overtake each other. Needs message or path."""
    info = _message(car, fault)
    return _on(_bus(car, fault, info), Reorder(random, _share(fault, 0.05, 0.2, 0.5), frozenset({info.arbitration_id})))


def _bit_errors(car: Car, fault: Fault, random: Random) -> End:
    """Damage frames below their CRC: error frames and repetitions. Segment, or node."""
    return _on(_bus(car, fault), BitError(random, _share(fault, 0.001, 0.01, 0.05), node=fault.node))


def _gateway_memory(car: Car, fault: Fault, random: Random) -> End:
    """Change a message in the gateway, above its CRC. Needs message or path."""
    info = _message(car, fault)
    corruption = PayloadCorruption(random, _share(fault, 0.3, 0.7, 1.0), frozenset({info.arbitration_id}), bits=3)

    def corrupt(frame: Frame) -> Frame:
        return corruption.on_send("GATEWAY", frame, car.now_ns)[0][1]

    car.gateway.corrupts = corrupt
    return lambda: setattr(car.gateway, "corrupts", None)


def _wrong_length(car: Car, fault: Fault, random: Random) -> End:
    """Send a message too short or too long. Needs message or path."""
    info = _message(car, fault)
    return _on(
        _bus(car, fault, info), WrongLength(random, _share(fault, 0.3, 0.7, 1.0), frozenset({info.arbitration_id}))
    )


def _suspension(car: Car, fault: Fault, random: Random) -> End:
    """Keep a message from the bus. Needs message or path."""
    del random
    info = _message(car, fault)
    return _on(_bus(car, fault, info), Suspension(frozenset({info.arbitration_id})))


# Frames that nobody should send


def _unknown_identifier(car: Car, fault: Fault, random: Random) -> End:
    """Send frames that no database knows. Segment."""
    frames = [Frame(UNKNOWN_ID, random.randbytes(8)) for _ in range(8)]
    period_ns = int(_share(fault, 100, 20, 5)) * NS_PER_MS
    return _on(_bus(car, fault), Injection(frames=frames, period_ns=period_ns))


def _babbling(car: Car, fault: Fault, random: Random) -> End:
    """Let a node send without end at a high identifier. Needs node."""
    node = _node(car, fault)
    bus = car.buses[node.port.segment]
    return _on(bus, Babble(port=node.port, frame=Frame(BABBLING_ID, random.randbytes(8))))


def _babbling_first(car: Car, fault: Fault, random: Random) -> End:
    """Fill a segment with identifier 0. Segment."""
    return _on(_bus(car, fault), Babble(frame=Frame(FIRST_ID, random.randbytes(8))))


def forged(car: Car, info: MessageInfo, frame: Frame) -> Frame:
    """Return what an attacker who knows the protection would send after a frame: a car that stands in park."""
    codec = car.database.codecs[info.name]
    values: dict[str, Physical | None] = {
        name: value for name, value in codec.unpack(frame.data).items() if name not in ("Crc", "Counter")
    }
    for name, field in codec.fields.items():
        if name in values:
            lie: dict[str, Physical] = {"Speed": 0.0, "Gear": 126}
            values[name] = lie.get(name, field.physical(0))
    counter = (counter_of(frame.data, info.profile) + 1) % counter_states(info.profile)
    data = protect(info.profile, info.data_id, codec.pack(values), counter)
    return car.database.frame(info, data)


def _spoofed_status(car: Car, fault: Fault, random: Random) -> End:
    """Send a forged message beside the true one. Needs message or path."""
    del random
    info = _message(car, fault)
    bus = car.buses[fault.segment or "infotainment"]
    return _on(bus, Spoof(arbitration_id=info.arbitration_id, forge=lambda frame: forged(car, info, frame)))


def _masquerade(car: Car, fault: Fault, random: Random) -> End:
    """Suppress a message and send another in its place. Needs message or path."""
    info = _message(car, fault)
    bus = _bus(car, fault, info)
    codec = car.database.codecs[info.name]
    wrong_id = info.data_id ^ random.randrange(1, 1 << 8)  # of a message beside it; a CRC-8 sees every burst of 8 bits
    frames = [
        car.database.frame(info, protect(info.profile, wrong_id, codec.pack({}), counter))
        for counter in range(counter_states(info.profile))
    ]
    ends = [
        _on(bus, Suspension(frozenset({info.arbitration_id}))),
        _on(bus, Injection(frames=frames, period_ns=info.cycle_ns or 100 * NS_PER_MS)),
    ]
    return partial(_end_all, ends)


def _replay(car: Car, fault: Fault, random: Random) -> End:
    """Capture a message for the first half of the time, and send it again in the second."""
    del random
    info = _message(car, fault)
    bus = _bus(car, fault, info)
    capture = Capture(frozenset({info.arbitration_id}))
    bus.taps.append(capture)
    playing: list[Replay] = []

    def play() -> None:
        bus.taps.remove(capture)
        if capture.rows:
            playing.append(Replay(rows=tuple(capture.rows)))
            bus.disturbances.append(playing[0])

    car.scheduler.after(seconds_to_ns(fault.seconds / 2), play)

    def stop() -> None:
        for each in playing:
            bus.disturbances.remove(each)

    return stop


# The wire and the controllers


def _stuck_dominant(car: Car, fault: Fault, random: Random) -> End:
    """Hold the wire dominant. Segment."""
    del random
    return _on(_bus(car, fault), StuckDominant())


def _bus_off(car: Car, fault: Fault, random: Random) -> End:
    """Fail every transmission of a node until it is bus-off. Needs node."""
    del random
    node = _node(car, fault)
    return _on(car.buses[node.port.segment], FailingTransmitter(node.name))


def _copilot_bus_off(car: Car, fault: Fault, random: Random) -> End:
    """Fail every transmission of the copilot; it must send one to notice."""
    del fault, random
    end = _on(car.buses["infotainment"], FailingTransmitter(COPILOT))
    car.commander.probe()
    return end


def _error_passive(car: Car, fault: Fault, random: Random) -> End:
    """Keep a node's transmit error counter at 128 or more, and below bus-off."""
    del random
    node = _node(car, fault)
    return _on(car.buses[node.port.segment], WeakTransmitter(node.port, int(_share(fault, 130, 160, 230))))


def _missing_acknowledge(car: Car, fault: Fault, random: Random) -> End:
    """Let nobody acknowledge a node's frames. Needs node."""
    del random
    node = _node(car, fault)
    return _on(car.buses[node.port.segment], MissingAcknowledge(node.name))


# Sensors


def _distort(car: Car, fault: Fault, change: Callable[[Value | None], Value | None]) -> End:
    path = _require(fault, "path", "the signal whose sensor fails")
    node = car.nodes[car.catalogue[path].ecu]
    node.distortions[path] = change

    def heal() -> None:
        node.distortions.pop(path, None)

    return heal


def _stuck_signal(car: Car, fault: Fault, random: Random) -> End:
    """Report the same value all the time. Needs path."""
    del random
    held: list[Value | None] = []

    def hold(value: Value | None) -> Value | None:
        if not held:
            held.append(value)
        return held[0]

    return _distort(car, fault, hold)


def _drift(car: Car, fault: Fault, random: Random) -> End:
    """Let a sensor drift away. Needs path."""
    sign, begun_ns = random.choice((-1, 1)), car.now_ns
    rate_per_s = _share(fault, *DRIFT_PER_S)

    def drift(value: Value | None) -> Value | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        return value + sign * rate_per_s * (car.now_ns - begun_ns) / 1e9

    return _distort(car, fault, drift)


def _jump(car: Car, fault: Fault, random: Random) -> End:
    """Let a sensor jump. Needs path."""
    by = random.choice((-1, 1)) * _share(fault, 20.0, 40.0, 80.0)

    def jump(value: Value | None) -> Value | None:
        return value + by if isinstance(value, float) else value

    return _distort(car, fault, jump)


def _not_available(car: Car, fault: Fault, random: Random) -> End:
    """Let a sensor say that it has no value. Needs path."""
    del random
    return _distort(car, fault, lambda value: None)


# Nodes, motors, supply, host


def _ecu_reset(car: Car, fault: Fault, random: Random) -> End:
    """Cut the power of a unit, and let it start anew. Needs node."""
    del random
    _node(car, fault).reset(seconds_to_ns(fault.seconds))
    return lambda: None


def _ecu_silent(car: Car, fault: Fault, random: Random) -> End:
    """Let a unit neither hear nor send. Needs node."""
    del random
    node = _node(car, fault)
    node.is_stuck_silent = True
    return lambda: setattr(node, "is_stuck_silent", False)


def _brown_out(car: Car, fault: Fault, random: Random) -> End:
    """Let the 12 V supply break down."""
    del random
    supply = car.world.low_voltage
    supply.forced_v = supply.voltage_v = _share(fault, *BROWN_OUT_V)
    for node in car.nodes.values():
        node.wake()
    return lambda: setattr(supply, "forced_v", None)


def _jam(car: Car, fault: Fault, random: Random) -> End:
    """Let an actuator not move. Needs path."""
    del random
    node, path = _moved(car, fault)
    node.device.jammed.add(path)
    return lambda: node.device.jammed.discard(path)


def _wrong_way(car: Car, fault: Fault, random: Random) -> End:
    """Let a motor turn the wrong way. Needs path."""
    del random
    node, path = _moved(car, fault)
    if path not in node.device.motors:
        raise InputError(f"the fault wrong_way needs an actuator with a motor, which {path} has not")
    node.device.reversed.add(path)
    return lambda: node.device.reversed.discard(path)


def _obstacle(car: Car, fault: Fault, random: Random) -> End:
    """Put something in the way of a motor, half way between where it stands and its closed end."""
    del random
    node, path = _moved(car, fault)
    motor = node.device.motors.get(path)
    if motor is None or motor.kind.closes_towards is None:
        raise InputError(f"the fault obstacle needs an actuator that closes by a motor, which {path} does not")
    motor.obstacle_at = (motor.position + motor.kind.closes_towards) / 2
    return lambda: setattr(motor, "obstacle_at", None)


def _freshness_lost(car: Car, fault: Fault, random: Random) -> End:
    """Let the copilot forget the freshness of its authentic commands."""
    del fault, random
    car.commander.lose_freshness()
    return lambda: None


def _host_pause(car: Car, fault: Fault, random: Random) -> End:
    """Stop the host for a moment: simulated time must not notice."""
    del car, random
    time.sleep(_share(fault, 0.05, 0.1, 0.3))
    return lambda: None


def _receive_overflow(car: Car, fault: Fault, random: Random) -> End:
    """Let the copilot be too busy to read."""
    del random
    car.inbox.is_paused = True
    car.inbox.capacity = int(_share(fault, 64, 32, 8))

    def read_on() -> None:
        car.inbox.capacity = CAPACITY
        car.inbox.resume()

    return read_on


def _log_full(car: Car, fault: Fault, random: Random) -> End:
    """Let the disk be full."""
    del fault, random
    car.is_disk_full = True
    return lambda: setattr(car, "is_disk_full", False)


Kind = Callable[[Car, Fault, Random], End]
KINDS: Mapping[str, Kind] = {
    "loss": _loss,
    "burst_loss": _burst_loss,
    "delay": _delay,
    "duplicate": _duplicate,
    "reorder": _reorder,
    "bit_errors": _bit_errors,
    "gateway_memory": _gateway_memory,
    "wrong_length": _wrong_length,
    "unknown_identifier": _unknown_identifier,
    "babbling": _babbling,
    "babbling_first": _babbling_first,
    "stuck_dominant": _stuck_dominant,
    "bus_off": _bus_off,
    "copilot_bus_off": _copilot_bus_off,
    "error_passive": _error_passive,
    "missing_acknowledge": _missing_acknowledge,
    "stuck_signal": _stuck_signal,
    "drift": _drift,
    "jump": _jump,
    "not_available": _not_available,
    "ecu_reset": _ecu_reset,
    "ecu_silent": _ecu_silent,
    "brown_out": _brown_out,
    "spoofed_status": _spoofed_status,
    "masquerade": _masquerade,
    "replay": _replay,
    "suspension": _suspension,
    "freshness_lost": _freshness_lost,
    "host_pause": _host_pause,
    "jam": _jam,
    "wrong_way": _wrong_way,
    "obstacle": _obstacle,
    "receive_overflow": _receive_overflow,
    "log_full": _log_full,
}


def inject(car: Car, fault: Fault, random: Random) -> None:
    """Let a fault loose for its time. Raises InputError or UnknownNameError where it cannot be."""
    if fault.kind not in KINDS:
        raise UnknownNameError("fault", fault.kind, KINDS)
    if fault.strength not in (1, 2, 3):
        raise InputError(f"a fault's strength is 1, 2 or 3, not {fault.strength}")
    if not 0 < fault.seconds <= 3600:
        raise InputError(f"a fault lasts more than 0 and at most 3600 seconds, not {fault.seconds:g}")
    end = KINDS[fault.kind](car, fault, random)
    car.scheduler.after(seconds_to_ns(fault.seconds), end)
