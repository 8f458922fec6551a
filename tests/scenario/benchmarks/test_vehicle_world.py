"""VehicleWorld's tasks as cases: how changes come to an end, their metric by hand counts, and what is left out."""

import os
from pathlib import Path
from typing import Any

import pytest

from carpilot.errors import InputError
from carpilot.reasoning.scripted import ScriptedReasoner
from carpilot.reasoning.tools import Call
from carpilot.scenario.benchmarks import merging, vehicle_world
from carpilot.scenario.benchmarks.vehicle_world import ACCURACY, F1
from carpilot.scenario.evaluate import run_case
from carpilot.scenario.suite import Case
from carpilot.training.peers import PEERS
from tests.scenario.benchmarks.rows import world_task, write

WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
HEAT = "Vehicle.Cabin.Seat.Row1.DriverSide.HeatingCooling"
LAMP = "Vehicle.Cabin.Light.Spotlight.Row1.DriverSide.IsLightOn"
OPENS = "window.value.window_states.value.driver's seat.open_degree"
IS_OPEN = "window.value.window_states.value.driver's seat.is_open"
THIRD = "window.value.window_states.value.third row left.open_degree"
SECOND = "window.value.window_states.value.second row left.open_degree"
READS = "readingLight.value.driver's seat.is_on"
SHINES = "readingLight.value.driver's seat.brightness_value"
HEATS, LEVEL = "seat.value.driver's seat.heater.is_on", "seat.value.driver's seat.heater.temperature_level"
LIGHT = (
    "Some light to read by, please.",
    "vw.readingLight.switch(switch=True)",
    [(READS, False, True), (SHINES, 0, 40)],
)
A_BIT = ("Let a little more air in.", 'vw.window.lower(degree="little")', [(OPENS, 10, 25)])
NOTHING: tuple[str, str, list[tuple[str, Any, Any]]] = ("Paint the car green.", "pass", [])
Turn = tuple[str, str, list[tuple[str, Any, Any]]]


def one(path: Path, *turns: Turn) -> Case:
    (case,) = vehicle_world.read(write(path / "tasks.jsonl", world_task("a", *turns))).suite.cases
    return case


@pytest.mark.parametrize(
    ("turns", "start", "end"),
    [
        ([A_BIT], {WINDOW: 10}, {WINDOW: "up"}),
        ([("To 40.", "vw.window.set(value=40)", [(OPENS, 10, 40)])], {WINDOW: 10}, {WINDOW: 40}),
        ([("By 15.", "vw.window.lower(value=15)", [(OPENS, 10, 25)])], {WINDOW: 10}, {WINDOW: 25}),
        (
            [("Open it.", "vw.window.switch(True)", [(IS_OPEN, False, True), (OPENS, 0, 10)])],
            {WINDOW: 0},
            {WINDOW: "> 0"},
        ),
        (
            [("Shut it.", "vw.window.switch(False)", [(IS_OPEN, True, False), (OPENS, 15, 0)])],
            {WINDOW: 15},
            {WINDOW: 0},
        ),
        (
            [("Warm me well.", 'vw.seat.heat(degree="high")', [(HEATS, False, True), (LEVEL, 2, 4)])],
            {HEAT: 0},
            {HEAT: "> 0"},
        ),
        ([("Warmer.", 'vw.seat.heat(degree="high")', [(LEVEL, 3, 4)])], {HEAT: 66}, {HEAT: "up"}),
        ([LIGHT], {LAMP: False}, {LAMP: True}),
        ([A_BIT, ("And more.", 'vw.window.lower(degree="little")', [(OPENS, 25, 40)])], {WINDOW: 10}, {WINDOW: "up"}),
        (
            [("To 40.", "vw.window.set(value=40)", [(OPENS, 10, 40)]), ("More.", "vw.window.l()", [(OPENS, 40, 60)])],
            {WINDOW: 10},
            {WINDOW: "> 40"},
        ),
        ([NOTHING], {}, {}),
    ],
)
def test_given_differences_when_mapped_then_named_numbers_are_reached_and_steps_have_a_direction(
    tmp_path: Path, turns: list[Turn], start: dict[str, Any], end: dict[str, Any]
) -> None:
    case = one(tmp_path, *turns)
    assert dict(case.given) == start
    assert {condition.path: condition.wanted for condition in case.expect.signals or ()} == end


OPEN_ALL = [(SECOND, 0, 30), (THIRD, 0, 30)]


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        ([("Show my calls.", "vw.phone.view()", [])], vehicle_world.NO_EFFECT),
        ([("If it rains, shut it.", "vw.window.switch(False)", [(OPENS, 15, 0)])], vehicle_world.UNTOLD),
        ([("A window that sings, please.", "pass", [])], vehicle_world.NO_ACTION),
        ([("Dim it.", "vw.readingLight.brightness(2)", [(SHINES, 3, 2)])], "this car has not: the brightness"),
        ([("The back.", "vw.window.switch(True)", [(THIRD, 0, 30)])], "this car has not: a third row"),
        ([("Ajar.", "vw.door.open()", [("door.value.doors.value.driver's seat.angle", 0, 9)])], "doors that open"),
        ([("Fly.", "vw.wing.flap()", [("wing.value.is_up", False, True)])], "this car has not: wing"),
        ([("Far.", "vw.window.set(value=140)", [(OPENS, 10, 140)])], "beyond this car's range"),
        ([("More.", "vw.window.lower()", [(OPENS, 100, 110)])], "beyond this car's range"),
        ([A_BIT, ("Less.", "vw.window.raise_()", [(OPENS, 25, 20)])], merging.UNSETTLED),
        ([LIGHT, ("Off.", "vw.readingLight.switch(False)", [(READS, True, False)])], merging.IN_CIRCLES),
    ],
)
def test_given_a_task_for_another_car_when_read_then_it_is_left_out_and_counted(
    tmp_path: Path, turns: list[Turn], reason: str
) -> None:
    rows = [world_task("a", *turns), world_task("b", LIGHT)]
    found = vehicle_world.read(write(tmp_path / "tasks.jsonl", *rows))
    assert (found.tasks, len(found.suite.cases)) == (2, 1)
    assert [reason in told for told in found.left_out] == [True]


