"""Other programs on the bus of a running cabin, as processes of their own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import can
import pytest

CABIN = """
import sys
from carpilot.cabin import Cabin
from carpilot.reasoning.scripted import ScriptedReasoner
from carpilot.sim.pacing import run_beside_wall_clock
cabin = Cabin(ScriptedReasoner({}), attach=True)
print("ready", flush=True)
run_beside_wall_clock(cabin.advance_ns, int(float(sys.argv[1]) * 1e9))
print(cabin.car.gateway.dropped, flush=True)
cabin.close()
"""
SENDER = """
import can
bus = can.Bus(interface="carpilot", channel="infotainment")
seen = {bus.recv(2).arbitration_id for _ in range(200)}
for identifier in (0x231, 0x7FF):
    bus.send(can.Message(arbitration_id=identifier, data=bytes(8), is_extended_id=False))
assert {0x100, 0x310, 0x350} <= seen, seen
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


def test_a_program_hears_the_bus_and_what_it_sends_meets_the_gateway(tmp_path: Path) -> None:
    cabin = start_cabin(tmp_path, 4)
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", SENDER], check=True, env=environment, timeout=30)
    out, _ = cabin.communicate(timeout=30)
    assert out == "{561: 1, 2047: 1}\n"


def test_the_logger_of_python_can_records_the_body(tmp_path: Path) -> None:
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
    assert {0x100, 0x102, 0x310, 0x330, 0x340} <= identifiers
    assert 0x350 not in identifiers


def test_without_a_cabin_the_error_says_what_to_start(tmp_path: Path) -> None:
    code = "import can; can.Bus(interface='carpilot', channel='body')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert "start carpilot drive" in done.stderr


def test_a_second_cabin_does_not_take_the_doors_of_the_first(tmp_path: Path) -> None:
    first = start_cabin(tmp_path, 4)
    second = subprocess.run(
        [sys.executable, "-c", CABIN, "1"],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert "another cabin is running" in second.stderr
    first.communicate(timeout=30)
    assert first.returncode == 0


@pytest.mark.parametrize("mode", [0o755, 0o770])
def test_a_folder_that_others_can_open_is_refused(tmp_path: Path, mode: int) -> None:
    (tmp_path / "carpilot").mkdir()
    (tmp_path / "carpilot").chmod(mode)
    done = subprocess.run(
        [sys.executable, "-c", CABIN, "1"],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert "only this user can open" in done.stderr
