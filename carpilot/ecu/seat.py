"""SEAT: heating and ventilation of seats and steering wheel; it also knows which seats are taken."""

from carpilot.ecu.device import Device
from carpilot.vehicle.catalogue import Catalogue, Value
from carpilot.vehicle.physics import World

FULL_HEAT_PERCENT, REDUCED_HEAT_PERCENT = 100, 66
FULL_HEAT_MAX_S = 600.0


class Seats(Device):
    """The seat ECU. Heating is electric and reports its level at once; the steering wheel has no cooling."""

    name = "SEAT"

    def __init__(self, catalogue: Catalogue, world: World) -> None:
        super().__init__(catalogue, world)
        self._at_full_heat_s: dict[str, float] = {}

    def live(self, dt_s: float) -> None:
        """Take full heat back a level after ten minutes, against burns."""
        for path, level in self.actual.items():
            at_full_s = self._at_full_heat_s.get(path, 0.0) + dt_s if level == FULL_HEAT_PERCENT else 0.0
            self._at_full_heat_s[path] = at_full_s
            if at_full_s > FULL_HEAT_MAX_S:
                self.set_by_hand(path, REDUCED_HEAT_PERCENT)

    def sensed(self, path: str) -> Value | None:
        """Return whether somebody sits there."""
        return self.world.occupied.get(path, False)
