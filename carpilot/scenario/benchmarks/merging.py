"""How the changes of several turns come to one start and one end of a case."""

from collections.abc import Mapping, Sequence

from carpilot.scenario.benchmarks.benchmark import UnmappedError
from carpilot.scenario.benchmarks.fields import Change
from carpilot.scenario.conditions import Condition, read_condition
from carpilot.vehicle.catalogue import Value, default_catalogue

APART = "this car has one where theirs has one a seat, and they end apart"
NO_ROOM = "a step further than this car can go from there"
IN_CIRCLES = "ends where it starts, which an end cannot tell from doing nothing"
UNSETTLED = "the end depends on how large each car's steps are"


def start_of(turns: Sequence[Sequence[Change]]) -> dict[str, Value]:
    """Return where the signals stand before the first turn that changes each."""
    start: dict[str, Value] = {}
    for turn in turns:
        for path in dict.fromkeys(change.path for change in turn if change.path not in start):
            start[path] = _stood([change for change in turn if change.path == path])
    return start


def _stood(changes: Sequence[Change]) -> Value:
    """Return where a signal stood before a turn; a number tells more than being on, but nothing of what is off."""
    state = next((change for change in changes if not change.is_number), None)
    number = next((change for change in changes if change.is_number), None)
    if number is not None and (state is None or _fits(state, number.start)):
        return number.start
    return state.start if state is not None else changes[0].start


def _fits(state: Change, number: Value) -> bool:
    """Return whether a number agrees with a state from which a change starts."""
    return any(seen.holds(None, state.start) and seen.holds(None, number) for seen in state.states)


def end_of(turns: Sequence[Sequence[Change]], start: Mapping[str, Value]) -> tuple[Condition, ...]:
    """Return what the signals must be after the last turn. Raises UnmappedError where that cannot be said."""
    ends: dict[str, Condition] = {}
    for turn in turns:
        for path in dict.fromkeys(change.path for change in turn):
            told = _told([change for change in turn if change.path == path])
            ends[path] = told.end if told.end else _stepped(path, ends.get(path), told.sign, start[path])
    if ends and all(end.holds(start[path], start[path]) for path, end in ends.items()):
        raise UnmappedError(IN_CIRCLES)
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
