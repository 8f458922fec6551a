"""The phrases of the book that are most like a request, and the functions that they call.

Likeness is the cosine of TF-IDF over words and pairs of words. A large model that reads only these functions has a far shorter
prompt than one that reads the whole catalogue.
"""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from random import Random

import numpy as np
from numpy.typing import NDArray

from carpilot.reasoning.numbers import with_digits
from carpilot.reasoning.phrases import PhraseBook, expand, fill, parse_calls, read_phrase_book
from carpilot.reasoning.thought import calls_line
from carpilot.reasoning.tools import ToolCatalogue

KEPT_TOOLS, SHOWN, LOOKED_AT = 24, 3, 400
READINGS = 2
"""How often each template is read, with other choices and values."""


def terms(text: str) -> Counter[str]:
    """Return the words of a text and its pairs of neighbours, counted."""
    words = ["^", *"".join(c if c.isalnum() or c in "'." else " " for c in with_digits(text).lower()).split(), "$"]
    return Counter([*words[1:-1], *(f"{a} {b}" for a, b in pairwise(words))])


class Index:
    """Sentences by their terms."""

    def __init__(self, sentences: Sequence[str]) -> None:
        documents = list(map(terms, sentences))
        self._count = len(documents)
        seen = Counter(term for document in documents for term in document)
        self._idf = {term: math.log(self._count / count) for term, count in seen.items()}
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

    def likeness(self, text: str) -> NDArray[np.float64]:
        """Return how like a text each sentence is, 0 to 1."""
        scores = np.zeros(self._count)
        for term, weight in self._weights(terms(text)).items():
            rows, weights = self._index[term]
            scores[rows] += weight * weights
        return scores


class Narrowing:
    """The phrase book as an index, built when it is first asked."""

    def __init__(self, book: PhraseBook | None = None, kept: int = KEPT_TOOLS, seed: int = 1) -> None:
        self._book, self._kept, self._seed = book, kept, seed
        self._index: Index | None = None
        self._rows: list[tuple[str, str]] = []

    def _read(self) -> Index:
        if self._index is None:
            book, random = self._book or read_phrase_book(), Random(self._seed)
            self._rows = [
                fill(expand(template.text, random), template.calls, book.slots, random)
                for template in book.templates
                for _ in range(READINGS)
            ]
            self._index = Index([text for text, _ in self._rows])
        return self._index

    def tools_for(self, words: str, tools: ToolCatalogue) -> ToolCatalogue:
        """Return the catalogue with the functions only that phrases like the words call."""
        scores = self._read().likeness(words)
        names: list[str] = []
        for row in np.argsort(-scores, kind="stable")[:LOOKED_AT]:
            for call in parse_calls(self._rows[row][1]):
                if call.name in tools and call.name not in names:
                    names.append(call.name)
            if len(names) >= self._kept:
                break
        return tools.only(names[: self._kept])

    def examples(self, words: str) -> list[str]:
        """Return the phrases most like the words, each with its calls."""
        scores = self._read().likeness(words)
        best = np.argsort(-scores, kind="stable")[:SHOWN]
        return [f"{self._rows[row][0]} -> {calls_line(parse_calls(self._rows[row][1]))}" for row in best]
