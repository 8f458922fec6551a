"""What is kept of a drive: the bus log and the decision log, on one clock, and whether either has a hole."""

from pathlib import Path
from typing import Any

from carpilot.bus.frame import Frame
from carpilot.bus.recorder import BusRecorder
from carpilot.car import Car
from carpilot.decision_log import DecisionLog


class DriveRecord:
    """Writes both logs of a drive; either path may be missing. `follow` is called once the car stands."""

    def __init__(self, bus_log: Path | None, decision_log: Path | None) -> None:
        self.bus = BusRecorder(bus_log) if bus_log else None
        self.decisions = DecisionLog(decision_log)
        self._car: Car | None = None
        self._has_write_failed = False
        self._was_broken = False

    def follow(self, car: Car) -> None:
        """Record the error frames of a car, and take the time from it."""
        self._car = car
        if self.bus:
            for segment in car.buses.values():
                segment.error_taps.append(self.bus.on_error)

    def on_frame(self, time_ns: int, segment: str, frame: Frame, sender: str) -> None:
        """Write a frame; when that fails the drive goes on, marked."""
        if self.bus is None or self._has_write_failed or self._was_broken:
            return
        try:
            self.bus(time_ns, segment, frame, sender)
        except OSError:
            self._has_write_failed = True

    @property
    def is_broken(self) -> bool:
        """Whether the record has a hole and grows no more: after a failed write for good, on a full disk until it is not."""
        return self._has_write_failed or (self._car is not None and self._car.is_disk_full)

    def watch(self) -> None:
        """Mark in the decision log, as well as it goes, where the record breaks off and where it goes on."""
        if self.is_broken != self._was_broken:
            self._was_broken = self.is_broken
            self.write("log broken" if self.is_broken else "log goes on")

    def write(self, event: str, **fields: Any) -> None:
        """Append an event of this instant to the decision log."""
        self.decisions.write(self._car.now_ns if self._car else 0, event, **fields)

    def close(self) -> None:
        """Finish both files."""
        if self.bus:
            self.bus.close()
        self.decisions.close()
