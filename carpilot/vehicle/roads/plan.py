"""Routing: the fastest way, by way of every destination, with charging stops where the battery needs them.

The way between two nodes is Dijkstra's (Numerische Mathematik 1, 1959) on driving time. Charging is a second search of the
same kind over chargers: from each, either straight to the destination, or to another charger that can be reached. It charges
what the rest of the way needs, before another charger 80 %: above it charging is slow. The car arrives with at least
10 % everywhere, and at a destination with as much as it takes to the next charger (own figures).
"""

import heapq
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from carpilot.errors import InputError
from carpilot.vehicle.physics.battery import USABLE_KWH
from carpilot.vehicle.physics.charging import Plug, charge_seconds
from carpilot.vehicle.roads.map import Map, Node, Place, Position, Road

RESERVE_PERCENT = 10.0
CHARGE_TO_PERCENT = 80.0
STOP_S = 180.0
"""Leaving the road, plugging in and out."""


@dataclass(frozen=True, slots=True)
class Avoid:
    """What a driver does not want: motorways, tunnels, and roads by name (a closed road is one to avoid)."""

    motorways: bool = False
    tunnels: bool = False
    names: frozenset[str] = frozenset()

    def takes(self, road: Road) -> bool:
        """Whether a road may be driven."""
        return not (
            (self.motorways and road.kind == "motorway") or (self.tunnels and road.is_tunnel) or road.name in self.names
        )


NOTHING_AVOIDED = Avoid()


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop on a route, `at_m` from its start: a destination, or a charging stop with what it charges and how long."""

    place: Place
    at_m: float
    arrival_percent: float
    charge_to_percent: float | None = None
    charge_s: float = 0.0

    @property
    def is_charging(self) -> bool:
        """Whether one stops here to charge."""
        return self.charge_to_percent is not None


@dataclass(frozen=True, slots=True)
class Route:
    """Roads in order, and the stops on them; the last one is the destination. The first road begins at `offset_m`."""

    roads: tuple[Road, ...]
    stops: tuple[Stop, ...]
    offset_m: float = 0.0

    @property
    def length_m(self) -> float:
        """Length of the whole."""
        return sum(road.length_m for road in self.roads) - self.offset_m

    @property
    def driving_s(self) -> float:
        """Time on the road."""
        whole = sum(road.duration_s for road in self.roads)
        return whole - (self.offset_m / self.roads[0].speed_mps if self.roads else 0.0)

    @property
    def charging_s(self) -> float:
        """Time at chargers."""
        return sum(stop.charge_s for stop in self.stops)

    @property
    def duration_s(self) -> float:
        """Time of the whole."""
        return self.driving_s + self.charging_s

    @property
    def destination(self) -> Place:
        """Where it ends."""
        return self.stops[-1].place

    @property
    def arrival_percent(self) -> float:
        """Charge left at the end."""
        return self.stops[-1].arrival_percent


def fastest(map_: Map, start: Node, end: Node, avoid: Avoid = NOTHING_AVOIDED) -> tuple[Road, ...] | None:
    """Return the fastest roads between two nodes, none if they are the same, None if there is no way."""
    way = _Network(map_, avoid).way(start, end)
    return None if way is None else way.roads


class _Way(NamedTuple):
    """Roads between two nodes, what they take from the battery in percent, and their time."""

    roads: tuple[Road, ...]
    percent: float
    time_s: float


class _Network:
    """The fastest ways of one map, each node's found once."""

    def __init__(self, map_: Map, avoid: Avoid) -> None:
        self._map, self._avoid = map_, avoid
        self._trees: dict[str, dict[str, Road]] = {}
        self._ways: dict[tuple[str, str], _Way | None] = {}

    def way(self, start: Node, end: Node) -> _Way | None:
        """Return the fastest way, or None."""
        key = (start.id, end.id)
        if key not in self._ways:
            self._ways[key] = self._find(start, end)
        return self._ways[key]

    def _find(self, start: Node, end: Node) -> _Way | None:
        if start.id not in self._trees:
            self._trees[start.id] = self._tree(start)
        came_by, roads, at = self._trees[start.id], list[Road](), end.id
        while at != start.id:
            if at not in came_by:
                return None
            roads.append(came_by[at])
            at = came_by[at].start.id
        roads.reverse()
        return _Way(tuple(roads), used_percent(roads), sum(road.duration_s for road in roads))

    def _tree(self, start: Node) -> dict[str, Road]:
        """Return by which road one comes to every node that can be reached: Dijkstra's algorithm."""
        best: dict[str, float] = {start.id: 0.0}
        came_by: dict[str, Road] = {}
        number = itertools.count()
        heap = [(0.0, next(number), start.id)]
        while heap:
            time_s, _, here = heapq.heappop(heap)
            if time_s > best[here]:
                continue
            for road in self._map.roads_from[here]:
                there, arrival_s = road.end.id, time_s + road.duration_s
                if self._avoid.takes(road) and arrival_s < best.get(there, math.inf):
                    best[there], came_by[there] = arrival_s, road
                    heapq.heappush(heap, (arrival_s, next(number), there))
        return came_by


def used_percent(roads: Sequence[Road], usable_kwh: float = USABLE_KWH) -> float:
    """Return what roads take from the battery, in percent of it."""
    return sum(road.energy_kwh for road in roads) / usable_kwh * 100


