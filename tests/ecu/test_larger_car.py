"""The units of the larger car: what each does beyond moving to its target."""

from collections.abc import Callable, Mapping

import pytest

from carpilot.ecu.assistance import CRUISE, CRUISE_SPEED, LANE, PARK_ASSIST, Assistance
from carpilot.ecu.battery import LIMIT, MAX_CURRENT, START_STOP, TIMER_MODE, TIMER_TIME, BatteryManagement
from carpilot.ecu.body import HORN, LEFT, REAR_WASHING, REAR_WIPER, RIGHT, SENSITIVITY, WASHING, WIPER, Body
from carpilot.ecu.climate import FRONT_DEFROST, MAX_DEFROST, REAR_DEFROST, STATIONS, SYNC, Climate, station
from carpilot.ecu.cluster import TRIP_RESET, Cluster
from carpilot.ecu.device import STEP_S, Device, Response
from carpilot.ecu.door import CABLE_LOCK, LIDS, Doors
from carpilot.ecu.media import PLAYBACK, SHUFFLE, SOURCE, STATION, TITLE, TITLES, Media
from carpilot.ecu.navigation import AVOID_MOTORWAYS, DESTINATION, NAVIGATION, WAYPOINT, Navigation
from carpilot.ecu.phone import CALL, CONTACT, READ_OUT, REPLY, Phone
from carpilot.ecu.roof import ROOF, SHADE, Roof
from carpilot.ecu.seat import DRIVER, MEMORIES, MEMORY, SEAT_LEAVES, Seats
from carpilot.ecu.stability import CALIBRATION, Stability
from carpilot.ecu.vehicle_control import DRIVE_MODE, PARKING_BRAKE, REGENERATION, VehicleControl
from carpilot.vehicle.catalogue import Catalogue, Value, default_catalogue
from carpilot.vehicle.physics import DRIVE, World
from carpilot.vehicle.physics.charging import ChargingState, Plug

CATALOGUE = default_catalogue()


def run(device: Device, seconds: float, step_s: float = STEP_S) -> None:
    for _ in range(round(seconds / step_s)):
        device.step(step_s)


def make(kind: Callable[[Catalogue, World], Device], **world: object) -> Device:
    return kind(CATALOGUE, World(**world))  # type: ignore[arg-type] # the tests give fields of the world


# Climate, seats, roof, doors


def test_sync_lets_all_zones_follow_the_driver_and_ends_when_another_zone_is_set() -> None:
    device = Climate(CATALOGUE, World())
    temperatures = [station(row, "Temperature") for row in STATIONS]
    device.accept({SYNC: True})
    device.accept({temperatures[0]: 24.5})
    run(device, 1)
    assert [device.actual[path] for path in temperatures] == [24.5] * 4
    device.accept({temperatures[3]: 20.0})
    run(device, 1)
    assert (device.actual[SYNC], device.actual[temperatures[0]], device.actual[temperatures[3]]) == (False, 24.5, 20.0)


def test_maximum_defrost_uses_everything_there_is() -> None:
    device = Climate(CATALOGUE, World())
    device.accept({MAX_DEFROST: True})
    run(device, 4)
    assert all(device.actual[path] is True for path in (FRONT_DEFROST, REAR_DEFROST))
    assert [device.actual[station(row, "FanSpeed")] for row in STATIONS[:2]] == [100, 100]
    assert [device.actual[station(row, "AirDistribution")] for row in STATIONS[:2]] == ["UP", "UP"]


@pytest.mark.parametrize("slot", [1, 2, 3])
def test_a_stored_place_is_reported_when_every_part_of_the_seat_has_reached_it(slot: int) -> None:
    device = Seats(CATALOGUE, World())
    device.accept({MEMORY: slot})
    seen = 0
    while device.actual[MEMORY] != slot:
        run(device, STEP_S)
        seen += 1
        assert seen < 3000
    assert [device.actual[f"{DRIVER}{leaf}"] for leaf in SEAT_LEAVES] == list(MEMORIES[slot])


def test_a_part_moved_by_itself_leaves_the_stored_place() -> None:
    device = Seats(CATALOGUE, World())
    device.set_by_hand(MEMORY, 2)
    device.accept({f"{DRIVER}Height": 80})
    assert device.actual[MEMORY] == 0


