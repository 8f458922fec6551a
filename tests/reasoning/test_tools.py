import itertools
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carpilot.decision import Act
from carpilot.errors import InputError, ModelOutputError, UnknownNameError
from carpilot.reasoning.conditions import ONLY_IF, ONLY_IF_NUMBER
from carpilot.reasoning.history import UNDO
from carpilot.reasoning.tools import (
    ANSWER,
    ASK,
    MAX_CALLS,
    REFUSE,
    Argument,
    Call,
    Tool,
    ToolCatalogue,
    check_catalogues,
    default_tools,
)
from carpilot.request import Seat
from carpilot.vehicle.catalogue import Value, default_catalogue
from carpilot.vehicle.state import VehicleState, state_of

CATALOGUE = default_catalogue()
TOOLS = default_tools()
INITIAL = state_of(CATALOGUE.initial())
HVAC = "Vehicle.Cabin.HVAC.Station."
TEMPERATURES = {"driver": f"{HVAC}Row1.Driver.Temperature", "passenger": f"{HVAC}Row1.Passenger.Temperature"}
FAN = f"{HVAC}Row1.Driver.FanSpeed"
HEAT = "Vehicle.Cabin.Seat.Row1.DriverSide.HeatingCooling"
WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
VOLUME = "Vehicle.Cabin.Infotainment.Media.Volume"
BRIGHTNESS = "Vehicle.Cabin.Light.AmbientLight.Row1.DriverSide.Intensity"


def values_of(argument: Argument) -> list[Value]:
    """Every value that an argument allows."""
    if argument.choices:
        return list(argument.choices)
    if argument.is_boolean:
        return [False, True]
    assert argument.minimum is not None and argument.maximum is not None
    count = round((argument.maximum - argument.minimum) / argument.step)
    numbers = [argument.minimum + number * argument.step for number in range(count + 1)]
    return [int(number) if number == int(number) else number for number in numbers]


def calls_of(tool: Tool) -> list[dict[str, Value]]:
    """Every call of a tool, all choices crossed, with each of the arguments that exclude each other."""
    always = [argument for argument in tool.arguments.values() if argument.name not in tool.one_of]
    calls = []
    for one in tool.one_of or (None,):
        chosen = [*always, tool.arguments[one]] if one else always
        for values in itertools.product(*(values_of(argument) for argument in chosen)):
            calls.append({argument.name: value for argument, value in zip(chosen, values, strict=True)})
    return calls


def targets(
    name: str, arguments: Mapping[str, Any], state: VehicleState = INITIAL, seat: Seat = Seat.DRIVER
) -> dict[str, Value]:
    decision = TOOLS.decide([Call(name, arguments)], state, seat)
    assert decision.act is Act.COMMAND
    return {command.path: command.target for command in decision.commands}


@pytest.mark.parametrize("name", list(TOOLS))
def test_given_every_call_of_a_tool_when_decided_then_its_commands_are_valid_for_every_seat(name: str) -> None:
    reached = set()
    for arguments, seat in itertools.product(calls_of(TOOLS[name]), Seat):
        commands = TOOLS[name].commands(arguments, INITIAL, seat, 0)
        assert commands
        for command in commands:
            signal = CATALOGUE[command.path]
            assert signal.check(command.target) == command.target
            assert type(command.target) is type(signal.check(command.target))
            reached.add(command.path)
    assert reached == {path for paths in TOOLS[name].paths.values() for path in paths}


@pytest.mark.parametrize("name", [name for name in TOOLS if TOOLS[name].mapping])
def test_given_a_tool_with_words_when_listed_then_every_word_means_a_value_of_its_own(name: str) -> None:
    tool = TOOLS[name]
    argument = tool.arguments[tool.value or ""]
    assert set(argument.choices) == set(tool.mapping)
    assert len(set(tool.mapping.values())) == len(tool.mapping)


def test_given_all_tools_when_listed_then_every_actuator_is_reached() -> None:
    assert check_catalogues(CATALOGUE, TOOLS) == ()


