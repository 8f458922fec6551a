"""Weather and light as the car meets them: showers, tunnels, the wet windscreen; and the thresholds of rain and light sensors.

Rain and light are percentages as sensors give them, set from outside. With a `random.Random` they vary round what was set:
showers come and go, clouds dim the light. Without one nothing varies. In a tunnel it is dark (5 %) and dry.

All thresholds are own figures, in the range of usual sensors (low beam on near 1,000 lux, off near 2,500). The windscreen is
wholly wet within some 3 s of full rain; a stroke of the wiper takes off nine tenths; air at speed dries the rest.
"""

import math
from dataclasses import dataclass
from random import Random

TUNNEL_LIGHT_PERCENT = 5.0
LIGHTS_ON_BELOW_PERCENT, LIGHTS_OFF_ABOVE_PERCENT = 20.0, 35.0
SHOWER_S, PAUSE_S = 240.0, 600.0
"""Mean length of a shower and of the pause after it, with varying weather."""
FOLLOW_S = 20.0
WET_PER_S = 0.35
SPRAY_PER_MPS = 0.01
STROKE_CLEARS = 0.9
DRYING_PER_S, DRYING_PER_MPS = 0.001, 0.0004
WIPER_STROKES_PER_MIN = {"OFF": 0.0, "INTERVAL": 12.0, "SLOW": 40.0, "MEDIUM": 50.0, "FAST": 65.0}
"""Regulation (EU) 1008/2010: one frequency of at least 45 and one of 10 to 55 a minute, at least 15 apart."""
RAIN_STEPS = ((3.0, "INTERVAL"), (20.0, "SLOW"), (45.0, "MEDIUM"), (70.0, "FAST"))
RAIN_HYSTERESIS_PERCENT = 3.0


def wants_lights(light_percent: float, are_on: bool) -> bool:
    """Return whether the automatic low beam should burn: on below 20 %, off again above 35 %."""
    return light_percent < (LIGHTS_OFF_ABOVE_PERCENT if are_on else LIGHTS_ON_BELOW_PERCENT)


def wanted_wiping(rain_percent: float, now: str = "OFF") -> str:
    """Return the wiper's mode for a rain intensity; it falls back only 3 % below where it rose."""
    mode = "OFF"
    is_kept = any(now == name for _, name in RAIN_STEPS)
    for threshold, name in RAIN_STEPS:
        reached = max(0.5, threshold - RAIN_HYSTERESIS_PERCENT) if is_kept else threshold
        if rain_percent >= reached:
            mode = name
        is_kept = is_kept and name != now
    return mode


def humidity_percent(rain_percent: float) -> float:
    """Return a relative humidity that goes with the rain: 60 % dry, 95 % in full rain (own figure)."""
    return 60.0 + 35.0 * min(1.0, rain_percent / 30)


@dataclass(slots=True)
class Weather:
    """Varies rain and light round what was set, if `random` is given; knows tunnels and the water on the windscreen.

    `wetness_percent` is the water that hinders the view, `strokes_per_min` what the body ECU lets the wipers do.
    """

    random: Random | None = None
    is_in_tunnel: bool = False
    wetness_percent: float = 0.0
    strokes_per_min: float = 0.0
    _is_shower: bool = False
    _shower_percent: float = 0.0
    _cloud: float = 0.0

    def felt_rain_percent(self, rain_percent: float) -> float:
        """Return the rain on the windscreen, given what was set."""
        if self.is_in_tunnel:
            return 0.0
        return min(100.0, rain_percent + self._shower_percent)

    def felt_light_percent(self, light_percent: float) -> float:
        """Return the light on the sensor, given what was set."""
        if self.is_in_tunnel:
            return min(light_percent, TUNNEL_LIGHT_PERCENT)
        return light_percent * (1 - self._cloud)

    def wash(self) -> None:
        """Put washer fluid on the windscreen."""
        self.wetness_percent = max(self.wetness_percent, 70.0)

    def step(self, rain_percent: float, speed_mps: float, dt_s: float) -> None:
        """Advance showers, clouds and the water on the windscreen."""
        if self.random is not None:
            self._vary(self.random, dt_s)
        rain = self.felt_rain_percent(rain_percent) / 100
        wetting = rain * (WET_PER_S + SPRAY_PER_MPS * speed_mps)
        clearing = -math.log(1 - STROKE_CLEARS) * self.strokes_per_min / 60
        clearing += DRYING_PER_S + DRYING_PER_MPS * speed_mps
        settled = 100 * wetting / (wetting + clearing)
        self.wetness_percent += (settled - self.wetness_percent) * -math.expm1(-(wetting + clearing) * dt_s)

    def _vary(self, random: Random, dt_s: float) -> None:
        mean_s = SHOWER_S if self._is_shower else PAUSE_S
        if random.random() < -math.expm1(-dt_s / mean_s):
            self._is_shower = not self._is_shower
        target = 15.0 + 60.0 * random.random() if self._is_shower else 0.0
        share = -math.expm1(-dt_s / FOLLOW_S)
        self._shower_percent += (target - self._shower_percent) * share
        cloud = 0.5 if self._is_shower else 0.15 * random.random()
        self._cloud += (cloud - self._cloud) * share
