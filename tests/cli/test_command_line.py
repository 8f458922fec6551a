"""The command line as a user meets it: real processes, real exit statuses."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

TRUNK = "Vehicle.Body.Trunk.Rear.IsOpen"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run carpilot in a process of its own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    }
    return subprocess.run(
        [sys.executable, "-m", "carpilot", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**kept, **environment},
        check=False,
    )


def test_a_request_shows_thought_verdict_frames_and_change_as_one_object() -> None:
    done = run(
        "ask", "I'm freezing and the windscreen is fogged up", "--set", "Vehicle.Exterior.AirTemperature=-5", "--json"
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["outcome"] == "done"
    assert answer["thought"]
    assert {"request", "commands", "verdicts", "frames", "reply", "latency"} <= set(answer)
    assert {row["path"]: row["actual"] for row in answer["commands"]}[
        "Vehicle.Cabin.HVAC.IsFrontDefrosterActive"
    ] is True
    assert {frame["segment"] for frame in answer["frames"]} == {"body", "infotainment"}
    assert {"time_ns", "segment", "id", "data"} <= set(answer["frames"][0])


def test_the_same_for_a_person() -> None:
    done = run("ask", "turn on the air conditioning")
    assert done.returncode == 0, done.stderr
    for part in ("thought", "air conditioning", "HVAC_Cmd", "0x210", "done"):
        assert part in done.stdout


def test_a_denied_request_moves_nothing_and_is_no_error() -> None:
    done = run("ask", "open the boot", "--set", "Vehicle.Speed=50", "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 0
    assert answer["outcome"] == "denied"
    assert [row["rule"] for row in answer["verdicts"]] == ["trunk.moving"]
    assert not [frame for frame in answer["frames"] if frame["name"].endswith("Cmd")]
    assert answer["commands"][0]["actual"] is False


def test_yes_answers_the_gate() -> None:
    answer = json.loads(run("ask", "open the boot", "--yes", "--json").stdout)
    assert answer["before"][0]["outcome"] == "confirm"
    assert answer["outcome"] == "done"
    assert {row["path"]: row["actual"] for row in answer["commands"]} == {TRUNK: True}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("ask", "hello", "--set", "Vehicle.Sped=1"), "Vehicle.Speed"),
        (("ask", "hello", "--set", "Vehicle.Speed"), "PATH=VALUE"),
        (("ask", "hello", "--set", "Vehicle.Speed=fast"), "number"),
        (("ask", "hello", "--model", "gpt-9"), "embedded"),
        (("ask", "   "), "words"),
        (("ask", "x" * 501), "500"),
        (("ask", "hello", "--log", "out.xyz"), ".blf"),
        (("ask", "hello", "--log", "/proc/none/out.log"), "/proc/none/out.log"),
        (("replay", "nowhere.yaml"), "nowhere.yaml"),
        (("eval", "nowhere"), "own"),
        (("signals", "--domain", "climat"), "climate"),
        (("drive", "--size", "large"), "WIDTHxHEIGHT"),
        (("drive", "--theme", "pink"), "night"),
        (("drive",), "display"),
        ((), "display"),
    ],
)
def test_bad_input_gets_one_line_and_status_2(arguments: tuple[str, ...], named: str, tmp_path: Path) -> None:
    done = run(*arguments, HOME=str(tmp_path))
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert named in done.stderr


@pytest.mark.skipif(find_spec("asammdf") is not None, reason="asammdf is installed, so this format can be written")
def test_a_format_whose_package_is_missing_is_named(tmp_path: Path) -> None:
    done = run("ask", "hello", "--log", str(tmp_path / "out.mf4"))
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.strip().splitlines()) == 1
    assert "asammdf" in done.stderr


def test_a_broken_scenario_gets_one_line_and_status_2(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("name: [\n", encoding="utf-8")
    done = run("replay", str(path), "--log", str(tmp_path / "logs"))
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "logs").exists()


def test_a_failed_verdict_is_status_1(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(
        "name: t\nsteps:\n  - {at: 1, set: {Vehicle.Speed: 5}, expect: {within: 1, signals: {Vehicle.Speed: 90}}}\n",
        encoding="utf-8",
    )
    done = run("replay", str(path))
    assert done.returncode == 1
    assert "FAILED" in done.stdout


@pytest.mark.parametrize("command", ["signals", "tools", "models"])
def test_listings_print_for_people_and_programs(command: str) -> None:
    assert run(command).returncode == 0
    assert len(json.loads(run(command, "--json").stdout)) >= 1


@pytest.mark.parametrize("command", ["ask", "drive", "replay", "eval", "models", "train", "signals", "tools"])
def test_every_command_has_help(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout


def test_a_request_imports_no_torch_and_no_transformers() -> None:
    code = (
        "import sys; sys.argv = ['carpilot', 'ask', 'turn on the air conditioning']\n"
        "from carpilot.__main__ import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'pygame'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_a_model_is_checked_with_five_requests() -> None:
    done = run("models", "check", "embedded", "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["requests"]
    assert len(rows) == 5
    assert all(row["thought"] and row["model_ms"] > 0 for row in rows)
    assert sum(row["is_right"] for row in rows) >= 4


def test_a_model_that_is_not_there_cannot_be_checked() -> None:
    done = run("models", "check", "http://127.0.0.1:9/v1")
    assert (done.returncode, done.stdout) == (2, "")
    assert "does not say what it serves" in done.stderr
