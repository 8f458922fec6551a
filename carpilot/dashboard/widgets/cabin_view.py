"""The cabin from above: the one place for doors, windows, seats and lights."""

from carpilot.dashboard.layout import Box
from carpilot.dashboard.painter import Painter
from carpilot.dashboard.theme import AMBIENT, LABEL, SMALL, mixed
from carpilot.dashboard.view import View
from carpilot.dashboard.view_cabin import CabinView, DoorView, LampsView, SeatView
from carpilot.dashboard.view_parts import Button
from carpilot.dashboard.widgets.parts import BUTTON_RADIUS, Card, Cell, Hit, button_parts, card

CAR_WIDTH, CAR_HEIGHT, BEAM, TAIL = 240.0, 430.0, 36.0, 22.0
COLUMNS, SIDE_WIDTH = 6, 96.0
SEATS = (Box(37, 162, 80, 94), Box(123, 162, 80, 94), Box(37, 262, 80, 94), Box(123, 262, 80, 94))
"""The seats in the car's own coordinates, in the order of the doors."""

_GLASS = ((28, 166, 254), (212, 166, 254), (28, 264, 350), (212, 264, 350))
_LEAVES = (((25, 160), (-26, 244)), ((215, 160), (266, 244)), ((24, 260), (-26, 342)), ((216, 260), (266, 342)))


class CarPicture:
    """Draws the car into a box, at the largest size that fits."""

    def __init__(self, box: Box) -> None:
        self.size = min(box.h / (CAR_HEIGHT + BEAM + TAIL), (box.w - 2 * 28) / CAR_WIDTH)
        self.x = box.cx - CAR_WIDTH * self.size / 2
        self.y = box.cy - (CAR_HEIGHT - BEAM + TAIL) * self.size / 2

    def place(self, box: Box) -> Box:
        """Return a box of the car's coordinates on the window."""
        return Box(self.x + box.x * self.size, self.y + box.y * self.size, box.w * self.size, box.h * self.size)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return a point of the car's coordinates on the window."""
        return self.x + x * self.size, self.y + y * self.size

    def layer(self, painter: Painter, name: str, ink: str) -> None:
        """Draw one layer of the car."""
        x, y = self.point(CAR_WIDTH / 2, CAR_HEIGHT / 2)
        painter.icon(name, x, y, CAR_WIDTH * self.size, ink)

    def draw(self, painter: Painter, _box: Box, look: CabinView) -> None:
        """Draw the car as reported."""
        lamps = look.lamps
        self._beams(painter, lamps)
        if look.boot_is_open:
            x, y = self.point(CAR_WIDTH / 2, CAR_HEIGHT + 4)
            painter.panel(Box(x - 62 * self.size, y - 14 * self.size, 124 * self.size, 30 * self.size), "indicator", 10)
        self.layer(painter, "car_body", "body")
        self.layer(painter, "car_glass", "glass")
        interior = self.place(Box(33, 158, 174, 202))
        painter.panel(interior, "lit" if lamps.dome else "bg1", 26)
        if lamps.ambient:
            share = 0.45 + 0.55 * lamps.ambient_percent / 100
            colour = mixed(painter.theme["body"], AMBIENT.get(lamps.ambient, AMBIENT["WHITE"]), share)
            painter.panel(interior, colour, 26)
            painter.panel(interior.inset(5), "lit" if lamps.dome else "bg1", 22)
        self.layer(painter, "car_lines", "outline")
        self._lamps(painter, lamps)
        for number, door in enumerate(look.doors):
            self._door(painter, number, door)
        for place, seat in zip(SEATS, look.seats, strict=True):
            _draw_seat(painter, self.place(place), seat)

    def _beams(self, painter: Painter, lamps: LampsView) -> None:
        x, y = self.point(CAR_WIDTH / 2, 0)
        for name, lit in (("beam_low", lamps.low or lamps.front_fog), ("beam_high", lamps.high)):
            if lit:
                painter.icon(name, x, y, CAR_WIDTH * self.size, "lamp")

    def _lamps(self, painter: Painter, lamps: LampsView) -> None:
        self.layer(painter, "car_lamps", "lamp" if lamps.low or lamps.high or lamps.position else "outline")
        self.layer(painter, "car_tail", "red" if lamps.position or lamps.low or lamps.rear_fog else "outline")
        if lamps.hazard:
            for x, y in ((40, 44), (200, 44), (36, 392), (204, 392)):
                painter.panel(self.place(Box(x - 9, y - 9, 18, 18)), "indicator", 9)

    def _door(self, painter: Painter, number: int, door: DoorView) -> None:
        x, top, bottom = _GLASS[number]
        open_share = (door.window_percent or 0) / 100
        edge = round(top + (bottom - top) * open_share)
        closed = "text3" if door.window_percent is None else "text2"
        if open_share < 1:
            painter.line(self.point(x, edge), self.point(x, bottom), 5, closed)
        if open_share > 0:
            painter.line(self.point(x, top), self.point(x, max(edge - 6, top)), 5, "accent")
        if door.is_open:
            start, end = _LEAVES[number]
            painter.line(self.point(*start), self.point(*end), 8, "red")


