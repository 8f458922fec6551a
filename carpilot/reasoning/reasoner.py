"""The seam behind which every model stands.

An embedded decoder, an encoder-decoder, a 7-billion-parameter chat model and a script for tests differ only behind it.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from carpilot.decision import Decision
from carpilot.reasoning.history import Turn
from carpilot.reasoning.tools import ToolCatalogue
from carpilot.request import Request
from carpilot.vehicle.state import VehicleState


@dataclass(slots=True)
class Control:
    """How a running model is watched and stopped.

    `on_thought` receives each new piece of the thought while it is made. A reasoner looks at `cancelled` at least every
    100 ms of work and then returns; it stops by itself after `max_tokens` or `max_seconds`. `feedback` is what was wrong with
    the attempt before.
    """

    on_thought: Callable[[str], None] = lambda piece: None
    cancelled: threading.Event = field(default_factory=threading.Event)
    feedback: str = ""
    max_tokens: int = 512
    max_seconds: float = 30.0


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
