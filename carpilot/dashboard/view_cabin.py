"""The middle of the window and the climate bar: doors, windows, seats, lights, air."""

from dataclasses import dataclass, replace

from carpilot.dashboard.actions import Touch
from carpilot.dashboard.view_parts import Button, Car, Stepper, next_choice, next_step, nudge, switch
from carpilot.dashboard.wording import UNKNOWN, seat_level, value_text

DOORS = ("Row1.DriverSide", "Row1.PassengerSide", "Row2.DriverSide", "Row2.PassengerSide")
"""Front left, front right, rear left, rear right: the driver sits on the left."""

LIGHTS = "Vehicle.Body.Lights"
STATION = "Vehicle.Cabin.HVAC.Station.Row1"
SEAT_STEPS = (0, 33, 66, 100)
WHEEL_STEPS = (0, 50, 100)
FAN_STEPS = (0, 20, 40, 60, 80, 100)
WIPER_STEPS = ("OFF", "RAIN_SENSOR", "INTERVAL", "SLOW", "MEDIUM", "FAST")
SHORT_SOURCES = {"BLUETOOTH": "BT", "INTERNET": "Web"}
SWITCH_STEPS = ("AUTO", "OFF", "POSITION", "DAYTIME_RUNNING_LIGHTS", "BEAM")


@dataclass(frozen=True, slots=True)
class DoorView:
    """One door: whether it stands open (None: unknown), how far its window is open in percent, and its two buttons."""

    is_open: bool | None
    window_percent: int | None
    window: Button
    lock: Button


@dataclass(frozen=True, slots=True)
class SeatView:
    """One seat: who sits there (None: unknown), its level (-3 to 3, None: unknown), its reading light, its button."""

    is_occupied: bool | None
    level: int | None
    has_spot: bool
    button: Button


@dataclass(frozen=True, slots=True)
class LampsView:
    """Which lights shine. `ambient` is a colour name, or empty; `hazard` is lit only in the bright half of its blink."""

    position: bool
    low: bool
    high: bool
    front_fog: bool
    rear_fog: bool
    hazard: bool
    dome: bool
    ambient: str
    ambient_percent: int


@dataclass(frozen=True, slots=True)
class CabinView:
    """The cabin from above, in words too."""

    summary: str
    summary_role: str
    doors: tuple[DoorView, ...]
    seats: tuple[SeatView, ...]
    lamps: LampsView
    boot_is_open: bool | None
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class ClimateView:
    """The climate bar from left to right."""

    driver: Stepper
    buttons: tuple[Button, ...]
    passenger: Stepper


def _window(car: Car, place: str) -> Button:
    path = f"Vehicle.Cabin.Door.{place}.Window.Position"
    percent, wanted = car.number(path), car.wanted(path)
    target = 0 if isinstance(wanted, int | float) and wanted > 0 else 100
    return Button(
        name=f"window {place}",
        icon="",
        label=UNKNOWN if percent is None else f"{percent:.0f} %",
        is_on=bool(percent),
        is_known=percent is not None,
        is_pending=car.is_pending(path),
        actions=() if percent is None else (Touch(path, target),),
    )


def _door(car: Car, place: str) -> DoorView:
    lock = switch(car, f"lock {place}", "locked", "", f"Vehicle.Cabin.Door.{place}.IsLocked")
    opened = car.actual(f"Vehicle.Cabin.Door.{place}.IsOpen")
    window = _window(car, place)
    percent = car.number(f"Vehicle.Cabin.Door.{place}.Window.Position")
    return DoorView(
        is_open=opened if isinstance(opened, bool) else None,
        window_percent=None if percent is None else round(percent),
        window=window,
        lock=replace(lock, icon="locked" if lock.is_on else "unlocked"),
    )


def heat_button(car: Car, name: str, label: str, path: str, steps: tuple[int, ...] = SEAT_STEPS) -> Button:
    """Return a button that steps through heat, or, for negative steps, through ventilation."""
    value, wanted = car.number(path), car.wanted(path)
    sign = -1 if min(steps) < 0 else 1
    ahead: tuple[Touch, ...] = ()
    if isinstance(wanted, int | float):
        ahead = (Touch(path, sign * next_step(wanted * sign, sorted(abs(step) for step in steps))),)
    level = 0 if value is None else min(len(steps) - 1, round(max(0.0, value * sign) * (len(steps) - 1) / 100))
    return Button(
        name=name,
        icon="",
        label=label if value is not None else UNKNOWN,
        is_on=value is not None and value * sign > 0,
        is_known=value is not None,
        is_pending=car.is_pending(path),
        actions=ahead,
        level=level,
        levels=len(steps) - 1,
    )


