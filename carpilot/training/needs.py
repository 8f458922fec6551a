"""What is needed, by what is called: the name that the phrase book gives most often to the need behind a call.

The book's authors call one need by many names. A thought that had to guess the wording would guess wrong the more often,
and its doubt would be one of words; so every call has one name for the need that it serves.
"""

from collections import Counter
from collections.abc import Sequence

from carpilot.reasoning.conditions import ONLY_IF, ONLY_IF_NUMBER
from carpilot.reasoning.history import UNDO
from carpilot.reasoning.phrases import Template, parse_calls, without_slots
from carpilot.reasoning.thought import call_in_words
from carpilot.reasoning.tools import ANSWER, Call, ToolCatalogue

_WHAT_WAS_BEFORE = "what was before"


class Needs:
    """The names of needs that a book gives."""

    def __init__(self, templates: Sequence[Template], tools: ToolCatalogue) -> None:
        self._tools = tools
        counts: dict[str, Counter[str]] = {}
        for template in templates:
            calls, needs = parse_calls(without_slots(template.calls)), template.need.split("; ")
            for call, need in zip(calls, needs, strict=False):
                counts.setdefault(self._kind(call), Counter())[need] += 1
        self._names = {kind: found.most_common(1)[0][0] for kind, found in counts.items()}

    def of(self, calls: Sequence[Call]) -> tuple[str, ...]:
        """Return what calls are needed for, a need of several calls with each place.

        A condition, or what is to be told, stands for itself.
        """
        names = [self._name(call) for call in calls]
        told = (
            f"{name} {self._place(call)}".strip() if names.count(name) > 1 else name
            for name, call in zip(names, calls, strict=True)
        )
        return tuple(dict.fromkeys(told))

    def _place(self, call: Call) -> str:
        by = self._tools[call.name].by if call.name in self._tools else None
        return str(call.arguments.get(by, "")).replace("_", " ") if by else ""

    def _name(self, call: Call) -> str:
        if call.name == UNDO:
            return _WHAT_WAS_BEFORE
        if call.name in (ONLY_IF, ONLY_IF_NUMBER, ANSWER):
            return call_in_words(call)
        return self._names.get(self._kind(call)) or call_in_words(Call(call.name, {}))

    def _kind(self, call: Call) -> str:
        """Return what tells needs apart: not the place; of numbers whether it is the least, the most or between."""
        told = [call.name]
        if call.name not in self._tools:
            return " ".join([call.name, *(f"{name}={value}" for name, value in call.arguments.items())])
        tool = self._tools[call.name]
        for name, value in call.arguments.items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                told += [f"{name}={value}"] if name != tool.by else []
            elif name == tool.change:
                told.append("up" if value > 0 else "down")
            else:
                argument = tool.arguments[name]
                told.append({argument.minimum: "least", argument.maximum: "most"}.get(value, "set"))
        return " ".join(told)
