"""What `carpilot ask` shows: for a person, and for a program."""

from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from carpilot.cabin import Cabin
from carpilot.cli.options import console
from carpilot.exchange import Exchange
from carpilot.execution import Row, Status
from carpilot.snapshot import FrameRow
from carpilot.speech import say_value
from carpilot.units import NS_PER_MS, NS_PER_S

STYLES = {Status.CONFIRMED: "green", Status.REFUSED: "red", Status.NOT_DONE: "yellow", Status.WAITING: "yellow"}
WORDS = {Status.CONFIRMED: "done", Status.REFUSED: "refused", Status.NOT_DONE: "not done", Status.WAITING: "asks first"}


def frames_of(cabin: Cabin, exchanges: Sequence[Exchange]) -> list[FrameRow]:
    """Return the frames that the requests caused, and the status frames that confirmed them."""
    numbers = {exchange.request.number for exchange in exchanges}
    confirmed = {
        (row.status_id, row.confirmed_ns) for exchange in exchanges for row in exchange.rows if row.confirmed_ns
    }
    return [
        frame
        for frame in cabin.frames.all or ()
        if frame.request in numbers or (frame.arbitration_id, frame.time_ns) in confirmed
    ]


def bus_ms(exchange: Exchange) -> float | None:
    """Return simulated milliseconds from sending to the last confirmation."""
    times = [row.confirmed_ns - row.sent_ns for row in exchange.rows if row.confirmed_ns and row.sent_ns]
    return max(times) / NS_PER_MS if times else None


def to_json(cabin: Cabin, exchanges: Sequence[Exchange], cpu: dict[str, Any]) -> dict[str, Any]:
    """Return everything about the last request as plain data; earlier ones stand under `before`."""
    frames = frames_of(cabin, exchanges)
    rows = [_exchange(cabin, exchange, frames) for exchange in exchanges]
    return {**rows[-1], "before": rows[:-1], "latency": {**rows[-1]["latency"], **cpu}}


def _exchange(cabin: Cabin, exchange: Exchange, frames: Sequence[FrameRow]) -> dict[str, Any]:
    request, proposal = exchange.request, exchange.proposal
    own = {(row.status_id, row.confirmed_ns) for row in exchange.rows}
    return {
        "request": {
            "number": request.number,
            "text": request.text,
            "seat": request.seat.value,
            "time_ns": request.time_ns,
        },
        "thought": exchange.thought,
        "calls": list(map(str, proposal.decision.calls)) if proposal else [],
        "confidence": proposal.decision.confidence if proposal else None,
        "commands": [_command(row) for row in exchange.rows],
        "verdicts": [
            {
                "path": row.command.path,
                "verdict": row.verdict.outcome.value,
                "rule": row.verdict.rule,
                "reason": row.verdict.reason,
            }
            for row in exchange.rows
        ],
        "frames": [
            {
                "time_ns": frame.time_ns,
                "segment": frame.segment,
                "id": f"0x{frame.arbitration_id:03X}",
                "name": frame.name,
                "data": frame.data.hex().upper(),
            }
            for frame in frames
            if frame.request == request.number or (frame.arbitration_id, frame.time_ns) in own
        ],
        "reply": exchange.reply,
        "latency": {
            "model_ms": proposal.model_ms if proposal else 0.0,
            "gate_us": exchange.gate_us,
            "bus_simulated_ms": bus_ms(exchange),
        },
        "outcome": exchange.result.value if exchange.result else "open",
    }


def _command(row: Row) -> dict[str, Any]:
    return {
        "path": row.command.path,
        "old": row.old,
        "target": row.command.target,
        "actual": row.actual,
        "is_side_effect": row.command.is_side_effect,
        "status": row.status.value,
        "detail": row.detail,
    }


def print_exchange(cabin: Cabin, exchanges: Sequence[Exchange], cpu: dict[str, Any]) -> None:
    """Print requests for a person."""
    screen = console()
    for exchange in exchanges:
        screen.print(Text(f"{exchange.request.seat.value}: “{exchange.request.text}”", style="bold"))
        if exchange.thought:
            screen.print(Text(f"thought  {exchange.thought}", style="dim"))
        if exchange.proposal and exchange.proposal.decision.calls:
            screen.print(Text(f"calls    {'; '.join(map(str, exchange.proposal.decision.calls))}"))
        if exchange.rows:
            screen.print(_plan(cabin, exchange))
        screen.print(Text(f"says     {exchange.reply}", style="bold"))
    frames = frames_of(cabin, exchanges)
    if frames:
        screen.print(_frames(frames))
    last = exchanges[-1]
    stages = [f"model {exchanges[0].proposal.model_ms:.0f} ms" if exchanges[0].proposal else "no model"]
    stages.append(f"gate {last.gate_us:.0f} µs")
    on_bus = bus_ms(last)
    if on_bus is not None:
        stages.append(f"bus and car {on_bus:.0f} ms simulated")
    stages.append(f"whole process {cpu['process_cpu_ms'] / 1000:.2f} s CPU")
    screen.print(Text(" · ".join(stages), style="dim"))


def _plan(cabin: Cabin, exchange: Exchange) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("signal", "old → new", "verdict", "state", "why"):
        table.add_column(title, style="" if title != "why" else "dim", header_style="dim", overflow="fold")
    for row in exchange.rows:
        signal = cabin.car.catalogue[row.command.path]
        name = f"{signal.label}{' (goes with it)' if row.command.is_side_effect else ''}"
        change = f"{say_value(signal, row.old)} → {say_value(signal, row.command.target)}"
        verdict = row.verdict.outcome.value + ("" if row.verdict.rule == "none" else f" ({row.verdict.rule})")
        state = Text(WORDS.get(row.status, row.status.value), style=STYLES.get(row.status, ""))
        table.add_row(name, change, verdict, state, row.detail)
    return table


def _frames(frames: Sequence[FrameRow]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("time", "segment", "id", "message", "data"):
        table.add_column(title, header_style="dim")
    for frame in frames:
        style = "" if frame.request is not None else "green"
        time_s = f"{frame.time_ns / NS_PER_S:.6f}"
        data = frame.data.hex(" ").upper()
        table.add_row(time_s, frame.segment, f"0x{frame.arbitration_id:03X}", frame.name, data, style=style)
    return table
