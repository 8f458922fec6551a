"""How the changes of several turns come to one start and one end of a case."""

from collections.abc import Iterable, Mapping, Sequence

from carpilot.scenario.benchmarks.benchmark import UnmappedError
from carpilot.scenario.benchmarks.fields import Change
from carpilot.scenario.conditions import Condition, read_condition
from carpilot.vehicle.catalogue import Value, default_catalogue

APART = "this car has one where theirs has one a seat, and they end apart"
NO_ROOM = "a step further than this car can go from there"
UNSETTLED = "the end depends on how large each car's steps are"


def start_of(changes: Iterable[Change]) -> dict[str, Value]:
    """Return where the signals stand before the first change of each; a number tells more than being on."""
    start: dict[str, Change] = {}
    for change in changes:
        known = start.setdefault(change.path, change)
        if change.is_number and not known.is_number and _fits(known, change):
            start[change.path] = change
    return {path: change.start for path, change in start.items()}


def _fits(known: Change, number: Change) -> bool:
    """Return whether a number agrees with a state that was found for the same start."""
    return any(s.holds(None, known.start) and s.holds(None, number.start) for s in known.states)


def end_of(turns: Sequence[Sequence[Change]], start: Mapping[str, Value]) -> tuple[Condition, ...]:
    """Return what the signals must be after the last turn. Raises UnmappedError where that cannot be said."""
    ends: dict[str, Condition] = {}
    for turn in turns:
        for path in dict.fromkeys(change.path for change in turn):
            told = _told([change for change in turn if change.path == path])
            ends[path] = told.end if told.end else _stepped(path, ends.get(path), told.sign, start[path])
    return tuple(ends.values())


def _told(changes: Sequence[Change]) -> Change:
    """Return the change of one signal in one turn that tells most: a number reached, a state, a direction."""
    numbers = [change for change in changes if change.is_number]
    exact = [change for change in numbers if change.end]
    states = [change for change in changes if not change.is_number]
    for group in (exact, states, numbers):
        if group:
            if any(change.end != group[0].end or change.sign != group[0].sign for change in group):
                raise UnmappedError(APART)
            return group[0]
    raise AssertionError("a turn's signal has a change")


def _stepped(path: str, so_far: Condition | None, sign: int, start: Value) -> Condition:
    """Return the end after a step of unknown size in a direction."""
    signal = default_catalogue()[path]
    wanted = so_far.wanted if so_far else start
    up, mark = ("up", ">") if sign > 0 else ("down", "<")
    if wanted in ("up", "down"):
        if wanted != up:
            raise UnmappedError(UNSETTLED)
        return read_condition(signal, up)
    if isinstance(wanted, str):
        if wanted[0] != mark:
            raise UnmappedError(UNSETTLED)
        return read_condition(signal, wanted)
    if isinstance(wanted, bool) or not isinstance(wanted, int | float):
        raise UnmappedError(UNSETTLED)
    if wanted == (signal.maximum if sign > 0 else signal.minimum):
        raise UnmappedError(NO_ROOM)
    return read_condition(signal, f"{mark} {wanted:g}" if so_far else up)
