"""The DBC files, read by cantools, and the way between their signals and VSS values."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cantools
from cantools.database.can import Database as CantoolsDatabase
from cantools.database.can import Message as CantoolsMessage

from carpilot.bus.codec import MessageCodec, Physical
from carpilot.bus.e2e import Profile
from carpilot.bus.frame import Frame
from carpilot.errors import InputError, UnknownNameError, WireError
from carpilot.files import asset
from carpilot.units import NS_PER_MS
from carpilot.vehicle.catalogue import Catalogue, Signal, Value

SEGMENTS = ("powertrain", "body", "infotainment")
DECISION_MESSAGE = "CopilotDecision"
PROTECTION = frozenset({"Crc", "Counter", "Freshness", "Mac"})
COMMAND_SUFFIX = "Cmd"


@dataclass(frozen=True, slots=True)
class MessageInfo:
    """What is fixed of a message. A cycle of 0 means that it is sent when needed.

    `is_authenticated` messages carry freshness and a code that only holders of the key can make.
    """

    name: str
    arbitration_id: int
    length: int
    sender: str
    data_id: int
    profile: Profile
    cycle_ns: int
    signals: tuple[str, ...]
    is_fd: bool
    is_authenticated: bool


class Database:
    """Messages of all segments by name and by identifier. `home` is the segment of the node that sends or acts."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self.info: dict[str, MessageInfo] = {}
        self.by_id: dict[int, MessageInfo] = {}
        self.home: dict[str, str] = {}
        self.codecs: dict[str, MessageCodec] = {}
        for segment, path in paths.items():
            self._read(segment, path)

    def _read(self, segment: str, path: Path) -> None:
        loaded = cantools.database.load_file(path)
        if not isinstance(loaded, CantoolsDatabase):
            raise InputError(f"{path} is not a CAN database")
        for message in loaded.messages:
            if message.name not in self.info:
                info = _info(message)
                self.info[message.name] = info
                self.by_id[message.frame_id] = info
                self.home[message.name] = segment
                self.codecs[message.name] = MessageCodec(message)

    def message(self, name: str) -> MessageInfo:
        """Return a message by name."""
        if name not in self.info:
            raise UnknownNameError("message", name, self.info)
        return self.info[name]

    def frame(self, info: MessageInfo, data: bytes) -> Frame:
        """Return a frame of a message."""
        return Frame(info.arbitration_id, data, is_fd=info.is_fd, has_bitrate_switch=info.is_fd)

    def encode(self, name: str, values: Mapping[str, Physical]) -> Frame:
        """Return a frame, unprotected. A signal that is not given is sent as not available, or 0 where it cannot be."""
        return self.frame(self.info[name], self.codecs[name].pack(values))

    def decode(self, frame: Frame) -> dict[str, Physical | None]:
        """Return a frame's signals in physical units; None where the sender says not available. Raises WireError."""
        info = self.by_id.get(frame.arbitration_id)
        if info is None:
            raise WireError(f"no message has the identifier {frame.arbitration_id:#x}")
        if len(frame.data) != info.length:
            raise WireError(f"{info.name} has {info.length} bytes, not {len(frame.data)}")
        return self.codecs[info.name].unpack(frame.data)

    def raw_choice(self, message: str, signal: str, name: str) -> int:
        """Return the number behind a choice's name."""
        return self.codecs[message].fields[signal].raw(name)


def _info(message: CantoolsMessage) -> MessageInfo:
    attributes = message.dbc.attributes if message.dbc else {}

    def attribute(name: str) -> int:
        return int(attributes[name].value) if name in attributes else 0

    return MessageInfo(
        name=message.name,
        arbitration_id=message.frame_id,
        length=message.length,
        sender=message.senders[0] if message.senders else "",
        data_id=attribute("E2eDataId"),
        profile=Profile(attribute("E2eProfile") or 1),
        cycle_ns=attribute("GenMsgCycleTime") * NS_PER_MS,
        signals=tuple(signal.name for signal in message.signals if signal.name not in PROTECTION),
        is_fd=bool(message.is_fd),
        is_authenticated=bool(attribute("IsAuthenticated")),
    )


def to_bus(signal: Signal, value: Value) -> int | float | str:
    """Return the value that a DBC signal carries for a VSS value."""
    return int(value) if isinstance(value, bool) else value


FALSE_WORDS = frozenset({"Off", "Closed", "Unlocked", "Free", "Unfastened", "Unfolded"})


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
