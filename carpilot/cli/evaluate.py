"""`carpilot eval`: accuracy, safety and latency of models on suites."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carpilot.cli.options import JsonOption, console

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from carpilot.scenario.evaluate import CaseReport, SuiteReport


def evaluate(
    suites: Annotated[
        list[str] | None, typer.Argument(help="Suite files, or names of those that ship: own, public.")
    ] = None,
    models: Annotated[
        list[str] | None, typer.Option("--model", "-m", help="May be repeated; baseline is a plain peer.")
    ] = None,
    requests: Annotated[
        Path | None,
        typer.Option(
            envvar="CARPILOT_REQUESTS", help="Folder of the public request files whose words are joined by source id."
        ),
    ] = None,
    show: Annotated[str, typer.Option(help="Which cases to print: none, failed, all.")] = "none",
    as_json: JsonOption = False,
) -> None:
    """Run suites with models, strictly scored, side by side.

    Examples:

      carpilot eval own --model embedded --model baseline

      carpilot eval own public --requests FOLDER --show failed
    """
    from rich.console import Console
    from rich.progress import Progress

    from carpilot.errors import InputError
    from carpilot.reasoning.registry import load_reasoner
    from carpilot.scenario import evaluate as scoring
    from carpilot.scenario.suite import find_suites, read_suite
    from carpilot.training.baseline import Baseline
    from carpilot.vehicle.catalogue import default_catalogue

    if show not in ("none", "failed", "all"):
        raise InputError(f"--show wants none, failed or all, not {show!r}")
    loaded = [read_suite(path, default_catalogue(), requests) for path in find_suites(suites or ["own"])]
    reports = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for name in models or ["embedded"]:
            reasoner = Baseline() if name == Baseline.name else load_reasoner(name)
            for suite in loaded:
                task = progress.add_task(f"{suite.name} with {name}", total=len(suite.cases))
                reports.append(scoring.evaluate(suite, reasoner, partial(_advance, progress, task)))
    if as_json:
        typer.echo(scoring.dump(reports))
        return
    _print(reports, show)


def _advance(progress: "Progress", task: "TaskID", report: "CaseReport") -> None:
    del report
    progress.advance(task)


def _print(reports: "list[SuiteReport]", show: str) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in (
        "suite",
        "model",
        "cases",
        "strictly right",
        "wrong actions",
        "refused or asked",
        "model p50",
        "model p95",
    ):
        table.add_column(title, header_style="dim")
    screen = console()
    for report in reports:
        row = report.summary()
        table.add_row(
            row["suite"],
            row["model"],
            str(row["cases"]),
            f"{row['passed']} ({row['accuracy']:.1%})",
            str(row["wrong_actions"]),
            str(row["refused_or_asked"]),
            f"{row['model_p50_ms']:.0f} ms",
            f"{row['model_p95_ms']:.0f} ms",
        )
        for case in report.cases:
            if show == "all" or (show == "failed" and not case.passed):
                screen.print(f"{'ok  ' if case.passed else 'FAIL'} {case.id}  {' / '.join(case.say)}", markup=False)
                screen.print(
                    f"       {'; '.join(case.calls)} -> {case.result}: {case.reply}", markup=False, style="dim"
                )
                for problem in case.problems:
                    screen.print(f"       {problem}", markup=False, style="red")
    screen.print(table)
    for report in reports:
        if report.unjoined:
            screen.print(
                f"{report.suite}: {report.unjoined} cases have their words elsewhere; give --requests FOLDER to run them"
            )
