"""Training examples: phrases filled, joined and dressed, in a car whose state varies, with the answer to be written."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from random import Random

from carpilot.reasoning.numbers import with_digits
from carpilot.reasoning.phrases import PhraseBook, Template, parse_calls
from carpilot.reasoning.prompt import FACTS, Told, context_line
from carpilot.reasoning.thought import calls_line, thought_line
from carpilot.reasoning.tools import ANSWER, ASK, REFUSE, Call, default_tools
from carpilot.request import Seat
from carpilot.training.composing import Composer
from carpilot.training.needs import Needs
from carpilot.training.said import Said

_SEATS = (Seat.DRIVER, Seat.PASSENGER, Seat.REAR_LEFT, Seat.REAR_RIGHT)
_SEAT_WEIGHTS = (7, 1, 1, 1)
_OPPOSITES = ({"cold", "hot"}, {"quiet", "loud"}, {"ringing", "talking"})
_VISUAL = frozenset({"fog", "rain", "dark"})
_SMALL_WORDS = re.compile(r"\b(the|my|a|please|to|is)\b ")
_VALUE_SLOT = re.compile(r"\{(?!\w+_by\b)")
SHARE_LABELLED = 0.2
SHARE_PAIRED = 0.25
SHARES = {
    "joined": 0.3,
    "conditional": 0.1,
    "follow_up": 0.16,
    "answered": 0.02,
    "corrected": 0.09,
    "negated": 0.03,
    "reasoned": 0.04,
}
"""Of what is said beyond one plain request, in examples that are not labelled sentences."""
SHARE_HISTORY, SHARE_MISHEARD, SHARE_TERSE = 0.25, 0.06, 0.4


@dataclass(frozen=True, slots=True)
class Example:
    """What the model reads in two segments, and what it shall write."""

    words: str
    context: str
    target: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """A sentence from a corpus file with the calls that its label means."""

    text: str
    calls: tuple[Call, ...]
    corpus: str = ""
    licence: str = ""


class Corpus:
    """An endless source of examples from a phrase book and from labelled sentences."""

    def __init__(
        self,
        book: PhraseBook,
        labelled: Sequence[Labelled],
        left_out: frozenset[str],
        random: Random,
        only_left_out: bool = False,
    ) -> None:
        self._book, self._labelled, self._random = book, labelled, random
        kinds = Counter(_kind(row) for row in labelled)
        self._labelled_sums = _sums(kinds[_kind(row)] ** -0.5 for row in labelled)
        chosen = [t for t in book.templates if (t.text in left_out) == only_left_out]
        self._templates, self._is_kept_back = chosen, only_left_out
        self._sums = _sums(map(_weight, chosen))
        self._joinable = [t for t in chosen if not t.when and not t.seat and _is_action(t)]
        self._join_sums = _sums(map(_weight, self._joinable))
        self._needs = Needs(book.templates, default_tools())
        self._by_tool: dict[str, list[Template]] = {}
        for template in self._joinable:
            self._by_tool.setdefault(template.calls.partition("(")[0], []).append(template)
        self._composer = Composer(book, default_tools(), random, self._draw)

    def examples(self) -> Iterator[Example]:
        """Yield examples without end."""
        while True:
            yield self.one()

    def one(self) -> Example:
        """Return the next example."""
        random = self._random
        if self._labelled and random.random() < SHARE_LABELLED:
            row = random.choices(self._labelled, cum_weights=self._labelled_sums)[0]
            return self._example(Said(row.text, row.calls), None)
        way = random.choices((*SHARES, "plain"), (*SHARES.values(), 1 - sum(SHARES.values())))[0]
        if way == "plain":
            return self.plain()
        if way == "joined":
            return self._example(self._joined(), None)
        if way == "follow_up":
            seat = random.choices(_SEATS, _SEAT_WEIGHTS)[0].value
            return self._example(self._polite(self._composer.follow_up(seat)), None)
        composed: Said = getattr(self._composer, way)()
        return self._example(self._polite(composed), None, is_first=way == "bare")

    def plain(self) -> Example:
        """Return an example of one phrase."""
        template = self._random.choices(self._templates, cum_weights=self._sums)[0]
        return self._example(self._dressed(self._composer.spoken(template)), template)

    def _draw(self, tool: str) -> Template:
        """Return a template that may be joined, of one tool if that is named and the book has one."""
        if tool in self._by_tool:
            return self._random.choice(self._by_tool[tool])
        return self._random.choices(self._joinable, cum_weights=self._join_sums)[0]

    def _polite(self, said: Said) -> Said:
        """Put a word before or after what is composed, seldom: its frames have words enough."""
        random, text = self._random, said.text
        if random.random() < 0.12:
            text = self._composer.opened(text)
        if random.random() < 0.08:
            text = f"{text} {random.choice(('please', 'thanks', 'thank you', 'would you', 'will you', 'ok'))}"
        return replace(said, text=text + random.choice(("", "", "", ".", ".", "!", "?")))

    def _paired(self) -> Said:
        """Name two devices under one verb, or several things shortly with what each shall be: `radio on, fan off`."""
        random, book = self._random, self._book
        if random.random() < SHARE_TERSE:
            return self._terse()
        side = random.choice(("switched_on", "switched_off"))
        rows = random.sample(book.devices, 2)
        calls = tuple(parse_calls(row[side])[0] for row in rows)
        if _thing(calls[0]) == _thing(calls[1]):
            return self._paired()
        nouns = " and ".join(random.choice(row["nouns"].split("|")) for row in rows)
        return self._dressed(Said(random.choice(book.verbs[side]).replace("{x}", nouns), calls))

    def _terse(self) -> Said:
        """Return a bare list of things and states."""
        random, book = self._random, self._book
        rows = random.sample(book.devices, random.choice((2, 2, 3, 4)))
        text: list[str] = []
        calls: list[Call] = []
        for row in rows:
            side = random.choice(("switched_on", "switched_off"))
            call = parse_calls(row[side])[0]
            if _thing(call) in map(_thing, calls):
                return self._terse()
            noun, state = random.choice(row["nouns"].split("|")), "on" if side == "switched_on" else "off"
            text.append(f"{noun.removeprefix('the ')} {state}" if random.random() < 0.8 else f"{state} with {noun}")
            calls.append(call)
        words = (
            random.choice((", ", ", ", " and ", ". ", "; ")).join(text[:-1])
            + random.choice((", ", " and ", ", and "))
            + text[-1]
        )
        return self._dressed(Said(words, tuple(calls)))

    def _joined(self) -> Said:
        """Join two or three phrases whose calls do not touch the same thing."""
        random = self._random
        if not self._is_kept_back and random.random() < SHARE_PAIRED:
            return self._paired()
        parts: list[Said] = []
        names: set[str] = set()
        seat = ""
        for _ in range(random.choices((2, 3, 4), (58, 32, 10))[0]):
            said = self._composer.spoken()
            if not names & {_thing(call) for call in said.calls} and (not seat or said.seat in ("", seat)):
                parts.append(said)
                names |= {_thing(call) for call in said.calls}
                seat = seat or said.seat
        text = parts[0].text
        for part in parts[1:]:
            text += random.choice(self._book.joins) + part.text
        calls = tuple(call for part in parts for call in part.calls)[:4]
        return self._dressed(Said(text, calls, seat=seat))

    def _dressed(self, said: Said) -> Said:
        """Put words around a phrase that change nothing."""
        random, text = self._random, said.text
        if random.random() < 0.3:
            text = self._composer.opened(text)
        if random.random() < 0.15:
            text = f"{text} {random.choice(self._book.after)}"
        talk = random.random()
        if talk < 0.05:
            text = f"{text}, {random.choice(self._book.reasons)}"
        elif talk < 0.12:
            text = random.choice(self._book.chatter) + random.choice((", ", ". ", ", so ", " and ")) + text
        elif talk < 0.14:
            text = f"{text}, {random.choice(self._book.chatter)}"
        if random.random() < 0.1:
            text = _SMALL_WORDS.sub("", text, count=1)
        return replace(said, text=text + random.choice(("", "", "", ".", ".", "!", "?")))

    def _facts(self, template: Template | None) -> tuple[Told, ...]:
        wanted = {template.when} if template and template.when else set()
        names = [fact.name for fact in FACTS if not (wanted and fact.name in _VISUAL)]
        for name in self._random.sample(names, self._random.choice((0, 0, 1, 1, 2))):
            if not any(name in pair and pair & wanted for pair in _OPPOSITES):
                wanted.add(name)
        return tuple(fact for fact in FACTS if fact.name in wanted)

    def _example(self, said: Said, template: Template | None, is_first: bool = False) -> Example:
        random = self._random
        facts = self._facts(template)
        after = said.after or ("" if is_first else self._history())
        names = {call.name for call in said.calls}
        bearing = [fact.words for fact in facts if names & set(fact.tools)]
        seat = Seat(said.seat) if said.seat else random.choices(_SEATS, _SEAT_WEIGHTS)[0]
        target = thought_line(self._needs.of(said.calls), bearing) + "\n" + calls_line(said.calls)
        text = self._composer.misheard(said.text) if random.random() < SHARE_MISHEARD else said.text
        return Example(with_digits(text), context_line(seat, facts, after), target)

    def _history(self) -> str:
        """Return turns before that mean nothing for a phrase, now and then."""
        return self._composer.turns(self._composer.plain().calls) if self._random.random() < SHARE_HISTORY else ""


def _kind(row: Labelled) -> str:
    return f"{row.calls[0].name} {dict(row.calls[0].arguments)}"


def _is_action(template: Template) -> bool:
    return not template.calls.startswith((ASK, REFUSE, ANSWER))


def _weight(template: Template) -> float:
    """Return how often a template is drawn: more where a value must be carried over, less for the many devices."""
    if template.when:
        return 1.0
    if template.names_device:
        return 0.3
    if template.calls.startswith((ASK, REFUSE, ANSWER)):
        return 2.0
    return 2.0 if _VALUE_SLOT.search(template.text) else 1.0


def _sums(weights: Iterable[float]) -> list[float]:
    """Return running sums of weights: with these, drawing takes no time that grows with the book."""
    return list(accumulate(weights))


def _thing(call: Call) -> str:
    """Return what a call touches, coarsely: two calls on one thing are not joined."""
    return "climate" if call.name in ("set_fan", "set_auto_climate", "set_air_direction") else call.name


def take(next_one: Callable[[], Example], count: int) -> list[Example]:
    """Return some examples."""
    return [next_one() for _ in range(count)]
