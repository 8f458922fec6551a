"""`carpilot eval --benchmark`, as a user meets it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from carpilot.errors import InputError
from carpilot.scenario.benchmarks.adapters import read_benchmarks
from tests.scenario.benchmarks.rows import car_task, world_task, write

LIGHT = (
    "Some light, please.",
    "vw.readingLight.switch(True)",
    [("readingLight.value.driver's seat.is_on", False, True)],
)
WISH = "You want to close your window."
CLOSE = ("open_close_window", {"window": "DRIVER", "percentage": 0})


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "carpilot", "eval", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["own=x.jsonl"], "one of car-bench, vehicle-world, not 'own=x.jsonl'"),
        (["car-bench"], "wants NAME=FILE"),
        (["car-bench="], "wants NAME=FILE"),
        (["car-bench=/nowhere/tasks.jsonl"], "cannot read /nowhere/tasks.jsonl"),
    ],
)
def test_given_a_wrong_option_when_read_then_one_line_says_what_is_wanted(options: list[str], problem: str) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        read_benchmarks(options)
    assert "\n" not in str(caught.value)


def test_given_an_empty_file_when_read_then_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no task of vehicle-world"):
        read_benchmarks([f"vehicle-world={write(tmp_path / 'none.jsonl')}"])


def test_given_two_benchmarks_when_run_then_both_metrics_the_nothing_line_and_the_rest_are_printed(
    tmp_path: Path,
) -> None:
    cars = write(tmp_path / "cars.jsonl", car_task("a", WISH, CLOSE), car_task("b", WISH, CLOSE, cabin_only=False))
    worlds = write(tmp_path / "worlds.jsonl", world_task("a", LIGHT), world_task("b", ("Blue.", "pass", [])))
    options = ("--benchmark", f"car-bench={cars}", "--benchmark", f"vehicle-world={worlds}", "-m", "nothing")
    done = run(*options)
    assert done.returncode == 0, done.stderr
    assert "vehicle-world: an agent that does nothing has F1 positive 50.0, change accuracy 50.0" in done.stdout
    assert "1 of 2" in done.stdout and "2 of 2" in done.stdout
    assert "needs more than the cabin" in done.stdout
    told = json.loads(run(*options, "--json", "--resume", str(tmp_path / "trials.jsonl")).stdout)
    assert [row["mapped"] for row in told["benchmarks"]] == [1, 2]
    assert told["reports"][1]["measures"] == {"F1 positive": 0.5, "change accuracy": 0.5}
    again = json.loads(run(*options, "--json", "--resume", str(tmp_path / "trials.jsonl")).stdout)
    assert again["reports"][1]["measures"] == told["reports"][1]["measures"]


def test_given_a_bad_file_when_run_then_one_line_and_status_two(tmp_path: Path) -> None:
    path = tmp_path / "tasks.jsonl"
    path.write_text("{}\n", encoding="utf-8")
    done = run("--benchmark", f"car-bench={path}")
    assert done.returncode == 2
    assert "line 1" in done.stderr
    assert "Traceback" not in done.stderr
