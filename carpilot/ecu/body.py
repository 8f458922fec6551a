"""BCM: exterior and interior light, wipers; it measures weather and the speed of one wheel."""

from typing import ClassVar

from carpilot.ecu.device import Device, Motion
from carpilot.units import kph_to_mps
from carpilot.vehicle.catalogue import Value

LIGHTS = "Vehicle.Body.Lights."
SWITCH_PATH = f"{LIGHTS}LightSwitch"
LOW_BEAM, POSITION = f"{LIGHTS}Beam.Low.IsOn", f"{LIGHTS}Parking.IsOn"
HIGH_BEAM, FOG_FRONT, FOG_REAR = f"{LIGHTS}Beam.High.IsOn", f"{LIGHTS}Fog.Front.IsOn", f"{LIGHTS}Fog.Rear.IsOn"
WIPER = "Vehicle.Body.Windshield.Front.Wiping.Mode"
WASHING = "Vehicle.Private.Windshield.Front.IsWashing"
AMBIENT = "Vehicle.Cabin.Light.AmbientLight.Row1.DriverSide."
DARK_PERCENT = 20.0
WASH_S, WIPE_AFTER_WASH_S = 1.5, 3.0


class Body(Device):
    """The body ECU. High beam and fog lamps need low beam or position light; a wash brings some wipes with it."""

    name = "BCM"
    motions: ClassVar = {"Wiping.Mode": Motion(delay_s=0.1)}
    _washed_for_s = 0.0
    _mode_before_wash: Value | None = None

    @property
    def is_low_beam_on(self) -> bool:
        """Whether the low beam burns: by the switch, or in the dark in AUTO."""
        switch = self.actual[SWITCH_PATH]
        is_dark = self.world.light_percent < DARK_PERCENT
        return self.world.ignition in ("ON", "START") and (switch == "BEAM" or (switch == "AUTO" and is_dark))

    def refuses(self, path: str, target: Value) -> bool:
        """Refuse rear fog light without any other light."""
        lights = (
            self.is_low_beam_on
            or self.actual[SWITCH_PATH] in ("POSITION", "BEAM")
            or self.target[SWITCH_PATH] == "BEAM"
        )
        return path == FOG_REAR and target is True and not lights and self.actual[FOG_FRONT] is False

    def on_target(self, path: str, target: Value) -> None:
        """Colour and brightness switch the ambient light on; the switch at OFF ends high beam and fog light."""
        if path in (f"{AMBIENT}Intensity", f"{AMBIENT}Color"):
            self.target[f"{AMBIENT}IsLightOn"] = True
        if path == SWITCH_PATH and target == "OFF":
            for lamp in (HIGH_BEAM, FOG_FRONT, FOG_REAR):
                self.target[lamp] = False

    def live(self, dt_s: float) -> None:
        """Let a wash run its course."""
        if self.actual[WASHING] is True:
            if self._mode_before_wash is None:
                self._mode_before_wash = self.actual[WIPER]
            if self._washed_for_s >= WASH_S:  # washed again while the wipes of the wash before go on
                self._washed_for_s = 0.0
            if self._mode_before_wash == "OFF":
                self.target[WIPER] = "SLOW"
            self._washed_for_s += dt_s
            if self._washed_for_s >= WASH_S:
                self.set_by_hand(WASHING, False)
        elif self._mode_before_wash is not None:
            self._washed_for_s += dt_s
            if self._washed_for_s >= WASH_S + WIPE_AFTER_WASH_S:
                if self._mode_before_wash == "OFF":
                    self.target[WIPER] = "OFF"
                self._mode_before_wash, self._washed_for_s = None, 0.0

    def sensed(self, path: str) -> Value | None:
        """Measure light, rain, air, one wheel, and report the lamps that the switch governs."""
        world = self.world
        measured: dict[str, Value] = {
            LOW_BEAM: self.is_low_beam_on,
            POSITION: self.is_low_beam_on or self.actual[SWITCH_PATH] == "POSITION",
            "Vehicle.Chassis.Axle.Row1.Wheel.Left.Speed": world.speed_mps / kph_to_mps(1),
            "Vehicle.Exterior.AirTemperature": world.outside_celsius,
            "Vehicle.Body.Raindetection.Intensity": round(world.rain_percent),
            "Vehicle.Exterior.LightIntensity": world.light_percent,
        }
        return measured[path]
