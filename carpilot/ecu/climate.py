"""HVAC: set temperatures, blowers, flaps, compressor, defrosters; it also measures the cabin's air."""

from typing import ClassVar

from carpilot.ecu.device import Device, Motion
from carpilot.vehicle.catalogue import Value
from carpilot.vehicle.physics import ClimateInput
from carpilot.vehicle.physics.air import relative_humidity_percent

HVAC = "Vehicle.Cabin.HVAC."
STATIONS = ("Row1.Driver", "Row1.Passenger", "Row2.Driver", "Row2.Passenger")
ZONES = (0, 0, 1, 1)
AUTO = "Vehicle.Private.Climate.IsAutoOn"
AC = f"{HVAC}IsAirConditioningActive"
RECIRCULATION = f"{HVAC}IsRecirculationActive"
FRONT_DEFROST = f"{HVAC}IsFrontDefrosterActive"
CABIN_AIR = f"{HVAC}AmbientAirTemperature"
FOG = "Vehicle.Private.Windshield.Front.FogLevel"
HUMIDITY = "Vehicle.Private.Climate.Humidity"
SYNC = "Vehicle.Private.Climate.IsSyncOn"
MAX_DEFROST = "Vehicle.Private.Climate.IsMaxDefrostOn"
REAR_DEFROST = f"{HVAC}IsRearDefrosterActive"
SCREEN_HEATING = "Vehicle.Body.Windshield.Front.IsHeatingOn"


def station(row: str, leaf: str) -> str:
    """Return the path of one station's leaf."""
    return f"{HVAC}Station.{row}.{leaf}"


class Climate(Device):
    """The climate ECU. In automatic mode blower and flaps follow the difference between set and cabin temperature.

    The heat balance goes in steps of half a second; it is exact enough for minutes and hours.
    """

    name = "HVAC"
    motions: ClassVar = {"FanSpeed": Motion(rate_per_s=40), "AirDistribution": Motion(delay_s=1.2)}
    _balance_s = 0.0

    def on_target(self, path: str, target: Value) -> None:
        """A hand on blower or flaps ends the automatic mode; sync and maximum defrost bring others along."""
        if path.endswith(("FanSpeed", "AirDistribution")):
            self.set_by_hand(AUTO, False)
        elif path == station(STATIONS[0], "Temperature") and self.target[SYNC] is True:
            self._follow(target)
        elif path.endswith(".Temperature") and path != station(STATIONS[0], "Temperature"):
            self.set_by_hand(SYNC, False)
        elif path == SYNC and target is True:
            self._follow(self.target[station(STATIONS[0], "Temperature")])
        elif path == MAX_DEFROST and target is True:
            self._clear_everything()

    def _follow(self, celsius: Value) -> None:
        for row in STATIONS[1:]:
            self.aim(station(row, "Temperature"), celsius)

    def _clear_everything(self) -> None:
        self.set_by_hand(AUTO, False)
        for path in (FRONT_DEFROST, REAR_DEFROST, SCREEN_HEATING, AC):
            self.aim(path, True)
        for row in STATIONS[:2]:
            self.aim(station(row, "FanSpeed"), 100)
            self.aim(station(row, "AirDistribution"), "UP")

    def live(self, dt_s: float) -> bool:
        """Run the automatic mode and the heat balance."""
        if self.actual[AUTO] is True and self.actual[FRONT_DEFROST] is False:
            self._automatic()
        self._balance_s += dt_s
        if self._balance_s >= self.slow_step_s:
            self.world.step_cabin(self._balance_s, self._input())
            self._balance_s = 0.0
        return False

    def _automatic(self) -> None:
        for row, zone in zip(STATIONS, ZONES, strict=True):
            error = float(self.actual[station(row, "Temperature")]) - self.world.cabin_celsius[zone]
            self._want(station(row, "FanSpeed"), int(min(80, max(20, round(abs(error)) * 10))))
            self._want(station(row, "AirDistribution"), "DOWN" if error > 2 else "MIDDLE")

    def _want(self, path: str, target: Value) -> None:
        if self.target[path] != target:
            self.aim(path, target)

    def _input(self) -> ClimateInput:
        def mean(rows: tuple[str, ...], leaf: str) -> float:
            return sum(float(self.actual[station(row, leaf)]) for row in rows) / len(rows)

        front, rear = STATIONS[:2], STATIONS[2:]
        return ClimateInput(
            (mean(front, "FanSpeed") / 100, mean(rear, "FanSpeed") / 100),
            (mean(front, "Temperature"), mean(rear, "Temperature")),
            self.actual[AC] is True,
            self.actual[RECIRCULATION] is True,
            self.actual[FRONT_DEFROST] is True,
            self.actual[REAR_DEFROST] is True,
            self.actual[SCREEN_HEATING] is True,
        )

    def sensed(self, path: str) -> Value | None:
        """Measure cabin air (mean of the zones), fog, humidity, or the power drawn."""
        world = self.world
        if path == CABIN_AIR:
            return sum(world.cabin_celsius) / len(world.cabin_celsius)
        if path == FOG:
            return round(world.fog_percent)
        if path == HUMIDITY:
            celsius = sum(world.cabin_celsius) / len(world.cabin_celsius)
            return round(relative_humidity_percent(celsius, world.cabin.vapour))
        return world.cabin.electric_w / 1000
