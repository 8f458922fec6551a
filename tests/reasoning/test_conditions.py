"""What a request depends on is read from the car, never from a model."""

from typing import Any

import pytest

from carpilot.decision import Act
from carpilot.errors import ModelOutputError
from carpilot.reasoning.conditions import NOT_KNOWN, NOT_SO, Fact
from carpilot.reasoning.tools import Call, default_tools
from carpilot.request import Seat
from carpilot.vehicle.catalogue import Value, default_catalogue
from carpilot.vehicle.state import VehicleState, state_of

TOOLS = default_tools()
LIGHT = "Vehicle.Exterior.LightIntensity"
WINDOWS = [
    f"Vehicle.Cabin.Door.Row{row}.{side}.Window.Position" for row in (1, 2) for side in ("DriverSide", "PassengerSide")
]
RANGE = "Vehicle.Powertrain.Range"
DEED = Call("set_dome_light", {"on": True})


def state(**changed: Value) -> VehicleState:
    return state_of(
        {**default_catalogue().initial(), **{name.replace("_", "."): value for name, value in changed.items()}}
    )


def with_light(value: float) -> VehicleState:
    return state_of({**default_catalogue().initial(), LIGHT: value})


@pytest.mark.parametrize(
    ("light", "wanted", "act"),
    [(3.0, True, Act.COMMAND), (3.0, False, Act.ANSWER), (80.0, True, Act.ANSWER), (80.0, False, Act.COMMAND)],
)
def test_given_a_fact_when_it_is_so_or_not_then_the_deed_is_done_or_the_reading_told(
    light: float, wanted: bool, act: Act
) -> None:
    decision = TOOLS.decide(
        [Call("only_if", {"fact": "dark", "is": wanted}), DEED], with_light(light), Seat.DRIVER, "t."
    )
    assert decision.act is act
    assert decision.thought == f"t. {'' if wanted else 'not '}dark: {'yes' if act is Act.COMMAND else 'no'}."
    if act is Act.ANSWER:
        assert (decision.about, decision.reply, decision.commands) == ((LIGHT,), NOT_SO, ())


@pytest.mark.parametrize(("limit", "act"), [(314, Act.COMMAND), (313, Act.ANSWER), (100, Act.ANSWER)])
def test_given_a_number_when_compared_then_in_the_unit_that_is_said(limit: float, act: Act) -> None:
    full = state_of({**default_catalogue().initial(), RANGE: 313_000})
    decision = TOOLS.decide([Call("only_if_number", {"what": "range", "below": limit}), DEED], full, Seat.DRIVER)
    assert decision.act is act


def test_given_two_conditions_when_one_fails_then_nothing_is_done_and_that_one_is_told() -> None:
    calls = [Call("only_if", {"fact": "dark", "is": True}), Call("only_if", {"fact": "window_open", "is": True}), DEED]
    decision = TOOLS.decide(calls, with_light(3.0), Seat.DRIVER)
    assert decision.act is Act.ANSWER
    assert decision.about == tuple(WINDOWS)


def test_given_a_reading_that_is_not_known_when_judged_then_nothing_is_done_and_it_is_said() -> None:
    values = default_catalogue().initial()
    del values[LIGHT]
    decision = TOOLS.decide([Call("only_if", {"fact": "dark"}), DEED], state_of(values), Seat.DRIVER)
    assert (decision.act, decision.reply) == (Act.REFUSE, NOT_KNOWN)


def test_given_one_of_several_paths_when_it_suffices_then_the_others_need_not_be_known() -> None:
    fact = Fact("open", ("a", "b"), above=0.0)
    assert fact.holds(state_of({"a": 5})) is True
    assert fact.holds(state_of({"a": 0})) is None
    assert fact.holds(state_of({"a": 0, "b": 0})) is False


@pytest.mark.parametrize(
    "arguments",
    [{}, {"fact": "sunny"}, {"fact": "dark", "is": "yes"}, {"fact": "dark", "is": True, "x": 1}],
)
def test_given_a_malformed_fact_when_judged_then_model_output_error(arguments: dict[str, Any]) -> None:
    with pytest.raises(ModelOutputError, match="takes a fact"):
        TOOLS.decide([Call("only_if", arguments), DEED], state(), Seat.DRIVER)


@pytest.mark.parametrize(
    "arguments",
    [
        {"what": "range"},
        {"what": "x", "above": 1},
        {"what": "range", "above": 1, "below": 2},
        {"what": "range", "above": True},
    ],
)
def test_given_a_malformed_comparison_when_judged_then_model_output_error(arguments: dict[str, Any]) -> None:
    with pytest.raises(ModelOutputError, match="above or below a number"):
        TOOLS.decide([Call("only_if_number", arguments), DEED], state(), Seat.DRIVER)


def test_given_a_condition_alone_when_decided_then_model_output_error() -> None:
    with pytest.raises(ModelOutputError, match="something to do"):
        TOOLS.decide([Call("only_if", {"fact": "dark"})], state(), Seat.DRIVER)


@pytest.mark.parametrize("name", list(TOOLS.facts))
def test_given_any_fact_of_the_catalogue_when_the_car_is_as_it_starts_then_it_is_decided(name: str) -> None:
    catalogue = default_catalogue()
    for path in TOOLS.facts[name].paths:
        for value in TOOLS.facts[name].one_of:
            catalogue[path].check(value)
    assert TOOLS.facts[name].holds(state()) in (True, False)


@pytest.mark.parametrize("name", list(TOOLS.quantities))
def test_given_any_quantity_of_the_catalogue_when_read_then_it_is_a_number(name: str) -> None:
    assert state().number(TOOLS.quantities[name].path) is not None
