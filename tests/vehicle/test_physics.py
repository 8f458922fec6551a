import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carpilot.vehicle.physics import DRIVE, NEUTRAL, PARK, REVERSE, ClimateInput, World, approach

DT_S = 0.01


def rolling(speed_kph: float = 0.0, gear: int = DRIVE, throttle: float = 0.0, brake: float = 0.0) -> World:
    return World(speed_mps=speed_kph / 3.6, gear=gear, throttle=throttle, brake=brake, is_parking_brake_engaged=False)


def seconds_until(world: World, speed_kph: float, limit_s: float = 120) -> float:
    """Simulated seconds until the car passes a speed, upwards or downwards."""
    is_faster = world.speed_mps * 3.6 > speed_kph
    time_s = 0.0
    while (world.speed_mps * 3.6 > speed_kph) == is_faster and time_s < limit_s:
        world.step_motion(DT_S)
        time_s += DT_S
    return time_s


def test_given_full_throttle_when_started_then_100_kph_is_reached_in_a_time_such_cars_take() -> None:
    # Published times of 150 kW battery-electric cars of about 1.9 t lie between 7 and 9 seconds.
    assert 6.5 < seconds_until(rolling(throttle=1.0), 100) < 10


def test_given_less_throttle_when_started_then_it_takes_longer() -> None:
    times = [seconds_until(rolling(throttle=throttle), 60) for throttle in (1.0, 0.7, 0.4, 0.2)]
    assert times == sorted(times)
    assert times[0] < times[-1]


def test_given_full_brakes_at_100_kph_when_braked_then_it_stops_as_good_tyres_do() -> None:
    world = rolling(100, brake=1.0)
    metres = 0.0
    while world.speed_mps > 0:
        world.step_motion(DT_S)
        metres += world.speed_mps * DT_S
    assert 33 < metres < 50


def test_given_no_pedal_when_coasting_then_drive_slows_faster_than_neutral_and_power_comes_back() -> None:
    drive, neutral = rolling(80), rolling(80, gear=NEUTRAL)
    assert seconds_until(drive, 40) < seconds_until(neutral, 40) / 2
    world = rolling(80)
    world.step_motion(DT_S)
    assert world.power_w < 0


@pytest.mark.parametrize("gear", [PARK, NEUTRAL])
def test_given_park_or_neutral_when_the_pedal_is_pressed_then_the_car_stays(gear: int) -> None:
    world = rolling(gear=gear, throttle=1.0)
    for _ in range(300):
        world.step_motion(DT_S)
    assert world.speed_mps == 0


def test_given_reverse_when_the_pedal_is_pressed_then_the_car_stays_slow() -> None:
    world = rolling(gear=REVERSE, throttle=1.0)
    for _ in range(3000):
        world.step_motion(DT_S)
    assert 5 < world.speed_mps * 3.6 <= 20


def test_given_full_throttle_for_minutes_when_driven_then_speed_is_bounded() -> None:
    world = rolling(throttle=1.0)
    for _ in range(12_000):
        world.step_motion(DT_S)
        assert world.speed_mps <= 180 / 3.6
    assert world.speed_mps * 3.6 > 150


def test_given_an_empty_battery_when_the_pedal_is_pressed_then_the_car_stays() -> None:
    world = rolling(throttle=1.0)
    world.charge_percent = 0.0
    world.step_motion(1.0)
    assert world.speed_mps == 0


def test_given_an_hour_at_a_held_100_kph_when_driven_then_consumption_is_that_of_such_cars() -> None:
    world = rolling(100)
    world.is_speed_held = True
    start = world.charge_percent
    for _ in range(3600):
        world.step_motion(1.0)
    assert world.speed_mps * 3.6 == pytest.approx(100)
    kwh = (start - world.charge_percent) / 100 * 60
    assert 11 < kwh < 20


@given(st.floats(0, 100))
def test_given_any_charge_when_asked_for_the_range_then_it_follows_from_the_charge(charge: float) -> None:
    world = World(charge_percent=charge)
    world.step_motion(DT_S)
    assert world.range_m == pytest.approx(world.charge_percent / 100 * 60 / 13.6 * 100_000)


def test_given_a_fixed_range_when_driven_then_it_stays() -> None:
    world = rolling(50)
    world.range_m, world.is_range_fixed = 12_000, True
    world.step_motion(1.0)
    assert world.range_m == 12_000


