"""Devices without a bus: what moves, how fast, and what is refused."""

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carpilot.car import DEVICES as CAR_DEVICES
from carpilot.ecu.body import Body
from carpilot.ecu.climate import Climate
from carpilot.ecu.device import STEP_S, Device, Response
from carpilot.ecu.door import Doors
from carpilot.ecu.media import Media
from carpilot.ecu.seat import Seats
from carpilot.vehicle.catalogue import Catalogue, Value, default_catalogue
from carpilot.vehicle.physics import World

CATALOGUE = default_catalogue()
LIGHTS = "Vehicle.Body.Lights."
WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
OTHER_WINDOW = "Vehicle.Cabin.Door.Row1.PassengerSide.Window.Position"
BOOT = "Vehicle.Body.Trunk.Rear.IsOpen"
LOCK = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"
WIPER = "Vehicle.Body.Windshield.Front.Wiping.Mode"
WASHING = "Vehicle.Private.Windshield.Front.IsWashing"
SWITCH, LOW, POSITION = f"{LIGHTS}LightSwitch", f"{LIGHTS}Beam.Low.IsOn", f"{LIGHTS}Parking.IsOn"
HIGH, FOG_FRONT, FOG_REAR = f"{LIGHTS}Beam.High.IsOn", f"{LIGHTS}Fog.Front.IsOn", f"{LIGHTS}Fog.Rear.IsOn"
AMBIENT = "Vehicle.Cabin.Light.AmbientLight.Row1.DriverSide."
MEDIA = "Vehicle.Cabin.Infotainment.Media."
MUTED, PLAYBACK = "Vehicle.Private.Media.IsMuted", "Vehicle.Private.Media.Playback"
HEAT = "Vehicle.Cabin.Seat.Row1.DriverSide.HeatingCooling"
WHEEL_HEAT = "Vehicle.Chassis.SteeringWheel.HeatingCooling"
STATION = "Vehicle.Cabin.HVAC.Station."
AUTO = "Vehicle.Private.Climate.IsAutoOn"
DEVICES: list[Callable[[Catalogue, World], Device]] = [kind for kind, _ in CAR_DEVICES]
CRUISE = "Vehicle.ADAS.CruiseControl.IsActive"
MEMORY = "Vehicle.Private.Seat.Row1.DriverSide.MemorySlot"


def run(device: Device, seconds: float) -> None:
    for _ in range(round(seconds / STEP_S)):
        device.step(STEP_S)


def seconds_until(device: Device, path: str, value: Value, limit_s: float = 15) -> float:
    for count in range(round(limit_s / STEP_S)):
        if device.actual[path] == value:
            return count * STEP_S
        device.step(STEP_S)
    raise AssertionError(f"{path} is {device.actual[path]} after {limit_s} s, not {value}")


def doors() -> Doors:
    return Doors(CATALOGUE, World())


def body(**world: float) -> Body:
    return Body(CATALOGUE, World(**world))  # type: ignore[arg-type] # only numbers are given here


def test_given_all_devices_when_asked_then_every_signal_of_the_catalogue_is_reported_by_one() -> None:
    reported = set()
    for make in DEVICES:
        device = make(CATALOGUE, World())
        for path, signal in device.signals.items():
            value = device.report(signal)
            assert value is not None
            assert signal.check(value) == value
            reported.add(path)
    assert reported == set(CATALOGUE)


@given(st.data())
def test_given_any_valid_target_when_time_passes_then_it_is_reached_within_the_catalogues_time(
    data: st.DataObject,
) -> None:
    signal = data.draw(st.sampled_from([s for s in CATALOGUE.actuators if s.type != "string" and not s.is_momentary]))
    if signal.type == "boolean":
        target: Value = data.draw(st.booleans())
    else:
        assert signal.minimum is not None and signal.maximum is not None
        step = signal.step or 1
        count = round((signal.maximum - signal.minimum) / step)
        target = signal.check(float(signal.minimum + step * data.draw(st.integers(0, count))))
    device = next(make(CATALOGUE, World()) for make in DEVICES if signal.path in make(CATALOGUE, World()).signals)
    if device.accept({signal.path: target}).is_refusal:
        assert signal.path in (FOG_REAR, CRUISE)
        return
    assert seconds_until(device, signal.path, target, 31) <= signal.settles_within_s
    run(device, STEP_S)
    assert device.response is Response.DONE or device.actual[signal.path] == target


# Doors


