"""Everything physical that no ECU decides, in one place, advanced in steps.

`step_motion` takes steps of 10 to 20 ms: forces, speed, charge, odometer. What changes slowly (battery temperature, charging,
12 V, tyres, weather) follows from there once a second. `step_cabin` may be called as often as one likes; the cabin's air
itself is advanced twice a second. Both are deterministic; chance enters only by `weather.random`.
"""

import math
from dataclasses import dataclass, field

from carpilot.vehicle.physics.air import vapour_kg_kg
from carpilot.vehicle.physics.battery import J_PER_PERCENT, Battery
from carpilot.vehicle.physics.cabin import Cabin, Surroundings
from carpilot.vehicle.physics.charging import Charging, ChargingState
from carpilot.vehicle.physics.climate import ClimateInput
from carpilot.vehicle.physics.low_voltage import LowVoltage
from carpilot.vehicle.physics.motion import (
    DRIVE,
    DRIVELINE_LOSS,
    IDLE_LOSS_W,
    LIFT_MPS2,
    MASS_KG,
    MAX_BRAKE_MPS2,
    MAX_SPEED_MPS,
    MOTOR_POWER_W,
    NEUTRAL,
    PARK,
    PARKING_BRAKE_MPS2,
    REGENERATION_FADES_BELOW_MPS,
    REVERSE,
    REVERSE_SPEED_MPS,
    electric_w,
    pedal_share,
    resistance_n,
    traction_limit_n,
    wheel_speeds_mps,
)
from carpilot.vehicle.physics.tyres import Tyres
from carpilot.vehicle.physics.weather import Weather, humidity_percent

__all__ = ["DRIVE", "NEUTRAL", "PARK", "REVERSE", "ClimateInput", "World", "approach"]

SLOW_STEP_S = 1.0
CABIN_STEP_S = 0.5
HIGHEST_OUTSIDE_DEW_POINT_CELSIUS = 20.0
"""Damp air in the temperate zone rarely carries more (own figure)."""
AWAKE = ("ON", "START", "ACC")


