"""How good a written model is on wordings that it never saw, and below which confidence it had better ask."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from carpilot.decision import Act, Decision
from carpilot.errors import ModelOutputError
from carpilot.reasoning.confidence import fit
from carpilot.reasoning.embedded import EmbeddedReasoner, Written
from carpilot.reasoning.reasoner import Control
from carpilot.reasoning.thought import read_calls
from carpilot.reasoning.tools import ToolCatalogue, default_tools
from carpilot.request import Seat
from carpilot.training.corpus import Example
from carpilot.vehicle.catalogue import default_catalogue
from carpilot.vehicle.state import VehicleState, state_of

# A wrong thing done costs as much as this many right things not done: it can be undone, and the gate stands behind.
WRONG_COSTS = 1.0
_HIGHEST_THRESHOLD = 0.9
_EQUALLY_GOOD = 0.005


@dataclass(frozen=True, slots=True)
class Outcome:
    """One example's end: whether the decision was the wanted one, whether something would move, how sure it was."""

    is_right: bool
    moves: bool
    confidence: float

    def is_kept(self, ask_below: float) -> bool:
        """Whether the decision stands at a threshold, and is not replaced by a question."""
        return not self.moves or self.confidence >= ask_below


def _meaning(decision: Decision) -> tuple[object, ...]:
    """Return what a decision does, so that two ways to write the same are equal."""
    commands = tuple(sorted((command.path, command.target) for command in decision.commands))
    return decision.act, commands, decision.reply, decision.about


def judge(reasoner: EmbeddedReasoner, example: Example, tools: ToolCatalogue, state: VehicleState) -> Outcome:
    """Return how the model's answer to an example compares with the wanted one, before any threshold."""
    wanted = tools.decide(read_calls(example.target.partition("\n")[2]), state, Seat.DRIVER)
    try:
        written: Written = reasoner.write(example.words, example.context, tools, Control())
        decision = tools.decide(read_calls(written.calls), state, Seat.DRIVER)
    except ModelOutputError:
        return Outcome(False, False, 0.0)
    return Outcome(_meaning(decision) == _meaning(wanted), decision.act is Act.COMMAND, written.confidence)


def outcomes(reasoner: EmbeddedReasoner, examples: Sequence[Example]) -> tuple[Outcome, ...]:
    """Return the outcomes of some examples."""
    tools, state = default_tools(), state_of(default_catalogue().initial())
    return tuple(judge(reasoner, example, tools, state) for example in examples)


def threshold(found: Sequence[Outcome]) -> float:
    """Return the confidence below which asking is worth more than acting, 0 to 0.9; of equally good ones the lowest."""

    def worth(candidate: float) -> float:
        kept = [o for o in found if o.is_kept(candidate)]
        return sum(1.0 if o.is_right else -WRONG_COSTS * o.moves for o in kept)

    candidates = sorted({0.0, *(o.confidence for o in found if o.moves and o.confidence <= _HIGHEST_THRESHOLD)})
    worths = [worth(candidate) for candidate in candidates]
    enough = max(worths) - _EQUALLY_GOOD * len(found)
    return round(next(c for c, w in zip(candidates, worths, strict=True) if w >= enough), 3)


def figures(found: Sequence[Outcome], ask_below: float) -> dict[str, Any]:
    """Return the share of right decisions, of wrong actions, and of questions back at a threshold."""
    count = max(1, len(found))
    kept = [o for o in found if o.is_kept(ask_below)]
    return {
        "count": len(found),
        "right_without_threshold": round(sum(o.is_right for o in found) / count, 4),
        "right": round(sum(o.is_right for o in kept) / count, 4),
        "wrong_action": round(sum(not o.is_right and o.moves for o in kept) / count, 4),
        "asked_instead": round((len(found) - len(kept)) / count, 4),
    }


def measure(reasoner: EmbeddedReasoner, seen: Sequence[Example], unseen: Sequence[Example]) -> dict[str, Any]:
    """Return what a card says of confidence and figures.

    Calibration and threshold are fitted on half of the unseen wordings; the figures at them are of seen wordings and the other
    half.
    """
    half = Random(0)
    found = list(outcomes(reasoner, unseen))
    half.shuffle(found)
    calibration = fit([(o.confidence, o.is_right) for o in found[: len(found) // 2] if o.moves])

    def calibrated(rows: Sequence[Outcome]) -> list[Outcome]:
        return [replace(o, confidence=calibration.of(o.confidence)) for o in rows]

    fitted_on, reported_on = calibrated(found[: len(found) // 2]), calibrated(found[len(found) // 2 :])
    ask_below = threshold(fitted_on)
    result = {
        "unseen_wordings": figures(reported_on, ask_below),
        "seen_wordings": figures(calibrated(outcomes(reasoner, seen)), ask_below),
    }
    return {"ask_below": ask_below, "calibration": calibration.as_row(), "figures": result}
