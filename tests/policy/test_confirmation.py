import dataclasses
from collections.abc import Mapping

import pytest

from carpilot.decision import Command
from carpilot.policy.judge import Confirmation
from carpilot.request import Seat
from carpilot.vehicle.catalogue import Value, default_catalogue
from carpilot.vehicle.state import Quality, VehicleState, state_of

S = 1_000_000_000
BOOT = Command("Vehicle.Body.Trunk.Rear.IsOpen", True)
CALM: dict[str, Value] = {
    **default_catalogue().initial(),
    "Vehicle.Exterior.LightIntensity": 80.0,
    "Vehicle.LowVoltageSystemState": "ON",
}
NO_CHANGES: Mapping[str, Value] = {}


def state_at(time_ns: int, changes: Mapping[str, Value] = NO_CHANGES, since_ns: int | None = 0) -> VehicleState:
    return state_of({**CALM, **changes}, time_ns, since_ns)


def question() -> Confirmation:
    return Confirmation.ask(3, [BOOT], "Open the boot?", state_at(20 * S), 10 * S)


@pytest.mark.parametrize(
    ("time_ns", "problem"),
    [
        (20 * S, None),
        (30 * S - 1, None),
        (30 * S, None),
        (30 * S + 1, "the question has expired"),
        (3000 * S, "the question has expired"),
    ],
)
def test_given_a_question_when_time_passes_then_it_holds_for_ten_seconds(time_ns: int, problem: str | None) -> None:
    assert question().problem(state_at(time_ns), Seat.DRIVER) == problem


@pytest.mark.parametrize("seat", [seat for seat in Seat if seat is not Seat.DRIVER])
def test_given_another_seat_when_it_says_yes_then_it_does_not_count(seat: Seat) -> None:
    assert question().problem(state_at(21 * S), seat) == "only the driver can confirm"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("Vehicle.LowVoltageSystemState", "OFF"),
        ("Vehicle.Exterior.LightIntensity", 5.0),
        ("Vehicle.Body.Raindetection.Intensity", 90),
        ("Vehicle.Cabin.Seat.Row2.DriverSide.IsOccupied", True),
        ("Vehicle.Cabin.HVAC.IsAirConditioningActive", True),
        ("Vehicle.Body.Lights.Fog.Rear.IsOn", True),
        ("Vehicle.Body.Lights.Beam.High.IsOn", True),
    ],
)
def test_given_the_surroundings_have_changed_when_yes_is_said_then_it_does_not_count(path: str, value: Value) -> None:
    later = state_at(21 * S, {path: value})
    assert question().problem(later, Seat.DRIVER) == "the situation has changed since I asked"


def test_given_the_car_has_started_to_move_when_yes_is_said_then_it_does_not_count() -> None:
    assert question().problem(state_at(21 * S, since_ns=None), Seat.DRIVER) == "the situation has changed since I asked"


def test_given_a_reading_has_been_lost_when_yes_is_said_then_it_does_not_count() -> None:
    later = state_at(21 * S)
    readings = dict(later.readings)
    path = "Vehicle.LowVoltageSystemState"
    readings[path] = dataclasses.replace(readings[path], quality=Quality.STALE)
    lost = VehicleState(later.time_ns, readings, {}, 0)
    assert question().problem(lost, Seat.DRIVER) == "the situation has changed since I asked"


def test_given_what_does_not_bear_on_safety_when_it_changes_then_a_yes_still_counts() -> None:
    later = state_at(21 * S, {"Vehicle.Cabin.Infotainment.Media.Volume": 3, "Vehicle.Exterior.LightIntensity": 79.0})
    assert question().problem(later, Seat.DRIVER) is None
