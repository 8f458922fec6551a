"""What a scenario or a suite can expect of a signal, and the strict comparison of a whole car.

A condition is a value, `up`, `down`, `unchanged`, `"> x"`, `"< x"` or `{one_of: [...]}`, on the actual value and relative to
the value before. Actuators that are not named must not have changed, but for the side effects that the catalogue declares.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from carpilot.errors import InputError
from carpilot.vehicle.catalogue import Catalogue, Signal, Value

CHANGES = ("up", "down", "unchanged")
TOLERANCE = 0.051
"""Half a step of the coarsest speed or charge signal on the bus, for sensors."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One expectation of one signal."""

    path: str
    wanted: Any

    def holds(self, before: Value | None, now: Value | None) -> bool:
        """Return whether the signal is as expected; an unknown value never is."""
        wanted = self.wanted
        if now is None:
            return False
        if isinstance(wanted, dict):
            return any(_equal(now, choice) for choice in wanted["one_of"])
        if wanted == "unchanged":
            return now == before
        if isinstance(wanted, str) and isinstance(now, int | float) and not isinstance(now, bool):
            return _compares(wanted, before, now)
        return _equal(now, wanted)

    def describe(self) -> str:
        """Return the expectation in words."""
        return f"one of {self.wanted['one_of']}" if isinstance(self.wanted, dict) else str(self.wanted)


def _compares(wanted: str, before: Value | None, now: float) -> bool:
    if wanted in ("up", "down"):
        return isinstance(before, int | float) and (now > before if wanted == "up" else now < before)
    limit = float(wanted[1:])
    return now > limit if wanted[0] == ">" else now < limit


def _equal(now: Value, wanted: Any) -> bool:
    if isinstance(now, bool) or isinstance(wanted, bool) or isinstance(now, str):
        return bool(now == wanted)
    return isinstance(wanted, int | float) and abs(now - wanted) < TOLERANCE


def read_condition(signal: Signal, wanted: Any) -> Condition:
    """Return a checked condition. Raises InputError if the signal cannot meet it."""
    if isinstance(wanted, dict):
        choices = wanted.get("one_of")
        if set(wanted) != {"one_of"} or not isinstance(choices, list) or not choices:
            raise InputError(f"{signal.path}: a condition is a value, up, down, unchanged, '> x', '< x' or one_of")
        for choice in choices:
            signal.check(choice)
    elif wanted == "unchanged":
        pass
    elif isinstance(wanted, str) and signal.type in ("integer", "float"):
        if wanted not in CHANGES:
            _check_comparison(signal, wanted)
    else:
        signal.check(wanted)
    return Condition(signal.path, wanted)


def _check_comparison(signal: Signal, wanted: str) -> None:
    try:
        float(wanted[1:])
    except ValueError:
        raise InputError(
            f"{signal.path}: {wanted!r} is not a condition; use a number, up, down, '> x' or '< x'"
        ) from None
    if wanted[:1] not in (">", "<"):
        raise InputError(f"{signal.path}: {wanted!r} is not a condition; use a number, up, down, '> x' or '< x'")


def read_conditions(catalogue: Catalogue, rows: object) -> tuple[Condition, ...]:
    """Return conditions from a mapping of path to expectation."""
    if not isinstance(rows, Mapping):
        raise InputError(f"signals must be a mapping of paths to conditions, not {rows!r}")
    return tuple(read_condition(catalogue[path], wanted) for path, wanted in rows.items())


def allowed_to_move(catalogue: Catalogue, paths: Iterable[str]) -> set[str]:
    """Return paths with everything that the catalogue declares may move with them."""
    found: set[str] = set()
    queue = list(paths)
    while queue:
        path = queue.pop()
        if path not in found:
            found.add(path)
            queue.extend(catalogue[path].side_effects)
    return found


def compare(
    catalogue: Catalogue,
    conditions: Iterable[Condition],
    before: Mapping[str, Value],
    now: Mapping[str, Value | None],
    reached: Mapping[str, set[Value]],
) -> list[str]:
    """Return what is wrong, one line each: nothing, if every expectation holds and nothing else moved.

    `reached` holds every value that a momentary actuator has had since; it need only have been reached.
    """
    problems = []
    wanted = list(conditions)
    for condition in wanted:
        path = condition.path
        values: set[Value | None] = {now.get(path)}
        if catalogue[path].is_momentary:
            values |= reached.get(path, set())
        if not any(condition.holds(before.get(path), value) for value in values):
            problems.append(f"{path}: wanted {condition.describe()}, is {now.get(path)!r} (was {before.get(path)!r})")
    free = allowed_to_move(catalogue, (condition.path for condition in wanted))
    for signal in catalogue.actuators:
        value = now.get(signal.path)  # what is not known now has not been seen to move
        if signal.path not in free and value is not None and value != before.get(signal.path, value):
            problems.append(
                f"{signal.path}: must not change, went from {before.get(signal.path)!r} to {now.get(signal.path)!r}"
            )
        elif (
            signal.path not in free
            and signal.is_momentary
            and reached.get(signal.path, set()) - {before.get(signal.path)}
        ):
            problems.append(f"{signal.path}: must not act")
    return problems
