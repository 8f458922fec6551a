"""The benchmarks that can be read, by name."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from carpilot.errors import InputError
from carpilot.scenario.benchmarks import car_bench, vehicle_world
from carpilot.scenario.benchmarks.benchmark import Benchmark

ADAPTERS: Mapping[str, Callable[[Path], Benchmark]] = {
    car_bench.NAME: car_bench.read,
    vehicle_world.NAME: vehicle_world.read,
}


def read_benchmarks(options: Sequence[str]) -> list[Benchmark]:
    """Return the benchmarks of options such as `car-bench=tasks.jsonl`. Raises InputError."""
    found: dict[str, Benchmark] = {}
    for option in options:
        name, equals, path = option.partition("=")
        if name not in ADAPTERS or not equals or not path:
            raise InputError(f"--benchmark wants NAME=FILE with one of {', '.join(ADAPTERS)}, not {option!r}")
        if name in found:
            raise InputError(f"--benchmark {name} stands twice")
        found[name] = ADAPTERS[name](Path(path))
    return list(found.values())
