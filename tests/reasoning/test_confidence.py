"""Confidence comes to mean the share that is right, and its order stays."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carpilot.reasoning.confidence import Calibration, calibration_error, fit, read_calibration


def drawn(count: int, truth: Calibration) -> list[tuple[float, bool]]:
    """Return probabilities of which as many are right as a calibration says."""
    random = Random(7)
    found = [random.random() for _ in range(count)]
    return [(p, random.random() < truth.of(p)) for p in found]


@pytest.mark.parametrize("truth", [Calibration(0.4, 1.0), Calibration(2.0, -0.5), Calibration()])
def test_given_decisions_when_fitted_then_the_line_they_were_drawn_from_is_found(truth: Calibration) -> None:
    found = fit(drawn(20_000, truth))
    assert found.slope == pytest.approx(truth.slope, abs=0.08)
    assert found.offset == pytest.approx(truth.offset, abs=0.08)


def test_given_an_overconfident_model_when_calibrated_then_its_error_falls() -> None:
    found = drawn(5_000, Calibration(0.3, 0.2))
    calibration = fit(found[::2])
    before = calibration_error(found[1::2])
    after = calibration_error([(calibration.of(p), r) for p, r in found[1::2]])
    assert before > 0.1 > 3 * after


def test_given_bins_when_counted_then_the_error_is_by_hand() -> None:
    assert calibration_error([(0.95, True), (0.95, False), (0.15, False)]) == pytest.approx((0.9 + 0.15) / 3)
    assert calibration_error([(1.0, True)]) == 0.0
    assert calibration_error([]) == 0.0


def test_given_decisions_that_are_mostly_sure_and_right_when_fitted_then_the_fit_ends() -> None:
    found = (
        [(0.99999, True)] * 900
        + [(0.99, True)] * 80
        + [(0.7, True)] * 20
        + [(0.99, False), (0.4, False), (0.001, False)]
    )
    calibration = fit(found)
    assert 0.1 < calibration.slope < 2
    assert calibration.of(0.99999) > 0.99 > calibration.of(0.7)


@pytest.mark.parametrize("found", [[], [(0.3, True)], [(0.2, False), (0.9, False)]])
def test_given_one_kind_of_end_only_when_fitted_then_nothing_is_changed(found: list[tuple[float, bool]]) -> None:
    assert fit(found) == Calibration()


@given(st.floats(0, 1), st.floats(0, 1))
def test_given_two_probabilities_when_calibrated_then_their_order_stays(a: float, b: float) -> None:
    calibration = read_calibration({"slope": 0.7, "offset": 0.9})
    assert (calibration.of(min(a, b)) <= calibration.of(max(a, b))) and 0 <= calibration.of(a) <= 1
    assert read_calibration(None).of(0.3) == pytest.approx(0.3)
