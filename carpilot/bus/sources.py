"""Disturbances that act of themselves: unknown frames, babbling, a stuck level, replay, spoofing.

Put one on with `bus.disturbances.append`; it begins at once and ends when it is removed. What they send is not changed by
other disturbances of the segment, so that an identifier can be suspended and forged at the same time (masquerade).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from carpilot.bus.frame import Frame
from carpilot.units import NS_PER_MS

if TYPE_CHECKING:
    from carpilot.bus.bus import Bus, Port

INTRUDER = "INTRUDER"
REFILL_NS = NS_PER_MS
WAITING_FRAMES = 2
_FOREVER_NS = 1 << 60


@dataclass(slots=True, eq=False)
class _Sender:
    """A port on a segment: a given node's, or one of its own."""

    port: "Port | None" = None
    node: str = INTRUDER
    _bus: "Bus | None" = field(default=None, init=False, repr=False)
    _own: "Port | None" = field(default=None, init=False, repr=False)

    def start(self, bus: "Bus") -> None:
        """Begin."""
        self._bus = bus
        if self.port is None:
            self.port = self._own = bus.attach(self.node)

    def stop(self) -> None:
        """Cease."""
        if self._bus is not None and self._own is not None:
            self._bus.detach(self._own)
            self.port = self._own = None
        self._bus = None

    def _send(self, frame: Frame) -> None:
        if self._bus is not None and self.port is not None:
            self._bus.queue(self.port, frame)


@dataclass(slots=True, eq=False, kw_only=True)
class Injection(_Sender):
    """Sends frames in turn, one each period: an unknown identifier, or one that is another node's."""

    frames: Sequence[Frame]
    period_ns: int

    def start(self, bus: "Bus") -> None:
        """Send the first frame now."""
        _Sender.start(self, bus)
        self._next(0)

    def _next(self, index: int) -> None:
        if self._bus is not None:
            self._send(self.frames[index % len(self.frames)])
            self._bus.scheduler.after(self.period_ns, partial(self._next, index + 1))


@dataclass(slots=True, eq=False, kw_only=True)
class Babble(_Sender):
    """A node that never stops: whenever the bus is free it has another frame (babbling idiot, SAFETY 9 and 10).

    With identifier 0 nobody else is heard; with a high one the others pass, and the load is full.
    """

    frame: Frame

    def start(self, bus: "Bus") -> None:
        """Begin to babble."""
        _Sender.start(self, bus)
        bus.taps.append(self._on_frame)
        self._refill()

    def stop(self) -> None:
        """Be silent; what is still queued is dropped."""
        if self._bus is not None and self.port is not None:
            self._bus.taps.remove(self._on_frame)
            self.port.clear()
        _Sender.stop(self)

    def _refill(self) -> None:
        if self._bus is not None and self.port is not None:
            for _ in range(WAITING_FRAMES - self.port.waiting):
                self._send(self.frame)
            self._bus.scheduler.after(REFILL_NS, self._refill)

    def _on_frame(self, time_ns: int, segment: str, frame: Frame, sender: str) -> None:
        del time_ns, segment
        if frame is self.frame and self.port is not None and sender == self.port.node:
            self._send(self.frame)


@dataclass(slots=True, eq=False)
class StuckDominant:
    """The level is dominant for a time, or until removed."""

    duration_ns: int | None = None
    _bus: "Bus | None" = field(default=None, init=False, repr=False)

    def start(self, bus: "Bus") -> None:
        """Pull the level."""
        self._bus = bus
        bus.faults.hold_dominant(_FOREVER_NS if self.duration_ns is None else self.duration_ns)

    def stop(self) -> None:
        """Let the level go."""
        if self._bus is not None:
            self._bus.faults.release_dominant()
            self._bus = None


@dataclass(slots=True, eq=False)
class Capture:
    """A tap that keeps frames with their times, to be replayed; `ids` limits them."""

    ids: frozenset[int] | None = None
    rows: list[tuple[int, Frame]] = field(default_factory=list)

    def __call__(self, time_ns: int, segment: str, frame: Frame, sender: str) -> None:
        """Keep a frame."""
        del segment, sender
        if self.ids is None or frame.arbitration_id in self.ids:
            self.rows.append((time_ns, frame))


@dataclass(slots=True, eq=False, kw_only=True)
class Replay(_Sender):
    """Sends a captured window again, frame by frame as it was timed, from now on."""

    rows: Sequence[tuple[int, Frame]]

    def start(self, bus: "Bus") -> None:
        """Begin with the first frame now."""
        _Sender.start(self, bus)
        for time_ns, frame in self.rows:
            bus.scheduler.after(time_ns - self.rows[0][0], partial(self._send, frame))


@dataclass(slots=True, eq=False, kw_only=True)
class Spoof(_Sender):
    """Sends a forged frame right after each true one of an identifier, before the receivers' next cycle."""

    arbitration_id: int
    forge: Callable[[Frame], Frame]

    def start(self, bus: "Bus") -> None:
        """Begin to listen."""
        _Sender.start(self, bus)
        bus.taps.append(self._on_frame)

    def stop(self) -> None:
        """Cease."""
        if self._bus is not None:
            self._bus.taps.remove(self._on_frame)
        _Sender.stop(self)

    def _on_frame(self, time_ns: int, segment: str, frame: Frame, sender: str) -> None:
        del time_ns, segment
        if frame.arbitration_id == self.arbitration_id and self.port is not None and sender != self.port.node:
            self._send(self.forge(frame))
