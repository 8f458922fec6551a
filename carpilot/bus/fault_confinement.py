"""What happens on a segment where not all is well: error frames, retransmission, error states, a stuck level.

A transmission that is hit ends in an error frame: the flag of 6 bits, up to 6 more where the other nodes' flags follow it
(they see the violated stuff rule at the flag's last bit), and the delimiter of 8. The frame keeps its place in the queue
and is sent again. An error-passive node waits 8 bits longer after it has sent. Counting is in `controller`.
"""

from heapq import heappush
from typing import TYPE_CHECKING

from carpilot.bus.controller import (
    ERROR_DELIMITER_BITS,
    ERROR_FLAG_BITS,
    FIRST_DOMINANT_BITS,
    MAX_REC,
    NEXT_DOMINANT_BITS,
    RECOVERY_SEQUENCES,
    SEQUENCE_BITS,
    SUPERPOSITION_BITS,
    SUSPEND_BITS,
    ErrorKind,
    ErrorState,
    Hit,
)
from carpilot.bus.frame import INTERMISSION_BITS, Frame
from carpilot.sim.scheduler import Priority
from carpilot.units import NS_PER_S

if TYPE_CHECKING:
    from carpilot.bus.bus import Bus, Entry, Port

NUMBER_BITS = 40
NUMBER_MASK = (1 << NUMBER_BITS) - 1
"""The running number within the key of what waits (see `bus.Entry`)."""
ACKNOWLEDGE_TAIL_BITS = 1 + 7
"""Acknowledge delimiter and end of frame: what a frame without acknowledge does not come to."""
NO_NODE = ""
_NEVER_NS = -1


