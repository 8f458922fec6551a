"""A chat model in the driver's seat: what it is told, and the loop around it.

The fixed part, rules and functions, stands first, so that a backend may keep it; the car's state and the words stand last. What
comes back is held to the catalogue and to what was said before it counts. The model reads typed values only: what its
calls would set, what was wrong with them, and readings that it looked up. Nothing moves before the loop ends.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from carpilot.decision import Act, Call, Decision
from carpilot.errors import CarpilotError, ModelOutputError, StepLimitError
from carpilot.reasoning.families import Family, System, Tools
from carpilot.reasoning.grammar import LOOK, Evidence, allowed_numbers, evidence_in
from carpilot.reasoning.history import Turn
from carpilot.reasoning.parse import Reply, coerced
from carpilot.reasoning.prompt import facts_of, prompt, told_before
from carpilot.reasoning.reasoner import Control
from carpilot.reasoning.retrieval import Narrowing
from carpilot.reasoning.tool import Argument
from carpilot.reasoning.tools import ToolCatalogue
from carpilot.request import Request
from carpilot.vehicle.catalogue import Value, default_catalogue
from carpilot.vehicle.state import VehicleState

MAX_STEPS = 5
MAX_LOOKS = 3
MAX_SPOKEN = 240
"""Characters of a model's own words that may be spoken where it is left without the harness."""
Message = dict[str, Any]
Schema = dict[str, Any]

RULES = """\
You are the assistant in a car. You act only by calling the functions you are given.
- Call, in one answer, every function that the words ask for, and no other.
- Leave out the argument for seat, zone, window or door where the words name none: the speaker's own place is meant.
- Give a value only if it was said. Otherwise give a change: 1 degree, 5 percent or 1 level for a bit, twice that for more.
- A need may be told without a wish: somebody who is cold wants it warmer.
- Words that do not say enough: call ask. What this car cannot do, or what is not about the car: call refuse. What was taken
  back: call refuse. A question about the car: call answer.
- The car itself judges what is safe. Do not refuse for safety what there is a function for."""
AS_TEXT = """\
Answer with one line of JSON and nothing after it, a list of calls: [{"name": "...", "arguments": {...}}]
The functions, one JSON Schema a line:"""
FAMILY_KEY = "carpilot_family"
"""The key of a checkpoint's config that names the family, where the model type alone does not tell."""
NO_CALL = "Answer by calling functions."


@dataclass(frozen=True, slots=True)
class Guide:
    """What the calls of an answer may be, for a backend that can hold a model to it while it writes."""

    tools: ToolCatalogue
    evidence: Evidence


class ChatModel(Protocol):
    """A model that continues a conversation. Implementations differ in where it runs."""

    name: str
    family: Family

    def reseed(self, seed: int) -> None:
        """Let what is drawn from now on follow from a seed."""
        ...

    def complete(
        self, messages: Sequence[Message], tools: Sequence[Schema], control: Control, guide: Guide | None = None
    ) -> Reply:
        """Return the next answer, streaming its thought to `control.on_thought`, its tokens counted there.

        Raises ModelUnavailableError where there is no answer to be had, ModelOutputError where it was stopped.
        """
        ...


def schemas_for(tools: ToolCatalogue) -> list[Schema]:
    """Return the functions of the catalogue, and one that looks up what the car reports."""
    topics = {"type": "string", "enum": list(tools.answers)}
    parameters = {
        "type": "object",
        "properties": {"about": topics},
        "required": ["about"],
        "additionalProperties": False,
    }
    about = "Read what the car reports before you decide. The driver does not hear it."
    look = {"type": "function", "function": {"name": LOOK, "description": about, "parameters": parameters}}
    return [*tools.schemas(), look]


