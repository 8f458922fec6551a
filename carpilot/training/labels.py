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
from carpilot.training.corpus import Labelled
from carpilot.training.phrases import parse_calls

MAX_CORPUS_BYTES = 50_000_000
Row = Mapping[str, Any]
_REFUSED = {
    "navigation": "not_in_car",
    "poi": "not_in_car",
    "traffic": "not_in_car",
    "weather": "not_known",
    "calendar": "not_about_car",
}
_NEEDS = {
    "not_in_car": "something this car does not have",
    "drivers_control": "driving stays with the driver",
    "not_about_car": "nothing to do with the car",
    "not_known": "something the car does not know",
}
_INTENTS = {
    "audio_volume_mute": ("silence", "set_mute(on=true)"),
    "audio_volume_up": ("louder", "set_volume(change=10)"),
    "audio_volume_down": ("quieter", "set_volume(change=-10)"),
    "HassMediaNext": ("another song", "skip_track(direction=next)"),
    "HassMediaPrevious": ("the song before", "skip_track(direction=previous)"),
    "HassMediaPause": ("a break from music", "set_playback(action=pause)"),
    "HassMediaUnpause": ("music", "set_playback(action=play)"),
    "HassMediaSearchAndPlay": (_NEEDS["not_in_car"], "refuse(because=not_in_car)"),
    **dict.fromkeys(
        (
            "play_music",
            "play_podcasts",
            "play_audiobook",
            "music_query",
            "music_likeness",
            "PlayMusic",
            "AddToPlaylist",
        ),
        (_NEEDS["not_in_car"], "refuse(because=not_in_car)"),
    ),
}
_COLD = re.compile(r"\b(cold|chill\w*|freez\w*|frozen|frost\w*|nippy|shiver\w*|icy|ice|cool|arctic|brisk|polar)\b")
_HOT = re.compile(r"\b(hot|warm\w*|heat|boil\w*|toast\w*|oven|furnace|sweat\w*|balmy|roast\w*|burning|scorch\w*)\b")
_PLACES = (
    ("rear_left", re.compile(r"\b(back|rear) left\b|\bleft (back|rear)\b")),
    ("rear_right", re.compile(r"\b(back|rear) right\b|\bright (back|rear)\b")),
    ("passenger", re.compile(r"passenger|co ?-? ?driver")),
    ("driver", re.compile(r"driver")),
    ("rear", re.compile(r"\b(back|rear)\b")),
)
_VW_SEATS = {
    "driver's seat": "driver",
    "passenger seat": "passenger",
    "second row left": "rear_left",
    "second row right": "rear_right",
    "all": "all",
}
_ANY_MUSIC = re.compile(
    r"^(please )?(play|start|put on|resume) (me )?(some |the |my |any )?(music|songs?|tunes)( please)?[.!]?$"
)
_DOUBTFUL = re.compile(r"unmute|mute off|playing|is on\b|^play$|speak|bass|shuffl|repeat|random|number \d|track \d")
# Words of a place on the map that ships, and of a title that the car can tell: no corpus says which of them is meant.
_OUR_PLACES = re.compile(
    r"\b(home|work|office|school|old town|library|gym|museum|park|station|hospital|mall|shopping|stadium|zoo|baths?|spa|"
    r"harbou?r|airport|farm|lake\w*|village|north|coast|border|charg\w*|motorways?|highways?|freeways?)\b"
)
_TITLE = re.compile(r"\b(song|track|title|music)\b")
_ROOMS = re.compile(r"kitchen|bedroom|living|\broom|floor|garage|balcony|closet|house|bathroom|lamp|hall|porch|home")
_COLOURS = re.compile(r"\b(white|red|orange|yellow|green|cyan|blue|purple|pink)\b")
_PLAYER = re.compile(r"\b(next|previous|skip|back|resume|pause|again|mute|louder|volume)\b")
# What a sentence must name for the label of a simulated car to be believed.
_NAMED = (
    ("carSeat_heater", r"seat|heat"),
    ("lock_switch", r"lock"),
    ("readingLight", r"light|read"),
    ("fogLight", r"fog (light|lamp)|fogs"),
    ("massager_switch", r"massag"),
    ("player_setMode", r"shuffl|random|mix"),
    ("navigation", r"navigation|guidance|zoom|map"),
    ("language_set", r"chinese|english"),
    ("HUD", r"hud|head"),
    ("trunk_switch", r"trunk|boot"),
    ("phone_", r"call|phone|answer|pick|hang"),
    ("carSeat_height", r"seat|high|low"),
    ("window_switch", r"window"),
    ("childSafetyLock", r"child|lock|kid"),
    ("purification", r"air|purif"),
    ("airConditioner", r"air|warm|cold|hot|temperature|circulation|automatic|smell|stuffy"),
)
# What the driving assistants of another car are called, and ours: those that ours lacks stay with the driver.
_ASSISTANTS = (
    (r"drows\w*|tiredness|driver attention", "attention watched", "set_driver_monitoring(on={})"),
    (r"ultrasonic parking|parking guidance|backup sensor", "parking warning", "set_parking_sensors(on={})"),
    (r"park\w* (assist\w*|helper)|parallel park\w*", "a parking space", "set_park_assist(mode={})"),
)
_OURS = re.compile(
    r"cruise|follow|speed|traction|stability|lane (keep|depart|assist)|drows|tired|attention|park|camera|rearview|reverse|"
    r"backup|driver|tires?\b|tyres?\b"
)
# Domains of cars that ours lacks, by the module that the call belongs to.
_VW_REFUSED = re.compile(
    r"vw\.(tailLight|footPedal|video|fuelPort|overheadScreen|door\.carcontrol_carDoor_(?!lock)|seat\.\w*LegRest)"
)
_VW_REFUSED_BY_NAME = re.compile(r"pedal|tail ?-?lights?|video|movie|film|fuel|overhead|screen|leg ?-?rest|door")
_VW_CALLS: tuple[tuple[str, str, str], ...] = (
    (r"hazardLight\.switch\(.*True", "warn others", "set_hazard_lights(on=true)"),
    (r"hazardLight\.switch\(.*False", "warning over", "set_hazard_lights(on=false)"),
    (r"highBeamHeadlight\.switch\(.*True", "far light", "set_high_beam(on=true)"),
    (r"highBeamHeadlight\.switch\(.*False", "no far light", "set_high_beam(on=false)"),
    (r"fogLight\w*\.\w+\(.*True.*rear", "fog lamps", "set_fog_lights(which=rear, on=true)"),
    (r"fogLight\w*\.\w+\(.*True.*front", "fog lamps", "set_fog_lights(which=front, on=true)"),
    (r"fogLight\w*\.\w+\(.*True.*all", "fog lamps", "set_fog_lights(on=true)"),
    (r"fogLight\w*\.\w+\(.*False.*all", "no fog lamps", "set_fog_lights(on=false)"),
    (r"fogLight\w*\.\w+\(.*False.*rear", "no fog lamps", "set_fog_lights(which=rear, on=false)"),
    (r"fogLight\w*\.\w+\(.*False.*front", "no fog lamps", "set_fog_lights(which=front, on=false)"),
    (r"readingLight_switch\(.*True", "reading light", "set_reading_light({seat}on=true)"),
    (r"readingLight_switch\(.*False", "no reading light", "set_reading_light({seat}on=false)"),
    (r"carSeat_heater_switch\(.*True", "warm seat", "set_seat_heating({seat}level=2)"),
    (r"carSeat_heater_switch\(.*False", "no warm seat", "set_seat_heating({seat}level=0)"),
    (r"door_lock_switch\(.*True|carDoor_lock_switch\(.*switch=True", "doors locked", "set_lock({door}locked=true)"),
    (r"carDoor_lock_switch\(.*False", "doors unlocked", "set_lock({door}locked=false)"),
    (r"steeringWheel_heater_switch\(.*True", "warm wheel", "set_steering_wheel_heating(level=2)"),
    (r"steeringWheel_heater_switch\(.*False", "cold wheel", "set_steering_wheel_heating(level=0)"),
    (r"airConditioner\.temperature_increase", "warmer", "set_temperature(change=2)"),
    (r"airConditioner\.temperature_decrease", "cooler", "set_temperature(change=-2)"),
    (r"recycle_mode_switch\(mode=.external", "fresh air", "set_recirculation(on=false)"),
    (r"recycle_mode_switch\(mode=.internal", "inside air", "set_recirculation(on=true)"),
    (r"auto_mode_switch\(.*True", "automatic climate", "set_auto_climate(on=true)"),
    (r"(music|radio)_soundVolume_increase", "louder", "set_volume(change=10)"),
    (r"(music|radio)_soundVolume_decrease", "quieter", "set_volume(change=-10)"),
    (r"music_local_play", "music", "set_playback(action=play)"),
    (r"massager_switch\(.*True", "massage", "set_seat_massage({seat}level=2)"),
    (r"massager_switch\(.*False", "no massage", "set_seat_massage({seat}level=0)"),
    (r"player_setMode\(.*Shuffle", "random order", "set_shuffle(on=true)"),
    (r"HUD\w*_switch\(.*True", "view on the glass", "set_head_up_display(on=true)"),
    (r"HUD\w*_switch\(.*False", "no view on the glass", "set_head_up_display(on=false)"),
    (r"language_set\(.*Chinese", "another language", "set_language(language=chinese)"),
    (r"language_set\(.*English", "another language", "set_language(language=english)"),
    (r"navigation_exit\(", "guidance over", "navigate(place=none)"),
    (r"navigation_mapZoom\(.*Zoom in.*degree", "nearer map", "set_map_zoom(change=1)"),
    (r"navigation_mapZoom\(.*Zoom out.*degree", "farther map", "set_map_zoom(change=-1)"),
    (r"navigation_soundVolume_increase\(degree", "louder guidance", "set_guidance_volume(change=10)"),
    (r"navigation_soundVolume_decrease\(degree", "quieter guidance", "set_guidance_volume(change=-10)"),
    (r"window_switch\(.*all.*True", "open window", "set_window(window=all, percent=100)"),
    (r"window_switch\(.*all.*False", "closed windows", "set_window(window=all, percent=0)"),
    (r"trunk_switch\(.*open", "the boot open", "set_boot(open=true)"),
    (r"trunk_switch\(.*close", "the boot closed", "set_boot(open=false)"),
    (r"Backrest_angle_increase\(.*(tiny|little)", "lean back", "set_seat_recline({seat}change=2)"),
    (r"Backrest_angle_increase", "lean back", "set_seat_recline({seat}change=5)"),
    (r"Backrest_angle_decrease\(.*(tiny|little)", "sit upright", "set_seat_recline({seat}change=-2)"),
    (r"Backrest_angle_decrease", "sit upright", "set_seat_recline({seat}change=-5)"),
    (r"carSeat_height_increase", "sit higher", "set_seat_height({seat}change=10)"),
    (r"carSeat_height_decrease", "sit lower", "set_seat_height({seat}change=-10)"),
    (r"wind_speed_increase", "more air", "set_fan(change=1)"),
    (r"wind_speed_decrease", "less air", "set_fan(change=-1)"),
    (r"defrost_mode_switch\(.*True", "clear windscreen", "set_front_defrost(on=true)"),
    (r"window_mode_childSafetyLock\(.*True", "windows child-proof", "set_window_lock(locked=true)"),
    (r"carDoor_mode_childSafetyLock\(.*True", "doors child-proof", "set_child_lock(locked=true)"),
    (r"purification_switch\(.*True", "clean air", "set_air_purifier(on=true)"),
    (r"lowBeamHeadlight\.switch\(.*auto", "automatic light", "set_headlights(mode=auto)"),
    (r"phone_hangup\(", "the call over", "set_call(action=hang_up)"),
    (r"phone_answer\(", "the call taken", "set_call(action=answer)"),
    (r"meter_unit\(.*Kilomet", "distances in kilometres", "set_distance_unit(unit=kilometres)"),
    (r"meter_unit\(.*Mile", "distances in miles", "set_distance_unit(unit=miles)"),
)


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
            found.setdefault(words, Labelled(row["text"], meant[0], parse_calls(meant[1]), corpus, licence))
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


