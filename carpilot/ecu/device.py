"""What every device is: actuators that move towards their targets in physical time.

A device has no bus. `node.py` gives it one: it checks the protection of commands, hands over targets, asks for steps, and
sends what the device reports. A device may refuse a target; then nothing of the command is taken. What has a motor moves
as `vehicle/physics/motors.py` says, with jam, anti-pinch and heat; the rest switches after a delay or goes at a rate.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from carpilot.errors import InputError
from carpilot.vehicle.catalogue import Catalogue, Signal, Value
from carpilot.vehicle.physics import World, approach
from carpilot.vehicle.physics.motors import KINDS, Motor, MotorState

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
    """How an actuator gets to its target: by a motor of a kind, at a rate a second, or all at once after a delay."""

    rate_per_s: float | None = None
    delay_s: float = 0.05
    motor: str | None = None


SWITCH = Motion()


class Device:
    """Actuators with actual and target values over a shared world. A device's own rules are in its overrides.

    `falls_back_after_s` is how long a momentary actuator holds; `slow_step_s` the pace while nothing moves.
    """

    name: ClassVar[str]
    motions: ClassVar[Mapping[str, Motion]] = {}
    falls_back_after_s: ClassVar[Mapping[str, float]] = {}
    slow_step_s: ClassVar[float] = 0.5

    def __init__(self, catalogue: Catalogue, world: World) -> None:
        self.world = world
        self.signals = {path: signal for path, signal in catalogue.items() if signal.ecu == self.name}
        self.actual: dict[str, Value] = {path: s.initial for path, s in self.signals.items() if s.is_actuator}
        self.target: dict[str, Value] = dict(self.actual)
        self.response = Response.IDLE
        self.jammed: set[str] = set()
        self.reversed: set[str] = set()
        """Motors that turn the wrong way, as with crossed wires."""
        self._motion = {path: self._motion_of(path) for path in self.actual}
        self.motors = {path: Motor(KINDS[m.motor]) for path, m in self._motion.items() if m.motor is not None}
        for path, motor in self.motors.items():
            motor.position = motor.target = self._to_position(path, self.actual[path])
        self._waiting: dict[str, float] = {}
        self._position: dict[str, float] = {}
        self._moving: set[str] = set()
        self._held_s: dict[str, float] = {}

    def _motion_of(self, path: str) -> Motion:
        for suffix, motion in self.motions.items():
            if path.endswith(suffix):
                return motion
        return SWITCH

    def _to_position(self, path: str, value: Value) -> float:
        """Return where a motor stands for a value, from its low to its high end."""
        kind, signal = self.motors[path].kind, self.signals[path]
        if isinstance(value, bool):
            return kind.high if value else kind.low
        low, high = signal.minimum or 0.0, signal.maximum or 100.0
        return kind.low + (float(value) - low) / (high - low) * (kind.high - kind.low)

    def _from_position(self, path: str, position: float) -> Value:
        """Return the value that a motor's position means; a lid is open or closed only at its end."""
        kind, signal = self.motors[path].kind, self.signals[path]
        if signal.type == "boolean":
            return {kind.low: False, kind.high: True}.get(position, self.actual[path])
        low, high = signal.minimum or 0.0, signal.maximum or 100.0
        value = round(low + (position - kind.low) / (kind.high - kind.low) * (high - low))
        if kind.low < position < kind.high:  # an end is reported only when it is reached
            value = min(round(high) - 1, max(round(low) + 1, value))
        return float(value) if signal.type == "float" else value

    @property
    def is_active(self) -> bool:
        """Whether something moves or will soon move by itself, so that the device wants small steps."""
        return bool(self._moving or self._held_s)

    def refuses(self, path: str, target: Value) -> bool:
        """Return whether the device, by its own state, will not do this."""
        del path, target
        return False

    def refuses_any(self, targets: Mapping[str, Value]) -> bool:
        """Return whether one of the targets that came together cannot be taken now."""
        return any(self.refuses(path, target) for path, target in targets.items())

    def accept(self, targets: Mapping[str, Value]) -> Response:
        """Take new targets, all or none."""
        try:
            checked = {path: self.signals[path].check(target) for path, target in targets.items()}
        except InputError:
            self.response = Response.REFUSED_RANGE
            return self.response
        if self.refuses_any(checked):
            self.response = Response.REFUSED_STATE
            return self.response
        self.response = Response.MOVING
        for path, target in checked.items():
            self.aim(path, target)
            self.on_target(path, target)
        return self.response

    def aim(self, path: str, target: Value) -> None:
        """Let an actuator move to a target."""
        self.target[path] = target
        self._waiting[path] = self._motion[path].delay_s
        self._position.pop(path, None)
        self._moving.add(path)
        if path in self.motors:
            self.motors[path].move_to(self._to_position(path, target))

    def on_target(self, path: str, target: Value) -> None:
        """Do what a new target brings with it inside the device."""

    def set_by_hand(self, path: str, value: Value) -> None:
        """Set an actuator at once, as the start of a scenario or a hand does."""
        self.actual[path] = self.target[path] = self.signals[path].check(value)
        self._waiting.pop(path, None)
        self._position.pop(path, None)
        self._moving.discard(path)
        if path in self.motors:
            motor = self.motors[path]
            motor.position = self._to_position(path, self.actual[path])
            motor.stop()

    def stop(self) -> None:
        """Stop everything where it is, and want nothing more."""
        for motor in self.motors.values():
            motor.stop()
        self.target = dict(self.actual)
        self._waiting.clear()
        self._position.clear()
        self._moving.clear()

    def reset(self) -> None:
        """Start anew after a loss of power: positions stay, targets are forgotten."""
        self.stop()
        self._held_s.clear()
        self.response = Response.IDLE

    def step(self, dt_s: float) -> bool:
        """Advance every actuator by a step; return whether anything that is reported may have changed."""
        before = self.response
        changed = False
        for path in tuple(self._moving):
            changed |= self._move(path, dt_s)
        if not self._moving and self.response is Response.MOVING:
            self.response = Response.DONE
        changed |= self._fall_back(dt_s)
        changed |= self.live(dt_s)
        return changed or self.response is not before

    def _move(self, path: str, dt_s: float) -> bool:
        """Move one actuator; return whether its value changed."""
        old, target = self.actual[path], self.target[path]
        if path in self.motors:
            self._run_motor(path, self.motors[path], dt_s)
        elif path in self.jammed:
            self._give_up(path)
        else:
            self._approach(path, target, self._motion[path], dt_s)
        if self.actual[path] == self.target[path] and not (path in self.motors and self.motors[path].is_moving):
            self._moving.discard(path)
            if path in self.falls_back_after_s and self.actual[path] != self.signals[path].initial:
                self._held_s[path] = 0.0
        return self.actual[path] != old

    def _run_motor(self, path: str, motor: Motor, dt_s: float) -> None:
        motor.is_jammed = path in self.jammed
        if path in self.reversed:
            self._run_backwards(motor, dt_s)
        else:
            motor.step(dt_s)
        self.actual[path] = self._from_position(path, motor.position)
        if motor.state in (MotorState.BLOCKED, MotorState.HOT):
            self._give_up(path)

    def _run_backwards(self, motor: Motor, dt_s: float) -> None:
        """Move away from the target; the unit sees its position sensor go the wrong way and stops at once."""
        way = math.copysign(motor.kind.speed_per_s * dt_s, motor.position - motor.target)
        motor.position = min(motor.kind.high, max(motor.kind.low, motor.position + way))
        motor.stop()
        motor.state = MotorState.BLOCKED

    def _give_up(self, path: str) -> None:
        self.response = Response.JAMMED
        self.target[path] = self.actual[path]
        self._moving.discard(path)

    def _approach(self, path: str, target: Value, motion: Motion, dt_s: float) -> None:
        if motion.rate_per_s is None or isinstance(target, bool | str):
            self._waiting[path] = self._waiting.get(path, motion.delay_s) - dt_s
            if self._waiting[path] <= 0:
                self.actual[path] = target
            return
        now = self._position.get(path, float(self.actual[path]))
        position = approach(now, float(target), motion.rate_per_s, dt_s)
        self._position[path] = position
        self.actual[path] = target if position == target else round(position)

    def _fall_back(self, dt_s: float) -> bool:
        changed = False
        for path in tuple(self._held_s):
            self._held_s[path] += dt_s
            if self._held_s[path] >= self.falls_back_after_s[path]:
                del self._held_s[path]
                self.set_by_hand(path, self.signals[path].initial)
                self.on_fallen_back(path)
                changed = True
        return changed

    def on_fallen_back(self, path: str) -> None:
        """Do what the end of a momentary actuator brings with it."""

    def live(self, dt_s: float) -> bool:
        """Do what the device does of itself in a step; return whether anything that is reported changed at once."""
        del dt_s
        return False

    def sensed(self, path: str) -> Value | None:
        """Return what a sensor of this device measures now; None if it cannot."""
        raise NotImplementedError(f"{self.name} measures nothing: {path}")

    def report(self, signal: Signal) -> Value | None:
        """Return what the device's status says of a signal; None is not available."""
        path = signal.path
        return self.actual[path] if path in self.actual else self.sensed(path)
