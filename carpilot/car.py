"""The car without a copilot's mind: clock, segments, ECUs, gateway, and the copilot's ear and mouth on the bus."""

from collections.abc import Mapping
from typing import Any

from carpilot.bus.bus import Bus
from carpilot.bus.commander import Commander
from carpilot.bus.database import SEGMENTS, Database, default_database
from carpilot.bus.frame import Frame
from carpilot.bus.observer import Observer
from carpilot.ecu.body import Body
from carpilot.ecu.climate import Climate
from carpilot.ecu.door import Doors
from carpilot.ecu.gateway import Gateway
from carpilot.ecu.media import Media
from carpilot.ecu.node import EcuNode
from carpilot.ecu.seat import Seats
from carpilot.ecu.vehicle_control import VehicleControl
from carpilot.errors import InputError, UnknownNameError
from carpilot.sim.scheduler import Scheduler
from carpilot.units import kph_to_mps, seconds_to_ns
from carpilot.vehicle.catalogue import Catalogue, Value, default_catalogue
from carpilot.vehicle.physics import DRIVE, PARK, World
from carpilot.vehicle.state import VehicleState

COPILOT = "COPILOT"
WARM_UP_NS = seconds_to_ns(1.5)
DEVICES = (
    (Climate, "body"),
    (Seats, "body"),
    (Doors, "body"),
    (Body, "body"),
    (VehicleControl, "body"),
    (Media, "infotainment"),
)


class Car:
    """Six ECUs and a gateway on two segments.

    `start` gives VSS values that hold before the first frame. The car then runs for a second and a half, so that every
    status has been heard and standing is known. Time 0 of a log is the first frame.
    """

    def __init__(self, start: Mapping[str, Value] | None = None, taps: tuple[Any, ...] = ()) -> None:
        self.catalogue: Catalogue = default_catalogue()
        self.database: Database = default_database()
        self.scheduler = Scheduler()
        self.world = World()
        self.buses = {name: Bus(name, self.scheduler) for name in SEGMENTS}
        for bus in self.buses.values():
            bus.taps.extend(taps)
        self.nodes = {
            device.name: EcuNode(
                device(self.catalogue, self.world), self.buses[segment], self.scheduler, self.catalogue, self.database
            )
            for device, segment in DEVICES
        }
        self.gateway = Gateway(self.scheduler, self.buses["infotainment"], self.buses["body"])
        self.observer = Observer(self.catalogue, self.database, self.scheduler)
        port = self.buses["infotainment"].attach(COPILOT, self.observer.on_frame)
        self.commander = Commander(self.catalogue, self.database, port)
        for path, signal in self.catalogue.items():
            if path.endswith("IsOccupied"):
                self.set(path, signal.initial)
        for path, value in (start or {}).items():
            self.set(path, value)
        self.advance(WARM_UP_NS)

    @property
    def now_ns(self) -> int:
        """Simulation time."""
        return self.scheduler.now_ns

    def advance(self, duration_ns: int) -> None:
        """Let time pass."""
        self.scheduler.run_until(self.scheduler.now_ns + duration_ns)

    def state(self) -> VehicleState:
        """Return what the status frames have told."""
        return self.observer.state()

    def set(self, path: str, value: Value) -> None:
        """Change the world, or an actuator as a hand would. Raises InputError for what neither can do."""
        signal = self.catalogue[path]
        checked = signal.check(value)
        if signal.is_actuator:
            self.nodes[signal.ecu].device.set_by_hand(path, checked)
            self.observer.targets.pop(path, None)
        else:
            self._set_world(path, checked)

    def _set_world(self, path: str, value: Value) -> None:
        world = self.world
        if path.endswith("IsOccupied"):
            world.occupied[path] = value is True
        elif path.startswith("Vehicle.Cabin.Door.") and path.endswith("IsOpen"):
            world.open_doors[path] = value is True
        elif path in _SETTERS:
            _SETTERS[path](world, value)
        else:
            raise InputError(f"{path} follows from other signals and cannot be set")

    def fault(self, kind: str, node: str, seconds: float, path: str | None = None) -> None:
        """Inject a fault: ecu_reset (silent, then starts anew), ecu_silent, or jam (an actuator does not move)."""
        if kind not in FAULTS:
            raise UnknownNameError("fault", kind, FAULTS)
        if node not in self.nodes:
            raise UnknownNameError("node", node, self.nodes)
        target = self.nodes[node]
        if kind == "ecu_reset":
            target.reset(seconds_to_ns(seconds))
        elif kind == "ecu_silent":
            target.is_stuck_silent = True
            self.scheduler.after(seconds_to_ns(seconds), lambda: setattr(target, "is_stuck_silent", False))
        elif path is None or path not in target.device.actual:
            raise InputError(f"a jam needs the path of one of {node}'s actuators, not {path!r}")
        else:
            target.device.jammed.add(path)
            self.scheduler.after(seconds_to_ns(seconds), lambda: target.device.jammed.discard(path))

    def name_of(self, frame: Frame) -> str:
        """Return the name of a frame's message, or its identifier."""
        info = self.database.by_id.get(frame.arbitration_id)
        return info.name if info else f"{frame.arbitration_id:#x}"


FAULTS = ("ecu_reset", "ecu_silent", "jam")


def _set_speed(world: World, value: Value) -> None:
    world.speed_mps = kph_to_mps(float(value))
    world.is_speed_held = world.speed_mps > 0
    if world.speed_mps > 0:
        world.is_parking_brake_engaged = False
        if world.gear == PARK:
            world.gear = DRIVE


def _set_gear(world: World, value: Value) -> None:
    world.gear = int(value)
    world.is_parking_brake_engaged = world.gear == PARK


def _set_range(world: World, value: Value) -> None:
    world.range_m, world.is_range_fixed = float(value), True


def _set_cabin(world: World, value: Value) -> None:
    world.cabin_celsius[:] = [float(value), float(value)]


_SETTERS: Mapping[str, Any] = {
    "Vehicle.Speed": _set_speed,
    "Vehicle.Chassis.Axle.Row1.Wheel.Left.Speed": _set_speed,
    "Vehicle.Powertrain.Transmission.CurrentGear": _set_gear,
    "Vehicle.Chassis.ParkingBrake.IsEngaged": lambda world, value: setattr(world, "is_parking_brake_engaged", value),
    "Vehicle.LowVoltageSystemState": lambda world, value: setattr(world, "ignition", value),
    "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed": lambda w, v: setattr(w, "charge_percent", float(v)),
    "Vehicle.Powertrain.Range": _set_range,
    "Vehicle.Exterior.AirTemperature": lambda world, value: setattr(world, "outside_celsius", float(value)),
    "Vehicle.Body.Raindetection.Intensity": lambda world, value: setattr(world, "rain_percent", float(value)),
    "Vehicle.Exterior.LightIntensity": lambda world, value: setattr(world, "light_percent", float(value)),
    "Vehicle.Cabin.HVAC.AmbientAirTemperature": _set_cabin,
    "Vehicle.Private.Windshield.Front.FogLevel": lambda world, value: setattr(world, "fog_percent", float(value)),
}
