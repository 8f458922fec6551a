"""What is said after something was done: more of it, elsewhere, another value, back again, or an answer to a question."""

from dataclasses import replace
from typing import Any

from carpilot.reasoning.grammar import USUAL_CHANGES
from carpilot.reasoning.history import UNDO
from carpilot.reasoning.phrases import in_words, parse_calls
from carpilot.reasoning.prompt import CALLS_TOLD
from carpilot.reasoning.thought import call_in_words, plain_number
from carpilot.reasoning.tools import ASK, SPEAKER, Call
from carpilot.training.said import NOT_WANTED, Said, Sayings

_OPPOSITE = {
    "driver": "passenger",
    "passenger": "driver",
    "rear_left": "rear_right",
    "rear_right": "rear_left",
    "left": "right",
    "right": "left",
}
_SWITCHES = {"on": ("on", "off"), "open": ("open", "closed"), "locked": ("locked", "unlocked")}
_MOMENTARY = ("skip_track", "sound_horn", "wash_windscreen", "wash_rear_window")
_LAST, _ALL = Call(UNDO, {"what": "last"}), Call(UNDO, {"what": "all"})
SHARE_TOLD = 0.04
SHARE_UNDONE = 0.08


class FollowUps(Sayings):
    """Composes follow-ups."""

    def follow_up(self, seat: str) -> Said:
        """Return what is said after something was done, or told."""
        if self._random.random() < SHARE_TOLD:
            return replace(self._after_answer(), seat=seat)
        for _ in range(20):
            first = self.plain()
            said = self._after(first, seat)
            if said is not None:
                return said
        return replace(self._undo(first, seat), seat=seat)

    def _after(self, first: Said, seat: str) -> Said | None:
        call = first.calls[-1]
        if len(first.calls) > CALLS_TOLD:  # the prompt would not tell of the last one
            return None
        ways = {
            self._undo: 2,
            self._more: 3,
            self._too: 1.5,
            self._place: 3,
            self._value: 2,
            self._choice: 2,
            self._back: 2,
            self._again: 1,
            self._stopped: 1,
        }
        way = self._random.choices(tuple(ways), tuple(ways.values()))[0]
        found = way(first, seat)
        if found is None or call.name not in self._tools:
            return None
        told = self.turns(first.calls)
        if way in (self._more, self._value, self._choice, self._back) and self._random.random() < SHARE_UNDONE:
            told = f"undo last done; before {', '.join(map(call_in_words, first.calls[:CALLS_TOLD]))} done"
        return replace(found, after=told, seat=seat)

    def _undo(self, first: Said, seat: str) -> Said:
        del seat
        if (len(first.calls) > 1 and self._random.random() < 0.6) or self._random.random() < 0.12:
            return Said(self._frames("undo_all"), (_ALL,))
        return Said(self._frames("undo"), (_LAST,))

    def _kept(self, call: Call) -> dict[str, Any]:
        """Return the arguments of a call that say where, not what."""
        by = self._tools[call.name].by
        return {by: call.arguments[by]} if by and by in call.arguments else {}

    def _steps(self, call: Call) -> tuple[str, dict[str, float]] | None:
        """Return the argument by which a call's tool changes, and the usual sizes of a change."""
        tool = self._tools.get(call.name)
        if tool is None or tool.change is None:
            return None
        sizes = USUAL_CHANGES[tool.arguments[tool.change].unit]
        return tool.change, dict(zip(("small", "plain", "large"), sizes, strict=True))

    def _more(self, first: Said, seat: str) -> Said | None:
        del seat
        call, random = first.calls[-1], self._random
        steps = self._steps(call)
        if steps is None:
            return None
        change, sizes = steps
        was = call.arguments.get(change)
        sign = -1 if isinstance(was, int | float) and was < 0 else 1
        way = random.choices(("more", "less", "up", "down"), (5, 4, 1, 1))[0]
        size = "plain" if way in ("up", "down") else random.choices(("small", "plain", "large"), (3, 5, 1))[0]
        text = self._frames(way) if way in ("up", "down") else self._frames(way, size)
        signed = {"more": sign, "less": -sign, "up": 1, "down": -1}[way] * sizes[size]
        return Said(text, (Call(call.name, {**self._kept(call), change: signed}),))

    def _too(self, first: Said, seat: str) -> Said | None:
        """Complain of what is now too much or too little, in the words that suit the thing: too loud, still too cold."""
        del seat
        call, random = first.calls[-1], self._random
        steps, rows = self._steps(call), self._book.follow_ups["too"]
        if steps is None or call.name not in rows:
            return None
        change, sizes = steps
        is_up = random.random() < 0.5
        text = self._frames("too", call.name, "up" if is_up else "down")
        signed = sizes["plain"] * (1 if is_up else -1)
        return Said(text, (Call(call.name, {**self._kept(call), change: signed}),))

    def _place(self, first: Said, seat: str) -> Said | None:
        call, tool = first.calls[-1], self._tools.get(first.calls[-1].name)
        if tool is None or tool.by is None:
            return None
        way = self._random.choice(("other_side", "also_place", "instead_place"))
        if way == "other_side":
            was = str(call.arguments.get(tool.by, tool.arguments[tool.by].default))
            other = _OPPOSITE.get(seat if was == SPEAKER else was)
            is_one = other in tool.arguments[tool.by].choices
            return Said(self._frames(way), (_at(call, tool.by, str(other)),)) if is_one else None
        moved = self._place_moved(call, seat)
        if moved is None:
            return None
        text = self._frames(way).replace("{place}", moved[0])
        return Said(text, (moved[1],) if way == "also_place" else (_LAST, moved[1]))

    def _place_moved(self, call: Call, seat: str) -> tuple[str, Call] | None:
        """Return words for another place than that of a call, and the call there; nothing if it has no place."""
        rows, tool = self._book.follow_ups["places"], self._tools.get(call.name)
        if tool is None or tool.by is None:
            return None
        argument = tool.arguments[tool.by]
        was = str(call.arguments.get(tool.by, argument.default))
        was = seat if was == SPEAKER else was
        others = [choice for choice in argument.choices if choice in rows and choice != was]
        if not others:
            return None
        place = self._random.choice(others)
        return self._frames("places", place), _at(call, tool.by, place)

    def _value(self, first: Said, seat: str) -> Said | None:
        del seat
        return self._number(first.calls[-1])

    def _number(self, call: Call) -> Said | None:
        """Return a bare number for what a call sets."""
        random, tool = self._random, self._tools.get(call.name)
        argument = tool.arguments[tool.value] if tool and tool.value and tool.value in tool.arguments else None
        if tool is None or argument is None or argument.minimum is None or argument.maximum is None:
            return None
        step = max(argument.step, 5.0) if argument.unit in ("percent", "millimetre") else argument.step
        step = 1.0 if argument.unit == "celsius" and random.random() < 0.8 else step
        number = argument.minimum + step * random.randrange(int((argument.maximum - argument.minimum) / step) + 1)
        if number < 0:
            return None
        spoken = in_words(number) if 1 < number < 200 and random.random() < 0.35 else plain_number(number)
        value = int(number) if number == int(number) else number
        text = self._frames("value").replace("{n}", spoken)
        return Said(text, (Call(call.name, {**self._kept(call), argument.name: value}),))

    def _choice(self, first: Said, seat: str) -> Said | None:
        """Choose another of what a call could have chosen: `no, at the windscreen`, `green instead`."""
        del seat
        call = first.calls[-1]
        tool, rows = self._tools.get(call.name), self._book.follow_ups["choices"].get(call.name)
        if tool is None or rows is None or tool.value is None or call.arguments.get(tool.value) not in rows:
            return None
        choice = self._random.choice([choice for choice in rows if choice != call.arguments[tool.value]])
        text = self._frames("choice").replace("{x}", self._frames("choices", call.name, choice))
        return Said(text, (Call(call.name, {**call.arguments, tool.value: choice}),))

    def _back(self, first: Said, seat: str) -> Said | None:
        """Return a request for the contrary of a call: off again, close it."""
        del seat
        call = first.calls[-1]
        tool = self._tools.get(call.name)
        if tool is None:
            return None
        for name, words in _SWITCHES.items():
            if isinstance(call.arguments.get(name), bool):
                is_on = not call.arguments[name]
                text = self._frames("back", words[0 if is_on else 1])
                return Said(text, (Call(call.name, {**call.arguments, name: is_on}),))
        is_level = call.arguments.get("level") and tool.arguments["level"].minimum == 0
        if is_level or (call.name in ("set_window", "set_sunroof") and call.arguments.get("percent")):
            name, word = ("level", "off") if is_level else ("percent", "closed")
            shut = Call(call.name, {**call.arguments, name: 0})
            return Said(self._frames("back", word), (shut,))
        if call.name == "set_playback":
            action = "play" if call.arguments["action"] != "play" else "pause"
            return Said(self._frames("back", action), (Call(call.name, {"action": action}),))
        return None

    def _again(self, first: Said, seat: str) -> Said | None:
        del seat
        call = first.calls[-1]
        tool = self._tools.get(call.name)
        if tool is None or not (call.name in _MOMENTARY or (tool.change and tool.change in call.arguments)):
            return None
        return Said(self._frames("again"), (call,))

    def _stopped(self, first: Said, seat: str) -> Said:
        del first, seat
        return Said(self._frames("stop"), (NOT_WANTED,))

    def _after_answer(self) -> Said:
        """Return what is to be done to what was told: `set it to ten`, after the volume was told."""
        rows = self._book.follow_ups["told"]
        if self._random.random() < 0.5:
            return self._after_fact()
        topic = self._random.choice(tuple(rows))
        (call,) = parse_calls(rows[topic])
        said = self._number(call) if self._random.random() < 0.5 else self._too(Said("", (call,)), "")
        said = said or self._more(Said("", (call,)), "")
        if said is None:
            raise ValueError(f"what was told of {topic} cannot be set")
        return replace(said, after=f"told {topic.replace('_', ' ')}")

    def bare(self) -> Said:
        """Return a follow-up that nothing went before, so that it must ask: `make it 30`, `a bit more`."""
        way = self._random.choice((("value",), ("value",), ("up",), ("down",), ("more", "small"), ("less", "plain")))
        number = self._random.randrange(2, 100)
        spoken = in_words(number) if self._random.random() < 0.3 else str(number)
        return Said(self._frames(*way).replace("{n}", spoken), (Call(ASK, {"about": "what"}),))

    def _after_fact(self) -> Said:
        """Return the contrary of a fact that was told: `shut it`, after it was told that the boot is open."""
        topics, rows = self._book.follow_ups["told_facts"], self._book.conditions
        topic = self._random.choice(tuple(topics))
        way, calls = self._random.choice(tuple(rows["themselves"][topics[topic]].values()))
        text = self._one_of(rows["pronouns"][way])
        return Said(text, parse_calls(calls), f"told {topic.replace('_', ' ')}")

    def answered(self) -> Said:
        """Return the answer to a question back: the thing alone, after a request that did not name it."""
        device = self._random.choice(self._book.devices)
        side = self._random.choice(("switched_on", "switched_off"))
        noun = self._one_of(device["nouns"]).removeprefix("the ")
        asked = self._frames("asked", "on" if side == "switched_on" else "off")
        text = self._frames("answers").replace("{x}", noun)
        return Said(text, parse_calls(device[side]), f"asked on: {asked}")


def _at(call: Call, by: str, place: str) -> Call:
    return Call(call.name, {by: place, **{name: value for name, value in call.arguments.items() if name != by}})
