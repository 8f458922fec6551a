"""One CAN segment: arbitration, wire time, transmit queues, and what happens when a transmission fails.

Each node has a queue of its own, ordered by identifier as a controller's mailboxes are, so the lowest identifier of all
queues is that of one heap for the whole segment. When the bus is idle it wins; it holds the bus for its exact length, is
delivered at the end of its end of frame, and the next arbitration follows after the intermission.

While nothing is wrong, no counter moves and a frame costs no more than its place in the heap and its delivery: completion
and next arbitration follow each other without an event where nothing else is due (`Scheduler.reaches`). Errors, lone
nodes and disturbances set `_is_watched`, and transmissions then go through `fault_confinement`.
"""

from collections.abc import Callable, Collection
from heapq import heappop, heappush

from carpilot.bus.controller import SEQUENCE_BITS, Controller, ErrorKind, Recovery
from carpilot.bus.disturbances import Disturbances
from carpilot.bus.fault_confinement import NUMBER_BITS, NUMBER_MASK, FaultConfinement
from carpilot.bus.frame import DEFAULT_DATA_BITRATE, INTERMISSION_BITS, Frame
from carpilot.sim.scheduler import Priority, Scheduler
from carpilot.units import NS_PER_S

Receive = Callable[[Frame], None]
Tap = Callable[[int, str, Frame, str], None]
ErrorTap = Callable[[int, str, ErrorKind, str], None]
Entry = tuple[int, "Port", Frame]
"""What waits: arbitration order << NUMBER_BITS | running number, sender, frame."""

_DELIVERY = int(Priority.DELIVERY)
_ARBITRATION = int(Priority.ARBITRATION)
_RECEIVERS_KEPT = 4096
_NEVER_NS = -1
_NO_NUMBER = 1 << 62


class Port:
    """A node's access to one segment. `on_bus_off` and `on_recovered` are called when its controller leaves and returns."""

    __slots__ = (
        "_bus", "accepts", "can_send", "controller", "is_attached", "is_muted", "node", "on_bus_off", "on_recovered",
        "receive", "recovery", "refused", "suspended_until_ns", "valid_from",
    )  # fmt: skip

    def __init__(self, bus: "Bus", node: str, receive: Receive | None, accepts: Collection[int] | None) -> None:
        self._bus = bus
        self.node = node
        self.receive = receive
        self.accepts = None if accepts is None else frozenset(accepts)
        self.controller = Controller()
        self.recovery = Recovery()
        self.on_bus_off: Callable[[], None] | None = None
        self.on_recovered: Callable[[], None] | None = None
        self.is_attached = True
        self.is_muted = False
        self.can_send = True
        self.refused = 0
        """Frames that were given to `send` while muted, bus-off or detached."""
        self.valid_from = 0
        """Frames in the heap with a lower running number have been cleared."""
        self.suspended_until_ns = 0

    @property
    def segment(self) -> str:
        """The name of the segment."""
        return self._bus.name

    @property
    def is_on_bus(self) -> bool:
        """Whether the node takes part: hears, acknowledges, may send."""
        return self.is_attached and not self.controller.is_bus_off

    @property
    def waiting(self) -> int:
        """How many frames wait in this node's queue."""
        return sum(port is self and key & NUMBER_MASK >= self.valid_from for key, port, _ in self._bus.pending)

    def send(self, frame: Frame) -> None:
        """Queue a frame for transmission. A node that is muted, bus-off or detached sends nothing."""
        bus = self._bus
        if bus.disturbances.on_send:
            bus.disturbances.pass_on(self, frame)
        else:
            bus.queue(self, frame)

    def clear(self) -> None:
        """Drop everything that is still queued."""
        self.valid_from = self._bus.next_number

    def mute(self) -> None:
        """Take the right to send away, as a guardian does; drops what is queued."""
        self.is_muted = True
        self.clear()
        self.refresh()

    def unmute(self) -> None:
        """Give the right to send back."""
        self.is_muted = False
        self.refresh()

    def restart(self) -> None:
        """Ask for recovery from bus-off anew, with the count of restarts at 0."""
        self.controller.restarts = 0
        self._bus.faults.begin_recovery(self)

    def refresh(self) -> None:
        """Bring `can_send` up to date."""
        self.can_send = self.is_on_bus and not self.is_muted


