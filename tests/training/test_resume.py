"""Training goes on from a written model: what was written is read back, and its words keep their rows."""

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs torch, which only the train extra brings")
pytest.importorskip("onnx", reason="training needs onnx, which only the train extra brings")

import torch
from tokenizers import Tokenizer

from carpilot.reasoning.embedded import load_embedded
from carpilot.training.export import export
from carpilot.training.network import Network, Shape
from carpilot.training.resume import go_on_from, weights_of
from carpilot.training.vocabulary import reader_from_texts, writer_from_texts

SIZES = {"encoder_width": 48, "encoder_layers": 2, "encoder_heads": 4, "encoder_inner": 96}
SIZES |= {"width": 32, "layers": 2, "heads": 2, "inner": 64}


def _words(texts: list[str]) -> tuple[Tokenizer, Tokenizer]:
    return reader_from_texts(texts, 200), writer_from_texts(texts, 400)


def _network(reader: Tokenizer, writer: Tokenizer, seed: int, **sizes: int) -> Network:
    torch.manual_seed(seed)
    network = Network(Shape(words=reader.get_vocab_size(), tokens=writer.get_vocab_size(), **{**SIZES, **sizes}))
    with torch.no_grad():  # as after training, no two parts are alike
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return network


def test_a_written_model_goes_on(tmp_path: Path) -> None:
    old_words, new_words = _words(["open the window"]), _words(["open the window", "fold the mirrors"])
    old, new = _network(*old_words, seed=1), _network(*new_words, seed=2)
    export(old, *old_words, tmp_path / "old", {})

    taken = go_on_from(new, *new_words, tmp_path / "old")

    parameters = dict(new.named_parameters())
    assert taken == len(parameters)
    for name, parameter in old.named_parameters():
        if name not in ("word.weight", "token.weight"):
            assert torch.allclose(parameters[name], parameter, atol=0.02), name
    row, before = (words[0].token_to_id("window") for words in (new_words, old_words))
    assert torch.allclose(new.word.weight[row], old.word.weight[before], atol=0.02)


def test_given_more_layers_when_it_goes_on_then_they_change_nothing_yet(tmp_path: Path) -> None:
    words = _words(["open the window"])
    export(_network(*words, seed=1), *words, tmp_path / "old", {})
    alike, deeper = (_network(*words, seed=2, layers=layers).eval() for layers in (2, 4))

    for network in (alike, deeper):
        go_on_from(network, *words, tmp_path / "old")

    ids, tokens = torch.tensor([[3, 5, 7]]), torch.tensor([[0, 2, 4]])
    one, other = (network(ids, ids > 0, tokens) for network in (alike, deeper))
    assert torch.allclose(one, other, atol=1e-6)
    with torch.no_grad():
        deeper.decoder[3].outer.bias.add_(torch.randn_like(deeper.decoder[3].outer.bias))
    assert not torch.allclose(one, deeper(ids, ids > 0, tokens), atol=1e-3)


def test_every_weight_of_the_shipped_model_is_found() -> None:
    model = load_embedded()
    folder = Path(__file__).parents[2] / "assets" / "models" / "embedded"

    weights = weights_of(folder)

    for name, parameter in Network(Shape(**model.card["shape"])).named_parameters():
        assert weights[name].shape == parameter.shape, name
