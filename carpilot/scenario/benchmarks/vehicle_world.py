"""VehicleWorld (Yang et al., 2025): a driver's turns, and which fields of a car's state each of them changes.

A line of the file is a task: `id`, `modules` (the devices in play), `inits` (the calls that set the devices up), `turns`. A turn
is `query` (the driver's words), `gold` (the reference, Python calls of the devices, or `pass` where nothing is to be done) and
`state_diff`, triples of a field, its value before and its value after; `<absent>` is a field that is not there. What the fields
are that do not change is not in the file, so a case starts with what the differences tell, and otherwise with this car's start.

`assets/benchmarks/vehicle_world.yaml` says which signal shows which field. A number must be reached where the reference names
it and both cars measure alike; else its direction counts, for how far "a bit" goes is each car's own. The driver says yes
where the gate asks about what the reference does.

Their metric is of each turn: of the fields that the reference changes, which change too (recall), and of those that change,
which the reference changes (precision). "F1 positive" is the harmonic mean of both; "change accuracy" is the share of the
reference's changes that also go the right way (numbers: the same direction; else the same value). Where the reference changes
nothing, an agent that changes nothing has 1 in both. A task has the mean of its turns, a benchmark the mean of its tasks. Here
they are counted over the fields that this car has; any other actuator that moves counts against precision. "F1 negative", of
what stays as it was, needs the fields that the file does not hold.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean

from carpilot.request import Seat
from carpilot.scenario.benchmarks.benchmark import Benchmark, Row, State, UnmappedError, map_tasks, read_rows
from carpilot.scenario.benchmarks.fields import Change, Fields, read_fields
from carpilot.scenario.benchmarks.merging import end_of, start_of
from carpilot.scenario.conditions import allowed_to_move
from carpilot.scenario.suite import Case, Expectation
from carpilot.vehicle.catalogue import Value, default_catalogue

NAME = "vehicle-world"
NOTHING = "pass"
F1, ACCURACY = "F1 positive", "change accuracy"
CONDITION = re.compile(r"\b(if|when|unless|once|in case)\b", re.IGNORECASE)
NO_EFFECT = "the reference calls what changes nothing that counts: what it found or showed is not told"
UNTOLD = "a condition (if, when, once) on what the file does not tell"
NO_ACTION = "the reference does nothing about a device that this car has, and the file does not tell why"
BEYOND = re.compile(r"-\d|\b(?:10[1-9]|1[1-9]\d|[2-9]\d\d|\d{4,})\b")
EMPTY = "no turn"


def read(path: Path) -> Benchmark:
    """Return VehicleWorld's tasks as cases. Raises InputError naming file and line."""
    fields = read_fields()
    suite, left_out = map_tasks(path, NAME, lambda row: _case(row, fields))
    idle = {
        str(row["id"]): mean(float(not turn["state_diff"]) for turn in row["turns"])
        for _, row in read_rows(path)
        if row["turns"]
    }
    everywhere, mapped = mean([*idle.values()] or [0]), mean([idle[case.id] for case in suite.cases] or [0])
    return Benchmark(
        name=NAME,
        suite=suite,
        tasks=len(suite.cases) + left_out.total(),
        left_out=left_out,
        do_nothing={F1: everywhere, ACCURACY: everywhere},
        scored=len(idle),
        do_nothing_mapped={F1: mapped, ACCURACY: mapped},
    )


def _case(row: Row, fields: Fields) -> Case:
    """Return a task as a case. Raises UnmappedError, or KeyError and ValueError where it is no task."""
    name, turns = str(row["id"]), list(row["turns"])
    said = tuple(str(turn["query"]).strip() for turn in turns)
    differences = [(str(turn["gold"]), [(str(f), a, b) for f, a, b in turn["state_diff"]]) for turn in turns]
    if not turns:
        raise UnmappedError(EMPTY)
    changes = [tuple(_changes(fields, gold, triples)) for gold, triples in differences]
    for words, (gold, _) in zip(said, differences, strict=True):
        _check_words(fields, words, gold)
    start = start_of(changes)
    end = end_of(changes, start)
    return Case(
        id=name,
        say=said,
        seat=Seat.DRIVER,
        given=start,
        expect=Expectation(signals=end),
        kind="command" if end else "out_of_scope",
        source=NAME,
        consents=True,
        measure=lambda states: measure(changes, states),
    )


def _check_words(fields: Fields, words: str, gold: str) -> None:
    """Raise UnmappedError where what is right depends on what the file does not tell."""
    if CONDITION.search(words):
        raise UnmappedError(UNTOLD)
    if gold.strip() == NOTHING and fields.names_shared(words) and not BEYOND.search(words):
        raise UnmappedError(NO_ACTION)


def _changes(fields: Fields, gold: str, triples: Sequence[tuple[str, object, object]]) -> Iterator[Change]:
    """Yield what a turn changes, on this car's signals. Raises UnmappedError."""
    told = {field: (before, after) for field, before, after in triples}
    counted = [field for field in told if not fields.is_left_away(field, gold, told)]
    if not counted and gold.strip() != NOTHING:
        raise UnmappedError(NO_EFFECT)
    for field in counted:
        yield fields.change(field, gold, *told[field])


def measure(changes: Sequence[Sequence[Change]], states: Sequence[State]) -> dict[str, float]:
    """Return their metric of a task: `states` are of the start and of the end of each turn."""
    turns = [_measure_turn(wanted, *states[index : index + 2]) for index, wanted in enumerate(changes)]
    return {F1: mean(f1 for f1, _ in turns), ACCURACY: mean(accuracy for _, accuracy in turns)}


def _measure_turn(wanted: Sequence[Change], before: State, now: State) -> tuple[float, float]:
    """Return F1 positive and change accuracy of one turn."""
    moved = sum(change.has_moved(before, now) for change in wanted)
    right = sum(change.is_right(before, now) for change in wanted)
    strayed = _strayed(wanted, before, now)
    if not wanted:
        return float(not strayed), 1.0
    precision, recall = moved / (moved + strayed) if moved else 0.0, moved / len(wanted)
    return 2 * precision * recall / (precision + recall) if moved else 0.0, right / len(wanted)


def _strayed(wanted: Sequence[Change], before: State, now: State) -> int:
    """Return how many actuators moved that neither the reference moves nor its signals may take along."""
    catalogue = default_catalogue()
    free = allowed_to_move(catalogue, (change.path for change in wanted))
    return sum(_differs(before, now, s.path) for s in catalogue.actuators if s.path not in free and not s.is_momentary)


def _differs(before: Mapping[str, Value | None], now: Mapping[str, Value | None], path: str) -> bool:
    return now.get(path) is not None and before.get(path) is not None and now[path] != before[path]
