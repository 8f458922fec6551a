"""The phrase book: templates of what people say, and the calls that they mean.

A template has choices `(a|b)`, parts that may be left out `[a]` and slots `{place}`, which `slots.yaml` fills; a slot
with a number sign, `{celsius#2}`, is filled on its own. The calls of a group hold the same slots.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from carpilot.errors import InputError
from carpilot.files import asset_folder, load_yaml
from carpilot.reasoning.numbers import TENS, UNITS
from carpilot.reasoning.tools import Call

_CALL = re.compile(r"(\w+)\(([^()]*)\)")
_INNERMOST = re.compile(r"\(([^()\[\]]*)\)|\[([^()\[\]]*)\]")
_SLOT = re.compile(r"\{([a-z_]+)(#\d)?\}")
SPEAKER_SLOT = "speaker"


@dataclass(frozen=True, slots=True)
class Template:
    """One way to say something: its text, what is needed, the calls in writing, when it means that, and who says it."""

    text: str
    need: str
    calls: str
    group: int
    when: str | None = None
    names_device: bool = False
    seat: str = ""


@dataclass(frozen=True, slots=True)
class PhraseBook:
    """Everything that is written by hand."""

    templates: tuple[Template, ...]
    slots: Mapping[str, Mapping[str, Any]]
    before: tuple[str, ...]
    asking: tuple[str, ...]
    after: tuple[str, ...]
    joins: tuple[str, ...]
    chatter: tuple[str, ...]
    reasons: tuple[str, ...]
    devices: tuple[Mapping[str, str], ...]
    verbs: Mapping[str, tuple[str, ...]]
    conditions: Mapping[str, Any]
    follow_ups: Mapping[str, Any]
    pointing: Mapping[str, Mapping[str, Mapping[str, str]]]


def read_phrase_book(folder: Path | None = None) -> PhraseBook:
    """Return the phrase book in a folder of YAML files, by default the one that ships with carpilot."""
    folder = folder or asset_folder("phrases")
    slots = load_yaml(folder / "slots.yaml")
    templates: list[Template] = []
    group = 0
    for path in sorted(folder.glob("*.yaml")):
        for row in load_yaml(path).get("groups", ()):
            group += 1
            lines = [line.strip() for line in row["phrases"].splitlines() if line.strip()]
            parse_calls(without_slots(row["calls"]))
            said_by = str(row.get("seat", ""))
            templates += [Template(x, row["need"], row["calls"], group, row.get("when"), seat=said_by) for x in lines]
    for device in slots["devices"]:
        for side in ("switched_on", "switched_off"):
            group += 1
            for verb in slots["verbs"][side].split("|"):
                text = verb.replace("{x}", "(" + device["nouns"] + ")")
                need = device["need"] if side == "switched_on" else f"no {device['need'].removeprefix('a ')}"
                templates.append(Template(text, need, device[side], group, names_device=True))
    return PhraseBook(
        templates=tuple(templates),
        slots=slots["slots"],
        before=_listed(slots["before"]),
        asking=_listed(slots["asking"]),
        after=_listed(slots["after"]),
        joins=tuple(slots["joins"].split("|")),
        chatter=tuple(slots["chatter"]),
        reasons=tuple(slots["reasons"]),
        devices=tuple(slots["devices"]),
        verbs={side: tuple(texts.split("|")) for side, texts in slots["verbs"].items()},
        conditions=load_yaml(folder / "conditions.yaml"),
        follow_ups=load_yaml(folder / "followups.yaml"),
        pointing=load_yaml(folder / "pointing.yaml")["pointing"],
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|"))


def parse_calls(text: str) -> tuple[Call, ...]:
    """Return calls written as `set_window(window=rear, percent=50); set_boot(open=true)`."""
    found = tuple(
        Call(m[1], dict(_pair(pair) for pair in m[2].split(",") if pair.strip())) for m in _CALL.finditer(text)
    )
    if not found or len(found) != text.count("("):
        raise InputError(f"no calls can be read in {text!r}")
    return tuple(Call(c.name, {k: v for k, v in c.arguments.items() if v != SPEAKER_SLOT}) for c in found)


def _pair(text: str) -> tuple[str, Any]:
    name, _, value = text.strip().partition("=")
    return name, _value(value.replace("--", ""))


def _value(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number == int(number) else number


def in_words(value: float) -> str:
    """Return a number below 1000 as it is spoken: twenty two and a half."""
    whole, half = int(value), value != int(value)
    if whole >= 100:
        text = "a hundred" + (f" and {in_words(whole - 100)}" if whole > 100 else "")
    elif whole < 20:
        text = UNITS[whole]
    else:
        text = TENS[whole // 10 - 2] + (f" {UNITS[whole % 10]}" if whole % 10 else "")
    return text + (" and a half" if half else "")


@cache
def _branches(text: str) -> tuple[str, ...]:
    """Split at the bars outside all brackets."""
    return tuple(text.split("|"))


def expand(template: str, random: Random) -> str:
    """Return one reading of the choices and optional parts of a template; slots stay."""
    while True:
        match = _INNERMOST.search(template)
        if match is None:
            return re.sub(r" +", " ", template).strip()
        if match[1] is not None:
            chosen = random.choice(_branches(match[1]))
        else:
            chosen = random.choice(_branches(match[2])) if random.random() < 0.4 else ""
        template = template[: match.start()] + chosen + template[match.end() :]


def fill(text: str, calls: str, slots: Mapping[str, Mapping[str, Any]], random: Random) -> tuple[str, str]:
    """Return the text and its calls with every slot filled alike in both."""
    for name, mark in dict.fromkeys(_SLOT.findall(text + calls)):
        if name not in slots:
            raise InputError(f"the phrase {text!r} has the slot {name!r}, which slots.yaml lacks")
        is_said = f"{{{name}{mark}}}" in text
        said, value = filling(slots[name], random) if is_said else ("", _unsaid(name, slots[name]))
        text = text.replace(f"{{{name}{mark}}}", said)
        calls = calls.replace(f"{{{name}{mark}}}", value)
    return re.sub(r" +", " ", text).strip(), calls


def _unsaid(name: str, slot: Mapping[str, Any]) -> str:
    """Return the value that a slot has when nothing is said of it: the one that may be said with no words."""
    for value, said in slot.items():
        if isinstance(said, str) and "" in said.split("|"):
            return str(value)
    raise InputError(f"the slot {name!r} stands in the calls only, but has no value for saying nothing")


def without_slots(calls: str) -> str:
    """Return calls in writing with a number in every slot, so that they can be read."""
    return _SLOT.sub("50", calls)


def slots_of(text: str) -> list[tuple[str, str]]:
    """Return the slots of a text, each with its mark (`#2`) or nothing."""
    return _SLOT.findall(text)


def filling(slot: Mapping[str, Any], random: Random) -> tuple[str, str]:
    """Return words for a slot and the value that they stand for."""
    if "number" in slot:
        low, high, step = slot["number"]
        whole_only = step < 1 and random.random() < 0.8
        number = low + (1 if whole_only else step) * random.randrange(
            int((high - low) / (1 if whole_only else step)) + 1
        )
        # A lone "one" is seldom a number, so that it is not read as one.
        spoken = in_words(number) if number > 1 and random.random() < 0.3 else f"{number:g}"
        return spoken, f"{number:g}"
    value = random.choice(tuple(slot))
    return random.choice(str(slot[value]).split("|")), str(value)


def held_out(templates: Sequence[Template], seed: int, share: float = 0.08) -> frozenset[str]:
    """Return the template texts that are kept from training, none from a group of fewer than five."""
    random = Random(seed)
    sizes: dict[int, int] = {}
    for template in templates:
        sizes[template.group] = sizes.get(template.group, 0) + 1
    return frozenset(t.text for t in templates if sizes[t.group] >= 5 and random.random() < share)
