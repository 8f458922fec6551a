"""BCM: exterior and interior light, wipers and washers, horn; it measures weather and the 12 V supply."""

from collections.abc import Callable
from typing import ClassVar

from carpilot.ecu.device import Device, Motion
from carpilot.vehicle.catalogue import Catalogue, Value
from carpilot.vehicle.physics import World
from carpilot.vehicle.physics.motion import MAX_BRAKE_MPS2
from carpilot.vehicle.physics.weather import WIPER_STROKES_PER_MIN, wanted_wiping, wants_lights

LIGHTS = "Vehicle.Body.Lights."
SWITCH_PATH = f"{LIGHTS}LightSwitch"
LOW_BEAM, POSITION = f"{LIGHTS}Beam.Low.IsOn", f"{LIGHTS}Parking.IsOn"
HIGH_BEAM, FOG_FRONT, FOG_REAR = f"{LIGHTS}Beam.High.IsOn", f"{LIGHTS}Fog.Front.IsOn", f"{LIGHTS}Fog.Rear.IsOn"
WIPER = "Vehicle.Body.Windshield.Front.Wiping.Mode"
REAR_WIPER = "Vehicle.Body.Windshield.Rear.Wiping.Mode"
SENSITIVITY = "Vehicle.Body.Windshield.Front.Wiping.Intensity"
WASHING = "Vehicle.Private.Windshield.Front.IsWashing"
REAR_WASHING = "Vehicle.Private.Windshield.Rear.IsWashing"
HORN = "Vehicle.Body.Horn.IsActive"
LEFT, RIGHT = f"{LIGHTS}DirectionIndicator.Left.IsSignaling", f"{LIGHTS}DirectionIndicator.Right.IsSignaling"
LIGHT_BAR = "Vehicle.Cabin.Light.InteractiveLightBar."
AMBIENT = "Vehicle.Cabin.Light.AmbientLight.Row1.DriverSide."
WASH_S, WIPE_AFTER_WASH_S = 1.5, 3.0


WASHER_PERCENT_PER_WASH = 1.5
RAIN_WIPES_FROM = (40.0, 25.0, 12.0, 6.0, 3.0)
"""From how hard a rain the sensor wipes, by sensitivity 1 to 5, in percent (own figures)."""
HARD_BRAKING_MPS2 = 6.0