@dataclass(slots=True)
class World:
    """Motion, battery, weather, people, and the air in the cabin.

    `window_opening` is how far the windows of the front and of the rear zone stand open, 0 to 1; `roof_opening` likewise;
    `roof_shade` and `rear_shade` are 1 when drawn. `slope` is the rise of the road in m a m, ahead of the car's nose.
    `power_w` is what the drive takes from the battery, negative while it recuperates; `accessories_w` is the load on 12 V.
    `regen_level` is 0 to 3, `drive_mode` ECO, COMFORT or SPORT; `lift_share` is how much of the lifted pedal's deceleration
    acts, less than 1 only while a cruise control coasts. At standstill the car is held (hill hold), but in NEUTRAL it
    rolls down where no brake holds it. It never rolls against its gear.
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
    acceleration_mps2: float = 0.0
    slope: float = 0.0
    odometer_m: float = 12_345_000.0
    regen_level: int = 1
    lift_share: float = 1.0
    drive_mode: str = "COMFORT"
    accessories_w: float = 400.0
    roof_opening: float = 0.0
    roof_shade: float = 0.0
    rear_shade: float = 0.0
    battery: Battery = field(default_factory=Battery)
    charging: Charging = field(default_factory=Charging)
    low_voltage: LowVoltage = field(default_factory=LowVoltage)
    tyres: Tyres = field(default_factory=Tyres)
    weather: Weather = field(default_factory=Weather)
    cabin: Cabin = field(default_factory=Cabin)
    _slow_due_s: float = math.inf
    _cabin_due_s: float = math.inf
    _other_w: float = 0.0
    _drawn_j: float = 0.0
    _used_j: float = 0.0
    _driven_m: float = 0.0
    _range_m_per_percent: float = 0.0

    def step_motion(self, dt_s: float) -> None:
        """Advance speed, power, charge and range."""
        self._slow_due_s += dt_s
        if self._slow_due_s >= SLOW_STEP_S:
            self._step_slow(dt_s if math.isinf(self._slow_due_s) else self._slow_due_s)
        before = self.speed_mps
        if self.is_speed_held:
            self.acceleration_mps2 = 0.0
            slope = -self.slope if self.gear == REVERSE else self.slope
            self.power_w = electric_w(resistance_n(before, slope) * before)
        elif before > 0 or (self.throttle > 0 and self.gear != PARK) or self.slope < 0:
            self._accelerate(dt_s)
        else:
            self.acceleration_mps2 = self.power_w = 0.0
        driven_m = (before + self.speed_mps) / 2 * dt_s
        self.odometer_m += driven_m
        self._driven_m += driven_m
        drawn_w = self.power_w + self._other_w
        self._drawn_j += drawn_w * dt_s
        used_j = self.battery.chemical_w(drawn_w) * dt_s
        self._used_j += used_j
        self.charge_percent = min(100.0, max(0.0, self.charge_percent - used_j / J_PER_PERCENT))
        if not self.is_range_fixed:
            self.range_m = self.charge_percent * self._range_m_per_percent

    def _accelerate(self, dt_s: float) -> None:
        """Advance speed by the forces: what the pedal asks, what the road takes, what motor and brakes take off."""
        speed, gear, battery = self.speed_mps, self.gear, self.battery
        is_geared = gear in (DRIVE, REVERSE)
        limit = REVERSE_SPEED_MPS if gear == REVERSE else MAX_SPEED_MPS
        slope = -self.slope if gear == REVERSE else self.slope
        drive_n = 0.0
        if is_geared and self.throttle > 0 and self.charge_percent > 0 and speed < limit:
            share = pedal_share(self.throttle, self.drive_mode)
            drive_n = share * traction_limit_n(speed, min(MOTOR_POWER_W, battery.drive_limit_w - self._other_w))
        slowing = self.brake * MAX_BRAKE_MPS2
        motor_mps2 = 0.0
        if is_geared and self.throttle == 0 and speed > 0:
            slowing += LIFT_MPS2[self.regen_level] * self.lift_share
            motor_mps2 = self._motor_brake_mps2(slowing)
        if self.is_parking_brake_engaged or gear == PARK:
            slowing += PARKING_BRAKE_MPS2
        wheel_n = drive_n - MASS_KG * motor_mps2
        self.power_w = electric_w(wheel_n * speed) if speed > 0 else 0.0
        road_mps2 = resistance_n(speed, slope) / MASS_KG
        acceleration = drive_n / MASS_KG - road_mps2 - slowing
        if speed == 0 and (gear != NEUTRAL and drive_n <= 0):
            acceleration = min(0.0, acceleration)
        self.speed_mps = min(limit, max(0.0, speed + acceleration * dt_s))
        self.acceleration_mps2 = (self.speed_mps - speed) / dt_s if dt_s > 0 else 0.0

    def _motor_brake_mps2(self, asked_mps2: float) -> float:
        """Return how much of a deceleration the motor gives: as much as battery and speed let it."""
        speed = self.speed_mps
        if self.regen_level == 0 and self.brake == 0:
            return 0.0
        limit_w = min(MOTOR_POWER_W, self.battery.regeneration_limit_w + max(0.0, self._other_w))
        most = (limit_w + IDLE_LOSS_W) / (1 - DRIVELINE_LOSS) / MASS_KG / max(speed, 1.0)
        return min(asked_mps2, most, 3.0) * min(1.0, speed / REGENERATION_FADES_BELOW_MPS)

    @property
    def wheel_speeds_mps(self) -> tuple[float, float, float, float]:
        """Speed of the wheels' rims: front left, front right, rear left, rear right."""
        return wheel_speeds_mps(self.speed_mps, self.acceleration_mps2)

    @property
    def felt_rain_percent(self) -> float:
        """Rain on the windscreen: none in a tunnel, more in a shower."""
        return self.weather.felt_rain_percent(self.rain_percent)

    @property
    def felt_light_percent(self) -> float:
        """Light on the sensor: little in a tunnel, less under a cloud."""
        return self.weather.felt_light_percent(self.light_percent)

    @property
    def total_power_w(self) -> float:
        """What leaves the battery for everything: drive, climate, 12 V, its own care; negative while it is charged."""
        return self.power_w + self._other_w

    def soak(self, celsius: float) -> None:
        """Let the car have stood overnight: battery, tyres, cabin and outside have one temperature."""
        self.outside_celsius = self.battery.temperature_celsius = celsius
        self.cabin_celsius[:] = [celsius, celsius]
        for tyre in self.tyres.wheels:
            tyre.celsius = celsius
        self.battery.read(self.charge_percent)

    def _step_slow(self, dt_s: float) -> None:
        """Advance what changes within seconds to hours, and what the battery owes to others until the next time."""
        self._slow_due_s = 0.0
        battery, charging, low_voltage = self.battery, self.charging, self.low_voltage
        battery.step(self.charge_percent, self.outside_celsius, self._drawn_j / dt_s if dt_s > 0 else 0.0, dt_s)
        if charging.state is not ChargingState.CHARGING:
            battery.remember(self._used_j, self._driven_m)
        self._drawn_j = self._used_j = self._driven_m = 0.0
        is_parked = self.speed_mps == 0 and self.gear == PARK
        charging.step(self.charge_percent, battery.temperature_celsius, is_parked, dt_s)
        is_awake = self.ignition in AWAKE or charging.state is ChargingState.CHARGING
        low_voltage.step(self.accessories_w, is_awake, dt_s)
        drawn_w = low_voltage.drawn_w + battery.thermal_w + self.cabin.electric_w
        self._other_w = drawn_w - charging.pack_w
        self.tyres.step(self.speed_mps, self.outside_celsius, dt_s)
        self.weather.step(self.rain_percent, self.speed_mps, dt_s)
        self._range_m_per_percent = battery.range_m_per_percent()

    def step_cabin(self, dt_s: float, climate: ClimateInput) -> None:
        """Advance the two zones' air, the fog on the panes, and what the climate draws."""
        self._cabin_due_s += dt_s
        if self._cabin_due_s < CABIN_STEP_S:
            return
        due_s, self._cabin_due_s = dt_s if math.isinf(self._cabin_due_s) else self._cabin_due_s, 0.0
        self.fog_percent = self.cabin.step(self.cabin_celsius, self.fog_percent, climate, self._surroundings(), due_s)

    def _surroundings(self) -> Surroundings:
        rain = self.rain_percent
        outside = self.outside_celsius
        dry = vapour_kg_kg(HIGHEST_OUTSIDE_DEW_POINT_CELSIUS, 100.0)
        front, rear = self.window_opening
        doors = [path for path, is_open in self.open_doors.items() if is_open]
        people = [path for path, is_there in self.occupied.items() if is_there]
        return Surroundings(
            outside_celsius=outside,
            outside_vapour=min(dry, vapour_kg_kg(outside, humidity_percent(rain))),
            light_percent=self.felt_light_percent,
            rain_percent=rain,
            speed_mps=self.speed_mps,
            window_opening=(front, rear),
            doors_open=_by_row(doors),
            people=_by_row(people),
            roof_opening=self.roof_opening,
            roof_shade=self.roof_shade,
            rear_shade=self.rear_shade,
        )


def _by_row(paths: list[str]) -> tuple[int, int]:
    front = sum("Row1" in path for path in paths)
    return front, len(paths) - front


def approach(now: float, target: float, rate_per_s: float, dt_s: float) -> float:
    """Return `now` moved towards the target by at most the rate."""
    step = rate_per_s * dt_s
    return target if math.fabs(target - now) <= step else now + math.copysign(step, target - now)
