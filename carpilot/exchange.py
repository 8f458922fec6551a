"""One request and everything that became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from carpilot.execution import Execution, Row, Status
from carpilot.reasoning.agent import Proposal
from carpilot.reasoning.history import Turn
from carpilot.request import Request
from carpilot.snapshot import PlanRow
from carpilot.speech import sentence, tell_changes
from carpilot.units import NS_PER_MS
from carpilot.vehicle.catalogue import Catalogue, Value


class Result(Enum):
    """How a request ended."""

    DONE = "done"
    NOT_DONE = "not done"
    DENIED = "denied"
    CONFIRM = "confirm"
    ANSWERED = "answered"
    ASKED = "asked"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(slots=True)
class Exchange:
    """One request with everything that became of it."""

    request: Request
    proposal: Proposal | None = None
    execution: Execution | None = None
    thought: str = ""
    reply: str = ""
    result: Result | None = None
    gate_us: float = 0.0
    decided_ns: int = 0
    ended_ns: int = 0
    is_by_hand: bool = False
    first_frame: int = 0

    @property
    def rows(self) -> Sequence[Row]:
        """The commands, with what became of each."""
        return self.execution.rows if self.execution else ()


def turns(exchanges: Sequence[Exchange], kept: int) -> tuple[Turn, ...]:
    """Return the last exchanges that a model decided, as it may look back at them.

    What was done only after a yes belongs to the turn that asked for it.
    """
    found: list[tuple[Exchange, dict[str, Value]]] = []
    for exchange in exchanges[-2 * kept :]:
        if exchange.proposal is not None:
            found.append((exchange, {}))
        if found and not exchange.is_by_hand:
            done = [row for row in exchange.rows if row.status is Status.CONFIRMED]
            found[-1][1].update({row.command.path: row.old for row in done if row.old is not None})
    return tuple(
        Turn(e.request, e.proposal.decision, e.result.value if e.result else "open", before)
        for e, before in found[-kept:]
        if e.proposal is not None
    )


def conclude(catalogue: Catalogue, rows: Sequence[Row]) -> tuple[Result, str]:
    """Return how a request ended and what is said of it, from what the car has shown."""
    done = [row for row in rows if row.status is Status.CONFIRMED]
    failed = [row for row in rows if row.status is Status.NOT_DONE]
    denied = [row for row in rows if row.status is Status.REFUSED]
    waiting = [row for row in rows if row.status is Status.WAITING]
    parts = []
    if done:
        shown = [row for row in done if not row.command.is_side_effect] or done
        parts.append(tell_changes(catalogue, [(row.command.path, row.actual) for row in shown]))
    parts += [sentence(f"not done: {catalogue[row.command.path].label}, {row.detail}") for row in failed]
    parts += dict.fromkeys(row.detail for row in denied)
    parts += dict.fromkeys(row.verdict.reason for row in waiting)
    parts += dict.fromkeys(row.verdict.reason for row in done if row.verdict.reason)
    if waiting:
        result = Result.CONFIRM
    elif any(not row.command.is_side_effect for row in denied):
        result = Result.DENIED
    else:
        result = Result.NOT_DONE if failed or denied else Result.DONE
    return result, " ".join(parts)


def plan_row(row: Row) -> PlanRow:
    """Return a command as it is shown."""
    elapsed_ms = None
    if row.confirmed_ns is not None and row.sent_ns is not None:
        elapsed_ms = (row.confirmed_ns - row.sent_ns) / NS_PER_MS
    detail = f"rule {row.verdict.rule}" if row.status is Status.REFUSED else row.detail
    status_id = row.status_id if row.status is Status.CONFIRMED else row.command_id
    return PlanRow(row.command.path, row.old, row.command.target, row.status.value, detail, status_id, elapsed_ms)
