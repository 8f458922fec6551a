"""What was said and done before, and what an undo restores of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from carpilot.decision import Decision
from carpilot.request import Request
from carpilot.vehicle.catalogue import Value

UNDO = "undo"
UNDO_WHAT = ("last", "all")
NOTHING_TO_UNDO = "There is nothing that I could undo."


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier exchange: what was said and decided, how it ended in a word, and what its actuators were before."""

    request: Request
    decision: Decision
    result: str = "done"
    before: Mapping[str, Value] = field(default_factory=dict)

    @property
    def undoes(self) -> str | None:
        """What it took back itself, if it was an undo: the last turn, or all."""
        return next(
            (str(call.arguments.get("what", "last")) for call in self.decision.calls if call.name == UNDO), None
        )


def former(history: Sequence[Turn], what: str = "last") -> dict[str, Value]:
    """Return what the last turn that is not undone yet has changed, or all such turns, as it was before.

    An undo takes back one turn, so a second one goes a turn further back.
    """
    values: dict[str, Value] = {}
    undone = 0
    for turn in reversed(history):
        if turn.undoes:
            undone = undone + 1 if turn.undoes == "last" else len(history)
        elif turn.before and undone:
            undone -= 1
        elif turn.before:
            values |= turn.before
            if what == "last":
                break
    return values
