"""The threshold weighs wrong actions against questions back."""

import pytest

from carpilot.training.measure import Outcome, figures, threshold

RIGHT = Outcome(is_right=True, moves=True, confidence=0.9)
WRONG = Outcome(is_right=False, moves=True, confidence=0.3)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ([RIGHT], 0.0),
        ([RIGHT, WRONG], 0.9),
        ([RIGHT, WRONG, Outcome(True, True, 0.4)], 0.4),
        ([Outcome(True, True, 0.2), WRONG], 0.0),
        ([*[Outcome(False, True, 0.2)] * 2, Outcome(True, True, 0.1), RIGHT], 0.9),
        ([Outcome(False, False, 0.1), Outcome(True, False, 0.1)], 0.0),
        ([], 0.0),
    ],
)
def test_threshold(found: list[Outcome], wanted: float) -> None:
    assert threshold(found) == wanted


def test_the_lowest_of_nearly_equal_thresholds_is_taken() -> None:
    steady = [Outcome(True, True, 0.8)] * 300
    doubtful = [Outcome(False, True, 0.5)]
    assert threshold([*steady, *doubtful]) == 0.0
    assert threshold([*steady, *doubtful * 2]) == 0.8


def test_what_moves_nothing_is_kept_however_unsure() -> None:
    assert Outcome(True, False, 0.0).is_kept(0.9)
    assert not WRONG.is_kept(0.9)


def test_figures_count_what_is_left_at_the_threshold() -> None:
    found = [RIGHT, WRONG, Outcome(True, False, 0.1), Outcome(False, False, 0.1)]
    assert figures(found, 0.5) == {
        "count": 4,
        "right_without_threshold": 0.5,
        "right": 0.5,
        "wrong_action": 0.0,
        "asked_instead": 0.25,
    }
    assert figures(found, 0.0)["wrong_action"] == 0.25
