"""ESC: wheel speeds, tyre pressures, stability control."""

from typing import ClassVar

from carpilot.ecu.device import Device
from carpilot.units import kph_to_mps
from carpilot.vehicle.catalogue import Catalogue, Value
from carpilot.vehicle.physics import World

CALIBRATION = "Vehicle.Private.Service.IsTyreCalibrationOn"
WHEELS = ("Row1.Wheel.Left", "Row1.Wheel.Right", "Row2.Wheel.Left", "Row2.Wheel.Right")
LOW_SHARE = 0.8
"""UN R141 wants a warning at 20 % below the pressure that the tyres should have."""


class Stability(Device):
    """The brake and stability unit. It learns the pressures that are right when it is told to."""

    name = "ESC"
    falls_back_after_s: ClassVar = {CALIBRATION: 3.0}

    def __init__(self, catalogue: Catalogue, world: World) -> None:
        super().__init__(catalogue, world)
        self.learned_kpa = [tyre.filled_kpa for tyre in world.tyres.wheels]
        self._wheel_of = {
            path: index for path in self.signals for index, wheel in enumerate(WHEELS) if f".{wheel}." in path
        }

    def is_low(self, wheel: int) -> bool:
        """Return whether a tyre is too low against what was learned, at its temperature of now."""
        tyre = self.world.tyres.wheels[wheel]
        return tyre.filled_kpa < LOW_SHARE * self.learned_kpa[wheel]

    def on_target(self, path: str, target: Value) -> None:
        """Learn the pressures of now."""
        if path == CALIBRATION and target is True:
            self.learned_kpa = [tyre.filled_kpa for tyre in self.world.tyres.wheels]

    def refuses(self, path: str, target: Value) -> bool:
        """Refuse to learn pressures while the car moves."""
        return path == CALIBRATION and target is True and self.world.speed_mps > 0

    def sensed(self, path: str) -> Value | None:
        """Measure wheels and tyres."""
        index = self._wheel_of[path]
        tyre = self.world.tyres.wheels[index]
        if path.endswith(".Speed"):
            return self.world.wheel_speeds_mps[index] / kph_to_mps(1)
        if path.endswith("Pressure"):
            return round(tyre.pressure_kpa)
        return self.is_low(index) if path.endswith("IsPressureLow") else tyre.celsius