def test_the_roof_opens_its_shade_and_does_not_let_it_be_drawn_under_an_open_roof() -> None:
    device = Roof(CATALOGUE, World())
    device.set_by_hand(SHADE, 100)
    device.accept({ROOF: 100})
    run(device, 9)
    assert (device.actual[ROOF], device.actual[SHADE], device.world.roof_opening) == (100, 0, 1.0)
    assert device.accept({SHADE: 50}) is Response.REFUSED_STATE
    device.accept({ROOF: -100})
    run(device, 13)
    assert (device.sensed("Vehicle.Cabin.Sunroof.Position"), device.world.roof_opening) == (-100, 0.0)
    assert device.accept({SHADE: 100}) is Response.MOVING


@pytest.mark.parametrize("path", LIDS)
def test_no_lid_opens_at_speed_but_every_lid_closes(path: str) -> None:
    device = Doors(CATALOGUE, World(speed_mps=10.0))
    assert device.accept({path: True}) is Response.REFUSED_STATE
    device.set_by_hand(path, True)
    assert device.accept({path: False}) is Response.MOVING


def test_a_closing_pane_reverses_at_something_in_the_way() -> None:
    window = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
    device = Doors(CATALOGUE, World())
    device.set_by_hand(window, 100)
    device.motors[window].obstacle_at = 40.0
    device.accept({window: 0})
    run(device, 6)
    assert 60 < int(device.actual[window]) < 80
    assert device.response is Response.JAMMED
    assert device.motors[window].pinches == 1


def test_the_cable_stays_locked_while_current_flows() -> None:
    world = World()
    world.charging.is_port_open = True
    world.charging.connect(Plug.AC)
    world.charging.state = ChargingState.CHARGING
    device = Doors(CATALOGUE, world)
    device.set_by_hand(CABLE_LOCK, True)
    assert device.accept({CABLE_LOCK: False}) is Response.REFUSED_STATE


# Body


@pytest.mark.parametrize(("path", "other"), [(LEFT, RIGHT), (RIGHT, LEFT)])
def test_one_indicator_ends_the_other(path: str, other: str) -> None:
    device = Body(CATALOGUE, World())
    device.accept({other: True})
    run(device, 0.2)
    device.accept({path: True})
    run(device, 0.2)
    assert (device.actual[path], device.actual[other]) == (True, False)


def test_the_horn_ends_by_itself_and_an_empty_tank_washes_nothing() -> None:
    device = Body(CATALOGUE, World())
    device.accept({HORN: True})
    run(device, 0.5)
    assert device.actual[HORN] is True
    run(device, 1)
    assert device.actual[HORN] is False
    device.washer_percent = 0.0
    assert device.accept({WASHING: True}) is Response.REFUSED_STATE


def test_a_wash_of_the_rear_window_wipes_it_and_not_the_windscreen() -> None:
    device = Body(CATALOGUE, World())
    device.accept({REAR_WASHING: True})
    run(device, 1)
    assert (device.actual[REAR_WIPER], device.actual[WIPER]) == ("SLOW", "OFF")
    run(device, 6)
    assert device.actual[REAR_WIPER] == "OFF"
    assert device.washer_percent == pytest.approx(78.5)


@pytest.mark.parametrize(("sensitivity", "rain", "wipes"), [(1, 30, False), (1, 40, True), (5, 2, False), (5, 3, True)])
def test_the_rain_sensor_wipes_from_a_rain_that_depends_on_its_sensitivity(
    sensitivity: int, rain: float, wipes: bool
) -> None:
    device = Body(CATALOGUE, World(rain_percent=rain))
    device.set_by_hand(WIPER, "RAIN_SENSOR")
    device.set_by_hand(SENSITIVITY, sensitivity)
    run(device, STEP_S)
    assert device.is_wiping is wipes
    assert (device.world.weather.strokes_per_min > 0) is wipes


# Drive and assistance


def test_drive_mode_recuperation_and_parking_brake_reach_the_drive() -> None:
    device = VehicleControl(CATALOGUE, World())
    device.accept({DRIVE_MODE: "SPORT", REGENERATION: 3, PARKING_BRAKE: False})
    run(device, 3)
    world = device.world
    assert (world.drive_mode, world.regen_level, world.is_parking_brake_engaged) == ("SPORT", 3, False)
    world.speed_mps = 5.0
    assert device.accept({PARKING_BRAKE: True}) is Response.REFUSED_STATE


