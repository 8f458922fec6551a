"""Guidance: where the car is on its route, what comes next, how far and how long it still is.

`Guidance` is a value: `advance` returns the next one. A turn is told where the road's name changes or the way bends by more
than 30 degrees at a junction; beyond 150 degrees it is a U-turn (own figures).
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import accumulate

from carpilot.vehicle.roads.map import Map, Place, Position, Road
from carpilot.vehicle.roads.plan import NOTHING_AVOIDED, Avoid, Route, Stop, plan

STRAIGHT_WITHIN_DEGREES, U_TURN_FROM_DEGREES = 30.0, 150.0


class Turn(Enum):
    """What to do at a point of the route."""

    STRAIGHT = "STRAIGHT"
    LEFT = "LEFT"
    RIGHT = "RIGHT"
    U_TURN = "U_TURN"
    CHARGE = "CHARGE"
    ARRIVE = "ARRIVE"


@dataclass(frozen=True, slots=True)
class Manoeuvre:
    """A turn, how far it is from the start of the route, and the road (or the place) it leads to."""

    turn: Turn
    at_m: float
    onto: str


def turn_between(before: Road, after: Road) -> Turn:
    """Return which way one turns from a road onto the next."""
    bend = (after.bearing_degrees - before.bearing_degrees + 180) % 360 - 180
    if abs(bend) >= U_TURN_FROM_DEGREES:
        return Turn.U_TURN
    if abs(bend) <= STRAIGHT_WITHIN_DEGREES:
        return Turn.STRAIGHT
    return Turn.RIGHT if bend > 0 else Turn.LEFT


def manoeuvres(route: Route) -> tuple[Manoeuvre, ...]:
    """Return what a driver is told along a route, in order; stops come as CHARGE or ARRIVE."""
    ends = tuple(accumulate((road.length_m for road in route.roads), initial=-route.offset_m))[1:]
    turns = []
    stops_at = {round(stop.at_m, 3) for stop in route.stops}
    for at_m, before, after in zip(ends[:-1], route.roads[:-1], route.roads[1:], strict=True):
        turn = turn_between(before, after)
        if round(at_m, 3) not in stops_at and (turn is not Turn.STRAIGHT or before.name != after.name):
            turns.append(Manoeuvre(turn, at_m, after.name))
    stops = [Manoeuvre(Turn.CHARGE if s.is_charging else Turn.ARRIVE, s.at_m, s.place.name) for s in route.stops]
    return tuple(sorted([*turns, *stops], key=lambda manoeuvre: manoeuvre.at_m))


@dataclass(frozen=True, slots=True)
class Guidance:
    """A route and how far the car has come on it, in metres; made by `begin`."""

    route: Route
    driven_m: float
    manoeuvres: tuple[Manoeuvre, ...]
    ends_m: tuple[float, ...]

    def advance(self, distance_m: float) -> "Guidance":
        """Return the guidance after so many metres; it does not go beyond the destination."""
        driven_m = min(self._length_m, self.driven_m + max(0.0, distance_m))
        return self if driven_m == self.driven_m else replace(self, driven_m=driven_m)

    @property
    def _length_m(self) -> float:
        return self.ends_m[-1] if self.ends_m else 0.0

    @property
    def _index(self) -> int:
        return min(bisect_right(self.ends_m, self.driven_m), len(self.route.roads) - 1)

    @property
    def position(self) -> Position | None:
        """Road and offset; None on a route without roads (one is there already)."""
        if not self.route.roads:
            return None
        index = self._index
        road = self.route.roads[index]
        return Position(road, min(road.length_m, self.driven_m - self.ends_m[index] + road.length_m))

    @property
    def has_arrived(self) -> bool:
        """Whether the destination is reached, within a metre."""
        return self.distance_remaining_m < 1.0

    @property
    def distance_remaining_m(self) -> float:
        """Metres to the destination."""
        return max(0.0, self._length_m - self.driven_m)

    @property
    def stops_left(self) -> tuple[Stop, ...]:
        """Stops that lie ahead, the destination last."""
        return tuple(stop for stop in self.route.stops if stop.at_m > self.driven_m)

    @property
    def time_remaining_s(self) -> float:
        """Seconds to the destination at the speeds of the map, with the charging ahead."""
        position = self.position
        if position is None:
            return 0.0
        later = self.route.roads[self._index + 1 :]
        driving_s = position.left_m / position.road.speed_mps + sum(road.duration_s for road in later)
        return driving_s + sum(stop.charge_s for stop in self.stops_left)

    @property
    def next_manoeuvre(self) -> tuple[Manoeuvre, float] | None:
        """What comes next and how many metres ahead; None once arrived."""
        for manoeuvre in self.manoeuvres:
            if manoeuvre.at_m > self.driven_m:
                return manoeuvre, manoeuvre.at_m - self.driven_m
        return None


def begin(route: Route) -> Guidance:
    """Return the guidance at the start of a route."""
    ends_m = tuple(accumulate((road.length_m for road in route.roads), initial=-route.offset_m))[1:]
    return Guidance(route, 0.0, manoeuvres(route), ends_m)


def reroute(
    map_: Map,
    guidance: Guidance,
    charge_percent: float,
    battery_celsius: float = 20.0,
    avoid: Avoid = NOTHING_AVOIDED,
    destinations: Sequence[Place | str] | None = None,
) -> Guidance:
    """Return guidance on a new route from where the car is, to the destinations still ahead or to others.

    It first drives the present road to its end: cars do not turn round in a street.
    """
    ahead = [stop.place for stop in guidance.stops_left if not stop.is_charging]
    goals = list(destinations) if destinations is not None else (ahead or [guidance.route.destination])
    start = guidance.position or guidance.route.destination
    return begin(plan(map_, start, goals, charge_percent, battery_celsius, avoid))


def drive_on(map_: Map, position: Position, distance_m: float) -> Position:
    """Return where a car without a route gets to: at a junction it takes the road that bends least.

    It turns round only where no other road leaves.
    """
    road, offset_m = position.road, position.offset_m + max(0.0, distance_m)
    while offset_m >= road.length_m:
        offset_m -= road.length_m
        road = min(map_.roads_from[road.end.id], key=lambda after, before=road: _bend(before, after))  # type: ignore[misc] # mypy takes no default in a lambda
    return Position(road, offset_m)


def _bend(before: Road, after: Road) -> tuple[bool, float]:
    bend = abs((after.bearing_degrees - before.bearing_degrees + 180) % 360 - 180)
    return after.end.id == before.start.id, bend
