"""From a model's own probability to the share of such decisions that are right.

A model's probabilities order its decisions well and say little of how many are right. A line through their log-odds, fitted on
cases with a known end (Platt 1999), mends that; the order stays.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

EDGE = 1e-4
"""Probabilities are kept this far from 0 and 1, where log-odds have no end."""
STEPS, RIDGE, TOO_SMALL = 30, 1e-3, 1e-9
BINS = 10


@dataclass(frozen=True, slots=True)
class Calibration:
    """A line through log-odds; as it is built it changes nothing."""

    slope: float = 1.0
    offset: float = 0.0

    def of(self, probability: float) -> float:
        """Return the share of decisions with this probability that are right, 0 to 1."""
        odds = self.slope * _log_odds(probability) + self.offset
        return 0.5 * (1 + math.tanh(odds / 2))

    def as_row(self) -> dict[str, float]:
        """Return it as a card holds it."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def read_calibration(row: Mapping[str, float] | None) -> Calibration:
    """Return the calibration that a card holds, or one that changes nothing."""
    return Calibration(float(row["slope"]), float(row["offset"])) if row else Calibration()


def _log_odds(probability: float) -> float:
    kept = min(1 - EDGE, max(EDGE, probability))
    return math.log(kept / (1 - kept))


def fit(found: Sequence[tuple[float, bool]]) -> Calibration:
    """Return the calibration under which (probability, was right) pairs are likeliest; by Newton's method."""
    if len({is_right for _, is_right in found}) < 2:
        return Calibration()
    x = np.array([[_log_odds(probability), 1.0] for probability, _ in found])
    y = np.array([float(is_right) for _, is_right in found])

    def loss(line: NDArray[np.float64]) -> float:
        odds = x @ line
        return float(np.logaddexp(0, odds).sum() - y @ odds + RIDGE / 2 * line @ line)

    line = np.zeros(2)
    for _ in range(STEPS):
        p = np.exp(-np.logaddexp(0, -x @ line))
        slope = x.T @ (y - p) - RIDGE * line
        bend = (x * (p * (1 - p))[:, None]).T @ x + RIDGE * np.eye(2)
        step = np.linalg.solve(bend, slope)
        while loss(line + step) > loss(line) and np.abs(step).max() > TOO_SMALL:
            step = step / 2  # a full step may lead past the end
        line = line + step
    return Calibration(float(line[0]), float(line[1]))


def calibration_error(found: Sequence[tuple[float, bool]], bins: int = BINS) -> float:
    """Return the mean distance between confidence and the share that is right, over bins of equal width (Guo et al. 2017)."""
    total = 0.0
    for at in range(bins):
        low, high = at / bins, (at + 1) / bins
        inside = [(c, r) for c, r in found if low <= c < high or (at == bins - 1 and c == 1.0)]
        if inside:
            total += abs(sum(c for c, _ in inside) - sum(r for _, r in inside))
    return total / len(found) if found else 0.0
