"""From a trained network to the folder that carpilot loads: two int8 graphs, two vocabularies and the card."""

import hashlib
import json
import shutil
import tempfile
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from carpilot.reasoning.embedded import CARD, FILES, FORMAT
from carpilot.training.network import Network
from carpilot.training.vocabulary import save

_OPSET = 17
# Until a threshold has been fitted, a model that is less sure than this asks.
ASK_BELOW = 0.5
ARCHITECTURES = {
    True: "MiniLM-shaped encoder and small autoregressive decoder with cross-attention, int8",
    False: "autoregressive decoder that reads the prompt by its own layers, int8",
}


class _Encoder(nn.Module):  # type: ignore[misc] # mypy is told to skip torch
    """From word ids [1, S] to the decoder's keys and values of the prompt, [layers, 1, H, S, D] each."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        pairs = self.network.read(ids, ids >= 0)
        return torch.stack([key for key, _ in pairs]), torch.stack([value for _, value in pairs])


class _Decoder(nn.Module):  # type: ignore[misc] # mypy is told to skip torch
    """From new tokens [1, T] and what is known of earlier ones to the logits after the last, [1, tokens]."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, tokens: Tensor, past_keys: Tensor, past_values: Tensor, prompt_keys: Tensor, prompt_values: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        network = self.network
        past, count = past_keys.shape[3], tokens.shape[1]
        steps = torch.arange(past + count)
        hidden = network.token(tokens) + network.step(steps[past:])
        ahead = (steps[None, :] > steps[past:][:, None]).float() * -1e9
        visible = torch.zeros(1, 1, 1, prompt_keys.shape[3])
        keys, values = [], []
        for index, layer in enumerate(network.decoder):
            before = past_keys[index], past_values[index]
            prompt = prompt_keys[index], prompt_values[index]
            hidden, key, value = layer(hidden, before, prompt, (ahead[None, None], visible))
            keys.append(key)
            values.append(value)
        last = network.norm(hidden[:, -1])
        return functional.linear(last, network.token.weight), torch.stack(keys), torch.stack(values)


def _write_graphs(network: Network, folder: Path) -> None:
    """Write both graphs in float32 and then in int8."""
    shape = network.shape
    head = (shape.layers, 1, shape.heads, 5, shape.width // shape.heads)
    network.eval()
    parts: tuple[tuple[str, nn.Module, tuple[Tensor, ...], list[str], list[str], dict[str, dict[int, str]]], ...] = (
        (
            "encoder",
            _Encoder(network),
            (torch.ones(1, 7, dtype=torch.long),),
            ["ids"],
            ["prompt_keys", "prompt_values"],
            {"ids": {1: "s"}, "prompt_keys": {3: "s"}, "prompt_values": {3: "s"}},
        ),
        (
            "decoder",
            _Decoder(network),
            (torch.ones(1, 3, dtype=torch.long), *(torch.zeros(head) for _ in range(4))),
            ["tokens", "past_keys", "past_values", "prompt_keys", "prompt_values"],
            ["logits", "keys", "values"],
            {
                "tokens": {1: "t"},
                "past_keys": {3: "p"},
                "past_values": {3: "p"},
                "prompt_keys": {3: "s"},
                "prompt_values": {3: "s"},
                "keys": {3: "n"},
                "values": {3: "n"},
            },
        ),
    )
    for name, part, example, inputs, outputs, axes in parts:
        whole = folder / f"{name}.float.onnx"
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # the tracing exporter warns of itself and of shapes that stay dynamic
            torch.onnx.export(
                part,
                example,
                str(whole),
                input_names=inputs,
                output_names=outputs,
                dynamic_axes=axes,
                opset_version=_OPSET,
                dynamo=False,
            )
        _quantize(whole, folder / f"{name}.onnx")
        whole.unlink()


def _quantize(source: Path, target: Path) -> None:
    """Write the graph with 7-bit weights in int8, which every processor multiplies without saturating."""
    import logging

    from onnxruntime.quantization import QuantType, quantize_dynamic

    logging.getLogger().setLevel(logging.ERROR)
    quantize_dynamic(
        source,
        target,
        op_types_to_quantize=["MatMul", "Gemm", "Gather"],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
    )


def export(
    network: Network,
    reader: Any,
    writer: Any,
    output: Path,
    described: Mapping[str, Any],
    finish: Callable[[Path], Mapping[str, Any]] = lambda folder: {},
) -> dict[str, Any]:
    """Write a complete model to a folder, replacing what was there, and return its card.

    `finish` is given the folder while it is still aside, and returns what its measuring adds to the card.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.parent))
    try:
        _write_graphs(network, folder)
        save(reader, folder / "reader.json")
        save(writer, folder / "writer.json")
        card = {
            "format": FORMAT,
            "name": "carpilot embedded model",
            "architecture": ARCHITECTURES[network.shape.encoder_layers > 0],
            "shape": network.shape.as_dict(),
            "parameters": network.parameter_count(),
            "licence": "Apache-2.0",
            "ask_below": ASK_BELOW,
            **described,
            "sha256": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES},
        }
        write_card(folder, card)
        card |= finish(folder)
        write_card(folder, card)
        _put_in_place(folder, output)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return card


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Write the card of a model."""
    (folder / CARD).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def _put_in_place(folder: Path, output: Path) -> None:
    folder.chmod(0o755)
    if output.exists():
        old = output.with_name(f".{output.name}-old")
        shutil.rmtree(old, ignore_errors=True)
        output.rename(old)
        folder.rename(output)
        shutil.rmtree(old)
    else:
        folder.rename(output)
