"""Moist air: dew point, saturation, and how fast water goes to and from a pane.

- Saturation pressure: Magnus formula, 6.112 hPa and 17.62, 243.12 over water, 22.46, 272.62 over ice (WMO Guide to
  Instruments and Methods of Observation, No. 8, annex 4.B).
- Mass transfer follows heat transfer (Lewis relation, factor 1; Incropera and DeWitt, Fundamentals of Heat and Mass Transfer).
"""

import math

PRESSURE_HPA = 1013.25
AIR_J_PER_KG_K = 1005.0
AIR_KG_M3 = 1.2
EVAPORATION_J_PER_KG = 2.5e6


def saturation_hpa(celsius: float) -> float:
    """Return the pressure of saturated water vapour, over ice below 0 degrees."""
    if celsius >= 0:
        return 6.112 * math.exp(17.62 * celsius / (243.12 + celsius))
    return 6.112 * math.exp(22.46 * celsius / (272.62 + celsius))


def saturation_kg_kg(celsius: float) -> float:
    """Return the water that saturated air carries, kg a kg of dry air."""
    vapour = min(saturation_hpa(celsius), 0.9 * PRESSURE_HPA)
    return 0.622 * vapour / (PRESSURE_HPA - vapour)


def vapour_kg_kg(celsius: float, humidity_percent: float) -> float:
    """Return the water in air of a relative humidity, kg a kg of dry air."""
    vapour = min(saturation_hpa(celsius) * humidity_percent / 100, 0.9 * PRESSURE_HPA)
    return 0.622 * vapour / (PRESSURE_HPA - vapour)


def relative_humidity_percent(celsius: float, vapour: float) -> float:
    """Return the relative humidity of air that carries `vapour` kg a kg, at most 100."""
    pressure = PRESSURE_HPA * vapour / (0.622 + vapour)
    return min(100.0, 100 * pressure / saturation_hpa(celsius))


def dew_point_celsius(celsius: float, humidity_percent: float) -> float:
    """Return where air of a relative humidity above 0 begins to shed water (over water, as weather services give it)."""
    ratio = math.log(max(humidity_percent, 0.1) / 100) + 17.62 * celsius / (243.12 + celsius)
    return 243.12 * ratio / (17.62 - ratio)


def condensation_kg_m2s(vapour: float, pane_celsius: float, film_w_per_m2k: float) -> float:
    """Return the water that settles on a pane a second; negative where it dries."""
    return film_w_per_m2k / AIR_J_PER_KG_K * (vapour - saturation_kg_kg(pane_celsius))
