"""The assistant: the last request, the thought, the answer, the plan row by row, the open question, and the entry.

At a desk the keyboard is the microphone: typed words stand for speech, so the entry is there while the car moves too.
"""

from typing import Any

from carpilot.dashboard.actions import Action, Answer, Window
from carpilot.dashboard.layout import Box
from carpilot.dashboard.painter import Painter
from carpilot.dashboard.theme import LABEL, PRIMARY, SECONDARY
from carpilot.dashboard.view import View
from carpilot.dashboard.view_assistant import ROWS_STANDING, AssistantView, RowView
from carpilot.dashboard.view_parts import Button
from carpilot.dashboard.widgets.parts import BUTTON_RADIUS, Card, Cell, Hit, card, draw_button

REQUEST_HEIGHT, ENTRY_HEIGHT, ROW_HEIGHT = 44.0, 76.0, 36.0
THOUGHT_STEP, REPLY_STEP = 28.0, 34.0
ANSWER_WIDTH = 124.0
INVITATION = "Try “I'm cold and the rear window is fogged”"


def _draw_request(painter: Painter, box: Box, look: tuple[str, bool]) -> None:
    text, is_busy = look
    painter.icon("mic", box.x + 16, box.cy, 32, "accent", "bg1")
    right = box.right
    if is_busy:
        right -= painter.text("Thinking…", box.right, box.cy, LABEL, "accent", "bg1", align=1) + 16
    if text:
        painter.text(
            f"“{text}”", box.x + 46, box.cy, PRIMARY, "text1", "bg1", weight="medium", width=right - box.x - 46
        )
    else:
        painter.text(INVITATION, box.x + 46, box.cy, SECONDARY, "text2", "bg1", width=right - box.x - 46)


