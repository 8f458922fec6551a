"""A causal twin of the embedded model: the same corpus, written as a chat, in a checkpoint that transformers and servers load.

It knows the catalogue by heart, so its prompt is what the embedded model reads, words and context, and no list of functions. Its
architecture is Qwen2's, small; its calls stand in Hermes' form. It is there to hold the backends against each other with a
model that has something to say; the embedded model is better and faster.
"""

import json
import math
import os
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from carpilot.errors import InputError
from carpilot.reasoning.chat import FAMILY_KEY
from carpilot.training.corpus import Corpus, Example
from carpilot.training.train import Report

FAMILY = "carpilot"
SHAPE = {
    "hidden_size": 256,
    "intermediate_size": 768,
    "num_hidden_layers": 6,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "max_position_embeddings": 1024,
    "tie_word_embeddings": True,
}
WORDS, LONGEST, BATCH, POOL = 3000, 320, 48, 12
RATE, WARM_UP_STEPS = 1.5e-3, 100
END, PAD = "<|im_end|>", "<|endoftext|>"
MARKS = (PAD, "<|im_start|>", END)
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def as_chat(example: Example) -> tuple[str, str]:
    """Return an example as the prompt of a chat and the answer to it."""
    thought, _, line = example.target.partition("\n")
    calls = "\n".join(f"<tool_call>\n{json.dumps(call)}\n</tool_call>" for call in json.loads(line))
    prompt = f"<|im_start|>user\n{example.words}\n{example.context}{END}\n<|im_start|>assistant\n"
    return prompt, f"<think>\n{thought}\n</think>\n\n{calls}{END}"


def train_twin(output: Path, corpus: Corpus, report: Report = print, minutes: float = 10.0, seed: int = 1) -> Path:
    """Train a twin and write it as a checkpoint directory. Raises InputError if torch is missing or the folder is not empty."""
    try:
        import torch
        import transformers
    except ImportError as error:
        raise InputError("training needs torch: pip install 'carpilot[train]'") from error
    if output.exists() and any(output.iterdir()):
        raise InputError(f"{output} is not empty; a twin is written to a new folder")
    torch.manual_seed(seed)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    tokenizer = _tokenizer([corpus.one() for _ in range(8000)])
    end = tokenizer.convert_tokens_to_ids(END)
    config = transformers.Qwen2Config(vocab_size=len(tokenizer), eos_token_id=end, **SHAPE)
    model = transformers.Qwen2ForCausalLM(config)
    report(f"{model.num_parameters():,} parameters")
    _learn(model, tokenizer, corpus, report, minutes, Random(seed))
    model.generation_config = transformers.GenerationConfig(do_sample=False, eos_token_id=end, pad_token_id=0)
    model.save_pretrained(str(output))
    tokenizer.save_pretrained(str(output))
    path = output / "config.json"
    written = json.loads(path.read_text(encoding="utf-8")) | {FAMILY_KEY: FAMILY}
    path.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    return output


def _tokenizer(examples: Sequence[Example]) -> Any:
    """Return a byte-level tokenizer of what the examples hold."""
    import tokenizers
    from transformers import PreTrainedTokenizerFast

    model = tokenizers.Tokenizer(tokenizers.models.BPE())
    model.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    model.decoder = tokenizers.decoders.ByteLevel()
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=WORDS, special_tokens=list(MARKS), initial_alphabet=alphabet, show_progress=False
    )
    model.train_from_iterator((text for example in examples for text in as_chat(example)), trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=model, eos_token=END, pad_token=PAD)
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def _learn(model: Any, tokenizer: Any, corpus: Corpus, report: Report, minutes: float, random: Random) -> None:
    import torch

    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.98), weight_decay=0.01)
    begun, step, share = time.monotonic(), 0, 0.0
    model.train()
    while share < 1:
        pool = sorted((as_chat(corpus.one()) for _ in range(BATCH * POOL)), key=lambda pair: len(pair[0] + pair[1]))
        batches = [pool[at : at + BATCH] for at in range(0, len(pool), BATCH)]
        random.shuffle(batches)
        for batch in batches:
            step, share = step + 1, (time.monotonic() - begun) / (60 * minutes)
            if share >= 1:
                break
            for group in optimiser.param_groups:
                group["lr"] = RATE * min(1.0, step / WARM_UP_STEPS) * 0.5 * (1 + math.cos(math.pi * share))
            ids, labels = _padded(tokenizer, batch)
            with torch.autocast("cpu", torch.bfloat16):
                loss = model(input_ids=ids, labels=labels, attention_mask=(ids != 0).long()).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            optimiser.zero_grad()
            if step % 50 == 0:
                report(f"step {step}, {time.monotonic() - begun:.0f} s, loss {loss.item():.4f}")
    model.eval()


def _padded(tokenizer: Any, batch: Sequence[tuple[str, str]]) -> tuple[Any, Any]:
    """Return token ids and labels, [B, T] each; the prompt and the padding have none."""
    import torch

    rows = []
    for prompt, answer in batch:
        read, written = (tokenizer(text, add_special_tokens=False)["input_ids"] for text in (prompt, answer))
        rows.append(((read + written)[:LONGEST], ([-100] * len(read) + written)[:LONGEST]))
    longest = max(len(ids) for ids, _ in rows)
    padded = [(ids + [0] * (longest - len(ids)), labels + [-100] * (longest - len(ids))) for ids, labels in rows]
    return torch.tensor([ids for ids, _ in padded]), torch.tensor([labels for _, labels in padded])
