"""Models side by side: figures against hand counts, and a run that was broken off is taken up."""

from math import comb
from pathlib import Path

import pytest

from carpilot.errors import InputError
from carpilot.scenario.arena import Duel, Trials, duels, pass_1, pass_any, pass_every
from carpilot.scenario.eval_page import page
from carpilot.scenario.evaluate import SuiteReport, evaluate
from carpilot.scenario.figures import CaseReport, Share
from carpilot.scenario.suite import Suite, find_suites, read_suite
from carpilot.training.peers import PEERS
from carpilot.vehicle.catalogue import default_catalogue


def case(name: str, is_right: bool, seed: int = 0) -> CaseReport:
    return CaseReport(name, (name,), is_right, False, "done", (), "", ("set_mute(on=True)",), 1.0, seed=seed)


def report(model: str, **cases: str) -> SuiteReport:
    """Return a report of cases, each written as its trials: `+-+`."""
    rows = [case(name, sign == "+", seed) for name, signs in cases.items() for seed, sign in enumerate(signs)]
    return SuiteReport("suite", model, rows)


CASES = report("m", a="+++", b="++-", c="---", d="+--").cases


def test_given_three_trials_when_counted_then_always_ever_and_mean_are_by_hand() -> None:
    assert pass_1(CASES).count == pytest.approx(2)
    assert pass_1(CASES).of == 4
    assert pass_every(CASES, 3) == Share(1, 4)
    assert pass_any(CASES, 3) == Share(3, 4)


def test_given_more_trials_than_k_when_counted_then_the_mean_over_every_choice_is_taken() -> None:
    assert pass_every(CASES, 2).count == pytest.approx(1 + comb(2, 2) / comb(3, 2))
    assert pass_any(CASES, 2).count == pytest.approx(1 + 1 + (1 - comb(2, 2) / comb(3, 2)))
    assert pass_every(CASES, 4) == Share(0, 0)


@pytest.mark.parametrize(
    ("one", "other", "p"), [(1, 9, 22 / 1024), (9, 1, 22 / 1024), (0, 0, 1.0), (5, 5, 1.0), (0, 6, 2 / 64)]
)
def test_given_cases_that_end_differently_when_tested_then_p_is_of_the_binomial(one: int, other: int, p: float) -> None:
    assert Duel("s", "a", "b", one, other).p == pytest.approx(p)


def test_given_two_models_when_paired_then_the_majority_of_trials_counts_and_only_shared_cases() -> None:
    first, second = report("m", a="++-", b="+++", c="---"), report("n", a="+--", b="+++", d="+++")
    (duel,) = duels([first, second])
    assert (duel.only_first, duel.only_second) == (1, 0)


def test_given_a_broken_off_run_when_resumed_then_only_what_is_missing_runs(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    suite = read_suite(find_suites(["check"])[0], default_catalogue())
    first = Suite(suite.name, suite.cases[:2])
    evaluate(first, PEERS["nothing"](), Trials(path).writer("check", "nothing", 0))
    ran: list[str] = []
    trials = Trials(path)

    def before(case_id: str) -> CaseReport | None:
        found = trials.get("check", "nothing", 0, case_id)
        if found is None:
            ran.append(case_id)
        return found

    resumed = evaluate(suite, PEERS["nothing"](), trials.writer("check", "nothing", 0), done_before=before)
    assert ran == [case.id for case in suite.cases[2:]]
    assert len(path.read_text(encoding="utf-8").splitlines()) == len(suite.cases)
    anew = evaluate(suite, PEERS["nothing"]())
    assert [(c.id, c.passed, c.problems) for c in resumed.cases] == [(c.id, c.passed, c.problems) for c in anew.cases]


def test_given_a_file_of_something_else_when_resumed_then_the_line_is_named_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 1 is no trial"):
        Trials(path)
    assert path.read_text(encoding="utf-8") == "hello\n"


def test_given_models_when_the_page_is_made_then_it_holds_every_models_row_and_their_duel() -> None:
    made = page([report("one", a="+++", b="+-+"), report("two", a="---", b="+++")])
    assert "each of 3" in made and "any of 3" in made
    assert "only first right" in made
    assert 'src="' not in made and "http" not in made
