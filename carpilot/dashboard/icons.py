"""Our own SVG drawings, at any size and in any colour. They are white on nothing; the colour multiplies the white."""

import io
import re
from functools import cache
from typing import Any

import pygame

from carpilot.dashboard.theme import Colour
from carpilot.files import asset

_SIZE = re.compile(r'width="([\d.]+)" height="([\d.]+)"')


@cache
def _source(name: str) -> tuple[str, float, float]:
    text = asset("icons", f"{name}.svg").read_text(encoding="utf-8")
    found = _SIZE.search(text)
    if found is None:
        return text, 48.0, 48.0
    return text, float(found[1]), float(found[2])


@cache
def _white(name: str, width: int) -> Any:
    text, natural_width, natural_height = _source(name)
    height = max(1, round(width * natural_height / natural_width))
    sized = _SIZE.sub(f'width="{width}" height="{height}"', text, count=1)
    return pygame.image.load(io.BytesIO(sized.encode()), f"{name}.svg").convert_alpha()


@cache
def icon(name: str, width: int, colour: Colour) -> Any:
    """Return a drawing of that many pixels' width in a colour."""
    tinted = _white(name, width).copy()
    tinted.fill((*colour, 255), special_flags=pygame.BLEND_RGBA_MULT)
    return tinted


def forget() -> None:
    """Drop what was drawn: a new window may have another pixel format."""
    _white.cache_clear()
    icon.cache_clear()
