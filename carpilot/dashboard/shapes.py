"""Shapes by analytic coverage: each pixel's share of the shape follows from its distance to the edge, so edges are smooth
without supersampling. Everything here is made once and kept; only `Ring` changes, and only where its value moved.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pygame

from carpilot.dashboard.theme import Colour

Floats = npt.NDArray[np.float64]
RING_START_RADIANS = math.radians(150)
RING_SWEEP_RADIANS = math.radians(240)


def _surface(colour: npt.NDArray[np.float64], alpha: Floats) -> Any:
    height, width = alpha.shape
    pixels = np.empty((height, width, 4), np.uint8)
    pixels[..., :3] = np.rint(colour)
    pixels[..., 3] = np.rint(alpha * 255)
    return pygame.image.frombuffer(pixels.tobytes(), (width, height), "RGBA").convert_alpha()


def _rounded_distance(width: int, height: int, radius: float) -> Floats:
    """Return each pixel's signed distance to a rounded rectangle's edge, in pixels, negative inside."""
    y, x = np.mgrid[0:height, 0:width]
    radius = min(radius, width / 2, height / 2)
    dx = np.abs(x + 0.5 - width / 2) - (width / 2 - radius)
    dy = np.abs(y + 0.5 - height / 2) - (height / 2 - radius)
    outside = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0))
    distance: Floats = outside + np.minimum(np.maximum(dx, dy), 0) - radius
    return distance


def rounded(
    size: tuple[int, int], radius: float, fill: Colour, border: Colour | None, width: float, dash: float = 0
) -> Any:
    """Return a rounded rectangle, with a border inside its edge; `dash` breaks the straight parts of the border."""
    distance = _rounded_distance(*size, radius)
    outer = np.clip(0.5 - distance, 0, 1)
    colour = np.broadcast_to(np.array(fill, np.float64), (*outer.shape, 3))
    if border is not None and width > 0:
        share = 1 - np.clip(0.5 - distance - width, 0, 1)
        if dash:
            share = share * _dashes(*size, radius, dash)
        colour = colour + (np.array(border, np.float64) - colour) * share[..., None]
    return _surface(colour, outer)


def _dashes(width: int, height: int, radius: float, dash: float) -> Floats:
    y, x = np.mgrid[0:height, 0:width]
    on_side = (y > radius) & (y < height - radius)
    along = np.where(on_side, y - radius, x - radius)
    in_corner = ~on_side & ((x < radius) | (x > width - radius))
    return np.where(in_corner | (np.floor(along / dash) % 2 == 0), 1.0, 0.0)


def capsule(
    size: tuple[int, int], start: tuple[float, float], end: tuple[float, float], width: float, colour: Colour
) -> Any:
    """Return a line with round ends on a transparent surface; the points are in its pixels."""
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    px, py = x + 0.5 - start[0], y + 0.5 - start[1]
    dx, dy = end[0] - start[0], end[1] - start[1]
    share = np.clip((px * dx + py * dy) / max(dx * dx + dy * dy, 1e-9), 0, 1)
    distance = np.hypot(px - share * dx, py - share * dy) - width / 2
    fill = np.broadcast_to(np.array(colour, np.float64), (size[1], size[0], 3))
    return _surface(fill, np.clip(0.5 - distance, 0, 1))


class Ring:
    """A dial's ring on a picture of what lies under it. `show` repaints only the pixels between the old value and the new."""

    def __init__(self, background: Any, thickness: float, track: Colour, lit: Colour) -> None:
        self.surface = background
        self._track, self._lit = (np.array(colour, np.float64) for colour in (track, lit))
        size = background.get_width()
        x, y = np.mgrid[0:size, 0:size]
        dx, dy = x + 0.5 - size / 2, y + 0.5 - size / 2
        radius = np.hypot(dx, dy)
        turn = (np.arctan2(dy, dx) - RING_START_RADIANS) % (2 * math.pi) / RING_SWEEP_RADIANS
        gap = (2 * math.pi - RING_SWEEP_RADIANS) / RING_SWEEP_RADIANS
        turn = np.where(turn > 1 + gap / 2, turn - 1 - gap, turn)
        length = RING_SWEEP_RADIANS * radius
        cover = np.clip(size / 2 - radius, 0, 1) * np.clip(radius - size / 2 + thickness, 0, 1)
        cover *= np.clip(turn * length + 0.5, 0, 1) * np.clip((1 - turn) * length + 0.5, 0, 1)
        chosen = np.nonzero(cover > 0.002)
        order = np.argsort(turn[chosen])
        self._x, self._y = chosen[0][order], chosen[1][order]
        self._turn, self._length = turn[chosen][order], length[chosen][order]
        self._cover = cover[chosen][order][:, None]
        under = pygame.surfarray.array3d(background)[self._x, self._y].astype(np.float64)
        self._base = under * (1 - self._cover) + self._track * self._cover
        self._gain = (self._lit - self._track) * self._cover
        self._margin = 1.5 / float(self._length.min())
        self.value = 1.0
        self.show(0.0)

    def show(self, value: float) -> None:
        """Light the ring up to a value from 0 to 1."""
        value = min(max(value, 0.0), 1.0)
        if value == self.value:
            return
        low, high = sorted((self.value, value))
        first = int(np.searchsorted(self._turn, low - self._margin))
        last = int(np.searchsorted(self._turn, high + self._margin))
        part = slice(first, last)
        lit = np.clip((value - self._turn[part]) * self._length[part] + 0.5, 0, 1)[:, None] * (value > 0)
        pixels = pygame.surfarray.pixels3d(self.surface)
        pixels[self._x[part], self._y[part]] = np.rint(self._base[part] + self._gain[part] * lit)
        self.value = value
