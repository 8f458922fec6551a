"""What a model decided, and what the gate said to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from carpilot.vehicle.catalogue import Value


@dataclass(frozen=True, slots=True)
class Command:
    """Set one actuator's target. `call` is the tool call it belongs to; a side effect is one the catalogue adds."""

    path: str
    target: Value
    call: int = 0
    is_side_effect: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One function with its arguments, as a model wrote it."""

    name: str
    arguments: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{name}={value}' for name, value in self.arguments.items())})"


class Act(Enum):
    """What kind of decision it is."""

    COMMAND = "command"
    ASK = "ask"
    REFUSE = "refuse"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Decision:
    """The model's thought, and either commands, a question, a refusal or an answer.

    `reply` is what is spoken for ASK and REFUSE; `about` are the paths whose actual values answer. `confidence` is the
    model's own probability of the least certain choice, 0 to 1, or None where the model gives none.
    """

    act: Act
    thought: str = ""
    commands: tuple[Command, ...] = ()
    reply: str = ""
    about: tuple[str, ...] = ()
    confidence: float | None = None
    calls: tuple[Call, ...] = ()
    is_unsure: bool = False


class Outcome(Enum):
    """ALLOW, CONFIRM or DENY: nothing else."""

    ALLOW = "allow"
    CONFIRM = "confirm"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of one command: the outcome, the rule that decided, and the sentence the driver hears."""

    outcome: Outcome
    rule: str
    reason: str = ""
