"""The gate on meaning: every rule, and the exhaustive tables that must hold whatever the rules say."""

import dataclasses
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carpilot.decision import Command, Outcome, Verdict
from carpilot.errors import InputError
from carpilot.policy.conditions import CONDITIONS, Moment
from carpilot.policy.judge import NO_RULE, SEVERITY, Channel, judge, judge_all
from carpilot.policy.rules import default_policy, read_policy
from carpilot.request import Seat
from carpilot.vehicle.catalogue import Signal, Value, default_catalogue
from carpilot.vehicle.state import Quality, Reading, VehicleState

S = 1_000_000_000
CATALOGUE = default_catalogue()
POLICY = default_policy()
ALLOW, CONFIRM, DENY = Outcome.ALLOW, Outcome.CONFIRM, Outcome.DENY
HVAC, DOOR, LIGHTS = "Vehicle.Cabin.HVAC.", "Vehicle.Cabin.Door.", "Vehicle.Body.Lights."
BOOT = "Vehicle.Body.Trunk.Rear.IsOpen"
LOCK = f"{DOOR}Row1.DriverSide.IsLocked"
WINDOW, REAR_WINDOW = f"{DOOR}Row1.DriverSide.Window.Position", f"{DOOR}Row2.DriverSide.Window.Position"
CHILD_LOCK = "Vehicle.Cabin.IsWindowChildLockEngaged"
WIPER = "Vehicle.Body.Windshield.Front.Wiping.Mode"
VOLUME = "Vehicle.Cabin.Infotainment.Media.Volume"
DOME = "Vehicle.Cabin.Light.IsDomeOn"
RAIN, LIGHT = "Vehicle.Body.Raindetection.Intensity", "Vehicle.Exterior.LightIntensity"
IGNITION = "Vehicle.LowVoltageSystemState"
DRIVER_SEAT = "Vehicle.Cabin.Seat.Row1.DriverSide.IsOccupied"
REAR_SEAT = "Vehicle.Cabin.Seat.Row2.PassengerSide.IsOccupied"
AC = f"{HVAC}IsAirConditioningActive"
HIGH, FOG_FRONT, FOG_REAR = f"{LIGHTS}Beam.High.IsOn", f"{LIGHTS}Fog.Front.IsOn", f"{LIGHTS}Fog.Rear.IsOn"
SWITCH, HAZARD = f"{LIGHTS}LightSwitch", f"{LIGHTS}Hazard.IsSignaling"
FRUNK = "Vehicle.Body.Trunk.Front.IsOpen"
PORT = "Vehicle.Powertrain.TractionBattery.Charging.ChargingPort.AnyPosition."
FLAP, CABLE = f"{PORT}IsFlapOpen", f"{PORT}IsChargingCableLocked"
CHARGING = "Vehicle.Powertrain.TractionBattery.Charging.StartStopCharging"
SAFETY = "Vehicle.Private.Door.Row2.DriverSide.IsChildLockOn"
ROOF = "Vehicle.Private.Sunroof.TargetPosition"
INDICATOR, HORN = f"{LIGHTS}DirectionIndicator.Left.IsSignaling", "Vehicle.Body.Horn.IsActive"
SEAT, WHEEL = "Vehicle.Cabin.Seat.Row1.DriverSide.Position", "Vehicle.Chassis.SteeringWheel.Tilt"
MIRROR, FOLDED = "Vehicle.Body.Mirrors.DriverSide.Pan", "Vehicle.Body.Mirrors.PassengerSide.IsFolded"
BRAKE, CRUISE = "Vehicle.Chassis.ParkingBrake.IsEngaged", "Vehicle.ADAS.CruiseControl.IsActive"
CONTACT, REPLY = "Vehicle.Private.Phone.Contact", "Vehicle.Private.Messages.QuickReply"
LEFT_TEMPERATURE = f"{HVAC}Station.Row1.Driver.Temperature"

