"""What a chat model writes, read as a thought, calls and plain text, whatever its family's format.

A thought stands in a field of its own, between tags, or before a closing tag whose opening one the prompt already held. Calls
come as a field, or within the text in one of these forms; the first form that yields calls is taken:

| form | as written by |
|------|---------------|
| `<tool_call>{"name":…,"arguments":{…}}</tool_call>` | Hermes: MiMo-7B, Qwen3, QwQ-32B |
| `<function=NAME><parameter=KEY>VALUE</parameter></function>` | Qwen3-Coder, MiMo-V2, Seed-OSS |
| `<tool_call>NAME<arg_key>KEY</arg_key><arg_value>VALUE</arg_value></tool_call>` | GLM, Hunyuan |
| `<｜tool▁call▁begin｜>function<｜tool▁sep｜>NAME {…}<｜tool▁call▁end｜>` | DeepSeek R1 and V3 |
| `[NAME(KEY=VALUE), …]` | Llama's pythonic form |
| JSON, bare or fenced: one call, a list of calls, or `{"tool_calls": […]}` | models without a format: o1-mini, QwQ-32B-Preview |

Nothing here raises on what a model wrote: what cannot be read is text. Whether a call can be meant is for the catalogue.
"""

import ast
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from carpilot.decision import Call

