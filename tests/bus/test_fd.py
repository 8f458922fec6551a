"""CAN FD frames, against a sender written bit by bit from ISO 11898-1:2015, 10.4 and 10.5."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from carpilot.bus.bus import Bus
from carpilot.bus.frame import FD_SIZES, Frame, crc_field_bits
from carpilot.errors import WireError
from carpilot.sim.scheduler import Scheduler

CRC17, CRC21 = 0x1685B, 0x102899
"""x17 + x16 + x14 + x13 + x11 + x6 + x4 + x3 + x + 1 and x21 + x20 + x13 + x11 + x7 + x4 + x3 + 1, without the top."""
SIZES = st.sampled_from(FD_SIZES)
BYTES = st.one_of(st.integers(0, 255), st.sampled_from([0x00, 0xFF, 0x0F, 0xF0, 0xC1, 0x3E, 0x07, 0x83]))
FD = st.builds(
    lambda size, fill, identifier, is_extended, switches: Frame(
        identifier if is_extended else identifier >> 18, (fill * 64)[:size], is_extended, True, switches
    ),
    SIZES,
    st.lists(BYTES, min_size=1, max_size=64).map(bytes),
    st.one_of(st.integers(0, 0x1FFFFFFF), st.sampled_from([0, 0x1FFFFFFF, 0x1F07C1F0])),
    st.booleans(),
    st.booleans(),
)


def bits_of(value: int, width: int) -> list[int]:
    return [value >> shift & 1 for shift in range(width - 1, -1, -1)]


def crc(bits: list[int], width: int, polynomial: int) -> int:
    """The CRC with its first bit preset to 1, as ISO CAN FD has it."""
    register = 1 << (width - 1)
    for bit in bits:
        is_set = (register >> (width - 1)) ^ bit
        register = (register << 1) & ((1 << width) - 1)
        if is_set:
            register ^= polynomial
    return register


def phases(frame: Frame) -> tuple[list[int], list[int]]:
    """The bits before and after the bit rate may switch, without the tail from the acknowledge slot on."""
    if frame.is_extended:
        head = [0, *bits_of(frame.arbitration_id >> 18, 11), 1, 1, *bits_of(frame.arbitration_id & 0x3FFFF, 18), 0]
    else:
        head = [0, *bits_of(frame.arbitration_id, 11), 0, 0]
    head += [1, 0, int(frame.has_bitrate_switch)]
    body = [0, *bits_of(FD_SIZES.index(len(frame.data)), 4)]
    for byte in frame.data:
        body += bits_of(byte, 8)
    sent: list[tuple[int, bool]] = []
    stuff_bits, run = 0, 0
    for index, bit in enumerate(head + body):
        in_body = index >= len(head)
        run = run + 1 if sent and sent[-1][0] == bit else 1
        sent.append((bit, in_body))
        is_last = index == len(head + body) - 1
        if run == 5 and not is_last:  # at the end the fixed stuff bit of the CRC field does it
            next_in_body = index + 1 >= len(head)
            sent.append((1 - bit, next_in_body))
            stuff_bits, run = stuff_bits + 1, 1
    width, polynomial = (17, CRC17) if len(frame.data) <= 16 else (21, CRC21)
    count = stuff_bits % 8
    gray = count ^ count >> 1
    stuff_count = [*bits_of(gray, 3), gray.bit_count() % 2]
    checked = [bit for bit, _ in sent] + stuff_count
    field = stuff_count + bits_of(crc(checked, width, polynomial), width)
    crc_field: list[int] = []
    for index, bit in enumerate(field):
        if index % 4 == 0:
            crc_field.append(1 - (crc_field[-1] if crc_field else sent[-1][0]))
        crc_field.append(bit)
    if len(field) % 4 == 0:
        crc_field.append(1 - crc_field[-1])
    delimiter = [1]
    return (
        [bit for bit, in_body in sent if not in_body],
        [bit for bit, in_body in sent if in_body] + crc_field + delimiter,
    )


TAIL = [0, 1] + [1] * 7


@given(FD)
@example(Frame(0, bytes(64), False, True, True))
@example(Frame(0x7FF, b"\xff" * 64, False, True, True))
@example(Frame(0, b"\x07", False, True))
@example(Frame(0, b"\x1f", False, True))
@example(Frame(0, b"", False, True, True))
@example(Frame(0x1FFFFFFF, b"\xf8" * 8, True, True, False))
def test_given_any_fd_frame_when_measured_then_both_phases_are_those_of_its_bits_one_by_one(frame: Frame) -> None:
    before, after = phases(frame)
    assert frame.length_bits == len(before) + len(after) + len(TAIL)
    if frame.has_bitrate_switch:
        assert frame.phase_bits == (len(before) + len(TAIL), len(after))
    else:
        assert frame.phase_bits == (frame.length_bits, 0)


@given(FD, st.sampled_from([125_000, 500_000, 1_000_000]), st.sampled_from([2_000_000, 5_000_000, 8_000_000]))
def test_given_two_bit_rates_when_timed_then_each_phase_counts_with_its_own(
    frame: Frame, bitrate: int, data_bitrate: int
) -> None:
    before, after = phases(frame)
    if frame.has_bitrate_switch:
        expected = (len(before) + len(TAIL)) * 1_000_000_000 // bitrate + len(after) * 1_000_000_000 // data_bitrate
    else:
        expected = (len(before) + len(after) + len(TAIL)) * 1_000_000_000 // bitrate
    assert frame.duration_ns(bitrate, data_bitrate) == expected


@pytest.mark.parametrize(("size", "bits"), [(0, 27), (8, 27), (16, 27), (20, 32), (64, 32)])
def test_given_a_size_when_the_crc_field_is_counted_then_fixed_stuff_bits_are_in_it(size: int, bits: int) -> None:
    # Stuff count 4 and CRC 17 or 21, with a fixed stuff bit in front and one after each fourth bit: 21 + 6 and 25 + 7.
    assert crc_field_bits(size) == bits


@pytest.mark.parametrize("size", sorted(set(range(66)) - set(FD_SIZES)))
def test_given_a_size_without_a_code_when_built_then_wire_error(size: int) -> None:
    with pytest.raises(WireError, match=rf"not {size}"):
        Frame(0x100, bytes(size), is_fd=True)


def test_given_every_code_when_built_then_its_size() -> None:
    assert [Frame(1, bytes(size), is_fd=True).dlc for size in FD_SIZES] == list(range(16))


@pytest.mark.parametrize("size", range(9))
def test_given_a_switch_without_fd_when_built_then_wire_error(size: int) -> None:
    with pytest.raises(WireError, match="only an FD frame"):
        Frame(0x100, bytes(size), has_bitrate_switch=True)


@given(FD)
def test_given_the_formats_when_compared_then_they_are_different_frames(frame: Frame) -> None:
    assert Frame(frame.arbitration_id, frame.data, frame.is_extended, True, frame.has_bitrate_switch) == frame
    assert Frame(frame.arbitration_id, frame.data, frame.is_extended, True, not frame.has_bitrate_switch) != frame
    if len(frame.data) <= 8:
        assert Frame(frame.arbitration_id, frame.data, frame.is_extended) != frame


def test_given_a_segment_when_an_fd_frame_is_sent_then_it_takes_its_two_phases_and_arbitrates_with_classic_ones() -> (
    None
):
    scheduler, received = Scheduler(), list[tuple[int, Frame]]()
    bus = Bus("body", scheduler, 500_000, 5_000_000)
    port = bus.attach("A")
    bus.attach("B", lambda frame: received.append((scheduler.now_ns, frame)))
    fast, classic = Frame(0x200, bytes(64), False, True, True), Frame(0x100, b"")
    port.send(fast)
    port.send(classic)
    scheduler.run_until(10**9)
    first_ns = classic.duration_ns(500_000)
    assert received == [(first_ns, classic), (first_ns + 6_000 + fast.duration_ns(500_000, 5_000_000), fast)]
