"""A fault in words, for the command line and the window: `jam path=Window.Position seconds=5 strength=3 at=10`."""

from carpilot.errors import InputError, UnknownNameError
from carpilot.faults import KINDS, Fault
from carpilot.vehicle.catalogue import Catalogue

DEFAULT_SECONDS = 5.0
NUMBERS = ("seconds", "strength", "at")
NAMES = ("node", "path", "message", "segment")


def parse_fault(text: str, catalogue: Catalogue) -> tuple[float, Fault]:
    """Return after how many seconds a fault begins, and the fault. Raises InputError saying what was wanted.

    Words are parted by spaces or commas; a path may be shortened to its unique end.
    """
    kind, *pairs = text.replace(",", " ").split() or [""]
    if kind not in KINDS:
        raise UnknownNameError("fault", kind, KINDS)
    numbers: dict[str, float] = {"seconds": DEFAULT_SECONDS, "strength": 2, "at": 0}
    names: dict[str, str] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or name not in (*NUMBERS, *NAMES):
            raise InputError(f"a fault wants NAME=VALUE with {', '.join((*NUMBERS, *NAMES))}, not {pair!r}")
        if name in NAMES:
            names[name] = catalogue.ending_in(value) if name == "path" else value
            continue
        try:
            numbers[name] = float(value)
        except ValueError as error:
            raise InputError(f"a fault's {name} is a number, not {value!r}") from error
    return numbers["at"], Fault(kind, numbers["seconds"], strength=int(numbers["strength"]), **names)
