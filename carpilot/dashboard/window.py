"""The window's own state, between the events that come in, the cabin that is asked, and the picture that goes out.

Time is what `step` is told; the wall clock is in `app`.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pygame

from carpilot.dashboard.actions import Action, Answer, Hold, Window, perform
from carpilot.dashboard.controls import KEYS, PEDAL_KEYS, WORLD_KEYS, Pedals
from carpilot.dashboard.display import clipboard, open_window
from carpilot.dashboard.entry import Entry
from carpilot.dashboard.model import CabinPort
from carpilot.dashboard.screen import Screen
from carpilot.dashboard.theme import NIGHT, THEMES, Theme, theme_for_light
from carpilot.dashboard.view import Interface, Strip, View, build, dial_fraction, power_fraction
from carpilot.dashboard.widgets.parts import Hit
from carpilot.errors import InputError
from carpilot.request import Seat
from carpilot.snapshot import Snapshot

FOLLOW_S, SETTLED = 0.05, 0.0004
BLINK_HZ = 1.5
NOTICE_S = 3.0
LIVELY_S = 10.0
REPEAT_AFTER_S, REPEAT_EVERY_S = 0.45, 0.12
_STRIPS: tuple[Strip, ...] = ("strip", "trace", "hidden")
THEME_CHOICES = ("auto", "day", "night")
_SEATS = tuple(Seat)
FAULT_PREFIX = "/fault "


def followed(value: float, target: float, seconds: float) -> float:
    """Return a needle's next place: it is nearly there after 150 ms."""
    value += (target - value) * (1 - math.exp(-seconds / FOLLOW_S))
    return target if abs(target - value) < SETTLED else value


