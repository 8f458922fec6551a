"""A receive buffer between a segment and a listener that may be too busy to read.

While it is paused frames wait, each with the time at which it came. Of a status message only the newest waits, since it
says what is so now; of any other all wait, in order. When it is full the oldest status goes, and only where there is none
the oldest event. What goes is counted, and told when reading goes on: nothing is lost silently.
"""

from collections.abc import Callable, Collection

from carpilot.bus.frame import Frame

CAPACITY = 256


class Inbox:
    """Hands frames to a listener with their time, or keeps them while paused.

    `lost` counts what did not fit, `lost_events` what of that was no status; `on_loss` is told how many frames a pause has
    cost.
    """

    def __init__(
        self,
        listener: Callable[[Frame, int], None],
        state_ids: Collection[int],
        now_ns: Callable[[], int],
        on_loss: Callable[[int], None] = lambda count: None,
    ) -> None:
        self._listener = listener
        self._state_ids = frozenset(state_ids)
        self._now_ns = now_ns
        self._on_loss = on_loss
        self._waiting: list[tuple[Frame, int]] = []
        self._told = 0
        self.capacity = CAPACITY
        self.is_paused = False
        self.lost = 0
        self.lost_events = 0

    def __call__(self, frame: Frame) -> None:
        """Take a frame."""
        if not self.is_paused:
            self._listener(frame, self._now_ns())
            return
        if self._is_state(frame):
            self._waiting = [row for row in self._waiting if row[0].arbitration_id != frame.arbitration_id]
        self._waiting.append((frame, self._now_ns()))
        if len(self._waiting) > self.capacity:
            self._drop_one()

    def _is_state(self, frame: Frame) -> bool:
        return frame.arbitration_id in self._state_ids

    def _drop_one(self) -> None:
        oldest = next((row for row in self._waiting if self._is_state(row[0])), self._waiting[0])
        self._waiting.remove(oldest)
        self.lost += 1
        self.lost_events += not self._is_state(oldest[0])

    def resume(self) -> None:
        """Read what has waited, in its order, and go on; tell what was lost."""
        self.is_paused = False
        waiting, self._waiting = self._waiting, []
        for frame, came_ns in waiting:
            self._listener(frame, came_ns)
        if self.lost > self._told:
            self._on_loss(self.lost - self._told)
            self._told = self.lost