def cruising(speed_mps: float = 25.0) -> Assistance:
    world = World(speed_mps=speed_mps, gear=DRIVE, is_parking_brake_engaged=False)
    device = Assistance(CATALOGUE, world)
    device.accept({CRUISE_SPEED: 108.0})
    device.accept({CRUISE: True})
    return device


def test_the_cruise_control_comes_to_its_speed_and_ends_at_the_brake() -> None:
    device = cruising()
    for _ in range(4000):
        device.step(0.02)
        device.world.step_motion(0.02)
    assert device.world.speed_mps == pytest.approx(30.0, abs=0.3)
    device.world.brake = 0.4
    device.step(0.02)
    assert (device.actual[CRUISE], device.world.throttle) == (False, 0.0)


@pytest.mark.parametrize(("speed_mps", "gear"), [(5.0, DRIVE), (20.0, 0)])
def test_the_cruise_control_refuses_below_its_speed_and_out_of_drive(speed_mps: float, gear: int) -> None:
    device = make(Assistance, speed_mps=speed_mps, gear=gear)
    assert device.accept({CRUISE: True}) is Response.REFUSED_STATE


def test_lane_keeping_steers_only_when_fast_and_cannot_be_forced() -> None:
    device = Assistance(CATALOGUE, World())
    run(device, 0.2)
    assert device.actual[LANE] == "STANDBY"
    device.world.speed_mps = 20.0
    run(device, 0.5)
    assert device.actual[LANE] == "ACTIVE"
    assert device.accept({LANE: "ACTIVE"}) is Response.REFUSED_STATE
    device.accept({LANE: "OFF"})
    run(device, 1)
    assert device.actual[LANE] == "OFF"


def test_parking_takes_its_time_and_is_refused_at_speed() -> None:
    device = Assistance(CATALOGUE, World())
    device.accept({PARK_ASSIST: "PARKING"})
    run(device, 5)
    assert device.actual[PARK_ASSIST] == "PARKING"
    run(device, 10)
    assert device.actual[PARK_ASSIST] == "DONE"
    device.world.speed_mps = 10.0
    assert device.accept({PARK_ASSIST: "SEARCHING"}) is Response.REFUSED_STATE


def test_tiredness_grows_at_the_wheel_and_not_at_rest() -> None:
    device = Assistance(CATALOGUE, World())
    run(device, 3600, 1.0)
    assert device.fatigue_percent == 10.0
    device.world.speed_mps = 20.0
    run(device, 3600, 1.0)
    assert device.fatigue_percent == pytest.approx(28.0)


def test_calibration_learns_the_pressures_of_now_and_only_at_rest() -> None:
    device = Stability(CATALOGUE, World())
    device.world.tyres.wheels[2].fill(150)
    assert [device.is_low(wheel) for wheel in range(4)] == [False, False, True, False]
    device.world.speed_mps = 10.0
    assert device.accept({CALIBRATION: True}) is Response.REFUSED_STATE
    device.world.speed_mps = 0.0
    device.accept({CALIBRATION: True})
    run(device, 4)
    assert device.actual[CALIBRATION] is False
    assert not any(device.is_low(wheel) for wheel in range(4))


# Battery


def plugged(charge_percent: float = 50.0) -> BatteryManagement:
    world = World(charge_percent=charge_percent)
    world.charging.is_port_open = True
    world.charging.connect(Plug.AC)
    return BatteryManagement(CATALOGUE, world)


def charge(device: BatteryManagement, seconds: float) -> None:
    for _ in range(round(seconds)):
        device.step(1.0)
        device.world.step_motion(1.0)


def charging_state(device: Device) -> ChargingState:
    return device.world.charging.state


def test_charging_needs_a_cable_and_goes_to_the_limit() -> None:
    assert make(BatteryManagement).accept({START_STOP: "START"}) is Response.REFUSED_STATE
    device = plugged(79.0)
    device.accept({START_STOP: "START", LIMIT: 80, MAX_CURRENT: 16})
    charge(device, 30)
    assert charging_state(device) is ChargingState.CHARGING
    assert device.world.charging.power_w == pytest.approx(3 * 230 * 16, rel=0.01)
    charge(device, 900)
    assert charging_state(device) is ChargingState.COMPLETE
    assert device.world.charge_percent == pytest.approx(80.0, abs=0.2)


