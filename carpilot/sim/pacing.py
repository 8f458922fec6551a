"""The pace of simulated time: as fast as possible, or beside the wall clock."""

import time
from collections.abc import Callable

from carpilot.units import NS_PER_MS, NS_PER_S

SLICE_NS = 10 * NS_PER_MS


def run_beside_wall_clock(advance: Callable[[int], None], duration_ns: int, speed: float = 1.0) -> None:
    """Advance by small slices so that simulated time keeps pace with the wall clock, `speed` times as fast."""
    start_s = time.monotonic()
    done_ns = 0
    while done_ns < duration_ns:
        slice_ns = min(SLICE_NS, duration_ns - done_ns)
        advance(slice_ns)
        done_ns += slice_ns
        ahead_s = done_ns / NS_PER_S / speed - (time.monotonic() - start_s)
        if ahead_s > 0:
            time.sleep(ahead_s)
