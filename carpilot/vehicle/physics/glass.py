"""Panes that fog: their temperature between inside and outside, and the water on them.

- Windscreen 1.2 m^2 and rear window 0.7 m^2, 5 and 4 mm thick; glass 2,500 kg/m^3 and 840 J/kg K (Incropera and DeWitt).
- Outside film 5.7 + 3.8 W/m^2K a m/s (McAdams, as in Duffie and Beckman, Solar Engineering of Thermal Processes).
- Inside film 6 W/m^2K, up to 10 more with the blower, 45 more when the blower is turned on the windscreen (own figures, the
  last typical of defroster jets).
- Water on the pane: 15 g/m^2 count as wholly fogged, 100 % (own figure); what settles beyond that runs off.
"""

import math
from dataclasses import dataclass

from carpilot.vehicle.physics.air import condensation_kg_m2s

GLASS_J_PER_M3_K = 2_500.0 * 840.0
FULL_FOG_KG_M2 = 0.015
FILM_STILL, FILM_BLOWER, FILM_DEFROST = 6.0, 10.0, 45.0
FILM_OUTSIDE_STILL, FILM_OUTSIDE_PER_MPS = 5.7, 3.8


@dataclass(slots=True)
class Pane:
    """One pane: area, thickness, and its temperature."""

    area_m2: float
    thickness_m: float
    celsius: float = 18.0

    def step_temperature(
        self,
        air_celsius: float,
        outside_celsius: float,
        film_inside: float,
        speed_mps: float,
        heater_w: float,
        dt_s: float,
    ) -> None:
        """Relax towards the balance of both films and a heater."""
        film_outside = FILM_OUTSIDE_STILL + FILM_OUTSIDE_PER_MPS * speed_mps
        films = film_inside + film_outside
        settled = (film_inside * air_celsius + film_outside * outside_celsius + heater_w / self.area_m2) / films
        share = -math.expm1(-films * dt_s / (self.thickness_m * GLASS_J_PER_M3_K))
        self.celsius += (settled - self.celsius) * share

    def step_fog(self, fog_percent: float, vapour: float, film_inside: float, dt_s: float) -> tuple[float, float]:
        """Return the fog after a step, and the water in kg that went from the air to the pane (negative: back)."""
        settled = condensation_kg_m2s(vapour, self.celsius, film_inside) * dt_s
        grown = fog_percent + settled / FULL_FOG_KG_M2 * 100
        bounded = min(100.0, max(0.0, grown))
        moved = settled if settled > 0 else (bounded - fog_percent) / 100 * FULL_FOG_KG_M2
        return bounded, moved * self.area_m2
