"""Faults from Python: what is asked wrongly, and how soon the car notices, at every strength."""

from collections.abc import Callable
from random import Random

import pytest

from carpilot.bus.controller import ErrorState
from carpilot.car import Car
from carpilot.errors import InputError
from carpilot.faults import KINDS, Fault, inject
from carpilot.vehicle.catalogue import Value
from carpilot.vehicle.state import Quality

MS = 1_000_000
SPEED = "Vehicle.Speed"
WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
BOOT = "Vehicle.Body.Trunk.Rear.IsOpen"
STRENGTHS = (1, 2, 3)
CYCLE_MS = 20
"""Of the motion message."""


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (Fault("rust", 1), "fault"),
        (Fault("jam", 0, path=WINDOW), "seconds"),
        (Fault("jam", 3601, path=WINDOW), "3600"),
        (Fault("jam", 1, path=WINDOW, strength=4), "strength"),
        (Fault("jam", 1), "path"),
        (Fault("jam", 1, path=SPEED), "actuator"),
        (Fault("jam", 1, path=WINDOW, node="SEAT"), "DOOR"),
        (Fault("jam", 1, path="Vehicle.Sped"), "Vehicle.Speed"),
        (Fault("wrong_way", 1, path="Vehicle.Private.Media.IsMuted"), "motor"),
        (Fault("obstacle", 1, path="Vehicle.Private.Media.IsMuted"), "motor"),
        (Fault("loss", 1), "message"),
        (Fault("loss", 1, message="DOOR_WindowStaus"), "DOOR_WindowStatus"),
        (Fault("bus_off", 1), "node"),
        (Fault("bus_off", 1, node="DOR"), "DOOR"),
        (Fault("stuck_dominant", 1, segment="bodie"), "body"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_and_nothing_has_begun(fault: Fault, named: str) -> None:
    car = Car()
    with pytest.raises(InputError, match=named):
        inject(car, fault, Random(0))
    assert not any(bus.disturbances for bus in car.buses.values())


def unknown(path: str) -> Callable[[Car], bool]:
    return lambda car: car.observer.reading(path).quality in (Quality.STALE, Quality.INVALID)


def alarm(kind: str) -> Callable[[Car], bool]:
    return lambda car: kind in {alarm.kind for alarm in car.observer.alarms}


def disturbed(car: Car) -> bool:
    return car.observer.is_disturbed


def muted(node: str) -> Callable[[Car], bool]:
    return lambda car: any(node in guardian.muted for guardian in car.guardians.values())


def was_bus_off(car: Car) -> bool:
    return car.nodes["DOOR"].port.controller.bus_off_count > 0


def is_passive(car: Car) -> bool:
    return car.nodes["DOOR"].port.controller.state is ErrorState.ERROR_PASSIVE


BOUNDS: dict[str, tuple[Fault, dict[str, Value], Callable[[Car], bool], float]] = {
    "burst_loss": (Fault("burst_loss", 3, message="VCU_Motion"), {}, unknown(SPEED), 4 * CYCLE_MS + 10),
    "suspension": (Fault("suspension", 3, message="VCU_Motion"), {}, unknown(SPEED), 4 * CYCLE_MS + 10),
    "masquerade": (Fault("masquerade", 3, message="VCU_Motion"), {}, unknown(SPEED), 4 * CYCLE_MS + 10),
    "not_available": (Fault("not_available", 3, path=SPEED), {}, unknown(SPEED), 2 * CYCLE_MS),
    "babbling": (Fault("babbling", 3, node="BCM"), {}, muted("BCM"), 100),
    "babbling_first": (Fault("babbling_first", 3, segment="infotainment"), {}, disturbed, 110),
    "stuck_dominant": (Fault("stuck_dominant", 3, segment="infotainment"), {}, disturbed, 1),
    "bus_off": (Fault("bus_off", 3, node="DOOR"), {}, was_bus_off, 120),
    "unknown_identifier": (
        Fault("unknown_identifier", 3, segment="infotainment"),
        {},
        alarm("unknown identifier"),
        101,
    ),
    "spoofed_status": (Fault("spoofed_status", 3, message="VCU_Motion"), {SPEED: 50.0}, alarm("two senders"), 100),
}


def reaction_ms(kind: str, strength: int) -> float:
    """Return after how many milliseconds of simulated time the car has noticed; infinity if it has not in time."""
    fault, start, has_noticed, bound_ms = BOUNDS[kind]
    car = Car(start)
    assert not has_noticed(car)
    begun_ns = car.now_ns
    inject(car, Fault(kind, fault.seconds, fault.node, fault.path, fault.message, fault.segment, strength), Random(7))
    while car.now_ns - begun_ns <= bound_ms * MS:
        if has_noticed(car):
            return (car.now_ns - begun_ns) / MS
        car.advance(MS // 2)
    return float("inf")


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("kind", list(BOUNDS))
def test_a_fault_is_noticed_within_its_bound(kind: str, strength: int) -> None:
    assert reaction_ms(kind, strength) <= BOUNDS[kind][3]


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("kind", ["loss", "duplicate", "host_pause"])
def test_a_mild_fault_changes_nothing_that_the_copilot_knows(kind: str, strength: int) -> None:
    car = Car({SPEED: 50.0})
    inject(car, Fault(kind, 2, message="VCU_Motion", strength=strength), Random(3))
    for _ in range(100):
        car.advance(20 * MS)
        assert car.observer.reading(SPEED).quality is Quality.VALID
        assert not car.observer.is_disturbed


PLACES = {
    "node": ("bus_off", "babbling", "error_passive", "missing_acknowledge", "ecu_reset", "ecu_silent"),
    "actuator": ("jam", "wrong_way", "obstacle"),
    "sensor": ("stuck_signal", "drift", "jump", "not_available"),
}


def placed(kind: str, strength: int) -> Fault:
    """Return a fault of a kind where it matters: the door unit, its window, the speed, the motion message."""
    if kind in PLACES["node"]:
        return Fault(kind, 1.5, node="DOOR", strength=strength)
    if kind in PLACES["actuator"]:
        return Fault(kind, 1.5, path=WINDOW, strength=strength)
    if kind in PLACES["sensor"]:
        return Fault(kind, 1.5, path=SPEED, strength=strength)
    return Fault(kind, 1.5, message="VCU_Motion", strength=strength)


PAIRS = [
    (first, second) for index, first in enumerate(KINDS) for second in list(KINDS)[index + 1 :] if first != "host_pause"
]


def run_pair(first: str, second: str, seed: int) -> list[str]:
    """Run two faults at once on a moving car; return what must never be, and a summary of what was."""
    random = Random(seed)
    car = Car({SPEED: 50.0}, seed=seed)
    for kind in (first, second):
        inject(car, placed(kind, random.choice(STRENGTHS)), random)
    car.advance(2_000 * MS)
    doors = car.nodes["DOOR"].device.actual
    opened = [path for path, value in doors.items() if path.endswith("Door.IsOpen") and value is True]
    left = [repr(each) for bus in car.buses.values() for each in bus.disturbances]
    boot = car.nodes[car.catalogue[BOOT].ecu].device.actual[BOOT]
    return [f"open: {opened}", f"boot: {boot}", f"left: {left}", str(car.buses["infotainment"].frame_count)]


def assert_pair_holds(first: str, second: str, seed: int) -> None:
    found = run_pair(first, second, seed)
    assert found[:3] == ["open: []", "boot: False", "left: []"]
    assert int(found[3]) > 0


@pytest.mark.parametrize(("first", "second"), PAIRS[::37])
def test_two_faults_at_once_open_nothing_and_leave_nothing_behind(first: str, second: str) -> None:
    assert_pair_holds(first, second, 1)
    assert run_pair(first, second, 1) == run_pair(first, second, 1)


@pytest.mark.slow
def test_every_pair_of_faults_opens_nothing_and_leaves_nothing_behind() -> None:
    for seed, (first, second) in enumerate(PAIRS):
        assert_pair_holds(first, second, seed)
