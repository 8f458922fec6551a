"""CAR-bench's tasks as cases: their start and end on this car, their metric, and what is left out."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from carpilot.errors import InputError
from carpilot.reasoning.scripted import ScriptedReasoner
from carpilot.reasoning.tools import Call
from carpilot.scenario.benchmarks import car_bench
from carpilot.scenario.evaluate import run_case
from carpilot.scenario.suite import Case
from tests.scenario.benchmarks.rows import car_task, write

WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
REAR_FAN = "Vehicle.Cabin.HVAC.Station.Row2.Driver.FanSpeed"
SHADE = "Vehicle.Cabin.Sunroof.Shade.Position"
CLOSE = ("open_close_window", {"window": "DRIVER", "percentage": 0})
WISH = "You want to close your window."
SAID = "I want to close my window."


def one(path: Path, *rows: dict[str, Any]) -> Case:
    (case,) = car_bench.read(write(path / "tasks.jsonl", *rows)).suite.cases
    return case


def test_given_a_task_when_read_then_start_and_end_are_on_this_cars_signals(tmp_path: Path) -> None:
    case = one(
        tmp_path,
        car_task(
            "a",
            WISH,
            CLOSE,
            ("set_fan_speed", {"level": 3}),
            ("open_close_sunshade", {"percentage": 80}),
            ("get_climate_settings", {}),
        ),
    )
    ends = {condition.path: condition.wanted for condition in case.expect.signals or ()}
    assert case.say == (SAID,)
    assert (case.given[WINDOW], case.given[SHADE], case.given[REAR_FAN]) == (30, 100, 20)
    assert "Vehicle.Cabin.HVAC.Station.Row1.Driver.AirDistribution" not in case.given, (
        "this car blows one way at a time"
    )
    assert (ends[WINDOW], ends[SHADE], ends[REAR_FAN]) == (0, 20, {"one_of": [20, 60]})


@pytest.mark.parametrize(
    ("calls", "is_right", "match"),
    [
        ([Call("set_window", {"window": "driver", "percent": 0})], True, 1.0),
        ([Call("set_window", {"window": "driver", "percent": 10})], False, 0.0),
        ([Call("refuse", {"because": "not_in_car"})], False, 0.0),
        (
            [
                Call("set_window", {"window": "driver", "percent": 0}),
                Call("set_dome_light", {"on": True}),
            ],
            False,
            1.0,
        ),
    ],
)
def test_given_a_model_when_run_then_strict_success_and_their_match_stand_side_by_side(
    tmp_path: Path, calls: list[Call], is_right: bool, match: float
) -> None:
    report = run_case(one(tmp_path, car_task("a", WISH, CLOSE)), ScriptedReasoner({SAID: calls}))
    assert (report.passed, report.measures) == (is_right, {car_bench.MATCH: match})


def test_given_a_way_round_when_run_then_the_end_is_right_and_their_match_is_not(tmp_path: Path) -> None:
    case = one(tmp_path, car_task("a", "You want fresh air at your window. You want to close your window.", CLOSE))
    assert len(case.say) == 2
    script = {case.say[0]: [Call("set_window", {"window": "driver", "percent": 90})]}
    script[case.say[1]] = [Call("set_window", {"window": "driver", "percent": 0})]
    report = run_case(case, ScriptedReasoner(script))
    assert (report.passed, report.measures) == (True, {car_bench.MATCH: 0.0})


def test_given_a_question_back_when_run_then_the_driver_answers_and_it_is_done(tmp_path: Path) -> None:
    wish = "You want to close a window. If the assistant asks which one, you want your own."
    case = one(tmp_path, car_task("a", wish, CLOSE))
    script = {case.say[0]: [Call("ask", {"about": "which_one"})]}
    script["I want my own."] = [Call("set_window", {"window": "driver", "percent": 0})]
    assert run_case(case, ScriptedReasoner(script)).passed


def test_given_the_gates_question_when_run_then_the_driver_consents_only_to_what_was_wished(tmp_path: Path) -> None:
    task = car_task("a", "You want to open the trunk.", ("open_close_trunk_door", {"action": "OPEN"}))
    case, opens = one(tmp_path, task), [Call("set_boot", {"open": True})]
    assert run_case(case, ScriptedReasoner({case.say[0]: opens})).passed
    other = one(tmp_path, car_task("b", WISH, CLOSE))
    report = run_case(other, ScriptedReasoner({SAID: opens}))
    assert not report.is_wrong_action
    assert report.problems == (f"{WINDOW}: wanted 0, is 30 (was 30)",)


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        (car_task("a", WISH, CLOSE, cabin_only=False), car_bench.NOT_CABIN),
        (car_task("a", WISH, CLOSE, task_type="hallucination_missing_tool"), car_bench.REMOVED),
        (car_task("a", WISH, CLOSE, disambiguation_element_note="by preference"), car_bench.PREFERENCE),
        (car_task("a", WISH, ("get_seats_occupancy", {})), car_bench.ONLY_TOLD),
        (car_task("a", "You feel fine.", CLOSE), car_bench.NO_WORDS),
        (car_task("a", "You want to close your window if it rains.", CLOSE), car_bench.UNTOLD),
        (
            car_task("a", WISH, ("open_close_sunshade", {"percentage": 40}), context={"sunroof_position": 40}),
            car_bench.SHADED,
        ),
        (
            car_task("a", WISH, ("set_air_circulation", {"mode": "AUTO"})),
            "this car has not: air circulation AUTO",
        ),
        (car_task("a", WISH, ("set_seat_swivel", {"level": 1})), "this car has not: set_seat_swivel"),
    ],
)
def test_given_a_task_for_another_car_when_read_then_it_is_left_out_and_counted(
    tmp_path: Path, task: dict[str, Any], reason: str
) -> None:
    found = car_bench.read(write(tmp_path / "tasks.jsonl", task, car_task("mapped", WISH, CLOSE)))
    assert (found.tasks, len(found.suite.cases), dict(found.left_out)) == (2, 1, {reason: 1})


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("not json", "line 2 is no JSON"),
        ("[1]", "line 2: a task is an object, not list"),
        ('{"task_id": "x"}', "line 2: a task of car-bench has 'instruction', this one has not"),
        (json.dumps(car_task("a", WISH, CLOSE)), "line 2 is no task of car-bench: the task 'a' stands twice"),
        (
            json.dumps(car_task("b", WISH, ("open_close_window", {"window": "BACK", "percentage": 0}))),
            "line 2: a task of car-bench has 'BACK', this one has not",
        ),
        (json.dumps({**car_task("b", WISH, CLOSE), "context_init_config": None}), "line 2 is no task of car-bench"),
        (json.dumps(car_task("b", WISH, CLOSE, context={"window_driver_position": 400})), "wants 0 to 100"),
    ],
)
def test_given_a_bad_line_when_read_then_file_and_line_are_named(tmp_path: Path, line: str, problem: str) -> None:
    path = write(tmp_path / "tasks.jsonl", car_task("a", WISH, CLOSE))
    path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=problem.replace("[", r"\[")) as caught:
        car_bench.read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_given_the_published_file_when_read_then_every_task_is_mapped_or_counted() -> None:
    data = os.environ.get("CARPILOT_SHARED_DATA", "")
    path = Path(data) / "benchmarks" / "carbench_dev.jsonl"
    if not data or not path.is_file():
        pytest.skip("the benchmarks are not here; set CARPILOT_SHARED_DATA to the folder that holds benchmarks/")
    found = car_bench.read(path)
    assert found.tasks == 129
    assert len(found.suite.cases) + sum(found.left_out.values()) == 129
    assert found.do_nothing == {car_bench.MATCH: 0.0}
