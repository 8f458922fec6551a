"""The ways from the car's buses to other programs: the door on loopback, and bridges to other interfaces."""

from collections.abc import Mapping

from carpilot.bus.attach import AttachServer
from carpilot.bus.bridge import Bridge
from carpilot.bus.bus import Bus
from carpilot.errors import UnknownNameError


class Couplings:
    """None is open unless asked for."""

    def __init__(self, buses: Mapping[str, Bus], attach: bool) -> None:
        self._buses = buses
        self._server = AttachServer(buses) if attach else None
        self._bridges: list[Bridge] = []

    def bridge(self, segment: str, spec: str, allow_hardware: bool = False) -> None:
        """Couple a segment to another python-can interface. Raises InputError; says loudly what it does."""
        if segment not in self._buses:
            raise UnknownNameError("segment", segment, self._buses)
        self._bridges.append(Bridge(self._buses[segment], spec, allow_hardware))

    def poll(self) -> None:
        """Take in what has come from outside."""
        if self._server:
            self._server.poll()
        for bridge in self._bridges:
            bridge.poll()

    def close(self) -> None:
        """Close them all."""
        if self._server:
            self._server.close()
        for bridge in self._bridges:
            bridge.close()
