"""Checkpoints of a few thousand random weights in the layout of each architecture: its config keys, its weights' names."""

import json
from pathlib import Path
from typing import Any

SIZES = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "max_position_embeddings": 32768,
    "tie_word_embeddings": False,
}
MARKS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>", "<tool_call>", "</tool_call>"]
CHATML = """\
{%- if tools %}<|im_start|>system
{% if messages[0].role == 'system' %}{{ messages[0].content }}
{% endif %}<tools>
{%- for tool in tools %}
{{ tool | tojson }}
{%- endfor %}
</tools><|im_end|>
{% elif messages[0].role == 'system' %}<|im_start|>system
{{ messages[0].content }}<|im_end|>
{% endif %}
{%- for message in messages %}
{%- if message.role == 'tool' %}<|im_start|>user
<tool_response>
{{ message.content }}
</tool_response><|im_end|>
{% elif message.role != 'system' %}<|im_start|>{{ message.role }}
{{ message.content }}
{%- for call in message.tool_calls or [] %}
<tool_call>
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments }}}
</tool_call>
{%- endfor %}<|im_end|>
{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""
ARCHITECTURES = {
    "mimo": ("Qwen2Config", {}),
    "qwen2": ("Qwen2Config", {}),
    "qwen3": ("Qwen3Config", {}),
    "ernie4_5": ("Ernie4_5Config", {}),
    "seed_oss": ("SeedOssConfig", {"attention_bias": True, "attention_out_bias": False}),
    "hunyuan_v1_dense": ("HunYuanDenseV1Config", {}),
}


def make_tokenizer(folder: Path, texts: list[str], size: int = 700) -> int:
    """Write a tokenizer trained on texts, and return its size."""
    import tokenizers
    from transformers import PreTrainedTokenizerFast

    model = tokenizers.Tokenizer(tokenizers.models.BPE())
    model.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    model.decoder = tokenizers.decoders.ByteLevel()
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False)
    model.train_from_iterator(texts, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=model, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    plain = [tokenizers.AddedToken(mark, special=False, normalized=False) for mark in MARKS[3:]]
    fast.add_special_tokens({"additional_special_tokens": MARKS[:3]})
    fast.add_tokens(plain)
    fast.chat_template = CHATML
    fast.save_pretrained(str(folder))
    return len(fast)


def make_checkpoint(folder: Path, kind: str, texts: list[str], seed: int = 0, **sizes: Any) -> Path:
    """Write a checkpoint with random weights."""
    import safetensors.torch
    import torch
    import transformers

    folder.mkdir(parents=True, exist_ok=True)
    words = make_tokenizer(folder, texts)
    name, more = ARCHITECTURES[kind]
    config = getattr(transformers, name)(vocab_size=words + 5, eos_token_id=None, **{**SIZES, **more, **sizes})
    torch.manual_seed(seed)
    model = transformers.AutoModelForCausalLM.from_config(config)
    model.save_pretrained(str(folder))
    if kind == "mimo":
        _as_mimo(folder, safetensors.torch)
    return folder


def _as_mimo(folder: Path, safetensors: Any) -> None:
    """Give a checkpoint MiMo-7B's config and its draft layer."""
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config |= {"model_type": "mimo", "architectures": ["MiMoForCausalLM"], "num_nextn_predict_layers": 1}
    config["auto_map"] = {
        "AutoConfig": "configuration_mimo.MiMoConfig",
        "AutoModelForCausalLM": "modeling_mimo.MiMoForCausalLM",
    }
    path.write_text(json.dumps(config), encoding="utf-8")
    weights = safetensors.load_file(str(folder / "model.safetensors"))
    width = config["hidden_size"]
    draft = {name.replace("model.layers.0.", ""): value for name, value in weights.items() if ".layers.0." in name}
    for name, value in draft.items():
        weights[f"model.mtp_layers.0.{name}"] = value.clone()
    norm = weights["model.norm.weight"]
    for name in ("token_layernorm", "hidden_layernorm", "final_layernorm"):
        weights[f"model.mtp_layers.0.{name}.weight"] = norm.clone()
    weights["model.mtp_layers.0.input_proj.weight"] = norm.new_zeros(width, 2 * width)
    safetensors.save_file(weights, str(folder / "model.safetensors"), metadata={"format": "pt"})
    trap = "raise SystemExit('code of a checkpoint was run')\n"
    for name in ("configuration_mimo.py", "modeling_mimo.py"):
        (folder / name).write_text(trap, encoding="utf-8")