class Bus:
    """A segment at a bit rate. `taps` see every frame at the instant it is complete: (time, segment, frame, sender).

    `error_taps` see every error frame at its end: (time, segment, kind, sender). `busy_ns` is the time of frames and error
    frames that have begun, `frame_count` and `error_count` how many are complete.
    """

    def __init__(
        self, name: str, scheduler: Scheduler, bitrate: int = 500_000, data_bitrate: int = DEFAULT_DATA_BITRATE
    ) -> None:
        self.name = name
        self.bitrate = bitrate
        self.data_bitrate = data_bitrate
        self.scheduler = scheduler
        self.taps: list[Tap] = []
        self.error_taps: list[ErrorTap] = []
        self.ports: list[Port] = []
        self.pending: list[Entry] = []
        self.next_number = 0
        self.busy_ns = 0
        self.frame_count = 0
        self.error_count = 0
        self.idle_sequences = 0
        """How often 11 recessive bits have passed while the bus was idle, up to the last start."""
        self.idle_since_ns = 0
        self.current: Entry | None = None
        self.ends_ns = _NEVER_NS
        self.is_engaged = False
        """Whether a frame is on the wire or an arbitration is due."""
        self.faults = FaultConfinement(self)
        self.disturbances = Disturbances(self)
        self._is_watched = True
        self._receivers: dict[int, tuple[tuple[Port, Receive], ...]] = {}
        self._intermission_ns = INTERMISSION_BITS * NS_PER_S // bitrate
        self._sequence_ns = SEQUENCE_BITS * NS_PER_S // bitrate
        self._on_event = self.go_on

    def attach(self, node: str, receive: Receive | None = None, accepts: Collection[int] | None = None) -> Port:
        """Return a new node's port; `receive` gets every frame that others send.

        With `accepts` it gets only these identifiers, as a controller's acceptance filter does, base and extended alike.
        """
        port = Port(self, node, receive, accepts)
        self.ports.append(port)
        self.refresh()
        return port

    def detach(self, port: Port) -> None:
        """Take a node off the segment."""
        self.ports.remove(port)
        port.is_attached = False
        port.valid_from = _NO_NUMBER
        port.refresh()
        self.refresh()

    def refresh(self) -> None:
        """Take note that ports, their error states or the disturbances have changed."""
        self._receivers.clear()
        self._is_watched = self.faults.must_watch() or bool(self.disturbances.on_wire)

    @property
    def occupied_ns(self) -> int:
        """How long the bus was not free until now: frames and error frames so far sent, and their intermissions."""
        to_come_ns = max(self.ends_ns - self.scheduler.now_ns, 0)
        return self.busy_ns - to_come_ns + (self.frame_count + self.error_count) * self._intermission_ns

    def queue(self, port: Port, frame: Frame) -> None:
        """Queue a frame behind those with the same or a lower identifier; no disturbance changes it any more."""
        if not port.can_send:
            port.refused += 1
            return
        identifier = frame.arbitration_id
        # A base frame wins over an extended one with the same first bits.
        order = identifier >> 18 << 19 | 1 + (identifier & 0x3FFFF) if frame.is_extended else identifier << 19
        number = self.next_number
        self.next_number = number + 1
        heappush(self.pending, (order << NUMBER_BITS | number, port, frame))
        if not self.is_engaged:
            self.engage()

    def engage(self) -> None:
        """Arbitrate at the end of this instant; the bus was idle."""
        self.is_engaged = True
        now_ns = self.scheduler.now_ns
        self.idle_sequences += (now_ns - self.idle_since_ns) // self._sequence_ns
        self.scheduler.at(now_ns, self._on_event, _ARBITRATION)

    def rest(self) -> None:
        """The bus is idle from now on, unless an error frame or a stuck level holds it."""
        if self.is_engaged and not self.faults.holds_bus:
            self.is_engaged = False
            self.idle_since_ns = self.scheduler.now_ns

    def recessive_sequences(self) -> int:
        """Return how often 11 recessive bits have followed each other until now; every end of a frame has them once."""
        idle_ns = 0 if self.is_engaged else self.scheduler.now_ns - self.idle_since_ns
        return self.frame_count + self.error_count + self.idle_sequences + idle_ns // self._sequence_ns

    def go_on(self) -> None:
        """Deliver what is complete and let the most urgent waiting frame begin, as long as nothing else is due before.

        Scheduled for the end of each frame and of each intermission; with nothing on the wire it arbitrates.
        """
        scheduler, pending = self.scheduler, self.pending
        while True:
            entry = self.current
            if entry is not None:
                if scheduler.now_ns != self.ends_ns:
                    return  # the event of a frame that a stuck level has destroyed
                self._deliver(entry[1], entry[2])
                if not scheduler.reaches(scheduler.now_ns + self._intermission_ns, self._on_event, _ARBITRATION):
                    return
            entry = heappop(pending) if pending else None
            while entry is not None and entry[1].valid_from and entry[0] & NUMBER_MASK < entry[1].valid_from:  # cleared
                entry = heappop(pending) if pending else None
            if entry is None:
                self.rest()
                return
            if self._is_watched:
                entry = self.faults.choose(entry)
                if entry is None:
                    return
            duration_ns = entry[2].duration_ns(self.bitrate, self.data_bitrate)
            self.busy_ns += duration_ns
            self.current = entry
            self.ends_ns = ends_ns = scheduler.now_ns + duration_ns
            if not scheduler.reaches(ends_ns, self._on_event, _DELIVERY):
                return

    def arbitrate_after_intermission(self) -> None:
        """Arbitrate three bits from now; the bus stays taken until then. The last deed of a scheduled callback."""
        if self.scheduler.reaches(self.scheduler.now_ns + self._intermission_ns, self._on_event, _ARBITRATION):
            self.go_on()

    def _deliver(self, sender: Port, frame: Frame) -> None:
        self.current = None
        self.ends_ns = _NEVER_NS
        self.frame_count += 1
        if self._is_watched:
            self.faults.on_success(sender)
        if self.taps:
            now_ns, name, node = self.scheduler.now_ns, self.name, sender.node
            for tap in tuple(self.taps):
                tap(now_ns, name, frame, node)
        receivers = self._receivers.get(frame.arbitration_id)
        if receivers is None:
            receivers = self._find_receivers(frame.arbitration_id)
        for port, receive in receivers:
            if port is not sender:
                receive(frame)

    def _find_receivers(self, identifier: int) -> tuple[tuple[Port, Receive], ...]:
        if len(self._receivers) >= _RECEIVERS_KEPT:
            self._receivers.clear()
        found = tuple(
            (port, port.receive)
            for port in self.ports
            if port.receive is not None and port.is_on_bus and (port.accepts is None or identifier in port.accepts)
        )
        self._receivers[identifier] = found
        return found
