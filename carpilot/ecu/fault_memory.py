"""A control unit's memory of faults, with the status byte of ISO 14229-1:2020, annex D.2.

| bit | name                               | set                              | cleared                                   |
|-----|------------------------------------|----------------------------------|-------------------------------------------|
| 0   | testFailed                         | test failed                      | test passed, clear                        |
| 1   | testFailedThisOperationCycle       | test failed                      | new cycle, clear                          |
| 2   | pendingDTC                         | test failed                      | cycle with only passed tests ends, clear  |
| 3   | confirmedDTC                       | failed in enough cycles          | aged, clear                               |
| 4   | testNotCompletedSinceLastClear     | clear                            | first result                              |
| 5   | testFailedSinceLastClear           | test failed                      | aged, clear                               |
| 6   | testNotCompletedThisOperationCycle | new cycle, clear                 | first result of the cycle                 |
| 7   | warningIndicatorRequested          | confirmed, and the code has lamp | test passed, clear                        |

One report is not yet a result: a counter steps up by one for each report that fails and down for each that is well, and
only at its ends is the test failed or passed (debounce). A confirmed code that has been well for AGEING_CYCLES operation
cycles is forgotten (ageing). Each first failure of a code is an occurrence, and freezes what the car was doing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntFlag

from carpilot.ecu.trouble_codes import Lamp, TroubleCode, by_urgency, codes_of
from carpilot.errors import UnknownNameError

FAILED_AT = 3
PASSED_AT = -5
AGEING_CYCLES = 40
MAX_OCCURRENCES = 255
ALL_CODES = 0xFFFFFF
GROUPS = {0x000000: 0, 0x400000: 1, 0x800000: 2, 0xC00000: 3}
"""Powertrain, chassis, body and network as groupOfDTC, by the two bits that name the letter."""


class Status(IntFlag):
    """The bits of the status byte."""

    NONE = 0
    TEST_FAILED = 0x01
    FAILED_THIS_CYCLE = 0x02
    PENDING = 0x04
    CONFIRMED = 0x08
    NOT_COMPLETED_SINCE_CLEAR = 0x10
    FAILED_SINCE_CLEAR = 0x20
    NOT_COMPLETED_THIS_CYCLE = 0x40
    WARNING = 0x80


AFTER_CLEAR = Status.NOT_COMPLETED_SINCE_CLEAR | Status.NOT_COMPLETED_THIS_CYCLE


@dataclass(frozen=True, slots=True)
class Readings:
    """What the car was doing: for snapshots and live values. Speed in km/h, supply in V, distance in km."""

    speed_kph: float = 0.0
    supply_volt: float = 12.6
    odometer_km: float = 0.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Readings at the instant a code failed first since it was cleared; time in simulated nanoseconds."""

    time_ns: int
    readings: Readings


@dataclass(slots=True)
class Record:
    """What is stored of one code. Times are simulated nanoseconds of the first and the last failure."""

    code: TroubleCode
    status: Status = AFTER_CLEAR
    occurrences: int = 0
    aged_cycles: int = 0
    failed_cycles: int = 0
    first_ns: int | None = None
    last_ns: int | None = None
    snapshot: Snapshot | None = None
    debounce: int = 0

    @property
    def is_active(self) -> bool:
        """Whether the fault is there now."""
        return bool(self.status & Status.TEST_FAILED)


