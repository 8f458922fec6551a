"""NAV: destination, route and guidance."""

from typing import ClassVar

from carpilot.ecu.device import Device, Motion
from carpilot.vehicle.catalogue import Value

DESTINATION = "Vehicle.Private.Navigation.Destination"
WAYPOINT = "Vehicle.Private.Navigation.Waypoint"


class Navigation(Device):
    """The navigation unit."""

    name = "NAV"
    motions: ClassVar = {"Navigation.Destination": Motion(delay_s=0.8), "Navigation.Waypoint": Motion(delay_s=0.8)}

    def sensed(self, path: str) -> Value | None:
        """Return how the guidance stands."""
        return self.signals[path].initial
