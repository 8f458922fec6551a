import threading
from collections.abc import Sequence

import pytest

from carpilot.decision import Act, Decision
from carpilot.errors import InputError, ModelOutputError
from carpilot.reasoning.agent import MAX_ATTEMPTS, Exit, Proposal, propose
from carpilot.reasoning.history import Turn
from carpilot.reasoning.reasoner import Control, Reasoner
from carpilot.reasoning.scripted import ScriptedReasoner
from carpilot.reasoning.tools import Call, ToolCatalogue, default_tools
from carpilot.request import MAX_REQUEST_CHARACTERS, Request
from carpilot.vehicle.catalogue import default_catalogue
from carpilot.vehicle.state import VehicleState, state_of

STATE = state_of(default_catalogue().initial())
MUTE = Call("set_mute", {"on": True})


class Stumbling:
    """A model that errs a number of times before it decides, and notes what it was told."""

    name = "stumbling"

    def __init__(self, errors: int, cancels: bool = False) -> None:
        self.feedback: list[str] = []
        self._errors = errors
        self._cancels = cancels

    def propose(
        self, request: Request, state: VehicleState, tools: ToolCatalogue, history: Sequence[Turn], control: Control
    ) -> Decision:
        del history
        self.feedback.append(control.feedback)
        if self._cancels:
            control.cancelled.set()
        if len(self.feedback) <= self._errors:
            raise ModelOutputError(f"error {len(self.feedback)}")
        return tools.decide([MUTE], state, request.seat)


def run(reasoner: Reasoner, text: str = "mute", control: Control | None = None) -> Proposal:
    return propose(reasoner, Request(1, text), STATE, default_tools(), (), control or Control())


@pytest.mark.parametrize(
    ("errors", "how", "attempts", "feedback"),
    [
        (0, Exit.DECIDED, 1, [""]),
        (1, Exit.DECIDED, 2, ["", "error 1"]),
        (2, Exit.NOT_UNDERSTOOD, MAX_ATTEMPTS, ["", "error 1"]),
        (9, Exit.NOT_UNDERSTOOD, MAX_ATTEMPTS, ["", "error 1"]),
    ],
)
def test_given_a_model_that_errs_when_run_then_it_reads_its_error_and_has_one_more_try(
    errors: int, how: Exit, attempts: int, feedback: list[str]
) -> None:
    model = Stumbling(errors)
    proposal = run(model)
    assert (proposal.exit, proposal.attempts, model.feedback) == (how, attempts, feedback)
    assert bool(proposal.decision.commands) == (how is Exit.DECIDED)
    assert proposal.model_ms >= 0


@pytest.mark.parametrize("errors", [0, 1])
def test_given_a_cancelled_run_when_the_model_returns_then_nothing_is_decided(errors: int) -> None:
    proposal = run(Stumbling(errors, cancels=True))
    assert (proposal.exit, proposal.decision.act, proposal.decision.commands) == (Exit.CANCELLED, Act.REFUSE, ())
    assert proposal.decision.reply == "All right, I leave it."


def test_given_no_time_when_the_model_returns_then_nothing_is_decided() -> None:
    proposal = run(Stumbling(0), control=Control(max_seconds=0.0))
    assert (proposal.exit, proposal.decision.commands) == (Exit.OUT_OF_TIME, ())
    assert "too long" in proposal.decision.reply


def test_given_a_script_when_its_line_is_said_then_its_calls_and_thought_come_out() -> None:
    thoughts: list[str] = []
    reasoner = ScriptedReasoner({"mute": [MUTE]}, "quiet, please")
    proposal = run(reasoner, control=Control(thoughts.append))
    assert proposal.decision.commands[0].path == "Vehicle.Private.Media.IsMuted"
    assert (thoughts, proposal.decision.thought) == (["quiet, please"], "quiet, please")
    assert run(reasoner, "sing").exit is Exit.NOT_UNDERSTOOD


def test_given_two_runs_when_one_is_cancelled_then_the_other_is_not() -> None:
    assert Control().cancelled is not Control().cancelled
    assert isinstance(Control().cancelled, threading.Event)


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "a" * (MAX_REQUEST_CHARACTERS + 1)])
def test_given_no_words_or_too_many_when_heard_then_input_error(text: str) -> None:
    with pytest.raises(InputError, match="a request"):
        Request(1, text)
    Request(1, "a" * MAX_REQUEST_CHARACTERS)
