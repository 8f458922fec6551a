"""What people say beyond one plain request: conditions, follow-ups, corrections, and what they do not want.

Each is composed of phrases of the book and of the frames in `conditions.yaml` and `followups.yaml`; the calls follow from
those of the phrases and from the catalogue's arguments.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from carpilot.reasoning.conditions import ONLY_IF, ONLY_IF_NUMBER
from carpilot.reasoning.grammar import USUAL_CHANGES
from carpilot.reasoning.history import UNDO
from carpilot.reasoning.thought import call_in_words, plain_number
from carpilot.reasoning.tools import REFUSE, SPEAKER, Call, ToolCatalogue
from carpilot.training.phrases import PhraseBook, Template, expand, fill, filling, in_words, parse_calls, slots_of

_OPPOSITE = {
    "driver": "passenger",
    "passenger": "driver",
    "rear_left": "rear_right",
    "rear_right": "rear_left",
    "left": "right",
    "right": "left",
}
_PLACES = {
    "driver": "my side|mine|the driver's side|the driver's|my own|on my side",
    "passenger": "the passenger|the passenger side|the passenger's|my passenger|on the passenger side|the front passenger's",
    "rear_left": "the rear left|behind me|back left|the left one in the back|rear left",
    "rear_right": "the rear right|behind the passenger|back right|the right one in the back|rear right",
    "rear": "in the back|the back|the rear|the back seats|the rear ones|back there",
    "front": "in front|the front|up front|the front ones",
    "all": "everywhere|all of them|everyone|all|the whole car",
    "left": "the left one|the left|left",
    "right": "the right one|the right|right",
}
_IMPERATIVE = re.compile(
    r"^(open|close|shut|turn|switch|set|put|make|play|start|stop|lock|unlock|lower|raise|fold|unfold|dim|mute|skip|call|"
    r"navigate|take|show|activate|deactivate|enable|disable|heat|cool|warm|crank|increase|decrease|reduce|roll|read|move|"
    r"recline|tilt|honk|wash|clear|defrost|send|charge|reset|change|give|let|use|go|drive|select|choose|answer|hang)\b"
)
NOT_WANTED = Call(REFUSE, {"because": "not_wanted"})
NO_NEED = "nothing that is wanted"


@dataclass(frozen=True, slots=True)
class Said:
    """Words with what they mean. `after` are the turns before, as the prompt tells them; `seat` is whose voice it must be."""

    text: str
    needs: tuple[str, ...]
    calls: tuple[Call, ...]
    after: str = ""
    seat: str = ""


class Composer:
    """Composes from templates; `draw` returns the next template that may be joined."""

    def __init__(self, book: PhraseBook, tools: ToolCatalogue, random: Random, draw: Callable[[], Template]) -> None:
        self._book, self._tools, self._random, self._draw = book, tools, random, draw

    def plain(self, template: Template | None = None) -> Said:
        """Return one phrase, filled."""
        template = template or self._draw()
        text, calls = fill(expand(template.text, self._random), template.calls, self._book.slots, self._random)
        return Said(text, tuple(template.need.split("; ")), parse_calls(calls))

    def _one_of(self, text: str) -> str:
        return self._random.choice(text.split("|"))

    def _request(self) -> Said:
        """Return a phrase, mostly one that begins with a verb, so that it stands after `if` and after `don't`."""
        for _ in range(8):
            said = self.plain()
            if _IMPERATIVE.match(said.text):
                break
        return said

    # Conditions

    def conditional(self) -> Said:
        """Return a request that depends on the car's state."""
        random, rows = self._random, self._book.conditions
        is_so = random.random() < 0.6
        if random.random() < 0.78:
            name = random.choice(tuple(rows["facts"]))
            words = self._one_of(rows["facts"][name]["is" if is_so else "not"])
            holds = is_so
            condition = Call(ONLY_IF, {"fact": name, "is": holds})
            is_unless = random.random() < 0.2
            if is_unless:
                condition = Call(ONLY_IF, {"fact": name, "is": not holds})
        else:
            words, condition, is_unless = self._compared(rows)
        said = self._request() if random.random() < 0.8 else self.plain()
        if random.random() < 0.12:
            other = self._request()
            said = Said(f"{said.text} and {other.text}", said.needs + other.needs, (said.calls + other.calls)[:4])
        frames = rows["frames"]["unless" if is_unless else "if"].splitlines()
        text = random.choice(frames).replace("{c}", words).replace("{a}", said.text)
        return Said(text, said.needs, (condition, *said.calls))

    def _compared(self, rows: Mapping[str, Any]) -> tuple[str, Call, bool]:
        """Return a comparison with a number in words and as a call, and whether it is said with `unless`."""
        random = self._random
        name = random.choice(tuple(rows["quantities"]))
        row = rows["quantities"][name]
        side = random.choice(("below", "above"))
        low, high, step = row["numbers"]
        number = low + step * random.randrange((high - low) // step + 1)
        spoken = in_words(number) if 0 <= number < 200 and random.random() < 0.3 else str(number).replace("-", "minus ")
        compared = self._one_of(rows["numbers"][f"degrees_{side}" if row.get("degrees") else side]).replace(
            "{n}", spoken
        )
        words = self._one_of(row["say"]).replace("{cmp}", compared)
        if "{n}" in words:  # a phrase that has its own comparison
            side, words = "above", words.replace("{n}", spoken)
        is_unless = random.random() < 0.12
        opposite = {"below": "above", "above": "below"}
        return words, Call(ONLY_IF_NUMBER, {"what": name, (opposite[side] if is_unless else side): number}), is_unless

    # Follow-ups

    def follow_up(self, seat: str) -> Said:
        """Return what is said after something was done."""
        for _ in range(20):
            first = self.plain()
            said = self._after(first, seat)
            if said is not None:
                return said
        return replace(self._undo(first, seat), seat=seat)

    def _after(self, first: Said, seat: str) -> Said | None:
        random, call = self._random, first.calls[-1]
        ways = [self._undo, self._undo, self._more, self._more, self._more, self._place, self._place, self._place]
        ways += [self._value, self._value, self._back, self._back, self._again, self._stopped]
        found = random.choice(ways)(first, seat)
        if found is None or call.name not in self._tools:
            return None
        return replace(found, after=self.turns(first.calls), seat=seat)

    def turns(self, calls: Sequence[Call]) -> str:
        """Return the prompt's words for turns that ended with some calls."""
        random = self._random
        result = random.choices(("done", "not done", "denied", "confirm"), (12, 1, 1, 1))[0]
        told = f"{', '.join(map(call_in_words, calls[:3]))} {result}"
        if random.random() < 0.35:
            earlier = self.plain().calls
            told += f"; before {', '.join(map(call_in_words, earlier[:3]))} done"
        return told

    def _frames(self, *names: str) -> str:
        found: Any = self._book.follow_ups
        for name in names:
            found = found[name]
        return self._one_of(str(found))

    def _undo(self, first: Said, seat: str) -> Said:
        del seat
        if (len(first.calls) > 1 and self._random.random() < 0.6) or self._random.random() < 0.12:
            return Said(self._frames("undo_all"), ("what was before",), (Call(UNDO, {"what": "all"}),))
        return Said(self._frames("undo"), ("what was before",), (Call(UNDO, {"what": "last"}),))

    def _kept(self, call: Call) -> dict[str, Any]:
        """Return the arguments of a call that say where, not what."""
        by = self._tools[call.name].by
        return {by: call.arguments[by]} if by and by in call.arguments else {}

    def _more(self, first: Said, seat: str) -> Said | None:
        del seat
        call, random = first.calls[-1], self._random
        tool = self._tools.get(call.name)
        if tool is None or tool.change is None:
            return None
        unit = tool.arguments[tool.change].unit
        sizes = dict(zip(("small", "plain", "large"), USUAL_CHANGES[unit], strict=True))
        was = call.arguments.get(tool.change)
        sign = -1 if isinstance(was, int | float) and was < 0 else 1
        way = random.choices(("more", "less", "up", "down"), (5, 4, 1, 1))[0]
        size = "plain" if way in ("up", "down") else random.choices(("small", "plain", "large"), (3, 5, 1))[0]
        text = self._frames(way) if way in ("up", "down") else self._frames(way, size)
        signed = {"more": sign, "less": -sign, "up": 1, "down": -1}[way] * sizes[size]
        needs = tuple(first.needs[-1:]) if way == "more" else (f"other than {first.needs[-1]}",)
        return Said(text, needs, (Call(call.name, {**self._kept(call), tool.change: signed}),))

    def _place(self, first: Said, seat: str) -> Said | None:
        call, random = first.calls[-1], self._random
        tool = self._tools.get(call.name)
        if tool is None or tool.by is None:
            return None
        argument = tool.arguments[tool.by]
        was = str(call.arguments.get(tool.by, argument.default))
        was = seat if was == SPEAKER else was
        others = [choice for choice in argument.choices if choice in _PLACES and choice != was]
        way = random.choice(("other_side", "also_place", "instead_place"))
        if way == "other_side" and _OPPOSITE.get(was) in argument.choices:
            return Said(self._frames(way), first.needs[-1:], (self._at(call, tool.by, _OPPOSITE[was]),))
        if way == "other_side" or not others:
            return None
        place = random.choice(others)
        text = self._frames(way).replace("{place}", self._one_of(_PLACES[place]))
        moved = self._at(call, tool.by, place)
        if way == "also_place":
            return Said(text, first.needs[-1:], (moved,))
        return Said(text, first.needs[-1:], (Call(UNDO, {"what": "last"}), moved))

    def _at(self, call: Call, by: str, place: str) -> Call:
        return Call(call.name, {by: place, **{k: v for k, v in call.arguments.items() if k != by}})

    def _value(self, first: Said, seat: str) -> Said | None:
        del seat
        call, random = first.calls[-1], self._random
        tool = self._tools.get(call.name)
        argument = tool.arguments[tool.value] if tool and tool.value and tool.value in tool.arguments else None
        if tool is None or argument is None or argument.minimum is None or argument.maximum is None:
            return None
        step = max(argument.step, 5.0) if argument.unit in ("percent", "millimetre") else argument.step
        step = 1.0 if argument.unit == "celsius" and random.random() < 0.8 else step
        number = argument.minimum + step * random.randrange(int((argument.maximum - argument.minimum) / step) + 1)
        if number < 0:
            return None
        spoken = in_words(number) if number < 200 and random.random() < 0.35 else plain_number(number)
        value = int(number) if number == int(number) else number
        text = self._frames("value").replace("{n}", spoken)
        return Said(text, ("a set value",), (Call(call.name, {**self._kept(call), argument.name: value}),))

    def _back(self, first: Said, seat: str) -> Said | None:
        """Return a request for the contrary of a call: off again, close it."""
        del seat
        call = first.calls[-1]
        tool = self._tools.get(call.name)
        if tool is None:
            return None
        for name in ("on", "open", "locked"):
            if isinstance(call.arguments.get(name), bool):
                words = {"on": ("on", "off"), "open": ("open", "closed"), "locked": ("locked", "unlocked")}[name]
                is_on = not call.arguments[name]
                text = self._frames("back", words[0 if is_on else 1])
                return Said(text, ("the contrary",), (Call(call.name, {**call.arguments, name: is_on}),))
        level = call.arguments.get("level")
        if level and tool.arguments["level"].minimum == 0:
            return Said(
                self._frames("back", "off"), ("the contrary",), (Call(call.name, {**call.arguments, "level": 0}),)
            )
        if call.name == "set_window" and call.arguments.get("percent"):
            shut = Call(call.name, {**call.arguments, "percent": 0})
            return Said(self._frames("back", "closed"), ("the contrary",), (shut,))
        return None

    def _again(self, first: Said, seat: str) -> Said | None:
        del seat
        call = first.calls[-1]
        tool = self._tools.get(call.name)
        is_momentary = call.name in ("skip_track", "sound_horn", "wash_windscreen", "wash_rear_window")
        if tool is None or not (is_momentary or (tool.change and tool.change in call.arguments)):
            return None
        return Said(self._frames("again"), first.needs[-1:], (call,))

    def _stopped(self, first: Said, seat: str) -> Said:
        del first, seat
        return Said(self._frames("stop"), (NO_NEED,), (NOT_WANTED,))

    def answered(self) -> Said:
        """Return the answer to a question back: the thing alone, after a request that did not name it."""
        device = self._random.choice(self._book.devices)
        side = self._random.choice(("switched_on", "switched_off"))
        noun = self._one_of(device["nouns"]).removeprefix("the ")
        asked = self._frames("asked", "on" if side == "switched_on" else "off")
        need = device["need"] if side == "switched_on" else f"no {device['need']}"
        text = self._frames("answers").replace("{x}", noun)
        return Said(text, (need,), parse_calls(device[side]), f"asked on: {asked}")

    # Corrections and what is not wanted

    def corrected(self) -> Said:
        """Return a request with a correction inside: of a value or place, of the whole, or dropped at its end."""
        random = self._random
        way = random.random()
        if way < 0.5:
            for _ in range(12):
                found = self._value_corrected(self._draw())
                if found is not None:
                    return found
        first = self.plain()
        if way < 0.75:
            text = first.text + self._frames("corrections", "dropped")
            return Said(text, (NO_NEED,), (NOT_WANTED,))
        second = self.plain()
        return Said(first.text + self._frames("corrections", "whole") + second.text, second.needs, second.calls)

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
