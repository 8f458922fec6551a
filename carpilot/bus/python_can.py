"""`interface="carpilot"` for python-can: attaches to a cabin that runs in another process.

The channel is a segment, `body` or `infotainment`. So `python -m can.logger -i carpilot -c body`, `cantools monitor` and a
user's own scripts see the bus and may send on it. Timestamps are simulation time in seconds.
"""

import select
import socket
from typing import Any

import can

from carpilot.bus.attach import RECORD, pack, socket_path, unpack
from carpilot.bus.database import SEGMENTS
from carpilot.bus.frame import Frame
from carpilot.errors import WireError
from carpilot.units import NS_PER_S


class CarpilotBus(can.BusABC):
    """A python-can bus on one segment of a running cabin. Raises CanInitializationError if none runs."""

    def __init__(self, channel: Any = "infotainment", can_filters: Any = None, **kwargs: Any) -> None:
        if channel not in SEGMENTS:
            raise can.CanInitializationError(f"no segment {channel!r}; there is {', '.join(SEGMENTS)}")
        self.channel_info = f"carpilot segment {channel}"
        self._channel = str(channel)
        self._incoming = bytearray()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(str(socket_path(self._channel)))
        except OSError as error:
            self._socket.close()
            self._is_shutdown = True
            raise can.CanInitializationError(
                f"no cabin is running here ({error.strerror}); start carpilot drive"
            ) from error
        super().__init__(channel=channel, can_filters=can_filters, **kwargs)

    def send(self, msg: can.Message, timeout: float | None = None) -> None:
        """Queue a classic data frame at the segment. Raises CanOperationError for any other frame."""
        if msg.is_fd or msg.is_remote_frame or msg.is_error_frame:
            raise can.CanOperationError("this segment carries classic data frames only")
        try:
            frame = Frame(msg.arbitration_id, bytes(msg.data), msg.is_extended_id)
            self._socket.settimeout(timeout)
            self._socket.sendall(pack(0, frame))
        except (OSError, WireError) as error:
            raise can.CanOperationError(str(error)) from error

    def _recv_internal(self, timeout: float | None) -> tuple[can.Message | None, bool]:
        while len(self._incoming) < RECORD.size:
            if not select.select([self._socket], [], [], timeout)[0]:
                return None, False
            received = self._socket.recv(65536)
            if not received:
                raise can.CanOperationError("the cabin has ended")
            self._incoming += received
        record = bytes(self._incoming[: RECORD.size])
        del self._incoming[: RECORD.size]
        time_ns, frame = unpack(record)
        message = can.Message(
            timestamp=time_ns / NS_PER_S,
            arbitration_id=frame.arbitration_id,
            is_extended_id=frame.is_extended,
            data=frame.data,
            channel=self._channel,
        )
        return message, False

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when frames have come."""
        return self._socket.fileno()

    def shutdown(self) -> None:
        """Leave the segment."""
        super().shutdown()
        self._socket.close()

    @staticmethod
    def _detect_available_configs() -> list[Any]:
        return [{"interface": "carpilot", "channel": name} for name in SEGMENTS if socket_path(name).exists()]
