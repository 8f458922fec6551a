"""All keys on one page, over the rest of the window."""

from carpilot.dashboard.controls import KEY_HELP
from carpilot.dashboard.layout import Box, Layout
from carpilot.dashboard.painter import Painter
from carpilot.dashboard.theme import LABEL, PRIMARY, SMALL
from carpilot.dashboard.widgets.parts import CARD_RADIUS

ROW = 46.0


def help_box(layout: Layout) -> Box:
    """Return where the page lies: over cabin and assistant, never over the speed or the telltales."""
    width, height = 1240.0, 130 + ROW * ((len(KEY_HELP) + 1) // 2)
    middle = (layout.cabin.x + layout.world.right) / 2
    return Box(middle - width / 2, layout.cabin.cy - height / 2, width, height)


def draw_help(painter: Painter, layout: Layout) -> None:
    """Draw the page."""
    box = help_box(layout)
    painter.panel(box, "bg1", CARD_RADIUS, "accent", 3)
    painter.text("Keys", box.x + 36, box.y + 48, PRIMARY, "text1", "bg1", weight="bold")
    painter.text("F1 or Esc closes", box.right - 36, box.y + 48, SMALL, "text2", "bg1", align=1)
    half = (len(KEY_HELP) + 1) // 2
    for number, (key, meaning) in enumerate(KEY_HELP):
        x = box.x + 36 + (number // half) * (box.w - 36) / 2
        y = box.y + 110 + (number % half) * ROW
        width = painter.width_of(key, 22, "medium") + 24
        painter.panel(Box(x, y - 18, width, 36), "bg2", 8, "line", 2)
        painter.text(key, x + 12, y, 22, "text1", "bg2", weight="medium")
        painter.text(meaning, x + 204, y, LABEL, "text2", "bg1")
