import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carpilot.vehicle.physics import ClimateInput, World
from carpilot.vehicle.physics.air import (
    dew_point_celsius,
    relative_humidity_percent,
    saturation_hpa,
    saturation_kg_kg,
    vapour_kg_kg,
)
from carpilot.vehicle.physics.climate import heat_limit_w, heating_electric_w

OFF = ClimateInput((0.0, 0.0), (22, 22), False, False, False)
TWO = {"Vehicle.Cabin.Seat.Row1.DriverSide.IsOccupied": True, "Vehicle.Cabin.Seat.Row1.PassengerSide.IsOccupied": True}


def on(
    blower: float = 0.8, set_celsius: float = 22, *, cool: bool = False, inside: bool = False, screen: bool = False
) -> ClimateInput:
    return ClimateInput((blower, blower), (set_celsius, set_celsius), cool, inside, screen)


def at(outside: float, air: float, light: float = 0.0, **more: object) -> World:
    world = World(outside_celsius=outside, cabin_celsius=[air, air], light_percent=light)
    for name, value in more.items():
        setattr(world, name, value)
    return world


def run(world: World, climate: ClimateInput, seconds: int, dt_s: float = 1.0) -> World:
    for _ in range(round(seconds / dt_s)):
        world.step_cabin(dt_s, climate)
    return world


def minutes_until(world: World, climate: ClimateInput, celsius: float) -> float:
    seconds, rises = 0, world.cabin_celsius[0] < celsius
    while (world.cabin_celsius[0] < celsius) == rises and seconds < 3600:
        world.step_cabin(1.0, climate)
        seconds += 1
    return seconds / 60


@pytest.mark.parametrize(
    ("celsius", "hpa"), [(-20, 1.03), (-10, 2.60), (0, 6.11), (10, 12.27), (20, 23.37), (30, 42.43)]
)
def test_given_a_temperature_when_saturated_then_the_pressure_is_that_of_the_tables(celsius: float, hpa: float) -> None:
    # Saturation vapour pressure over water, below 0 over ice: WMO and Smithsonian meteorological tables
    assert saturation_hpa(celsius) == pytest.approx(hpa, rel=0.01)


@pytest.mark.parametrize(
    ("celsius", "humidity", "dew_point"), [(20, 50, 9.3), (25, 60, 16.7), (10, 80, 6.7), (30, 100, 30)]
)
def test_given_a_humidity_when_asked_for_the_dew_point_then_it_is_that_of_the_psychrometric_chart(
    celsius: float, humidity: float, dew_point: float
) -> None:
    assert dew_point_celsius(celsius, humidity) == pytest.approx(dew_point, abs=0.1)


@given(st.floats(-30, 50), st.floats(1, 100))
def test_given_any_air_when_described_both_ways_then_the_humidity_comes_back(celsius: float, humidity: float) -> None:
    vapour = vapour_kg_kg(celsius, humidity)
    assert relative_humidity_percent(celsius, vapour) == pytest.approx(humidity, rel=1e-6)
    if celsius > 0:
        dew_point = dew_point_celsius(celsius, humidity)
        if dew_point > 0:
            assert saturation_kg_kg(dew_point) == pytest.approx(vapour, rel=1e-6)


def test_given_a_parked_car_in_the_sun_when_an_hour_passes_then_it_warms_as_mclaren_measured() -> None:
    # McLaren, Null, Quinn, Pediatrics 116 (2005): on average 22 K (40 degrees F) in 60 min, 80 % of it in the first 30
    world = at(25, 25, light=100)
    half = run(world, OFF, 1800).cabin_celsius[0] - 25
    whole = run(world, OFF, 1800).cabin_celsius[0] - 25
    assert 20 < whole < 25
    assert 0.7 < half / whole < 0.9


def test_given_shades_and_a_cracked_window_when_parked_in_the_sun_then_it_warms_less() -> None:
    bare, shaded, cracked = at(25, 25, 100), at(25, 25, 100, roof_shade=1.0, rear_shade=1.0), at(25, 25, 100)
    cracked.window_opening[:] = [0.1, 0.1]
    temperatures = [sum(run(world, OFF, 3600).cabin_celsius) for world in (bare, shaded, cracked)]
    assert temperatures[0] > temperatures[1] + 5
    assert temperatures[0] > temperatures[2] + 3


@pytest.mark.parametrize("inside", [False, True])
def test_given_minus_ten_when_heated_then_20_degrees_take_ten_to_fifteen_minutes(inside: bool) -> None:
    # Usual warm-up times of cars with 5 to 7 kW of heat; recirculation is the quicker way
    world = at(-10, -10)
    assert (8 if inside else 10) < minutes_until(world, on(inside=inside), 20) < (12 if inside else 16)