class Dashboard:
    """The window's own state: everything that is neither the car's nor the picture's."""

    def __init__(self, cabin: CabinPort, surface: Any, theme: str, picture_path: Callable[[], Path]) -> None:
        self.cabin = cabin
        self.surface = surface
        self.entry = Entry()
        self.pedals = Pedals()
        self.interface = Interface()
        self.is_open = True
        self._picture_path = picture_path
        self._theme_choice = theme
        self._theme: Theme = THEMES.get(theme, NIGHT)
        self._strip: Strip = "strip"
        self._has_help = False
        self._has_focus = False
        self._is_fullscreen = False
        self._is_resized = False
        self._windowed_size = surface.get_size()
        self._notice_until = 0.0
        self._seconds = 0.0
        self._lively_until = LIVELY_S
        self._held: tuple[Hit, float] | None = None
        self.view: View = build(cabin.snapshot(), self.interface)
        self._suit_theme()
        self.screen = Screen(surface, self._theme, self._strip)

    # --- time -------------------------------------------------------------------------------------------------------

    def step(self, seconds: float) -> list[Any]:
        """Let that much time pass, draw what changed, and return its rectangles."""
        self._seconds += seconds
        if self.pedals.move(seconds):
            self.cabin.drive(self.pedals.throttle, self.pedals.brake)
        if self._held and self._seconds >= self._held[1]:
            self._do(self._held[0].actions(self.view))
            self._held = (self._held[0], self._seconds + REPEAT_EVERY_S)
        self.cabin.advance(seconds)
        snapshot = self.cabin.snapshot()
        self.interface = self._next_interface(snapshot, seconds)
        self.view = build(snapshot, self.interface)
        self.interface = replace(self.interface, trace=self.view.trace)
        if self._suit_theme() or self._is_resized:
            self._remake()
        if snapshot.busy or self.view.is_moving:
            self._lively_until = self._seconds + LIVELY_S
        return self.screen.draw(self.view)

    @property
    def is_lively(self) -> bool:
        """Whether something moves or has just been touched; a car at rest needs fewer frames."""
        return self._seconds < self._lively_until

    def _next_interface(self, snapshot: Snapshot, seconds: float) -> Interface:
        before = self.interface
        dial = dial_fraction(snapshot.state.number("Vehicle.Speed"))
        power = power_fraction(snapshot.state.number("Vehicle.Powertrain.ElectricMotor.Power"))
        return replace(
            before,
            entry=self.entry.text,
            caret=self.entry.caret,
            has_focus=self._has_focus,
            notice=before.notice if self._seconds < self._notice_until else "",
            blink=(snapshot.time_ns / 1e9 * BLINK_HZ) % 1 < 0.5,
            throttle=self.pedals.throttle,
            brake=self.pedals.brake,
            dial=followed(dial if before.dial is None else before.dial, dial, seconds),
            power=followed(power if before.power is None else before.power, power, seconds),
        )

    def _suit_theme(self) -> bool:
        wanted = theme_for_light(self.view.light_percent, self._theme) if self._theme_choice == "auto" else self._theme
        changed, self._theme = wanted is not self._theme, wanted
        return changed

    def _remake(self) -> None:
        self._is_resized = False
        self.screen = Screen(self.surface, self._theme, self._strip)
        self.screen.show_help(self._has_help)

    def _say(self, notice: str) -> None:
        self.interface = replace(self.interface, notice=notice)
        self._notice_until = self._seconds + NOTICE_S

    # --- events -----------------------------------------------------------------------------------------------------

    def handle(self, event: Any) -> None:
        """Act on one event of the window."""
        self._lively_until = self._seconds + LIVELY_S
        if event.type == pygame.QUIT:
            self.is_open = False
        elif event.type == pygame.KEYDOWN:
            self._key(event)
        elif event.type == pygame.KEYUP:
            self.pedals.release(f"key {event.key}")
        elif event.type == pygame.TEXTINPUT:
            if self._has_focus or event.text.strip():
                self._has_focus = True
                self.entry.insert(event.text)
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            self._press(event.pos)
        elif event.type == pygame.MOUSEBUTTONUP and event.button == 1:
            self.pedals.release("finger")
            self._held = None
        elif event.type == pygame.VIDEORESIZE:
            self.surface = pygame.display.get_surface()
            self._is_resized = True  # made again once, after the last of many sizes
        elif event.type == pygame.WINDOWEXPOSED:
            self.screen.expose()
        elif event.type == pygame.WINDOWFOCUSLOST:
            self.pedals.release_all()

    def _press(self, position: tuple[int, int]) -> None:
        if self._has_help:
            self._window("help")
            return
        hit = self.screen.touched(*position)
        if hit is None:
            self._has_focus = False
            return
        if hit.repeats:
            self._held = (hit, self._seconds + REPEAT_AFTER_S)
        self._do(hit.actions(self.view), by="finger")

    def _do(self, actions: tuple[Action, ...], by: str = "key") -> None:
        for action in actions:
            if isinstance(action, Window):
                self._window(action.name)
            elif isinstance(action, Hold):
                self.pedals.hold(action.pedal, by)
            else:
                try:
                    perform(action, self.cabin)
                except InputError as error:
                    self._say(str(error))

    def _key(self, event: Any) -> None:
        if event.mod & pygame.KMOD_CTRL:
            self._key_with_control(event.key)
        elif event.key in KEYS:
            self._do((KEYS[event.key],))
        elif (event.key, bool(event.mod & pygame.KMOD_SHIFT)) in WORLD_KEYS:
            number, up = WORLD_KEYS[event.key, bool(event.mod & pygame.KMOD_SHIFT)]
            stepper = self.view.world.weather[number]
            self._do(stepper.higher if up else stepper.lower)
        elif event.key == pygame.K_ESCAPE:
            if self._has_help:
                self._window("help")
            self._has_focus = False
        elif event.key in (pygame.K_RETURN, pygame.K_KP_ENTER):
            self._submit()
        elif event.key in PEDAL_KEYS and not self._has_focus:
            self.pedals.hold(PEDAL_KEYS[event.key], f"key {event.key}")
        else:
            self._edit(event.key)

    def _key_with_control(self, key: int) -> None:
        if key == pygame.K_v:
            self._has_focus = True
            self.entry.insert(clipboard())
        elif key in (pygame.K_y, pygame.K_n) and self.view.assistant.question:
            self._do((Answer(key == pygame.K_y),))
        elif key == pygame.K_u:
            self.entry.clear()
        elif key in (pygame.K_w, pygame.K_BACKSPACE):
            self.entry.erase_word()

    def _edit(self, key: int) -> None:
        entry = self.entry
        if key == pygame.K_BACKSPACE:
            entry.erase()
        elif key == pygame.K_DELETE:
            entry.erase(ahead=True)
        elif key in (pygame.K_LEFT, pygame.K_RIGHT):
            entry.move(-1 if key == pygame.K_LEFT else 1)
        elif key in (pygame.K_HOME, pygame.K_END):
            entry.move(-len(entry.text) if key == pygame.K_HOME else len(entry.text))
        elif key in (pygame.K_UP, pygame.K_DOWN):
            entry.recall(-1 if key == pygame.K_UP else 1)

    def _submit(self) -> None:
        if not self._has_focus:
            self._has_focus = True
            return
        words = self.entry.take()
        self._has_focus = False
        answer = {"yes": True, "no": False}.get(words.lower().strip(" .!"))
        if answer is not None and self.view.assistant.question:
            self.cabin.answer(answer)
        elif words.startswith(FAULT_PREFIX):
            self._let_fail(words.removeprefix(FAULT_PREFIX))
        elif words:
            self.cabin.submit(words, self.interface.speaker)

    def _let_fail(self, words: str) -> None:
        """Take words to the simulation, not to the copilot: `/fault jam path=... seconds=5`."""
        try:
            self.cabin.fault_in_words(words)
        except InputError as error:
            self._say(str(error))
        else:
            self._say(f"Fault: {words}")

    # --- what concerns the window alone -----------------------------------------------------------------------------

    def _window(self, name: str) -> None:
        if name == "help":
            self._has_help = not self._has_help
            self.screen.show_help(self._has_help)
        elif name == "theme":
            self._theme_choice = THEME_CHOICES[(THEME_CHOICES.index(self._theme_choice) + 1) % len(THEME_CHOICES)]
            self._theme = THEMES.get(self._theme_choice, self._theme)
            self._suit_theme()
            self._say(f"Theme: {self._theme_choice}")
            self._remake()
        elif name == "trace":
            self._strip = _STRIPS[(_STRIPS.index(self._strip) + 1) % len(_STRIPS)]
            self._remake()
        elif name == "speaker":
            speaker = _SEATS[(_SEATS.index(self.interface.speaker) + 1) % len(_SEATS)]
            self.interface = replace(self.interface, speaker=speaker)
        elif name == "entry":
            self._has_focus = True
        elif name == "fullscreen":
            self._toggle_fullscreen()
        elif name == "screenshot":
            path = self._picture_path()
            self._say(f"Saved {path.name}" if save(self.surface, path) else f"Cannot write {path.name}")

    def _toggle_fullscreen(self) -> None:
        if not self._is_fullscreen:
            self._windowed_size = self.surface.get_size()
        self._is_fullscreen = not self._is_fullscreen
        self.surface = open_window(self._windowed_size, self._is_fullscreen)
        self._remake()


def save(surface: Any, path: Path) -> bool:
    """Write the picture as PNG; return whether that was possible."""
    try:
        pygame.image.save(surface, str(path))
    except (pygame.error, OSError):
        return False
    return True
