"""The gate on bytes: exhaustive sweeps against what the database says, never against the gateway's own table."""

import itertools
import random
from collections.abc import Callable
from pathlib import Path

import cantools
import pytest
from cantools.database.can import Database as CantoolsDatabase

from carpilot.bus.authentication import Authenticator
from carpilot.bus.bus import Bus
from carpilot.bus.database import SEGMENTS, MessageInfo, default_database
from carpilot.bus.e2e import Profile, Protector, header_bytes
from carpilot.bus.frame import Frame
from carpilot.ecu.gateway import MAX_DIAGNOSTIC_PER_S, Gateway, read_table
from carpilot.errors import InputError
from carpilot.files import asset
from carpilot.sim.scheduler import Scheduler

MS = 1_000_000
KEY = b"a key for a test"
DATABASE = default_database()
BODY = cantools.database.load_file(asset("vehicle", "body.dbc"))
assert isinstance(BODY, CantoolsDatabase)
ACCESS = DATABASE.message("DOOR_AccessCmd")
LOCKS = ("LockFrontLeft", "LockFrontRight", "LockRearLeft", "LockRearRight", "ChildLockRearLeft", "ChildLockRearRight")
LIDS = ("Boot", "FrontBoot", "ChargeFlap")
LENGTHS = [*range(9), 12, 16, 20, 24, 32, 48, 64]


def home_of(info: MessageInfo) -> str:
    return DATABASE.home[info.name]


def ways(info: MessageInfo | None, segment: str) -> set[str]:
    """Where a message may go from a segment, by the database: commands to their ECU, status to the infotainment."""
    if info is None or not info.data_id:
        return set()
    home = home_of(info)
    if info.sender == "COPILOT":
        return {home} if segment == "infotainment" and home != "infotainment" else set()
    if segment != home or home == "infotainment":
        return set()
    return {"infotainment", "body"} if info.name == "VCU_Motion" else {"infotainment"}


class Segments:
    """A gateway between three segments, and everything that came through on each."""

    def __init__(self) -> None:
        self.scheduler = Scheduler()
        self.buses = {name: Bus(name, self.scheduler) for name in SEGMENTS}
        self.gateway = Gateway(self.scheduler, self.buses, KEY)
        self.heard: dict[str, list[Frame]] = {name: [] for name in SEGMENTS}
        self.listeners = {name: bus.attach("LISTENER", self.heard[name].append) for name, bus in self.buses.items()}
        self.motion = Protector(DATABASE.message("VCU_Motion").data_id, Profile.P11)
        self.authenticator = Authenticator(KEY, ACCESS.data_id)

    def tell_motion(self, speed_kph: float = 0.0, gear: int = 126) -> None:
        frame = DATABASE.encode("VCU_Motion", {"Speed": speed_kph, "Gear": gear})
        self.gateway.on_frame("powertrain", Frame(frame.arbitration_id, self.motion.protect(frame.data)))

    def settle(self) -> None:
        self.scheduler.run_until(self.scheduler.now_ns + 2000 * MS)

    def passed(self, segment: str) -> list[tuple[int, int]]:
        return [(frame.arbitration_id, len(frame.data)) for frame in self.heard[segment]]


def standing(segments: Segments) -> None:
    segments.tell_motion()


def moving(segments: Segments) -> None:
    segments.tell_motion(30.0, 127)


def no_motion_frame(segments: Segments) -> None:
    del segments


def stale_motion(segments: Segments) -> None:
    segments.tell_motion()
    segments.scheduler.run_until(segments.scheduler.now_ns + 60 * MS + 1)


MOTIONS = [standing, moving, no_motion_frame, stale_motion]
Prepare = Callable[[Segments], None]


def is_diagnostic(identifier: int) -> bool:
    return identifier == 0x7DF or 0x7E0 <= identifier <= 0x7EF or 0x740 <= identifier <= 0x74F


