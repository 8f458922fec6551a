"""`carpilot eval`: accuracy, safety and latency of models on suites."""

from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carpilot.cli.arena import ARMS, Entrant, Plan, run
from carpilot.cli.options import JsonOption, SecondsOption, console

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from carpilot.scenario.benchmarks.benchmark import Benchmark
    from carpilot.scenario.evaluate import SuiteReport
    from carpilot.scenario.figures import CaseReport
    from carpilot.scenario.suite import Suite


def evaluate(
    suites: Annotated[
        list[str] | None,
        typer.Argument(help="Suite files, or names of those that ship: own, hard, public, public_more; aside, second."),
    ] = None,
    models: Annotated[
        list[str] | None,
        typer.Option("--model", "-m", help="May be repeated; baseline, keywords, linear and nothing are plain peers."),
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
    seeds: Annotated[
        int, typer.Option(min=1, max=100, help="How many times each case runs, each with its own seed.")
    ] = 1,
    harness: Annotated[
        str,
        typer.Option(help="on, off (a chat model's calls as it wrote them), or both, side by side."),
    ] = "on",
    resume: Annotated[
        Path | None, typer.Option(help="Note every trial in this file as it ends, and take up what it holds already.")
    ] = None,
    benchmarks: Annotated[
        list[str] | None,
        typer.Option(
            "--benchmark",
            metavar="NAME=FILE",
            help="The tasks of car-bench or vehicle-world as JSON lines. May be repeated.",
        ),
    ] = None,
    seconds: SecondsOption = 30.0,
    as_json: JsonOption = False,
) -> None:
    """Run suites with models, strictly scored, side by side.

    Examples:

      carpilot eval own --model embedded --model baseline

      carpilot eval own public --requests FOLDER --show failed

      carpilot eval own hard --html report.html

      carpilot eval own -m embedded -m qwen3-8b -m keywords -m nothing --seeds 3 --harness both --resume trials.jsonl

      carpilot eval --benchmark car-bench=carbench.jsonl --benchmark vehicle-world=vehicleworld.jsonl -m embedded -m nothing
    """
    from carpilot.errors import InputError
    from carpilot.files import write_text
    from carpilot.scenario.benchmarks.adapters import read_benchmarks
    from carpilot.scenario.eval_page import page
    from carpilot.scenario.evaluate import dump

    if show not in ("none", "failed", "all"):
        raise InputError(f"--show wants none, failed or all, not {show!r}")
    if html and not html.absolute().parent.is_dir():  # before minutes of work
        raise InputError(f"--html: there is no folder {html.absolute().parent}")
    if harness not in ARMS:
        raise InputError(f"--harness wants {', '.join(ARMS)}, not {harness!r}")
    entrants = [Entrant(name, is_held) for name in models or ["embedded"] for is_held in ARMS[harness]]
    foreign = read_benchmarks(benchmarks or [])
    loaded = [*_load(suites or ([] if foreign else ["own"]), requests), *(benchmark.suite for benchmark in foreign)]
    reports = run(loaded, entrants, Plan(seeds, seconds, ask_below, resume))
    if html:
        write_text(html, page(reports))
    if as_json:
        typer.echo(dump(reports, [benchmark.as_row() for benchmark in foreign]))
        return
    _print(reports, show, foreign)


def _load(names: list[str], requests: Path | None) -> "list[Suite]":
    from carpilot.scenario.suite import find_suites, read_suite
    from carpilot.vehicle.catalogue import default_catalogue

    return [read_suite(path, default_catalogue(), requests) for path in find_suites(names)]


def _print(reports: "list[SuiteReport]", show: str, benchmarks: "list[Benchmark]") -> None:
    from carpilot.cli.benchmarks import print_benchmarks

    screen = console()
    for report in reports:
        for case in report.cases:
            if show == "all" or (show == "failed" and not case.passed):
                _print_case(screen, case)
    foreign = {benchmark.name for benchmark in benchmarks}
    if own := [report for report in reports if report.suite not in foreign]:
        screen.print(_table(own))
    if benchmarks:
        screen.print()
        print_benchmarks(screen, benchmarks, reports)
    if (pairs := _duels(reports)).row_count:
        screen.print()
        screen.print(pairs)
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


def _plain_table(*titles: str) -> "Table":
    from rich.table import Table

    return Table(*titles, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")


def _table(reports: "list[SuiteReport]") -> "Table":
    from carpilot.scenario.arena import columns

    found = [columns(report) for report in reports]
    titles = [title for title in found[0] if any(row[title] != "-" for row in found)] if found else []
    table = _plain_table(*titles)
    for row in found:
        table.add_row(*(row[title] for title in titles))
    return table


def _duels(reports: "list[SuiteReport]") -> "Table":
    from carpilot.scenario.arena import duels

    table = _plain_table("suite", "first", "second", "only first right", "only second right", "p (McNemar)")
    for duel in duels(reports):
        table.add_row(duel.suite, duel.first, duel.second, str(duel.only_first), str(duel.only_second), f"{duel.p:.2g}")
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
