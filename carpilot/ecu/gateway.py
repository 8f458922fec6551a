"""The gateway between the segments: a gate on bytes.

It knows nothing of meaning. A frame passes only on a route of `assets/vehicle/gateway.yaml`, which names identifier, source,
length and protection; it must be whole, in turn, authentic where that is asked for, and within the budget of its
identifier. Bits that open or unlock pass only while the last motion frame says, in bytes, that the car stands. The gateway
shares no code with the policy; both would have to fail for a wrong frame to reach an ECU.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from carpilot.bus.authentication import Verifier
from carpilot.bus.bus import Bus, Port
from carpilot.bus.e2e import Checker, Profile
from carpilot.bus.frame import Frame
from carpilot.bus.mailbox import send_in_time, send_newest
from carpilot.errors import InputError
from carpilot.files import asset, load_yaml
from carpilot.sim.scheduler import Scheduler
from carpilot.units import NS_PER_MS, NS_PER_S

MAX_DIAGNOSTIC_PER_S = 200
KEPT_EVENTS = 200
COMMANDS_COME_FROM = "infotainment"
"""What comes from there are commands, which grow old; the rest is status, of which the newest counts."""


@dataclass(frozen=True, slots=True)
class OpeningField:
    """Bits of a frame that open or unlock something unless they hold one of the harmless values."""

    bit: int
    bits: int
    harmless: frozenset[int]

    def opens(self, number: int) -> bool:
        """Return whether a frame, as one little-endian number, opens something here."""
        return number >> self.bit & ((1 << self.bits) - 1) not in self.harmless


@dataclass(frozen=True, slots=True)
class Route:
    """One identifier's way. `budget_per_s` is how many frames a second may pass."""

    arbitration_id: int
    source: str
    to: tuple[str, ...]
    length: int
    profile: Profile
    data_id: int
    budget_per_s: int
    is_authenticated: bool
    opening: tuple[OpeningField, ...]


@dataclass(frozen=True, slots=True)
class MotionGuard:
    """Where the motion frame says that the car stands: raw speed below a limit, and park engaged."""

    arbitration_id: int
    max_age_ns: int
    speed: tuple[int, int]
    standing_below: int
    gear: tuple[int, int]
    park: int

    def stands(self, data: bytes) -> bool:
        """Return whether a motion frame's bytes say that the car stands in park."""
        number = int.from_bytes(data, "little")
        speed, gear = (number >> bit & ((1 << bits) - 1) for bit, bits in (self.speed, self.gear))
        return speed < self.standing_below and gear == self.park


@dataclass(frozen=True, slots=True)
class Table:
    """The whole gateway table. `local` are the (segment, identifier) pairs that have no route and need none."""

    routes: Mapping[int, Route]
    motion: MotionGuard
    diagnostics: frozenset[int]
    local: frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Event:
    """A frame that was not let through, and why."""

    time_ns: int
    segment: str
    arbitration_id: int
    reason: str


def _route(row: Mapping[str, Any], opening: Mapping[int, Any]) -> Route:
    fields = tuple(
        OpeningField(item["bit"], item["bits"], frozenset(item["harmless"])) for item in opening.get(row["id"], ())
    )
    return Route(
        row["id"],
        row["from"],
        tuple(row["to"]),
        row["length"],
        Profile(row["profile"]),
        row["data_id"],
        row["budget_per_s"],
        row.get("authenticated", False),
        fields,
    )


@cache
def read_table(path: Path | None = None) -> Table:
    """Return a gateway table, by default the one that ships. Raises InputError where it is incomplete."""
    path = path or asset("vehicle", "gateway.yaml")
    data = load_yaml(path)
    try:
        motion = data["guards"]["motion"]
        guard = MotionGuard(
            motion["id"],
            motion["max_age_ms"] * NS_PER_MS,
            (motion["speed_bit"], motion["speed_bits"]),
            motion["standing_below"],
            (motion["gear_bit"], motion["gear_bits"]),
            motion["park"],
        )
        routes = {row["id"]: _route(row, data["guards"]["opening"]) for row in data["routes"]}
        diagnostics = frozenset(
            number for first, last in data["diagnostics"] for number in range(int(first), int(last) + 1)
        )
        local = frozenset((segment, number) for segment, numbers in data["local"].items() for number in numbers)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: the gateway table is incomplete: {error}") from error
    return Table(routes, guard, diagnostics, local)


