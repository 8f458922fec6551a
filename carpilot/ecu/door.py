"""DOOR: windows, locks, lids and mirrors; it also sees whether doors are open."""

from collections.abc import Callable
from typing import ClassVar

from carpilot.ecu.device import Device, Motion
from carpilot.vehicle.catalogue import Value
from carpilot.vehicle.physics.charging import ChargingState

BOOT = "Vehicle.Body.Trunk.Rear.IsOpen"
LIDS = (
    BOOT,
    "Vehicle.Body.Trunk.Front.IsOpen",
    "Vehicle.Powertrain.TractionBattery.Charging.ChargingPort.AnyPosition.IsFlapOpen",
)
CABLE_LOCK = "Vehicle.Powertrain.TractionBattery.Charging.ChargingPort.AnyPosition.IsChargingCableLocked"
TRIP = "Vehicle.Private.Access.Trip"
WINDOW_SUFFIX = "Window.Position"
LID_MAX_SPEED_MPS = 5 / 3.6


class Doors(Device):
    """The door ECU. A pane takes four seconds from end to end, the boot lid five. It opens no lid at speed."""

    name = "DOOR"
    motions: ClassVar = {
        WINDOW_SUFFIX: Motion(motor="window"),
        "Trunk.Rear.IsOpen": Motion(motor="boot"),
        "Trunk.Front.IsOpen": Motion(motor="boot"),
        "IsFlapOpen": Motion(motor="charge flap"),
        "IsChargingCableLocked": Motion(delay_s=0.6),
        "IsLocked": Motion(delay_s=0.15),
        "IsChildLockOn": Motion(delay_s=0.3),
        "IsFolded": Motion(motor="mirror fold"),
        "DriverSide.Pan": Motion(motor="mirror"),
        "DriverSide.Tilt": Motion(motor="mirror"),
        "PassengerSide.Pan": Motion(motor="mirror"),
        "PassengerSide.Tilt": Motion(motor="mirror"),
        "DimmingLevel": Motion(rate_per_s=60),
    }

    read_trip: Callable[[], int] = staticmethod(lambda: 0)
    """Returns the trip of the access command that was accepted last; the node has it."""

    def refuses(self, path: str, target: Value) -> bool:
        """Refuse to open a lid while the car moves, and to unlock the cable while current flows."""
        if path == CABLE_LOCK and target is False and self.world.charging.state is ChargingState.CHARGING:
            return True
        return path in LIDS and target is True and self.world.speed_mps > LID_MAX_SPEED_MPS

    def live(self, dt_s: float) -> bool:
        """Report the openings to the air and the plug."""
        panes = [float(value) for path, value in self.actual.items() if path.endswith(WINDOW_SUFFIX)]
        self.world.window_opening[:] = [sum(panes[:2]) / 200, sum(panes[2:]) / 200]
        return super().live(dt_s)

    def sensed(self, path: str) -> Value | None:
        """Return whether a door is open, or secured against children."""
        if path.endswith("IsChildLockActive"):
            side = path.removeprefix("Vehicle.Cabin.Door.").removesuffix(".IsChildLockActive")
            return self.actual[f"Vehicle.Private.Door.{side}.IsChildLockOn"]
        if path == TRIP:
            return self.read_trip()
        return self.world.open_doors.get(path, False)