def _draw_words(painter: Painter, box: Box, look: tuple[str, str, str]) -> None:
    thought, reply, question = look
    if question:
        text = Box(box.x + 46, box.y + 4, box.w - 46 - 2 * ANSWER_WIDTH - 40, box.h)
        painter.icon("question", box.x + 16, box.y + 22, 32, "amber", "bg1")
        painter.paragraph(question, text, SECONDARY, "text1", "bg1", step=REPLY_STEP, lines=3, weight="medium")
        return
    inner = Box(box.x + 46, box.y, box.w - 46, box.h)
    used = 0.0
    if thought:
        room = max(1, int((box.h - (REPLY_STEP + 6 if reply else 0)) // THOUGHT_STEP))
        used = painter.paragraph(thought, inner, 22, "text3", "bg1", step=THOUGHT_STEP, lines=room) * THOUGHT_STEP + 6
    if reply:
        reply_lines = max(1, int((box.h - used) // REPLY_STEP))
        painter.paragraph(
            reply, inner.below(used), SECONDARY, "text1", "bg1", step=REPLY_STEP, lines=reply_lines, weight="medium"
        )


def _draw_row(painter: Painter, box: Box, look: tuple[RowView | None, str]) -> None:
    row, more = look
    if row is None:
        if more:
            painter.text(more, box.x + 46, box.cy, 22, "text2", "bg1", width=box.w - 46)
        return
    painter.icon(row.icon, box.x + 16, box.cy, 24, row.role, "bg1")
    painter.text(row.label, box.x + 46, box.cy, LABEL, "text2", "bg1", width=266)
    x = box.x + 322
    if row.reason:
        painter.text(row.reason, x, box.cy, 22, row.role, "bg1", width=box.right - x)
        return
    right = box.right - painter.text(row.state, box.right, box.cy, 22, row.role, "bg1", weight="medium", align=1) - 12
    if row.old:
        x += painter.text(row.old, x, box.cy, LABEL, "text2", "bg1") + 24
        painter.icon("arrow", x - 2, box.cy, 22, "text2", "bg1")
        x += 20
    painter.text(row.new, x, box.cy, LABEL, "text1", "bg1", weight="medium", width=right - x)


def _draw_entry(painter: Painter, box: Box, look: tuple[str, int, bool]) -> None:
    text, caret, has_focus = look
    painter.panel(box, "bg2", BUTTON_RADIUS, "accent" if has_focus else "line", 3 if has_focus else 2)
    painter.text("Say", box.x + 20, box.cy, LABEL, "accent", "bg2", weight="medium")
    inner = Box(box.x + 78, box.y, box.w - 96, box.h)
    if not text and not has_focus:
        painter.text("Type what you would say, then Enter", inner.x, box.cy, SECONDARY, "text3", "bg2", width=inner.w)
        return
    # The part round the caret that fits: drop characters from the left until the caret is inside
    start = 0
    while start < caret and painter.width_of(text[start:caret], SECONDARY) > inner.w - 8:
        start += 1
    shown = text[start:]
    while shown and painter.width_of(shown, SECONDARY) > inner.w:
        shown = shown[:-1]
    painter.text(shown, inner.x, box.cy, SECONDARY, "text1", "bg2")
    if has_focus:
        x = inner.x + painter.width_of(text[start:caret], SECONDARY)
        painter.fill(Box(x + 1, box.cy - 17, 3, 34), "accent")


def _draw_answers(painter: Painter, box: Box, look: bool) -> None:
    if look:
        for button_box, button in zip(box.columns(2, 12), _ANSWERS, strict=True):
            draw_button(painter, button_box, button)


_ANSWERS = (Button("yes", "check", "Yes", is_on=True), Button("no", "cross", "No"))


def _row(view: AssistantView, number: int) -> tuple[RowView | None, str]:
    if number < len(view.rows):
        return view.rows[number], ""
    return None, view.more if number == len(view.rows) else ""


def assistant(box: Box) -> Card:
    """Return the assistant's card."""
    inner = box.inset(20, 16)
    request = inner.top_part(REQUEST_HEIGHT)
    entry = inner.below(inner.h - ENTRY_HEIGHT)
    rows = inner.below(inner.h - ENTRY_HEIGHT - 10 - ROWS_STANDING * ROW_HEIGHT, ROWS_STANDING * ROW_HEIGHT)
    words = Box(inner.x, request.bottom + 6, inner.w, rows.y - request.bottom - 12)
    speaker = Box(entry.x, entry.y, 136, entry.h)
    field = Box(speaker.right + 10, entry.y, entry.w - 146, entry.h)
    answers = Box(words.right - 2 * ANSWER_WIDTH - 12, words.y + 4, 2 * ANSWER_WIDTH + 12, 80)

    def still(painter: Painter) -> None:
        card(painter, box)

    def draw_words(painter: Painter, box: Box, look: tuple[str, str, str]) -> None:
        _draw_words(painter, box, look)
        _draw_answers(painter, answers, bool(look[2]))

    def draw_speaker(painter: Painter, box: Box, name: str) -> None:
        painter.panel(box, "bg2", BUTTON_RADIUS, "line", 2)
        painter.icon("person", box.cx, box.y + 28, 30, "text1", "bg2")
        painter.text(name, box.cx, box.bottom - 18, 22, "text1", "bg2", weight="medium", align=0.5, width=box.w - 8)

    def row_cell(place: Box, number: int) -> Cell:
        return Cell(place, lambda view: _row(view.assistant, number), _draw_row)

    def answer(yes: bool) -> Any:
        def actions(view: View) -> tuple[Action, ...]:
            return (Answer(yes),) if view.assistant.question else ()

        return actions

    yes_box, no_box = answers.columns(2, 12)
    return Card(
        still,
        (
            Cell(request, lambda view: (view.assistant.request, view.assistant.is_busy), _draw_request),
            Cell(
                words, lambda view: (view.assistant.thought, view.assistant.reply, view.assistant.question), draw_words
            ),
            *(row_cell(place, number) for number, place in enumerate(rows.rows(ROWS_STANDING, 0))),
            Cell(speaker, lambda view: view.assistant.speaker, draw_speaker),
            Cell(
                field, lambda view: (view.assistant.entry, view.assistant.caret, view.assistant.has_focus), _draw_entry
            ),
        ),
        (
            Hit("yes", yes_box, answer(True)),
            Hit("no", no_box, answer(False)),
            Hit("speaker", speaker, lambda view: (Window("speaker"),)),
            Hit("entry", field, lambda view: (Window("entry"),)),
        ),
    )
