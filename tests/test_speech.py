"""What is said reads as one would say it."""

import pytest

from carpilot.speech import tell_changes
from carpilot.vehicle.catalogue import default_catalogue

SEAT = "Vehicle.Cabin.Seat.Row1.PassengerSide.HeatingCooling"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (66, "Passenger seat heating level 2."),
        (0, "Passenger seat heating off."),
        (-33, "Passenger seat ventilation level 1."),
        (None, "Passenger seat heating not known."),
    ],
)
def test_given_a_seat_that_heats_and_cools_when_told_then_it_says_which_once(value: int | None, said: str) -> None:
    assert tell_changes(default_catalogue(), [(SEAT, value)]) == said
