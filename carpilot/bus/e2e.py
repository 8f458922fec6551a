"""End-to-end protection of a message: AUTOSAR E2E profile 1.

Byte 0 holds the CRC-8 over data id and data, the low half of byte 1 a counter 0 to 14. The CRC comes from the package
`autosar-e2e`; the counter's judgement is ours, after the profile's receiver: a repeated counter, or a step of more than
MAX_DELTA, is not accepted as new data, and after an unknown start one good frame is taken as the first.
"""

from enum import Enum

from e2e.p01 import e2e_p01_check, e2e_p01_protect

COUNTER_STATES = 15
MAX_DELTA = 3


class Check(Enum):
    """What a received message's protection says."""

    OK = "ok"
    SOME_LOST = "some lost"
    REPEATED = "repeated"
    WRONG_SEQUENCE = "wrong sequence"
    WRONG_CRC = "wrong crc"

    @property
    def is_accepted(self) -> bool:
        """Whether the data may be used."""
        return self in (Check.OK, Check.SOME_LOST)


def counter_of(data: bytes) -> int:
    """Return a protected message's counter, 0 to 14."""
    return data[1] & 0x0F


class Protector:
    """The sending side of one message."""

    def __init__(self, data_id: int) -> None:
        self._data_id = data_id
        self._counter = COUNTER_STATES - 1

    def protect(self, data: bytes) -> bytes:
        """Return the message with the next counter and its CRC."""
        buffer = bytearray(data)
        self._counter = (self._counter + 1) % COUNTER_STATES
        buffer[1] = buffer[1] & 0xF0 | self._counter
        e2e_p01_protect(buffer, self._data_id, increment_counter=False)
        return bytes(buffer)


class Checker:
    """The receiving side of one message."""

    def __init__(self, data_id: int) -> None:
        self._data_id = data_id
        self._counter: int | None = None

    def forget(self) -> None:
        """Start anew: the next good frame is taken as the first."""
        self._counter = None

    def check(self, data: bytes) -> Check:
        """Return what the protection says, and remember the counter if the CRC is right."""
        if len(data) < 2 or not e2e_p01_check(bytearray(data), self._data_id):
            return Check.WRONG_CRC
        counter, last = counter_of(data), self._counter
        self._counter = counter
        if last is None:
            return Check.OK
        delta = (counter - last) % COUNTER_STATES
        if delta == 0:
            return Check.REPEATED
        if delta == 1:
            return Check.OK
        return Check.SOME_LOST if delta <= MAX_DELTA else Check.WRONG_SEQUENCE
