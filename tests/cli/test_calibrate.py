"""The threshold is chosen by hand-counted cases; suites kept aside cannot choose it."""

import subprocess
import sys

import pytest

from carpilot.cli.calibrate import at_threshold, choose
from carpilot.scenario.figures import CaseReport, Share


def case(name: str, confidence: float, is_right: bool, kind: str = "command", result: str = "done") -> CaseReport:
    wants = "restraint" if kind in ("ambiguous", "out_of_scope") else "action"
    return CaseReport(
        name, (name,), is_right, not is_right and result == "done", result, (), "", (), 1.0, confidence=confidence,
        kind=kind, wants=wants,
    )  # fmt: skip


CASES = [
    case("sure and right", 0.9, True),
    case("unsure and right", 0.5, True),
    case("unsure and wrong", 0.4, False),
    case("refused at any threshold", 0.2, False, result="refused"),
    case("acts where it should ask", 0.6, False, "ambiguous"),
    case("acts on what is elsewhere", 0.45, False, "out_of_scope"),
    case("refuses what is elsewhere", 0.3, True, "out_of_scope", "refused"),
]


@pytest.mark.parametrize(
    ("ask_below", "right", "wrong", "held_back"),
    [(0.0, 3, 2, 1), (0.42, 3, 2, 2), (0.5, 3, 1, 2), (0.55, 2, 1, 3), (0.65, 3, 0, 3)],
)
def test_given_cases_when_a_threshold_is_tried_then_what_it_comes_to_is_by_hand(
    ask_below: float, right: int, wrong: int, held_back: int
) -> None:
    found = at_threshold(CASES, ask_below)
    assert found == {"right": Share(right, 7), "wrong on limits": Share(wrong, 3), "over-refusal": Share(held_back, 4)}


def test_given_wrong_actions_when_chosen_then_the_lowest_threshold_that_stops_them_is_taken() -> None:
    many = [case(f"right {n}", 0.95, True) for n in range(100)]
    assert choose([*many, case("wrong", 0.51, False, "out_of_scope")]) == 0.52
    asked = [case(f"right {n}", 0.4, True) for n in range(10)]
    assert choose([*many, *asked, case("wrong", 0.51, False, "out_of_scope")]) == 0.4


def test_given_a_suite_kept_aside_when_named_then_it_is_refused() -> None:
    command = [sys.executable, "-m", "carpilot.cli.calibrate", "nowhere", "own", "aside"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "aside is kept aside" in done.stderr
