"""A device on a bus: protection checked, targets handed over, status sent in its cycle."""

from typing import Protocol

from carpilot.bus.bus import Bus, Port
from carpilot.bus.database import Database, MessageInfo, from_bus, to_bus
from carpilot.bus.e2e import Checker, Protector
from carpilot.bus.frame import Frame
from carpilot.ecu.device import STEP_S, Device, Response
from carpilot.errors import WireError
from carpilot.sim.scheduler import Scheduler
from carpilot.units import seconds_to_ns
from carpilot.vehicle.catalogue import Catalogue, Value

RESPONSE_SIGNAL = "Response"


class Node(Protocol):
    """An ECU: it hears frames, and time passes for it."""

    name: str

    def on_frame(self, frame: Frame) -> None:
        """Take a frame that another node sent."""
        ...

    def on_timer(self) -> None:
        """Do what is due."""
        ...


class EcuNode:
    """One device with its port, its commands and its status messages.

    A command with a wrong CRC, a repeated or a skipped counter is not taken. While silent (reset, power loss) the node
    neither hears nor sends; afterwards it starts with positions kept and targets forgotten.
    """

    def __init__(
        self, device: Device, bus: Bus, scheduler: Scheduler, catalogue: Catalogue, database: Database
    ) -> None:
        self.name = device.name
        self.device = device
        self._scheduler = scheduler
        self._database = database
        self._port: Port = bus.attach(device.name, self.on_frame)
        self._commands: dict[int, tuple[MessageInfo, dict[str, str], Checker]] = {}
        self._silent_until_ns = 0
        self.is_stuck_silent = False
        for signal in catalogue.actuators:
            if signal.ecu == device.name and signal.command is not None:
                info = database.message(signal.command[0])
                row = self._commands.setdefault(info.arbitration_id, (info, {}, Checker(info.data_id)))
                row[1][signal.command[1]] = signal.path
        scheduler.every(seconds_to_ns(STEP_S), self.on_timer)
        statuses = [info for info in database.info.values() if info.sender == device.name and info.cycle_ns]
        for index, info in enumerate(statuses):
            self._start(info, Protector(info.data_id), (index + 1) * seconds_to_ns(0.001))

    def _start(self, info: MessageInfo, protector: Protector, first_ns: int) -> None:
        self._scheduler.every(info.cycle_ns, lambda: self._send(info, protector), first_ns)

    @property
    def is_silent(self) -> bool:
        """Whether the node is without power or booting."""
        return self.is_stuck_silent or self._scheduler.now_ns < self._silent_until_ns

    def reset(self, silent_ns: int) -> None:
        """Lose power, and come back after a time."""
        self._silent_until_ns = self._scheduler.now_ns + silent_ns
        self._port.clear()
        self.device.reset()
        for _, _, checker in self._commands.values():
            checker.forget()

    def on_timer(self) -> None:
        """Advance the device; without power nothing moves."""
        if not self.is_silent:
            self.device.step(STEP_S)

    def on_frame(self, frame: Frame) -> None:
        """Take a command of ours, if its protection holds."""
        row = self._commands.get(frame.arbitration_id)
        if row is None or frame.is_extended or self.is_silent:
            return
        info, paths, checker = row
        if len(frame.data) != info.length or not checker.check(frame.data).is_accepted:
            self.device.response = Response.REFUSED_INTEGRITY
            return
        try:
            decoded = self._database.decode(frame)
        except WireError:
            self.device.response = Response.REFUSED_INTEGRITY
            return
        targets: dict[str, Value] = {}
        for name, path in paths.items():
            value = from_bus(self.device.signals[path], decoded[name])
            if value is not None:
                targets[path] = value
        if targets:
            self.device.accept(targets)

    def _send(self, info: MessageInfo, protector: Protector) -> None:
        if self.is_silent:
            return
        values: dict[str, int | float | str] = {}
        if RESPONSE_SIGNAL in info.signals:
            values[RESPONSE_SIGNAL] = self.device.response.value
        for signal in self.device.signals.values():
            if signal.status[0] == info.name:
                reported = self.device.report(signal)
                if reported is not None:
                    values[signal.status[1]] = to_bus(signal, reported)
        frame = self._database.encode(info.name, values)
        self._port.send(Frame(frame.arbitration_id, protector.protect(frame.data)))
