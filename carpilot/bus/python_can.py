"""`interface="carpilot"` for python-can: a segment of a cabin that runs in another process, or of a car in this one.

The channel is a segment's name. With `car=` (a Car or a Cabin), with `bus=`, or after `in_process.offer`, the
car of this process is meant; otherwise the socket of a running `carpilot drive`. So `python -m can.logger -i carpilot -c body`,
`cantools monitor`, udsoncan and a user's own scripts see the bus and may send on it, FD frames included. Timestamps are
simulation time in seconds; with a car of this process, timeouts and periods are, too.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import can
from can.broadcastmanager import (
    CyclicSendTaskABC,
    LimitedDurationCyclicSendTaskABC,
    ModifiableCyclicTaskABC,
    RestartableCyclicTaskABC,
)

from carpilot.bus.attach import SocketLink, socket_path
from carpilot.bus.database import SEGMENTS
from carpilot.bus.frame import Frame
from carpilot.bus.in_process import InProcessLink, find_share
from carpilot.bus.message import Heard, to_frame, to_message
from carpilot.errors import InputError, WireError
from carpilot.units import NS_PER_S, seconds_to_ns


class Link(Protocol):
    """A way to one segment."""

    def clock_ns(self) -> int:
        """Return the time that timeouts are counted in."""
        ...

    def send(self, frame: Frame, timeout_s: float | None = None) -> None:
        """Queue a frame."""
        ...

    def receive(self, timeout_s: float | None) -> Heard | None:
        """Return the next frame and its time, or None after a timeout."""
        ...

    def close(self) -> None:
        """Leave."""
        ...


class CarpilotBus(can.BusABC):
    """A python-can bus on one segment. Raises CanInitializationError if there is no such segment or no car.

    `speed` ties a car of this process to the wall clock while a script waits (1.0: a second a second). With
    `receive_own_messages` such a script hears what it sends, once it is complete on the wire.
    """

    def __init__(
        self,
        channel: Any = "infotainment",
        can_filters: Any = None,
        car: Any = None,
        bus: Any = None,
        speed: float | None = None,
        receive_own_messages: bool = False,
        **kwargs: Any,
    ) -> None:
        self._is_shutdown = True
        self._channel = str(channel)
        try:
            share = find_share(car, bus, speed)
            if share is None and channel not in SEGMENTS:
                raise InputError(f"no segment {channel!r}; there is {', '.join(SEGMENTS)}")
            self._link: Link = (
                InProcessLink(share, self._channel, receive_own_messages) if share else SocketLink(self._channel)
            )
        except InputError as error:
            raise can.CanInitializationError(str(error)) from error
        self._is_shutdown = False
        self.channel_info = f"carpilot segment {channel}"
        self._can_protocol = can.CanProtocol.CAN_FD
        super().__init__(channel=channel, can_filters=can_filters, **kwargs)

    def send(self, msg: can.Message, timeout: float | None = None) -> None:
        """Queue a data frame at the segment. Raises CanOperationError for any other frame, or if the cabin has ended."""
        try:
            self._link.send(to_frame(msg), timeout)
        except (OSError, WireError) as error:
            raise can.CanOperationError(str(error)) from error

    def recv(self, timeout: float | None = None) -> can.Message | None:
        """Return the next message that passes the filters, or None after `timeout` seconds by the segment's clock."""
        limit_ns = None if timeout is None else self._link.clock_ns() + seconds_to_ns(timeout)
        while True:
            left_s = None if limit_ns is None else max(0, limit_ns - self._link.clock_ns()) / NS_PER_S
            message, _ = self._recv_internal(left_s)
            if message is None and left_s is not None:
                return None
            if message is not None and self._matches_filters(message):
                return message

    def _recv_internal(self, timeout: float | None) -> tuple[can.Message | None, bool]:
        try:
            heard = self._link.receive(timeout)
        except (OSError, WireError) as error:
            raise can.CanOperationError(str(error)) from error
        return (None if heard is None else to_message(heard, self._channel)), False

    def _send_periodic_internal(
        self,
        msgs: Sequence[can.Message] | can.Message,
        period: float,
        duration: float | None = None,
        autostart: bool = True,
        modifier_callback: Callable[[can.Message], None] | None = None,
    ) -> CyclicSendTaskABC:
        if isinstance(self._link, InProcessLink):
            return SimulatedSendTask(self._link, msgs, period, duration, autostart, modifier_callback)
        return super()._send_periodic_internal(msgs, period, duration, autostart, modifier_callback)

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when frames have come; a car of this process has none."""
        return self._link.fileno() if isinstance(self._link, SocketLink) else super().fileno()

    def shutdown(self) -> None:
        """Leave the segment."""
        if not self._is_shutdown:
            super().shutdown()
            self._link.close()

    @staticmethod
    def _detect_available_configs() -> list[Any]:
        return [{"interface": "carpilot", "channel": name} for name in SEGMENTS if socket_path(name).exists()]


class SimulatedSendTask(LimitedDurationCyclicSendTaskABC, ModifiableCyclicTaskABC, RestartableCyclicTaskABC):
    """python-can's periodic task in simulated time: one message of the row each period, exactly."""

    def __init__(
        self,
        link: InProcessLink,
        messages: Sequence[can.Message] | can.Message,
        period: float,
        duration: float | None,
        autostart: bool,
        modifier_callback: Callable[[can.Message], None] | None,
    ) -> None:
        super().__init__(messages, period, duration)
        self._link = link
        self._modify = modifier_callback
        self._run = 0
        for message in self.messages:
            to_frame(message)  # a frame that cannot be sent is an error now, not in a callback later
        if autostart:
            self.start()

    def start(self) -> None:
        """Send from now on."""
        self._run += 1
        run, link = self._run, self._link

        def begin() -> None:
            scheduler = link.share.scheduler
            end_ns = None if self.duration is None else scheduler.now_ns + seconds_to_ns(self.duration)
            self._send(run, 0, end_ns)

        link.share.do(begin)

    def stop(self) -> None:
        """Send no more."""
        self._run += 1

    def _send(self, run: int, index: int, end_ns: int | None) -> None:
        scheduler = self._link.share.scheduler
        if run != self._run or (end_ns is not None and scheduler.now_ns >= end_ns):
            return
        message = self.messages[index % len(self.messages)]
        if self._modify is not None:
            self._modify(message)
        self._link.put(to_frame(message))
        scheduler.after(self.period_ns, lambda: self._send(run, index + 1, end_ns))
