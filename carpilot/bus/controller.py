"""The error states of a CAN controller, after ISO 11898-1:2015, 12.1.4 (fault confinement).

| event                                                            | counter                          |
|------------------------------------------------------------------|----------------------------------|
| transmitter sends an error flag                                  | TEC + 8                          |
| ... for a missing acknowledge, when error-passive already        | unchanged: a lone node stays on  |
| receiver detects an error                                        | REC + 1                          |
| dominant level goes on after an error flag: 14 bits, then each 8 | TEC + 8 (transmitter), REC + 8   |
| frame sent                                                       | TEC - 1, not below 0             |
| frame received, REC 1 to 127                                     | REC - 1                          |
| frame received, REC above 127                                    | REC 119 (allowed: 119 to 127)    |
| 128 times 11 recessive bits while bus-off                        | both 0                           |

A counter of 128 or more makes the node error-passive, a TEC above 255 bus-off. All receivers see an error at the same bit
here, so the rule for one that alone has flagged it (a dominant bit after its own flag: REC + 8) does not come up.
"""

from dataclasses import dataclass
from enum import Enum

PASSIVE_FROM = 128
BUS_OFF_ABOVE = 255
TRANSMITTER_STEP = 8
RECEIVER_STEP = 1
DOMINANT_STEP = 8
REC_AFTER_SUCCESS = 119
MAX_REC = 255
"""A receive counter needs no more than says error-passive; it stays here."""

ERROR_FLAG_BITS = 6
SUPERPOSITION_BITS = 6
ERROR_DELIMITER_BITS = 8
SUSPEND_BITS = 8
FIRST_DOMINANT_BITS = 14
NEXT_DOMINANT_BITS = 8
RECOVERY_SEQUENCES = 128
SEQUENCE_BITS = 11


class ErrorState(Enum):
    """What a node may do on the bus."""

    ERROR_ACTIVE = "error active"
    ERROR_PASSIVE = "error passive"
    BUS_OFF = "bus off"


class ErrorKind(Enum):
    """Why an error frame was sent."""

    BIT = "bit"
    STUFF = "stuff"
    FORM = "form"
    CRC = "crc"
    ACKNOWLEDGE = "acknowledge"
    STUCK_DOMINANT = "stuck dominant"


@dataclass(frozen=True, slots=True)
class Hit:
    """An error in a transmission: its kind, and after what part of the frame it is seen (0 to 1)."""

    kind: ErrorKind
    position: float


@dataclass(frozen=True, slots=True)
class Recovery:
    """How a node comes back from bus-off: at most `restarts` times (None: always), each after a back-off.

    The back-off in nanoseconds passes before the recessive bits are counted; it grows by `factor` with each restart.
    """

    restarts: int | None = None
    backoff_ns: int = 0
    factor: int = 2

    def backoff_before(self, restart: int) -> int | None:
        """Return the back-off before a restart (0 is the first), or None if there is to be none."""
        if self.restarts is not None and restart >= self.restarts:
            return None
        return self.backoff_ns * int(self.factor**restart)


class Controller:
    """One node's counters. `errors` counts the error frames of its own transmissions, by kind."""

    __slots__ = ("bus_off_count", "errors", "is_bus_off", "rec", "restarts", "tec")

    def __init__(self) -> None:
        self.tec = 0
        self.rec = 0
        self.is_bus_off = False
        self.bus_off_count = 0
        self.restarts = 0
        self.errors: dict[ErrorKind, int] = {}

    @property
    def state(self) -> ErrorState:
        """The error state that the counters mean."""
        if self.is_bus_off:
            return ErrorState.BUS_OFF
        is_passive = self.tec >= PASSIVE_FROM or self.rec >= PASSIVE_FROM
        return ErrorState.ERROR_PASSIVE if is_passive else ErrorState.ERROR_ACTIVE

    @property
    def is_untouched(self) -> bool:
        """Whether no error is remembered."""
        return not (self.tec or self.rec or self.is_bus_off)

    def on_transmit_error(self, kind: ErrorKind) -> None:
        """Count an error of an own transmission."""
        self.errors[kind] = self.errors.get(kind, 0) + 1
        if kind is ErrorKind.ACKNOWLEDGE and self.state is ErrorState.ERROR_PASSIVE:
            return
        self._add_to_tec(TRANSMITTER_STEP)

    def on_receive_error(self) -> None:
        """Count an error of another node's transmission."""
        self.rec = min(self.rec + RECEIVER_STEP, MAX_REC)

    def on_dominant(self, is_transmitter: bool) -> None:
        """Count a dominant level that goes on after an error flag."""
        if is_transmitter:
            self._add_to_tec(DOMINANT_STEP)
        else:
            self.rec = min(self.rec + DOMINANT_STEP, MAX_REC)

    def on_sent(self) -> None:
        """Count an own frame that was acknowledged."""
        self.tec = max(self.tec - 1, 0)

    def on_received(self) -> None:
        """Count a good frame of another node."""
        self.rec = REC_AFTER_SUCCESS if self.rec >= PASSIVE_FROM else max(self.rec - 1, 0)

    def recover(self) -> None:
        """Come back from bus-off with both counters at 0."""
        self.tec = self.rec = 0
        self.is_bus_off = False
        self.restarts += 1

    def _add_to_tec(self, amount: int) -> None:
        self.tec += amount
        if self.tec > BUS_OFF_ABOVE and not self.is_bus_off:
            self.is_bus_off = True
            self.bus_off_count += 1
