"""Training: from the phrase book, and corpus files if there are any, to a folder of files that carpilot loads."""

import math
import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from carpilot.errors import InputError
from carpilot.reasoning.embedded import CARD, FILES, load_embedded
from carpilot.reasoning.phrases import PhraseBook, held_out, read_phrase_book
from carpilot.training.corpus import Corpus, Example, Labelled, take
from carpilot.training.labels import read_corpora, sources

Report = Callable[[str], None]
Dress = Callable[[Sequence[Example]], list[Example]]
MINILM = {"weights": "sentence-transformers/all-MiniLM-L6-v2", "licence": "Apache-2.0"}
BATCH = 64
POOL = 12
READ_TO_WRITTEN = 2.0
"""What a letter costs where it is read, against one that is written: batches are sorted by it."""
LENGTH_STEP = 8
"""Batches are padded to a multiple of this: for each new size the processor's kernels are made anew, which takes longer."""
ENCODER_RATE, DECODER_RATE = 2e-4, 1.5e-3
# A decoder that can write already learns new functions at a gentler rate, and forgets less.
GO_ON_SHARE = 0.7
# The lowest layers of a started encoder know English already; leaving them alone is faster and forgets less.
FROZEN_LAYERS = 2
WARM_UP_STEPS = 150
CALL_WEIGHT, THOUGHT_WEIGHT = 1.0, 0.5
WRITER_SIZE, SCRATCH_READER_SIZE = 1600, 4000
EXAMPLES_FOR_VOCABULARY = 20_000
LABELLED_KEPT_BACK = 0.08


@dataclass(frozen=True, slots=True)
class Recipe:
    """How long and from what to train. `shape` overrides sizes of the network, for tests; `start` is the folder of a
    model whose weights training goes on from."""

    minutes: float = 30.0
    seed: int = 1
    max_steps: int = 1_000_000
    from_minilm: bool = True
    start: Path | None = None
    shape: tuple[tuple[str, int], ...] = ()
    checkpoint_minutes: float = 8.0
    examples_to_measure: int = 1200


def train(
    output: Path,
    corpus_files: Sequence[Path] = (),
    report: Report = print,
    holdout: Collection[str] = (),
    recipe: Recipe | None = None,
    dress: Dress = list,
) -> dict[str, Any]:
    """Train a model, write it to a folder and return its card.

    `corpus_files` are JSON lines of labelled sentences; those whose source is in `holdout` are not used. Needs the `train`
    extra; without the package of all-MiniLM-L6-v2 the encoder starts from nothing. `dress` may put something beside the
    examples before they are read. Raises InputError if torch is missing,
    or a folder holds what it should not, or not what it should.
    """
    try:
        import torch
    except ImportError as error:
        raise InputError("training needs torch: pip install 'carpilot[train]'") from error
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "8192")
    _check_output(output)
    recipe = recipe or Recipe()
    _check_start(recipe.start)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(recipe.seed)
    data = _Data.read(corpus_files, holdout, recipe.seed)
    report(f"{data.facts['templates']} templates, {data.facts['labelled_sentences']} labelled sentences")
    session = _Session(data.seen(recipe.seed), recipe, report, dress)
    card: dict[str, Any] = {}
    for progress in session.run():
        facts = {**data.facts, "seed": recipe.seed, **progress, **session.origin}
        card = _write(session, data, output, facts)
        report(f"written to {output} at step {progress['steps']}: {card['figures']}")
    return card


def _check_output(output: Path) -> None:
    """Raise InputError if writing a model would replace anything else than a model."""
    if not output.exists():
        return
    names = {path.name for path in output.iterdir()} if output.is_dir() else {output.name}
    if others := sorted(names - {*FILES, CARD}):
        raise InputError(f"{output} holds {others[0]}; a model is written to a new folder, or over another model")


def _check_start(start: Path | None) -> None:
    """Raise InputError if there is no model to go on from."""
    if start is not None and (missing := next((name for name in FILES if not (start / name).is_file()), None)):
        raise InputError(f"{start} has no {missing}; training goes on from a folder that `carpilot train` has written")