MAX_TEXT = 200_000
"""Characters that are read of an answer; what stands behind them is not."""
MAX_FALSE_STARTS = 500
"""How many brackets that begin no JSON are tried in one answer."""
_BRACKET = re.compile(r"[{\[]")
_OPEN = re.compile(r"<(?:seed:)?think(?:ing)?>|<\|begin_of_thought\|>")
_CLOSE = re.compile(r"</(?:seed:)?think(?:ing)?>|<\|end_of_thought\|>")
_TAGGED = re.compile(r"<tool_call>(.*?)(?:</tool_call>|(?=<tool_call>)|\Z)", re.DOTALL)
_CLOSED_ONLY = re.compile(r"\A(.*?)</tool_call>", re.DOTALL)
_FUNCTION = re.compile(r"<function=([\w.-]+)>(.*?)(?:</function>|(?=<function=)|\Z)", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([\w.-]+)>(.*?)(?:</parameter>|(?=<parameter=)|\Z)", re.DOTALL)
_KEYED = re.compile(r"<arg_key>(.*?)</arg_key>\s*<arg_value>(.*?)(?:</arg_value>|\Z)", re.DOTALL)
_KEYED_NAME = re.compile(r"\A\s*([\w.-]+)")
_DEEPSEEK = re.compile(
    r"<｜tool▁call▁begin｜>(?:function<｜tool▁sep｜>)?([\w.-]+)\s*(?:<｜tool▁sep｜>)?(.*?)"
    r"(?:<｜tool▁call▁end｜>|(?=<｜tool▁call▁begin｜>)|\Z)",
    re.DOTALL,
)
_MARKS = re.compile(
    r"</?(?:seed:)?tool_calls?>|<｜tool▁calls?▁(?:begin|end)｜>|</?(?:answer|response)>|"
    r"<\|(?:im_end|endoftext)\|>|<｜end▁of▁sentence｜>"
)
_FENCE = re.compile(r"```(?:json|python|tool_call)?|```")


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of a chat model: its thought, the calls it made, and what it said beside them."""

    thought: str = ""
    calls: tuple[Call, ...] = ()
    text: str = ""


def split_thought(content: str) -> tuple[str, str]:
    """Return the thought and the rest. A thought that was cut off has no rest; its opening tag may be missing."""
    opened, closed = _OPEN.search(content), _CLOSE.search(content)
    if closed and (opened is None or opened.start() < closed.start()):
        *_, last = _CLOSE.finditer(content)
        begin = opened.end() if opened else 0
        head = content[: opened.start()] if opened else ""
        return _CLOSE.sub("", _OPEN.sub("", content[begin : last.start()])).strip(), (
            head + content[last.end() :]
        ).strip()
    if opened:
        return content[opened.end() :].strip(), content[: opened.start()].strip()
    return "", content.strip()


def read_reply(
    content: str, names: Collection[str], reasoning: str = "", tool_calls: Sequence[Mapping[str, Any]] = ()
) -> Reply:
    """Return what a model answered.

    `content` is its text, `reasoning` what a server has already parted from it, `tool_calls` calls in the form of the chat
    completions API. `names` are the functions there are: text that only looks like a call of something else stays text. A
    call within the thought counts only in a form with tags, and only if nothing was said after the thought.
    """
    inside, rest = split_thought(content[:MAX_TEXT])
    thought = "\n".join(filter(None, (reasoning.strip()[:MAX_TEXT], inside)))
    if given := tuple(filter(None, map(_from_api, tool_calls))):
        return Reply(thought, given, rest)
    calls = _calls_in(rest, names, _FORMS)
    if not calls and not rest and (calls := _calls_in(thought, names, _TAGGED_FORMS)):
        return Reply(_before_calls(thought), calls, "")
    return Reply(thought, calls, "" if calls else rest)


def _before_calls(thought: str) -> str:
    marks = [found.start() for form in (_TAGGED, _FUNCTION, _DEEPSEEK) if (found := form.search(thought))]
    return thought[: min(marks)].strip() if marks else thought


def _from_api(row: Mapping[str, Any]) -> Call | None:
    function = row.get("function", row)
    return _call_of(function) if isinstance(function, Mapping) else None


def _call_of(written: object) -> Call | None:
    """Return a call written as JSON; arguments may be an object or its text, and stand under one of three names."""
    if not isinstance(written, Mapping):
        return None
    row: Mapping[str, Any] = written
    inner = row.get("function")
    row = inner if isinstance(inner, Mapping) else row
    name = row.get("name", row.get("tool", row.get("function")))
    arguments = row.get("arguments", row.get("parameters", row.get("args", {})))
    if isinstance(arguments, str):
        arguments = _json_or_none(arguments) if arguments.strip() else {}
    if arguments is None and "arguments" not in row:
        arguments = {}
    if not isinstance(name, str) or not name or not isinstance(arguments, Mapping):
        return None
    return Call(name.strip().removeprefix("functions."), {str(key): value for key, value in arguments.items()})


def _json_or_none(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _rows(value: object) -> Iterator[Call]:
    """Yield the calls of a JSON value: one call, a list of calls, or an object that holds the list."""
    if isinstance(value, Mapping) and isinstance(value.get("tool_calls"), list):
        value = value["tool_calls"]
    for row in value if isinstance(value, list) else [value]:
        if call := _call_of(row):
            yield call


def _json_values(text: str) -> Iterator[Any]:
    """Yield every JSON object or list that stands in a text, outermost ones, in order; false starts soon end the search."""
    decoder, at, false_starts = json.JSONDecoder(), 0, 0
    while false_starts < MAX_FALSE_STARTS and (begin := _BRACKET.search(text, at)):
        try:
            value, at = decoder.raw_decode(text, begin.start())
        except (ValueError, RecursionError):
            at, false_starts = begin.end(), false_starts + 1
        else:
            yield value


def _hermes(text: str, names: Collection[str]) -> tuple[Call, ...]:
    del names
    bodies = _TAGGED.findall(text) or _CLOSED_ONLY.findall(text)
    return tuple(call for body in bodies for value in _json_values(body) for call in _rows(value))


def _functions(text: str, names: Collection[str]) -> tuple[Call, ...]:
    del names
    return tuple(
        Call(name, {key: _plain(value) for key, value in _PARAMETER.findall(body)})
        for name, body in _FUNCTION.findall(text)
    )


def _keyed(text: str, names: Collection[str]) -> tuple[Call, ...]:
    calls = []
    for body in _TAGGED.findall(text):
        name = _KEYED_NAME.match(body)
        if name and (name[1] in names or "<arg_key>" in body):
            calls.append(Call(name[1], {key.strip(): _plain(value) for key, value in _KEYED.findall(body)}))
    return tuple(calls)


def _deepseek(text: str, names: Collection[str]) -> tuple[Call, ...]:
    del names
    calls = []
    for name, body in _DEEPSEEK.findall(text):
        arguments: Any = next(_json_values(body), None) if body.strip() else {}
        if isinstance(arguments, Mapping):
            calls.append(Call(name, dict(arguments)))
    return tuple(calls)


def _pythonic(text: str, names: Collection[str]) -> tuple[Call, ...]:
    """Return calls written as Python, of which the last line or bracket that holds nothing else counts."""
    for line in reversed([text.strip(), *text.strip().splitlines()]):
        if calls := _python_calls(line.strip().strip("`"), names):
            return calls
    return ()


def _python_calls(line: str, names: Collection[str]) -> tuple[Call, ...]:
    if "(" not in line or len(line) > 4000:
        return ()
    try:
        body = ast.parse(line, mode="eval").body
        parts = body.elts if isinstance(body, ast.List | ast.Tuple) else [body]
        return tuple(_python_call(part, names) for part in parts)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()


def _python_call(part: ast.expr, names: Collection[str]) -> Call:
    if not isinstance(part, ast.Call) or not isinstance(part.func, ast.Name) or part.func.id not in names or part.args:
        raise ValueError("no call of a function that there is")
    return Call(part.func.id, {str(word.arg): ast.literal_eval(word.value) for word in part.keywords if word.arg})


def _bare(text: str, names: Collection[str]) -> tuple[Call, ...]:
    """Return the calls of the last JSON value that holds calls of known functions: a model that rambles corrects itself."""
    found: tuple[Call, ...] = ()
    for value in _json_values(text):
        calls = tuple(_rows(value))
        if calls and all(call.name in names for call in calls):
            found = calls
    return found


def _plain(text: str) -> Any:
    """Return what a parameter's text says: JSON where it is some, or the text."""
    value = _json_or_none(text.strip())
    return text.strip() if value is None else value


Form = Callable[[str, Collection[str]], tuple[Call, ...]]
_TAGGED_FORMS: tuple[Form, ...] = (_hermes, _functions, _keyed, _deepseek)
_FORMS: tuple[Form, ...] = (*_TAGGED_FORMS, _pythonic, _bare)


def _calls_in(text: str, names: Collection[str], forms: Sequence[Form]) -> tuple[Call, ...]:
    text = text.removeprefix("<answer>")
    for form in forms:
        plain = text if form in _TAGGED_FORMS else _FENCE.sub("", _MARKS.sub("", text))
        if calls := form(plain, names):
            return calls
    return ()


def coerced(call: Call, schema: Mapping[str, Any]) -> Call:
    """Return a call whose arguments have the types of its function's JSON Schema, where their text can be read as such.

    Small models write "21" for 21 and "True" for true. What cannot be read stays, for the catalogue to complain about.
    """
    properties = schema.get("properties", {})
    return Call(call.name, {name: _typed(value, properties.get(name, {})) for name, value in call.arguments.items()})


def _typed(value: Any, schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    if kind in ("integer", "number") and isinstance(value, str):
        number = _json_or_none(value.strip().removeprefix("+").rstrip("%°C "))
        return number if isinstance(number, int | float) and not isinstance(number, bool) else value
    if kind == "boolean" and isinstance(value, str):
        return {"true": True, "false": False, "on": True, "off": False}.get(value.strip().lower(), value)
    if kind == "string" and isinstance(value, str) and "enum" in schema:
        near = value.strip().lower().replace(" ", "_").replace("-", "_")
        return near if value not in schema["enum"] and near in schema["enum"] else value
    return value
