"""What a person says."""

from dataclasses import dataclass
from enum import Enum

from carpilot.errors import InputError

MAX_REQUEST_CHARACTERS = 500


class Seat(Enum):
    """Where the speaker sits: the provenance of the words."""

    DRIVER = "driver"
    PASSENGER = "passenger"
    REAR_LEFT = "rear_left"
    REAR_RIGHT = "rear_right"


@dataclass(frozen=True, slots=True)
class Request:
    """Words, who said them, and when (simulation time). Raises InputError on nothing or too much."""

    number: int
    text: str
    seat: Seat = Seat.DRIVER
    time_ns: int = 0

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise InputError("a request needs words")
        if len(self.text) > MAX_REQUEST_CHARACTERS:
            raise InputError(f"a request has at most {MAX_REQUEST_CHARACTERS} characters, not {len(self.text)}")
