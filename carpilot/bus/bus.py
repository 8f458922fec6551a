"""One CAN segment: arbitration, wire time and transmit queues.

Each node has a queue of its own, ordered by identifier as a controller's mailboxes are. When the bus is idle, the lowest
identifier of all queues wins; it holds the bus for its exact length, is delivered at the end of its end of frame, and the
next arbitration follows after the intermission. Error frames and error states are not modelled here.
"""

import heapq
from collections.abc import Callable

from carpilot.bus.frame import INTERMISSION_BITS, Frame
from carpilot.sim.scheduler import Priority, Scheduler
from carpilot.units import NS_PER_S

Receive = Callable[[Frame], None]
Tap = Callable[[int, str, Frame, str], None]


class Port:
    """A node's access to one segment."""

    def __init__(self, bus: "Bus", node: str, receive: Receive | None) -> None:
        self._bus = bus
        self.node = node
        self.receive = receive
        self.queue: list[tuple[tuple[int, int], int, Frame]] = []

    @property
    def segment(self) -> str:
        """The name of the segment."""
        return self._bus.name

    def send(self, frame: Frame) -> None:
        """Queue a frame for transmission."""
        self._bus.enqueue(self, frame)

    def clear(self) -> None:
        """Drop everything that is still queued."""
        self.queue.clear()


class Bus:
    """A segment at a bit rate. `taps` see every frame at the instant it is complete: (time, segment, frame, sender)."""

    def __init__(self, name: str, scheduler: Scheduler, bitrate: int = 500_000) -> None:
        self.name = name
        self.bitrate = bitrate
        self.taps: list[Tap] = []
        self._scheduler = scheduler
        self._ports: list[Port] = []
        self._number = 0
        self._is_busy = False
        self._is_arbitration_due = False
        self.busy_ns = 0

    def attach(self, node: str, receive: Receive | None = None) -> Port:
        """Return a new node's port; `receive` gets every frame that others send."""
        port = Port(self, node, receive)
        self._ports.append(port)
        return port

    def detach(self, port: Port) -> None:
        """Take a node off the segment."""
        self._ports.remove(port)

    def enqueue(self, port: Port, frame: Frame) -> None:
        """Queue a frame behind others of its port with the same or a lower identifier."""
        heapq.heappush(port.queue, (frame.arbitration_key, self._number, frame))
        self._number += 1
        self._arbitrate_soon()

    def _arbitrate_soon(self) -> None:
        if not self._is_busy and not self._is_arbitration_due:
            self._is_arbitration_due = True
            self._scheduler.after(0, self._arbitrate, Priority.ARBITRATION)

    def _arbitrate(self) -> None:
        self._is_arbitration_due = False
        waiting = [port for port in self._ports if port.queue]
        if self._is_busy or not waiting:
            return
        winner = min(waiting, key=lambda port: port.queue[0][:2])
        _, _, frame = heapq.heappop(winner.queue)
        length_ns = frame.length_bits * NS_PER_S // self.bitrate
        self._is_busy = True
        self.busy_ns += length_ns
        self._scheduler.after(length_ns, lambda: self._deliver(winner, frame), Priority.DELIVERY)

    def _deliver(self, sender: Port, frame: Frame) -> None:
        for tap in self.taps:
            tap(self._scheduler.now_ns, self.name, frame, sender.node)
        for port in tuple(self._ports):
            if port is not sender and port.receive is not None:
                port.receive(frame)
        self._scheduler.after(INTERMISSION_BITS * NS_PER_S // self.bitrate, self._free, Priority.DELIVERY)

    def _free(self) -> None:
        self._is_busy = False
        self._arbitrate_soon()
