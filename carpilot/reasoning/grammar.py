"""The grammar of one answer: a short thought, then calls that the catalogue and the driver's words allow.

It follows from the catalogue and from what the words give evidence for; equal evidence, equal grammar. An absolute number
may only be one that was said, in digits or words, or one that a word stands for (half, maximum, off); a change may also
be one of a few usual steps. A tool whose number was not said is left out. Names, arguments and their order are literal
text, so most of a call is forced.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from carpilot.reasoning.conditions import ONLY_IF, ONLY_IF_NUMBER, SIDES
from carpilot.reasoning.history import UNDO, UNDO_WHAT
from carpilot.reasoning.numbers import numbers_said
from carpilot.reasoning.thought import plain_number
from carpilot.reasoning.tools import ANSWER, ASK, REFUSE, Argument, Tool, ToolCatalogue

MAX_THOUGHT_CHARACTERS = 220
MAX_GRAMMAR_CALLS = 5
MAX_GRAMMAR_CONDITIONS = 2
MAX_THOUGHT_NUMBERS = 6
_SHARES = {"half": 50, "halfway": 50, "middle": 50, "quarter": 25, "third": 33, "thirds": 67, "quarters": 75}
_ORDINALS = {
    name: float(at)
    for at, name in enumerate(
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"], 1
    )
}
_HIGHEST = re.compile(
    r"\b(max(imum)?|full(y)?|high(est)?|hottest|warmest|loudest|brightest|fastest|strongest|completely|blast|all (the )?way|"
    r"to the top|as (hot|warm|loud|hard|bright|fast|high|strong|open|far|much) as)\b"
)
_LOWEST = re.compile(
    r"\b(min(imum)?|low(est)?|coldest|coolest|quietest|slowest|dimmest|gentle|slow|all (the )?way|cooling|max(imum)? cold|"
    r"as (cold|cool|quiet|low|slow|dim|far) as)\b"
)
_MIDDLING = re.compile(r"\b(medium|mid|middle|moderate|normal)\b")
_DIGITS = re.compile(r"\d+")
_PERCENT = re.compile(r"per ?cent|%")
# Positions that a plain verb means: to open, to close, to tilt; the newest message.
_ALWAYS = {
    ("set_window", "percent"): (0.0, 100.0),
    ("set_sunroof", "percent"): (-100.0, 0.0, 100.0),
    ("set_shade", "percent"): (0.0, 100.0),
    ("read_message", "number"): (1.0,),
}
_OFF_AND_ON_LEVELS = (0.0, 2.0)
LOOK = "look"
"""The function by which a chat model reads what the car reports, before it decides."""
_CALLS = f'calls: spoken | (condition ","){{0,{MAX_GRAMMAR_CONDITIONS}}} tool ("," tool){{0,{MAX_GRAMMAR_CALLS - 1}}}'
USUAL_CHANGES: dict[str | None, tuple[float, float, float]] = {
    "celsius": (1.0, 2.0, 4.0),
    "percent": (5.0, 10.0, 20.0),
    "millimetre": (10.0, 20.0, 40.0),
    "degree": (2.0, 5.0, 10.0),
    "kph": (5.0, 10.0, 20.0),
    "ampere": (2.0, 4.0, 8.0),
    None: (1.0, 1.0, 2.0),
}
"""By how much a bit, a plain and a large change go, by unit."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What words give evidence for: the numbers that are said, and the words that stand for one."""

    numbers: tuple[float, ...]
    shares: frozenset[float]
    is_percent_said: bool
    is_highest: bool
    is_lowest: bool
    is_middling: bool


def evidence_in(words: str, before: str = "") -> Evidence:
    """Return what words that went through `with_digits` give evidence for.

    `before` is what the prompt tells of the turns before: what was set then may be set again, elsewhere.
    """
    text = f"{words} ; {before}" if before else words
    spelled = re.findall(r"[a-z]+", text)
    ordinals = {_ORDINALS[word] for word in spelled if word in _ORDINALS}
    return Evidence(
        numbers=tuple(sorted({*numbers_said(text), *ordinals})),
        shares=frozenset(float(_SHARES[word]) for word in spelled if word in _SHARES),
        is_percent_said=bool(_PERCENT.search(text)),
        is_highest=bool(_HIGHEST.search(text)),
        is_lowest=bool(_LOWEST.search(text)),
        is_middling=bool(_MIDDLING.search(text)),
    )


