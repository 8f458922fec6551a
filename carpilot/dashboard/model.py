"""What the dashboard needs of the cabin."""

from typing import Protocol

from carpilot.request import Seat
from carpilot.snapshot import Snapshot
from carpilot.vehicle.catalogue import Value

GEARS: tuple[tuple[str, int], ...] = (("P", 126), ("R", -1), ("N", 0), ("D", 127))
"""The gear letters with VSS's numbers, in the order of the selector."""


class CabinPort(Protocol):
    """The cabin as the dashboard sees it. Nothing here waits for a model or for the bus."""

    def fault_in_words(self, text: str) -> None:
        """Let a part fail, as `carpilot.faults.words` says. Raises InputError."""
        ...

    def snapshot(self) -> Snapshot:
        """Return the picture of this instant."""
        ...

    def advance(self, seconds: float) -> None:
        """Let the simulation run for that much simulation time."""
        ...

    def submit(self, text: str, seat: Seat = Seat.DRIVER) -> None:
        """Hear a request; the model works on it elsewhere."""
        ...

    def answer(self, yes: bool) -> None:
        """Answer the question that is open."""
        ...

    def touch(self, path: str, target: Value) -> None:
        """Ask for a target by hand; it goes the way of a spoken request."""
        ...

    def drive(self, throttle: float, brake: float) -> None:
        """Hold the pedals, each 0 to 1."""
        ...

    def shift(self, gear: int) -> None:
        """Move the selector: 126 P, -1 R, 0 N, 127 D."""
        ...

    def world(self, path: str, value: Value) -> None:
        """Change the world round the car: rain, light, outside temperature, who sits where."""
        ...
