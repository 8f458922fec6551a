"""What each UDS service does, once the general checks have passed. ISO 14229-1:2020, clauses 9 to 14.

A handler gets the unit and the request, and returns the positive response after its first byte, or a `Later`. It raises
NegativeResponseError.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from carpilot.ecu.fault_memory import FaultMemory, Record
from carpilot.ecu.security_access import SecurityAccess
from carpilot.ecu.uds import P2_EXTENDED_NS, P2_NS, SUPPRESS, NegativeResponseError, Nrc, Session, Sid
from carpilot.units import NS_PER_MS

MAX_IDENTIFIERS = 16
LONGEST_RESPONSE = 4095
AVAILABLE_STATUS = 0xFF
FORMAT_ISO_14229 = 0x01
OCCURRENCES, AGED_CYCLES, ALL_RECORDS = 0x01, 0x02, 0xFF
SNAPSHOT = 0x01
SNAPSHOT_IDENTIFIERS = ((0xDD00, "speed"), (0xDD01, "voltage"), (0xDD02, "odometer"))
ACTIVE_SESSION = 0xF186


@dataclass(frozen=True, slots=True)
class DataIdentifier:
    """What a DID reads, and how it is written: only with the key, only `length` bytes that `accepts` takes."""

    read: Callable[[], bytes]
    write: Callable[[bytes], None] | None = None
    length: int = 0
    accepts: Callable[[bytes], bool] = lambda data: True


@dataclass(frozen=True, slots=True)
class Routine:
    """Something that the unit does on request: it takes a time, then gives a result."""

    run: Callable[[], bytes]
    duration_ns: int = 0


@dataclass(frozen=True, slots=True)
class Later:
    """A response that takes time; the unit says so in between (response pending)."""

    duration_ns: int
    finish: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the unit asks of the car and does to it.

    `reset(kind)` restarts the unit (1 hard, 2 key off and on, 3 soft); `communicate(receives, sends)` switches its normal
    messages.
    """

    is_moving: Callable[[], bool] = lambda: False
    reset: Callable[[int], None] = lambda kind: None
    communicate: Callable[[bool, bool], None] = lambda receives, sends: None


@dataclass(slots=True)
class Unit:
    """A diagnosed control unit: its session, and everything that the services read and change."""

    memory: FaultMemory
    security: SecurityAccess
    surroundings: Surroundings
    identifiers: Mapping[int, DataIdentifier]
    routines: Mapping[int, Routine]
    session: Session = Session.DEFAULT
    after_response: Callable[[], None] | None = None
    results: dict[int, bytes] = field(default_factory=dict)

    def must_stand(self) -> None:
        """Raise NegativeResponseError (conditions not correct) while the car moves."""
        if self.surroundings.is_moving():
            raise NegativeResponseError(Nrc.CONDITIONS_NOT_CORRECT)

    def enter(self, session: Session) -> None:
        """Change the session: locked, and in the default session everything is as a driver needs it."""
        self.session = session
        self.security.lock()
        if session is Session.DEFAULT:
            self.memory.is_enabled = True
            self.surroundings.communicate(True, True)

    def restart(self, kind: int) -> None:
        """Restart, as a reset or a loss of power does."""
        self.enter(Session.DEFAULT)
        self.security.restart()
        self.results.clear()
        self.surroundings.reset(kind)


Handler = Callable[[Unit, bytes], bytes | Later]


