"""A model at work in a thread, so that the car and its window go on meanwhile."""

import threading
from collections.abc import Callable

from carpilot.exchange import Exchange
from carpilot.reasoning.agent import Proposal
from carpilot.reasoning.reasoner import Control

JOIN_WITHIN_S = 5.0


class Thinking:
    """Starts at once. The exchange's thought grows while the model writes it."""

    def __init__(
        self, exchange: Exchange, propose: Callable[[Exchange, Control], Proposal], max_seconds: float
    ) -> None:
        self.exchange = exchange
        self._control = Control(
            lambda piece: setattr(exchange, "thought", exchange.thought + piece), max_seconds=max_seconds
        )
        self._answers: list[Proposal] = []
        self._thread = threading.Thread(
            target=lambda: self._answers.append(propose(exchange, self._control)), daemon=True
        )
        self._thread.start()

    @property
    def is_over(self) -> bool:
        """Whether the thread has ended, with an answer or without."""
        return not self._thread.is_alive()

    @property
    def answer(self) -> Proposal | None:
        """What came out; None where the model failed or was cancelled."""
        return None if self._control.cancelled.is_set() or not self._answers else self._answers[0]

    def cancel(self) -> None:
        """Tell the model to stop; what it still says is not used."""
        self._control.cancelled.set()

    def close(self) -> None:
        """Cancel, and wait for the thread."""
        self.cancel()
        self._thread.join(JOIN_WITHIN_S)
