"""The DBC files, read by cantools, and the way between their signals and VSS values."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cantools
from cantools.database.can import Database as CantoolsDatabase
from cantools.database.can import Message as CantoolsMessage
from cantools.database.namedsignalvalue import NamedSignalValue

from carpilot.bus.frame import Frame
from carpilot.errors import InputError, UnknownNameError, WireError
from carpilot.files import asset
from carpilot.units import NS_PER_MS
from carpilot.vehicle.catalogue import Catalogue, Signal, Value

NOT_AVAILABLE = "NotAvailable"
SEGMENTS = ("body", "infotainment")
DECISION_MESSAGE = "CopilotDecision"
PROTECTION = ("Crc", "Counter")


@dataclass(frozen=True, slots=True)
class MessageInfo:
    """What is fixed of a message. A cycle of 0 means that it is sent when needed."""

    name: str
    arbitration_id: int
    length: int
    sender: str
    data_id: int
    cycle_ns: int
    signals: tuple[str, ...]


class Database:
    """Messages of all segments by name and by identifier."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self.info: dict[str, MessageInfo] = {}
        self.by_id: dict[int, MessageInfo] = {}
        self.home: dict[str, str] = {}
        self._messages: dict[str, CantoolsMessage] = {}
        for segment, path in paths.items():
            self._read(segment, path)

    def _read(self, segment: str, path: Path) -> None:
        loaded = cantools.database.load_file(path)
        if not isinstance(loaded, CantoolsDatabase):
            raise InputError(f"{path} is not a CAN database")
        for message in loaded.messages:
            if message.name in self.info:
                continue
            attributes = message.dbc.attributes if message.dbc else {}
            data_id = int(attributes["E2eDataId"].value) if "E2eDataId" in attributes else 0
            cycle_ms = int(attributes["GenMsgCycleTime"].value) if "GenMsgCycleTime" in attributes else 0
            info = MessageInfo(
                message.name,
                message.frame_id,
                message.length,
                message.senders[0] if message.senders else "",
                data_id,
                cycle_ms * NS_PER_MS,
                tuple(signal.name for signal in message.signals if signal.name not in PROTECTION),
            )
            self.info[message.name] = info
            self.by_id[message.frame_id] = info
            self.home[message.name] = segment
            self._messages[message.name] = message

    def message(self, name: str) -> MessageInfo:
        """Return a message by name."""
        if name not in self.info:
            raise UnknownNameError("message", name, self.info)
        return self.info[name]

    def encode(self, name: str, values: Mapping[str, int | float | str]) -> Frame:
        """Return a frame, unprotected. A signal that is not given is sent as not available, or 0 where it cannot be."""
        message = self._messages[name]
        row: dict[str, int | float | str] = {}
        for signal in message.signals:
            if signal.name in values:
                row[signal.name] = values[signal.name]
            else:
                has_no_value = signal.choices is not None and NOT_AVAILABLE in map(str, signal.choices.values())
                row[signal.name] = NOT_AVAILABLE if has_no_value else 0
        return Frame(message.frame_id, message.encode(row, strict=False))

    def decode(self, frame: Frame) -> dict[str, int | float | str | None]:
        """Return a frame's signals in physical units; None where the sender says not available. Raises WireError."""
        info = self.by_id.get(frame.arbitration_id)
        if info is None:
            raise WireError(f"no message has the identifier {frame.arbitration_id:#x}")
        if len(frame.data) != info.length:
            raise WireError(f"{info.name} has {info.length} bytes, not {len(frame.data)}")
        decoded = self._messages[info.name].decode(frame.data)
        assert isinstance(decoded, dict)
        values: dict[str, int | float | str | None] = {}
        for name, value in decoded.items():
            if isinstance(value, NamedSignalValue):
                values[name] = None if value.name == NOT_AVAILABLE else value.name
            elif isinstance(value, int | float | str):
                values[name] = value
        return values

    def raw_choice(self, message: str, signal: str, name: str) -> int:
        """Return the number behind a choice's name."""
        choices = dict(self._messages[message].get_signal_by_name(signal).choices or {})
        for number, choice in choices.items():
            if str(choice) == name:
                return int(number)
        raise UnknownNameError("choice", name, [str(choice) for choice in choices.values()])


def to_bus(signal: Signal, value: Value) -> int | float | str:
    """Return the value that a DBC signal carries for a VSS value."""
    return int(value) if isinstance(value, bool) else value


FALSE_WORDS = frozenset({"Off", "Closed", "Unlocked", "Free"})


def from_bus(signal: Signal, value: int | float | str | None) -> Value | None:
    """Return the VSS value that a decoded DBC signal means, or None if it means none."""
    if value is None:
        return None
    if signal.type == "boolean":
        return value not in FALSE_WORDS if isinstance(value, str) else bool(value)
    if signal.type == "string":
        return value if isinstance(value, str) and value in signal.allowed else None
    if isinstance(value, str):
        return None
    return round(value) if signal.type == "integer" else float(value)


@cache
def default_database() -> Database:
    """Return the databases that ship with carpilot; a message's home is the segment of the node that acts on it."""
    return Database({segment: asset("vehicle", f"{segment}.dbc") for segment in SEGMENTS})


def check_database(catalogue: Catalogue, database: Database) -> tuple[str, ...]:
    """Return what the catalogue names and the databases lack: nothing, if the car is complete."""
    missing = []
    for signal in catalogue.values():
        for place in (signal.status, signal.command):
            if place and (place[0] not in database.info or place[1] not in database.info[place[0]].signals):
                missing.append(f"{signal.path}: {place[0]}.{place[1]}")
    return tuple(missing)
