"""A receive buffer between a segment and a listener that may be too busy to read.

While it is paused frames wait. Of a status message only the newest waits, since it says what is so now; of any other all
wait, in order. When it is full the oldest goes, and that is counted: nothing is lost silently.
"""

from collections.abc import Callable, Collection

from carpilot.bus.frame import Frame

CAPACITY = 256


class Inbox:
    """Hands frames to a listener, or keeps them while paused. `lost` counts what did not fit."""

    def __init__(self, listener: Callable[[Frame], None], state_ids: Collection[int]) -> None:
        self._listener = listener
        self._state_ids = frozenset(state_ids)
        self._waiting: list[Frame] = []
        self.capacity = CAPACITY
        self.is_paused = False
        self.lost = 0

    def __call__(self, frame: Frame) -> None:
        """Take a frame."""
        if not self.is_paused:
            self._listener(frame)
            return
        if frame.arbitration_id in self._state_ids:
            self._waiting = [old for old in self._waiting if old.arbitration_id != frame.arbitration_id]
        self._waiting.append(frame)
        if len(self._waiting) > self.capacity:
            del self._waiting[0]
            self.lost += 1

    def resume(self) -> None:
        """Read what has waited, in its order, and go on."""
        self.is_paused = False
        waiting, self._waiting = self._waiting, []
        for frame in waiting:
            self._listener(frame)
