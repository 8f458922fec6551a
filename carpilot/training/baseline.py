"""The plain peer that a model is measured against: the calls of the most similar sentence of the phrase book.

Similarity is the cosine of TF-IDF over words and pairs of words, among single phrases drawn from the phrase book. It
knows no grammar and no state; where no sentence is similar enough it asks.
"""

from collections.abc import Sequence
from random import Random

from carpilot.decision import Decision
from carpilot.reasoning.history import Turn
from carpilot.reasoning.phrases import read_phrase_book
from carpilot.reasoning.reasoner import Control
from carpilot.reasoning.retrieval import Index
from carpilot.reasoning.thought import read_calls
from carpilot.reasoning.tools import ASK, Call, ToolCatalogue
from carpilot.request import Request
from carpilot.training.corpus import Corpus
from carpilot.vehicle.state import VehicleState

SENTENCES = 30_000
ASK_BELOW = 0.3


class Baseline:
    """A Reasoner without a model."""

    name = "baseline"

    def __init__(self, seed: int = 1) -> None:
        corpus = Corpus(read_phrase_book(), (), frozenset(), Random(seed))
        examples = [corpus.plain() for _ in range(SENTENCES)]
        self._answers = [example.target.partition("\n")[2] for example in examples]
        self._index = Index([example.words for example in examples])

    def propose(
        self,
        request: Request,
        state: VehicleState,
        tools: ToolCatalogue,
        history: Sequence[Turn],
        control: Control,
    ) -> Decision:
        """Return the calls of the most similar sentence, or a question."""
        del history
        scores = self._index.likeness(request.text)
        best = int(scores.argmax())
        similarity = float(scores[best])
        calls = read_calls(self._answers[best]) if similarity >= ASK_BELOW else (Call(ASK, {"about": "what"}),)
        thought = f"most similar sentence, {similarity:.2f}"
        control.on_thought(thought)
        return tools.decide(calls, state, request.seat, thought, similarity)
