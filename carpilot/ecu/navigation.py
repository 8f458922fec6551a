"""NAV: destination, route and guidance on the shipped map; it also knows the road that the car is on.

Place names on the bus are those of the map in capitals. The route is planned with the charge of the moment, with charging
stops if they are wanted; the car follows it as it drives, and follows its road where there is no route.
"""

from collections.abc import Mapping
from typing import ClassVar

from carpilot.ecu.device import Device, Motion
from carpilot.errors import InputError
from carpilot.vehicle.catalogue import Catalogue, Value
from carpilot.vehicle.physics import World
from carpilot.vehicle.roads import Avoid, Guidance, Road, Route, begin, default_map, drive_on, plan

NAVIGATION = "Vehicle.Private.Navigation."
DESTINATION, WAYPOINT = f"{NAVIGATION}Destination", f"{NAVIGATION}Waypoint"
AVOID_MOTORWAYS, PREFERENCE = f"{NAVIGATION}IsAvoidingMotorways", f"{NAVIGATION}RoutePreference"
PLAN_CHARGING = f"{NAVIGATION}IsChargingPlanned"
CHANGES_THE_ROUTE = (DESTINATION, WAYPOINT, AVOID_MOTORWAYS, PREFERENCE, PLAN_CHARGING)
NOWHERE = "NONE"
FULL_PERCENT = 100.0
FARTHEST_M, LONGEST_MIN, MOST_STOPS = 1_000_000, 2000, 6


class Navigation(Device):
    """The navigation unit. It refuses a place to which there is no way."""

    name = "NAV"
    slow_step_s = 0.5
    motions: ClassVar = {"Navigation.Destination": Motion(delay_s=0.8), "Navigation.Waypoint": Motion(delay_s=0.8)}

    def __init__(self, catalogue: Catalogue, world: World) -> None:
        super().__init__(catalogue, world)
        self._map = default_map()
        self._names = {name.upper().replace(" ", "_"): name for name in self._map.places}
        self._here = self._map.start_at("Home")
        self._odometer_m = world.odometer_m
        self._guidance: Guidance | None = None

    @property
    def road(self) -> Road:
        """The road that the car is on."""
        return self._here.road

    def refuses_any(self, targets: Mapping[str, Value]) -> bool:
        """Refuse a place to which no way leads, and a stop without a destination; both may come together."""
        wanted = {**self.target, **targets}
        if not any(targets.get(path, NOWHERE) != NOWHERE for path in (DESTINATION, WAYPOINT)):
            return False
        return wanted[DESTINATION] == NOWHERE or self._plan(targets) is None

    def _plan(self, changes: Mapping[str, Value]) -> Route | None:
        """Return the route to the targets of now with changes, or None if there is none."""
        wanted = {**self.target, **changes}
        goals = [self._names[str(wanted[path])] for path in (WAYPOINT, DESTINATION) if wanted[path] != NOWHERE]
        charge = self.world.charge_percent if wanted[PLAN_CHARGING] is True else FULL_PERCENT
        avoid = Avoid(motorways=wanted[AVOID_MOTORWAYS] is True or wanted[PREFERENCE] == "ECONOMY")
        try:
            return plan(self._map, self._here, goals, charge, self.world.battery.temperature_celsius, avoid)
        except InputError:
            return None

    def set_by_hand(self, path: str, value: Value) -> None:
        """Set at once, and plan."""
        super().set_by_hand(path, value)
        if path in CHANGES_THE_ROUTE:
            self._guide()

    def on_target(self, path: str, target: Value) -> None:
        """Plan anew when something changes the route; without a destination there is no stop."""
        if path == DESTINATION and target == NOWHERE:
            self.aim(WAYPOINT, NOWHERE)
        if path in CHANGES_THE_ROUTE:
            self._guide()

    def _guide(self) -> None:
        """Begin the guidance to the targets of now."""
        route = self._plan({}) if self.target[DESTINATION] != NOWHERE else None
        self._guidance = begin(route) if route and route.roads else None

    def live(self, dt_s: float) -> bool:
        """Follow the road as far as the car has driven, and tell the world what the road is like."""
        del dt_s
        driven_m = self.world.odometer_m - self._odometer_m
        self._odometer_m = self.world.odometer_m
        before = self.state
        if driven_m > 0:
            self._drive(driven_m)
        return self.state != before

    def _drive(self, driven_m: float) -> None:
        if self._guidance is not None and not self._guidance.has_arrived:
            self._guidance = self._guidance.advance(driven_m)
            self._here = self._guidance.position or self._here
        else:
            self._here = drive_on(self._map, self._here, driven_m)
        self.world.slope = self.road.slope
        self.world.weather.is_in_tunnel = self.road.is_tunnel

    @property
    def state(self) -> str:
        """State of the route guidance, in the catalogue's words."""
        if self.target[DESTINATION] == NOWHERE:
            return "NONE"
        if self.actual[DESTINATION] != self.target[DESTINATION]:
            return "PLANNING"
        return "ARRIVED" if self._guidance is None or self._guidance.has_arrived else "GUIDING"

    def sensed(self, path: str) -> Value | None:
        """Return how the guidance stands."""
        guidance, leaf = self._guidance, path.removeprefix(NAVIGATION)
        if leaf == "RouteState":
            return self.state
        if guidance is None or guidance.has_arrived:
            return "NONE" if leaf == "NextManeuver" else 0
        if leaf == "DistanceRemaining":
            return round(min(FARTHEST_M, guidance.distance_remaining_m))
        if leaf == "TimeRemaining":
            return round(min(LONGEST_MIN, guidance.time_remaining_s / 60))
        if leaf == "StopCount":
            return min(MOST_STOPS, len(guidance.stops_left) - 1)
        following = guidance.next_manoeuvre
        if leaf == "NextManeuver":
            return following[0].turn.value if following else "NONE"
        return round(following[1]) if following else 0
