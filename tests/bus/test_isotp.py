"""ISO-TP: byte for byte as ISO 15765-2 writes it, and both ways against can-isotp."""

import time
from collections import deque
from collections.abc import Callable

import isotp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carpilot.bus.bus import Bus
from carpilot.bus.frame import Frame
from carpilot.bus.isotp import Fault, IsoTp, Settings, separation_ns
from carpilot.errors import WireError
from carpilot.sim.scheduler import Scheduler
from carpilot.units import NS_PER_MS, NS_PER_S

REQUEST, RESPONSE, FUNCTIONAL = 0x740, 0x748, 0x7DF


class Bench:
    """A segment with our transport on one side and bare frames on the other."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.scheduler = Scheduler()
        self.bus = Bus("body", self.scheduler)
        self.messages: list[tuple[bytes, bool]] = []
        self.transport = IsoTp(
            self.bus, self.scheduler, "BCM", REQUEST, RESPONSE, self._take, FUNCTIONAL, settings=settings
        )
        self.heard: list[tuple[int, bytes]] = []
        self.port = self.bus.attach("TESTER", self._hear)

    def _take(self, message: bytes, is_functional: bool) -> None:
        self.messages.append((message, is_functional))

    def _hear(self, frame: Frame) -> None:
        if frame.arbitration_id == RESPONSE:
            self.heard.append((self.scheduler.now_ns, frame.data))

    def say(self, text: str, identifier: int = REQUEST) -> None:
        """Send bytes written in hex and let 2 ms pass."""
        self.port.send(Frame(identifier, bytes.fromhex(text)))
        self.pass_time(2 * NS_PER_MS)

    def pass_time(self, duration_ns: int) -> None:
        self.scheduler.run_until(self.scheduler.now_ns + duration_ns)

    @property
    def answers(self) -> list[str]:
        return [data.hex(" ") for _, data in self.heard]


def test_a_single_frame_is_a_message_and_its_padding_is_not() -> None:
    bench = Bench()
    bench.say("02 3E 00 CC CC CC CC CC")
    bench.say("02 3E 80")
    bench.say("02 01 0C 00", FUNCTIONAL)
    assert bench.messages == [(b"\x3e\x00", False), (b"\x3e\x80", False), (b"\x01\x0c", True)]
    assert bench.answers == []


@pytest.mark.parametrize(
    "text", ["00 11 22", "08 11 22 33 44 55 66 77", "03 11 22", "40 00", "10 05 11 22 33 44 55 66"]
)
def test_a_frame_that_no_sender_may_send_is_ignored(text: str) -> None:
    bench = Bench()
    bench.say(text)
    assert bench.messages == [] and bench.answers == [] and bench.transport.faults == {}


def test_a_long_message_comes_in_blocks_as_the_flow_control_says() -> None:
    bench = Bench(Settings(block_size=2, separation_code=5))
    bench.say("10 1B 00 01 02 03 04 05")
    assert bench.answers == ["30 02 05 cc cc cc cc cc"]
    bench.say("21 06 07 08 09 0A 0B 0C")
    bench.say("22 0D 0E 0F 10 11 12 13")
    assert bench.answers == ["30 02 05 cc cc cc cc cc"] * 2
    bench.say("23 14 15 16 17 18 19 1A")
    assert bench.messages == [(bytes(range(27)), False)]
    assert len(bench.answers) == 2


def test_our_long_message_waits_for_flow_control_and_keeps_the_separation_time() -> None:
    bench = Bench()
    bench.transport.send(bytes(range(27)))
    bench.pass_time(10 * NS_PER_MS)
    assert bench.answers == ["10 1b 00 01 02 03 04 05"]
    bench.say("30 02 0A")
    bench.pass_time(100 * NS_PER_MS)
    assert bench.answers[1:] == ["21 06 07 08 09 0a 0b 0c", "22 0d 0e 0f 10 11 12 13"]
    assert bench.heard[2][0] - bench.heard[1][0] >= 10 * NS_PER_MS
    bench.say("30 00 00")
    assert bench.answers[3:] == ["23 14 15 16 17 18 19 1a"]
    assert not bench.transport.is_sending
    assert len(bench.bus.taps) == 0


@pytest.mark.parametrize(
    "frames, fault",
    [
        (["10 14 00 01 02 03 04 05", "22 06 07 08 09 0A 0B 0C"], Fault.WRONG_SN),
        (["10 14 00 01 02 03 04 05", "10 14 00 01 02 03 04 05"], Fault.UNEXPECTED_PDU),
        (["10 14 00 01 02 03 04 05", "02 3E 00"], Fault.UNEXPECTED_PDU),
        (["1F FF 00 01 02 03 04 05"], Fault.OVERFLOW),
        (["10 00 00 00 20 00 04 05"], Fault.OVERFLOW),
    ],
)
def test_a_broken_reception_is_named(frames: list[str], fault: Fault) -> None:
    bench = Bench(Settings(longest_message=100))
    for text in frames:
        bench.say(text)
    assert bench.transport.faults == {fault: 1}
    assert all(message == b"\x3e\x00" for message, _ in bench.messages)
    assert (bench.answers[-1] == "32 00 00 cc cc cc cc cc") == (fault is Fault.OVERFLOW)


def test_a_functional_request_does_not_end_a_physical_one() -> None:
    bench = Bench()
    bench.say("10 08 00 01 02 03 04 05")
    bench.say("02 3E 80", FUNCTIONAL)
    bench.say("21 06 07")
    assert bench.messages == [(b"\x3e\x80", True), (bytes(range(8)), False)]


def test_a_consecutive_frame_out_of_the_blue_is_ignored() -> None:
    bench = Bench()
    bench.say("21 06 07 08 09 0A 0B 0C")
    assert bench.messages == [] and bench.transport.faults == {}


@pytest.mark.parametrize("silent_s, is_late", [(0.99, False), (1.01, True)])
def test_a_sender_that_stops_is_given_up_after_a_second(silent_s: float, is_late: bool) -> None:
    bench = Bench()
    bench.say("10 08 00 01 02 03 04 05")
    bench.pass_time(round(silent_s * NS_PER_S) - 2 * NS_PER_MS)
    bench.say("21 06 07")
    assert bench.transport.faults == ({Fault.TIMEOUT_CR: 1} if is_late else {})
    assert len(bench.messages) == (0 if is_late else 1)


@pytest.mark.parametrize(
    "flow, wait_s, fault",
    [
        (None, 1.1, Fault.TIMEOUT_BS),
        ("32 00 00", 0.1, Fault.OVERFLOW),
        ("33 00 00", 0.1, Fault.INVALID_FS),
    ],
)
def test_a_message_of_ours_that_is_not_taken_is_given_up(flow: str | None, wait_s: float, fault: Fault) -> None:
    bench = Bench()
    bench.transport.send(bytes(20))
    bench.pass_time(NS_PER_MS)
    if flow:
        bench.say(flow)
    bench.pass_time(round(wait_s * NS_PER_S))
    assert bench.transport.faults == {fault: 1}
    assert not bench.transport.is_sending
    bench.transport.send(b"\x7e\x00")
    bench.pass_time(NS_PER_MS)
    assert bench.answers[-1] == "02 7e 00 cc cc cc cc cc"


def test_a_wait_starts_the_second_anew_but_not_for_ever() -> None:
    bench = Bench(Settings(most_waits=3))
    bench.transport.send(bytes(20))
    for _ in range(3):
        bench.pass_time(900 * NS_PER_MS)
        bench.say("31 00 00")
        assert bench.transport.is_sending
    bench.say("31 00 00")
    assert bench.transport.faults == {Fault.WAIT_OVERRUN: 1}


@pytest.mark.parametrize("length", [0, 4096])
def test_a_length_that_cannot_be_sent_is_refused_and_nothing_goes_out(length: int) -> None:
    bench = Bench()
    with pytest.raises(WireError, match="1 to 4095"):
        bench.transport.send(bytes(length))
    bench.pass_time(NS_PER_S)
    assert bench.answers == []


@pytest.mark.parametrize(
    "code, expected_us", [(0, 0), (0x7F, 127_000), (0xF1, 100), (0xF9, 900), (0x80, 127_000), (0xFA, 127_000)]
)
def test_separation_time_codes(code: int, expected_us: int) -> None:
    """ISO 15765-2 table 20; a reserved code means the longest time."""
    assert separation_ns(code) == expected_us * 1000


class Peer:
    """can-isotp on the same segment. Its timers are the wall clock's, so simulated time keeps pace with it."""

    def __init__(self, bench: Bench, **params: int) -> None:
        self.bench = bench
        self.inbox: deque[isotp.CanMessage] = deque()
        self.errors: list[Exception] = []
        self.port = bench.bus.attach("PEER", self._hear)
        address = isotp.Address(isotp.AddressingMode.Normal_11bits, rxid=RESPONSE, txid=REQUEST)
        self.stack = isotp.TransportLayerLogic(
            lambda timeout: self.inbox.popleft() if self.inbox else None,
            lambda message: self.port.send(Frame(message.arbitration_id, bytes(message.data))),
            address=address,
            error_handler=self.errors.append,
            params={"tx_padding": 0xAA, **params},
        )

    def _hear(self, frame: Frame) -> None:
        self.inbox.append(isotp.CanMessage(arbitration_id=frame.arbitration_id, data=frame.data))

    def run(self, is_done: Callable[[], object]) -> None:
        """Let both clocks run until a condition holds, at most 20 s."""
        start, begun_ns = time.monotonic_ns(), self.bench.scheduler.now_ns
        while not is_done():
            self.stack.process()
            elapsed = time.monotonic_ns() - start
            assert elapsed < 20 * NS_PER_S, self.errors
            self.bench.scheduler.run_until(begun_ns + elapsed)


