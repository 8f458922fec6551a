from collections.abc import Mapping
from dataclasses import replace

import pytest

from carpilot.dashboard.actions import Shift, Touch, World
from carpilot.dashboard.theme import DAY, NIGHT, Theme, theme_for_light
from carpilot.dashboard.view import Interface, View, build, clock_text, dial_fraction, power_fraction
from carpilot.dashboard.view_assistant import REFRESH_NS, Trace, trace_view
from carpilot.dashboard.view_parts import Button
from carpilot.snapshot import FrameRow, PlanRow, Snapshot
from carpilot.vehicle.catalogue import Value, default_catalogue
from carpilot.vehicle.state import VehicleState, state_of

from . import scenes

STATION = "Vehicle.Cabin.HVAC.Station.Row1"
SEAT = "Vehicle.Cabin.Seat.Row1.DriverSide.HeatingCooling"
WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"


def view_of(changes: Mapping[str, Value], targets: Mapping[str, Value] | None = None) -> View:
    state = state_of({**default_catalogue().initial(), **changes})
    return build(Snapshot(0, VehicleState(0, state.readings, targets or {})))


def button(view: View, name: str) -> Button:
    buttons = (*view.climate.buttons, *view.cabin.buttons, *(door.window for door in view.cabin.doors))
    return next(each for each in buttons if each.name == name)


@pytest.mark.parametrize(
    ("name", "now", "asked"),
    [
        ("seat heat", {}, [Touch(SEAT, 33)]),
        ("seat heat", {SEAT: 33}, [Touch(SEAT, 66)]),
        ("seat heat", {SEAT: 100}, [Touch(SEAT, 0)]),
        ("seat heat", {SEAT: -66}, [Touch(SEAT, 0)]),
        ("vent", {}, [Touch(SEAT, -33)]),
        ("vent", {SEAT: -100}, [Touch(SEAT, 0)]),
        ("wheel", {}, [Touch("Vehicle.Chassis.SteeringWheel.HeatingCooling", 50)]),
        (
            "fan",
            {f"{STATION}.Driver.FanSpeed": 35},
            [Touch(f"{STATION}.{who}.FanSpeed", 40) for who in ("Driver", "Passenger")],
        ),
        ("air", {}, [Touch(f"{STATION}.{who}.AirDistribution", "DOWN") for who in ("Driver", "Passenger")]),
        ("front defrost", {}, [Touch("Vehicle.Cabin.HVAC.IsFrontDefrosterActive", True)]),
        (
            "rear defrost",
            {"Vehicle.Cabin.HVAC.IsRearDefrosterActive": True},
            [Touch("Vehicle.Cabin.HVAC.IsRearDefrosterActive", False)],
        ),
        ("air conditioning", {}, [Touch("Vehicle.Cabin.HVAC.IsAirConditioningActive", True)]),
        ("recirculation", {}, [Touch("Vehicle.Cabin.HVAC.IsRecirculationActive", True)]),
        ("auto", {}, [Touch("Vehicle.Private.Climate.IsAutoOn", True)]),
        ("boot", {}, [Touch("Vehicle.Body.Trunk.Rear.IsOpen", True)]),
        ("light switch", {}, [Touch("Vehicle.Body.Lights.LightSwitch", "OFF")]),
        ("wiper", {}, [Touch("Vehicle.Body.Windshield.Front.Wiping.Mode", "RAIN_SENSOR")]),
        ("media", {}, [Touch("Vehicle.Private.Media.Playback", "PLAYING")]),
        ("window Row1.DriverSide", {}, [Touch(WINDOW, 100)]),
        ("window Row1.DriverSide", {WINDOW: 30}, [Touch(WINDOW, 0)]),
    ],
)
def test_a_press_asks_for_the_next_step(name: str, now: dict[str, Value], asked: list[Touch]) -> None:
    assert list(button(view_of(now), name).actions) == asked


def test_everything_a_press_can_ask_for_is_in_the_catalogue_and_in_range() -> None:
    catalogue = default_catalogue()
    for make in scenes.SCENES.values():
        view = build(make())
        steppers = (view.climate.driver, view.climate.passenger, *view.world.weather)
        actions = [action for each in steppers for action in (*each.lower, *each.higher)]
        actions += [
            a for each in (*view.climate.buttons, *view.cabin.buttons, *view.world.occupants) for a in each.actions
        ]
        actions += [a for door in view.cabin.doors for each in (door.window, door.lock) for a in each.actions]
        actions += [a for seat in view.cabin.seats for a in seat.button.actions]
        for action in actions:
            if isinstance(action, Touch):
                assert catalogue[action.path].is_actuator
                catalogue[action.path].check(action.target)
            elif isinstance(action, World):
                assert not catalogue[action.path].is_actuator
                catalogue[action.path].check(action.value)