def test_given_a_soaked_car_when_cooled_then_it_takes_minutes_to_be_bearable() -> None:
    assert 5 < minutes_until(at(32, 50, 100), on(0.9, 21, cool=True, inside=True), 27) < 16


@pytest.mark.parametrize(
    ("outside", "light", "cool"), [(-10, 0, False), (5, 40, False), (15, 60, True), (30, 80, True)]
)
def test_given_an_hour_of_climate_when_settled_then_the_cabin_has_the_set_temperature(
    outside: float, light: float, cool: bool
) -> None:
    world = run(at(outside, 20, light), on(0.8 if outside > 25 else 0.5, 22, cool=cool), 3600)
    assert world.cabin_celsius[0] == pytest.approx(22, abs=1.0)


def test_given_two_set_temperatures_when_settled_then_the_zones_differ() -> None:
    world = run(at(5, 20), ClimateInput((0.5, 0.5), (24, 19), False, False, False), 1800)
    front, rear = world.cabin_celsius
    assert 2.5 < front - rear <= 5.5


def test_given_speed_when_nothing_heats_then_the_cabin_cools_faster() -> None:
    standing, driving = at(-10, 20), at(-10, 20, speed_mps=36.0)
    assert run(driving, OFF, 600).cabin_celsius[0] < run(standing, OFF, 600).cabin_celsius[0] - 2


@pytest.mark.parametrize("opening", ["window_opening", "open_doors", "roof_opening"])
def test_given_anything_open_when_it_is_cold_then_the_cabin_cools_faster(opening: str) -> None:
    closed, opened = at(-10, 20), at(-10, 20)
    values = {"window_opening": [1.0, 0.0], "open_doors": {"Vehicle.Cabin.Door.Row1.DriverSide.IsOpen": True}}
    setattr(opened, opening, values.get(opening, 1.0))
    assert run(opened, OFF, 120).cabin_celsius[0] < run(closed, OFF, 120).cabin_celsius[0] - 0.5


def test_given_people_when_nothing_else_heats_then_they_do() -> None:
    empty, taken = at(10, 10), at(10, 10, occupied=dict(TWO))
    gained = run(taken, OFF, 3600).cabin_celsius[0] - run(empty, OFF, 3600).cabin_celsius[0]
    assert 1 < gained < 5


def test_given_heating_when_it_is_colder_then_it_draws_more_and_what_it_draws_comes_out_of_the_battery() -> None:
    draws = [run(at(outside, 20), on(0.4), 1200).cabin.electric_w for outside in (-15, -5, 5, 12)]
    assert draws == sorted(draws, reverse=True)
    assert draws[0] > 3 * draws[-1]
    idle, heated = at(-10, 20), at(-10, 20)
    for world, climate in ((idle, OFF), (heated, on(0.6))):
        for _ in range(1800):
            world.step_cabin(1.0, climate)
            world.step_motion(1.0)
    assert idle.charge_percent - heated.charge_percent > 2


@given(st.floats(-30, 20), st.floats(0, 10_000))
def test_given_any_heat_when_made_then_it_costs_no_more_than_a_heater_and_no_less_than_a_good_pump(
    outside: float, heat_w: float
) -> None:
    electric_w = heating_electric_w(heat_w, outside)
    assert heat_w / 4 <= electric_w <= heat_w + 1e-6
    assert heat_limit_w(outside) >= 6_000


@pytest.mark.parametrize("blower", [0.0, 0.2])
def test_given_a_cold_wet_day_and_recirculation_when_two_sit_inside_then_the_screen_fogs_in_minutes(
    blower: float,
) -> None:
    world = at(5, 12, rain_percent=70.0, occupied=dict(TWO), speed_mps=14.0)
    run(world, on(blower, 20, inside=True), 120)
    assert world.fog_percent < 25
    run(world, on(blower, 20, inside=True), 600)
    assert world.fog_percent > 50


def test_given_fresh_air_when_it_is_wet_then_the_screen_fogs_far_less_than_with_recirculation() -> None:
    fresh, inside = (at(5, 12, rain_percent=70.0, occupied=dict(TWO), speed_mps=14.0) for _ in range(2))
    run(fresh, on(0.4, 20), 600)
    run(inside, on(0.4, 20, inside=True), 600)
    assert fresh.fog_percent < inside.fog_percent / 2


@pytest.mark.parametrize(("outside", "air"), [(-5, -3), (2, 10), (10, 18)])
def test_given_a_fogged_screen_when_defrosted_then_it_clears_in_a_minute_or_two(outside: float, air: float) -> None:
    world, seconds = at(outside, air, fog_percent=80.0), 0
    while world.fog_percent > 5 and seconds < 600:
        world.step_cabin(1.0, on(0.8, cool=True, screen=True))
        seconds += 1
    assert 25 < seconds < 150


