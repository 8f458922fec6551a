"""Faults of parts: sensors, motors, units, the supply, and the machine that the copilot runs on.

Each function begins a fault and returns what ends it.
"""

import time
from collections.abc import Callable
from random import Random

from carpilot.bus.inbox import CAPACITY
from carpilot.car import Car
from carpilot.errors import InputError
from carpilot.faults.targets import End, Fault, by_strength, moved_of, node_of, require
from carpilot.units import seconds_to_ns
from carpilot.vehicle.catalogue import Value

BROWN_OUT_V = (8.5, 7.5, 6.0)
DRIFT_PER_S = (0.5, 2.0, 8.0)


def _distort(car: Car, fault: Fault, change: Callable[[Value | None], Value | None]) -> End:
    path = require(fault, "path", "the signal whose sensor fails")
    node = car.nodes[car.catalogue[path].ecu]
    node.distortions[path] = change

    def heal() -> None:
        node.distortions.pop(path, None)

    return heal


def stuck_signal(car: Car, fault: Fault, random: Random) -> End:
    """Report the same value all the time. Needs path."""
    del random
    held: list[Value | None] = []

    def hold(value: Value | None) -> Value | None:
        if not held:
            held.append(value)
        return held[0]

    return _distort(car, fault, hold)


def drift(car: Car, fault: Fault, random: Random) -> End:
    """Let a sensor drift away. Needs path."""
    sign, begun_ns = random.choice((-1, 1)), car.now_ns
    rate_per_s = by_strength(fault, *DRIFT_PER_S)

    def drift(value: Value | None) -> Value | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        return value + sign * rate_per_s * (car.now_ns - begun_ns) / 1e9

    return _distort(car, fault, drift)


def jump(car: Car, fault: Fault, random: Random) -> End:
    """Let a sensor jump. Needs path."""
    by = random.choice((-1, 1)) * by_strength(fault, 20.0, 40.0, 80.0)

    def jump(value: Value | None) -> Value | None:
        return value + by if isinstance(value, float) else value

    return _distort(car, fault, jump)


def not_available(car: Car, fault: Fault, random: Random) -> End:
    """Let a sensor say that it has no value. Needs path."""
    del random
    return _distort(car, fault, lambda value: None)


def ecu_reset(car: Car, fault: Fault, random: Random) -> End:
    """Cut the power of a unit, and let it start anew. Needs node."""
    del random
    node_of(car, fault).reset(seconds_to_ns(fault.seconds))
    return lambda: None


def ecu_silent(car: Car, fault: Fault, random: Random) -> End:
    """Let a unit neither hear nor send. Needs node."""
    del random
    node = node_of(car, fault)
    node.is_stuck_silent = True
    return lambda: setattr(node, "is_stuck_silent", False)


def brown_out(car: Car, fault: Fault, random: Random) -> End:
    """Let the 12 V supply break down."""
    del random
    supply = car.world.low_voltage
    supply.forced_v = supply.voltage_v = by_strength(fault, *BROWN_OUT_V)
    for node in car.nodes.values():
        node.wake()
    return lambda: setattr(supply, "forced_v", None)


def jam(car: Car, fault: Fault, random: Random) -> End:
    """Let an actuator not move. Needs path."""
    del random
    node, path = moved_of(car, fault)
    node.device.jammed.add(path)
    return lambda: node.device.jammed.discard(path)


def wrong_way(car: Car, fault: Fault, random: Random) -> End:
    """Let a motor turn the wrong way. Needs path."""
    del random
    node, path = moved_of(car, fault)
    if path not in node.device.motors:
        raise InputError(f"the fault wrong_way needs an actuator with a motor, which {path} has not")
    node.device.reversed.add(path)
    return lambda: node.device.reversed.discard(path)


def obstacle(car: Car, fault: Fault, random: Random) -> End:
    """Put something in the way of a motor, half way between where it stands and its closed end."""
    del random
    node, path = moved_of(car, fault)
    motor = node.device.motors.get(path)
    if motor is None or motor.kind.closes_towards is None:
        raise InputError(f"the fault obstacle needs an actuator that closes by a motor, which {path} does not")
    motor.obstacle_at = (motor.position + motor.kind.closes_towards) / 2
    return lambda: setattr(motor, "obstacle_at", None)


def freshness_lost(car: Car, fault: Fault, random: Random) -> End:
    """Let the copilot forget the freshness of its authentic commands."""
    del fault, random
    car.commander.lose_freshness()
    return lambda: None


def host_pause(car: Car, fault: Fault, random: Random) -> End:
    """Stop the host for a moment: simulated time must not notice."""
    del car, random
    time.sleep(by_strength(fault, 0.05, 0.1, 0.3))
    return lambda: None


def receive_overflow(car: Car, fault: Fault, random: Random) -> End:
    """Let the copilot be too busy to read."""
    del random
    car.inbox.is_paused = True
    car.inbox.capacity = int(by_strength(fault, 64, 32, 8))

    def read_on() -> None:
        car.inbox.capacity = CAPACITY
        car.inbox.resume()

    return read_on


def log_full(car: Car, fault: Fault, random: Random) -> End:
    """Let the disk be full."""
    del fault, random
    car.is_disk_full = True
    return lambda: setattr(car, "is_disk_full", False)
