import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from carpilot.errors import InputError, UnknownNameError
from carpilot.files import asset
from carpilot.vehicle.catalogue import Signal, default_catalogue, read_catalogue

CATALOGUE = default_catalogue()
ACTUATORS = [pytest.param(signal, id=signal.path) for signal in CATALOGUE.actuators]
# Leaves of VSS v6.0 that the selection of its cabin part does not hold.
NOT_IN_SELECTION = {
    f"Vehicle.Chassis.Axle.{row}.Wheel.{side}.Speed" for row in ("Row1", "Row2") for side in ("Left", "Right")
} | {
    f"Vehicle.Cabin.Seat.{row}.{side}.IsOccupied"
    for row in ("Row1", "Row2")
    for side in ("DriverSide", "PassengerSide")
}


def vss_selection() -> dict[str, dict[str, Any]]:
    folder = os.environ.get("CARPILOT_SHARED_DATA") or Path(__file__).parents[2].parent / "shared" / "data"
    path = Path(folder) / "vss_cabin.json"
    if not path.is_file():
        pytest.skip("there is no vss_cabin.json: set CARPILOT_SHARED_DATA to the folder that holds it")
    rows = json.loads(path.read_text(encoding="utf-8"))["signals"]
    return {row["path"]: row for row in rows}


def test_given_the_published_specification_when_compared_then_every_path_exists_in_it() -> None:
    published = vss_selection()
    ours = {path for path in CATALOGUE if not path.startswith("Vehicle.Private.")}
    assert ours - NOT_IN_SELECTION <= set(published)


def test_given_the_published_specification_when_compared_then_writing_is_only_for_actuators() -> None:
    published = vss_selection()
    for path, signal in CATALOGUE.items():
        if path in published and signal.is_actuator:
            assert published[path]["writable"], path


@pytest.mark.parametrize("signal", ACTUATORS)
def test_given_an_actuator_when_described_then_everything_it_needs_is_there(signal: Signal) -> None:
    assert signal.command is not None
    assert signal.status[0] and signal.status[1]
    assert signal.label and signal.description and signal.domain and signal.ecu
    assert signal.settles_within_s > 0
    if signal.type in ("integer", "float"):
        assert signal.minimum is not None and signal.maximum is not None and signal.step
    if signal.type == "string":
        assert signal.allowed
    for path in signal.side_effects:
        assert CATALOGUE[path].is_actuator


def test_given_labels_when_spoken_then_no_two_actuators_sound_alike() -> None:
    labels = [signal.label for signal in CATALOGUE.actuators]
    assert sorted(set(labels)) == sorted(labels)


@given(
    st.sampled_from(list(CATALOGUE.values())),
    st.one_of(st.booleans(), st.integers(), st.floats(), st.text(), st.none(), st.lists(st.integers())),
)
@example(CATALOGUE["Vehicle.Speed"], 10**400)
@example(CATALOGUE["Vehicle.Powertrain.ElectricMotor.Power"], -(10**400))
@example(CATALOGUE["Vehicle.Speed"], math.nan)
@example(CATALOGUE["Vehicle.Speed"], math.inf)
def test_given_anything_when_checked_then_it_is_in_range_or_refused(signal: Signal, value: object) -> None:
    try:
        checked = signal.check(value)
    except InputError as error:
        assert "\n" not in str(error).replace(repr(value), "")
        return
    assert checked == value
    assert isinstance(checked, {"boolean": bool, "string": str, "integer": int, "float": float}[signal.type])
    if isinstance(checked, int | float) and not isinstance(checked, bool):
        assert math.isfinite(checked)
        assert signal.minimum is None or checked >= signal.minimum
        assert signal.maximum is None or checked <= signal.maximum


RANGES = [signal for signal in CATALOGUE.values() if signal.minimum is not None and signal.maximum is not None]


@pytest.mark.parametrize("signal", [pytest.param(signal, id=signal.path) for signal in RANGES])
def test_given_the_limits_of_a_range_when_checked_then_they_belong_to_it_and_the_next_step_does_not(
    signal: Signal,
) -> None:
    assert signal.minimum is not None and signal.maximum is not None
    step = signal.step or 1
    assert (signal.check(signal.minimum), signal.check(signal.maximum)) == (signal.minimum, signal.maximum)
    for outside in (signal.minimum - step, signal.maximum + step):
        with pytest.raises(InputError, match="wants"):
            signal.check(outside)


