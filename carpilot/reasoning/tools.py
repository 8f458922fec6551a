"""The tool catalogue: what a driver's words can ask for, and how it becomes commands.

Each function is declared once in `assets/vehicle/tools.yaml`. From it come the JSON Schema for any model, the checks of
arguments and the commands. Relative arguments are resolved here, against what the car has now, never by a model; so is what
a request depends on (`only_if`), and what an `undo` restores.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import copy
from functools import cache
from pathlib import Path
from typing import Any

from carpilot.decision import Act, Call, Command, Decision
from carpilot.errors import InputError, ModelOutputError, UnknownNameError
from carpilot.files import asset, load_yaml
from carpilot.reasoning.conditions import (
    NOT_KNOWN,
    NOT_SO,
    ONLY_IF,
    ONLY_IF_NUMBER,
    SIDES,
    Fact,
    Judgement,
    Quantity,
    judge_fact,
    judge_number,
    read_fact,
    read_quantity,
    told,
)
from carpilot.reasoning.history import NOTHING_TO_UNDO, UNDO, UNDO_WHAT, Turn, former
from carpilot.reasoning.tool import SPEAKER, Argument, Tool, read_tool
from carpilot.request import Seat
from carpilot.vehicle.catalogue import Catalogue, default_catalogue
from carpilot.vehicle.state import VehicleState

ASK, REFUSE, ANSWER = "ask", "refuse", "answer"
MAX_CALLS = 8
__all__ = ["SPEAKER", "Argument", "Call", "Tool", "ToolCatalogue", "check_catalogues", "default_tools"]


class ToolCatalogue(Mapping[str, Tool]):
    """All functions, and what may be asked, refused and answered."""

    def __init__(self, path: Path) -> None:
        rows = load_yaml(path)
        self._tools = {name: read_tool(name, row) for name, row in rows["tools"].items()}
        self.answers: Mapping[str, tuple[str, ...]] = {name: tuple(paths) for name, paths in rows["answers"].items()}
        self.questions: Mapping[str, str] = rows["questions"]
        self.refusals: Mapping[str, str] = rows["refusals"]
        self.facts: Mapping[str, Fact] = {name: read_fact(name, row) for name, row in rows["facts"].items()}
        self.quantities: Mapping[str, Quantity] = {n: read_quantity(n, row) for n, row in rows["quantities"].items()}
        catalogue = default_catalogue()
        for tool in self._tools.values():
            for paths in tool.paths.values():
                for name in paths:
                    if not catalogue[name].is_actuator:
                        raise InputError(f"{path}: {tool.name} sets {name}, which is not an actuator")

    def __getitem__(self, name: str) -> Tool:
        try:
            return self._tools[name]
        except KeyError:
            raise UnknownNameError("tool", name, self._tools) from None

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    def __iter__(self) -> Iterator[str]:
        return iter(self._tools)

    def __len__(self) -> int:
        return len(self._tools)

    def only(self, names: Collection[str]) -> "ToolCatalogue":
        """Return the same catalogue with some of its functions only; what is asked, refused and answered stays."""
        fewer = copy(self)
        fewer._tools = {name: tool for name, tool in self._tools.items() if name in names}
        return fewer

    def schemas(self) -> list[dict[str, Any]]:
        """Return every function, with ask, refuse and answer, in the form that chat models are given."""

        def entry(name: str, description: str, parameters: dict[str, Any]) -> dict[str, Any]:
            return {
                "type": "function",
                "function": {"name": name, "description": description, "parameters": parameters},
            }

        def one_enum(argument: str, choices: Sequence[str]) -> dict[str, Any]:
            properties = {argument: {"type": "string", "enum": list(choices)}}
            return {"type": "object", "properties": properties, "required": [argument], "additionalProperties": False}

        def number(text: str) -> dict[str, Any]:
            return {"type": "number", "description": text}

        fact = one_enum("fact", list(self.facts))
        fact["properties"]["is"] = {"type": "boolean"}
        what = one_enum("what", list(self.quantities))
        what["properties"] |= {side: number(f"only if it is {side} this") for side in SIDES}
        what["oneOf"] = [{"required": [side]} for side in SIDES]
        return [
            *(entry(tool.name, tool.description, tool.schema()) for tool in self._tools.values()),
            entry(ONLY_IF, "Do the other calls only if the car is so, or is not.", fact),
            entry(ONLY_IF_NUMBER, "Do the other calls only if a reading is above or below a number.", what),
            entry(UNDO, "Put back what the last request changed, or all of them.", one_enum("what", UNDO_WHAT)),
            entry(
                ASK, "Ask the driver back when the words do not say enough.", one_enum("about", list(self.questions))
            ),
            entry(REFUSE, "Decline when the car cannot or may not do it.", one_enum("because", list(self.refusals))),
            entry(ANSWER, "Tell what the car reports.", one_enum("about", list(self.answers))),
        ]

    def decide(
        self,
        calls: Sequence[Call],
        state: VehicleState,
        seat: Seat,
        thought: str = "",
        confidence: float | None = None,
        history: Sequence[Turn] = (),
    ) -> Decision:
        """Return the decision that a model's calls mean, or raise ModelOutputError.

        The first ask, refuse or answer among the calls stands alone: nothing is moved while a question is open. Where a
        condition does not hold, the decision is to tell that.
        """
        if not calls or len(calls) > MAX_CALLS:
            raise ModelOutputError(f"give 1 to {MAX_CALLS} calls, not {len(calls)}")
        written = tuple(calls)
        for call in calls:
            if call.name in (ASK, REFUSE, ANSWER):
                return self._spoken(call, thought, confidence, written)
        judged = [self._judge(call, state) for call in calls if call.name in (ONLY_IF, ONLY_IF_NUMBER)]
        deeds = [call for call in calls if call.name not in (ONLY_IF, ONLY_IF_NUMBER)]
        commands = self._commands(deeds, state, seat, history)
        if judged:
            thought = f"{thought} {told(judged)}.".strip()
        if any(judgement.holds is None for judgement in judged):
            return Decision(Act.REFUSE, thought, reply=NOT_KNOWN, confidence=confidence, calls=written)
        failed = tuple(path for judgement in judged if not judgement.holds for path in judgement.paths)
        if failed:
            return Decision(Act.ANSWER, thought, reply=NOT_SO, about=failed, confidence=confidence, calls=written)
        if not commands:
            return Decision(Act.REFUSE, thought, reply=NOTHING_TO_UNDO, confidence=confidence, calls=written)
        return Decision(Act.COMMAND, thought, commands, confidence=confidence, calls=written)

    def _judge(self, call: Call, state: VehicleState) -> Judgement:
        if call.name == ONLY_IF:
            return judge_fact(self.facts, call.arguments, state)
        return judge_number(self.quantities, call.arguments, state)

    def _commands(
        self, calls: Sequence[Call], state: VehicleState, seat: Seat, history: Sequence[Turn]
    ) -> tuple[Command, ...]:
        """Return the commands of calls, of which a later one replaces an earlier one of the same actuator."""
        if not calls:
            raise ModelOutputError("a condition needs something to do beside it")
        commands: dict[str, Command] = {}
        for index, call in enumerate(calls):
            if call.name == UNDO:
                what = Argument("what", UNDO_WHAT).check(call.arguments.get("what", "last"))
                for path, value in former(history, str(what)).items():
                    commands[path] = Command(path, value, index)
            elif call.name in self._tools:
                for command in self._tools[call.name].commands(call.arguments, state, seat, index):
                    commands[command.path] = command
            else:
                known = [*self._tools, UNDO, ONLY_IF, ONLY_IF_NUMBER, ASK, REFUSE, ANSWER]
                raise ModelOutputError(str(UnknownNameError("tool", call.name, known)))
        return tuple(commands.values())

    def _spoken(self, call: Call, thought: str, confidence: float | None, written: tuple[Call, ...]) -> Decision:
        if call.name == ANSWER:
            about = Argument("about", tuple(self.answers)).check(call.arguments.get("about"))
            return Decision(Act.ANSWER, thought, about=self.answers[str(about)], confidence=confidence, calls=written)
        if call.name == ASK:
            about = Argument("about", tuple(self.questions)).check(call.arguments.get("about"))
            return Decision(Act.ASK, thought, reply=self.questions[str(about)], confidence=confidence, calls=written)
        because = Argument("because", tuple(self.refusals)).check(call.arguments.get("because"))
        return Decision(Act.REFUSE, thought, reply=self.refusals[str(because)], confidence=confidence, calls=written)


@cache
def default_tools() -> ToolCatalogue:
    """Return the tool catalogue that ships with carpilot."""
    return ToolCatalogue(asset("vehicle", "tools.yaml"))


def check_catalogues(catalogue: Catalogue, tools: ToolCatalogue) -> tuple[str, ...]:
    """Return the actuators that no function reaches."""
    reached = {path for tool in tools.values() for paths in tool.paths.values() for path in paths}
    return tuple(signal.path for signal in catalogue.actuators if signal.path not in reached)
