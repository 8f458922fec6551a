"""`carpilot models`: what can reason here, and `carpilot models check NAME`: whether it does."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from carpilot.cli.options import JsonOption, console

if TYPE_CHECKING:
    from carpilot.scenario.figures import CaseReport

SUITE = "check"
COLOURS = {"ready": "green", "key set, not contacted": "cyan"}
app = typer.Typer(
    help="""What can reason here: each model, whether it is ready, and what is missing.

    Examples:

      carpilot models

      carpilot models check embedded

      carpilot models check mimo-7b-rl@http://127.0.0.1:8000/v1""",
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def models(context: typer.Context, as_json: JsonOption = False) -> None:
    """List every model with its state."""
    if context.invoked_subcommand is not None:
        return
    from carpilot.reasoning.registry import statuses

    rows: list[dict[str, Any]] = [
        {
            "name": status.name,
            "backend": status.backend,
            "state": status.state.value,
            "memory_gb": status.memory_gb,
            "licence": status.licence,
            "description": status.description,
            "hint": status.hint,
        }
        for status in statuses()
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    from rich.table import Table

    table = Table("name", "backend", "state", "memory", "what, and what brings it", box=None, pad_edge=False)
    table.padding = (0, 2, 0, 0)
    for row in rows:
        memory = f"{row['memory_gb']:g} GB" if row["memory_gb"] else ""
        state = f"[{COLOURS.get(row['state'], 'yellow')}]{row['state']}[/]"
        what = f"{row['description']}\n[dim]{row['hint']}[/]" if row["hint"] else row["description"]
        table.add_row(row["name"], row["backend"], state, memory, what)
    console().print(table)


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="A model's name, folder or address.")],
    as_json: JsonOption = False,
) -> None:
    """Run five requests with a model and say how it did. Exit status 1 if it gave no answer to one of them."""
    from rich.console import Console
    from rich.progress import track

    from carpilot.reasoning.registry import load_reasoner
    from carpilot.scenario.evaluate import run_case
    from carpilot.scenario.suite import find_suites, read_suite
    from carpilot.vehicle.catalogue import default_catalogue

    reasoner = load_reasoner(name)
    suite = read_suite(find_suites([SUITE])[0], default_catalogue())
    shown = track(suite.cases, f"asking {name}", console=Console(stderr=True), transient=True, disable=as_json)
    cases = [run_case(case, reasoner) for case in shown]
    if as_json:
        typer.echo(json.dumps({"model": name, "requests": [_row(case) for case in cases]}, ensure_ascii=False))
    else:
        _print(name, cases)
    if any(case.result == "failed" for case in cases):
        raise typer.Exit(1)


def _row(case: "CaseReport") -> dict[str, Any]:
    return {
        "said": case.say[0],
        "thought": case.thought,
        "calls": list(case.calls),
        "result": case.result,
        "reply": case.reply,
        "is_right": case.passed,
        "model_ms": round(case.model_ms, 1),
    }


def _print(name: str, cases: "Sequence[CaseReport]") -> None:
    screen = console()
    for case in cases:
        screen.print(f"{'right' if case.passed else 'WRONG'}  {case.say[0]}", style="green" if case.passed else "red")
        screen.print(f"       {case.thought[:400]}", style="dim", markup=False)
        screen.print(f"       {'; '.join(case.calls) or 'no calls'} -> {case.result}: {case.reply}", markup=False)
    right, slowest = sum(case.passed for case in cases), max(case.model_ms for case in cases)
    screen.print(f"{name}: {right} of {len(cases)} right, the slowest after {slowest / 1000:.2f} s")