class FaultConfinement:
    """The slow way of a segment; it is taken while any node remembers an error, is alone, or a disturbance is on."""

    def __init__(self, bus: "Bus") -> None:
        self._bus = bus
        self._failing: tuple[Entry, Hit] | None = None
        self.is_jammed = False
        self._jam_ends_ns = _NEVER_NS
        self._jam_sender: Port | None = None
        self._off: set[Port] = set()

    def must_watch(self) -> bool:
        """Whether transmissions have to be looked at."""
        ports = self._bus.ports
        return self.is_jammed or len(ports) < 2 or not all(port.controller.is_untouched for port in ports)

    @property
    def holds_bus(self) -> bool:
        """Whether an error frame or a stuck level is on the wire."""
        return self.is_jammed or self._failing is not None

    def choose(self, entry: "Entry") -> "Entry | None":
        """Return what is sent now in place of the first entry, which has been taken from the heap, if it will arrive."""
        if self.holds_bus:
            heappush(self._bus.pending, entry)
            return None
        ready = self._first_not_suspended(entry)
        hit = self._hit_of(ready) if ready is not None else None
        if ready is not None and hit is not None:
            self._start_failing(ready, hit)
            return None
        return ready

    def _first_not_suspended(self, entry: "Entry") -> "Entry | None":
        """Return the first entry whose sender may send now; the others go back. Without one, try again when one may."""
        bus, now_ns = self._bus, self._bus.scheduler.now_ns
        if entry[1].suspended_until_ns <= now_ns:
            return entry
        held: list[Entry] = []
        rest = sorted([entry, *bus.pending])
        found = None
        for candidate in rest:
            key, sender, _ = candidate
            if key & NUMBER_MASK < sender.valid_from:
                continue
            if found is None and sender.suspended_until_ns <= now_ns:
                found = candidate
            else:
                held.append(candidate)
        bus.pending[:] = held
        if found is None:
            bus.rest()
            if held:
                bus.scheduler.at(min(row[1].suspended_until_ns for row in held), self._end_suspension)
        return found

    def _end_suspension(self) -> None:
        if self._bus.pending and not self._bus.is_engaged:
            self._bus.engage()

    def _hit_of(self, entry: "Entry") -> Hit | None:
        """Return what goes wrong with a transmission: a disturbance, or nobody who acknowledges."""
        _, sender, frame = entry
        for disturbance in self._bus.disturbances.on_wire:
            hit = disturbance.strike(sender.node, frame, self._bus.scheduler.now_ns)
            if hit is not None:
                return hit
        if not any(port.is_on_bus for port in self._bus.ports if port is not sender):
            return Hit(ErrorKind.ACKNOWLEDGE, 1.0)
        return None

    def _start_failing(self, entry: "Entry", hit: Hit) -> None:
        bus, (_, sender, frame) = self._bus, entry
        others = [port for port in bus.ports if port is not sender and port.is_on_bus]
        answers = any(port.controller.state is ErrorState.ERROR_ACTIVE for port in others)
        error_bits = ERROR_FLAG_BITS + (SUPERPOSITION_BITS if answers else 0) + ERROR_DELIMITER_BITS
        duration_ns = self._time_until(hit, frame) + error_bits * NS_PER_S // bus.bitrate
        self._failing = entry, hit
        bus.busy_ns += duration_ns
        bus.ends_ns = bus.scheduler.now_ns + duration_ns
        bus.scheduler.at(bus.ends_ns, self._fail, Priority.DELIVERY)

    def _time_until(self, hit: Hit, frame: Frame) -> int:
        """Return how long a frame is sent before its error flag begins."""
        bus = self._bus
        whole_ns = frame.duration_ns(bus.bitrate, bus.data_bitrate) - ACKNOWLEDGE_TAIL_BITS * NS_PER_S // bus.bitrate
        bit_ns = NS_PER_S // bus.bitrate
        return max(bit_ns, int(whole_ns * hit.position) // bit_ns * bit_ns)

    def _fail(self) -> None:
        """End an error frame: count, and send the frame again."""
        bus = self._bus
        if bus.scheduler.now_ns != bus.ends_ns or self._failing is None:
            return  # a stuck level has come meanwhile
        entry, hit = self._failing
        bus.ends_ns, self._failing = _NEVER_NS, None
        bus.error_count += 1
        self._count_error(entry[1], hit.kind)
        self._send_again(entry)
        self._report(hit.kind, entry[1].node)
        bus.arbitrate_after_intermission()

    def _count_error(self, sender: "Port", kind: ErrorKind) -> None:
        for port in self._on_bus():
            if port is not sender:
                port.controller.on_receive_error()
        sender.controller.on_transmit_error(kind)
        self._suspend(sender)
        self._settle(sender)

    def _send_again(self, entry: "Entry") -> None:
        if entry[0] & NUMBER_MASK >= entry[1].valid_from:  # not cleared meanwhile
            heappush(self._bus.pending, entry)

    def _suspend(self, sender: "Port") -> None:
        """Let an error-passive transmitter wait longer than the others."""
        if sender.controller.state is ErrorState.ERROR_PASSIVE:
            wait_bits = INTERMISSION_BITS + SUSPEND_BITS
            sender.suspended_until_ns = self._bus.scheduler.now_ns + wait_bits * NS_PER_S // self._bus.bitrate

    def on_success(self, sender: "Port") -> None:
        """Count a frame that arrived."""
        for port in self._on_bus():
            if port is not sender:
                port.controller.on_received()
        sender.controller.on_sent()
        self._suspend(sender)
        self._bus.refresh()

    def _on_bus(self) -> "list[Port]":
        return [port for port in self._bus.ports if port.is_on_bus]

    def _settle(self, sender: "Port | None") -> None:
        """Take a node off that is bus-off now, and begin its recovery."""
        self._bus.refresh()
        if sender is None or not sender.controller.is_bus_off or sender in self._off:
            return
        self._off.add(sender)
        sender.clear()
        sender.refresh()
        self._bus.refresh()
        self.begin_recovery(sender)
        if sender.on_bus_off is not None:
            sender.on_bus_off()

    def begin_recovery(self, port: "Port") -> None:
        """Wait the back-off and then for 128 times 11 recessive bits, if the node is to come back at all."""
        backoff_ns = port.recovery.backoff_before(port.controller.restarts)
        if port.controller.is_bus_off and backoff_ns is not None:
            self._bus.scheduler.after(backoff_ns, _RecoveryWait(self._bus, port).begin)

    def end_recovery(self, port: "Port") -> None:
        """Let a node take part again, with both counters at 0 and nothing queued."""
        self._off.discard(port)
        port.controller.recover()
        port.refresh()
        self._bus.refresh()

    def _report(self, kind: ErrorKind, node: str) -> None:
        for tap in tuple(self._bus.error_taps):
            tap(self._bus.scheduler.now_ns, self._bus.name, kind, node)

    def hold_dominant(self, duration_ns: int) -> None:
        """Hold the level dominant for a time: what is on the wire is destroyed, and nothing can be sent.

        The error is reported when 14 dominant bits have passed. After the level is free again come the error
        delimiter and the intermission.
        """
        bus = self._bus
        ends_ns = bus.scheduler.now_ns + duration_ns
        if ends_ns > self._jam_ends_ns:
            self._jam_ends_ns = ends_ns
            bus.scheduler.at(ends_ns, self._end_of_jam)
        if self.is_jammed:
            return
        self.is_jammed = True
        entry = self._failing[0] if self._failing else bus.current
        if entry is not None:
            bus.busy_ns -= max(bus.ends_ns - bus.scheduler.now_ns, 0)
            bus.current, self._failing = None, None
            self._jam_sender = entry[1]
            self._count_error(entry[1], ErrorKind.BIT)
            self._send_again(entry)
        bus.ends_ns = _NEVER_NS
        if not bus.is_engaged:
            bus.idle_sequences += (bus.scheduler.now_ns - bus.idle_since_ns) * bus.bitrate // (SEQUENCE_BITS * NS_PER_S)
        bus.is_engaged = True
        bus.refresh()
        bus.scheduler.after(FIRST_DOMINANT_BITS * NS_PER_S // bus.bitrate, self._first_dominant)

    def release_dominant(self) -> None:
        """Let the level go before its time."""
        if self._jam_ends_ns > self._bus.scheduler.now_ns:
            self._jam_ends_ns = self._bus.scheduler.now_ns
            self._end_of_jam()

    def _first_dominant(self) -> None:
        if self.is_jammed:
            node = self._jam_sender.node if self._jam_sender else NO_NODE
            self._report(ErrorKind.STUCK_DOMINANT, node)
            self._next_dominant()

    def _next_dominant(self) -> None:
        if not self.is_jammed or self._bus.scheduler.now_ns >= self._jam_ends_ns:
            return
        sender = self._jam_sender
        for port in self._on_bus():
            port.controller.on_dominant(port is sender)
        self._settle(sender)
        if all(port.controller.rec >= MAX_REC for port in self._on_bus()):
            return  # no counter moves any more
        self._bus.scheduler.after(NEXT_DOMINANT_BITS * NS_PER_S // self._bus.bitrate, self._next_dominant)

    def _end_of_jam(self) -> None:
        bus = self._bus
        if bus.scheduler.now_ns != self._jam_ends_ns:  # it was made longer or shorter meanwhile
            return
        self._jam_sender = None
        bus.scheduler.after(ERROR_DELIMITER_BITS * NS_PER_S // bus.bitrate, self._free, Priority.DELIVERY)

    def _free(self) -> None:
        if self._bus.scheduler.now_ns >= self._jam_ends_ns:
            self.is_jammed = False
            self._bus.error_count += 1
            self._bus.refresh()
            self._bus.arbitrate_after_intermission()


class _RecoveryWait:
    """A bus-off node that counts recessive sequences until it may return."""

    def __init__(self, bus: "Bus", port: "Port") -> None:
        self._bus = bus
        self._port = port
        self._goal = 0

    def begin(self) -> None:
        self._goal = self._bus.recessive_sequences() + RECOVERY_SEQUENCES
        self._look()

    def _look(self) -> None:
        bus, port = self._bus, self._port
        if not port.controller.is_bus_off or not port.is_attached:
            return
        missing = self._goal - bus.recessive_sequences()
        if missing > 0:
            bus.scheduler.after(missing * SEQUENCE_BITS * NS_PER_S // bus.bitrate, self._look)
            return
        bus.faults.end_recovery(port)
        if port.on_recovered is not None:
            port.on_recovered()
