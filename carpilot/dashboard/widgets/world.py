"""The world round the car: weather, pedals, selector, who sits where. A dashed edge sets it apart from the car's controls."""

from collections.abc import Callable

from carpilot.dashboard.layout import Box
from carpilot.dashboard.painter import Painter
from carpilot.dashboard.theme import LABEL, SMALL
from carpilot.dashboard.view import View
from carpilot.dashboard.view_parts import Button, Stepper
from carpilot.dashboard.widgets.parts import (
    BUTTON_RADIUS,
    CARD_RADIUS,
    Card,
    Cell,
    Hit,
    button_parts,
    draw_button,
    draw_stepper,
    stepper_hits,
)

ROW, GAP = 80.0, 10.0
HINT = "Up key: go · Down key: brake · F5 to F8: gear"


def _draw_pedal(painter: Painter, box: Box, look: tuple[Button, float]) -> None:
    button, share = look
    draw_button(painter, box, button)
    if 0 < share < 1:
        painter.panel(
            Box(box.x + 10, box.y + 5, max(6, round((box.w - 20) * share)), 5), "on_accent", BUTTON_RADIUS / 8
        )


def world(box: Box) -> Card:
    """Return the simulation's card."""
    inner = box.inset(20, 0)
    first = Box(inner.x, box.bottom - 20 - 2 * ROW - GAP, inner.w, ROW)
    second = Box(inner.x, box.bottom - 20 - ROW, inner.w, ROW)
    narrow = (second.w - 2 * 14 - 6 * 6) / 9
    boxes = []
    x = second.x
    for number in range(9):
        boxes.append(Box(x, second.y, narrow, ROW))
        x += narrow + (14 if number in (3, 5) else 6)
    gears, pedals, people = tuple(boxes[:4]), tuple(boxes[4:6]), tuple(boxes[6:9])

    def still(painter: Painter) -> None:
        painter.panel(box, "bg0", CARD_RADIUS, "text3", 2, dash=12)
        painter.text("Simulation", inner.x + 2, box.y + 30, LABEL, "text1", "bg0", weight="medium")
        painter.text(HINT, inner.right, box.y + 30, SMALL, "text3", "bg0", align=1)

    cells: list[Cell] = []
    hits: list[Hit] = []
    for number, place in enumerate(first.columns(3, GAP)):

        def look(view: View, number: int = number) -> Stepper:
            return view.world.weather[number]

        cells.append(Cell(place, look, draw_stepper))
        hits.extend(stepper_hits(("rain", "light", "outside")[number], place, look))
    groups: tuple[tuple[str, tuple[Box, ...], Callable[[View], tuple[Button, ...]]], ...] = (
        ("gear", gears, lambda view: view.world.gears),
        ("occupant", people, lambda view: view.world.occupants),
    )
    for name, places, buttons in groups:
        more_cells, more_hits = button_parts(places, buttons)
        cells.extend(more_cells)
        hits.extend(Hit(f"{name} {hit.name}", hit.box, hit.actions) for hit in more_hits)
    cells.append(Cell(pedals[0], lambda view: (view.world.pedals[0], view.world.brake), _draw_pedal))
    cells.append(Cell(pedals[1], lambda view: (view.world.pedals[1], view.world.throttle), _draw_pedal))
    hits.append(Hit("brake", pedals[0], lambda view: view.world.pedals[0].actions))
    hits.append(Hit("throttle", pedals[1], lambda view: view.world.pedals[1].actions))
    return Card(still, tuple(cells), tuple(hits))