@pytest.mark.parametrize("prepare", MOTIONS)
@pytest.mark.parametrize("is_protected", [True, False])
@pytest.mark.parametrize("segment", SEGMENTS)
def test_given_every_identifier_and_length_when_sent_then_only_listed_whole_and_protected_frames_pass(
    segment: str, prepare: Prepare, is_protected: bool
) -> None:
    segments = Segments()
    prepare(segments)
    allowed: dict[str, set[tuple[int, int]]] = {name: set() for name in SEGMENTS}
    for identifier, length in itertools.product(range(0x800), LENGTHS):
        if is_diagnostic(identifier) or identifier == 0x100:  # both have tests of their own
            continue
        info = DATABASE.by_id.get(identifier)
        profile = info.profile if info else Profile.P01
        data = bytes(length)
        if length >= header_bytes(profile):
            if info is not None and info.is_authenticated and length == 32 and is_protected:
                data = segments.authenticator.sign(data)
            data = Protector(info.data_id if info else identifier, profile).protect(data)
            if not is_protected:
                data = bytes([data[0] ^ 0xFF]) + data[1:]
        segments.gateway.on_frame(segment, Frame(identifier, data, is_fd=length > 8))
        # All bits 0 means: unlock everything. So this very frame is the harmful one.
        is_harmful = info is ACCESS and prepare is not standing
        if is_protected and info is not None and length == info.length and not is_harmful:
            for target in ways(info, segment):
                allowed[target].add((identifier, length))
    segments.settle()
    for name in SEGMENTS:
        if name != segment:
            passed = [pair for pair in segments.passed(name) if pair[0] != 0x100]
            assert sorted(passed) == sorted(allowed[name])
    if is_protected:
        assert sum(map(len, allowed.values())) > 10


@pytest.mark.parametrize("prepare", MOTIONS)
def test_given_payloads_of_the_access_frame_when_sent_then_nothing_opens_unless_the_car_stands(
    prepare: Prepare,
) -> None:
    noise = random.Random(7)
    assert isinstance(BODY, CantoolsDatabase)
    message = BODY.get_message_by_name("DOOR_AccessCmd")
    segments, protector = Segments(), Protector(ACCESS.data_id, ACCESS.profile)
    names = (*LOCKS, *LIDS, "CableLock")
    singles = [{name: raw} for name in names for raw in range(4)]
    mixed = [{name: noise.randrange(4) for name in names} for _ in range(400)]
    for wanted in (*singles, *mixed):
        prepare(segments)
        number = sum(raw << message.get_signal_by_name(name).start for name, raw in wanted.items())
        for name in set(names) - wanted.keys():
            number |= 3 << message.get_signal_by_name(name).start
        signed = segments.authenticator.sign(number.to_bytes(32, "little"))
        data = protector.protect(signed)
        # Locked is 1, closed is 0, 3 says nothing; whatever else there is might open.
        would_open = any(raw not in (1, 3) for name, raw in wanted.items() if "Lock" in name) or any(
            raw not in (0, 3) for name, raw in wanted.items() if name in LIDS
        )
        dropped = sum(segments.gateway.dropped.values())
        segments.gateway.on_frame("infotainment", Frame(ACCESS.arbitration_id, data, is_fd=True))
        is_dropped = sum(segments.gateway.dropped.values()) > dropped
        assert is_dropped == (would_open and prepare is not standing), wanted
        segments.scheduler.run_until(segments.scheduler.now_ns + 100 * MS)


@pytest.mark.parametrize("forgery", ["no code", "wrong key", "repeated"])
def test_given_an_access_frame_that_is_not_authentic_when_sent_then_it_is_dropped(forgery: str) -> None:
    segments, protector = Segments(), Protector(ACCESS.data_id, ACCESS.profile)
    segments.tell_motion()
    signer = Authenticator(bytes(16), ACCESS.data_id) if forgery == "wrong key" else segments.authenticator
    signed = bytes(32) if forgery == "no code" else signer.sign(bytes(32))
    for _ in range(2 if forgery == "repeated" else 1):
        segments.gateway.on_frame("infotainment", Frame(ACCESS.arbitration_id, protector.protect(signed), is_fd=True))
    assert segments.gateway.dropped == {ACCESS.arbitration_id: 1}
    assert segments.gateway.events[-1].reason == "authentication"


