"""What is heard on a segment, and how python-can writes it. Data frames, classic and FD, and error frames.

An error frame becomes an error message as Linux writes it (include/uapi/linux/can/error.h): the class is the identifier, and
of the eight bytes the third tells the kind of a protocol violation and the fourth where in the frame it was seen.
"""

from dataclasses import dataclass

import can

from carpilot.bus.controller import ErrorKind
from carpilot.bus.frame import Frame
from carpilot.errors import WireError
from carpilot.units import NS_PER_S

CLASS_PROTOCOL, CLASS_ACKNOWLEDGE = 0x08, 0x20
KIND_BIT, KIND_FORM, KIND_STUFF, KIND_DOMINANT = 0x01, 0x02, 0x04, 0x08
PLACE_CRC, PLACE_ACKNOWLEDGE = 0x08, 0x19
LINUX_ERRORS: dict[ErrorKind, tuple[int, int, int]] = {
    ErrorKind.BIT: (CLASS_PROTOCOL, KIND_BIT, 0),
    ErrorKind.STUFF: (CLASS_PROTOCOL, KIND_STUFF, 0),
    ErrorKind.FORM: (CLASS_PROTOCOL, KIND_FORM, 0),
    ErrorKind.CRC: (CLASS_PROTOCOL, 0, PLACE_CRC),
    ErrorKind.ACKNOWLEDGE: (CLASS_ACKNOWLEDGE, 0, PLACE_ACKNOWLEDGE),
    ErrorKind.STUCK_DOMINANT: (CLASS_PROTOCOL, KIND_DOMINANT, 0),
}
"""Class, kind and place by our kinds."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A frame and the simulation time at which it was complete. If `is_error`, the frame is a Linux error message."""

    time_ns: int
    frame: Frame
    is_error: bool = False


def heard_error(time_ns: int, kind: ErrorKind) -> Heard:
    """Return an error frame of a kind."""
    error_class, violation, place = LINUX_ERRORS[kind]
    return Heard(time_ns, Frame(error_class, bytes((0, 0, violation, place, 0, 0, 0, 0))), True)


def to_message(heard: Heard, channel: str) -> can.Message:
    """Return it as python-can writes it; the time is in seconds."""
    frame = heard.frame
    return can.Message(
        timestamp=heard.time_ns / NS_PER_S,
        arbitration_id=frame.arbitration_id,
        is_extended_id=frame.is_extended,
        is_error_frame=heard.is_error,
        is_fd=frame.is_fd,
        bitrate_switch=frame.has_bitrate_switch,
        data=frame.data,
        channel=channel,
    )


def to_frame(message: can.Message) -> Frame:
    """Return the data frame that a message means. Raises WireError if it means none."""
    if message.is_remote_frame or message.is_error_frame:
        raise WireError("only data frames can be sent, no remote and no error frames")
    return Frame(
        message.arbitration_id,
        bytes(message.data),
        message.is_extended_id,
        message.is_fd,
        message.is_fd and message.bitrate_switch,
    )
