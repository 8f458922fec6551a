"""A bridge from one segment to another python-can interface, both ways: INTERFACE:CHANNEL.

Off unless asked for, and loud. Without a second word from the user only what stays on this machine is opened: `virtual` (this
process), `udp_multicast` (hop limit 0, and frames from other hosts are dropped), and socketcan's virtual devices (vcan,
vxcan). Anything else may move a real vehicle and needs `allow_hardware`.

What comes in takes part in arbitration as the node BRIDGE and meets the gateway like any frame; so bridging two segments to
one channel would go round the gateway, and nobody should.
"""

import ipaddress
import socket
import sys
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import can
from can.interfaces.udp_multicast.bus import GeneralPurposeUdpMulticastBus, UdpMulticastBus

from carpilot.bus.bus import Bus
from carpilot.bus.frame import Frame
from carpilot.bus.message import Heard, to_frame, to_message
from carpilot.errors import InputError, WireError

NODE = "BRIDGE"
MOST_WAITING = 10_000
MOST_A_POLL = 1_000
PORT = 43113
"""python-can's own, for multicast."""
VIRTUAL_NETWORK_DEVICES = Path("/sys/devices/virtual/net")
_OPEN_ERRORS = (can.CanError, OSError, ValueError, TypeError, NotImplementedError, ImportError)


def parse(spec: str) -> tuple[str, str]:
    """Return interface and channel of a word like `udp_multicast:239.74.163.2`. Raises InputError."""
    interface, _, channel = spec.partition(":")
    if not interface or not channel:
        raise InputError(f"a bridge is INTERFACE:CHANNEL, such as virtual:bench or socketcan:vcan0, not {spec!r}")
    if interface == "carpilot":
        raise InputError("a bridge leads out of carpilot, not back into it")
    if interface not in can.VALID_INTERFACES:
        raise InputError(f"python-can has no interface {interface!r}; it has {', '.join(sorted(can.VALID_INTERFACES))}")
    return interface, channel


def stays_on_this_machine(interface: str, channel: str) -> bool:
    """Return whether nothing outside this machine can hear what goes out, or send what comes in."""
    if interface in ("virtual", "udp_multicast"):
        return True
    is_vcan = interface == "socketcan" and channel.startswith(("vcan", "vxcan")) and "/" not in channel
    return is_vcan and (VIRTUAL_NETWORK_DEVICES / channel).exists()


class _HostOnlySocket(GeneralPurposeUdpMulticastBus):
    """python-can's socket, of this host alone: hop limit 0 out; in only from an address of ours, and no echo of our own."""

    def __init__(self, group: str) -> None:
        self._is_local: dict[str, bool] = {}
        self._sent: Counter[bytes] = Counter()
        super().__init__(group, PORT, hop_limit=0)

    def send(self, data: bytes, timeout: float | None = None) -> None:
        if len(self._sent) >= MOST_WAITING:
            self._sent.clear()
        self._sent[data] += 1
        super().send(data, timeout)

    def recv(self, timeout: float | None = None) -> Any:
        for _ in range(MOST_A_POLL):
            result = super().recv(timeout)
            if result is None or (not self._is_echo(result[0]) and self.is_from_here(result[1])):
                return result
            timeout = 0
        return None

    def _is_echo(self, data: bytes) -> bool:
        """The kernel gives a multicast back to its sender; the time in it makes each datagram of ours unlike others."""
        if not self._sent[data]:
            return False
        self._sent[data] -= 1
        if not self._sent[data]:
            del self._sent[data]
        return True

    def is_from_here(self, sender: Any) -> bool:
        """Return whether an address is this host's: only then can it be bound."""
        address = str(sender[0])
        if address not in self._is_local:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                try:
                    probe.bind((address, 0, *sender[2:]))
                    self._is_local[address] = True
                except OSError:
                    self._is_local[address] = False
        return self._is_local[address]


class _HostOnlyMulticast(UdpMulticastBus):
    """python-can's interface over such a socket."""

    def __init__(self, channel: str) -> None:
        super().__init__(channel, port=PORT, hop_limit=0)
        self._multicast.shutdown()
        self._multicast = _HostOnlySocket(channel)


def _open(interface: str, channel: str) -> can.BusABC:
    if interface == "udp_multicast":
        if not ipaddress.ip_address(channel).is_multicast:
            raise ValueError(f"{channel} is no multicast address")
        return _HostOnlyMulticast(channel)
    options: dict[str, Any] = {"fd": True} if interface == "socketcan" else {}
    return can.Bus(channel=channel, interface=interface, ignore_config=True, **options)


def _print_to_stderr(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Bridge:
    """Couples a segment to another interface. `poll` moves frames and never waits. Raises InputError if it cannot be opened.

    `sent` and `received` count frames, `lost` those that the other side did not take or that are no data frames.
    """

    def __init__(
        self,
        bus: Bus,
        spec: str,
        allow_hardware: bool = False,
        say: Callable[[str], None] = _print_to_stderr,
    ) -> None:
        interface, channel = parse(spec)
        if not allow_hardware and not stays_on_this_machine(interface, channel):
            raise InputError(
                f"{spec} may be real hardware or a network: carpilot is a simulator, not for use in a vehicle; "
                "say --bridge-hardware as well if you know that nothing can move"
            )
        try:
            self._other = _open(interface, channel)
        except _OPEN_ERRORS as error:
            raise InputError(f"cannot open {spec}: {error}") from error
        self.sent = self.received = self.lost = 0
        self._spec, self._say = spec, say
        self._bus = bus
        self._waiting: deque[Heard] = deque()
        self._has_complained = False
        self._port = bus.attach(NODE, self._hear)
        say(f"*** BRIDGE: segment {bus.name} <-> {spec}, both ways. NOT FOR USE IN A VEHICLE. ***")

    def _hear(self, frame: Frame) -> None:
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(Heard(self._bus.scheduler.now_ns, frame))
        else:
            self.lost += 1

    def poll(self) -> None:
        """Move what has come, both ways."""
        for _ in range(len(self._waiting)):
            self._pass_out(self._waiting.popleft())
        for _ in range(MOST_A_POLL):
            try:
                message = self._other.recv(0)
            except (can.CanError, OSError) as error:
                self._complain(error)
                return
            if message is None:
                return
            self._pass_in(message)

    def _pass_out(self, heard: Heard) -> None:
        message = to_message(heard, self._bus.name)
        message.channel = None
        try:
            self._other.send(message, timeout=0)
            self.sent += 1
        except (can.CanError, OSError, ValueError) as error:
            self._complain(error)

    def _pass_in(self, message: can.Message) -> None:
        try:
            self._port.send(to_frame(message))
            self.received += 1
        except WireError:
            self.lost += 1

    def _complain(self, error: BaseException) -> None:
        """Count, and say it the first time."""
        self.lost += 1
        if not self._has_complained:
            self._has_complained = True
            self._say(f"bridge to {self._spec}: {error}")

    def close(self) -> None:
        """Take the bridge away."""
        self._bus.detach(self._port)
        self._other.shutdown()
