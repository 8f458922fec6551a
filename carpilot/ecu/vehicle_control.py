"""VCU: motion, gear, ignition, drive mode, recuperation, parking brake, cruise pedals."""

from typing import ClassVar

from carpilot.ecu.device import Device, Motion
from carpilot.units import kph_to_mps
from carpilot.vehicle.catalogue import Value

PARKING_BRAKE = "Vehicle.Chassis.ParkingBrake.IsEngaged"
DRIVE_MODE = "Vehicle.Powertrain.Transmission.PerformanceMode"
REGENERATION = "Vehicle.Private.Drive.RegenLevel"
MODES = {"NORMAL": "COMFORT", "SPORT": "SPORT", "ECONOMY": "ECO", "SNOW": "ECO"}
MOVING_MPS = 0.5


class VehicleControl(Device):
    """The vehicle control unit: it advances the motion every 20 ms and reports it."""

    name = "VCU"
    slow_step_s = 0.02
    motions: ClassVar = {"ParkingBrake.IsEngaged": Motion(delay_s=0.9), "PerformanceMode": Motion(delay_s=0.3)}

    def refuses(self, path: str, target: Value) -> bool:
        """Refuse to move the parking brake while the car moves."""
        del target
        return path == PARKING_BRAKE and self.world.speed_mps > MOVING_MPS

    def live(self, dt_s: float) -> bool:
        """Hand the settings to the drive, and advance motion and battery."""
        world = self.world
        world.is_parking_brake_engaged = self.actual[PARKING_BRAKE] is True
        world.drive_mode = MODES[str(self.actual[DRIVE_MODE])]
        world.regen_level = int(self.actual[REGENERATION])
        world.step_motion(dt_s)
        return False

    def sensed(self, path: str) -> Value | None:
        """Measure what the world does."""
        world = self.world
        if path == "Vehicle.Speed":
            return world.speed_mps / kph_to_mps(1)
        if path == "Vehicle.Powertrain.Transmission.CurrentGear":
            return world.gear
        if path == "Vehicle.LowVoltageSystemState":
            return world.ignition
        if path == "Vehicle.Powertrain.ElectricMotor.Power":
            return world.power_w / 1000
        return int(world.odometer_m / 1000)
