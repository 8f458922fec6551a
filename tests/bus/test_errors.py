"""Error frames, error states and recovery, against the counting rules of ISO 11898-1:2015, 12.1.4."""

from random import Random

import pytest

from carpilot.bus.bus import Bus, Port
from carpilot.bus.controller import Controller, ErrorKind, ErrorState, Hit, Recovery
from carpilot.bus.disturbance import BitError, FailingTransmitter, MissingAcknowledge
from carpilot.bus.frame import INTERMISSION_BITS, Frame
from carpilot.bus.sources import StuckDominant
from carpilot.sim.scheduler import Scheduler

BIT_NS = 2_000
ERROR_FRAME_BITS = 6 + 6 + 8
MS = 1_000_000


class Strikes:
    """Destroys the first transmissions of a node, after half of the frame."""

    def __init__(self, times: int, node: str = "A", kind: ErrorKind = ErrorKind.BIT) -> None:
        self.left = times
        self.node = node
        self.kind = kind

    def strike(self, node: str, frame: Frame, now_ns: int) -> Hit | None:
        del frame, now_ns
        if node != self.node or not self.left:
            return None
        self.left -= 1
        return Hit(self.kind, 0.5)


class Wire:
    """A bus with nodes A, B and C, what was seen on it, and its error frames."""

    def __init__(self, nodes: str = "ABC") -> None:
        self.scheduler = Scheduler()
        self.bus = Bus("body", self.scheduler)
        self.received: dict[str, list[Frame]] = {name: [] for name in nodes}
        self.ports: dict[str, Port] = {name: self.bus.attach(name, self.received[name].append) for name in nodes}
        self.seen: list[tuple[int, Frame, str]] = []
        self.errors: list[tuple[int, ErrorKind, str]] = []
        self.bus.taps.append(lambda time_ns, segment, frame, sender: self.seen.append((time_ns, frame, sender)))
        self.bus.error_taps.append(lambda time_ns, segment, kind, sender: self.errors.append((time_ns, kind, sender)))

    def counters(self, node: str) -> tuple[int, int]:
        controller = self.ports[node].controller
        return controller.tec, controller.rec

    def run_ms(self, duration_ms: float) -> None:
        self.scheduler.run_until(self.scheduler.now_ns + round(duration_ms * MS))


def test_given_one_hit_when_sent_then_error_frame_then_the_frame_again_and_the_counters_are_the_standards() -> None:
    wire, frame = Wire(), Frame(0x100, bytes(8))
    wire.bus.disturbances.append(Strikes(1))
    wire.ports["A"].send(frame)
    wire.run_ms(0.2)
    half_bits = (frame.length_bits - 8) // 2
    failed_ns = (half_bits + ERROR_FRAME_BITS) * BIT_NS
    assert wire.errors == [(failed_ns, ErrorKind.BIT, "A")]
    assert [wire.counters(node) for node in "ABC"] == [(8, 0), (0, 1), (0, 1)]
    wire.run_ms(10)
    assert wire.seen == [(failed_ns + (INTERMISSION_BITS + frame.length_bits) * BIT_NS, frame, "A")]
    assert wire.received == {"A": [], "B": [frame], "C": [frame]}
    assert [wire.counters(node) for node in "ABC"] == [(7, 0), (0, 0), (0, 0)]
    for _ in range(7):
        wire.ports["A"].send(frame)
    wire.run_ms(10)
    assert wire.counters("A") == (0, 0)


def test_given_a_hit_when_a_more_urgent_frame_has_come_meanwhile_then_it_goes_first() -> None:
    wire = Wire()
    wire.bus.disturbances.append(Strikes(1))
    wire.ports["A"].send(Frame(0x100, bytes(8)))
    wire.scheduler.at(BIT_NS, lambda: wire.ports["B"].send(Frame(0x10, b"")))
    wire.run_ms(10)
    assert [frame.arbitration_id for _, frame, _ in wire.seen] == [0x10, 0x100]


def test_given_sixteen_hits_when_sent_then_error_passive_at_128_and_it_waits_eight_bits_longer() -> None:
    wire, frame = Wire(), Frame(0x100, b"\x55")
    wire.bus.disturbances.append(Strikes(16))
    wire.ports["A"].send(frame)
    times: list[ErrorState] = []
    wire.bus.error_taps.append(lambda *_: times.append(wire.ports["A"].controller.state))
    wire.run_ms(20)
    assert times == [ErrorState.ERROR_ACTIVE] * 15 + [ErrorState.ERROR_PASSIVE]
    assert wire.counters("A") == (127, 0)
    last_ns = wire.errors[-1][0]
    assert wire.seen == [(last_ns + (INTERMISSION_BITS + 8 + frame.length_bits) * BIT_NS, frame, "A")]


