"""What a finger or a key can do, as values; `perform` is the only way from them to the cabin."""

from dataclasses import dataclass

from carpilot.dashboard.model import CabinPort
from carpilot.vehicle.catalogue import Value


@dataclass(frozen=True, slots=True)
class Touch:
    """Ask the car for a target."""

    path: str
    target: Value


@dataclass(frozen=True, slots=True)
class World:
    """Change the world round the car."""

    path: str
    value: Value


@dataclass(frozen=True, slots=True)
class Shift:
    """Move the gear selector."""

    gear: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer the open question."""

    yes: bool


@dataclass(frozen=True, slots=True)
class Hold:
    """Press a pedal ("throttle" or "brake") for as long as the finger stays."""

    pedal: str


@dataclass(frozen=True, slots=True)
class Window:
    """Something of the window itself, by name: "help", "trace", "theme", "fullscreen", "screenshot", "speaker", "entry"."""

    name: str


Action = Touch | World | Shift | Answer | Hold | Window


def perform(action: Action, cabin: CabinPort) -> None:
    """Hand an action to the cabin. What concerns the window alone leaves the cabin as it is."""
    match action:
        case Touch(path, target):
            cabin.touch(path, target)
        case World(path, value):
            cabin.world(path, value)
        case Shift(gear):
            cabin.shift(gear)
        case Answer(yes):
            cabin.answer(yes)
        case Hold() | Window():
            pass
