"""UDS, ISO 14229-1:2020: names, numbers, and the order in which a request is checked, as tables.

`SERVICES` says of each service what it needs; `CHECKS` is the standard's order (figures 5 and 6, general server response
behaviour, and the figures of the single services after them): the first check that a request fails names the negative
response code. What only one service can know (an identifier, a key, a condition) its handler checks afterwards.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from carpilot.errors import WireError
from carpilot.units import NS_PER_MS, NS_PER_S

POSITIVE = 0x40
NEGATIVE = 0x7F
SUPPRESS = 0x80
P2_NS = 50 * NS_PER_MS
P2_EXTENDED_NS = 5 * NS_PER_S
S3_NS = 5 * NS_PER_S
FUNCTIONAL_ID = 0x7DF


class Sid(IntEnum):
    """Services."""

    SESSION_CONTROL = 0x10
    ECU_RESET = 0x11
    CLEAR_TROUBLE_CODES = 0x14
    READ_TROUBLE_CODES = 0x19
    READ_DATA = 0x22
    SECURITY_ACCESS = 0x27
    COMMUNICATION_CONTROL = 0x28
    WRITE_DATA = 0x2E
    ROUTINE_CONTROL = 0x31
    TESTER_PRESENT = 0x3E
    CONTROL_SETTING = 0x85


class Nrc(IntEnum):
    """Negative response codes, annex A.1."""

    SERVICE_NOT_SUPPORTED = 0x11
    SUBFUNCTION_NOT_SUPPORTED = 0x12
    INCORRECT_LENGTH = 0x13
    RESPONSE_TOO_LONG = 0x14
    BUSY_REPEAT_REQUEST = 0x21
    CONDITIONS_NOT_CORRECT = 0x22
    REQUEST_SEQUENCE_ERROR = 0x24
    REQUEST_OUT_OF_RANGE = 0x31
    SECURITY_ACCESS_DENIED = 0x33
    INVALID_KEY = 0x35
    EXCEEDED_ATTEMPTS = 0x36
    DELAY_NOT_EXPIRED = 0x37
    RESPONSE_PENDING = 0x78
    SUBFUNCTION_NOT_IN_SESSION = 0x7E
    SERVICE_NOT_IN_SESSION = 0x7F


SILENT_WHEN_FUNCTIONAL = frozenset(
    {
        Nrc.SERVICE_NOT_SUPPORTED,
        Nrc.SUBFUNCTION_NOT_SUPPORTED,
        Nrc.REQUEST_OUT_OF_RANGE,
        Nrc.SUBFUNCTION_NOT_IN_SESSION,
        Nrc.SERVICE_NOT_IN_SESSION,
    }
)
"""To a request to everybody, a server that is not meant says nothing (table 5)."""


class Session(IntEnum):
    """Diagnostic sessions."""

    DEFAULT = 1
    PROGRAMMING = 2
    EXTENDED = 3


class NegativeResponseError(WireError):
    """A request that is answered with a negative response code."""

    def __init__(self, nrc: Nrc) -> None:
        super().__init__(nrc.name.lower().replace("_", " "))
        self.nrc = nrc


ANY = frozenset(Session)
NOT_DEFAULT = frozenset({Session.PROGRAMMING, Session.EXTENDED})
EXTENDED = frozenset({Session.EXTENDED})
NORMAL = frozenset({Session.DEFAULT, Session.EXTENDED})


@dataclass(frozen=True, slots=True)
class Subfunction:
    """What a sub-function needs: the exact length of its request in bytes (None: its handler checks), and its sessions."""

    length: int | None
    sessions: frozenset[Session] = ANY


@dataclass(frozen=True, slots=True)
class Service:
    """What a service needs: sessions, the least and, without sub-functions, the exact length of its request in bytes."""

    sessions: frozenset[Session]
    shortest: int
    subfunctions: Mapping[int, Subfunction] = field(default_factory=dict)
    length: int | None = None
    standing: frozenset[int] = frozenset()
    """Sub-functions that a moving car refuses. Where an identifier is checked first, the handler asks."""


NO_SUBFUNCTION = -1
SERVICES: Mapping[int, Service] = {
    Sid.SESSION_CONTROL: Service(
        ANY, 2, {1: Subfunction(2), 2: Subfunction(2, NOT_DEFAULT), 3: Subfunction(2)}, standing=frozenset({2})
    ),
    Sid.ECU_RESET: Service(
        ANY, 2, {1: Subfunction(2), 2: Subfunction(2), 3: Subfunction(2)}, standing=frozenset({1, 2, 3})
    ),
    Sid.CLEAR_TROUBLE_CODES: Service(NORMAL, 4, length=4),
    Sid.READ_TROUBLE_CODES: Service(
        NORMAL,
        2,
        {0x01: Subfunction(3), 0x02: Subfunction(3), 0x04: Subfunction(6), 0x06: Subfunction(6), 0x0A: Subfunction(2)},
    ),
    Sid.READ_DATA: Service(ANY, 3),
    Sid.SECURITY_ACCESS: Service(NOT_DEFAULT, 2, {1: Subfunction(2), 2: Subfunction(None)}),
    Sid.COMMUNICATION_CONTROL: Service(EXTENDED, 2, {0: Subfunction(3), 1: Subfunction(3), 3: Subfunction(3)}),
    Sid.WRITE_DATA: Service(EXTENDED, 4),
    Sid.ROUTINE_CONTROL: Service(EXTENDED, 4, {1: Subfunction(None), 3: Subfunction(None)}),
    Sid.TESTER_PRESENT: Service(ANY, 2, {0: Subfunction(2)}),
    Sid.CONTROL_SETTING: Service(EXTENDED, 2, {1: Subfunction(2), 2: Subfunction(2)}),
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request and what it meets."""

    request: bytes
    session: Session
    is_moving: bool

    @property
    def service(self) -> Service:
        """The service's row; only asked for where there is one."""
        return SERVICES[self.request[0]]

    @property
    def number(self) -> int:
        """The sub-function without the suppress bit, or NO_SUBFUNCTION."""
        return self.request[1] & ~SUPPRESS if self.service.subfunctions else NO_SUBFUNCTION

    @property
    def subfunction(self) -> Subfunction:
        """The sub-function's row, or one that asks nothing but the service's length."""
        return self.service.subfunctions.get(self.number, Subfunction(self.service.length))


