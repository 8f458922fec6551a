"""Watching a segment: a guardian that silences a babbling node, and a detector of a bus that carries nothing useful.

The guardian stands for the bus guardian of each node's transceiver: it sees what every node sends, and takes the right to
send away from one that exceeds its budget. It still counts what a muted node tries to send, and gives the right back when
that has been within the budget for a while. The detector sees what any controller sees: load, silence, a stuck level.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial

from carpilot.bus.bus import Bus, Port
from carpilot.bus.controller import ErrorKind
from carpilot.bus.frame import INTERMISSION_BITS, Frame
from carpilot.units import NS_PER_MS

WINDOW_NS = 100 * NS_PER_MS
RELEASE_AFTER_NS = 500 * NS_PER_MS
FULL_LOAD = 0.98
SILENCE_NS = 1_000 * NS_PER_MS


@dataclass(frozen=True, slots=True)
class Budget:
    """How much a node may send within a window: frames, or bits with intermission, or both."""

    frames: int | None = None
    bits: int | None = None
    window_ns: int = WINDOW_NS


class _Window:
    """What a node has sent within its window: time and bits of each frame, and all their bits."""

    __slots__ = ("bits", "sent")

    def __init__(self) -> None:
        self.sent: deque[tuple[int, int]] = deque()
        self.bits = 0


class Guardian:
    """Mutes a node at the frame that exceeds its budget, and calls back with its name and the time.

    Nodes without a budget of their own get `default`; None lets them send what they like. With `release_after_ns` a muted
    node may send again when for so long it has not tried to send more than its budget of frames.
    """

    def __init__(
        self,
        bus: Bus,
        budgets: Mapping[str, Budget],
        on_muted: Callable[[str, int], None] | None = None,
        default: Budget | None = None,
        release_after_ns: int | None = None,
    ) -> None:
        self._bus = bus
        self._release_after_ns = release_after_ns
        self._budgets = dict(budgets)
        self._default = default
        self._on_muted = on_muted
        self._windows: dict[str, _Window] = {}
        self.muted: dict[str, int] = {}
        """Muted nodes, with the time of muting in nanoseconds."""
        bus.taps.append(self._on_frame)

    def stop(self) -> None:
        """Watch no longer; who is muted stays so."""
        self._bus.taps.remove(self._on_frame)

    def release(self, node: str) -> None:
        """Give a muted node its right to send back, with an empty window."""
        self.muted.pop(node, None)
        self._windows.pop(node, None)
        for port in self._ports(node):
            port.unmute()

    def _on_frame(self, time_ns: int, segment: str, frame: Frame, sender: str) -> None:
        del segment
        budget = self._budgets.get(sender, self._default)
        if budget is None or sender in self.muted:
            return
        window = self._windows.get(sender)
        if window is None:
            window = self._windows[sender] = _Window()
        sent = window.sent
        length_bits = frame.length_bits + INTERMISSION_BITS
        sent.append((time_ns, length_bits))
        bits = window.bits + length_bits
        while sent[0][0] <= time_ns - budget.window_ns:
            bits -= sent.popleft()[1]
        window.bits = bits
        too_many = budget.frames is not None and len(sent) > budget.frames
        if too_many or (budget.bits is not None and bits > budget.bits):
            self._mute(sender, time_ns)

    def _mute(self, node: str, time_ns: int) -> None:
        self.muted[node] = time_ns
        for port in self._ports(node):
            port.mute()
        if self._release_after_ns is not None:
            self._bus.scheduler.after(WINDOW_NS, partial(self._watch_muted, node, time_ns, self._tried(node)))
        if self._on_muted is not None:
            self._on_muted(node, time_ns)

    def _ports(self, node: str) -> list[Port]:
        return [port for port in self._bus.ports if port.node == node]

    def _tried(self, node: str) -> int:
        return sum(port.refused for port in self._ports(node))

    def _watch_muted(self, node: str, calm_since_ns: int, tried_before: int) -> None:
        """Look each window at what a muted node has tried to send; release it after a calm time."""
        if node not in self.muted or self._release_after_ns is None:
            return
        now_ns, tried = self._bus.scheduler.now_ns, self._tried(node)
        budget = self._budgets.get(node, self._default)
        if budget is not None and tried - tried_before > (budget.frames or 1):
            calm_since_ns = now_ns
        if now_ns - calm_since_ns >= self._release_after_ns:
            self.release(node)
        else:
            self._bus.scheduler.after(WINDOW_NS, partial(self._watch_muted, node, calm_since_ns, tried))


class LoadMeter:
    """How much of the time a segment is taken, from 0 to 1: frames, error frames and their intermissions."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._time_ns = bus.scheduler.now_ns
        self._occupied_ns = bus.occupied_ns

    def load(self) -> float:
        """Return the load since the last call, or since the meter was made; 0 if no time has passed."""
        time_ns, occupied_ns = self._bus.scheduler.now_ns, self._bus.occupied_ns
        passed_ns, taken_ns = time_ns - self._time_ns, occupied_ns - self._occupied_ns
        self._time_ns, self._occupied_ns = time_ns, occupied_ns
        return min(max(taken_ns / passed_ns, 0.0), 1.0) if passed_ns else 0.0


