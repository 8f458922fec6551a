"""The assistant's card and the CAN strip: what was said, what is being done about it, and the frames that show it."""

from dataclasses import dataclass

from carpilot.dashboard.wording import signal_name, value_text
from carpilot.request import Seat
from carpilot.snapshot import FrameRow, PlanRow, Snapshot
from carpilot.units import NS_PER_MS, NS_PER_S

ROWS_STANDING, ROWS_MOVING = 5, 3
CHARACTERS_MOVING = 30
REFRESH_NS = 250 * NS_PER_MS
"""The strip renews its latest frames four times a second: faster, nobody can read them."""

STRIP_LINES, TRACE_LINES, CAUSED_KEPT = 3, 40, 12
SPEAKERS = {
    Seat.DRIVER: "Driver",
    Seat.PASSENGER: "Passenger",
    Seat.REAR_LEFT: "Rear left",
    Seat.REAR_RIGHT: "Rear right",
}
STATES = {
    "waiting": ("waits for your yes", "text2", "question"),
    "queued": ("queued", "text2", "clock"),
    "sent": ("sent", "accent", "sent"),
    "confirmed": ("confirmed", "green", "check"),
    "refused": ("refused", "red", "cross"),
    "not done": ("not done", "amber", "cross"),
}
"""Per state of a plan row: its words, its colour role, its icon: the shape says it as well as the colour."""


@dataclass(frozen=True, slots=True)
class RowView:
    """One row of the plan. A row with a reason shows it in place of the change."""

    label: str
    old: str
    new: str
    reason: str
    state: str
    role: str
    icon: str


@dataclass(frozen=True, slots=True)
class AssistantView:
    """The card. While the car moves there is no thought, and at most three short rows."""

    request: str
    thought: str
    reply: str
    is_busy: bool
    question: str
    rows: tuple[RowView, ...]
    more: str
    entry: str
    caret: int
    has_focus: bool
    speaker: str


@dataclass(frozen=True, slots=True)
class FrameLine:
    """One frame in words: seconds, segment, identifier in hexadecimal, message, bytes."""

    time: str
    segment: str
    identifier: str
    name: str
    data: tuple[str, ...]
    is_caused: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """The frames on show: the latest as of `at_ns`, newest last, and those that the last request caused.

    `request` is its number, -1 while it has caused nothing; numbers up to `older` belong to requests before it.
    """

    at_ns: int = -REFRESH_NS
    latest: tuple[FrameLine, ...] = ()
    request: int = -1
    text: str = ""
    older: int = -1
    kept: tuple[FrameRow, ...] = ()
    caused: tuple[FrameLine, ...] = ()


NOTHING_TRACED = Trace()


_WEIGHTS = ("refused", "not done", "waiting", "sent", "queued", "confirmed")


def _row(row: PlanRow) -> RowView:
    words, role, icon = STATES[row.status]
    if row.status == "confirmed" and row.frame_id is not None:
        words = f"0x{row.frame_id:03X}"
        if row.milliseconds is not None:
            words += (
                f" · {row.milliseconds:.0f} ms" if row.milliseconds < 1000 else f" · {row.milliseconds / 1000:.1f} s"
            )
    failed = row.status in ("refused", "not done")
    return RowView(
        label=signal_name(row.path),
        old="" if row.old is None else value_text(row.path, row.old),
        new=value_text(row.path, row.target),
        reason=row.detail if failed else "",
        state=words,
        role=role,
        icon=icon,
    )


def shortened(text: str, limit: int) -> str:
    """Return the text in one line, cut to so many characters."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def assistant_view(
    snapshot: Snapshot, is_moving: bool, entry: str, caret: int, has_focus: bool, speaker: Seat
) -> AssistantView:
    """Return what the assistant's card shows."""
    limit = ROWS_MOVING if is_moving else ROWS_STANDING
    plan, rest = _chosen(snapshot.plan, limit)
    request = " ".join(snapshot.request_text.split())
    return AssistantView(
        request=shortened(request, CHARACTERS_MOVING) if is_moving else request,
        thought="" if is_moving else " ".join(snapshot.thought.split()),
        reply=" ".join(snapshot.reply.split()),
        is_busy=snapshot.busy,
        question=" ".join((snapshot.confirmation or "").split()),
        rows=tuple(_row(row) for row in plan),
        more=_rest(rest) if rest else "",
        entry=entry,
        caret=caret,
        has_focus=has_focus,
        speaker=SPEAKERS[speaker],
    )


def _chosen(plan: tuple[PlanRow, ...], limit: int) -> tuple[tuple[PlanRow, ...], tuple[PlanRow, ...]]:
    """Return the rows to show and the rest. Where not all fit, what failed or waits stays longest."""
    if len(plan) <= limit:
        return plan, ()
    by_weight = sorted(range(len(plan)), key=lambda number: (_WEIGHTS.index(plan[number].status), number))
    kept = set(by_weight[: limit - 1])
    return tuple(row for n, row in enumerate(plan) if n in kept), tuple(
        row for n, row in enumerate(plan) if n not in kept
    )


def _rest(rows: tuple[PlanRow, ...]) -> str:
    done = sum(row.status == "confirmed" for row in rows)
    failed = sum(row.status in ("refused", "not done") for row in rows)
    text = f"and {len(rows)} more, {done} confirmed"
    return f"{text}, {failed} not done" if failed else text


def frame_line(frame: FrameRow, request: int) -> FrameLine:
    """Return a frame in words; it is marked where the request with that number caused it."""
    return FrameLine(
        time=f"{frame.time_ns / NS_PER_S:.3f}",
        segment=frame.segment,
        identifier=f"{frame.arbitration_id:03X}",
        name=frame.name,
        data=tuple(f"{byte:02X}" for byte in frame.data[:8]),
        is_caused=frame.request is not None and frame.request == request,
    )


def trace_view(before: Trace, snapshot: Snapshot) -> Trace:
    """Return the frames to show now. The latest change four times a second; caused ones stay until the next request."""
    is_other = snapshot.request_text != before.text
    older = max(before.request, before.older) if is_other else before.older
    numbers = [frame.request for frame in snapshot.frames if frame.request is not None and frame.request > older]
    request = max([-1 if is_other else before.request, *numbers])
    old = before.kept if request == before.request else ()
    new = [frame for frame in snapshot.frames if frame.request is not None and frame.request == request]
    fresh = [frame for frame in new if frame not in old]
    is_due = not 0 <= snapshot.time_ns - before.at_ns < REFRESH_NS
    if not (fresh or is_due or is_other):
        return before
    kept = (*old, *fresh)[-CAUSED_KEPT:]
    return Trace(
        at_ns=snapshot.time_ns if is_due else before.at_ns,
        latest=tuple(frame_line(frame, request) for frame in snapshot.frames[-TRACE_LINES:])
        if is_due
        else before.latest,
        request=request,
        text=snapshot.request_text,
        older=older,
        kept=kept,
        caused=tuple(frame_line(frame, request) for frame in kept),
    )
