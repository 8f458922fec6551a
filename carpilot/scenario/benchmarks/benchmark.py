"""What the adapters share: reading a user's file, leaving tasks out with a reason, and what is known of a benchmark."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carpilot.errors import InputError
from carpilot.files import read_text
from carpilot.scenario.suite import Case, Suite
from carpilot.vehicle.catalogue import Value

MAX_BENCHMARK_BYTES = 200_000_000
State = Mapping[str, Value | None]
"""Every actual value of one instant, by path."""
Row = Mapping[str, Any]


class UnmappedError(Exception):
    """Raised by an adapter for a task that this car cannot be asked; the message is the reason that is counted."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A benchmark's tasks as cases of this car.

    `tasks` is how many the file holds, `left_out` how many were not mapped, by reason. `do_nothing` is what an agent that does
    nothing has by the benchmark's own metric, 0 to 1 by name, over the `scored` tasks of the file that the metric covers, and
    `do_nothing_mapped` over those that were mapped.
    """

    name: str
    suite: Suite
    tasks: int
    left_out: Mapping[str, int]
    do_nothing: Mapping[str, float]
    scored: int
    do_nothing_mapped: Mapping[str, float]

    def as_row(self) -> dict[str, Any]:
        """Return it for a program to read."""
        return {
            "benchmark": self.name,
            "tasks": self.tasks,
            "mapped": len(self.suite.cases),
            "left_out": dict(self.left_out),
            "do_nothing": {"scored": self.scored, **self.do_nothing},
            "do_nothing_mapped": dict(self.do_nothing_mapped),
        }


def read_rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Yield the line number and the object of every line of a file. Raises InputError naming file and line."""
    for number, line in enumerate(read_text(path, MAX_BENCHMARK_BYTES).splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}, line {number} is no JSON: {error}") from error
        if not isinstance(row, dict):
            raise InputError(f"{path}, line {number}: a task is an object, not {type(row).__name__}")
        yield number, row


def map_tasks(path: Path, name: str, to_case: Callable[[Row], Case]) -> tuple[Suite, Counter[str]]:
    """Return the tasks that can be mapped as a suite, and how many could not, by reason.

    Raises InputError naming file and line where a task is not as the benchmark writes it.
    """
    suite, left_out, seen = Suite(name), Counter[str](), set[str]()
    for number, row in read_rows(path):
        try:
            case = to_case(row)
            if case.id in seen:
                raise InputError(f"the task {case.id!r} stands twice")
            seen.add(case.id)
            suite.cases.append(case)
        except UnmappedError as reason:
            left_out[str(reason)] += 1
        except KeyError as error:
            raise InputError(f"{path}, line {number}: a task of {name} has {error}, this one has not") from error
        except (InputError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"{path}, line {number} is no task of {name}: {error}") from error
    if not suite.cases and not left_out:
        raise InputError(f"{path} holds no task of {name}")
    return suite, left_out