@pytest.mark.parametrize("prepare", MOTIONS)
def test_given_every_listed_number_as_an_extended_frame_when_sent_then_none_passes(prepare: Prepare) -> None:
    segments = Segments()
    prepare(segments)
    segments.settle()
    for heard in segments.heard.values():
        heard.clear()
    for identifier, info in DATABASE.by_id.items():
        if info.data_id and info.length == 8:
            data = Protector(info.data_id, info.profile).protect(bytes(8))
            for number, segment in itertools.product((identifier, identifier << 18), SEGMENTS):
                segments.gateway.on_frame(segment, Frame(number, data, is_extended=True))
    segments.settle()
    assert segments.heard == {name: [] for name in SEGMENTS}


def test_given_every_speed_and_gear_in_bytes_when_asked_then_it_stands_only_in_park_below_half_a_kph() -> None:
    segments = Segments()
    fields = DATABASE.codecs["VCU_Motion"].fields
    speed_at, gear_at = fields["Speed"].start, fields["Gear"].start
    gears = [(0, gear) for gear in range(1 << 8)]
    for raw_speed, raw_gear in [*((speed, 127) for speed in range(1 << 13)), *gears]:
        data = segments.motion.protect((raw_speed << speed_at | raw_gear << gear_at).to_bytes(8, "little"))
        segments.gateway.on_frame("powertrain", Frame(0x100, data))
        segments.gateway._lanes[0x100].passed_ns.clear()  # not what is tested here
        values = DATABASE.decode(Frame(0x100, data))
        speed = values["Speed"]
        is_slow = isinstance(speed, int | float) and speed < 0.5
        assert segments.gateway.stands == (is_slow and values["Gear"] == 126)


@pytest.mark.parametrize(("age_ns", "stands"), [(0, True), (60 * MS, True), (60 * MS + 1, False), (10_000 * MS, False)])
def test_given_a_motion_frame_when_it_ages_then_it_stops_counting(age_ns: int, stands: bool) -> None:
    segments = Segments()
    segments.tell_motion()
    segments.scheduler.run_until(age_ns)
    assert segments.gateway.stands is stands


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda frame: Frame(0x100, frame.data[:-1] + bytes([frame.data[-1] ^ 1])), id="wrong CRC"),
        pytest.param(lambda frame: Frame(0x100, frame.data, is_extended=True), id="extended"),
        pytest.param(lambda frame: Frame(0x102, frame.data), id="another identifier"),
        pytest.param(lambda frame: Frame(0x100, frame.data[:2]), id="cut off"),
    ],
)
def test_given_a_false_motion_frame_when_heard_then_the_car_does_not_stand(change: Callable[[Frame], Frame]) -> None:
    segments = Segments()
    frame = DATABASE.encode("VCU_Motion", {"Speed": 0, "Gear": 126})
    segments.gateway.on_frame("powertrain", change(Frame(0x100, segments.motion.protect(frame.data))))
    assert not segments.gateway.stands


@pytest.mark.parametrize("segment", ["infotainment", "body"])
def test_given_a_motion_frame_from_another_segment_when_heard_then_it_says_nothing(segment: str) -> None:
    segments = Segments()
    frame = DATABASE.encode("VCU_Motion", {"Speed": 0, "Gear": 126})
    segments.gateway.on_frame(segment, Frame(0x100, segments.motion.protect(frame.data)))
    segments.settle()
    assert not segments.gateway.stands
    assert segments.heard == {name: [] for name in SEGMENTS}
    assert segments.gateway.dropped == {0x100: 1}


def test_given_a_replayed_command_when_sent_again_then_it_does_not_pass() -> None:
    segments = Segments()
    frame = Frame(0x230, Protector(DATABASE.message("DOOR_WindowCmd").data_id).protect(bytes(8)))
    for _ in range(20):
        segments.gateway.on_frame("infotainment", frame)
    segments.settle()
    assert segments.heard["body"] == [frame]