def test_given_an_error_passive_node_when_it_has_sent_then_a_less_urgent_frame_of_another_goes_before_its_next() -> (
    None
):
    wire = Wire()
    wire.ports["A"].controller.tec = 200
    wire.bus.refresh()
    for number in range(3):
        wire.ports["A"].send(Frame(0x10, bytes([number])))
    wire.ports["B"].send(Frame(0x700, b""))
    wire.run_ms(10)
    assert [sender for _, _, sender in wire.seen] == ["A", "B", "A", "A"]
    # Alone again, the third waits for 3 + 8 bits after the second.
    assert wire.seen[3][0] - wire.seen[2][0] == (3 + 8 + wire.seen[3][1].length_bits) * BIT_NS


def test_given_a_failing_transmitter_when_sent_then_bus_off_after_32_errors_and_back_after_1408_bits() -> None:
    wire, calls = Wire(), list[tuple[str, int]]()
    port = wire.ports["A"]
    port.on_bus_off = lambda: calls.append(("off", wire.scheduler.now_ns))
    port.on_recovered = lambda: calls.append(("on", wire.scheduler.now_ns))
    wire.bus.disturbances.append(Strikes(32))
    port.send(Frame(0x100, b"\x01"))
    port.send(Frame(0x101, b"\x02"))
    wire.run_ms(100)
    assert len(wire.errors) == 32
    assert [name for name, _ in calls] == ["off", "on"]
    assert calls[0][1] == wire.errors[-1][0]
    # The error delimiter and the intermission are the first of 128 x 11 recessive bits.
    assert calls[1][1] - calls[0][1] == pytest.approx(1408 * BIT_NS, abs=2 * 11 * BIT_NS)
    assert wire.seen == []
    assert port.controller.state is ErrorState.ERROR_ACTIVE
    assert wire.counters("A") == (0, 0)
    assert (port.controller.bus_off_count, port.controller.errors) == (1, {ErrorKind.BIT: 32})
    port.send(Frame(0x102, b""))
    wire.run_ms(1)
    assert [frame.arbitration_id for _, frame, _ in wire.seen] == [0x102]


def test_given_a_bus_off_node_when_others_send_then_it_hears_nothing_and_sends_nothing() -> None:
    wire = Wire()
    wire.ports["A"].recovery = Recovery(restarts=0)
    wire.bus.disturbances.append(FailingTransmitter("A"))
    wire.ports["A"].send(Frame(0x100, b""))
    wire.run_ms(100)
    assert wire.ports["A"].controller.state is ErrorState.BUS_OFF
    wire.bus.disturbances.clear()
    wire.ports["B"].send(Frame(1, b""))
    wire.ports["A"].send(Frame(2, b""))
    wire.run_ms(100)
    assert [sender for _, _, sender in wire.seen] == ["B"]
    assert (wire.received["A"], wire.ports["A"].refused) == ([], 1)
    wire.ports["A"].recovery = Recovery()
    wire.ports["A"].restart()
    wire.run_ms(10)
    wire.ports["A"].send(Frame(3, b""))
    wire.run_ms(10)
    assert wire.seen[-1][1:] == (Frame(3, b""), "A")


def test_given_a_busy_bus_when_a_node_is_bus_off_then_128_frames_pass_before_it_returns() -> None:
    wire, off, back = Wire(), list[int](), list[int]()
    wire.ports["A"].on_bus_off = lambda: off.append(len(wire.seen))
    wire.ports["A"].on_recovered = lambda: back.append(len(wire.seen))
    wire.bus.disturbances.append(FailingTransmitter("A"))
    for number in range(400):
        wire.ports["B"].send(Frame(0x200, number.to_bytes(2, "big")))
    wire.ports["A"].send(Frame(0x100, b""))
    wire.run_ms(200)
    assert len(back) == 1
    assert back[0] - off[0] == pytest.approx(128, abs=2)


