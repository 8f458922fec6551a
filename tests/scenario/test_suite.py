"""Evaluation suites: reading, joining and strict scoring."""

import json
import os
from pathlib import Path

import pytest

from carpilot.errors import InputError
from carpilot.reasoning.scripted import ScriptedReasoner
from carpilot.reasoning.tools import Call
from carpilot.request import Seat
from carpilot.scenario.evaluate import evaluate, run_case
from carpilot.scenario.suite import Case, find_suites, read_expectation, read_suite
from carpilot.vehicle.catalogue import default_catalogue

CATALOGUE = default_catalogue()
AC = "Vehicle.Cabin.HVAC.IsAirConditioningActive"
TEMPERATURE = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature"
SPEED = "Vehicle.Speed"
SCRIPT = ScriptedReasoner(
    {
        "cool": [Call("set_air_conditioning", {"on": True})],
        "boot": [Call("set_boot", {"open": True})],
        "fast?": [Call("answer", {"about": "speed"})],
        "what?": [Call("ask", {"about": "what"})],
        "sing": [Call("refuse", {"because": "not_in_car"})],
    }
)


@pytest.mark.parametrize(
    ("say", "given", "expect", "passes"),
    [
        ("cool", {}, {"signals": {AC: True}}, True),
        ("cool", {}, {"signals": {TEMPERATURE: "down"}}, False),
        ("cool", {}, {"signals": {}}, False),
        ("cool", {}, {"any_of": [{"signals": {TEMPERATURE: "down"}}, {"signals": {AC: True}}]}, True),
        ("cool", {}, {"refuse": True}, False),
        ("boot", {}, {"verdict": "confirm"}, True),
        ("boot", {SPEED: 50}, {"verdict": "deny"}, True),
        ("boot", {SPEED: 50}, {"verdict": "confirm"}, False),
        ("fast?", {SPEED: 50}, {"tells": [SPEED]}, True),
        ("fast?", {SPEED: 50}, {"tells": ["Vehicle.Powertrain.Range"]}, False),
        ("what?", {}, {"ask": True}, True),
        ("sing", {}, {"refuse": True}, True),
        ("sing", {}, {"ask": True}, False),
        ("sing", {}, {"signals": {}}, True),
        ("not in the script", {}, {"signals": {}}, True),
        ("not in the script", {}, {"refuse": True}, False),
    ],
)
def test_a_case_is_scored_strictly(say: str, given: dict[str, int], expect: dict[str, object], passes: bool) -> None:
    case = Case("1", (say,), Seat.DRIVER, given, read_expectation(CATALOGUE, expect))
    assert run_case(case, SCRIPT).passed is passes


def test_moving_something_wrong_is_counted_apart_from_doing_nothing() -> None:
    wanted = read_expectation(CATALOGUE, {"signals": {TEMPERATURE: "down"}})
    assert run_case(Case("1", ("cool",), Seat.DRIVER, {}, wanted), SCRIPT).is_wrong_action
    assert not run_case(Case("2", ("sing",), Seat.DRIVER, {}, wanted), SCRIPT).is_wrong_action


def test_the_shipped_suites_are_whole_and_large() -> None:
    own, public = (read_suite(path, CATALOGUE) for path in find_suites(["own", "public"]))
    assert len(own.cases) >= 80
    assert own.unjoined == 0
    assert len(public.cases) + public.unjoined >= 250
    assert len({case.id for case in own.cases}) == len(own.cases)


def test_the_public_suite_holds_no_words_of_others() -> None:
    (path,) = find_suites(["public"])
    assert all("say" not in json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


def test_the_public_suite_finds_the_words_of_every_case() -> None:
    data = os.environ.get("CARPILOT_SHARED_DATA", "")
    requests = Path(data) / "requests"
    if not data or not requests.is_dir():
        pytest.skip("the public request files are not here; set CARPILOT_SHARED_DATA to their folder")
    (path,) = find_suites(["public"])
    suite = read_suite(path, CATALOGUE, requests)
    assert suite.unjoined == 0


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"say": "x"}',
        '{"id": "1", "say": "x", "expect": {"moves": true}}',
        '{"id": "1", "say": "x", "expect": {"verdict": "maybe"}}',
        '{"id": "1", "say": "x", "given": {"Vehicle.Sped": 1}, "expect": {"ask": true}}',
        '{"id": "1", "say": "x", "seat": "roof", "expect": {"ask": true}}',
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "suite.jsonl"
    path.write_text(f'{{"id": "0", "say": "x", "expect": {{"ask": true}}}}\n{line}\n', encoding="utf-8")
    with pytest.raises(InputError, match="line 2"):
        read_suite(path, CATALOGUE)


def test_a_report_adds_up(tmp_path: Path) -> None:
    path = tmp_path / "two.jsonl"
    rows = [
        {"id": "a", "say": "cool", "expect": {"signals": {AC: True}}},
        {"id": "b", "say": "sing", "expect": {"ask": True}},
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    summary = evaluate(read_suite(path, CATALOGUE), SCRIPT).summary()
    assert (summary["cases"], summary["passed"], summary["wrong_actions"], summary["refused_or_asked"]) == (2, 1, 0, 1)
    assert summary["model_p95_ms"] >= summary["model_p50_ms"] >= 0
