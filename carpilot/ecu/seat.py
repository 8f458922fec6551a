"""SEAT: heating, ventilation, massage and positions of the seats, the steering wheel; it also knows who sits where."""

from typing import ClassVar

from carpilot.ecu.device import Device, Motion
from carpilot.vehicle.catalogue import Catalogue, Value
from carpilot.vehicle.physics import World

FULL_HEAT_PERCENT, REDUCED_HEAT_PERCENT = 100, 66
FULL_HEAT_MAX_S = 600.0
DRIVER = "Vehicle.Cabin.Seat.Row1.DriverSide."
MEMORY = "Vehicle.Private.Seat.Row1.DriverSide.MemorySlot"
SEAT_LEAVES = ("Position", "Height", "Backrest.Recline", "Backrest.LumbarSupport", "Tilt", "Headrest.Height")
MEMORIES: dict[int, tuple[float, ...]] = {
    1: (120, 40, 25, 50, 5, 40),
    2: (60, 60, 18, 30, 8, 20),
    3: (180, 20, 30, 70, 4, 80),
}
"""The driver's stored places, in the order of SEAT_LEAVES and their units."""


class Seats(Device):
    """The seat ECU. Heating is electric and reports its level at once; the steering wheel has no cooling.

    A stored place moves all parts of the driver's seat; moving any of them by itself ends it.
    """

    name = "SEAT"
    motions: ClassVar = {
        "Backrest.LumbarSupport": Motion(rate_per_s=15),
        "Backrest.Recline": Motion(motor="backrest"),
        "Seat.Row1.DriverSide.Position": Motion(motor="seat"),
        "Seat.Row1.PassengerSide.Position": Motion(motor="seat"),
        "Seat.Row1.DriverSide.Height": Motion(rate_per_s=10),
        "Seat.Row1.PassengerSide.Height": Motion(rate_per_s=10),
        "Headrest.Height": Motion(rate_per_s=12),
        "Side.Tilt": Motion(rate_per_s=2.5),
        "SteeringWheel.Tilt": Motion(rate_per_s=14),
        "SteeringWheel.Extension": Motion(rate_per_s=14),
    }

    def __init__(self, catalogue: Catalogue, world: World) -> None:
        super().__init__(catalogue, world)
        self._at_full_heat_s: dict[str, float] = {}
        self.belted = {f"{DRIVER}IsBelted": True}

    def on_target(self, path: str, target: Value) -> None:
        """Bring the seat to a stored place; a part moved by itself leaves it."""
        if path == MEMORY:
            for leaf, value in zip(SEAT_LEAVES, MEMORIES.get(int(target), ()), strict=False):
                self.aim(f"{DRIVER}{leaf}", self.signals[f"{DRIVER}{leaf}"].check(value))
        elif path.startswith(DRIVER) and path.removeprefix(DRIVER) in SEAT_LEAVES:
            self.set_by_hand(MEMORY, 0)

    def live(self, dt_s: float) -> bool:
        """Report a stored place when it is reached, and take full heat back after ten minutes, against burns."""
        changed = False
        for path, level in self.actual.items():
            if path.endswith("HeatingCooling"):
                at_full_s = self._at_full_heat_s.get(path, 0.0) + dt_s if level == FULL_HEAT_PERCENT else 0.0
                self._at_full_heat_s[path] = at_full_s
                if at_full_s > FULL_HEAT_MAX_S:
                    self.set_by_hand(path, REDUCED_HEAT_PERCENT)
                    changed = True
        return changed

    def _approach(self, path: str, target: Value, motion: Motion, dt_s: float) -> None:
        """A stored place is taken when every part of the seat stands there."""
        if path == MEMORY and any(other != MEMORY for other in self._moving):
            return
        super()._approach(path, target, motion, dt_s)

    def sensed(self, path: str) -> Value | None:
        """Return whether somebody sits there, or is belted."""
        if path.endswith("IsBelted"):
            return self.belted.get(path, False)
        return self.world.occupied.get(path, False)
