"""HVAC: set temperatures, blowers, flaps, compressor, defrosters; it also measures the cabin's air."""

from typing import ClassVar

from carpilot.ecu.device import Device, Motion
from carpilot.vehicle.catalogue import Value
from carpilot.vehicle.physics import ClimateInput

HVAC = "Vehicle.Cabin.HVAC."
STATIONS = ("Row1.Driver", "Row1.Passenger", "Row2.Driver")
AUTO = "Vehicle.Private.Climate.IsAutoOn"
AC = f"{HVAC}IsAirConditioningActive"
RECIRCULATION = f"{HVAC}IsRecirculationActive"
FRONT_DEFROST = f"{HVAC}IsFrontDefrosterActive"
CABIN_AIR = f"{HVAC}AmbientAirTemperature"


def station(row: str, leaf: str) -> str:
    """Return the path of one station's leaf."""
    return f"{HVAC}Station.{row}.{leaf}"


class Climate(Device):
    """The climate ECU. In automatic mode blower and flaps follow the difference between set and cabin temperature."""

    name = "HVAC"
    motions: ClassVar = {"FanSpeed": Motion(rate_per_s=40), "AirDistribution": Motion(delay_s=1.2)}

    def on_target(self, path: str, target: Value) -> None:
        """A hand on blower or flaps ends the automatic mode."""
        if path.endswith(("FanSpeed", "AirDistribution")):
            self.set_by_hand(AUTO, False)

    def live(self, dt_s: float) -> None:
        """Run the automatic mode and the heat balance."""
        if self.actual[AUTO] is True and self.actual[FRONT_DEFROST] is False:
            self._automatic()
        self.world.step_cabin(dt_s, self._input())

    def _automatic(self) -> None:
        for row, zone in zip(STATIONS, (0, 0, 1), strict=True):
            error = float(self.actual[station(row, "Temperature")]) - self.world.cabin_celsius[zone]
            self.target[station(row, "FanSpeed")] = int(min(80, max(20, round(abs(error)) * 10)))
            self.target[station(row, "AirDistribution")] = "DOWN" if error > 2 else "MIDDLE"

    def _input(self) -> ClimateInput:
        def number(row: str, leaf: str) -> float:
            return float(self.actual[station(row, leaf)])

        blower = (number(STATIONS[0], "FanSpeed") + number(STATIONS[1], "FanSpeed")) / 200
        wanted = (number(STATIONS[0], "Temperature") + number(STATIONS[1], "Temperature")) / 2
        rear = number(STATIONS[2], "FanSpeed") / 100
        return ClimateInput(
            (blower, rear),
            (wanted, number(STATIONS[2], "Temperature")),
            self.actual[AC] is True,
            self.actual[RECIRCULATION] is True,
            self.actual[FRONT_DEFROST] is True,
        )

    def sensed(self, path: str) -> Value | None:
        """Measure cabin air (mean of the zones) or fog."""
        if path == CABIN_AIR:
            return sum(self.world.cabin_celsius) / len(self.world.cabin_celsius)
        return round(self.world.fog_percent)