def opening(family: Family, schemas: Sequence[Schema], rules: str, words: str) -> list[Message]:
    """Return the first messages of a conversation, laid out as a family wants them."""
    if family.tools is Tools.NONE:
        return [{"role": "user", "content": words}]
    if family.tools is Tools.TEXT:
        lines = (json.dumps(schema["function"], separators=(",", ":")) for schema in schemas)
        rules = "\n".join([rules, AS_TEXT, *lines])
    if family.system is System.SYSTEM:
        return [{"role": "system", "content": rules}, {"role": "user", "content": words}]
    empty = [{"role": "system", "content": ""}] if family.system is System.EMPTY else []
    return [*empty, {"role": "user", "content": f"{rules}\n\n{words}"}]


def said(request: Request, state: VehicleState, history: Sequence[Turn]) -> str:
    """Return the changing part of the prompt: who speaks, what is known of the car, what went before, and the words."""
    facts = ", ".join(fact.words for fact in facts_of(state)) or "nothing unusual"
    words, context = prompt(request, state, history)
    before = told_before(context)
    lines = [f"Speaker: {request.seat.value.replace('_', ' ')}", f"The car now: {facts}"]
    lines += [f"Before: {before}"] if before else []
    return "\n".join([*lines, f"Said: {words}"])


@dataclass(frozen=True, slots=True)
class _Found:
    """What became of the calls of one answer: a decision, or a result for each call that the model should read."""

    decision: Decision | None
    results: tuple[Mapping[str, Any], ...] = ()


class ChatReasoner:
    """A Reasoner out of a chat model.

    `is_held` puts the harness round it; without, its calls are taken as they are. With `narrowing` it reads only the functions
    that phrases like the request call, and a few of those phrases.
    """

    def __init__(self, model: ChatModel, is_held: bool = True, narrowing: Narrowing | None = None) -> None:
        self.name = model.name
        self.model = model
        self._is_held, self._narrowing = is_held, narrowing

    def propose(
        self,
        request: Request,
        state: VehicleState,
        tools: ToolCatalogue,
        history: Sequence[Turn],
        control: Control,
    ) -> Decision:
        """Return what should be done. Raises ModelOutputError, ModelUnavailableError, or StepLimitError."""
        words, context = prompt(request, state, history)
        by_heart = self.model.family.tools is Tools.NONE
        told = f"{words}\n{context}" if by_heart else said(request, state, history)
        if self._narrowing is not None:
            tools = self._narrowing.tools_for(request.text, tools)
            told = "\n".join(["Phrases like it:", *self._narrowing.examples(request.text), told])
        schemas = schemas_for(tools)
        judge = _Judge(request, state, tools, history, evidence_in(words, told_before(context)))
        messages = opening(self.model.family, schemas, RULES, told)
        if not self._is_held:
            return judge.as_written(self.model.complete(messages, schemas, control))
        for _ in range(MAX_STEPS):
            reply = self.model.complete(messages, schemas, control, Guide(tools, judge.evidence))
            found = judge.judge(reply)
            if found.decision is not None:
                return found.decision
            messages += _answered(self.model.family, reply, found.results)
        raise StepLimitError(f"no decision after {MAX_STEPS} answers")


def _answered(family: Family, reply: Reply, results: Sequence[Mapping[str, Any]]) -> list[Message]:
    """Return an answer and what became of it, as the next answer's model reads them."""
    texts = [json.dumps(result, separators=(",", ":")) for result in results]
    spoken: Message = {"role": "assistant", "content": reply.text}
    if family.is_reasoning_returned and reply.thought:
        spoken["reasoning_content"] = reply.thought
    if not reply.calls:
        return [spoken, {"role": "user", "content": NO_CALL}]
    if family.tools is Tools.TEXT:
        calls = [{"name": call.name, "arguments": dict(call.arguments)} for call in reply.calls]
        return [{**spoken, "content": json.dumps(calls)}, {"role": "user", "content": "\n".join(texts)}]
    spoken["tool_calls"] = [
        {
            "id": f"call_{index}",
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(dict(call.arguments))},
        }
        for index, call in enumerate(reply.calls)
    ]
    return [
        spoken,
        *({"role": "tool", "tool_call_id": f"call_{index}", "content": text} for index, text in enumerate(texts)),
    ]