# A bright, dry day, the driver in the seat, ignition on, nobody in the rear.
CALM: dict[str, Value] = {
    **CATALOGUE.initial(),
    IGNITION: "ON",
    DRIVER_SEAT: True,
    REAR_SEAT: False,
    "Vehicle.Cabin.Seat.Row2.DriverSide.IsOccupied": False,
    LIGHT: 80.0,
    RAIN: 0,
    WINDOW: 30,
    REAR_WINDOW: 30,
}
NOW_NS = 100 * S
STANDING: Mapping[str, int | None] = {
    "standing": NOW_NS - 5 * S,
    "moving": None,
    "just stopped": NOW_NS - S + 1,
    "for 1 s": NOW_NS - S,
}


def state(
    values: Mapping[str, Value], since_ns: int | None = NOW_NS - 5 * S, is_degraded: bool = False
) -> VehicleState:
    readings = {path: Reading(value, NOW_NS, Quality.VALID) for path, value in values.items()}
    return VehicleState(NOW_NS, readings, {}, since_ns, is_degraded)


def values_of(signal: Signal) -> list[Value]:
    """The limits, the middle and both sides of what rules speak of."""
    if signal.type == "boolean":
        return [False, True]
    if signal.type == "string":
        return list(signal.allowed)
    assert signal.minimum is not None and signal.maximum is not None
    wanted = {signal.minimum, signal.maximum, (signal.minimum + signal.maximum) // 2, 25, 26, 80, 81}
    return [signal.check(value) for value in sorted(wanted) if signal.minimum <= value <= signal.maximum]


COMMANDS = [Command(signal.path, value) for signal in CATALOGUE.actuators for value in values_of(signal)]


@dataclass(frozen=True)
class Example:
    """One moment: what is asked, what is so, who asks, and what the gate says."""

    path: str
    target: Value
    outcome: Outcome
    given: Mapping[str, Value] = field(default_factory=dict)
    motion: str = "standing"
    seat: Seat = Seat.DRIVER
    hand: Outcome | None = None
    degraded: bool = False


# For each rule, an example in which it decides, and one, as near as may be, in which it does not speak at all.
EXAMPLES: dict[str, tuple[Example, Example]] = {
    "bus.degraded": (
        Example(HAZARD, False, DENY, degraded=True),
        Example(HAZARD, True, ALLOW, degraded=True),
    ),
    "speaker.driver_only": (
        Example(HAZARD, True, DENY, seat=Seat.PASSENGER),
        Example(HAZARD, True, ALLOW),
    ),
    "door.unlock_moving": (
        Example(LOCK, False, DENY, motion="moving"),
        Example(LOCK, True, ALLOW, motion="moving"),
    ),
    "door.unlock": (Example(LOCK, False, CONFIRM, hand=ALLOW), Example(LOCK, True, ALLOW)),
    "trunk.moving": (Example(BOOT, False, DENY, motion="just stopped"), Example(BOOT, False, ALLOW, motion="for 1 s")),
    "trunk.open": (Example(BOOT, True, CONFIRM, hand=ALLOW), Example(BOOT, False, ALLOW)),
    "window.lock_off": (Example(CHILD_LOCK, False, DENY, hand=ALLOW), Example(CHILD_LOCK, True, ALLOW)),
    "window.close_ignition": (
        Example(WINDOW, 29, DENY, {IGNITION: "OFF"}),
        Example(WINDOW, 30, ALLOW, {IGNITION: "OFF"}),
    ),
    "window.close_unattended": (
        Example(WINDOW, 0, DENY, {DRIVER_SEAT: False}),
        Example(WINDOW, 60, ALLOW, {DRIVER_SEAT: False}),
    ),
    "window.close_rear_occupied": (
        Example(REAR_WINDOW, 0, CONFIRM, {REAR_SEAT: True}),
        Example(WINDOW, 0, ALLOW, {REAR_SEAT: True}),
    ),
    "window.open_with_ac": (
        Example(WINDOW, 31, CONFIRM, {AC: True}, hand=ALLOW),
        Example(WINDOW, 25, ALLOW, {AC: True, WINDOW: 10}),
    ),
    "headlights.off_at_night": (
        Example(SWITCH, "POSITION", DENY, {LIGHT: 19.0}),
        Example(SWITCH, "POSITION", ALLOW, {LIGHT: 20.0}),
    ),
    "high_beam.fog_lamps": (Example(HIGH, True, DENY, {FOG_REAR: True}), Example(HIGH, False, ALLOW, {FOG_REAR: True})),
    "high_beam.on": (Example(HIGH, True, CONFIRM, hand=ALLOW), Example(HIGH, False, ALLOW)),
    "fog.high_beam": (
        Example(FOG_FRONT, True, DENY, {HIGH: True, RAIN: 90}),
        Example(FOG_FRONT, True, ALLOW, {HIGH: False, RAIN: 90}),
    ),
    "fog.clear_weather": (
        Example(FOG_REAR, True, CONFIRM, {RAIN: 59}, hand=ALLOW),
        Example(FOG_REAR, True, ALLOW, {RAIN: 60}),
    ),
    "hazard.off": (Example(HAZARD, False, CONFIRM, hand=ALLOW), Example(HAZARD, True, ALLOW)),
    "wipers.off_in_rain": (
        Example(WIPER, "OFF", CONFIRM, {RAIN: 10}, "moving", hand=ALLOW),
        Example(WIPER, "OFF", ALLOW, {RAIN: 9}, "moving"),
    ),
    "cabin_light.night": (
        Example(DOME, True, CONFIRM, {LIGHT: 5.0}, "moving", hand=ALLOW),
        Example(DOME, True, ALLOW, {LIGHT: 5.0}),
    ),
    "volume.moving": (Example(VOLUME, 81, DENY, motion="moving"), Example(VOLUME, 80, ALLOW, motion="moving")),
    "temperature.zones_apart": (Example(LEFT_TEMPERATURE, 24.5, ALLOW), Example(LEFT_TEMPERATURE, 24.0, ALLOW)),
    "front_boot.moving": (Example(FRUNK, False, DENY, motion="moving"), Example(FRUNK, False, ALLOW)),
    "front_boot.open": (Example(FRUNK, True, CONFIRM, hand=ALLOW), Example(FRUNK, False, ALLOW)),
    "charge_flap.moving": (
        Example(FLAP, True, DENY, motion="moving"),
        Example(FLAP, False, ALLOW, motion="moving"),
    ),
    "charge_flap.open": (Example(FLAP, True, CONFIRM, hand=ALLOW), Example(FLAP, False, ALLOW)),
    "charging_cable.unlock": (Example(CABLE, False, CONFIRM, hand=ALLOW), Example(CABLE, True, ALLOW)),
    "child_lock.off": (Example(SAFETY, False, DENY, hand=ALLOW), Example(SAFETY, True, ALLOW)),
    "roof.close_ignition": (
        Example(ROOF, 0, DENY, {ROOF: -100, IGNITION: "OFF"}),
        Example(ROOF, -100, ALLOW, {ROOF: 0, IGNITION: "OFF"}),
    ),
    "roof.close_unattended": (
        Example(ROOF, 0, DENY, {ROOF: 100, DRIVER_SEAT: False}),
        Example(ROOF, 100, ALLOW, {ROOF: 50, DRIVER_SEAT: False}),
    ),
    "roof.close_rear_occupied": (
        Example(ROOF, 0, CONFIRM, {ROOF: 50, REAR_SEAT: True}, hand=ALLOW),
        Example(ROOF, 0, ALLOW, {ROOF: 50}),
    ),
    "roof.open_in_rain": (Example(ROOF, 50, CONFIRM, {RAIN: 10}, hand=ALLOW), Example(ROOF, 50, ALLOW, {RAIN: 9})),
    "indicator.drivers_control": (Example(INDICATOR, True, DENY, hand=ALLOW), Example(DOME, True, ALLOW)),
    "horn.drivers_control": (Example(HORN, True, DENY, hand=ALLOW), Example(DOME, True, ALLOW)),
    "driver_seat.moving": (Example(SEAT, 100, DENY, motion="moving"), Example(SEAT, 100, ALLOW)),
    "steering_wheel.moving": (Example(WHEEL, 10, DENY, motion="moving"), Example(WHEEL, 10, ALLOW)),
    "driver_mirror.moving": (Example(MIRROR, 10, DENY, motion="moving", hand=ALLOW), Example(MIRROR, 10, ALLOW)),
    "mirrors.fold_moving": (
        Example(FOLDED, True, DENY, motion="moving"),
        Example(FOLDED, False, ALLOW, motion="moving"),
    ),
    "parking_brake.moving": (Example(BRAKE, True, DENY, motion="moving"), Example(DOME, True, ALLOW, motion="moving")),
    "parking_brake.release": (Example(BRAKE, False, DENY, hand=ALLOW), Example(DOME, True, ALLOW)),
    "parking_brake.apply": (Example(BRAKE, True, CONFIRM, hand=ALLOW), Example(DOME, True, ALLOW)),
    "cruise.on": (Example(CRUISE, True, DENY, hand=ALLOW), Example(CRUISE, False, ALLOW, motion="moving")),
    "cruise.speed": (
        Example("Vehicle.ADAS.CruiseControl.SpeedSet", 90.0, DENY, hand=ALLOW),
        Example("Vehicle.ADAS.CruiseControl.AdaptiveIntervalSet", 4, ALLOW),
    ),
    "stability.off": (
        Example("Vehicle.ADAS.ESC.IsEnabled", False, DENY, hand=ALLOW),
        Example("Vehicle.ADAS.ESC.IsEnabled", True, ALLOW),
    ),
    "lane_warning.off": (
        Example("Vehicle.ADAS.LaneDepartureDetection.IsEnabled", False, DENY, hand=ALLOW),
        Example("Vehicle.ADAS.LaneDepartureDetection.IsEnabled", True, ALLOW),
    ),
    "lane_keeping.off": (
        Example("Vehicle.Private.Assist.LaneKeepState", "OFF", DENY, hand=ALLOW),
        Example("Vehicle.Private.Assist.LaneKeepState", "STANDBY", ALLOW),
    ),
    "driver_monitoring.off": (
        Example("Vehicle.ADAS.DMS.IsEnabled", False, DENY, hand=ALLOW),
        Example("Vehicle.ADAS.DMS.IsEnabled", True, ALLOW),
    ),
    "park_assist.start": (
        Example("Vehicle.Private.Assist.ParkAssistState", "PARKING", DENY, hand=ALLOW),
        Example("Vehicle.Private.Assist.ParkAssistState", "SEARCHING", ALLOW),
    ),
    "charging.moving": (
        Example(CHARGING, "START", DENY, motion="moving"),
        Example(CHARGING, "START", ALLOW),
    ),
    "tyres.moving": (
        Example("Vehicle.Private.Service.IsTyreCalibrationOn", True, CONFIRM, hand=ALLOW),
        Example("Vehicle.Private.Service.IsTripReset", True, ALLOW),
    ),
    "call.place": (Example(CONTACT, "MUM", CONFIRM, hand=ALLOW), Example(CONTACT, "NONE", ALLOW)),
    "message.reply": (Example(REPLY, "YES", CONFIRM, hand=ALLOW), Example(REPLY, "NONE", ALLOW)),
}


def say(example: Example, channel: Channel = Channel.SPOKEN) -> Verdict:
    seen = state({**CALM, **example.given}, STANDING[example.motion], example.degraded)
    return judge(POLICY, Command(example.path, example.target), seen, example.seat, channel)


def test_given_the_policy_file_when_listed_then_every_rule_has_an_example() -> None:
    assert [rule.id for rule in POLICY.rules] == list(EXAMPLES)
    assert [rule.index for rule in POLICY.rules] == list(range(len(EXAMPLES)))


@pytest.mark.parametrize("rule", list(EXAMPLES))
def test_given_a_rules_own_moment_when_judged_then_it_decides(rule: str) -> None:
    example = EXAMPLES[rule][0]
    verdict = say(example)
    assert (verdict.outcome, verdict.rule) == (example.outcome, rule)
    assert verdict.reason == next(row.reason for row in POLICY.rules if row.id == rule)


@pytest.mark.parametrize("rule", list(EXAMPLES))
def test_given_the_moment_beside_it_when_judged_then_the_rule_is_silent(rule: str) -> None:
    example = EXAMPLES[rule][1]
    verdict = say(example)
    assert (verdict.outcome, verdict.rule) == (example.outcome, "none")


@pytest.mark.parametrize("rule", list(EXAMPLES))
def test_given_a_hand_on_the_control_when_judged_then_the_files_verdict_for_hands_holds(rule: str) -> None:
    example = EXAMPLES[rule][0]
    assert say(example, Channel.HAND).outcome is (example.hand or example.outcome)


@pytest.mark.parametrize("rule", list(EXAMPLES))
def test_given_a_confirmation_when_judged_then_only_a_question_is_answered_by_it(rule: str) -> None:
    example = EXAMPLES[rule][0]
    confirmed = say(example, Channel.CONFIRMED).outcome
    assert confirmed is (ALLOW if example.outcome is CONFIRM else example.outcome)


def test_given_no_rule_when_judged_then_it_is_allowed_without_a_word() -> None:
    assert say(Example(f"{HVAC}IsRecirculationActive", True, ALLOW)) == NO_RULE


MOTIONS = {
    "moving": (CALM, None),
    "just stopped": (CALM, NOW_NS - S + 1),
    "unknown": ({}, None),
    "moving by one source": ({**CALM, "Vehicle.Speed": 30.0}, None),
}
OPENING = [Command(BOOT, True), *(Command(path, False) for path in CATALOGUE.matching(f"{DOOR}*.IsLocked"))]


@pytest.mark.parametrize("command", OPENING, ids=lambda command: command.path)
@pytest.mark.parametrize("motion", list(MOTIONS))
@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("seat", list(Seat))
def test_given_no_certain_standstill_when_something_would_open_then_it_is_denied_to_everybody(
    command: Command, motion: str, channel: Channel, seat: Seat
) -> None:
    values, since_ns = MOTIONS[motion]
    assert judge(POLICY, command, state(values, since_ns), seat, channel).outcome is DENY


@pytest.mark.parametrize("seat", [seat for seat in Seat if seat is not Seat.DRIVER])
@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("since_ns", [None, NOW_NS - 5 * S])
def test_given_anybody_but_the_driver_when_outside_of_the_car_is_meant_then_it_is_denied(
    seat: Seat, channel: Channel, since_ns: int | None
) -> None:
    paths = {path for path in CATALOGUE if path.startswith("Vehicle.Body.") or path.endswith(".IsLocked")}
    for command in COMMANDS:
        if command.path in paths:
            assert judge(POLICY, command, state(CALM, since_ns), seat, channel).outcome is DENY


def test_given_all_commands_motions_and_seats_when_judged_then_no_passenger_may_more_than_the_driver() -> None:
    for command, (values, since_ns) in itertools.product(COMMANDS, [*MOTIONS.values(), (CALM, NOW_NS - 5 * S)]):
        seen = state(values, since_ns)
        driver = SEVERITY[judge(POLICY, command, seen, Seat.DRIVER).outcome]
        for seat in Seat:
            assert SEVERITY[judge(POLICY, command, seen, seat).outcome] >= driver


def test_given_all_commands_and_seats_when_judged_then_moving_and_unknown_are_never_milder_than_standing() -> None:
    for command, seat in itertools.product(COMMANDS, Seat):
        standing = SEVERITY[judge(POLICY, command, state(CALM), seat).outcome]
        moving = SEVERITY[judge(POLICY, command, state(CALM, None), seat).outcome]
        unknown = SEVERITY[judge(POLICY, command, state({}, None), seat).outcome]
        assert standing <= moving <= unknown


LOST = st.dictionaries(
    st.sampled_from(sorted(CALM)), st.sampled_from([None, Quality.STALE, Quality.INVALID, Quality.UNKNOWN]), max_size=30
)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        RAIN: st.sampled_from([0, 9, 10, 59, 60, 100]),
        LIGHT: st.sampled_from([0.0, 19.0, 20.0, 100.0]),
        IGNITION: st.sampled_from(["LOCK", "OFF", "ACC", "ON", "START"]),
        WINDOW: st.integers(0, 100),
        REAR_WINDOW: st.integers(0, 100),
        **dict.fromkeys((DRIVER_SEAT, REAR_SEAT, AC, HIGH, FOG_FRONT, FOG_REAR), st.booleans()),
    },
)


