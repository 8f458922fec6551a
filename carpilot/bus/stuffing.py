"""Stuff bits and the CRC of a frame, sixteen bits at a time.

After five equal bits, stuff bits included, a bit of the other value is sent (ISO 11898-1, 10.5). A run is a state of two
parts, the last bit and how often it was sent (0 to 4), so sixteen bits take a state to a state and cost 0 to 4 stuff bits;
both fit into one byte of a table. The tables are made by numpy when the first frame is measured, in a few milliseconds.
"""

import struct
from array import array
from collections.abc import Callable
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

CRC15_POLYNOMIAL = 0x4599
IDLE_STATE = 5
"""The idle bus is recessive, with no run of its own: 5 x last bit + length of its run."""
STATES = 10
CRC_BITS = 15
_HEADERS_KEPT = 8192


class Tables(NamedTuple):
    """Rows of `*_steps` are states; an entry is next state << 4 | stuff bits."""

    byte_steps: tuple[bytes, ...]
    word_steps: tuple[bytes, ...]
    crc_stuff: tuple[bytes, ...]
    """Stuff bits within the 15 bits of a CRC, by state and CRC."""
    byte_crc: "array[int]"
    word_crc: "array[int]"


def step(state: int, bit: int) -> tuple[int, int]:
    """Return the next state and whether a stuff bit follows."""
    last, run = divmod(state, 5)
    run = run + 1 if bit == last else 1
    return (5 * (1 - bit) + 1, 1) if run == 5 else (5 * bit + run, 0)


def run_through(state: int, value: int, bits: int) -> tuple[int, int]:
    """Return the state after some bits, highest first, and how many stuff bits they took."""
    count = 0
    for shift in range(bits - 1, -1, -1):
        state, stuffed = step(state, value >> shift & 1)
        count += stuffed
    return state, count


def crc15(register: int, value: int, bits: int) -> int:
    """Return the CRC register of classic CAN after some more bits, highest first."""
    for shift in range(bits - 1, -1, -1):
        is_set = (register >> 14 & 1) ^ (value >> shift & 1)
        register = (register << 1 & 0x7FFF) ^ (CRC15_POLYNOMIAL if is_set else 0)
    return register


Steps = npt.NDArray[np.uint8]


def _steps_of_bits(bits: int) -> Steps:
    """Return next state << 4 | stuff bits for every state and every value of so many bits."""
    rows = []
    for state in range(STATES):
        ends = (run_through(state, value, bits) for value in range(1 << bits))
        rows.append([end << 4 | count for end, count in ends])
    return np.array(rows, np.uint8)


def _chain(first: Steps, second: Steps) -> Steps:
    """Return the steps of the bits of both, one after the other."""
    between = first[:, :, None]
    after = second[first >> 4]
    chained: Steps = ((after & 0xF0) | ((between & 0x0F) + (after & 0x0F))).reshape(STATES, -1)
    return chained


@cache
def tables() -> Tables:
    """Return the tables; made once."""
    seven, eight = _steps_of_bits(7), _steps_of_bits(8)
    byte_crc = np.array([crc15(0, byte, 8) for byte in range(256)], np.uint16)
    registers = byte_crc[np.arange(256)][:, None]
    word_crc = ((registers << 8) & 0x7FFF) ^ byte_crc[(registers >> 7) ^ np.arange(256, dtype=np.uint16)]
    return Tables(
        tuple(row.tobytes() for row in eight),
        tuple(row.tobytes() for row in _chain(eight, eight)),
        tuple((row & 0x0F).tobytes() for row in _chain(seven, eight)),
        array("H", byte_crc.tobytes()),
        array("H", word_crc.astype(np.uint16).tobytes()),
    )


@lru_cache(_HEADERS_KEPT)
def _classic_header(arbitration_id: int, is_extended: bool, size: int) -> tuple[int, int, int, int]:
    """Return bits without stuff bits of the whole frame, stuff bits, state and CRC after the data length code."""
    if is_extended:
        base, extension = arbitration_id >> 18, arbitration_id & 0x3FFFF
        value, bits = (((base << 2 | 0b11) << 18 | extension) << 7) | size, 1 + 11 + 1 + 1 + 18 + 1 + 2 + 4
    else:
        value, bits = (arbitration_id << 7) | size, 1 + 11 + 1 + 1 + 1 + 4
    state, count = run_through(IDLE_STATE, value, bits)
    return bits + 8 * size + CRC_BITS, count, state, crc15(0, value, bits)


