"""What the car has: every signal with its VSS path, type, range and place on the bus.

Read once from `assets/vehicle/signals.yaml`. Paths, units and enumerations follow COVESA VSS v6.0.
"""

import fnmatch
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from carpilot.errors import InputError, UnknownNameError
from carpilot.files import asset, load_yaml

Value = bool | int | float | str
MAX_NUMBER = 1e15
"""What is larger, infinite or not a number is no value of any signal."""


class Kind(Enum):
    """VSS: a sensor is read; writing an actuator sets its target."""

    SENSOR = "sensor"
    ACTUATOR = "actuator"


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal of the car.

    `label` is its name in plain words. `command` and `status` are (message, signal) in the DBC files. `settles_within_s` is
    the longest that an undisturbed actuator takes. A momentary actuator falls back by itself. `side_effects` may move with it.
    """

    path: str
    kind: Kind
    label: str
    domain: str
    ecu: str
    type: str
    description: str
    initial: Value
    status: tuple[str, str]
    command: tuple[str, str] | None = None
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    allowed: tuple[str, ...] = ()
    settles_within_s: float = 0.0
    is_momentary: bool = False
    side_effects: tuple[str, ...] = ()

    @property
    def is_actuator(self) -> bool:
        """Whether the signal has a target."""
        return self.kind is Kind.ACTUATOR

    def check(self, value: object) -> Value:
        """Return the value in the signal's own type, or raise InputError saying what was wanted."""
        if self.type == "boolean":
            if isinstance(value, bool):
                return value
            raise InputError(f"{self.path} wants true or false, not {value!r}")
        if self.type == "string":
            if isinstance(value, str) and (not self.allowed or value in self.allowed):
                return value
            raise InputError(f"{self.path} wants one of {', '.join(self.allowed)}, not {value!r}")
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < MAX_NUMBER:
            raise InputError(f"{self.path} wants a number, not {value!r}")
        low, high = self.minimum, self.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            raise InputError(f"{self.path} wants {low:g} to {high:g} {self.unit or ''}".rstrip() + f", not {value:g}")
        if self.type == "integer":
            if value != int(value):
                raise InputError(f"{self.path} wants a whole number, not {value:g}")
            return int(value)
        return float(value)

    def parse(self, text: str) -> Value:
        """Return the value that a word on the command line means."""
        if self.type == "boolean":
            words = {
                "true": True,
                "on": True,
                "yes": True,
                "1": True,
                "false": False,
                "off": False,
                "no": False,
                "0": False,
            }
            if text.lower() not in words:
                raise InputError(f"{self.path} wants true or false, not {text!r}")
            return words[text.lower()]
        if self.type == "string":
            return self.check(text.upper() if text.upper() in self.allowed else text)
        try:
            return self.check(float(text))
        except ValueError as error:
            raise InputError(f"{self.path} wants a number, not {text!r}") from error


class Catalogue(Mapping[str, Signal]):
    """All signals by VSS path, in the order of the file."""

    def __init__(self, signals: Mapping[str, Signal]) -> None:
        self._signals = dict(signals)
        self.actuators = tuple(signal for signal in self._signals.values() if signal.is_actuator)
        self.by_status = {signal.status: signal for signal in self._signals.values()}

    def __getitem__(self, path: str) -> Signal:
        try:
            return self._signals[path]
        except KeyError:
            raise UnknownNameError("signal", path, self._signals) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._signals)

    def __len__(self) -> int:
        return len(self._signals)

    def __contains__(self, path: object) -> bool:
        return path in self._signals

    def ending_in(self, name: str) -> str:
        """Return the one path that is this name or ends in it. Raises InputError."""
        if name in self:
            return name
        ends = [path for path in self._signals if path.endswith(f".{name}")]
        if len(ends) > 1:
            raise InputError(f"{name!r} could be {', '.join(ends)}; say more of the path")
        return ends[0] if ends else self[name].path

    def matching(self, pattern: str) -> tuple[str, ...]:
        """Return the paths that a pattern with `*` names, at least one."""
        found = tuple(path for path in self._signals if fnmatch.fnmatchcase(path, pattern))
        if not found:
            raise UnknownNameError("signal", pattern, self._signals)
        return found

    def initial(self) -> dict[str, Value]:
        """Return the value that each signal has when a car is new."""
        return {path: signal.initial for path, signal in self._signals.items()}


def _signal(path: str, row: Mapping[str, Any]) -> Signal:
    def place(key: str) -> tuple[str, str]:
        message, _, name = row[key].partition(".")
        return message, name

    return Signal(
        path=path,
        kind=Kind(row["kind"]),
        label=row["label"],
        domain=row["domain"],
        ecu=row["ecu"],
        type=row["type"],
        description=row["description"],
        initial=row["initial"],
        status=place("status"),
        command=place("command") if "command" in row else None,
        unit=row.get("unit"),
        minimum=row.get("min"),
        maximum=row.get("max"),
        step=row.get("step"),
        allowed=tuple(row.get("allowed", ())),
        settles_within_s=row.get("settles_within_s", 0.0),
        is_momentary=row.get("momentary", False),
        side_effects=tuple(row.get("side_effects", ())),
    )


def read_catalogue(path: Path) -> Catalogue:
    """Return the catalogue that a file describes. Raises InputError if an entry is incomplete or contradicts itself."""
    rows = load_yaml(path)
    try:
        signals = {name: _signal(name, row) for name, row in rows["signals"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: an entry is incomplete: {error}") from error
    for signal in signals.values():
        signal.check(signal.initial)
        if signal.is_actuator != (signal.command is not None):
            raise InputError(f"{path}: {signal.path}: an actuator, and only an actuator, has a command")
        for other in signal.side_effects:
            if other not in signals:
                raise UnknownNameError("signal", other, signals)
    return Catalogue(signals)


@cache
def default_catalogue() -> Catalogue:
    """Return the catalogue that ships with carpilot."""
    return read_catalogue(asset("vehicle", "signals.yaml"))