@given(
    st.sampled_from(COMMANDS),
    VALUES,
    LOST,
    st.booleans(),
    st.sampled_from(list(Seat)),
    st.sampled_from(list(Channel)),
    st.sampled_from([None, NOW_NS - 5 * S, NOW_NS]),
)
def test_given_any_state_when_readings_are_lost_then_the_verdict_is_never_milder(
    command: Command,
    values: dict[str, Value],
    lost: dict[str, Quality | None],
    is_motion_lost: bool,
    seat: Seat,
    channel: Channel,
    since_ns: int | None,
) -> None:
    known = state({**CALM, **values}, since_ns)
    readings = dict(known.readings)
    for path, quality in lost.items():
        if quality is None:
            del readings[path]
        else:
            readings[path] = dataclasses.replace(readings[path], quality=quality)
    partly = VehicleState(NOW_NS, readings, {}, None if is_motion_lost else since_ns)
    before, after = (judge(POLICY, command, seen, seat, channel) for seen in (known, partly))
    assert SEVERITY[after.outcome] >= SEVERITY[before.outcome]


@pytest.mark.parametrize("path", sorted(CALM))
def test_given_each_single_reading_when_it_is_lost_then_no_verdict_on_any_command_is_milder(path: str) -> None:
    given: dict[str, Value] = {AC: True, REAR_SEAT: True}
    known = state({**CALM, **given})
    partly = VehicleState(NOW_NS, {p: r for p, r in known.readings.items() if p != path}, {}, known.standing_since_ns)
    for command in COMMANDS:
        before, after = (judge(POLICY, command, seen, Seat.DRIVER) for seen in (known, partly))
        assert SEVERITY[after.outcome] >= SEVERITY[before.outcome], command