def _fits(argument: Argument, value: float) -> bool:
    low, high = argument.minimum, argument.maximum
    return low is not None and high is not None and low <= value <= high and value % argument.step == 0


def _hinted(argument: Argument, evidence: Evidence) -> set[float]:
    """Return the values that words such as half, full or low stand for."""
    low, high = float(argument.minimum or 0), float(argument.maximum or 0)
    values = set(evidence.shares) if argument.unit == "percent" else set()
    if evidence.is_highest:
        values.add(high)
    if evidence.is_lowest:
        values.add(low if argument.unit else low + 1)
    if evidence.is_middling:
        values.add(50.0 if argument.unit == "percent" else float((int(high) + 1) // 2))
    return values


def allowed_numbers(tool: Tool, argument: Argument, evidence: Evidence) -> tuple[float, ...]:
    """Return the values that there is evidence for, in order."""
    if argument.name == tool.change:
        sizes = {abs(number) for number in evidence.numbers} | set(USUAL_CHANGES[argument.unit])
        values = {sign * size for size in sizes for sign in (1, -1) if size}
    else:
        values = set(evidence.numbers) | _hinted(argument, evidence)
        values |= set(_ALWAYS.get((tool.name, argument.name), ()))
        if argument.unit is None:
            values |= set(_OFF_AND_ON_LEVELS)
            if evidence.is_percent_said and tool.factor > 1:  # 55 percent of a blower with five levels is the third
                values |= {float(int(number / tool.factor + 0.5)) for number in evidence.numbers}
            if tool.factor > 1:
                values |= {float(int(share / tool.factor + 0.5)) for share in evidence.shares}
    return tuple(sorted(value for value in values if _fits(argument, value)))


def _literal(text: str) -> str:
    return json.dumps(text)


def _choice(texts: Iterable[str]) -> str:
    return "(" + " | ".join(map(_literal, texts)) + ")"


def _values(tool: Tool, argument: Argument, evidence: Evidence) -> list[str]:
    if argument.choices:
        return [json.dumps(choice) for choice in argument.choices]
    if argument.is_boolean:
        return ["true", "false"]
    return [plain_number(value) for value in allowed_numbers(tool, argument, evidence)]


def _tool_rule(tool: Tool, evidence: Evidence) -> str | None:
    """Return the rule of one tool's call, or None if a number that it needs was not said."""
    optional: list[str] = []
    required: list[str] = []
    alternatives: list[str] = []
    for argument in tool.arguments.values():
        values = _values(tool, argument, evidence)
        pair = f"{_literal(json.dumps(argument.name) + ':')} {_choice(values)}" if values else None
        if argument.name in tool.one_of:
            alternatives += [pair] if pair else []
        elif pair is None:
            return None
        elif argument.default is not None:
            optional.append(f'({pair} ",")?')
        else:
            required.append(pair)
    if tool.one_of:
        if not alternatives:
            return None
        required.append("(" + " | ".join(alternatives) + ")")
    inside = " ".join([*optional, ' "," '.join(required)]).strip()
    head = _literal(f'{{"name":"{tool.name}","arguments":{{')
    return f'{head} {inside} "}}}}"'


def _spoken_rule(name: str, argument: str, choices: Iterable[str]) -> str:
    head = _literal(f'{{"name":"{name}","arguments":{{"{argument}":')
    return f'{head} {_choice(json.dumps(choice) for choice in choices)} "}}}}"'


def _condition_rules(tools: ToolCatalogue, evidence: Evidence) -> dict[str, str]:
    """Return the rules of what a request may depend on; without a number in the words none is compared."""
    fact = _literal(f'{{"name":"{ONLY_IF}","arguments":{{"fact":')
    is_so = _literal(',"is":') + ' ("true" | "false") "}}"'
    rules = {"only_if": f"{fact} {_choice(map(json.dumps, tools.facts))} {is_so}"}
    said = [plain_number(value) for value in evidence.numbers]
    if said:
        what = _literal(f'{{"name":"{ONLY_IF_NUMBER}","arguments":{{"what":')
        limit = f"{_choice(f',{json.dumps(side)}:' for side in SIDES)} {_choice(said)}"
        rules["only_if_number"] = f'{what} {_choice(map(json.dumps, tools.quantities))} {limit} "}}}}"'
    return rules


def _thought(tools: ToolCatalogue, evidence: Evidence) -> str:
    """Return the regular expression of a thought: words, and of numbers only those that some call may carry."""
    arguments = [(tool, argument) for tool in tools.values() for argument in tool.arguments.values()]
    numbers = {
        plain_number(abs(number))
        for tool, argument in arguments
        if not argument.choices and not argument.is_boolean
        for number in allowed_numbers(tool, argument, evidence)
    } | {plain_number(abs(number)) for number in evidence.numbers}
    numbers |= {
        number for _, argument in arguments for choice in argument.choices for number in _DIGITS.findall(choice)
    }
    words = f"[a-z ,.;:'%-]{{1,{MAX_THOUGHT_CHARACTERS}}}"
    number = "|".join(re.escape(number) for number in sorted(numbers))
    return f"{words}(({number}){words}){{0,{MAX_THOUGHT_NUMBERS}}}"


def _rules(tools: ToolCatalogue, evidence: Evidence) -> tuple[str, dict[str, str]]:
    """Return the lines that say what a call may be, and the rules of each kind of call."""
    rules = {f"tool_{name}": _tool_rule(tool, evidence) for name, tool in tools.items()}
    kept = {name: rule for name, rule in rules.items() if rule is not None}
    spoken = {
        "spoken_ask": _spoken_rule(ASK, "about", tools.questions),
        "spoken_refuse": _spoken_rule(REFUSE, "because", tools.refusals),
        "spoken_answer": _spoken_rule(ANSWER, "about", tools.answers),
    }
    kept["tool_undo"] = _spoken_rule(UNDO, "what", UNDO_WHAT)
    conditions = _condition_rules(tools, evidence)
    kinds = {"spoken": spoken, "condition": conditions, "tool": kept}
    lines = "\n".join(f"{name}: {' | '.join(rules)}" for name, rules in kinds.items())
    return lines, {**spoken, **conditions, **kept}


def _written(lines: Iterable[str], rules: dict[str, str]) -> str:
    return "\n".join([*lines, *(f"{name}: {rule}" for name, rule in rules.items())]) + "\n"


def grammar(tools: ToolCatalogue, evidence: Evidence) -> str:
    """Return the grammar, in Lark's notation, of an answer to words that give some evidence."""
    lines, rules = _rules(tools, evidence)
    thought = f"THOUGHT: /{_thought(tools, evidence)}/"
    return _written(['start: THOUGHT "\\n[" calls "]"', thought, _CALLS, lines], rules)


def calls_grammar(tools: ToolCatalogue, evidence: Evidence) -> str:
    """Return the grammar of a list of calls, for models that write it after a thought of any form."""
    lines, rules = _rules(tools, evidence)
    return _written(['start: "[" calls "]"', _CALLS, lines], rules)


def call_grammar(tools: ToolCatalogue, evidence: Evidence) -> str:
    """Return the grammar of one call, for models that write each between marks of its own; with spaces, as they learned."""
    lines, rules = _rules(tools, evidence)
    rules["look"] = _spoken_rule(LOOK, "about", tools.answers)
    spaced = {
        name: rule.replace('\\":', '\\": ').replace(',\\"', ', \\"').replace('","', '", "')
        for name, rule in rules.items()
    }
    return _written(["start: spoken | condition | tool | look", lines], spaced)
