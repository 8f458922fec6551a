"""A control unit's UDS server on the bus: ISO 14229-1/-2 over ISO-TP, in simulated time.

It answers within P2 (50 ms). What takes longer is announced by response pending (0x78) before P2 is over and then within
each P2* (5 s); meanwhile another request is answered with busy (0x21). Any session but the default one ends S3 (5 s) after
the last request, and with it everything that a tester has switched.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from carpilot.bus.bus import Bus
from carpilot.bus.isotp import IsoTp
from carpilot.ecu.fault_memory import FaultMemory
from carpilot.ecu.security_access import SecurityAccess
from carpilot.ecu.uds import (
    FUNCTIONAL_ID,
    NEGATIVE,
    P2_EXTENDED_NS,
    P2_NS,
    POSITIVE,
    S3_NS,
    SILENT_WHEN_FUNCTIONAL,
    Attempt,
    NegativeResponseError,
    Nrc,
    Session,
    check,
    is_suppressed,
)
from carpilot.ecu.uds_services import HANDLERS, DataIdentifier, Later, Routine, Surroundings, Unit
from carpilot.sim.scheduler import Scheduler
from carpilot.units import NS_PER_MS

FIRST_PENDING_NS = P2_NS - 10 * NS_PER_MS
NEXT_PENDING_NS = P2_EXTENDED_NS - 1000 * NS_PER_MS
VIN_DID, PART_NUMBER_DID, SERIAL_DID, SOFTWARE_DID, NAME_DID = 0xF190, 0xF187, 0xF18C, 0xF189, 0xF197


@dataclass(frozen=True, slots=True)
class Address:
    """Where a unit is asked and where it answers, as 11-bit identifiers."""

    request_id: int
    response_id: int


BCM_ADDRESS = Address(0x740, 0x748)
BMS_ADDRESS = Address(0x7E4, 0x7EC)


def identification(
    vin: Callable[[], str], part_number: str, serial: str, software: str, name: str
) -> dict[int, DataIdentifier]:
    """Return the identifiers of ISO 14229-1 annex C.1 that say what a unit is."""
    fixed = {PART_NUMBER_DID: part_number, SERIAL_DID: serial, SOFTWARE_DID: software, NAME_DID: name}
    rows = {did: _text(value) for did, value in fixed.items()}
    return {VIN_DID: DataIdentifier(lambda: vin().encode("ascii")), **rows}


def _text(value: str) -> DataIdentifier:
    return DataIdentifier(lambda: value.encode("ascii"))


class DiagnosticServer:
    """One unit's server. It takes part in the bus under the unit's own name.

    `secret` is what SecurityAccess keys are made with, `random` gives the seeds. `is_silent` says that the unit has no
    power: it neither hears nor answers.
    """

    def __init__(
        self,
        bus: Bus,
        scheduler: Scheduler,
        address: Address,
        memory: FaultMemory,
        identifiers: Mapping[int, DataIdentifier],
        secret: bytes,
        random: Random,
        routines: Mapping[int, Routine] | None = None,
        surroundings: Surroundings | None = None,
        is_silent: Callable[[], bool] = lambda: False,
    ) -> None:
        security = SecurityAccess(secret, lambda: scheduler.now_ns, random)
        self.unit = Unit(memory, security, surroundings or Surroundings(), identifiers, routines or {})
        self._scheduler = scheduler
        self._is_silent = is_silent
        self._session_token = 0
        self._pending_token = 0
        self._is_busy = False
        self._transport = IsoTp(
            bus, scheduler, memory.ecu, address.request_id, address.response_id, self.on_request, FUNCTIONAL_ID
        )
        self._transport.on_sent = self._on_sent

    @property
    def session(self) -> Session:
        """The diagnostic session that is active."""
        return self.unit.session

    def restart(self) -> None:
        """Start anew after a loss of power: default session, locked, nothing under way."""
        self._transport.reset()
        self._pending_token += 1
        self._session_token += 1
        self._is_busy = False
        self.unit.after_response = None
        self.unit.enter(Session.DEFAULT)
        self.unit.security.restart()
        self.unit.results.clear()

    def on_request(self, request: bytes, is_functional: bool) -> None:
        """Take a whole request."""
        if self._is_silent() or self._transport.is_sending:
            return
        self._session_token += 1  # S3 stands still while a request is worked on
        if self._is_busy:
            if not is_functional:
                self._send(bytes((NEGATIVE, request[0], Nrc.BUSY_REPEAT_REQUEST)))
            return
        try:
            check(Attempt(request, self.unit.session, self.unit.surroundings.is_moving()))
            response = HANDLERS[request[0]](self.unit, request)
        except NegativeResponseError as refusal:
            self._refuse(request, refusal.nrc, is_functional)
            return
        if isinstance(response, Later):
            self._work(request, response)
        elif is_suppressed(request):
            self._on_sent()
        else:
            self._send(bytes((request[0] + POSITIVE,)) + response)

    def _refuse(self, request: bytes, nrc: Nrc, is_functional: bool) -> None:
        if is_functional and nrc in SILENT_WHEN_FUNCTIONAL:
            self._on_sent()
        else:
            self._send(bytes((NEGATIVE, request[0], nrc)))

    def _work(self, request: bytes, later: Later) -> None:
        self._is_busy = True
        self._pending_token += 1
        token = self._pending_token
        end_ns = self._scheduler.now_ns + later.duration_ns

        def remind() -> None:
            if token == self._pending_token and self._is_busy:
                self._send(bytes((NEGATIVE, request[0], Nrc.RESPONSE_PENDING)))
                self._scheduler.after(NEXT_PENDING_NS, remind)

        def finish() -> None:
            if token == self._pending_token:
                self._is_busy = False
                response = later.finish()
                if is_suppressed(request) and later.duration_ns <= FIRST_PENDING_NS:
                    self._on_sent()
                else:
                    self._send(bytes((request[0] + POSITIVE,)) + response)

        self._scheduler.at(end_ns, finish)
        if later.duration_ns > FIRST_PENDING_NS:
            self._scheduler.after(FIRST_PENDING_NS, remind)

    def _send(self, response: bytes) -> None:
        if not self._is_silent() and not self._transport.is_sending:
            self._transport.send(response)

    def _on_sent(self) -> None:
        """A response is out, or none is wanted: do what it announced, and let S3 run."""
        if self._is_busy:
            return
        action, self.unit.after_response = self.unit.after_response, None
        if action is not None:
            action()
        self._session_token += 1
        token = self._session_token
        if self.unit.session is not Session.DEFAULT:
            self._scheduler.after(S3_NS, lambda: self._end_session(token))

    def _end_session(self, token: int) -> None:
        if token == self._session_token:
            self.unit.enter(Session.DEFAULT)
