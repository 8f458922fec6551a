"""The network: a sentence encoder of MiniLM's shape, and a small decoder that writes while looking at it.

Encoder: 6 layers of width 384, post-norm, as in BERT, so that the published weights of all-MiniLM-L6-v2 can start it.
Decoder: width 256, pre-norm, tied output. With no encoder layers the decoder reads the prompt itself, by the same layers
that write, and looks back at it as at what it wrote.
Shapes: batch B, prompt S, answer T, cached past P, layers L, heads H, head D.
"""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

FAR_BELOW = -1e9
"""What is added to a score that shall not count."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of the network."""

    words: int
    tokens: int
    encoder_width: int = 384
    encoder_layers: int = 6
    encoder_heads: int = 12
    encoder_inner: int = 1536
    prompt_length: int = 96
    width: int = 256
    layers: int = 4
    heads: int = 4
    inner: int = 768
    answer_length: int = 192

    def as_dict(self) -> dict[str, int]:
        """Return the sizes by name."""
        return asdict(self)


class EncoderLayer(nn.Module):  # type: ignore[misc] # mypy is told to skip torch
    """One layer as in BERT: attention, then a feed-forward part, each followed by its norm."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.encoder_width
        self.heads = shape.encoder_heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.out = nn.Linear(width, width)
        self.attention_norm = nn.LayerNorm(width, eps=1e-12)
        self.inner = nn.Linear(width, shape.encoder_inner)
        self.outer = nn.Linear(shape.encoder_inner, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)

    def forward(self, hidden: Tensor, mask: Tensor, dropout: float) -> Tensor:
        """Return the hidden states, [B, S, width]; `mask` is added to the scores."""
        q, k, v = (_heads(part(hidden), self.heads) for part in (self.query, self.key, self.value))
        seen = _attend(q, k, v, mask)
        rate = dropout if self.training else 0.0
        hidden = self.attention_norm(hidden + dropped(self.out(seen), rate))
        inside = self.outer(functional.gelu(self.inner(hidden)))
        return self.norm(hidden + dropped(inside, rate))


class DecoderLayer(nn.Module):  # type: ignore[misc] # mypy is told to skip torch
    """One layer: look back at what was written, look at the prompt, think."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.heads = shape.heads
        self.has_encoder = shape.encoder_layers > 0
        self.self_norm, self.inner_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.self_out = nn.Linear(width, width)
        if self.has_encoder:
            self.cross_norm = nn.LayerNorm(width)
            self.cross_query = nn.Linear(width, width)
            self.cross_key_value = nn.Linear(shape.encoder_width, 2 * width)
            self.cross_out = nn.Linear(width, width)
        self.inner = nn.Linear(width, shape.inner)
        self.outer = nn.Linear(shape.inner, width)

    def prompt_keys(self, encoded: Tensor) -> tuple[Tensor, Tensor]:
        """Return keys and values of the prompt, [B, H, S, D] each."""
        key, value = self.cross_key_value(encoded).chunk(2, dim=-1)
        return _heads(key, self.heads), _heads(value, self.heads)

    def forward(
        self,
        hidden: Tensor,
        past: tuple[Tensor, Tensor] | None,
        prompt: tuple[Tensor, Tensor] | None,
        masks: tuple[Tensor, Tensor],
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the hidden states and the keys and values written so far, [B, H, P+T, D].

        `masks` are of what was written and of the prompt; without a prompt the layer reads one.
        """
        q, k, v = (_heads(p, self.heads) for p in self.query_key_value(self.self_norm(hidden)).chunk(3, dim=-1))
        if past is not None:
            k, v = torch.cat([past[0], k], dim=2), torch.cat([past[1], v], dim=2)
        if prompt is None or self.has_encoder:
            seen = _attend(q, k, v, masks[0])
        else:
            known = torch.cat([prompt[0], k], dim=2), torch.cat([prompt[1], v], dim=2)
            seen = _attend(q, *known, _side_by_side(masks[1], masks[0]))
        hidden = hidden + self.self_out(seen)
        if prompt is not None and self.has_encoder:
            looking = _heads(self.cross_query(self.cross_norm(hidden)), self.heads)
            hidden = hidden + self.cross_out(_attend(looking, *prompt, masks[1]))
        return hidden + self.outer(functional.gelu(self.inner(self.inner_norm(hidden)))), k, v


class Network(nn.Module):  # type: ignore[misc] # mypy is told to skip torch
    """Encoder and decoder together."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.word = nn.Embedding(shape.words, shape.encoder_width)
        self.place = nn.Embedding(shape.prompt_length, shape.encoder_width)
        self.word_norm = nn.LayerNorm(shape.encoder_width, eps=1e-12)
        self.encoder = nn.ModuleList(EncoderLayer(shape) for _ in range(shape.encoder_layers))
        self.token = nn.Embedding(shape.tokens, shape.width)
        self.step = nn.Embedding(shape.answer_length, shape.width)
        self.decoder = nn.ModuleList(DecoderLayer(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width)
        self.dropout = 0.1
        for embedding in (self.word, self.place, self.token, self.step):
            nn.init.normal_(embedding.weight, std=0.02)

    def encode(self, ids: Tensor, is_word: Tensor) -> Tensor:
        """Return the encoded prompt, [B, S, width]; `is_word` is false on padding."""
        places = torch.arange(ids.shape[1], device=ids.device)
        hidden = self.word_norm(self.word(ids) + self.place(places))
        mask = padding_mask(is_word)
        for layer in self.encoder:
            hidden = layer(hidden, mask, self.dropout)
        return hidden

    def read(self, ids: Tensor, is_word: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Return keys and values of the prompt for each layer that writes, [B, H, S, D]; `is_word` is false on padding."""
        hidden = self.encode(ids, is_word)
        if self.shape.encoder_layers:
            return [layer.prompt_keys(hidden) for layer in self.decoder]
        pairs, mask = [], padding_mask(is_word)
        for layer in self.decoder:
            hidden, key, value = layer(hidden, None, None, (mask, mask))
            pairs.append((key, value))
        return pairs

    def write(self, tokens: Tensor, prompt: list[tuple[Tensor, Tensor]], is_word: Tensor) -> Tensor:
        """Return the logits of each next token, [B, T, tokens], while training."""
        length = tokens.shape[1]
        hidden = self.token(tokens) + self.step(torch.arange(length))
        causal = torch.full((length, length), FAR_BELOW).triu(1)
        masks = causal[None, None], padding_mask(is_word)
        for layer, pair in zip(self.decoder, prompt, strict=True):
            hidden, _, _ = layer(hidden, None, pair, masks)
            hidden = dropped(hidden, self.dropout if self.training else 0.0)
        return functional.linear(self.norm(hidden), self.token.weight)

    def forward(self, ids: Tensor, is_word: Tensor, tokens: Tensor) -> Tensor:
        """Return the logits of each next token, [B, T, tokens]."""
        return self.write(tokens, self.read(ids, is_word), is_word)

    def parameter_count(self) -> int:
        """Return how many weights there are."""
        return sum(parameter.numel() for parameter in self.parameters())


def dropped(hidden: Tensor, rate: float) -> Tensor:
    """Return hidden states, [B, S, width], of which a share is zero; which ones is drawn once for the whole batch.

    Drawing for each example of its own takes a tenth of the time of a training step.
    """
    if rate == 0.0:
        return hidden
    kept = (torch.rand(hidden.shape[1:]) >= rate).to(hidden.dtype) / (1 - rate)
    return hidden * kept


def padding_mask(is_word: Tensor) -> Tensor:
    """Return what is added to scores, [B, 1, 1, S]: nothing on words, a large negative number on padding."""
    return ((~is_word).float() * FAR_BELOW)[:, None, None, :]


def _side_by_side(prompt: Tensor, written: Tensor) -> Tensor:
    """Return one mask, [B, 1, T, S+P], of a mask of the prompt, [B, 1, 1, S], and one of what is written, [1, 1, T, P]."""
    rows, length = written.shape[-2:]
    return torch.cat([prompt.expand(-1, -1, rows, -1), written.expand(prompt.shape[0], 1, rows, length)], dim=-1)


def _heads(hidden: Tensor, heads: int) -> Tensor:
    batch, length, width = hidden.shape
    return hidden.view(batch, length, heads, width // heads).transpose(1, 2)


def _attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2) + mask.to(query.dtype)
    seen = torch.softmax(scores, dim=-1) @ value
    batch, heads, length, width = seen.shape
    return seen.transpose(1, 2).reshape(batch, length, heads * width)


def load_minilm(network: Network, weights: dict[str, Any], kept: list[int]) -> None:
    """Start the encoder from all-MiniLM-L6-v2; `kept` are the rows of its word table that the vocabulary keeps."""
    rows = "embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight"
    kind = weights["embeddings.token_type_embeddings.weight"][0]
    with torch.no_grad():
        network.word.weight.copy_(weights[rows[0]][kept])
        network.place.weight.copy_(weights[rows[1]][: network.shape.prompt_length] + kind)
        _copy(network.word_norm, weights, "embeddings.LayerNorm")
        names = {
            "query": "attention.self.query",
            "key": "attention.self.key",
            "value": "attention.self.value",
            "out": "attention.output.dense",
            "attention_norm": "attention.output.LayerNorm",
            "inner": "intermediate.dense",
            "outer": "output.dense",
            "norm": "output.LayerNorm",
        }
        for index, layer in enumerate(network.encoder):
            for ours, theirs in names.items():
                _copy(getattr(layer, ours), weights, f"encoder.layer.{index}.{theirs}")


def _copy(part: Any, weights: dict[str, Any], name: str) -> None:
    part.weight.copy_(weights[f"{name}.weight"])
    part.bias.copy_(weights[f"{name}.bias"])
