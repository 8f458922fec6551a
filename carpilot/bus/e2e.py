"""End-to-end protection of a message after AUTOSAR (PRS_E2EProtocol, R23-11): profiles 1, 5 and 11, and the state machine.

| profile | header                                                    | counter  | CRC                                |
|---------|-----------------------------------------------------------|----------|------------------------------------|
| P01     | byte 0 CRC, low half of byte 1 counter                    | 0 to 14  | CRC-8 over data id, both bytes     |
| P11     | byte 0 CRC, low half of byte 1 counter                    | 0 to 14  | CRC-8 over data id, both bytes     |
| P05     | bytes 0 and 1 CRC, little endian, byte 2 counter          | 0 to 255 | CRC-16 over the data, then data id |

P01 and P11 are used with the data id mode "both" (variants 1A and 11A), so the high half of byte 1 is the message's own.
The CRCs come from the package `autosar-e2e`; the counter's judgement is ours, after the profiles' receiver: a repeated
counter, or a step of more than MAX_DELTA, is not accepted as new data, and after an unknown start one good frame is taken
as the first. Protecting and verifying are pure, and remembered, since one message is checked by several receivers.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from e2e.p01 import e2e_p01_check, e2e_p01_protect
from e2e.p05 import e2e_p05_check, e2e_p05_protect
from e2e.p11 import e2e_p11_check, e2e_p11_protect

COUNTER_STATES = 15
MAX_DELTA = 3
_REMEMBERED = 8192


class Profile(Enum):
    """An E2E profile; the value is its number."""

    P01 = 1
    P05 = 5
    P11 = 11

    __hash__ = object.__hash__  # members are single, and Enum's own hash is written in Python


class _Layout(NamedTuple):
    """A profile's header: its bytes, where the counter stands, under which mask, how many values it has."""

    header_bytes: int
    counter_byte: int
    counter_mask: int
    counter_states: int
    protect: Callable[..., None]
    check: Callable[..., bool]


_LAYOUTS = {
    Profile.P01: _Layout(2, 1, 0x0F, 15, e2e_p01_protect, e2e_p01_check),
    Profile.P05: _Layout(3, 2, 0xFF, 256, e2e_p05_protect, e2e_p05_check),
    Profile.P11: _Layout(2, 1, 0x0F, 15, e2e_p11_protect, e2e_p11_check),
}


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
        return self is Check.OK or self is Check.SOME_LOST


def header_bytes(profile: Profile) -> int:
    """Return how many bytes at the start of a message a profile takes; of byte 1 in P01 and P11 only the low half."""
    return _LAYOUTS[profile].header_bytes


def counter_states(profile: Profile) -> int:
    """Return how many values a profile's counter has."""
    return _LAYOUTS[profile].counter_states


def counter_of(data: bytes, profile: Profile = Profile.P01) -> int:
    """Return a protected message's counter, 0 to 14, with P05 0 to 255."""
    layout = _LAYOUTS[profile]
    return data[layout.counter_byte] & layout.counter_mask


@lru_cache(_REMEMBERED)
def protect(profile: Profile, data_id: int, data: bytes, counter: int) -> bytes:
    """Return a message with this counter and its CRC. Raises ValueError if header or counter do not fit."""
    layout = _LAYOUTS[profile]
    if len(data) < layout.header_bytes or not 0 <= counter < layout.counter_states:
        raise ValueError(
            f"{profile.name} wants {layout.header_bytes} bytes and a counter below {layout.counter_states}, "
            f"not {len(data)} bytes and {counter}"
        )
    buffer = bytearray(data)
    place = layout.counter_byte
    buffer[place] = buffer[place] & ~layout.counter_mask & 0xFF | counter
    layout.protect(buffer, data_id, increment_counter=False)
    return bytes(buffer)


@lru_cache(_REMEMBERED)
def verify(profile: Profile, data_id: int, data: bytes) -> int | None:
    """Return a message's counter, or None if its CRC is wrong, it is too short or the counter has no such value."""
    layout = _LAYOUTS[profile]
    if len(data) < layout.header_bytes or not layout.check(bytearray(data), data_id):
        return None
    counter = data[layout.counter_byte] & layout.counter_mask
    return counter if counter < layout.counter_states else None


class Protector:
    """The sending side of one message."""

    __slots__ = ("_counter", "_data_id", "_profile", "_states")

    def __init__(self, data_id: int, profile: Profile = Profile.P01) -> None:
        self._data_id = data_id
        self._profile = profile
        self._states = counter_states(profile)
        self._counter = self._states - 1

    def protect(self, data: bytes) -> bytes:
        """Return the message with the next counter and its CRC."""
        self._counter = (self._counter + 1) % self._states
        return protect(self._profile, self._data_id, data, self._counter)


