"""`carpilot train`: builds the embedded model again."""

from pathlib import Path
from typing import Annotated

import typer


def train(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the model; must not hold anything else.")],
    corpus: Annotated[list[Path] | None, typer.Option(help="Labelled sentences, JSON lines; may be repeated.")] = None,
    minutes: Annotated[float, typer.Option(min=0.01, max=1440, help="How long to train.")] = 30.0,
    seed: Annotated[int, typer.Option(help="Start of the random numbers.")] = 1,
    twin: Annotated[
        bool,
        typer.Option("--twin", help="A causal twin instead: a chat checkpoint that transformers and servers load."),
    ] = False,
    start: Annotated[Path | None, typer.Option(help="Folder of a written model whose weights to go on from.")] = None,
) -> None:
    """Train the embedded model from the phrase book, and from corpus files if given. Needs the extra `train`.

    Sentences that the shipped public suite measures with are left out of training.

    Examples:

      carpilot train --output my-model --minutes 30

      carpilot train --output my-model --corpus public_en_trainable.jsonl

      carpilot train --output better-model --start my-model --minutes 60
    """
    from carpilot.errors import InputError
    from carpilot.scenario.suite import measured_sources
    from carpilot.training.train import Recipe
    from carpilot.training.train import train as run

    for path in corpus or []:
        if not path.is_file():
            raise InputError(f"no corpus file {path}")
    if twin:
        _twin(output, corpus or [], minutes, seed)
        return
    card = run(output, corpus or [], typer.echo, measured_sources(), Recipe(minutes=minutes, seed=seed, start=start))
    typer.echo(f"{output}: {card.get('parameters', 0):,} parameters")


def _twin(output: Path, corpus: list[Path], minutes: float, seed: int) -> None:
    from random import Random

    from carpilot.reasoning.phrases import read_phrase_book
    from carpilot.scenario.suite import measured_sources
    from carpilot.training.causal import train_twin
    from carpilot.training.corpus import Corpus
    from carpilot.training.labels import read_corpora

    labelled = read_corpora(corpus, measured_sources())
    train_twin(output, Corpus(read_phrase_book(), labelled, frozenset(), Random(seed)), typer.echo, minutes, seed)
    typer.echo(f"{output}: ask --model {output}")
