"""From allowed commands to what the car answered."""

import random
from collections.abc import Mapping, Sequence
from random import Random

import pytest

from carpilot.car import Car
from carpilot.decision import Command, Outcome
from carpilot.execution import Execution, Row, Status
from carpilot.faults import Fault, inject
from carpilot.policy.judge import Channel
from carpilot.policy.rules import default_policy
from carpilot.request import Request, Seat
from carpilot.vehicle.catalogue import Value, default_catalogue

MS = 1_000_000
WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
OTHER_WINDOW = "Vehicle.Cabin.Door.Row1.PassengerSide.Window.Position"
HEAT = "Vehicle.Cabin.Seat.Row1.DriverSide.HeatingCooling"
BOOT = "Vehicle.Body.Trunk.Rear.IsOpen"
SKIP = "Vehicle.Cabin.Infotainment.Media.Action"
LANE = "Vehicle.Private.Assist.LaneKeepState"
WASHING = "Vehicle.Private.Windshield.Front.IsWashing"


class Errand:
    """Commands on their way in a car of their own."""

    def __init__(self, start: Mapping[str, Value] | None = None) -> None:
        self.car = Car(start)
        self.settled: list[Row] = []
        self.number = 0
        self.execution = self.next()

    def next(self) -> Execution:
        self.number += 1
        request = Request(self.number, "please", Seat.DRIVER, self.car.now_ns)
        return Execution(self.car, default_policy(), request, on_settled=self.settled.append)

    def send(self, *commands: Command, channel: Channel = Channel.CONFIRMED) -> Sequence[Row]:
        rows = self.execution.judge(commands, channel)
        self.execution.send(rows)
        return rows

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds * 100)):
            self.car.advance(10 * MS)
            self.execution.refresh()

    def actual(self, path: str) -> Value:
        return self.car.nodes[self.car.catalogue[path].ecu].device.actual[path]


def test_given_a_window_when_it_travels_then_it_is_confirmed_only_when_the_status_shows_the_target() -> None:
    errand = Errand()
    (row,) = errand.send(Command(WINDOW, 100))
    assert (row.status, row.command_id, row.status_id, row.old) == (Status.SENT, 0x230, 0x330, 0)
    seen = []
    while row.status is Status.SENT:
        errand.wait(0.01)
        seen.append(row.actual)
        assert row.is_settled == (errand.car.state().actual(WINDOW) == 100)
    assert row.status is Status.CONFIRMED
    assert row.sent_ns is not None and row.settled_ns is not None
    assert 3.9e9 < row.settled_ns - row.sent_ns < 4.4e9
    assert len(set(seen)) > 50
    assert errand.settled == [row]


BATTERY = "Vehicle.Powertrain.TractionBattery."
PRECONDITIONS: dict[str, dict[str, Value]] = {
    "Vehicle.Body.Lights.Fog.Rear.IsOn": {"Vehicle.Body.Lights.LightSwitch": "BEAM"},
    "Vehicle.ADAS.CruiseControl.IsActive": {"Vehicle.Speed": 90},
    f"{BATTERY}Charging.StartStopCharging": {
        f"{BATTERY}Charging.ChargingPort.AnyPosition.IsChargingCableConnected": True
    },
    "Vehicle.Private.Navigation.Waypoint": {"Vehicle.Private.Navigation.Destination": "BORDER_TOWN"},
    "Vehicle.Private.Phone.CallState": {"Vehicle.Private.Phone.CallState": "RINGING"},
}
NOT_COMMANDED = {"DIALING", "RINGING", "DONE", "HELD", "BEAM"}
"""States that a unit enters by itself, and a light that some precondition has already."""


@pytest.mark.parametrize("path", [signal.path for signal in default_catalogue().actuators])
def test_given_any_actuator_when_a_new_target_is_sent_then_it_is_confirmed_in_time(path: str) -> None:
    errand = Errand(PRECONDITIONS.get(path))
    signal = errand.car.catalogue[path]
    if signal.type == "boolean":
        target: Value = not signal.initial
    elif signal.type == "string":
        ends = [value for value in reversed(signal.allowed) if value not in (signal.initial, *NOT_COMMANDED)]
        target = next(value for value in ends if path != LANE or value != "ACTIVE")
    else:
        assert signal.maximum is not None
        target = signal.check(signal.maximum)
    rows = errand.send(Command(path, target), channel=Channel.HAND)
    assert rows[0].verdict.outcome is Outcome.ALLOW
    errand.wait(signal.settles_within_s + 0.5)
    assert rows[0].status is Status.CONFIRMED, rows[0].detail
    assert rows[0].actual == target


def test_given_a_silent_ecu_when_time_is_up_then_it_is_not_done_and_said_to_be_silent() -> None:
    errand = Errand()
    inject(errand.car, Fault("ecu_silent", 60, node="SEAT"), Random(1))
    (row,) = errand.send(Command(HEAT, 66))
    errand.wait(3)
    assert (row.status, row.detail) == (Status.NOT_DONE, "the SEAT unit is silent")
    assert row.actual == 0


def test_given_a_jammed_window_when_asked_to_move_then_it_is_not_done_and_said_to_be_jammed() -> None:
    errand = Errand()
    inject(errand.car, Fault("jam", 60, node="DOOR", path=WINDOW), Random(1))
    (row,) = errand.send(Command(WINDOW, 100))
    errand.wait(1)
    assert (row.status, row.detail) == (Status.NOT_DONE, "the DOOR unit is jammed")
    assert errand.actual(WINDOW) == 0


