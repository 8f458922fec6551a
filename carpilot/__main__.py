"""The command line: `carpilot` or `python -m carpilot`."""

import sys
from typing import Annotated

import typer

from carpilot import __version__
from carpilot.cli import ask, bench, drive, evaluate, listing, models, replay, train
from carpilot.errors import CarpilotError

app = typer.Typer(
    help="A car cabin on a desk: words, a local reasoning model, a policy gate, a virtual CAN bus, ECUs, a dashboard.",
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("ask")(ask.ask)
app.command("drive")(drive.drive)
app.command("replay")(replay.replay)
app.command("eval")(evaluate.evaluate)
app.add_typer(models.app, name="models")
app.command("train")(train.train)
app.add_typer(bench.app, name="bench")
app.command("signals")(listing.signals)
app.command("tools")(listing.tools)
app.command("faults")(listing.faults)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"carpilot {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version
    if context.invoked_subcommand is None:
        drive.drive()


def main() -> None:
    """Run the command line; an error that is the user's gets one line and exit status 2."""
    try:
        app()
    except CarpilotError as error:
        sys.stderr.write(f"carpilot: {' '.join(str(error).split())}\n")
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(1)


if __name__ == "__main__":
    main()
