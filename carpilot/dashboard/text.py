"""Words as pictures. A string is rendered once for each (text, size, weight, colour) and kept while it is in use.

Roboto carries Latin, Greek and Cyrillic, and its digits are tabular. What it lacks, such as Chinese, comes from a system font
where there is one; pygame does not fall back between fonts, so a string is split into runs.
"""

from collections import OrderedDict
from functools import cache
from typing import Any

import font_roboto
import pygame

from carpilot.dashboard.theme import Colour

_WEIGHTS = {"regular": font_roboto.Roboto, "medium": font_roboto.RobotoMedium, "bold": font_roboto.RobotoBold}
_FALLBACKS = (
    "notosanscjksc,notosanscjk,wenquanyizenhei,wenquanyimicrohei,droidsansfallback,microsoftyahei,pingfangsc,simhei"
)
_KEEP = 1500
CAP_HEIGHT = 0.711
"""The height of Roboto's capitals as a share of the size."""


@cache
def font(size: int, weight: str) -> Any:
    """Return Roboto at a pixel size; the weight is "regular", "medium" or "bold"."""
    return pygame.font.Font(_WEIGHTS[weight], size)


@cache
def _fallback(size: int) -> Any | None:
    path = pygame.font.match_font(_FALLBACKS)
    return pygame.font.Font(path, size) if path else None


@cache
def _has_glyph(character: str) -> bool:
    face = font(40, "regular")
    missing = pygame.image.tobytes(face.render("\U000f0000", True, "white"), "RGBA")
    return character in " \u00a0" or pygame.image.tobytes(face.render(character, True, "white"), "RGBA") != missing


def _runs(string: str) -> list[tuple[str, bool]]:
    runs: list[tuple[str, bool]] = []
    for character in string:
        own = character.isascii() or _has_glyph(character)
        if runs and runs[-1][1] == own:
            runs[-1] = (runs[-1][0] + character, own)
        else:
            runs.append((character, own))
    return runs


class Words:
    """The cache of rendered text."""

    def __init__(self) -> None:
        self._pictures: OrderedDict[tuple[str, int, str, Colour], Any] = OrderedDict()
        self._widths: OrderedDict[tuple[str, int, str], int] = OrderedDict()

    def picture(self, string: str, size: int, weight: str, colour: Colour) -> Any:
        """Return the string as a surface with its own transparency."""
        key = (string, size, weight, colour)
        found = self._pictures.get(key)
        if found is None:
            found = self._pictures[key] = self._render(string, size, weight, colour)
            if len(self._pictures) > _KEEP:
                self._pictures.popitem(last=False)
        else:
            self._pictures.move_to_end(key)
        return found

    def width(self, string: str, size: int, weight: str) -> int:
        """Return the string's width in pixels."""
        key = (string, size, weight)
        found = self._widths.get(key)
        if found is None:
            found = sum(self._face(size, weight, own).size(run)[0] for run, own in _runs(string))
            self._widths[key] = found
            if len(self._widths) > 4 * _KEEP:
                self._widths.popitem(last=False)
        return found

    @staticmethod
    def _face(size: int, weight: str, own: bool) -> Any:
        return font(size, weight) if own else _fallback(size) or font(size, weight)

    def _render(self, string: str, size: int, weight: str, colour: Colour) -> Any:
        main = font(size, weight)
        pieces = [(self._face(size, weight, own), run) for run, own in _runs(string)]
        if len(pieces) == 1 and pieces[0][0] is main:
            return main.render(string, True, colour).convert_alpha()
        width = sum(face.size(run)[0] for face, run in pieces)
        surface = pygame.Surface((max(width, 1), main.get_height()), pygame.SRCALPHA)
        x = 0
        for face, run in pieces:
            surface.blit(face.render(run, True, colour), (x, main.get_ascent() - face.get_ascent()))
            x += face.size(run)[0]
        return surface

    def fitted(self, string: str, size: int, weight: str, width: float) -> str:
        """Return the string, or its beginning with an ellipsis where it is wider than that many pixels."""
        if self.width(string, size, weight) <= width:
            return string
        low, high = 0, len(string)
        while low < high:
            middle = (low + high + 1) // 2
            if self.width(string[:middle].rstrip() + "…", size, weight) <= width:
                low = middle
            else:
                high = middle - 1
        return string[:low].rstrip() + "…"

    def wrapped(self, string: str, size: int, weight: str, width: float, lines: int) -> list[str]:
        """Return at most that many lines, broken between words; what is left over ends in an ellipsis."""
        done: list[str] = []
        words = string.split()
        while words:
            if len(done) == lines - 1:
                done.append(self.fitted(" ".join(words), size, weight, width))
                break
            count = 1
            while count < len(words) and self.width(" ".join(words[: count + 1]), size, weight) <= width:
                count += 1
            line = " ".join(words[:count])
            done.append(self.fitted(line, size, weight, width))
            words = words[count:]
        return done


def forget() -> None:
    """Drop the fonts: pygame's font module may start again."""
    font.cache_clear()
    _fallback.cache_clear()
    _has_glyph.cache_clear()