@pytest.mark.parametrize(
    ("name", "arguments", "path", "now", "target"),
    [
        ("set_temperature", {"change": 2}, TEMPERATURES["driver"], 20.5, 22.5),
        ("set_temperature", {"change": -1.5}, TEMPERATURES["driver"], 20.5, 19.0),
        ("set_temperature", {"change": 6}, TEMPERATURES["driver"], 27.0, 28.0),
        ("set_temperature", {"change": -6}, TEMPERATURES["driver"], 16.5, 16.0),
        ("set_fan", {"zone": "driver", "change": 1}, FAN, 40, 60),
        ("set_fan", {"zone": "driver", "change": -3}, FAN, 40, 0),
        ("set_fan", {"zone": "driver", "change": 3}, FAN, 55, 100),
        ("set_seat_heating", {"change": 1}, HEAT, 33, 66),
        ("set_seat_heating", {"change": 1}, HEAT, 50, 100),
        ("set_seat_heating", {"change": 3}, HEAT, 66, 100),
        ("set_seat_heating", {"change": -3}, HEAT, 66, 0),
        ("set_seat_heating", {"change": 1}, HEAT, -66, 33),
        ("set_seat_ventilation", {"change": 1}, HEAT, 0, -33),
        ("set_seat_ventilation", {"change": -1}, HEAT, -33, 0),
        ("set_window", {"change": 10}, WINDOW, 95, 100),
        ("set_window", {"change": -10}, WINDOW, 7, 0),
        ("set_volume", {"change": 5}, VOLUME, 33, 38),
        ("set_volume", {"change": -100}, VOLUME, 33, 0),
        ("set_ambient_brightness", {"change": -100}, BRIGHTNESS, 33, 1),
    ],
)
def test_given_a_change_when_resolved_then_it_counts_from_what_the_car_has_and_stays_in_range(
    name: str, arguments: dict[str, Any], path: str, now: Value, target: Value
) -> None:
    assert targets(name, arguments, state_of({**CATALOGUE.initial(), path: now}))[path] == target


@pytest.mark.parametrize("name", [name for name in TOOLS if TOOLS[name].change])
def test_given_an_unknown_present_when_a_change_is_asked_for_then_the_model_hears_why_not(name: str) -> None:
    step = TOOLS[name].arguments["change"].step
    chosen = {a.name: a.choices[0] for a in TOOLS[name].arguments.values() if a.choices and a.default is None}
    with pytest.raises(ModelOutputError, match="is not known now, so it cannot be changed by"):
        TOOLS.decide([Call(name, {**chosen, "change": step})], state_of({}), Seat.DRIVER)


@pytest.mark.parametrize("seat", list(Seat))
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("set_window", {"percent": 50}),
        ("set_seat_heating", {"level": 1}),
        ("set_seat_ventilation", {"level": 1}),
        ("set_reading_light", {"on": True}),
    ],
)
def test_given_no_place_when_somebody_speaks_then_their_own_seat_is_meant(
    name: str, arguments: dict[str, Any], seat: Seat
) -> None:
    row = "Row1" if seat in (Seat.DRIVER, Seat.PASSENGER) else "Row2"
    side = "DriverSide" if seat in (Seat.DRIVER, Seat.REAR_LEFT) else "PassengerSide"
    (path,) = targets(name, arguments, seat=seat)
    assert f".{row}.{side}." in path


