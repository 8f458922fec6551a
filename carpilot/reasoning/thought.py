"""How calls and thoughts are written by the embedded model: one line of thought, one line of compact JSON.

need: warmer; clear windscreen. now: screen fogged.
[{"name":"set_temperature","arguments":{"change":2}},{"name":"set_front_defrost","arguments":{"on":true}}]
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from carpilot.errors import ModelOutputError
from carpilot.reasoning.conditions import ONLY_IF, ONLY_IF_NUMBER, SIDES
from carpilot.reasoning.tools import ANSWER, ASK, REFUSE, Call

_STATE_WORDS = {
    "on": ("off", "on"),
    "locked": ("unlocked", "locked"),
    "open": ("closed", "open"),
}
_SPOKEN = {ASK: "ask", REFUSE: "refuse", ANSWER: "tell", ONLY_IF: "only if", ONLY_IF_NUMBER: "only if"}


def plain_number(value: float) -> str:
    """Return a number as it stands in a call: 21, -2, 21.5."""
    return f"{value:g}"


def call_in_words(call: Call) -> str:
    """Return a call as a few words: `seat heating rear left up 1`."""
    if call.name == ONLY_IF and call.arguments.get("is") is False:
        return f"only if not {str(call.arguments['fact']).replace('_', ' ')}"
    words = [_SPOKEN.get(call.name) or call.name.removeprefix("set_").replace("_", " ")]
    for name, value in call.arguments.items():
        if isinstance(value, bool) and name == "is":
            continue
        if isinstance(value, bool):
            words.append(_STATE_WORDS.get(name, ("no", "yes"))[value])
        elif name == "change":
            words.append(f"{'down' if value < 0 else 'up'} {plain_number(abs(value))}")
        elif name in SIDES:
            words += [name, plain_number(value)]
        elif isinstance(value, int | float):
            words.append(plain_number(value))
        else:
            words.append(str(value).replace("_", " "))
    return " ".join(words)


def thought_line(needs: Sequence[str], facts: Sequence[str]) -> str:
    """Return the thought as the model writes it: what is needed, and what in the car bears on it."""
    now = f" now: {', '.join(facts)}." if facts else ""
    return f"need: {'; '.join(dict.fromkeys(needs))}.{now}"


def conclusion(calls: Sequence[Call]) -> str:
    """Return what follows from a thought, the calls in words: ` so: temperature up 2, front defrost on.`"""
    return f" so: {', '.join(map(call_in_words, calls))}."


def calls_line(calls: Sequence[Call]) -> str:
    """Return calls as compact JSON, whole numbers without a point."""

    def plain(value: Any) -> Any:
        return int(value) if isinstance(value, float) and value == int(value) else value

    rows = [{"name": c.name, "arguments": {k: plain(v) for k, v in c.arguments.items()}} for c in calls]
    return json.dumps(rows, separators=(",", ":"))


def read_calls(text: str) -> tuple[Call, ...]:
    """Return the calls in a line of JSON. Raises ModelOutputError if they are none."""
    try:
        rows = json.loads(text)
    except ValueError as error:
        raise ModelOutputError(f"the calls are no JSON: {error}") from error
    if not isinstance(rows, list):
        raise ModelOutputError("the calls must be a JSON list")
    return tuple(_call(row) for row in rows)


def _call(row: object) -> Call:
    if isinstance(row, Mapping) and isinstance(row.get("name"), str) and isinstance(row.get("arguments"), Mapping):
        return Call(row["name"], dict(row["arguments"]))
    raise ModelOutputError('each call needs a "name" and "arguments"')