class Body(Device):
    """The body ECU. High beam and fog lamps need low beam or position light; a wash brings some wipes with it."""

    name = "BCM"
    motions: ClassVar = {"Wiping.Mode": Motion(delay_s=0.1), "HeadlightLevel": Motion(rate_per_s=1.5)}
    falls_back_after_s: ClassVar = {WASHING: WASH_S, REAR_WASHING: WASH_S, HORN: 1.0}

    def __init__(self, catalogue: Catalogue, world: World) -> None:
        super().__init__(catalogue, world)
        self.washer_percent = 80.0
        self._wiping_on_s: dict[str, float] = {}
        self._is_dark = False

    @property
    def is_low_beam_on(self) -> bool:
        """Whether the low beam burns: by the switch, or in the dark in AUTO."""
        switch = self.actual[SWITCH_PATH]
        is_dark = wants_lights(self.world.felt_light_percent, self._is_dark)
        return self.world.ignition in ("ON", "START") and (switch == "BEAM" or (switch == "AUTO" and is_dark))

    @property
    def is_wiping(self) -> bool:
        """Whether the windscreen wipers move: by their mode, or by the rain sensor."""
        mode = self.actual[WIPER]
        if mode == "RAIN_SENSOR":
            return self.world.felt_rain_percent >= RAIN_WIPES_FROM[int(self.actual[SENSITIVITY]) - 1]
        return mode != "OFF"

    @property
    def strokes_per_min(self) -> float:
        """How often the windscreen wipers wipe a minute."""
        if not self.is_wiping:
            return 0.0
        mode = str(self.actual[WIPER])
        return WIPER_STROKES_PER_MIN[wanted_wiping(self.world.felt_rain_percent) if mode == "RAIN_SENSOR" else mode]

    @property
    def is_active(self) -> bool:
        """Whether wipes that follow a wash are still going on."""
        return super().is_active or bool(self._wiping_on_s)

    def refuses(self, path: str, target: Value) -> bool:
        """Refuse rear fog light without any other light, and to wash with an empty tank."""
        if path in (WASHING, REAR_WASHING) and target is True:
            return self.washer_percent <= 0
        lights = (
            self.is_low_beam_on
            or self.actual[SWITCH_PATH] in ("POSITION", "BEAM")
            or self.target[SWITCH_PATH] == "BEAM"
        )
        return path == FOG_REAR and target is True and not lights and self.actual[FOG_FRONT] is False

    def on_target(self, path: str, target: Value) -> None:
        """Apply what goes with a new target: colour lights, one indicator at a time, no beams with the switch at OFF."""
        if path in (f"{AMBIENT}Intensity", f"{AMBIENT}Color"):
            self.aim(f"{AMBIENT}IsLightOn", True)
        elif path == f"{LIGHT_BAR}Intensity":
            self.aim(f"{LIGHT_BAR}IsLightOn", True)
        elif path == SWITCH_PATH and target == "OFF":
            for lamp in (HIGH_BEAM, FOG_FRONT, FOG_REAR):
                self.aim(lamp, False)
        elif path in (LEFT, RIGHT) and target is True:
            self.aim(RIGHT if path == LEFT else LEFT, False)
        elif path in (WASHING, REAR_WASHING) and target is True:
            self._begin_wash(path)

    def _begin_wash(self, path: str) -> None:
        wiper = WIPER if path == WASHING else REAR_WIPER
        if path == WASHING:
            self.world.weather.wash()
        self.washer_percent = max(0.0, self.washer_percent - WASHER_PERCENT_PER_WASH)
        if self.actual[wiper] == "OFF" or wiper in self._wiping_on_s:
            self.aim(wiper, "SLOW")
            self._wiping_on_s[wiper] = WASH_S + WIPE_AFTER_WASH_S

    def live(self, dt_s: float) -> bool:
        """Let the wipes of a wash end (a mode chosen meanwhile stays), and let light and wipers follow the weather."""
        self._is_dark = wants_lights(self.world.felt_light_percent, self._is_dark)
        self.world.weather.strokes_per_min = self.strokes_per_min
        for wiper, left_s in tuple(self._wiping_on_s.items()):
            self._wiping_on_s[wiper] = left_s - dt_s
            if self.target[wiper] != "SLOW":
                del self._wiping_on_s[wiper]
            elif left_s <= dt_s:
                del self._wiping_on_s[wiper]
                self.aim(wiper, "OFF")
        return False

    def sensed(self, path: str) -> Value | None:
        """Measure light, rain, air and supply, and report the lamps that the switch and the pedal govern."""
        return _SENSED[path](self)


def _brake_light(body: Body) -> Value:
    if body.world.brake <= 0:
        return "INACTIVE"
    return "ADAPTIVE" if body.world.brake * MAX_BRAKE_MPS2 >= HARD_BRAKING_MPS2 else "ACTIVE"


_SENSED: dict[str, Callable[[Body], Value]] = {
    LOW_BEAM: lambda body: body.is_low_beam_on,
    POSITION: lambda body: body.is_low_beam_on or body.actual[SWITCH_PATH] == "POSITION",
    f"{LIGHTS}Brake.IsActive": _brake_light,
    "Vehicle.Body.Windshield.Front.Wiping.System.IsWiping": lambda body: body.is_wiping,
    "Vehicle.Exterior.AirTemperature": lambda body: body.world.outside_celsius,
    "Vehicle.Body.Raindetection.Intensity": lambda body: round(body.world.felt_rain_percent),
    "Vehicle.Exterior.LightIntensity": lambda body: body.world.felt_light_percent,
    "Vehicle.Body.Windshield.Front.WasherFluid.Level": lambda body: round(body.washer_percent),
    "Vehicle.LowVoltageBattery.CurrentVoltage": lambda body: body.world.low_voltage.voltage_v,
}
