"""What a fault is, and the part of a car that it means."""

from collections.abc import Callable
from dataclasses import dataclass

from carpilot.bus.bus import Bus
from carpilot.bus.database import MessageInfo
from carpilot.bus.disturbances import Disturbance
from carpilot.car import COPILOT, Car
from carpilot.ecu.node import EcuNode
from carpilot.errors import InputError, UnknownNameError

End = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """What fails, where and for how long. Which of node, path, message and segment matter depends on the kind."""

    kind: str
    seconds: float
    node: str | None = None
    path: str | None = None
    message: str | None = None
    segment: str | None = None
    strength: int = 2


def require(fault: Fault, name: str, wanted: str) -> str:
    """Return a field that this kind of fault cannot do without. Raises InputError."""
    value: str | None = getattr(fault, name)
    if value is None:
        raise InputError(f"the fault {fault.kind} needs {name}: {wanted}")
    return value


def message_of(car: Car, fault: Fault) -> MessageInfo:
    """Return the message that is meant: by name, or as the status of a path."""
    if fault.message is not None:
        return car.database.message(fault.message)
    path = require(fault, "path", "a signal whose status message is meant, or message: its name")
    return car.database.message(car.catalogue[path].status[0])


def bus_of(car: Car, fault: Fault, info: MessageInfo | None = None) -> Bus:
    """Return the segment that is meant: by name, or the home of a message; commands leave the infotainment segment."""
    if fault.segment is not None:
        if fault.segment not in car.buses:
            raise UnknownNameError("segment", fault.segment, car.buses)
        return car.buses[fault.segment]
    if info is None or info.sender == COPILOT:
        return car.buses["infotainment"]
    return car.buses[car.database.home[info.name]]


def node_of(car: Car, fault: Fault) -> EcuNode:
    """Return the unit that is meant. Raises UnknownNameError."""
    name = require(fault, "node", ", ".join(car.nodes))
    if name not in car.nodes:
        raise UnknownNameError("node", name, car.nodes)
    return car.nodes[name]


def moved_of(car: Car, fault: Fault) -> tuple[EcuNode, str]:
    """Return an actuator's node and path."""
    path = require(fault, "path", "an actuator")
    signal = car.catalogue[path]
    if not signal.is_actuator:
        raise InputError(f"the fault {fault.kind} needs the path of an actuator, which {path} is not")
    if fault.node is not None and fault.node != signal.ecu:
        raise InputError(f"{path} belongs to {signal.ecu}, not to {fault.node}")
    return car.nodes[signal.ecu], path


def disturb(bus: Bus, disturbance: Disturbance) -> End:
    """Put a disturbance on a segment; return what takes it off."""
    bus.disturbances.append(disturbance)
    return lambda: bus.disturbances.remove(disturbance)


def end_all(ends: list[End]) -> None:
    """End several faults at once."""
    for end in ends:
        end()


def by_strength(fault: Fault, *choices: float) -> float:
    """Return the choice for a fault's strength, mild to harsh."""
    return choices[fault.strength - 1]
