from pathlib import Path
from random import Random

import can
import pytest

from carpilot.bus.bus import Bus
from carpilot.bus.controller import ErrorKind
from carpilot.bus.disturbance import BitError
from carpilot.bus.frame import Frame
from carpilot.bus.recorder import BusRecorder
from carpilot.errors import InputError
from carpilot.sim.scheduler import Scheduler

FD_ROWS = [
    (2_000_000, "body", Frame(0x101, bytes(range(32)), False, True, True)),
    (3_000_000, "infotainment", Frame(0x102, bytes(range(64)), False, True, False)),
    (4_000_000, "body", Frame(0x1ABCDEF1, bytes(12), True, True, True)),
    (5_000_000, "body", Frame(0x103, b"\x01")),
]
ROWS = [
    (1_000_000, "body", Frame(0x100, bytes(range(8)))),
    (1_212_000, "infotainment", Frame(0x7FF, b"")),
    (61_234_567_890_000, "body", Frame(0x1ABCDEF0, b"\x01\x02", True)),
]


@pytest.mark.parametrize("suffix", [".log", ".asc", ".blf", ".csv"])
def test_given_frames_when_recorded_then_the_file_reads_back_with_the_same_times_and_bytes(
    tmp_path: Path, suffix: str
) -> None:
    recorder = BusRecorder(tmp_path / "new" / f"bus{suffix}")
    for time_ns, segment, frame in ROWS:
        recorder(time_ns, segment, frame, "VCU")
    recorder.close()
    assert recorder.frames == len(ROWS)
    messages: list[can.Message] = list(can.LogReader(recorder.path))
    assert [(m.arbitration_id, bytes(m.data), m.is_extended_id) for m in messages] == [
        (frame.arbitration_id, frame.data, frame.is_extended) for _, _, frame in ROWS
    ]
    for message, (time_ns, _, _) in zip(messages, ROWS, strict=True):
        assert message.timestamp == pytest.approx(time_ns / 1e9, abs=1e-6)


@pytest.mark.parametrize("suffix", [".log", ".asc", ".blf", ".csv"])
def test_given_two_runs_when_recorded_then_the_bytes_are_the_same(tmp_path: Path, suffix: str) -> None:
    contents = []
    for run in ("one", "two"):
        recorder = BusRecorder(tmp_path / f"{run}{suffix}")
        for time_ns, segment, frame in ROWS:
            recorder(time_ns, segment, frame, "VCU")
        recorder.close()
        contents.append(recorder.path.read_bytes())
    assert contents[0] == contents[1]


@pytest.mark.parametrize("suffix", [".log", ".asc", ".blf", ".csv"])
def test_given_fd_frames_when_recorded_then_format_switch_and_bytes_read_back(tmp_path: Path, suffix: str) -> None:
    recorder = BusRecorder(tmp_path / f"bus{suffix}")
    for time_ns, segment, frame in FD_ROWS:
        recorder(time_ns, segment, frame, "VCU")
    recorder.close()
    messages: list[can.Message] = list(can.LogReader(recorder.path))
    keeps_format = suffix != ".csv"  # python-can's CSV has no column for it
    assert [
        (m.arbitration_id, bytes(m.data), m.is_extended_id, m.is_fd and keeps_format, m.bitrate_switch and keeps_format)
        for m in messages
    ] == [
        (f.arbitration_id, f.data, f.is_extended, f.is_fd and keeps_format, f.has_bitrate_switch and keeps_format)
        for _, _, f in FD_ROWS
    ]


@pytest.mark.parametrize("suffix", [".log", ".asc", ".blf", ".csv"])
def test_given_a_segment_with_error_frames_when_recorded_twice_then_each_is_in_its_place_and_the_bytes_are_the_same(
    tmp_path: Path, suffix: str
) -> None:
    contents = []
    for run in ("one", "two"):
        scheduler = Scheduler()
        bus = Bus("body", scheduler)
        recorder = BusRecorder(tmp_path / f"{run}{suffix}")
        bus.taps.append(recorder)
        bus.error_taps.append(recorder.on_error)
        bus.disturbances.append(BitError(Random(3), 0.3))
        port = bus.attach("A")
        bus.attach("B")
        for number in range(10):
            port.send(Frame(0x100, bytes([number])))
        scheduler.run_until(10**9)
        recorder.close()
        assert recorder.frames == 10
        assert recorder.error_frames > 0
        messages: list[can.Message] = list(can.LogReader(recorder.path))
        assert sum(message.is_error_frame for message in messages) == recorder.error_frames
        assert [m.data[0] for m in messages if not m.is_error_frame] == list(range(10))
        contents.append(recorder.path.read_bytes())
    assert contents[0] == contents[1]


def test_given_a_format_without_fd_when_recorded_then_what_is_left_out_is_counted(tmp_path: Path) -> None:
    recorder = BusRecorder(tmp_path / "bus.trc")
    for time_ns, segment, frame in FD_ROWS:
        recorder(time_ns, segment, frame, "VCU")
    recorder.on_error(6_000_000, "body", ErrorKind.BIT, "VCU")
    recorder.close()
    assert (recorder.frames, recorder.error_frames, recorder.left_out) == (1, 0, 4)
    assert [message.arbitration_id for message in can.LogReader(recorder.path)] == [0x103]


def test_given_an_asc_log_when_written_then_it_does_not_tell_the_time_of_day(tmp_path: Path) -> None:
    recorder = BusRecorder(tmp_path / "bus.asc")
    recorder(*ROWS[0], "VCU")
    recorder.close()
    lines = recorder.path.read_text().splitlines()
    assert lines[0] == "date Thu Jan 01 12:00:00.000 AM 1970"
    assert lines[3] == "Begin Triggerblock Thu Jan 01 12:00:00.000 AM 1970"
    assert lines[-1] == "End TriggerBlock"


@pytest.mark.parametrize("name", ["bus.txt", "bus", "bus.dbc", "bus.log.gz"])
def test_given_a_format_that_nobody_writes_when_asked_for_then_input_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"cannot write a log as"):
        BusRecorder(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_given_a_folder_in_place_of_the_file_when_opened_then_input_error_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "bus.log").mkdir()
    with pytest.raises(InputError) as caught:
        BusRecorder(tmp_path / "bus.log")
    assert "\n" not in str(caught.value)
