import pytest

from carpilot.vehicle.state import Quality, Reading, VehicleState, state_of


@pytest.mark.parametrize("quality", list(Quality))
def test_given_a_reading_when_it_is_not_valid_then_there_is_no_actual_value(quality: Quality) -> None:
    state = VehicleState(5, {"Vehicle.Speed": Reading(30.0, 4, quality)}, {})
    is_valid = quality is Quality.VALID
    assert state.actual("Vehicle.Speed") == (30.0 if is_valid else None)
    assert state.number("Vehicle.Speed") == (30.0 if is_valid else None)
    assert state.reading("Vehicle.Speed").value == 30.0


@pytest.mark.parametrize(("value", "number"), [(3, 3.0), (2.5, 2.5), (True, None), (False, None), ("FM", None)])
def test_given_a_value_when_asked_as_a_number_then_only_numbers_are(
    value: bool | float | str, number: float | None
) -> None:
    assert state_of({"Vehicle.A": value}).number("Vehicle.A") == number


def test_given_nothing_when_asked_then_the_quality_is_unknown() -> None:
    reading = state_of({}).reading("Vehicle.A")
    assert (reading.value, reading.quality) == (None, Quality.UNKNOWN)
