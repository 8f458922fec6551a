"""What is wrong with the simulated car right now, as condition names: the `detects` column of trouble_codes.yaml.

Control units judge what they can know: messages that fail to come, what the gateway has turned away, error counters, their
own supply, actuators that do not move when told to, and the limits of what they measure.
"""

from collections.abc import Callable, Mapping

from carpilot.bus.bus import Bus
from carpilot.bus.database import Database
from carpilot.bus.frame import Frame
from carpilot.bus.observer import Observer
from carpilot.ecu.device import Device, Response
from carpilot.ecu.gateway import Gateway
from carpilot.ecu.node import EcuNode
from carpilot.ecu.trouble_codes import conditions
from carpilot.errors import UnknownNameError
from carpilot.sim.scheduler import Scheduler
from carpilot.units import NS_PER_MS, NS_PER_S
from carpilot.vehicle.catalogue import Value
from carpilot.vehicle.physics import World
from carpilot.vehicle.physics.motors import MotorState
from carpilot.vehicle.state import Quality

SILENT_CYCLES = 3
LEAST_SILENCE_NS = 500 * NS_PER_MS
EVENT_LASTS_NS = NS_PER_S
ERRORS_A_LOOK = 3
GATEWAY_EVENTS = {
    "authentication": "wrong_signature",
    "wrong segment": "intrusion",
    "no route": "intrusion",
    "budget": "flooding",
}
"""Conditions by the gateway's reason. Damaged frames name their sender instead."""
DAMAGED = ("protection", "wrong length")
ALARMS = {"two senders": "two_senders", "unknown identifier": "intrusion"}
"""Conditions by what the observer on the infotainment segment has noticed."""
MOTOR_CONDITIONS = {MotorState.REVERSING: "pinch", MotorState.HOT: "hot"}
Limit = Callable[[World], bool]
LIMITS: Mapping[str, Limit] = {
    "low_voltage": lambda world: world.low_voltage.voltage_v < 11.5,
    "high_voltage": lambda world: world.low_voltage.voltage_v > 16.0,
    "converter_failed": lambda world: world.low_voltage.is_converter_failed,
    "battery_very_hot": lambda world: world.battery.temperature_celsius > 60.0,
    "battery_hot": lambda world: 50.0 < world.battery.temperature_celsius <= 60.0,
    "battery_cold": lambda world: world.battery.temperature_celsius < -10.0,
    "battery_low": lambda world: 1.0 <= world.charge_percent < 10.0,
    "battery_empty": lambda world: world.charge_percent < 1.0,
    "charging_interrupted": lambda world: world.charging.has_fault,
}
"""What a measurement tells: V, degrees Celsius, percent."""
SENSED: Mapping[str, tuple[str, str, Callable[[Value | None], bool]]] = {
    "washer_low": (
        "BCM",
        "Vehicle.Body.Windshield.Front.WasherFluid.Level",
        lambda value: value is not None and float(value) < 10.0,
    ),
    "service_due": ("CLUSTER", "Vehicle.Service.IsServiceDue", bool),
    "esc_off": ("ESC", "Vehicle.ADAS.ESC.IsEnabled", lambda value: value is False),
}
"""What a unit's own signal tells: unit, path, and whether its value is the condition."""
TYRES = tuple(f"Vehicle.Chassis.Axle.Row{row}.Wheel.{side}.Tire" for row in (1, 2) for side in ("Left", "Right"))
"""In the order of the world's wheels."""
PUNCTURE_KPA_PER_MIN = 10.0
TYRE_HOT_CELSIUS = 100.0
NOT_VALID = "not_valid:"


class _Ears:
    """The gateway's ears for one message of each unit, the slowest of those that come at least twice a second."""

    def __init__(
        self, scheduler: Scheduler, buses: Mapping[str, Bus], database: Database, names: Mapping[str, EcuNode]
    ) -> None:
        self._scheduler = scheduler
        self._heard_ns: dict[int, int] = {}
        self._watched: dict[str, tuple[int, int]] = {}
        ids: dict[str, set[int]] = {}
        for info in sorted(database.info.values(), key=lambda info: info.cycle_ns):
            if info.sender in names and 0 < info.cycle_ns <= NS_PER_S // 2:
                silence_ns = max(SILENT_CYCLES * info.cycle_ns, LEAST_SILENCE_NS)
                self._watched[info.sender] = info.arbitration_id, silence_ns
        for name, (number, _) in self._watched.items():
            ids.setdefault(names[name].port.segment, set()).add(number)
            self._heard_ns[number] = scheduler.now_ns
        for segment, numbers in ids.items():
            buses[segment].attach(Gateway.name, self._hear, frozenset(numbers))

    def _hear(self, frame: Frame) -> None:
        self._heard_ns[frame.arbitration_id] = self._scheduler.now_ns

    def missing(self) -> set[str]:
        now_ns = self._scheduler.now_ns
        return {
            f"lost_communication:{name}"
            for name, (number, silence_ns) in self._watched.items()
            if now_ns - self._heard_ns[number] > silence_ns
        }


