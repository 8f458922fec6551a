from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carpilot.bus.bus import Bus, Port
from carpilot.bus.frame import INTERMISSION_BITS, Frame
from carpilot.sim.scheduler import Scheduler

BITRATE = 500_000
BIT_NS = 2_000


@dataclass(frozen=True)
class Seen:
    """A frame as it passed: when it was complete, and from whom."""

    time_ns: int
    frame: Frame
    sender: str


class Wire:
    """A bus with nodes A, B and C, and everything that was seen on it."""

    def __init__(self) -> None:
        self.scheduler = Scheduler()
        self.bus = Bus("body", self.scheduler, BITRATE)
        self.seen: list[Seen] = []
        self.received: dict[str, list[Frame]] = {name: [] for name in "ABC"}
        self.ports: dict[str, Port] = {name: self.bus.attach(name, self.received[name].append) for name in "ABC"}
        self.bus.taps.append(lambda time_ns, segment, frame, sender: self.seen.append(Seen(time_ns, frame, sender)))

    def send_at(self, time_ns: int, node: str, frame: Frame) -> None:
        self.scheduler.at(time_ns, lambda: self.ports[node].send(frame))


def test_given_an_idle_bus_when_one_frame_is_sent_then_it_arrives_after_exactly_its_bits() -> None:
    wire, frame = Wire(), Frame(0x123, b"\x01\x02\x03")
    wire.send_at(7_000, "A", frame)
    wire.scheduler.run_until(10**9)
    assert wire.seen == [Seen(7_000 + frame.length_bits * BIT_NS, frame, "A")]
    assert wire.received == {"A": [], "B": [frame], "C": [frame]}
    assert wire.bus.busy_ns == frame.length_bits * BIT_NS


@pytest.mark.parametrize(
    ("sent", "order"),
    [
        pytest.param([Frame(3, b""), Frame(1, b""), Frame(2, b"")], [1, 2, 0], id="lowest identifier"),
        pytest.param([Frame(0x100 << 18, b"", True), Frame(0x100, b"")], [1, 0], id="base before extended"),
        pytest.param([Frame(0x101, b""), Frame(0x100 << 18 | 0x3FFFF, b"", True)], [1, 0], id="lower first bits win"),
        pytest.param([Frame(5 << 18 | 2, b"", True), Frame(5 << 18 | 1, b"", True)], [1, 0], id="lowest extension"),
        pytest.param([Frame(0x7FF, b""), Frame(0, b"")], [1, 0], id="extremes"),
    ],
)
@pytest.mark.parametrize("nodes", ["AAA", "ABC", "CBA"])
def test_given_frames_at_one_instant_when_arbitrated_then_the_winner_is(
    sent: list[Frame], order: list[int], nodes: str
) -> None:
    wire = Wire()
    for node, frame in zip(nodes, sent, strict=False):
        wire.send_at(0, node, frame)
    wire.scheduler.run_until(10**9)
    assert [seen.frame for seen in wire.seen] == [sent[index] for index in order]


def test_given_equal_identifiers_in_one_queue_when_sent_then_they_leave_in_the_order_of_asking() -> None:
    wire = Wire()
    frames = [Frame(0x10, bytes([number])) for number in range(20)]
    for frame in frames:
        wire.send_at(0, "B", frame)
    wire.scheduler.run_until(10**9)
    assert [seen.frame for seen in wire.seen] == frames


def test_given_a_running_frame_when_a_more_urgent_one_comes_then_it_waits_for_the_intermission() -> None:
    wire, slow, urgent = Wire(), Frame(0x7FF, bytes(8)), Frame(0, b"")
    wire.send_at(0, "A", slow)
    wire.send_at(BIT_NS, "B", urgent)
    wire.scheduler.run_until(10**9)
    end_ns = slow.length_bits * BIT_NS
    assert [seen.time_ns for seen in wire.seen] == [end_ns, end_ns + (INTERMISSION_BITS + urgent.length_bits) * BIT_NS]


def test_given_two_saturated_nodes_when_run_then_the_wire_has_no_gap_but_the_intermission() -> None:
    wire = Wire()
    sent = [
        (node, Frame(identifier, bytes([number, 0xFF])))
        for number in range(100)
        for node, identifier in (("A", 0x20), ("B", 0x10))
    ]
    for node, frame in sent:
        wire.send_at(0, node, frame)
    wire.scheduler.run_until(10**9)
    assert [seen.sender for seen in wire.seen] == ["B"] * 100 + ["A"] * 100
    now_ns = 0
    for seen in wire.seen:
        now_ns += seen.frame.length_bits * BIT_NS
        assert seen.time_ns == now_ns
        now_ns += INTERMISSION_BITS * BIT_NS
    assert wire.bus.busy_ns == sum(frame.length_bits for _, frame in sent) * BIT_NS


SENT = st.lists(
    st.tuples(
        st.integers(0, 400).map(lambda bits: bits * BIT_NS),
        st.sampled_from("ABC"),
        st.one_of(
            st.builds(Frame, st.integers(0, 6), st.binary(max_size=3)),
            st.builds(lambda i, d: Frame(i, d, True), st.integers(0, 6 << 18), st.binary(max_size=3)),
        ),
    ),
    max_size=25,
)


@given(SENT)
def test_given_any_traffic_when_run_then_it_passes_as_a_plain_model_says(sent: list[tuple[int, str, Frame]]) -> None:
    wire = Wire()
    for time_ns, node, frame in sent:
        wire.send_at(time_ns, node, frame)
    wire.scheduler.run_until(10**9)

    waiting = sorted(enumerate(sent), key=lambda row: (row[1][0], row[0]))
    expected: list[Seen] = []
    now_ns = 0
    while waiting:
        now_ns = max(now_ns, min(row[1][0] for row in waiting))
        ready = [row for row in waiting if row[1][0] <= now_ns]
        winner = min(ready, key=lambda row: (row[1][2].arbitration_key, row[1][0], row[0]))
        waiting.remove(winner)
        _, node, frame = winner[1]
        now_ns += frame.length_bits * BIT_NS
        expected.append(Seen(now_ns, frame, node))
        now_ns += INTERMISSION_BITS * BIT_NS
    assert wire.seen == expected
    for name in "ABC":
        assert wire.received[name] == [seen.frame for seen in expected if seen.sender != name]
    assert wire.bus.busy_ns == sum(frame.length_bits for _, _, frame in sent) * BIT_NS


def test_given_a_queue_when_cleared_or_detached_then_nothing_more_is_sent() -> None:
    wire = Wire()
    wire.send_at(0, "A", Frame(1, b""))
    wire.send_at(0, "A", Frame(2, b""))
    wire.scheduler.at(BIT_NS, wire.ports["A"].clear)
    wire.scheduler.run_until(10**6)
    assert [seen.frame.arbitration_id for seen in wire.seen] == [1]
    wire.bus.detach(wire.ports["C"])
    wire.ports["B"].send(Frame(3, b""))
    wire.scheduler.run_until(10**7)
    assert wire.received["A"][-1].arbitration_id == 3
    assert [frame.arbitration_id for frame in wire.received["C"]] == [1]
