"""One function of the catalogue: its arguments, their checks, and the commands that a call of it means."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from carpilot.decision import Command
from carpilot.errors import ModelOutputError
from carpilot.request import Seat
from carpilot.vehicle.catalogue import Signal, Value, default_catalogue
from carpilot.vehicle.state import VehicleState

SPEAKER = "speaker"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: a choice, a number within a range, or a boolean."""

    name: str
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    step: float = 1.0
    unit: str | None = None
    is_boolean: bool = False
    default: str | None = None

    @property
    def is_number(self) -> bool:
        """Whether the argument is a number."""
        return self.minimum is not None

    def schema(self) -> dict[str, Any]:
        """Return the argument's JSON Schema."""
        if self.choices:
            return {"type": "string", "enum": list(self.choices)}
        if self.is_boolean:
            return {"type": "boolean"}
        kind = "integer" if self.step == int(self.step) else "number"
        return {"type": kind, "minimum": self.minimum, "maximum": self.maximum, "multipleOf": self.step}

    def check(self, value: object) -> Value:
        """Return the value, or raise ModelOutputError saying what was wanted."""
        if self.choices:
            if isinstance(value, str) and value in self.choices:
                return value
            raise ModelOutputError(f"{self.name} must be one of {', '.join(self.choices)}, not {value!r}")
        if self.is_boolean:
            if isinstance(value, bool):
                return value
            raise ModelOutputError(f"{self.name} must be true or false, not {value!r}")
        if isinstance(value, bool) or not isinstance(value, int | float) or not -math.inf < value < math.inf:
            raise ModelOutputError(f"{self.name} must be a number, not {value!r}")
        if self.minimum is None or self.maximum is None or not self.minimum <= value <= self.maximum:
            raise ModelOutputError(f"{self.name} must be {self.minimum} to {self.maximum}, not {value}")
        if value % self.step:
            raise ModelOutputError(f"{self.name} must be a multiple of {self.step:g}, not {value}")
        return value


@dataclass(frozen=True, slots=True)
class Tool:
    """One function of the catalogue."""

    name: str
    description: str
    arguments: Mapping[str, Argument]
    one_of: tuple[str, ...]
    paths: Mapping[str, tuple[str, ...]]
    by: str | None
    value: str | None
    change: str | None
    factor: float
    levels: tuple[float, ...]
    mapping: Mapping[str, str]
    writes: Value | None

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the arguments, in the form chat models are given."""
        required = [a.name for a in self.arguments.values() if a.default is None and a.name not in self.one_of]
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {name: argument.schema() for name, argument in self.arguments.items()},
            "required": required,
            "additionalProperties": False,
        }
        if self.one_of:
            schema["oneOf"] = [{"required": [name]} for name in self.one_of]
        return schema

    def check(self, arguments: Mapping[str, Any]) -> dict[str, Value]:
        """Return the arguments with defaults filled in (`speaker` stays), or raise ModelOutputError."""
        unknown = sorted(set(arguments) - set(self.arguments))
        if unknown:
            raise ModelOutputError(
                f"{self.name} has no argument {unknown[0]!r}; it has {', '.join(self.arguments) or 'none'}"
            )
        checked = {name: self.arguments[name].check(value) for name, value in arguments.items()}
        if self.one_of and sum(name in checked for name in self.one_of) != 1:
            raise ModelOutputError(f"{self.name} needs exactly one of {', '.join(self.one_of)}")
        for name, argument in self.arguments.items():
            if name in checked or name in self.one_of:
                continue
            if argument.default is None:
                raise ModelOutputError(f"{self.name} needs {name}")
            checked[name] = argument.default
        return checked

    def commands(self, arguments: Mapping[str, Any], state: VehicleState, seat: Seat, call: int) -> tuple[Command, ...]:
        """Return the commands that a call means for this speaker in this state."""
        checked = self.check(arguments)
        choice = str(checked[self.by]) if self.by else ""
        if choice == SPEAKER:
            choice = seat.value if seat.value in self.paths else "rear"
            if choice not in self.paths:
                raise ModelOutputError(
                    f"{self.name} is not for the {seat.value.replace('_', ' ')}; say which of {self.by}"
                )
        catalogue = default_catalogue()
        return tuple(Command(path, self._target(catalogue[path], checked, state), call) for path in self.paths[choice])

    def _target(self, signal: Signal, arguments: Mapping[str, Value], state: VehicleState) -> Value:
        if self.writes is not None:
            return self.writes
        if self.change is not None and self.change in arguments:
            return self._changed(signal, float(arguments[self.change]), state)
        value = arguments[self.value or ""]
        if self.mapping:
            return self.mapping[str(value)]
        if isinstance(value, bool):
            return value
        number = self.levels[int(value)] if self.levels else float(value) * self.factor
        return signal.check(number)

    def _changed(self, signal: Signal, change: float, state: VehicleState) -> Value:
        now = state.number(signal.path)
        if now is None:
            raise ModelOutputError(f"{signal.path} is not known now, so it cannot be changed by {change:g}")
        if self.levels:
            nearest = min(range(len(self.levels)), key=lambda i: abs(self.levels[i] - now))
            return signal.check(self.levels[max(0, min(len(self.levels) - 1, nearest + int(change)))])
        low, high = signal.minimum, signal.maximum
        target = now + change * self.factor
        target = max(target, low) if low is not None else target
        target = min(target, high) if high is not None else target
        return signal.check(round(target) if signal.type == "integer" else target)


def _argument(name: str, row: Mapping[str, Any]) -> Argument:
    number = row.get("number", {})
    return Argument(
        name=name,
        choices=tuple(row.get("enum", ())),
        minimum=number.get("min"),
        maximum=number.get("max"),
        step=number.get("step", 1),
        unit=number.get("unit"),
        is_boolean=row.get("boolean", False),
        default=row.get("default"),
    )


def read_tool(name: str, row: Mapping[str, Any]) -> Tool:
    """Return a function as the catalogue declares it."""
    paths = row["paths"]
    by = None if isinstance(paths, list) else paths["by"]
    table = {"": tuple(paths)} if isinstance(paths, list) else {k: tuple(v) for k, v in paths.items() if k != "by"}
    return Tool(
        name=name,
        description=row["description"],
        arguments={key: _argument(key, value) for key, value in row["arguments"].items()},
        one_of=tuple(row.get("one_of", ())),
        paths=table,
        by=by,
        value=row.get("value"),
        change=row.get("change"),
        factor=row.get("factor", 1),
        levels=tuple(row.get("levels", ())),
        mapping=row.get("map", {}),
        writes=row.get("writes"),
    )
