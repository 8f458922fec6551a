"""The whole car's diagnosis: a fault memory for each control unit, UDS on two of them, OBD-II on the gateway.

Five times a second the car's conditions are looked at and reported to the memories, which debounce them. What the memories
hold lights the tell-tales, answers a tester, and tells the copilot why a lamp is on.
"""

from collections.abc import Mapping
from functools import partial
from random import Random

from carpilot.bus.bus import Bus
from carpilot.bus.database import Database
from carpilot.bus.observer import Observer
from carpilot.ecu.cluster import Cluster
from carpilot.ecu.conditions import Conditions
from carpilot.ecu.diagnostics import BCM_ADDRESS, BMS_ADDRESS, Address, DiagnosticServer, identification
from carpilot.ecu.fault_memory import PASSED_AT, FaultMemory, Readings, lit, why
from carpilot.ecu.gateway import Gateway
from carpilot.ecu.node import EcuNode
from carpilot.ecu.obd import ObdReadings, ObdServer
from carpilot.ecu.trouble_codes import Lamp, TroubleCode, by_urgency, codes_for
from carpilot.ecu.uds_services import DataIdentifier, Routine, Surroundings
from carpilot.errors import InputError
from carpilot.sim.scheduler import Scheduler
from carpilot.units import NS_PER_MS, NS_PER_S, kph_to_mps, ns_to_seconds
from carpilot.vehicle.physics import World

VIN = "CARPLT00000000042"
SECRETS = {"BCM": b"carpilot BCM", "BMS": b"carpilot BMS"}
"""What keys of SecurityAccess are made with. They are no secret: there is nothing behind them but a simulation."""
LOOK_NS = 200 * NS_PER_MS
RESTART_NS = 500 * NS_PER_MS
SELF_TEST = 0x0301
SELF_TEST_NS = 3 * NS_PER_S
SUPPLY_DID, ODOMETER_DID, SETTING_DID = 0xFD00, 0xFD01, 0xFD10
HEADLIGHT_LEVEL = "Vehicle.Private.Lights.HeadlightLevel"
CHARGE_LIMIT = "Vehicle.Powertrain.TractionBattery.Charging.ChargeLimit"