def test_a_timer_waits_for_its_time_of_day() -> None:
    device = plugged()
    device.accept({START_STOP: "START", TIMER_MODE: "START_TIME", TIMER_TIME: 12 * 60 + 15})
    charge(device, 14 * 60)
    assert charging_state(device) is ChargingState.WAITING
    charge(device, 2 * 60)
    assert charging_state(device) is ChargingState.CHARGING


# Media, phone, navigation, cluster


def test_a_title_leaves_the_radio_and_a_station_returns_to_it() -> None:
    device = Media(CATALOGUE, World())
    device.accept({TITLE: 7})
    run(device, 1.5)
    assert (device.actual[SOURCE], device.actual[TITLE], device.actual[PLAYBACK]) == ("USB", 7, "PLAYING")
    device.accept({STATION: 3})
    run(device, 1.5)
    assert (device.actual[SOURCE], device.sensed("Vehicle.Private.Media.TrackNumber")) == ("FM", 3)


@pytest.mark.parametrize("is_shuffled", [False, True])
def test_titles_follow_each_other_and_all_come_round(is_shuffled: bool) -> None:
    device = Media(CATALOGUE, World())
    for path, value in ((SOURCE, "USB"), (PLAYBACK, "PLAYING"), (SHUFFLE, is_shuffled)):
        device.set_by_hand(path, value)
    heard = []
    for _ in range(TITLES):
        heard.append(int(device.actual[TITLE]))
        run(device, 210, 1.0)
    assert sorted(heard) == list(range(1, TITLES + 1))
    assert (heard[1] == 2) is not is_shuffled


def test_a_contact_is_dialled_and_picks_up_and_hanging_up_forgets_it() -> None:
    device = Phone(CATALOGUE, World())
    device.accept({CONTACT: "MUM"})
    run(device, 1)
    assert (device.actual[CALL], device.actual[CONTACT]) == ("DIALING", "MUM")
    run(device, 3)
    assert device.actual[CALL] == "ACTIVE"
    assert device.accept({CONTACT: "DAD"}) is Response.REFUSED_STATE
    device.accept({CALL: "IDLE"})
    run(device, 1)
    assert (device.actual[CALL], device.actual[CONTACT]) == ("IDLE", "NONE")


def test_a_call_that_nobody_answers_ends_and_none_can_be_answered_that_is_not_there() -> None:
    device = Phone(CATALOGUE, World())
    assert device.accept({CALL: "ACTIVE"}) is Response.REFUSED_STATE
    device.ring()
    run(device, 20, 0.1)
    assert device.actual[CALL] == "RINGING"
    run(device, 6, 0.1)
    assert device.actual[CALL] == "IDLE"


def test_a_message_read_out_is_unread_no_more_and_can_be_answered() -> None:
    device = Phone(CATALOGUE, World())
    device.accept({READ_OUT: 1})
    run(device, 3)
    assert (device.actual[READ_OUT], device.sensed("Vehicle.Private.Messages.UnreadCount")) == (1, 2)
    run(device, 5)
    assert (device.actual[READ_OUT], device.sensed("Vehicle.Private.Messages.UnreadCount")) == (0, 1)
    device.accept({REPLY: "ON_MY_WAY"})
    run(device, 1)
    assert device.actual[REPLY] == "ON_MY_WAY"


def guidance(device: Navigation) -> Mapping[str, Value | None]:
    leaves = ("RouteState", "DistanceRemaining", "TimeRemaining", "StopCount", "NextManeuver", "DistanceToManeuver")
    return {leaf: device.sensed(f"{NAVIGATION}{leaf}") for leaf in leaves}


def drive(device: Navigation, metres: float) -> None:
    device.world.odometer_m += metres
    run(device, STEP_S)


