import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carpilot.vehicle.physics import DRIVE, PARK, World
from carpilot.vehicle.physics.battery import CELLS, USABLE_KWH, Battery, on_curve
from carpilot.vehicle.physics.charging import Charging, ChargingState, Plug, charge_seconds, pack_limit_w
from carpilot.vehicle.physics.low_voltage import LowVoltage


def plugged(plug: Plug, charge: float, celsius: float = 20.0) -> World:
    world = World(charge_percent=charge, gear=PARK)
    world.soak(celsius)
    world.charging.is_port_open = True
    assert world.charging.connect(plug)
    return world


def state_of(world: World) -> ChargingState:
    """What the charging does now; a call, so that a type checker does not think it constant."""
    return world.charging.state


def minutes_to(world: World, percent: float) -> float:
    seconds = 0
    while world.charge_percent < percent and seconds < 20 * 3600:
        world.step_motion(1.0)
        seconds += 1
    return seconds / 60


@settings(deadline=None)
@given(st.floats(-50, 150))
def test_given_a_table_when_read_between_points_then_it_is_linear_and_constant_beyond(x: float) -> None:
    assert on_curve(((0, 50, 100), (0, 100, 0)), x) == pytest.approx(max(0.0, min(2 * x, 200 - 2 * x)), abs=1e-9)


def test_given_a_state_of_charge_when_measured_then_cells_are_within_those_of_nickel_manganese_cobalt() -> None:
    # Cell makers' data sheets: 2.5 to 4.2 V, nominal about 3.65 V
    battery, volts = Battery(), []
    for percent in range(101):
        battery.read(percent)
        volts.append(battery.open_circuit_v / CELLS)
    assert volts == sorted(volts)
    assert 3.0 < volts[0] < 3.4
    assert volts[50] == pytest.approx(3.65, abs=0.08)
    assert volts[100] <= 4.2


def test_given_a_cold_pack_when_measured_then_its_resistance_has_about_tripled() -> None:
    # Plett, Battery Management Systems I; Waag et al., Applied Energy 102 (2013): two to four times between 25 and -10 degrees
    battery = Battery(temperature_celsius=25.0)
    battery.read(50)
    warm = battery.resistance_ohm
    battery.temperature_celsius = -10.0
    battery.read(50)
    assert 2 < battery.resistance_ohm / warm < 4


@settings(deadline=None)
@given(st.floats(-150_000, 190_000), st.floats(2, 98), st.floats(-20, 45))
def test_given_any_power_when_drawn_then_the_store_loses_that_and_the_heat(
    power_w: float, percent: float, celsius: float
) -> None:
    battery = Battery(temperature_celsius=celsius)
    battery.read(percent)
    chemical_w = battery.chemical_w(power_w)
    if power_w < battery.open_circuit_v**2 / (4 * battery.resistance_ohm) * 0.99:
        current = chemical_w / battery.open_circuit_v
        assert chemical_w - battery.resistance_ohm * current**2 == pytest.approx(power_w, rel=1e-6, abs=1e-3)
    assert chemical_w >= power_w - 1e-6 or power_w > battery.drive_limit_w


def test_given_full_power_when_measured_then_voltage_sags_and_current_flows() -> None:
    battery = Battery()
    battery.step(50.0, 20.0, 150_000.0, 1.0)
    assert 0.8 * battery.open_circuit_v < battery.voltage_v < 0.95 * battery.open_circuit_v
    assert battery.current_a == pytest.approx(150_000 / battery.voltage_v)


def test_given_long_or_short_steps_when_the_pack_cools_then_the_temperature_is_the_same() -> None:
    short, long = Battery(temperature_celsius=30.0), Battery(temperature_celsius=30.0)
    for _ in range(3600):
        short.step(50, -10, 0.0, 1.0)
    long.step(50, -10, 0.0, 3600.0)
    assert long.temperature_celsius == pytest.approx(short.temperature_celsius, abs=0.01)
    assert 25 < long.temperature_celsius < 29  # a night, not an hour, brings it down


