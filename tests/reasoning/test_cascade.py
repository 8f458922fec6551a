"""Two models in a row: the second is asked only where the first is unsure; what it reads is narrowed to what may be needed."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from carpilot.decision import Act, Decision
from carpilot.errors import CarpilotError, ModelOutputError, ModelUnavailableError
from carpilot.reasoning.agent import Exit, propose
from carpilot.reasoning.cascade import CascadeReasoner
from carpilot.reasoning.chat import ChatReasoner
from carpilot.reasoning.families import FAMILIES, SERVERS
from carpilot.reasoning.history import Turn
from carpilot.reasoning.phrases import expand, fill, held_out, parse_calls, read_phrase_book
from carpilot.reasoning.reasoner import Control
from carpilot.reasoning.retrieval import KEPT_TOOLS, Index, Narrowing
from carpilot.reasoning.server import Address, ServedModel
from carpilot.reasoning.tools import Call, ToolCatalogue, default_tools
from carpilot.request import Request
from carpilot.vehicle.catalogue import default_catalogue
from carpilot.vehicle.state import VehicleState, state_of
from tests.reasoning.chat_server import answer, serving

STATE, TOOLS = state_of(default_catalogue().initial()), default_tools()
MUTE, QUESTION = Call("set_mute", {"on": True}), Call("ask", {"about": "what"})


class Saying:
    """A model that makes one call, surely or not, or raises."""

    def __init__(self, name: str, said: Call | CarpilotError, is_unsure: bool = False) -> None:
        self.name, self._said, self._is_unsure = name, said, is_unsure
        self.asked = 0

    def propose(
        self, request: Request, state: VehicleState, tools: ToolCatalogue, history: Sequence[Turn], control: Control
    ) -> Decision:
        del history, control
        self.asked += 1
        if isinstance(self._said, CarpilotError):
            raise self._said
        return replace(tools.decide([self._said], state, request.seat), is_unsure=self._is_unsure)


@pytest.mark.parametrize(
    ("first", "second", "act", "asked"),
    [
        (Saying("a", MUTE), Saying("b", QUESTION), Act.COMMAND, 0),
        (Saying("a", QUESTION), Saying("b", MUTE), Act.ASK, 0),
        (Saying("a", QUESTION, True), Saying("b", MUTE), Act.COMMAND, 1),
        (Saying("a", ModelOutputError("nonsense")), Saying("b", MUTE), Act.COMMAND, 1),
        (Saying("a", QUESTION, True), Saying("b", ModelUnavailableError("gone")), Act.ASK, 1),
    ],
)
def test_given_a_first_model_when_it_is_unsure_then_the_second_decides(
    first: Saying, second: Saying, act: Act, asked: int
) -> None:
    cascade = CascadeReasoner(first, second)
    proposal = propose(cascade, Request(1, "hush"), STATE, TOOLS, (), Control())
    assert (proposal.exit, proposal.decision.act) == (Exit.DECIDED, act)
    assert second.asked == asked == cascade.handed_over
    assert cascade.name == "a+b"


def test_given_neither_model_when_asked_then_the_exit_says_so() -> None:
    cascade = CascadeReasoner(Saying("a", ModelOutputError("x")), Saying("b", ModelUnavailableError("gone")))
    assert propose(cascade, Request(1, "hush"), STATE, TOOLS, (), Control()).exit is Exit.UNAVAILABLE


def test_given_sentences_when_ranked_then_the_cosine_of_tf_idf_is_by_hand() -> None:
    index = Index(["open window", "close window", "play music"])
    likeness = index.likeness("open window")
    assert likeness[0] == pytest.approx(1.0)
    assert 0 < likeness[1] < 0.5 and likeness[2] == 0


def test_given_a_request_when_narrowed_then_the_model_reads_few_functions_and_like_phrases() -> None:
    kept = answer(calls=[("set_seat_heating", '{"level": 2}')])
    with serving(kept) as (url, script):
        model = ServedModel("m", Address(url, "m"), FAMILIES["qwen3"], SERVERS["vllm"])
        reasoner = ChatReasoner(model, narrowing=Narrowing())
        decision = reasoner.propose(Request(1, "warm my seat"), STATE, TOOLS, (), Control())
    (body,) = script.bodies
    names = [tool["function"]["name"] for tool in body["tools"]]
    assert decision.act is Act.COMMAND
    assert "set_seat_heating" in names and "refuse" in names and "look" in names
    assert len(names) <= KEPT_TOOLS + 8
    assert "set_seat_heating" in body["messages"][-1]["content"]


def test_given_wordings_that_the_index_never_saw_when_narrowed_then_the_function_is_nearly_always_kept() -> None:
    book, random = read_phrase_book(), Random(3)
    left_out = held_out(book.templates, 5)
    known = replace(book, templates=tuple(t for t in book.templates if t.text not in left_out))
    narrowing = Narrowing(known)
    unseen = random.sample([t for t in book.templates if t.text in left_out], 200)
    wanted = [
        (text, {call.name for call in parse_calls(calls)} & set(TOOLS))
        for text, calls in (fill(expand(t.text, random), t.calls, book.slots, random) for t in unseen)
    ]
    asking = [(text, names) for text, names in wanted if names]
    found = sum(names <= set(narrowing.tools_for(text, TOOLS)) for text, names in asking)
    assert found / len(asking) > 0.9
