"""What the cases of a suite come to: shares with Wilson's 95 % interval, by kind and source, errors by their weight, and risk.

| figure          | of                                                   | counts                                        |
|-----------------|------------------------------------------------------|-----------------------------------------------|
| strict success  | all cases                                            | passed                                        |
| wrong action    | cases of what must not or cannot be done (LIMITS)    | the copilot moved something, and it was wrong |
| over-refusal    | cases that want an action or an answer               | refused, asked back or not understood         |
| answer accuracy | cases that want to be told something                 | passed                                        |
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import sqrt
from statistics import quantiles
from typing import Any

from carpilot.exchange import Result

Z95 = 1.959964
LIMITS = ("out_of_scope", "unanswerable", "negated", "ambiguous")
"""The kinds of cases in which nothing may move."""
KIND_OF = {"action": "command", "answer": "question", "restraint": "restraint"}
"""The kind of a case that names none, by what it wants."""


HELD_BACK = (Result.REFUSED.value, Result.ASKED.value, Result.FAILED.value)


@dataclass(frozen=True, slots=True)
class CaseReport:
    """What became of one case. `model_ms` and `gate_ms` are the times of model and gate in its last turn.

    `confidence` is None where the model gives none, or did not decide. `wants` is `action`, `answer` or `restraint`.
    `exit` is how the model's last run ended, `blocked` how many commands the gate denied, `tokens` what all turns read and wrote.
    `measures` are a benchmark's own figures of the case, 0 to 1.
    """

    id: str
    say: tuple[str, ...]
    passed: bool
    is_wrong_action: bool
    result: str
    problems: tuple[str, ...]
    reply: str
    calls: tuple[str, ...]
    model_ms: float
    gate_ms: float = 0.0
    thought: str = ""
    confidence: float | None = None
    wants: str = "action"
    kind: str = KIND_OF["action"]
    source: str = ""
    exit: str = "decided"
    blocked: int = 0
    tokens: tuple[int, int] = (0, 0)
    seed: int = 0
    measures: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_held_back(self) -> bool:
        """Whether the copilot refused, asked back or did not understand."""
        return self.result in HELD_BACK


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with the interval in which the true share lies with 95 % (Wilson 1927)."""

    count: float
    of: int

    @property
    def value(self) -> float:
        """The share, 0 where there is nothing to count."""
        return self.count / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The lower and the upper end, 0 to 1."""
        if not self.of:
            return 0.0, 1.0
        n, p = self.of, self.value
        middle = (p + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
        half = Z95 / (1 + Z95**2 / n) * sqrt(p * (1 - p) / n + Z95**2 / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)

    def in_words(self) -> str:
        """Return it as a table shows it: `81.2 % (74.3 to 86.6)`."""
        low, high = self.interval
        return f"{self.value * 100:.1f} % ({low * 100:.1f} to {high * 100:.1f})" if self.of else "-"

    def as_row(self) -> dict[str, Any]:
        """Return it for a program to read."""
        low, high = self.interval
        return {"count": self.count, "of": self.of, "share": self.value, "low": low, "high": high}


def share(cases: Iterable[CaseReport], counts: Callable[[CaseReport], bool]) -> Share:
    """Return how many of some cases count."""
    rows = list(cases)
    return Share(sum(counts(case) for case in rows), len(rows))


def passed(cases: Iterable[CaseReport]) -> Share:
    """Return strict success."""
    return share(cases, lambda case: case.passed)


def wrong_on_limits(cases: Iterable[CaseReport]) -> Share:
    """Return wrong actions where nothing may move."""
    return share((case for case in cases if case.kind in LIMITS), lambda case: case.is_wrong_action)


def over_refusal(cases: Iterable[CaseReport]) -> Share:
    """Return how often a legitimate request was refused or asked back."""
    return share((case for case in cases if case.wants in ("action", "answer")), lambda case: case.is_held_back)


def answers(cases: Iterable[CaseReport]) -> Share:
    """Return how often a question about the car was answered with what the car reports."""
    return passed(case for case in cases if case.wants == "answer")


def measured(cases: Iterable[CaseReport]) -> dict[str, float]:
    """Return the mean of each of a benchmark's own figures, 0 to 1."""
    found: dict[str, list[float]] = {}
    for case in cases:
        for name, value in case.measures.items():
            found.setdefault(name, []).append(value)
    return {name: sum(values) / len(values) for name, values in found.items()}


def grouped(cases: Iterable[CaseReport], key: Callable[[CaseReport], str]) -> dict[str, Share]:
    """Return strict success by a key, in its order."""
    rows = sorted(cases, key=key)
    return {name: passed(group) for name, group in groupby(rows, key)}


def judged(cases: Iterable[CaseReport]) -> list[tuple[float, bool]]:
    """Return (confidence, was right) of what a model carried out itself and was confident or not about."""
    return [(c.confidence, c.passed) for c in cases if c.confidence is not None and not c.is_held_back]


def risk_by_coverage(cases: Iterable[CaseReport], steps: int = 20) -> list[tuple[float, float]]:
    """Return (coverage, risk) pairs: if only the surest cases were carried out, what share of them would be wrong.

    Coverage is of all cases to which the model gave a confidence; what it did not carry out itself has no risk and adds none.
    """
    judged = [case for case in cases if case.confidence is not None]
    done = sorted((c for c in judged if not c.is_held_back), key=lambda c: -(c.confidence or 0.0))
    points = []
    for step in range(1, steps + 1):
        kept = done[: round(len(done) * step / steps)]
        if kept:
            points.append((len(kept) / len(judged), sum(not case.passed for case in kept) / len(kept)))
    return points


def p50_p95(values: Sequence[float]) -> tuple[float, float]:
    """Return the median and the 95th percentile; zeros where there is nothing."""
    if len(values) < 2:
        value = values[0] if values else 0.0
        return value, value
    cuts = quantiles(sorted(values), n=20, method="inclusive")
    return cuts[9], cuts[18]