def test_given_an_unknown_window_when_moved_then_it_counts_as_opening_and_as_closing() -> None:
    values = {p: v for p, v in {**CALM, AC: True, IGNITION: "OFF"}.items() if p != WINDOW}
    unknown = state(values)
    assert judge(POLICY, Command(WINDOW, 60), unknown, Seat.DRIVER).rule == "window.close_ignition"
    unknown = state({**values, IGNITION: "ON"})
    assert judge(POLICY, Command(WINDOW, 60), unknown, Seat.DRIVER).rule == "window.open_with_ac"


@pytest.mark.parametrize(
    "name", [name for name in CONDITIONS if not name.startswith(("speaker", "front zones", "bus"))]
)
@pytest.mark.parametrize("quality", [Quality.STALE, Quality.INVALID, Quality.UNKNOWN])
def test_given_readings_that_cannot_be_trusted_when_a_condition_is_asked_then_it_is_the_dangerous_case(
    name: str, quality: Quality
) -> None:
    readings = {path: Reading(value, NOW_NS, quality) for path, value in CALM.items()}
    assert CONDITIONS[name](Moment(Command(WINDOW, 0), VehicleState(NOW_NS, readings, {}), Seat.DRIVER))


@given(st.sampled_from(COMMANDS), VALUES, st.sampled_from(list(Seat)))
def test_given_a_state_when_judged_twice_then_the_same_is_said_and_nothing_has_changed(
    command: Command, values: dict[str, Value], seat: Seat
) -> None:
    seen = state({**CALM, **values})
    copy = VehicleState(seen.time_ns, dict(seen.readings), dict(seen.targets), seen.standing_since_ns)
    assert judge(POLICY, command, seen, seat) == judge(POLICY, command, seen, seat)
    assert seen == copy