def _meaning(row: Row, words: str) -> tuple[str, str] | None:
    """Return the need and the calls that a label means, or None where that is in doubt."""
    label = row["label"] if isinstance(row["label"], Mapping) else {"intent": row["label"]}
    reader: Callable[[Row, Mapping[str, Any], str], tuple[str, str] | None] = _by_intent
    if "gold_calls" in label and row["source"].startswith("VehicleWorld"):
        reader = _vehicle_world
    elif str(label.get("intent", "")).startswith("VEHICLE_SETTINGS"):
        reader = _settings
    elif str(label.get("intent", "")) in ("HVACFanSpeed", "HVACTemperature", "VolumeControl"):
        reader = _spoken_control
    elif "gold_calls" in label or "gold_actions" in label or "task_type" in label:
        return None
    return reader(row, label, words)


def _refusal(because: str) -> tuple[str, str]:
    return _NEEDS[because], f"refuse(because={because})"


def _by_how_much(calls: str, words: str) -> str:
    """Return a call that changes by ten, with five or twenty instead where the words say so."""
    size = "5" if re.search(r"\b(bit|little|slightly|tad|touch|notch)\b", words) else "10"
    size = "20" if re.search(r"\b(a lot|much|way)\b", words) else size
    return re.sub(r"(change=-?)10\b", rf"\g<1>{size}", calls)


