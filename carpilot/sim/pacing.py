"""The pace of simulated time: as fast as possible, or beside the wall clock."""

import time
from collections.abc import Callable

from carpilot.units import NS_PER_MS, NS_PER_S, NS_PER_US

SLICE_NS = 10 * NS_PER_MS
GRAIN_NS = 100 * NS_PER_US
"""The shortest sleep between events: what is due within it runs together, at most so much late. A loop that always sleeps
a little leaves the processor to others, and so is not made to wait when an event is due."""


def run_beside_wall_clock(
    advance: Callable[[int], None],
    duration_ns: int,
    speed: float = 1.0,
    until_next_ns: Callable[[], int | None] | None = None,
) -> None:
    """Advance so that simulated time keeps pace with the wall clock, `speed` times as fast.

    By slices of 10 ms; or, if `until_next_ns` tells how long it is to the next event (`Scheduler.until_next_ns`), from
    event to event, so that each happens at its own time and not at a slice's. Who is late catches up without sleeping.
    """
    start_ns = time.monotonic_ns()
    done_ns = 0
    while done_ns < duration_ns:
        if until_next_ns is None:
            step_ns = SLICE_NS
        else:
            wait_ns = until_next_ns()
            next_ns = done_ns + (SLICE_NS if wait_ns is None else min(wait_ns, SLICE_NS))
            _sleep_until(start_ns + min(next_ns, duration_ns) / speed, GRAIN_NS)
            step_ns = max(int((time.monotonic_ns() - start_ns) * speed) - done_ns, 1)
        step_ns = min(step_ns, duration_ns - done_ns)
        advance(step_ns)
        done_ns += step_ns
        if until_next_ns is None:
            _sleep_until(start_ns + done_ns / speed, 0)


def _sleep_until(wall_ns: float, least_ns: int) -> None:
    """Sleep until a wall time, but not shorter than `least_ns` unless it is past."""
    ahead_ns = wall_ns - time.monotonic_ns()
    if ahead_ns > 0:
        time.sleep(max(ahead_ns, least_ns) / NS_PER_S)
