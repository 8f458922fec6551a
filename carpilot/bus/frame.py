"""A CAN data frame and its exact length on the wire.

Length follows ISO 11898-1, classic base and extended format. Start of frame, identifier, control, data and the 15-bit CRC
are bit-stuffed: after five equal bits, stuff bits included, one of the other value is sent. CRC delimiter, acknowledge
slot and delimiter, end of frame (7) and intermission (3) are not. The CRC and the count of stuff bits are taken eight
bits at a time from tables, since every frame of a simulation needs both.
"""

from dataclasses import dataclass
from functools import cache

from carpilot.errors import WireError

CRC15_POLYNOMIAL = 0x4599
UNSTUFFED_TAIL_BITS = 1 + 1 + 1 + 7
INTERMISSION_BITS = 3
MAX_BASE_ID = 0x7FF
MAX_EXTENDED_ID = 0x1FFFFFFF
MAX_DATA_BYTES = 8


@dataclass(frozen=True, slots=True)
class Frame:
    """A classic CAN data frame. Raises WireError if identifier or data cannot be sent."""

    arbitration_id: int
    data: bytes
    is_extended: bool = False

    def __post_init__(self) -> None:
        limit = MAX_EXTENDED_ID if self.is_extended else MAX_BASE_ID
        if not 0 <= self.arbitration_id <= limit:
            raise WireError(f"an identifier is 0 to {limit:#x}, not {self.arbitration_id:#x}")
        if len(self.data) > MAX_DATA_BYTES:
            raise WireError(f"a classic frame carries at most {MAX_DATA_BYTES} bytes, not {len(self.data)}")

    @property
    def arbitration_key(self) -> tuple[int, int]:
        """The order in which frames win: lower first; a base frame wins over an extended one with the same first bits."""
        if self.is_extended:
            return self.arbitration_id >> 18, 1 + (self.arbitration_id & 0x3FFFF)
        return self.arbitration_id, 0

    @property
    def length_bits(self) -> int:
        """Bits on the wire from start of frame to the end of the end of frame, stuff bits included."""
        value, bits = _header(self)
        value = (value << 8 * len(self.data)) | int.from_bytes(self.data, "big")
        bits += 8 * len(self.data)
        value, bits = (value << 15) | _crc15(value, bits), bits + 15
        return bits + _stuff_bits(value, bits) + UNSTUFFED_TAIL_BITS


def _header(frame: Frame) -> tuple[int, int]:
    """Return the bits from start of frame to the data length code, and how many they are."""
    dlc = len(frame.data)
    if not frame.is_extended:
        return (frame.arbitration_id << 7) | dlc, 1 + 11 + 1 + 1 + 1 + 4
    base, extension = frame.arbitration_id >> 18, frame.arbitration_id & 0x3FFFF
    return (((base << 2 | 0b11) << 18 | extension) << 7) | dlc, 1 + 11 + 1 + 1 + 18 + 1 + 2 + 4


@cache
def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        register = byte << 7
        for _ in range(8):
            register = (register << 1) ^ (CRC15_POLYNOMIAL if register & 0x4000 else 0)
        table.append(register & 0x7FFF)
    return tuple(table)


def _crc15(value: int, bits: int) -> int:
    """Return the CRC of the bits; zeros in front do not change it, so they fill up to whole bytes."""
    table = _crc_table()
    register = 0
    for byte in value.to_bytes((bits + 7) // 8, "big"):
        register = ((register << 8) ^ table[(register >> 7) ^ byte]) & 0x7FFF
    return register


def _step(state: int, bit: int) -> tuple[int, int]:
    """Return the next state and whether a stuff bit follows. A state is 5 x last bit + length of its run (0 to 4)."""
    last, run = divmod(state, 5)
    run = run + 1 if bit == last else 1
    return (5 * (1 - bit) + 1, 1) if run == 5 else (5 * bit + run, 0)


@cache
def _stuff_table() -> tuple[tuple[tuple[int, int], ...], ...]:
    table = []
    for start in range(10):
        row = []
        for byte in range(256):
            state, count = start, 0
            for shift in range(7, -1, -1):
                state, stuffed = _step(state, byte >> shift & 1)
                count += stuffed
            row.append((state, count))
        table.append(tuple(row))
    return tuple(table)


def _stuff_bits(value: int, bits: int) -> int:
    table = _stuff_table()
    state, count = 5, 0  # the idle bus is recessive, with no run of its own
    odd = bits % 8
    for shift in range(bits - 1, bits - odd - 1, -1):
        state, stuffed = _step(state, value >> shift & 1)
        count += stuffed
    rest = value & ((1 << (bits - odd)) - 1)
    for byte in rest.to_bytes((bits - odd) // 8, "big"):
        state, stuffed = table[state][byte]
        count += stuffed
    return count
