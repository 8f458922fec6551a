"""SecurityAccess, ISO 14229-1:2020 10.4: a seed, a key made of it, three tries, then ten seconds of nothing.

The key is the first 16 bytes of HMAC-SHA-256 over the seed under the unit's secret. Power cut after a wrong key does not buy
new tries: the unit starts with the delay running.
"""

import hashlib
import hmac
from collections.abc import Callable
from random import Random

from carpilot.ecu.uds import NegativeResponseError, Nrc
from carpilot.units import NS_PER_S

SEED_BYTES = 16
KEY_BYTES = 16
TRIES = 3
DELAY_NS = 10 * NS_PER_S


def key_for(secret: bytes, seed: bytes) -> bytes:
    """Return the key that opens a unit with this secret after this seed."""
    return hmac.new(secret, seed, hashlib.sha256).digest()[:KEY_BYTES]


class SecurityAccess:
    """One level of one unit. Seeds come from a generator that somebody passes in, so that a run can be repeated."""

    def __init__(self, secret: bytes, now_ns: Callable[[], int], random: Random) -> None:
        self.is_unlocked = False
        self._secret, self._now_ns, self._random = secret, now_ns, random
        self._seed: bytes | None = None
        self._failed = 0
        self._locked_until_ns = 0

    def lock(self) -> None:
        """Lock, as each change of session does; a seed that waits for its key is void."""
        self.is_unlocked = False
        self._seed = None

    def restart(self) -> None:
        """Lock after a loss of power or a reset; if a try had failed, the delay runs first."""
        self.lock()
        if self._failed or self._now_ns() < self._locked_until_ns:
            self._start_delay()

    def _start_delay(self) -> None:
        self._failed = 0
        self._locked_until_ns = self._now_ns() + DELAY_NS

    def seed(self) -> bytes:
        """Return the seed; zeros if unlocked already. Raises NegativeResponseError while the delay runs."""
        if self.is_unlocked:
            return bytes(SEED_BYTES)
        if self._now_ns() < self._locked_until_ns:
            raise NegativeResponseError(Nrc.DELAY_NOT_EXPIRED)
        if self._seed is None:
            self._seed = self._random.randbytes(SEED_BYTES)
        return self._seed

    def unlock(self, key: bytes) -> None:
        """Unlock with the right key. Raises NegativeResponseError: no seed asked for, wrong length, wrong key, too many."""
        if self._seed is None:
            raise NegativeResponseError(Nrc.REQUEST_SEQUENCE_ERROR)
        if len(key) != KEY_BYTES:
            raise NegativeResponseError(Nrc.INCORRECT_LENGTH)
        expected, self._seed = key_for(self._secret, self._seed), None
        if hmac.compare_digest(expected, key):
            self.is_unlocked, self._failed = True, 0
            return
        self._failed += 1
        if self._failed < TRIES:
            raise NegativeResponseError(Nrc.INVALID_KEY)
        self._start_delay()
        raise NegativeResponseError(Nrc.EXCEEDED_ATTEMPTS)