def plan(
    map_: Map,
    start: Position | Place | str,
    destinations: Sequence[Place | str],
    charge_percent: float = 100.0,
    battery_celsius: float = 20.0,
    avoid: Avoid = NOTHING_AVOIDED,
) -> Route:
    """Return the fastest route by way of the destinations in their order.

    Raises UnknownNameError for a place that is not on the map, InputError where there is no way or no charger within reach.
    """
    if not destinations:
        raise InputError("a route needs at least one destination")
    goals = [each if isinstance(each, Place) else map_.place(each) for each in destinations]
    roads, node, offset_m = _first_road(map_, start)
    charge = charge_percent - used_percent(roads) * (1 - offset_m / roads[0].length_m if roads else 1.0)
    driven_m = sum(road.length_m for road in roads) - offset_m
    stops: list[Stop] = []
    network = _Network(map_, avoid)
    here: Place | None = None
    for goal in goals:
        for leg in _legs(network, map_.chargers, node, goal, charge, battery_celsius, here):
            roads += leg.roads
            driven_m += sum(road.length_m for road in leg.roads)
            to = leg.charge_to_percent
            if leg.place is here and not leg.roads and to is not None:
                stops.pop()  # one is there already, and now charges too
            stops.append(Stop(leg.place, driven_m, leg.arrival_percent, to, leg.charge_s))
            charge = leg.arrival_percent if to is None else to
            node = leg.place.node
        here = goal if goal.charger_kw > 0 else None
    return Route(roads, tuple(stops), offset_m)


def _first_road(map_: Map, start: Position | Place | str) -> tuple[tuple[Road, ...], Node, float]:
    """Return the road one is on already, where it leads, and how much of it is behind."""
    if isinstance(start, Position):
        if start.offset_m <= 0:
            return (), start.road.start, 0.0
        return (start.road,), start.road.end, min(start.offset_m, start.road.length_m)
    place = start if isinstance(start, Place) else map_.place(start)
    return (), place.node, 0.0


@dataclass(frozen=True, slots=True)
class _Leg:
    """Roads to a place, the charge there, and what is then charged."""

    roads: tuple[Road, ...]
    place: Place
    arrival_percent: float
    charge_to_percent: float | None = None
    charge_s: float = 0.0


@dataclass(frozen=True, slots=True)
class _Journey:
    """Legs so far, the time they took (without charging at the last), and where they lead."""

    time_s: float
    node: Node
    charge_percent: float
    legs: tuple[_Leg, ...] = ()
    is_there: bool = False


def _legs(
    network: _Network,
    chargers: Sequence[Place],
    start: Node,
    goal: Place,
    charge: float,
    battery_celsius: float,
    here: Place | None,
) -> tuple[_Leg, ...]:
    """Return the fastest chain of legs to a place; all but the last end at chargers, of which one may be `here`."""
    spare = _spare_percent(network, chargers, goal)
    number = itertools.count()
    heap = [(0.0, next(number), _Journey(0.0, start, charge))]
    if here is not None:
        heap.append((0.0, next(number), _Journey(0.0, start, charge, (_Leg((), here, charge),))))
    is_road_there = False
    fullest: dict[str, float] = {}
    while heap:
        _, _, journey = heapq.heappop(heap)
        if journey.is_there:
            return journey.legs
        is_start = journey.time_s == 0
        if not is_start and journey.charge_percent <= fullest.get(journey.node.id, -math.inf):
            continue  # one was here sooner, with as much charge
        fullest[journey.node.id] = journey.charge_percent
        is_road_there = is_road_there or network.way(journey.node, goal.node) is not None
        further = [(goal, spare, True), *((charger, RESERVE_PERCENT, False) for charger in chargers)]
        for place, keep, is_goal in further:
            way = network.way(journey.node, place.node)
            longer = _extend(journey, way, place, keep, is_goal, battery_celsius) if way is not None else None
            if longer is not None:
                heapq.heappush(heap, (longer.time_s, next(number), longer))
    why = "no charger is within reach" if is_road_there else "no road leads there"
    raise InputError(f"cannot plan a route to {goal.name} with {charge:.0f} % charge: {why}")


def _extend(
    journey: _Journey, way: _Way, place: Place, keep: float, is_goal: bool, battery_celsius: float
) -> _Journey | None:
    """Return the journey with one more leg, after charging where it stands; None if the charge does not do."""
    use = way.percent
    legs, to, time_s = journey.legs, journey.charge_percent, journey.time_s
    if legs:
        here = legs[-1]
        need = use + keep
        to = max(here.arrival_percent, min(100.0, need if is_goal else max(need, CHARGE_TO_PERCENT)))
        power_w = here.place.charger_kw * 1000
        charge_s = STOP_S + charge_seconds(Plug.DC, here.arrival_percent, to, battery_celsius, power_w)
        legs = (*legs[:-1], replace(here, charge_to_percent=to, charge_s=charge_s))
        time_s += charge_s
    elif not is_goal:
        keep = 0.0  # a charger may be reached with the last of the charge
    arrival = to - use
    if arrival < keep - 1e-9:
        return None
    return _Journey(time_s + way.time_s, place.node, arrival, (*legs, _Leg(way.roads, place, arrival)), is_goal)


def _spare_percent(network: _Network, chargers: Sequence[Place], goal: Place) -> float:
    """Return what must be left at a destination: the reserve, or more where the next charger is far."""
    if goal.charger_kw > 0:
        return RESERVE_PERCENT
    needs = [way.percent for charger in chargers if (way := network.way(goal.node, charger.node)) is not None]
    return max(RESERVE_PERCENT, min(needs, default=0.0) + RESERVE_PERCENT / 2)
