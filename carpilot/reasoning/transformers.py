"""A chat model out of a local checkpoint, decoded here: thought within a budget, then calls under a grammar.

What the last prompt and this one begin with alike is not read again: rules and functions stand first, so from the second
request on only the car's state and the words are new. The thought is drawn freely, as the family recommends; the calls are
the likeliest ones that the catalogue and the words allow, and stretches with one continuation are fed in one step. A running
forward pass is left between two layers, so that even a model of seconds a token stops at once.
"""

import inspect
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from carpilot.errors import ModelOutputError
from carpilot.reasoning.chat import Guide, Message, Schema
from carpilot.reasoning.checkpoint import Checkpoint
from carpilot.reasoning.families import Family, Thought, Tools
from carpilot.reasoning.grammar import MAX_GRAMMAR_CALLS, call_grammar, calls_grammar
from carpilot.reasoning.parse import Reply, read_reply
from carpilot.reasoning.reasoner import Control

READ_AT_ONCE = 256
"""Tokens of a prompt that are read in one step."""
CLOSE_THOUGHT, OPEN_CALL, CLOSE_CALL = "</think>", "<tool_call>\n", "\n</tool_call>"
THOUGHT_TOKENS, CALL_TOKENS = 1024, 512


class _StoppedError(Exception):
    """A forward pass was left."""


@dataclass(slots=True)
class Timing:
    """What the last answer took: tokens read anew and found read before, written ones, and seconds."""

    read: int = 0
    kept: int = 0
    written: int = 0
    read_s: float = 0.0
    write_s: float = 0.0


