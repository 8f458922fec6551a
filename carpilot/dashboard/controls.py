"""The keys, and the pedals that some of them hold."""

from collections.abc import Mapping

import pygame

from carpilot.dashboard.actions import Action, Shift, Window

KEY_HELP = (
    ("Any letter", "starts to say something"),
    ("Enter", "says it"),
    ("Up / Down", "while typing: said before"),
    ("Ctrl V", "pastes"),
    ("Ctrl Y / N", "answers yes or no"),
    ("F4", "who speaks"),
    ("Esc", "leaves the entry"),
    ("Up / Down", "otherwise: go, brake"),
    ("F5 F6 F7 F8", "gear P, R, N, D"),
    ("F9", "more rain; with Shift less"),
    ("F10", "lighter; with Shift darker"),
    ("Page Up / Down", "outside temperature"),
    ("F2", "theme: auto, day, night"),
    ("F3", "CAN strip, trace, hidden"),
    ("F11", "fullscreen"),
    ("F12", "screenshot"),
    ("/fault …", "typed: let a part fail"),
)
"""Every key and what it does, as the help page shows them."""

KEYS: Mapping[int, Action] = {
    pygame.K_F1: Window("help"),
    pygame.K_F2: Window("theme"),
    pygame.K_F3: Window("trace"),
    pygame.K_F4: Window("speaker"),
    pygame.K_F5: Shift(126),
    pygame.K_F6: Shift(-1),
    pygame.K_F7: Shift(0),
    pygame.K_F8: Shift(127),
    pygame.K_F11: Window("fullscreen"),
    pygame.K_F12: Window("screenshot"),
}
"""Keys that do the same whether somebody types or not."""

WORLD_KEYS: Mapping[tuple[int, bool], tuple[int, bool]] = {
    (pygame.K_F9, False): (0, True),
    (pygame.K_F9, True): (0, False),
    (pygame.K_F10, False): (1, True),
    (pygame.K_F10, True): (1, False),
    (pygame.K_PAGEUP, False): (2, True),
    (pygame.K_PAGEDOWN, False): (2, False),
}
"""(key, with Shift) to (number of the weather's stepper, upwards)."""

PEDAL_KEYS: Mapping[int, str] = {pygame.K_UP: "throttle", pygame.K_DOWN: "brake"}
PRESS_PER_SECOND, RELEASE_PER_SECOND = 1.6, 5.0


class Pedals:
    """Two pedals that keys and fingers hold: they go down over half a second and come up faster."""

    def __init__(self) -> None:
        self._held: dict[str, set[str]] = {"throttle": set(), "brake": set()}
        self.throttle = 0.0
        self.brake = 0.0

    def hold(self, pedal: str, by: str) -> None:
        """Start to press; `by` says what holds it, so that two holders do not release each other."""
        self._held[pedal].add(by)

    def release(self, by: str) -> None:
        """Take that holder off both pedals."""
        for holders in self._held.values():
            holders.discard(by)

    def release_all(self) -> None:
        """Take every holder off: the window lost the keyboard."""
        for holders in self._held.values():
            holders.clear()

    def move(self, seconds: float) -> bool:
        """Let the pedals move for that long; return whether they did."""
        before = self.throttle, self.brake
        self.throttle = self._moved(self.throttle, bool(self._held["throttle"]), seconds)
        self.brake = self._moved(self.brake, bool(self._held["brake"]), seconds)
        return (self.throttle, self.brake) != before

    @staticmethod
    def _moved(value: float, is_held: bool, seconds: float) -> float:
        if is_held:
            return min(1.0, value + PRESS_PER_SECOND * seconds)
        return max(0.0, value - RELEASE_PER_SECOND * seconds)
