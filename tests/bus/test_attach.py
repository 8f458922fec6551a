"""Other programs on the bus of a running cabin, as processes of their own. The cabin here is three bare segments."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import can
import pytest

from carpilot.bus.attach import MAX_QUEUED_FRAMES, MAX_WAITING_BYTES, AttachServer, SocketLink, pack, socket_path, take
from carpilot.bus.bus import Bus
from carpilot.bus.controller import ErrorKind
from carpilot.bus.database import SEGMENTS
from carpilot.bus.frame import Frame
from carpilot.bus.message import Heard
from carpilot.errors import InputError, WireError
from carpilot.sim.scheduler import Scheduler
from carpilot.units import NS_PER_MS, NS_PER_S

CABIN = """
import sys
from carpilot.bus.attach import AttachServer
from carpilot.bus.bus import Bus
from carpilot.bus.database import SEGMENTS
from carpilot.bus.frame import Frame
from carpilot.bus.message import Heard
from carpilot.sim.pacing import run_beside_wall_clock
from carpilot.sim.scheduler import Scheduler

scheduler = Scheduler()
buses = {name: Bus(name, scheduler) for name in SEGMENTS}
server = AttachServer(buses)
heard = []
for index, bus in enumerate(buses.values()):
    port = bus.attach("NODE", lambda frame: heard.append((hex(frame.arbitration_id), len(frame.data), frame.is_fd)))
    bus.attach("GATEWAY")  # somebody must acknowledge
    frame = Frame(0x100 + index, bytes(8))
    scheduler.every(20_000_000, lambda port=port, frame=frame: port.send(frame))

def advance(duration_ns):
    server.poll()
    scheduler.run_until(scheduler.now_ns + duration_ns)

