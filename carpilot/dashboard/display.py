"""Opening the window, or saying in one line why there is none."""

import os
import sys
from typing import Any

import pygame

from carpilot.dashboard import icons, text
from carpilot.errors import DisplayError

_INVISIBLE = ("dummy", "offscreen")
_ELSE = "`carpilot ask` and `carpilot replay` need no display"
_NO_DISPLAY = f"there is no display to open a window on (is DISPLAY set?); {_ELSE}"
_DISPLAY_VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")


def open_window(size: tuple[int, int], is_fullscreen: bool = False) -> Any:
    """Return the surface of a new window. Raises DisplayError where nobody could see it.

    SDL falls back to a driver that shows nothing where there is no display server; that is accepted only when
    SDL_VIDEODRIVER asks for it by name.
    """
    icons.forget()
    text.forget()
    os.environ.setdefault(
        "SDL_VIDEO_X11_WMCLASS", "carpilot"
    )  # what the desktop calls the window; else it is the script's name
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in _DISPLAY_VARIABLES):
        raise DisplayError(_NO_DISPLAY)
    try:
        pygame.display.init()
        pygame.font.init()
        if not os.environ.get("SDL_VIDEODRIVER") and pygame.display.get_driver() in _INVISIBLE:
            pygame.display.quit()
            raise DisplayError(_NO_DISPLAY)
        surface = (
            pygame.display.set_mode((0, 0), pygame.FULLSCREEN)
            if is_fullscreen
            else pygame.display.set_mode(size, pygame.RESIZABLE)
        )
    except pygame.error as error:
        raise DisplayError(f"no window can be opened: {str(error).rstrip('.')}; {_ELSE}") from error
    pygame.display.set_caption("carpilot")
    pygame.key.set_repeat(400, 40)
    return surface


def clipboard() -> str:
    """Return the text on the clipboard, or nothing where there is none to be had."""
    try:
        if not pygame.scrap.get_init():
            pygame.scrap.init()
        for kind in ("text/plain;charset=utf-8", pygame.SCRAP_TEXT):
            raw = pygame.scrap.get(kind)
            if raw:
                return str(raw.rstrip(b"\0").decode("utf-8", "replace"))
    except (pygame.error, NotImplementedError):
        return ""
    return ""
