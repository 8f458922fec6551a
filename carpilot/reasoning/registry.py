"""Which models can reason here, by name."""

from dataclasses import dataclass
from pathlib import Path

from carpilot.errors import InputError
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
    """Return a model ready to reason: one of `NAMES`, or the folder of one that `carpilot train` wrote.

    Raises InputError if it does not exist or lacks something.
    """
    from carpilot.reasoning.embedded import CARD, load_embedded

    if name in NAMES:
        return load_embedded()
    folder = Path(name)
    if (folder / CARD).is_file():
        return load_embedded(folder)
    raise InputError(f"no model {name!r}; there is {', '.join(NAMES)}, or the folder of a trained one with its {CARD}")


def statuses() -> tuple[ModelStatus, ...]:
    """Return every known model with its state."""
    try:
        load_reasoner(DEFAULT)
    except InputError as error:
        hint = f"{error}; `carpilot train` builds it"
        return (ModelStatus(DEFAULT, "onnxruntime", "the small transformer that ships with carpilot", False, hint),)
    return (ModelStatus(DEFAULT, "onnxruntime", "the small transformer that ships with carpilot", True, ""),)