def test_a_target_that_the_car_has_not_reached_is_pending_and_the_next_press_starts_from_it() -> None:
    heat = button(view_of({}, {SEAT: 33}), "seat heat")
    assert (heat.is_pending, heat.is_on, heat.level) == (True, False, 0)
    assert heat.actions == (Touch(SEAT, 66),)


def test_a_temperature_shows_its_target_beside_the_actual_value_and_stops_at_the_ends() -> None:
    path = f"{STATION}.Driver.Temperature"
    driver = view_of({}, {path: 23.5}).climate.driver
    assert (driver.text, driver.wanted, driver.higher) == ("21.0°", "23.5°", (Touch(path, 24.0),))
    assert view_of({path: 28.0}).climate.driver.higher == ()
    assert view_of({path: 16.0}).climate.driver.lower == ()


def test_what_is_stale_is_unknown_grey_and_asks_for_nothing() -> None:
    view = build(scenes.silent())
    assert (view.cluster.speed, view.cluster.speed_is_known, view.cluster.dial, view.cluster.gear) == (
        "—",
        False,
        0.0,
        "",
    )
    assert (view.cluster.range, view.cluster.charge_text, view.cluster.charge_role) == ("—", "—", "text3")
    assert view.climate.driver.text == "—"
    for each in (*view.climate.buttons, *view.cabin.buttons):
        assert (each.label, each.is_known, each.is_on, each.actions) == ("—", False, False, ())
    assert {lamp and lamp[1] for lamp in view.top.telltales} == {"text3"}
    assert view.cabin.summary == "Doors or windows not reported"
    assert view.is_moving


def test_telltales_keep_their_slots() -> None:
    dark = view_of({})
    lit = view_of({"Vehicle.Body.Lights.Beam.High.IsOn": True, "Vehicle.Chassis.ParkingBrake.IsEngaged": False})
    assert dark.top.telltales[2] is None and lit.top.telltales[2] == ("high_beam", "blue")
    assert dark.top.telltales[6] == ("parking_brake", "red") and lit.top.telltales[6] is None


@pytest.mark.parametrize(
    ("charge", "role"), [(71, "green"), (20, "green"), (19.9, "amber"), (10, "amber"), (9.9, "red")]
)
def test_charge_changes_colour_at_its_limits(charge: float, role: str) -> None:
    view = view_of({"Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed": charge})
    assert view.cluster.charge_role == role


@pytest.mark.parametrize(("kph", "share"), [(None, 0), (0, 0), (100, 0.5), (200, 1), (260, 1)])
def test_the_dial_ends_at_its_ends(kph: float | None, share: float) -> None:
    assert dial_fraction(kph) == share


@pytest.mark.parametrize(("kilowatt", "share"), [(None, 0), (0, 0), (100, 0.5), (400, 1), (-40, -0.5), (-300, -1)])
def test_power_and_recuperation_have_scales_of_their_own(kilowatt: float | None, share: float) -> None:
    assert power_fraction(kilowatt) == share


@pytest.mark.parametrize(("gear", "letter"), [(126, "P"), (-1, "R"), (0, "N"), (127, "D"), (1, "D")])
def test_a_gear_has_its_letter(gear: int, letter: str) -> None:
    assert view_of({"Vehicle.Powertrain.Transmission.CurrentGear": gear}).cluster.gear == letter


def test_the_selector_and_the_weather_are_controls_of_the_world() -> None:
    view = view_of({"Vehicle.Exterior.AirTemperature": 14.6, "Vehicle.Body.Raindetection.Intensity": 0})
    assert [each.actions for each in view.world.gears] == [(Shift(126),), (Shift(-1),), (Shift(0),), (Shift(127),)]
    assert view.world.weather[2].higher == (World("Vehicle.Exterior.AirTemperature", 16.0),)
    assert view.world.weather[0].lower == (World("Vehicle.Body.Raindetection.Intensity", 0),)


def test_moving_shows_three_short_rows_and_no_thought() -> None:
    standing, moving = build(scenes.standing()).assistant, build(scenes.busy()).assistant
    assert standing.thought and len(standing.rows) == 5 and not standing.more
    assert not moving.thought and len(moving.rows) == 2 and moving.more == "and 3 more, 2 confirmed"
    assert len(moving.request) <= 30


