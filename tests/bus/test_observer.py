import pytest

from carpilot.bus.database import default_database, to_bus
from carpilot.bus.e2e import Protector
from carpilot.bus.frame import Frame
from carpilot.bus.observer import GEAR, SPEED, WHEEL_SPEED, Observer
from carpilot.sim.scheduler import Scheduler
from carpilot.vehicle.catalogue import Value, default_catalogue
from carpilot.vehicle.state import Quality

MS = 1_000_000
WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
CATALOGUE = default_catalogue()
DATABASE = default_database()
WINDOW_CYCLE_NS = DATABASE.info["DOOR_WindowStatus"].cycle_ns


class Ear:
    """An observer with a hand on its clock, and a sender for every status message."""

    def __init__(self) -> None:
        self.scheduler = Scheduler()
        self.observer = Observer(CATALOGUE, DATABASE, self.scheduler)
        self.protectors = {info.name: Protector(info.data_id, info.profile) for info in DATABASE.info.values()}

    def frame(self, message: str, values: dict[str, int | float | str]) -> Frame:
        frame = DATABASE.encode(message, values)
        return Frame(frame.arbitration_id, self.protectors[message].protect(frame.data))

    def report(self, path: str, value: Value | None) -> None:
        signal = CATALOGUE[path]
        values = {} if value is None else {signal.status[1]: to_bus(signal, value)}
        self.observer.on_frame(self.frame(signal.status[0], values))

    def motion(self, speed_kph: float | None, gear: int | None) -> None:
        values: dict[str, int | float | str] = {}
        if speed_kph is not None:
            values["Speed"] = speed_kph
        if gear is not None:
            values["Gear"] = gear
        self.observer.on_frame(self.frame("VCU_Motion", values))

    def wait(self, time_ns: int) -> None:
        self.scheduler.run_until(self.scheduler.now_ns + time_ns)

    def quality(self, path: str = WINDOW) -> Quality:
        return self.observer.state().reading(path).quality


def test_given_no_frame_when_asked_then_nothing_is_known() -> None:
    state = Ear().observer.state()
    for path in CATALOGUE:
        assert state.reading(path).quality is Quality.UNKNOWN
        assert state.actual(path) is None
    assert state.standing_since_ns is None


def damaged(frame: Frame) -> Frame:
    return Frame(frame.arbitration_id, frame.data[:-1] + bytes([frame.data[-1] ^ 1]))


def test_given_silence_when_three_cycles_have_passed_then_the_reading_is_stale_until_it_came_three_times() -> None:
    ear = Ear()
    ear.report(WINDOW, 40)
    ear.wait(3 * WINDOW_CYCLE_NS + 10 * MS)
    assert ear.quality() is Quality.VALID
    assert ear.observer.state().actual(WINDOW) == 40
    ear.wait(1)
    assert ear.quality() is Quality.STALE
    assert ear.observer.state().actual(WINDOW) is None
    assert ear.observer.state().reading(WINDOW).value == 40
    for value, quality in ((41, Quality.INVALID), (42, Quality.INVALID), (43, Quality.VALID)):
        ear.report(WINDOW, value)
        assert ear.quality() is quality
    assert ear.observer.state().actual(WINDOW) == 43


def test_given_wrong_crcs_when_heard_then_the_last_good_value_is_held_for_three_cycles_and_then_invalid() -> None:
    ear = Ear()
    ear.report(WINDOW, 40)
    for held in (40, 40, None):
        ear.wait(WINDOW_CYCLE_NS)
        ear.observer.on_frame(damaged(ear.frame("DOOR_WindowStatus", {"WindowFrontLeft": 99})))
        assert ear.observer.state().actual(WINDOW) == held
    assert ear.quality() is Quality.INVALID
    assert ear.observer.state().actual(WINDOW) is None


