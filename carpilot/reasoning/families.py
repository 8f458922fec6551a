"""How each family of models wants to be spoken to, and how each server answers: one row each.

Read from the families' model cards and the servers' documentation; how a family writes its calls is for `parse`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from carpilot.errors import UnknownNameError


class System(Enum):
    """Where the instructions stand."""

    SYSTEM = "in a system message"
    FOLDED = "at the head of the driver's message"
    EMPTY = "at the head of the driver's message, after an empty system message"


class Tools(Enum):
    """How a model learns which functions there are."""

    FIELD = "in the request's own field"
    TEXT = "within the instructions, one JSON line each"
    NONE = "it was trained on them, and reads nothing but words and context"


class Thought(Enum):
    """How a thought stands in what a model writes."""

    TAGS = "between <think> and </think>"
    PROSE = "as plain text before the answer"
    NONE = "it does not think before it answers"


@dataclass(frozen=True, slots=True)
class Family:
    """One family of models.

    `sampling` is what its makers recommend; `writes_hermes` says that its own format of calls is Hermes' JSON between tags;
    `is_reasoning_returned`, that it wants its thought back with results.
    """

    system: System = System.SYSTEM
    tools: Tools = Tools.FIELD
    sampling: Mapping[str, float] = field(default_factory=dict)
    limit_field: str = "max_tokens"
    is_reasoning_returned: bool = False
    thought: Thought = Thought.TAGS
    writes_hermes: bool = False


_QWEN = {"temperature": 0.6, "top_p": 0.95}
FAMILIES: Mapping[str, Family] = {
    "mimo": Family(System.EMPTY, sampling=_QWEN, writes_hermes=True),
    "mimo-v2": Family(sampling=_QWEN, is_reasoning_returned=True),
    "o1": Family(System.FOLDED, Tools.TEXT, limit_field="max_completion_tokens"),
    "qwq-preview": Family(tools=Tools.TEXT, sampling=_QWEN, thought=Thought.PROSE),
    "qwq": Family(sampling=_QWEN, writes_hermes=True),
    "qwen3": Family(sampling=_QWEN, writes_hermes=True),
    "deepseek-r1": Family(System.FOLDED, sampling=_QWEN),
    "deepseek-v3": Family(sampling={"temperature": 0.3}, is_reasoning_returned=True),
    "ernie-4.5": Family(sampling=_QWEN, thought=Thought.NONE),
    "ernie-4.5-thinking": Family(sampling=_QWEN),
    "seed-oss": Family(sampling={"temperature": 1.1, "top_p": 0.95}),
    "hunyuan": Family(sampling={"temperature": 0.7, "top_p": 0.8}),
    "carpilot": Family(tools=Tools.NONE, writes_hermes=True),
    "plain": Family(thought=Thought.NONE),
}
"""`carpilot` is the causal twin of the embedded model; `plain` is a model that nothing is known of."""


@dataclass(frozen=True, slots=True)
class Server:
    """One kind of server: whether a call can be demanded, and under what name the thought comes."""

    has_tool_choice: bool = True
    counts_in_stream: bool = True


SERVERS: Mapping[str, Server] = {
    "vllm": Server(),
    "sglang": Server(),
    "llama.cpp": Server(),
    "ollama": Server(has_tool_choice=False),
    "transformers": Server(has_tool_choice=False, counts_in_stream=False),
    "api": Server(),
}
REASONING_FIELDS = ("reasoning_content", "reasoning", "thinking")
"""Names under which servers part the thought from the text: DeepSeek and SGLang, vLLM and Ollama, others."""


def family(name: str) -> Family:
    """Return a family's row. Raises UnknownNameError."""
    if name not in FAMILIES:
        raise UnknownNameError("family of models", name, FAMILIES)
    return FAMILIES[name]


def server(name: str) -> Server:
    """Return a server's row. Raises UnknownNameError."""
    if name not in SERVERS:
        raise UnknownNameError("kind of server", name, SERVERS)
    return SERVERS[name]