LENGTHS = (1, 6, 7, 8, 9, 13, 14, 62, 111, 112, 113, 1000, 4095)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("block_size, separation", [(0, 0), (1, 0), (8, 0xF1)])
def test_what_can_isotp_sends_arrives(length: int, block_size: int, separation: int) -> None:
    bench = Bench(Settings(block_size=block_size, separation_code=separation))
    peer = Peer(bench)
    message = bytes(index * 7 % 251 for index in range(length))
    peer.stack.send(message)
    peer.run(lambda: bench.messages)
    assert bench.messages == [(message, False)]
    assert peer.errors == []


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("block_size, separation", [(0, 0), (1, 0), (15, 0xF2)])
def test_what_we_send_arrives_at_can_isotp(length: int, block_size: int, separation: int) -> None:
    bench = Bench()
    peer = Peer(bench, blocksize=block_size, stmin=separation)
    message = bytes(index * 11 % 253 for index in range(length))
    bench.transport.send(message)
    peer.run(peer.stack.available)
    received = peer.stack.recv()
    assert received is not None and bytes(received) == message
    assert peer.errors == []
    assert bench.transport.faults == {}


@given(
    st.binary(min_size=1, max_size=4095),
    st.integers(0, 255),
    st.integers(0, 3) | st.integers(0xF1, 0xF9),
)
@settings(max_examples=60, deadline=None)
def test_two_of_ours_understand_each_other(message: bytes, block_size: int, separation: int) -> None:
    bench = Bench(Settings(block_size=block_size, separation_code=separation))
    other = IsoTp(bench.bus, bench.scheduler, "OTHER", RESPONSE, REQUEST, lambda payload, is_functional: None)
    other.send(message)
    bench.pass_time(10 * NS_PER_S)
    assert bench.messages == [(message, False)]
    assert other.faults == bench.transport.faults == {}


