import pytest

from carpilot.dashboard.wording import seat_level, signal_name, value_text
from carpilot.vehicle.catalogue import Value, default_catalogue

SEAT = "Vehicle.Cabin.Seat.Row1.DriverSide.HeatingCooling"


def test_every_actuator_has_a_short_name_of_its_own() -> None:
    names = [signal_name(signal.path) for signal in default_catalogue().actuators]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 24 and "." not in name and "Is" not in name for name in names)


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature", 21, "21.0 °C"),
        (SEAT, 0, "Off"),
        (SEAT, 66, "Heat 66 %"),
        (SEAT, -33, "Vent 33 %"),
        ("Vehicle.Cabin.Door.Row1.DriverSide.Window.Position", 0, "Closed"),
        ("Vehicle.Cabin.Door.Row1.DriverSide.Window.Position", 40, "40 %"),
        ("Vehicle.Cabin.Door.Row1.DriverSide.Window.Position", 100, "Open"),
        ("Vehicle.Cabin.Door.Row1.DriverSide.IsLocked", True, "Locked"),
        ("Vehicle.Body.Trunk.Rear.IsOpen", False, "Closed"),
        ("Vehicle.Cabin.HVAC.IsRearDefrosterActive", True, "On"),
        ("Vehicle.Body.Lights.LightSwitch", "DAYTIME_RUNNING_LIGHTS", "Day"),
        ("Vehicle.Powertrain.Range", 312000, "312 km"),
        ("Vehicle.Speed", 72.0, "72 km/h"),
        ("Vehicle.Speed", None, "—"),
    ],
)
def test_a_value_reads_with_its_unit(path: str, value: Value | None, text: str) -> None:
    assert value_text(path, value) == text


@pytest.mark.parametrize(
    ("percent", "level"), [(0, 0), (1, 1), (33, 1), (50, 2), (66, 2), (100, 3), (-1, -1), (-100, -3)]
)
def test_a_seat_that_is_on_shows_at_least_one_level(percent: float, level: int) -> None:
    assert seat_level(percent) == level