def test_given_a_drive_when_the_battery_is_cold_empty_or_hot_then_power_is_limited() -> None:
    def limit(percent: float, celsius: float) -> float:
        battery = Battery(temperature_celsius=celsius)
        battery.read(percent)
        return battery.drive_limit_w

    normal = limit(60, 20)
    assert all(less < normal / 2 for less in (limit(60, -25), limit(2, 20), limit(60, 58)))
    world = World(gear=DRIVE, is_parking_brake_engaged=False, throttle=1.0, charge_percent=2.0)
    for _ in range(1000):
        world.step_motion(0.02)
    assert world.total_power_w < 50_000


def test_given_a_fast_charger_when_charged_from_10_to_80_percent_then_it_takes_what_makers_publish() -> None:
    # Volkswagen ID.3 (58 kWh, 120 kW): 5 to 80 % in 35 min; Hyundai Kona (65 kWh, 105 kW): 10 to 80 % in 41 min
    world = plugged(Plug.DC, 10.0, 20.0)
    assert 28 < minutes_to(world, 80.0) < 36
    assert world.battery.temperature_celsius > 25


def test_given_frost_when_fast_charged_then_it_takes_about_twice_as_long_and_less_after_preconditioning() -> None:
    cold, warmed = plugged(Plug.DC, 10.0, -10.0), plugged(Plug.DC, 10.0, -10.0)
    warmed.battery.temperature_celsius = 22.0
    cold_min, warmed_min = minutes_to(cold, 80.0), minutes_to(warmed, 80.0)
    assert 1.7 < cold_min / warmed_min < 3


def test_given_preconditioning_when_driven_in_frost_then_the_pack_warms_at_the_cost_of_power() -> None:
    world = World()
    world.soak(-10)
    world.battery.is_preconditioning = True
    for _ in range(1800):
        world.step_motion(1.0)
    assert world.battery.temperature_celsius > 10
    assert world.total_power_w > 5_000


def test_given_11_kw_when_charged_from_empty_then_it_takes_about_six_hours() -> None:
    # Volkswagen ID.3 (58 kWh): 6 h 15 min at 11 kW
    assert 5.5 < minutes_to(plugged(Plug.AC, 0.0), 100.0 - 1e-5) / 60 < 6.7


def test_given_above_80_percent_when_fast_charged_then_the_power_tapers() -> None:
    powers = [pack_limit_w(Plug.DC, percent, 25.0) for percent in (30, 80, 90, 100)]
    assert powers == sorted(powers, reverse=True)
    assert powers[0] > 2 * powers[1] > 3 * powers[2]


@settings(deadline=None)
@given(st.floats(0, 100), st.floats(0, 100), st.floats(-20, 50))
def test_given_any_charge_when_estimated_then_more_takes_longer(a: float, b: float, celsius: float) -> None:
    low, high = sorted((a, b))
    assert charge_seconds(Plug.AC, 0, low, celsius, 11_000) <= charge_seconds(Plug.AC, 0, high, celsius, 11_000) + 1e-6
    assert math.isinf(charge_seconds(Plug.NONE, 0, 1, celsius, 11_000))


def test_given_a_limit_when_reached_then_charging_is_complete_and_the_plug_comes_out() -> None:
    world = plugged(Plug.AC, 49.9)
    world.charging.limit_percent = 50.0
    minutes_to(world, 50.0)
    for _ in range(3):
        world.step_motion(1.0)
    assert state_of(world) is ChargingState.COMPLETE
    assert world.charge_percent == pytest.approx(50.0, abs=0.05)
    assert world.charging.disconnect()
    world.step_motion(1.0)
    assert state_of(world) is ChargingState.UNPLUGGED


def test_given_a_timer_when_plugged_then_charging_waits_for_it() -> None:
    world = plugged(Plug.AC, 50.0)
    world.charging.timer_s = 600.0
    for _ in range(590):
        world.step_motion(1.0)
    assert state_of(world) is ChargingState.WAITING
    assert world.charge_percent <= 50.0
    for _ in range(60):
        world.step_motion(1.0)
    assert state_of(world) is ChargingState.CHARGING


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"is_enabled": False}, ChargingState.STOPPED),
        ({"has_fault": True}, ChargingState.FAULT),
        ({"limit_percent": 40.0}, ChargingState.COMPLETE),
    ],
)
def test_given_a_reason_not_to_charge_when_plugged_then_nothing_flows(
    change: dict[str, object], state: ChargingState
) -> None:
    world = plugged(Plug.DC, 50.0)
    for name, value in change.items():
        setattr(world.charging, name, value)
    for _ in range(5):
        world.step_motion(1.0)
    assert (world.charging.state, world.charging.power_w) == (state, 0.0)
    assert world.charge_percent <= 50.0


