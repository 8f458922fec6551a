"""The embedded model: an int8 encoder and decoder in onnxruntime, one thread, a grammar around every token.

The encoder reads the prompt once. The decoder then writes a thought freely, within a bound, and calls that the grammar
allows; stretches with one continuation are fed in one step, and a grammar is compiled once for equal evidence. The
confidence of a decision comes of the smallest probability, before the grammar, of a token that was chosen among several, in
the thought or in the calls: the calls follow the thought so closely that their own probabilities say little. The card's
calibration turns it into the share of such decisions that are right. A model less sure of an action than its card's threshold
asks; a refusal or an answer moves nothing and stays.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carpilot.decision import Act, Decision
from carpilot.errors import InputError, ModelOutputError
from carpilot.files import asset_folder
from carpilot.reasoning.confidence import read_calibration
from carpilot.reasoning.grammar import Evidence, evidence_in, grammar
from carpilot.reasoning.history import Turn
from carpilot.reasoning.prompt import prompt, told_before
from carpilot.reasoning.reasoner import Control
from carpilot.reasoning.thought import conclusion, read_calls
from carpilot.reasoning.tools import ASK, Call, ToolCatalogue
from carpilot.request import Request
from carpilot.vehicle.state import VehicleState

FORMAT = 1
FILES = ("encoder.onnx", "decoder.onnx", "reader.json", "writer.json")
CARD = "card.json"
END = "<|end|>"
GRAMMARS_KEPT = 64
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Written:
    """What the decoder wrote: the thought, the calls as JSON, and how sure it was of the least certain choice."""

    thought: str
    calls: str
    confidence: float
    tokens: int


class EmbeddedReasoner:
    """A Reasoner that runs in this process. Build it with `load_embedded`."""

    def __init__(self, folder: Path, card: Mapping[str, Any]) -> None:
        import llguidance
        import tokenizers

        self.name, self.folder = folder.resolve().name, folder
        self.card = card
        self.ask_below = float(card["ask_below"])
        self.calibration = read_calibration(card.get("calibration"))
        self._shape: Mapping[str, int] = card["shape"]
        self._encoder = _session(folder / "encoder.onnx")
        self._decoder = _session(folder / "decoder.onnx")
        self._reader = tokenizers.Tokenizer.from_file(str(folder / "reader.json"))
        writer = (folder / "writer.json").read_text(encoding="utf-8")
        self._writer = tokenizers.Tokenizer.from_str(writer)
        end = self._writer.token_to_id(END)
        if end is None:
            raise InputError(f"{folder / 'writer.json'} lacks the token {END}")
        self._end = end
        self._newline: int = self._writer.encode("\n").ids[0]
        self._tools: ToolCatalogue | None = None
        self._matchers: dict[Evidence, Any] = {}
        self._bytes = llguidance.LLTokenizer(writer, eos_token=self._end)

    def propose(
        self,
        request: Request,
        state: VehicleState,
        tools: ToolCatalogue,
        history: Sequence[Turn],
        control: Control,
    ) -> Decision:
        """Return what should be done; a question if the model is less sure of an action than its threshold."""
        words, context = prompt(request, state, history)
        written = self.write(words, context, tools, control)

        wanted = read_calls(written.calls)
        thought = written.thought + conclusion(wanted)
        control.on_thought(conclusion(wanted))

        def decide(calls: Sequence[Call]) -> Decision:
            return tools.decide(calls, state, request.seat, thought, written.confidence, history)

        decision = decide(wanted)
        is_unsure = decision.act is Act.COMMAND and written.confidence < self.ask_below
        return replace(decide([Call(ASK, {"about": "what"})]), is_unsure=True) if is_unsure else decision

    def write(self, words: str, context: str, tools: ToolCatalogue, control: Control) -> Written:
        """Return what the decoder writes for a prompt. Raises ModelOutputError if it is stopped before the end."""
        from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

        matcher = self._matcher(tools, evidence_in(words, told_before(context)))
        pen = _Pen(self._encoder, self._decoder, self._shape, self._encode(words, context))
        mask = allocate_token_bitmask(1, int(self._shape["tokens"]))
        written: list[int] = []
        chunk, confidence, in_calls = [self._end], 1.0, False
        limit = min(control.max_tokens, int(self._shape["answer_length"]) - 1)
        while not matcher.is_stopped():
            if len(written) >= limit or control.is_over:
                raise ModelOutputError("the answer was stopped before its end")
            logits = pen.write(chunk)
            fill_next_token_bitmask(matcher, mask, 0)
            legal = np.unpackbits(mask.view(np.uint8), bitorder="little")[: logits.size].astype(bool)
            token = int(np.where(legal, logits, -np.inf).argmax())
            if legal.sum() > 1:
                probability = _probability(logits, token)
                # Two wordings of one thought may share what one of them would have: doubt there weighs less.
                confidence = min(confidence, probability if in_calls else math.sqrt(probability))
            forced = self._accept(matcher, token)
            chunk = [token, *forced]
            written += chunk
            if not in_calls:
                in_calls = self._newline in chunk
                control.on_thought(self._writer.decode(chunk[: chunk.index(self._newline)] if in_calls else chunk))
        text = self._writer.decode([token for token in written if token != self._end])
        thought, _, calls = text.partition("\n")
        return Written(thought.strip(), calls, self.calibration.of(confidence), len(written))

    def _matcher(self, tools: ToolCatalogue, evidence: Evidence) -> Any:
        """Return a matcher of the grammar; what was compiled for equal evidence is used again."""
        from llguidance import LLMatcher

        if tools is not self._tools:
            self._tools, self._matchers = tools, {}
        matcher = self._matchers.pop(evidence, None)
        if matcher is None:
            matcher = LLMatcher(self._bytes, LLMatcher.grammar_from_lark(grammar(tools, evidence)))
            if matcher.is_error():
                raise ModelOutputError(f"the grammar cannot be used: {matcher.get_error()}")
        self._matchers[evidence] = matcher
        if len(self._matchers) > GRAMMARS_KEPT:
            del self._matchers[next(iter(self._matchers))]
        return matcher.deep_copy()

    def _accept(self, matcher: Any, token: int) -> list[int]:
        """Take a token into the grammar, and return the tokens that must follow it."""
        matcher.consume_token(token)
        if matcher.is_stopped():
            return []
        forced: list[int] = matcher.compute_ff_tokens()
        if forced:
            matcher.consume_tokens(forced)
        return forced

    def _encode(self, words: str, context: str) -> list[int]:
        """Return the prompt's ids; words that are too many are cut in favour of the context."""
        limit = int(self._shape["prompt_length"])
        ids: list[int] = self._reader.encode(words, context).ids
        if len(ids) <= limit:
            return ids
        tail = self._reader.encode("", context).ids[1:]
        return ids[: limit - len(tail)] + list(tail)


