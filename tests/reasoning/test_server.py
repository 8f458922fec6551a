"""A model behind an address: what is sent, what is read, and that a bad server moves nothing."""

import socket
import threading
import time
from typing import Any

import pytest

from carpilot.cabin import Cabin
from carpilot.decision import Act
from carpilot.errors import InputError
from carpilot.exchange import Result
from carpilot.reasoning.agent import Exit, Proposal, propose
from carpilot.reasoning.chat import MAX_STEPS, NO_CALL, ChatReasoner
from carpilot.reasoning.families import FAMILIES, SERVERS, System
from carpilot.reasoning.reasoner import Control
from carpilot.reasoning.server import Address, ServedModel
from carpilot.reasoning.tools import default_tools
from carpilot.request import Request
from carpilot.vehicle.catalogue import default_catalogue
from carpilot.vehicle.state import state_of
from tests.reasoning.chat_server import answer, chunk, failed, serving, streamed

STATE = state_of(default_catalogue().initial())
FAN = ("set_fan", '{"level": 3}')


def model(url: str, family: str = "qwen3", server: str = "vllm", key: str | None = None) -> ServedModel:
    return ServedModel("served", Address(url, "m", key), FAMILIES[family], SERVERS[server])


def ask(url: str, text: str = "blower to three", control: Control | None = None, **kind: Any) -> Proposal:
    reasoner = ChatReasoner(model(url, **kind))
    return propose(reasoner, Request(1, text), STATE, default_tools(), (), control or Control(max_seconds=8))


@pytest.mark.parametrize("field_name", ["reasoning", "reasoning_content", "thinking"])
def test_given_a_thought_in_a_field_when_streamed_then_it_is_heard_and_the_calls_count(field_name: str) -> None:
    thoughts: list[str] = []
    control = Control(thoughts.append)
    with serving(answer(thought="they want air", calls=[FAN], field_name=field_name)) as (url, _):
        proposal = ask(url, control=control)
    assert proposal.exit is Exit.DECIDED
    assert {command.target for command in proposal.decision.commands} == {60}
    assert "".join(thoughts) == "theywantair" == proposal.decision.thought
    assert (control.tokens_read, control.tokens_written) == (100, 7)


def test_given_calls_within_the_text_when_read_then_they_count() -> None:
    with serving(answer('<think>air</think><tool_call>{"name":"set_fan","arguments":{"level":"3"}}</tool_call>')) as (
        url,
        _,
    ):
        proposal = ask(url)
    assert proposal.decision.act is Act.COMMAND
    assert proposal.decision.thought == "air"


@pytest.mark.parametrize("family", [name for name in FAMILIES if name != "carpilot"])
def test_given_a_family_when_asked_then_its_request_has_the_form_it_wants(family: str) -> None:
    row = FAMILIES[family]
    with serving(answer(calls=[FAN])) as (url, script):
        ask(url, family=family)
    (body,) = script.bodies
    roles = [message["role"] for message in body["messages"]]
    assert roles == (["user"] if row.system is System.FOLDED else ["system", "user"])
    assert ("tools" in body) == (family not in ("o1", "qwq-preview"))
    assert ("set_fan" in str(body["messages"])) != ("tools" in body)
    assert (row.limit_field in body) and ("temperature" in body) == ("temperature" in row.sampling)
    assert body["messages"][-1]["content"].endswith("Said: blower to 3")
    assert "response_format" not in body
    if family == "o1":
        assert not {"temperature", "top_p", "max_tokens", "tool_choice"} & set(body)
    if family == "mimo":
        assert body["messages"][0] == {"role": "system", "content": ""}


def test_given_a_model_trained_on_the_catalogue_when_asked_then_it_reads_words_and_context_only() -> None:
    with serving(answer(calls=[FAN])) as (url, script):
        ask(url, family="carpilot")
    (body,) = script.bodies
    assert body["messages"] == [{"role": "user", "content": "blower to 3\ndriver"}]
    assert "tools" not in body


def test_given_a_server_without_tool_choice_when_asked_then_none_is_sent() -> None:
    with serving(answer(calls=[FAN])) as (url, script):
        ask(url, server="ollama")
        ask(url, server="vllm")
    assert ["tool_choice" in body for body in script.bodies] == [False, True]


def test_given_a_wrong_call_when_its_result_is_read_then_the_next_may_be_right() -> None:
    wrong = answer(calls=[("set_fan", '{"level": 9}')])
    with serving(wrong, answer("Sure!"), answer(calls=[FAN])) as (url, script):
        proposal = ask(url)
    assert proposal.exit is Exit.DECIDED
    results = script.bodies[1]["messages"][-1]
    assert results["role"] == "tool" and "must be 0 to 5" in results["content"]
    assert script.bodies[2]["messages"][-1] == {"role": "user", "content": NO_CALL}


def test_given_a_value_that_nobody_said_when_called_then_it_is_refused_with_what_was_said() -> None:
    with serving(
        answer(calls=[("set_temperature", '{"celsius": 25}')]), answer(calls=[("ask", '{"about": "how_much"}')])
    ) as (
        url,
        script,
    ):
        proposal = ask(url, "set the temperature")
    assert proposal.decision.act is Act.ASK
    assert '"error":"not_said"' in script.bodies[1]["messages"][-1]["content"]


