import time

import pytest

from carpilot.sim.pacing import SLICE_NS, run_beside_wall_clock
from carpilot.sim.scheduler import Scheduler

MS = 1_000_000


class Clock:
    """A scheduler that is advanced, and when (wall, simulated) an event each 3 ms ran."""

    def __init__(self) -> None:
        self.scheduler = Scheduler()
        self.ran: list[tuple[int, int]] = []
        self.steps: list[int] = []
        self.start_ns = time.monotonic_ns()
        self.scheduler.every(3 * MS, self._event, 3 * MS)

    def _event(self) -> None:
        self.ran.append((time.monotonic_ns() - self.start_ns, self.scheduler.now_ns))

    def advance(self, duration_ns: int) -> None:
        self.steps.append(duration_ns)
        self.scheduler.run_until(self.scheduler.now_ns + duration_ns)


def test_given_no_view_of_events_when_paced_then_by_slices_and_the_whole_time() -> None:
    clock = Clock()
    run_beside_wall_clock(clock.advance, 35 * MS, speed=5.0)
    assert clock.steps == [SLICE_NS, SLICE_NS, SLICE_NS, 5 * MS]
    assert clock.scheduler.now_ns == 35 * MS


@pytest.mark.parametrize("speed", [0.5, 1.0, 4.0])
def test_given_a_view_of_events_when_paced_then_none_runs_before_its_wall_time_and_all_run(speed: float) -> None:
    clock = Clock()
    run_beside_wall_clock(clock.advance, 60 * MS, speed, clock.scheduler.until_next_ns)
    assert clock.scheduler.now_ns == 60 * MS == sum(clock.steps)
    assert [simulated_ns for _, simulated_ns in clock.ran] == [3 * MS * number for number in range(1, 21)]
    for wall_ns, simulated_ns in clock.ran:
        assert wall_ns * speed >= simulated_ns - 1_000 * speed


def test_given_a_late_world_when_paced_then_it_catches_up_and_ends_in_time() -> None:
    clock = Clock()

    def slow(duration_ns: int) -> None:
        clock.advance(duration_ns)
        if len(clock.steps) == 1:
            time.sleep(0.03)

    run_beside_wall_clock(slow, 60 * MS, until_next_ns=clock.scheduler.until_next_ns)
    assert len(clock.ran) == 20
    assert any(step > 20 * MS for step in clock.steps)


def test_given_no_event_at_all_when_paced_then_time_passes_by_slices() -> None:
    scheduler, steps = Scheduler(), list[int]()
    run_beside_wall_clock(steps.append, 20 * MS, 10.0, scheduler.until_next_ns)
    assert sum(steps) == 20 * MS
