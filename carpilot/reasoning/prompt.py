"""What the embedded model reads: the words, and in a second segment the seat, a few facts and the turn before.

i'm freezing and the windscreen is fogged up
driver, cabin cold, screen fogged, after temperature up
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from carpilot.decision import Act
from carpilot.reasoning.numbers import with_digits
from carpilot.reasoning.reasoner import Turn
from carpilot.request import Request, Seat
from carpilot.vehicle.state import VehicleState


@dataclass(frozen=True, slots=True)
class Fact:
    """Something in the car that can bear on a request: its words, when it holds, and the tools it bears on."""

    name: str
    words: str
    path: str
    holds: Callable[[float], bool]
    tools: tuple[str, ...]


_CLIMATE = ("set_temperature", "set_fan", "set_seat_heating", "set_seat_ventilation", "set_steering_wheel_heating")
_SOUND = ("set_volume", "set_playback", "skip_track", "set_mute", "set_media_source")
FACTS = (
    Fact("cold", "cabin cold", "Vehicle.Cabin.HVAC.AmbientAirTemperature", lambda v: v < 16, _CLIMATE),
    Fact("hot", "cabin hot", "Vehicle.Cabin.HVAC.AmbientAirTemperature", lambda v: v > 26, _CLIMATE),
    Fact(
        "fog",
        "screen fogged",
        "Vehicle.Private.Windshield.Front.FogLevel",
        lambda v: v > 20,
        ("set_front_defrost", "set_rear_defrost", "set_air_direction", "set_recirculation"),
    ),
    Fact(
        "rain",
        "raining",
        "Vehicle.Body.Raindetection.Intensity",
        lambda v: v > 5,
        ("set_wipers", "set_rear_wiper", "set_window"),
    ),
    Fact(
        "dark",
        "dark outside",
        "Vehicle.Exterior.LightIntensity",
        lambda v: v < 20,
        ("set_headlights", "set_high_beam", "set_dome_light", "set_reading_light", "set_ambient_brightness"),
    ),
    Fact(
        "moving", "moving", "Vehicle.Speed", lambda v: v > 3, ("set_window", "set_lock", "set_boot", "set_headlights")
    ),
    Fact("quiet", "sound low", "Vehicle.Cabin.Infotainment.Media.Volume", lambda v: v < 10, _SOUND),
    Fact("loud", "sound high", "Vehicle.Cabin.Infotainment.Media.Volume", lambda v: v > 60, _SOUND),
)


def facts_of(state: VehicleState) -> tuple[Fact, ...]:
    """Return the facts that hold; what is not validly known does not count."""
    readings = ((fact, state.number(fact.path)) for fact in FACTS)
    return tuple(fact for fact, value in readings if value is not None and fact.holds(value))


def context_line(seat: Seat, facts: Sequence[Fact], after: str = "") -> str:
    """Return the second segment of the prompt."""
    parts = [seat.value.replace("_", " "), *(fact.words for fact in facts)]
    return ", ".join([*parts, f"after {after}"] if after else parts)


def what_went_before(history: Sequence[Turn]) -> str:
    """Return the last turn's first call as a tool and a direction, such as `set_volume up`, or nothing."""
    if not history or history[-1].decision.act is not Act.COMMAND or not history[-1].decision.calls:
        return ""
    call = history[-1].decision.calls[0]
    name, _, arguments = call.partition("(")
    if "change=" not in arguments:
        return name
    return f"{name} {'down' if 'change=-' in arguments else 'up'}"


def prompt(request: Request, state: VehicleState, history: Sequence[Turn]) -> tuple[str, str]:
    """Return the two segments that the model reads: the words, and what surrounds them."""
    context = context_line(request.seat, facts_of(state), what_went_before(history).replace("_", " "))
    return with_digits(request.text), context
