"""What the dashboard shows, and what it needs of the cabin."""

from dataclasses import dataclass
from typing import Literal, Protocol

from carpilot.request import Seat
from carpilot.vehicle.catalogue import Value
from carpilot.vehicle.state import VehicleState

PlanStatus = Literal["waiting", "queued", "sent", "confirmed", "refused", "not done"]

GEARS: tuple[tuple[str, int], ...] = (("P", 126), ("R", -1), ("N", 0), ("D", 127))
"""The gear letters with VSS's numbers, in the order of the selector."""


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One command of the request: `old` → `target`, how far it has come, and the frame that confirmed it, after how long."""

    path: str
    old: Value | None
    target: Value
    status: PlanStatus
    detail: str = ""
    frame_id: int | None = None
    milliseconds: float | None = None


@dataclass(frozen=True, slots=True)
class FrameRow:
    """One frame as it passed the bus. `request` is the number of the request that caused it."""

    time_ns: int
    segment: str
    arbitration_id: int
    name: str
    data: bytes
    request: int | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that the dashboard shows, at one instant of simulation time. `frames` are the latest, oldest first."""

    time_ns: int
    state: VehicleState
    request_text: str = ""
    thought: str = ""
    reply: str = ""
    busy: bool = False
    plan: tuple[PlanRow, ...] = ()
    confirmation: str | None = None
    frames: tuple[FrameRow, ...] = ()


class CabinPort(Protocol):
    """The cabin as the dashboard sees it. Nothing here waits for a model or for the bus."""

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
