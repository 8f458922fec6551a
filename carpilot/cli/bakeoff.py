"""Architectures side by side: trained alike for the same time, then run on suites, with plain peers beside them.

    python -m carpilot.cli.bakeoff --minutes 25 --corpus public_en_trainable.jsonl --output FOLDER hard public

| name        | what                                                                                        |
|-------------|---------------------------------------------------------------------------------------------|
| decoder     | a decoder from scratch that reads the prompt by its own layers                              |
| encoder     | an encoder started from all-MiniLM-L6-v2, and a small decoder that looks at it              |
| thoughtless | the same, taught to write the calls without a thought before them                           |
| retrieval   | the decoder, with the phrases of the book that are most like the request beside it          |
| baseline    | the calls of the most similar phrase of the book                                            |
| keywords    | what switched things are called                                                             |
| linear      | TF-IDF and a linear classifier over the calls of the phrase book                            |
"""

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from carpilot.reasoning.embedded import CARD, FILES, EmbeddedReasoner, Written, load_embedded, read_card
from carpilot.reasoning.phrases import read_phrase_book
from carpilot.reasoning.reasoner import Control, Reasoner
from carpilot.reasoning.tools import ToolCatalogue
from carpilot.scenario.evaluate import evaluate
from carpilot.scenario.suite import NEVER_ASKED, find_suites, measured_sources, read_suite
from carpilot.training.corpus import Example
from carpilot.training.peers import PEERS
from carpilot.training.train import Dress, Recipe, train
from carpilot.vehicle.catalogue import default_catalogue

RETRIEVAL, THOUGHTLESS = "retrieval", "thoughtless"
DECODER = (("encoder_layers", 0), ("encoder_width", 256), ("width", 256), ("layers", 6), ("inner", 1024))
RECIPES = {
    "decoder": Recipe(from_minilm=False, shape=DECODER),
    "encoder": Recipe(),
    THOUGHTLESS: Recipe(),
    RETRIEVAL: Recipe(from_minilm=False, shape=(*DECODER, ("prompt_length", 192))),
}


class WithExamples(EmbeddedReasoner):
    """A model that reads the phrases most like a request beside it."""

    def __init__(self, folder: Path) -> None:
        from carpilot.training.retrieval import Examples

        super().__init__(folder, read_card(folder))
        self._examples = Examples(read_phrase_book())

    def write(self, words: str, context: str, tools: ToolCatalogue, control: Control) -> Written:
        """Return what the decoder writes."""
        from carpilot.training.retrieval import beside

        (shown,) = self._examples.beside([words], is_training=False)
        return super().write(words, beside(context, shown), tools, control)


def without_thought(examples: Sequence[Example]) -> list[Example]:
    """Return examples whose answers hold the calls, and no thought but one word that tells nothing."""
    return [replace(example, target="so.\n" + example.target.partition("\n")[2]) for example in examples]


def trained(name: str, folder: Path, minutes: float, corpus: Sequence[Path]) -> EmbeddedReasoner:
    """Return a candidate, trained now unless its folder holds it already."""
    recipe = replace(RECIPES[name], minutes=minutes, checkpoint_minutes=2 * minutes)
    if not (folder / CARD).is_file():
        dress: Dress = without_thought if name == THOUGHTLESS else list
        if name == RETRIEVAL:
            from carpilot.training.retrieval import Examples

            dress = Examples(read_phrase_book()).dress
        train(folder, corpus, print, measured_sources(), recipe, dress)
    return WithExamples(folder) if name == RETRIEVAL else load_embedded(folder)


def row_of(name: str, reasoner: Reasoner, suites: Sequence[Path], requests: Path | None) -> dict[str, Any]:
    """Return what a candidate did: accuracy and wrong actions of each suite, latency, size and training time."""
    row: dict[str, Any] = {"name": name}
    for path in suites:
        figures = evaluate(read_suite(path, default_catalogue(), requests), reasoner).summary()
        row |= {f"{path.stem} right": f"{figures['accuracy']:.1%}", f"{path.stem} wrong": figures["wrong_actions"]}
        row |= {f"{path.stem} ms": f"{figures['model_p50_ms']:.0f}, {figures['model_p95_ms']:.0f}"}
    if isinstance(reasoner, EmbeddedReasoner):
        card, folder = reasoner.card, reasoner.folder
        size = sum((folder / file).stat().st_size for file in FILES)
        row |= {"parameters": card["parameters"], "MB": round(size / 1e6, 1), "minutes": card["training"]["minutes"]}
    return row


def main() -> None:
    """Train what is not trained yet, run everything on the suites, and print a line of JSON for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", nargs="+", help="suites that are not kept aside")
    parser.add_argument("--minutes", type=float, default=25.0, help="how long each candidate trains")
    parser.add_argument("--corpus", type=Path, action="append", default=[], help="a file of labelled sentences")
    parser.add_argument("--output", type=Path, required=True, help="a folder for the candidates")
    parser.add_argument(
        "--requests", type=Path, default=os.environ.get("CARPILOT_REQUESTS"), help="folder of public lines"
    )
    parser.add_argument("--only", choices=[*RECIPES, *PEERS], action="append", help="only these candidates")
    given = parser.parse_args()
    if aside := set(given.suites) & set(NEVER_ASKED):
        parser.error(f"{', '.join(aside)} is kept aside: no choice may rest on it")
    suites = find_suites(given.suites)
    for name in given.only or [*RECIPES, *PEERS]:
        reasoner = PEERS[name]() if name in PEERS else trained(name, given.output / name, given.minutes, given.corpus)
        print(json.dumps(row_of(name, reasoner, suites, given.requests)), flush=True)


if __name__ == "__main__":
    main()
