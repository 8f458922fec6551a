"""The phrase book: every template is legal, means calls that the catalogue has, and stays within its own grammar."""

from random import Random

import pytest
from llguidance import LLMatcher, LLTokenizer
from tokenizers import Tokenizer

from carpilot.errors import InputError
from carpilot.files import asset_folder
from carpilot.reasoning.embedded import END, read_card
from carpilot.reasoning.grammar import allowed_numbers, evidence_in, grammar
from carpilot.reasoning.numbers import with_digits
from carpilot.reasoning.phrases import expand, fill, held_out, in_words, parse_calls, read_phrase_book
from carpilot.reasoning.prompt import told_before
from carpilot.reasoning.thought import calls_line, conclusion, read_calls, thought_line
from carpilot.reasoning.tools import Call, default_tools
from carpilot.request import Seat
from carpilot.training.corpus import Corpus
from carpilot.training.needs import Needs
from carpilot.vehicle.catalogue import default_catalogue
from carpilot.vehicle.state import state_of

TOOLS = default_tools()
# Values that a plain verb means (open, closed, tilted; the newest message), and for which the grammar still wants a number.
AWAITED = {("set_sunroof", "percent"), ("set_shade", "percent"), ("read_message", "number")}
BOOK = read_phrase_book()


def test_the_book_is_broad() -> None:
    assert len({template.text for template in BOOK.templates if not template.names_device}) > 4000


def test_every_tool_question_refusal_and_answer_is_taught() -> None:
    written = " ".join(template.calls for template in BOOK.templates)
    wanted = [*TOOLS, *TOOLS.questions, *TOOLS.refusals, *(f"about={name})" for name in TOOLS.answers)]
    assert [name for name in wanted if name not in written] == []


def test_every_template_means_legal_calls_with_evidence() -> None:
    random, state = Random(3), state_of(default_catalogue().initial())
    for template in BOOK.templates:
        text, written = fill(expand(template.text, random), template.calls, BOOK.slots, random)
        calls = parse_calls(written)
        TOOLS.decide(calls, state, Seat.DRIVER)
        for call in calls:
            for name, value in call.arguments.items():
                is_number = isinstance(value, int | float) and not isinstance(value, bool)
                if is_number and (call.name, name) not in AWAITED:
                    tool = TOOLS[call.name]
                    assert value in allowed_numbers(tool, tool.arguments[name], evidence_in(with_digits(text))), text


def test_the_grammar_admits_what_is_trained_and_it_fits_the_answer() -> None:
    writer = asset_folder("models", "embedded") / "writer.json"
    pieces = Tokenizer.from_file(str(writer))
    tokens = LLTokenizer(writer.read_text(encoding="utf-8"), eos_token=pieces.token_to_id(END))
    longest = read_card(writer.parent)["shape"]["answer_length"]
    corpus = Corpus(BOOK, (), frozenset(), Random(6))
    for example in (corpus.one() for _ in range(250)):
        if any(name in example.target for name, _ in AWAITED):
            continue
        written = [*pieces.encode(example.target).ids, pieces.token_to_id(END)]
        matcher = LLMatcher(
            tokens,
            LLMatcher.grammar_from_lark(grammar(TOOLS, evidence_in(example.words, told_before(example.context)))),
        )
        assert matcher.validate_tokens(written) == len(written), example
        assert len(written) < longest


def test_no_bracket_or_slot_is_left() -> None:
    random = Random(4)
    for template in BOOK.templates:
        text, _ = fill(expand(template.text, random), template.calls, BOOK.slots, random)
        assert text
        assert not set("()[]{}|") & set(text), template.text


def test_choices_and_options() -> None:
    texts = {expand("(a|b)[ c| d] e", Random(seed)) for seed in range(60)}
    assert texts == {"a e", "b e", "a c e", "b c e", "a d e", "b d e"}


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "zero"), (16, "sixteen"), (21.5, "twenty one and a half"), (90, "ninety"), (100, "a hundred")],
)
def test_spoken_numbers_read_back(number: float, words: str) -> None:
    assert in_words(number) == words
    assert with_digits(f"level {words}") == f"level {number:g}"


def test_unreadable_calls_are_named() -> None:
    with pytest.raises(InputError, match="set_fan"):
        parse_calls("set_fan(level=1); set_fan((2)")


def test_an_unknown_slot_is_named() -> None:
    with pytest.raises(InputError, match="colour"):
        fill("make it {colour}", "set_boot(open=true)", BOOK.slots, Random(1))


def test_what_is_kept_back_never_trains() -> None:
    left_out = held_out(BOOK.templates, 1)
    corpus = Corpus(BOOK, (), left_out, Random(1))
    again = Corpus(BOOK, (), left_out, Random(1))

    assert 0.04 < len(left_out) / len(BOOK.templates) < 0.12
    assert [corpus.one() for _ in range(50)] == [again.one() for _ in range(50)]


def test_targets_read_back() -> None:
    corpus = Corpus(BOOK, (), frozenset(), Random(2))
    for _ in range(300):
        example = corpus.one()
        thought, _, calls = example.target.partition("\n")
        assert thought.startswith("need: ")
        assert calls_line(read_calls(calls)) == calls


def test_a_thought_is_plain_to_read() -> None:
    calls = [Call("set_seat_heating", {"seat": "rear_left", "change": -1}), Call("set_lock", {"locked": True})]
    thought = thought_line(["a", "b"], ["cabin cold"]) + conclusion(calls)
    assert thought == "need: a; b. now: cabin cold. so: seat heating rear left down 1, lock locked."


def test_given_one_need_by_many_names_when_asked_then_a_call_has_one_of_them() -> None:
    needs = Needs(BOOK.templates, TOOLS)
    up, down = (Call("set_temperature", {"zone": "rear", "change": change}) for change in (1, -4))
    assert needs.of([up]) == needs.of([Call("set_temperature", {"change": 2})]) != needs.of([down])
    shut = [Call("set_window", {"window": window, "percent": 0}) for window in ("driver", "passenger")]
    (closed,) = needs.of(shut[:1])
    assert needs.of(shut) == (f"{closed} driver", f"{closed} passenger")
    assert needs.of([Call("set_window", {"percent": 100})]) != (closed,)
    assert needs.of([Call("only_if", {"fact": "dark", "is": False}), up]) == ("only if not dark", *needs.of([up]))
    named = [needs.of([call]) for name in TOOLS for call in [Call(name, {})]]
    assert all(len(need) == 1 for need in named)
