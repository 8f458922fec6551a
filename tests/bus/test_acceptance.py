"""What reaches a node: acceptance filters, muting, and the same order however time is sliced."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carpilot.bus.bus import Bus
from carpilot.bus.disturbance import BitError
from carpilot.bus.frame import Frame
from carpilot.sim.scheduler import Priority, Scheduler

IDENTIFIERS = st.integers(0, 20)


@given(st.lists(IDENTIFIERS, max_size=30), st.sets(IDENTIFIERS), st.booleans())
def test_given_a_filter_when_frames_pass_then_exactly_its_identifiers_arrive(
    sent: list[int], accepted: set[int], is_extended: bool
) -> None:
    scheduler = Scheduler()
    bus = Bus("body", scheduler)
    port = bus.attach("SENDER")
    some, everything = list[int](), list[int]()
    bus.attach("SOME", lambda frame: some.append(frame.arbitration_id), accepts=accepted)
    bus.attach("ALL", lambda frame: everything.append(frame.arbitration_id))
    for identifier in sent:
        port.send(Frame(identifier, b"", is_extended))
        scheduler.run_until(scheduler.now_ns + 10**6)
    assert everything == sent
    assert some == [identifier for identifier in sent if identifier in accepted]


def test_given_a_node_that_comes_or_goes_when_frames_pass_then_the_table_follows() -> None:
    scheduler, heard = Scheduler(), list[str]()
    bus = Bus("body", scheduler)
    port = bus.attach("SENDER")
    bus.attach("A", lambda frame: heard.append("A"))

    def send() -> list[str]:
        heard.clear()
        port.send(Frame(1, b""))
        scheduler.run_until(scheduler.now_ns + 10**6)
        return list(heard)

    assert send() == ["A"]
    late = bus.attach("B", lambda frame: heard.append("B"), accepts=[1, 2])
    assert send() == ["A", "B"]
    bus.detach(late)
    assert send() == ["A"]


def test_given_a_muted_node_when_it_sends_then_nothing_leaves_and_it_still_hears() -> None:
    scheduler, heard = Scheduler(), list[Frame]()
    bus = Bus("body", scheduler)
    one, other = bus.attach("ONE", heard.append), bus.attach("OTHER", heard.append)
    one.send(Frame(1, b""))
    one.send(Frame(2, b""))
    assert one.waiting == 2
    one.mute()
    assert one.waiting == 0
    one.send(Frame(3, b""))
    other.send(Frame(4, b""))
    scheduler.run_until(10**7)
    assert heard == [Frame(4, b"")]
    assert one.refused == 1
    one.unmute()
    one.send(Frame(5, b""))
    scheduler.run_until(2 * 10**7)
    assert heard[-1] == Frame(5, b"")


def test_given_a_detached_node_when_it_sends_then_nothing_leaves() -> None:
    scheduler, heard = Scheduler(), list[Frame]()
    bus = Bus("body", scheduler)
    gone = bus.attach("GONE")
    bus.attach("A", heard.append)
    bus.attach("B")
    bus.detach(gone)
    gone.send(Frame(1, b""))
    scheduler.run_until(10**7)
    assert heard == []


SENT = st.lists(
    st.tuples(st.integers(0, 300), st.sampled_from("AB"), st.sampled_from(["body", "info"]), st.integers(0, 5)),
    max_size=25,
)


@pytest.mark.parametrize("probability", [0.0, 0.3])
@given(SENT, st.lists(st.integers(0, 1000), max_size=30))
def test_given_two_segments_with_a_gateway_when_time_is_sliced_then_every_frame_is_at_the_same_instant(
    probability: float, sent: list[tuple[int, str, str, int]], slices: list[int]
) -> None:
    from random import Random

    def run(stops: list[int]) -> list[tuple[int, str, Frame, str]]:
        scheduler, seen = Scheduler(), list[tuple[int, str, Frame, str]]()
        buses = {name: Bus(name, scheduler) for name in ("body", "info")}
        ports = {(name, node): bus.attach(node) for name, bus in buses.items() for node in "AB"}
        for name, other in (("body", "info"), ("info", "body")):
            onward = buses[other].attach("GATEWAY")
            buses[name].attach("GATEWAY", lambda f, p=onward: p.send(f) if f.data else None, accepts=[0, 1])  # type: ignore[misc] # a default binds the port
            buses[name].taps.append(lambda *row: seen.append(row))
            if probability:
                buses[name].disturbances.append(BitError(Random(1), probability))
        for number, (time_bits, node, name, identifier) in enumerate(sent):
            frame = Frame(identifier, bytes([number])[: number % 2])
            send = ports[name, node].send
            scheduler.at(2_000 * time_bits, lambda s=send, f=frame: s(f))  # type: ignore[misc] # as above
        for stop in stops:
            scheduler.run_until(2_000 * stop)
        return seen

    assert run([3000]) == run([*sorted(slices), 3000])


def test_given_an_event_at_the_very_end_of_an_intermission_when_it_sends_then_its_frame_takes_part() -> None:
    scheduler, seen = Scheduler(), list[int]()
    bus = Bus("body", scheduler)
    one, other = bus.attach("A"), bus.attach("B")
    bus.taps.append(lambda time_ns, segment, frame, sender: seen.append(frame.arbitration_id))
    first = Frame(0x300, bytes(8))
    one.send(first)
    scheduler.at(2_000, lambda: one.send(Frame(0x200, b"")))
    scheduler.at((first.length_bits + 3) * 2_000, lambda: other.send(Frame(0x100, b"")))
    scheduler.run_until(10**7)
    assert seen == [0x300, 0x100, 0x200]


@given(st.lists(st.integers(0, 100), max_size=20), st.integers(1, 30))
def test_given_a_chain_that_waits_when_other_events_are_due_then_the_order_is_that_of_plain_events(
    times: list[int], period: int
) -> None:
    def run(is_plain: bool) -> list[tuple[int, str]]:
        scheduler, ran = Scheduler(), list[tuple[int, str]]()

        def chain() -> None:
            while True:
                ran.append((scheduler.now_ns, "chain"))
                following_ns = scheduler.now_ns + period
                if is_plain:
                    scheduler.at(following_ns, chain, Priority.ARBITRATION)
                    return
                if not scheduler.reaches(following_ns, chain, Priority.ARBITRATION):
                    return

        for time_ns in times:
            scheduler.at(time_ns, lambda: ran.append((scheduler.now_ns, "other")))
        scheduler.at(0, chain, Priority.ARBITRATION)
        scheduler.run_until(50)
        scheduler.run_until(100)
        return ran

    ran = run(False)
    assert ran == run(True)
    assert all(one[0] <= other[0] for one, other in pairwise(ran))
