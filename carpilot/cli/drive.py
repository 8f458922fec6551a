"""`carpilot drive`: the cabin on the screen."""

import re
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from carpilot.cli.options import LogOption, ModelOption, SecondsOption, parse_settings


def drive(
    scenario: Annotated[Path | None, typer.Option(help="Start in the state of this scenario.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="PATH=VALUE before the start; may be repeated.")
    ] = None,
    log: LogOption = None,
    model: ModelOption = "embedded",
    seconds: SecondsOption = 30.0,
    size: Annotated[str, typer.Option(help="Window size, such as 1280x720 or 1920x1080.")] = "1280x720",
    theme: Annotated[str, typer.Option(help="auto, day or night.")] = "auto",
    attach: Annotated[
        bool, typer.Option("--attach/--no-attach", help="Let other programs of this user attach to the bus.")
    ] = True,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            help="KIND NAME=VALUE ... at=SECONDS: a part fails; may be repeated. `carpilot faults` lists them."
        ),
    ] = None,
    bridge: Annotated[
        str | None, typer.Option(help="Couple a segment to another python-can interface: INTERFACE:CHANNEL.")
    ] = None,
    bridge_segment: Annotated[str, typer.Option(help="Which segment the bridge couples.")] = "infotainment",
    bridge_hardware: Annotated[
        bool, typer.Option("--bridge-hardware", help="Let the bridge open what may be real hardware.")
    ] = False,
) -> None:
    """Drive: cluster, cabin, climate, assistant and CAN trace in a window. Type a request, touch a control, use the arrow keys.

    Examples:

      carpilot drive --theme night --log drive.blf

      carpilot drive --scenario scenarios/cold_morning.yaml

      carpilot drive --fault "ecu_reset node=DOOR seconds=2 at=20"

      carpilot drive --bridge udp_multicast:239.74.163.2
    """
    from carpilot.cabin import Cabin
    from carpilot.dashboard.app import run
    from carpilot.errors import InputError
    from carpilot.reasoning.registry import load_reasoner
    from carpilot.scenario.schema import read_scenario
    from carpilot.vehicle.catalogue import default_catalogue

    match = re.fullmatch(r"(\d{3,4})x(\d{3,4})", size)
    if match is None:
        raise InputError(f"--size wants WIDTHxHEIGHT, such as 1280x720, not {size!r}")
    if theme not in ("auto", "day", "night"):
        raise InputError(f"--theme wants auto, day or night, not {theme!r}")
    catalogue = default_catalogue()
    start = dict(read_scenario(scenario, catalogue).start) if scenario else {}
    start |= parse_settings(catalogue, settings or [])
    reasoner = load_reasoner(model)
    decisions = log.with_suffix(".decisions.jsonl") if log else None
    cabin = Cabin(reasoner, start, bus_log=log, decision_log=decisions, attach=attach, think_seconds=seconds)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    try:
        for text in fault or []:
            cabin.fault_in_words(text)
        if bridge:
            cabin.couplings.bridge(bridge_segment, bridge, bridge_hardware)
        run(cabin, (int(match[1]), int(match[2])), theme)
    finally:
        cabin.close()
