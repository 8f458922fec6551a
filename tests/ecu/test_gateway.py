"""The gate on bytes: exhaustive sweeps against what the database says, never against the gateway's own tables."""

import itertools
import random
from collections.abc import Callable

import cantools
import pytest
from cantools.database.can import Database as CantoolsDatabase

from carpilot.bus.bus import Bus
from carpilot.bus.database import default_database
from carpilot.bus.e2e import Protector
from carpilot.bus.frame import Frame
from carpilot.ecu.gateway import Gateway, opens
from carpilot.files import asset
from carpilot.sim.scheduler import Scheduler

MS = 1_000_000
DATABASE = default_database()
BODY = cantools.database.load_file(asset("vehicle", "body.dbc"))
assert isinstance(BODY, CantoolsDatabase)
# What may pass, from the database: commands whose receiving ECU sits on the body segment.
BODY_COMMANDS = {
    info.arbitration_id: info for info in DATABASE.info.values() if info.sender == "COPILOT" and info.data_id
}
BODY_COMMANDS = {identifier: info for identifier, info in BODY_COMMANDS.items() if info.name != "MEDIA_Cmd"}
STATUSES = {info.arbitration_id for info in DATABASE.info.values() if info.cycle_ns and info.sender != "MEDIA"}
LOCK = DATABASE.message("DOOR_LockCmd")
LOCK_SIGNALS = ("LockFrontLeft", "LockFrontRight", "LockRearLeft", "LockRearRight")


class Segments:
    """A gateway between two segments, with a sender on each side and everything that came through."""

    def __init__(self) -> None:
        self.scheduler = Scheduler()
        infotainment, body = Bus("infotainment", self.scheduler), Bus("body", self.scheduler)
        self.gateway = Gateway(self.scheduler, infotainment, body)
        self.to_body: list[Frame] = []
        self.to_infotainment: list[Frame] = []
        self.copilot = infotainment.attach("COPILOT", self.to_infotainment.append)
        self.vcu = body.attach("VCU", self.to_body.append)
        self.motion = Protector(DATABASE.message("VCU_Motion").data_id)

    def tell_motion(self, speed_kph: float = 0.0, gear: int = 126) -> None:
        frame = DATABASE.encode("VCU_Motion", {"Speed": speed_kph, "Gear": gear})
        self.gateway.on_body(Frame(frame.arbitration_id, self.motion.protect(frame.data)))

    def settle(self) -> None:
        self.scheduler.run_until(self.scheduler.now_ns + 1000 * MS)


def standing(segments: Segments) -> None:
    segments.tell_motion()


def moving(segments: Segments) -> None:
    segments.tell_motion(30.0, 127)


def no_motion_frame(segments: Segments) -> None:
    del segments


def stale_motion(segments: Segments) -> None:
    segments.tell_motion()
    segments.scheduler.run_until(60 * MS + 1)


MOTIONS = [standing, moving, no_motion_frame, stale_motion]
Prepare = Callable[[Segments], None]


@pytest.mark.parametrize("prepare", MOTIONS)
@pytest.mark.parametrize("is_protected", [True, False])
def test_given_every_identifier_and_length_when_sent_then_only_listed_whole_and_protected_frames_pass(
    prepare: Prepare, is_protected: bool
) -> None:
    segments = Segments()
    prepare(segments)
    allowed = set()
    for identifier, length in itertools.product(range(0x800), range(9)):
        info = DATABASE.by_id.get(identifier)
        data = bytes([0] * length)
        if is_protected and length >= 2:
            data = Protector(info.data_id if info else identifier).protect(data)
        elif length >= 2:
            data = bytes([Protector(info.data_id if info else identifier).protect(data)[0] ^ 0xFF]) + data[1:]
        segments.gateway.on_infotainment(Frame(identifier, data))
        # All bits 0 means: unlock everything. So this very frame is the harmful one.
        is_harmful = identifier == LOCK.arbitration_id and prepare is not standing
        if is_protected and length == 8 and identifier in BODY_COMMANDS and not is_harmful:
            allowed.add((identifier, length))
    segments.settle()
    passed = [(frame.arbitration_id, len(frame.data)) for frame in segments.to_body]
    assert sorted(passed) == sorted(allowed)
    assert len(allowed) == (0 if not is_protected else 7 if prepare is standing else 6)


