"""Every error that carpilot raises on purpose.

CarpilotError
├── InputError            the user's file, option or value is wrong: one line, exit status 2
│   ├── UnknownNameError  a path, tool, model or message that does not exist
│   └── DisplayError      there is no display to open a window on
├── ModelOutputError      a model produced something that is not a decision; says what it should read next
│   └── StepLimitError    it had as many steps as it may have, and decided nothing
├── ModelUnavailableError a model cannot be reached, or gave no answer; nothing was decided
└── WireError             bytes on the bus that cannot be meant: length, counter, CRC
"""

import difflib
from collections.abc import Iterable


class CarpilotError(Exception):
    """Base of all errors raised on purpose."""


class InputError(CarpilotError):
    """The user's file, option or value cannot be used."""


class UnknownNameError(InputError):
    """A name that does not exist; the message shows the nearest names that do."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = list(known)
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.4) or sorted(names)[:6]
        super().__init__(f"no {kind} {name!r}; there is {', '.join(near) if near else 'none'}")


class DisplayError(InputError):
    """No window can be opened here."""


class ModelOutputError(CarpilotError):
    """A model's output is not a decision. The message is written for the model to read."""


class StepLimitError(ModelOutputError):
    """A model has used up its steps without a decision."""


class ModelUnavailableError(CarpilotError):
    """A model gave no answer: its server is not there, is too slow, or failed. One line says which."""


class WireError(CarpilotError):
    """A frame whose bytes cannot be accepted."""
