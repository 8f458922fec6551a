"""The order of the world: one heap of (time, priority, running number).

Time is whole nanoseconds. Two events of the same instant run by priority, then in the order they were asked for, so a
run depends on nothing but its inputs. A callback whose last deed is to wait may ask `reaches` instead of scheduling an event:
if nothing else is due before, the clock moves and it goes on at once, which gives the same order for less.
"""

from collections.abc import Callable
from enum import IntEnum
from heapq import heappop, heappush

Callback = Callable[[], None]


class Priority(IntEnum):
    """What comes first within one instant."""

    DELIVERY = 0
    TIMER = 1
    ARBITRATION = 2


_TIMER = int(Priority.TIMER)
_NEVER_NS = -1


class Scheduler:
    """A discrete-event clock. `now_ns` is simulation time in nanoseconds; only the scheduler sets it."""

    __slots__ = ("_heap", "_limit_ns", "_number", "now_ns")

    def __init__(self) -> None:
        self.now_ns = 0
        self._number = 0
        self._limit_ns = _NEVER_NS
        self._heap: list[tuple[int, int, int, Callback]] = []

    @property
    def next_ns(self) -> int | None:
        """The time of the next event, in nanoseconds; None if there is none."""
        return self._heap[0][0] if self._heap else None

    def until_next_ns(self) -> int | None:
        """Return the time to the next event, in nanoseconds; None if there is none."""
        return self._heap[0][0] - self.now_ns if self._heap else None

    def at(self, time_ns: int, callback: Callback, priority: int = _TIMER) -> None:
        """Run a callback at a time that is not past. Raises ValueError if it is."""
        if time_ns < self.now_ns:
            raise ValueError(f"cannot schedule at {time_ns} ns: it is {self.now_ns} ns already")
        heappush(self._heap, (time_ns, priority, self._number, callback))
        self._number += 1

    def after(self, delay_ns: int, callback: Callback, priority: int = _TIMER) -> None:
        """Run a callback after a delay."""
        self.at(self.now_ns + delay_ns, callback, priority)

    def every(self, period_ns: int, callback: Callback, first_ns: int = 0) -> None:
        """Run a callback periodically, for ever."""
        heap = self._heap

        def again() -> None:  # asks for its next turn first, so that it keeps its place among those of its instant
            heappush(heap, (self.now_ns + period_ns, _TIMER, self._number, again))
            self._number += 1
            callback()

        self.after(first_ns, again)

    def reaches(self, time_ns: int, callback: Callback, priority: int) -> bool:
        """Wait for a time, as the last deed of a scheduled callback; say whether it has come already.

        If nothing else is due until then, that instant included, the clock is set to it, and the caller goes on at once.
        Otherwise, and beyond the time that is being run until, the callback is scheduled for it.
        """
        heap = self._heap
        if time_ns > self._limit_ns or (heap and heap[0][0] <= time_ns):
            heappush(heap, (time_ns, priority, self._number, callback))
            self._number += 1
            return False
        self.now_ns = time_ns
        return True

    def run_until(self, time_ns: int) -> None:
        """Run everything that is due up to and including a time, and set the clock to it."""
        heap = self._heap
        self._limit_ns = time_ns
        try:
            while heap and heap[0][0] <= time_ns:
                event = heappop(heap)
                self.now_ns = event[0]
                event[3]()
        finally:
            self._limit_ns = _NEVER_NS
        self.now_ns = max(self.now_ns, time_ns)
