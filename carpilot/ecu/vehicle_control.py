"""VCU: motion, gear, parking brake, ignition, battery."""

from carpilot.ecu.device import Device
from carpilot.units import kph_to_mps
from carpilot.vehicle.catalogue import Value


class VehicleControl(Device):
    """The vehicle control unit: it advances the motion and reports it. It takes no command from the bus."""

    name = "VCU"

    def live(self, dt_s: float) -> None:
        """Advance motion and battery."""
        self.world.step_motion(dt_s)

    def sensed(self, path: str) -> Value | None:
        """Measure what the world does."""
        world = self.world
        measured: dict[str, Value] = {
            "Vehicle.Speed": world.speed_mps / kph_to_mps(1),
            "Vehicle.Powertrain.Transmission.CurrentGear": world.gear,
            "Vehicle.Chassis.ParkingBrake.IsEngaged": world.is_parking_brake_engaged,
            "Vehicle.LowVoltageSystemState": world.ignition,
            "Vehicle.Powertrain.ElectricMotor.Power": world.power_w / 1000,
            "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed": world.charge_percent,
            "Vehicle.Powertrain.Range": round(world.range_m),
        }
        return measured[path]
