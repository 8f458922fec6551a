from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from carpilot.bus.bus import Bus, Port
from carpilot.bus.disturbance import (
    Delay,
    Duplicate,
    Loss,
    PayloadCorruption,
    Reorder,
    Suspension,
    WrongLength,
)
from carpilot.bus.disturbances import Disturbance
from carpilot.bus.e2e import Check, Checker, Protector
from carpilot.bus.frame import FD_SIZES, Frame
from carpilot.bus.sources import INTRUDER, Babble, Capture, Injection, Replay, Spoof
from carpilot.sim.scheduler import Scheduler

MS = 1_000_000
PERIOD_NS = 10 * MS
OURS, OTHER = 0x100, 0x200
DATA_ID = 0x1234


class Line:
    """A sender of two protected messages each 10 ms, and a receiver that checks them."""

    def __init__(self) -> None:
        self.scheduler = Scheduler()
        self.bus = Bus("body", self.scheduler)
        self.received: list[tuple[int, Frame]] = []
        self.checks: list[Check] = []
        self.port: Port = self.bus.attach("SENDER")
        self.bus.attach("RECEIVER", self._receive)
        self._checker = Checker(DATA_ID)
        self._protector = Protector(DATA_ID)
        self.sent = 0
        self.scheduler.every(PERIOD_NS, self._send)

    def _send(self) -> None:
        self.port.send(Frame(OURS, self._protector.protect(bytes(2) + self.sent.to_bytes(6, "big"))))
        self.port.send(Frame(OTHER, self.sent.to_bytes(4, "big")))
        self.sent += 1

    def _receive(self, frame: Frame) -> None:
        self.received.append((self.scheduler.now_ns, frame))
        if frame.arbitration_id == OURS:
            self.checks.append(self._checker.check(frame.data))

    def run(self, cycles: int) -> None:
        self.scheduler.run_until(self.scheduler.now_ns + cycles * PERIOD_NS - 1)

    def numbers(self, identifier: int = OURS) -> list[int]:
        return [int.from_bytes(f.data[-4:], "big") for _, f in self.received if f.arbitration_id == identifier]


IDS = frozenset({OURS})
ON_SEND: list[Callable[[], Disturbance]] = [
    lambda: Loss(Random(1), 0.1, IDS),
    lambda: Loss(Random(1), 0.05, IDS, burst=5),
    lambda: Suspension(IDS),
    lambda: Delay(Random(1), 15 * MS, 5 * MS, IDS),
    lambda: Duplicate(Random(1), 0.2, IDS),
    lambda: Reorder(Random(1), 0.2, IDS),
    lambda: PayloadCorruption(Random(1), 0.2, IDS),
    lambda: WrongLength(Random(1), 0.2, IDS),
]


@pytest.mark.parametrize("make", ON_SEND)
def test_given_a_disturbance_of_one_identifier_when_run_then_the_other_is_untouched_and_the_run_repeats(
    make: Callable[[], Disturbance],
) -> None:
    lines = []
    for _ in range(2):
        line = Line()
        line.bus.disturbances.append(make())
        line.run(200)
        assert line.numbers(OTHER) == list(range(200))
        assert line.checks != [Check.OK] * 200 or "Delay" in type(next(iter(line.bus.disturbances))).__name__
        lines.append(line)
    assert lines[0].received == lines[1].received


@pytest.mark.parametrize("make", ON_SEND)
def test_given_a_disturbance_when_removed_then_every_later_frame_passes_as_sent(
    make: Callable[[], Disturbance],
) -> None:
    line, disturbance = Line(), make()
    line.bus.disturbances.append(disturbance)
    line.run(50)
    line.bus.disturbances.remove(disturbance)
    assert len(line.bus.disturbances) == 0
    line.run(5)
    line.received.clear()
    line.checks.clear()
    line.run(50)
    assert line.numbers() == list(range(line.sent - 50, line.sent))
    assert line.checks == [Check.OK] * 50


def test_given_single_loss_when_checked_then_some_lost_and_nothing_else() -> None:
    line = Line()
    line.bus.disturbances.append(Loss(Random(7), 0.1, IDS))
    line.run(500)
    counts = Counter(line.checks)
    assert set(counts) == {Check.OK, Check.SOME_LOST}
    assert 500 - len(line.checks) == pytest.approx(50, abs=20)


def test_given_bursts_longer_than_max_delta_when_checked_then_wrong_sequence() -> None:
    line = Line()
    line.bus.disturbances.append(Loss(Random(3), 0.02, IDS, burst=5))
    line.run(300)
    counts = Counter(line.checks)
    assert counts[Check.WRONG_SEQUENCE] > 0
    assert Check.SOME_LOST not in counts


def test_given_delay_when_measured_then_it_is_within_its_bounds() -> None:
    plain, late = Line(), Line()
    late.bus.disturbances.append(Delay(Random(1), 2 * MS, 3 * MS, IDS))
    for line in (plain, late):
        line.run(100)
    arrivals = [[time_ns for time_ns, frame in line.received if frame.arbitration_id == OURS] for line in (plain, late)]
    delays = [there - here for here, there in zip(*arrivals, strict=True)]
    assert 2 * MS <= min(delays) < 2.5 * MS
    assert 4.5 * MS < max(delays) < 5.3 * MS


def test_given_duplicates_when_checked_then_each_is_repeated_and_never_accepted_twice() -> None:
    line = Line()
    line.bus.disturbances.append(Duplicate(Random(2), 1.0, IDS))
    line.run(40)
    assert line.checks == [Check.OK, Check.REPEATED] * 40


