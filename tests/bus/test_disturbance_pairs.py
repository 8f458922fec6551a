"""Every pair of disturbances at once, at three strengths: the segment lives, repeats its run, and recovers afterwards."""

from collections.abc import Callable
from functools import partial
from itertools import combinations
from random import Random

import pytest

from carpilot.bus.bus import Bus
from carpilot.bus.controller import ErrorKind, ErrorState
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
    WrongLength,
)
from carpilot.bus.disturbances import Disturbance
from carpilot.bus.frame import Frame
from carpilot.bus.sources import Babble, Injection, Replay, Spoof, StuckDominant
from carpilot.sim.scheduler import Scheduler

MS = 1_000_000
IDENTIFIERS = (0x100, 0x200, 0x300)
STRENGTHS = (0.05, 0.3, 1.0)
KINDS: dict[str, Callable[[float, int], Disturbance]] = {
    "loss": lambda strength, seed: Loss(Random(seed), strength),
    "burst": lambda strength, seed: Loss(Random(seed), strength / 5, burst=5),
    "suspension": lambda strength, seed: Suspension(frozenset(IDENTIFIERS[: round(3 * strength) or 1])),
    "delay": lambda strength, seed: Delay(Random(seed), round(20 * strength * MS), round(10 * strength * MS)),
    "duplicate": lambda strength, seed: Duplicate(Random(seed), strength),
    "reorder": lambda strength, seed: Reorder(Random(seed), strength),
    "payload": lambda strength, seed: PayloadCorruption(Random(seed), strength),
    "length": lambda strength, seed: WrongLength(Random(seed), strength),
    "bit error": lambda strength, seed: BitError(Random(seed), strength),
    "transmitter": lambda strength, seed: FailingTransmitter("N0"),
    "acknowledge": lambda strength, seed: MissingAcknowledge("N1"),
    "injection": lambda strength, seed: Injection(frames=[Frame(0x7F0, b"\x01")], period_ns=round(MS / strength)),
    "babble": lambda strength, seed: Babble(frame=Frame(0x7FF if strength < 0.5 else 0, bytes(8))),
    "stuck": lambda strength, seed: StuckDominant(round(40 * strength * MS)),
    "replay": lambda strength, seed: Replay(rows=[(n * MS, Frame(0x100, bytes([n]))) for n in range(40)]),
    "spoof": lambda strength, seed: Spoof(arbitration_id=0x200, forge=lambda frame: Frame(0x200, b"\xff")),
}


class Segment:
    """Three nodes, each with a frame every 5 ms, and a record of all that passes."""

    def __init__(self) -> None:
        self.scheduler = Scheduler()
        self.bus = Bus("body", self.scheduler)
        self.rows: list[tuple[int, str, Frame | ErrorKind, str]] = []
        self.bus.taps.append(lambda *row: self.rows.append(row))
        self.bus.error_taps.append(lambda *row: self.rows.append(row))
        self.ports = [self.bus.attach(f"N{index}", lambda frame: None) for index in range(3)]
        for index, (port, identifier) in enumerate(zip(self.ports, IDENTIFIERS, strict=True)):
            self.scheduler.every(5 * MS, partial(port.send, Frame(identifier, bytes([1, 2, 3]))), index * 100_000)

    def run_ms(self, duration_ms: int) -> None:
        self.scheduler.run_until(self.scheduler.now_ns + duration_ms * MS)


@pytest.mark.parametrize(("one", "other"), [pytest.param(*pair, id="+".join(pair)) for pair in combinations(KINDS, 2)])
def test_given_two_disturbances_when_over_then_the_segment_is_as_before_and_the_run_repeats(
    one: str, other: str
) -> None:
    for strength in STRENGTHS:
        runs = []
        for _ in range(2):
            segment = Segment()
            disturbances = [KINDS[kind](strength, seed) for seed, kind in enumerate((one, other))]
            for disturbance in disturbances:
                segment.bus.disturbances.append(disturbance)
            segment.run_ms(60)
            for disturbance in disturbances:
                segment.bus.disturbances.remove(disturbance)
            segment.run_ms(140)  # delayed frames come, bus-off nodes return
            runs.append(segment.rows)
            assert [port.node for port in segment.bus.ports] == ["N0", "N1", "N2"]
            assert all(port.controller.state is not ErrorState.BUS_OFF for port in segment.ports)
            segment.rows = []
            segment.run_ms(50)
            passed = [row[2].arbitration_id for row in segment.rows if isinstance(row[2], Frame)]
            assert sorted(passed) == sorted(IDENTIFIERS * 10)
            assert len(passed) == len(segment.rows)
            assert not segment.bus.pending
        assert runs[0] == runs[1]
