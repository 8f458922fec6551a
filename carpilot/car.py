"""The car without a copilot's mind: clock, segments, ECUs, gateway, and the copilot's ear and mouth on the bus."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from carpilot.bus.bus import Bus
from carpilot.bus.commander import Commander
from carpilot.bus.database import SEGMENTS, Database, default_database
from carpilot.bus.frame import Frame
from carpilot.bus.guardian import RELEASE_AFTER_NS, Budget, BusHealth, Guardian, HealthMonitor
from carpilot.bus.inbox import Inbox
from carpilot.bus.observer import Observer
from carpilot.ecu.assistance import Assistance
from carpilot.ecu.battery import BatteryManagement
from carpilot.ecu.body import Body
from carpilot.ecu.climate import Climate
from carpilot.ecu.cluster import Cluster
from carpilot.ecu.diagnosis import Diagnosis
from carpilot.ecu.door import Doors
from carpilot.ecu.gateway import Gateway
from carpilot.ecu.media import Media
from carpilot.ecu.navigation import Navigation
from carpilot.ecu.node import EcuNode
from carpilot.ecu.phone import Phone
from carpilot.ecu.roof import Roof
from carpilot.ecu.seat import Seats
from carpilot.ecu.stability import Stability
from carpilot.ecu.vehicle_control import VehicleControl
from carpilot.sim.scheduler import Scheduler
from carpilot.staging import stage
from carpilot.trouble import TroubleReader
from carpilot.units import seconds_to_ns
from carpilot.vehicle.catalogue import Catalogue, Value, default_catalogue
from carpilot.vehicle.physics import World
from carpilot.vehicle.state import VehicleState

COPILOT = "COPILOT"
NO_IDENTIFIER = -1
"""For an alarm that speaks of no message."""
WARM_UP_NS = seconds_to_ns(1.5)
KEY = b"a car on a desk."
"""The key of authentic commands. It is no secret: there is nothing behind it but a simulation."""
DEVICES = (
    (VehicleControl, "powertrain"),
    (Stability, "powertrain"),
    (Assistance, "powertrain"),
    (BatteryManagement, "powertrain"),
    (Climate, "body"),
    (Seats, "body"),
    (Doors, "body"),
    (Body, "body"),
    (Roof, "body"),
    (Media, "infotainment"),
    (Phone, "infotainment"),
    (Navigation, "infotainment"),
    (Cluster, "infotainment"),
)


ECU_BUDGET, COPILOT_BUDGET, GATEWAY_BUDGET = Budget(frames=60), Budget(frames=100), Budget(frames=300)
"""What a node may send in 100 ms; several times what it ever needs."""


class Car:
    """Thirteen ECUs and a gateway on three segments.

    `start` gives VSS values that hold before the first frame. The car then runs for a second and a half, so that every
    status has been heard and standing is known. Time 0 of a log is the first frame. `seed` is for what is random in the
    car's own units, such as the seeds of SecurityAccess.
    """

    def __init__(self, start: Mapping[str, Value] | None = None, taps: tuple[Any, ...] = (), *, seed: int = 0) -> None:
        self.catalogue: Catalogue = default_catalogue()
        self.database: Database = default_database()
        self.scheduler = Scheduler()
        self.world: World = World()
        self.buses = {name: Bus(name, self.scheduler) for name in SEGMENTS}
        for bus in self.buses.values():
            bus.taps.extend(taps)
        self.nodes = {
            device.name: EcuNode(
                device(self.catalogue, self.world),
                self.buses[segment],
                self.scheduler,
                self.catalogue,
                self.database,
                KEY,
            )
            for device, segment in DEVICES
        }
        assistance, navigation = self.nodes["ADAS"].device, self.nodes["NAV"].device
        assert isinstance(assistance, Assistance) and isinstance(navigation, Navigation)
        assistance.read_signs = lambda: navigation.road.limit_kph
        doors = self.nodes["DOOR"].device
        assert isinstance(doors, Doors)
        doors.read_trip = lambda: self.nodes["DOOR"].trip
        self.gateway = Gateway(self.scheduler, self.buses, KEY)
        self.observer = Observer(self.catalogue, self.database, self.scheduler)
        states = [info.arbitration_id for info in self.database.info.values() if info.cycle_ns]
        self.inbox = Inbox(self.observer.on_frame, states, lambda: self.now_ns, self._on_loss)
        port = self.buses["infotainment"].attach(COPILOT, self.inbox)
        self.commander = Commander(self.catalogue, self.database, port, KEY)
        budgets = dict.fromkeys(self.nodes, ECU_BUDGET) | {COPILOT: COPILOT_BUDGET, Gateway.name: GATEWAY_BUDGET}
        self.guardians = {
            name: Guardian(bus, budgets, release_after_ns=RELEASE_AFTER_NS) for name, bus in self.buses.items()
        }
        self.monitor = HealthMonitor(self.buses["infotainment"], self._on_health)
        self.on_degraded: Callable[[BusHealth], None] = lambda health: None
        """Told when the copilot's segment is no longer sound."""
        self.is_disk_full = False
        self.diagnosis = Diagnosis(
            self.scheduler, self.buses, self.database, self.nodes, self.gateway, self.world, Random(seed), self.observer
        )
        self.reader = TroubleReader(self.buses["infotainment"], self.scheduler)
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
        self.nodes[signal.ecu].catch_up()
        if signal.is_actuator:
            self.nodes[signal.ecu].device.set_by_hand(path, checked)
            self.observer.targets.pop(path, None)
        else:
            stage(self, path, checked)
            self.observer.expect_jump()
        self.nodes[signal.ecu].wake()

    def _on_health(self, health: BusHealth, time_ns: int) -> None:
        del time_ns
        self.observer.is_bus_degraded = health is not BusHealth.SOUND
        if self.observer.is_bus_degraded:
            self.commander.port.clear()
            self.on_degraded(health)

    def _on_loss(self, count: int) -> None:
        del count
        self.observer.raise_alarm("frames lost", NO_IDENTIFIER)

    def name_of(self, frame: Frame) -> str:
        """Return the name of a frame's message, or its identifier."""
        info = self.database.by_id.get(frame.arbitration_id)
        return info.name if info else f"{frame.arbitration_id:#x}"