def _seat(car: Car, place: str) -> SeatView:
    path = f"Vehicle.Cabin.Seat.{place}.HeatingCooling"
    value = car.number(path)
    occupied = car.actual(f"Vehicle.Cabin.Seat.{place}.IsOccupied")
    return SeatView(
        is_occupied=occupied if isinstance(occupied, bool) else None,
        level=None if value is None else seat_level(value),
        has_spot=car.is_true(f"Vehicle.Cabin.Light.Spotlight.{place}.IsLightOn"),
        button=heat_button(car, f"seat {place}", "", path),
    )


def _lamps(car: Car, blink: bool) -> LampsView:
    ambient = "Vehicle.Cabin.Light.AmbientLight.Row1.DriverSide"
    return LampsView(
        position=car.is_true(f"{LIGHTS}.Parking.IsOn"),
        low=car.is_true(f"{LIGHTS}.Beam.Low.IsOn"),
        high=car.is_true(f"{LIGHTS}.Beam.High.IsOn"),
        front_fog=car.is_true(f"{LIGHTS}.Fog.Front.IsOn"),
        rear_fog=car.is_true(f"{LIGHTS}.Fog.Rear.IsOn"),
        hazard=blink and car.is_true(f"{LIGHTS}.Hazard.IsSignaling"),
        dome=car.is_true("Vehicle.Cabin.Light.IsDomeOn"),
        ambient=str(car.actual(f"{ambient}.Color") or "") if car.is_true(f"{ambient}.IsLightOn") else "",
        ambient_percent=round(car.number(f"{ambient}.Intensity") or 0),
    )


def _chooser(car: Car, name: str, icon: str, path: str, choices: tuple[str, ...], off: str) -> Button:
    value = car.actual(path)
    return Button(
        name=name,
        icon=icon,
        label=value_text(path, value),
        is_on=value not in (None, off),
        is_known=value is not None,
        is_pending=car.is_pending(path),
        actions=next_choice(car, path, choices),
    )


def _media(car: Car) -> tuple[Button, Button]:
    playback = "Vehicle.Private.Media.Playback"
    source = car.actual("Vehicle.Cabin.Infotainment.Media.Played.Source")
    play = _chooser(car, "media", "play", playback, ("PLAYING", "PAUSED"), "PAUSED")
    if play.is_known:
        playing = car.actual(playback) == "PLAYING"
        label = SHORT_SOURCES.get(str(source), value_text("", source))
        play = replace(play, icon="pause" if playing else "play", is_on=playing, label=label)
    volume = car.number("Vehicle.Cabin.Infotainment.Media.Volume")
    mute = switch(
        car, "mute", "volume", UNKNOWN if volume is None else f"Vol {volume:.0f}", "Vehicle.Private.Media.IsMuted"
    )
    return play, replace(mute, icon="muted", label="Mute") if mute.is_on else mute


def _buttons(car: Car) -> tuple[Button, ...]:
    wiper = "Vehicle.Body.Windshield.Front.Wiping.Mode"
    return (
        _chooser(car, "light switch", "low_beam", f"{LIGHTS}.LightSwitch", SWITCH_STEPS, "OFF"),
        switch(car, "high beam", "high_beam", "High", f"{LIGHTS}.Beam.High.IsOn"),
        switch(car, "front fog", "front_fog", "Fog", f"{LIGHTS}.Fog.Front.IsOn"),
        switch(car, "rear fog", "rear_fog", "Rear", f"{LIGHTS}.Fog.Rear.IsOn"),
        switch(car, "hazard", "hazard", "Hazard", f"{LIGHTS}.Hazard.IsSignaling"),
        switch(car, "boot", "boot_open", "Boot", "Vehicle.Body.Trunk.Rear.IsOpen"),
        switch(car, "dome", "dome", "Dome", "Vehicle.Cabin.Light.IsDomeOn"),
        switch(car, "ambient", "ambient", "Mood", "Vehicle.Cabin.Light.AmbientLight.Row1.DriverSide.IsLightOn"),
        _chooser(car, "wiper", "wiper", wiper, WIPER_STEPS, "OFF"),
        switch(car, "washer", "washer", "Wash", "Vehicle.Private.Windshield.Front.IsWashing"),
        *_media(car),
    )


