"""What the views are made of: the car as reported, buttons, and what a press on them asks for.

A button shows what the car reports. While the target differs it is marked as pending, and a further press starts from the
target, so that two quick presses are two steps. Where nothing valid is reported a button is grey and asks for nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from carpilot.dashboard.actions import Action, Touch
from carpilot.dashboard.wording import UNKNOWN
from carpilot.vehicle.catalogue import Value, default_catalogue
from carpilot.vehicle.state import VehicleState

MOVING_ABOVE_KPH = 0.5


@dataclass(frozen=True, slots=True)
class Button:
    """One thing to press. `level` of `levels` are shown as dots; without actions it does nothing."""

    name: str
    icon: str
    label: str
    is_on: bool = False
    is_known: bool = True
    is_pending: bool = False
    actions: tuple[Action, ...] = ()
    level: int = 0
    levels: int = 0


@dataclass(frozen=True, slots=True)
class Stepper:
    """A value between a minus and a plus. `wanted` is the target while it differs from the value, otherwise empty."""

    name: str
    label: str
    icon: str
    text: str
    is_known: bool
    wanted: str
    lower: tuple[Action, ...]
    higher: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Car:
    """The reported state with the questions that views ask of it."""

    state: VehicleState

    def actual(self, path: str) -> Value | None:
        """Return the valid actual value, or None."""
        return self.state.actual(path)

    def number(self, path: str) -> float | None:
        """Return the valid actual value as a number, or None."""
        return self.state.number(path)

    def is_true(self, path: str) -> bool:
        """Whether the path is validly reported to be true."""
        return self.state.actual(path) is True

    def is_known(self, path: str) -> bool:
        """Whether there is a valid reading."""
        return self.state.reading(path).is_valid

    def is_pending(self, path: str) -> bool:
        """Whether the car has been asked for something that it does not report yet."""
        actual = self.state.actual(path)
        return actual is not None and path in self.state.targets and self.state.targets[path] != actual

    def wanted(self, path: str) -> Value | None:
        """Return the target while it is pending, otherwise the actual value."""
        return self.state.targets[path] if self.is_pending(path) else self.state.actual(path)

    @property
    def is_moving(self) -> bool:
        """Whether the car moves, or may be moving because nothing valid says otherwise."""
        speed = self.number("Vehicle.Speed")
        return speed is None or speed > MOVING_ABOVE_KPH


def toggle(car: Car, *paths: str) -> tuple[Action, ...]:
    """Return what turns one or several switches over, all to the same side."""
    wanted = [car.wanted(path) for path in paths]
    if any(value is None for value in wanted):
        return ()
    return tuple(Touch(path, not all(wanted)) for path in paths)


def next_step(value: float, steps: Sequence[int]) -> int:
    """Return the first step above a value, and after the last step the first."""
    return next((step for step in steps if step > value), steps[0])


def next_choice(car: Car, path: str, choices: Sequence[str]) -> tuple[Action, ...]:
    """Return what asks for the choice after the present one."""
    now = car.wanted(path)
    if not isinstance(now, str):
        return ()
    at = choices.index(now) if now in choices else -1
    return (Touch(path, choices[(at + 1) % len(choices)]),)


def nudge(car: Car, path: str, step: float) -> tuple[Action, ...]:
    """Return what moves a target by one step, within the signal's range."""
    signal = default_catalogue()[path]
    now = car.wanted(path)
    if isinstance(now, bool) or not isinstance(now, int | float) or signal.minimum is None or signal.maximum is None:
        return ()
    target = min(max(now + step, signal.minimum), signal.maximum)
    return (Touch(path, signal.check(target)),) if target != now else ()


def switch(car: Car, name: str, icon: str, label: str, path: str) -> Button:
    """Return the button of a signal that is on or off."""
    known = car.is_known(path)
    return Button(
        name=name,
        icon=icon,
        label=label if known else UNKNOWN,
        is_on=car.is_true(path),
        is_known=known,
        is_pending=car.is_pending(path),
        actions=toggle(car, path),
    )