def test_a_route_is_planned_followed_and_ended_at_its_place() -> None:
    device = Navigation(CATALOGUE, World())
    device.accept({DESTINATION: "AIRPORT"})
    assert guidance(device)["RouteState"] == "PLANNING"
    run(device, 1)
    start = guidance(device)
    assert start["RouteState"] == "GUIDING" and int(start["DistanceRemaining"] or 0) > 10_000
    drive(device, 5000)
    assert int(guidance(device)["DistanceRemaining"] or 0) == int(start["DistanceRemaining"] or 0) - 5000
    drive(device, 60_000)
    assert guidance(device)["RouteState"] == "ARRIVED"
    device.accept({DESTINATION: "NONE"})
    run(device, 1)
    assert guidance(device)["RouteState"] == "NONE"


def test_a_stop_may_come_together_with_its_destination() -> None:
    device = Navigation(CATALOGUE, World())
    assert device.accept({WAYPOINT: "LIBRARY", DESTINATION: "MUSEUM", AVOID_MOTORWAYS: True}) is Response.MOVING
    run(device, 1)
    assert (guidance(device)["StopCount"], device.actual[DESTINATION]) == (1, "MUSEUM")


def test_lane_keeping_that_is_switched_on_at_speed_reports_that_it_waits_before_it_steers() -> None:
    device = make(Assistance, speed_mps=30.0, gear=DRIVE)
    device.accept({LANE: "OFF"})
    run(device, 1)
    device.accept({LANE: "STANDBY"})
    seen = []
    for _ in range(300):
        device.step(STEP_S)
        seen.append(device.actual[LANE])
    assert list(dict.fromkeys(seen)) == ["OFF", "STANDBY", "ACTIVE"]
    assert seen.count("STANDBY") * STEP_S == pytest.approx(0.5, abs=0.05)


def test_a_stop_lies_before_the_destination_and_needs_one() -> None:
    device = Navigation(CATALOGUE, World())
    assert device.accept({WAYPOINT: "MUSEUM"}) is Response.REFUSED_STATE
    device.accept({DESTINATION: "AIRPORT"})
    run(device, 1)
    assert device.accept({WAYPOINT: "MUSEUM"}) is Response.MOVING
    run(device, 1)
    assert guidance(device)["StopCount"] == 1
    device.accept({DESTINATION: "NONE"})
    run(device, 1)
    assert device.actual[WAYPOINT] == "NONE"


def test_a_far_place_gets_charging_stops_and_an_empty_battery_reaches_nothing() -> None:
    device = Navigation(CATALOGUE, World(charge_percent=40.0))
    device.accept({DESTINATION: "BORDER_TOWN"})
    run(device, 1)
    assert int(guidance(device)["StopCount"] or 0) >= 1
    empty = Navigation(CATALOGUE, World(charge_percent=0.5))
    assert empty.accept({DESTINATION: "BORDER_TOWN"}) is Response.REFUSED_STATE


def test_without_motorways_the_way_takes_longer() -> None:
    device = Navigation(CATALOGUE, World())
    device.accept({DESTINATION: "LAKESIDE"})
    run(device, 1)
    fast = guidance(device)
    device.accept({AVOID_MOTORWAYS: True})
    run(device, 1)
    slow = guidance(device)
    assert int(slow["TimeRemaining"] or 0) > int(fast["TimeRemaining"] or 0)


def test_the_road_gives_the_world_its_slope_and_its_tunnels() -> None:
    device = Navigation(CATALOGUE, World())
    slopes, tunnels = set(), set()
    device.accept({DESTINATION: "SKI_VILLAGE"})
    run(device, 1)
    for _ in range(140):
        drive(device, 500)
        slopes.add(device.world.slope)
        tunnels.add(device.world.weather.is_in_tunnel)
    assert len(slopes) > 5 and max(slopes) > 0.01
    assert tunnels == {True, False}


def test_the_trip_counter_goes_back_and_service_comes_due() -> None:
    device = Cluster(CATALOGUE, World())
    device.world.odometer_m += 12_300
    assert device.sensed("Vehicle.TraveledDistanceSinceStart") == pytest.approx(12.3)
    device.accept({TRIP_RESET: True})
    run(device, 1)
    assert device.sensed("Vehicle.TraveledDistanceSinceStart") == 0.0
    assert device.sensed("Vehicle.Service.IsServiceDue") is False
    device.world.odometer_m = 27_000_000.0
    assert device.sensed("Vehicle.Service.IsServiceDue") is True
    assert device.sensed("Vehicle.Private.TellTale.IsServiceOn") is True
