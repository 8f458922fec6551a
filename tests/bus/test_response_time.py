from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carpilot.bus.bus import Bus
from carpilot.bus.frame import FD_SIZES, INTERMISSION_BITS, Frame
from carpilot.bus.response_time import CyclicMessage, longest_ns, response_times
from carpilot.errors import InputError
from carpilot.sim.scheduler import Scheduler

US, MS = 1_000, 1_000_000


def test_given_the_papers_example_when_analysed_then_its_response_times() -> None:
    # Davis, Burns, Bril, Lukkien 2007, section 3.1: three messages of 7 bytes at 125 kbit/s (125 bits: 1 ms), periods
    # 2.5, 3.5 and 3.5 ms. The second instance of C ends 3.5 ms after its event, later than its first.
    messages = [CyclicMessage(Frame(identifier, bytes(7)), period) for identifier, period in
                ((1, 2_500 * US), (2, 3_500 * US), (3, 3_500 * US))]  # fmt: skip
    found = response_times(messages, 125_000)
    assert [row.bound_ns for row in found] == [2_000 * US, 3_000 * US, 3_500 * US]


@pytest.mark.parametrize(
    ("frame", "bits"),
    [
        (Frame(1, bytes(8)), 135),
        (Frame(1, b""), 55),
        (Frame(1, bytes(8), True), 160),
        (Frame(1, b"", True), 80),
    ],
)
def test_given_a_classic_frame_when_its_longest_is_asked_then_the_papers(frame: Frame, bits: int) -> None:
    # Equations 1 and 2 of the same paper: (55 + 10 s) and (80 + 10 s) bits.
    assert longest_ns(frame, 1_000_000) == bits * US


@given(st.sampled_from(FD_SIZES), st.booleans(), st.booleans(), st.booleans(), st.randoms(use_true_random=False))
def test_given_any_frame_when_timed_then_it_is_never_longer_than_the_longest(
    size: int, is_extended: bool, is_fd: bool, switches: bool, random: Random
) -> None:
    is_fd = is_fd or size > 8
    identifier = random.choice([0, random.getrandbits(29 if is_extended else 11)])
    data = random.choice([bytes(size), random.randbytes(size), (b"\x87\xc3\xe1\xf0" * 16)[:size]])
    frame = Frame(identifier, data, is_extended, is_fd, is_fd and switches)
    intermission_ns = INTERMISSION_BITS * 2_000
    assert frame.duration_ns(500_000, 2_000_000) + intermission_ns <= longest_ns(frame, 500_000, 2_000_000)


def test_given_more_than_the_bus_carries_when_analysed_then_the_urgent_have_a_bound_and_the_last_has_none() -> None:
    messages = [CyclicMessage(Frame(identifier, bytes(8)), 600 * US) for identifier in (1, 2, 3)]
    found = response_times(messages, 500_000)
    assert [row.bound_ns is None for row in found] == [False, False, True]


def test_given_jitter_when_analysed_then_the_bound_grows_by_it() -> None:
    plain = response_times([CyclicMessage(Frame(1, bytes(8)), 10 * MS)], 500_000)
    late = response_times([CyclicMessage(Frame(1, bytes(8)), 10 * MS, 2 * MS)], 500_000)
    assert plain[0].bound_ns == 270 * US
    assert late[0].bound_ns == 2_270 * US


def test_given_one_identifier_twice_when_analysed_then_input_error() -> None:
    with pytest.raises(InputError, match="the same identifier"):
        response_times([CyclicMessage(Frame(1, b""), MS), CyclicMessage(Frame(1, b"\x01"), MS)], 500_000)


SETS = st.lists(
    st.tuples(
        st.integers(0, 8), st.sampled_from([2, 3, 5, 7, 10, 13, 20]).map(lambda ms: ms * MS), st.integers(0, 3_000 * US)
    ),
    min_size=1,
    max_size=12,
)


@settings(deadline=None, max_examples=40)
@given(SETS, st.randoms(use_true_random=False))
def test_given_any_set_of_messages_when_simulated_then_no_response_exceeds_its_bound(
    rows: list[tuple[int, int, int]], random: Random
) -> None:
    messages = [CyclicMessage(Frame(0x100 + n, bytes(size)), period) for n, (size, period, _) in enumerate(rows)]
    bounds = {row.message.frame.arbitration_id: row.bound_ns for row in response_times(messages, 500_000)}
    scheduler = Scheduler()
    bus = Bus("body", scheduler)
    queued: dict[int, list[int]] = {identifier: [] for identifier in bounds}
    worst = dict.fromkeys(bounds, 0)

    def on_frame(time_ns: int, segment: str, frame: Frame, sender: str) -> None:
        del segment, sender
        took_ns = time_ns - queued[frame.arbitration_id].pop(0)
        worst[frame.arbitration_id] = max(worst[frame.arbitration_id], took_ns)

    bus.taps.append(on_frame)
    ports = [bus.attach(name) for name in "AB"]
    for message, (_, _, offset_ns) in zip(messages, rows, strict=True):

        def send(message: CyclicMessage = message) -> None:
            queued[message.frame.arbitration_id].append(scheduler.now_ns)
            data = random.choice([bytes(8), b"\xff" * 8, random.randbytes(8)])[: len(message.frame.data)]
            random.choice(ports).send(Frame(message.frame.arbitration_id, data))

        scheduler.every(message.period_ns, send, offset_ns)
    scheduler.run_until(200 * MS)
    for identifier, bound_ns in bounds.items():
        assert bound_ns is None or worst[identifier] <= bound_ns
