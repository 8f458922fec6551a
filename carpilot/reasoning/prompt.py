"""What the embedded model reads: the words, and in a second segment the seat, a few facts and the turns before.

i'm freezing and the windscreen is fogged up
driver, cabin cold, screen fogged, after window driver 50 done
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from carpilot.decision import Act
from carpilot.reasoning.history import Turn
from carpilot.reasoning.numbers import with_digits
from carpilot.reasoning.thought import written_in_words
from carpilot.request import Request, Seat
from carpilot.vehicle.catalogue import Value
from carpilot.vehicle.state import VehicleState


@dataclass(frozen=True, slots=True)
class Fact:
    """Something in the car that can bear on a request: its words, when it holds, and the tools it bears on."""

    name: str
    words: str
    path: str
    holds: Callable[[Value], bool]
    tools: tuple[str, ...]


AFTER = ", after "
TURNS_TOLD, CALLS_TOLD, MAX_WORDS_TOLD = 2, 3, 60
_CLIMATE = ("set_temperature", "set_fan", "set_seat_heating", "set_seat_ventilation", "set_steering_wheel_heating")
_CALLS = ("set_call", "set_microphone_mute", "call", "set_ring_volume")
_ROUTE = ("navigate", "add_stop", "set_guidance_voice", "set_guidance_volume")
_CHARGE = ("set_charging", "set_charge_limit", "set_charge_current", "set_charging_cable_lock")
_SOUND = ("set_volume", "set_playback", "skip_track", "set_mute", "set_media_source")


def _above(limit: float) -> Callable[[Value], bool]:
    return lambda value: isinstance(value, int | float) and value > limit


def _below(limit: float) -> Callable[[Value], bool]:
    return lambda value: isinstance(value, int | float) and value < limit


FACTS = (
    Fact("cold", "cabin cold", "Vehicle.Cabin.HVAC.AmbientAirTemperature", _below(16), _CLIMATE),
    Fact("hot", "cabin hot", "Vehicle.Cabin.HVAC.AmbientAirTemperature", _above(26), _CLIMATE),
    Fact(
        "fog",
        "screen fogged",
        "Vehicle.Private.Windshield.Front.FogLevel",
        _above(20),
        ("set_front_defrost", "set_rear_defrost", "set_air_direction", "set_recirculation"),
    ),
    Fact(
        "rain",
        "raining",
        "Vehicle.Body.Raindetection.Intensity",
        _above(5),
        ("set_wipers", "set_rear_wiper", "set_window"),
    ),
    Fact(
        "dark",
        "dark outside",
        "Vehicle.Exterior.LightIntensity",
        _below(20),
        ("set_headlights", "set_high_beam", "set_dome_light", "set_reading_light", "set_ambient_brightness"),
    ),
    Fact("moving", "moving", "Vehicle.Speed", _above(3), ("set_window", "set_lock", "set_boot", "set_headlights")),
    Fact("quiet", "sound low", "Vehicle.Cabin.Infotainment.Media.Volume", _below(10), _SOUND),
    Fact("loud", "sound high", "Vehicle.Cabin.Infotainment.Media.Volume", _above(60), _SOUND),
    Fact("playing", "music on", "Vehicle.Private.Media.Playback", lambda v: v == "PLAYING", _SOUND),
    Fact("ringing", "phone rings", "Vehicle.Private.Phone.CallState", lambda v: v == "RINGING", _CALLS),
    Fact(
        "talking", "on a call", "Vehicle.Private.Phone.CallState", lambda v: v in ("ACTIVE", "DIALING", "HELD"), _CALLS
    ),
    Fact("guided", "route on", "Vehicle.Private.Navigation.RouteState", lambda v: v in ("PLANNING", "GUIDING"), _ROUTE),
    Fact(
        "charging", "charging", "Vehicle.Powertrain.TractionBattery.Charging.IsCharging", lambda v: v is True, _CHARGE
    ),
)


def facts_of(state: VehicleState) -> tuple[Fact, ...]:
    """Return the facts that hold; what is not validly known does not count."""
    readings = ((fact, state.actual(fact.path)) for fact in FACTS)
    return tuple(fact for fact, value in readings if value is not None and fact.holds(value))


def context_line(seat: Seat, facts: Sequence[Fact], after: str = "") -> str:
    """Return the second segment of the prompt."""
    parts = [seat.value.replace("_", " "), *(fact.words for fact in facts)]
    return ", ".join(parts) + (f"{AFTER}{after}" if after else "")


def told_before(context: str) -> str:
    """Return what a context line tells of the turns before, or nothing."""
    return context.partition(AFTER)[2]


def what_went_before(history: Sequence[Turn]) -> str:
    """Return the last turns that did something, the last one first, and the question that is open.

    `window driver 50 done, before fan up 1 denied`, or `asked on: turn on the light`.
    """
    parts: list[str] = []
    for turn in reversed(history):
        if turn.decision.act is Act.COMMAND and len(parts) < TURNS_TOLD:
            calls = ", ".join(written_in_words(call) for call in turn.decision.calls[:CALLS_TOLD])
            parts.append(f"{calls} {turn.result}")
    told = "; before ".join(parts)
    if not history or history[-1].decision.act is not Act.ASK:
        return told
    asked = f"asked on: {with_digits(history[-1].request.text)[:MAX_WORDS_TOLD]}"
    return f"{asked}; before {told}" if told else asked


def prompt(request: Request, state: VehicleState, history: Sequence[Turn]) -> tuple[str, str]:
    """Return the two segments that the model reads: the words, and what surrounds them."""
    context = context_line(request.seat, facts_of(state), what_went_before(history))
    return with_digits(request.text), context
