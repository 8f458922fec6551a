"""Colours by role for night and day, and text sizes. The colours were measured for contrast on every layer they meet."""

from collections.abc import Mapping
from dataclasses import dataclass

Colour = tuple[int, int, int]

SPEED, CLIMATE, VALUE, PRIMARY, SECONDARY, LABEL, SMALL = 150, 64, 34, 32, 26, 24, 20
"""Text heights in design pixels: at 1080 lines, one design pixel is one pixel."""

SMALLEST_PIXELS = 12
"""No text is drawn smaller than this, whatever the window."""

TARGET = 76
"""The least side of anything that can be touched, in design pixels."""

_NIGHT = {
    "bg0": "#0A0D12",
    "bg1": "#12171F",
    "bg2": "#1B222D",
    "line": "#2B3441",
    "text1": "#E8EDF3",
    "text2": "#A9B4C2",
    "text3": "#8793A3",
    "accent": "#6FD3F2",
    "on_accent": "#06222B",
    "red": "#FF5A52",
    "amber": "#FFB020",
    "green": "#3DD68C",
    "blue": "#6E9AFF",
    "track": "#232B36",
    "glass": "#0A0D12",
    "body": "#1B222D",
    "outline": "#8793A3",
    "lamp": "#FFF3D6",
    "lit": "#3A3F3E",
    "indicator": "#FFB020",
}
_DAY = {
    "bg0": "#E6EAEF",
    "bg1": "#FFFFFF",
    "bg2": "#F3F5F8",
    "line": "#C5CDD7",
    "text1": "#0E141B",
    "text2": "#37424F",
    "text3": "#556170",
    "accent": "#006A85",
    "on_accent": "#FFFFFF",
    "red": "#C4142B",
    "amber": "#8A5A00",
    "green": "#11733A",
    "blue": "#0B5BD3",
    "track": "#D6DDE5",
    "glass": "#D6DDE5",
    "body": "#F3F5F8",
    "outline": "#556170",
    "lamp": "#D99A00",
    "lit": "#FFF0C2",
    "indicator": "#E98300",
}
AMBIENT: Mapping[str, Colour] = {
    "WHITE": (235, 235, 225),
    "RED": (255, 80, 72),
    "ORANGE": (255, 140, 40),
    "YELLOW": (250, 210, 60),
    "GREEN": (70, 210, 120),
    "CYAN": (70, 210, 230),
    "BLUE": (80, 130, 255),
    "PURPLE": (165, 100, 255),
    "PINK": (255, 120, 190),
}
"""The colours that the ambient light itself has; a picture of the light, not a status."""


@dataclass(frozen=True)
class Theme:
    """A name and its colours by role."""

    name: str
    colours: Mapping[str, Colour]

    def __getitem__(self, role: str) -> Colour:
        return self.colours[role]


def _parse(rows: Mapping[str, str]) -> dict[str, Colour]:
    return {role: (int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)) for role, text in rows.items()}


NIGHT = Theme("night", _parse(_NIGHT))
DAY = Theme("day", _parse(_DAY))
THEMES = {"night": NIGHT, "day": DAY}
DAY_FROM_PERCENT, NIGHT_BELOW_PERCENT = 40.0, 25.0


def theme_for_light(light_percent: float | None, now: Theme) -> Theme:
    """Return the theme that suits the light outside; between two thresholds, and when the light is unknown, the one shown now."""
    if light_percent is None or NIGHT_BELOW_PERCENT <= light_percent <= DAY_FROM_PERCENT:
        return now
    return DAY if light_percent > DAY_FROM_PERCENT else NIGHT


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """Return a colour with that share (0 to 1) of the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def contrast(first: Colour, second: Colour) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""

    def luminance(colour: Colour) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in colour)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)
