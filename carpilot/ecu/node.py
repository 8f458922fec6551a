"""A device on a bus: protection checked, targets handed over, status sent in its cycle and when it changes.

A device is stepped every 10 ms while something in it moves, and at its own slow pace otherwise. A status message goes out
in its cycle, and at once when an actuator has moved, but not more often than every 50 ms.
"""

from collections.abc import Callable
from typing import Protocol

from carpilot.bus.authentication import TRIP_SHIFT, Verifier
from carpilot.bus.bus import Bus, Port
from carpilot.bus.codec import Physical
from carpilot.bus.controller import Recovery
from carpilot.bus.database import Database, MessageInfo, from_bus, to_bus
from carpilot.bus.e2e import Check, Checker, counter_states, protect
from carpilot.bus.frame import Frame
from carpilot.bus.mailbox import send_newest
from carpilot.ecu.device import STEP_S, Device, Response
from carpilot.sim.scheduler import Scheduler
from carpilot.units import NS_PER_MS, NS_PER_S, ns_to_seconds, seconds_to_ns
from carpilot.vehicle.catalogue import Catalogue, Signal, Value

RESPONSE_SIGNAL = "Response"
STEP_NS = seconds_to_ns(STEP_S)
MIN_GAP_NS = 50 * NS_PER_MS
BROWN_OUT_BELOW_V, POWER_GOOD_ABOVE_V = 9.0, 11.0
POWER_GOOD_FOR_NS = NS_PER_S
RECOVERY = Recovery(restarts=10, backoff_ns=10 * NS_PER_MS, factor=2)
"""How a unit comes back from bus-off: at most ten times, after 10 ms, 20 ms and so on up to 5 s; then only by a reset."""
SOUND_AGAIN_NS = 10 * NS_PER_S
"""After so long on the bus the count of restarts begins anew."""


class Node(Protocol):
    """An ECU: it hears frames, and time passes for it."""

    name: str

    def on_frame(self, frame: Frame) -> None:
        """Take a frame that another node sent."""
        ...

    def on_timer(self) -> None:
        """Do what is due."""
        ...


class _Status:
    """One status message: its signals, its counter, and the frames already made of its payload of now.

    `packed` are the bytes of the values in `told`, which are seldom others than the last time.
    """

    def __init__(self, info: MessageInfo, signals: list[Signal], has_response: bool) -> None:
        self.info = info
        self.signals = signals
        self.has_response = has_response
        self.counter = counter_states(info.profile) - 1
        self.payload = b""
        self.told: list[Value | None] = []
        self.packed = b""
        self.frames: dict[int, Frame] = {}
        self.sent_ns = -MIN_GAP_NS
        self.has_news = False


class _Command:
    """One command message: its signals by name, and its two checks."""

    def __init__(self, info: MessageInfo, key: bytes) -> None:
        self.info = info
        self.paths: dict[str, str] = {}
        self.checker = Checker(info.data_id, info.profile)
        self.verifier = Verifier(key, info.data_id) if info.is_authenticated else None

    def check(self, data: bytes) -> Check:
        """Return whether a frame's data is whole, in turn, and, where it must be, authentic; a wrong code is a wrong CRC."""
        if len(data) != self.info.length:
            return Check.WRONG_CRC
        check = self.checker.check(data)
        if check.is_accepted and self.verifier is not None and not self.verifier.check(data):
            return Check.WRONG_CRC
        return check

    def forget(self) -> None:
        """Start anew after a loss of power."""
        self.checker.forget()
        if self.verifier is not None:
            self.verifier.forget()


