"""Loads a local checkpoint directory with transformers, and runs nothing that the directory brings.

Weights are safetensors only. A config that points to code (`auto_map`) is read and its code left alone: a model type that
transformers knows, or MiMo's, loads all the same, another one is refused. Nothing is looked up on a hub.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carpilot.errors import InputError
from carpilot.files import read_text

MAX_CONFIG_BYTES = 2_000_000
CONFIG, TOKENIZER = "config.json", "tokenizer.json"
_REFUSED_KEYS = ("_attn_implementation_internal", "_experts_implementation_internal")
MTP_KEYS = r"model\.mtp_layers\..*"
INSTALL = "pip install 'carpilot[local]'"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A loaded model with its tokenizer, ready to read."""

    model: Any
    tokenizer: Any
    model_type: str
    context: int


def read_config(folder: Path) -> Mapping[str, Any]:
    """Return a checkpoint's config, checked. Raises InputError on whatever should not be loaded."""
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}")
    path = folder / CONFIG
    try:
        config = json.loads(read_text(path, MAX_CONFIG_BYTES))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no JSON: {error}") from error
    if not isinstance(config, dict) or not isinstance(config.get("model_type"), str):
        raise InputError(f"{path} does not say its model_type")
    for key in _REFUSED_KEYS:
        if key in config:
            raise InputError(f"{path} sets {key}, which can fetch and run code; carpilot does not load it")
    attention = config.get("_attn_implementation", config.get("attn_implementation"))
    if isinstance(attention, str) and "/" in attention:
        raise InputError(f"{path} names the attention code {attention!r} on a hub; carpilot does not fetch code")
    if not any(folder.glob("*.safetensors")):
        other = next((p.name for pattern in ("*.bin", "*.pt", "*.pth", "*.gguf") for p in folder.glob(pattern)), None)
        found = f"; {other} is not loaded" if other else ""
        raise InputError(f"{folder} has no weights as *.safetensors{found}")
    if not (folder / TOKENIZER).is_file():
        raise InputError(f"{folder} lacks {TOKENIZER}")
    return config


def load_checkpoint(folder: Path, quantize: bool = False) -> Checkpoint:
    """Return the model of a directory, on CUDA where there is one, in bfloat16 where the device has it.

    `quantize` loads four-bit weights, with bitsandbytes. Raises InputError with one line on anything that is missing.
    """
    config = read_config(folder)
    try:
        import torch
        import transformers
    except ImportError as error:
        raise InputError(f"a local checkpoint needs torch: {INSTALL}") from error
    _register_mimo(transformers)
    kind = str(config["model_type"])
    if kind not in transformers.models.auto.configuration_auto.CONFIG_MAPPING:
        brings = ", and the code it brings is not run" if "auto_map" in config else ""
        raise InputError(f"transformers {transformers.__version__} does not know the model type {kind!r}{brings}")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    given: dict[str, Any] = {
        "dtype": _dtype(torch, device),
        "device_map": device if device == "cuda" else None,
        "attn_implementation": "sdpa",
    }
    if quantize:
        given["quantization_config"] = _four_bit(torch, transformers)
    closed = {"trust_remote_code": False, "local_files_only": True}
    transformers.utils.logging.disable_progress_bar()
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder), **closed)
        model = transformers.AutoModelForCausalLM.from_pretrained(str(folder), **closed, use_safetensors=True, **given)
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        line = " ".join(str(error).split())[:200]
        raise InputError(f"{folder} cannot be loaded: {line}") from error
    model.eval()
    return Checkpoint(model, tokenizer, kind, int(getattr(model.config, "max_position_embeddings", 32768)))


def _dtype(torch: Any, device: str) -> Any:
    """Return bfloat16 where the device computes in it, else float32."""
    if device == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    flags = Path("/proc/cpuinfo")
    text = flags.read_text(encoding="utf-8") if flags.is_file() else ""
    return torch.bfloat16 if "avx512_bf16" in text or "amx_bf16" in text else torch.float32


def _four_bit(torch: Any, transformers: Any) -> Any:
    try:
        import bitsandbytes  # noqa: F401 # only whether it is there
    except ImportError as error:
        raise InputError("four-bit weights need bitsandbytes: pip install bitsandbytes") from error
    return transformers.BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype=torch.bfloat16)


def _register_mimo(transformers: Any) -> None:
    """Teach transformers MiMo-7B: Qwen2's layers and names, and a draft layer (`mtp_layers`) that is left out."""
    if "mimo" in transformers.models.auto.configuration_auto.CONFIG_MAPPING:
        return

    class MiMoConfig(transformers.Qwen2Config):  # type: ignore[misc] # mypy is told to skip transformers
        model_type = "mimo"

    class MiMoForCausalLM(transformers.Qwen2ForCausalLM):  # type: ignore[misc] # as above
        config_class = MiMoConfig
        _keys_to_ignore_on_load_unexpected = (MTP_KEYS,)

    transformers.AutoConfig.register("mimo", MiMoConfig)
    transformers.AutoModelForCausalLM.register(MiMoConfig, MiMoForCausalLM)
