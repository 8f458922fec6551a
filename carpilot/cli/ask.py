"""`carpilot ask`: one request, headless."""

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from carpilot.cli.options import JsonOption, LogOption, ModelOption, SecondsOption, parse_settings
from carpilot.request import Seat

EXAMPLES = """
Examples:

  carpilot ask "I'm freezing and the windscreen is fogged up" --set Vehicle.Exterior.AirTemperature=-5

  carpilot ask "open the boot" --set Vehicle.Speed=50 --json
"""


def ask(
    text: Annotated[str, typer.Argument(help="What is said.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="PATH=VALUE before the start; may be repeated.")
    ] = None,
    seat: Annotated[Seat, typer.Option(help="Who speaks.")] = Seat.DRIVER,
    model: ModelOption = "embedded",
    as_json: JsonOption = False,
    yes: Annotated[bool, typer.Option("--yes", help="Say yes, as the driver, if the gate asks.")] = False,
    log: LogOption = None,
    seconds: SecondsOption = 30.0,
) -> None:
    """One request, headless: thought, decision, verdict, frames, what changed."""
    from carpilot.cabin import Cabin
    from carpilot.cli.ask_report import print_exchange, to_json
    from carpilot.reasoning.registry import load_reasoner
    from carpilot.vehicle.catalogue import default_catalogue

    marks = [time.process_time()]
    start = parse_settings(default_catalogue(), settings or [])
    reasoner = load_reasoner(model)
    marks.append(time.process_time())
    cabin = Cabin(reasoner, start, bus_log=log, decision_log=_beside(log), think_seconds=seconds)
    cabin.frames.all = []
    marks.append(time.process_time())
    exchanges = [cabin.ask(text, seat)]
    if yes and cabin.snapshot().confirmation:
        exchanges.append(cabin.ask("yes", Seat.DRIVER))
    marks.append(time.process_time())
    cabin.close()
    cpu: dict[str, Any] = {
        "load_model_cpu_ms": (marks[1] - marks[0]) * 1000,
        "start_car_cpu_ms": (marks[2] - marks[1]) * 1000,
        "request_cpu_ms": (marks[3] - marks[2]) * 1000,
        "process_cpu_ms": time.process_time() * 1000,
    }
    if as_json:
        typer.echo(json.dumps(to_json(cabin, exchanges, cpu), ensure_ascii=False))
    else:
        print_exchange(cabin, exchanges, cpu)


def _beside(log: Path | None) -> Path | None:
    return log.with_suffix(".decisions.jsonl") if log else None


ask.__doc__ = f"{ask.__doc__}\n{EXAMPLES}"