def test_given_a_closed_pane_when_opened_then_it_takes_four_seconds_and_passes_every_tenth() -> None:
    device, seen = doors(), list[int]()
    device.accept({WINDOW: 100})
    while device.actual[WINDOW] != 100:
        assert device.response is Response.MOVING
        device.step(STEP_S)
        seen.append(int(device.actual[WINDOW]))
    assert len(seen) * STEP_S == pytest.approx(4.0, abs=0.1)
    assert seen == sorted(seen)
    assert {value // 10 for value in seen} == set(range(11))
    run(device, STEP_S)
    assert device.response is Response.DONE


def test_given_an_open_pane_when_closed_then_it_only_ever_closes() -> None:
    device, seen = doors(), list[int]()
    device.set_by_hand(WINDOW, 100)
    device.accept({WINDOW: 30})
    for _ in range(500):
        device.step(STEP_S)
        seen.append(int(device.actual[WINDOW]))
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] == 30


def test_given_a_moving_pane_when_a_new_target_comes_then_it_turns_where_it_stands() -> None:
    device = doors()
    device.accept({WINDOW: 100})
    run(device, 2.0)
    here = device.actual[WINDOW]
    device.accept({WINDOW: 0})
    assert device.actual[WINDOW] == here == 50
    assert seconds_until(device, WINDOW, 0) == pytest.approx(2.0, abs=0.1)


def test_given_a_moving_pane_when_power_is_lost_then_it_stays_where_it_is() -> None:
    device = doors()
    device.accept({WINDOW: 100})
    run(device, 1.0)
    device.reset()
    run(device, 5.0)
    assert device.actual[WINDOW] == device.target[WINDOW] == 25
    assert device.response is Response.IDLE


def test_given_a_jammed_pane_when_moved_then_it_stays_is_given_up_and_others_move() -> None:
    device = doors()
    device.jammed.add(WINDOW)
    device.accept({WINDOW: 100, LOCK: True})
    run(device, 1.0)
    assert (device.actual[WINDOW], device.target[WINDOW], device.actual[LOCK]) == (0, 0, True)
    assert device.response is Response.JAMMED
    device.jammed.clear()
    run(device, 5.0)
    assert device.actual[WINDOW] == 0
    device.accept({WINDOW: 100})
    assert seconds_until(device, WINDOW, 100) < 4.1


@pytest.mark.parametrize(("speed_kph", "is_refused"), [(0, False), (4.9, False), (5.1, True), (50, True)])
def test_given_a_speed_when_the_boot_shall_open_then_the_ecu_itself_refuses_above_walking_pace(
    speed_kph: float, is_refused: bool
) -> None:
    device = doors()
    device.world.speed_mps = speed_kph / 3.6
    response = device.accept({BOOT: True, LOCK: True})
    assert response is (Response.REFUSED_STATE if is_refused else Response.MOVING)
    run(device, 6.0)
    assert (device.actual[BOOT], device.actual[LOCK]) == (not is_refused, not is_refused)


def test_given_an_open_boot_when_driving_then_it_may_be_closed() -> None:
    device = doors()
    device.set_by_hand(BOOT, True)
    device.world.speed_mps = 20.0
    device.accept({BOOT: False})
    assert 4.5 < seconds_until(device, BOOT, False) < 5.5


REFUSED: list[tuple[Callable[[Catalogue, World], Device], dict[str, Value]]] = [
    (Doors, {LOCK: True, WINDOW: 101}),
    (Doors, {WINDOW: -1, OTHER_WINDOW: 50}),
    (Doors, {OTHER_WINDOW: 50, WINDOW: "open"}),
    (Seats, {HEAT: 66, WHEEL_HEAT: -50}),
    (Climate, {f"{STATION}Row1.Driver.FanSpeed": 60, f"{STATION}Row1.Driver.Temperature": 15.5}),
    (Climate, {f"{STATION}Row1.Driver.FanSpeed": 60, f"{STATION}Row1.Driver.Temperature": float("nan")}),
    (Body, {f"{LIGHTS}Hazard.IsSignaling": True, SWITCH: "MOON"}),
    (Media, {MUTED: True, f"{MEDIA}Volume": 127}),
]


@pytest.mark.parametrize(("make", "targets"), REFUSED)
def test_given_one_value_out_of_range_when_commanded_then_nothing_of_the_command_is_taken(
    make: Callable[[Catalogue, World], Device], targets: Mapping[str, Value]
) -> None:
    device = make(CATALOGUE, World())
    actual, target = dict(device.actual), dict(device.target)
    assert device.accept(targets) is Response.REFUSED_RANGE
    assert device.target == target
    run(device, 1.0)
    assert device.actual == actual
    assert device.response is Response.REFUSED_RANGE


def test_given_open_panes_when_time_passes_then_the_air_knows() -> None:
    device = doors()
    device.set_by_hand(WINDOW, 100)
    run(device, STEP_S)
    assert device.world.window_opening == [0.5, 0.0]