@dataclass(slots=True)
class _Lane:
    """What the gateway remembers of one route: counter, freshness, and when frames last passed."""

    checker: Checker
    verifier: Verifier | None
    passed_ns: deque[int] = field(default_factory=deque)

    def is_within(self, now_ns: int, budget_per_s: int) -> bool:
        """Return whether one more frame fits the budget, and count it if it does."""
        passed = self.passed_ns
        while passed and passed[0] <= now_ns - NS_PER_S:
            passed.popleft()
        if len(passed) >= budget_per_s:
            return False
        passed.append(now_ns)
        return True


class Gateway:
    """A port on every segment, and the table. `dropped` counts by identifier; `events` tells why."""

    name = "GATEWAY"

    def __init__(self, scheduler: Scheduler, buses: Mapping[str, Bus], key: bytes, table: Table | None = None) -> None:
        self.table = table or read_table()
        self.dropped: dict[int, int] = {}
        self.events: deque[Event] = deque(maxlen=KEPT_EVENTS)
        self.corrupts: Callable[[Frame], Frame] | None = None
        """A fault in the gateway's memory: changes what is passed on."""
        self._scheduler = scheduler
        self._buses = buses
        self.ports: dict[str, Port] = {
            name: bus.attach(self.name, self._listener(name), None) for name, bus in buses.items()
        }
        self._lanes = {
            number: _Lane(
                Checker(route.data_id, route.profile), Verifier(key, route.data_id) if route.is_authenticated else None
            )
            for number, route in self.table.routes.items()
        }
        self._diagnostic_ns: deque[int] = deque()
        self._motion: bytes | None = None
        self._motion_ns = 0

    def _listener(self, segment: str) -> Callable[[Frame], None]:
        return lambda frame: self.on_frame(segment, frame)

    def on_frame(self, segment: str, frame: Frame) -> None:
        """Pass a frame on, or drop it."""
        route = self.table.routes.get(frame.arbitration_id)
        if route is None or frame.is_extended:
            self._pass_diagnostics(segment, frame)
            return
        if route.source != segment:
            self._drop(segment, frame, "wrong segment")
            return
        reason = self._objection(route, frame)
        if reason is not None:
            self._drop(segment, frame, reason)
            return
        if frame.arbitration_id == self.table.motion.arbitration_id:
            self._motion, self._motion_ns = frame.data, self._scheduler.now_ns
        passed = frame if self.corrupts is None else self.corrupts(frame)
        send = send_newest if segment != COMMANDS_COME_FROM else send_in_time
        for target in route.to:
            send(self._buses[target], self.ports[target], passed)

    def _objection(self, route: Route, frame: Frame) -> str | None:
        """Return why a frame may not pass, or None if it may."""
        lane = self._lanes[route.arbitration_id]
        if len(frame.data) != route.length:
            return "wrong length"
        if not lane.checker.check(frame.data).is_accepted:
            return "protection"
        if lane.verifier is not None and not lane.verifier.check(frame.data):
            return "authentication"
        if route.opening and not self.stands:
            number = int.from_bytes(frame.data, "little")
            if any(field.opens(number) for field in route.opening):
                return "opens while moving"
        if not lane.is_within(self._scheduler.now_ns, route.budget_per_s):
            return "budget"
        return None

    def _drop(self, segment: str, frame: Frame, reason: str) -> None:
        self.dropped[frame.arbitration_id] = self.dropped.get(frame.arbitration_id, 0) + 1
        self.events.append(Event(self._scheduler.now_ns, segment, frame.arbitration_id, reason))

    def _pass_diagnostics(self, segment: str, frame: Frame) -> None:
        """Pass a diagnostic frame to the other segments, not more than a tester needs; drop what nobody knows."""
        if frame.is_extended or frame.arbitration_id not in self.table.diagnostics:
            if frame.is_extended or (segment, frame.arbitration_id) not in self.table.local:
                self._drop(segment, frame, "no route")
            return
        now_ns = self._scheduler.now_ns
        while self._diagnostic_ns and self._diagnostic_ns[0] <= now_ns - NS_PER_S:
            self._diagnostic_ns.popleft()
        if len(self._diagnostic_ns) >= MAX_DIAGNOSTIC_PER_S:
            self._drop(segment, frame, "budget")
            return
        self._diagnostic_ns.append(now_ns)
        for name, port in self.ports.items():
            if name != segment:
                port.send(frame)

    @property
    def stands(self) -> bool:
        """Whether the last motion frame is fresh and says: in park, below 0.5 km/h."""
        is_fresh = self._scheduler.now_ns - self._motion_ns <= self.table.motion.max_age_ns
        return self._motion is not None and is_fresh and self.table.motion.stands(self._motion)
