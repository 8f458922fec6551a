"""The plain peer that a model is measured against: the calls of the most similar sentence of the phrase book.

Similarity is the cosine of TF-IDF over words and pairs of words, among single phrases drawn from the phrase book. It
knows no grammar and no state; where no sentence is similar enough it asks.
"""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from random import Random

import numpy as np
from numpy.typing import NDArray

from carpilot.decision import Decision
from carpilot.reasoning.history import Turn
from carpilot.reasoning.numbers import with_digits
from carpilot.reasoning.reasoner import Control
from carpilot.reasoning.thought import read_calls
from carpilot.reasoning.tools import ASK, Call, ToolCatalogue
from carpilot.request import Request
from carpilot.training.corpus import Corpus
from carpilot.training.phrases import read_phrase_book
from carpilot.vehicle.state import VehicleState

SENTENCES = 20_000
ASK_BELOW = 0.3


def _terms(text: str) -> Counter[str]:
    words = ["^", *"".join(c if c.isalnum() or c in "'." else " " for c in with_digits(text).lower()).split(), "$"]
    return Counter([*words[1:-1], *(f"{a} {b}" for a, b in pairwise(words))])


class Baseline:
    """A Reasoner without a model."""

    name = "baseline"

    def __init__(self, seed: int = 1) -> None:
        corpus = Corpus(read_phrase_book(), (), frozenset(), Random(seed))
        examples = [corpus.plain() for _ in range(SENTENCES)]
        self._answers = [example.target.partition("\n")[2] for example in examples]
        documents = [_terms(example.words) for example in examples]
        seen = Counter(term for document in documents for term in document)
        self._idf = {term: math.log(SENTENCES / count) for term, count in seen.items()}
        places: dict[str, list[tuple[int, float]]] = {}
        for index, document in enumerate(documents):
            for term, weight in self._weights(document).items():
                places.setdefault(term, []).append((index, weight))
        self._index: dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]] = {
            term: (np.array([i for i, _ in rows]), np.array([w for _, w in rows])) for term, rows in places.items()
        }

    def _weights(self, document: Counter[str]) -> dict[str, float]:
        """Return unit-length TF-IDF weights of the terms that are known."""
        raw = {term: count * self._idf[term] for term, count in document.items() if term in self._idf}
        length = math.sqrt(sum(weight**2 for weight in raw.values())) or 1.0
        return {term: weight / length for term, weight in raw.items()}

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
        scores = np.zeros(SENTENCES)
        for term, weight in self._weights(_terms(request.text)).items():
            rows, weights = self._index[term]
            scores[rows] += weight * weights
        best = int(scores.argmax())
        similarity = float(scores[best])
        calls = read_calls(self._answers[best]) if similarity >= ASK_BELOW else (Call(ASK, {"about": "what"}),)
        thought = f"most similar sentence, {similarity:.2f}"
        control.on_thought(thought)
        return tools.decide(calls, state, request.seat, thought, similarity)