@dataclass(slots=True)
class _Judge:
    """What one request's answers are held to."""

    request: Request
    state: VehicleState
    tools: ToolCatalogue
    history: Sequence[Turn]
    evidence: Evidence
    looks: int = 0

    def judge(self, reply: Reply) -> _Found:
        """Return the decision that an answer means, or what its model should read."""
        if not reply.calls:
            return _Found(None)
        calls = [self._typed(call) for call in reply.calls]
        if any(call.name == LOOK for call in calls):
            self.looks += 1
            return _Found(None, tuple(self._looked(call) for call in calls))
        results = [self._result(call) for call in calls]
        if any("error" in result for result in results):
            return _Found(None, tuple(results))
        try:
            return _Found(self._decide(calls, reply.thought))
        except ModelOutputError as error:
            return _Found(None, tuple({"error": "not_possible", "why": str(error)} for _ in calls))

    def as_written(self, reply: Reply) -> Decision:
        """Return what an answer means as it is: no second try, and nothing but the catalogue's own checks."""
        if reply.calls:
            return self._decide([self._typed(call) for call in reply.calls if call.name != LOOK], reply.thought)
        text = " ".join(reply.text.split())[:MAX_SPOKEN]
        return Decision(Act.ASK if text.endswith("?") else Act.REFUSE, reply.thought, reply=text or "All right.")

    def _decide(self, calls: Sequence[Call], thought: str) -> Decision:
        return self.tools.decide(calls, self.state, self.request.seat, thought, None, self.history)

    def _typed(self, call: Call) -> Call:
        return coerced(call, self.tools[call.name].schema()) if call.name in self.tools else call

    def _looked(self, call: Call) -> Mapping[str, Any]:
        """Return readings as numbers, words of a list, or booleans; no text from outside can be among them."""
        if call.name != LOOK:
            return {"error": "not_done", "why": "look first, then call the other functions in one answer"}
        if self.looks > MAX_LOOKS:
            return {"error": "too_many_looks", "why": "decide now"}
        try:
            about = Argument("about", tuple(self.tools.answers)).check(call.arguments.get("about"))
        except ModelOutputError as error:
            return {"error": "no_such_topic", "why": str(error)}
        return {"values": dict(self._readings(self.tools.answers[str(about)]))}

    def _readings(self, paths: Sequence[str]) -> Iterator[tuple[str, Value | None]]:
        catalogue = default_catalogue()
        for path in paths:
            signal, value = catalogue[path], self.state.actual(path)
            if not isinstance(value, str) or value in signal.allowed:
                yield f"{signal.label} [{signal.unit}]" if signal.unit else signal.label, value
            if isinstance(value, int | float) and not isinstance(value, bool):
                numbers = tuple(sorted({*self.evidence.numbers, float(value)}))
                self.evidence = replace(self.evidence, numbers=numbers)

    def _result(self, call: Call) -> Mapping[str, Any]:
        """Return what a call alone would set, or what is wrong with it."""
        if call.name not in self.tools:  # conditions and undo are judged together with the rest
            return {"ok": True}
        tool = self.tools[call.name]
        try:
            commands = tool.commands(call.arguments, self.state, self.request.seat, 0)
        except CarpilotError as error:
            return {"error": "not_possible", "why": str(error)}
        for name, value in call.arguments.items():
            argument = tool.arguments[name]
            if argument.is_number and value not in (allowed := allowed_numbers(tool, argument, self.evidence)):
                why = f"{name} was not said" + ("" if allowed else "; ask how much")
                return {"error": "not_said", "argument": name, "why": why, "allowed": list(allowed)}
        return {"ok": True, "sets": {command.path: command.target for command in commands}}
