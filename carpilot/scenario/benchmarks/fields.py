"""The table of VehicleWorld's state fields on this car's signals, and what a change of a field is here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from carpilot.errors import InputError
from carpilot.files import asset, load_yaml
from carpilot.scenario.benchmarks.benchmark import State, UnmappedError
from carpilot.scenario.conditions import Condition, read_condition
from carpilot.vehicle.catalogue import Catalogue, Value, default_catalogue

NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?")
NEAR = 0.01
THIRD_ROW = "a third row of seats"


@dataclass(frozen=True, slots=True)
class Change:
    """What one change of a field means here: where the signal stands before, and where it must go.

    `end` is a condition on its value; where it is None, only the direction counts: `sign` is 1 or -1. A field that has few
    values is seen as the value whose condition holds; `states` are those conditions.
    """

    path: str
    start: Value
    end: Condition | None
    sign: int = 0
    is_number: bool = False
    states: tuple[Condition, ...] = ()

    def _seen(self, state: State) -> object:
        value = state.get(self.path)
        return (
            next((i for i, state in enumerate(self.states) if state.holds(None, value)), None) if self.states else value
        )

    def has_moved(self, before: State, now: State) -> bool:
        """Return whether the field changed, as it is seen through the signal."""
        return self._seen(before) != self._seen(now)

    def is_right(self, before: State, now: State) -> bool:
        """Return whether the field changed as in the reference: a number in its direction, else to its value."""
        old, new = before.get(self.path), now.get(self.path)
        if self.is_number:
            both = isinstance(old, int | float) and isinstance(new, int | float)
            return both and (new - old) * self.sign > 0  # type: ignore[operator] # both are numbers
        return self.has_moved(before, now) and self.end is not None and self.end.holds(old, new)


@dataclass(frozen=True, slots=True)
class Rule:
    """How one field, or the same field of every seat, is shown: see the table."""

    path: str
    states: Mapping[str, Mapping[str, Any]]
    scale: float
    offset: float
    is_exact: bool
    levels: tuple[Value, ...]


@dataclass(frozen=True)
class Fields:
    """The whole table."""

    catalogue: Catalogue
    rows: Mapping[str, Any]

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """Every field that this car can show."""
        return {
            field: _read_rule(row, words)
            for pattern, row in self.rows["fields"].items()
            for field, words in self._of_each_seat(pattern)
        }

    @cached_property
    def followers(self) -> Mapping[str, str]:
        """Every field that follows another, with the word by which it would be asked for itself."""
        return {
            pattern.replace("{seat}", seat): row.get("without", "")
            for pattern, row in self.rows["followers"].items()
            for seat in (*self.rows["seats"], *self.rows["third_row"])
        }

    def _of_each_seat(self, pattern: str) -> list[tuple[str, Mapping[str, str]]]:
        if "{seat}" not in pattern:
            return [(pattern, {})]
        return [(pattern.replace("{seat}", seat), words) for seat, words in self.rows["seats"].items()]

    def is_left_away(self, field: str, gold: str, told: Mapping[str, tuple[object, object]]) -> bool:
        """Return whether a field is not counted: it follows another, or is of a third row that does what the second does."""
        if field in self.followers:
            asked_by = self.followers[field]
            if asked_by and asked_by in gold:
                raise UnmappedError(self.lack(field))
            return True
        third = next((seat for seat in self.rows["third_row"] if f".{seat}." in field), None)
        if third is None:
            return False
        after = told[field][1]
        twin = told.get(field.replace(third, self.rows["second_row"]))
        if twin is None or twin[1] != after:
            raise UnmappedError(f"this car has not: {THIRD_ROW}")
        return True

    def names_shared(self, words: str) -> bool:
        """Return whether words name a device that both cars have."""
        return any(re.search(rf"\b{word}", words, re.IGNORECASE) for word in self.rows["shared"])

    def lack(self, field: str) -> str:
        """Return the reason why a field cannot be shown."""
        begins = [lack for lack in self.rows["lacks"] if field.startswith(lack)]
        lack = self.rows["lacks"][max(begins, key=len)] if begins else field.partition(".")[0]
        return f"this car has not: {lack}"

    def change(self, field: str, gold: str, before: object, after: object) -> Change:
        """Return what a change of a field is here. Raises UnmappedError."""
        rule = self.rules.get(field) or self._volume(field, gold)
        if rule is None:
            raise UnmappedError(self.lack(field))
        if rule.states:
            return self._choice(rule, field, before, after)
        return self._number(rule, field, gold, before, after)

    def _volume(self, field: str, gold: str) -> Rule | None:
        volume = self.rows["volume"]
        paths = {path for call, path in volume.items() if call != "field" and f"vw.{call}" in gold}
        if field != volume["field"] or len(paths) != 1:
            return None
        return Rule(paths.pop(), {}, 1.0, 0.0, True, ())

    def _choice(self, rule: Rule, field: str, before: object, after: object) -> Change:
        old, new = (
            rule.states.get(str(value).lower() if isinstance(value, bool) else str(value)) for value in (before, after)
        )
        if new is None or old is None:
            raise UnmappedError(self.lack(field))
        signal = self.catalogue[rule.path]
        states = tuple(read_condition(signal, state["end"]) for state in rule.states.values())
        return Change(rule.path, signal.check(old["start"]), read_condition(signal, new["end"]), states=states)

    def _number(self, rule: Rule, field: str, gold: str, before: object, after: object) -> Change:
        if not isinstance(before, int | float) or not isinstance(after, int | float):
            raise UnmappedError(self.lack(field))
        start = self._on_signal(rule, before)
        goal = self._on_signal(rule, after)
        sign = 1 if (after > before) == (_grows(rule)) else -1
        end = None
        if rule.is_exact and _is_named(gold, before, after):
            end = read_condition(self.catalogue[rule.path], goal)
        return Change(rule.path, start, end, sign, is_number=True)

    def _on_signal(self, rule: Rule, value: float) -> Value:
        signal = self.catalogue[rule.path]
        if rule.levels:
            return signal.check(rule.levels[min(len(rule.levels) - 1, max(0, round(value)))])
        scaled = value * rule.scale + rule.offset
        try:
            step = signal.step or 1
            return signal.check(round(scaled / step) * step)
        except InputError:
            raise UnmappedError("a number beyond this car's range") from None


def _read_rule(row: Mapping[str, Any], words: Mapping[str, str]) -> Rule:
    return Rule(
        path=row["path"].format(**words),
        states=row.get("states", {}),
        scale=float(row.get("scale", 1)),
        offset=float(row.get("offset", 0)),
        is_exact=bool(row.get("exact")),
        levels=tuple(row.get("levels", ())),
    )


def _grows(rule: Rule) -> bool:
    """Return whether the signal grows with the field."""
    return rule.levels[-1] > rule.levels[0] if rule.levels else rule.scale > 0  # type: ignore[operator] # levels are numbers


def _is_named(gold: str, before: float, after: float) -> bool:
    """Return whether the reference names the value that is reached, or the step to it."""
    named = {abs(float(number)) for number in NUMBER.findall(gold)}
    return any(abs(number - abs(wanted)) < NEAR for number in named for wanted in (after, after - before))


def read_fields() -> Fields:
    """Return the table that ships with carpilot."""
    return Fields(default_catalogue(), load_yaml(asset("benchmarks", "vehicle_world.yaml")))