@pytest.mark.parametrize(
    ("seat", "place"),
    [
        (Seat.DRIVER, "Row1.Driver."),
        (Seat.PASSENGER, "Row1.Passenger."),
        (Seat.REAR_LEFT, "Row2."),
        (Seat.REAR_RIGHT, "Row2."),
    ],
)
def test_given_a_climate_zone_when_somebody_in_the_rear_speaks_then_the_rear_zone_is_meant(
    seat: Seat, place: str
) -> None:
    (path,) = targets("set_temperature", {"celsius": 22}, seat=seat)
    assert place in path


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("set_temperature", {}, "needs exactly one of celsius, change"),
    ("set_temperature", {"celsius": 20, "change": 1}, "needs exactly one of celsius, change"),
    ("set_temperature", {"celsius": 28.5}, "celsius must be 16 to 28, not 28.5"),
    ("set_temperature", {"celsius": 15.5}, "celsius must be 16 to 28"),
    ("set_temperature", {"celsius": 21.3}, "celsius must be a multiple of 0.5, not 21.3"),
    ("set_temperature", {"celsius": "21"}, "celsius must be a number, not '21'"),
    ("set_temperature", {"celsius": True}, "celsius must be a number, not True"),
    ("set_temperature", {"celsius": None}, "celsius must be a number, not None"),
    ("set_temperature", {"celsius": [21]}, "celsius must be a number"),
    ("set_temperature", {"celsius": math.nan}, "celsius must be a number, not nan"),
    ("set_temperature", {"celsius": math.inf}, "celsius must be a number, not inf"),
    ("set_temperature", {"celsius": -math.inf}, "celsius must be a number, not -inf"),
    ("set_temperature", {"celsius": 1e308}, "celsius must be 16 to 28"),
    ("set_temperature", {"celsius": 10**400}, "celsius must be 16 to 28"),
    (
        "set_temperature",
        {"celsius": 20, "zone": "boot"},
        "zone must be one of driver, passenger, rear_left, rear_right, rear, all, not 'boot'",
    ),
    ("set_temperature", {"celsius": 20, "zone": 1}, "zone must be one of"),
    ("set_temperature", {"celsius": 20, "zone": ["driver"]}, "zone must be one of"),
    ("set_temperature", {"celsius": 20, "zone": "speaker"}, "zone must be one of"),
    ("set_temperature", {"degrees": 20}, "has no argument 'degrees'; it has zone, celsius, change"),
    ("set_fan", {"level": 1.5}, "level must be a multiple of 1, not 1.5"),
    ("set_fan", {"level": 6}, "level must be 0 to 5"),
    ("set_window", {"change": 3}, "change must be a multiple of 5, not 3"),
    ("set_boot", {}, "set_boot needs open"),
    ("set_boot", {"open": 1}, "open must be true or false, not 1"),
    ("set_boot", {"open": "true"}, "open must be true or false, not 'true'"),
    ("wash_windscreen", {"on": True}, "wash_windscreen has no argument 'on'; it has none"),
    ("set_wipers", {"mode": "SLOW"}, "mode must be one of"),
    ("open_the_pod_bay", {}, "no tool 'open_the_pod_bay'"),
    ("set_temprature", {"celsius": 20}, "set_temperature"),
    (ASK, {}, "about must be one of"),
    (ASK, {"about": "life"}, "about must be one of"),
    (REFUSE, {"because": None}, "because must be one of"),
    (ANSWER, {"about": ["speed"]}, "about must be one of"),
]


@pytest.mark.parametrize(("name", "arguments", "message"), REFUSED)
def test_given_a_wrong_call_when_decided_then_the_model_reads_what_was_wanted(
    name: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ModelOutputError) as caught:
        TOOLS.decide([Call("set_mute", {"on": True}), Call(name, arguments)], INITIAL, Seat.DRIVER)
    assert message in str(caught.value)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(
    st.lists(
        st.builds(
            Call,
            st.one_of(st.sampled_from([*TOOLS, ASK, REFUSE, ANSWER]), st.text(max_size=6)),
            st.dictionaries(
                st.sampled_from(
                    ["on", "open", "locked", "percent", "level", "change", "zone", "window", "mode", "about", "x"]
                ),
                st.one_of(JUNK, st.integers(-3, 5), st.sampled_from(["driver", "all", "on", "speed", "what"])),
                max_size=3,
            ),
        ),
        max_size=3,
    )
)
def test_given_any_output_of_a_model_when_decided_then_it_is_valid_or_a_model_output_error(calls: list[Call]) -> None:
    try:
        decision = TOOLS.decide(calls, INITIAL, Seat.DRIVER)
    except ModelOutputError:
        return
    for command in decision.commands:
        assert CATALOGUE[command.path].check(command.target) == command.target


@pytest.mark.parametrize("count", [0, MAX_CALLS + 1, 100])
def test_given_no_or_too_many_calls_when_decided_then_the_model_hears_how_many_there_may_be(count: int) -> None:
    with pytest.raises(ModelOutputError, match=f"give 1 to {MAX_CALLS} calls, not {count}"):
        TOOLS.decide([Call("set_mute", {"on": True})] * count, INITIAL, Seat.DRIVER)


def test_given_two_calls_for_one_actuator_when_decided_then_the_last_word_counts() -> None:
    calls = [Call("set_volume", {"percent": 10}), Call("set_boot", {"open": True}), Call("set_volume", {"percent": 20})]
    decision = TOOLS.decide(calls, INITIAL, Seat.DRIVER)
    assert [(command.path, command.target, command.call) for command in decision.commands] == [
        (VOLUME, 20, 2),
        ("Vehicle.Body.Trunk.Rear.IsOpen", True, 1),
    ]


