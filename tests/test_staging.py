"""What a scenario or a hand can set beside actuators: it is then reported on the bus."""

import pytest

from carpilot.car import Car
from carpilot.errors import InputError
from carpilot.staging import _SETTERS
from carpilot.vehicle.catalogue import Value, default_catalogue

CATALOGUE = default_catalogue()
PLACES = [f"Row{row}.{side}Side" for row in (1, 2) for side in ("Driver", "Passenger")]
BY_PATTERN = [
    *(f"Vehicle.Cabin.Seat.{place}.IsOccupied" for place in PLACES),
    *(f"Vehicle.Cabin.Seat.{place}.IsBelted" for place in PLACES),
    *(f"Vehicle.Cabin.Door.{place}.IsOpen" for place in PLACES),
]
VALUES: dict[str, Value] = {
    "Vehicle.LowVoltageSystemState": "ACC",
    "Vehicle.Powertrain.Transmission.CurrentGear": -1,
    "Vehicle.LowVoltageBattery.CurrentVoltage": 12.5,
    "Vehicle.Exterior.AirTemperature": 30.0,
    "Vehicle.Private.Messages.UnreadCount": 5,
    "Vehicle.TraveledDistance": 20_000,
}


def another(path: str) -> Value:
    signal = CATALOGUE[path]
    if path in VALUES:
        return VALUES[path]
    if signal.type == "boolean":
        return not signal.initial
    assert signal.minimum is not None and signal.maximum is not None
    return signal.check(round(signal.minimum + 0.3 * (signal.maximum - signal.minimum)))


@pytest.mark.parametrize("path", [*BY_PATTERN, *_SETTERS])
def test_what_is_staged_is_reported(path: str) -> None:
    value = another(path)
    reported = Car({path: value}).state().actual(path)
    assert reported == (pytest.approx(value, rel=0.02, abs=1.5) if isinstance(value, int | float) else value)


@pytest.mark.parametrize("path", [p for p, s in CATALOGUE.items() if not s.is_actuator])
def test_every_sensor_can_be_staged_or_says_that_it_follows_from_others(path: str) -> None:
    car = Car()
    before = car.now_ns
    try:
        car.set(path, another(path) if CATALOGUE[path].type != "string" else CATALOGUE[path].allowed[0])
    except InputError as error:
        assert str(error) == f"{path} follows from other signals and cannot be set"
        assert path not in (*BY_PATTERN, *_SETTERS)
    assert car.now_ns == before
