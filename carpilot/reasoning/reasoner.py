"""The seam behind which every model stands.

An embedded decoder, an encoder-decoder, a 7-billion-parameter chat model and a script for tests differ only behind it.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from carpilot.decision import Decision
from carpilot.reasoning.history import Turn
from carpilot.reasoning.tools import ToolCatalogue
from carpilot.request import Request
from carpilot.vehicle.state import VehicleState

THINK_SECONDS = 30.0
"""How long a model may take for one request, unless the user allows more or less."""


@dataclass(slots=True)
class Control:
    """How a running model is watched and stopped.

    `on_thought` receives each new piece of the thought while it is made. A reasoner looks at `cancelled` at least every
    100 ms of work and then returns; it stops by itself after `max_tokens` or `max_seconds`. `feedback` is what was wrong with
    the attempt before. A model that counts its tokens adds them up in `tokens_read` and `tokens_written`.
    """

    on_thought: Callable[[str], None] = lambda piece: None
    cancelled: threading.Event = field(default_factory=threading.Event)
    feedback: str = ""
    max_tokens: int = 512
    max_seconds: float = THINK_SECONDS
    tokens_read: int = 0
    tokens_written: int = 0
    begun_s: float = field(default_factory=time.monotonic)

    @property
    def is_over(self) -> bool:
        """Whether the model should stop: it was told to, or its time is up."""
        return self.cancelled.is_set() or time.monotonic() > self.begun_s + self.max_seconds


class Reasoner(Protocol):
    """Turns words and the car's state into a decision. It never sees a bus."""

    name: str

    def propose(
        self,
        request: Request,
        state: VehicleState,
        tools: ToolCatalogue,
        history: Sequence[Turn],
        control: Control,
    ) -> Decision:
        """Return what should be done. Raises ModelOutputError if the model says nothing that can be understood."""
        ...