def _summary(car: Car, doors: tuple[DoorView, ...], boot: bool | None) -> tuple[str, str]:
    """Return one line on doors and windows and its colour role. What is open comes first, what is unknown before all."""
    if boot is None or any(door.is_open is None or door.window_percent is None for door in doors):
        return "Doors or windows not reported", "text3"
    opened = sum(bool(door.is_open) for door in doors)
    parts = [f"{opened} door{'s' * (opened > 1)} open"] if opened else []
    parts += ["boot open"] if boot else []
    windows = sum(bool(door.window_percent) for door in doors)
    if parts:
        text = " · ".join(parts)
        return text[0].upper() + text[1:], "amber"
    if windows:
        return f"Doors closed · {windows} window{'s' * (windows > 1)} open", "text2"
    if car.is_true("Vehicle.Cabin.IsWindowChildLockEngaged"):
        return "Doors closed · child lock on", "text2"
    return "Doors closed · windows up", "text2"


def cabin_view(car: Car, blink: bool) -> CabinView:
    """Return what the middle shows."""
    doors = tuple(_door(car, place) for place in DOORS)
    boot = car.actual("Vehicle.Body.Trunk.Rear.IsOpen")
    boot_is_open = boot if isinstance(boot, bool) else None
    summary, role = _summary(car, doors, boot_is_open)
    return CabinView(
        summary=summary,
        summary_role=role,
        doors=doors,
        seats=tuple(_seat(car, place) for place in DOORS),
        lamps=_lamps(car, blink),
        boot_is_open=boot_is_open,
        buttons=_buttons(car),
    )


def _temperature(car: Car, who: str) -> Stepper:
    path = f"{STATION}.{who}.Temperature"
    value = car.number(path)
    target = car.state.targets.get(path)
    return Stepper(
        name=f"temperature {who}",
        label=who,
        icon="",
        text=UNKNOWN if value is None else f"{value:.1f}°",
        is_known=value is not None,
        wanted=f"{target:.1f}°" if car.is_pending(path) and isinstance(target, int | float) else "",
        lower=nudge(car, path, -0.5),
        higher=nudge(car, path, 0.5),
    )


def _fan(car: Car) -> Button:
    paths = (f"{STATION}.Driver.FanSpeed", f"{STATION}.Passenger.FanSpeed")
    value, wanted = car.number(paths[0]), car.wanted(paths[0])
    ahead = next_step(wanted, FAN_STEPS) if isinstance(wanted, int | float) else 0
    return Button(
        name="fan",
        icon="fan",
        label=UNKNOWN if value is None else f"Fan {value:.0f}",
        is_on=bool(value),
        is_known=value is not None,
        is_pending=any(car.is_pending(path) for path in paths),
        actions=() if value is None else tuple(Touch(path, ahead) for path in paths),
    )


def _air(car: Car) -> Button:
    paths = (f"{STATION}.Driver.AirDistribution", f"{STATION}.Passenger.AirDistribution")
    button = _chooser(car, "air", "air_middle", paths[0], ("UP", "MIDDLE", "DOWN"), "")
    first = button.actions[0] if button.actions else None
    both = tuple(Touch(path, first.target) for path in paths) if isinstance(first, Touch) else ()
    icon = f"air_{str(car.actual(paths[0]) or 'middle').lower()}"
    return replace(button, icon=icon, is_on=False, actions=both)


def climate_view(car: Car) -> ClimateView:
    """Return what the climate bar shows. Seat and wheel are the driver's; fan and air go to both front places."""
    seat = "Vehicle.Cabin.Seat.Row1.DriverSide.HeatingCooling"
    hvac = "Vehicle.Cabin.HVAC"
    wheel = heat_button(car, "wheel", "Wheel", "Vehicle.Chassis.SteeringWheel.HeatingCooling", WHEEL_STEPS)
    vent = heat_button(car, "vent", "Vent", seat, tuple(-step for step in SEAT_STEPS))
    return ClimateView(
        driver=_temperature(car, "Driver"),
        buttons=(
            replace(heat_button(car, "seat heat", "Seat", seat), icon="seat_heat"),
            replace(vent, icon="seat_vent"),
            replace(wheel, icon="wheel_heat"),
            _fan(car),
            _air(car),
            switch(car, "auto", "auto", "Auto", "Vehicle.Private.Climate.IsAutoOn"),
            switch(car, "front defrost", "front_defrost", "Front", f"{hvac}.IsFrontDefrosterActive"),
            switch(car, "rear defrost", "rear_defrost", "Rear", f"{hvac}.IsRearDefrosterActive"),
            switch(car, "air conditioning", "snowflake", "A/C", f"{hvac}.IsAirConditioningActive"),
            switch(car, "recirculation", "recirculation", "Recirc", f"{hvac}.IsRecirculationActive"),
        ),
        passenger=_temperature(car, "Passenger"),
    )
