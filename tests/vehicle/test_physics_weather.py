from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carpilot.vehicle.physics import World
from carpilot.vehicle.physics.tyres import COLD_TARGET_KPA, Tyre, Tyres
from carpilot.vehicle.physics.weather import WIPER_STROKES_PER_MIN, Weather, wanted_wiping, wants_lights


def test_given_ten_kelvin_when_a_tyre_cools_then_it_loses_about_12_kpa() -> None:
    # Tyre makers' rule: one psi (6.9 kPa) for 10 degrees Fahrenheit (5.6 K), so about 12 kPa for 10 K
    assert Tyre(celsius=20).pressure_kpa - Tyre(celsius=10).pressure_kpa == pytest.approx(12.0, abs=1.0)


def test_given_a_cold_tyre_when_driven_fast_then_it_warms_and_its_pressure_rises_by_a_tenth() -> None:
    tyre = Tyre()
    for _ in range(3600):
        tyre.step(120 / 3.6, 20.0, 1.0)
    assert 40 < tyre.celsius < 50
    assert 1.08 < tyre.pressure_kpa / COLD_TARGET_KPA < 1.15
    for _ in range(3 * 3600):
        tyre.step(0.0, 20.0, 1.0)
    assert tyre.pressure_kpa == pytest.approx(COLD_TARGET_KPA, abs=1)


@pytest.mark.parametrize(("lost", "is_low"), [(0.0, False), (0.18, False), (0.195, False), (0.205, True), (0.5, True)])
@pytest.mark.parametrize("celsius", [-20.0, 20.0, 50.0])
def test_given_a_share_lost_when_judged_then_un_r141_warns_from_a_fifth_whatever_the_weather(
    lost: float, is_low: bool, celsius: float
) -> None:
    tyre = Tyre(celsius=celsius)
    tyre.fill(tyre.pressure_kpa * (1 - lost))
    assert tyre.is_low is is_low


def test_given_a_slow_leak_when_driven_then_that_tyre_alone_warns_after_the_time_it_takes() -> None:
    tyres, minutes = Tyres(), 0
    tyres.wheels[2].leak_kpa_per_min = 5.0
    while not tyres.is_any_low and minutes < 60:
        for _ in range(60):
            tyres.step(20.0, 20.0, 1.0)
        minutes += 1
    assert 8 <= minutes <= 12  # 50 kPa of 250
    assert [tyre.is_low for tyre in tyres.wheels] == [False, False, True, False]
    tyres.wheels[2].leak_kpa_per_min = 0.0
    tyres.wheels[2].fill(COLD_TARGET_KPA)
    assert not tyres.is_any_low


@given(st.floats(-40, 60), st.floats(0, 400))
def test_given_any_filling_when_measured_then_it_is_what_was_filled(celsius: float, pressure: float) -> None:
    tyre = Tyre(celsius=celsius)
    tyre.fill(pressure)
    assert tyre.pressure_kpa == pytest.approx(pressure, abs=1e-6)


def test_given_falling_and_rising_light_when_judged_then_the_lamps_do_not_flicker() -> None:
    assert not wants_lights(25, are_on=False)
    assert wants_lights(19.9, are_on=False)
    assert wants_lights(34.9, are_on=True)
    assert not wants_lights(35, are_on=True)


def test_given_more_rain_when_judged_then_the_wipers_are_never_slower() -> None:
    strokes = [WIPER_STROKES_PER_MIN[wanted_wiping(percent)] for percent in range(101)]
    assert strokes == sorted(strokes)
    assert (strokes[0], strokes[-1]) == (0.0, WIPER_STROKES_PER_MIN["FAST"])


@pytest.mark.parametrize("threshold", [3, 20, 45, 70])
def test_given_rain_that_hovers_at_a_threshold_when_judged_then_the_mode_stays(threshold: float) -> None:
    mode = wanted_wiping(threshold + 0.1)
    assert wanted_wiping(threshold - 1, mode) == mode
    assert wanted_wiping(threshold - 1) != mode


def test_given_rain_when_the_wipers_stand_or_run_then_the_screen_is_wet_or_can_be_seen_through() -> None:
    standing, wiped = Weather(), Weather(strokes_per_min=WIPER_STROKES_PER_MIN["FAST"])
    for _ in range(20):
        standing.step(80.0, 20.0, 0.5)
        wiped.step(80.0, 20.0, 0.5)
    assert standing.wetness_percent > 90
    assert wiped.wetness_percent < 25
    standing.strokes_per_min = WIPER_STROKES_PER_MIN["SLOW"]
    for _ in range(20):
        standing.step(0.0, 20.0, 0.5)
    assert standing.wetness_percent < 1


def test_given_a_wash_when_done_then_the_screen_is_wet_until_wiped() -> None:
    weather = Weather()
    weather.wash()
    weather.step(0.0, 0.0, 1.0)
    assert weather.wetness_percent > 60


def test_given_a_tunnel_when_entered_then_it_is_dark_and_dry_and_what_was_set_comes_back_after_it() -> None:
    world = World(rain_percent=60.0, light_percent=90.0)
    world.weather.is_in_tunnel = True
    assert (world.felt_rain_percent, world.felt_light_percent) == (0.0, 5.0)
    world.weather.is_in_tunnel = False
    assert (world.felt_rain_percent, world.felt_light_percent) == (60.0, 90.0)


def vary(seed: int | None) -> list[tuple[float, float]]:
    weather = Weather(random=None if seed is None else Random(seed))
    felt = []
    for _ in range(7200):
        weather.step(0.0, 20.0, 1.0)
        felt.append((weather.felt_rain_percent(0.0), weather.felt_light_percent(80.0)))
    return felt


def test_given_no_random_when_hours_pass_then_the_weather_stays_as_set() -> None:
    assert set(vary(None)) == {(0.0, 80.0)}


def test_given_a_seed_when_hours_pass_then_showers_come_and_go_and_the_same_seed_gives_the_same() -> None:
    felt = vary(7)
    rain = [each[0] for each in felt]
    assert max(rain) > 20
    assert sum(percent < 1 for percent in rain) > 1000
    assert felt == vary(7)
    assert felt != vary(8)