@pytest.mark.parametrize("prepare", MOTIONS)
def test_given_every_payload_of_the_lock_frame_when_sent_then_nothing_opens_unless_the_car_stands(
    prepare: Prepare,
) -> None:
    segments, protector, noise = Segments(), Protector(LOCK.data_id), random.Random(7)
    assert isinstance(BODY, CantoolsDatabase)
    message = BODY.get_message_by_name("DOOR_LockCmd")
    prepare(segments)
    for bits in range(1 << 10):
        unused = noise.getrandbits(42) << 22
        data = protector.protect((bits << 12 | unused).to_bytes(8, "little"))
        raw = message.decode(data, decode_choices=False)
        assert isinstance(raw, dict)
        # Locked is 1, closed is 0, 3 says nothing; whatever else there is might open.
        would_open = raw["Boot"] not in (0, 3) or any(raw[name] not in (1, 3) for name in LOCK_SIGNALS)
        assert opens(data) == would_open
        assert segments.gateway.lets_through(Frame(LOCK.arbitration_id, data)) == (
            prepare is standing or not would_open
        )


@pytest.mark.parametrize("prepare", MOTIONS)
def test_given_every_listed_number_as_an_extended_frame_when_sent_then_none_passes(prepare: Prepare) -> None:
    segments = Segments()
    prepare(segments)
    for identifier, info in BODY_COMMANDS.items():
        data = Protector(info.data_id).protect(bytes(8))
        for number in (identifier, identifier << 18):
            segments.gateway.on_infotainment(Frame(number, data, is_extended=True))
    segments.settle()
    assert segments.to_body == []


def test_given_every_speed_and_gear_in_bytes_when_asked_then_it_stands_only_in_park_below_half_a_kph() -> None:
    segments = Segments()
    for raw_speed, raw_gear in [*((speed, 127) for speed in range(1 << 13)), *((0, gear) for gear in range(1 << 8))]:
        data = segments.motion.protect((raw_speed << 12 | raw_gear << 25).to_bytes(8, "little"))
        segments.gateway.on_body(Frame(0x100, data))
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


def _damaged(frame: Frame) -> Frame:
    return Frame(frame.arbitration_id, frame.data[:-1] + bytes([frame.data[-1] ^ 1]))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_damaged, id="wrong CRC"),
        pytest.param(lambda frame: Frame(0x100, frame.data, is_extended=True), id="extended"),
        pytest.param(lambda frame: Frame(0x102, frame.data), id="another identifier"),
        pytest.param(lambda frame: Frame(0x100, frame.data[:2]), id="cut off"),
    ],
)
def test_given_a_false_motion_frame_when_heard_then_the_car_does_not_stand(change: Callable[[Frame], Frame]) -> None:
    segments = Segments()
    frame = DATABASE.encode("VCU_Motion", {"Speed": 0, "Gear": 126})
    segments.gateway.on_body(change(Frame(0x100, segments.motion.protect(frame.data))))
    assert not segments.gateway.stands


def test_given_a_motion_frame_from_the_infotainment_side_when_heard_then_it_says_nothing() -> None:
    segments = Segments()
    frame = DATABASE.encode("VCU_Motion", {"Speed": 0, "Gear": 126})
    segments.gateway.on_infotainment(Frame(0x100, segments.motion.protect(frame.data)))
    segments.settle()
    assert not segments.gateway.stands
    assert segments.to_body == []
    assert segments.gateway.dropped == {0x100: 1}


def test_given_a_replayed_command_when_sent_again_then_it_does_not_pass() -> None:
    segments = Segments()
    frame = Frame(0x230, Protector(DATABASE.message("DOOR_WindowCmd").data_id).protect(bytes(8)))
    assert segments.gateway.lets_through(frame)
    assert not any(segments.gateway.lets_through(frame) for _ in range(20))


def test_given_every_identifier_on_the_body_when_sent_then_only_status_frames_reach_the_infotainment() -> None:
    segments = Segments()
    for identifier in range(0x800):
        segments.gateway.on_body(Frame(identifier, bytes(8)))
        segments.gateway.on_body(Frame(identifier, bytes(8), is_extended=True))
    segments.settle()
    assert {frame.arbitration_id for frame in segments.to_infotainment} == STATUSES
    assert len(segments.to_infotainment) == len(STATUSES)


@pytest.mark.parametrize("identifier", [0x200, 0x250, 0x350])
def test_given_a_frame_for_the_infotainment_itself_when_heard_then_it_is_neither_passed_nor_counted(
    identifier: int,
) -> None:
    segments = Segments()
    segments.gateway.on_infotainment(Frame(identifier, bytes(8)))
    segments.settle()
    assert (segments.to_body, segments.gateway.dropped) == ([], {})


def test_given_both_segments_when_a_command_is_sent_then_it_crosses_the_wire_unchanged() -> None:
    segments = Segments()
    frame = Frame(
        0x230, Protector(DATABASE.message("DOOR_WindowCmd").data_id).protect(bytes.fromhex("0000abcdef012345"))
    )
    segments.copilot.send(frame)
    segments.settle()
    assert segments.to_body == [frame]