# Side effects and the request as a whole

DEFROST = Command(f"{HVAC}IsFrontDefrosterActive", True, call=2)
FANS = {f"{HVAC}Station.Row1.{who}.FanSpeed" for who in ("Driver", "Passenger")}
FLAPS = {f"{HVAC}Station.Row1.{who}.AirDistribution" for who in ("Driver", "Passenger")}


def expanded(command: Command, given: Mapping[str, Value]) -> dict[str, Value]:
    rows = POLICY.expand([command], state({**CALM, **given}))
    assert rows[0] == command
    assert all(row.is_side_effect and row.call == command.call for row in rows[1:])
    return {row.path: row.target for row in rows[1:]}


def test_given_defrosting_when_expanded_then_blower_flaps_compressor_and_windows_come_along() -> None:
    given: dict[str, Value] = {WINDOW: 21, REAR_WINDOW: 20, **dict.fromkeys(FANS, 39)}
    added = expanded(DEFROST, given)
    assert added == {**dict.fromkeys(FANS, 40), **dict.fromkeys(FLAPS, "UP"), AC: True, WINDOW: 0}


def test_given_all_is_so_already_when_expanded_then_nothing_comes_along() -> None:
    given: dict[str, Value] = {
        WINDOW: 20,
        REAR_WINDOW: 0,
        **dict.fromkeys(FANS, 40),
        **dict.fromkeys(FLAPS, "UP"),
        AC: True,
    }
    assert expanded(DEFROST, given) == {}
    assert expanded(Command(DEFROST.path, False), {}) == {}


