"""What people say beyond one plain request: conditions, follow-ups, corrections, and what they do not want.

Each is composed of phrases of the book and of the frames in `conditions.yaml` and `followups.yaml`; the calls follow from
those of the phrases and from the catalogue's arguments.
"""

import re
from collections.abc import Sequence

from carpilot.reasoning.phrases import Template, expand, filling, parse_calls, slots_of
from carpilot.training.conditional import Conditional
from carpilot.training.following import FollowUps
from carpilot.training.said import IMPERATIVE, NOT_WANTED, Said

_FAMILIES = (
    (
        "set_temperature",
        "set_fan",
        "set_seat_heating",
        "set_steering_wheel_heating",
        "set_seat_ventilation",
        "set_air_direction",
    ),
    (
        "set_front_defrost",
        "set_rear_defrost",
        "set_max_defrost",
        "set_wipers",
        "wash_windscreen",
        "set_windscreen_heating",
    ),
    ("set_headlights", "set_high_beam", "set_fog_lights", "set_auto_high_beam"),
    ("set_dome_light", "set_reading_light", "set_ambient_brightness", "set_display_brightness", "set_glove_box_light"),
    ("set_volume", "set_mute", "set_tone", "set_playback", "skip_track", "set_media_source"),
    ("set_window", "set_sunroof", "set_recirculation", "set_air_purifier", "set_air_conditioning"),
    (
        "set_seat_position",
        "set_seat_height",
        "set_seat_recline",
        "set_lumbar_support",
        "set_headrest",
        "set_seat_massage",
    ),
    ("set_shade", "set_mirror_dimming", "set_display_mode"),
    ("set_lock", "set_child_lock", "set_window_lock", "set_boot"),
    ("navigate", "add_stop", "set_route_preference", "set_avoid_motorways", "set_charging_stops"),
)
"""Tools that one reason can ask for: what is said of it beside an explicit request of the same family asks for no more."""
_TELLS = re.compile(
    r"^(i'm|i am|i feel|i can|i see|it's|it is|it feels|my|we're|we are|there's|there is|this|that|the|her|his|she|he|they|"
    r"everyone|everything|nobody|someone|somebody|these|those|what a|so|too)\b.*\b(am|is|are|'m|'s|'re|feel|feels|can't|"
    r"cannot|keeps|smells|hurts|hurt|blinds|aches|looks|gets|getting|too|so)\b"
)
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
            return Said(text, (NOT_WANTED,))
        second = self._of_the_same_tool(first) if random.random() < SHARE_SAME_TOOL else self.plain()
        return Said(first.text + self._frames("corrections", "whole") + second.text, second.calls)

    def reasoned(self) -> Said:
        """Return an explicit request with its reason: `it's chilly in here, could you set 24 degrees`, which is one act."""
        random = self._random
        family = random.choice(_FAMILIES)
        request = self._like(family, is_imperative=True)
        reason = self._like(family, is_imperative=False)
        if random.random() < 0.75:
            text = f"{reason.text}{self._frames('reasoned')}{request.text}"
        else:
            text = f"{request.text}{self._frames('reasons')}{reason.text}"
        return Said(re.sub(r" +", " ", text), request.calls)

    def _like(self, family: Sequence[str], is_imperative: bool) -> Said:
        """Return a phrase of a family of tools that names an act, or one that only tells how things are."""
        for _ in range(40):
            said = self.plain(self._draw(self._random.choice(family)))
            if (
                bool(IMPERATIVE.match(said.text)) is is_imperative
                and bool(_TELLS.match(said.text)) is not is_imperative
            ):
                break
        return said

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
        return Said(re.sub(r" +", " ", text), (call,))

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
        return Said(re.sub(r" +", " ", said), parse_calls(calls))

    def negated(self) -> Said:
        """Return a request not to do something."""
        said = self._request()
        return Said(self._frames("negations").replace("{a}", said.text), (NOT_WANTED,))

    def misheard(self, text: str) -> str:
        """Return words as a recogniser may get them wrong."""
        wrong = self._book.follow_ups["misheard"]
        found = [word for word in wrong if re.search(rf"\b{word}\b", text)]
        if not found:
            return text
        word = self._random.choice(found)
        return re.sub(rf"\b{word}\b", self._one_of(str(wrong[word])), text, count=1)