def test_given_a_look_when_it_is_answered_then_values_come_back_and_may_be_used() -> None:
    look = answer(calls=[("look", '{"about": "set_temperature"}')])
    same = answer(calls=[("set_temperature", '{"zone": "passenger", "celsius": 21}')])
    with serving(look, same) as (url, script):
        proposal = ask(url, "the same on her side as on mine")
    assert '"values":{"driver temperature [celsius]":21' in script.bodies[1]["messages"][-1]["content"]
    assert [command.target for command in proposal.decision.commands] == [21]


def test_given_a_model_that_never_decides_when_its_steps_are_used_up_then_the_exit_says_so() -> None:
    with serving(answer("Certainly!")) as (url, script):
        proposal = ask(url)
    assert proposal.exit is Exit.TOO_MANY_STEPS
    assert len(script.bodies) == MAX_STEPS
    assert not proposal.decision.commands


def test_given_no_harness_when_a_model_chats_then_its_words_are_said_and_nothing_moves() -> None:
    with serving(answer("Which window do you mean?")) as (url, _):
        reasoner = ChatReasoner(model(url), is_held=False)
        decision = reasoner.propose(Request(1, "open it"), STATE, default_tools(), (), Control())
    assert (decision.act, decision.reply) == (Act.ASK, "Which window do you mean?")


HALF = streamed(chunk({"content": "I wi"}))
BAD_JSON = streamed("data: {this is no json\n\n", "data: [DONE]\n\n")


@pytest.mark.parametrize(
    ("acts", "how", "problem"),
    [
        ([failed(429)], Exit.UNAVAILABLE, "answered 429: out of order"),
        ([failed(500)], Exit.UNAVAILABLE, "answered 500: out of order"),
        ([failed(401)], Exit.UNAVAILABLE, "answered 401"),
        ([failed(404, "<html>nothing here</html>")], Exit.UNAVAILABLE, "answered 404"),
        ([HALF], Exit.UNAVAILABLE, "ended in the middle"),
        ([BAD_JSON], Exit.UNAVAILABLE, "sent what is no answer"),
        ([failed(200, '{"hello": 1}')], Exit.UNAVAILABLE, "ended in the middle"),
        ([answer()], Exit.TOO_MANY_STEPS, "no decision"),
        ([streamed(chunk({"content": "a"}), pause_s=9)], Exit.OUT_OF_TIME, ""),
        ([failed(503), answer(calls=[FAN])], Exit.DECIDED, ""),
    ],
)
def test_given_a_bad_server_when_asked_then_the_exit_is_named_and_nothing_moves(
    acts: list[Any], how: Exit, problem: str
) -> None:
    slow = how is Exit.OUT_OF_TIME
    with serving(*acts) as (url, _):
        proposal = ask(url, control=Control(max_seconds=0.4 if slow else 20))
    assert proposal.exit is how
    assert problem in proposal.problem and "\n" not in proposal.problem
    assert bool(proposal.decision.commands) == (how is Exit.DECIDED)


def test_given_no_server_when_a_driver_speaks_then_the_car_says_so_and_sends_nothing() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    cabin = Cabin(ChatReasoner(model(f"http://127.0.0.1:{port}/v1")))
    before = dict(cabin.car.state().targets)
    exchange = cabin.ask("blower to three")
    assert exchange.result is Result.FAILED and "cannot be reached" in exchange.reply
    assert exchange.proposal is not None and "cannot be reached" in exchange.proposal.problem
    assert not exchange.rows
    assert dict(cabin.car.state().targets) == before
    cabin.close()


@pytest.mark.parametrize("begins", [True, False], ids=["in mid-stream", "before a word"])
def test_given_a_silent_server_when_cancelled_then_it_is_left_at_once(begins: bool) -> None:
    pieces = [chunk({"reasoning": "hm"})] * 40
    control = Control(max_seconds=30)
    with serving(streamed(*pieces, pause_s=0.05 if begins else 5)) as (url, _):
        started = threading.Timer(0.6, control.cancelled.set)
        started.start()
        proposal = ask(url, control=control)
    assert proposal.exit is Exit.CANCELLED
    assert not proposal.decision.commands


def test_given_a_key_variable_when_it_is_not_set_then_input_error_and_when_set_it_is_sent_and_never_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("A_KEY", raising=False)
    with pytest.raises(InputError, match="set the environment variable A_KEY"):
        ask("http://127.0.0.1:9/v1", key="A_KEY")
    monkeypatch.setenv("A_KEY", "sk-very-secret")
    with serving(failed(401, '{"error": {"message": "bad key sk-very-secret"}}')) as (url, script):
        proposal = ask(url, key="A_KEY")
    assert script.headers[0]["authorization"] == "Bearer sk-very-secret"
    assert "sk-very-secret" not in proposal.problem


def test_time_is_counted_over_all_steps() -> None:
    control = Control(max_seconds=0.5)
    slow = streamed(chunk({"content": "x"}, "stop"), pause_s=0.3)
    begun = time.monotonic()
    with serving(slow) as (url, script):
        assert ask(url, control=control).exit is Exit.OUT_OF_TIME
    assert len(script.bodies) < MAX_STEPS and time.monotonic() - begun < 20