def test_given_fog_that_was_set_when_nothing_blows_then_it_stays_for_minutes() -> None:
    world = at(5, 10, fog_percent=80.0)
    assert run(world, OFF, 120).fog_percent > 70


def test_given_fog_set_on_the_way_when_the_cabin_was_dry_then_it_stays_as_well() -> None:
    world = run(at(5, 20), on(0.2), 600)
    world.fog_percent = 60.0
    assert run(world, OFF, 60).fog_percent > 50


def test_given_a_summer_day_when_people_drive_with_fresh_air_then_nothing_fogs() -> None:
    assert run(at(25, 25, 60, occupied=dict(TWO), speed_mps=20.0), on(0.3), 1800).fog_percent == 0


def test_given_a_fogged_rear_window_when_its_heater_is_on_then_it_clears() -> None:
    off, heated = at(5, 12), at(5, 12)
    for world in (off, heated):
        world.cabin.rear_fog_percent = 60.0
        run(world, OFF, 5)
    run(off, on(0.1, 20), 240)
    run(heated, ClimateInput((0.1, 0.1), (20, 20), False, False, False, is_rear_defrosting=True), 240)
    assert heated.cabin.rear_fog_percent < 5
    assert heated.cabin.rear_fog_percent < off.cabin.rear_fog_percent - 10


def test_given_four_people_and_recirculation_when_driven_then_the_air_gets_stale_and_fresh_air_helps() -> None:
    # Hudda and Fruin, Science of the Total Environment 610 (2018): on recirculation thousands of ppm build up, with outside
    # air the cabin stays near 1,000
    people = {f"Vehicle.Cabin.Seat.Row{row}.{side}.IsOccupied": True for row in (1, 2) for side in "ab"}
    world = at(15, 20, occupied=people, speed_mps=20.0)
    assert run(world, on(0.3, inside=True), 1800).cabin.co2_ppm > 1_800
    assert run(world, on(0.4), 600).cabin.co2_ppm < 1_500


def test_given_short_and_long_steps_when_an_hour_passes_then_the_cabin_is_the_same() -> None:
    fine, coarse = at(-5, 15, 60, occupied=dict(TWO)), at(-5, 15, 60, occupied=dict(TWO))
    run(fine, on(0.5), 3600, 0.5)
    run(coarse, on(0.5), 3600, 10.0)
    assert coarse.cabin_celsius == pytest.approx(fine.cabin_celsius, abs=0.2)


def test_given_the_cabin_set_to_a_temperature_when_left_then_trim_and_air_have_it() -> None:
    world = run(at(15, 20), OFF, 600)
    world.cabin_celsius[:] = [40.0, 40.0]
    run(world, OFF, 60)
    assert world.cabin_celsius[0] > 32
    assert world.cabin.trim_celsius[0] > 38


@settings(deadline=None, max_examples=40)  # an hour of cabin each; two cores may be busy
@given(
    st.floats(-40, 50),
    st.floats(-40, 70),
    st.floats(0, 100),
    st.floats(0, 1),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.floats(0, 50),
)
def test_given_anything_when_an_hour_passes_then_air_damp_and_power_stay_those_of_a_car(
    outside: float, air: float, light: float, blower: float, cool: bool, inside: bool, screen: bool, speed: float
) -> None:
    world = at(outside, air, light, speed_mps=speed, rain_percent=light, occupied=dict(TWO))
    run(world, on(blower, 22, cool=cool, inside=inside, screen=screen), 3600, 10.0)
    assert all(min(outside, air) - 1 < celsius < 100 for celsius in world.cabin_celsius) or blower > 0
    assert all(-45 < celsius < 100 for celsius in world.cabin_celsius)
    assert 0 <= world.fog_percent <= 100
    assert 0 < world.cabin.vapour < 0.1
    assert 0 <= world.cabin.electric_w < 14_000
    assert 400 < world.cabin.co2_ppm < 50_000


def test_given_an_open_window_when_driving_then_it_takes_more_heat_than_standing() -> None:
    def lost(speed_mps: float) -> float:
        closed, opened = (at(-10, 20, speed_mps=speed_mps) for _ in range(2))
        opened.window_opening[:] = [0.2, 0.2]
        heat = on(0.5, 24)
        return run(closed, heat, 600).cabin_celsius[0] - run(opened, heat, 600).cabin_celsius[0]

    assert lost(25.0) > 1.5 * lost(0.0) > 0


def test_given_breath_in_a_cold_closed_car_when_panes_fog_then_they_keep_the_air_from_getting_damper() -> None:
    world = run(at(-5, 15, occupied=dict(TWO)), OFF, 2400)
    assert world.fog_percent > 50
    at_pane = saturation_kg_kg(world.cabin.windscreen.celsius)
    assert at_pane < world.cabin.vapour < 1.7 * at_pane
