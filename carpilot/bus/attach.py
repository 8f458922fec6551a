"""The door for other programs: one Unix socket a segment, for this user only.

A running cabin offers it; `python_can.CarpilotBus` is the other end, through `SocketLink`. Both ways go records: time in
nanoseconds, identifier, flags (extended, FD, bit rate switch, error), length, and that many bytes, up to 64. Each program that
comes in is a node of its own: what it sends takes part in arbitration, is heard by the others, and meets the gateway like
any frame. A program that floods is held back once MAX_QUEUED_FRAMES of its frames wait for the bus; one that does not read
is put out. Nothing listens on a network.
"""

import contextlib
import os
import select
import socket
import stat
import struct
import time
from collections.abc import Mapping
from pathlib import Path

from carpilot.bus.bus import Bus
from carpilot.bus.controller import ErrorKind
from carpilot.bus.frame import MAX_FD_DATA_BYTES, Frame
from carpilot.bus.message import Heard, heard_error
from carpilot.errors import InputError, WireError
from carpilot.units import NS_PER_S

HEADER = struct.Struct("<QIBB")
IS_EXTENDED, IS_FD, HAS_SWITCH, IS_ERROR = 1, 2, 4, 8
MAX_WAITING_BYTES = 1_000_000
MAX_QUEUED_FRAMES = 1_000
READ_BYTES = 65_536
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


def pack(heard: Heard) -> bytes:
    """Return a frame as a record."""
    frame = heard.frame
    flags = frame.is_extended * IS_EXTENDED | frame.is_fd * IS_FD | frame.has_bitrate_switch * HAS_SWITCH
    flags |= heard.is_error * IS_ERROR
    return HEADER.pack(heard.time_ns, frame.arbitration_id, flags, len(frame.data)) + frame.data


def take(buffer: bytearray) -> Heard | None:
    """Take the first record off a buffer; None if it is not whole yet. Raises WireError for bytes that are no record."""
    if len(buffer) < HEADER.size:
        return None
    time_ns, identifier, flags, length = HEADER.unpack_from(buffer)
    if length > MAX_FD_DATA_BYTES or flags > (IS_EXTENDED | IS_FD | HAS_SWITCH | IS_ERROR):
        raise WireError(f"no frame has {length} bytes and flags {flags:#x}")
    end = HEADER.size + length
    if len(buffer) < end:
        return None
    data = bytes(buffer[HEADER.size : end])
    del buffer[:end]
    frame = Frame(identifier, data, bool(flags & IS_EXTENDED), bool(flags & IS_FD), bool(flags & HAS_SWITCH))
    return Heard(time_ns, frame, bool(flags & IS_ERROR))


class _Client:
    """A program that came in: a node of the segment."""

    def __init__(self, connection: socket.socket, bus: Bus, node: str) -> None:
        self.node = node
        self._connection = connection
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self._bus = bus
        self._port = bus.attach(node)
        connection.setblocking(False)

    def tell(self, record: bytes) -> None:
        """Queue a record of what another node sent."""
        self._outgoing += record

    def serve(self) -> bool:
        """Move bytes both ways; return whether the program is still there and keeps up."""
        try:
            self._write()
            is_there = self._port.waiting >= MAX_QUEUED_FRAMES or self._read()
        except (OSError, WireError):
            return False
        return is_there and len(self._outgoing) <= MAX_WAITING_BYTES

    def _write(self) -> None:
        if self._outgoing:
            with contextlib.suppress(BlockingIOError):
                del self._outgoing[: self._connection.send(self._outgoing)]

    def _read(self) -> bool:
        try:
            received = self._connection.recv(READ_BYTES)
        except BlockingIOError:
            return True
        self._incoming += received
        while (record := take(self._incoming)) is not None:
            if record.is_error:
                raise WireError("a program cannot send an error frame")
            self._port.send(record.frame)
        return bool(received)

    def close(self) -> None:
        self._connection.close()
        self._bus.detach(self._port)


class _Door:
    """One segment's listening socket and the programs that came in."""

    def __init__(self, segment: str, bus: Bus) -> None:
        self.path = socket_path(segment)
        self._bus = bus
        self._clients: list[_Client] = []
        self._listener = _listen(self.path)
        bus.taps.append(self._tap)
        bus.error_taps.append(self._error_tap)

    def _tap(self, time_ns: int, segment: str, frame: Frame, sender: str) -> None:
        del segment
        self._tell(Heard(time_ns, frame), sender)

    def _error_tap(self, time_ns: int, segment: str, kind: ErrorKind, sender: str) -> None:
        del segment, sender
        self._tell(heard_error(time_ns, kind), None)

    def _tell(self, heard: Heard, sender: str | None) -> None:
        """Tell all clients but the sender."""
        if self._clients:
            record = pack(heard)
            for client in self._clients:
                if client.node != sender:
                    client.tell(record)

    def poll(self) -> None:
        with contextlib.suppress(BlockingIOError):
            connection, _ = self._listener.accept()
            self._clients.append(_Client(connection, self._bus, self._free_name()))
        for client in tuple(self._clients):
            if not client.serve():
                self._clients.remove(client)
                client.close()

    def _free_name(self) -> str:
        taken = {client.node for client in self._clients}
        return next(name for number in range(len(taken) + 1) if (name := f"{ATTACHED}_{number + 1}") not in taken)

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self._bus.taps.remove(self._tap)
        self._bus.error_taps.remove(self._error_tap)
        self._listener.close()
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
        self._doors: list[_Door] = []
        try:
            for segment, bus in buses.items():
                self._doors.append(_Door(segment, bus))
        except (InputError, OSError):
            self.close()
            raise

    def poll(self) -> None:
        """Let programs in and move frames both ways."""
        for door in self._doors:
            door.poll()

    def close(self) -> None:
        """Shut the doors."""
        for door in self._doors:
            door.close()


class SocketLink:
    """The other end: one segment of a cabin that runs in another process. Raises InputError if none runs."""

    def __init__(self, segment: str) -> None:
        self._incoming = bytearray()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(str(socket_path(segment)))
        except OSError as error:
            self._socket.close()
            raise InputError(f"no cabin is running here ({error.strerror}); start carpilot drive") from error

    def clock_ns(self) -> int:
        """Return the time that timeouts are counted in: the wall clock's."""
        return time.monotonic_ns()

    def send(self, frame: Frame, timeout_s: float | None = None) -> None:
        """Hand a frame to the cabin; waits at most `timeout_s` where the cabin holds us back. Raises OSError."""
        self._socket.settimeout(timeout_s)
        self._socket.sendall(pack(Heard(0, frame)))

    def receive(self, timeout_s: float | None) -> Heard | None:
        """Return the next frame and its simulation time, or None. Raises OSError if the cabin has ended."""
        limit_ns = None if timeout_s is None else time.monotonic_ns() + round(timeout_s * NS_PER_S)
        while (record := take(self._incoming)) is None:
            left_s = None if limit_ns is None else max(0, limit_ns - time.monotonic_ns()) / NS_PER_S
            if not select.select([self._socket], [], [], left_s)[0]:
                return None
            received = self._socket.recv(READ_BYTES)
            if not received:
                raise ConnectionResetError("the cabin has ended")
            self._incoming += received
        return record

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when frames have come."""
        return self._socket.fileno()

    def close(self) -> None:
        """Leave."""
        self._socket.close()
