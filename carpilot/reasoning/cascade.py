"""A small model first; where it is unsure, a large one.

The large model is asked only when the small one would have asked back for want of confidence, or wrote nothing that means
something. If the large one cannot be reached, the small one's question stands.
"""

from collections.abc import Sequence

from carpilot.decision import Decision
from carpilot.errors import ModelOutputError, ModelUnavailableError
from carpilot.reasoning.history import Turn
from carpilot.reasoning.reasoner import Control, Reasoner
from carpilot.reasoning.tools import ToolCatalogue
from carpilot.request import Request
from carpilot.vehicle.state import VehicleState


class CascadeReasoner:
    """A Reasoner out of two."""

    def __init__(self, first: Reasoner, second: Reasoner) -> None:
        self.name = f"{first.name}+{second.name}"
        self.first, self.second = first, second
        self.handed_over = 0

    def propose(
        self,
        request: Request,
        state: VehicleState,
        tools: ToolCatalogue,
        history: Sequence[Turn],
        control: Control,
    ) -> Decision:
        """Return the first model's decision if it is sure, or the second one's."""
        decision: Decision | None = None
        try:
            decision = self.first.propose(request, state, tools, history, control)
        except ModelOutputError:
            if control.is_over:
                raise
        if decision is not None and not decision.is_unsure:
            return decision
        self.handed_over += 1
        try:
            return self.second.propose(request, state, tools, history, control)
        except ModelUnavailableError:
            if decision is None:
                raise
            return decision
