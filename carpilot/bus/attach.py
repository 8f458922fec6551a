"""The door for other programs: one Unix socket a segment, for this user only.

A running cabin offers it; `python_can.CarpilotBus` is the other end. Both ways go records of fixed size: time in
nanoseconds, identifier with bit 31 set for the extended format, length, eight bytes. What an attached program sends takes
part in arbitration like any node's frame, and meets the gateway like any other. Nothing listens on a network.
"""

import contextlib
import os
import socket
import stat
import struct
from collections.abc import Mapping
from pathlib import Path

from carpilot.bus.bus import Bus, Port
from carpilot.bus.frame import MAX_DATA_BYTES, Frame
from carpilot.errors import InputError, WireError

RECORD = struct.Struct("<QIB8s")
EXTENDED_FLAG = 0x8000_0000
MAX_WAITING_BYTES = 1_000_000
ATTACHED = "ATTACHED"


def runtime_folder() -> Path:
    """Return this user's folder for sockets; made if missing. Raises InputError if others could reach it."""
    base = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(base) / "carpilot" if base else Path("/tmp") / f"carpilot-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise InputError(f"{folder} must be a folder that only this user can open")
    return folder


def socket_path(segment: str) -> Path:
    """Return where a segment's socket stands."""
    return runtime_folder() / f"{segment}.sock"


def pack(time_ns: int, frame: Frame) -> bytes:
    """Return a frame as a record."""
    identifier = frame.arbitration_id | (EXTENDED_FLAG if frame.is_extended else 0)
    return RECORD.pack(time_ns, identifier, len(frame.data), frame.data)


def unpack(record: bytes) -> tuple[int, Frame]:
    """Return time and frame of a record. Raises WireError."""
    time_ns, identifier, length, data = RECORD.unpack(record)
    if length > MAX_DATA_BYTES:
        raise WireError(f"a classic frame carries at most {MAX_DATA_BYTES} bytes, not {length}")
    return time_ns, Frame(identifier & ~EXTENDED_FLAG, data[:length], bool(identifier & EXTENDED_FLAG))


class _Client:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.incoming = bytearray()
        self.outgoing = bytearray()


class _Door:
    """One segment's listening socket and the programs that came in."""

    def __init__(self, segment: str, bus: Bus) -> None:
        self.path = socket_path(segment)
        self.port: Port = bus.attach(ATTACHED)
        self.clients: list[_Client] = []
        self.listener = _listen(self.path)
        bus.taps.append(self._tap)

    def _tap(self, time_ns: int, segment: str, frame: Frame, sender: str) -> None:
        del segment
        if self.clients and sender != ATTACHED:
            record = pack(time_ns, frame)
            for client in self.clients:
                client.outgoing += record

    def poll(self) -> None:
        with contextlib.suppress(BlockingIOError):
            connection, _ = self.listener.accept()
            connection.setblocking(False)
            self.clients.append(_Client(connection))
        for client in tuple(self.clients):
            if not self._serve(client):
                client.connection.close()
                self.clients.remove(client)

    def _serve(self, client: _Client) -> bool:
        """Move bytes both ways; return whether the client is still there and keeps up."""
        try:
            if client.outgoing:
                del client.outgoing[: client.connection.send(client.outgoing)]
        except BlockingIOError:
            pass
        except OSError:
            return False
        try:
            received = client.connection.recv(65536)
            if not received:
                return False
            client.incoming += received
        except BlockingIOError:
            pass
        except OSError:
            return False
        while len(client.incoming) >= RECORD.size:
            record = bytes(client.incoming[: RECORD.size])
            del client.incoming[: RECORD.size]
            try:
                self.port.send(unpack(record)[1])
            except WireError:
                return False
        return len(client.outgoing) <= MAX_WAITING_BYTES

    def close(self) -> None:
        for client in self.clients:
            client.connection.close()
        self.listener.close()
        self.path.unlink(missing_ok=True)


def _listen(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    if path.exists():
        try:
            listener.connect(str(path))
        except OSError:
            path.unlink()
        else:
            raise InputError(f"another cabin is running and owns {path}; use --no-attach to run beside it")
        finally:
            listener.close()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen(4)
    listener.setblocking(False)
    return listener


class AttachServer:
    """All segments' doors. `poll` moves bytes; it is called while time passes and never waits."""

    def __init__(self, buses: Mapping[str, Bus]) -> None:
        self._doors = [_Door(segment, bus) for segment, bus in buses.items()]

    def poll(self) -> None:
        """Let programs in and move frames both ways."""
        for door in self._doors:
            door.poll()

    def close(self) -> None:
        """Shut the doors."""
        for door in self._doors:
            door.close()