def _has_subfunction(attempt: Attempt) -> bool:
    return not attempt.service.subfunctions or attempt.number in attempt.service.subfunctions


CHECKS: tuple[tuple[Nrc, Callable[[Attempt], bool]], ...] = (
    (Nrc.SERVICE_NOT_SUPPORTED, lambda attempt: attempt.request[0] in SERVICES),
    (Nrc.SERVICE_NOT_IN_SESSION, lambda attempt: attempt.session in attempt.service.sessions),
    (Nrc.INCORRECT_LENGTH, lambda attempt: len(attempt.request) >= 2),
    (Nrc.SUBFUNCTION_NOT_SUPPORTED, _has_subfunction),
    (Nrc.SUBFUNCTION_NOT_IN_SESSION, lambda attempt: attempt.session in attempt.subfunction.sessions),
    (Nrc.INCORRECT_LENGTH, lambda attempt: len(attempt.request) >= attempt.service.shortest),
    (Nrc.INCORRECT_LENGTH, lambda attempt: attempt.subfunction.length in (None, len(attempt.request))),
    (
        Nrc.CONDITIONS_NOT_CORRECT,
        lambda attempt: not attempt.is_moving or attempt.number not in attempt.service.standing,
    ),
)
"""In this order; the first that does not hold gives the code."""


def check(attempt: Attempt) -> None:
    """Raise NegativeResponseError with the code of the first check that a request (one byte or more) fails."""
    for nrc, holds in CHECKS:
        if not holds(attempt):
            raise NegativeResponseError(nrc)


def is_suppressed(request: bytes) -> bool:
    """Return whether a request that has been carried out wants no positive response."""
    service = SERVICES.get(request[0])
    return service is not None and bool(service.subfunctions) and bool(request[1] & SUPPRESS)
