"""What the copilot knows of the car: status frames, checked, decoded and aged.

It hears one segment. A reading is VALID while its message last came well within three cycles and a tick of 10 ms; a
damaged or repeated frame changes nothing, so the last good value is held for that long. Then it is STALE, or INVALID if
frames came but none was good. A message that was lost, or that two senders seem to send, must come well three times in a
row before it counts again: so says the E2E state machine, of which the first good frame counts here at once. A signal sent
as not available is INVALID at once, and so is what cannot be (see `plausibility`). Standing needs both speeds below
0.5 km/h and park engaged.

Two senders: the same counter twice with other contents within a cycle, or three frames out of turn within three cycles.
The same frame twice is a repetition, which is dropped. The car is disturbed while its bus is degraded, for a second after
two senders were seen, and while speed or gear is not known: then only what is safe in any case may be done.
"""

from collections import Counter, deque
from dataclasses import dataclass, field

from carpilot.bus.database import Database, MessageInfo, from_bus
from carpilot.bus.e2e import Check, Checker, Limits, Profile, Supervisor, Trust, header_bytes
from carpilot.bus.frame import Frame
from carpilot.bus.plausibility import MAX_RATE_PER_S, SPEED, SPEEDS_APART_KPH, WHEEL_SPEED, Plausibility, in_range
from carpilot.sim.scheduler import Scheduler
from carpilot.units import NS_PER_MS, NS_PER_S
from carpilot.vehicle.catalogue import Catalogue, Signal, Value
from carpilot.vehicle.state import NOTHING_KNOWN, Quality, Reading, VehicleState

GEAR = "Vehicle.Powertrain.Transmission.CurrentGear"
GUARDS = (SPEED, WHEEL_SPEED, GEAR)
"""What tells whether the car moves: without it nothing may be done that is not safe in any case."""
PARK = 126
STANDING_BELOW_KPH = 0.5
CYCLES_UNTIL_STALE = 3
LIMITS = Limits(window=CYCLES_UNTIL_STALE, min_ok_init=1, min_ok_valid=1, max_errors_valid=2, min_ok_invalid=3)
"""Of the state machine: one good cycle of the last three keeps a message, three in a row bring it back."""
STRANGE_FRAMES = 3
TICK_NS = 10 * NS_PER_MS
"""What a message may be late on a busy wire: two frames lost in a row are three cycles and some microseconds."""
ALARM_LASTS_NS = NS_PER_S
RESPONSE = "Response"
KEPT_ALARMS = 200
NO_PAYLOAD = (0, b"")
__all__ = ["GEAR", "PARK", "SPEED", "WHEEL_SPEED", "Alarm", "DeviceAnswer", "Observer"]


