"""Authentic messages, modelled on AUTOSAR SecOC (SWS SecureOnboardCommunication): a truncated MAC and a freshness.

The code is AES-128-CMAC (RFC 4493; package `cryptography`), cut to its first 64 bits, over data id (2 bytes, big endian),
the authentic bytes and the full freshness (8 bytes, big endian). Freshness is trip << 32 | counter: the counter grows with
each message, the trip with each start of the sender. The frame carries only its low 32 (or 16) bits; the receiver puts
those in front of the freshness it accepted last, and tries at most three candidates, each above it. So nothing is ever
accepted twice or out of turn, and a sender that began a later trip is followed without ado.

Layout of a 32-byte CAN FD frame (numbers little endian, as the DBC's signals):

| bytes    | content                                                     | authentic |
|----------|-------------------------------------------------------------|-----------|
| 0 to 2   | header of E2E profile 5, put on after signing               | no        |
| 3        | reserved                                                    | yes       |
| 4 to 15  | payload                                                     | yes       |
| 16 to 19 | freshness, low part (16-bit freshness: 16 and 17, rest 0)   | by itself |
| 20 to 27 | MAC                                                         |           |
| 28 to 31 | 0                                                           | yes       |

What was accepted last is kept in non-volatile memory by the receiver, before the message takes effect, so a reset opens no
window for a replay. A sender that has lost its freshness is refused until it has resynchronised: the receiver tells the
freshness it knows (`Verifier.resync`, no secret), the sender begins a later trip (`Authenticator.resync`). It does so at
most three times without success; meanwhile nothing is accepted.
"""

import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from carpilot.errors import WireError

FRAME_BYTES = 32
AUTHENTIC = slice(3, 16)
FRESHNESS_AT = 16
MAC = slice(20, 28)
PADDING = slice(28, 32)
MAC_BYTES = 8
KEY_BYTES = 16
TRIP_SHIFT = 32
MAX_FRESHNESS = (1 << 64) - 1
MAX_TRIES = 3


def cmac(key: bytes, message: bytes) -> bytes:
    """Return the 16 bytes of AES-CMAC (RFC 4493)."""
    code = CMAC(AES(key))
    code.update(message)
    return code.finalize()


@dataclass(frozen=True, slots=True)
class _Coding:
    """What both sides share: key, data id, and how many bytes of freshness the frame carries."""

    key: bytes
    data_id: int
    freshness_bytes: int

    def __post_init__(self) -> None:
        if len(self.key) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes, not {len(self.key)}")
        if self.freshness_bytes not in (2, 4):
            raise ValueError(f"a frame carries 2 or 4 bytes of freshness, not {self.freshness_bytes}")

    def code(self, data: bytes, freshness: int) -> bytes:
        authentic = data[AUTHENTIC] + data[PADDING]
        message = self.data_id.to_bytes(2, "big") + authentic + freshness.to_bytes(8, "big")
        return cmac(self.key, message)[:MAC_BYTES]

    def low_part(self, freshness: int) -> bytes:
        low = freshness & ((1 << 8 * self.freshness_bytes) - 1)
        return low.to_bytes(4, "little")


class Authenticator:
    """The sending side of one message. `trip` is the number of this start, from non-volatile memory."""

    def __init__(self, key: bytes, data_id: int, trip: int = 0, freshness_bytes: int = 4) -> None:
        self._coding = _Coding(key, data_id, freshness_bytes)
        self._tries = 0
        self.freshness = trip << TRIP_SHIFT
        """The full freshness of the message that was signed last."""

    def sign(self, data: bytes) -> bytes:
        """Return the 32 bytes with the next freshness and their code. Raises WireError for another length."""
        if len(data) != FRAME_BYTES:
            raise WireError(f"an authentic message has {FRAME_BYTES} bytes, not {len(data)}")
        self.freshness += 1
        plain = data[:FRESHNESS_AT] + bytes(FRAME_BYTES - FRESHNESS_AT)
        code = self._coding.code(plain, self.freshness)
        return plain[:FRESHNESS_AT] + self._coding.low_part(self.freshness) + code + bytes(FRAME_BYTES - MAC.stop)

    def resync(self, heard: int) -> bool:
        """Begin a trip later than the own one and the one that a receiver told; False after three tries in a row."""
        if self._tries >= MAX_TRIES or not 0 <= heard <= MAX_FRESHNESS >> 1:
            return False
        self._tries += 1
        self.freshness = (max(self.freshness, heard) >> TRIP_SHIFT) + 1 << TRIP_SHIFT
        return True

    def confirm(self) -> None:
        """Take note that the receiver acted on a message: the next loss of freshness has all its tries again."""
        self._tries = 0


class Verifier:
    """The receiving side of one message. `freshness` is what was accepted last, in full."""

    def __init__(self, key: bytes, data_id: int, freshness: int = 0, freshness_bytes: int = 4) -> None:
        self._coding = _Coding(key, data_id, freshness_bytes)
        self.freshness = freshness
        self.accepted = 0
        self.rejected = 0
        self.resyncs = 0
        self.is_synchronised = True
        """False from a rejected message to the next accepted one."""

    def check(self, data: bytes) -> bool:
        """Return whether a message is authentic and newer than all before; only then remember its freshness."""
        freshness = self._find(data)
        if freshness is None:
            self.rejected += 1
            self.is_synchronised = False
            return False
        self.freshness = freshness
        self.accepted += 1
        self.is_synchronised = True
        return True

    def resync(self) -> int:
        """Return what the sender must exceed, to be told to it; counts the procedure."""
        self.resyncs += 1
        return self.freshness

    def forget(self) -> None:
        """Lose power: the freshness stays, it is in non-volatile memory; the rest starts anew."""
        self.accepted = self.rejected = self.resyncs = 0
        self.is_synchronised = True

    def candidates(self, low: int) -> list[int]:
        """Return the freshnesses that a frame's low part can mean: at most three, each above the last accepted one."""
        span = 1 << 8 * self._coding.freshness_bytes
        first = self.freshness // span * span + low
        if first <= self.freshness:
            first += span
        next_trip = (self.freshness >> TRIP_SHIFT) + 1 << TRIP_SHIFT
        found = {first, first + span, next_trip + low}
        return sorted(value for value in found if value <= MAX_FRESHNESS)[:MAX_TRIES]

    def _find(self, data: bytes) -> int | None:
        if len(data) != FRAME_BYTES:
            return None
        low = int.from_bytes(data[FRESHNESS_AT : MAC.start], "little")
        if low >> 8 * self._coding.freshness_bytes:
            return None
        for freshness in self.candidates(low):
            if hmac.compare_digest(self._coding.code(data, freshness), data[MAC]):
                return freshness
        return None