def _by_intent(row: Row, label: Mapping[str, Any], words: str) -> tuple[str, str] | None:
    intent = str(label.get("intent", ""))
    if _ANY_MUSIC.search(words):
        return "music", "set_playback(action=play)"
    if row.get("domain") == "weather" and re.search(r"outside|out there|outdoor", words):
        return None
    if intent in _INTENTS and not _DOUBTFUL.search(words) and not (intent.startswith("audio") and numbers_said(words)):
        need, calls = _INTENTS[intent]
        is_about_title = intent == "music_query" and _TITLE.search(words)
        if calls.startswith("refuse") and (len(words.split()) < 4 or _PLAYER.search(words) or is_about_title):
            return None
        return need, _by_how_much(calls, words)
    if intent.endswith(("lightdim", "lightup", "lightchange")) and not _ROOMS.search(words) and not numbers_said(words):
        return _lights(intent, words)
    if intent == "HassSetVolume":
        said = [n for n in numbers_said(words) if 0 <= n <= 100]
        return ("a set volume", f"set_volume(percent={said[0]:g})") if len(said) == 1 else None
    if _ROOMS.search(words):
        return _refusal("not_in_car")
    if row.get("domain") in ("navigation", "poi", "traffic") and _OUR_PLACES.search(words):
        return None
    if row.get("domain") in _REFUSED and not intent.startswith("VEHICLE"):
        return _refusal(_REFUSED[row["domain"]])
    return None


