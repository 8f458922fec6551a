"""Options that several commands share."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carpilot.errors import InputError
from carpilot.vehicle.catalogue import Catalogue, Value

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 180

ModelOption = Annotated[
    str, typer.Option("--model", "-m", help="A name that `carpilot models` lists, or the folder of a trained model.")
]
SecondsOption = Annotated[
    float, typer.Option("--seconds", min=0.1, help="How long the model may think about one request.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object for a program to read.")]
LogOption = Annotated[
    Path | None, typer.Option("--log", help="Write a bus log (.log .asc .blf .csv .trc) and a decision log beside it.")
]


def console() -> "Console":
    """Return a console that fits the terminal; what goes into a pipe is not folded."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)


def parse_settings(catalogue: Catalogue, settings: list[str]) -> dict[str, Value]:
    """Return what `PATH=VALUE` options say; a path may be shortened to its unique end. Raises InputError."""
    values: dict[str, Value] = {}
    for setting in settings:
        name, sign, text = setting.partition("=")
        if not sign:
            raise InputError(f"--set wants PATH=VALUE, not {setting!r}")
        path = catalogue.ending_in(name.strip())
        values[path] = catalogue[path].parse(text.strip())
    return values
