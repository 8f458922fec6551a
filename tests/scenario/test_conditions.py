"""What an expectation means, and that the comparison of a car is strict."""

import pytest

from carpilot.errors import InputError
from carpilot.scenario.conditions import compare, read_condition
from carpilot.vehicle.catalogue import Value, default_catalogue

CATALOGUE = default_catalogue()
WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
DEFROST = "Vehicle.Cabin.HVAC.IsFrontDefrosterActive"
AC = "Vehicle.Cabin.HVAC.IsAirConditioningActive"
WIPER = "Vehicle.Body.Windshield.Front.Wiping.Mode"
SKIP = "Vehicle.Cabin.Infotainment.Media.Action"


@pytest.mark.parametrize(
    ("path", "wanted", "before", "now", "holds"),
    [
        (WINDOW, 50, 0, 50, True),
        (WINDOW, 50, 0, 51, False),
        (WINDOW, "up", 10, 11, True),
        (WINDOW, "up", 10, 10, False),
        (WINDOW, "down", 10, 9, True),
        (WINDOW, "down", 10, 11, False),
        (WINDOW, "unchanged", 10, 10, True),
        (WINDOW, "unchanged", 10, 11, False),
        (WINDOW, "> 20", 0, 21, True),
        (WINDOW, "> 20", 0, 20, False),
        (WINDOW, "< 20", 0, 19, True),
        (WINDOW, "< 20", 0, 20, False),
        (WINDOW, {"one_of": [0, 100]}, 0, 100, True),
        (WINDOW, {"one_of": [0, 100]}, 0, 99, False),
        (WINDOW, 50, 0, None, False),
        (AC, True, False, True, True),
        (AC, True, False, False, False),
        (WIPER, "FAST", "OFF", "FAST", True),
        (WIPER, "FAST", "OFF", "SLOW", False),
    ],
)
def test_a_condition_holds_exactly_when_it_says(
    path: str, wanted: object, before: Value, now: Value | None, holds: bool
) -> None:
    assert read_condition(CATALOGUE[path], wanted).holds(before, now) is holds


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        (WINDOW, "sideways"),
        (WINDOW, 101),
        (WINDOW, "> much"),
        (AC, 1),
        (WIPER, "FASTER"),
        (WINDOW, {"any": [1]}),
        (WINDOW, {"one_of": []}),
    ],
)
def test_a_condition_that_cannot_be_met_is_refused(path: str, wanted: object) -> None:
    with pytest.raises(InputError):
        read_condition(CATALOGUE[path], wanted)


def _initial() -> dict[str, Value]:
    return {path: value for path, value in CATALOGUE.initial().items() if CATALOGUE[path].is_actuator}


def test_an_actuator_that_is_not_named_must_not_move() -> None:
    before = _initial()
    problems = compare(
        CATALOGUE, [read_condition(CATALOGUE[WINDOW], 50)], before, {**before, WINDOW: 50, WIPER: "SLOW"}, {}
    )
    assert len(problems) == 1
    assert problems[0].startswith(WIPER)


def test_a_declared_side_effect_may_move_also_in_a_chain() -> None:
    before = _initial()
    now = {**before, DEFROST: True, AC: True, WINDOW: 0}
    assert compare(CATALOGUE, [read_condition(CATALOGUE[DEFROST], True)], {**before, WINDOW: 40}, now, {}) == []


def test_a_momentary_actuator_need_only_have_been_reached() -> None:
    before = _initial()
    wanted = [read_condition(CATALOGUE[SKIP], "SKIP_FORWARD")]
    assert compare(CATALOGUE, wanted, before, before, {SKIP: {"UNKNOWN", "SKIP_FORWARD"}}) == []
    assert compare(CATALOGUE, wanted, before, before, {SKIP: {"UNKNOWN"}}) != []


def test_a_momentary_actuator_that_acted_unasked_is_a_problem() -> None:
    before = _initial()
    assert compare(CATALOGUE, [], before, before, {SKIP: {"UNKNOWN", "SKIP_FORWARD"}}) == [f"{SKIP}: must not act"]
