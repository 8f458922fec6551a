"""What every card is made of: cells that redraw when what they look at changes, areas to touch, buttons and steppers."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from carpilot.dashboard.actions import Action
from carpilot.dashboard.layout import Box
from carpilot.dashboard.painter import Painter
from carpilot.dashboard.theme import LABEL, SMALL, TARGET, VALUE
from carpilot.dashboard.view import View
from carpilot.dashboard.view_parts import Button, Stepper

CARD_RADIUS, BUTTON_RADIUS = 20.0, 16.0


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of the picture. It is drawn again, on its piece of the static layer, when `look` returns something new."""

    box: Box
    look: Callable[[View], Hashable]
    draw: Callable[[Painter, Box, Any], None]


@dataclass(frozen=True, slots=True)
class Hit:
    """An area to touch. `actions` says what a touch does now; a held touch is repeated where `repeats`."""

    name: str
    box: Box
    actions: Callable[[View], tuple[Action, ...]]
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One card: its static part, its cells, its touch areas."""

    still: Callable[[Painter], None]
    cells: tuple[Cell, ...]
    hits: tuple[Hit, ...] = ()


def draw_button(painter: Painter, box: Box, button: Button) -> None:
    """Draw a button: filled while the car reports it on, edged while the car has yet to follow, grey while unknown."""
    fill, ink = ("accent", "on_accent") if button.is_on else ("bg2", "text1" if button.is_known else "text3")
    if button.is_pending:
        painter.panel(box, fill, BUTTON_RADIUS, "text1" if button.is_on else "accent", 4)
    else:
        painter.panel(box, fill, BUTTON_RADIUS, None if button.is_on else "line", 2)
    if not button.icon:
        painter.text(button.label, box.cx, box.cy, 32, ink, fill, weight="medium", align=0.5, width=box.w - 8)
        return
    is_tall = box.h >= 92
    middle = box.y + (36 if is_tall else 31)
    painter.icon(button.icon, box.cx, middle, 46 if is_tall else 38, ink, fill)
    size = 22 if is_tall else SMALL
    label_y = box.bottom - (26 if is_tall else 18)
    if button.levels and button.is_known and is_tall:
        label_y -= 4
        _levels(painter, Box(box.x, box.bottom - 14, box.w, 6), button, ink if button.is_on else "text3", fill)
    if button.label:
        painter.text(button.label, box.cx, label_y, size, ink, fill, weight="medium", align=0.5, width=box.w - 6)


def _levels(painter: Painter, box: Box, button: Button, ink: str, fill: str) -> None:
    width, gap = 16.0, 5.0
    x = box.cx - (button.levels * width + (button.levels - 1) * gap) / 2
    for number in range(button.levels):
        pill = Box(x + number * (width + gap), box.y, width, box.h)
        if number < button.level:
            painter.panel(pill, ink, 3)
        else:
            painter.panel(pill, fill, 3, ink, 1.5)


def stepper_parts(box: Box) -> tuple[Box, Box, Box]:
    """Return the minus, the middle and the plus of a stepper."""
    side = max(TARGET, min(box.h, 84.0))
    return (
        Box(box.x, box.y, side, box.h),
        Box(box.x + side, box.y, box.w - 2 * side, box.h),
        Box(box.right - side, box.y, side, box.h),
    )


def draw_stepper(painter: Painter, box: Box, stepper: Stepper) -> None:
    """Draw a small stepper: minus, value over name, plus."""
    painter.panel(box, "bg2", BUTTON_RADIUS, "line", 2)
    minus, middle, plus = stepper_parts(box)
    ink = "text1" if stepper.is_known else "text3"
    painter.icon("minus", minus.cx, minus.cy, 30, ink if stepper.lower else "text3", "bg2")
    painter.icon("plus", plus.cx, plus.cy, 30, ink if stepper.higher else "text3", "bg2")
    painter.text(
        stepper.text, middle.cx, middle.y + 26, LABEL + 2, ink, "bg2", weight="medium", align=0.5, width=middle.w
    )
    painter.text(stepper.label, middle.cx, middle.bottom - 19, SMALL, "text2", "bg2", align=0.5, width=middle.w)


def stepper_hits(name: str, box: Box, look: Callable[[View], Stepper]) -> tuple[Hit, Hit]:
    """Return the two touch areas of a stepper."""
    minus, _, plus = stepper_parts(box)
    return (
        Hit(f"{name} -", minus, lambda view: look(view).lower, repeats=True),
        Hit(f"{name} +", plus, lambda view: look(view).higher, repeats=True),
    )


def button_parts(boxes: tuple[Box, ...], look: Callable[[View], tuple[Button, ...]]) -> tuple[list[Cell], list[Hit]]:
    """Return a cell and a touch area for each of a row of buttons."""
    cells, hits = [], []
    for number, box in enumerate(boxes):

        def one(view: View, number: int = number) -> Button:
            return look(view)[number]

        cells.append(Cell(box, one, draw_button))
        hits.append(Hit(f"{number}", box, lambda view, one=one: one(view).actions))  # type: ignore[misc] # a default binds it
    return cells, hits


def card(painter: Painter, box: Box) -> None:
    """Draw the ground of a card."""
    painter.panel(box, "bg1", CARD_RADIUS, "line", 2)


def bar(painter: Painter, box: Box, share: float, role: str) -> None:
    """Draw a level from 0 to 1 on its track."""
    painter.panel(box, "track", box.h / 2)
    if share > 0:
        painter.panel(Box(box.x, box.y, max(box.h, round(box.w * min(share, 1.0))), box.h), role, box.h / 2)


def value_line(painter: Painter, box: Box, label: str, value: str, is_known: bool) -> None:
    """Draw a name at the left and a large value at the right."""
    painter.text(label, box.x, box.cy, LABEL, "text2", "bg1")
    painter.text(value, box.right, box.cy, VALUE, "text1" if is_known else "text3", "bg1", weight="medium", align=1)