class Conditions:
    """Looks at a car. `now` is called at a steady pace and returns the names of what holds at that instant.

    What the simulation has no cause for, such as a worn brake pad, can be injected by its name.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        buses: Mapping[str, Bus],
        database: Database,
        nodes: Mapping[str, EcuNode],
        gateway: Gateway,
        world: World,
        observer: Observer | None = None,
    ) -> None:
        self.observer = observer
        self._scheduler, self._buses, self._database = scheduler, buses, database
        self._nodes, self._gateway, self._world = nodes, gateway, world
        self._ears = _Ears(scheduler, buses, database, nodes)
        self._errors = dict.fromkeys(buses, 0)
        self._was_silent: set[str] = set()
        self._restarted_ns: dict[str, int] = {}
        self._jammed: set[str] = set()
        self._injected: set[str] = set()
        readable = {path: node.device for node in nodes.values() for path in node.device.signals}
        paths = [name.removeprefix(NOT_VALID) for name in conditions() if name.startswith(NOT_VALID)]
        self._readable = {path: readable[path] for path in paths if path in readable}

    def inject(self, condition: str) -> None:
        """Let a condition hold until `release`. Raises UnknownNameError if no code knows it."""
        if condition not in conditions():
            raise UnknownNameError("condition", condition, conditions())
        self._injected.add(condition)

    def release(self, condition: str) -> None:
        """Let an injected condition hold no longer."""
        self._injected.discard(condition)

    def now(self) -> set[str]:
        """Return the conditions that hold."""
        world = self._world
        found = {name for name, holds in LIMITS.items() if holds(world)}
        found |= self._injected | self._ears.missing() | self._turned_away() | self._networks() | self._measured()
        for name, node in self._nodes.items():
            self._look_at_node(name, node, found)
            self._look_at_actuators(node.device, found)
        return found

    def _turned_away(self) -> set[str]:
        found = set()
        since_ns = self._scheduler.now_ns - EVENT_LASTS_NS
        for event in reversed(self._gateway.events):
            if event.time_ns < since_ns:
                break
            if event.reason in GATEWAY_EVENTS:
                found.add(GATEWAY_EVENTS[event.reason])
            elif event.reason in DAMAGED and event.arbitration_id in self._database.by_id:
                found.add(f"implausible:{self._database.by_id[event.arbitration_id].sender}")
        return found | self._noticed(since_ns)

    def _noticed(self, since_ns: int) -> set[str]:
        """What the observer found strange, and which of its readings are marked as not valid."""
        found: set[str] = set()
        if self.observer is None:
            return found
        for alarm in reversed(self.observer.alarms):
            if alarm.time_ns < since_ns:
                break
            if alarm.kind in ALARMS:
                found.add(ALARMS[alarm.kind])
        for path in self._readable:
            if self.observer.reading(path).quality is Quality.INVALID:
                found.add(NOT_VALID + path)
        return found

    def _networks(self) -> set[str]:
        found = set()
        for segment, bus in self._buses.items():
            if bus.error_count - self._errors[segment] >= ERRORS_A_LOOK:
                found.add(f"bus_errors:{segment}")
            self._errors[segment] = bus.error_count
            if not self._gateway.ports[segment].is_on_bus:
                found.add(f"bus_off:{segment}")
        return found

    def _measured(self) -> set[str]:
        found = set()
        for name, (ecu, path, is_so) in SENSED.items():
            if ecu in self._nodes and path in self._nodes[ecu].device.signals:
                device = self._nodes[ecu].device
                if is_so(device.report(device.signals[path])):
                    found.add(name)
        for path, device in self._readable.items():
            if device.report(device.signals[path]) is None:
                found.add(NOT_VALID + path)
        return found | self._tyres()

    def _tyres(self) -> set[str]:
        esc = self._nodes["ESC"].device
        low = {f"tyre_low:{tyre}.Pressure" for tyre in TYRES if esc.sensed(f"{tyre}.IsPressureLow")}
        found = low | ({"tyres_low"} if len(low) > 1 else set())
        for path, tyre in zip(TYRES, self._world.tyres.wheels, strict=True):
            if tyre.leak_kpa_per_min > PUNCTURE_KPA_PER_MIN:
                found.add(f"tyre_puncture:{path}.Pressure")
            if tyre.celsius > TYRE_HOT_CELSIUS:
                found.add("tyre_hot")
        return found

    def _look_at_node(self, name: str, node: EcuNode, found: set[str]) -> None:
        now_ns = self._scheduler.now_ns
        if node.is_silent:
            self._was_silent.add(name)
        elif name in self._was_silent:
            self._was_silent.discard(name)
            self._restarted_ns[name] = now_ns
        if now_ns - self._restarted_ns.get(name, -EVENT_LASTS_NS) < EVENT_LASTS_NS:
            found.add(f"ecu_reset:{name}")
        if node.is_browned_out:
            found.add(f"brown_out:{name}")
        if not node.port.is_on_bus:
            found.add(f"bus_off:{name}")

    def _look_at_actuators(self, device: Device, found: set[str]) -> None:
        """A jam is felt when the actuator is told to move; it is known until the actuator is free again."""
        if device.jammed:
            if device.response is Response.JAMMED:
                self._jammed |= device.jammed
            found |= {f"jam:{path}" for path in device.jammed & self._jammed}
        for path, motor in device.motors.items():
            if motor.state in MOTOR_CONDITIONS:
                found.add(f"{MOTOR_CONDITIONS[motor.state]}:{path}")