def test_given_a_partly_idle_bus_when_a_node_is_bus_off_then_idle_time_and_ends_of_frames_both_count() -> None:
    wire, times, frame = Wire(), list[int](), Frame(0x200, b"\x55")

    def on_bus_off() -> None:
        times.append(wire.scheduler.now_ns)
        for number in range(8):
            wire.scheduler.after((50 + 110 * number) * BIT_NS, lambda: wire.ports["B"].send(frame))

    wire.ports["A"].on_bus_off = on_bus_off
    wire.ports["A"].on_recovered = lambda: times.append(wire.scheduler.now_ns)
    wire.bus.disturbances.append(Strikes(32))
    wire.ports["A"].send(Frame(0x100, b""))
    wire.run_ms(20)
    assert len(wire.seen) == 8
    # Eight frames take their bits from the idle time and give one sequence each; a gap's rest below 11 bits is lost.
    taken_bits = 8 * (frame.length_bits + 3 - 11)
    assert (times[1] - times[0]) / BIT_NS == pytest.approx(1408 + taken_bits, abs=9 * 11)


def test_given_a_clear_while_an_error_frame_is_sent_then_the_frame_is_not_sent_again() -> None:
    wire = Wire()
    wire.bus.disturbances.append(Strikes(1))
    wire.ports["A"].send(Frame(0x100, bytes(8)))
    wire.scheduler.at(30 * BIT_NS, wire.ports["A"].clear)
    wire.run_ms(10)
    assert (len(wire.errors), wire.seen) == (1, [])


def test_given_restarts_with_back_off_when_bus_off_again_and_again_then_so_many_and_each_later() -> None:
    wire, off, back = Wire(), list[int](), list[int]()
    port = wire.ports["A"]
    port.recovery = Recovery(restarts=3, backoff_ns=10 * MS, factor=2)
    port.on_bus_off = lambda: off.append(wire.scheduler.now_ns)

    def on_recovered() -> None:
        back.append(wire.scheduler.now_ns)
        port.send(Frame(0x100, b""))

    port.on_recovered = on_recovered
    wire.bus.disturbances.append(FailingTransmitter("A"))
    port.send(Frame(0x100, b""))
    wire.run_ms(1000)
    assert (len(off), len(back)) == (4, 3)
    waits_ms = [(there - here) / MS for here, there in zip(off, back, strict=False)]
    assert waits_ms == pytest.approx([10 + 2.816, 20 + 2.816, 40 + 2.816], abs=0.05)
    assert port.controller.state is ErrorState.BUS_OFF


def test_given_a_lone_node_when_it_sends_then_error_passive_for_ever_and_never_bus_off() -> None:
    wire = Wire("A")
    wire.ports["A"].send(Frame(0x100, b""))
    wire.run_ms(500)
    controller = wire.ports["A"].controller
    assert (controller.tec, controller.state) == (128, ErrorState.ERROR_PASSIVE)
    assert len(wire.errors) > 1000
    assert {kind for _, kind, _ in wire.errors} == {ErrorKind.ACKNOWLEDGE}
    assert wire.seen == []
    received: list[Frame] = []
    wire.bus.attach("B", received.append)
    wire.run_ms(1)
    assert received == [Frame(0x100, b"")]
    assert controller.tec == 127


def test_given_a_missing_acknowledge_when_removed_then_the_frame_arrives_once() -> None:
    wire, cut = Wire(), MissingAcknowledge("A")
    wire.bus.disturbances.append(cut)
    wire.ports["A"].send(Frame(0x100, b""))
    wire.run_ms(50)
    assert (wire.seen, wire.counters("A")[0]) == ([], 128)
    wire.bus.disturbances.remove(cut)
    wire.run_ms(50)
    assert [frame for _, frame, _ in wire.seen] == [Frame(0x100, b"")]


@pytest.mark.parametrize(("rec", "after"), [(0, 0), (1, 0), (127, 126), (128, 119), (255, 119)])
def test_given_a_receive_counter_when_a_frame_is_received_then_it_falls_as_the_standard_says(
    rec: int, after: int
) -> None:
    controller = Controller()
    controller.rec = rec
    controller.on_received()
    assert controller.rec == after


@pytest.mark.parametrize(
    ("tec", "rec", "state"),
    [
        (127, 127, ErrorState.ERROR_ACTIVE),
        (128, 0, ErrorState.ERROR_PASSIVE),
        (0, 128, ErrorState.ERROR_PASSIVE),
        (255, 0, ErrorState.ERROR_PASSIVE),
    ],
)
def test_given_counters_when_looked_at_then_the_state_is(tec: int, rec: int, state: ErrorState) -> None:
    controller = Controller()
    controller.tec, controller.rec = tec, rec
    assert controller.state is state


def test_given_a_transmit_counter_of_255_when_one_more_error_comes_then_bus_off() -> None:
    controller = Controller()
    controller.tec = 247
    states = []
    for _ in range(2):
        controller.on_transmit_error(ErrorKind.BIT)
        states.append(controller.state)
    assert states == [ErrorState.ERROR_PASSIVE, ErrorState.BUS_OFF]


