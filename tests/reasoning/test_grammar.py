"""The grammar holds whatever the logits are, and gives no number that nobody said."""

from random import Random

import pytest
from hypothesis import given, settings, strategies
from llguidance import LLMatcher, LLTokenizer

from carpilot.reasoning.grammar import allowed_numbers, evidence_in, grammar
from carpilot.reasoning.numbers import numbers_said, with_digits
from carpilot.reasoning.phrases import in_words
from carpilot.reasoning.tools import default_tools

TOOLS = default_tools()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Set it to twenty-two and a half degrees", "set it to 22.5 degrees"),
        ("thirty three percent", "33 percent"),
        ("a hundred percent", "100 percent"),
        ("level one", "level 1"),
        ("skip this one", "skip this one"),
        ("72 degrees Fahrenheit", "22 celsius"),
        ("twenty one point five", "21.5"),
        ("open it 50%!", "open it 50%!"),
        ("one", "1"),
        ("1,000 or 2,5", "1000 or 2.5"),
    ],
)
def test_numbers_become_digits(text: str, wanted: str) -> None:
    assert with_digits(text) == wanted


def test_said_numbers_are_found() -> None:
    assert numbers_said(with_digits("driver twenty one, passenger 23.5")) == {21.0, 23.5}


@pytest.mark.parametrize(
    ("tool", "argument", "text", "wanted"),
    [
        ("set_temperature", "celsius", "make it 22 or 40", (22.0,)),
        ("set_temperature", "celsius", "warmer", ()),
        ("set_temperature", "celsius", "to minus 20", ()),
        ("set_temperature", "celsius", "20 - 22", (20.0, 22.0)),
        ("set_temperature", "change", "minus 3", (-4.0, -3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 4.0)),
        ("set_fan", "level", "fan to 60 percent", (0.0, 2.0, 3.0)),
        ("set_temperature", "celsius", "as hot as possible", (28.0,)),
        ("set_temperature", "change", "warmer", (-4.0, -2.0, -1.0, 1.0, 2.0, 4.0)),
        ("set_window", "percent", "open the window", (0.0, 100.0)),
        ("set_window", "percent", "open the window halfway", (0.0, 50.0, 100.0)),
        ("set_volume", "percent", "louder", ()),
        ("set_seat_heating", "level", "heat my seat", (0.0, 2.0)),
        ("set_seat_heating", "level", "seat heating low", (0.0, 1.0, 2.0)),
        ("set_fan", "level", "fan to medium", (0.0, 2.0, 3.0)),
    ],
)
def test_only_evidence_is_allowed(tool: str, argument: str, text: str, wanted: tuple[float, ...]) -> None:
    assert allowed_numbers(TOOLS[tool], TOOLS[tool].arguments[argument], evidence_in(text)) == wanted


@settings(max_examples=40, deadline=None)
@given(strategies.text(max_size=60))
def test_grammar_is_valid_for_any_words(words: str) -> None:
    for text in (with_digits(words), with_digits(f"{words} 22")):
        assert LLMatcher.validate_grammar(LLMatcher.grammar_from_lark(grammar(TOOLS, evidence_in(text)))) == ""


@given(strategies.integers(0, 99), strategies.sampled_from([0.0, 0.5, 100.0]))
def test_spoken_numbers_are_heard(number: int, more: float) -> None:
    value = number + more
    assert numbers_said(with_digits(f"set it to {in_words(value)} please")) == {value}


def test_a_tool_without_its_number_keeps_the_change() -> None:
    text = grammar(TOOLS, evidence_in("louder"))
    rule = next(line for line in text.splitlines() if line.startswith("tool_set_volume:"))
    assert "change" in rule
    assert "percent" not in rule


@pytest.mark.parametrize(("number", "is_legal"), [("45", True), ("90", False)])
def test_a_thought_names_only_numbers_that_a_call_may_carry(number: str, is_legal: bool) -> None:
    answer = f'need: a set volume. so: volume {number}.\n[{{"name":"set_volume","arguments":{{"percent":45}}}}]'
    matcher = LLMatcher(LLTokenizer("byte"), LLMatcher.grammar_from_lark(grammar(TOOLS, evidence_in("volume to 45"))))
    taken = matcher.try_consume_tokens(list(answer.encode()))
    assert (taken == len(answer)) == is_legal


def test_every_tool_can_be_called() -> None:
    text = grammar(TOOLS, evidence_in("set it to 20"))
    assert all(f"tool_{name}:" in text for name in TOOLS)


def test_grammar_ignores_the_order_of_requests() -> None:
    random = Random(5)
    texts = [f"temperature {random.randint(16, 28)}" for _ in range(5)]
    assert [grammar(TOOLS, evidence_in(text)) for text in texts] == [
        grammar(TOOLS, evidence_in(text)) for text in texts
    ]
