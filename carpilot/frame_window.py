"""The frames that passed, each with the request that caused it."""

from collections import deque
from collections.abc import Callable

from carpilot.bus.database import COMMAND_SUFFIX, DECISION_MESSAGE
from carpilot.bus.e2e import Profile, counter_of
from carpilot.bus.frame import Frame
from carpilot.snapshot import FrameRow

KEPT_FRAMES = 400


class FrameWindow:
    """The latest frames, each with the request that caused it where a decision frame names it."""

    def __init__(self, name_of: Callable[[Frame], str]) -> None:
        self.rows: deque[FrameRow] = deque(maxlen=KEPT_FRAMES)
        self.all: list[FrameRow] | None = None
        self.count = 0
        self._name_of = name_of
        self._causes: dict[tuple[int, int], int] = {}

    def __call__(self, time_ns: int, segment: str, frame: Frame, sender: str) -> None:
        """Keep a frame."""
        del sender
        name = self._name_of(frame)
        request = None
        if name == DECISION_MESSAGE:
            request = int.from_bytes(frame.data[:2], "little")
            bits = int.from_bytes(frame.data, "little")
            self._causes[(bits >> 35 & 0x7FF, bits >> 27 & 0xFF)] = request
        elif name.endswith(COMMAND_SUFFIX):
            profile = Profile.P05 if frame.is_fd else Profile.P01
            request = self._causes.get((frame.arbitration_id, counter_of(frame.data, profile)))
        row = FrameRow(time_ns, segment, frame.arbitration_id, name, frame.data, request)
        self.rows.append(row)
        self.count += 1
        if self.all is not None:
            self.all.append(row)