def test_given_one_jammed_window_of_two_when_asked_to_move_then_the_other_is_confirmed() -> None:
    errand = Errand()
    inject(errand.car, Fault("jam", 60, node="DOOR", path=WINDOW), Random(1))
    jammed, free = errand.send(Command(WINDOW, 100), Command(OTHER_WINDOW, 100))
    errand.wait(5)
    assert (jammed.status, jammed.detail) == (Status.NOT_DONE, "the DOOR unit is jammed")
    assert free.status is Status.CONFIRMED


def test_given_a_restart_on_the_way_when_time_is_up_then_it_is_not_done_and_said_where_it_stopped() -> None:
    errand = Errand()
    (row,) = errand.send(Command(WINDOW, 100))
    errand.wait(1)
    inject(errand.car, Fault("ecu_reset", 0.3, node="DOOR"), Random(1))
    stopped = errand.actual(WINDOW)
    errand.wait(9)
    assert errand.actual(WINDOW) == stopped
    assert (row.status, row.detail) == (Status.NOT_DONE, f"it stopped at {stopped} % open")


def test_given_a_boot_when_the_car_starts_to_move_on_the_way_to_the_ecu_then_the_ecus_refusal_is_told() -> None:
    errand = Errand()
    rows = errand.execution.judge([Command(BOOT, True)], Channel.CONFIRMED)
    errand.car.world.speed_mps = 10.0
    errand.execution.send(rows)
    errand.wait(1)
    assert (rows[0].status, rows[0].detail) == (Status.NOT_DONE, "the DOOR unit refuses that now")
    assert errand.actual(BOOT) is False


@pytest.mark.parametrize(("path", "target"), [(SKIP, "SKIP_FORWARD"), (WASHING, True)])
def test_given_what_falls_back_by_itself_when_sent_twice_then_both_are_confirmed(path: str, target: Value) -> None:
    errand = Errand()
    for _ in range(2):
        (row,) = errand.send(Command(path, target))
        errand.wait(2.0)
        assert row.status is Status.CONFIRMED
        errand.execution = errand.next()


def test_given_a_target_that_is_there_already_when_sent_then_a_new_status_confirms_it() -> None:
    errand = Errand()
    (row,) = errand.send(Command(WINDOW, 0))
    errand.execution.refresh()
    assert not row.is_settled
    errand.wait(0.3)
    assert row.status is Status.CONFIRMED


def test_given_a_refused_command_when_sent_then_its_frame_is_not_and_others_are() -> None:
    errand = Errand({"Vehicle.Speed": 50.0})
    boot, window = errand.send(Command(BOOT, True), Command(WINDOW, 20))
    assert (boot.status, boot.detail) == (Status.REFUSED, boot.verdict.reason)
    assert boot.command_id is None
    errand.wait(3)
    assert (window.status, errand.actual(BOOT)) == (Status.CONFIRMED, False)


def test_given_waiting_commands_when_withdrawn_then_they_are_not_done_and_never_sent() -> None:
    errand = Errand()
    (row,) = errand.send(Command(BOOT, True), channel=Channel.SPOKEN)
    assert row.status is Status.WAITING
    assert errand.execution.is_settled
    errand.execution.withdraw("you said no")
    errand.wait(7)
    assert (row.status, row.detail, errand.actual(BOOT)) == (Status.NOT_DONE, "you said no", False)


def test_given_a_newer_target_when_the_older_request_ends_then_the_newer_target_stays_known() -> None:
    errand = Errand()
    older = errand.execution
    errand.send(Command(WINDOW, 100))
    errand.wait(1)
    errand.execution = errand.next()
    errand.send(Command(WINDOW, 0))
    for _ in range(900):
        errand.car.advance(10 * MS)
        older.refresh()
    assert older.rows[0].status is Status.NOT_DONE
    assert errand.car.state().targets[WINDOW] == 0
    assert errand.actual(WINDOW) == 0


@pytest.mark.parametrize("seed", range(20))
def test_given_random_faults_when_carried_out_then_done_is_said_only_of_what_is_so(seed: int) -> None:
    chance = random.Random(seed)
    errand = Errand()
    commands = [
        Command(WINDOW, chance.randint(1, 100)),
        Command(OTHER_WINDOW, chance.randint(1, 100)),
        Command(HEAT, 66),
    ]
    kind, node = chance.choice(["ecu_reset", "ecu_silent", "jam"]), chance.choice(["DOOR", "SEAT"])
    path = chance.choice([WINDOW, OTHER_WINDOW]) if node == "DOOR" else HEAT
    rows = errand.send(*commands)
    is_broken = False
    for step in range(1000):
        if not is_broken and chance.random() < 0.01:
            is_broken = True
            inject(errand.car, Fault(kind, chance.uniform(0.05, 12), node=node, path=path), Random(1))
        before = [row.status for row in rows]
        errand.wait(0.01)
        for row, status in zip(rows, before, strict=True):
            if row.status is Status.CONFIRMED and status is Status.SENT:
                assert errand.actual(row.command.path) == row.command.target, (seed, step)
    assert all(row.is_settled for row in rows), seed
