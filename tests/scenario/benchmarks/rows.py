"""Rows in the formats of other people's benchmarks, written here: no sentence and no task of theirs."""

import json
from pathlib import Path
from typing import Any

OFF = False
CONTEXT: dict[str, Any] = {
    "state_of_charge": 50,
    "seats_occupied": {"driver": True, "passenger": False, "driver_rear": False, "passenger_rear": False},
    "sunroof_position": 0,
    "sunshade_position": 0,
    "trunk_door_position": "closed",
    "window_driver_position": 30,
    "window_passenger_position": 0,
    "window_driver_rear_position": 0,
    "window_passenger_rear_position": 0,
    "reading_light_driver": OFF,
    "reading_light_passenger": OFF,
    "reading_light_driver_rear": OFF,
    "reading_light_passenger_rear": OFF,
    "fog_lights": OFF,
    "head_lights_low_beams": OFF,
    "head_lights_high_beams": OFF,
    "ambient_light": "OFF",
    "climate_temperature_driver": 20,
    "climate_temperature_passenger": 21,
    "steering_wheel_heating": 0,
    "seat_heating_driver": 0,
    "seat_heating_passenger": 0,
    "fan_speed": 1,
    "window_front_defrost": OFF,
    "window_rear_defrost": OFF,
    "fan_airflow_direction": "WINDSHIELD_FEET",
    "air_conditioning": OFF,
    "air_circulation": "FRESH_AIR",
}


def car_task(name: str, instruction: str, *actions: tuple[str, dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return a task in CAR-bench's format; `context` changes the state, everything else the task."""
    context = {**CONTEXT, **more.pop("context", {})}
    calls = [{"name": call, "kwargs": arguments} for call, arguments in actions]
    task = {"task_id": name, "task_type": "base", "cabin_only": True, "instruction": instruction}
    return {**task, "context_init_config": context, "actions": calls, **more}


def world_task(name: str, *turns: tuple[str, str, list[tuple[str, Any, Any]]]) -> dict[str, Any]:
    """Return a task in VehicleWorld's format, of turns of words, reference and differences."""
    rows = [{"query": words, "gold": gold, "state_diff": list(map(list, triples))} for words, gold, triples in turns]
    return {"id": name, "modules": [], "inits": "", "turns": rows}


def write(path: Path, *rows: object) -> Path:
    """Write rows as JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