def test_given_a_third_row_that_does_as_the_second_when_read_then_it_is_left_away(tmp_path: Path) -> None:
    case = one(tmp_path, ("All at the back to 30.", "vw.window.set(value=30)", OPEN_ALL))
    assert [(c.path, c.wanted) for c in case.expect.signals or ()] == [(WINDOW.replace("Row1", "Row2"), 30)]


TO_30 = [Call("set_window", {"window": "driver", "percent": 30})]
TO_0 = [Call("set_window", {"window": "driver", "percent": 0})]
DOME = Call("set_dome_light", {"on": True})


@pytest.mark.parametrize(
    ("air", "light", "is_right", "f1", "accuracy"),
    [
        (TO_30, [Call("set_reading_light", {"on": True})], True, 1.0, 1.0),
        (TO_30, [], False, 0.5, 0.5),
        (TO_0, [Call("set_reading_light", {"on": True})], False, 1.0, 0.5),
        ([*TO_30, DOME], [Call("set_reading_light", {"on": True})], False, (2 / 3 + 1) / 2, 1.0),
        ([], [], False, 0.0, 0.0),
    ],
    ids=["all right", "one turn missed", "the wrong way", "one thing too many", "nothing"],
)
def test_given_two_turns_when_run_then_their_metric_is_the_mean_of_turns_by_hand(
    tmp_path: Path, air: list[Call], light: list[Call], is_right: bool, f1: float, accuracy: float
) -> None:
    refusal = [Call("refuse", {"because": "not_in_car"})]
    script = ScriptedReasoner({A_BIT[0]: air or refusal, LIGHT[0]: light or refusal})
    report = run_case(one(tmp_path, A_BIT, LIGHT), script)
    assert report.passed is is_right
    assert report.measures == pytest.approx({F1: f1, ACCURACY: accuracy})


def test_given_nothing_to_do_when_something_moves_then_their_f1_is_nothing(tmp_path: Path) -> None:
    case = one(tmp_path, NOTHING)
    assert run_case(case, PEERS["nothing"]()).measures == {F1: 1.0, ACCURACY: 1.0}
    report = run_case(case, ScriptedReasoner({NOTHING[0]: [DOME]}))
    assert (report.passed, report.is_wrong_action, report.measures) == (False, True, {F1: 0.0, ACCURACY: 1.0})


def test_given_a_file_when_read_then_doing_nothing_has_the_mean_share_of_turns_that_want_nothing(
    tmp_path: Path,
) -> None:
    rows = [world_task("a", NOTHING, LIGHT), world_task("b", LIGHT), world_task("c", NOTHING)]
    found = vehicle_world.read(write(tmp_path / "tasks.jsonl", *rows))
    assert found.do_nothing == pytest.approx({F1: 0.5, ACCURACY: 0.5})


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"id": "b"}, "line 2: a task of vehicle-world has 'turns', this one has not"),
        ({"id": "b", "turns": [{"query": "Hi.", "gold": "pass"}]}, "'state_diff'"),
        ({"id": "b", "turns": [{"query": "Hi.", "gold": "x", "state_diff": [["a", 1]]}]}, "line 2 is no task"),
        ({"id": "b", "turns": 3}, "line 2 is no task"),
        ("b", "a task is an object, not str"),
        (world_task("a", LIGHT), "stands twice"),
    ],
)
def test_given_a_bad_line_when_read_then_file_and_line_are_named(tmp_path: Path, row: object, problem: str) -> None:
    path = write(tmp_path / "tasks.jsonl", world_task("a", LIGHT), row)
    with pytest.raises(InputError, match=problem) as caught:
        vehicle_world.read(path)
    assert f"{path}, line 2" in str(caught.value)


def test_given_the_published_file_when_read_then_doing_nothing_has_a_quarter() -> None:
    data = os.environ.get("CARPILOT_SHARED_DATA", "")
    path = Path(data) / "benchmarks" / "vehicleworld_dev.jsonl"
    if not data or not path.is_file():
        pytest.skip("the benchmarks are not here; set CARPILOT_SHARED_DATA to the folder that holds benchmarks/")
    found = vehicle_world.read(path)
    assert found.tasks == 909
    assert len(found.suite.cases) + sum(found.left_out.values()) == 909
    assert round(found.do_nothing[F1] * 100, 1) == 25.6
    idle = [run_case(case, PEERS["nothing"]()) for case in found.suite.cases[:30]]
    assert all(report.measures[F1] == report.measures[ACCURACY] for report in idle)
    assert not any(report.passed for report in idle if report.wants == "action")
