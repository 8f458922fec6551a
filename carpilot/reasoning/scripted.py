"""A Reasoner that says what a script says: for tests, and for replays whose model is part of the scenario."""

from collections.abc import Mapping, Sequence

from carpilot.decision import Decision
from carpilot.errors import ModelOutputError
from carpilot.reasoning.history import Turn
from carpilot.reasoning.reasoner import Control
from carpilot.reasoning.tools import Call, ToolCatalogue
from carpilot.request import Request
from carpilot.vehicle.state import VehicleState


class ScriptedReasoner:
    """Answers each known sentence with the calls written for it. Raises ModelOutputError on others."""

    name = "scripted"

    def __init__(self, script: Mapping[str, Sequence[Call]], thought: str = "as the script says") -> None:
        self._script = dict(script)
        self._thought = thought

    def propose(
        self,
        request: Request,
        state: VehicleState,
        tools: ToolCatalogue,
        history: Sequence[Turn],
        control: Control,
    ) -> Decision:
        """Return the decision that the script holds for these words."""
        if request.text not in self._script:
            raise ModelOutputError(f"the script has no line for {request.text!r}")
        control.on_thought(self._thought)
        return tools.decide(self._script[request.text], state, request.seat, self._thought, 1.0, history)
