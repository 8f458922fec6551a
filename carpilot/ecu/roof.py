"""ROOF: sunroof and shades."""

from typing import ClassVar

from carpilot.ecu.device import Device, Motion
from carpilot.vehicle.catalogue import Value

ROOF = "Vehicle.Private.Sunroof.TargetPosition"
SHADE = "Vehicle.Cabin.Sunroof.Shade.Position"


class Roof(Device):
    """The roof ECU. The glass slides in eight seconds over its whole way; opening it draws the shade back first."""

    name = "ROOF"
    motions: ClassVar = {"Sunroof.TargetPosition": Motion(motor="roof"), "Shade.Position": Motion(motor="shade")}

    def on_target(self, path: str, target: Value) -> None:
        """Open the shade with the glass; it cannot stay drawn under an open roof."""
        if path == ROOF and float(target) > 0 and float(self.actual[SHADE]) > 0:
            self.aim(SHADE, 0)

    def refuses(self, path: str, target: Value) -> bool:
        """Refuse to draw the shade under an open roof."""
        return path == SHADE and float(target) > 0 and float(self.actual[ROOF]) > 0 and float(self.target[ROOF]) > 0

    def live(self, dt_s: float) -> bool:
        """Report the opening and the shade to the air."""
        self.world.roof_opening = max(0.0, float(self.actual[ROOF])) / 100
        self.world.roof_shade = float(self.actual[SHADE]) / 100
        return super().live(dt_s)

    def sensed(self, path: str) -> Value | None:
        """Return where the glass stands."""
        return self.actual[ROOF] if path.endswith("Sunroof.Position") else None
