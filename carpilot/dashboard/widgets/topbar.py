"""The top bar: simulated time, outside temperature, telltales in fixed slots, what leaves the car (nothing)."""

from carpilot.dashboard.layout import Box
from carpilot.dashboard.painter import Painter
from carpilot.dashboard.theme import LABEL, PRIMARY, SECONDARY, SMALL
from carpilot.dashboard.widgets.parts import Card, Cell

SLOT, SLOTS = 56.0, 12
OFFLINE = "Offline · local model"


def topbar(box: Box) -> Card:
    """Return the top bar."""
    clock = Box(box.x, box.y, 150, box.h)
    outside = Box(clock.right, box.y, 160, box.h)
    telltales = Box(box.cx - SLOT * SLOTS / 2, box.y, SLOT * SLOTS, box.h)
    offline = Box(box.right - 300, box.y, 300, box.h)
    notice = Box(telltales.right + 16, box.y, offline.x - telltales.right - 32, box.h)

    def still(painter: Painter) -> None:
        width = painter.text(OFFLINE, offline.right - 8, offline.cy, LABEL, "text2", "bg0", align=1)
        painter.icon("shield", offline.right - 8 - width - 26, offline.cy, 30, "text2", "bg0")

    def draw_clock(painter: Painter, box: Box, text: str) -> None:
        painter.text(text, box.x + 8, box.cy, PRIMARY, "text1", "bg0", weight="medium")

    def draw_outside(painter: Painter, box: Box, look: tuple[str, bool]) -> None:
        painter.text(look[0], box.x, box.cy, SECONDARY, "text2" if look[1] else "text3", "bg0")

    def draw_telltales(painter: Painter, box: Box, lamps: tuple[tuple[str, str] | None, ...]) -> None:
        for number, lamp in enumerate(lamps):
            if lamp:
                painter.icon(lamp[0], box.x + SLOT * (number + 0.5), box.cy, 42, lamp[1], "bg0")

    def draw_notice(painter: Painter, box: Box, text: str) -> None:
        words, ink = (text, "accent") if text else ("F1 shows all keys", "text3")
        painter.text(words, box.right, box.cy, SMALL, ink, "bg0", align=1, width=box.w)

    return Card(
        still,
        (
            Cell(clock, lambda view: view.top.clock, draw_clock),
            Cell(outside, lambda view: (view.top.outside, view.top.outside_is_known), draw_outside),
            Cell(telltales, lambda view: view.top.telltales, draw_telltales),
            Cell(notice, lambda view: view.top.notice, draw_notice),
        ),
    )