@pytest.mark.parametrize(
    ("call", "act", "reply"),
    [
        (Call(ASK, {"about": "which_one"}), Act.ASK, "Which one do you mean?"),
        (Call(REFUSE, {"because": "not_in_car"}), Act.REFUSE, "This car cannot do that from here."),
        (Call(ANSWER, {"about": "speed"}), Act.ANSWER, ""),
    ],
)
def test_given_a_spoken_call_among_others_when_decided_then_nothing_is_moved(call: Call, act: Act, reply: str) -> None:
    decision = TOOLS.decide([Call("set_boot", {"open": True}), call], INITIAL, Seat.DRIVER, "thought", 0.5)
    assert (decision.act, decision.reply, decision.commands) == (act, reply, ())
    assert (decision.thought, decision.confidence) == ("thought", 0.5)
    assert len(decision.calls) == 2


@pytest.mark.parametrize("about", list(TOOLS.answers))
def test_given_a_question_when_answered_then_it_is_about_signals_of_the_car(about: str) -> None:
    decision = TOOLS.decide([Call(ANSWER, {"about": about})], INITIAL, Seat.DRIVER)
    assert decision.about
    assert all(path in CATALOGUE for path in decision.about)


def _check_schema(schema: dict[str, Any]) -> None:
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) <= set(schema["properties"])
    for one in schema.get("oneOf", ()):
        assert len(one["required"]) == 1
        assert set(one["required"]) <= set(schema["properties"]) - set(schema["required"])
    for row in schema["properties"].values():
        if row["type"] == "string":
            assert row["enum"] and len(set(row["enum"])) == len(row["enum"])
        elif row["type"] != "boolean":
            assert row["type"] in ("integer", "number")
            if "minimum" not in row:  # held against a reading, of whatever signal it is
                assert row["description"]
                continue
            assert row["minimum"] < row["maximum"]
            assert row["multipleOf"] > 0


def test_given_all_functions_when_written_as_schemas_then_each_is_well_formed_and_named_once() -> None:
    schemas = TOOLS.schemas()
    names = [row["function"]["name"] for row in schemas]
    assert names == [*TOOLS, ONLY_IF, ONLY_IF_NUMBER, UNDO, ASK, REFUSE, ANSWER]
    for row in schemas:
        assert row["type"] == "function"
        assert row["function"]["description"]
        _check_schema(row["function"]["parameters"])


@pytest.mark.parametrize("name", list(TOOLS))
def test_given_a_schema_when_read_by_itself_then_it_allows_exactly_what_the_check_allows(name: str) -> None:
    tool = TOOLS[name]
    schema = tool.schema()
    for arguments in calls_of(tool):
        assert set(arguments) <= set(schema["properties"])
        for key, value in arguments.items():
            row = schema["properties"][key]
            if "enum" in row:
                assert value in row["enum"]
            elif row["type"] != "boolean":
                assert isinstance(value, int | float)
                assert row["minimum"] <= value <= row["maximum"]
                assert value % row["multipleOf"] == 0
                assert row["type"] == "number" or isinstance(value, int)
        checked = tool.check(arguments)
        assert {key: checked[key] for key in arguments} == arguments


def test_given_an_unknown_tool_when_asked_for_then_the_nearest_is_named() -> None:
    with pytest.raises(UnknownNameError, match=r"no tool 'set_windows'; there is set_window"):
        TOOLS["set_windows"]
    assert "set_windows" not in TOOLS
    assert "set_window" in TOOLS


FILE = """
tools:
  set_it:
    description: Set it.
    arguments: {"on": {boolean: true}}
    paths: [PATH]
    value: "on"
answers: {}
facts: {}
quantities: {}
questions: {}
refusals: {}
"""


@pytest.mark.parametrize(
    ("path", "message"),
    [("Vehicle.Speed", "set_it sets Vehicle.Speed, which is not an actuator"), ("Vehicle.Sped", "no signal")],
)
def test_given_a_tool_for_what_cannot_be_set_when_read_then_input_error(
    tmp_path: Path, path: str, message: str
) -> None:
    file = tmp_path / "tools.yaml"
    file.write_text(FILE.replace("PATH", path))
    with pytest.raises(InputError, match=message):
        ToolCatalogue(file)
