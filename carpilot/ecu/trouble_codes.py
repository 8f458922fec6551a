"""The table of trouble codes: what each means, how urgent it is, what the driver should do, which lamp it lights.

A code has the three-byte form of ISO 14229-1: two bytes of base code (SAE J2012: two bits for P, C, B or U, then 14 bits of
number) and one byte of failure type (SAE J2012-DA). It is written `C1A01-84`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum
from functools import cache
from pathlib import Path
from typing import Any

from carpilot.errors import InputError, UnknownNameError
from carpilot.files import asset, load_yaml

LETTERS = "PCBU"
_WRITTEN = re.compile(r"([PCBU])([0-3][0-9A-F]{3})-([0-9A-F]{2})")


class Urgency(IntEnum):
    """How soon something must be done; the lower, the sooner."""

    STOP_NOW = 0
    SOON = 1
    WHEN_CONVENIENT = 2
    INFORMATION = 3


class Lamp(Enum):
    """The tell-tale that a code lights."""

    BRAKE = "brake"
    BATTERY = "battery"
    TYRE = "tyre"
    AIRBAG = "airbag"
    SERVICE = "service"
    CHARGE = "charge"
    LAMP_FAILURE = "lamp_failure"
    NONE = "none"

    @property
    def tell_tale(self) -> str:
        """Its name in `Vehicle.Private.TellTale.Is...On`, such as LampFailure."""
        return "".join(word.title() for word in self.value.split("_"))


@dataclass(frozen=True, slots=True)
class TroubleCode:
    """One row of the table. `number` is the code as 24 bits; `detects` are the conditions that set it."""

    code: str
    number: int
    ecu: str
    meaning: str
    failure_type: str
    urgency: Urgency
    lamp: Lamp
    advice: str
    detects: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What to tell the driver: meaning, code, advice."""
        return f"{self.meaning} ({self.code}) {self.advice}"


def to_number(code: str) -> int:
    """Return a written code as 24 bits. Raises InputError."""
    match = _WRITTEN.fullmatch(code)
    if match is None:
        raise InputError(f"a trouble code is written like U0140-87, not {code!r}")
    letter, number, failure = match.groups()
    return (LETTERS.index(letter) << 14 | int(number, 16)) << 8 | int(failure, 16)


def to_code(number: int) -> str:
    """Return 24 bits as a written code."""
    return f"{LETTERS[number >> 22 & 3]}{number >> 8 & 0x3FFF:04X}-{number & 0xFF:02X}"


def read_table(path: Path) -> Mapping[str, TroubleCode]:
    """Return the codes of a YAML file, in its order. Raises InputError, naming the code that cannot be."""
    content = load_yaml(path)
    if not isinstance(content, dict) or set(content) != {"failure_types", "advice", "codes"}:
        raise InputError(f"{path} needs failure_types, advice and codes, and nothing else")
    table = {}
    for code, row in content["codes"].items():
        try:
            table[code] = _read_code(code, row, content["failure_types"], content["advice"])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path}: {code}: cannot use {error}") from error
    return table


def _read_code(
    code: str, row: Mapping[str, Any], failure_types: Mapping[int, str], advice: Mapping[str, str]
) -> TroubleCode:
    unknown = set(row) - {"ecu", "meaning", "urgency", "lamp", "advice", "detects"}
    if unknown:
        raise ValueError(f"the entry {sorted(unknown)[0]!r}")
    number = to_number(code)
    return TroubleCode(
        code=code,
        number=number,
        ecu=row["ecu"],
        meaning=row["meaning"],
        failure_type=failure_types[number & 0xFF],
        urgency=Urgency[row["urgency"].upper()],
        lamp=Lamp(row["lamp"]),
        advice=advice[row["advice"]],
        detects=tuple(row.get("detects", ())),
    )


@cache
def trouble_codes() -> Mapping[str, TroubleCode]:
    """Return the table that ships with carpilot, by written code."""
    return read_table(asset("vehicle", "trouble_codes.yaml"))


@cache
def _by_condition() -> Mapping[str, tuple[TroubleCode, ...]]:
    found: dict[str, tuple[TroubleCode, ...]] = {}
    for code in trouble_codes().values():
        for condition in code.detects:
            found[condition] = (*found.get(condition, ()), code)
    return found


def explain(code: str | int) -> TroubleCode:
    """Return what a code means, written (`U0140-87`) or as 24 bits. Raises UnknownNameError."""
    written = to_code(code) if isinstance(code, int) else code.upper()
    if written not in trouble_codes():
        raise UnknownNameError("trouble code", written, trouble_codes())
    return trouble_codes()[written]


def codes_for(condition: str) -> tuple[TroubleCode, ...]:
    """Return the codes that a condition of the car sets, such as `lost_communication:BCM`; none for most paths."""
    return _by_condition().get(condition, ())


def lamp_of(path: str) -> Lamp:
    """Return the lamp that a path like `Vehicle.Private.TellTale.IsBatteryOn` reports. Raises UnknownNameError."""
    for lamp in Lamp:
        if lamp is not Lamp.NONE and path == f"Vehicle.Private.TellTale.Is{lamp.tell_tale}On":
            return lamp
    raise UnknownNameError("tell-tale", path, [f"Vehicle.Private.TellTale.Is{lamp.tell_tale}On" for lamp in Lamp][:-1])


def conditions() -> tuple[str, ...]:
    """Return the names of all conditions that set a code."""
    return tuple(_by_condition())


def codes_of(ecu: str) -> tuple[TroubleCode, ...]:
    """Return the codes that a control unit can store."""
    return tuple(code for code in trouble_codes().values() if code.ecu == ecu)


def by_urgency(codes: Iterable[TroubleCode]) -> list[TroubleCode]:
    """Return codes, the most urgent first, each once."""
    return sorted(set(codes), key=lambda code: (code.urgency, code.code))
