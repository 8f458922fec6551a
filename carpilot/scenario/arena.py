"""Several models on the same cases, several times: how often always, how often ever, and who is better by more than chance.

| figure | of | meaning |
|--------|----|---------|
| Pass^1 | cases | the mean share of a case's trials that pass |
| Pass^k | cases | the share of cases that pass in each of k trials (Yao et al., tau-bench, 2024) |
| Pass@k | cases | the share of cases that pass in at least one of k trials (Chen et al., 2021) |
| p | cases that two models end differently | the exact two-sided test of McNemar on the majority of each case's trials |

Intervals are Wilson's, over cases: trials of one case are not independent, and count as one.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from math import comb
from pathlib import Path
from typing import Any

from carpilot.errors import InputError
from carpilot.files import read_text
from carpilot.scenario.evaluate import SuiteReport
from carpilot.scenario.figures import CaseReport, Share, answers, judged, over_refusal, wrong_on_limits

MAX_TRIALS_BYTES = 400_000_000
Key = tuple[str, str, int, str]
"""A trial: suite, model with its arm, seed, case."""


def trials(cases: Iterable[CaseReport]) -> Mapping[str, list[bool]]:
    """Return what became of each case's trials, in the order of their seeds."""
    found: dict[str, list[bool]] = {}
    for case in sorted(cases, key=lambda case: case.seed):
        found.setdefault(case.id, []).append(case.passed)
    return found


def pass_1(cases: Iterable[CaseReport]) -> Share:
    """Return Pass^1."""
    found = trials(cases)
    return Share(sum(sum(results) / len(results) for results in found.values()), len(found))


def pass_every(cases: Iterable[CaseReport], k: int) -> Share:
    """Return Pass^k, of cases with at least k trials; where there are more, the mean over every choice of k."""
    found = [results for results in trials(cases).values() if len(results) >= k]
    return Share(sum(comb(sum(results), k) / comb(len(results), k) for results in found), len(found))


def pass_any(cases: Iterable[CaseReport], k: int) -> Share:
    """Return Pass@k, of cases with at least k trials; where there are more, the mean over every choice of k."""
    found = [results for results in trials(cases).values() if len(results) >= k]
    return Share(sum(1 - comb(len(r) - sum(r), k) / comb(len(r), k) for r in found), len(found))


@dataclass(frozen=True, slots=True)
class Duel:
    """Two models on the cases that both ran: how many only the one and only the other passes, and the chance of it."""

    suite: str
    first: str
    second: str
    only_first: int
    only_second: int

    @property
    def p(self) -> float:
        """The probability of a difference at least as large, if neither were better (McNemar 1947, exact)."""
        n, k = self.only_first + self.only_second, min(self.only_first, self.only_second)
        return min(1.0, 2 * sum(comb(n, i) for i in range(k + 1)) / 2**n) if n else 1.0


def duels(reports: Sequence[SuiteReport]) -> list[Duel]:
    """Return every pair of models on each suite that both ran."""
    found = []
    for index, first in enumerate(reports):
        for second in reports[index + 1 :]:
            if first.suite == second.suite:
                found.append(_duel(first, second))
    return found


def _duel(first: SuiteReport, second: SuiteReport) -> Duel:
    ours, theirs = (
        {name: 2 * sum(results) > len(results) for name, results in trials(report.cases).items()}
        for report in (first, second)
    )
    both = set(ours) & set(theirs)
    one, other = (sum(a[name] and not b[name] for name in both) for a, b in ((ours, theirs), (theirs, ours)))
    return Duel(first.suite, first.model, second.model, one, other)


def columns(report: SuiteReport) -> dict[str, str]:
    """Return a report's row of the table of models, by the columns' titles; `-` where there is nothing to tell."""
    figures, cases = report.summary(), report.cases
    k = max((len(results) for results in trials(cases).values()), default=1)
    tokens = figures["tokens_read"], figures["tokens_written"]
    return {
        "suite": report.suite,
        "model": report.model,
        "cases": str(len(trials(cases))),
        "strictly right (95 %)": pass_1(cases).in_words(),
        f"each of {k}": pass_every(cases, k).in_words() if k > 1 else "-",
        f"any of {k}": pass_any(cases, k).in_words() if k > 1 else "-",
        "its own metric": ", ".join(f"{name} {value * 100:.1f}" for name, value in figures["measures"].items()) or "-",
        "wrong actions": str(figures["wrong_actions"]),
        "of limits": _per_case(wrong_on_limits(cases), k).in_words(),
        "over-refusal": _per_case(over_refusal(cases), k).in_words(),
        "answers": _per_case(answers(cases), k).in_words(),
        "calibration error": f"{figures['calibration_error'] * 100:.1f} %" if judged(cases) else "-",
        "blocked": str(figures["blocked"]),
        "malformed": str(figures["malformed"]) if any(tokens) else "-",
        "tokens in, out": f"{tokens[0] / len(cases):.0f}, {tokens[1] / len(cases):.0f}" if any(tokens) else "-",
        "p50, p95 ms": f"{figures['model_p50_ms']:.0f}, {figures['model_p95_ms']:.0f}",
        "gate ms": f"{figures['gate_p50_ms']:.1f}, {figures['gate_p95_ms']:.1f}",
    }


def _per_case(of_trials: Share, k: int) -> Share:
    """Return a share of trials with the interval that its cases, of k trials each, allow."""
    return Share(of_trials.count / k, of_trials.of // k)


class Trials:
    """A file of trials that have ended, so that a long run can be taken up again: JSON lines, one a trial."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._done: dict[Key, CaseReport] = {}
        if path is not None and path.is_file():
            for number, line in enumerate(read_text(path, MAX_TRIALS_BYTES).splitlines(), 1):
                self._take(path, number, line)

    def _take(self, path: Path, number: int, line: str) -> None:
        try:
            row = json.loads(line)
            key = (row["suite"], row["model"], int(row["seed"]), row["case"]["id"])
            self._done[key] = _case_of(row["case"])
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}, line {number} is no trial of carpilot eval: {error}") from error

    def get(self, suite: str, model: str, seed: int, case_id: str) -> CaseReport | None:
        """Return a trial that has ended before."""
        return self._done.get((suite, model, seed, case_id))

    def writer(self, suite: str, model: str, seed: int) -> Callable[[CaseReport], None]:
        """Return what notes a trial as soon as it has ended."""

        def note(case: CaseReport) -> None:
            if self._path is None or self.get(suite, model, seed, case.id) is not None:
                return
            row = {"suite": suite, "model": model, "seed": seed, "case": asdict(case)}
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")

        return note


def _case_of(row: Mapping[str, Any]) -> CaseReport:
    known = {field.name for field in fields(CaseReport)}
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in row.items() if name in known
    }
    return CaseReport(**values)
