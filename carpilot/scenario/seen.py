"""What a car has seen of a fault, against what a step expects of it."""

from collections.abc import Iterator

from carpilot.bus.bus import Port
from carpilot.car import COPILOT, Car
from carpilot.ecu.gateway import Gateway
from carpilot.scenario.schema import ExpectModel


def unseen(expect: ExpectModel, car: Car) -> list[str]:
    """Return what is not so, one line each."""
    found = []
    alarms = {alarm.kind for alarm in car.observer.alarms} | {event.reason for event in car.gateway.events}
    if expect.alarm == "none" and alarms:
        found.append(f"wanted no alarm, got {', '.join(sorted(alarms))}")
    elif expect.alarm not in (None, "none", *alarms):
        found.append(f"wanted the alarm {expect.alarm}, got {', '.join(sorted(alarms)) or 'none'}")
    for path in expect.unknown:
        reading = car.observer.reading(path)
        if reading.is_valid:
            found.append(f"{path}: wanted no valid reading, is {reading.value!r}")
    health = "degraded" if car.observer.is_disturbed else "sound"
    if expect.health not in (None, health):
        found.append(f"wanted the car {expect.health}, is {health}")
    if expect.trouble:
        active = {code.code for code in car.diagnosis.active()}
        missing = [code for code in expect.trouble if code not in active]
        if missing:
            found.append(
                f"wanted the trouble codes {', '.join(missing)}, active are {', '.join(sorted(active)) or 'none'}"
            )
    return found + list(_wrong_on_bus(expect, car))


def _wrong_on_bus(expect: ExpectModel, car: Car) -> Iterator[str]:
    muted = sorted({node for guardian in car.guardians.values() for node in guardian.muted})
    if expect.muted == "nobody" and muted:
        yield f"wanted nobody muted, are {', '.join(muted)}"
    elif expect.muted not in (None, "nobody", *muted):
        yield f"wanted {expect.muted} muted, are {', '.join(muted) or 'nobody'}"
    for node, wanted in expect.bus_state.items():
        controllers = [port.controller for port in ports_of(car, node)]
        states = {controller.state.value.replace(" ", "_") for controller in controllers}
        if any(controller.bus_off_count for controller in controllers):
            states.add("bus_off")
        if wanted not in states:
            yield f"wanted {node} {wanted}, is {', '.join(sorted(states))}"


def ports_of(car: Car, node: str) -> list[Port]:
    """Return a node's ports: one, of the gateway one on every segment."""
    if node == COPILOT:
        return [car.commander.port]
    return list(car.gateway.ports.values()) if node == Gateway.name else [car.nodes[node].port]