@pytest.mark.parametrize("lamp", [FOG_FRONT, FOG_REAR, HIGH])
@pytest.mark.parametrize("is_low_beam_on", [True, False])
def test_given_a_lamp_that_needs_low_beam_when_expanded_then_the_switch_follows_only_if_it_is_dark_ahead(
    lamp: str, is_low_beam_on: bool
) -> None:
    added = expanded(Command(lamp, True), {f"{LIGHTS}Beam.Low.IsOn": is_low_beam_on, SWITCH: "AUTO"})
    assert added == ({} if is_low_beam_on else {SWITCH: "BEAM"})


def test_given_the_driver_named_the_actuator_when_expanded_then_the_words_go_before_the_side_effect() -> None:
    fan = Command(sorted(FANS)[0], 10, call=1)
    rows = POLICY.expand([DEFROST, fan], state(CALM))
    assert fan in rows
    assert [row.path for row in rows].count(fan.path) == 1


@given(st.lists(st.sampled_from(COMMANDS), max_size=6), VALUES)
def test_given_any_commands_when_expanded_then_each_actuator_stands_once_and_every_target_is_valid(
    commands: list[Command], values: dict[str, Value]
) -> None:
    rows = POLICY.expand(commands, state({**CALM, **values}))
    paths = [row.path for row in rows]
    assert len(paths) == len(set(paths))
    assert {command.path for command in commands} <= set(paths)
    for row in rows:
        assert CATALOGUE[row.path].check(row.target) == row.target


