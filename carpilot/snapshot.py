"""A picture of the cabin at one instant, for whoever shows it."""

from dataclasses import dataclass
from typing import Literal

from carpilot.vehicle.catalogue import Value
from carpilot.vehicle.state import VehicleState

PlanStatus = Literal["waiting", "queued", "sent", "confirmed", "refused", "not done"]


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
    """Everything there is to show, at one instant of simulation time. `frames` are the latest, oldest first."""

    time_ns: int
    state: VehicleState
    request_text: str = ""
    thought: str = ""
    reply: str = ""
    busy: bool = False
    plan: tuple[PlanRow, ...] = ()
    confirmation: str | None = None
    frames: tuple[FrameRow, ...] = ()
