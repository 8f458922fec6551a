"""What every device is: actuators that move towards their targets in physical time.

A device has no bus. `node.py` gives it one: it checks the protection of commands, hands over targets, asks for a step of
10 ms, and sends what the device reports. A device may refuse a target; then nothing of the command is taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from carpilot.errors import InputError
from carpilot.vehicle.catalogue import Catalogue, Signal, Value
from carpilot.vehicle.physics import World, approach

STEP_S = 0.01


class Response(Enum):
    """How a device answers a command, as the DBC's `Response` choices spell it."""

    IDLE = "Idle"
    DONE = "Done"
    MOVING = "Moving"
    REFUSED_RANGE = "RefusedRange"
    REFUSED_STATE = "RefusedState"
    JAMMED = "Jammed"
    REFUSED_INTEGRITY = "RefusedIntegrity"
    BOOTING = "Booting"

    @property
    def is_refusal(self) -> bool:
        """Whether the command was not, or will not be, carried out."""
        return self in _REFUSALS


_REFUSALS = frozenset(
    {Response.REFUSED_RANGE, Response.REFUSED_STATE, Response.JAMMED, Response.REFUSED_INTEGRITY, Response.BOOTING}
)


@dataclass(frozen=True, slots=True)
class Motion:
    """How an actuator gets to its target: at a rate a second, or all at once after a delay."""

    rate_per_s: float | None = None
    delay_s: float = 0.05


SWITCH = Motion()


class Device:
    """Actuators with actual and target values over a shared world. A device's own rules are in its overrides."""

    name: ClassVar[str]
    motions: ClassVar[Mapping[str, Motion]] = {}

    def __init__(self, catalogue: Catalogue, world: World) -> None:
        self.world = world
        self.signals = {path: signal for path, signal in catalogue.items() if signal.ecu == self.name}
        self.actual: dict[str, Value] = {path: s.initial for path, s in self.signals.items() if s.is_actuator}
        self.target: dict[str, Value] = dict(self.actual)
        self.response = Response.IDLE
        self.jammed: set[str] = set()
        self._waiting: dict[str, float] = {}
        self._position: dict[str, float] = {}

    def motion(self, path: str) -> Motion:
        """Return how an actuator moves."""
        for suffix, motion in self.motions.items():
            if path.endswith(suffix):
                return motion
        return SWITCH

    def refuses(self, path: str, target: Value) -> bool:
        """Return whether the device, by its own state, will not do this."""
        del path, target
        return False

    def accept(self, targets: Mapping[str, Value]) -> Response:
        """Take new targets, all or none."""
        try:
            checked = {path: self.signals[path].check(target) for path, target in targets.items()}
        except InputError:
            self.response = Response.REFUSED_RANGE
            return self.response
        if any(self.refuses(path, target) for path, target in checked.items()):
            self.response = Response.REFUSED_STATE
            return self.response
        self.response = Response.MOVING
        for path, target in checked.items():
            self._aim(path, target)
            self.on_target(path, target)
        return self.response

    def _aim(self, path: str, target: Value) -> None:
        self.target[path] = target
        self._waiting[path] = self.motion(path).delay_s
        self._position.pop(path, None)

    def on_target(self, path: str, target: Value) -> None:
        """Do what a new target brings with it inside the device."""

    def set_by_hand(self, path: str, value: Value) -> None:
        """Set an actuator at once, as the start of a scenario or a hand does."""
        self.actual[path] = self.target[path] = self.signals[path].check(value)
        self._waiting.pop(path, None)
        self._position.pop(path, None)

    def reset(self) -> None:
        """Start anew after a loss of power: positions stay, targets are forgotten."""
        self.target = dict(self.actual)
        self._waiting.clear()
        self._position.clear()
        self.response = Response.IDLE

    def step(self, dt_s: float) -> None:
        """Advance every actuator by a step."""
        moving = False
        for path, target in self.target.items():
            if self.actual[path] == target:
                continue
            if path in self.jammed:
                self.response = Response.JAMMED
                continue
            moving = True
            self._move(path, target, dt_s)
        if not moving and self.response is Response.MOVING:
            self.response = Response.DONE
        self.live(dt_s)

    def _move(self, path: str, target: Value, dt_s: float) -> None:
        motion = self.motion(path)
        if motion.rate_per_s is None or isinstance(target, bool | str):
            self._waiting[path] = self._waiting.get(path, motion.delay_s) - dt_s
            if self._waiting[path] <= 0:
                self.actual[path] = target
            return
        now = self._position.get(path, float(self.actual[path]))
        position = approach(now, float(target), motion.rate_per_s, dt_s)
        self._position[path] = position
        self.actual[path] = target if position == target else round(position)

    def live(self, dt_s: float) -> None:
        """Do what the device does of itself in a step."""

    def sensed(self, path: str) -> Value | None:
        """Return what a sensor of this device measures now."""
        raise NotImplementedError(f"{self.name} measures nothing")

    def report(self, signal: Signal) -> Value | None:
        """Return what the device's status says of a signal; None is not available."""
        return self.actual[signal.path] if signal.is_actuator else self.sensed(signal.path)
