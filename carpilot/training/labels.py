"""Sentences of published corpora, read from a file of JSON lines, and what their labels mean in our calls.

A line has `text`, `source` and `label`, may have `domain` and `context_dependent`. Only labels that map without doubt are
used; a domain that the car lacks becomes a refusal. Everything else is passed over.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from carpilot.errors import InputError
from carpilot.files import read_text
from carpilot.reasoning.numbers import numbers_said, with_digits
from carpilot.reasoning.phrases import parse_calls
from carpilot.training import label_tables as tables
from carpilot.training.corpus import Labelled

MAX_CORPUS_BYTES = 50_000_000
Row = Mapping[str, Any]


def read_corpora(paths: Sequence[Path], holdout: Collection[str]) -> tuple[Labelled, ...]:
    """Return what can be used of corpus files; sources in `holdout`, and sentences that they share, are left out."""
    rows = [row for path in paths for row in _rows(path)]
    kept_back = {with_digits(row["text"]) for row in rows if row["source"] in holdout}
    found: dict[str, Labelled] = {}
    for row in rows:
        words = with_digits(row["text"])
        meant = _meaning(row, words)
        if meant is not None and words not in kept_back and len(words) <= 200:
            corpus, licence = str(row["source"]).split(":")[0], str(row.get("licence", "unknown"))
            found.setdefault(words, Labelled(row["text"], parse_calls(meant), corpus, licence))
    return tuple(found.values())


def sources(labelled: Sequence[Labelled]) -> list[dict[str, Any]]:
    """Return each corpus that sentences came from, its licence and how many it gave."""
    counts = Counter((row.corpus, row.licence) for row in labelled)
    return [{"corpus": name, "licence": terms, "sentences": count} for (name, terms), count in counts.most_common()]


def _rows(path: Path) -> list[Row]:
    rows: list[Row] = []
    for number, line in enumerate(read_text(path, MAX_CORPUS_BYTES).splitlines(), start=1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InputError(f"{path}, line {number}: no JSON") from error
        if not isinstance(row, dict) or not {"text", "source", "label"} <= set(row):
            raise InputError(f"{path}, line {number}: needs text, source and label")
        rows.append(row)
    return rows


def _meaning(row: Row, words: str) -> str | None:
    """Return the calls that a label means, or None where that is in doubt."""
    label = row["label"] if isinstance(row["label"], Mapping) else {"intent": row["label"]}
    reader: Callable[[Row, Mapping[str, Any], str], str | None] = _by_intent
    if "gold_calls" in label and row["source"].startswith("VehicleWorld"):
        reader = _vehicle_world
    elif str(label.get("intent", "")).startswith("VEHICLE_SETTINGS"):
        reader = _settings
    elif str(label.get("intent", "")) in ("HVACFanSpeed", "HVACTemperature", "VolumeControl"):
        reader = _spoken_control
    elif "gold_calls" in label or "gold_actions" in label or "task_type" in label:
        return None
    return reader(row, label, words)


def _refusal(because: str) -> str:
    return f"refuse(because={because})"


def _by_how_much(calls: str, words: str) -> str:
    """Return a call that changes by ten, with five or twenty instead where the words say so."""
    size = "5" if re.search(r"\b(bit|little|slightly|tad|touch|notch)\b", words) else "10"
    size = "20" if re.search(r"\b(a lot|much|way)\b", words) else size
    return re.sub(r"(change=-?)10\b", rf"\g<1>{size}", calls)


def _by_intent(row: Row, label: Mapping[str, Any], words: str) -> str | None:
    intent = str(label.get("intent", ""))
    if tables.ANY_MUSIC.search(words):
        return "set_playback(action=play)"
    if row.get("domain") == "weather" and re.search(r"outside|out there|outdoor", words):
        return None
    if (
        intent in tables.INTENTS
        and not tables.DOUBTFUL.search(words)
        and not (intent.startswith("audio") and numbers_said(words))
    ):
        calls = tables.INTENTS[intent]
        is_about_title = intent == "music_query" and tables.TITLE.search(words)
        if calls.startswith("refuse") and (len(words.split()) < 4 or tables.PLAYER.search(words) or is_about_title):
            return None
        return _by_how_much(calls, words)
    if (
        intent.endswith(("lightdim", "lightup", "lightchange"))
        and not tables.ROOMS.search(words)
        and not numbers_said(words)
    ):
        return _lights(intent, words)
    if intent == "HassSetVolume":
        said = [n for n in numbers_said(words) if 0 <= n <= 100]
        return f"set_volume(percent={said[0]:g})" if len(said) == 1 else None
    if tables.ROOMS.search(words):
        return _refusal("not_in_car")
    if row.get("domain") in ("navigation", "poi", "traffic") and tables.OUR_PLACES.search(words):
        return None
    if row.get("domain") in tables.REFUSED and not intent.startswith("VEHICLE"):
        return _refusal(tables.REFUSED[row["domain"]])
    return None


def _lights(intent: str, words: str) -> str | None:
    """Return what is asked of lights that can be dimmed and coloured: in our car these are the ambient ones."""
    if intent.endswith("lightchange"):
        colours = set(tables.COLOURS.findall(words))
        return f"set_ambient_color(color={colours.pop()})" if len(colours) == 1 else None
    if not re.search(r"light|bright|dim", words):
        return None
    if intent.endswith("lightdim"):
        return _by_how_much("set_ambient_brightness(change=-10)", words)
    return _by_how_much("set_ambient_brightness(change=10)", words)


def _place(words: str) -> str:
    return next((name for name, pattern in tables.PLACES if pattern.search(words)), "")


def _settings(row: Row, label: Mapping[str, Any], words: str) -> str | None:
    """Read the settings of a car: feelings become a change of temperature, driver assistance a refusal."""
    domain = row.get("domain")
    if domain == "equalizer" or "equalizer" in words:
        return _tone(words) if re.search(r"bass|treble", words) else _refusal("not_in_car")
    if label["intent"] == "VEHICLE_SETTINGS_CHECK" and re.search(r"\bt[iy]res?\b", words):
        return "answer(about=tyre_pressure)"
    if domain in ("adas", "vehicle_settings", "traffic"):
        return _assistant(label, words) if tables.OURS.search(words) else _refusal("drivers_control")
    if label["intent"] == "VEHICLE_SETTINGS_DECLARATIVE":
        cold, hot = bool(tables.COLD.search(words)), bool(tables.HOT.search(words))
        if cold == hot or re.search(r"low|high|fan|air flow|wheel|seat", words):
            return None
        zone = f"zone={_place(words)}, " if _place(words) else ""
        return f"set_temperature({zone}change=2)" if cold else f"set_temperature({zone}change=-2)"
    if label["intent"] == "VEHICLE_SETTINGS_CHANGE":
        return _settings_change(words)
    return _settings_check(words)


def _is_switched_on(words: str) -> bool | None:
    """Return whether something is to be on or off, or None where both or neither is said."""
    is_on = re.search(r"\b(on|activate\w*|enable\w*|start\w*|run\w*)\b", words) is not None
    is_off = re.search(r"\b(off|deactivate\w*|disable\w*|stop\w*|kill|shut)\b", words) is not None
    return None if is_on == is_off else is_on


def _assistant(label: Mapping[str, Any], words: str) -> str | None:
    """Return the switching of an assistant that our car has under another name."""
    is_on = _is_switched_on(words)
    if label["intent"] != "VEHICLE_SETTINGS_CHANGE" or is_on is None or re.search(r"camera|brak|seat|steer", words):
        return None
    for pattern, calls in tables.ASSISTANTS:
        if re.search(pattern, words):
            state = ("search" if is_on else "off") if "mode" in calls else ("true" if is_on else "false")
            return calls.format(state)
    return None


def _tone(words: str) -> str | None:
    """Return the setting of bass or treble where a level that our car has is said."""
    said = [number for number in numbers_said(words) if number == int(number)]
    if len(said) != 1 or abs(said[0]) > 5 or re.search(r"percent|^(is|are|what)\b", words):
        return None
    return f"set_tone(band={'bass' if 'bass' in words else 'treble'}, level={said[0]:g})"


def _settings_change(words: str) -> str | None:
    is_on = _is_switched_on(words)
    if is_on is None or re.search(r"side window|auto|level|\d|max|min", words):
        return None
    state = "true" if is_on else "false"
    if re.search(r"defrost|demist|defog", words):
        if "mirror" in words:
            return f"set_mirror_heating(on={state})"
        if re.search(r"rear|back", words):
            return f"set_rear_defrost(on={state})"
        return f"set_front_defrost(on={state})"
    if re.search(r"\b(ac|a/c|air condition\w*|cooling)\b", words):
        return f"set_air_conditioning(on={state})"
    return None


def _settings_check(words: str) -> str | None:
    table = (
        (r"defrost|demist|defog", "answer(about=defrost)"),
        (r"\bfans?\b|blower", "answer(about=fan)"),
        (r"\b(ac|a/c|air condition\w*|cooling)\b", "answer(about=air_conditioning)"),
        (r"\btemp(erature)?s?\b", "answer(about=set_temperature)"),
        (r"\bvolume\b", "answer(about=volume)"),
    )
    found = [calls for pattern, calls in table if re.search(pattern, words)]
    return found[0] if len(found) == 1 else None


def _vehicle_world(row: Row, label: Mapping[str, Any], words: str) -> str | None:
    """Read calls of a simulated car, only for requests that stand alone and name what they want."""
    calls = [str(call) for call in label["gold_calls"]]
    if len(calls) != 1 or label.get("turn") or row.get("context_dependent") or re.search(r"\bif\b|\bwhen\b", words):
        return None
    if any(name in calls[0] and not re.search(pattern, words) for name, pattern in tables.NAMED):
        return None
    if tables.VW_REFUSED.search(calls[0]):
        if not tables.VW_REFUSED_BY_NAME.search(words):
            return None
        return _refusal("not_in_car") if row.get("domain") not in ("media", "radio") else None
    seats = [tables.VW_SEATS[name] for name in re.findall(r'"([^"]+)"', calls[0]) if name in tables.VW_SEATS]
    if "third row" in calls[0] or len(seats) > 1:
        return None
    for pattern, meant in tables.VW_CALLS:
        if re.search(pattern, calls[0]):
            seat = f"seat={seats[0]}, " if seats and seats[0] != "driver" else ""
            door = f"door={seats[0]}, " if seats and seats[0] != "all" else ""
            return meant.replace("{seat}", seat).replace("{door}", door)
    return None


def _spoken_control(row: Row, label: Mapping[str, Any], words: str) -> str | None:
    """Read intents of an in-car voice agent that name a direction and at most one number."""
    entities = {e.get("type"): str(e.get("value")) for e in label.get("entities", ()) if isinstance(e, Mapping)}
    action = next((value for key, value in entities.items() if str(key).endswith("_action")), "")
    up = action in ("up", "increase", "raise", "turn up")
    if numbers_said(words) or action not in ("up", "down", "increase", "decrease", "raise", "lower"):
        return None
    sign = "" if up else "-"
    return {
        "HVACFanSpeed": f"set_fan(change={sign}1)",
        "HVACTemperature": f"set_temperature(change={sign}2)",
        "VolumeControl": f"set_volume(change={sign}10)",
    }[str(label["intent"])]