# Lights and wipers


@pytest.mark.parametrize(
    ("switch", "light", "ignition", "low", "position"),
    [
        ("AUTO", 19.9, "ON", True, True),
        ("AUTO", 20.0, "ON", False, False),
        ("AUTO", 5.0, "OFF", False, False),
        ("BEAM", 90.0, "ON", True, True),
        ("BEAM", 90.0, "ACC", False, False),
        ("POSITION", 5.0, "ON", False, True),
        ("OFF", 5.0, "ON", False, False),
        ("DAYTIME_RUNNING_LIGHTS", 5.0, "ON", False, False),
    ],
)
def test_given_a_switch_and_a_light_when_asked_then_the_lamps_burn(
    switch: str, light: float, ignition: str, low: bool, position: bool
) -> None:
    device = body(light_percent=light)
    device.world.ignition = ignition
    device.set_by_hand(SWITCH, switch)
    assert (device.sensed(LOW), device.sensed(POSITION)) == (low, position)


@pytest.mark.parametrize(
    ("given_values", "is_refused"),
    [
        ({SWITCH: "OFF"}, True),
        ({SWITCH: "AUTO"}, True),
        ({SWITCH: "POSITION"}, False),
        ({SWITCH: "BEAM"}, False),
        ({SWITCH: "OFF", FOG_FRONT: True}, False),
    ],
)
def test_given_no_other_light_when_the_rear_fog_lamp_is_asked_for_then_it_is_refused(
    given_values: Mapping[str, Value], is_refused: bool
) -> None:
    device = body()
    for path, value in given_values.items():
        device.set_by_hand(path, value)
    assert device.accept({FOG_REAR: True}).is_refusal is is_refused
    run(device, 1)
    assert device.actual[FOG_REAR] is not is_refused


def test_given_lamps_when_the_switch_goes_off_then_they_go_too() -> None:
    device = body()
    for path, value in ((SWITCH, "BEAM"), (HIGH, True), (FOG_FRONT, True), (FOG_REAR, True)):
        device.set_by_hand(path, value)
    device.accept({SWITCH: "OFF"})
    run(device, 0.5)
    assert [device.actual[path] for path in (HIGH, FOG_FRONT, FOG_REAR)] == [False] * 3


@pytest.mark.parametrize(("leaf", "value"), [("Color", "RED"), ("Intensity", 40)])
def test_given_a_colour_or_a_brightness_when_set_then_the_ambient_light_burns(leaf: str, value: Value) -> None:
    device = body()
    device.set_by_hand(f"{AMBIENT}IsLightOn", False)
    device.accept({f"{AMBIENT}{leaf}": value})
    run(device, 0.5)
    assert device.actual[f"{AMBIENT}IsLightOn"] is True


def test_given_resting_wipers_when_washed_then_they_wipe_and_rest_again() -> None:
    device = body()
    device.accept({WASHING: True})
    run(device, 1.0)
    assert (device.actual[WASHING], device.actual[WIPER]) == (True, "SLOW")
    run(device, 1.0)
    assert (device.actual[WASHING], device.actual[WIPER]) == (False, "SLOW")
    run(device, 4.0)
    assert (device.actual[WASHING], device.actual[WIPER]) == (False, "OFF")


def test_given_wiping_wipers_when_washed_then_their_mode_is_kept() -> None:
    device = body()
    device.set_by_hand(WIPER, "FAST")
    device.accept({WASHING: True})
    for _ in range(700):
        device.step(STEP_S)
        assert device.actual[WIPER] == "FAST"
    assert device.actual[WASHING] is False


def test_given_a_second_wash_during_the_wipes_of_the_first_then_it_is_as_long_as_the_first() -> None:
    device = body()
    device.accept({WASHING: True})
    run(device, 2.5)
    assert device.actual[WASHING] is False
    device.accept({WASHING: True})
    run(device, 0.1)
    assert device.actual[WASHING] is True
    assert 1.2 < seconds_until(device, WASHING, False) < 1.6
    run(device, 4.0)
    assert device.actual[WIPER] == "OFF"


# Media


def media() -> Media:
    return Media(CATALOGUE, World())


@pytest.mark.parametrize(("volume", "is_muted"), [(30, False), (0, True)])
def test_given_a_muted_player_when_the_volume_is_set_then_only_sound_ends_the_mute(volume: int, is_muted: bool) -> None:
    device = media()
    device.set_by_hand(MUTED, True)
    device.accept({f"{MEDIA}Volume": volume})
    run(device, 1)
    assert (device.actual[f"{MEDIA}Volume"], device.actual[MUTED]) == (volume, is_muted)


