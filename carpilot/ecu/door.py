"""DOOR: windows, locks and the boot; it also sees whether doors are open."""

from typing import ClassVar

from carpilot.ecu.device import Device, Motion, Response
from carpilot.vehicle.catalogue import Value

BOOT = "Vehicle.Body.Trunk.Rear.IsOpen"
WINDOW_SUFFIX = "Window.Position"
BOOT_MAX_SPEED_MPS = 5 / 3.6


class Doors(Device):
    """The door ECU. A pane takes four seconds from end to end, the boot lid five. It opens no boot at speed."""

    name = "DOOR"
    motions: ClassVar = {
        WINDOW_SUFFIX: Motion(rate_per_s=25),
        "Trunk.Rear.IsOpen": Motion(delay_s=5.0),
        "IsLocked": Motion(delay_s=0.15),
    }

    def refuses(self, path: str, target: Value) -> bool:
        """Refuse to open the boot while the car moves."""
        return path == BOOT and target is True and self.world.speed_mps > BOOT_MAX_SPEED_MPS

    def live(self, dt_s: float) -> None:
        """Report the openings to the air, and give up a jammed pane where it stands."""
        panes = [float(value) for path, value in self.actual.items() if path.endswith(WINDOW_SUFFIX)]
        self.world.window_opening[:] = [sum(panes[:2]) / 200, sum(panes[2:]) / 200]
        if self.response is Response.JAMMED:
            for path in self.jammed:
                self.target[path] = self.actual[path]

    def sensed(self, path: str) -> Value | None:
        """Return whether a door is open."""
        return self.world.open_doors.get(path, False)