@dataclass(frozen=True, slots=True)
class DeviceAnswer:
    """What a device last said of its commands, and when."""

    response: str
    time_ns: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something on the bus that a sound car does not do: `kind` in words, with the identifier."""

    time_ns: int
    kind: str
    arbitration_id: int


@dataclass(slots=True)
class _Source:
    """One status message: its check, its signals, and when it last came well."""

    info: MessageInfo
    checker: Checker
    ecu: str
    signals: list[Signal] = field(default_factory=list)
    payload: tuple[int, bytes] = NO_PAYLOAD
    values: dict[str, Value | None] = field(default_factory=dict)
    good_ns: int = -1
    came_ns: int = -1
    supervisor: Supervisor = field(default_factory=lambda: Supervisor(LIMITS))
    strange: deque[int] = field(default_factory=lambda: deque(maxlen=STRANGE_FRAMES))
    last: bytes = b""
    last_ns: int = -1
    rated: tuple[str, ...] = ()

    @property
    def max_age_ns(self) -> int:
        return CYCLES_UNTIL_STALE * self.info.cycle_ns + TICK_NS

    def come(self, now_ns: int) -> None:
        """Take note of a frame, and of the cycles that passed without one before it."""
        late_ns = now_ns - self.came_ns - TICK_NS
        is_first = self.came_ns < 0
        self.came_ns = now_ns
        if 0 <= self.good_ns < now_ns - self.max_age_ns:  # also where frames came, but none that was good
            self.supervisor.distrust()
        elif not is_first and late_ns >= self.info.cycle_ns:
            for _ in range(late_ns // self.info.cycle_ns):
                self.supervisor.on_cycle_missed()

    def quality(self, now_ns: int) -> Quality:
        """Return how well the message as a whole is known."""
        if self.good_ns < 0 or self.supervisor.state is Trust.INVALID:
            return Quality.INVALID
        if now_ns - self.good_ns <= self.max_age_ns:
            return Quality.VALID
        return Quality.INVALID if self.came_ns > self.good_ns else Quality.STALE


class Observer:
    """Turns status frames into vehicle state.

    `targets` is what was last commanded, `alarms` what a sound car does not do, `counts` how often a message did not come
    as the next in turn, by its name. `is_bus_degraded` is set by whoever watches the bus.
    """

    def __init__(self, catalogue: Catalogue, database: Database, scheduler: Scheduler) -> None:
        self._database = database
        self._scheduler = scheduler
        self._standing_since_ns: int | None = None
        self._sources: dict[int, _Source] = {}
        self._by_path: dict[str, _Source] = {}
        self._do_speeds_contradict = False
        self._plausibility = Plausibility()
        self._alarmed_until_ns = -1
        self.counts: Counter[tuple[str, Check]] = Counter()
        self.targets: dict[str, Value] = {}
        self.answers: dict[str, DeviceAnswer] = {}
        self.alarms: deque[Alarm] = deque(maxlen=KEPT_ALARMS)
        self.is_bus_degraded = False
        for signal in catalogue.values():
            info = database.message(signal.status[0])
            source = self._sources.setdefault(
                info.arbitration_id, _Source(info, Checker(info.data_id, info.profile), signal.ecu)
            )
            source.signals.append(signal)
            self._by_path[signal.path] = source
        for source in self._sources.values():
            source.rated = tuple(signal.path for signal in source.signals if signal.path in MAX_RATE_PER_S)
        self._motion_ids = {self._by_path[path].info.arbitration_id for path in (SPEED, WHEEL_SPEED)}

    def on_frame(self, frame: Frame, came_ns: int | None = None) -> None:
        """Take a status frame; commands and diagnostics are not for us, and what no database knows is an alarm.

        `came_ns` is when it came, where that was not now.
        """
        source = self._sources.get(frame.arbitration_id)
        if source is None or frame.is_extended:
            if frame.is_extended or frame.arbitration_id not in self._database.by_id:
                self.raise_alarm("unknown identifier", frame.arbitration_id)
            return
        now_ns = self._scheduler.now_ns if came_ns is None else came_ns
        source.come(now_ns)
        if len(frame.data) != source.info.length:
            source.supervisor.on_check(Check.WRONG_CRC)
            self.raise_alarm("wrong length", frame.arbitration_id)
            return
        check = source.checker.check(frame.data)
        if check is not Check.REPEATED:  # a second frame in a cycle says nothing of the next
            source.supervisor.on_check(check)
        if check is not Check.OK:
            self.counts[source.info.name, check] += 1
        if check.is_accepted:
            self._take(source, frame.data, now_ns)
        elif check is not Check.WRONG_CRC:
            self._distrust(source, check, frame.data, now_ns)
        if check is not Check.WRONG_CRC:
            source.last, source.last_ns = frame.data, now_ns
        if frame.arbitration_id in self._motion_ids:
            self._watch_standing()

    def _take(self, source: _Source, data: bytes, now_ns: int) -> None:
        source.good_ns = now_ns
        payload = _without_counter(data, source.info.profile)
        if payload != source.payload:
            source.payload = payload
            self._read(source, data)
        for path in source.rated:
            self._plausibility.note(path, source.values.get(path), now_ns, source.info.cycle_ns)
        response = source.values.get(RESPONSE)
        if isinstance(response, str):
            self.answers[source.ecu] = DeviceAnswer(response, now_ns)

    def _read(self, source: _Source, data: bytes) -> None:
        decoded = self._database.codecs[source.info.name].unpack(data)
        values: dict[str, Value | None] = {
            signal.path: in_range(signal, from_bus(signal, decoded[signal.status[1]])) for signal in source.signals
        }
        response = decoded.get(RESPONSE)
        if isinstance(response, str):
            values[RESPONSE] = response
        source.values = values

    def _distrust(self, source: _Source, check: Check, data: bytes, now_ns: int) -> None:
        """Judge a frame out of turn: a mere repetition, one that contradicts its twin, or one of several."""
        if check is Check.REPEATED and data == source.last:
            return
        is_twin = check is Check.REPEATED and now_ns - source.last_ns <= source.info.cycle_ns + TICK_NS
        source.strange.append(now_ns)
        window_ns = max(source.max_age_ns, 100 * NS_PER_MS)
        are_many = len(source.strange) == STRANGE_FRAMES and now_ns - source.strange[0] <= window_ns
        if is_twin or are_many:
            source.supervisor.distrust()
            self._alarmed_until_ns = self._scheduler.now_ns + ALARM_LASTS_NS
            self.raise_alarm("two senders", source.info.arbitration_id)

    def raise_alarm(self, kind: str, arbitration_id: int) -> None:
        """Keep an alarm of this instant."""
        self.alarms.append(Alarm(self._scheduler.now_ns, kind, arbitration_id))

    def expect_jump(self) -> None:
        """Take the next values as they come: somebody has moved the world by hand."""
        self._plausibility.expect_jump(self._scheduler.now_ns)

    def _watch_standing(self) -> None:
        speeds = [value for path in (SPEED, WHEEL_SPEED) if isinstance(value := self._told(path), int | float)]
        are_told = len(speeds) == 2
        is_apart = are_told and abs(speeds[0] - speeds[1]) > SPEEDS_APART_KPH
        self._do_speeds_contradict = is_apart and not self._plausibility.is_moved_by_hand(
            self._scheduler.now_ns, self._by_path[SPEED].info.cycle_ns
        )
        is_slow = are_told and max(speeds) < STANDING_BELOW_KPH
        is_believed = is_slow and self._plausibility.doubted.isdisjoint((SPEED, WHEEL_SPEED, GEAR))
        stands = is_believed and self._told(GEAR) == PARK
        if not stands:
            self._standing_since_ns = None
        elif self._standing_since_ns is None:
            self._standing_since_ns = self._scheduler.now_ns

    def _told(self, path: str) -> Value | None:
        """Return what a sound message tells, believed or not."""
        source = self._by_path[path]
        return source.values.get(path) if source.quality(self._scheduler.now_ns) is Quality.VALID else None

    def reading(self, path: str) -> Reading:
        """Return what is known of one signal now."""
        source = self._by_path.get(path)
        if source is None or source.good_ns < 0:
            return NOTHING_KNOWN
        return self._reading(path, source, source.quality(self._scheduler.now_ns))

    def _reading(self, path: str, source: _Source, quality: Quality) -> Reading:
        value = source.values.get(path)
        is_contradicted = self._do_speeds_contradict and path in (SPEED, WHEEL_SPEED)
        if value is None or path in self._plausibility.doubted or is_contradicted:
            quality = Quality.INVALID
        return Reading(value, source.good_ns, quality)

    @property
    def is_disturbed(self) -> bool:
        """Whether nothing may be done now that is not safe in any case."""
        if self.is_bus_degraded or self._scheduler.now_ns < self._alarmed_until_ns:
            return True
        readings = [self.reading(path) for path in GUARDS]
        return any(reading.quality in (Quality.STALE, Quality.INVALID) for reading in readings)

    def state(self) -> VehicleState:
        """Return what is known at this instant."""
        now_ns = self._scheduler.now_ns
        self._watch_standing()
        readings = {}
        for source in self._sources.values():
            if source.good_ns >= 0:
                quality = source.quality(now_ns)
                for signal in source.signals:
                    readings[signal.path] = self._reading(signal.path, source, quality)
        return VehicleState(now_ns, readings, dict(self.targets), self._standing_since_ns, self.is_disturbed)


def _without_counter(data: bytes, profile: Profile) -> tuple[int, bytes]:
    """Return what of a message is its own: without CRC and counter; half of byte 1 belongs to it in P01 and P11."""
    return (0 if profile is Profile.P05 else data[1] >> 4), data[header_bytes(profile) :]
