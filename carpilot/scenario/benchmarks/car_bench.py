"""CAR-bench (github.com/CAR-bench/car-bench): tasks for an assistant in a car, of which those are run that need the cabin alone.

A line of the file is a task: `task_id`, `task_type`, `cabin_only`, `instruction` (what a language model is told that plays the
driver), `context_init_config` (the state of the car and what surrounds it), `actions` (the reference, calls with `name` and
`kwargs`, in order), and for some `removed_part` (what of the functions is taken away) or `disambiguation_element_note` (what is
left open, and how it is settled). There are no words of a driver: `first_person` makes them of the instruction.

`assets/benchmarks/car_bench.yaml` says which signals show their state, and which fields their functions set. The end that is
expected is their start with the reference's calls done, on this car's signals. Weather, light, speed and place are not in the
state and are as this car starts: it stands in the light of day. Where this car has more of something than theirs (rear zones of
the climate, a rear fog lamp), the rest may follow or stay. Their assistants are told house rules (the fan runs with the air
conditioning, for one), which no driver says; the end that is expected holds them all the same.

Their metric is a product: the end state is the reference's, so is every state at the end of a turn one that the reference
passes through, the functions that the reference reads with are called, no rule of theirs is broken and the played driver is
content. The first two are computed here, on this car's signals, as "state match"; the others need their functions and a language
model that judges.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carpilot.files import asset, load_yaml
from carpilot.request import Seat
from carpilot.scenario.benchmarks.benchmark import Benchmark, Row, State, UnmappedError, map_tasks
from carpilot.scenario.benchmarks.first_person import Part, read_part
from carpilot.scenario.conditions import Condition, read_condition
from carpilot.scenario.suite import Case, Expectation
from carpilot.vehicle.catalogue import Catalogue, Value, default_catalogue

NAME = "car-bench"
MATCH = "state match"
ROOF, SHADE = "Vehicle.Private.Sunroof.TargetPosition", "Vehicle.Cabin.Sunroof.Shade.Position"
IF = re.compile(r"\bif (?!needed)", re.IGNORECASE)
NOT_CABIN = "needs more than the cabin (routes, charging stops, mail or calendar)"
REMOVED = "takes a part of a function away, and a language model judges what is said of that"
PREFERENCE = "is settled by stored preferences, which this car does not keep"
ONLY_TOLD = "asks only to be told what a function of theirs works out"
UNTOLD = "rests on a condition that the file does not tell"
SHADED = "this car's roof shade stays open under an open roof"
NO_WORDS = "has no wish that could be said"


@dataclass(frozen=True)
class Table:
    """Which signals show their state, and which fields their functions set."""

    catalogue: Catalogue
    rows: Mapping[str, Any]

    def value(self, field: str, theirs: object, key: str = "end") -> Any:
        """Return what a value of theirs is on this car's signals, None where it is nothing here."""
        row = self.rows["state"][field]
        if "values" in row:
            word = str(theirs).lower() if isinstance(theirs, bool) else str(theirs)
            found = row["values"].get(word)
            return found and found.get(key, found["start"]) if found else None
        if isinstance(theirs, bool) or not isinstance(theirs, int | float):
            return None
        if "levels" in row:
            return row["levels"][int(theirs)] if 0 <= theirs < len(row["levels"]) else None
        scaled = theirs * row["scale"] + row.get("offset", 0)
        return round(scaled, 1) if scaled != int(scaled) else int(scaled)

    def start(self, context: Mapping[str, Any]) -> dict[str, Value]:
        """Return where the car starts, as far as this car can show it."""
        found: dict[str, Value] = {}
        shown = {**context, "ambient_light_on": context["ambient_light"] not in ("OFF", "NONE")}
        for field, row in self.rows["state"].items():
            value = self.value(field, shown[row.get("start_as", field)], "start")
            if value is not None:
                found |= {path: self.catalogue[path].check(value) for path in (*row["paths"], *row.get("either", ()))}
        charge, seats = self.rows["context"]["state_of_charge"], self.rows["context"]["seats_occupied"]
        found[charge] = self.catalogue[charge].check(float(context["state_of_charge"]))
        return found | {path: bool(context["seats_occupied"][seat]) for seat, path in seats.items()}

    def sets(self, action: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
        """Yield the fields that a call of theirs sets, with the value. Raises UnmappedError."""
        name, arguments = action["name"], action["kwargs"]
        tool = self.rows["tools"].get(name)
        if tool is None:
            if name in self.rows["reads"]:
                return
            raise UnmappedError(f"this car has not: {name}")
        theirs = arguments[tool["value"]]
        for argument, field in tool.get("beside", {}).items():
            yield field, arguments[argument]
        chosen = tool["fields"][arguments[tool["by"]]] if "by" in tool else tool["fields"]
        for field in chosen if theirs != "NONE" else ():
            yield field, tool.get("words", {}).get(theirs, theirs)

    def conditions(self, field: str, theirs: object) -> Iterator[Condition]:
        """Yield what a field's signals must be. Raises UnmappedError where this car cannot be so."""
        row, wanted = self.rows["state"][field], self.value(field, theirs)
        if wanted is None:
            raise UnmappedError(f"this car has not: {field.replace('_', ' ')} {theirs}")
        for path in row["paths"]:
            yield read_condition(self.catalogue[path], wanted)

    def free(self, field: str, theirs: object, start: Mapping[str, Value]) -> Iterator[Condition]:
        """Yield the signals that may follow a field, or stay."""
        wanted = self.value(field, theirs)
        for path in self.rows["state"][field].get("either", ()):
            stays = start.get(path, self.catalogue[path].initial)
            yield read_condition(self.catalogue[path], {"one_of": [stays, wanted] if stays != wanted else [wanted]})


def read(path: Path) -> Benchmark:
    """Return CAR-bench's cabin-only tasks as cases. Raises InputError naming file and line."""
    table = Table(default_catalogue(), load_yaml(asset("benchmarks", "car_bench.yaml")))
    suite, left_out = map_tasks(path, NAME, lambda row: _case(row, table))
    idle = [case.measure([case.given, case.given])[MATCH] for case in suite.cases if case.measure]
    still = {MATCH: sum(idle) / len(idle) if idle else 0.0}
    return Benchmark(NAME, suite, len(suite.cases) + left_out.total(), left_out, still, len(idle), still)


def _case(row: Row, table: Table) -> Case:
    """Return a task as a case. Raises UnmappedError, or KeyError and ValueError where it is no task."""
    name, part = str(row["task_id"]), read_part(str(row["instruction"]))
    _check_task(row)
    start, steps = table.start(row["context_init_config"]), [list(table.sets(action)) for action in row["actions"]]
    _check_wish(part, steps)
    ends, passed = _ends(table, steps)
    if start[ROOF] and SHADE in ends and ends[SHADE].wanted:
        raise UnmappedError(SHADED)
    shown = [path for row in table.rows["state"].values() for path in row["paths"] if path in start]
    strict = {**{c.path: c for c in _free(table, steps, start)}, **ends}
    return Case(
        id=name,
        say=part.turns,
        seat=Seat.DRIVER,
        given=start,
        expect=Expectation(signals=tuple(strict.values())),
        kind=str(row["task_type"]),
        source=NAME,
        answers=part.answers,
        consents=True,
        measure=lambda states: {MATCH: float(is_match(passed, shown, states))},
    )


def _check_task(row: Row) -> None:
    """Raise UnmappedError for a kind of task that is not run here."""
    if not row["cabin_only"]:
        raise UnmappedError(NOT_CABIN)
    if str(row["task_type"]).startswith("hallucination"):
        raise UnmappedError(REMOVED)
    if "preference" in str(row.get("disambiguation_element_note", "")):
        raise UnmappedError(PREFERENCE)


def _check_wish(part: Part, steps: Sequence[Sequence[tuple[str, object]]]) -> None:
    """Raise UnmappedError where nothing is to be done, nothing is said, or what is said rests on what is not known."""
    if not any(steps):
        raise UnmappedError(ONLY_TOLD)
    if not part.turns:
        raise UnmappedError(NO_WORDS)
    if any(IF.search(turn) for turn in part.turns):
        raise UnmappedError(UNTOLD)


def _ends(
    table: Table, steps: Sequence[Sequence[tuple[str, object]]]
) -> tuple[dict[str, Condition], list[dict[str, Condition]]]:
    """Return what must be at the end, and at each state that the reference passes through, the start first."""
    ends: dict[str, Condition] = {}
    passed = [dict(ends)]
    for step in steps:
        ends |= {condition.path: condition for field, theirs in step for condition in table.conditions(field, theirs)}
        passed.append(dict(ends))
    return ends, passed


def _free(
    table: Table, steps: Sequence[Sequence[tuple[str, object]]], start: Mapping[str, Value]
) -> Iterator[Condition]:
    for step in steps:
        for field, theirs in step:
            yield from table.free(field, theirs, start)


def is_match(passed: Sequence[Mapping[str, Condition]], shown: Sequence[str], states: Sequence[State]) -> bool:
    """Return whether the end is the reference's, and every turn ended in a state that the reference passes through.

    `passed` are the reference's states, as conditions on what it has set by then; the rest of `shown` is as at the start.
    """

    def is_at(state: State, reached: Mapping[str, Condition]) -> bool:
        rest = all(state.get(path) == states[0].get(path) for path in shown if path not in reached)
        return rest and all(
            condition.holds(states[0].get(path), state.get(path)) for path, condition in reached.items()
        )

    return is_at(states[-1], passed[-1]) and all(
        any(is_at(state, reached) for reached in passed) for state in states[1:]
    )
