"""What the copilot knows of the car: status frames, checked, decoded and aged.

It hears one segment. A reading is VALID while its message came within three cycles with a good counter and CRC; then it
is STALE. A message that fails its check, or a signal sent as not available, is INVALID. Standing needs both sources of
speed below 0.5 km/h and park engaged.
"""

from dataclasses import dataclass, field

from carpilot.bus.database import Database, from_bus
from carpilot.bus.e2e import Checker
from carpilot.bus.frame import Frame
from carpilot.errors import WireError
from carpilot.sim.scheduler import Scheduler
from carpilot.vehicle.catalogue import Catalogue, Signal, Value
from carpilot.vehicle.state import NOTHING_KNOWN, Quality, Reading, VehicleState

SPEED = "Vehicle.Speed"
WHEEL_SPEED = "Vehicle.Chassis.Axle.Row1.Wheel.Left.Speed"
GEAR = "Vehicle.Powertrain.Transmission.CurrentGear"
PARK = 126
STANDING_BELOW_KPH = 0.5
CYCLES_UNTIL_STALE = 3
RESPONSE = "Response"


@dataclass(frozen=True, slots=True)
class DeviceAnswer:
    """What a device last said of its commands, and when."""

    response: str
    time_ns: int


@dataclass(slots=True)
class _Source:
    """One status message: its check, its signals, and when it last came well."""

    checker: Checker
    ecu: str
    signals: list[Signal] = field(default_factory=list)


class Observer:
    """Turns status frames into vehicle state. `targets` is what was last commanded."""

    def __init__(self, catalogue: Catalogue, database: Database, scheduler: Scheduler) -> None:
        self._database = database
        self._scheduler = scheduler
        self._readings: dict[str, Reading] = {}
        self._standing_since_ns: int | None = None
        self._sources: dict[int, _Source] = {}
        self._cycles_ns: dict[str, int] = {}
        self.targets: dict[str, Value] = {}
        self.answers: dict[str, DeviceAnswer] = {}
        for signal in catalogue.values():
            info = database.message(signal.status[0])
            source = self._sources.setdefault(info.arbitration_id, _Source(Checker(info.data_id), signal.ecu))
            source.signals.append(signal)
            self._cycles_ns[signal.path] = info.cycle_ns

    def on_frame(self, frame: Frame) -> None:
        """Take a status frame; everything else is not for us."""
        source = self._sources.get(frame.arbitration_id)
        if source is None or frame.is_extended:
            return
        check = source.checker.check(frame.data)
        try:
            values = self._database.decode(frame) if check.is_accepted else None
        except WireError:
            values = None
        now_ns = self._scheduler.now_ns
        if values is None:
            for signal in source.signals:
                old = self._readings.get(signal.path, NOTHING_KNOWN)
                self._readings[signal.path] = Reading(old.value, old.time_ns, Quality.INVALID)
        else:
            for signal in source.signals:
                value = from_bus(signal, values[signal.status[1]])
                quality = Quality.INVALID if value is None else Quality.VALID
                self._readings[signal.path] = Reading(value, now_ns, quality)
            answer = values.get(RESPONSE)
            if isinstance(answer, str):
                self.answers[source.ecu] = DeviceAnswer(answer, now_ns)
        self._watch_standing()

    def _watch_standing(self) -> None:
        speeds = [self._current(path) for path in (SPEED, WHEEL_SPEED)]
        gear = self._current(GEAR)
        stands = gear == PARK and all(isinstance(speed, int | float) and speed < STANDING_BELOW_KPH for speed in speeds)
        if not stands:
            self._standing_since_ns = None
        elif self._standing_since_ns is None:
            self._standing_since_ns = self._scheduler.now_ns

    def _current(self, path: str) -> Value | None:
        reading = self._readings.get(path, NOTHING_KNOWN)
        return reading.value if reading.is_valid and not self._is_old(path, reading) else None

    def _is_old(self, path: str, reading: Reading) -> bool:
        return self._scheduler.now_ns - reading.time_ns > CYCLES_UNTIL_STALE * self._cycles_ns[path]

    def state(self) -> VehicleState:
        """Return what is known at this instant."""
        readings = {}
        for path, reading in self._readings.items():
            is_stale = reading.is_valid and self._is_old(path, reading)
            readings[path] = Reading(reading.value, reading.time_ns, Quality.STALE) if is_stale else reading
        self._watch_standing()
        return VehicleState(self._scheduler.now_ns, readings, dict(self.targets), self._standing_since_ns)
