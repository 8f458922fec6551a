"""One picture of the window, for a theme, a size and a state of the CAN strip.

What stands still is drawn once into a static layer. What changes is cells: a cell whose look differs from the last frame puts
its piece of the static layer back and draws itself; only those rectangles go to the display. There is no full redraw per frame.
"""

from typing import Any

import pygame

from carpilot.dashboard.layout import Layout, lay_out
from carpilot.dashboard.painter import Audit, Painter
from carpilot.dashboard.theme import Theme
from carpilot.dashboard.view import Strip, View
from carpilot.dashboard.widgets.assistant import assistant
from carpilot.dashboard.widgets.cabin_view import cabin_view
from carpilot.dashboard.widgets.can_strip import can_strip, can_trace
from carpilot.dashboard.widgets.climate import climate
from carpilot.dashboard.widgets.cluster import cluster
from carpilot.dashboard.widgets.help import draw_help, help_box
from carpilot.dashboard.widgets.parts import Card, Cell, Hit
from carpilot.dashboard.widgets.topbar import topbar
from carpilot.dashboard.widgets.world import world

_NOT_DRAWN = object()


def cards(layout: Layout, strip: Strip) -> tuple[Card, ...]:
    """Return all cards of the window. The open trace stands where the cabin was."""
    return (
        topbar(layout.top),
        cluster(layout.cluster),
        can_trace(layout.cabin) if strip == "trace" else cabin_view(layout.cabin),
        world(layout.world),
        assistant(layout.assistant),
        climate(layout.climate),
        *((can_strip(layout.strip),) if layout.strip else ()),
    )


class Screen:
    """The picture on a surface."""

    def __init__(self, surface: Any, theme: Theme, strip: Strip = "strip", audit: Audit | None = None) -> None:
        self.layout = lay_out(surface.get_size(), has_strip=strip != "hidden")
        self._surface = surface
        self._still = pygame.Surface(surface.get_size()).convert()
        self._still.fill(theme["bg0"])
        self._painter = Painter(self._still, theme, self.layout.scale, audit)
        made = cards(self.layout, strip)
        for card in made:
            card.still(self._painter)
        self._painter.surface = surface
        self.cells: tuple[Cell, ...] = tuple(cell for card in made for cell in card.cells)
        self.hits: tuple[Hit, ...] = tuple(hit for card in made for hit in card.hits)
        self._rects = [self._painter.rect(cell.box) for cell in self.cells]
        self._looks: list[Any] = []
        self._has_help = False
        self.expose()

    def expose(self) -> None:
        """Make the next frame draw everything."""
        self._looks = [_NOT_DRAWN] * len(self.cells)
        self._is_new = True

    def show_help(self, is_open: bool) -> None:
        """Open or close the page of keys."""
        if is_open != self._has_help:
            self._has_help = is_open
            self.expose()

    def draw(self, view: View) -> list[Any]:
        """Draw what changed and return its rectangles, in pixels."""
        was_new = self._is_new
        if was_new:
            self._surface.blit(self._still, (0, 0))
            self._is_new = False
        over = help_box(self.layout) if self._has_help else None
        dirty = []
        for number, cell in enumerate(self.cells):
            look = cell.look(view)
            if look == self._looks[number] or (over and not was_new and cell.box.meets(over)):
                continue
            self._looks[number] = look
            rect = self._rects[number]
            self._surface.set_clip(rect)
            if not was_new:
                self._surface.blit(self._still, rect, rect)
            self._painter.cell = cell.box
            cell.draw(self._painter, cell.box, look)
            dirty.append(rect)
        self._surface.set_clip(None)
        if was_new:
            if over:
                self._painter.cell = over
                draw_help(self._painter, self.layout)
            return [self._surface.get_rect()]
        return dirty

    def touched(self, x: int, y: int) -> Hit | None:
        """Return what lies under a pixel."""
        if self._has_help:
            return None
        scale = self.layout.scale
        return next((hit for hit in self.hits if hit.box.contains((x + 0.5) / scale, (y + 0.5) / scale)), None)
