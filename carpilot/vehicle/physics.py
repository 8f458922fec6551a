"""The physical world around and inside the car, advanced in small steps.

Motion: longitudinal, with air drag, rolling resistance and recuperation. Coefficients of a mid-size battery-electric car:
mass 1,900 kg, drag area 0.62 m^2 (cd 0.28 x 2.2 m^2), rolling coefficient 0.010, air 1.2 kg/m^3; 150 kW at the wheels, tyres
that hold 4 m/s^2; brakes 8 m/s^2. Battery: 60 kWh usable, accessories 0.4 kW.

Cabin: a heat balance of two zones (front, rear) after the lumped models usual in the field: air and trim of one zone
store 30 kJ/K; the shell leaks 45 W/K a zone; 25 W/K pass between zones; the sun brings up to 500 W a zone in full light;
blown air moves at most 0.10 kg/s (specific heat 1005 J/kg K) and is between 5 and 55 degrees; an open window exchanges
up to 120 W/K. So a cabin takes minutes to warm. The windscreen fogs when the air is damp and the glass cold, and clears
in about a minute of defrosting.
"""

import math
from dataclasses import dataclass, field

PARK, REVERSE, NEUTRAL, DRIVE = 126, -1, 0, 127
MASS_KG = 1900.0
DRAG_AREA_M2 = 0.62
AIR_KG_M3 = 1.2
ROLLING = 0.010
GRAVITY_MPS2 = 9.81
MAX_POWER_W = 150_000.0
MAX_TRACTION_MPS2 = 4.0
MAX_BRAKE_MPS2 = 8.0
COAST_RECUPERATION_MPS2 = 0.8
MAX_SPEED_MPS = 180 / 3.6
REVERSE_SPEED_MPS = 20 / 3.6
BATTERY_KWH = 60.0
ACCESSORIES_W = 400.0
KWH_PER_100KM = 13.6
ZONE_J_PER_K = 30_000.0
SHELL_W_PER_K = 45.0
BETWEEN_ZONES_W_PER_K = 25.0
SUN_W = 500.0
BLOWER_KG_S = 0.10
AIR_J_PER_KG_K = 1005.0
WINDOW_W_PER_K = 120.0
COLDEST_VENT_CELSIUS, HOTTEST_VENT_CELSIUS = 5.0, 55.0


