"""Which models can reason here, by name."""

from dataclasses import dataclass

from carpilot.errors import InputError, UnknownNameError
from carpilot.reasoning.reasoner import Reasoner

DEFAULT = "embedded"
NAMES = (DEFAULT,)


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """One model and whether it can be used now; `hint` says what is missing and how to get it."""

    name: str
    backend: str
    description: str
    is_ready: bool
    hint: str


def load_reasoner(name: str = DEFAULT) -> Reasoner:
    """Return a model ready to reason. Raises InputError if it does not exist or lacks something."""
    if name not in NAMES:
        raise UnknownNameError("model", name, NAMES)
    from carpilot.reasoning.embedded import load_embedded

    return load_embedded()


def statuses() -> tuple[ModelStatus, ...]:
    """Return every known model with its state."""
    try:
        load_reasoner(DEFAULT)
    except InputError as error:
        hint = f"{error}; `carpilot train` builds it"
        return (ModelStatus(DEFAULT, "onnxruntime", "the small transformer that ships with carpilot", False, hint),)
    return (ModelStatus(DEFAULT, "onnxruntime", "the small transformer that ships with carpilot", True, ""),)