def test_given_a_side_effect_when_judged_then_the_same_rules_hold_for_it() -> None:
    seen = state({**CALM, IGNITION: "OFF", WINDOW: 80})
    rows = POLICY.expand([Command(AC, True)], seen)
    verdicts = dict(zip([row.path for row in rows], judge_all(POLICY, rows, seen, Seat.DRIVER), strict=True))
    assert verdicts[AC].outcome is ALLOW
    assert (verdicts[WINDOW].outcome, verdicts[WINDOW].rule) == (DENY, "window.close_ignition")


MANY = [
    Command(path, 33, call=index)
    for index, path in enumerate(CATALOGUE.matching("Vehicle.Cabin.Seat.*.HeatingCooling"))
]


@pytest.mark.parametrize(
    ("commands", "channel", "outcomes"),
    [
        pytest.param(MANY[:3], Channel.SPOKEN, {ALLOW}, id="three calls"),
        pytest.param(MANY[:4], Channel.SPOKEN, {CONFIRM}, id="four calls"),
        pytest.param(MANY[:4], Channel.CONFIRMED, {ALLOW}, id="four calls, confirmed"),
        pytest.param(MANY[:4], Channel.HAND, {ALLOW}, id="four calls, by hand"),
        pytest.param(
            [dataclasses.replace(row, call=0) for row in MANY], Channel.SPOKEN, {ALLOW}, id="one call for four"
        ),
        pytest.param(
            [MANY[0], *(dataclasses.replace(row, is_side_effect=True) for row in MANY[1:])],
            Channel.SPOKEN,
            {ALLOW},
            id="side effects do not count",
        ),
    ],
)
def test_given_many_calls_when_judged_as_a_whole_then_more_than_three_are_asked_about(
    commands: list[Command], channel: Channel, outcomes: set[Outcome]
) -> None:
    verdicts = judge_all(POLICY, commands, state(CALM), Seat.DRIVER, channel)
    assert {verdict.outcome for verdict in verdicts} == outcomes


