"""A cabin for the dashboard's tests: a real implementation of CabinPort whose actuators follow their targets."""

from dataclasses import dataclass, field, replace

from carpilot.faults.words import parse_fault
from carpilot.request import Seat
from carpilot.snapshot import FrameRow, PlanRow, Snapshot
from carpilot.vehicle.catalogue import Value, default_catalogue
from carpilot.vehicle.state import Quality, Reading, VehicleState


@dataclass
class DeskCabin:
    """Actuators reach their targets at the next step, the pedals move the car, every request heats the driver's seat."""

    values: dict[str, Value] = field(default_factory=lambda: default_catalogue().initial())
    stale: set[str] = field(default_factory=set)
    targets: dict[str, Value] = field(default_factory=dict)
    calls: list[tuple[object, ...]] = field(default_factory=list)
    shown: Snapshot = field(default_factory=lambda: Snapshot(0, VehicleState(0, {}, {})))
    time_ns: int = 0
    throttle: float = 0.0
    brake: float = 0.0

    def snapshot(self) -> Snapshot:
        readings = {
            path: Reading(value, self.time_ns, Quality.STALE if path in self.stale else Quality.VALID)
            for path, value in self.values.items()
        }
        return replace(self.shown, time_ns=self.time_ns, state=VehicleState(self.time_ns, readings, dict(self.targets)))

    def advance(self, seconds: float) -> None:
        self.time_ns += round(seconds * 1e9)
        for path, target in self.targets.items():
            self.values[path] = target
        speed = float(self.values["Vehicle.Speed"]) + (self.throttle * 18 - self.brake * 40) * seconds
        self.values["Vehicle.Speed"] = max(0.0, speed)
        self.values["Vehicle.Powertrain.ElectricMotor.Power"] = self.throttle * 120 - self.brake * 60
        count = int(self.time_ns / 1e7)
        latest = tuple(
            FrameRow((count - k) * 10_000_000, "body", 0x310 + k % 3, "HVAC_Status", bytes([count % 256, k] * 4))
            for k in reversed(range(40))
        )
        self.shown = replace(self.shown, frames=latest)

    def fault_in_words(self, text: str) -> None:
        parse_fault(text, default_catalogue())
        self.calls.append(("fault", text))

    def submit(self, text: str, seat: Seat = Seat.DRIVER) -> None:
        self.calls.append(("submit", text, seat))
        path = "Vehicle.Cabin.Seat.Row1.DriverSide.HeatingCooling"
        row = PlanRow(path, self.values[path], 66, "confirmed", frame_id=0x320, milliseconds=41.0)
        self.shown = replace(self.shown, request_text=text, reply="Done: your seat is warm.", plan=(row,))
        self.targets[path] = 66

    def answer(self, yes: bool) -> None:
        self.calls.append(("answer", yes))
        self.shown = replace(self.shown, confirmation=None)

    def touch(self, path: str, target: Value) -> None:
        self.calls.append(("touch", path, target))
        self.targets[path] = default_catalogue()[path].check(target)

    def drive(self, throttle: float, brake: float) -> None:
        self.throttle, self.brake = throttle, brake
        self.calls.append(("drive", throttle, brake))

    def shift(self, gear: int) -> None:
        self.calls.append(("shift", gear))
        self.values["Vehicle.Powertrain.Transmission.CurrentGear"] = gear

    def world(self, path: str, value: Value) -> None:
        self.calls.append(("world", path, value))
        self.values[path] = value