class _Pen:
    """One answer being written: the prompt's keys and values, and those of the tokens so far."""

    def __init__(self, encoder: Any, decoder: Any, shape: Mapping[str, int], ids: Sequence[int]) -> None:
        self._decoder = decoder
        keys, values = encoder.run(None, {"ids": np.array([ids], dtype=np.int64)})
        nothing: Floats = np.zeros(
            (shape["layers"], 1, shape["heads"], 0, shape["width"] // shape["heads"]), np.float32
        )
        self._feed = {"prompt_keys": keys, "prompt_values": values, "past_keys": nothing, "past_values": nothing}

    def write(self, tokens: Sequence[int]) -> Floats:
        """Return the logits after the last of some new tokens."""
        ids = np.array([tokens], dtype=np.int64)
        logits, keys, values = self._decoder.run(None, {**self._feed, "tokens": ids})
        self._feed |= {"past_keys": keys, "past_values": values}
        last: Floats = logits[0]
        return last


def _probability(logits: Floats, token: int) -> float:
    powers = np.exp(logits - logits.max())
    return float(powers[token] / powers.sum())


def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises classes of its own that it does not export
        raise InputError(f"{path} is no graph that onnxruntime can run: {error}") from error


def read_card(folder: Path) -> Mapping[str, Any]:
    """Return the card of a model whose files are all there and unchanged. Raises InputError otherwise."""
    path = folder / CARD
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        sums: Mapping[str, str] = card["sha256"]
        missing = [key for key in ("format", "ask_below", "shape") if key not in card]
    except OSError as error:
        raise InputError(f"there is no model in {folder}: {CARD} cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not the card of a model: {error}") from error
    if missing or card["format"] != FORMAT:
        raise InputError(f"{path} is a card of format {card.get('format')!r}; this version reads format {FORMAT}")
    for name in FILES:
        file = folder / name
        if not file.is_file():
            raise InputError(f"the model in {folder} lacks {name}")
        if hashlib.sha256(file.read_bytes()).hexdigest() != sums.get(name):
            raise InputError(f"{file} is not the file that the card describes (its SHA-256 differs)")
    result: Mapping[str, Any] = card
    return result


def load_embedded(folder: Path | None = None) -> EmbeddedReasoner:
    """Return the model in a folder, by default the one that ships. Raises InputError if files are missing or changed."""
    folder = folder or asset_folder("models", "embedded")
    return EmbeddedReasoner(folder, read_card(folder))
