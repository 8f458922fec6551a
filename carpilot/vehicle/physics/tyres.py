"""Tyres: pressure by temperature and by what has leaked, warmth from rolling, and the warning.

- A tyre keeps its volume, so absolute pressure goes with absolute temperature (ideal gas): about 1.2 % or 12 kPa for 10 K.
  Makers' rule of thumb: one psi (7 kPa) for 10 degrees Fahrenheit, which is 12 kPa for 10 K.
- Cold target 250 kPa at 20 degrees (own figure, as on many a door pillar's placard).
- Rolling warms a tyre by up to about 25 K at motorway speed within half an hour (own figure: 0.8 K a m/s, 12 min).
- Warning: UN R141 wants one once a tyre has lost 20 % of its pressure in service, or stands below 150 kPa. The 20 % are
  counted against what a sound tyre would have at the tyre's temperature, so that neither frost nor a hot day matters.
"""

import math
from dataclasses import dataclass, field

from carpilot.units import KELVIN_AT_0_CELSIUS

ATMOSPHERE_KPA = 101.3
COLD_TARGET_KPA = 250.0
REFERENCE_CELSIUS = 20.0
WARM_UP_K_PER_MPS = 0.8
WARM_UP_S, COOL_DOWN_S = 720.0, 1800.0
LOST_SHARE_WARNS = 0.20
LOWEST_KPA = 150.0
NAMES = ("front left", "front right", "rear left", "rear right")


def pressure_at_kpa(filled_kpa: float, filled_celsius: float, celsius: float) -> float:
    """Return the gauge pressure at another temperature of a tyre filled to a gauge pressure."""
    ratio = (celsius + KELVIN_AT_0_CELSIUS) / (filled_celsius + KELVIN_AT_0_CELSIUS)
    return (filled_kpa + ATMOSPHERE_KPA) * ratio - ATMOSPHERE_KPA


@dataclass(slots=True)
class Tyre:
    """One tyre: what it would hold at 20 degrees, its temperature, and how fast it leaks (kPa a minute; 0 is sound)."""

    filled_kpa: float = COLD_TARGET_KPA
    celsius: float = 20.0
    leak_kpa_per_min: float = 0.0

    @property
    def pressure_kpa(self) -> float:
        """Gauge pressure now."""
        return max(0.0, pressure_at_kpa(self.filled_kpa, REFERENCE_CELSIUS, self.celsius))

    @property
    def is_low(self) -> bool:
        """Whether UN R141 wants a warning."""
        sound = pressure_at_kpa(COLD_TARGET_KPA, REFERENCE_CELSIUS, self.celsius)
        return self.pressure_kpa <= (1 - LOST_SHARE_WARNS) * sound or self.pressure_kpa < LOWEST_KPA

    def fill(self, pressure_kpa: float) -> None:
        """Fill (or empty) to a gauge pressure at the tyre's present temperature."""
        self.filled_kpa = pressure_at_kpa(pressure_kpa, self.celsius, REFERENCE_CELSIUS)

    def step(self, speed_mps: float, outside_celsius: float, dt_s: float) -> None:
        """Warm up or cool down, and leak: the flow goes with the pressure that is left."""
        settled = outside_celsius + WARM_UP_K_PER_MPS * speed_mps
        time_s = WARM_UP_S if speed_mps > 1 else COOL_DOWN_S
        self.celsius += (settled - self.celsius) * -math.expm1(-dt_s / time_s)
        if self.leak_kpa_per_min > 0:
            self.filled_kpa *= math.exp(-self.leak_kpa_per_min / COLD_TARGET_KPA * dt_s / 60)


@dataclass(slots=True)
class Tyres:
    """The four tyres: front left, front right, rear left, rear right."""

    wheels: list[Tyre] = field(default_factory=lambda: [Tyre() for _ in NAMES])

    @property
    def pressures_kpa(self) -> tuple[float, ...]:
        """Gauge pressures."""
        return tuple(tyre.pressure_kpa for tyre in self.wheels)

    @property
    def is_any_low(self) -> bool:
        """Whether the warning lamp is lit."""
        return any(tyre.is_low for tyre in self.wheels)

    def step(self, speed_mps: float, outside_celsius: float, dt_s: float) -> None:
        """Advance all four."""
        for tyre in self.wheels:
            tyre.step(speed_mps, outside_celsius, dt_s)
