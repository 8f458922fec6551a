"""A CAN data frame, classic or FD, and its exact length on the wire.

Length follows ISO 11898-1:2015. Classic: start of frame, identifier, control, data and the 15-bit CRC are bit-stuffed; CRC
delimiter, acknowledge slot and delimiter, end of frame (7) and intermission (3) are not. FD: stuffing ends with the data;
the CRC field (stuff count of 3 bits and its parity, CRC of 17 bits up to 16 bytes of data and of 21 above) has a fixed stuff
bit before its first and after each fourth bit, whatever its bits are, so the length needs no CRC. From the bit after BRS
to the CRC delimiter the data bit rate holds where the frame has BRS set; the two bits within which the rate changes are
counted whole, BRS with the nominal rate and the delimiter with the data rate.
"""

from dataclasses import dataclass, field

from carpilot.bus.stuffing import classic_bits, fd_bits
from carpilot.errors import WireError
from carpilot.units import NS_PER_S

UNSTUFFED_TAIL_BITS = 1 + 1 + 1 + 7
FD_NOMINAL_TAIL_BITS = 1 + 1 + 7
INTERMISSION_BITS = 3
MAX_BASE_ID = 0x7FF
MAX_EXTENDED_ID = 0x1FFFFFFF
MAX_DATA_BYTES = 8
MAX_FD_DATA_BYTES = 64
DEFAULT_DATA_BITRATE = 2_000_000
FD_SIZES = (0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64)
"""Bytes of data by data length code."""
_DLC = {size: dlc for dlc, size in enumerate(FD_SIZES)}
CRC17_MAX_BYTES = 16
STUFF_COUNT_BITS = 4
_DATA_BITS_SHIFT = 16


def crc_field_bits(size: int) -> int:
    """Return the bits of an FD frame's CRC field: stuff count, CRC and fixed stuff bits."""
    bits = STUFF_COUNT_BITS + (17 if size <= CRC17_MAX_BYTES else 21)
    return bits + 1 + bits // 4


@dataclass(frozen=True, slots=True, init=False)
class Frame:
    """A data frame. Raises WireError if identifier or data cannot be sent.

    A classic frame carries 0 to 8 bytes. An FD frame (`is_fd`) carries one of FD_SIZES, and its data phase runs at the
    segment's data bit rate if it `has_bitrate_switch`. The constructor is written out, since each frame of a simulation
    passes it.
    """

    arbitration_id: int
    data: bytes
    is_extended: bool = False
    is_fd: bool = False
    has_bitrate_switch: bool = False
    _bits: int = field(default=0, init=False, repr=False, compare=False)

    def __init__(
        self,
        arbitration_id: int,
        data: bytes,
        is_extended: bool = False,
        is_fd: bool = False,
        has_bitrate_switch: bool = False,
    ) -> None:
        if is_extended or is_fd or has_bitrate_switch or not 0 <= arbitration_id <= 0x7FF or len(data) > 8:
            _check(arbitration_id, len(data), is_extended, is_fd, has_bitrate_switch)
        _set_id(self, arbitration_id)
        _set_data(self, data)
        _set_is_extended(self, is_extended)
        _set_is_fd(self, is_fd)
        _set_has_bitrate_switch(self, has_bitrate_switch)
        _set_bits(self, 0)

    @property
    def dlc(self) -> int:
        """The data length code, 0 to 15."""
        return _DLC[len(self.data)]

    @property
    def arbitration_key(self) -> tuple[int, int]:
        """The order in which frames win: lower first; a base frame wins over an extended one with the same first bits."""
        if self.is_extended:
            return self.arbitration_id >> 18, 1 + (self.arbitration_id & 0x3FFFF)
        return self.arbitration_id, 0

    @property
    def length_bits(self) -> int:
        """Bits on the wire from start of frame to the end of the end of frame, stuff bits included."""
        nominal_bits, data_bits = self.phase_bits
        return nominal_bits + data_bits

    @property
    def phase_bits(self) -> tuple[int, int]:
        """Bits at the nominal and at the data bit rate, of which a frame without a switch has none."""
        bits = self._bits or self._measure()
        return bits & 0xFFFF, bits >> _DATA_BITS_SHIFT

    def duration_ns(self, bitrate: int, data_bitrate: int = DEFAULT_DATA_BITRATE) -> int:
        """Return the time on the wire, in nanoseconds rounded down, at bit rates in bit/s."""
        bits = self._bits or self._measure()
        if bits <= 0xFFFF:
            return bits * NS_PER_S // bitrate
        return (bits & 0xFFFF) * NS_PER_S // bitrate + (bits >> _DATA_BITS_SHIFT) * NS_PER_S // data_bitrate

    def _measure(self) -> int:
        """Count the bits once and keep them: nominal phase, and data phase above 16 bits."""
        data = self.data
        if not self.is_fd:
            bits = classic_bits(self.arbitration_id, self.is_extended, data) + UNSTUFFED_TAIL_BITS
        else:
            switches = self.has_bitrate_switch
            nominal_bits, data_bits = fd_bits(self.arbitration_id, self.is_extended, switches, self.dlc, data)
            nominal_bits += FD_NOMINAL_TAIL_BITS
            data_bits += crc_field_bits(len(data)) + 1
            bits = nominal_bits | data_bits << _DATA_BITS_SHIFT if switches else nominal_bits + data_bits
        _set_bits(self, bits)
        return bits


_set_id = Frame.__dict__["arbitration_id"].__set__
_set_data = Frame.__dict__["data"].__set__
_set_is_extended = Frame.__dict__["is_extended"].__set__
_set_is_fd = Frame.__dict__["is_fd"].__set__
_set_has_bitrate_switch = Frame.__dict__["has_bitrate_switch"].__set__
_set_bits = Frame.__dict__["_bits"].__set__


def _check(arbitration_id: int, size: int, is_extended: bool, is_fd: bool, has_bitrate_switch: bool) -> None:
    limit = MAX_EXTENDED_ID if is_extended else MAX_BASE_ID
    if not 0 <= arbitration_id <= limit:
        raise WireError(f"an identifier is 0 to {limit:#x}, not {arbitration_id:#x}")
    if is_fd and size not in _DLC:
        raise WireError(f"an FD frame carries 0 to 8, 12, 16, 20, 24, 32, 48 or 64 bytes, not {size}")
    if not is_fd and size > MAX_DATA_BYTES:
        raise WireError(f"a classic frame carries at most {MAX_DATA_BYTES} bytes, not {size}")
    if has_bitrate_switch and not is_fd:
        raise WireError("only an FD frame can switch its bit rate")
