"""Follows the actual values of a cabin between two instants."""

from carpilot.cabin import TICK_NS, Cabin
from carpilot.vehicle.catalogue import Value


class Watch:
    """Remembers the values as last reported at the start, and every value that a momentary actuator has had since."""

    def __init__(self, cabin: Cabin) -> None:
        self.cabin = cabin
        self.reached: dict[str, set[Value]] = {}
        self._momentary = [signal.path for signal in cabin.car.catalogue.actuators if signal.is_momentary]
        readings = cabin.car.state().readings
        self.before = {path: reading.value for path, reading in readings.items() if reading.value is not None}

    def now(self) -> dict[str, Value | None]:
        """Return every actual value of this instant."""
        state = self.cabin.car.state()
        return {path: state.actual(path) for path in self.cabin.car.catalogue}

    def advance_ns(self, duration_ns: int) -> None:
        """Let time pass and look at momentary actuators every tick."""
        end_ns = self.cabin.now_ns + duration_ns
        while self.cabin.now_ns < end_ns:
            self.cabin.advance_ns(min(TICK_NS, end_ns - self.cabin.now_ns))
            self.look()

    def look(self) -> None:
        """Note what momentary actuators are now."""
        for path in self._momentary:
            reading = self.cabin.car.observer.reading(path)
            if reading.is_valid and reading.value is not None:
                self.reached.setdefault(path, set()).add(reading.value)
