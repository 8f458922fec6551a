"""One phrase of the book, said: its words, the calls, and the turns before that it belongs to."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from carpilot.reasoning.phrases import PhraseBook, Template, expand, fill, parse_calls, slots_of
from carpilot.reasoning.thought import call_in_words
from carpilot.reasoning.tools import REFUSE, Call, ToolCatalogue

IMPERATIVE = re.compile(
    r"^(open|close|shut|turn|switch|set|put|make|play|start|stop|lock|unlock|lower|raise|fold|unfold|dim|mute|skip|call|"
    r"navigate|take|show|activate|deactivate|enable|disable|heat|cool|warm|crank|increase|decrease|reduce|roll|read|move|"
    r"recline|tilt|honk|wash|clear|defrost|send|charge|reset|change|give|let|use|go|drive|select|choose|answer|hang)\b"
)
POINTED = {"seat": "of", "place": "of", "zone": "for", "person": "for", "person_seat": "for"}
"""Slots for a place, and the form of words that stands in them."""
SHARE_POINTING = 0.35
NOT_WANTED = Call(REFUSE, {"because": "not_wanted"})


@dataclass(frozen=True, slots=True)
class Said:
    """Words with what they mean. `after` are the turns before, as the prompt tells them; `seat` is whose voice it must be."""

    text: str
    calls: tuple[Call, ...]
    after: str = ""
    seat: str = ""


class Sayings:
    """Says phrases of a book; `draw` returns the next template that may be joined, of one tool if that is named."""

    def __init__(self, book: PhraseBook, tools: ToolCatalogue, random: Random, draw: Callable[[str], Template]) -> None:
        self._book, self._tools, self._random, self._draw = book, tools, random, draw

    def plain(self, template: Template | None = None) -> Said:
        """Return one phrase, filled."""
        template = template or self._draw("")
        text, calls = fill(expand(template.text, self._random), template.calls, self._book.slots, self._random)
        return Said(text, parse_calls(calls))

    def spoken(self, template: Template | None = None) -> Said:
        """Return one phrase, filled; now and then as somebody in a certain seat would name the place in it."""
        template = template or self._draw("")
        text, calls, seat = expand(template.text, self._random), template.calls, template.seat
        if not seat and self._random.random() < SHARE_POINTING:
            text, calls, seat = self._pointing(text, calls)
        text, calls = fill(text, calls, self._book.slots, self._random)
        return Said(text, parse_calls(calls), seat=seat)

    def _pointing(self, text: str, calls: str) -> tuple[str, str, str]:
        """Return a phrase whose one slot for a place is filled from where its speaker sits, and the seat; or as it was."""
        random = self._random
        marks = [name for name, mark in slots_of(text) if name in POINTED and not mark]
        if len(marks) != 1 or f"{{{marks[0]}#" in text:
            return text, calls, ""
        name = marks[0]
        seat = random.choice(tuple(self._book.pointing))
        whose = [place for place in self._book.pointing[seat] if place in self._book.slots[name]]
        if not whose:
            return text, calls, ""
        place = random.choice(whose)
        words = self._one_of(self._book.pointing[seat][place][POINTED[name]])
        mark = "{" + name + "}"
        return text.replace(f"the {mark}", words).replace(mark, words), calls.replace(mark, place), seat

    def turns(self, calls: Sequence[Call]) -> str:
        """Return the prompt's words for turns that ended with some calls."""
        random = self._random
        result = random.choices(("done", "not done", "denied", "confirm"), (12, 1, 1, 1))[0]
        told = f"{', '.join(map(call_in_words, calls[:3]))} {result}"
        if random.random() < 0.35:
            earlier = self.plain().calls
            told += f"; before {', '.join(map(call_in_words, earlier[:3]))} done"
        return told

    def _one_of(self, text: str) -> str:
        return self._random.choice(text.split("|"))

    def _frames(self, *names: str) -> str:
        found: Any = self._book.follow_ups
        for name in names:
            found = found[name]
        return self._one_of(str(found))

    def opened(self, text: str) -> str:
        """Return words with some before them that change nothing; what asks stands before a verb only."""
        is_asked = IMPERATIVE.match(text) and self._random.random() < 0.6
        return f"{self._random.choice(self._book.asking if is_asked else self._book.before)} {text}"

    def _request(self) -> Said:
        """Return a phrase, mostly one that begins with a verb, so that it stands after `if` and after `don't`."""
        for _ in range(8):
            said = self.plain()
            if IMPERATIVE.match(said.text):
                break
        return said
