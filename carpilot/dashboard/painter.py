"""A brush that speaks design pixels and colour roles. All drawing of the widgets goes through it.

An `Audit` listens in tests: what text was drawn, where, in which colour on which, and whether it was cut.
"""

from dataclasses import dataclass, field
from typing import Any

import pygame

from carpilot.dashboard import icons, shapes
from carpilot.dashboard.layout import Box
from carpilot.dashboard.text import CAP_HEIGHT, Words, font
from carpilot.dashboard.theme import SMALLEST_PIXELS, Colour, Theme


@dataclass
class Audit:
    """What was drawn. A text is (string, box in design pixels, cell box, size in pixels, ink, ground, was it cut on purpose)."""

    texts: list[tuple[str, Box, Box, int, str, str, bool]] = field(default_factory=list)
    marks: list[tuple[str, Box, Box, str, str]] = field(default_factory=list)


class Painter:
    """Draws on a surface, in a theme, at a scale (pixels in one design pixel)."""

    def __init__(self, surface: Any, theme: Theme, scale: float, audit: Audit | None = None) -> None:
        self.surface = surface
        self.theme = theme
        self.scale = scale
        self.audit = audit
        self.cell = Box(0, 0, 1e9, 1e9)
        self.words = Words()
        self._panels: dict[tuple[Any, ...], Any] = {}

    def pixels(self, length: float) -> int:
        """Return a length in whole pixels, at least one."""
        return max(1, round(length * self.scale))

    def font_pixels(self, size: float) -> int:
        """Return a text size in pixels, never under the floor."""
        return max(SMALLEST_PIXELS, round(size * self.scale))

    def rect(self, box: Box) -> Any:
        """Return the pixels of a box; boxes that share an edge share it in pixels too."""
        left, top = round(box.x * self.scale), round(box.y * self.scale)
        return pygame.Rect(left, top, round(box.right * self.scale) - left, round(box.bottom * self.scale) - top)

    def fill(self, box: Box, role: str) -> None:
        """Fill a box."""
        self.surface.fill(self.theme[role], self.rect(box))

    def panel(
        self, box: Box, fill: str | Colour, radius: float, border: str | None = None, width: float = 0, dash: float = 0
    ) -> None:
        """Draw a rounded box; a border lies inside its edge."""
        rect = self.rect(box)
        if rect.w < 1 or rect.h < 1:
            return
        key = (rect.size, fill, radius, border, width, dash)
        picture = self._panels.get(key)
        if picture is None:
            colour = self.theme[fill] if isinstance(fill, str) else fill
            edge = self.theme[border] if border else None
            stroke = max(1.0, width * self.scale) if width else 0
            picture = shapes.rounded(rect.size, radius * self.scale, colour, edge, stroke, dash * self.scale)
            if len(self._panels) > 600:
                self._panels.clear()
            self._panels[key] = picture
        self.surface.blit(picture, rect)

    def width_of(self, string: str, size: float, weight: str = "regular") -> float:
        """Return the width that a string will have, in design pixels."""
        return self.words.width(string, self.font_pixels(size), weight) / self.scale

    def text(
        self,
        string: str,
        x: float,
        y: float,
        size: float,
        ink: str,
        on: str,
        *,
        weight: str = "regular",
        align: float = 0.0,
        width: float | None = None,
    ) -> float:
        """Draw a line of text whose capitals are centred on y, and return its width.

        `align` is the share of the width that lies left of x: 0 starts there, 0.5 is centred, 1 ends there. Text wider than
        `width` is cut with an ellipsis. `on` names the colour it stands on, for the contrast test.
        """
        pixels = self.font_pixels(size)
        shown = string if width is None else self.words.fitted(string, pixels, weight, width * self.scale)
        if not shown:
            return 0.0
        picture = self.words.picture(shown, pixels, weight, self.theme[ink])
        left = round(x * self.scale - picture.get_width() * align)
        top = round(y * self.scale + pixels * CAP_HEIGHT / 2) - font(pixels, weight).get_ascent()
        self.surface.blit(picture, (left, top))
        if self.audit:
            high = pixels * CAP_HEIGHT / self.scale
            box = Box(left / self.scale, y - high / 2, picture.get_width() / self.scale, high)
            self.audit.texts.append((string, box, self.cell, pixels, ink, on, shown != string))
        return float(picture.get_width()) / self.scale

    def paragraph(
        self, string: str, box: Box, size: float, ink: str, on: str, *, step: float, lines: int, weight: str = "regular"
    ) -> int:
        """Draw text over several lines from the top of a box, and return how many were needed."""
        broken = self.words.wrapped(string, self.font_pixels(size), weight, box.w * self.scale, lines)
        for number, line in enumerate(broken):
            self.text(line, box.x, box.y + step * (number + 0.5), size, ink, on, weight=weight, width=box.w)
        return len(broken)

    def icon(self, name: str, x: float, y: float, size: float, ink: str | Colour, on: str | None = None) -> None:
        """Draw an icon of that width centred on a point. `on` is left out where the drawing carries no meaning of its own."""
        picture = icons.icon(name, self.pixels(size), self.theme[ink] if isinstance(ink, str) else ink)
        self.surface.blit(
            picture,
            (round(x * self.scale - picture.get_width() / 2), round(y * self.scale - picture.get_height() / 2)),
        )
        if self.audit and on and isinstance(ink, str):
            self.audit.marks.append((name, Box(x - size / 2, y - size / 2, size, size), self.cell, ink, on))

    def line(self, start: tuple[float, float], end: tuple[float, float], width: float, ink: str | Colour) -> None:
        """Draw a line with round ends."""
        pad = width / 2 + 1
        left, top = min(start[0], end[0]) - pad, min(start[1], end[1]) - pad
        rect = self.rect(Box(left, top, abs(start[0] - end[0]) + 2 * pad, abs(start[1] - end[1]) + 2 * pad))
        points = [((x * self.scale) - rect.x, (y * self.scale) - rect.y) for x, y in (start, end)]
        key = (rect.size, tuple((round(x, 2), round(y, 2)) for x, y in points), width, ink)
        picture = self._panels.get(key)
        if picture is None:
            colour = self.theme[ink] if isinstance(ink, str) else ink
            picture = self._panels[key] = shapes.capsule(rect.size, points[0], points[1], width * self.scale, colour)
        self.surface.blit(picture, rect)