def control_session(unit: Unit, request: bytes) -> bytes:
    """0x10: change the session; tell P2 in 1 ms and P2* in 10 ms."""
    session = Session(request[1] & ~SUPPRESS)
    unit.enter(session)
    timing = (P2_NS // NS_PER_MS).to_bytes(2, "big") + (P2_EXTENDED_NS // NS_PER_MS // 10).to_bytes(2, "big")
    return bytes((session,)) + timing


def reset(unit: Unit, request: bytes) -> bytes:
    """0x11: restart after the response is out."""
    kind = request[1] & ~SUPPRESS
    unit.after_response = lambda: unit.restart(kind)
    return bytes((kind,))


def clear_codes(unit: Unit, request: bytes) -> bytes:
    """0x14: forget a group or a code."""
    group = int.from_bytes(request[1:4], "big")
    if not unit.memory.knows(group):
        raise NegativeResponseError(Nrc.REQUEST_OUT_OF_RANGE)
    unit.must_stand()
    unit.memory.clear(group)
    return b""


def read_codes(unit: Unit, request: bytes) -> bytes:
    """0x19: codes by status, how many, one code's snapshot or counters, all that the unit knows."""
    kind = request[1] & ~SUPPRESS
    if kind in (0x01, 0x02):
        found = unit.memory.matching(request[2])
        if kind == 0x01:
            return bytes((kind, AVAILABLE_STATUS, FORMAT_ISO_14229)) + len(found).to_bytes(2, "big")
        return bytes((kind, AVAILABLE_STATUS)) + b"".join(map(_code_and_status, found))
    if kind == 0x0A:
        return bytes((kind, AVAILABLE_STATUS)) + b"".join(map(_code_and_status, unit.memory.records.values()))
    record = _record(unit.memory, request[2:5])
    body = _snapshot(record, request[5]) if kind == 0x04 else _extended(record, request[5])
    return bytes((kind,)) + _code_and_status(record) + body


def _code_and_status(record: Record) -> bytes:
    return record.code.number.to_bytes(3, "big") + bytes((record.status,))


def _record(memory: FaultMemory, number: bytes) -> Record:
    wanted = int.from_bytes(number, "big")
    for record in memory.records.values():
        if record.code.number == wanted:
            return record
    raise NegativeResponseError(Nrc.REQUEST_OUT_OF_RANGE)


def _snapshot(record: Record, number: int) -> bytes:
    """Speed in 0.01 km/h (2 bytes), supply in mV (2), distance in km (3)."""
    if number not in (SNAPSHOT, ALL_RECORDS):
        raise NegativeResponseError(Nrc.REQUEST_OUT_OF_RANGE)
    if record.snapshot is None:
        return b""
    now = record.snapshot.readings
    values = {
        "speed": round(now.speed_kph * 100).to_bytes(2, "big"),
        "voltage": round(now.supply_volt * 1000).to_bytes(2, "big"),
        "odometer": round(now.odometer_km).to_bytes(3, "big"),
    }
    fields = b"".join(did.to_bytes(2, "big") + values[name] for did, name in SNAPSHOT_IDENTIFIERS)
    return bytes((SNAPSHOT, len(SNAPSHOT_IDENTIFIERS))) + fields


def _extended(record: Record, number: int) -> bytes:
    counters = {OCCURRENCES: record.occurrences, AGED_CYCLES: record.aged_cycles}
    chosen = counters if number == ALL_RECORDS else {number: counters.get(number)}
    if None in chosen.values():
        raise NegativeResponseError(Nrc.REQUEST_OUT_OF_RANGE)
    return b"".join(bytes((name, value or 0)) for name, value in chosen.items())


def read_data(unit: Unit, request: bytes) -> bytes:
    """0x22: the values of one or several identifiers; those that the unit lacks are left out unless it lacks all."""
    if len(request) % 2 == 0 or len(request) > 1 + 2 * MAX_IDENTIFIERS:
        raise NegativeResponseError(Nrc.INCORRECT_LENGTH)
    response = b""
    for start in range(1, len(request), 2):
        did = request[start : start + 2]
        number = int.from_bytes(did, "big")
        if number == ACTIVE_SESSION:
            response += did + bytes((unit.session,))
        elif number in unit.identifiers:
            response += did + unit.identifiers[number].read()
    if not response:
        raise NegativeResponseError(Nrc.REQUEST_OUT_OF_RANGE)
    if len(response) >= LONGEST_RESPONSE:
        raise NegativeResponseError(Nrc.RESPONSE_TOO_LONG)
    return response


def access(unit: Unit, request: bytes) -> bytes:
    """0x27: ask for the seed, send the key."""
    kind = request[1] & ~SUPPRESS
    if kind == 1:
        return bytes((kind,)) + unit.security.seed()
    unit.security.unlock(request[2:])
    return bytes((kind,))


def control_communication(unit: Unit, request: bytes) -> bytes:
    """0x28: switch normal messages (1) or those and network management (3)."""
    kind = request[1] & ~SUPPRESS
    if request[2] not in (0x01, 0x03):
        raise NegativeResponseError(Nrc.REQUEST_OUT_OF_RANGE)
    if kind != 0:
        unit.must_stand()
    unit.surroundings.communicate(kind != 3, kind == 0)
    return bytes((kind,))


def write_data(unit: Unit, request: bytes) -> bytes:
    """0x2E: identifier, then key, then length, then the car standing, then the value: the order of figure 22."""
    identifier = unit.identifiers.get(int.from_bytes(request[1:3], "big"))
    data = request[3:]
    if identifier is None or identifier.write is None:
        raise NegativeResponseError(Nrc.REQUEST_OUT_OF_RANGE)
    if not unit.security.is_unlocked:
        raise NegativeResponseError(Nrc.SECURITY_ACCESS_DENIED)
    if len(data) != identifier.length:
        raise NegativeResponseError(Nrc.INCORRECT_LENGTH)
    unit.must_stand()
    if not identifier.accepts(data):
        raise NegativeResponseError(Nrc.REQUEST_OUT_OF_RANGE)
    identifier.write(data)
    return request[1:3]


def control_routine(unit: Unit, request: bytes) -> bytes | Later:
    """0x31: start a routine, or read the result of its last run."""
    kind, number = request[1] & ~SUPPRESS, int.from_bytes(request[2:4], "big")
    head = bytes((kind,)) + request[2:4]
    routine = unit.routines.get(number)
    if routine is None:
        raise NegativeResponseError(Nrc.REQUEST_OUT_OF_RANGE)
    if len(request) != 4:
        raise NegativeResponseError(Nrc.INCORRECT_LENGTH)
    if kind == 3:
        if number not in unit.results:
            raise NegativeResponseError(Nrc.REQUEST_SEQUENCE_ERROR)
        return head + unit.results[number]
    unit.must_stand()

    def finish() -> bytes:
        unit.results[number] = routine.run()
        return head + unit.results[number]

    return Later(routine.duration_ns, finish)


def stay(unit: Unit, request: bytes) -> bytes:
    """0x3E: nothing but that somebody is there."""
    del unit
    return bytes((request[1] & ~SUPPRESS,))


def control_setting(unit: Unit, request: bytes) -> bytes:
    """0x85: storing of trouble codes on (1) or off (2)."""
    kind = request[1] & ~SUPPRESS
    unit.memory.is_enabled = kind == 1
    return bytes((kind,))


HANDLERS: Mapping[int, Handler] = {
    Sid.SESSION_CONTROL: control_session,
    Sid.ECU_RESET: reset,
    Sid.CLEAR_TROUBLE_CODES: clear_codes,
    Sid.READ_TROUBLE_CODES: read_codes,
    Sid.READ_DATA: read_data,
    Sid.SECURITY_ACCESS: access,
    Sid.COMMUNICATION_CONTROL: control_communication,
    Sid.WRITE_DATA: write_data,
    Sid.ROUTINE_CONTROL: control_routine,
    Sid.TESTER_PRESENT: stay,
    Sid.CONTROL_SETTING: control_setting,
}
