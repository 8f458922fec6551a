"""Roads: a small map of a region that does not exist, routes on it, and guidance along them."""

from carpilot.vehicle.roads.guidance import Guidance, Manoeuvre, Turn, begin, drive_on, manoeuvres, reroute
from carpilot.vehicle.roads.map import Map, Node, Place, Position, Road, default_map, load_map
from carpilot.vehicle.roads.plan import Avoid, Route, Stop, fastest, plan

__all__ = [
    "Avoid",
    "Guidance",
    "Manoeuvre",
    "Map",
    "Node",
    "Place",
    "Position",
    "Road",
    "Route",
    "Stop",
    "Turn",
    "begin",
    "default_map",
    "drive_on",
    "fastest",
    "load_map",
    "manoeuvres",
    "plan",
    "reroute",
]
