"""What is known of the car, and how well. Only status frames write it.

A reading that nobody has renewed is STALE, one that arrived damaged or as "not available" is INVALID; neither is a zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from carpilot.vehicle.catalogue import Value


class Quality(Enum):
    """How far a reading can be trusted."""

    VALID = "valid"
    STALE = "stale"
    INVALID = "invalid"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reading:
    """One value as last reported, when (simulation time), and how well it is known."""

    value: Value | None
    time_ns: int
    quality: Quality

    @property
    def is_valid(self) -> bool:
        """Whether a decision may rest on the value."""
        return self.quality is Quality.VALID


NOTHING_KNOWN = Reading(None, 0, Quality.UNKNOWN)


@dataclass(frozen=True, slots=True)
class VehicleState:
    """A picture of the car at one instant: actual values as reported, and the targets that were last commanded.

    On a degraded bus (full, or dead) nothing new can be known in time, whatever the readings say.
    """

    time_ns: int
    readings: Mapping[str, Reading]
    targets: Mapping[str, Value]
    standing_since_ns: int | None = None
    is_bus_degraded: bool = False

    def reading(self, path: str) -> Reading:
        """Return the reading of a path; nothing known is a reading too."""
        return self.readings.get(path, NOTHING_KNOWN)

    def actual(self, path: str) -> Value | None:
        """Return the actual value if it is valid, otherwise None."""
        reading = self.readings.get(path, NOTHING_KNOWN)
        return reading.value if reading.is_valid else None

    def number(self, path: str) -> float | None:
        """Return the actual value as a number if it is valid and is one."""
        value = self.actual(path)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def state_of(values: Mapping[str, Value], time_ns: int = 0, standing_since_ns: int | None = None) -> VehicleState:
    """Return a state in which every given value is valid: for tests, training and prompts."""
    readings = {path: Reading(value, time_ns, Quality.VALID) for path, value in values.items()}
    return VehicleState(time_ns, readings, {}, standing_since_ns)