def test_given_a_closed_port_or_a_locked_plug_when_tried_then_nothing_moves() -> None:
    charging = Charging()
    assert not charging.connect(Plug.AC)
    assert charging == Charging()
    world = plugged(Plug.AC, 50.0)
    world.step_motion(1.0)
    assert not world.charging.disconnect()
    assert world.charging.is_plugged


def test_given_a_plug_when_the_car_is_not_in_park_then_it_does_not_charge() -> None:
    world = plugged(Plug.AC, 50.0)
    world.gear = DRIVE
    world.step_motion(1.0)
    assert state_of(world) is ChargingState.STOPPED


def test_given_a_fast_drive_when_the_range_is_asked_then_it_shrinks_faster_than_the_distance_and_recovers() -> None:
    world = World(gear=DRIVE, is_parking_brake_engaged=False, speed_mps=130 / 3.6, is_speed_held=True)
    world.step_motion(1.0)
    start_m, start_odometer = world.range_m, world.odometer_m
    for _ in range(1200):
        world.step_motion(1.0)
    driven_m = world.odometer_m - start_odometer
    assert start_m - world.range_m > 1.5 * driven_m
    assert 18 < world.battery.kwh_per_100km < 25
    world.speed_mps = 60 / 3.6
    for _ in range(3600):
        world.step_motion(1.0)
    assert world.battery.kwh_per_100km < 14


def test_given_an_hour_of_standing_with_heating_when_the_range_is_asked_then_it_stays_bounded() -> None:
    world = World(accessories_w=2_000.0)
    for _ in range(3600):
        world.step_motion(1.0)
    assert world.battery.kwh_per_100km <= 40
    assert world.range_m > world.charge_percent / 100 * USABLE_KWH / 40 * 100_000 - 1


def test_given_ignition_when_the_12_volt_side_is_measured_then_the_converter_feeds_it() -> None:
    low_voltage = LowVoltage()
    low_voltage.step(400.0, True, 1.0)
    assert 14.0 < low_voltage.voltage_v < 14.5
    low_voltage.step(400.0, False, 1.0)
    assert 12.0 < low_voltage.voltage_v < 12.8


def test_given_the_lamps_left_on_when_hours_pass_then_the_lead_battery_is_flat() -> None:
    low_voltage, hours = LowVoltage(), 0
    while not low_voltage.is_brown_out and hours < 100:
        for _ in range(3600):
            low_voltage.step(100.0, False, 1.0)
        hours += 1
    assert 4 < hours < 9  # 50 Ah at 8 A


def test_given_a_failed_converter_or_a_forced_voltage_when_loaded_then_a_brown_out_can_be_had() -> None:
    low_voltage = LowVoltage(is_converter_failed=True)
    low_voltage.step(400.0, True, 1.0)
    assert low_voltage.voltage_v < 12.8
    low_voltage.forced_v = 7.5
    low_voltage.step(400.0, True, 1.0)
    assert low_voltage.is_brown_out
    low_voltage.forced_v = None
    low_voltage.is_converter_failed = False
    low_voltage.step(400.0, True, 1.0)
    assert not low_voltage.is_brown_out


def test_given_a_charge_when_done_then_the_consumption_on_the_road_is_remembered_as_it_was() -> None:
    world = plugged(Plug.AC, 50.0)
    before = world.battery.kwh_per_100km
    minutes_to(world, 55.0)
    assert world.battery.kwh_per_100km == pytest.approx(before, rel=0.01)


def test_given_a_hot_pack_when_an_hour_passes_then_the_chiller_has_cooled_it_and_drew_power() -> None:
    battery = Battery(temperature_celsius=48.0)
    battery.step(50.0, 38.0, 0.0, 1.0)
    assert battery.thermal_w > 1_000
    for _ in range(3600):
        battery.step(50.0, 38.0, 0.0, 1.0)
    assert battery.temperature_celsius < 38
