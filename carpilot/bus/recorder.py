"""Every frame of every segment into one log file, in any format that python-can writes.

Timestamps are simulation time in seconds; the channel is the segment's place in SEGMENTS. Frames of the same run give the
same bytes. Error frames are written too, those of a bus whose `error_taps` hold `on_error`; most formats keep only that
there was one. What a format cannot hold is left out and counted: python-can's TRC has neither FD nor error frames.
"""

from pathlib import Path

import can

from carpilot.bus.controller import ErrorKind
from carpilot.bus.database import SEGMENTS
from carpilot.bus.frame import Frame
from carpilot.bus.message import heard_error, to_message
from carpilot.errors import InputError
from carpilot.units import ns_to_seconds

SUFFIXES = (".log", ".asc", ".blf", ".csv", ".trc", ".mf4", ".db")


_ASC_START = "Thu Jan 01 12:00:00.000 AM 1970"
_ASC_HEADER = f"""date {_ASC_START}
base hex  timestamps absolute
internal events logged
Begin Triggerblock {_ASC_START}
 0.000000 Start of measurement
"""


def _start_asc_at_zero(writer: can.ASCWriter) -> None:
    """Replace the header, which carries the time of day and counts from the first frame, by one that starts at 0."""
    writer.file.seek(0)
    writer.file.truncate()
    writer.file.write(_ASC_HEADER)
    writer.header_written = True


class BusRecorder:
    """A tap that writes. Raises InputError if the format is unknown or the file cannot be written."""

    def __init__(self, path: Path) -> None:
        if path.suffix not in SUFFIXES:
            raise InputError(
                f"cannot write a log as {path.suffix or 'a file without a suffix'!r}; there is {' '.join(SUFFIXES)}"
            )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = can.Logger(path)
            if isinstance(self._writer, can.ASCWriter):
                _start_asc_at_zero(self._writer)
            elif isinstance(self._writer, can.BLFWriter):
                self._writer.start_timestamp = 0.0
        except OSError as error:
            raise InputError(f"cannot write {path}: {error.strerror or error}") from error
        except (
            ImportError,
            NotImplementedError,
        ) as error:  # python-can raises either where a format's package is missing
            raise InputError(f"writing {path.suffix} needs another package: {error}") from error
        self.path = path
        self.frames = 0
        self.error_frames = 0
        self.left_out = 0
        self._is_classic_only = path.suffix == ".trc"

    def __call__(self, time_ns: int, segment: str, frame: Frame, sender: str) -> None:
        """Write one frame."""
        del sender
        if frame.is_fd and self._is_classic_only:
            self.left_out += 1
            return
        self.frames += 1
        self._writer.on_message_received(
            can.Message(
                timestamp=ns_to_seconds(time_ns),
                arbitration_id=frame.arbitration_id,
                is_extended_id=frame.is_extended,
                is_fd=frame.is_fd,
                bitrate_switch=frame.has_bitrate_switch,
                data=frame.data,
                dlc=len(frame.data),
                channel=SEGMENTS.index(segment),
                check=False,
            )
        )

    def on_error(self, time_ns: int, segment: str, kind: ErrorKind, sender: str) -> None:
        """Write one error frame."""
        del sender
        if self._is_classic_only:
            self.left_out += 1
            return
        self.error_frames += 1
        message = to_message(heard_error(time_ns, kind), segment)
        message.channel = SEGMENTS.index(segment)
        self._writer.on_message_received(message)

    def close(self) -> None:
        """Finish the file."""
        self._writer.stop()
