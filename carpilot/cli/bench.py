"""`carpilot bench`: figures, each with its goal, and beside a peer in the same run where there is one."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carpilot.cli.options import JsonOption, console
from carpilot.units import NS_PER_S, ns_to_seconds

if TYPE_CHECKING:
    from carpilot.bus.benchmark import Figure

app = typer.Typer(help="Figures of this machine, as ratios against a peer in the same run.", rich_markup_mode=None)
PACED_BITRATE = 5_000_000
WHOLE_CAR_TARGET_FACTOR, WHOLE_CAR_TARGET_MB = 100, 300
WHOLE_CAR_SPEED_KPH = 90
SLICES_AN_HOUR = 60


@app.callback()
def _bench() -> None:
    """Keep `bus` a command of its own."""


@app.command()
def bus(
    log: Annotated[Path | None, typer.Option("--log", help="A log of real traffic to replay onto a segment.")] = None,
    is_quick: Annotated[bool, typer.Option("--quick", help="Smaller runs: some seconds, rougher figures.")] = False,
    hours: Annotated[float, typer.Option(min=0.01, help="Simulated hours of the whole car.")] = 1.0,
    bitrate: Annotated[int, typer.Option(min=4_000_000, help="Bit/s of the row by the wall clock.")] = PACED_BITRATE,
    as_json: JsonOption = False,
) -> None:
    """How fast and how exact the bus is. Exit status 1 if a goal is missed."""
    from rich.console import Console
    from rich.progress import track

    rows = _rows(log, is_quick, hours, bitrate)
    shown = track(rows, "measuring", console=Console(stderr=True), transient=True, disable=as_json)
    figures = [figure for make in shown for figure in _several(make())]
    if as_json:
        typer.echo(json.dumps([figure.as_row() for figure in figures], ensure_ascii=False))
    else:
        _print(figures)
    if any(figure.is_reached is False for figure in figures):
        raise typer.Exit(1)


def _several(made: "Figure | list[Figure]") -> "list[Figure]":
    return made if isinstance(made, list) else [made]


def _rows(log: Path | None, is_quick: bool, hours: float, bitrate: int) -> "list[Callable[[], Figure | list[Figure]]]":
    from carpilot.bus import benchmark, benchmark_peers
    from carpilot.car import Car

    traffic = benchmark.read_log(log) if log else None  # first of all, so that a wrong name costs no waiting
    return [
        benchmark_peers.this_machine,
        partial(benchmark.saturated, 2 if is_quick else 5),
        partial(benchmark.by_nodes, 2 if is_quick else 10),
        partial(benchmark_peers.listeners, 5_000 if is_quick else 20_000),
        partial(benchmark.lengths, 50_000 if is_quick else 1_000_000),
        partial(benchmark.responses, 5 if is_quick else 60),
        partial(benchmark_peers.paced, 0.5 if is_quick else 4, bitrate),
        partial(benchmark.replayed, traffic, log.name if log else ""),
        lambda: benchmark.replayed(traffic, log.name if log else "", Car().buses["powertrain"] if traffic else None),
        partial(whole_car, min(hours, 0.02) if is_quick else hours),
    ]


def whole_car(hours: float) -> "list[Figure]":
    """Drive the whole car: how fast, with how much memory, and how both grow from the first sixth of the drive to its end."""
    from statistics import fmean
    from time import process_time

    from carpilot.bus.benchmark import Figure
    from carpilot.car import Car

    car = Car()
    car.set("Vehicle.Speed", WHOLE_CAR_SPEED_KPH)
    slices = max(round(hours * SLICES_AN_HOUR), 6)
    slice_ns = round(hours * 3600 * NS_PER_S / slices)
    spent_s, early, early_mb = [], slices // 6, 0.0
    for number in range(slices):
        start = process_time()
        car.advance(slice_ns)
        spent_s.append(process_time() - start)
        if number + 1 == early:
            early_mb = _resident_mb()
    factor, peak_mb = hours * 3600 / sum(spent_s), _peak_mb()
    best = ns_to_seconds(slice_ns) / min(spent_s)
    growth_mb = (_resident_mb() - early_mb) / (hours * 5 / 6)
    late = fmean(spent_s[early:]) / fmean(spent_s[:early])
    frames = sum(bus.frame_count for bus in car.buses.values())
    is_whole = hours >= 1
    return [
        Figure(
            f"the whole car, {hours:g} h at {WHOLE_CAR_SPEED_KPH} km/h",
            factor,
            "x real time",
            target=f">= {WHOLE_CAR_TARGET_FACTOR}",
            is_reached=factor >= WHOLE_CAR_TARGET_FACTOR,
            note=f"{frames:,} frames on {len(car.buses)} segments; the fastest of {slices} parts at {best:.0f} x; a later part "
            f"costs {late:.2f} times an early one",
        ),
        Figure(
            "... its memory",
            peak_mb,
            "MB",
            target=f"<= {WHOLE_CAR_TARGET_MB}",
            is_reached=peak_mb <= WHOLE_CAR_TARGET_MB,
            note=f"with all that was measured before; growing by {growth_mb:.2f} MB an hour" if is_whole else "",
        ),
    ]


def _resident_mb() -> float:
    """Return what the process holds now; where the system does not tell, its peak."""
    import resource

    pages = Path("/proc/self/statm")
    if not pages.exists():
        return _peak_mb()
    return int(pages.read_text().split()[1]) * resource.getpagesize() / 1e6


def _peak_mb() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def _print(figures: "list[Figure]") -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("what", "figure", "peer", "ratio", "target", "reached", "note"):
        table.add_column(column, header_style="dim", overflow="fold")
    for figure in figures:
        table.add_row(
            figure.what,
            _number(figure.figure, figure.unit),
            _number(figure.peer, f"({figure.peer_name})"),
            _number(figure.ratio, "x"),
            figure.target,
            {True: "[green]yes[/]", False: "[red]no[/]", None: "-"}[figure.is_reached],
            figure.note,
        )
    console().print(table)


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    text = f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:.3g}"
    return f"{text} {unit}".strip()