print("ready", flush=True)
run_beside_wall_clock(advance, int(float(sys.argv[1]) * 1e9))
print(heard, flush=True)
server.close()
"""
SENDER = """
import can
bus = can.Bus(interface="carpilot", channel="infotainment")
seen = [bus.recv(2) for _ in range(20)]
gaps = {round(b.timestamp - a.timestamp, 6) for a, b in zip(seen, seen[1:])}
assert gaps == {0.02}, gaps
bus.send(can.Message(arbitration_id=0x231, data=bytes(8), is_extended_id=False))
bus.send(can.Message(arbitration_id=0x7FF, data=bytes(64), is_extended_id=False, is_fd=True, bitrate_switch=True))
assert bus.recv(1) is not None
bus.shutdown()
"""


def start_cabin(folder: Path, seconds: float) -> subprocess.Popen[str]:
    """Start a cabin that runs beside the wall clock, and wait until its doors are open."""
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-c", CABIN, str(seconds)], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def run_python(folder: Path, code: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a script of this user to its end."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "XDG_RUNTIME_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_a_program_hears_its_segment_and_is_heard_there_alone(tmp_path: Path) -> None:
    cabin = start_cabin(tmp_path, 4)
    done = run_python(tmp_path, SENDER)
    assert done.returncode == 0, done.stderr
    out, _ = cabin.communicate(timeout=30)
    assert out == "[('0x231', 8, False), ('0x7ff', 64, True)]\n"


def test_the_logger_of_python_can_records_one_segment(tmp_path: Path) -> None:
    cabin = start_cabin(tmp_path, 8)
    log = tmp_path / "body.asc"
    logger = subprocess.Popen(
        [sys.executable, "-m", "can.logger", "-i", "carpilot", "-c", "body", "-f", str(log)],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
    )
    time.sleep(4)
    logger.send_signal(signal.SIGINT)
    logger.wait(timeout=10)
    cabin.communicate(timeout=30)
    identifiers = {message.arbitration_id for message in can.LogReader(log)}
    assert identifiers == {0x100 + list(SEGMENTS).index("body")}


def test_without_a_cabin_the_error_says_what_to_start(tmp_path: Path) -> None:
    done = run_python(tmp_path, "import can; can.Bus(interface='carpilot', channel='body')")
    assert "start carpilot drive" in done.stderr


def test_a_segment_that_does_not_exist_is_named_with_those_that_do(tmp_path: Path) -> None:
    done = run_python(tmp_path, "import can; can.Bus(interface='carpilot', channel='chassis')")
    assert "no segment 'chassis'; there is" in done.stderr


def test_a_second_cabin_does_not_take_the_doors_of_the_first(tmp_path: Path) -> None:
    first = start_cabin(tmp_path, 4)
    assert "another cabin is running" in run_python(tmp_path, CABIN, "1").stderr
    first.communicate(timeout=30)
    assert first.returncode == 0


@pytest.mark.parametrize("mode", [0o755, 0o770])
def test_a_folder_that_others_can_open_is_refused(tmp_path: Path, mode: int) -> None:
    (tmp_path / "carpilot").mkdir()
    (tmp_path / "carpilot").chmod(mode)
    assert "only this user can open" in run_python(tmp_path, CABIN, "1").stderr


# In one process, where each step can be looked at


class Cabin:
    """One segment with its door."""

    def __init__(self) -> None:
        self.scheduler = Scheduler()
        self.bus = Bus("body", self.scheduler)
        self.heard: list[Frame] = []
        self.port = self.bus.attach("BCM", self.heard.append)
        self.server = AttachServer({"body": self.bus})

    def run(self, rounds: int = 3) -> None:
        """Let 10 ms pass and move bytes, a few times."""
        for _ in range(rounds):
            self.server.poll()
            self.scheduler.run_until(self.scheduler.now_ns + 10 * NS_PER_MS)
        self.server.poll()


@pytest.fixture
def cabin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cabin:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return Cabin()


def test_the_socket_is_for_this_user_only(cabin: Cabin) -> None:
    path = socket_path("body")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    cabin.server.close()
    assert not path.exists()
    assert cabin.bus.taps == []


def test_two_programs_hear_each_other_but_not_themselves(cabin: Cabin) -> None:
    first, second = SocketLink("body"), SocketLink("body")
    cabin.run()
    frame = Frame(0x123, bytes(range(48)), False, True, True)
    first.send(frame)
    cabin.run()
    assert cabin.heard == [frame]
    received = second.receive(1)
    assert received is not None and received.frame == frame and received.time_ns > 0
    assert first.receive(0) is None
    for link in (first, second):
        link.close()
    cabin.server.close()


def test_error_frames_are_told(cabin: Cabin) -> None:
    link = SocketLink("body")
    cabin.run()
    for tap in cabin.bus.error_taps:
        tap(cabin.scheduler.now_ns, "body", ErrorKind.STUFF, "BCM")
    cabin.run()
    heard = link.receive(1)
    assert heard is not None and heard.is_error
    assert (heard.frame.arbitration_id, heard.frame.data[2]) == (0x08, 0x04)  # linux/can/error.h: protocol, stuff
    link.close()
    cabin.server.close()
    assert cabin.bus.error_taps == []


def test_if_one_door_is_taken_none_stays_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    scheduler = Scheduler()
    first = AttachServer({"infotainment": Bus("infotainment", scheduler)})
    body = Bus("body", scheduler)
    with pytest.raises(InputError, match="another cabin is running"):
        AttachServer({"body": body, "infotainment": Bus("infotainment", scheduler)})
    assert not socket_path("body").exists() and body.taps == []
    first.close()


def test_a_program_that_floods_is_held_back(cabin: Cabin) -> None:
    link = SocketLink("body")
    cabin.run()
    link._socket.setblocking(False)
    sent = 0
    record = pack(Heard(0, Frame(0x100, bytes(8))))
    for _ in range(2000):
        try:
            sent += link._socket.send(record * 100)
        except BlockingIOError:
            break
        cabin.server.poll()
    assert sent >= 2 * MAX_QUEUED_FRAMES * len(record)  # and the kernel holds more than we took
    cabin.scheduler.run_until(cabin.scheduler.now_ns + 30 * NS_PER_S)
    most_read = MAX_QUEUED_FRAMES + 65_536 // len(record) + 1
    assert MAX_QUEUED_FRAMES <= len(cabin.heard) <= most_read
    before = len(cabin.heard)
    cabin.run(50)
    assert len(cabin.heard) > before  # it may go on once the bus has room
    link.close()
    cabin.server.close()


def test_a_program_that_does_not_read_is_put_out(cabin: Cabin) -> None:
    link = SocketLink("body")
    cabin.run()
    for _ in range(3 * MAX_WAITING_BYTES // len(pack(Heard(0, Frame(0x100, bytes(8)))))):
        cabin.port.send(Frame(0x100, bytes(8)))
    cabin.scheduler.run_until(cabin.scheduler.now_ns + 60 * NS_PER_S)
    cabin.server.poll()
    with pytest.raises(ConnectionResetError):
        while link.receive(1) is not None:
            pass
    link.close()
    cabin.server.close()


@pytest.mark.parametrize(
    "bytes_sent",
    [
        bytes(12) + b"\x00\x41",  # 65 bytes of data
        bytes(12) + b"\xff\x00",  # flags that do not exist
        bytes(8) + b"\x00\x08\x00\x00\x00\x00",  # an identifier of 12 bits
        bytes(12) + b"\x02\x09" + bytes(9),  # no FD frame has 9 bytes
        bytes(12) + b"\x00\x09" + bytes(9),  # no classic frame, either
        bytes(12) + b"\x08\x08" + bytes(8),  # an error frame
    ],
)
def test_bytes_that_are_no_frame_put_a_program_out_and_send_nothing(cabin: Cabin, bytes_sent: bytes) -> None:
    link = SocketLink("body")
    cabin.run()
    link._socket.sendall(bytes_sent)
    cabin.run()
    assert cabin.heard == []
    with pytest.raises(ConnectionResetError):
        link.receive(1)
    link.close()
    cabin.server.close()


@pytest.mark.parametrize(
    "frame",
    [
        Frame(0, b""),
        Frame(0x7FF, bytes(8)),
        Frame(0x1FFFFFFF, b"\x01", True),
        Frame(0x18DAF110, bytes(range(64)), True, True, True),
        Frame(0x100, bytes(12), False, True, False),
    ],
)
def test_a_record_comes_back_as_it_went_whatever_pieces_it_comes_in(frame: Frame) -> None:
    heard = Heard(123_456_789_012, frame)
    record = pack(heard)
    buffer = bytearray()
    for byte in record[:-1]:
        buffer.append(byte)
        assert take(buffer) is None
    buffer += record[-1:] + b"\x07"
    assert take(buffer) == heard
    assert buffer == b"\x07"


def test_without_a_cabin_a_link_is_an_input_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with pytest.raises(InputError, match="start carpilot drive"):
        SocketLink("body")


def test_a_length_beyond_64_is_a_wire_error() -> None:
    with pytest.raises(WireError):
        take(bytearray(12) + b"\x00\x41")
