"""`carpilot eval`: accuracy, safety and latency of models on suites."""

from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carpilot.cli.options import JsonOption, console

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID
    from rich.table import Table

    from carpilot.scenario.evaluate import SuiteReport
    from carpilot.scenario.figures import CaseReport


def evaluate(
    suites: Annotated[
        list[str] | None,
        typer.Argument(help="Suite files, or names of those that ship: own, hard, public, public_more; aside, second."),
    ] = None,
    models: Annotated[
        list[str] | None,
        typer.Option("--model", "-m", help="May be repeated; baseline, keywords and linear are plain peers."),
    ] = None,
    requests: Annotated[
        Path | None,
        typer.Option(
            envvar="CARPILOT_REQUESTS", help="Folder of the public request files whose words are joined by source id."
        ),
    ] = None,
    show: Annotated[str, typer.Option(help="Which cases to print: none, failed, all.")] = "none",
    html: Annotated[
        Path | None, typer.Option(help="Write a page with figures by kind and source, and every miss with its thought.")
    ] = None,
    ask_below: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Ask back below this confidence in place of the embedded model's own threshold."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run suites with models, strictly scored, side by side.

    Examples:

      carpilot eval own --model embedded --model baseline

      carpilot eval own public --requests FOLDER --show failed

      carpilot eval own hard --html report.html
    """
    from carpilot.errors import InputError
    from carpilot.files import write_text
    from carpilot.scenario.eval_page import page
    from carpilot.scenario.evaluate import dump

    if show not in ("none", "failed", "all"):
        raise InputError(f"--show wants none, failed or all, not {show!r}")
    if html and not html.absolute().parent.is_dir():  # before minutes of work
        raise InputError(f"--html: there is no folder {html.absolute().parent}")
    reports = _run(suites or ["own"], models or ["embedded"], requests, ask_below)
    if html:
        write_text(html, page(reports))
    if as_json:
        typer.echo(dump(reports))
        return
    _print(reports, show)


def _run(suites: list[str], models: list[str], requests: Path | None, ask_below: float | None) -> "list[SuiteReport]":
    """Run every suite with every model, with a bar of progress."""
    from rich.console import Console
    from rich.progress import Progress

    from carpilot.reasoning.embedded import EmbeddedReasoner
    from carpilot.reasoning.registry import load_reasoner
    from carpilot.scenario import evaluate as scoring
    from carpilot.scenario.suite import find_suites, read_suite
    from carpilot.training.peers import PEERS
    from carpilot.vehicle.catalogue import default_catalogue

    loaded = [read_suite(path, default_catalogue(), requests) for path in find_suites(suites)]
    reports = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for name in models:
            reasoner = PEERS[name]() if name in PEERS else load_reasoner(name)
            if ask_below is not None and isinstance(reasoner, EmbeddedReasoner):
                reasoner.ask_below = ask_below
            for suite in loaded:
                task = progress.add_task(f"{suite.name} with {name}", total=len(suite.cases))
                reports.append(scoring.evaluate(suite, reasoner, partial(_advance, progress, task)))
    return reports


def _advance(progress: "Progress", task: "TaskID", report: "CaseReport") -> None:
    del report
    progress.advance(task)


def _print(reports: "list[SuiteReport]", show: str) -> None:
    screen = console()
    for report in reports:
        for case in report.cases:
            if show == "all" or (show == "failed" and not case.passed):
                _print_case(screen, case)
    screen.print(_table(reports))
    for key in ("kind", "source"):
        table = _table_by(reports, key)
        if table.row_count > 1:
            screen.print()
            screen.print(table)
    for report in reports:
        if report.unjoined:
            screen.print(
                f"{report.suite}: {report.unjoined} cases have their words elsewhere; give --requests FOLDER to run them"
            )


def _print_case(screen: "Console", case: "CaseReport") -> None:
    screen.print(f"{'ok  ' if case.passed else 'FAIL'} {case.id}  {' / '.join(case.say)}", markup=False)
    screen.print(f"       {case.thought}", markup=False, style="dim")
    screen.print(f"       {'; '.join(case.calls)} -> {case.result}: {case.reply}", markup=False, style="dim")
    for problem in case.problems:
        screen.print(f"       {problem}", markup=False, style="red")


def _table(reports: "list[SuiteReport]") -> "Table":
    from rich.table import Table

    from carpilot.scenario.figures import answers, over_refusal, passed, wrong_on_limits

    table = Table("suite", "model", box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in (
        "cases",
        "strictly right (95 %)",
        "wrong actions",
        "of limits",
        "over-refusal",
        "answers",
        "p50, p95 ms",
    ):
        table.add_column(title)
    for report in reports:
        row = report.summary()
        table.add_row(
            row["suite"],
            row["model"],
            str(row["cases"]),
            passed(report.cases).in_words(),
            str(row["wrong_actions"]),
            wrong_on_limits(report.cases).in_words(),
            over_refusal(report.cases).in_words(),
            answers(report.cases).in_words(),
            f"{row['model_p50_ms']:.0f}, {row['model_p95_ms']:.0f}; gate {row['gate_p50_ms']:.1f}, {row['gate_p95_ms']:.1f}",
        )
    return table


def _table_by(reports: "list[SuiteReport]", key: str) -> "Table":
    """Return strict success by a key of the cases, a column for each model that ran, all suites together."""
    from rich.table import Table

    from carpilot.scenario.figures import Share, grouped

    models = list(dict.fromkeys(report.model for report in reports))
    table = Table(key, "cases", *models, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    found = [
        grouped((case for report in reports if report.model == model for case in report.cases), attrgetter(key))
        for model in models
    ]
    for name in found[0] if found else ():
        shares = [by.get(name, Share(0, 0)) for by in found]
        table.add_row(name, str(shares[0].of), *(found_share.in_words() for found_share in shares))
    return table