class BusHealth(Enum):
    """What a segment is worth."""

    SOUND = "sound"
    OVERLOADED = "overloaded"
    STUCK = "stuck dominant"
    SILENT = "silent"


class HealthMonitor:
    """Says when a segment becomes degraded, and when it is sound again: `on_change` gets the health and the time.

    OVERLOADED: a load of FULL_LOAD or more over 90 ms, looked at each 10 ms, so that it is known within 100 ms. STUCK: 14
    dominant bits in a row, until frames pass again. SILENT: no frame for `silence_ns`, for segments with cyclic traffic.
    """

    SLICES = 9
    SLICE_NS = 10 * NS_PER_MS

    def __init__(
        self,
        bus: Bus,
        on_change: Callable[[BusHealth, int], None] | None = None,
        silence_ns: int = SILENCE_NS,
    ) -> None:
        self._bus = bus
        self._on_change = on_change
        self._meter = LoadMeter(bus)
        self._loads: deque[float] = deque(maxlen=self.SLICES)
        self._silence_ns = silence_ns
        self._frames = bus.frame_count
        self._heard_ns = bus.scheduler.now_ns
        self._is_stopped = False
        self.health = BusHealth.SOUND
        bus.error_taps.append(self._on_error)
        bus.scheduler.after(self.SLICE_NS, self._look)

    def stop(self) -> None:
        """Watch no longer."""
        self._is_stopped = True
        self._bus.error_taps.remove(self._on_error)

    def _on_error(self, time_ns: int, segment: str, kind: ErrorKind, sender: str) -> None:
        del time_ns, segment, sender
        if kind is ErrorKind.STUCK_DOMINANT:
            self._frames = self._bus.frame_count
            self._become(BusHealth.STUCK)

    def _look(self) -> None:
        if self._is_stopped:
            return
        bus, now_ns = self._bus, self._bus.scheduler.now_ns
        self._loads.append(self._meter.load())
        has_heard = bus.frame_count != self._frames
        if has_heard:
            self._frames, self._heard_ns = bus.frame_count, now_ns
        if sum(self._loads) >= FULL_LOAD * self.SLICES:
            self._become(BusHealth.OVERLOADED)
        elif now_ns - self._heard_ns >= self._silence_ns and self.health is not BusHealth.STUCK:
            self._become(BusHealth.SILENT)
        elif has_heard:
            self._become(BusHealth.SOUND)
        bus.scheduler.after(self.SLICE_NS, self._look)

    def _become(self, health: BusHealth) -> None:
        if health is not self.health:
            self.health = health
            if self._on_change is not None:
                self._on_change(health, self._bus.scheduler.now_ns)
