"""`carpilot replay`: scenarios with a verdict."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carpilot.cli.options import JsonOption, ModelOption, console

if TYPE_CHECKING:
    from carpilot.scenario.runner import ScenarioReport


def replay(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Scenario files or folders; without any, those that ship.")
    ] = None,
    model: ModelOption = "embedded",
    log: Annotated[
        Path | None, typer.Option("--log", help="Folder for a bus log and a decision log of each scenario.")
    ] = None,
    log_format: Annotated[str, typer.Option(help="Suffix of the bus logs: .log .asc .blf .csv .trc")] = ".log",
    is_paced: Annotated[
        bool, typer.Option("--paced", help="Run beside the wall clock; other programs may attach.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Run scenarios and judge them. Exit status 1 if one fails.

    Examples:

      carpilot replay scenarios/cold_morning.yaml --log logs

      carpilot replay scenarios --json
    """
    from carpilot.files import scenarios_folder
    from carpilot.reasoning.registry import load_reasoner
    from carpilot.scenario.runner import run_scenario
    from carpilot.scenario.schema import find_scenarios, read_scenario
    from carpilot.vehicle.catalogue import default_catalogue

    catalogue = default_catalogue()
    scenarios = [read_scenario(path, catalogue) for path in find_scenarios(paths or [scenarios_folder()])]
    reasoner = load_reasoner(model)
    reports = []
    for scenario in scenarios:
        reports.append(run_scenario(scenario, reasoner, log, log_suffix=log_format, is_paced=is_paced))
        if not as_json:
            _print(reports[-1])
    if as_json:
        typer.echo(json.dumps({"scenarios": [_row(report) for report in reports]}, ensure_ascii=False))
    else:
        _print_sum(reports)
    if not all(report.passed for report in reports):
        raise typer.Exit(1)


def _print(report: "ScenarioReport") -> None:
    from rich.text import Text

    screen = console()
    word, style = ("passed", "green") if report.passed else ("FAILED", "red")
    screen.print(
        Text(f"{report.name}: ", style="bold")
        + Text(word, style=style)
        + Text(f"  {report.simulated_s:.1f} s", style="dim")
    )
    for step in report.steps:
        mark = ("✗" if step.problems else "✓") if step.is_checked else "·"
        screen.print(Text(f"  {mark} {step.at:6.1f}  {step.title}") + Text(f"  {step.reply}", style="dim"))
        for problem in step.problems:
            screen.print(Text(f"             {problem}", style="red"))


def _print_sum(reports: "Sequence[ScenarioReport]") -> None:
    passed = sum(report.passed for report in reports)
    frames = sum(report.frames for report in reports)
    typer.echo(f"{passed} of {len(reports)} passed, {frames:,} frames")


def _row(report: "ScenarioReport") -> dict[str, object]:
    return {
        "name": report.name,
        "file": report.path.name,
        "passed": report.passed,
        "simulated_s": report.simulated_s,
        "frames": report.frames,
        "steps": [
            {
                "at": step.at,
                "title": step.title,
                "reply": step.reply,
                "problems": step.problems,
                "checked": step.is_checked,
            }
            for step in report.steps
        ],
    }