@pytest.mark.parametrize(
    ("actions", "track"),
    [(["SKIP_FORWARD"], 2), (["SKIP_BACKWARD"], 6), (["SKIP_FORWARD"] * 3, 4), (["SKIP_BACKWARD", "SKIP_FORWARD"], 1)],
)
def test_given_skips_when_done_then_each_moves_one_item_falls_back_and_plays(actions: list[str], track: int) -> None:
    device = media()
    device.set_by_hand(PLAYBACK, "PAUSED")
    assert device.sensed("Vehicle.Private.Media.TrackNumber") == 1  # of six stations, on the radio
    for action in actions:
        device.accept({f"{MEDIA}Action": action})
        assert 0 < seconds_until(device, f"{MEDIA}Action", action) < 0.2
        assert 0.2 < seconds_until(device, f"{MEDIA}Action", "UNKNOWN") < 0.6
    run(device, 0.2)
    assert device.sensed("Vehicle.Private.Media.TrackNumber") == track
    assert device.actual[PLAYBACK] == "PLAYING"


def test_given_a_paused_player_when_another_source_is_chosen_then_it_plays_after_a_moment() -> None:
    device = media()
    device.set_by_hand(PLAYBACK, "PAUSED")
    device.accept({f"{MEDIA}Played.Source": "DAB"})
    assert 0.5 < seconds_until(device, f"{MEDIA}Played.Source", "DAB") < 1.5
    assert device.actual[PLAYBACK] == "PLAYING"


# Seats and climate


def test_given_full_seat_heat_when_ten_minutes_have_passed_then_it_falls_back_a_level() -> None:
    device = Seats(CATALOGUE, World())
    device.accept({HEAT: 100, WHEEL_HEAT: 66})
    run(device, 599)
    assert device.actual[HEAT] == 100
    run(device, 3)
    assert (device.actual[HEAT], device.target[HEAT], device.actual[WHEEL_HEAT]) == (66, 66, 66)
    run(device, 700)
    assert device.actual[HEAT] == 66


def test_given_full_seat_heat_when_it_is_switched_off_between_then_the_ten_minutes_start_anew() -> None:
    device = Seats(CATALOGUE, World())
    device.accept({HEAT: 100})
    run(device, 400)
    device.accept({HEAT: 0})
    run(device, 1)
    device.accept({HEAT: 100})
    run(device, 400)
    assert device.actual[HEAT] == 100


def climate(cabin: float = 20.0, outside: float = 15.0) -> Climate:
    return Climate(CATALOGUE, World(cabin_celsius=[cabin, cabin], outside_celsius=outside, light_percent=0.0))


def test_given_a_frozen_cabin_when_heated_at_fan_80_then_it_is_warm_within_minutes() -> None:
    device = climate(-10, -10)
    for row in ("Row1.Driver", "Row1.Passenger", "Row2.Driver"):
        device.accept({f"{STATION}{row}.Temperature": 22, f"{STATION}{row}.FanSpeed": 80})
    minutes = 0
    while device.world.cabin_celsius[0] <= 15:
        run(device, 60)
        minutes += 1
        assert minutes <= 20
    assert minutes >= 3


def test_given_automatic_climate_when_the_cabin_nears_the_set_temperature_then_the_blower_calms_down() -> None:
    device, fan = climate(5, 5), f"{STATION}Row1.Driver.FanSpeed"
    device.accept({AUTO: True})
    run(device, 5)
    assert (device.actual[fan], device.actual[f"{STATION}Row1.Driver.AirDistribution"]) == (80, "DOWN")
    run(device, 10 * 60)
    assert int(device.actual[fan]) < 60


@pytest.mark.parametrize(("leaf", "value"), [("FanSpeed", 60), ("AirDistribution", "UP")])
def test_given_automatic_climate_when_a_blower_or_a_flap_is_set_then_automatic_ends(leaf: str, value: Value) -> None:
    device = climate()
    device.set_by_hand(AUTO, True)
    device.accept({f"{STATION}Row1.Driver.{leaf}": value})
    run(device, 4)
    assert (device.actual[AUTO], device.actual[f"{STATION}Row1.Driver.{leaf}"]) == (False, value)


def test_given_a_blower_when_set_then_it_runs_up_in_steps() -> None:
    device, fan, seen = climate(), f"{STATION}Row1.Driver.FanSpeed", list[int]()
    device.set_by_hand(fan, 0)
    device.accept({fan: 100})
    for _ in range(300):
        device.step(STEP_S)
        seen.append(int(device.actual[fan]))
    assert seen == sorted(seen)
    assert len(set(seen)) > 50
    assert seen[-1] == 100
