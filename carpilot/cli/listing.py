"""`carpilot signals`, `carpilot tools`, `carpilot faults`: what there is."""

import json
from typing import Annotated, Any

import typer

from carpilot.cli.options import JsonOption, console


def _print(rows: list[dict[str, Any]], columns: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, header_style="dim", overflow="fold", no_wrap=column == columns[0])
    for row in rows:
        table.add_row(*(str(row[column]) for column in columns))
    console().print(table)


def signals(
    domain: Annotated[str | None, typer.Option(help="Only this domain, such as climate.")] = None,
    as_json: JsonOption = False,
) -> None:
    """What the car has: every signal with its path, range, ECU and place on the bus."""
    from carpilot.errors import UnknownNameError
    from carpilot.vehicle.catalogue import default_catalogue

    catalogue = default_catalogue()
    domains = {signal.domain for signal in catalogue.values()}
    if domain is not None and domain not in domains:
        raise UnknownNameError("domain", domain, domains)
    rows = []
    for signal in catalogue.values():
        if domain in (None, signal.domain):
            span = (
                f"{signal.minimum:g} to {signal.maximum:g}"
                if signal.minimum is not None and signal.maximum is not None
                else ""
            )
            rows.append(
                {
                    "path": signal.path,
                    "kind": signal.kind.value,
                    "domain": signal.domain,
                    "ecu": signal.ecu,
                    "values": ", ".join(signal.allowed) or span or "true, false",
                    "unit": signal.unit or "",
                    "command": ".".join(signal.command) if signal.command else "",
                    "status": ".".join(signal.status),
                    "description": signal.description,
                }
            )
    _print(rows, ("path", "kind", "domain", "ecu", "values", "unit", "status"), as_json)


def tools(as_json: JsonOption = False) -> None:
    """What can be asked of the car: every function with its arguments, conditions and answers."""
    from carpilot.reasoning.tools import default_tools

    catalogue = default_tools()
    if as_json:
        typer.echo(json.dumps(catalogue.schemas(), ensure_ascii=False))
        return
    rows = []
    for tool in catalogue.values():
        arguments = []
        for argument in tool.arguments.values():
            values = "|".join(argument.choices) or (
                "true|false" if argument.is_boolean else f"{argument.minimum:g}..{argument.maximum:g}"
            )
            arguments.append(f"{argument.name}: {values}")
        rows.append({"function": tool.name, "arguments": "; ".join(arguments), "description": tool.description})
    for row in catalogue.schemas():
        function = row["function"]
        if function["name"] not in catalogue:  # conditions, undo, and what is only said
            given = function["parameters"]["properties"].items()
            arguments = [f"{name}: {', '.join(schema.get('enum', [schema['type']]))}" for name, schema in given]
            rows.append(
                {
                    "function": function["name"],
                    "arguments": "; ".join(arguments),
                    "description": function["description"],
                }
            )
    _print(rows, ("function", "arguments", "description"), False)


def faults(as_json: JsonOption = False) -> None:
    """What can fail: every kind of fault with what it does and what it needs."""
    from carpilot.faults import KINDS

    rows = [{"fault": name, "does": " ".join((kind.__doc__ or "").split())} for name, kind in KINDS.items()]
    _print(rows, ("fault", "does"), as_json)
