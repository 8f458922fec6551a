"""From the car's state to what to show: pure functions, no pygame. What nobody validly reports is shown as unknown, in grey."""

from dataclasses import dataclass
from typing import Literal

from carpilot.dashboard.actions import Action, Hold, Shift, World
from carpilot.dashboard.model import GEARS
from carpilot.dashboard.view_assistant import NOTHING_TRACED, AssistantView, Trace, assistant_view, trace_view
from carpilot.dashboard.view_cabin import DOORS, LIGHTS, CabinView, ClimateView, cabin_view, climate_view
from carpilot.dashboard.view_parts import Button, Car, Stepper
from carpilot.dashboard.wording import UNKNOWN
from carpilot.request import Seat
from carpilot.snapshot import Snapshot
from carpilot.units import NS_PER_S

DIAL_KPH = 200
LAMPS = "Vehicle.Private.TellTale"
WORKSHOP_LAMPS = ("Service", "LampFailure", "Airbag", "Charge")
POWER_KILOWATT, REGENERATION_KILOWATT = 200.0, 80.0
COLD_BELOW_CELSIUS = 3.0
CHARGE_LOW_PERCENT, CHARGE_EMPTY_PERCENT = 20.0, 10.0
Strip = Literal["strip", "trace", "hidden"]


@dataclass(frozen=True, slots=True)
class Interface:
    """What the window itself knows: the entry, who speaks, held pedals, the blink's phase, and the needles as they follow."""

    entry: str = ""
    caret: int = 0
    has_focus: bool = False
    speaker: Seat = Seat.DRIVER
    notice: str = ""
    blink: bool = True
    throttle: float = 0.0
    brake: float = 0.0
    dial: float | None = None
    power: float | None = None
    trace: Trace = NOTHING_TRACED


@dataclass(frozen=True, slots=True)
class TopView:
    """The top bar. A telltale is (icon, colour role) or None while it is dark; the slots are fixed."""

    clock: str
    outside: str
    outside_is_known: bool
    telltales: tuple[tuple[str, str] | None, ...]
    notice: str


@dataclass(frozen=True, slots=True)
class ClusterView:
    """The cluster. `dial` is 0 to 1 of the ring; `power` is -1 (full regeneration) to 1 (full power)."""

    speed: str
    speed_is_known: bool
    dial: float
    gear: str
    power: float
    power_text: str
    power_is_known: bool
    range: str
    range_is_known: bool
    charge: float
    charge_text: str
    charge_role: str


@dataclass(frozen=True, slots=True)
class WorldView:
    """The simulation's card: weather, selector, pedals (0 to 1), who sits where."""

    weather: tuple[Stepper, ...]
    gears: tuple[Button, ...]
    pedals: tuple[Button, ...]
    throttle: float
    brake: float
    occupants: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class View:
    """Everything on show."""

    top: TopView
    cluster: ClusterView
    cabin: CabinView
    world: WorldView
    assistant: AssistantView
    climate: ClimateView
    trace: Trace
    light_percent: float | None
    is_moving: bool


def dial_fraction(speed_kph: float | None) -> float:
    """Return the share of the ring that a speed lights."""
    return 0.0 if speed_kph is None else min(1.0, max(0.0, speed_kph / DIAL_KPH))


def power_fraction(kilowatt: float | None) -> float:
    """Return -1 (full regeneration) to 1 (full power)."""
    if kilowatt is None:
        return 0.0
    return max(-1.0, min(1.0, kilowatt / (POWER_KILOWATT if kilowatt > 0 else REGENERATION_KILOWATT)))


def _telltales(car: Car) -> tuple[tuple[str, str] | None, ...]:
    doors = [f"Vehicle.Cabin.Door.{place}.IsOpen" for place in DOORS] + ["Vehicle.Body.Trunk.Rear.IsOpen"]
    outside = car.number("Vehicle.Exterior.AirTemperature")
    charge = car.number("Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed")
    cells: tuple[tuple[str, str, bool | None], ...] = (
        ("position", "green", _lit(car, f"{LIGHTS}.Parking.IsOn")),
        ("low_beam", "green", _lit(car, f"{LIGHTS}.Beam.Low.IsOn")),
        ("high_beam", "blue", _lit(car, f"{LIGHTS}.Beam.High.IsOn")),
        ("front_fog", "green", _lit(car, f"{LIGHTS}.Fog.Front.IsOn")),
        ("rear_fog", "amber", _lit(car, f"{LIGHTS}.Fog.Rear.IsOn")),
        ("hazard", "red", _lit(car, f"{LIGHTS}.Hazard.IsSignaling")),
        (
            "parking_brake",
            "red",
            _any([_lit(car, "Vehicle.Chassis.ParkingBrake.IsEngaged"), _lit(car, f"{LAMPS}.IsBrakeOn")]),
        ),
        ("door_open", "red", _any([_lit(car, path) for path in doors])),
        ("snowflake", "amber", None if outside is None else outside < COLD_BELOW_CELSIUS),
        (
            "battery",
            "amber",
            None if charge is None else charge < CHARGE_LOW_PERCENT or _lit(car, f"{LAMPS}.IsBatteryOn") is True,
        ),
        ("tyre", "amber", _lit(car, f"{LAMPS}.IsTyreOn")),
        ("service", "amber", _any([_lit(car, f"{LAMPS}.Is{name}On") for name in WORKSHOP_LAMPS])),
    )
    return tuple((icon, "text3") if lit is None else ((icon, role) if lit else None) for icon, role, lit in cells)