def test_given_reordered_frames_when_checked_then_the_older_is_dropped() -> None:
    line = Line()
    line.bus.disturbances.append(Reorder(Random(2), 1.0, IDS))
    line.run(40)
    assert line.numbers() == [number for first in range(0, 40, 2) for number in (first + 1, first)]
    older = line.checks[1::2]
    assert older == [Check.WRONG_SEQUENCE] * 20


@pytest.mark.parametrize("bits", [1, 2, 8])
def test_given_corruption_above_can_when_checked_then_the_wire_is_good_and_the_crc_of_e2e_is_not(bits: int) -> None:
    line, errors = Line(), list[int]()
    line.bus.error_taps.append(lambda time_ns, segment, kind, sender: errors.append(time_ns))
    line.bus.disturbances.append(PayloadCorruption(Random(2), 1.0, IDS, bits))
    line.run(200)
    assert errors == []
    accepted = sum(check.is_accepted for check in line.checks)
    assert accepted == 0 if bits < 8 else accepted <= 4  # CRC-8 lets one of 256 patterns through


def test_given_wrong_lengths_when_received_then_none_is_the_right_one_and_fd_sizes_are_valid() -> None:
    line = Line()
    line.bus.disturbances.append(WrongLength(Random(2), 1.0))
    line.port.send(Frame(0x300, bytes(32), is_fd=True))
    line.run(100)
    assert all(len(frame.data) != (8 if frame.arbitration_id == OURS else 4) for _, frame in line.received[1:])
    sizes = [len(frame.data) for _, frame in line.received if frame.is_fd]
    assert sizes and sizes[0] in FD_SIZES and sizes[0] != 32


def test_given_disturbances_in_a_row_when_sent_then_each_works_on_what_the_one_before_let_through() -> None:
    line = Line()
    line.bus.disturbances.append(Duplicate(Random(1), 1.0, IDS))
    line.bus.disturbances.append(Duplicate(Random(1), 1.0, IDS, delay_ns=MS))
    line.run(10)
    assert Counter(line.numbers()) == dict.fromkeys(range(10), 4)


def test_given_an_injected_frame_when_removed_then_it_came_each_period_and_its_node_is_gone() -> None:
    line, unknown = Line(), Injection(frames=[Frame(0x6FF, b"\x01")], period_ns=5 * MS)
    line.bus.disturbances.append(unknown)
    line.run(10)
    assert sum(frame.arbitration_id == 0x6FF for _, frame in line.received) == 20
    assert [port.node for port in line.bus.ports] == ["SENDER", "RECEIVER", INTRUDER]
    line.bus.disturbances.remove(unknown)
    line.received.clear()
    line.run(10)
    assert all(frame.arbitration_id != 0x6FF for _, frame in line.received)
    assert [port.node for port in line.bus.ports] == ["SENDER", "RECEIVER"]


@pytest.mark.parametrize(("identifier", "others"), [(0x7FF, 100), (0, 0)])
def test_given_a_babbling_node_when_run_then_the_bus_is_full_and_only_more_urgent_frames_pass(
    identifier: int, others: int
) -> None:
    line, babble = Line(), Babble(frame=Frame(identifier, bytes(8)))
    line.bus.disturbances.append(babble)
    line.run(100)
    assert line.bus.occupied_ns >= 0.999 * line.scheduler.now_ns
    assert len(line.numbers()) == others
    line.bus.disturbances.remove(babble)
    line.received.clear()
    line.run(10)
    assert {frame.arbitration_id for _, frame in line.received[1:]} == {OURS, OTHER}


def test_given_a_babbling_node_of_the_car_when_it_ceases_then_nothing_of_it_is_left_in_its_queue() -> None:
    line = Line()
    bad = line.bus.attach("BAD")
    babble = Babble(port=bad, frame=Frame(0x7FF, bytes(8)))
    line.bus.disturbances.append(babble)
    line.run(10)
    line.bus.disturbances.remove(babble)
    assert bad.waiting == 0
    assert bad in line.bus.ports
    line.received.clear()
    line.run(10)
    assert sum(frame.arbitration_id == 0x7FF for _, frame in line.received) <= 1


def test_given_a_captured_window_when_replayed_then_the_same_frames_at_the_same_distances() -> None:
    line, capture = Line(), Capture(IDS)
    line.bus.taps.append(capture)
    line.run(20)
    line.bus.taps.remove(capture)
    rows = list(capture.rows)
    assert [frame for _, frame in rows] == [frame for _, frame in line.received if frame.arbitration_id == OURS]
    line.bus.disturbances.append(Suspension(IDS))
    line.received.clear()
    line.bus.disturbances.append(Replay(rows=rows))
    line.run(20)
    again = [(time_ns, frame) for time_ns, frame in line.received if frame.arbitration_id == OURS]
    assert [frame for _, frame in again] == [frame for _, frame in rows]
    assert [t - again[0][0] for t, _ in again] == pytest.approx([t - rows[0][0] for t, _ in rows], abs=MS)


def test_given_spoofed_frames_beside_the_true_ones_when_run_then_two_each_cycle() -> None:
    line = Line()
    spoof = Spoof(arbitration_id=OURS, forge=lambda frame: Frame(OURS, frame.data[:-1] + b"\xff"))
    line.bus.disturbances.append(spoof)
    line.run(20)
    ours = [frame for _, frame in line.received if frame.arbitration_id == OURS]
    assert len(ours) == 40
    assert all(frame.data[-1] == 0xFF for frame in ours[1::2])
    line.bus.disturbances.remove(spoof)
    line.received.clear()
    line.run(20)
    assert len(line.numbers()) == 20


def test_given_no_disturbance_when_run_then_nothing_changes() -> None:
    line = Line()
    line.run(100)
    assert line.checks == [Check.OK] * 100
    assert line.numbers(OTHER) == list(range(100))