def test_given_a_repeated_frame_when_heard_then_it_is_not_new_data() -> None:
    ear = Ear()
    frame = ear.frame("DOOR_WindowStatus", {"WindowFrontLeft": 99})
    ear.observer.on_frame(frame)
    ear.wait(5 * MS)
    ear.observer.on_frame(frame)
    assert ear.observer.reading(WINDOW).time_ns == 0
    assert not ear.observer.alarms


def test_given_two_senders_of_one_message_when_heard_then_neither_is_believed_and_it_is_told() -> None:
    ear = Ear()
    other = Protector(DATABASE.info["DOOR_WindowStatus"].data_id)
    for count in range(6):
        ear.report(WINDOW, 40)
        forged = DATABASE.encode("DOOR_WindowStatus", {"WindowFrontLeft": 0})
        ear.observer.on_frame(Frame(forged.arbitration_id, other.protect(other.protect(forged.data))))
        ear.wait(20 * MS)
        if count >= 3:
            assert ear.quality() is Quality.INVALID
    assert {alarm.kind for alarm in ear.observer.alarms} == {"two senders"}


def test_given_an_identifier_that_nobody_knows_when_heard_then_it_is_told() -> None:
    ear = Ear()
    ear.observer.on_frame(Frame(0x123, b"\x00"))
    assert [(alarm.kind, alarm.arbitration_id) for alarm in ear.observer.alarms] == [("unknown identifier", 0x123)]


def test_given_speeds_that_contradict_each_other_when_heard_then_both_are_invalid() -> None:
    ear = Ear()
    ear.motion(50.0, 127)
    ear.report(WHEEL_SPEED, 50.0)
    assert (ear.quality(SPEED), ear.quality(WHEEL_SPEED)) == (Quality.VALID, Quality.VALID)
    for speed in (52.0, 54.0, 56.0, 57.3):  # it drifts, too slowly for a jump
        ear.wait(20 * MS)
        ear.report(WHEEL_SPEED, 50.0)
        ear.motion(speed, 127)
    assert (ear.quality(SPEED), ear.quality(WHEEL_SPEED)) == (Quality.INVALID, Quality.INVALID)
    ear.report(WHEEL_SPEED, 52.0)
    assert (ear.quality(SPEED), ear.quality(WHEEL_SPEED)) == (Quality.VALID, Quality.VALID)


@pytest.mark.parametrize(("jump_kph", "quality"), [(2.0, Quality.VALID), (60.0, Quality.INVALID)])
def test_given_a_speed_that_jumps_when_heard_then_it_is_not_believed(jump_kph: float, quality: Quality) -> None:
    ear = Ear()
    for speed in (50.0, 50.0 + jump_kph):
        ear.motion(speed, 127)
        ear.report(WHEEL_SPEED, speed)
        ear.wait(20 * MS)
    assert ear.quality(SPEED) is quality


@pytest.mark.parametrize("length", range(2, 8))
def test_given_a_short_frame_when_heard_then_no_value_is_taken(length: int) -> None:
    ear = Ear()
    frame = ear.frame("DOOR_WindowStatus", {"WindowFrontLeft": 99})
    short = Protector(DATABASE.info["DOOR_WindowStatus"].data_id).protect(frame.data[:length])
    ear.observer.on_frame(Frame(frame.arbitration_id, short))
    assert ear.quality() is Quality.UNKNOWN
    assert [alarm.kind for alarm in ear.observer.alarms] == ["wrong length"]


def test_given_an_extended_frame_of_the_same_number_when_heard_then_nothing_is_taken() -> None:
    ear = Ear()
    frame = ear.frame("DOOR_WindowStatus", {"WindowFrontLeft": 99})
    ear.observer.on_frame(Frame(frame.arbitration_id, frame.data, is_extended=True))
    assert ear.quality() is Quality.UNKNOWN


@pytest.mark.parametrize("path", list(CATALOGUE))
def test_given_not_available_when_heard_then_the_reading_is_invalid_and_no_number(path: str) -> None:
    ear = Ear()
    ear.report(path, None)
    assert ear.quality(path) is Quality.INVALID
    assert ear.observer.state().actual(path) is None