def test_given_many_calls_with_a_forbidden_one_when_judged_then_it_stays_forbidden() -> None:
    verdicts = judge_all(POLICY, [*MANY[:4], Command(LOCK, False, 9)], state(CALM, None), Seat.DRIVER)
    assert [verdict.outcome for verdict in verdicts] == [CONFIRM] * 4 + [DENY]


# The file

FILE = """
rules:
  - id: one
    paths: [Vehicle.Cabin.Light.*]
    verdict: deny
    reason: No.
side_effects: []
limits: {calls_without_confirmation: 3, changes_of_one_actuator: 10, within_seconds: 10, confirmation_seconds: 10}
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Vehicle.Cabin.Light.*", "Vehicle.Cabn.Light.*", "no signal"),
        ("verdict: deny", "verdict: perhaps", "perhaps"),
        ("    verdict: deny\n", "", "'verdict'"),
        ("    reason: No.\n", "", "'reason'"),
        ("reason: No.", "reason: No.\n    when: [full moon]", "no condition 'full moon'"),
        ("within_seconds: 10, ", "", "within_seconds"),
        ("side_effects: []\n", "", "'side_effects'"),
        (
            "side_effects: []",
            "side_effects: [{command: {path: Vehicle.X, target: true}, set: []}]",
            "no signal 'Vehicle.X'",
        ),
    ],
)
def test_given_a_wrong_policy_file_when_read_then_input_error(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(FILE)
    assert [rule.id for rule in read_policy(path, CATALOGUE).rules] == ["one"]
    path.write_text(FILE.replace(old, new))
    with pytest.raises(InputError, match=message):
        read_policy(path, CATALOGUE)
