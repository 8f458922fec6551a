"""The bridge to other python-can interfaces."""

from collections.abc import Iterator
from typing import Any

import can
import pytest

from carpilot.bus.bridge import Bridge, parse, stays_on_this_machine
from carpilot.bus.bus import Bus
from carpilot.bus.frame import Frame
from carpilot.errors import InputError
from carpilot.sim.scheduler import Scheduler
from carpilot.units import NS_PER_MS

GROUP = "239.74.163.77"


class Segment:
    """A segment with one node, and what the bridge has said."""

    def __init__(self) -> None:
        self.scheduler = Scheduler()
        self.bus = Bus("body", self.scheduler)
        self.heard: list[Frame] = []
        self.port = self.bus.attach("BCM", self.heard.append)
        self.said: list[str] = []

    def bridge(self, spec: str, allow_hardware: bool = False) -> Bridge:
        return Bridge(self.bus, spec, allow_hardware, self.said.append)

    def run(self, bridge: Bridge, rounds: int = 4) -> None:
        for _ in range(rounds):
            bridge.poll()
            self.scheduler.run_until(self.scheduler.now_ns + 5 * NS_PER_MS)
        bridge.poll()


@pytest.fixture(params=["virtual:bench", f"udp_multicast:{GROUP}"])
def coupled(request: pytest.FixtureRequest) -> Iterator[tuple[Segment, Bridge, can.BusABC]]:
    """A segment, its bridge, and another program's bus on the far side."""
    interface, channel = request.param.split(":")
    options: Any = {}
    if interface == "udp_multicast":
        pytest.importorskip("msgpack")
        options = {"hop_limit": 0}
    segment = Segment()
    try:
        bridge = segment.bridge(request.param)
    except InputError as error:
        if interface == "udp_multicast":
            pytest.skip(f"no multicast here: {error}")
        raise
    far = can.Bus(interface=interface, channel=channel, **options)
    yield segment, bridge, far
    bridge.close()
    far.shutdown()


@pytest.mark.parametrize(
    "frame",
    [
        Frame(0x123, b"\x01\x02\x03"),
        Frame(0x18DAF110, bytes(8), True),
        Frame(0x200, bytes(range(64)), is_fd=True, has_bitrate_switch=True),
    ],
)
def test_frames_go_both_ways(coupled: tuple[Segment, Bridge, can.BusABC], frame: Frame) -> None:
    segment, bridge, far = coupled
    segment.port.send(frame)
    segment.run(bridge)
    out = far.recv(1)
    assert out is not None
    assert (out.arbitration_id, bytes(out.data), out.is_extended_id, out.is_fd, out.bitrate_switch) == (
        frame.arbitration_id,
        frame.data,
        frame.is_extended,
        frame.is_fd,
        frame.has_bitrate_switch,
    )
    far.send(out)
    for _ in range(100):
        segment.run(bridge)
        if segment.heard:
            break
    segment.run(bridge, 20)
    assert segment.heard == [frame]
    assert (bridge.sent, bridge.received, bridge.lost) == (1, 1, 0)  # nothing goes round


def test_what_is_no_data_frame_stays_outside(coupled: tuple[Segment, Bridge, can.BusABC]) -> None:
    segment, bridge, far = coupled
    far.send(can.Message(arbitration_id=1, is_remote_frame=True))
    for _ in range(100):
        segment.run(bridge)
        if bridge.lost:
            break
    assert bridge.lost == 1 and segment.heard == []


def test_it_is_loud() -> None:
    segment = Segment()
    segment.bridge("virtual:bench").close()
    assert len(segment.said) == 1 and "NOT FOR USE IN A VEHICLE" in segment.said[0]


@pytest.mark.parametrize(
    "spec",
    ["socketcan:can0", "pcan:PCAN_USBBUS1", "slcan:/dev/ttyUSB0", "socketcan:vcan/../can0", "socketcan:vcan_none"],
)
def test_hardware_needs_a_second_word_and_nothing_is_opened(spec: str) -> None:
    segment = Segment()
    with pytest.raises(InputError, match="not for use in a vehicle"):
        segment.bridge(spec)
    assert segment.said == [] and len(segment.bus.ports) == 1


def test_with_the_second_word_a_missing_device_is_one_clear_line() -> None:
    segment = Segment()
    with pytest.raises(InputError, match=r"^cannot open socketcan:can_none: .*") as refused:
        segment.bridge("socketcan:can_none", allow_hardware=True)
    assert "\n" not in str(refused.value)
    assert len(segment.bus.ports) == 1


@pytest.mark.parametrize(
    "spec, message",
    [
        ("virtual", "INTERFACE:CHANNEL"),
        (":bench", "INTERFACE:CHANNEL"),
        ("virtual:", "INTERFACE:CHANNEL"),
        ("smoke:signal", "no interface 'smoke'"),
        ("carpilot:body", "not back into it"),
        ("udp_multicast:10.0.0.1", "no multicast address"),
        ("udp_multicast:nowhere", "cannot open"),
    ],
)
def test_a_word_that_cannot_be_is_an_input_error(spec: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Segment().bridge(spec)


def test_an_address_of_six_has_colons_of_its_own() -> None:
    assert parse("udp_multicast:ff15::1") == ("udp_multicast", "ff15::1")


def test_multicast_leaves_with_hop_limit_0_and_drops_other_hosts() -> None:
    pytest.importorskip("msgpack")
    segment = Segment()
    try:
        bridge = segment.bridge(f"udp_multicast:{GROUP}")
    except InputError as error:
        pytest.skip(f"no multicast here: {error}")
    other = bridge._other
    assert other._multicast.hop_limit == 0  # type: ignore[attr-defined] # python-can keeps it there
    assert other._multicast.is_from_here(("127.0.0.1", 5))  # type: ignore[attr-defined]
    assert not other._multicast.is_from_here(("203.0.113.7", 5))  # type: ignore[attr-defined] # an address of documentation, RFC 5737
    bridge.close()


def test_when_the_far_side_takes_nothing_it_is_said_once_and_counted() -> None:
    segment = Segment()
    bridge = segment.bridge("virtual:bench")
    bridge._other.shutdown()
    for _ in range(3):
        segment.port.send(Frame(1, b""))
    segment.run(bridge)
    assert bridge.lost >= 3
    assert len(segment.said) == 2


@pytest.mark.parametrize("interface, stays", [("virtual", True), ("udp_multicast", True), ("socketcan", False)])
def test_what_stays_here(interface: str, stays: bool) -> None:
    assert stays_on_this_machine(interface, "can0") is stays
