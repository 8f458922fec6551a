"""What people say beyond one plain request: conditions, follow-ups, corrections, and what they do not want.

Each is composed of phrases of the book and of the frames in `conditions.yaml` and `followups.yaml`; the calls follow from
those of the phrases and from the catalogue's arguments.
"""

import re

from carpilot.training.conditional import Conditional
from carpilot.training.following import FollowUps
from carpilot.training.phrases import Template, expand, filling, parse_calls, slots_of
from carpilot.training.said import NO_NEED, NOT_WANTED, Said

SHARE_PART, SHARE_DROPPED, SHARE_SAME_TOOL = 0.5, 0.22, 0.5


class Composer(Conditional, FollowUps):
    """Composes all of it."""

    def corrected(self) -> Said:
        """Return a request with a correction inside: of a value or place, of the whole, or dropped at its end."""
        random = self._random
        way = random.random()
        for _ in range(12 if way < SHARE_PART else 0):
            found = self._value_corrected(self._draw("")) if random.random() < 0.75 else self._place_corrected()
            if found is not None:
                return found
        first = self.plain()
        if way < SHARE_PART + SHARE_DROPPED:
            reason = self._frames("corrections", "reasons") if random.random() < 0.3 else ""
            text = first.text + self._frames("corrections", "dropped") + reason
            return Said(text, (NO_NEED,), (NOT_WANTED,))
        second = self._of_the_same_tool(first) if random.random() < SHARE_SAME_TOOL else self.plain()
        return Said(first.text + self._frames("corrections", "whole") + second.text, second.needs, second.calls)

    def _of_the_same_tool(self, first: Said) -> Said:
        """Return a phrase that sets the same thing, mostly otherwise."""
        said = self.plain(self._draw(first.calls[0].name))
        for _ in range(5):
            if said.calls != first.calls:
                break
            said = self.plain(self._draw(first.calls[0].name))
        return said

    def _place_corrected(self) -> Said | None:
        """Return a request whose place is corrected: `open all windows, no, only mine`."""
        first = self.plain()
        if len(first.calls) > 1:
            return None
        moved = self._place_moved(first.calls[0], "")
        if moved is None:
            return None
        place, call = moved
        only = self._random.choice(("", "", "only ", "just "))
        text = f"{first.text}{self._frames('corrections', 'joins')}{only}{place}"
        return Said(re.sub(r" +", " ", text), first.needs, (call,))

    def _value_corrected(self, template: Template) -> Said | None:
        random, slots = self._random, self._book.slots
        text = expand(template.text, random)
        named = [mark for mark in slots_of(text) if not mark[0].endswith("_by") and len(slots[mark[0]]) > 0]
        if not named or "minus" in text:  # the sign would not be said again
            return None
        wrong = random.choice(named)
        said, calls = text, template.calls
        for mark in dict.fromkeys(slots_of(text)):
            words, value = filling(slots[mark[0]], random)
            shown = words
            if mark == wrong:
                for _ in range(10):
                    words, value_right = filling(slots[mark[0]], random)
                    if value_right != value and words != shown:
                        break
                else:
                    return None
                correction, value = words, value_right
            said = said.replace(f"{{{mark[0]}{mark[1]}}}", shown)
            calls = calls.replace(f"{{{mark[0]}{mark[1]}}}", value)
        if "{" in calls or "{" in said or not correction:
            return None
        said += self._frames("corrections", "joins") + correction
        return Said(re.sub(r" +", " ", said), tuple(template.need.split("; ")), parse_calls(calls))

    def negated(self) -> Said:
        """Return a request not to do something."""
        said = self._request()
        return Said(self._frames("negations").replace("{a}", said.text), (NO_NEED,), (NOT_WANTED,))

    def misheard(self, text: str) -> str:
        """Return words as a recogniser may get them wrong."""
        wrong = self._book.follow_ups["misheard"]
        found = [word for word in wrong if re.search(rf"\b{word}\b", text)]
        if not found:
            return text
        word = self._random.choice(found)
        return re.sub(rf"\b{word}\b", self._one_of(str(wrong[word])), text, count=1)