def test_given_commands_on_the_bus_when_heard_then_they_tell_nothing_of_the_car() -> None:
    ear = Ear()
    ear.observer.on_frame(ear.frame("DOOR_WindowCmd", {"WindowFrontLeft": 99}))
    assert ear.quality() is Quality.UNKNOWN


STANDING_CASES = [
    pytest.param(0.0, 126, 0.0, True, id="both stand in park"),
    pytest.param(0.45, 126, 0.45, True, id="just below the limit"),
    pytest.param(0.5, 126, 0.0, False, id="speed at the limit"),
    pytest.param(0.0, 126, 0.5, False, id="wheel at the limit"),
    pytest.param(0.0, 127, 0.0, False, id="in drive"),
    pytest.param(0.0, 0, 0.0, False, id="in neutral"),
    pytest.param(0.0, -1, 0.0, False, id="in reverse"),
    pytest.param(None, 126, 0.0, False, id="speed not available"),
    pytest.param(0.0, None, 0.0, False, id="gear not available"),
    pytest.param(0.0, 126, None, False, id="wheel not available"),
    pytest.param(30.0, 126, 30.0, False, id="moving"),
]


@pytest.mark.parametrize(("speed", "gear", "wheel", "stands"), STANDING_CASES)
def test_given_two_sources_when_both_agree_then_the_car_stands(
    speed: float | None, gear: int | None, wheel: float | None, stands: bool
) -> None:
    ear = Ear()
    ear.wait(5 * MS)
    ear.motion(speed, gear)
    assert ear.observer.state().standing_since_ns is None
    ear.report(WHEEL_SPEED, wheel)
    assert ear.observer.state().standing_since_ns == (5 * MS if stands else None)


@pytest.mark.parametrize("silent", ["motion", "wheel"])
def test_given_one_source_falls_silent_when_three_cycles_have_passed_then_standing_is_not_known(silent: str) -> None:
    ear = Ear()
    for _ in range(10):
        ear.motion(0, 126)
        ear.report(WHEEL_SPEED, 0.0)
        ear.wait(20 * MS)
    assert ear.observer.state().standing_since_ns == 0
    for _ in range(4):
        if silent == "wheel":
            ear.motion(0, 126)
        else:
            ear.report(WHEEL_SPEED, 0.0)
        ear.wait(20 * MS)
    assert ear.observer.state().standing_since_ns is None
    for _ in range(3):
        assert ear.observer.state().standing_since_ns is None
        ear.motion(0, 126)
        ear.report(WHEEL_SPEED, 0.0)
    assert ear.observer.state().standing_since_ns == ear.scheduler.now_ns
    assert ear.observer.state().actual(SPEED) == 0.0
    assert ear.observer.state().actual(GEAR) == 126


def test_given_two_frames_lost_in_a_row_on_a_busy_wire_when_the_third_comes_late_then_nothing_has_happened() -> None:
    ear = Ear()
    ear.report(WINDOW, 40)
    for value in (41, 42):
        ear.frame("DOOR_WindowStatus", {"WindowFrontLeft": value})
    ear.wait(3 * WINDOW_CYCLE_NS + MS)
    assert ear.quality() is Quality.VALID
    ear.report(WINDOW, 43)
    assert (ear.quality(), ear.observer.state().actual(WINDOW)) == (Quality.VALID, 43)


def test_given_a_counter_that_froze_when_it_runs_again_then_three_good_frames_are_needed() -> None:
    ear = Ear()
    ear.report(WINDOW, 40)
    frozen = ear.frame("DOOR_WindowStatus", {"WindowFrontLeft": 41})
    for _ in range(6):
        ear.wait(WINDOW_CYCLE_NS)
        ear.observer.on_frame(frozen)
    assert ear.quality() is Quality.INVALID
    for quality in (Quality.INVALID, Quality.INVALID, Quality.VALID):
        ear.wait(WINDOW_CYCLE_NS)
        ear.report(WINDOW, 42)
        assert ear.quality() is quality