def _lights(intent: str, words: str) -> tuple[str, str] | None:
    """Return what is asked of lights that can be dimmed and coloured: in our car these are the ambient ones."""
    if intent.endswith("lightchange"):
        colours = set(_COLOURS.findall(words))
        return ("coloured light", f"set_ambient_color(color={colours.pop()})") if len(colours) == 1 else None
    if not re.search(r"light|bright|dim", words):
        return None
    if intent.endswith("lightdim"):
        return "dimmer mood light", _by_how_much("set_ambient_brightness(change=-10)", words)
    return "brighter mood light", _by_how_much("set_ambient_brightness(change=10)", words)


def _place(words: str) -> str:
    return next((name for name, pattern in _PLACES if pattern.search(words)), "")


def _settings(row: Row, label: Mapping[str, Any], words: str) -> tuple[str, str] | None:
    """Read the settings of a car: feelings become a change of temperature, driver assistance a refusal."""
    domain = row.get("domain")
    if domain == "equalizer" or "equalizer" in words:
        return _tone(words) if re.search(r"bass|treble", words) else _refusal("not_in_car")
    if label["intent"] == "VEHICLE_SETTINGS_CHECK" and re.search(r"\bt[iy]res?\b", words):
        return "the tyres told", "answer(about=tyre_pressure)"
    if domain in ("adas", "vehicle_settings", "traffic"):
        return _assistant(label, words) if _OURS.search(words) else _refusal("drivers_control")
    if label["intent"] == "VEHICLE_SETTINGS_DECLARATIVE":
        cold, hot = bool(_COLD.search(words)), bool(_HOT.search(words))
        if cold == hot or re.search(r"low|high|fan|air flow|wheel|seat", words):
            return None
        zone = f"zone={_place(words)}, " if _place(words) else ""
        return (
            ("warmer", f"set_temperature({zone}change=2)") if cold else ("cooler", f"set_temperature({zone}change=-2)")
        )
    if label["intent"] == "VEHICLE_SETTINGS_CHANGE":
        return _settings_change(words)
    return _settings_check(words)


def _is_switched_on(words: str) -> bool | None:
    """Return whether something is to be on or off, or None where both or neither is said."""
    is_on = re.search(r"\b(on|activate\w*|enable\w*|start\w*|run\w*)\b", words) is not None
    is_off = re.search(r"\b(off|deactivate\w*|disable\w*|stop\w*|kill|shut)\b", words) is not None
    return None if is_on == is_off else is_on


