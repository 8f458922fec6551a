"""The agent loop: a model proposes, the catalogue checks, and every way out has a name."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from carpilot.decision import Act, Decision
from carpilot.errors import ModelOutputError, ModelUnavailableError, StepLimitError
from carpilot.reasoning.history import Turn
from carpilot.reasoning.reasoner import Control, Reasoner
from carpilot.reasoning.tools import ToolCatalogue
from carpilot.request import Request
from carpilot.units import NS_PER_MS
from carpilot.vehicle.state import VehicleState

MAX_ATTEMPTS = 2


class Exit(Enum):
    """How a run of the loop ended."""

    DECIDED = "decided"
    NOT_UNDERSTOOD = "not understood"
    CANCELLED = "cancelled"
    OUT_OF_TIME = "out of time"
    TOO_MANY_STEPS = "too many steps"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What came out: a decision, how the loop ended, the attempts it took, the model's own time, and why it failed."""

    decision: Decision
    exit: Exit
    attempts: int
    model_ms: float
    problem: str = ""
    tokens_read: int = 0
    tokens_written: int = 0


def _sorry(text: str) -> Decision:
    return Decision(Act.REFUSE, reply=text)


def propose(
    reasoner: Reasoner,
    request: Request,
    state: VehicleState,
    tools: ToolCatalogue,
    history: Sequence[Turn],
    control: Control,
) -> Proposal:
    """Run a model until it decides, errs too often, is cancelled or takes too long. What it may read back is its error."""
    start_ns = time.perf_counter_ns()

    def end(decision: Decision, how: Exit, attempts: int, problem: str = "") -> Proposal:
        took_ms = (time.perf_counter_ns() - start_ns) / NS_PER_MS
        return Proposal(decision, how, attempts, took_ms, problem, control.tokens_read, control.tokens_written)

    for attempt in range(1, MAX_ATTEMPTS + 1):
        try:
            decision = reasoner.propose(request, state, tools, history, control)
        except ModelUnavailableError as error:
            return end(_sorry("My model cannot be reached, so I did nothing."), Exit.UNAVAILABLE, attempt, str(error))
        except StepLimitError as error:
            return end(_sorry("I could not settle that, so I did nothing."), Exit.TOO_MANY_STEPS, attempt, str(error))
        except ModelOutputError as error:
            control.feedback = str(error)
            decision = None
        if control.cancelled.is_set():
            return end(_sorry("All right, I leave it."), Exit.CANCELLED, attempt)
        if (time.perf_counter_ns() - start_ns) / NS_PER_MS > control.max_seconds * 1000:
            return end(_sorry("That took me too long, so I did nothing."), Exit.OUT_OF_TIME, attempt)
        if decision is not None:
            return end(decision, Exit.DECIDED, attempt)
    problem = control.feedback
    return end(_sorry("I did not understand that, so I did nothing."), Exit.NOT_UNDERSTOOD, MAX_ATTEMPTS, problem)
