"""Evaluation suites: reading, joining and strict scoring."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from carpilot.errors import InputError
from carpilot.reasoning.numbers import with_digits
from carpilot.reasoning.scripted import ScriptedReasoner
from carpilot.reasoning.tools import Call
from carpilot.request import Seat
from carpilot.scenario.evaluate import evaluate, run_case
from carpilot.scenario.figures import LIMITS
from carpilot.scenario.suite import Case, find_suites, measured_sources, read_expectation, read_suite
from carpilot.training.labels import read_corpora
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


def rows_of(*names: str) -> list[dict[str, object]]:
    return [json.loads(line) for path in find_suites(names) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_suites_hold_no_words_of_others() -> None:
    assert all("say" not in row for row in rows_of("public"))
    assert all(("say" in row) != ("source" in row) for row in rows_of("aside", "hard", "own"))


def test_the_development_suite_has_its_hard_kinds_and_its_limits_and_a_fifth_aside() -> None:
    hard, aside, public = rows_of("hard"), rows_of("aside"), rows_of("public")
    own = Counter(row["kind"] for row in [*hard, *aside] if "say" in row)
    kinds = ("implicit", "several", "seat", "correction", "followup", "condition", "question")
    assert {kind: own[kind] for kind in kinds if own[kind] < 98} == {}
    joined = [row for row in [*public, *aside] if "source" in row]
    assert len(joined) >= 600
    assert sum(row.get("kind") in LIMITS for row in joined) >= 150
    assert len(aside) >= (len(hard) + len(public) + len(aside)) / 5
    sources = [row["source"] for row in joined]
    assert len(set(sources)) == len(sources)
    identifiers = [row["id"] for row in [*hard, *public, *aside]]
    assert len(set(identifiers)) == len(identifiers)


@pytest.fixture
def requests() -> Path:
    data = os.environ.get("CARPILOT_SHARED_DATA", "")
    folder = Path(data) / "requests"
    if not data or not folder.is_dir():
        pytest.skip("the public request files are not here; set CARPILOT_SHARED_DATA to their folder")
    return folder


def test_the_public_suites_find_the_words_of_every_case(requests: Path) -> None:
    for path in find_suites(["public", "public_more", "aside"]):
        assert read_suite(path, CATALOGUE, requests).unjoined == 0


def test_given_suites_when_trained_then_none_of_their_sentences_trains(requests: Path) -> None:
    trainable = requests / "public_en_trainable.jsonl"
    everything, trained = (read_corpora([trainable], held) for held in ((), measured_sources()))
    suites = [read_suite(path, CATALOGUE, requests) for path in find_suites(["public", "public_more", "aside"])]
    measured = {with_digits(words) for suite in suites for case in suite.cases for words in case.say}
    assert not measured & {with_digits(row.text) for row in trained}
    assert measured & {with_digits(row.text) for row in everything}  # otherwise holding out would be for nothing
    assert len(trained) > 0.9 * len(everything)


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