def _assistant(label: Mapping[str, Any], words: str) -> tuple[str, str] | None:
    """Return the switching of an assistant that our car has under another name."""
    is_on = _is_switched_on(words)
    if label["intent"] != "VEHICLE_SETTINGS_CHANGE" or is_on is None or re.search(r"camera|brak|seat|steer", words):
        return None
    for pattern, need, calls in _ASSISTANTS:
        if re.search(pattern, words):
            state = ("search" if is_on else "off") if "mode" in calls else ("true" if is_on else "false")
            return need if is_on else f"no {need.removeprefix('a ')}", calls.format(state)
    return None


def _tone(words: str) -> tuple[str, str] | None:
    """Return the setting of bass or treble where a level that our car has is said."""
    said = [number for number in numbers_said(words) if number == int(number)]
    if len(said) != 1 or abs(said[0]) > 5 or re.search(r"percent|^(is|are|what)\b", words):
        return None
    return "a set tone", f"set_tone(band={'bass' if 'bass' in words else 'treble'}, level={said[0]:g})"


def _settings_change(words: str) -> tuple[str, str] | None:
    is_on = _is_switched_on(words)
    if is_on is None or re.search(r"side window|auto|level|\d|max|min", words):
        return None
    state = "true" if is_on else "false"
    if re.search(r"defrost|demist|defog", words):
        if "mirror" in words:
            return "clear mirrors" if is_on else "no mirror heat", f"set_mirror_heating(on={state})"
        if re.search(r"rear|back", words):
            return "clear rear window" if is_on else "no defrosting", f"set_rear_defrost(on={state})"
        return "clear windscreen" if is_on else "no defrosting", f"set_front_defrost(on={state})"
    if re.search(r"\b(ac|a/c|air condition\w*|cooling)\b", words):
        return "cooling" if is_on else "no cooling", f"set_air_conditioning(on={state})"
    return None


def _settings_check(words: str) -> tuple[str, str] | None:
    table = (
        (r"defrost|demist|defog", "the defrosting told", "answer(about=defrost)"),
        (r"\bfans?\b|blower", "the blower told", "answer(about=fan)"),
        (r"\b(ac|a/c|air condition\w*|cooling)\b", "the air conditioning told", "answer(about=air_conditioning)"),
        (r"\btemp(erature)?s?\b", "the set temperature told", "answer(about=set_temperature)"),
        (r"\bvolume\b", "the volume told", "answer(about=volume)"),
    )
    found = [(need, calls) for pattern, need, calls in table if re.search(pattern, words)]
    return found[0] if len(found) == 1 else None


def _vehicle_world(row: Row, label: Mapping[str, Any], words: str) -> tuple[str, str] | None:
    """Read calls of a simulated car, only for requests that stand alone and name what they want."""
    calls = [str(call) for call in label["gold_calls"]]
    if len(calls) != 1 or label.get("turn") or row.get("context_dependent") or re.search(r"\bif\b|\bwhen\b", words):
        return None
    if any(name in calls[0] and not re.search(pattern, words) for name, pattern in _NAMED):
        return None
    if _VW_REFUSED.search(calls[0]):
        if not _VW_REFUSED_BY_NAME.search(words):
            return None
        return _refusal("not_in_car") if row.get("domain") not in ("media", "radio") else None
    seats = [_VW_SEATS[name] for name in re.findall(r'"([^"]+)"', calls[0]) if name in _VW_SEATS]
    if "third row" in calls[0] or len(seats) > 1:
        return None
    for pattern, need, meant in _VW_CALLS:
        if re.search(pattern, calls[0]):
            seat = f"seat={seats[0]}, " if seats and seats[0] != "driver" else ""
            door = f"door={seats[0]}, " if seats and seats[0] != "all" else ""
            return need, meant.replace("{seat}", seat).replace("{door}", door)
    return None


def _spoken_control(row: Row, label: Mapping[str, Any], words: str) -> tuple[str, str] | None:
    """Read intents of an in-car voice agent that name a direction and at most one number."""
    entities = {e.get("type"): str(e.get("value")) for e in label.get("entities", ()) if isinstance(e, Mapping)}
    action = next((value for key, value in entities.items() if str(key).endswith("_action")), "")
    up = action in ("up", "increase", "raise", "turn up")
    if numbers_said(words) or action not in ("up", "down", "increase", "decrease", "raise", "lower"):
        return None
    sign = "" if up else "-"
    return {
        "HVACFanSpeed": ("more air" if up else "less air", f"set_fan(change={sign}1)"),
        "HVACTemperature": ("warmer" if up else "cooler", f"set_temperature(change={sign}2)"),
        "VolumeControl": ("louder" if up else "quieter", f"set_volume(change={sign}10)"),
    }[str(label["intent"])]
