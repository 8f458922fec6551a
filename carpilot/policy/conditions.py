"""What a rule can ask of the moment.

Each condition is true in the dangerous case, and an unknown, stale or invalid reading is the dangerous case. There is
no negation of a condition, since the negation of an unknown would be a safe case that nobody observed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from carpilot.decision import Command
from carpilot.request import Seat
from carpilot.units import NS_PER_S
from carpilot.vehicle.state import VehicleState

NIGHT_BELOW_PERCENT = 20.0
RAIN_FROM_PERCENT = 10.0
HEAVY_RAIN_FROM_PERCENT = 60.0
STANDING_FOR_NS = NS_PER_S
ZONES_APART_KELVIN = 3.0
STATION = "Vehicle.Cabin.HVAC.Station.Row1.{}.Temperature"


@dataclass(frozen=True, slots=True)
class Moment:
    """What a command is judged on: the command, the state now, and who spoke."""

    command: Command
    state: VehicleState
    seat: Seat


def is_moving(state: VehicleState) -> bool:
    """Return True unless the car has been standing in park for a second."""
    since_ns = state.standing_since_ns
    return since_ns is None or state.time_ns - since_ns < STANDING_FOR_NS


def _is_not_below(path: str, limit: float) -> Callable[[Moment], bool]:
    def condition(moment: Moment) -> bool:
        value = moment.state.number(path)
        return value is None or value >= limit

    return condition


def _is_below(path: str, limit: float) -> Callable[[Moment], bool]:
    def condition(moment: Moment) -> bool:
        value = moment.state.number(path)
        return value is None or value < limit

    return condition


def _is_not(value: object, *paths: str) -> Callable[[Moment], bool]:
    """Return a condition that holds unless every path is known to have the safe value."""
    return lambda moment: any(moment.state.actual(path) != value for path in paths)


def _are_zones_apart(moment: Moment) -> bool:
    temperatures = []
    for zone in ("Driver", "Passenger"):
        path = STATION.format(zone)
        value = (
            moment.command.target
            if path == moment.command.path
            else moment.state.targets.get(path, moment.state.actual(path))
        )
        if not isinstance(value, int | float):
            return False
        temperatures.append(float(value))
    return abs(temperatures[0] - temperatures[1]) > ZONES_APART_KELVIN


def _is_ignition_off(moment: Moment) -> bool:
    return moment.state.actual("Vehicle.LowVoltageSystemState") not in ("ACC", "ON", "START")


CONDITIONS: Mapping[str, Callable[[Moment], bool]] = {
    "moving": lambda moment: is_moving(moment.state),
    "night": _is_below("Vehicle.Exterior.LightIntensity", NIGHT_BELOW_PERCENT),
    "raining": _is_not_below("Vehicle.Body.Raindetection.Intensity", RAIN_FROM_PERCENT),
    "no heavy rain": _is_below("Vehicle.Body.Raindetection.Intensity", HEAVY_RAIN_FROM_PERCENT),
    "ignition off": _is_ignition_off,
    "driver seat empty": _is_not(True, "Vehicle.Cabin.Seat.Row1.DriverSide.IsOccupied"),
    "rear seat occupied": _is_not(
        False, "Vehicle.Cabin.Seat.Row2.DriverSide.IsOccupied", "Vehicle.Cabin.Seat.Row2.PassengerSide.IsOccupied"
    ),
    "air conditioning on": _is_not(False, "Vehicle.Cabin.HVAC.IsAirConditioningActive"),
    "fog lamps on": _is_not(False, "Vehicle.Body.Lights.Fog.Front.IsOn", "Vehicle.Body.Lights.Fog.Rear.IsOn"),
    "high beam on": _is_not(False, "Vehicle.Body.Lights.Beam.High.IsOn"),
    "bus degraded": lambda moment: moment.state.is_bus_degraded,
    "speaker is not the driver": lambda moment: moment.seat is not Seat.DRIVER,
    "front zones more than 3 degrees apart": _are_zones_apart,
}


def surroundings(state: VehicleState) -> tuple[bool, ...]:
    """Return every condition that does not depend on the command: the state that a confirmation is bound to."""
    nothing = Moment(Command("", False), state, Seat.DRIVER)
    return tuple(
        condition(nothing) for name, condition in CONDITIONS.items() if not name.startswith(("front zones", "speaker"))
    )
