"""What signals and values are called in front of people."""

import re

from carpilot.vehicle.catalogue import Value, default_catalogue

UNKNOWN = "—"
_PLACES = (
    (r"Row1\.Driver(Side)?\b", "Driver"),
    (r"Row1\.Passenger(Side)?\b", "Passenger"),
    (r"Row2\.DriverSide\b", "Rear left"),
    (r"Row2\.PassengerSide\b", "Rear right"),
    (r"Row2\.Driver\b", "Rear left"),
    (r"Row2\.Passenger\b", "Rear right"),
)
_NAMES = (
    (r"Station\..*\.Temperature$", "{place} temperature"),
    (r"Station\..*\.FanSpeed$", "{place} fan"),
    (r"Station\..*\.AirDistribution$", "{place} air direction"),
    (r"IsAirConditioningActive$", "Air conditioning"),
    (r"IsRecirculationActive$", "Recirculation"),
    (r"Climate\.IsAutoOn$", "Climate auto"),
    (r"IsFrontDefrosterActive$", "Windscreen defrost"),
    (r"IsRearDefrosterActive$", "Rear defrost"),
    (r"SteeringWheel\.HeatingCooling$", "Steering wheel heat"),
    (r"Seat\..*\.HeatingCooling$", "{place} seat"),
    (r"LumbarSupport$", "{place} lumbar support"),
    (r"Window\.Position$", "{place} window"),
    (r"IsWindowChildLockEngaged$", "Child window lock"),
    (r"Door\..*\.IsLocked$", "{place} door lock"),
    (r"Door\..*\.IsOpen$", "{place} door"),
    (r"Trunk\.Rear\.IsOpen$", "Boot"),
    (r"Lights\.LightSwitch$", "Light switch"),
    (r"Beam\.High\.IsOn$", "High beam"),
    (r"Beam\.Low\.IsOn$", "Low beam"),
    (r"Fog\.Front\.IsOn$", "Front fog lamps"),
    (r"Fog\.Rear\.IsOn$", "Rear fog lamp"),
    (r"Hazard\.IsSignaling$", "Hazard lights"),
    (r"Light\.IsDomeOn$", "Dome light"),
    (r"Spotlight\..*\.IsLightOn$", "{place} reading light"),
    (r"AmbientLight\..*\.IsLightOn$", "Ambient light"),
    (r"AmbientLight\..*\.Intensity$", "Ambient brightness"),
    (r"AmbientLight\..*\.Color$", "Ambient colour"),
    (r"Front\.Wiping\.Mode$", "Front wiper"),
    (r"Rear\.Wiping\.Mode$", "Rear wiper"),
    (r"Front\.IsWashing$", "Windscreen washer"),
    (r"Media\.Volume$", "Volume"),
    (r"Media\.Playback$", "Media"),
    (r"Media\.IsMuted$", "Mute"),
    (r"Played\.Source$", "Media source"),
    (r"Media\.Action$", "Track"),
)
WORDS = {
    "UP": "Screen",
    "MIDDLE": "Face",
    "DOWN": "Feet",
    "DAYTIME_RUNNING_LIGHTS": "Day",
    "POSITION": "Side",
    "BEAM": "Beam",
    "INTERVAL": "Interval",
    "RAIN_SENSOR": "Auto",
    "SKIP_FORWARD": "Next",
    "SKIP_BACKWARD": "Back",
    "UNKNOWN": UNKNOWN,
    "USB": "USB",
    "FM": "FM",
    "DAB": "DAB",
    "AUX": "AUX",
}
_BOOLEANS = (
    (r"IsLocked$|IsWindowChildLockEngaged$", ("Unlocked", "Locked")),
    (r"IsOpen$", ("Closed", "Open")),
    (r"IsOccupied$", ("Empty", "Occupied")),
)


def signal_name(path: str) -> str:
    """Return what people call a signal; an unlisted one by the catalogue's label."""
    place = next((name for pattern, name in _PLACES if re.search(pattern, path)), "")
    for pattern, name in _NAMES:
        if re.search(pattern, path):
            return name.format(place=place)
    label = default_catalogue()[path].label if path in default_catalogue() else " ".join(path.split(".")[-2:])
    return label[:1].upper() + label[1:]


def seat_level(percent: float) -> int:
    """Return the level that a seat shows: 1 to 3 heats, -1 to -3 cools, 0 is off."""
    return 0 if percent == 0 else (1 if percent > 0 else -1) * min(3, max(1, round(abs(percent) * 3 / 100)))


def value_text(path: str, value: Value | None) -> str:
    """Return a value with its unit, short enough for a row."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        pair = next((pair for pattern, pair in _BOOLEANS if re.search(pattern, path)), ("Off", "On"))
        return pair[int(value)]
    if isinstance(value, str):
        return WORDS.get(value, value.replace("_", " ").capitalize())
    if path.endswith("HeatingCooling"):
        return "Off" if value == 0 else f"{'Heat' if value > 0 else 'Vent'} {abs(value):.0f} %"
    if path.endswith("Window.Position") and value in (0, 100):
        return "Open" if value else "Closed"
    unit = default_catalogue()[path].unit if path in default_catalogue() else None
    if unit == "celsius":
        return f"{value:.1f} °C"
    if unit == "metre":
        return f"{value / 1000:.0f} km"
    number = f"{value:.0f}" if abs(value - round(value)) < 0.05 else f"{value:.1f}"
    return number + {"percent": " %", "kph": " km/h", "kilowatt": " kW"}.get(unit or "", "")