def test_what_failed_stays_in_sight_when_not_all_rows_fit() -> None:
    assert "refused" in [row.state for row in build(scenes.busy()).assistant.rows]


@pytest.mark.parametrize(
    ("row", "state", "role", "icon", "reason"),
    [
        (PlanRow(SEAT, 0, 66, "queued"), "queued", "text2", "clock", ""),
        (PlanRow(SEAT, 0, 66, "sent"), "sent", "accent", "sent", ""),
        (PlanRow(SEAT, 0, 66, "confirmed", "", 0x320, 38.4), "0x320 · 38 ms", "green", "check", ""),
        (PlanRow(SEAT, 0, 66, "confirmed", "", 0x320, 4200), "0x320 · 4.2 s", "green", "check", ""),
        (PlanRow(SEAT, 0, 66, "confirmed"), "confirmed", "green", "check", ""),
        (PlanRow(SEAT, 0, 66, "refused", "too fast"), "refused", "red", "cross", "too fast"),
        (PlanRow(SEAT, 0, 66, "not done", "no answer"), "not done", "amber", "cross", "no answer"),
        (PlanRow(SEAT, 0, 66, "waiting"), "waits for your yes", "text2", "question", ""),
    ],
)
def test_a_row_says_its_state_in_words_colour_and_shape(
    row: PlanRow, state: str, role: str, icon: str, reason: str
) -> None:
    shown = build(replace(scenes.idle(), plan=(row,))).assistant.rows[0]
    assert (shown.state, shown.role, shown.icon, shown.reason) == (state, role, icon, reason)
    assert (shown.label, shown.old, shown.new) == ("Driver seat", "Off", "Heat 66 %")


def frame(at_ms: int, request: int | None = None) -> FrameRow:
    return FrameRow(at_ms * 1_000_000, "body", 0x310, "HVAC_Status", b"\x01\xff", request)


def test_caused_frames_stay_after_they_left_the_bus_until_the_next_request() -> None:
    state = scenes.idle().state
    first = trace_view(Trace(), Snapshot(0, state, frames=(frame(1), frame(2, request=1))))
    later = trace_view(first, Snapshot(REFRESH_NS, state, frames=(frame(300),)))
    assert [line.time for line in later.caused] == ["0.002"] and [line.time for line in later.latest] == ["0.300"]
    after = trace_view(later, Snapshot(2 * REFRESH_NS, state, frames=(frame(500, request=2),)))
    assert [line.time for line in after.caused] == ["0.500"]
    assert after.caused[0].is_caused and after.caused[0].data == ("01", "FF") and after.caused[0].identifier == "310"


def test_what_an_earlier_request_caused_goes_when_another_is_heard() -> None:
    state = scenes.idle().state
    old = frame(1, request=4)
    first = trace_view(Trace(), Snapshot(0, state, request_text="warmer", frames=(old,)))
    heard = trace_view(first, Snapshot(1, state, request_text="open the boot", frames=(old,)))
    assert first.caused and heard.caused == ()
    after = trace_view(heard, Snapshot(2, state, request_text="open the boot", frames=(old, frame(2, request=5))))
    assert [line.time for line in after.caused] == ["0.002"]


def test_the_latest_frames_change_four_times_a_second() -> None:
    state = scenes.idle().state
    first = trace_view(Trace(), Snapshot(0, state, frames=(frame(1),)))
    assert trace_view(first, Snapshot(REFRESH_NS - 1, state, frames=(frame(2),))) is first
    assert trace_view(first, Snapshot(REFRESH_NS, state, frames=(frame(2),))).latest[0].time == "0.002"


@pytest.mark.parametrize(
    ("light", "now", "then"), [(80, NIGHT, DAY), (10, DAY, NIGHT), (30, DAY, DAY), (30, NIGHT, NIGHT), (None, DAY, DAY)]
)
def test_the_theme_follows_the_light_between_two_thresholds(light: float | None, now: Theme, then: Theme) -> None:
    assert theme_for_light(light, now) is then


def test_the_clock_counts_simulated_time() -> None:
    assert clock_text(3_723_900_000_000) == "1:02:03"


def test_hazard_lamps_blink_and_their_telltale_does_not() -> None:
    snapshot = scenes.everything_open()
    bright, dark = (build(snapshot, Interface(blink=blink)) for blink in (True, False))
    assert bright.cabin.lamps.hazard and not dark.cabin.lamps.hazard
    assert bright.top == dark.top