class EcuNode:
    """One device with its port, its commands and its status messages.

    A command with a wrong CRC, a skipped counter or a wrong code is refused; one that repeats the last is dropped, since that
    one was taken. While silent (reset, power
    loss) the node neither hears nor sends; afterwards it starts with positions kept and targets forgotten. Below 9 V it
    stops what moves and takes nothing until the supply has been above 11 V for a second.
    """

    def __init__(
        self, device: Device, bus: Bus, scheduler: Scheduler, catalogue: Catalogue, database: Database, key: bytes
    ) -> None:
        self.name = device.name
        self.device = device
        self._scheduler = scheduler
        self._database = database
        self._silent_until_ns = 0
        self._powered_again_ns: int | None = None
        self._stepped_ns = scheduler.now_ns
        self._turn = 0
        self.is_stuck_silent = False
        self.distortions: dict[str, Callable[[Value | None], Value | None]] = {}
        """Faults of sensors: what is reported of a path in place of its value; None is not available."""
        self._commands: dict[int, _Command] = {}
        for signal in catalogue.actuators:
            if signal.ecu == device.name and signal.command is not None:
                info = database.message(signal.command[0])
                command = self._commands.setdefault(info.arbitration_id, _Command(info, key))
                command.paths[signal.command[1]] = signal.path
        self._bus = bus
        self.port: Port = bus.attach(device.name, self.on_frame, frozenset(self._commands))
        self.port.recovery = RECOVERY
        self.port.on_recovered = self._on_recovered
        self.statuses = [
            _Status(
                info,
                [signal for signal in device.signals.values() if signal.status[0] == info.name],
                RESPONSE_SIGNAL in info.signals,
            )
            for info in database.info.values()
            if info.sender == device.name and info.cycle_ns
        ]
        self._told_at_once = [status for status in self.statuses if status.info.cycle_ns > MIN_GAP_NS]
        self._tick_after(STEP_NS)
        for index, status in enumerate(self.statuses):
            self._start(status, (index + 1) * NS_PER_MS)

    def _start(self, status: _Status, first_ns: int) -> None:
        self._scheduler.every(status.info.cycle_ns, lambda: self.send(status), first_ns)

    @property
    def trip(self) -> int:
        """The trip whose authentic commands were accepted last."""
        verifiers = [command.verifier for command in self._commands.values() if command.verifier is not None]
        return max((verifier.freshness >> TRIP_SHIFT for verifier in verifiers), default=0)

    @property
    def is_silent(self) -> bool:
        """Whether the node is without power or booting."""
        return self.is_stuck_silent or self._scheduler.now_ns < self._silent_until_ns

    @property
    def is_browned_out(self) -> bool:
        """Whether the supply is too low, or not yet good for long enough."""
        return self._powered_again_ns is not None and self._scheduler.now_ns < self._powered_again_ns

    def reset(self, silent_ns: int) -> None:
        """Lose power, and come back after a time."""
        self._silent_until_ns = self._scheduler.now_ns + silent_ns
        self.port.clear()
        self.port.restart()
        self.device.reset()
        for command in self._commands.values():
            command.forget()
        for status in self.statuses:
            status.counter = counter_states(status.info.profile) - 1

    def _on_recovered(self) -> None:
        """Be trusted with all restarts again after a time without another bus-off."""
        count = self.port.controller.bus_off_count

        def forgive() -> None:
            if self.port.controller.bus_off_count == count:
                self.port.controller.restarts = 0

        self._scheduler.after(SOUND_AGAIN_NS, forgive)

    # Time

    def catch_up(self) -> None:
        """Advance the device to this instant; without power nothing moves."""
        now_ns = self._scheduler.now_ns
        dt_s, self._stepped_ns = ns_to_seconds(now_ns - self._stepped_ns), now_ns
        if dt_s > 0 and not self.is_silent:
            self._watch_supply()
            if self.device.step(dt_s):
                self._tell_changes()

    def wake(self) -> None:
        """Step soon: a target or the world has changed."""
        self._tick_after(STEP_NS)

    def _tick_after(self, delay_ns: int) -> None:
        self._turn += 1
        turn = self._turn
        self._scheduler.after(delay_ns, lambda: self.on_timer() if turn == self._turn else None)

    def on_timer(self) -> None:
        """Advance the device, and come again soon while something moves."""
        self.catch_up()
        if any(status.has_news for status in self.statuses):
            self._tell_changes()
        is_active = self.device.is_active or self.is_browned_out or any(status.has_news for status in self.statuses)
        self._tick_after(STEP_NS if is_active else seconds_to_ns(self.device.slow_step_s))

    def _watch_supply(self) -> None:
        volts, now_ns = self.device.world.low_voltage.voltage_v, self._scheduler.now_ns
        if volts < BROWN_OUT_BELOW_V:
            self._powered_again_ns = now_ns + POWER_GOOD_FOR_NS
            self.device.stop()
            self.port.clear()
        elif volts < POWER_GOOD_ABOVE_V and self.is_browned_out:
            self._powered_again_ns = now_ns + POWER_GOOD_FOR_NS

    # Commands

    def on_frame(self, frame: Frame) -> None:
        """Take a command of ours, if its protection holds."""
        command = self._commands.get(frame.arbitration_id)
        if command is None or frame.is_extended or self.is_silent:
            return
        check = command.check(frame.data)
        if check is Check.REPEATED:
            return
        self.catch_up()
        if not check.is_accepted:
            self.device.response = Response.REFUSED_INTEGRITY
        elif self.is_browned_out:
            self.device.response = Response.REFUSED_STATE
        elif targets := self._targets(command, frame):
            self.device.accept(targets)
        self._tell_changes()
        self.wake()

    def _targets(self, command: _Command, frame: Frame) -> dict[str, Value]:
        decoded = self._database.codecs[command.info.name].unpack(frame.data)
        targets: dict[str, Value] = {}
        for name, path in command.paths.items():
            value = from_bus(self.device.signals[path], decoded[name])
            if value is not None:
                targets[path] = value
        return targets

    # Status

    def _tell_changes(self) -> None:
        for status in self._told_at_once:
            if status.has_news or self._pack(status) != status.payload:
                if self._scheduler.now_ns - status.sent_ns >= MIN_GAP_NS:
                    self.send(status)
                else:
                    status.has_news = True

    def _pack(self, status: _Status) -> bytes:
        report, response = self.device.report, self.device.response.value
        told = [report(signal) for signal in status.signals]
        for index, signal in enumerate(status.signals) if self.distortions else ():
            if signal.path in self.distortions:
                told[index] = self.distortions[signal.path](told[index])
        told.append(response)
        if told != status.told:
            values: dict[str, Physical | None] = {RESPONSE_SIGNAL: response} if status.has_response else {}
            for signal, value in zip(status.signals, told, strict=False):
                values[signal.status[1]] = None if value is None else to_bus(signal, value)
            status.told, status.packed = told, self._database.codecs[status.info.name].pack(values)
        return status.packed

    def send(self, status: _Status) -> None:
        """Send a status message as things stand now."""
        if self.is_silent:
            return
        payload = self._pack(status)
        if payload != status.payload:
            status.payload = payload
            status.frames.clear()
        info = status.info
        status.counter = (status.counter + 1) % counter_states(info.profile)
        frame = status.frames.get(status.counter)
        if frame is None:
            frame = self._database.frame(info, protect(info.profile, info.data_id, payload, status.counter))
            status.frames[status.counter] = frame
        status.sent_ns, status.has_news = self._scheduler.now_ns, False
        send_newest(self._bus, self.port, frame)
