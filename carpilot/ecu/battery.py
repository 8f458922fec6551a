"""BMS: traction battery and charging."""

from typing import ClassVar

from carpilot.ecu.device import Device, Motion
from carpilot.vehicle.catalogue import Value
from carpilot.vehicle.physics.charging import ChargingState, Plug

CHARGING = "Vehicle.Powertrain.TractionBattery.Charging."
LIMIT, START_STOP = f"{CHARGING}ChargeLimit", f"{CHARGING}StartStopCharging"
TIMER_MODE = f"{CHARGING}Timer.Mode"
TIMER_TIME = "Vehicle.Private.Charging.TimerTime"
MAX_CURRENT = "Vehicle.Private.Charging.MaxCurrent"
CONDITIONING = "Vehicle.Powertrain.TractionBattery.BatteryConditioning.RequestedMode"
PHASES, PHASE_V = 3, 230.0
NOON_S = 12 * 3600
DAY_S = 24 * 3600
LONGEST_MIN = 2000


class BatteryManagement(Device):
    """The battery management. Charging needs a cable; a timer waits for its time of day (a run starts at noon)."""

    name = "BMS"
    slow_step_s = 1.0
    motions: ClassVar = {"StartStopCharging": Motion(delay_s=1.5)}
    _clock_s = float(NOON_S)

    def refuses(self, path: str, target: Value) -> bool:
        """Refuse to start charging without a cable."""
        return path == START_STOP and target == "START" and not self.world.charging.is_plugged

    def live(self, dt_s: float) -> bool:
        """Hand the settings to charger and battery."""
        self._clock_s = (self._clock_s + dt_s) % DAY_S
        charging = self.world.charging
        charging.limit_percent = float(self.actual[LIMIT])
        charging.is_enabled = self.actual[START_STOP] == "START"
        charging.timer_s = self._wait_s()
        if charging.plug is Plug.AC:
            charging.station_w = int(self.actual[MAX_CURRENT]) * PHASES * PHASE_V
        self.world.battery.is_preconditioning = self.actual[CONDITIONING] != "INACTIVE"
        return False

    def _wait_s(self) -> float | None:
        """Return how long charging still waits, or None."""
        mode, world = self.actual[TIMER_MODE], self.world
        if mode == "INACTIVE" or world.charging.state is ChargingState.CHARGING:
            return None
        until_s = (int(self.actual[TIMER_TIME]) * 60 - self._clock_s) % DAY_S
        if mode == "END_TIME":
            until_s -= world.charging.seconds_left(world.charge_percent, world.battery.temperature_celsius)
        return until_s if until_s > 0 else None

    def sensed(self, path: str) -> Value | None:
        """Measure the battery and what flows into it."""
        world = self.world
        if path == "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed":
            return world.charge_percent
        if path == "Vehicle.Powertrain.Range":
            return round(world.range_m)
        if path == "Vehicle.Powertrain.TractionBattery.Temperature.Average":
            return world.battery.temperature_celsius
        if path == "Vehicle.Powertrain.TractionBattery.CurrentVoltage":
            return world.battery.voltage_v
        return self._sensed_charging(path)

    def _sensed_charging(self, path: str) -> Value | None:
        world = self.world
        is_charging = world.charging.state is ChargingState.CHARGING
        if path == f"{CHARGING}IsCharging":
            return is_charging
        if path == f"{CHARGING}ChargingPort.AnyPosition.IsChargingCableConnected":
            return world.charging.is_plugged
        if path == f"{CHARGING}AveragePower":
            return world.charging.pack_w / 1000
        if not is_charging:
            return 0
        left_s = world.charging.seconds_left(world.charge_percent, world.battery.temperature_celsius)
        return round(min(LONGEST_MIN * 60.0, left_s) / 60)
