"""The whole car with a scripted model: words, gate, bus, ECUs, status, reply."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import can
import cantools
import pytest
from cantools.database.can import Database as CantoolsDatabase

from carpilot.cabin import Cabin
from carpilot.decision import Decision
from carpilot.errors import InputError, ModelOutputError
from carpilot.exchange import Exchange, Result
from carpilot.execution import Status
from carpilot.faults import Fault
from carpilot.files import asset
from carpilot.policy.rules import default_policy
from carpilot.reasoning.history import Turn
from carpilot.reasoning.reasoner import Control
from carpilot.reasoning.scripted import ScriptedReasoner
from carpilot.reasoning.tools import Call, ToolCatalogue
from carpilot.request import Request, Seat
from carpilot.vehicle.catalogue import Value
from carpilot.vehicle.state import VehicleState

S = 1_000_000_000
WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
WINDOWS = [
    f"Vehicle.Cabin.Door.{row}.{side}.Window.Position"
    for row in ("Row1", "Row2")
    for side in ("DriverSide", "PassengerSide")
]
BOOT = "Vehicle.Body.Trunk.Rear.IsOpen"
LOCK = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"
AC = "Vehicle.Cabin.HVAC.IsAirConditioningActive"
VOLUME = "Vehicle.Cabin.Infotainment.Media.Volume"
MUTED = "Vehicle.Private.Media.IsMuted"
DOME = "Vehicle.Cabin.Light.IsDomeOn"
IGNITION = "Vehicle.LowVoltageSystemState"
MOVING: dict[str, Value] = {"Vehicle.Speed": 50.0}

SCRIPT: dict[str, Sequence[Call]] = {
    "open my window": [Call("set_window", {"percent": 100})],
    "a bit of air": [Call("set_window", {"percent": 20})],
    "open the boot": [Call("set_boot", {"open": True})],
    "unlock": [Call("set_lock", {"locked": False})],
    "lock": [Call("set_lock", {"locked": True})],
    "mute": [Call("set_mute", {"on": True})],
    "louder": [Call("set_volume", {"change": 10})],
    "full volume": [Call("set_volume", {"percent": 100})],
    "cool it": [Call("set_air_conditioning", {"on": True})],
    "my seat": [Call("set_seat_heating", {"level": 2})],
    "all at once": [
        Call("set_mute", {"on": True}),
        Call("set_seat_heating", {"level": 1}),
        Call("set_dome_light", {"on": True}),
        Call("set_recirculation", {"on": True}),
    ],
    "two things": [Call("set_boot", {"open": True}), Call("set_dome_light", {"on": True})],
    "how fast": [Call("answer", {"about": "speed"})],
    "do it": [Call("set_mute", {"on": True})],
    "which": [Call("ask", {"about": "which_one"})],
    "fly": [Call("refuse", {"because": "not_in_car"})],
}


class Ride:
    """A cabin whose frames are all kept."""

    def __init__(self, start: Mapping[str, Value] | None = None, **options: Path) -> None:
        self.cabin = Cabin(ScriptedReasoner(SCRIPT), start, **options)  # type: ignore[arg-type] # only log paths are given
        self.cabin.frames.all = []

    def commands(self) -> list[int]:
        """Identifiers of all command frames so far, on both segments."""
        return [row.arbitration_id for row in self.cabin.frames.all or () if row.name.endswith("Cmd")]

    def actual(self, path: str) -> Value:
        return self.cabin.car.nodes[self.cabin.car.catalogue[path].ecu].device.actual[path]

    def everything(self) -> dict[str, Value]:
        return {p: v for node in self.cabin.car.nodes.values() for p, v in (*node.device.actual.items(),)} | {
            f"target of {p}": v for node in self.cabin.car.nodes.values() for p, v in node.device.target.items()
        }

    def is_asking(self) -> bool:
        return self.cabin.snapshot().confirmation is not None


# Done


def test_given_a_request_when_it_is_done_then_the_status_has_shown_it_and_the_reply_tells_it() -> None:
    ride = Ride()
    exchange = ride.cabin.begin("open my window")
    while exchange.result is None:
        assert exchange.reply == ""
        assert exchange.rows[0].status is Status.SENT
        ride.cabin.advance(0.01)
    assert ride.cabin.car.state().actual(WINDOW) == 100
    assert (exchange.result, exchange.rows[0].status) == (Result.DONE, Status.CONFIRMED)
    assert "window open" in exchange.reply
    assert exchange.ended_ns - exchange.decided_ns > 3.9 * S
    assert ride.commands() == [0x230, 0x230]


def test_given_an_ecu_that_fails_when_asked_then_done_is_not_said() -> None:
    ride = Ride()
    ride.cabin.fault(Fault("ecu_silent", 30, node="SEAT"))
    exchange = ride.cabin.ask("my seat")
    assert exchange.result is Result.NOT_DONE
    assert "the SEAT unit is silent" in exchange.reply
    assert exchange.reply.startswith("Not done")


def test_given_several_hands_at_once_when_time_passes_then_each_request_comes_to_its_end() -> None:
    ride = Ride()
    for path in WINDOWS:
        ride.cabin.touch(path, 50)
    ride.cabin.advance(4)
    assert [exchange.result for exchange in ride.cabin.exchanges] == [Result.DONE] * 4
    assert [ride.actual(path) for path in WINDOWS] == [50] * 4


@pytest.mark.parametrize(
    ("text", "result", "reply"),
    [
        ("how fast", Result.ANSWERED, "0 km/h"),
        ("which", Result.ASKED, "Which one do you mean?"),
        ("fly", Result.REFUSED, "This car cannot do that from here."),
        ("sing to me", Result.FAILED, "I did not understand that, so I did nothing."),
    ],
)
def test_given_words_that_move_nothing_when_asked_then_no_command_is_on_the_bus(
    text: str, result: Result, reply: str
) -> None:
    ride = Ride()
    before = ride.everything()
    exchange = ride.cabin.ask(text)
    assert exchange.result is result
    assert reply in exchange.reply
    assert (ride.commands(), ride.everything()) == ([], before)


@pytest.mark.parametrize("text", ["", "  ", "a" * 501])
def test_given_no_words_or_too_many_when_asked_then_input_error_and_no_exchange(text: str) -> None:
    ride = Ride()
    with pytest.raises(InputError):
        ride.cabin.ask(text)
    assert ride.cabin.exchanges == []


# Denied


@pytest.mark.parametrize(
    ("text", "start", "seat", "rule"),
    [
        ("open the boot", MOVING, Seat.DRIVER, "trunk.moving"),
        ("unlock", MOVING, Seat.DRIVER, "door.unlock_moving"),
        ("full volume", MOVING, Seat.DRIVER, "volume.moving"),
        ("open the boot", {}, Seat.PASSENGER, "speaker.driver_only"),
        ("lock", {}, Seat.REAR_LEFT, "speaker.driver_only"),
    ],
)
def test_given_what_may_not_be_when_asked_then_no_command_frame_and_nothing_moves(
    text: str, start: dict[str, Value], seat: Seat, rule: str
) -> None:
    ride = Ride(start)
    before = ride.everything()
    exchange = ride.cabin.ask(text, seat)
    assert exchange.result is Result.DENIED
    assert {row.verdict.rule for row in exchange.rows} == {rule}
    assert exchange.reply == exchange.rows[0].verdict.reason
    ride.cabin.advance(6)
    assert (ride.commands(), ride.everything()) == ([], before)


def test_given_the_car_starts_to_move_while_the_model_thinks_when_it_answers_then_the_present_counts() -> None:
    ride, reasoner = Ride(), Slow()
    ride.cabin.reasoner = reasoner
    ride.cabin.submit("open the boot")
    ride.cabin.advance(0.1)
    ride.cabin.world("Vehicle.Speed", 40.0)
    ride.cabin.advance(0.1)
    exchange = finish(ride.cabin, reasoner)
    assert exchange.result is Result.DENIED
    assert ride.commands() == []


def test_given_a_forbidden_side_effect_when_asked_then_what_was_wanted_is_done_and_the_rest_is_told() -> None:
    ride = Ride({IGNITION: "OFF", WINDOW: 80})
    exchange = ride.cabin.ask("cool it")
    assert exchange.result is Result.NOT_DONE
    assert "Windows close only with the ignition on." in exchange.reply
    assert (ride.actual(AC), ride.actual(WINDOW)) == (True, 80)


def test_given_a_side_effect_when_asked_then_it_is_judged_sent_and_confirmed_too() -> None:
    ride = Ride({WINDOW: 80})
    exchange = ride.cabin.ask("cool it")
    assert exchange.result is Result.DONE
    assert [(row.command.path, row.command.is_side_effect, row.status) for row in exchange.rows] == [
        (AC, False, Status.CONFIRMED),
        (WINDOW, True, Status.CONFIRMED),
    ]
    assert ride.actual(WINDOW) == 0


# Confirmation


def asked(start: Mapping[str, Value] | None = None, text: str = "open the boot") -> Ride:
    ride = Ride(start)
    assert ride.cabin.begin(text).result is Result.CONFIRM
    assert ride.is_asking()
    assert ride.commands() == []
    return ride


def test_given_a_question_when_the_driver_says_yes_then_it_is_done_once() -> None:
    ride = asked()
    exchange = ride.cabin.ask("Yes, please!")
    assert (exchange.result, ride.actual(BOOT)) == (Result.DONE, True)
    assert not ride.is_asking()
    sent = ride.commands()
    assert ride.cabin.ask("yes").result is Result.FAILED
    assert ride.commands() == sent == [0x231, 0x231]


@pytest.mark.parametrize("words", ["no", "No.", "never mind", "don't", "Stop!"])
def test_given_a_question_when_the_driver_says_no_then_nothing_is_sent(words: str) -> None:
    ride = asked()
    assert ride.cabin.ask(words).result is Result.REFUSED
    assert (ride.commands(), ride.is_asking(), ride.actual(BOOT)) == ([], False, False)


@pytest.mark.parametrize(("late_ns", "is_opened"), [(-1, True), (0, True), (1, False), (S, False)])
def test_given_a_question_when_ten_seconds_have_passed_then_a_yes_comes_too_late(late_ns: int, is_opened: bool) -> None:
    ride = asked()
    asked_ns = ride.cabin.exchanges[0].decided_ns
    ride.cabin.advance_ns(asked_ns + 10 * S + late_ns - ride.cabin.now_ns)
    assert ride.is_asking() is is_opened
    ride.cabin.ask("yes")
    assert ride.actual(BOOT) is is_opened
    assert bool(ride.commands()) is is_opened
    if not is_opened:
        assert ride.cabin.exchanges[0].rows[0].detail == "the question has expired"


@pytest.mark.parametrize("seat", [Seat.PASSENGER, Seat.REAR_LEFT, Seat.REAR_RIGHT])
@pytest.mark.parametrize("words", ["yes", "no"])
def test_given_a_question_when_somebody_else_answers_then_it_stays_open_for_the_driver(seat: Seat, words: str) -> None:
    ride = asked()
    exchange = ride.cabin.ask(words, seat)
    assert (exchange.result, exchange.reply) == (Result.DENIED, "Only the driver can confirm that.")
    assert (ride.commands(), ride.is_asking()) == ([], True)
    assert ride.cabin.ask("yes").result is Result.DONE


@pytest.mark.parametrize(
    ("path", "value"),
    [("Vehicle.Speed", 5.0), (IGNITION, "OFF"), ("Vehicle.Cabin.Seat.Row1.DriverSide.IsOccupied", False)],
)
def test_given_a_question_when_the_situation_changes_then_a_yes_does_not_count(path: str, value: Value) -> None:
    ride = asked()
    ride.cabin.world(path, value)
    ride.cabin.advance(0.5)
    exchange = ride.cabin.ask("yes")
    assert exchange.result is Result.NOT_DONE
    assert "the situation has changed since I asked" in exchange.reply
    ride.cabin.advance(6)
    assert (ride.commands(), ride.actual(BOOT), ride.is_asking()) == ([], False, False)


def test_given_a_question_when_the_driver_brakes_then_it_is_withdrawn() -> None:
    ride = asked()
    ride.cabin.drive(0.0, 0.3)
    assert not ride.is_asking()
    row = ride.cabin.exchanges[0].rows[0]
    assert (row.status, row.detail) == (Status.NOT_DONE, "you braked")
    assert ride.cabin.ask("yes").result is Result.FAILED
    assert ride.commands() == []


def test_given_a_question_when_only_the_throttle_is_pressed_in_park_then_it_stays() -> None:
    ride = asked()
    ride.cabin.drive(0.2, 0.0)
    assert ride.is_asking()


def test_given_a_question_when_the_same_control_is_touched_then_it_is_withdrawn() -> None:
    ride = asked()
    ride.cabin.touch(BOOT, False)
    assert not ride.is_asking()
    ride.cabin.advance(1)
    assert ride.cabin.ask("yes").result is Result.FAILED
    assert ride.actual(BOOT) is False


def test_given_a_question_when_another_request_comes_then_the_yes_is_not_for_the_old_one() -> None:
    ride = asked()
    ride.cabin.ask("mute")
    assert not ride.is_asking()
    assert ride.cabin.exchanges[0].rows[0].detail == "another request came"
    assert ride.cabin.ask("yes").result is Result.FAILED
    assert ride.actual(BOOT) is False


def test_given_a_question_when_a_second_one_is_asked_then_the_yes_is_for_the_second() -> None:
    ride = asked({LOCK: True})
    assert ride.cabin.ask("unlock").result is Result.CONFIRM
    assert ride.cabin.ask("yes").result is Result.DONE
    assert (ride.actual(BOOT), ride.actual(LOCK)) == (False, False)


def test_given_more_than_three_actions_when_asked_then_all_wait_for_one_yes() -> None:
    ride = asked(text="all at once")
    assert ride.cabin.exchanges[0].reply == "Shall I do all of that?"
    assert ride.cabin.ask("yes").result is Result.DONE
    assert (ride.actual(MUTED), ride.actual(DOME)) == (True, True)


def test_given_one_action_to_ask_about_when_two_are_wanted_then_the_other_is_done_at_once() -> None:
    ride = Ride()
    exchange = ride.cabin.ask("two things")
    assert exchange.result is Result.CONFIRM
    assert (ride.actual(DOME), ride.actual(BOOT)) == (True, False)
    assert exchange.reply.endswith("Open the boot?")
    assert ride.cabin.ask("yes").result is Result.DONE
    assert ride.actual(BOOT) is True


def test_given_no_question_when_words_of_consent_are_said_then_they_are_words_like_others() -> None:
    ride = Ride()
    assert ride.cabin.ask("do it").result is Result.DONE
    assert ride.actual(MUTED) is True
    ride.cabin.answer(yes=True)
    assert len(ride.cabin.exchanges) == 1


@pytest.mark.parametrize("yes", [True, False])
def test_given_a_question_when_answered_by_hand_then_it_counts(yes: bool) -> None:
    ride = asked()
    ride.cabin.answer(yes)
    ride.cabin.advance(6)
    assert ride.actual(BOOT) is yes


# Hands


def test_given_a_hand_on_a_control_when_the_rules_forbid_it_then_nothing_is_sent() -> None:
    ride = Ride(MOVING)
    before = ride.everything()
    ride.cabin.touch(LOCK, False)
    ride.cabin.advance(1)
    exchange = ride.cabin.exchanges[-1]
    assert (exchange.result, exchange.is_by_hand) == (Result.DENIED, True)
    assert (ride.commands(), ride.everything()) == ([], before)


def test_given_a_hand_on_a_control_when_words_would_need_a_yes_then_it_is_done() -> None:
    ride = Ride()
    ride.cabin.touch(BOOT, True)
    assert ride.commands() == []
    ride.cabin.advance(6)
    assert (ride.cabin.exchanges[-1].result, ride.actual(BOOT)) == (Result.DONE, True)
    assert ride.commands() == [0x231, 0x231]


@pytest.mark.parametrize(("path", "value"), [(VOLUME, 101), (VOLUME, True), (BOOT, 1), ("Vehicle.Wings", True)])
def test_given_a_hand_with_what_is_no_value_when_it_touches_then_input_error_and_nothing_is_sent(
    path: str, value: Value
) -> None:
    ride = Ride()
    with pytest.raises(InputError):
        ride.cabin.touch(path, value)
    ride.cabin.advance(0.5)
    assert (ride.commands(), ride.cabin.exchanges) == ([], [])


def test_given_one_actuator_when_changed_ten_times_in_ten_seconds_then_the_eleventh_is_denied_until_time_has_passed() -> (
    None
):
    ride, limits = Ride(), default_policy().limits
    for number in range(limits.changes_of_one_actuator + 1):
        ride.cabin.touch(DOME, number % 2 == 0)
        ride.cabin.advance(0.3)
    results = [exchange.result for exchange in ride.cabin.exchanges]
    assert results == [Result.DONE] * 10 + [Result.DENIED]
    assert ride.cabin.exchanges[-1].rows[0].verdict.rule == "request.rate"
    assert ride.actual(DOME) is False
    ride.cabin.touch(MUTED, True)
    ride.cabin.advance(limits.within_seconds)
    ride.cabin.touch(DOME, True)
    ride.cabin.advance(0.5)
    assert (ride.actual(MUTED), ride.actual(DOME)) == (True, True)


@pytest.mark.parametrize(
    ("speed", "gear", "shifted"),
    [(0.0, 127, True), (0.0, -1, True), (30.0, -1, False), (30.0, 126, False), (30.0, 0, True)],
)
def test_given_a_speed_when_the_selector_is_moved_then_park_and_reverse_need_standstill(
    speed: float, gear: int, shifted: bool
) -> None:
    ride = Ride({"Vehicle.Speed": speed})
    ride.cabin.shift(gear)
    assert (ride.cabin.car.world.gear == gear) is shifted


def test_given_pedals_when_driven_then_the_car_speeds_up_and_stops() -> None:
    ride = Ride()
    ride.cabin.shift(127)
    ride.cabin.drive(5.0, -1.0)
    ride.cabin.advance(5)
    speed = ride.cabin.car.state().number("Vehicle.Speed")
    assert speed is not None and 30 < speed < 80
    ride.cabin.drive(0.0, 1.0)
    ride.cabin.advance(5)
    assert ride.cabin.car.state().number("Vehicle.Speed") == 0


# The model in its thread


class Slow:
    """A model that thinks until it is told to go on, or is cancelled."""

    name = "slow"

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self._script = ScriptedReasoner(SCRIPT)

    def propose(
        self, request: Request, state: VehicleState, tools: ToolCatalogue, history: Sequence[Turn], control: Control
    ) -> Decision:
        control.on_thought("let me see. ")
        while not self.go_on.wait(0.002):
            if control.cancelled.is_set():
                raise ModelOutputError("cancelled")
        return self._script.propose(request, state, tools, history, control)


def finish(cabin: Cabin, reasoner: Slow) -> Exchange:
    """Let the model end, and the car too; simulated time passes meanwhile."""
    reasoner.go_on.set()
    exchange = cabin.exchanges[-1]
    for _ in range(5000):
        cabin.advance(0.01)
        if exchange.result is not None:
            return exchange
        time.sleep(0 if exchange.proposal else 0.001)
    raise AssertionError("the request has no end")


def test_given_a_submitted_request_when_the_model_thinks_then_the_car_goes_on_and_its_decision_is_picked_up() -> None:
    ride, reasoner = Ride(), Slow()
    ride.cabin.reasoner = reasoner
    ride.cabin.submit("open my window")
    before_ns = ride.cabin.now_ns
    ride.cabin.advance(1)
    assert ride.cabin.now_ns == before_ns + S
    assert ride.cabin.snapshot().busy
    assert ride.commands() == []
    exchange = finish(ride.cabin, reasoner)
    assert (exchange.result, ride.actual(WINDOW)) == (Result.DONE, 100)
    assert not ride.cabin.snapshot().busy
    ride.cabin.close()


def test_given_a_thinking_model_when_another_request_comes_then_the_first_is_given_up_and_the_second_done() -> None:
    ride, reasoner = Ride(), Slow()
    ride.cabin.reasoner = reasoner
    ride.cabin.submit("open my window")
    ride.cabin.advance(0.05)
    ride.cabin.submit("mute")
    exchange = finish(ride.cabin, reasoner)
    ride.cabin.advance(6)
    first = ride.cabin.exchanges[0]
    assert (first.result, first.rows) == (Result.FAILED, ())
    assert (exchange.result, ride.actual(MUTED), ride.actual(WINDOW)) == (Result.DONE, True, 0)
    assert set(ride.commands()) == {0x250}


def test_given_a_thinking_model_when_the_cabin_closes_then_it_is_stopped() -> None:
    ride, threads = Ride(), threading.active_count()
    ride.cabin.reasoner = Slow()
    ride.cabin.submit("open my window")
    ride.cabin.close()
    assert threading.active_count() == threads
    assert ride.commands() == []


# What can be seen


def test_given_a_request_on_its_way_when_pictured_then_the_plan_and_the_frames_name_it() -> None:
    ride = Ride()
    ride.cabin.begin("a bit of air")
    ride.cabin.advance(0.3)
    picture = ride.cabin.snapshot()
    (row,) = picture.plan
    assert (row.path, row.old, row.target, row.status, row.frame_id) == (WINDOW, 0, 20, "sent", 0x230)
    assert (picture.request_text, picture.thought) == ("a bit of air", "as the script says")
    ride.cabin.advance(2)
    (row,) = ride.cabin.snapshot().plan
    assert (row.status, row.frame_id) == ("confirmed", 0x330)
    assert row.milliseconds is not None and 700 < row.milliseconds < 1200
    caused = [frame for frame in ride.cabin.frames.all or () if frame.request == 1]
    assert [frame.name for frame in caused] == ["CopilotDecision", "DOOR_WindowCmd", "DOOR_WindowCmd"]


def test_given_a_decision_log_when_a_request_ends_then_every_step_stands_in_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "decisions.jsonl"
    ride = Ride(decision_log=path)
    ride.cabin.ask("open the boot")
    ride.cabin.ask("yes")
    ride.cabin.close()
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [row["event"] for row in rows] == [
        *("start", "request", "decision", "verdict", "end"),
        *("request", "confirmed", "verdict", "settled", "end"),
    ]
    assert [row["time_ns"] for row in rows] == sorted(row["time_ns"] for row in rows)
    assert (rows[3]["verdict"], rows[3]["rule"], rows[4]["result"]) == ("confirm", "trunk.open", "confirm")
    assert (rows[6]["number"], rows[6]["of"]) == (2, 1)
    assert (rows[8]["number"], rows[8]["status"], rows[9]["result"]) == (2, "confirmed", "done")
    assert rows == ride.cabin.record.decisions.events


SEGMENT_FILES = {
    name: cantools.database.load_file(asset("vehicle", f"{name}.dbc"))
    for name in ("powertrain", "body", "infotainment")
}


def decoded(path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    """The infotainment segment's frames of a log, decoded by cantools alone."""
    database = SEGMENT_FILES["infotainment"]
    assert isinstance(database, CantoolsDatabase)
    messages: list[can.Message] = list(can.LogReader(path))
    channels = sorted({str(message.channel) for message in messages})
    assert len(channels) == len(SEGMENT_FILES)
    for message in messages:
        if str(message.channel) == channels[-1]:
            described = database.get_message_by_frame_id(message.arbitration_id)
            values = described.decode(bytes(message.data), decode_choices=False)
            assert isinstance(values, dict)
            yield described.name, dict(values)