def test_given_many_receive_errors_when_counted_then_never_bus_off() -> None:
    controller = Controller()
    for _ in range(1000):
        controller.on_receive_error()
    assert controller.state is ErrorState.ERROR_PASSIVE


def test_given_a_stuck_level_when_a_frame_is_on_the_wire_then_it_is_destroyed_reported_and_sent_after() -> None:
    wire, frame = Wire(), Frame(0x100, bytes(8))
    wire.ports["A"].send(frame)
    wire.scheduler.at(20 * BIT_NS, lambda: wire.bus.disturbances.append(StuckDominant(30 * BIT_NS)))
    wire.run_ms(10)
    assert wire.errors == [((20 + 14) * BIT_NS, ErrorKind.STUCK_DOMINANT, "A")]
    assert wire.seen == [((20 + 30 + 8 + 3 + frame.length_bits) * BIT_NS, frame, "A")]
    # One error, then 8 more after 14 bits and after each further 8 that began in time: at 14, 22 and 30 (excluded).
    assert wire.counters("A") == (8 + 8 + 8 - 1, 0)
    assert wire.counters("B") == (0, 1 + 8 + 8 - 1)


def test_given_a_stuck_level_when_an_error_frame_is_on_the_wire_then_it_is_cut_and_the_frame_arrives_once() -> None:
    wire, frame = Wire(), Frame(0x100, bytes(8))
    wire.bus.disturbances.append(Strikes(1))
    wire.ports["A"].send(frame)
    half_bits = (frame.length_bits - 8) // 2
    begins_bits = half_bits + 3
    wire.scheduler.at(begins_bits * BIT_NS, lambda: wire.bus.disturbances.append(StuckDominant(25 * BIT_NS)))
    wire.run_ms(10)
    assert [kind for _, kind, _ in wire.errors] == [ErrorKind.STUCK_DOMINANT]
    assert wire.seen == [((begins_bits + 25 + 8 + 3 + frame.length_bits) * BIT_NS, frame, "A")]
    assert wire.received["B"] == [frame]


def test_given_a_stuck_level_for_a_millisecond_when_a_node_was_sending_then_it_is_bus_off_and_the_others_passive() -> (
    None
):
    wire = Wire()
    wire.ports["A"].send(Frame(0x100, bytes(8)))
    wire.scheduler.at(20 * BIT_NS, lambda: wire.bus.disturbances.append(StuckDominant(MS)))
    wire.run_ms(0.9)
    assert wire.ports["A"].controller.state is ErrorState.BUS_OFF
    assert wire.ports["B"].controller.state is ErrorState.ERROR_PASSIVE
    wire.ports["B"].send(Frame(0x200, b""))
    wire.run_ms(0.1)
    assert wire.seen == []
    wire.run_ms(1)
    assert [sender for _, _, sender in wire.seen] == ["B"]


def test_given_a_level_that_is_released_when_removed_then_traffic_goes_on() -> None:
    wire, stuck = Wire(), StuckDominant()
    wire.bus.disturbances.append(stuck)
    wire.ports["A"].send(Frame(0x100, b""))
    wire.run_ms(100)
    assert wire.seen == []
    wire.bus.disturbances.remove(stuck)
    wire.run_ms(1)
    assert len(wire.seen) == 1


@pytest.mark.parametrize("probability", [0.01, 0.05, 0.1])
def test_given_bit_errors_by_chance_when_run_then_no_frame_is_lost_or_doubled_and_the_run_repeats(
    probability: float,
) -> None:
    def run() -> tuple[list[tuple[int, Frame, str]], list[tuple[int, ErrorKind, str]]]:
        wire = Wire()
        wire.bus.disturbances.append(BitError(Random(5), probability))
        for number in range(300):
            for node, identifier in (("A", 0x100), ("B", 0x200)):
                frame = Frame(identifier, number.to_bytes(2, "big"))
                wire.scheduler.at(number * MS, lambda node=node, frame=frame: wire.ports[node].send(frame))  # type: ignore[misc] # a default binds the row
        wire.run_ms(1000)
        return wire.seen, wire.errors

    seen, errors = run()
    assert (seen, errors) == run()
    assert errors
    for identifier in (0x100, 0x200):
        numbers = [int.from_bytes(frame.data, "big") for _, frame, _ in seen if frame.arbitration_id == identifier]
        assert numbers == list(range(300))
