"""The disturbances that are on at a segment; with none, a frame does not pass here.

A disturbance has one or more of three sides: it changes what a node sends before it is queued (`on_send`), it destroys a
transmission (`strike`), or it acts of itself (`start` and `stop`). `disturbance` has the kinds.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from carpilot.bus.controller import Hit
from carpilot.bus.frame import Frame

if TYPE_CHECKING:
    from carpilot.bus.bus import Bus, Port

Passed = Sequence[tuple[int, Frame]]
"""What goes on instead of a frame: each with its delay in nanoseconds."""


@runtime_checkable
class SendDisturbance(Protocol):
    """Changes what a node gives to its controller."""

    def on_send(self, node: str, frame: Frame, now_ns: int) -> Passed:
        """Return what is queued in place of a frame."""
        ...


@runtime_checkable
class WireDisturbance(Protocol):
    """Destroys transmissions."""

    def strike(self, node: str, frame: Frame, now_ns: int) -> Hit | None:
        """Return what goes wrong with a transmission, if anything."""
        ...


@runtime_checkable
class Source(Protocol):
    """Acts of itself."""

    def start(self, bus: "Bus") -> None:
        """Begin."""
        ...

    def stop(self) -> None:
        """Cease."""
        ...


Disturbance = SendDisturbance | WireDisturbance | Source


class Disturbances:
    """A segment's disturbances, in the order in which they were put on."""

    def __init__(self, bus: "Bus") -> None:
        self._bus = bus
        self._all: list[Disturbance] = []
        self.on_send: tuple[SendDisturbance, ...] = ()
        self.on_wire: tuple[WireDisturbance, ...] = ()

    def __iter__(self) -> Iterator[Disturbance]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def append(self, disturbance: Disturbance) -> None:
        """Put a disturbance on."""
        self._all.append(disturbance)
        self._sort()
        if isinstance(disturbance, Source):
            disturbance.start(self._bus)

    def remove(self, disturbance: Disturbance) -> None:
        """Take a disturbance off; it has no effect on what is sent from now on."""
        index = next(index for index, row in enumerate(self._all) if row is disturbance)
        del self._all[index]
        self._sort()
        if isinstance(disturbance, Source):
            disturbance.stop()

    def clear(self) -> None:
        """Take all off."""
        for disturbance in tuple(self._all):
            self.remove(disturbance)

    def pass_on(self, port: "Port", frame: Frame) -> None:
        """Send a frame through all disturbances and queue what comes out."""
        now_ns = self._bus.scheduler.now_ns
        passed: list[tuple[int, Frame]] = [(0, frame)]
        for disturbance in self.on_send:
            passed = [
                (delay_ns + more_ns, changed)
                for delay_ns, before in passed
                for more_ns, changed in disturbance.on_send(port.node, before, now_ns)
            ]
        for delay_ns, changed in passed:
            if delay_ns > 0:
                self._bus.scheduler.after(delay_ns, partial(self._bus.queue, port, changed))
            else:
                self._bus.queue(port, changed)

    def _sort(self) -> None:
        self.on_send = tuple(row for row in self._all if isinstance(row, SendDisturbance))
        self.on_wire = tuple(row for row in self._all if isinstance(row, WireDisturbance))
        self._bus.refresh()
