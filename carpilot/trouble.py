"""Why a lamp is on: the copilot asks the gateway for its trouble codes as any scan tool does, and tells what they mean.

It asks for stored codes (OBD-II service 03) over the bus and for nothing else; it has no way to write or to clear.
"""

from collections.abc import Collection

from carpilot.bus.bus import Bus
from carpilot.bus.isotp import IsoTp
from carpilot.ecu.trouble_codes import Lamp, TroubleCode, by_urgency, lamp_of, trouble_codes
from carpilot.errors import UnknownNameError
from carpilot.sim.scheduler import Scheduler
from carpilot.units import NS_PER_MS

READER = "COPILOT_READER"
REQUEST_ID, RESPONSE_ID = 0x7E0, 0x7E8
STORED_CODES = 0x03
POSITIVE = 0x40
ANSWER_WITHIN_NS = 300 * NS_PER_MS
MOST_TOLD = 2


class TroubleReader:
    """A scan tool with one question. `codes` are the numbers that were read last, without failure type."""

    def __init__(self, bus: Bus, scheduler: Scheduler) -> None:
        self._transport = IsoTp(bus, scheduler, READER, RESPONSE_ID, REQUEST_ID, self._on_message)
        self.codes: frozenset[int] | None = None

    def ask(self) -> None:
        """Put the question; the answer comes as time passes, within ANSWER_WITHIN_NS."""
        self.codes = None
        if not self._transport.is_sending:
            self._transport.send(bytes((STORED_CODES,)))

    def _on_message(self, message: bytes, is_functional: bool) -> None:
        del is_functional
        if message[:1] == bytes((STORED_CODES + POSITIVE,)):
            pairs = message[2:]
            self.codes = frozenset(int.from_bytes(pairs[at : at + 2], "big") for at in range(0, len(pairs) - 1, 2))


def lamps_among(paths: Collection[str]) -> tuple[Lamp, ...]:
    """Return the lamps that some paths report."""
    found = []
    for path in paths:
        try:
            found.append(lamp_of(path))
        except UnknownNameError:
            continue
    return tuple(found)


def reasons(lamps: Collection[Lamp], codes: Collection[int]) -> tuple[TroubleCode, ...]:
    """Return what may have lit some lamps, by the numbers that were read, the most urgent first.

    A number alone leaves the failure type open; of several rows with one number, those that this car can find go before.
    """
    found: dict[int, TroubleCode] = {}
    for code in trouble_codes().values():
        number = code.number >> 8
        if (
            code.lamp in lamps
            and number in codes
            and (number not in found or (code.detects and not found[number].detects))
        ):
            found[number] = code
    return tuple(by_urgency(found.values()))


def tell_reasons(lamps: Collection[Lamp], codes: Collection[int] | None) -> str:
    """Return what is said of lit lamps: why, and what to do."""
    if codes is None:
        return "The gateway did not tell me why."
    rows = reasons(lamps, codes)
    return " ".join(row.sentence for row in rows[:MOST_TOLD]) or "No trouble code is stored for it."
