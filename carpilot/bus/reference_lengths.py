"""Lengths of many classic frames at once, bit after bit: a second way to the numbers of `frame`, for its checks.

It shares no code with `stuffing`: no table, no word of sixteen bits. Every bit of every frame goes through the rules of
ISO 11898-1 one by one; numpy only does it for all frames side by side.
"""

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
_POLYNOMIAL = 0x4599
_STUFF_AFTER = 5
_DELIMITER_TO_END = 1 + 1 + 1 + 7


def _columns(values: Integers, width: int) -> list[Integers]:
    return [values >> shift & 1 for shift in range(width - 1, -1, -1)]


def reference_lengths(identifiers: Integers, data: npt.NDArray[np.uint8]) -> Integers:
    """Return the bits from start to end of frame of base frames; `data` has a row of equal size for each identifier."""
    count, size = data.shape
    zero = np.zeros(count, np.int64)
    bits = [zero, *_columns(identifiers, 11), zero, zero, zero, *_columns(zero + size, 4)]
    for index in range(size):
        bits += _columns(data[:, index].astype(np.int64), 8)
    register = zero.copy()
    for bit in bits:
        is_set = (register >> 14 & 1) ^ bit
        register = (register << 1 & 0x7FFF) ^ is_set * _POLYNOMIAL
    bits += _columns(register, 15)
    last, run, stuffed = np.full(count, 2), zero.copy(), zero.copy()
    for bit in bits:
        run = np.where(bit == last, run + 1, 1)
        is_full = run == _STUFF_AFTER
        stuffed += is_full
        last, run = np.where(is_full, 1 - bit, bit), np.where(is_full, 1, run)
    return stuffed + len(bits) + _DELIMITER_TO_END


def random_frames(count: int, size: int, seed: int) -> tuple[Integers, npt.NDArray[np.uint8]]:
    """Return identifiers and data of random base frames; half of the bytes make long runs, and so many stuff bits."""
    random = np.random.default_rng(seed)
    data = random.integers(0, 256, (count, size), np.uint8)
    runs = random.choice(np.array([0x00, 0xFF, 0xF0, 0x0F, 0xC1, 0x3E], np.uint8), (count, size))
    return random.integers(0, 0x800, count), np.where(random.random((count, size)) < 0.5, runs, data)