@dataclass(slots=True)
class World:
    """Everything physical that no ECU decides: motion, battery, weather, people, the air in the cabin.

    `window_opening` is how far the windows of the front and of the rear zone stand open, 0 to 1.
    """

    speed_mps: float = 0.0
    gear: int = PARK
    throttle: float = 0.0
    brake: float = 0.0
    is_speed_held: bool = False
    is_parking_brake_engaged: bool = True
    ignition: str = "ON"
    power_w: float = 0.0
    charge_percent: float = 71.0
    range_m: float = 312_000.0
    is_range_fixed: bool = False
    outside_celsius: float = 15.0
    rain_percent: float = 0.0
    light_percent: float = 80.0
    cabin_celsius: list[float] = field(default_factory=lambda: [20.0, 20.0])
    fog_percent: float = 0.0
    window_opening: list[float] = field(default_factory=lambda: [0.0, 0.0])
    occupied: dict[str, bool] = field(default_factory=dict)
    open_doors: dict[str, bool] = field(default_factory=dict)

    def step_motion(self, dt_s: float) -> None:
        """Advance speed, power, charge and range."""
        if not self.is_speed_held:
            self._accelerate(dt_s)
        resistance_n = self._resistance_n()
        traction_w = 0.0
        if self.is_speed_held:
            traction_w = resistance_n * self.speed_mps
            self.power_w = traction_w
        used_wh = (self.power_w + ACCESSORIES_W) * dt_s / 3600
        self.charge_percent = min(100.0, max(0.0, self.charge_percent - used_wh / (BATTERY_KWH * 10)))
        if not self.is_range_fixed:
            self.range_m = self.charge_percent / 100 * BATTERY_KWH / KWH_PER_100KM * 100_000

    def _resistance_n(self) -> float:
        if self.speed_mps == 0:
            return 0.0
        return 0.5 * AIR_KG_M3 * DRAG_AREA_M2 * self.speed_mps**2 + ROLLING * MASS_KG * GRAVITY_MPS2

    def _accelerate(self, dt_s: float) -> None:
        drive = 0.0
        limit = REVERSE_SPEED_MPS if self.gear == REVERSE else MAX_SPEED_MPS
        if self.gear in (DRIVE, REVERSE) and self.throttle > 0 and self.charge_percent > 0 and self.speed_mps < limit:
            drive = self.throttle * min(MAX_TRACTION_MPS2, MAX_POWER_W / MASS_KG / max(self.speed_mps, 1.0))
        coast = (
            COAST_RECUPERATION_MPS2
            if self.gear in (DRIVE, REVERSE) and self.throttle == 0 and self.speed_mps > 0
            else 0.0
        )
        held = 2.0 if self.is_parking_brake_engaged else 0.0
        slowing = self._resistance_n() / MASS_KG + coast + self.brake * MAX_BRAKE_MPS2 + held
        self.power_w = MASS_KG * (drive - coast * 0.65) * self.speed_mps
        self.speed_mps = min(limit, max(0.0, self.speed_mps + (drive - slowing) * dt_s))

    def step_cabin(self, dt_s: float, climate: "ClimateInput") -> None:
        """Advance the two zones' air and the fog on the windscreen."""
        front, rear = self.cabin_celsius
        between_w = BETWEEN_ZONES_W_PER_K * (rear - front)
        for zone, exchange_w in ((0, between_w), (1, -between_w)):
            air = self.cabin_celsius[zone]
            flow = climate.blower[zone] * BLOWER_KG_S * AIR_J_PER_KG_K
            lowest = (
                COLDEST_VENT_CELSIUS
                if climate.is_cooling
                else (air if climate.is_recirculating else self.outside_celsius)
            )
            wanted = climate.set_celsius[zone] + 4.0 * (climate.set_celsius[zone] - air)
            vent = min(HOTTEST_VENT_CELSIUS, max(min(lowest, HOTTEST_VENT_CELSIUS), wanted))
            heat_w = flow * (vent - air) + exchange_w + SUN_W * (self.light_percent / 100) ** 2
            heat_w += (SHELL_W_PER_K + WINDOW_W_PER_K * self.window_opening[zone]) * (self.outside_celsius - air)
            self.cabin_celsius[zone] = air + heat_w / ZONE_J_PER_K * dt_s
        self._step_fog(dt_s, climate)

    def _step_fog(self, dt_s: float, climate: "ClimateInput") -> None:
        damp = self.rain_percent / 100 * 0.4 + sum(self.occupied.values()) * 0.05
        cold = max(0.0, min(1.0, (12.0 - self.outside_celsius) / 15))
        growth = 1.2 * damp * cold * (1.5 if climate.is_recirculating else 1.0)
        drying = 0.15 * climate.blower[0] + (0.5 if climate.is_cooling else 0.0)
        drying += 1.8 * climate.blower[0] if climate.is_defrosting else 0.0
        self.fog_percent = min(100.0, max(0.0, self.fog_percent + (growth - drying) * dt_s))


@dataclass(frozen=True, slots=True)
class ClimateInput:
    """What the climate ECU does to the air: blower 0 to 1 and set temperature of each zone, and three switches."""

    blower: tuple[float, float]
    set_celsius: tuple[float, float]
    is_cooling: bool
    is_recirculating: bool
    is_defrosting: bool


def approach(now: float, target: float, rate_per_s: float, dt_s: float) -> float:
    """Return `now` moved towards the target by at most the rate."""
    step = rate_per_s * dt_s
    return target if math.fabs(target - now) <= step else now + math.copysign(step, target - now)
