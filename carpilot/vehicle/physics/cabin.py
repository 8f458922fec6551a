"""The cabin: air, trim, panes, damp, and what people breathe out.

Two zones, front and rear. In each, 1.5 m^3 of air exchanges heat with trim and seats, the second store; the trim takes up the
sun; both lose heat through glass and body, more on the move; vents, open panes, doors and people change the air.

Sources. The structure is the lumped model usual for vehicle cabins (for example Fayazbakhsh and Bahrami, SAE 2013-01-1507).
- Trim 42 kJ/K a zone, 80 W/K between trim and air (more with the blower), 20 and 22 W/K through body and glass, and 1,100 W
  of sun a zone in full light are own figures, set so that a parked car warms as McLaren, Null and Quinn measured (Pediatrics
  116, 2005: 22 K in an hour on average, four fifths of it within 30 min).
- A seated person gives 70 W of sensible heat (ASHRAE Handbook, Fundamentals, chapter 18) and breathes out 50 g of water an
  hour, which carry another 35 W, and 18 l of carbon dioxide an hour (ASHRAE 62.1: 0.31 l/min).
- A soaked coat gives off another 100 g/h in full rain (own figure).
- An open window exchanges 120 W/K at rest and up to three times as much at speed, the roof 80, a door 150 (own figures).
- Light is in percent of full sun as a sensor shows it; heat goes with its square (own figure: half the reading is overcast).
"""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from carpilot.vehicle.physics.air import AIR_J_PER_KG_K, AIR_KG_M3, saturation_kg_kg
from carpilot.vehicle.physics.climate import (
    BLOWER_KG_S,
    REAR_WINDOW_HEATER_W,
    RECIRCULATED,
    VENT_DELAY_S,
    WINDSHIELD_HEATER_W,
    ClimateInput,
    condition,
)
from carpilot.vehicle.physics.glass import FILM_BLOWER, FILM_DEFROST, FILM_STILL, Pane

ZONE_M3 = 1.5
ZONE_AIR_J_PER_K = ZONE_M3 * AIR_KG_M3 * AIR_J_PER_KG_K
CABIN_AIR_KG = 2 * ZONE_M3 * AIR_KG_M3
TRIM_J_PER_K = 42_000.0
TRIM_W_PER_K, TRIM_BLOWER_W_PER_K = 80.0, 60.0
BODY_W_PER_K, BODY_W_PER_K_PER_MPS = 20.0, 0.5
GLASS_W_PER_K, GLASS_W_PER_K_PER_MPS = 22.0, 0.5
BETWEEN_ZONES_W_PER_K = 25.0
SUN_W = 1_100.0
ROOF_SHADE_KEEPS_OUT, REAR_SHADE_KEEPS_OUT = 0.15, 0.30
WINDOW_W_PER_K, ROOF_W_PER_K, DOOR_W_PER_K = 120.0, 80.0, 150.0
OPENING_SPEED_MPS, OPENING_MOST = 10.0, 3.0
LEAK_KG_S, LEAK_KG_S_PER_MPS = 0.003, 0.0002
PERSON_W = 70.0
PERSON_WATER_KG_S = 0.050 / 3600
WET_COAT_KG_S = 0.100 / 3600
PERSON_CO2_M3_S = 0.018 / 3600
OUTSIDE_CO2_PPM = 420.0
LONGEST_STEP_S = 1.0
VENT_GAIN, VENT_INTEGRAL_PER_S = 4.0, 0.03
INTEGRAL_WITHIN_K, INTEGRAL_MOST_K = 6.0, 25.0
"""The temperature control of the vents, a PI controller (own figures)."""


class Surroundings(NamedTuple):
    """What the cabin stands in: weather, speed, people and openings (0 closed, 1 open; shades 1 drawn) front and rear."""

    outside_celsius: float
    outside_vapour: float
    light_percent: float
    rain_percent: float
    speed_mps: float
    window_opening: tuple[float, float]
    doors_open: tuple[int, int]
    people: tuple[int, int]
    roof_opening: float
    roof_shade: float
    rear_shade: float