@pytest.mark.parametrize("identifier", [0x200, 0x250, 0x350, 0x270, 0x380])
def test_given_a_frame_for_the_infotainment_itself_when_heard_then_it_is_neither_passed_nor_counted(
    identifier: int,
) -> None:
    segments = Segments()
    segments.gateway.on_frame("infotainment", Frame(identifier, bytes(8)))
    segments.settle()
    assert (segments.heard, segments.gateway.dropped) == ({name: [] for name in SEGMENTS}, {})


def test_given_the_segments_when_a_command_is_sent_then_it_crosses_the_wire_unchanged() -> None:
    segments = Segments()
    frame = Frame(
        0x230, Protector(DATABASE.message("DOOR_WindowCmd").data_id).protect(bytes.fromhex("0000abcdef012345"))
    )
    segments.listeners["infotainment"].send(frame)
    segments.settle()
    assert (segments.heard["body"], segments.heard["powertrain"]) == ([frame], [])


def test_given_more_frames_than_a_route_may_carry_when_sent_then_the_rest_is_dropped_until_a_second_has_passed() -> (
    None
):
    segments = Segments()
    protector = Protector(DATABASE.message("HVAC_Cmd").data_id)

    def send(count: int) -> int:
        before = segments.gateway.dropped.get(0x210, 0)
        for _ in range(count):
            segments.gateway.on_frame("infotainment", Frame(0x210, protector.protect(bytes(8))))
        return count - (segments.gateway.dropped.get(0x210, 0) - before)

    assert send(30) == 20
    assert segments.gateway.events[-1].reason == "budget"
    segments.settle()
    assert send(5) == 5


def test_given_diagnostic_frames_when_sent_then_they_reach_the_other_segments_but_not_without_end() -> None:
    segments = Segments()
    for _ in range(MAX_DIAGNOSTIC_PER_S + 10):
        segments.gateway.on_frame("infotainment", Frame(0x7E4, bytes(8)))
    segments.settle()
    assert len(segments.heard["body"]) == len(segments.heard["powertrain"]) == MAX_DIAGNOSTIC_PER_S
    assert segments.heard["infotainment"] == []
    assert segments.gateway.dropped == {0x7E4: 10}


def test_given_a_status_frame_from_the_wrong_side_when_sent_then_it_is_dropped_and_told() -> None:
    segments = Segments()
    data = Protector(DATABASE.message("HVAC_Status").data_id).protect(bytes(8))
    segments.gateway.on_frame("infotainment", Frame(0x310, data))
    segments.settle()
    assert [(event.segment, event.reason) for event in segments.gateway.events] == [("infotainment", "wrong segment")]
    assert segments.heard == {name: [] for name in SEGMENTS}


def test_given_a_fault_in_its_memory_when_a_frame_passes_then_what_comes_out_is_what_the_fault_made() -> None:
    segments = Segments()
    segments.gateway.corrupts = lambda frame: Frame(frame.arbitration_id, frame.data[:-1] + b"\xaa")
    data = Protector(DATABASE.message("HVAC_Status").data_id).protect(bytes(8))
    segments.gateway.on_frame("body", Frame(0x310, data))
    segments.settle()
    assert [frame.data[-1] for frame in segments.heard["infotainment"]] == [0xAA]


def test_given_the_shipped_table_when_held_against_the_database_then_every_message_has_its_way() -> None:
    table = read_table()
    for info in DATABASE.by_id.values():
        route = table.routes.get(info.arbitration_id)
        targets = {target for segment in SEGMENTS for target in ways(info, segment)}
        assert (set(route.to) if route else set()) == targets
        if route:
            assert (route.length, route.profile, route.data_id) == (info.length, info.profile, info.data_id)
            assert route.is_authenticated == info.is_authenticated
            assert not info.cycle_ns or route.budget_per_s >= 2 * 1_000_000_000 / info.cycle_ns


@pytest.mark.parametrize("text", ["routes: []", "routes: [{id: 1}]\nguards: {motion: {}, opening: {}}", "3"])
def test_given_an_incomplete_table_when_read_then_input_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "gateway.yaml"
    path.write_text(text)
    with pytest.raises(InputError):
        read_table(path)
