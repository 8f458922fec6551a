"""The CAN strip, and the trace that it opens into: frames as they passed the bus; those that the request caused stand out."""

from carpilot.dashboard.actions import Window
from carpilot.dashboard.layout import Box
from carpilot.dashboard.painter import Painter
from carpilot.dashboard.theme import LABEL, SMALL
from carpilot.dashboard.view_assistant import STRIP_LINES, FrameLine
from carpilot.dashboard.widgets.parts import Card, Cell, Hit, card

STEP, TRACE_STEP, BYTE = 28.0, 58.0, 30.0


def _draw_line(painter: Painter, x: float, y: float, line: FrameLine) -> None:
    ink, weight = _look(line)
    painter.text(line.time, x + 98, y, SMALL, ink, "bg1", weight=weight, align=1)
    painter.text(line.segment, x + 112, y, SMALL, ink, "bg1", weight=weight, width=126)
    painter.text(line.identifier, x + 244, y, SMALL, ink, "bg1", weight=weight)
    painter.text(line.name, x + 300, y, SMALL, ink, "bg1", weight=weight, width=224)
    _draw_bytes(painter, x + 530, y, line)


def _draw_bytes(painter: Painter, x: float, y: float, line: FrameLine) -> None:
    ink, weight = _look(line)
    for number, two in enumerate(line.data):
        painter.text(two, x + (number + 0.5) * BYTE, y, SMALL, ink, "bg1", weight=weight, align=0.5)


def _look(line: FrameLine) -> tuple[str, str]:
    return ("green", "medium") if line.is_caused else ("text2", "regular")


def _draw_lines(painter: Painter, box: Box, lines: tuple[FrameLine, ...]) -> None:
    for number, line in enumerate(lines[-STRIP_LINES:]):
        _draw_line(painter, box.x, box.y + STEP * (number + 0.5), line)


def _draw_pairs(painter: Painter, box: Box, lines: tuple[FrameLine, ...]) -> None:
    """Draw frames over two lines each: when, where and what above, the bytes below."""
    step = box.h / (box.h // TRACE_STEP)
    for number, line in enumerate(lines):
        ink, weight = _look(line)
        y = box.y + step * number + STEP * 0.5
        painter.text(line.time, box.x + 98, y, SMALL, ink, "bg1", weight=weight, align=1)
        painter.text(line.identifier, box.x + 114, y, SMALL, ink, "bg1", weight=weight)
        painter.text(line.name, box.x + 168, y, SMALL, ink, "bg1", weight=weight, width=box.w - 168 - 130)
        painter.text(line.segment, box.right, y, SMALL, ink, "bg1", weight=weight, align=1, width=126)
        _draw_bytes(painter, box.x + 166, y + STEP - 2, line)


def can_strip(box: Box) -> Card:
    """Return the strip: the latest frames at the left, those that the last request caused at the right."""
    inner = box.inset(24, (box.h - STRIP_LINES * STEP) / 2)
    half = inner.w / 2
    label = 118.0
    blocks = [Box(inner.x + n * half + label, inner.y, half - label - 12, inner.h) for n in (0, 1)]

    def still(painter: Painter) -> None:
        card(painter, box)
        for number, (title, hint) in enumerate((("CAN bus", "F3 opens"), ("Caused by", "the request"))):
            x = inner.x + number * half
            painter.text(title, x, inner.y + STEP * 0.5, SMALL + 2, "text1", "bg1", weight="medium")
            painter.text(hint, x, inner.y + STEP * 1.5, SMALL, "text3", "bg1")
        painter.fill(Box(inner.x + half - 18, inner.y, 2, inner.h), "line")

    return Card(
        still,
        (
            Cell(blocks[0], lambda view: view.trace.latest[-STRIP_LINES:], _draw_lines),
            Cell(blocks[1], lambda view: view.trace.caused[-STRIP_LINES:], _draw_lines),
        ),
        (Hit("strip", box, lambda view: (Window("trace"),)),),
    )


def can_trace(box: Box) -> Card:
    """Return the open trace, in the place of the cabin."""
    inner = box.inset(20, 20)
    rows = inner.below(48)
    count = int(rows.h // TRACE_STEP)

    def still(painter: Painter) -> None:
        card(painter, box)
        painter.text("CAN trace", inner.x, inner.y + 14, LABEL, "text1", "bg1", weight="medium")
        painter.text("green: caused by the request", inner.right, inner.y + 14, SMALL, "text3", "bg1", align=1)

    return Card(still, (Cell(rows, lambda view: view.trace.latest[-count:], _draw_pairs),))
