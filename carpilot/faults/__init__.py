"""Faults that can be let loose on a car: on the wire, in a node, in a sensor, in the world.

Each kind is one function that begins the fault and returns what ends it. `KINDS` names them all; a scenario, `carpilot
drive --fault` and Python code call `inject`. Every chance comes from the `random.Random` that is passed in, so a run with
the same seed is the same run. `strength` is 1 (mild) to 3 (harsh).
"""

from collections.abc import Callable, Mapping
from random import Random

from carpilot.car import Car
from carpilot.errors import InputError, UnknownNameError
from carpilot.faults import intruders, parts, wire
from carpilot.faults.targets import End, Fault
from carpilot.units import seconds_to_ns

__all__ = ["KINDS", "Fault", "inject"]

Kind = Callable[[Car, Fault, Random], End]
KINDS: Mapping[str, Kind] = {
    "loss": wire.loss,
    "burst_loss": wire.burst_loss,
    "delay": wire.delay,
    "duplicate": wire.duplicate,
    "reorder": wire.reorder,
    "bit_errors": wire.bit_errors,
    "gateway_memory": wire.gateway_memory,
    "wrong_length": wire.wrong_length,
    "unknown_identifier": intruders.unknown_identifier,
    "babbling": intruders.babbling,
    "babbling_first": intruders.babbling_first,
    "stuck_dominant": wire.stuck_dominant,
    "bus_off": wire.bus_off,
    "copilot_bus_off": wire.copilot_bus_off,
    "error_passive": wire.error_passive,
    "missing_acknowledge": wire.missing_acknowledge,
    "stuck_signal": parts.stuck_signal,
    "drift": parts.drift,
    "jump": parts.jump,
    "not_available": parts.not_available,
    "ecu_reset": parts.ecu_reset,
    "ecu_silent": parts.ecu_silent,
    "brown_out": parts.brown_out,
    "spoofed_status": intruders.spoofed_status,
    "masquerade": intruders.masquerade,
    "replay": intruders.replay,
    "suspension": wire.suspension,
    "freshness_lost": parts.freshness_lost,
    "host_pause": parts.host_pause,
    "jam": parts.jam,
    "wrong_way": parts.wrong_way,
    "obstacle": parts.obstacle,
    "receive_overflow": parts.receive_overflow,
    "log_full": parts.log_full,
}


def inject(car: Car, fault: Fault, random: Random) -> None:
    """Let a fault loose for its time. Raises InputError or UnknownNameError where it cannot be."""
    if fault.kind not in KINDS:
        raise UnknownNameError("fault", fault.kind, KINDS)
    if fault.strength not in (1, 2, 3):
        raise InputError(f"a fault's strength is 1, 2 or 3, not {fault.strength}")
    if not 0 < fault.seconds <= 3600:
        raise InputError(f"a fault lasts more than 0 and at most 3600 seconds, not {fault.seconds:g}")
    end = KINDS[fault.kind](car, fault, random)
    car.scheduler.after(seconds_to_ns(fault.seconds), end)