@pytest.mark.parametrize("suffix", [".log", ".asc", ".blf"])
def test_given_a_bus_log_when_read_by_other_programs_then_it_shows_which_request_caused_which_frame(
    tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"bus{suffix}"
    ride = Ride(bus_log=path)
    for text in ("mute", "my seat", "a bit of air", "louder", "open the boot", "yes", "cool it"):
        ride.cabin.ask(text)
    ride.cabin.close()
    database = SEGMENT_FILES["infotainment"]
    assert isinstance(database, CantoolsDatabase)
    rows = list(decoded(path))
    decisions = [(index, values) for index, (name, values) in enumerate(rows) if name == "CopilotDecision"]
    seen = []
    for index, values in decisions:
        if values["Verdict"] == 0:
            name = database.get_message_by_frame_id(int(str(values["CommandId"]))).name
            follower = next(v for n, v in rows[index:] if n == name)
            assert follower["Counter"] == values["CommandCounter"]
        else:
            assert (values["CommandId"], values["CommandCounter"]) == (2047, 255)
            name = "none"
        seen.append((values["RequestNumber"], name))
    assert seen == [
        *((1, "MEDIA_Cmd"), (2, "SEAT_Cmd"), (3, "DOOR_WindowCmd"), (4, "MEDIA_Cmd")),
        *((5, "none"), (6, "DOOR_AccessCmd"), (7, "HVAC_Cmd")),
    ]
    commands = [name for name, _ in rows if name.endswith("Cmd")]
    assert commands == [name for _, name in seen if name != "none"]


RUN = """
import sys
from pathlib import Path
from carpilot.cabin import Cabin
from carpilot.reasoning.scripted import ScriptedReasoner
from carpilot.reasoning.tools import Call

script = {"air": [Call("set_window", {"window": "all", "percent": 40})], "boot": [Call("set_boot", {"open": True})],
          "clear": [Call("set_front_defrost", {"on": True})], "light": [Call("set_ambient_color", {"color": "red"})]}
for suffix in (".log", ".asc", ".blf"):
    folder = Path(sys.argv[1])
    logs = {"bus_log": folder / f"bus{suffix}", "decision_log": folder / f"{suffix[1:]}.jsonl"}
    cabin = Cabin(ScriptedReasoner(script), {"Vehicle.Speed": 30.0}, **logs)
    for text in ("air", "boot", "clear", "light", "nonsense"):
        cabin.ask(text)
    cabin.close()
"""


def test_given_two_processes_with_other_hash_seeds_when_the_same_is_asked_then_all_logs_are_the_same_bytes(
    tmp_path: Path,
) -> None:
    contents: list[dict[str, bytes]] = []
    for seed, zone in (("0", "UTC"), ("4711", "Pacific/Auckland")):
        folder = tmp_path / seed
        folder.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone}
        subprocess.run([sys.executable, "-c", RUN, str(folder)], env=environment, check=True, timeout=120)
        contents.append({path.name: path.read_bytes() for path in sorted(folder.iterdir())})
    assert sorted(contents[0]) == ["asc.jsonl", "blf.jsonl", "bus.asc", "bus.blf", "bus.log", "log.jsonl"]
    assert {name: len(data) for name, data in contents[0].items() if not data} == {}
    assert [name for name in contents[0] if contents[0][name] != contents[1][name]] == []


@pytest.mark.parametrize("make", [lambda folder: folder / "bus.txt", lambda folder: folder / "file" / "bus.log"])
def test_given_a_log_that_cannot_be_written_when_the_cabin_starts_then_input_error(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError):
        Ride(bus_log=make(tmp_path))
