"""The played driver's instruction in the driver's own words: sentences written here, in the benchmark's manner."""

import pytest

from carpilot.scenario.benchmarks.first_person import Part, read_part


@pytest.mark.parametrize(
    ("instruction", "turns", "answers"),
    [
        (
            "You are in a hurry. You want to set the temperature on your side to 19 degrees.",
            ("I want to set the temperature on my side to 19 degrees.",),
            (),
        ),
        ("Ask the assistant to close the sunroof.", ("Close the sunroof.",), ()),
        ("You will ask the assistant to warm the seat for you.", ("Warm the seat for me.",), ()),
        (
            "You want the fan to blow more. If the assistant asks for the level, you want level 4.",
            ("I want the fan to blow more.",),
            ("I want level 4.",),
        ),
        (
            "You want to open the trunk. When the assistant asks for confirmation, you say 'yes'.",
            ("I want to open the trunk.",),
            (),
        ),
        (
            "You feel stale. It is expected that the assistant asks you nothing. You understand the windows may close.",
            (),
            (),
        ),
        ("You ask for seat heating at once.", ("I want seat heating at once.",), ()),
    ],
)
def test_given_an_instruction_when_read_then_wishes_are_said_and_stage_directions_are_not(
    instruction: str, turns: tuple[str, ...], answers: tuple[str, ...]
) -> None:
    assert read_part(instruction) == Part(turns, answers)
