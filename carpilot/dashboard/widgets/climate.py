"""The climate bar: a temperature at either end, what warms, cools and clears in between. It is always there."""

from collections.abc import Callable

from carpilot.dashboard.layout import Box
from carpilot.dashboard.painter import Painter
from carpilot.dashboard.theme import CLIMATE, SMALL
from carpilot.dashboard.view import View
from carpilot.dashboard.view_parts import Stepper
from carpilot.dashboard.widgets.parts import (
    BUTTON_RADIUS,
    Card,
    Cell,
    Hit,
    button_parts,
    card,
    stepper_hits,
    stepper_parts,
)

END_WIDTH, BUTTONS, BUTTON_WIDTH = 340.0, 10, 128.0


def _draw_temperature(painter: Painter, box: Box, stepper: Stepper) -> None:
    minus, middle, plus = stepper_parts(box)
    ink = "text1" if stepper.is_known else "text3"
    for side, icon, actions in ((minus, "minus", stepper.lower), (plus, "plus", stepper.higher)):
        painter.panel(side, "bg2", BUTTON_RADIUS, "line", 2)
        painter.icon(icon, side.cx, side.cy, 32, ink if actions else "text3", "bg2")
    painter.text(stepper.text, middle.cx, middle.y + 38, CLIMATE, ink, "bg1", weight="medium", align=0.5)
    if stepper.wanted:
        width = painter.width_of(stepper.wanted, 22, "medium")
        painter.icon("arrow", middle.cx - width / 2 - 4, middle.bottom - 16, 22, "accent", "bg1")
        painter.text(
            stepper.wanted, middle.cx + 14, middle.bottom - 16, 22, "accent", "bg1", weight="medium", align=0.5
        )
    else:
        painter.text(stepper.label, middle.cx, middle.bottom - 16, SMALL + 2, "text2", "bg1", align=0.5)


def climate(box: Box) -> Card:
    """Return the climate bar."""
    inner = box.inset(16, 14)
    left = Box(inner.x, inner.y, END_WIDTH, inner.h)
    right = Box(inner.right - END_WIDTH, inner.y, END_WIDTH, inner.h)
    room = right.x - left.right - 2 * 24
    width = min(room, BUTTONS * BUTTON_WIDTH + (BUTTONS - 1) * 24)
    gap = 12 if width < BUTTONS * BUTTON_WIDTH else 24
    row = Box(box.cx - width / 2, inner.y, width, inner.h)

    def still(painter: Painter) -> None:
        card(painter, box)

    cells, hits = button_parts(row.columns(BUTTONS, gap), lambda view: view.climate.buttons)
    hits = [Hit(f"climate {hit.name}", hit.box, hit.actions) for hit in hits]
    ends: tuple[tuple[str, Box, Callable[[View], Stepper]], ...] = (
        ("driver", left, lambda view: view.climate.driver),
        ("passenger", right, lambda view: view.climate.passenger),
    )
    for name, place, look in ends:
        cells.append(Cell(place, look, _draw_temperature))
        hits.extend(stepper_hits(f"temperature {name}", place, look))
    return Card(still, tuple(cells), tuple(hits))
