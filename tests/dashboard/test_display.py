"""A real window under Xvfb with real keys and clicks, and the plain word where there is no display."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from pathlib import Path
from carpilot.dashboard.app import run
from carpilot.errors import DisplayError
from tests.dashboard.cabin import DeskCabin
cabin = DeskCabin()
try:
    run(cabin, (1280, 720), "night", seconds=float(sys.argv[1]), screenshot=Path(sys.argv[2]))
except DisplayError as error:
    sys.exit(str(error))
for call in cabin.calls:
    if call[0] != "drive":
        print(*call)
"""


def environment(**changes: str) -> dict[str, str]:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    return {name: value for name, value in os.environ.items() if name not in hidden} | changes


def test_without_a_display_there_is_one_line_and_no_window(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, "1", str(tmp_path / "never.png")]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "there is no display" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "never.png").exists()


@pytest.fixture
def display() -> Iterator[str]:
    if not shutil.which("Xvfb") or not shutil.which("xdotool"):
        pytest.skip("needs Xvfb and xdotool")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1400x900x24"], pass_fds=[write], stderr=subprocess.DEVNULL
    )
    os.close(write)
    try:
        with os.fdopen(read) as pipe:
            yield f":{pipe.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


@pytest.mark.display
def test_keys_and_clicks_of_a_real_window_reach_the_cabin(display: str, tmp_path: Path) -> None:
    shown = environment(DISPLAY=display)

    def hands(*words: str) -> str:
        done = subprocess.run(["xdotool", *words], env=shown, capture_output=True, text=True, timeout=30, check=False)
        return done.stdout.strip()

    command = [sys.executable, "-c", PROGRAM, "5", str(tmp_path / "end.png")]
    program = subprocess.Popen(command, cwd=ROOT, env=shown, stdout=subprocess.PIPE, text=True)
    window = ""
    for _ in range(100):
        window = hands("search", "--class", "carpilot").split("\n")[-1]
        if window:
            break
        time.sleep(0.1)
    assert window
    time.sleep(0.5)
    hands("windowfocus", window)
    hands("type", "--delay", "30", "I am cold")
    hands("key", "Return")
    hands("mousemove", "--window", window, "752", "578", "click", "1")
    time.sleep(0.2)
    hands("key", "F8")
    output, _ = program.communicate(timeout=30)
    assert output.splitlines() == [
        "submit I am cold Seat.DRIVER",
        "touch Vehicle.Cabin.HVAC.IsFrontDefrosterActive True",
        "shift 127",
    ]
    assert (tmp_path / "end.png").stat().st_size > 10_000
