"""A chat model behind an OpenAI-compatible address: vLLM, SGLang, llama.cpp, Ollama, `transformers serve`, a maker's own.

Nothing is sent but to the address that the user named, and a key is read from the environment only. The answer is read as a
stream in a thread of its own, so that a silent server can be left within a twentieth of a second; refused connections, 429
and 5xx are tried again by the client, with growing pauses. What still fails raises ModelUnavailableError with one line.
"""

import os
import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from carpilot.errors import InputError, ModelOutputError, ModelUnavailableError
from carpilot.reasoning.chat import Guide, Message, Schema
from carpilot.reasoning.families import REASONING_FIELDS, Family, Server, Tools
from carpilot.reasoning.parse import Reply, read_reply
from carpilot.reasoning.reasoner import Control

WAIT_S = 0.05
RETRIES = 2
CONNECT_S = 5.0
NO_KEY = "no-key"
MAX_ANSWER_CHARACTERS = 400_000


@dataclass(frozen=True, slots=True)
class Address:
    """Where a model is served, under what name, and the environment variable that holds its key, if it wants one."""

    url: str
    model: str
    key_variable: str | None = None

    def key(self) -> str:
        """Return the key. Raises InputError if it is wanted and not there."""
        if self.key_variable is None:
            return NO_KEY
        key = os.environ.get(self.key_variable, "")
        if not key:
            raise InputError(f"{self.model} wants a key: set the environment variable {self.key_variable}")
        return key


@dataclass(slots=True)
class _Gathered:
    """What has come of an answer so far."""

    text: list[str] = field(default_factory=list)
    thought: list[str] = field(default_factory=list)
    calls: dict[int, dict[str, str]] = field(default_factory=dict)
    characters: int = 0

    def take(self, delta: Any) -> str:
        """Add a piece, and return what of it is thought."""
        thought = ""
        for name in REASONING_FIELDS:
            value = getattr(delta, name, None)
            if isinstance(value, str) and value:
                thought = value
                break
        text = delta.content if isinstance(delta.content, str) else ""
        self.thought.append(thought)
        self.text.append(text)
        self.characters += len(thought) + len(text)
        for position, row in enumerate(delta.tool_calls or ()):
            self._take_call(position if row.index is None else row.index, row)
        return thought

    def _take_call(self, index: int, row: Any) -> None:
        kept = self.calls.setdefault(index, {"name": "", "arguments": ""})
        for part in kept:
            piece = getattr(row.function, part, None) if row.function else None
            if isinstance(piece, str):
                kept[part] += piece
                self.characters += len(piece)

    def reply(self, names: Sequence[str]) -> Reply:
        """Return it as an answer."""
        calls = [{"function": self.calls[index]} for index in sorted(self.calls)]
        return read_reply("".join(self.text), names, "".join(self.thought), calls)


