"""The evaluation suite: requests with what a car must do, one JSON object a line.

A case holds its words (`say`) or, where they may not be copied, the id of the line of a public file (`source` and `file`);
then the words are joined from that folder when the suite runs.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from carpilot.errors import InputError
from carpilot.files import asset_folder, read_text
from carpilot.request import Seat
from carpilot.scenario.conditions import Condition, read_conditions
from carpilot.vehicle.catalogue import Catalogue, Value

MAX_SUITE_BYTES = 50_000_000
NEVER_ASKED = ("aside", "second")
"""Shipped suites that no choice may rest on, so that their figures say how it is with words that nobody looked at."""
EXPECTATIONS = ("signals", "verdict", "ask", "refuse", "tells", "any_of")
CASE_KEYS = ("id", "say", "source", "file", "seat", "given", "expect", "note", "kind")
PUBLIC_FILES = {"trainable": "public_en_trainable.jsonl", "evaluate_only": "public_en_evaluate_only.jsonl"}


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must come of a case: exactly one of the kinds, or signals together with a verdict."""

    signals: tuple[Condition, ...] | None = None
    verdict: str | None = None
    ask: bool = False
    refuse: bool = False
    tells: tuple[str, ...] = ()
    any_of: tuple["Expectation", ...] = ()

    @property
    def paths(self) -> set[str]:
        """The signals that any of the ends speaks of."""
        own = {condition.path for condition in self.signals or ()}
        return own.union(*(expectation.paths for expectation in self.any_of))

    @property
    def wants_action(self) -> bool:
        """Whether some actuator is expected to move or to be asked about."""
        if self.any_of:
            return all(expectation.wants_action for expectation in self.any_of)
        return bool(self.signals) or self.verdict == "confirm"

    @property
    def wants(self) -> str:
        """What is wanted: `action`, `answer`, or `restraint`, which is a question back, a refusal, or nothing at all."""
        if self.wants_action:
            return "action"
        if self.any_of:
            return "answer" if all(choice.tells for choice in self.any_of) else "restraint"
        return "answer" if self.tells else "restraint"


Measure = Callable[[Sequence[Mapping[str, Value | None]]], dict[str, float]]
"""A figure of somebody else's, 0 to 1 by its name, from every actual value at the start and at the end of each turn."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case with its words.

    `answers` are said one after the other where the car asks back. A driver who `consents` says yes to a question of the
    gate about what the case expects, and no to any other. `measure` is noted beside the strict score.
    """

    id: str
    say: tuple[str, ...]
    seat: Seat
    given: Mapping[str, Value]
    expect: Expectation
    kind: str = ""
    source: str = ""
    answers: tuple[str, ...] = ()
    consents: bool = False
    measure: Measure | None = None


@dataclass(slots=True)
class Suite:
    """The cases of one file, and how many could not be joined with their words."""

    name: str
    cases: list[Case] = field(default_factory=list)
    unjoined: int = 0


def read_expectation(catalogue: Catalogue, row: object) -> Expectation:
    """Return a checked expectation. Raises InputError."""
    if not isinstance(row, Mapping) or not row or set(row) - set(EXPECTATIONS):
        raise InputError(f"expect has {', '.join(EXPECTATIONS)}, not {row!r}")
    verdict = row.get("verdict")
    if verdict not in (None, "allow", "confirm", "deny"):
        raise InputError(f"a verdict is allow, confirm or deny, not {verdict!r}")
    tells = tuple(row.get("tells", ()))
    for path in tells:
        catalogue[path]
    return Expectation(
        signals=read_conditions(catalogue, row["signals"]) if "signals" in row else None,
        verdict=verdict,
        ask=bool(row.get("ask")),
        refuse=bool(row.get("refuse")),
        tells=tells,
        any_of=tuple(read_expectation(catalogue, choice) for choice in row.get("any_of", ())),
    )


def _words(folder: Path | None) -> dict[tuple[str, str], str]:
    joined: dict[tuple[str, str], str] = {}
    for kind, name in PUBLIC_FILES.items():
        path = folder / name if folder else None
        if path is None or not path.is_file():
            continue
        for line in read_text(path, MAX_SUITE_BYTES).splitlines():
            row = json.loads(line)
            joined.setdefault((kind, row["source"]), row["text"])
    return joined


def _case(row: Mapping[str, Any], catalogue: Catalogue, words: Mapping[tuple[str, str], str]) -> Case | None:
    unknown = set(row) - set(CASE_KEYS)
    if unknown:
        raise InputError(f"a case has no {sorted(unknown)[0]!r}; it has {', '.join(CASE_KEYS)}")
    say = row.get("say")
    if say is None:
        say = words.get((row.get("file", ""), row.get("source", "")))
    given = {path: catalogue[path].check(value) for path, value in row.get("given", {}).items()}
    expect = read_expectation(catalogue, row.get("expect"))
    if say is None:
        return None
    turns = (say,) if isinstance(say, str) else tuple(say)
    source = str(row.get("source", "carpilot")).partition(":")[0]
    return Case(str(row["id"]), turns, Seat(row.get("seat", "driver")), given, expect, str(row.get("kind", "")), source)


def read_suite(path: Path, catalogue: Catalogue, requests: Path | None = None) -> Suite:
    """Return a suite. `requests` is the folder of the public files. Raises InputError naming file and line."""
    suite = Suite(path.stem)
    words = _words(requests)
    for number, line in enumerate(read_text(path, MAX_SUITE_BYTES).splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if not isinstance(row, dict) or "id" not in row:
                raise InputError("a case is an object with an id")
            case = _case(row, catalogue, words)
        except (InputError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}, line {number}: {error}") from error
        if case is None:
            suite.unjoined += 1
        else:
            suite.cases.append(case)
    return suite


def measured_sources() -> set[str]:
    """Return the ids of the public lines that the shipped suites measure with; they may not train."""
    lines = [line for path in shipped_suites().values() for line in read_text(path, MAX_SUITE_BYTES).splitlines()]
    rows = (json.loads(line) for line in lines if line.strip())
    return {row["source"] for row in rows if "source" in row}


def shipped_suites() -> dict[str, Path]:
    """Return the suites that ship with carpilot, by name."""
    return {path.stem: path for path in sorted(asset_folder("suites").glob("*.jsonl"))}


def find_suites(names: Sequence[str]) -> list[Path]:
    """Return the files of suites: a path, or the name of one that ships with carpilot."""
    found = []
    shipped = shipped_suites()
    for name in names:
        path = Path(name)
        if path.is_file():
            found.append(path)
        elif name in shipped:
            found.append(shipped[name])
        else:
            raise InputError(f"no suite {name!r}; there is {', '.join(shipped)}, or a .jsonl file")
    return found
