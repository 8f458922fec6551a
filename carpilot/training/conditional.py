"""Requests that depend on the car's state: a condition beside any phrase, or about the very thing that it names.

`if it's raining, close the roof`, and `if the hazards are still on, turn them off`.
"""

import re
from collections.abc import Mapping
from typing import Any

from carpilot.reasoning.conditions import ONLY_IF, ONLY_IF_NUMBER
from carpilot.reasoning.phrases import in_words, parse_calls
from carpilot.reasoning.tools import Call
from carpilot.training.said import Said, Sayings

SHARE_ABOUT_THE_SAME, SHARE_NUMBER = 0.3, 0.22
_LASTING = re.compile(r"\b(is|are|am) (on|open|running|flashing|playing|going|closed|off|folded|heated|locked)\b")
_STATEMENT = re.compile(r"^((?:the|a|any|my|we|it)\b(?:(?! is | are )[a-z' -])*)(?: is| are|'re|'s) (?!not |in\b)(.+)$")
_CONTRARY = {"below": "above", "above": "below"}


class Conditional(Sayings):
    """Composes conditions."""

    def conditional(self) -> Said:
        """Return a request that depends on the car's state."""
        random = self._random
        if random.random() < SHARE_ABOUT_THE_SAME:
            return random.choice((self._itself, self._itself, self._its_level, self._its_number, self._there))()
        words, condition, is_unless = self._compared() if random.random() < SHARE_NUMBER else self._stated()
        said = self._request() if random.random() < 0.8 else self.plain()
        if random.random() < 0.12:
            other = self._request()
            said = Said(f"{said.text} and {other.text}", (said.calls + other.calls)[:4])
        return self._framed(words, condition, is_unless, said)

    def _framed(self, words: str, condition: Call, is_unless: bool, said: Said) -> Said:
        frames = self._book.conditions["frames"]["unless" if is_unless else "if"].splitlines()
        text = self._random.choice(frames).replace("{c}", words).replace("{a}", said.text)
        should = _STATEMENT.sub(r"should \1 be \2", words)
        if should != words and not is_unless and self._random.random() < 0.06:
            text = f"{should}, {said.text}"
        return Said(text, (condition, *said.calls))

    def _fact(self, name: str, is_so: bool) -> tuple[str, Call, bool]:
        """Return words for a fact or its contrary, the condition, and whether it is said with `unless`."""
        words = self._one_of(self._book.conditions["facts"][name]["is" if is_so else "not"])
        if self._random.random() < 0.1:
            words = _LASTING.sub(r"\1 still \2", words)
        is_unless = self._random.random() < 0.2
        return words, Call(ONLY_IF, {"fact": name, "is": is_so is not is_unless}), is_unless

    def _stated(self) -> tuple[str, Call, bool]:
        random = self._random
        return self._fact(random.choice(tuple(self._book.conditions["facts"])), random.random() < 0.6)

    def _compared(self, name: str | None = None) -> tuple[str, Call, bool]:
        """Return a comparison with a number in words and as a call, and whether it is said with `unless`."""
        random, rows = self._random, self._book.conditions
        name = name or random.choice(tuple(rows["quantities"]))
        row = rows["quantities"][name]
        side = random.choice(("below", "above"))
        number, spoken = self._drawn(row["numbers"])
        compared = self._one_of(rows["numbers"][f"degrees_{side}" if row.get("degrees") else side])
        words = self._one_of(row["say"]).replace("{cmp}", compared.replace("{n}", spoken))
        if "{n}" in words:  # a phrase that has its own comparison
            side, words = "above", words.replace("{n}", spoken)
        is_unless = random.random() < 0.12
        return words, Call(ONLY_IF_NUMBER, {"what": name, (_CONTRARY[side] if is_unless else side): number}), is_unless

    def _drawn(self, numbers: tuple[int, int, int]) -> tuple[int, str]:
        """Return a number of a range, and how it is spoken."""
        low, high, step = numbers
        number = low + step * self._random.randrange((high - low) // step + 1)
        if 1 < number < 200 and self._random.random() < 0.3:
            return number, in_words(number)
        return number, str(number).replace("-", "minus ")

    # About the thing itself: `it`, `them`, `there`

    def _row(self, table: str) -> tuple[str, Mapping[str, Any]]:
        rows = self._book.conditions[table]
        name = self._random.choice(tuple(rows))
        return name, rows[name]

    def _itself(self) -> Said:
        """Ask to end what is so, or to begin what is not: `if the boot is open, shut it`."""
        name, row = self._row("themselves")
        sides = [side for side in ("is", "not") if side in row]
        side = self._random.choice(sides)
        way, calls = row[side]
        words, condition, _ = self._fact(name, side == "is")
        condition = Call(ONLY_IF, {"fact": name, "is": side == "is"})
        said = Said(self._one_of(self._book.conditions["pronouns"][way]), parse_calls(calls))
        return self._framed(words, condition, False, said)

    def _its_level(self) -> Said:
        """Ask for another level of what is on: `if my seat is heated, turn it down to one`."""
        name, row = self._row("levels")
        words, _, _ = self._fact(name, True)
        condition = Call(ONLY_IF, {"fact": name, "is": True})
        number, spoken = self._drawn(row["numbers"])
        way = self._random.choice(tuple(row["calls"]))
        text = self._one_of(self._book.conditions["pronouns"][way]).replace("{n}", spoken)
        calls = parse_calls(row["calls"][way].replace("{n}", str(number)))
        return self._framed(words, condition, False, Said(text, calls))

    def _its_number(self) -> Said:
        """Ask for another value of what was compared: `if the volume is above 50, set it to 30`."""
        name, call = self._row("settings")
        words, condition, is_unless = self._compared(name)
        number, spoken = self._drawn(self._book.conditions["quantities"][name]["numbers"])
        text = self._one_of(self._book.conditions["pronouns"]["to"]).replace("{n}", spoken)
        calls = parse_calls(str(call).replace("{n}", str(number)))
        return self._framed(words, condition, is_unless, Said(text, calls))

    def _there(self) -> Said:
        """Ask for something at the place that the condition names: `if someone is behind me, warm that seat`."""
        rows = self._book.conditions["there"]
        name = self._random.choice(tuple(rows["places"]))
        is_so = self._random.random() < 0.6
        words, condition, is_unless = self._fact(name, is_so)
        text, calls = self._random.choice(tuple(rows["deeds"].items()))
        place = rows["places"][name]
        many = "many" if place == "rear" else "one"
        text = self._one_of(text).replace("{seat}", self._one_of(rows["words"]["seat"][many]))
        text = text.replace("{window}", self._one_of(rows["words"]["window"][many]))
        return self._framed(words, condition, is_unless, Said(text, parse_calls(calls.replace("{p}", place))))