class Diagnosis:
    """Memories, servers and tell-tales of one car. The cluster lights what the memories ask for.

    `random` gives the seeds of SecurityAccess. With an `observer`, what it finds strange on the bus is stored, too.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        buses: Mapping[str, Bus],
        database: Database,
        nodes: Mapping[str, EcuNode],
        gateway: Gateway,
        world: World,
        random: Random,
        observer: Observer | None = None,
    ) -> None:
        self._scheduler, self._world, self._gateway = scheduler, world, gateway
        self.conditions = Conditions(scheduler, buses, database, nodes, gateway, world, observer)
        self.memories: dict[str, FaultMemory] = {
            name: FaultMemory(name, lambda: scheduler.now_ns, self._readings) for name in (*nodes, Gateway.name)
        }
        self.lamps: frozenset[Lamp] = frozenset()
        self._unsettled: dict[str, set[str]] = {}
        self.start_cycle()
        bcm = {SETTING_DID: _actuator(nodes["BCM"], HEADLIGHT_LEVEL)}
        bms = {SETTING_DID: _actuator(nodes["BMS"], CHARGE_LIMIT)}
        self.servers = {
            "BCM": self._server(nodes["BCM"], buses, BCM_ADDRESS, bcm, random),
            "BMS": self._server(nodes["BMS"], buses, BMS_ADDRESS, bms, random),
        }
        self._silent: set[str] = set()
        self._nodes = nodes
        self.obd = ObdServer(
            buses["infotainment"],
            scheduler,
            Gateway.name,
            tuple(self.memories.values()),
            self._obd_readings,
            lambda: VIN,
            self._may_move,
        )
        scheduler.every(LOOK_NS, self.look, LOOK_NS)

    def _server(
        self,
        node: EcuNode,
        buses: Mapping[str, Bus],
        address: Address,
        own: Mapping[int, DataIdentifier],
        random: Random,
    ) -> DiagnosticServer:
        name = node.name
        memory = self.memories[name]
        identifiers = identification(lambda: VIN, f"CP-{name}-01", f"{name}0000042", "1.0.0", name.title())
        identifiers[SUPPLY_DID] = DataIdentifier(lambda: _bytes(self._readings().supply_volt * 1000, 2))
        identifiers[ODOMETER_DID] = DataIdentifier(lambda: _bytes(self._readings().odometer_km, 3))
        return DiagnosticServer(
            buses[node.port.segment],
            self._scheduler,
            address,
            memory,
            identifiers | dict(own),
            SECRETS[name],
            random,
            {SELF_TEST: Routine(lambda: bytes((min(len(memory.active()), 255),)), SELF_TEST_NS)},
            Surroundings(
                self._may_move,
                lambda kind: node.reset(RESTART_NS),
                partial(_communicate, node, buses[node.port.segment]),
            ),
            lambda: node.is_silent,
        )

    def _may_move(self) -> bool:
        """Only a fresh motion frame that says so makes the car stand."""
        return not self._gateway.stands

    def _readings(self) -> Readings:
        world = self._world
        return Readings(world.speed_mps / kph_to_mps(1), world.low_voltage.voltage_v, world.odometer_m / 1000)

    def _obd_readings(self) -> ObdReadings:
        world, now = self._world, self._readings()
        return ObdReadings(
            now.speed_kph,
            now.supply_volt,
            world.outside_celsius,
            world.charge_percent,
            now.odometer_km,
            ns_to_seconds(self._scheduler.now_ns),
        )

    def look(self) -> None:
        """Report what holds now, and what no longer does, to the memories."""
        for name, server in self.servers.items():
            if self._nodes[name].is_silent and name not in self._silent:
                server.restart()
        self._silent = {name for name, node in self._nodes.items() if node.is_silent}
        failing: dict[str, set[str]] = {}
        for condition in self.conditions.now():
            for code in codes_for(condition):
                if code.ecu in self.memories and code.ecu not in self._silent:
                    failing.setdefault(code.ecu, set()).add(code.code)
        for ecu, memory in self.memories.items():
            if ecu not in self._silent:
                self._report(memory, failing.get(ecu, set()))
        self._light(lit(self.memories.values()))

    def _light(self, lamps: frozenset[Lamp]) -> None:
        cluster = self._nodes[Cluster.name]
        if lamps != self.lamps and isinstance(cluster.device, Cluster):
            self.lamps = lamps
            cluster.device.lit_lamps = frozenset(lamp.tell_tale for lamp in lamps)
            cluster.wake()

    def _report(self, memory: FaultMemory, failing: set[str]) -> None:
        """Report what fails, and what was not yet found to be well."""
        unsettled = self._unsettled[memory.ecu]
        unsettled |= failing
        for written in tuple(unsettled):
            memory.report(written, written in failing)
            if memory.record(written).debounce == PASSED_AT:
                unsettled.discard(written)

    def start_cycle(self) -> None:
        """Begin an operation cycle: every code that the car can set is tested anew."""
        for name, memory in self.memories.items():
            memory.start_cycle()
            self._unsettled[name] = {record.code.code for record in memory.records.values() if record.code.detects}

    def why(self, lamp: Lamp) -> list[str]:
        """Return a sentence for each reason why a tell-tale is lit, the most urgent first."""
        return why(lamp, self.memories.values())

    def active(self) -> list[TroubleCode]:
        """Return all codes that are there now, the most urgent first."""
        return by_urgency(code for memory in self.memories.values() for code in memory.active())


def _bytes(value: float, size: int) -> bytes:
    return max(0, min(round(value), (1 << 8 * size) - 1)).to_bytes(size, "big")


def _actuator(node: EcuNode, path: str) -> DataIdentifier:
    """Return an identifier of one byte that sets an actuator as a hand would."""
    signal = node.device.signals[path]

    def accepts(data: bytes) -> bool:
        try:
            signal.check(data[0])
        except InputError:
            return False
        return True

    def write(data: bytes) -> None:
        node.catch_up()
        node.device.set_by_hand(path, data[0])
        node.wake()

    return DataIdentifier(lambda: bytes((int(node.device.actual[path]),)), write, 1, accepts)


def _communicate(node: EcuNode, bus: Bus, receives: bool, sends: bool) -> None:
    """Switch a unit's normal messages; its diagnostic ones have a port of their own."""
    if sends and node.port.is_muted:
        node.port.unmute()
    elif not sends:
        node.port.mute()
    node.port.receive = node.on_frame if receives else None
    bus.refresh()
