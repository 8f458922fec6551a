"""What may wait to be sent, and for how long, when a segment is full or dead.

A controller has one mailbox for each message: a newer status takes the place of an older one that is still waiting, so that
after a disturbance nobody hears what was so seconds ago. A command that has waited too long is dropped: whoever gave it has
been told that it was not done, and it must not happen later.
"""

from functools import partial
from heapq import heapify
from typing import TYPE_CHECKING

from carpilot.bus.frame import Frame
from carpilot.units import NS_PER_MS

if TYPE_CHECKING:
    from carpilot.bus.bus import Bus, Port

CROWDED = 16
"""With fewer frames waiting on a segment none of them is old."""
COMMAND_LIFE_NS = 100 * NS_PER_MS


def send_newest(bus: "Bus", port: "Port", frame: Frame) -> None:
    """Send a status in place of an older one of its identifier that still waits."""
    if len(bus.pending) >= CROWDED:
        identifier = frame.arbitration_id
        _keep(bus, [row for row in bus.pending if row[1] is not port or row[2].arbitration_id != identifier])
    port.send(frame)


def send_in_time(bus: "Bus", port: "Port", frame: Frame) -> None:
    """Send a command; drop it if it still waits after COMMAND_LIFE_NS."""
    port.send(frame)
    bus.scheduler.after(COMMAND_LIFE_NS, partial(_drop, bus, frame))


def _drop(bus: "Bus", frame: Frame) -> None:
    if bus.pending:
        _keep(bus, [row for row in bus.pending if row[2] is not frame])


def _keep(bus: "Bus", rows: "list[tuple[int, Port, Frame]]") -> None:
    if len(rows) != len(bus.pending):
        bus.pending[:] = rows
        heapify(bus.pending)
