"""Training that goes on from a model that ships: its graphs' weights, read back from int8, by the network's own names.

A matrix lies transposed in the graph, under the name of the node that multiplies with it; everything else lies under its
parameter's name. Rows of the word tables are matched by their pieces, since a new corpus brings new ones.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from carpilot.training.network import Network

_PROMPT_KEYS = re.compile(r"cross_key_value(?:_(\d+))?")
_ADDED = re.compile(r"decoder\.\d+\.(self_out|cross_out|outer)\.(weight|bias)")
_GRAPHS = ("encoder.onnx", "decoder.onnx")


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    """Return the weights of a model's two graphs, by parameter name, as float32."""
    import onnx
    from onnx import numpy_helper

    found: dict[str, torch.Tensor] = {}
    for graph in (onnx.load(str(folder / name)).graph for name in _GRAPHS):
        values = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
        for name in values:
            if name.startswith("network.") and not name.endswith(("_scale", "_zero_point")):
                found[name.removeprefix("network.").removesuffix("_quantized")] = _plain(values, name)
        for node in graph.node:
            matrix = next((name for name in node.input if name in values and name.endswith("_quantized")), None)
            if node.op_type == "MatMulInteger" and matrix:
                found[f"{_part(node.name)}.weight"] = _plain(values, matrix).T
    return found


def _part(node: str) -> str:
    """Return the part of the network that a node belongs to: `/encoder.0/query/MatMul_quant` is `encoder.0.query`."""
    part = node.strip("/").removesuffix("/MatMul_quant").replace("/", ".")
    # The decoder's view of the prompt is computed in the encoder's graph, outside its layers' own scope.
    layer = _PROMPT_KEYS.fullmatch(part)
    return f"decoder.{layer[1] or 0}.cross_key_value" if layer else part


def _plain(values: dict[str, Any], name: str) -> torch.Tensor:
    """Return one initializer as float32, with its scale and zero point applied where it has them."""
    stem = name.removesuffix("_quantized")
    value = values[name].astype(np.float32)
    if stem != name:
        value = (value - values[f"{stem}_zero_point"].astype(np.float32)) * values[f"{stem}_scale"]
    return torch.from_numpy(np.ascontiguousarray(value))


def go_on_from(network: Network, reader: Tokenizer, writer: Tokenizer, folder: Path) -> int:
    """Give a new network the weights of a model of the same widths, and return how many parameters got theirs.

    Layers of the decoder that the model has not begin as ones that change nothing.
    """
    weights = weights_of(folder)
    tables = {"word.weight": ("reader.json", reader), "token.weight": ("writer.json", writer)}
    taken = 0
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name in tables:
                file, ours = tables[name]
                _take_rows(parameter, weights[name], Tokenizer.from_file(str(folder / file)), ours)
                taken += 1
            elif name in weights and weights[name].shape == parameter.shape:
                parameter.copy_(weights[name])
                taken += 1
            elif name not in weights and _ADDED.fullmatch(name):
                parameter.zero_()
    return taken


def _take_rows(table: Any, theirs: torch.Tensor, old: Tokenizer, new: Tokenizer) -> None:
    """Copy the rows of pieces that both vocabularies have; other rows stay as they were."""
    for piece, row in new.get_vocab().items():
        before = old.token_to_id(piece)
        if before is not None:
            table[row].copy_(theirs[before])
