import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from carpilot.bus.frame import INTERMISSION_BITS, Frame
from carpilot.bus.reference_lengths import random_frames, reference_lengths
from carpilot.bus.stuffing import tables
from carpilot.errors import WireError

BASE = st.builds(Frame, st.integers(0, 0x7FF), st.binary(max_size=8))
EXTENDED = st.builds(lambda i, d: Frame(i, d, True), st.integers(0, 0x1FFFFFFF), st.binary(max_size=8))
tables()  # made before the first example, which has a deadline
# Few distinct bytes make long runs, and so many stuff bits.
RUNS = st.builds(
    lambda i, d: Frame(i, bytes(d)),
    st.sampled_from([0, 0x7FF, 0x7F0, 0x00F, 0x078, 0x787]),
    st.lists(st.sampled_from([0x00, 0xFF, 0x0F, 0xF0, 0xC1, 0x3E, 0x07, 0x83]), max_size=8),
)


def bits_of(value: int, width: int) -> list[int]:
    return [value >> shift & 1 for shift in range(width - 1, -1, -1)]


def crc15(bits: list[int]) -> int:
    """CRC-15/CAN, bit by bit: polynomial x15 + x14 + x10 + x8 + x7 + x4 + x3 + 1 (ISO 11898-1)."""
    register = 0
    for bit in bits:
        is_set = (register >> 14 & 1) ^ bit
        register = register << 1 & 0x7FFF
        if is_set:
            register ^= 0x4599
    return register


def wire_bits(frame: Frame) -> list[int]:
    """The frame as it goes over the wire, from start of frame to the end of the end of frame (ISO 11898-1)."""
    bits = [0]
    if frame.is_extended:
        bits += [*bits_of(frame.arbitration_id >> 18, 11), 1, 1, *bits_of(frame.arbitration_id & 0x3FFFF, 18), 0, 0, 0]
    else:
        bits += [*bits_of(frame.arbitration_id, 11), 0, 0, 0]
    bits += bits_of(len(frame.data), 4)
    for byte in frame.data:
        bits += bits_of(byte, 8)
    bits += bits_of(crc15(bits), 15)
    stuffed: list[int] = []
    for bit in bits:
        stuffed.append(bit)
        if len(stuffed) >= 5 and len(set(stuffed[-5:])) == 1:  # a stuff bit is the first of the next run
            stuffed.append(1 - bit)
    return stuffed + [1] + [0, 1] + [1] * 7


def test_given_the_catalogued_check_string_when_the_tests_own_crc_runs_then_it_gives_the_published_value() -> None:
    # "Catalogue of parametrised CRC algorithms" (reveng), CRC-15/CAN: check 0x059e over "123456789".
    bits = [bit for byte in b"123456789" for bit in bits_of(byte, 8)]
    assert crc15(bits) == 0x059E


@given(st.one_of(BASE, EXTENDED, RUNS))
@example(Frame(0, b""))
@example(Frame(0, bytes(8)))
@example(Frame(0x7FF, b"\xff" * 8))
@example(Frame(0x1FFFFFFF, b"\xff" * 8, True))
@example(Frame(0, bytes(8), True))
def test_given_any_frame_when_measured_then_length_is_that_of_its_bits_one_by_one(frame: Frame) -> None:
    assert frame.length_bits == len(wire_bits(frame))


@given(st.one_of(BASE, EXTENDED, RUNS))
def test_given_any_frame_when_measured_then_length_is_within_the_known_bounds(frame: Frame) -> None:
    # Shortest: no stuff bit. Longest: one stuff bit after the first five and then after every four stuffable bits.
    fixed, stuffable = (64, 54) if frame.is_extended else (44, 34)
    bare = fixed + 8 * len(frame.data)
    assert bare <= frame.length_bits <= bare + (stuffable + 8 * len(frame.data) - 1) // 4


@pytest.mark.parametrize(("frame", "most"), [(Frame(0, bytes(8)), 135), (Frame(0, bytes(8), True), 160)])
def test_given_eight_bytes_when_measured_then_the_standard_maximum_holds(frame: Frame, most: int) -> None:
    # The worst cases with intermission: Davis, Burns, Bril, Lukkien, "Controller Area Network (CAN) schedulability
    # analysis: refuted, revisited and revised", 2007.
    assert frame.length_bits + INTERMISSION_BITS <= most
    fixed, stuffable = (64, 54) if frame.is_extended else (44, 34)
    assert fixed + 64 + (stuffable + 63) // 4 + INTERMISSION_BITS == most


@pytest.mark.parametrize(
    ("identifier", "data", "is_extended"),
    [
        (-1, b"", False),
        (0x800, b"", False),
        (0x20000000, b"", True),
        (-1, b"", True),
        (0, bytes(9), False),
        (0, bytes(64), True),
    ],
)
def test_given_what_cannot_be_sent_when_built_then_wire_error(identifier: int, data: bytes, is_extended: bool) -> None:
    with pytest.raises(WireError):
        Frame(identifier, data, is_extended)


@given(st.one_of(BASE, EXTENDED), st.one_of(BASE, EXTENDED))
def test_given_two_frames_when_compared_then_the_first_dominant_bit_wins(one: Frame, other: Frame) -> None:
    def arbitration_field(frame: Frame) -> list[int]:
        if frame.is_extended:
            return [*bits_of(frame.arbitration_id >> 18, 11), 1, 1, *bits_of(frame.arbitration_id & 0x3FFFF, 18), 0]
        return [*bits_of(frame.arbitration_id, 11), 0, 0]

    by_bits = arbitration_field(one) < arbitration_field(other)
    assert (one.arbitration_key < other.arbitration_key) == by_bits


def wrong_lengths(frames: int, seed: int) -> list[Frame]:
    wrong = []
    for size in range(9):
        identifiers, data = random_frames(frames // 9, size, seed + size)
        built = [Frame(identifier, row.tobytes()) for identifier, row in zip(identifiers.tolist(), data, strict=True)]
        expected = reference_lengths(identifiers, data).tolist()
        wrong += [frame for frame, bits in zip(built, expected, strict=True) if frame.length_bits != bits]
    return wrong


@given(BASE)
def test_given_the_reference_for_many_when_run_on_one_frame_then_it_agrees_with_the_bits_one_by_one(
    frame: Frame,
) -> None:
    data = np.frombuffer(frame.data, np.uint8).reshape(1, -1)
    assert reference_lengths(np.array([frame.arbitration_id]), data).tolist() == [len(wire_bits(frame))]


def test_given_ten_thousand_frames_when_measured_then_lengths_are_those_of_a_reference_for_all_at_once() -> None:
    assert wrong_lengths(10_000, seed=1) == []


@pytest.mark.slow
def test_given_a_million_frames_when_measured_then_lengths_are_those_of_a_reference_for_all_at_once() -> None:
    assert wrong_lengths(1_000_008, seed=2) == []
