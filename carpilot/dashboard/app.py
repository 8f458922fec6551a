"""The event loop: the one place in the dashboard that knows the wall clock."""

import time
from pathlib import Path

import pygame

from carpilot.dashboard.display import open_window
from carpilot.dashboard.model import CabinPort
from carpilot.dashboard.window import THEME_CHOICES, Dashboard, save
from carpilot.errors import InputError

FRAMES_PER_SECOND, RESTING_FRAMES_PER_SECOND = 40, 20
LONGEST_STEP_S = 0.25
"""After a pause (a suspended machine, a dragged window) the car does not make up for what it missed."""


def run(
    cabin: CabinPort,
    size: tuple[int, int] = (1280, 720),
    theme: str = "auto",
    *,
    seconds: float | None = None,
    screenshot: Path | None = None,
    folder: Path | None = None,
) -> None:
    """Open the window and stay until it is closed, or for so many seconds; then save a last picture where one is wanted.

    `theme` is "auto" (by the light outside), "day" or "night"; screenshots go to `folder`, or to the working directory.
    Raises DisplayError where no window can be opened, InputError for an unknown theme.
    """
    if theme not in THEME_CHOICES:
        raise InputError(f"the theme is one of {', '.join(THEME_CHOICES)}, not {theme!r}")
    surface = open_window(size)
    try:
        target = folder or Path.cwd()
        dashboard = Dashboard(cabin, surface, theme, lambda: target / time.strftime("carpilot-%Y%m%d-%H%M%S.png"))
        clock = pygame.time.Clock()
        start = before = time.monotonic()
        while dashboard.is_open and (seconds is None or before - start < seconds):
            clock.tick(FRAMES_PER_SECOND if dashboard.is_lively else RESTING_FRAMES_PER_SECOND)
            now = time.monotonic()
            for event in pygame.event.get():
                dashboard.handle(event)
            pygame.display.update(dashboard.step(min(now - before, LONGEST_STEP_S)))
            before = now
        if screenshot is not None and not save(dashboard.surface, screenshot):
            raise InputError(f"cannot write {screenshot}")
    finally:
        pygame.display.quit()
