"""Faults in words."""

import pytest

from carpilot.errors import InputError
from carpilot.faults import Fault
from carpilot.faults.words import parse_fault
from carpilot.vehicle.catalogue import default_catalogue

CATALOGUE = default_catalogue()
WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"


@pytest.mark.parametrize(
    ("text", "at", "fault"),
    [
        ("ecu_reset node=DOOR", 0, Fault("ecu_reset", 5.0, node="DOOR")),
        ("ecu_reset node=DOOR,seconds=2,at=20", 20, Fault("ecu_reset", 2.0, node="DOOR")),
        ("jam path=Row1.DriverSide.Window.Position strength=3", 0, Fault("jam", 5.0, path=WINDOW, strength=3)),
        ("loss message=VCU_Motion segment=body", 0, Fault("loss", 5.0, message="VCU_Motion", segment="body")),
    ],
)
def test_words_mean_a_fault_and_its_time(text: str, at: float, fault: Fault) -> None:
    assert parse_fault(text, CATALOGUE) == (at, fault)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no fault ''"),
        ("earthquake", "no fault 'earthquake'; there is"),
        ("jam window", "a fault wants NAME=VALUE"),
        ("jam size=3", "a fault wants NAME=VALUE"),
        ("jam seconds=soon", "seconds is a number, not 'soon'"),
        ("jam path=Window.Position", "could be"),
        ("jam path=Wings", "no signal 'Wings'"),
    ],
)
def test_what_is_no_fault_is_told_in_one_line(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse_fault(text, CATALOGUE)
    assert "\n" not in str(caught.value)