class Checker:
    """The receiving side of one message."""

    __slots__ = ("_counter", "_data_id", "_max_delta", "_profile", "_states")

    def __init__(self, data_id: int, profile: Profile = Profile.P01, max_delta: int = MAX_DELTA) -> None:
        self._data_id = data_id
        self._profile = profile
        self._max_delta = max_delta
        self._states = counter_states(profile)
        self._counter: int | None = None

    def forget(self) -> None:
        """Start anew: the next good frame is taken as the first."""
        self._counter = None

    def check(self, data: bytes) -> Check:
        """Return what the protection says, and remember the counter if the CRC is right."""
        counter = verify(self._profile, self._data_id, data)
        if counter is None:
            return Check.WRONG_CRC
        last, self._counter = self._counter, counter
        if last is None:
            return Check.OK
        delta = (counter - last) % self._states
        if delta == 1:
            return Check.OK
        if delta == 0:
            return Check.REPEATED
        return Check.SOME_LOST if delta <= self._max_delta else Check.WRONG_SEQUENCE


class Trust(Enum):
    """States of the E2E state machine: what a message as a whole is worth."""

    NODATA = "no data"
    INIT = "init"
    VALID = "valid"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Limits:
    """The state machine's parameters, AUTOSAR's names in brackets.

    Of the last `window` cycles (WindowSize), so many must be good (MinOkState...) and so many may have a wrong CRC
    (MaxErrorState...). With the defaults three bad or missed cycles in a row end VALID, and three good ones restore it.
    """

    window: int = 3
    min_ok_init: int = 3
    max_errors_init: int = 1
    min_ok_valid: int = 1
    max_errors_valid: int = 1
    min_ok_invalid: int = 3
    max_errors_invalid: int = 0

    def __post_init__(self) -> None:
        if max(self.min_ok_init, self.min_ok_valid, self.min_ok_invalid) > self.window:
            raise ValueError(f"a window of {self.window} cycles cannot hold as many good ones as are asked for")


class _Row(NamedTuple):
    """A state's rule: the names of its limits, and where it leads when they hold, are exceeded, or neither."""

    min_ok: str
    max_errors: str
    when_good: Trust
    when_errors: Trust
    otherwise: Trust


_RULES = {
    Trust.INIT: _Row("min_ok_init", "max_errors_init", Trust.VALID, Trust.INVALID, Trust.INIT),
    Trust.VALID: _Row("min_ok_valid", "max_errors_valid", Trust.VALID, Trust.INVALID, Trust.INVALID),
    Trust.INVALID: _Row("min_ok_invalid", "max_errors_invalid", Trust.VALID, Trust.INVALID, Trust.INVALID),
}


class Supervisor:
    """The AUTOSAR E2E state machine (E2E_SMCheck), told the outcome of every cycle of one message.

    A cycle without a frame (NONEWDATA), a repeated and a wrong sequence count as neither good nor error. The first cycle
    that brought anything with a right CRC leaves NODATA.
    """

    __slots__ = ("_cycles", "_is_one_good_enough", "limits", "state")

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.state = Trust.NODATA
        self._cycles: deque[Check | None] = deque(maxlen=self.limits.window)
        self._is_one_good_enough = (
            self.limits.min_ok_valid <= 1 and self.limits.max_errors_valid >= self.limits.window - 1
        )

    def on_check(self, check: Check) -> Trust:
        """Take what a frame's check said; return the state after it."""
        if check is Check.OK and self.state is Trust.VALID and self._is_one_good_enough:
            self._cycles.append(check)
            return Trust.VALID
        return self._add(check)

    def on_cycle_missed(self) -> Trust:
        """Take note that a cycle passed without a frame; return the state after it."""
        return self._add(None)

    def distrust(self) -> None:
        """Start again from INVALID: nothing that came before counts."""
        self.state = Trust.INVALID
        self._cycles.clear()

    def _add(self, outcome: Check | None) -> Trust:
        self._cycles.append(outcome)
        if self.state is Trust.NODATA:
            if outcome is not None and outcome is not Check.WRONG_CRC:
                self.state = Trust.INIT
            return self.state
        row = _RULES[self.state]
        good = sum(cycle is not None and cycle.is_accepted for cycle in self._cycles)
        errors = self._cycles.count(Check.WRONG_CRC)
        if errors > getattr(self.limits, row.max_errors):
            self.state = row.when_errors
        elif good >= getattr(self.limits, row.min_ok):
            self.state = row.when_good
        else:
            self.state = row.otherwise
        return self.state