def _lit(car: Car, path: str) -> bool | None:
    value = car.actual(path)
    return value if isinstance(value, bool) else None


def _any(values: list[bool | None]) -> bool | None:
    if True in values:
        return True
    return None if None in values else False


def clock_text(time_ns: int) -> str:
    """Return simulation time as hours, minutes and seconds since the start."""
    seconds = time_ns // NS_PER_S
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _top(car: Car, snapshot: Snapshot, interface: Interface) -> TopView:
    outside = car.number("Vehicle.Exterior.AirTemperature")
    return TopView(
        clock=clock_text(snapshot.time_ns),
        outside=UNKNOWN if outside is None else f"{outside:.1f} °C".replace("-", "\u2212"),
        outside_is_known=outside is not None,
        telltales=_telltales(car),
        notice=interface.notice,
    )


def _charge_role(percent: float | None) -> str:
    if percent is None:
        return "text3"
    if percent < CHARGE_EMPTY_PERCENT:
        return "red"
    return "amber" if percent < CHARGE_LOW_PERCENT else "green"


def _cluster(car: Car, interface: Interface) -> ClusterView:
    speed = car.number("Vehicle.Speed")
    power = car.number("Vehicle.Powertrain.ElectricMotor.Power")
    metres = car.number("Vehicle.Powertrain.Range")
    charge = car.number("Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed")
    gear = car.number("Vehicle.Powertrain.Transmission.CurrentGear")
    forward = "D" if gear is not None and 0 < gear < 126 else ""
    dial = dial_fraction(speed) if interface.dial is None else interface.dial
    bar = power_fraction(power) if interface.power is None else interface.power
    return ClusterView(
        speed=UNKNOWN if speed is None else f"{speed:.0f}",
        speed_is_known=speed is not None,
        dial=0.0 if speed is None else round(dial, 4),
        gear=next((letter for letter, number in GEARS if gear == number), forward),
        power=0.0 if power is None else round(bar, 3),
        power_text=UNKNOWN if power is None else f"{power:.0f} kW".replace("-0 ", "0 ").replace("-", "\u2212"),
        power_is_known=power is not None,
        range=UNKNOWN if metres is None else f"{metres / 1000:.0f} km",
        range_is_known=metres is not None,
        charge=0.0 if charge is None else round(charge / 100, 3),
        charge_text=UNKNOWN if charge is None else f"{charge:.0f} %",
        charge_role=_charge_role(charge),
    )


def _weather(car: Car, label: str, icon: str, path: str, step: float, low: float, high: float, unit: str) -> Stepper:
    value = car.number(path)
    if value is not None:
        value = round(value, 1 if step == 1 else 0)

    def moved(change: float) -> tuple[Action, ...]:
        if value is None:
            return ()
        # Whole steps, so that noise in a reading does not stick to what is set
        target = min(max(round((value + change) / step) * step, low), high)
        return (World(path, int(target) if unit == " %" else float(target)),)

    text = UNKNOWN if value is None else f"{value:g}{unit}".replace("-", "\u2212")
    return Stepper(f"world {label}", label, icon, text, value is not None, "", moved(-step), moved(step))


def _occupant(car: Car, label: str, place: str) -> Button:
    path = f"Vehicle.Cabin.Seat.{place}.IsOccupied"
    value = car.actual(path)
    return Button(
        name=f"occupant {place}",
        icon="person",
        label=label if value is not None else UNKNOWN,
        is_on=value is True,
        is_known=value is not None,
        actions=(World(path, value is not True),),
    )


def _world(car: Car, interface: Interface) -> WorldView:
    gear = car.number("Vehicle.Powertrain.Transmission.CurrentGear")
    return WorldView(
        weather=(
            _weather(car, "Rain", "rain", "Vehicle.Body.Raindetection.Intensity", 10, 0, 100, " %"),
            _weather(car, "Light", "sun", "Vehicle.Exterior.LightIntensity", 10, 0, 100, " %"),
            _weather(car, "Outside", "thermometer", "Vehicle.Exterior.AirTemperature", 1, -40, 50, "°"),
        ),
        gears=tuple(
            Button(f"gear {letter}", "", letter, gear == number, gear is not None, actions=(Shift(number),))
            for letter, number in GEARS
        ),
        pedals=(
            Button("brake", "down", "Brake", interface.brake > 0, actions=(Hold("brake"),)),
            Button("throttle", "up", "Go", interface.throttle > 0, actions=(Hold("throttle"),)),
        ),
        throttle=round(interface.throttle, 2),
        brake=round(interface.brake, 2),
        occupants=(
            _occupant(car, "Front", "Row1.PassengerSide"),
            _occupant(car, "Rear L", "Row2.DriverSide"),
            _occupant(car, "Rear R", "Row2.PassengerSide"),
        ),
    )


def build(snapshot: Snapshot, interface: Interface | None = None) -> View:
    """Return everything to show for a snapshot and the state of the window."""
    interface = interface or Interface()
    car = Car(snapshot.state)
    moving = car.is_moving
    return View(
        top=_top(car, snapshot, interface),
        cluster=_cluster(car, interface),
        cabin=cabin_view(car, interface.blink),
        world=_world(car, interface),
        assistant=assistant_view(
            snapshot, moving, interface.entry, interface.caret, interface.has_focus, interface.speaker
        ),
        climate=climate_view(car),
        trace=trace_view(interface.trace, snapshot),
        light_percent=car.number("Vehicle.Exterior.LightIntensity"),
        is_moving=moving,
    )