class FaultMemory:
    """The codes of one control unit. `report` is called with each look at a condition, `set` and `heal` are results at once.

    `confirm_after` is the number of operation cycles in which a code must have failed to be confirmed.
    While not `is_enabled` (ControlDTCSetting off) nothing is reported.
    """

    def __init__(
        self,
        ecu: str,
        now_ns: Callable[[], int],
        readings: Callable[[], Readings] = Readings,
        codes: Iterable[TroubleCode] | None = None,
        confirm_after: int = 1,
    ) -> None:
        self.ecu = ecu
        self.is_enabled = True
        self._now_ns = now_ns
        self._readings = readings
        self._confirm_after = confirm_after
        self.warned: set[str] = set()
        """The codes that ask for their lamp now."""
        self.records = {code.code: Record(code) for code in (codes_of(ecu) if codes is None else codes)}

    def record(self, code: str) -> Record:
        """Return what is stored of a code. Raises UnknownNameError if this control unit does not store it."""
        if code not in self.records:
            raise UnknownNameError(f"trouble code of {self.ecu}", code, self.records)
        return self.records[code]

    def report(self, code: str, is_failing: bool) -> None:
        """Count one look at a condition towards a result."""
        record = self.record(code)
        if not self.is_enabled:
            return
        if is_failing:
            record.debounce = min(max(record.debounce, 0) + 1, FAILED_AT)
        else:
            record.debounce = max(min(record.debounce, 0) - 1, PASSED_AT)
        if record.debounce == FAILED_AT:
            self._fail(record)
        elif record.debounce == PASSED_AT:
            self._pass(record)

    def set(self, code: str) -> None:
        """Take a failed test at once."""
        record = self.record(code)
        if self.is_enabled:
            record.debounce = FAILED_AT
            self._fail(record)

    def heal(self, code: str) -> None:
        """Take a passed test at once. The code stays stored."""
        record = self.record(code)
        if self.is_enabled:
            record.debounce = PASSED_AT
            self._pass(record)

    def _fail(self, record: Record) -> None:
        record.last_ns = self._now_ns()
        if record.is_active:
            return
        if not record.status & Status.FAILED_THIS_CYCLE:
            record.failed_cycles += 1
        record.occurrences = min(record.occurrences + 1, MAX_OCCURRENCES)
        record.aged_cycles = 0
        record.status &= ~AFTER_CLEAR
        record.status |= Status.TEST_FAILED | Status.FAILED_THIS_CYCLE | Status.PENDING | Status.FAILED_SINCE_CLEAR
        if record.failed_cycles >= self._confirm_after:
            record.status |= Status.CONFIRMED
        if record.status & Status.CONFIRMED and record.code.lamp is not Lamp.NONE:
            record.status |= Status.WARNING
            self.warned.add(record.code.code)
        if record.first_ns is None:
            record.first_ns = record.last_ns
            record.snapshot = Snapshot(record.last_ns, self._readings())

    def _pass(self, record: Record) -> None:
        record.status &= ~(Status.TEST_FAILED | Status.WARNING | AFTER_CLEAR)
        self.warned.discard(record.code.code)

    def start_cycle(self) -> None:
        """End an operation cycle and begin the next, as switching the car off and on does: pending ends, stored codes age."""
        for record in self.records.values():
            was_tested = not record.status & Status.NOT_COMPLETED_THIS_CYCLE
            if was_tested and not record.status & Status.FAILED_THIS_CYCLE:
                record.status &= ~Status.PENDING
                record.failed_cycles = 0
                self._age(record)
            record.status &= ~Status.FAILED_THIS_CYCLE
            record.status |= Status.NOT_COMPLETED_THIS_CYCLE
            record.debounce = 0

    def _age(self, record: Record) -> None:
        if record.status & Status.CONFIRMED:
            record.aged_cycles += 1
            if record.aged_cycles >= AGEING_CYCLES:
                record.status &= ~(Status.CONFIRMED | Status.FAILED_SINCE_CLEAR)
                record.occurrences = record.aged_cycles = 0
                record.first_ns = record.last_ns = record.snapshot = None

    def knows(self, group: int) -> bool:
        """Return whether 24 bits are a group of codes, or a code that this unit stores."""
        return group == ALL_CODES or group in GROUPS or any(r.code.number == group for r in self.records.values())

    def clear(self, group: int = ALL_CODES) -> None:
        """Forget a group or one code (24 bits)."""
        for record in tuple(self.records.values()):
            if _is_in(record.code.number, group):
                self.records[record.code.code] = Record(record.code)
                self.warned.discard(record.code.code)

    def matching(self, mask: int) -> list[Record]:
        """Return the records whose status has a bit of the mask, in the order of the table."""
        return [record for record in self.records.values() if record.status & mask]

    def active(self) -> list[TroubleCode]:
        """Return the codes that fail now, the most urgent first."""
        return by_urgency(record.code for record in self.records.values() if record.is_active)


def _is_in(number: int, group: int) -> bool:
    if group == ALL_CODES:
        return True
    return number >> 22 == GROUPS[group] if group in GROUPS else number == group


def lit(memories: Iterable[FaultMemory]) -> frozenset[Lamp]:
    """Return the tell-tales that burn now."""
    return frozenset(memory.record(code).code.lamp for memory in memories for code in memory.warned)


def active_codes(lamp: Lamp, memories: Iterable[FaultMemory]) -> list[TroubleCode]:
    """Return the active codes that light a lamp, the most urgent first."""
    return by_urgency(code for memory in memories for code in memory.active() if code.lamp is lamp)


def why(lamp: Lamp, memories: Iterable[FaultMemory]) -> list[str]:
    """Return a sentence for each active code that lights a lamp, the most urgent first; empty if the lamp is dark."""
    return [code.sentence for code in active_codes(lamp, memories)]