@given(st.lists(st.binary(max_size=8), max_size=60))
@settings(max_examples=200, deadline=None)
def test_no_row_of_frames_breaks_a_transport(frames: list[bytes]) -> None:
    bench = Bench()
    for data in frames:
        bench.port.send(Frame(REQUEST, data))
    bench.pass_time(3 * NS_PER_S)
    bench.say("02 3E 00")
    assert bench.messages[-1] == (b"\x3e\x00", False)


def test_one_message_after_another_and_each_is_told_when_it_is_out() -> None:
    bench = Bench()
    out: list[int] = []
    bench.transport.on_sent = lambda: out.append(bench.scheduler.now_ns)
    for number in range(3):
        bench.transport.send(bytes((number,)) * 10)
        bench.pass_time(NS_PER_MS)
        bench.say("30 00 00")
        assert len(out) == number + 1
        assert bench.answers[-1] == f"21 {number:02x} {number:02x} {number:02x} {number:02x} cc cc cc"
    with pytest.raises(WireError, match="still being sent"):
        bench.transport.send(b"\x01")
        bench.transport.send(b"\x02")


def test_a_reset_forgets_both_directions() -> None:
    bench = Bench()
    bench.say("10 08 00 01 02 03 04 05")
    bench.transport.send(bytes(20))
    bench.pass_time(NS_PER_MS)
    before = bench.answers
    bench.transport.reset()
    bench.say("21 06 07")
    bench.say("30 00 00")
    bench.pass_time(2 * NS_PER_S)
    assert bench.messages == [] and bench.transport.faults == {}
    assert bench.answers == before


def test_a_reset_takes_back_what_still_waits_for_the_bus() -> None:
    bench = Bench()
    bench.port.send(Frame(0x001, bytes(8)))
    bench.transport.send(b"\x50\x03")
    bench.transport.reset()
    bench.pass_time(10 * NS_PER_MS)
    assert bench.answers == []
