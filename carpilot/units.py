"""Conversions at the edges. Inside, everything is in the unit its name says."""

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
NS_PER_US = 1_000
KELVIN_AT_0_CELSIUS = 273.15

SYMBOLS = {"celsius": "°C", "percent": "%", "kph": "km/h", "metre": "m", "kilowatt": "kW", None: ""}


def seconds_to_ns(seconds: float) -> int:
    """Return whole nanoseconds."""
    return round(seconds * NS_PER_S)


def ns_to_seconds(ns: int) -> float:
    """Return seconds."""
    return ns / NS_PER_S


def kph_to_mps(speed_kph: float) -> float:
    """Return metres per second."""
    return speed_kph / 3.6
