"""What the embedded model reads: the words, and in a second segment the seat, a few facts and the turns before.

i'm freezing and the windscreen is fogged up
driver, cabin cold, screen fogged, after window driver 50 done
"""

from collections.abc import Sequence
from dataclasses import dataclass

from carpilot.decision import Act
from carpilot.reasoning.conditions import Fact
from carpilot.reasoning.history import Turn
from carpilot.reasoning.numbers import with_digits
from carpilot.reasoning.thought import call_in_words
from carpilot.reasoning.tools import ANSWER
from carpilot.request import Request, Seat
from carpilot.vehicle.state import VehicleState


@dataclass(frozen=True, slots=True)
class Told:
    """A fact that can bear on a request without being named: its words, when it holds, and the tools it bears on."""

    words: str
    fact: Fact
    tools: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the fact."""
        return self.fact.name


AFTER = ", after "
TURNS_TOLD, CALLS_TOLD, MAX_WORDS_TOLD = 2, 3, 60
_CLIMATE = ("set_temperature", "set_fan", "set_seat_heating", "set_seat_ventilation", "set_steering_wheel_heating")
_CALLS = ("set_call", "set_microphone_mute", "call", "set_ring_volume")
_ROUTE = ("navigate", "add_stop", "set_guidance_voice", "set_guidance_volume")
_CHARGE = ("set_charging", "set_charge_limit", "set_charge_current", "set_charging_cable_lock")
_CHARGING = "Vehicle.Powertrain.TractionBattery.Charging."
_WIPING = ("set_wipers", "set_rear_wiper", "set_window")
_SOUND = ("set_volume", "set_playback", "skip_track", "set_mute", "set_media_source")


_AIR, _VOLUME = "Vehicle.Cabin.HVAC.AmbientAirTemperature", "Vehicle.Cabin.Infotainment.Media.Volume"
_CALL_STATE = "Vehicle.Private.Phone.CallState"
_VIEW = ("set_front_defrost", "set_rear_defrost", "set_air_direction", "set_recirculation")
_LIGHT = ("set_headlights", "set_high_beam", "set_dome_light", "set_reading_light", "set_ambient_brightness")
FACTS = (
    Told("cabin cold", Fact("cold", (_AIR,), below=16), _CLIMATE),
    Told("cabin hot", Fact("hot", (_AIR,), above=26), _CLIMATE),
    Told("screen fogged", Fact("fog", ("Vehicle.Private.Windshield.Front.FogLevel",), above=20), _VIEW),
    Told("raining", Fact("rain", ("Vehicle.Body.Raindetection.Intensity",), above=5), _WIPING),
    Told("dark outside", Fact("dark", ("Vehicle.Exterior.LightIntensity",), below=20), _LIGHT),
    Told(
        "moving", Fact("moving", ("Vehicle.Speed",), above=3), ("set_window", "set_lock", "set_boot", "set_headlights")
    ),
    Told("sound low", Fact("quiet", (_VOLUME,), below=10), _SOUND),
    Told("sound high", Fact("loud", (_VOLUME,), above=60), _SOUND),
    Told("music on", Fact("playing", ("Vehicle.Private.Media.Playback",), one_of=("PLAYING",)), _SOUND),
    Told("phone rings", Fact("ringing", (_CALL_STATE,), one_of=("RINGING",)), _CALLS),
    Told("on a call", Fact("talking", (_CALL_STATE,), one_of=("ACTIVE", "DIALING", "HELD")), _CALLS),
    Told(
        "route on", Fact("guided", ("Vehicle.Private.Navigation.RouteState",), one_of=("PLANNING", "GUIDING")), _ROUTE
    ),
    Told("charging", Fact("charging", (f"{_CHARGING}IsCharging",), one_of=(True,)), _CHARGE),
)


def facts_of(state: VehicleState) -> tuple[Told, ...]:
    """Return the facts that hold; what is not validly known does not count."""
    return tuple(told for told in FACTS if told.fact.holds(state))


def context_line(seat: Seat, facts: Sequence[Told], after: str = "") -> str:
    """Return the second segment of the prompt."""
    parts = [seat.value.replace("_", " "), *(fact.words for fact in facts)]
    return ", ".join(parts) + (f"{AFTER}{after}" if after else "")


def told_before(context: str) -> str:
    """Return what a context line tells of the turns before, or nothing."""
    return context.partition(AFTER)[2]


def what_went_before(history: Sequence[Turn]) -> str:
    """Return the last turns that did something, the last one first, and what was just asked or told.

    `window driver 50 done, before fan up 1 denied`, `asked on: turn on the light`, or `told volume`.
    """
    parts: list[str] = []
    for turn in reversed(history):
        if turn.decision.act is Act.COMMAND and len(parts) < TURNS_TOLD:
            calls = ", ".join(call_in_words(call) for call in turn.decision.calls[:CALLS_TOLD])
            parts.append(f"{calls} {turn.result}")
    told = "; before ".join(parts)
    spoken = _spoken_last(history)
    return "; before ".join(filter(None, (spoken, told)))


def _spoken_last(history: Sequence[Turn]) -> str:
    """Return what the car asked or told last, or nothing if its last turn was an act."""
    if not history:
        return ""
    last = history[-1]
    if last.decision.act is Act.ASK:
        return f"asked on: {with_digits(last.request.text)[:MAX_WORDS_TOLD]}"
    topics = [str(call.arguments["about"]) for call in last.decision.calls if call.name == ANSWER]
    return f"told {topics[0].replace('_', ' ')}" if topics else ""


def prompt(request: Request, state: VehicleState, history: Sequence[Turn]) -> tuple[str, str]:
    """Return the two segments that the model reads: the words, and what surrounds them."""
    context = context_line(request.seat, facts_of(state), what_went_before(history))
    return with_digits(request.text), context