_FOUR_WORDS: Callable[[bytes], tuple[int, int, int, int]] = struct.Struct(">4H").unpack
_WORDS = tuple(struct.Struct(f">{size // 2}H").unpack_from for size in range(65))


def classic_bits(arbitration_id: int, is_extended: bool, data: bytes) -> int:
    """Return the bits from start of frame to the end of the CRC, stuff bits included, of a classic data frame."""
    size = len(data)
    bits, count, state, register = _classic_header(arbitration_id, is_extended, size)
    byte_steps, word_steps, crc_stuff, byte_crc, word_crc = tables()
    if size == 8:  # the length of nearly every frame of a car, so without a loop
        one, two, three, four = _FOUR_WORDS(data)
        register = word_crc[register << 1 ^ one]
        first = word_steps[state][one]
        register = word_crc[register << 1 ^ two]
        second = word_steps[first >> 4][two]
        register = word_crc[register << 1 ^ three]
        third = word_steps[second >> 4][three]
        register = word_crc[register << 1 ^ four]
        fourth = word_steps[third >> 4][four]
        stuffed = (first & 15) + (second & 15) + (third & 15) + (fourth & 15) + crc_stuff[fourth >> 4][register]
        return bits + count + stuffed
    is_odd = size & 1
    if is_odd:
        byte = data[0]
        register = (register << 8 & 0x7FFF) ^ byte_crc[register >> 7 ^ byte]
        entry = byte_steps[state][byte]
        count += entry & 15
        state = entry >> 4
    for word in _WORDS[size](data, is_odd):
        register = word_crc[register << 1 ^ word]
        entry = word_steps[state][word]
        count += entry & 15
        state = entry >> 4
    return bits + count + crc_stuff[state][register]


@lru_cache(_HEADERS_KEPT)
def _fd_header(arbitration_id: int, is_extended: bool, has_switch: bool, dlc: int) -> tuple[int, int, int]:
    """Return the bits to the switch of the bit rate, those from there to the data length code, and the state then.

    The control bits are FDF recessive, res dominant, BRS as told, ESI dominant (error active).
    """
    if is_extended:
        base, extension = arbitration_id >> 18, arbitration_id & 0x3FFFF
        value, bits = ((base << 2 | 0b11) << 18 | extension) << 1, 1 + 11 + 1 + 1 + 18 + 1
    else:
        value, bits = arbitration_id << 2, 1 + 11 + 1 + 1
    value, bits = value << 3 | 0b100 | has_switch, bits + 3
    state, count = run_through(IDLE_STATE, value, bits)
    nominal_bits = bits + count
    state, count = run_through(state, dlc, 1 + 4)
    return nominal_bits, 1 + 4 + count, state


def fd_bits(arbitration_id: int, is_extended: bool, has_switch: bool, dlc: int, data: bytes) -> tuple[int, int]:
    """Return the bits to the switch of the bit rate and those from there to the end of the data, of an FD frame.

    A run of five that ends with the data needs no stuff bit of its own: the CRC field starts with a fixed one.
    """
    size = len(data)
    nominal_bits, data_bits, state = _fd_header(arbitration_id, is_extended, has_switch, dlc)
    byte_steps, word_steps = tables()[:2]
    data_bits += 8 * size
    is_odd = size & 1
    if is_odd:
        entry = byte_steps[state][data[0]]
        data_bits += entry & 15
        state = entry >> 4
    for word in _WORDS[size](data, is_odd):
        entry = word_steps[state][word]
        data_bits += entry & 15
        state = entry >> 4
    return nominal_bits, data_bits - _ends_in_stuff_bit(state, data[-1] if data else dlc)


def _ends_in_stuff_bit(state: int, last_byte: int) -> int:
    """Return 1 if the last bit that a state counts is a stuff bit: it then has run 1 and differs from the last bit sent."""
    last, run = divmod(state, 5)
    return int(run == 1 and last != last_byte & 1)
