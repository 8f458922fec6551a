"""The traction battery: voltage, resistance, limits, temperature, and the range that is left.

Usable energy 60 kWh, 108 cells in series, 350 kg (own figures, typical of a compact with a 400 V battery).

- Open-circuit voltage of one cell by state of charge: the usual shape of a nickel-manganese-cobalt cell, as plotted in
  Plett, Battery Management Systems, volume I, chapter 2; points read to 10 mV, own figure.
- Internal resistance 0.10 ohm at 25 degrees, with an Arrhenius law of 20 kJ/mol (own figure: about three times as much at -10).
- Heat: 1,000 J/kg K (Plett, volume I, and others give 800 to 1,100 for lithium-ion cells); 8 W/K to the outside, so that a
  standing battery takes half a day to follow the weather; a chiller holds it below 35 degrees (own figures).
- Power limits by temperature and charge: own figures in the shape that makers use.
- Range: energy left over a consumption smoothed over the last 20 km that starts from a nominal 13.6 kWh/100 km. That is a
  type-approval figure of 15.4 kWh/100 km (ID.3, WLTP) without the 12 % lost in charging.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass

from carpilot.units import KELVIN_AT_0_CELSIUS

USABLE_KWH = 60.0
J_PER_PERCENT = USABLE_KWH * 36_000
CELLS = 108
RESISTANCE_OHM = 0.10
ACTIVATION_K = 20_000 / 8.314
HEAT_J_PER_K = 350.0 * 1_000
LEAK_W_PER_K = 8.0
CHILLER_FROM_CELSIUS = 35.0
CHILLER_W_PER_K = 800.0
CHILLER_MOST_W = 4_000.0
CHILLER_COP = 2.5
HEATER_W = 5_000.0
NOMINAL_KWH_PER_100KM = 13.6
SMOOTHING_M = 20_000.0
LOWEST_KWH_PER_100KM, HIGHEST_KWH_PER_100KM = 8.0, 40.0

Curve = tuple[tuple[float, ...], tuple[float, ...]]
CELL_VOLTS: Curve = (
    (0, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100),
    (3.20, 3.38, 3.46, 3.55, 3.60, 3.64, 3.69, 3.77, 3.87, 3.96, 4.06, 4.18),
)
DRIVE_LIMIT_W_BY_CELSIUS: Curve = (
    (-30, -20, -10, 0, 10, 45, 55, 60),
    (40_000, 75_000, 120_000, 165_000, 190_000, 190_000, 100_000, 30_000),
)
DRIVE_LIMIT_W_BY_PERCENT: Curve = ((0, 2, 5, 12, 20), (15_000, 40_000, 80_000, 150_000, 190_000))
REGENERATION_LIMIT_W_BY_CELSIUS: Curve = ((-20, -10, 0, 10, 20), (2_000, 15_000, 45_000, 80_000, 120_000))
REGENERATION_LIMIT_W_BY_PERCENT: Curve = ((80, 90, 95, 99, 100), (120_000, 80_000, 40_000, 8_000, 0))


def on_curve(curve: Curve, x: float) -> float:
    """Return the value of a table at x, linear between its points and constant beyond them."""
    points, values = curve
    if x <= points[0]:
        return values[0]
    if x >= points[-1]:
        return values[-1]
    right = bisect_right(points, x)
    left = right - 1
    share = (x - points[left]) / (points[right] - points[left])
    return values[left] + share * (values[right] - values[left])


@dataclass(slots=True)
class Battery:
    """The pack's slow state and the limits that follow from it; the charge itself is the world's `charge_percent`.

    `power_w` is what left the battery during the last slow step (negative: what came in). `is_preconditioning` heats the pack
    for a fast charge. `energy_out_j` and `energy_in_j` count what left and what came in by recuperation.
    """

    temperature_celsius: float = 20.0
    is_preconditioning: bool = False
    power_w: float = 0.0
    voltage_v: float = 400.0
    open_circuit_v: float = 418.0
    resistance_ohm: float = RESISTANCE_OHM
    drive_limit_w: float = 190_000.0
    regeneration_limit_w: float = 120_000.0
    thermal_w: float = 0.0
    energy_out_j: float = 0.0
    energy_in_j: float = 0.0
    recent_j: float = NOMINAL_KWH_PER_100KM * 36 * SMOOTHING_M
    recent_m: float = SMOOTHING_M

    @property
    def current_a(self) -> float:
        """Current out of the pack; negative while it is charged."""
        return self.power_w / self.voltage_v

    @property
    def kwh_per_100km(self) -> float:
        """Consumption over about the last 20 km, standing included."""
        consumption = self.recent_j / self.recent_m / 36
        return min(HIGHEST_KWH_PER_100KM, max(LOWEST_KWH_PER_100KM, consumption))

    def chemical_w(self, terminal_w: float) -> float:
        """Return how fast the store empties for a power at the terminals: that power and the heat in the resistance."""
        volts, ohms = self.open_circuit_v, self.resistance_ohm
        root = volts * volts - 4 * ohms * terminal_w
        if root <= 0:
            return volts * volts / (2 * ohms)
        return volts * (volts - math.sqrt(root)) / (2 * ohms)

    def step(self, charge_percent: float, outside_celsius: float, power_w: float, dt_s: float) -> None:
        """Advance temperature, and read voltage, resistance and limits anew. Any step up to minutes is stable."""
        self.power_w = power_w
        heat_w = self.chemical_w(power_w) - power_w
        chiller_w = min(CHILLER_MOST_W, max(0.0, self.temperature_celsius - CHILLER_FROM_CELSIUS) * CHILLER_W_PER_K)
        heater_w = HEATER_W if self.is_preconditioning and self.temperature_celsius < 25 else 0.0
        self.thermal_w = chiller_w / CHILLER_COP + heater_w
        settled = outside_celsius + (heat_w + heater_w - chiller_w) / LEAK_W_PER_K
        share = -math.expm1(-LEAK_W_PER_K / HEAT_J_PER_K * dt_s)
        self.temperature_celsius += (settled - self.temperature_celsius) * share
        self.read(charge_percent)

    def read(self, charge_percent: float) -> None:
        """Set voltage, resistance and limits to what charge and temperature make them."""
        celsius = self.temperature_celsius
        self.open_circuit_v = CELLS * on_curve(CELL_VOLTS, charge_percent)
        kelvin = max(200.0, celsius + KELVIN_AT_0_CELSIUS)
        self.resistance_ohm = RESISTANCE_OHM * math.exp(ACTIVATION_K * (1 / kelvin - 1 / 298.15))
        drawn_a = self.chemical_w(self.power_w) / self.open_circuit_v
        self.voltage_v = self.open_circuit_v - self.resistance_ohm * drawn_a
        self.drive_limit_w = min(
            on_curve(DRIVE_LIMIT_W_BY_CELSIUS, celsius), on_curve(DRIVE_LIMIT_W_BY_PERCENT, charge_percent)
        )
        self.regeneration_limit_w = min(
            on_curve(REGENERATION_LIMIT_W_BY_CELSIUS, celsius),
            on_curve(REGENERATION_LIMIT_W_BY_PERCENT, charge_percent),
        )

    def remember(self, used_j: float, driven_m: float) -> None:
        """Take what was used on a stretch into the recent consumption."""
        kept = math.exp(-driven_m / SMOOTHING_M)
        self.recent_j = max(0.0, self.recent_j * kept + used_j)
        self.recent_m = self.recent_m * kept + driven_m
        highest_j = HIGHEST_KWH_PER_100KM * 36 * self.recent_m
        self.recent_j = min(highest_j, self.recent_j)
        if used_j > 0:
            self.energy_out_j += used_j
        else:
            self.energy_in_j -= used_j

    def range_m_per_percent(self) -> float:
        """Return how far one percent of charge goes at the recent consumption."""
        return USABLE_KWH / self.kwh_per_100km * 1_000
