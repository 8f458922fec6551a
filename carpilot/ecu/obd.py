"""OBD-II for a battery-electric car: SAE J1979 / ISO 15031-5 over ISO 15765-4, on one unit for the whole car.

Services 01 (live values), 03 (stored codes), 04 (clear), 07 (pending codes) and 09 (vehicle information). Asked to everybody
(0x7DF) or to the unit alone. What a car without an engine has no value for, such as PID 0C, is not in the bit masks of
supported PIDs, and a request for it is not answered, as the standard wants. Codes are those of all control units, by their
two bytes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from carpilot.bus.bus import Bus
from carpilot.bus.isotp import IsoTp
from carpilot.ecu.diagnostics import Address
from carpilot.ecu.fault_memory import FaultMemory, Status, lit
from carpilot.ecu.uds import FUNCTIONAL_ID, NEGATIVE, POSITIVE, Nrc
from carpilot.sim.scheduler import Scheduler

OBD_ADDRESS = Address(0x7E0, 0x7E8)
LIVE, STORED, CLEAR, PENDING, INFORMATION = 0x01, 0x03, 0x04, 0x07, 0x09
MOST_PIDS = 6
RANGE = 0x20
VIN_TYPE, NAME_TYPE = 0x02, 0x0A
NAME_BYTES = 20
UNIT_NAME = b"GTW\0-Gateway"
"""An acronym of four bytes, a hyphen and a name, as J1979 wants it."""
EOBD = 0x06
ELECTRIC = 0x08
COMPONENTS_SUPPORTED = 0x04
MOST_CODES = 127


@dataclass(frozen=True, slots=True)
class ObdReadings:
    """What the car measures: km/h, V, degrees Celsius, percent, km, and seconds since it was switched on."""

    speed_kph: float
    supply_volt: float
    ambient_celsius: float
    charge_percent: float
    odometer_km: float
    run_time_s: float


def _whole(value: float, size: int) -> bytes:
    """Return a value as an unsigned number of `size` bytes, the nearest that there is."""
    return min(max(round(value), 0), (1 << 8 * size) - 1).to_bytes(size, "big")


def supported(numbers: Iterable[int], base: int) -> bytes:
    """Return the bit mask for the 32 numbers after `base`; its last bit says that there are some beyond."""
    known = set(numbers)
    mask = 0
    for offset in range(1, RANGE + 1):
        number = base + offset
        is_there = number in known or (offset == RANGE and any(other > number for other in known))
        mask = mask << 1 | is_there
    return mask.to_bytes(4, "big")


class ObdServer:
    """Answers a scan tool. `memories` are those of all control units; clearing is refused while the car moves."""

    def __init__(
        self,
        bus: Bus,
        scheduler: Scheduler,
        node: str,
        memories: Sequence[FaultMemory],
        readings: Callable[[], ObdReadings],
        vin: Callable[[], str],
        is_moving: Callable[[], bool],
        address: Address = OBD_ADDRESS,
    ) -> None:
        self._memories, self._readings, self._vin, self._is_moving = memories, readings, vin, is_moving
        self._cleared_at_km = 0.0
        self._transport = IsoTp(
            bus, scheduler, node, address.request_id, address.response_id, self.on_request, FUNCTIONAL_ID
        )
        self._pids: Mapping[int, Callable[[ObdReadings], bytes]] = {
            0x01: lambda now: self._monitors(),
            0x0D: lambda now: _whole(now.speed_kph, 1),
            0x1C: lambda now: bytes((EOBD,)),
            0x1F: lambda now: _whole(now.run_time_s, 2),
            0x31: lambda now: _whole(now.odometer_km - self._cleared_at_km, 2),
            0x42: lambda now: _whole(now.supply_volt * 1000, 2),
            0x46: lambda now: _whole(now.ambient_celsius + 40, 1),
            0x51: lambda now: bytes((ELECTRIC,)),
            0x5B: lambda now: _whole(now.charge_percent * 255 / 100, 1),
            0xA6: lambda now: _whole(now.odometer_km * 10, 4),
        }
        self._services: Mapping[int, Callable[[bytes], bytes | None]] = {
            LIVE: self._live,
            STORED: lambda request: self._codes(request, Status.CONFIRMED),
            CLEAR: self._clear,
            PENDING: lambda request: self._codes(request, Status.PENDING),
            INFORMATION: self._information,
        }

    def on_request(self, request: bytes, is_functional: bool) -> None:
        """Take a whole request; what cannot be answered is left without an answer."""
        if self._transport.is_sending:
            return
        service = self._services.get(request[0])
        if service is not None:
            response = service(request)
        else:
            response = None if is_functional else bytes((NEGATIVE, request[0], Nrc.SERVICE_NOT_SUPPORTED))
        if response is not None:
            self._transport.send(response)

    def _live(self, request: bytes) -> bytes | None:
        wanted = request[1:]
        if not 1 <= len(wanted) <= MOST_PIDS:
            return None
        now = self._readings()
        response = b""
        for pid in wanted:
            if pid % RANGE == 0 and (pid == 0 or any(other > pid for other in self._pids)):
                response += bytes((pid,)) + supported(self._pids, pid)
            elif pid in self._pids:
                response += bytes((pid,)) + self._pids[pid](now)
        return bytes((LIVE + POSITIVE,)) + response if response else None

    def _monitors(self) -> bytes:
        """PID 01: malfunction lamp and number of codes; component monitoring there and complete, no others."""
        count = min(len(self._numbers(Status.CONFIRMED)), MOST_CODES)
        return bytes((bool(lit(self._memories)) << 7 | count, COMPONENTS_SUPPORTED, 0, 0))

    def _numbers(self, status: Status) -> list[int]:
        """Return the two-byte codes with a status bit, each once, in order of the memories."""
        found = (record.code.number >> 8 for memory in self._memories for record in memory.matching(status))
        return list(dict.fromkeys(found))

    def _codes(self, request: bytes, status: Status) -> bytes | None:
        if len(request) != 1:
            return None
        numbers = self._numbers(status)[:MOST_CODES]
        return bytes((request[0] + POSITIVE, len(numbers))) + b"".join(number.to_bytes(2, "big") for number in numbers)

    def _clear(self, request: bytes) -> bytes | None:
        if len(request) != 1:
            return None
        if self._is_moving():
            return bytes((NEGATIVE, CLEAR, Nrc.CONDITIONS_NOT_CORRECT))
        for memory in self._memories:
            memory.clear()
        self._cleared_at_km = self._readings().odometer_km
        return bytes((CLEAR + POSITIVE,))

    def _information(self, request: bytes) -> bytes | None:
        if len(request) != 2:
            return None
        kind = request[1]
        if kind == 0:
            body = supported((VIN_TYPE, NAME_TYPE), 0)
        elif kind == VIN_TYPE:
            body = b"\x01" + self._vin().encode("ascii")
        elif kind == NAME_TYPE:
            body = b"\x01" + UNIT_NAME.ljust(NAME_BYTES, b"\0")
        else:
            return None
        return bytes((INFORMATION + POSITIVE, kind)) + body