def _write(session: "_Session", data: "_Data", output: Path, facts: dict[str, Any]) -> dict[str, Any]:
    """Write the model as it is, measure what was written, and return its card."""
    from carpilot.training.export import export
    from carpilot.training.measure import measure

    recipe = session.recipe

    def finish(folder: Path) -> dict[str, Any]:
        count = recipe.examples_to_measure
        seen = session.dress(take(data.seen(recipe.seed + 2).one, count // 2))
        unseen = session.dress(take(data.unseen(recipe.seed + 3).one, count))
        return measure(load_embedded(folder), seen, unseen)

    described = {"data": [*session.start, *data.sources], "training": facts}
    return export(session.network, session.reader, session.writer, output, described, finish)


@dataclass(frozen=True, slots=True)
class _Data:
    """The phrase book and the labelled sentences, each parted into what trains and what is kept back."""

    book: PhraseBook
    left_out: frozenset[str]
    labelled: tuple[Labelled, ...]
    labelled_left_out: tuple[Labelled, ...]
    sources: list[dict[str, Any]]
    facts: dict[str, Any]

    @classmethod
    def read(cls, corpus_files: Sequence[Path], holdout: Collection[str], seed: int) -> "_Data":
        """Read everything and part it."""
        book = read_phrase_book()
        left_out = held_out(book.templates, seed)
        labelled = list(read_corpora(corpus_files, holdout))
        Random(seed).shuffle(labelled)
        kept_back = int(len(labelled) * LABELLED_KEPT_BACK)
        own = {"corpus": "carpilot phrase book", "licence": "Apache-2.0", "templates": len(book.templates)}
        facts = {
            "templates": len(book.templates),
            "templates_kept_back": len(left_out),
            "labelled_sentences": len(labelled),
            "labelled_sentences_kept_back": kept_back,
        }
        parts = tuple(labelled[kept_back:]), tuple(labelled[:kept_back])
        return cls(book, left_out, *parts, [own, *sources(labelled)], facts)

    def seen(self, seed: int) -> Corpus:
        """Return what trains."""
        return Corpus(self.book, self.labelled, self.left_out, Random(seed))

    def unseen(self, seed: int) -> Corpus:
        """Return what is kept back."""
        return Corpus(self.book, self.labelled_left_out, self.left_out, Random(seed), only_left_out=True)


class _Session:
    """A network, its vocabularies and its optimiser."""

    def __init__(self, corpus: Corpus, recipe: Recipe, report: Report, dress: Dress = list) -> None:
        import torch

        from carpilot.training import vocabulary
        from carpilot.training.network import Network, Shape, load_minilm

        self._corpus, self.recipe, self._report, self.dress = corpus, recipe, report, dress
        first = dress([corpus.one() for _ in range(EXAMPLES_FOR_VOCABULARY)])
        texts = [f"{example.words} {example.context}" for example in first]
        self.writer = vocabulary.writer_from_texts([example.target for example in first], WRITER_SIZE)
        folder = vocabulary.minilm_folder() if recipe.from_minilm else None
        self.origin = {"encoder_started_from": MINILM["weights"] if folder else "nothing"}
        self.start = [MINILM] if folder else []
        kept: list[int] = []
        if folder is None:
            self.reader = vocabulary.reader_from_texts(texts, SCRATCH_READER_SIZE)
        else:
            self.reader, kept = vocabulary.reader_from_minilm(folder, texts)
        sizes = {"words": self.reader.get_vocab_size(), "tokens": self.writer.get_vocab_size(), **dict(recipe.shape)}
        self.network = Network(Shape(**sizes))
        if folder is not None:
            load_minilm(self.network, vocabulary.start_weights(folder), kept)
        if recipe.start is not None:
            from carpilot.training.resume import go_on_from

            taken = go_on_from(self.network, self.reader, self.writer, recipe.start)
            self.origin |= {"went_on_from": f"a model written before, {taken} parameters"}
        report(f"{self.network.parameter_count():,} parameters, encoder from {self.origin['encoder_started_from']}")
        groups = self._parameter_groups(started=folder is not None)
        self._optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
        self._rates = [group["lr"] for group in self._optimiser.param_groups]
        # Sums and products in bfloat16, where the processor has them, take a third of the time of float32.
        is_fast = torch.backends.mkldnn.is_available()
        self._working = deepcopy(self.network).to(torch.bfloat16 if is_fast else torch.float32)
        self._end = vocabulary.id_of(self.writer, vocabulary.END)

    def _parameter_groups(self, started: bool) -> list[dict[str, Any]]:
        network = self.network
        layers = network.encoder[FROZEN_LAYERS:] if started else network.encoder
        frozen = [network.word, network.place, network.word_norm, *network.encoder[:FROZEN_LAYERS]]
        for part in frozen if started else ():
            part.requires_grad_(False)
        encoder = [parameter for layer in layers for parameter in layer.parameters()]
        known = {id(parameter) for parameter in encoder}
        others = [p for p in network.parameters() if id(p) not in known and p.requires_grad]
        rate = ENCODER_RATE if started else DECODER_RATE / 2
        share = GO_ON_SHARE if self.recipe.start else 1.0
        return [{"params": encoder, "lr": rate * share}, {"params": others, "lr": DECODER_RATE * share}]

    def run(self) -> Iterator[dict[str, Any]]:
        """Train, and yield the progress each time the model should be written; the last time at the end."""

        begun = saved = time.monotonic()
        allowed_s = self.recipe.minutes * 60
        seen, loss_mean, step = 0, 0.0, 0
        self._working.train()
        for step, batch in enumerate(self._batches(), start=1):
            share = max((time.monotonic() - begun) / allowed_s, step / self.recipe.max_steps)
            scale = min(1.0, step / WARM_UP_STEPS) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))
            for group, rate in zip(self._optimiser.param_groups, self._rates, strict=True):
                group["lr"] = rate * scale
            loss = self._loss(batch)
            loss.backward()
            self._step()
            seen += len(batch)
            loss_mean += (loss.item() - loss_mean) * (0.02 if step > 50 else 1 / step)
            if step % 50 == 0:
                self._report(f"step {step}, {seen} examples, {time.monotonic() - begun:.0f} s, loss {loss_mean:.4f}")
            if share >= 1:
                break
            if time.monotonic() - saved > self.recipe.checkpoint_minutes * 60:
                saved = time.monotonic()
                yield self._progress(step, seen, begun, loss_mean)
        yield self._progress(step, seen, begun, loss_mean)

    def _step(self) -> None:
        """Take an optimiser's step with the gradients of the working copy, and renew the copy."""
        import torch

        pairs = [
            (kept, working)
            for kept, working in zip(self.network.parameters(), self._working.parameters(), strict=True)
            if working.grad is not None
        ]
        for kept, working in pairs:
            kept.grad, working.grad = working.grad.float(), None
        torch.nn.utils.clip_grad_norm_([kept for kept, _ in pairs], 1.0)
        self._optimiser.step()
        with torch.no_grad():
            for kept, working in pairs:
                working.copy_(kept)

    def _progress(self, step: int, seen: int, begun: float, loss: float) -> dict[str, Any]:
        minutes = round((time.monotonic() - begun) / 60, 1)
        return {"steps": step, "examples": seen, "minutes": minutes, "training_loss": round(loss, 4)}

    def _batches(self) -> Iterator[list[Example]]:
        """Yield batches of examples of like length."""
        random = Random(self.recipe.seed + 1)
        while True:
            pool = self.dress([self._corpus.one() for _ in range(BATCH * POOL)])
            pool.sort(key=lambda x: READ_TO_WRITTEN * (len(x.words) + len(x.context)) + len(x.target))
            batches = [pool[at : at + BATCH] for at in range(0, len(pool), BATCH)]
            random.shuffle(batches)
            yield from batches

    def _loss(self, batch: Sequence[Example]) -> Any:
        import torch

        shape = self.network.shape
        prompts = [
            e.ids[: shape.prompt_length] for e in self.reader.encode_batch([(x.words, x.context) for x in batch])
        ]
        answers = [e.ids[: shape.answer_length - 1] for e in self.writer.encode_batch([x.target for x in batch])]
        ids, is_word = _padded(prompts, 0, shape.prompt_length)
        tokens, _ = _padded([[self._end, *answer] for answer in answers], self._end, shape.answer_length)
        wanted, _ = _padded([[*answer, self._end] for answer in answers], -100, shape.answer_length)
        logits = self._working(ids, is_word, tokens)
        flat = torch.nn.functional.cross_entropy(logits.float().flatten(0, 1), wanted.flatten(), reduction="none")
        losses = flat.view_as(wanted)
        newline = self.writer.encode("\n").ids[0]
        in_call = (wanted == newline).cumsum(1) > 0
        weights = torch.where(in_call, CALL_WEIGHT, THOUGHT_WEIGHT) * (wanted >= 0)
        return (losses * weights).sum() / weights.sum()


def _padded(rows: Sequence[Sequence[int]], filler: int, longest: int) -> tuple[Any, Any]:
    """Return rows as one tensor, padded, and where it is no padding."""
    import torch

    length = min(longest, -(-max(map(len, rows)) // LENGTH_STEP) * LENGTH_STEP)
    table = torch.full((len(rows), length), filler, dtype=torch.long)
    is_real = torch.zeros((len(rows), length), dtype=torch.bool)
    for index, row in enumerate(rows):
        table[index, : len(row)] = torch.tensor(row)
        is_real[index, : len(row)] = True
    return table, is_real
