"""What the climate unit makes of the air it blows: limits of heat pump, heater and compressor, and the power they draw.

- Air: at most 0.085 kg/s a zone, 510 m^3/h together (own figure; makers give 400 to 550 m^3/h for compacts).
- Heat: a heat pump whose coefficient of performance falls with the cold, from about 3 at 10 to 1.5 at -15 degrees, in the
  range that reviews of automotive R134a and R744 heat pumps report (Peng and Du, Energies 9, 2016, 240); its curve
  here is our own figure. Beside it a resistance heater (PTC) of 5.8 kW, as several makers fit.
- Cold: 7 kW at the evaporator, which is held at 4 degrees so that it does not ice (own figures, typical).
- Vents blow between 4 and 55 degrees. They follow what is wanted with 30 s of delay (own figure: heater and duct).
"""

from dataclasses import dataclass
from typing import NamedTuple

from carpilot.vehicle.physics.air import AIR_J_PER_KG_K, EVAPORATION_J_PER_KG, saturation_kg_kg
from carpilot.vehicle.physics.battery import Curve, on_curve

BLOWER_KG_S = 0.085
BLOWER_W = 320.0
"""Both blowers at full speed, 12 V side; with the cube of the speed (fan law)."""
RECIRCULATED = 0.90
EVAPORATOR_CELSIUS = 4.0
HOTTEST_VENT_CELSIUS = 55.0
VENT_DELAY_S = 30.0
COOLING_W = 7_000.0
PTC_W = 5_800.0
HEAT_PUMP_W: Curve = ((-25, -15, -5, 5, 15), (500, 1_200, 2_500, 3_800, 5_000))
HEAT_PUMP_COP: Curve = ((-25, -15, -5, 5, 15), (1.1, 1.5, 2.0, 2.7, 3.4))
COOLING_COP: Curve = ((15, 25, 35, 45), (3.6, 3.0, 2.3, 1.7))
REAR_WINDOW_HEATER_W = 250.0
WINDSHIELD_HEATER_W = 500.0


@dataclass(frozen=True, slots=True)
class ClimateInput:
    """What the climate ECU does to the air: blower 0 to 1 and set temperature of each zone, and the switches.

    `is_heating_allowed` is False where the driver saves energy: no heat pump and no heater.
    """

    blower: tuple[float, float]
    set_celsius: tuple[float, float]
    is_cooling: bool
    is_recirculating: bool
    is_defrosting: bool
    is_rear_defrosting: bool = False
    is_windshield_heating: bool = False
    is_heating_allowed: bool = True


class Conditioned(NamedTuple):
    """What comes out of the unit: temperature and vapour of each zone's vent, and electric power of all of it, in W."""

    vent_celsius: tuple[float, float]
    vapour: tuple[float, float]
    electric_w: float


def heat_limit_w(outside_celsius: float) -> float:
    """Return the heat that heat pump and heater give together."""
    return on_curve(HEAT_PUMP_W, outside_celsius) + PTC_W


def heating_electric_w(heat_w: float, outside_celsius: float) -> float:
    """Return the electric power for a heat flow: the heat pump first, the heater for the rest."""
    by_pump = min(heat_w, on_curve(HEAT_PUMP_W, outside_celsius))
    return by_pump / on_curve(HEAT_PUMP_COP, outside_celsius) + (heat_w - by_pump)


def cooling_electric_w(cooling_w: float, outside_celsius: float) -> float:
    """Return the compressor's electric power for a heat flow out of the air."""
    return cooling_w / on_curve(COOLING_COP, outside_celsius)


def condition(
    climate: ClimateInput,
    wanted_celsius: tuple[float, float],
    air_celsius: tuple[float, float],
    cabin_vapour: float,
    outside_celsius: float,
    outside_vapour: float,
) -> Conditioned:
    """Return what the unit blows when it has settled.

    Air is drawn in, cooled (and dried) if the compressor runs, then heated; a unit at its limit shares it between the zones
    in proportion.
    """
    inside = RECIRCULATED if climate.is_recirculating else 0.0
    flows = [max(0.0, share) * BLOWER_KG_S for share in climate.blower]
    mixed = [outside_celsius + inside * (air - outside_celsius) for air in air_celsius]
    vapour_in = outside_vapour + inside * (cabin_vapour - outside_vapour)
    cold, vapour, cooling_w = _cool(climate.is_cooling, flows, mixed, vapour_in)
    wanted = [min(HOTTEST_VENT_CELSIUS, want) for want in wanted_celsius]
    needs = [flow * AIR_J_PER_KG_K * max(0.0, want - now) for flow, want, now in zip(flows, wanted, cold, strict=True)]
    limit_w = heat_limit_w(outside_celsius) if climate.is_heating_allowed else 0.0
    share = min(1.0, limit_w / sum(needs)) if sum(needs) > 0 else 0.0
    vents = [now + share * max(0.0, want - now) for now, want in zip(cold, wanted, strict=True)]
    blower = sum(climate.blower) / 2
    electric_w = (
        heating_electric_w(share * sum(needs), outside_celsius)
        + cooling_electric_w(cooling_w, outside_celsius)
        + BLOWER_W * blower**3
        + (REAR_WINDOW_HEATER_W if climate.is_rear_defrosting else 0.0)
        + (WINDSHIELD_HEATER_W if climate.is_windshield_heating else 0.0)
    )
    return Conditioned((vents[0], vents[1]), (vapour[0], vapour[1]), electric_w)


def _cool(
    is_cooling: bool, flows: list[float], mixed: list[float], vapour: float
) -> tuple[list[float], list[float], float]:
    """Return temperatures, vapours and the heat taken out by the evaporator, sensible and latent."""
    if not is_cooling:
        return mixed, [vapour, vapour], 0.0
    dried = min(vapour, saturation_kg_kg(EVAPORATOR_CELSIUS))
    full_w = 0.0
    for flow, celsius in zip(flows, mixed, strict=True):
        if celsius > EVAPORATOR_CELSIUS:
            sensible = AIR_J_PER_KG_K * (celsius - EVAPORATOR_CELSIUS)
            full_w += flow * (sensible + EVAPORATION_J_PER_KG * (vapour - dried))
    share = min(1.0, COOLING_W / full_w) if full_w > 0 else 0.0
    cold = [celsius - share * max(0.0, celsius - EVAPORATOR_CELSIUS) for celsius in mixed]
    vapours = [vapour - share * (vapour - dried) if celsius > EVAPORATOR_CELSIUS else vapour for celsius in mixed]
    return cold, vapours, share * full_w
