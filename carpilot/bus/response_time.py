"""Worst-case response times of cyclic messages on one segment.

After Davis, Burns, Bril, Lukkien: "Controller Area Network (CAN) schedulability analysis: refuted, revisited and revised",
Real-Time Systems 35 (2007), the exact test: every instance within the busy period of a priority level is looked at, not
only the first. A message m of length C, period T and queueing jitter J, with higher priorities hp and lower ones lp:

    B    = max C of lp                                             blocking by a frame that has begun
    t    = B + sum over hp and m of ceil((t + J) / T) C            busy period; Q = ceil((t + J) / T) instances of m
    w(q) = B + q C + sum over hp of ceil((w + J + bit) / T) C      queueing delay of instance q, 0 to Q - 1
    R    = max over q of J + w(q) - q T + C

C is the longest a frame of the size can be, with all stuff bits and the intermission. Nodes queue by identifier, and a
node's own messages take part like any other's. Times are whole nanoseconds, bit times rounded up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from carpilot.bus.frame import (
    DEFAULT_DATA_BITRATE,
    FD_NOMINAL_TAIL_BITS,
    INTERMISSION_BITS,
    UNSTUFFED_TAIL_BITS,
    Frame,
    crc_field_bits,
)
from carpilot.errors import InputError
from carpilot.units import NS_PER_S


@dataclass(frozen=True, slots=True)
class CyclicMessage:
    """A message on a segment: any frame of it (only identifier, format and size count), period and queueing jitter."""

    frame: Frame
    period_ns: int
    jitter_ns: int = 0


@dataclass(frozen=True, slots=True)
class ResponseTime:
    """The bound from the event that queues a message to the end of its frame; None if the load has no bound."""

    message: CyclicMessage
    bound_ns: int | None
    instances: int
    """How many instances fall into the busy period."""


def longest_ns(frame: Frame, bitrate: int, data_bitrate: int = DEFAULT_DATA_BITRATE) -> int:
    """Return the longest time on the wire of any frame with this identifier format and size, with intermission.

    A stuff bit can follow the first five bits and then each further four.
    """
    size_bits = 8 * len(frame.data)
    if not frame.is_fd:
        stuffable = (54 if frame.is_extended else 34) + size_bits
        bits = stuffable + (stuffable - 1) // 4 + UNSTUFFED_TAIL_BITS + INTERMISSION_BITS
        return _up(bits * NS_PER_S, bitrate)
    head = 36 if frame.is_extended else 17
    body = 1 + 4 + size_bits
    crc = crc_field_bits(len(frame.data)) + 1
    tail = FD_NOMINAL_TAIL_BITS + INTERMISSION_BITS
    if not frame.has_bitrate_switch:
        return _up((head + body + (head + body - 1) // 4 + crc + tail) * NS_PER_S, bitrate)
    nominal_bits = head + (head - 1) // 4 + tail
    data_bits = body + (body + 3) // 4 + crc  # up to four equal bits are behind it when the data phase begins
    return _up(nominal_bits * NS_PER_S, bitrate) + _up(data_bits * NS_PER_S, data_bitrate)


def response_times(
    messages: Sequence[CyclicMessage], bitrate: int, data_bitrate: int = DEFAULT_DATA_BITRATE
) -> list[ResponseTime]:
    """Return the bound of each message, most urgent first. Raises InputError if two share an identifier."""
    order = sorted(messages, key=lambda message: message.frame.arbitration_key)
    keys = [message.frame.arbitration_key for message in order]
    if len(set(keys)) != len(keys):
        raise InputError("two messages of one segment have the same identifier")
    longest = [longest_ns(message.frame, bitrate, data_bitrate) for message in order]
    bit_ns = _up(NS_PER_S, bitrate)
    return [_response_time(order, longest, index, bit_ns) for index in range(len(order))]


def _response_time(order: Sequence[CyclicMessage], longest: Sequence[int], index: int, bit_ns: int) -> ResponseTime:
    message, own_ns = order[index], longest[index]
    blocking_ns = max(longest[index + 1 :], default=0)
    higher = [(row.period_ns, row.jitter_ns, length) for row, length in zip(order[:index], longest, strict=False)]
    level = [*higher, (message.period_ns, message.jitter_ns, own_ns)]
    if not _has_bound(level):
        return ResponseTime(message, None, 0)
    busy_ns = _fixed_point(
        lambda t: blocking_ns + sum(_up(t + jitter, period) * c for period, jitter, c in level), own_ns
    )
    instances = _up(busy_ns + message.jitter_ns, message.period_ns)
    worst_ns = 0
    delay_ns = blocking_ns
    for q in range(instances):
        before_ns = blocking_ns + q * own_ns

        def delay(w: int, before_ns: int = before_ns) -> int:
            return before_ns + sum(_up(w + jitter + bit_ns, period) * c for period, jitter, c in higher)

        delay_ns = _fixed_point(delay, max(delay_ns, before_ns))
        worst_ns = max(worst_ns, message.jitter_ns + delay_ns - q * message.period_ns + own_ns)
    return ResponseTime(message, worst_ns, instances)


def _has_bound(level: Sequence[tuple[int, int, int]]) -> bool:
    """Whether these messages together take less than all of the time; exact, with a common denominator."""
    product = 1
    for period, _, _ in level:
        product *= period
    return sum(length * (product // period) for period, _, length in level) < product


def _fixed_point(step: Callable[[int], int], start: int) -> int:
    value = start
    while (following := step(value)) != value:
        value = following
    return value


def _up(value: int, divisor: int) -> int:
    return -(-value // divisor)