PARSED = [
    ("Vehicle.Cabin.Door.Row1.DriverSide.Window.Position", "40", 40),
    ("Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature", "21.5", 21.5),
    ("Vehicle.Cabin.HVAC.IsAirConditioningActive", "On", True),
    ("Vehicle.Cabin.HVAC.IsAirConditioningActive", "false", False),
    ("Vehicle.Body.Lights.LightSwitch", "beam", "BEAM"),
    ("Vehicle.Powertrain.Transmission.CurrentGear", "-1", -1),
]


@pytest.mark.parametrize(("path", "text", "value"), PARSED)
def test_given_a_word_when_parsed_then_it_means(path: str, text: str, value: object) -> None:
    parsed = CATALOGUE[path].parse(text)
    assert (parsed, type(parsed)) == (value, type(value))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Vehicle.Cabin.Door.Row1.DriverSide.Window.Position", "half"),
        ("Vehicle.Cabin.Door.Row1.DriverSide.Window.Position", "40.5"),
        ("Vehicle.Cabin.Door.Row1.DriverSide.Window.Position", "nan"),
        ("Vehicle.Cabin.Door.Row1.DriverSide.Window.Position", "inf"),
        ("Vehicle.Cabin.Door.Row1.DriverSide.Window.Position", "101"),
        ("Vehicle.Cabin.HVAC.IsAirConditioningActive", "maybe"),
        ("Vehicle.Body.Lights.LightSwitch", "moon"),
        ("Vehicle.Body.Lights.LightSwitch", ""),
    ],
)
def test_given_a_word_that_is_no_value_when_parsed_then_input_error(path: str, text: str) -> None:
    with pytest.raises(InputError, match="wants"):
        CATALOGUE[path].parse(text)


def test_given_an_unknown_path_when_asked_then_the_nearest_are_named() -> None:
    with pytest.raises(UnknownNameError, match=r"no signal 'Vehicle.Sped'; there is .*Vehicle.Speed"):
        CATALOGUE["Vehicle.Sped"]
    with pytest.raises(UnknownNameError):
        CATALOGUE.matching("Vehicle.Flux.*")


def test_given_a_pattern_when_matched_then_all_and_only_its_paths_are_found() -> None:
    assert len(CATALOGUE.matching("Vehicle.Cabin.Door.*.IsLocked")) == 4
    assert CATALOGUE.matching("Vehicle.Speed") == ("Vehicle.Speed",)


ROW = """
signals:
  Vehicle.A:
    kind: actuator
    label: a
    domain: d
    ecu: DOOR
    type: boolean
    initial: false
    description: A.
    command: X_Cmd.A
    status: X_Status.A
"""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("kind: actuator", "kind: sensor"), "an actuator, and only an actuator"),
        (("    command: X_Cmd.A\n", ""), "an actuator, and only an actuator"),
        (("    label: a\n", ""), "'label'"),
        (("kind: actuator", "kind: wish"), "'wish'"),
        (("initial: false", "initial: 3"), "wants true or false"),
        (("    description: A.", "    description: A.\n    side_effects: [Vehicle.B]"), "no signal 'Vehicle.B'"),
        (("signals:", "sygnals:"), "'signals'"),
    ],
)
def test_given_a_contradiction_when_the_catalogue_is_read_then_input_error(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    path = tmp_path / "signals.yaml"
    path.write_text(ROW)
    assert list(read_catalogue(path)) == ["Vehicle.A"]
    path.write_text(ROW.replace(*change))
    with pytest.raises(InputError, match=message):
        read_catalogue(path)


@pytest.mark.parametrize(
    "text", ["", "[]", "signals: 3", "signals: [a]", "signals: {Vehicle.A: 1}", "signals: {Vehicle.A: null}"]
)
def test_given_a_file_of_another_shape_when_the_catalogue_is_read_then_input_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "signals.yaml"
    path.write_text(text)
    with pytest.raises(InputError):
        read_catalogue(path)


def test_given_the_shipped_file_when_read_twice_then_it_is_the_same() -> None:
    assert dict(read_catalogue(asset("vehicle", "signals.yaml"))) == dict(CATALOGUE)
