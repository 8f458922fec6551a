"""Whether what a sensor tells can be: ranges, rates, a value that stands while its partner moves, two sources that differ.

| test          | signals                | not believed                                  | until                     |
|---------------|------------------------|-----------------------------------------------|---------------------------|
| range         | all numbers            | outside the catalogue's range                 | it is inside              |
| rate          | MAX_RATE_PER_S         | farther from the last belief than it can move | the time explains the way |
| stuck         | PARTNERS               | the same for STUCK_NS while its partner moved | it changes, or both agree |
| contradiction | speed and wheel speed  | more than 2 m/s apart: both                   | they agree                |

Rates are own figures, well above what a car does. After somebody has moved the simulated world by hand, what comes within
two cycles is taken as it is.
"""

from dataclasses import dataclass, field

from carpilot.units import NS_PER_MS, NS_PER_S
from carpilot.vehicle.catalogue import Signal, Value

SPEED = "Vehicle.Speed"
WHEELS = tuple(f"Vehicle.Chassis.Axle.Row{row}.Wheel.{side}.Speed" for row in (1, 2) for side in ("Left", "Right"))
WHEEL_SPEED = WHEELS[0]
SPEEDS_APART_KPH = 2.0 * 3.6
MAX_RATE_PER_S = {
    SPEED: 90.0,  # 2.5 g
    **dict.fromkeys(WHEELS, 90.0),
    "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed": 0.5,
    "Vehicle.Exterior.AirTemperature": 1.0,
    "Vehicle.Cabin.HVAC.AmbientAirTemperature": 2.0,
}
FREE_STEP = 1.0
"""What is granted beside the rate, in the signal's unit: sensors round, and frames come unevenly."""
PARTNERS = {SPEED: WHEEL_SPEED, **dict.fromkeys(WHEELS, SPEED)}
STUCK_NS = 500 * NS_PER_MS
PARTNER_MOVED_KPH = 3.6
CYCLES_AFTER_A_HAND = 2


@dataclass(slots=True)
class _Held:
    """A value that has not changed since an instant, and where its partner was then."""

    value: float
    since_ns: int
    partner: float | None


@dataclass(slots=True)
class Plausibility:
    """Remembers what was believed. `doubted` are the paths that are not believed now, for rate or for standing still."""

    doubted: set[str] = field(default_factory=set)
    _believed: dict[str, tuple[float, int]] = field(default_factory=dict)
    _held: dict[str, _Held] = field(default_factory=dict)
    _last: dict[str, float] = field(default_factory=dict)
    _hand_ns: int | None = None

    def expect_jump(self, now_ns: int) -> None:
        """Take the next values as they come: somebody has moved the world by hand."""
        self._hand_ns = now_ns
        self._held.clear()

    def is_moved_by_hand(self, now_ns: int, cycle_ns: int) -> bool:
        """Return whether what comes now may still be the work of a hand."""
        return self._hand_ns is not None and now_ns - self._hand_ns <= CYCLES_AFTER_A_HAND * cycle_ns

    def note(self, path: str, value: Value | None, now_ns: int, cycle_ns: int) -> None:
        """Take a value that came well, changed or not."""
        if not isinstance(value, int | float):
            return
        self._last[path] = value
        by_hand = self._hand_ns is not None and self.is_moved_by_hand(now_ns, cycle_ns)
        if by_hand:
            self._held.pop(path, None)  # its partner may still tell what was so before
        is_possible = by_hand or self._is_within_rate(path, value, now_ns, cycle_ns)
        if is_possible:
            self._believed[path] = value, now_ns
        if is_possible and not self._is_stuck(path, value, now_ns):
            self.doubted.discard(path)
        else:
            self.doubted.add(path)

    def _is_within_rate(self, path: str, value: float, now_ns: int, cycle_ns: int) -> bool:
        if path not in self._believed:
            return True
        old, at_ns = self._believed[path]
        return abs(value - old) <= MAX_RATE_PER_S[path] * max(now_ns - at_ns, cycle_ns) / NS_PER_S + FREE_STEP

    def _is_stuck(self, path: str, value: float, now_ns: int) -> bool:
        if path not in PARTNERS:
            return False
        partner = self._last.get(PARTNERS[path])
        held = self._held.get(path)
        if held is None or held.value != value or held.partner is None or partner is None:
            self._held[path] = _Held(value, now_ns, partner)
            return False
        has_partner_moved = min(abs(partner - held.partner), abs(partner - value)) > PARTNER_MOVED_KPH
        return now_ns - held.since_ns >= STUCK_NS and has_partner_moved


def in_range(signal: Signal, value: Value | None) -> Value | None:
    """Return a value, or None where it lies outside what the catalogue says can be."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    is_low = signal.minimum is not None and value < signal.minimum
    is_high = signal.maximum is not None and value > signal.maximum
    return None if is_low or is_high else value
