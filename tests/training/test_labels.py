"""Corpus files: labels that map become calls, doubtful ones are passed over, held-out sources never come in."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from carpilot.errors import InputError
from carpilot.reasoning.tools import Call
from carpilot.training.labels import read_corpora


def _row(text: str, label: Mapping[str, Any], source: str = "A:1", **more: Any) -> dict[str, Any]:
    return {"text": text, "source": source, "label": label, **more}


def _file(folder: Path, *rows: Mapping[str, Any]) -> Path:
    path = folder / "corpus.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("row", "call"),
    [
        (_row("louder now", {"intent": "audio_volume_up"}), Call("set_volume", {"change": 10})),
        (_row("sound at forty", {"intent": "HassSetVolume"}), Call("set_volume", {"percent": 40})),
        (_row("way to rome", {"intent": "x"}, domain="navigation"), Call("refuse", {"because": "not_in_car"})),
        (
            _row("chilly in the left back", {"intent": "VEHICLE_SETTINGS_DECLARATIVE"}, domain="climate"),
            Call("set_temperature", {"zone": "rear_left", "change": 2}),
        ),
        (
            _row("turn drowsiness alerts off", {"intent": "VEHICLE_SETTINGS_CHANGE"}, domain="adas"),
            Call("set_driver_monitoring", {"on": False}),
        ),
        (
            _row("parking helper on", {"intent": "VEHICLE_SETTINGS_CHANGE"}, domain="adas"),
            Call("set_park_assist", {"mode": "search"}),
        ),
        (
            _row("turn forward collision alerts off", {"intent": "VEHICLE_SETTINGS_CHANGE"}, domain="adas"),
            Call("refuse", {"because": "drivers_control"}),
        ),
        (
            _row("put treble at minus three", {"intent": "VEHICLE_SETTINGS_CHANGE"}, domain="equalizer"),
            Call("set_tone", {"band": "treble", "level": -3}),
        ),
        (
            _row("is my tire low", {"intent": "VEHICLE_SETTINGS_CHECK"}, domain="vehicle_status"),
            Call("answer", {"about": "tyre_pressure"}),
        ),
        (
            _row("i feel chilly in the back", {"intent": "VEHICLE_SETTINGS_DECLARATIVE"}, domain="climate"),
            Call("set_temperature", {"zone": "rear", "change": 2}),
        ),
        (
            _row("demister for the back window on", {"intent": "VEHICLE_SETTINGS_CHANGE"}, domain="defrost"),
            Call("set_rear_defrost", {"on": True}),
        ),
        (
            _row("hazards", {"gold_calls": ["vw.hazardLight.switch(True)"], "turn": 0}, "VehicleWorld:1"),
            Call("set_hazard_lights", {"on": True}),
        ),
    ],
)
def test_labels_become_calls(tmp_path: Path, row: Mapping[str, Any], call: Call) -> None:
    (labelled,) = read_corpora([_file(tmp_path, row)], ())
    assert labelled.calls == (call,)


@pytest.mark.parametrize(
    "row",
    [
        _row("fan", {"intent": "something_else"}),
        _row("it is hot and cold", {"intent": "VEHICLE_SETTINGS_DECLARATIVE"}, domain="climate"),
        _row("lights", {"gold_calls": ["vw.hazardLight.switch(True)", "vw.b()"]}, "VehicleWorld:2"),
        _row("louder if it rains", {"gold_calls": ["vw.hazardLight.switch(True)"]}, "VehicleWorld:3"),
        _row("turn up to 40", {"intent": "audio_volume_up"}),
        _row("directions to the airport", {"intent": "x"}, domain="navigation"),
        _row("turn the lane assist braking on", {"intent": "VEHICLE_SETTINGS_CHANGE"}, domain="adas"),
        _row("treble to plus eleven", {"intent": "VEHICLE_SETTINGS_CHANGE"}, domain="equalizer"),
    ],
)
def test_doubtful_labels_are_passed_over(tmp_path: Path, row: Mapping[str, Any]) -> None:
    assert read_corpora([_file(tmp_path, row)], ()) == ()


def test_held_out_sources_and_their_twins_stay_out(tmp_path: Path) -> None:
    label = {"intent": "audio_volume_up"}
    path = _file(tmp_path, _row("Louder!", label, "A:1"), _row("louder!", label, "B:2"), _row("up it", label, "C:3"))

    assert [row.text for row in read_corpora([path], {"A:1"})] == ["up it"]


@pytest.mark.parametrize("text", ["nonsense", "[]", '{"text": "a"}'])
def test_a_bad_line_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="line 1"):
        read_corpora([path], ())