def _draw_seat(painter: Painter, box: Box, seat: SeatView) -> None:
    level = seat.level or 0
    fill, ink = ("accent", "on_accent") if level else ("bg2", "text1")
    if seat.level is None:
        ink = "text3"
    border = "accent" if seat.button.is_pending else "line"
    painter.panel(
        box,
        fill,
        BUTTON_RADIUS,
        None if level and not seat.button.is_pending else border,
        4 if seat.button.is_pending else 2,
    )
    occupied = bool(seat.is_occupied)
    mood = "seat_heat" if level > 0 else "seat_vent" if level < 0 else ""
    left = box.cx - 18 if occupied and mood else box.cx
    if mood:
        painter.icon(mood, box.cx + 17 if occupied else box.cx, box.y + 36, 34, ink, fill)
    if occupied:
        painter.icon("person", left, box.y + 36, 34, ink, fill)
    elif not mood:
        painter.icon("seat", left, box.y + 36, 38, "text3", fill)
    if seat.has_spot:
        painter.icon("spot", box.right - 14, box.y + 14, 20, ink, fill)
    if seat.level is None:
        painter.text("—", box.cx, box.bottom - 18, SMALL, ink, fill, align=0.5)
        return
    for number in range(3):
        pill = Box(box.cx - 31 + number * 22, box.bottom - 22, 18, 8)
        if number < abs(level):
            painter.panel(pill, ink, 4)
        else:
            painter.panel(pill, fill, 4, ink if level else "text3", 1.5)


def _draw_window(painter: Painter, box: Box, button: Button) -> None:
    painter.panel(box, "bg2", BUTTON_RADIUS, "accent" if button.is_pending else "line", 4 if button.is_pending else 2)
    pane = Box(box.cx - 30, box.y + 12, 60, 42)
    painter.panel(pane, "bg0", 6, "text3", 2)
    if button.is_known:
        glass = pane.inset(5)
        share = 1 - float(button.label.split()[0]) / 100
        height = round(glass.h * share)
        if height:
            painter.panel(
                Box(glass.x, glass.bottom - height, glass.w, height), "accent" if button.is_on else "track", 3
            )
    ink = "text1" if button.is_known else "text3"
    painter.text(button.label, box.cx, box.bottom - 18, SMALL + 2, ink, "bg2", weight="medium", align=0.5)


def _draw_lock(painter: Painter, box: Box, button: Button) -> None:
    painter.panel(box, "bg2", BUTTON_RADIUS, "accent" if button.is_pending else "line", 4 if button.is_pending else 2)
    ink = "text3" if not button.is_known else "accent" if button.is_on else "text2"
    painter.icon(button.icon, box.cx, box.cy, 38, ink, "bg2")


def _side_boxes(box: Box, middle: float) -> tuple[tuple[Box, Box], ...]:
    """Return window and lock buttons of each door, beside the car, round the height of its seats."""
    window, lock, gap, between = 90.0, 78.0, 8.0, 22.0
    total = 2 * (window + lock + gap) + between
    top = min(max(box.y, middle - total / 2), box.bottom - total)
    pairs = []
    for number in range(4):
        x = box.x if number % 2 == 0 else box.right - SIDE_WIDTH
        y = top + (number // 2) * (window + lock + gap + between)
        pairs.append((Box(x, y, SIDE_WIDTH, window), Box(x, y + window + gap, SIDE_WIDTH, lock)))
    return tuple(pairs)


def cabin_view(box: Box) -> Card:
    """Return the middle of the window."""
    inner = box.inset(16, 16)
    title = Box(inner.x + 6, inner.y, inner.w - 12, 32)
    grid = inner.below(inner.h - 170)
    area = Box(inner.x, title.bottom + 6, inner.w, grid.y - title.bottom - 16)
    column = Box(area.x + SIDE_WIDTH + 4, area.y, area.w - 2 * SIDE_WIDTH - 8, area.h)
    car = CarPicture(column)
    sides = _side_boxes(area, car.place(SEATS[0]).y + 97 * car.size)

    def still(painter: Painter) -> None:
        card(painter, box)
        painter.text("Cabin", title.x, title.cy, LABEL, "text1", "bg1", weight="medium")

    def draw_summary(painter: Painter, box: Box, look: tuple[str, str]) -> None:
        painter.text(look[0], box.right, box.cy, SMALL + 2, look[1], "bg1", align=1, width=box.w)

    summary = Box(title.x + 100, title.y, title.w - 100, title.h)
    rows = grid.rows(2, 10)
    places = (*rows[0].columns(COLUMNS, 8), *rows[1].columns(COLUMNS, 8))
    cells, hits = button_parts(places, lambda view: view.cabin.buttons)
    hits = [Hit(f"cabin {hit.name}", hit.box, hit.actions) for hit in hits]
    cells.append(Cell(summary, lambda view: (view.cabin.summary, view.cabin.summary_role), draw_summary))
    cells.append(Cell(column, lambda view: view.cabin, car.draw))
    for number, (window, lock) in enumerate(sides):
        more_cells, more_hits = _door_parts(number, window, lock)
        cells.extend(more_cells)
        hits.extend(more_hits)
    for number, place in enumerate(SEATS):
        hits.append(Hit(f"seat {number}", car.place(place), lambda view, n=number: view.cabin.seats[n].button.actions))  # type: ignore[misc] # a default binds it
    return Card(still, tuple(cells), tuple(hits))


def _door_parts(number: int, window: Box, lock: Box) -> tuple[list[Cell], list[Hit]]:
    def window_of(view: View) -> Button:
        return view.cabin.doors[number].window

    def lock_of(view: View) -> Button:
        return view.cabin.doors[number].lock

    return (
        [Cell(window, window_of, _draw_window), Cell(lock, lock_of, _draw_lock)],
        [
            Hit(f"window {number}", window, lambda view: window_of(view).actions),
            Hit(f"lock {number}", lock, lambda view: lock_of(view).actions),
        ],
    )
