"""Figures of a suite against hand counts and published values; the page shows every miss."""

import pytest

from carpilot.scenario.eval_page import page
from carpilot.scenario.evaluate import SuiteReport
from carpilot.scenario.figures import (
    CaseReport,
    Share,
    answers,
    grouped,
    over_refusal,
    p50_p95,
    passed,
    risk_by_coverage,
    wrong_on_limits,
)


def case(name: str, is_right: bool, **fields: object) -> CaseReport:
    given = {"is_wrong_action": False, "result": "done", "problems": (), "reply": "", "calls": (), "model_ms": 1.0}
    return CaseReport(id=name, say=(name,), passed=is_right, **{**given, **fields})  # type: ignore[arg-type]


CASES = [
    case("a", True, confidence=0.9, kind="implicit", source="KVRET"),
    case(
        "b",
        False,
        confidence=0.8,
        is_wrong_action=True,
        kind="implicit",
        problems=("window: <wanted> 0",),
        thought="need: x",
    ),
    case("c", False, confidence=0.3, result="asked", kind="several"),
    case("d", True, result="answered", wants="answer", kind="question", confidence=0.7),
    case("e", False, result="refused", wants="answer", kind="question"),
    case("f", False, wants="restraint", kind="negated", is_wrong_action=True, confidence=0.5),
    case("g", True, wants="restraint", kind="ambiguous", result="asked", confidence=0.4),
]


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998), table I, score method without continuity correction.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_given_published_counts_when_the_interval_is_taken_then_it_is_wilsons(
    count: int, of: int, low: float, high: float
) -> None:
    assert Share(count, of).interval == pytest.approx((low, high), abs=6e-5)


def test_given_nothing_when_shared_then_everything_is_possible() -> None:
    assert (Share(0, 0).value, Share(0, 0).interval, Share(0, 0).in_words()) == (0.0, (0.0, 1.0), "-")


def test_given_cases_when_counted_then_each_figure_is_of_its_own_cases() -> None:
    assert passed(CASES) == Share(3, 7)
    assert wrong_on_limits(CASES) == Share(1, 2)
    assert over_refusal(CASES) == Share(2, 5)
    assert answers(CASES) == Share(1, 2)
    assert grouped(CASES, lambda row: row.kind)["implicit"] == Share(1, 2)


def test_given_confidences_when_only_the_surest_are_done_then_risk_is_the_share_of_them_that_is_wrong() -> None:
    # Done with a confidence: a right, b wrong, d right, f wrong, of six with one; c and g were held back.
    points = risk_by_coverage(CASES, steps=4)
    assert [coverage for coverage, _ in points] == pytest.approx([1 / 6, 2 / 6, 3 / 6, 4 / 6])
    assert [risk for _, risk in points] == pytest.approx([0.0, 0.5, 1 / 3, 0.5])
    assert risk_by_coverage([case("x", True)]) == []


@pytest.mark.parametrize(("values", "found"), [([], (0.0, 0.0)), ([3.0], (3.0, 3.0)), (list(range(101)), (50.0, 95.0))])
def test_given_times_when_ranked_then_median_and_95th_percentile(
    values: list[float], found: tuple[float, float]
) -> None:
    assert p50_p95(values) == pytest.approx(found)


def test_given_a_report_when_made_a_page_then_every_miss_stands_there_with_its_thought_and_nothing_is_markup() -> None:
    text = page([SuiteReport("own", "m", CASES)])
    missed = text[text.index("Misses:") :]
    assert [name for name in "abcdefg" if f"<summary>{name} " in missed] == ["b", "c", "e", "f"]
    assert "need: x" in missed
    assert "&lt;wanted&gt;" in missed and "<wanted>" not in text
    assert "<script src" not in text and "http" not in text
    assert "<polyline" in text


def test_given_a_report_without_cases_when_made_a_page_then_it_is_a_page() -> None:
    assert "Misses: own, m, 0 of 0" in page([SuiteReport("own", "m")])
