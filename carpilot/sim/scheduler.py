"""The order of the world: one heap of (time, priority, running number).

Time is whole nanoseconds. Two events of the same instant run by priority, then in the order they were asked for, so a
run depends on nothing but its inputs.
"""

import heapq
from collections.abc import Callable
from enum import IntEnum

Callback = Callable[[], None]


class Priority(IntEnum):
    """What comes first within one instant."""

    DELIVERY = 0
    TIMER = 1
    ARBITRATION = 2


class Scheduler:
    """A discrete-event clock."""

    def __init__(self) -> None:
        self._now_ns = 0
        self._number = 0
        self._heap: list[tuple[int, int, int, Callback]] = []

    @property
    def now_ns(self) -> int:
        """Simulation time, in nanoseconds."""
        return self._now_ns

    def at(self, time_ns: int, callback: Callback, priority: Priority = Priority.TIMER) -> None:
        """Run a callback at a time that is not past. Raises ValueError if it is."""
        if time_ns < self._now_ns:
            raise ValueError(f"cannot schedule at {time_ns} ns: it is {self._now_ns} ns already")
        heapq.heappush(self._heap, (time_ns, priority, self._number, callback))
        self._number += 1

    def after(self, delay_ns: int, callback: Callback, priority: Priority = Priority.TIMER) -> None:
        """Run a callback after a delay."""
        self.at(self._now_ns + delay_ns, callback, priority)

    def every(self, period_ns: int, callback: Callback, first_ns: int = 0) -> None:
        """Run a callback periodically, for ever."""

        def again() -> None:
            self.after(period_ns, again)
            callback()

        self.after(first_ns, again)

    def run_until(self, time_ns: int) -> None:
        """Run everything that is due up to and including a time, and set the clock to it."""
        heap = self._heap
        while heap and heap[0][0] <= time_ns:
            due_ns, _, _, callback = heapq.heappop(heap)
            self._now_ns = due_ns
            callback()
        self._now_ns = max(self._now_ns, time_ns)