class LocalModel:
    """A ChatModel that runs in this process."""

    def __init__(
        self,
        name: str,
        checkpoint: Checkpoint,
        family: Family,
        thought_tokens: int = THOUGHT_TOKENS,
        seed: int = 0,
    ) -> None:
        import llguidance.hf
        import torch

        self.name = name
        # A family whose own format of calls is not Hermes' is asked for one line of JSON, which the grammar then holds.
        self.family = family if family.writes_hermes else replace(family, tools=Tools.TEXT)
        self.timing = Timing()
        self._model, self._tokenizer = checkpoint.model, checkpoint.tokenizer
        self._context, self._thought_tokens = checkpoint.context, thought_tokens
        self._vocabulary = int(self._model.get_output_embeddings().weight.shape[0])
        self._bytes = llguidance.hf.from_tokenizer(self._tokenizer, n_vocab=self._vocabulary)
        self._random = torch.Generator().manual_seed(seed)
        self._ends = self._end_tokens()
        named = inspect.signature(self._model.forward).parameters  # transformers 5 gives the cache a new name
        self._cache_name = "cache" if "cache" in named else "past_key_values"
        self._cache: Any = None
        self._read: list[int] = []
        self._control = Control()
        for layer in self._model.model.layers:
            layer.register_forward_pre_hook(self._look_whether_to_stop)

    def complete(
        self, messages: Sequence[Message], tools: Sequence[Schema], control: Control, guide: Guide | None = None
    ) -> Reply:
        """Return the next answer; see ChatModel."""
        import torch

        self._control, self.timing = control, Timing()
        prompt, is_opened = self._prompt(messages, tools)
        room = self._context - len(prompt)
        if room < CALL_TOKENS:
            raise ModelOutputError(f"the prompt of {len(prompt)} tokens leaves no room in a context of {self._context}")
        try:
            with torch.inference_mode():
                logits = self._read_prompt(prompt)
                thought, logits = self._think(logits, is_opened, min(self._thought_tokens, room - CALL_TOKENS))
                text = self._write_calls(logits, guide) if guide else self._write_freely(logits)
        except _StoppedError:
            raise ModelOutputError("the answer was stopped before its end") from None
        control.tokens_read += len(prompt)
        control.tokens_written += self.timing.written
        names = [schema["function"]["name"] for schema in tools]
        return read_reply(text, names, thought)

    def reseed(self, seed: int) -> None:
        """Let what is drawn from now on follow from a seed."""
        self._random.manual_seed(seed)

    def _end_tokens(self) -> frozenset[int]:
        """Return the tokens that end an answer."""
        given = self._model.generation_config.eos_token_id
        found = {self._tokenizer.eos_token_id, *(given if isinstance(given, list) else [given])}
        return frozenset(token for token in found if token is not None)

    def _prompt(self, messages: Sequence[Message], tools: Sequence[Schema]) -> tuple[list[int], bool]:
        """Return the prompt's tokens, and whether it has opened the thought."""
        given = list(tools) if self.family.tools is Tools.FIELD else None
        text: str = self._tokenizer.apply_chat_template(
            list(messages), tools=given, add_generation_prompt=True, tokenize=False
        )
        ids: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids, text.rstrip().endswith("<think>")

    # Reading and writing tokens

    def _look_whether_to_stop(self, *_: Any) -> None:
        if self._control.is_over:
            raise _StoppedError

    def _feed(self, tokens: Sequence[int]) -> Any:
        """Return the logits after tokens, [vocabulary], which are kept in the cache."""
        import torch

        ids = torch.tensor([list(tokens)], device=self._model.device)
        try:
            out = self._model(input_ids=ids, use_cache=True, logits_to_keep=1, **{self._cache_name: self._cache})
        except _StoppedError:
            self._keep(len(self._read))  # some layers have taken the tokens, others have not
            raise
        self._read += tokens
        return out.logits[0, -1].float()

    def _keep(self, count: int) -> None:
        """Let the cache hold the first tokens only, or nothing where its layers cannot be cut."""
        layers = self._cache.layers if self._cache is not None else []
        if not all(type(layer).__name__ == "DynamicLayer" for layer in layers):
            count = 0
        if count == 0 or not layers:
            from transformers import DynamicCache

            self._cache, self._read = DynamicCache(config=self._model.config), []
            return
        for layer in layers:
            if layer.get_seq_length() > count:
                layer.keys, layer.values = layer.keys[..., :count, :], layer.values[..., :count, :]
        self._read = self._read[:count]

    def _read_prompt(self, prompt: list[int]) -> Any:
        """Return the logits after a prompt, of which only what differs from the last one is read."""
        begun = time.perf_counter()
        alike = next((i for i, (a, b) in enumerate(zip(self._read, prompt, strict=False)) if a != b), len(self._read))
        self._keep(min(alike, len(prompt) - 1))
        self.timing.kept = len(self._read)
        logits = None
        for at in range(len(self._read), len(prompt), READ_AT_ONCE):
            logits = self._feed(prompt[at : at + READ_AT_ONCE])
        self.timing.read = len(prompt) - self.timing.kept
        self.timing.read_s = time.perf_counter() - begun
        return logits

    def _draw(self, logits: Any) -> int:
        """Return a token drawn as the family recommends, or the likeliest one."""
        import torch

        sampling = self.family.sampling
        if not sampling.get("temperature"):
            return int(logits.argmax())
        ordered, tokens = torch.softmax(logits.cpu() / sampling["temperature"], dim=-1).sort(descending=True)
        before = ordered.cumsum(0) - ordered
        ordered = torch.where(before < sampling.get("top_p", 1.0), ordered, 0.0)
        return int(tokens[torch.multinomial(ordered, 1, generator=self._random)])

    def _written(self, text: str) -> Any:
        """Return the logits after a text that stands firm."""
        tokens = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        self.timing.written += len(tokens)
        return self._feed(tokens)

    def _drawn(self, logits: Any, budget: int) -> Iterator[tuple[str, Any]]:
        """Yield pieces of text as they are drawn, each with the logits after it, until an end or the budget."""
        pending: list[int] = []
        begun = time.perf_counter()
        for _ in range(budget):
            token = self._draw(logits)
            if token in self._ends:
                break
            pending.append(token)
            logits = self._feed([token])
            self.timing.written += 1
            piece = self._tokenizer.decode(pending, skip_special_tokens=False)
            if not piece.endswith("\N{REPLACEMENT CHARACTER}"):
                yield piece, logits
                pending = []
        self.timing.write_s += time.perf_counter() - begun

    def _think(self, logits: Any, is_opened: bool, budget: int) -> tuple[str, Any]:
        """Return a thought within the budget, and the logits after it and its closing tag."""
        if self.family.thought is Thought.NONE:
            return "", logits
        if self.family.thought is Thought.PROSE:
            return self._think_aloud(logits, budget)
        if not is_opened:
            logits = self._written("<think>\n")
        text = ""
        for piece, after in self._drawn(logits, budget):
            text, logits = text + piece, after
            if CLOSE_THOUGHT in text or OPEN_CALL.strip() in text:
                break
            self._control.on_thought(piece)
        if CLOSE_THOUGHT not in text:
            return text.partition(OPEN_CALL.strip())[0].strip(), self._written(f"\n{CLOSE_THOUGHT}\n\n")
        return text.partition(CLOSE_THOUGHT)[0].strip(), self._written("\n\n")

    def _think_aloud(self, logits: Any, budget: int) -> tuple[str, Any]:
        """Return a thought that ends where its model begins to write calls, or to end."""
        text = ""
        for piece, after in self._drawn(logits, budget):
            text, logits = text + piece, after
            if "[{" in text:
                break
            self._control.on_thought(piece)
        return text.partition("[{")[0].strip(), self._written("\n\n")

    def _write_freely(self, logits: Any) -> str:
        return "".join(piece for piece, _ in self._drawn(logits, CALL_TOKENS))

    # Calls under a grammar

    def _write_calls(self, logits: Any, guide: Guide) -> str:
        """Return the likeliest calls that the grammar allows, in the family's form."""
        begun = time.perf_counter()
        if not self.family.writes_hermes:
            text = self._guided(logits, calls_grammar(guide.tools, guide.evidence))[0]
            self.timing.write_s += time.perf_counter() - begun
            return text
        lark, texts = call_grammar(guide.tools, guide.evidence), []
        while True:
            logits = self._written(OPEN_CALL)
            text, _ = self._guided(logits, lark)
            texts.append(f"{OPEN_CALL}{text}{CLOSE_CALL}")
            logits = self._written(CLOSE_CALL)
            more = self._tokenizer(f"\n{OPEN_CALL}", add_special_tokens=False)["input_ids"][0]
            ends = max(float(logits[token]) for token in self._ends)
            if len(texts) == MAX_GRAMMAR_CALLS or float(logits[more]) <= ends:
                break
        self.timing.write_s += time.perf_counter() - begun
        return "\n".join(texts)

    def _guided(self, logits: Any, lark: str) -> tuple[str, Any]:
        """Return the likeliest text of a grammar, and the logits after it."""
        import torch
        from llguidance import LLMatcher
        from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

        matcher = LLMatcher(self._bytes, LLMatcher.grammar_from_lark(lark))
        mask = allocate_token_bitmask(1, self._vocabulary)
        tokens: list[int] = []
        while not matcher.is_stopped() and len(tokens) < CALL_TOKENS:
            fill_next_token_bitmask(matcher, mask, 0)
            legal = np.unpackbits(mask.view(np.uint8), bitorder="little")[: logits.shape[0]].astype(bool)
            illegal = torch.from_numpy(~legal).to(logits.device)
            token = int(logits.masked_fill(illegal, float("-inf")).argmax())
            if not matcher.consume_token(token):
                raise ModelOutputError(f"the grammar refused its own token: {matcher.get_error()}")
            forced = list(matcher.compute_ff_tokens())
            if forced and not matcher.consume_tokens(forced):
                raise ModelOutputError("the grammar refused its own continuation")
            fed = [t for t in (token, *forced) if t not in self._ends]
            tokens += fed
            if fed:
                logits = self._feed(fed)
        self.timing.written += len(tokens)
        return self._tokenizer.decode(tokens, skip_special_tokens=True), logits
