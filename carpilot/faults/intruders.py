"""Faults and attacks in which frames come that nobody should send.

Each function begins a fault and returns what ends it.
"""

from functools import partial
from random import Random

from carpilot.bus.codec import Physical
from carpilot.bus.database import MessageInfo
from carpilot.bus.disturbance import Suspension
from carpilot.bus.e2e import counter_of, counter_states, protect
from carpilot.bus.frame import Frame
from carpilot.bus.sources import Babble, Capture, Injection, Replay, Spoof
from carpilot.car import Car
from carpilot.faults.targets import End, Fault, bus_of, by_strength, disturb, end_all, message_of, node_of
from carpilot.units import NS_PER_MS, seconds_to_ns

UNKNOWN_ID, BABBLING_ID, FIRST_ID = 0x6A5, 0x7F0, 0x000


def unknown_identifier(car: Car, fault: Fault, random: Random) -> End:
    """Send frames that no database knows. Segment."""
    frames = [Frame(UNKNOWN_ID, random.randbytes(8)) for _ in range(8)]
    period_ns = int(by_strength(fault, 100, 20, 5)) * NS_PER_MS
    return disturb(bus_of(car, fault), Injection(frames=frames, period_ns=period_ns))


def babbling(car: Car, fault: Fault, random: Random) -> End:
    """Let a node send without end at a high identifier. Needs node."""
    node = node_of(car, fault)
    bus = car.buses[node.port.segment]
    return disturb(bus, Babble(port=node.port, frame=Frame(BABBLING_ID, random.randbytes(8))))


def babbling_first(car: Car, fault: Fault, random: Random) -> End:
    """Fill a segment with identifier 0. Segment."""
    return disturb(bus_of(car, fault), Babble(frame=Frame(FIRST_ID, random.randbytes(8))))


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


def spoofed_status(car: Car, fault: Fault, random: Random) -> End:
    """Send a forged message beside the true one. Needs message or path."""
    del random
    info = message_of(car, fault)
    bus = car.buses[fault.segment or "infotainment"]
    return disturb(bus, Spoof(arbitration_id=info.arbitration_id, forge=lambda frame: forged(car, info, frame)))


def masquerade(car: Car, fault: Fault, random: Random) -> End:
    """Suppress a message and send another in its place. Needs message or path."""
    info = message_of(car, fault)
    bus = bus_of(car, fault, info)
    codec = car.database.codecs[info.name]
    wrong_id = info.data_id ^ random.randrange(1, 1 << 8)  # of a message beside it; a CRC-8 sees every burst of 8 bits
    frames = [
        car.database.frame(info, protect(info.profile, wrong_id, codec.pack({}), counter))
        for counter in range(counter_states(info.profile))
    ]
    ends = [
        disturb(bus, Suspension(frozenset({info.arbitration_id}))),
        disturb(bus, Injection(frames=frames, period_ns=info.cycle_ns or 100 * NS_PER_MS)),
    ]
    return partial(end_all, ends)


def replay(car: Car, fault: Fault, random: Random) -> End:
    """Capture a message for the first half of the time, and send it again in the second."""
    del random
    info = message_of(car, fault)
    bus = bus_of(car, fault, info)
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