@dataclass(slots=True)
class Cabin:
    """What of the cabin changes slowly; the zones' air and the fog on the windscreen stand in the world, where they may be set.

    A set temperature is that of air and trim; set fog makes the air as damp as the fogged pane.
    """

    trim_celsius: list[float] = field(default_factory=lambda: [20.0, 20.0])
    vent_celsius: list[float] = field(default_factory=lambda: [20.0, 20.0])
    trimming_k: list[float] = field(default_factory=lambda: [0.0, 0.0])
    vapour: float = 0.007
    windscreen: Pane = field(default_factory=lambda: Pane(1.2, 0.005))
    rear_window: Pane = field(default_factory=lambda: Pane(0.7, 0.004))
    rear_fog_percent: float = 0.0
    co2_ppm: float = OUTSIDE_CO2_PPM
    electric_w: float = 0.0
    _left_air: list[float] = field(default_factory=list)
    _left_fog: float = 0.0

    def step(
        self, air: list[float], fog_percent: float, climate: ClimateInput, around: Surroundings, dt_s: float
    ) -> float:
        """Advance the zones' air in place, and return the fog on the windscreen."""
        self._take_what_was_set(air, fog_percent, around)
        steps = max(1, math.ceil(dt_s / LONGEST_STEP_S))
        for _ in range(steps):
            fog_percent = self._step(air, fog_percent, climate, around, dt_s / steps)
        self._left_air[:] = air
        self._left_fog = fog_percent
        return fog_percent

    def _take_what_was_set(self, air: list[float], fog_percent: float, around: Surroundings) -> None:
        is_first = not self._left_air
        if is_first:
            self.vapour = around.outside_vapour
        if air != self._left_air:
            self.trim_celsius[:] = air
            self.vent_celsius[:] = air
            self._left_air = list(air)
            self.vapour = min(self.vapour, saturation_kg_kg(min(air)))
            for pane, inside in ((self.windscreen, air[0]), (self.rear_window, air[1])):
                pane.celsius = (inside + around.outside_celsius) / 2
        if fog_percent > self._left_fog:
            self.vapour = max(self.vapour, saturation_kg_kg(self.windscreen.celsius))

    def _step(
        self, air: list[float], fog_percent: float, climate: ClimateInput, around: Surroundings, dt_s: float
    ) -> float:
        wanted = self._wanted_vents(air, climate, dt_s)
        blown = condition(climate, wanted, (air[0], air[1]), self.vapour, around.outside_celsius, around.outside_vapour)
        self.electric_w = blown.electric_w
        share = -math.expm1(-dt_s / VENT_DELAY_S)
        openings = [self._opening_w_per_k(zone, around) for zone in (0, 1)]
        before = (air[0], air[1])
        for zone in (0, 1):
            self.vent_celsius[zone] += (blown.vent_celsius[zone] - self.vent_celsius[zone]) * share
            air[zone] = self._zone_celsius(zone, before, climate.blower[zone], openings[zone], around, dt_s)
        fog_percent, water_kg = self._step_panes(air, fog_percent, climate, around, dt_s)
        self._step_vapour(blown.vapour, climate, sum(openings), around, water_kg, dt_s)
        return fog_percent

    def _wanted_vents(self, air: list[float], climate: ClimateInput, dt_s: float) -> tuple[float, float]:
        """Return the vent temperatures that the set temperatures ask for: in proportion to the error, and its integral.

        The integral runs only near the set temperature, so that a long warm-up does not wind it up.
        """
        for zone, target in enumerate(climate.set_celsius):
            error = target - air[zone]
            if abs(error) < INTEGRAL_WITHIN_K and climate.blower[zone] > 0:
                grown = self.trimming_k[zone] + VENT_INTEGRAL_PER_S * error * dt_s
                self.trimming_k[zone] = min(INTEGRAL_MOST_K, max(-INTEGRAL_MOST_K, grown))
        first, second = (
            target + VENT_GAIN * (target - air[zone]) + self.trimming_k[zone]
            for zone, target in enumerate(climate.set_celsius)
        )
        return first, second

    @staticmethod
    def _opening_w_per_k(zone: int, around: Surroundings) -> float:
        moving = min(OPENING_MOST, 1 + around.speed_mps / OPENING_SPEED_MPS)
        open_w = WINDOW_W_PER_K * around.window_opening[zone] + ROOF_W_PER_K / 2 * around.roof_opening
        leak = (LEAK_KG_S + LEAK_KG_S_PER_MPS * around.speed_mps) / 2 * AIR_J_PER_KG_K
        return open_w * moving + DOOR_W_PER_K * around.doors_open[zone] + leak

    def _zone_celsius(
        self,
        zone: int,
        air: tuple[float, float],
        blower: float,
        opening_w_per_k: float,
        around: Surroundings,
        dt_s: float,
    ) -> float:
        """Return a zone's air after a step, and move its trim: each relaxes exactly towards the other's mean."""
        outside = around.outside_celsius
        flow = blower * BLOWER_KG_S * AIR_J_PER_KG_K
        to_trim = TRIM_W_PER_K + TRIM_BLOWER_W_PER_K * blower
        glass = GLASS_W_PER_K + GLASS_W_PER_K_PER_MPS * around.speed_mps + opening_w_per_k
        total = flow + to_trim + glass + BETWEEN_ZONES_W_PER_K
        heat = flow * self.vent_celsius[zone] + to_trim * self.trim_celsius[zone] + glass * outside
        settled = (heat + BETWEEN_ZONES_W_PER_K * air[1 - zone] + PERSON_W * around.people[zone]) / total
        rate = total * dt_s / ZONE_AIR_J_PER_K
        relaxed = -math.expm1(-rate)
        mean = settled + (air[zone] - settled) * relaxed / rate
        body = BODY_W_PER_K + BODY_W_PER_K_PER_MPS * around.speed_mps
        trim_settled = (to_trim * mean + body * outside + self._sun_w(zone, around)) / (to_trim + body)
        trim_share = -math.expm1(-(to_trim + body) * dt_s / TRIM_J_PER_K)
        self.trim_celsius[zone] += (trim_settled - self.trim_celsius[zone]) * trim_share
        return air[zone] + (settled - air[zone]) * relaxed

    @staticmethod
    def _sun_w(zone: int, around: Surroundings) -> float:
        shaded = ROOF_SHADE_KEEPS_OUT * around.roof_shade + (REAR_SHADE_KEEPS_OUT * around.rear_shade if zone else 0.0)
        return SUN_W * (around.light_percent / 100) ** 2 * (1 - shaded)

    def _step_panes(
        self, air: list[float], fog_percent: float, climate: ClimateInput, around: Surroundings, dt_s: float
    ) -> tuple[float, float]:
        """Return the fog on the windscreen and the water that both panes took out of the air."""
        film = FILM_STILL + (FILM_DEFROST if climate.is_defrosting else FILM_BLOWER) * climate.blower[0]
        at_pane = self.vent_celsius[0] if climate.is_defrosting and climate.blower[0] > 0 else air[0]
        heater_w = WINDSHIELD_HEATER_W if climate.is_windshield_heating else 0.0
        outside, speed = around.outside_celsius, around.speed_mps
        self.windscreen.step_temperature(at_pane, outside, film, speed, heater_w, dt_s)
        fog_percent, water = self.windscreen.step_fog(fog_percent, self._vapour_at_pane(climate, around), film, dt_s)
        heater_w = REAR_WINDOW_HEATER_W if climate.is_rear_defrosting else 0.0
        self.rear_window.step_temperature(air[1], outside, FILM_STILL, speed, heater_w, dt_s)
        self.rear_fog_percent, more = self.rear_window.step_fog(self.rear_fog_percent, self.vapour, FILM_STILL, dt_s)
        return fog_percent, water + more

    def _vapour_at_pane(self, climate: ClimateInput, around: Surroundings) -> float:
        """Return the damp of the air at the windscreen: half of it comes straight from the jets while defrosting."""
        if not climate.is_defrosting or climate.is_recirculating or climate.blower[0] <= 0:
            return self.vapour
        return (self.vapour + min(self.vapour, around.outside_vapour)) / 2

    def _step_vapour(
        self,
        vent_vapour: tuple[float, float],
        climate: ClimateInput,
        opening_w_per_k: float,
        around: Surroundings,
        water_kg: float,
        dt_s: float,
    ) -> None:
        """Relax the air's damp (one store for both zones) and its carbon dioxide."""
        flows = [blower * BLOWER_KG_S for blower in climate.blower]
        exchange = opening_w_per_k / AIR_J_PER_KG_K
        people = sum(around.people)
        source = people * (PERSON_WATER_KG_S + WET_COAT_KG_S * around.rain_percent / 100) - water_kg / dt_s
        total = sum(flows) + exchange
        brought = flows[0] * vent_vapour[0] + flows[1] * vent_vapour[1] + exchange * around.outside_vapour
        settled = (brought + source) / total
        self.vapour += (settled - self.vapour) * -math.expm1(-total * dt_s / CABIN_AIR_KG)
        self.vapour = min(max(self.vapour, 0.0001), saturation_kg_kg(self.windscreen.celsius) * 2 + 0.01)
        fresh = sum(flows) * (1 - (RECIRCULATED if climate.is_recirculating else 0.0)) + exchange
        settled_ppm = OUTSIDE_CO2_PPM + people * PERSON_CO2_M3_S * AIR_KG_M3 / fresh * 1e6
        self.co2_ppm += (settled_ppm - self.co2_ppm) * -math.expm1(-fresh * dt_s / CABIN_AIR_KG)
