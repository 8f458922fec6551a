"""CLUSTER: displays, units, profiles, service, tell-tales."""

from typing import ClassVar

from carpilot.ecu.device import Device, Motion
from carpilot.vehicle.catalogue import Catalogue, Value
from carpilot.vehicle.physics import World

TRIP_RESET = "Vehicle.Private.Service.IsTripReset"
SERVICE_AT_KM = 27_000.0


class Cluster(Device):
    """The instrument cluster's unit; `lit_lamps` are the tell-tales that trouble codes light.

    A profile takes its time to load; the trip counter goes back at once.
    """

    name = "CLUSTER"
    slow_step_s = 1.0
    motions: ClassVar = {
        "HMI.Brightness": Motion(rate_per_s=120),
        "Display.Language": Motion(delay_s=1.0),
        "ActiveUser": Motion(delay_s=1.5),
    }
    falls_back_after_s: ClassVar = {TRIP_RESET: 0.5}

    def __init__(self, catalogue: Catalogue, world: World) -> None:
        super().__init__(catalogue, world)
        self.lit_lamps: frozenset[str] = frozenset()
        self._trip_from_m = world.odometer_m

    def on_target(self, path: str, target: Value) -> None:
        """Reset the trip counter."""
        if path == TRIP_RESET and target is True:
            self._trip_from_m = self.world.odometer_m

    def sensed(self, path: str) -> Value | None:
        """Return service data, and which tell-tales are lit."""
        left_km = SERVICE_AT_KM - self.world.odometer_m / 1000
        if path.endswith("DistanceToService"):
            return round(left_km)
        if path.endswith("IsServiceDue"):
            return left_km <= 0
        if path == "Vehicle.TraveledDistanceSinceStart":
            return (self.world.odometer_m - self._trip_from_m) / 1000
        lamp = path.removeprefix("Vehicle.Private.TellTale.Is").removesuffix("On")
        return lamp in self.lit_lamps or (lamp == "Service" and left_km <= 0)