class ServedModel:
    """A ChatModel behind an address."""

    def __init__(
        self,
        name: str,
        address: Address,
        family: Family,
        server: Server,
        max_tokens: int = 2048,
        sampling: Mapping[str, float] | None = None,
        seed: int | None = None,
    ) -> None:
        self.name, self.family, self.address = name, family, address
        self._server, self._max_tokens, self._seed = server, max_tokens, seed
        self._sampling = dict(family.sampling if sampling is None else sampling)
        self._client: Any = None

    def complete(
        self, messages: Sequence[Message], tools: Sequence[Schema], control: Control, guide: Guide | None = None
    ) -> Reply:
        """Return the next answer; see ChatModel. What comes back is checked, not guided."""
        del guide
        gathered, is_whole = _Gathered(), False
        for chunk in self._stream(messages, tools, control):
            usage = getattr(chunk, "usage", None)
            if usage is not None:
                control.tokens_read += usage.prompt_tokens or 0
                control.tokens_written += usage.completion_tokens or 0
            for choice in chunk.choices[:1] if chunk.choices else ():
                is_whole = is_whole or choice.finish_reason is not None
                if choice.delta is not None and (thought := gathered.take(choice.delta)):
                    control.on_thought(thought)
            if gathered.characters > MAX_ANSWER_CHARACTERS:
                raise ModelOutputError("the answer was longer than any answer should be")
        if not is_whole:
            raise ModelUnavailableError(f"{self._where} ended in the middle of an answer")
        return gathered.reply([schema["function"]["name"] for schema in tools])

    def reseed(self, seed: int) -> None:
        """Send a seed with every request from now on; whether a server heeds it is its own affair."""
        self._seed = seed

    def body(self, messages: Sequence[Message], tools: Sequence[Schema]) -> dict[str, Any]:
        """Return what is sent."""
        body: dict[str, Any] = {"model": self.address.model, "messages": list(messages), "stream": True}
        body |= {**self._sampling, self.family.limit_field: self._max_tokens}
        if self._server.counts_in_stream:
            body["stream_options"] = {"include_usage": True}
        if self._seed is not None:
            body["seed"] = self._seed
        if self.family.tools is Tools.FIELD:
            body["tools"] = list(tools)
            if self._server.has_tool_choice:
                body["tool_choice"] = "auto"
        return body

    def _stream(self, messages: Sequence[Message], tools: Sequence[Schema], control: Control) -> Iterator[Any]:
        """Yield the pieces of an answer as they come; leave when told to, even if nothing comes."""
        import openai

        pieces: queue.Queue[Any] = queue.Queue()
        opened: list[Any] = []
        left = threading.Event()
        client, body = self._connected(), self.body(messages, tools)
        patience = openai.Timeout(control.max_seconds, connect=CONNECT_S)

        def read() -> None:
            try:
                stream = client.chat.completions.create(**body, timeout=patience)
                opened.append(stream)
                for piece in stream:
                    if left.is_set():
                        return
                    pieces.put(piece)
                pieces.put(None)
            except Exception as error:  # whatever it is, the other thread must hear of it
                pieces.put(error)

        threading.Thread(target=read, daemon=True).start()
        try:
            while True:
                if control.is_over:
                    raise ModelOutputError("the answer was stopped before its end")
                try:
                    piece = pieces.get(timeout=WAIT_S)
                except queue.Empty:
                    continue
                if piece is None:
                    return
                if isinstance(piece, Exception):
                    problem = self._without_key(self._problem(piece))
                    raise ModelUnavailableError(problem) from None
                yield piece
        finally:
            left.set()
            for stream in opened:
                threading.Thread(target=stream.close, daemon=True).start()

    @property
    def _where(self) -> str:
        return f"{self.address.model} at {self.address.url}"

    def _connected(self) -> Any:
        if self._client is None:
            import openai

            self._client = openai.OpenAI(base_url=self.address.url, api_key=self.address.key(), max_retries=RETRIES)
        return self._client

    def _without_key(self, text: str) -> str:
        return text.replace(self.address.key(), "(the key)") if self.address.key_variable else text

    def _problem(self, error: Exception) -> str:
        """Return one line on why there is no answer."""
        import openai

        where = self._where
        if isinstance(error, openai.APITimeoutError):
            return f"{where} did not answer in time"
        if isinstance(error, openai.APIStatusError):
            return f"{where} answered {error.status_code}: {_short(error.body or error.message)}"
        if isinstance(error, openai.APIConnectionError):
            return f"{where} cannot be reached: {_short(error.__cause__ or error)}"
        return f"{where} sent what is no answer: {_short(error)}"


def _short(what: object) -> str:
    if isinstance(what, Mapping):
        what = what.get("message") or what
    return " ".join(str(what).split())[:160]


def only_model(url: str) -> str:
    """Return the name of the model that an address serves. Raises InputError if it is not there, or serves several."""
    import openai

    client = openai.OpenAI(base_url=url, api_key=NO_KEY, max_retries=0, timeout=CONNECT_S)
    try:
        names = [row.id for row in client.models.list().data]
    except openai.OpenAIError as error:
        raise InputError(f"{url} does not say what it serves: {_short(error.__cause__ or error)}") from error
    if len(names) != 1:
        raise InputError(f"{url} serves {', '.join(names[:8]) or 'no model'}; carpilot takes a server of one model")
    return names[0]
