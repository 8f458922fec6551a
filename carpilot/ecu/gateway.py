"""The gateway between the segments: a gate on bytes.

It knows nothing of meaning. From the infotainment segment only listed commands pass, of the right length and with a valid
CRC; bits that open or unlock pass only while the last motion frame says, in bytes, that the car stands. From the body only
status frames pass. It shares no code with the policy; both would have to fail for a wrong frame to reach an ECU.
"""

from carpilot.bus.bus import Bus
from carpilot.bus.e2e import Checker
from carpilot.bus.frame import Frame
from carpilot.sim.scheduler import Scheduler
from carpilot.units import NS_PER_MS

FROM_INFOTAINMENT = {
    0x210: 0x2210,
    0x211: 0x2211,
    0x220: 0x2220,
    0x230: 0x2230,
    0x231: 0x2231,
    0x240: 0x2240,
    0x241: 0x2241,
}
"""Command identifiers that may pass to the body, with the data id of their protection."""
FROM_BODY = frozenset({0x100, 0x102, 0x110, 0x310, 0x311, 0x320, 0x321, 0x330, 0x331, 0x340, 0x341, 0x342})
LOCAL_TO_INFOTAINMENT = frozenset({0x200, 0x250, 0x350})
COMMAND_LENGTH = 8
MOTION_ID, MOTION_DATA_ID = 0x100, 0x1100
LOCK_ID = 0x231
LOCK_FIELD_BITS = (12, 14, 16, 18)
BOOT_FIELD_BIT = 20
PARK_RAW = 126 + 1
STANDING_RAW_BELOW = 10
"""0.5 km/h in steps of 0.05 km/h."""
MOTION_MAX_AGE_NS = 60 * NS_PER_MS


class Gateway:
    """Two ports and a table. `dropped` counts the frames that were not let through, by identifier."""

    name = "GATEWAY"

    def __init__(self, scheduler: Scheduler, infotainment: Bus, body: Bus) -> None:
        self.dropped: dict[int, int] = {}
        self._scheduler = scheduler
        self._to_infotainment = infotainment.attach(self.name, self.on_infotainment)
        self._to_body = body.attach(self.name, self.on_body)
        self._checkers = {identifier: Checker(data_id) for identifier, data_id in FROM_INFOTAINMENT.items()}
        self._motion_checker = Checker(MOTION_DATA_ID)
        self._motion: bytes | None = None
        self._motion_ns = 0

    def on_body(self, frame: Frame) -> None:
        """Pass status frames on, and keep the last good motion frame."""
        if frame.is_extended or frame.arbitration_id not in FROM_BODY:
            return
        if frame.arbitration_id == MOTION_ID and self._motion_checker.check(frame.data).is_accepted:
            self._motion, self._motion_ns = frame.data, self._scheduler.now_ns
        self._to_infotainment.send(frame)

    def on_infotainment(self, frame: Frame) -> None:
        """Pass a command that is listed, whole and harmless now."""
        if frame.arbitration_id in LOCAL_TO_INFOTAINMENT:
            return
        if self.lets_through(frame):
            self._to_body.send(frame)
        else:
            self.dropped[frame.arbitration_id] = self.dropped.get(frame.arbitration_id, 0) + 1

    def lets_through(self, frame: Frame) -> bool:
        """Return whether a frame from the infotainment segment may reach the body."""
        checker = self._checkers.get(frame.arbitration_id)
        if checker is None or frame.is_extended or len(frame.data) != COMMAND_LENGTH:
            return False
        if not checker.check(frame.data).is_accepted:
            return False
        return frame.arbitration_id != LOCK_ID or self.stands or not opens(frame.data)

    @property
    def stands(self) -> bool:
        """Whether the last motion frame is fresh and says: in park, below 0.5 km/h."""
        if self._motion is None or self._scheduler.now_ns - self._motion_ns > MOTION_MAX_AGE_NS:
            return False
        bits = int.from_bytes(self._motion, "little")
        return bits >> 12 & 0x1FFF < STANDING_RAW_BELOW and bits >> 25 & 0xFF == PARK_RAW


def opens(data: bytes) -> bool:
    """Return whether a lock command would unlock a door or open the boot."""
    bits = int.from_bytes(data, "little")
    if bits >> BOOT_FIELD_BIT & 3 not in (0, 3):
        return True
    return any(bits >> position & 3 not in (1, 3) for position in LOCK_FIELD_BITS)
