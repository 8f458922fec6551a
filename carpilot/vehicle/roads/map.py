"""The road map: nodes, roads, places. Read once from `assets/maps/*.yaml`.

A road is directed; one in the file that runs both ways stands here twice. Speeds really driven are a share of the limit: nine
tenths out of town and three quarters in it, where there are lamps and bends (own figures). Energy is that of the road load in
`physics/motion.py` at that speed, plus 600 W for everything else; rolling down gives back what the losses leave.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from carpilot.errors import InputError, UnknownNameError
from carpilot.files import asset, load_yaml
from carpilot.vehicle.physics.motion import GRAVITY_MPS2, MASS_KG, electric_w, resistance_n

TOWN_UP_TO_KPH = 60.0
TOWN_SHARE, COUNTRY_SHARE = 0.75, 0.90
OTHER_W = 600.0
STOP_AND_GO_SHARE = 1.25
"""Town traffic starts and stops; recuperation returns most, but not all (own figure)."""
DEFAULT_CURVES = 1.1
DEFAULT_MAP = "example_region"


@dataclass(frozen=True, slots=True)
class Node:
    """A junction: metres east, north, and above the sea."""

    id: str
    x_m: float
    y_m: float
    height_m: float


@dataclass(frozen=True, slots=True)
class Road:
    """One direction of a road between two nodes. `kind` is street or motorway."""

    start: Node
    end: Node
    name: str
    length_m: float
    limit_kph: float
    kind: str = "street"
    is_tunnel: bool = False

    @property
    def speed_mps(self) -> float:
        """The speed that is really driven, on average."""
        share = TOWN_SHARE if self.limit_kph <= TOWN_UP_TO_KPH else COUNTRY_SHARE
        return self.limit_kph / 3.6 * share

    @property
    def duration_s(self) -> float:
        """Time to drive it."""
        return self.length_m / self.speed_mps

    @property
    def slope(self) -> float:
        """Rise in m a m, positive uphill."""
        return (self.end.height_m - self.start.height_m) / self.length_m

    @property
    def bearing_degrees(self) -> float:
        """Direction, clockwise from north."""
        return math.degrees(math.atan2(self.end.x_m - self.start.x_m, self.end.y_m - self.start.y_m)) % 360

    @property
    def energy_kwh(self) -> float:
        """Energy from the battery to drive it; negative where it falls enough."""
        speed = self.speed_mps
        start_stop = STOP_AND_GO_SHARE if self.limit_kph <= TOWN_UP_TO_KPH else 1.0
        level_w = resistance_n(speed) * speed * start_stop
        climb_w = MASS_KG * GRAVITY_MPS2 * self.slope * speed
        return (electric_w(level_w + climb_w) + OTHER_W) * self.duration_s / 3.6e6


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere to go: its node, its kind, other names, and the power of its chargers (0: none)."""

    name: str
    node: Node
    kind: str
    also: tuple[str, ...] = ()
    charger_kw: float = 0.0


@dataclass(frozen=True, slots=True)
class Position:
    """A place on a road: so far from its start."""

    road: Road
    offset_m: float = 0.0

    @property
    def xy_m(self) -> tuple[float, float]:
        """Metres east and north, on the straight line between the road's ends."""
        share = min(1.0, max(0.0, self.offset_m / self.road.length_m))
        start, end = self.road.start, self.road.end
        return start.x_m + share * (end.x_m - start.x_m), start.y_m + share * (end.y_m - start.y_m)

    @property
    def left_m(self) -> float:
        """What is left of the road."""
        return self.road.length_m - self.offset_m


@dataclass(frozen=True, slots=True)
class Map:
    """All of it. `roads_from` has every node's outgoing roads."""

    name: str
    nodes: Mapping[str, Node]
    roads_from: Mapping[str, tuple[Road, ...]]
    places: Mapping[str, Place]

    def place(self, name: str) -> Place:
        """Return a place by its name or another of its names, whatever the case. Raises UnknownNameError."""
        wanted = " ".join(name.lower().removeprefix("the ").split())
        for place in self.places.values():
            if wanted in {each.lower().removeprefix("the ") for each in (place.name, *place.also)}:
                return place
        raise UnknownNameError("place", name, self.places)

    @property
    def chargers(self) -> tuple[Place, ...]:
        """Every place where one can charge."""
        return tuple(place for place in self.places.values() if place.charger_kw > 0)

    def start_at(self, name: str) -> Position:
        """Return the start of the first road that leaves a place."""
        return Position(self.roads_from[self.place(name).node.id][0])


def load_map(path: Path) -> Map:
    """Return a map file's map. Raises InputError, in one line, if it does not hold together."""
    raw = load_yaml(path)
    try:
        nodes = {key: Node(key, *(float(number) for number in at)) for key, at in raw["nodes"].items()}
        places = {key: _place(key, row, nodes) for key, row in raw["places"].items()}
        roads = [road for row in raw["roads"] for road in _roads(row, nodes)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path} is no map: {error}") from error
    roads_from = {key: tuple(road for road in roads if road.start.id == key) for key in nodes}
    dead_ends = [key for key, out in roads_from.items() if not out]
    if dead_ends:
        raise InputError(f"{path}: no road leaves {', '.join(sorted(dead_ends))}")
    return Map(str(raw.get("name", path.stem)), nodes, roads_from, places)


def _place(name: str, row: Mapping[str, Any], nodes: Mapping[str, Node]) -> Place:
    also = tuple(str(each) for each in row.get("also", ()))
    return Place(name, nodes[row["node"]], str(row["kind"]), also, float(row.get("charger_kw", 0.0)))


def _roads(row: Mapping[str, Any], nodes: Mapping[str, Node]) -> list[Road]:
    start, end = nodes[row["from"]], nodes[row["to"]]
    straight_m = math.hypot(end.x_m - start.x_m, end.y_m - start.y_m)
    length_m = straight_m * float(row.get("curves", DEFAULT_CURVES))
    limit_kph = float(row["kph"])
    if length_m <= 0 or limit_kph <= 0:
        raise ValueError(f"{row['name']} from {start.id} to {end.id} has no length or no speed limit")
    about = (str(row["name"]), length_m, limit_kph, str(row.get("kind", "street")), row.get("tunnel") is True)
    there, back = Road(start, end, *about), Road(end, start, *about)
    return [there] if row.get("one_way") is True else [there, back]


@cache
def default_map() -> Map:
    """Return the map that ships with carpilot."""
    return load_map(asset("maps", f"{DEFAULT_MAP}.yaml"))