@given(
    st.sampled_from([PARK, REVERSE, NEUTRAL, DRIVE]),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 180),
    st.booleans(),
)
def test_given_any_pedals_when_driven_then_speed_is_never_negative_nor_beyond_the_limit(
    gear: int, throttle: float, brake: float, speed_kph: float, held: bool
) -> None:
    world = rolling(speed_kph, gear, throttle, brake)
    world.is_parking_brake_engaged = held
    for _ in range(50):
        world.step_motion(0.1)
        assert 0 <= world.speed_mps * 3.6 <= 180.001
        assert math.isfinite(world.power_w)
        assert 0 <= world.charge_percent <= 100


def climate(
    blower: float = 0.0,
    set_celsius: float = 22,
    cooling: bool = False,
    recirculating: bool = False,
    defrosting: bool = False,
) -> ClimateInput:
    return ClimateInput((blower, blower), (set_celsius, set_celsius), cooling, recirculating, defrosting)


def cabin(air: float, outside: float, light: float = 0.0) -> World:
    return World(cabin_celsius=[air, air], outside_celsius=outside, light_percent=light)


def minutes_until(world: World, inputs: ClimateInput, celsius: float, limit_s: int = 3600) -> float:
    is_above = world.cabin_celsius[0] > celsius
    time_s = 0.0
    while (world.cabin_celsius[0] > celsius) == is_above and time_s < limit_s:
        world.step_cabin(0.1, inputs)
        time_s += 0.1
    return time_s / 60


def test_given_a_frozen_cabin_when_heated_then_it_takes_minutes_to_be_warm() -> None:
    assert 3 < minutes_until(cabin(-10, -10), climate(0.8, 22), 15) < 20


def test_given_a_hot_cabin_when_cooled_then_it_takes_minutes_to_be_bearable() -> None:
    assert 1 < minutes_until(cabin(50, 32, light=100), climate(0.8, 21, cooling=True), 27) < 20


def test_given_no_blower_when_left_alone_then_the_cabin_nears_the_outside() -> None:
    world = cabin(22, -10)
    temperatures = []
    for _ in range(60):
        for _ in range(600):
            world.step_cabin(0.1, climate(0))
        temperatures.append(world.cabin_celsius[0])
    assert temperatures == sorted(temperatures, reverse=True)
    assert -10 <= temperatures[-1] < -5


def test_given_an_open_window_when_heated_then_the_cabin_stays_colder() -> None:
    closed, opened = cabin(-10, -10), cabin(-10, -10)
    opened.window_opening[:] = [1.0, 1.0]
    for _ in range(6000):
        closed.step_cabin(0.1, climate(0.8))
        opened.step_cabin(0.1, climate(0.8))
    assert opened.cabin_celsius[0] < closed.cabin_celsius[0] - 3


def test_given_a_cold_wet_day_and_recirculation_when_two_people_breathe_then_the_screen_fogs_and_defrosting_clears_it() -> (
    None
):
    world = cabin(12, 5)
    world.rain_percent, world.speed_mps = 70, 14
    world.occupied = {"Seat.Row1.DriverSide": True, "Seat.Row1.PassengerSide": True}
    for _ in range(6000):
        world.step_cabin(0.1, climate(0.2, 20, recirculating=True))
    assert world.fog_percent > 40
    world.fog_percent = 80.0
    time_s = 0.0
    while world.fog_percent > 5 and time_s < 600:
        world.step_cabin(0.1, climate(0.8, defrosting=True, cooling=True))
        time_s += 0.1
    assert 15 < time_s < 150


@settings(deadline=None, max_examples=40)  # an hour of cabin each; two cores may be busy
@given(
    st.floats(-40, 50),
    st.floats(-40, 80),
    st.floats(0, 100),
    st.floats(0, 1),
    st.floats(16, 28),
    st.booleans(),
    st.booleans(),
)
def test_given_any_weather_when_an_hour_passes_then_temperatures_stay_those_of_a_car(
    outside: float, air: float, light: float, blower: float, set_celsius: float, cooling: bool, recirculating: bool
) -> None:
    world = cabin(air, outside, light)
    for _ in range(360):
        world.step_cabin(10.0, climate(blower, set_celsius, cooling, recirculating))
    assert all(-50 < celsius < 100 for celsius in world.cabin_celsius)
    assert 0 <= world.fog_percent <= 100


@given(st.floats(-100, 100), st.floats(-100, 100), st.floats(0, 50), st.floats(0, 1))
def test_given_any_target_when_approached_then_never_overshot(
    now: float, target: float, rate: float, dt_s: float
) -> None:
    moved = approach(now, target, rate, dt_s)
    assert min(now, target) <= moved <= max(now, target)
    assert abs(moved - now) <= rate * dt_s + 1e-9
