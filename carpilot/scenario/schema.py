"""The scenario file: what it may hold, checked before anything runs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from carpilot.bus.database import SEGMENTS, default_database
from carpilot.car import COPILOT
from carpilot.ecu.gateway import Gateway
from carpilot.ecu.trouble_codes import explain
from carpilot.errors import InputError, UnknownNameError
from carpilot.faults import KINDS, Fault
from carpilot.files import load_yaml
from carpilot.policy.rules import default_policy
from carpilot.request import Seat
from carpilot.scenario.conditions import Condition, read_conditions
from carpilot.vehicle.catalogue import Catalogue, Value

MAX_SCENARIO_S = 3600.0
ALARM_KINDS = (
    "unknown identifier", "wrong length", "two senders", "frames lost", "wrong segment", "no route", "protection",
    "authentication", "opens while moving", "budget",
)  # fmt: skip
OWN_RULES = ("request.many", "request.rate", "request.hand", "none")
Scalar = bool | int | float | str


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False)


class ExpectModel(_Strict):
    """What must hold within a time after the step.

    Beside the signals, and what became of the request, it can speak of what the car sees of a fault:

    - `alarm`: a kind of alarm of the copilot, or a reason for which the gateway dropped a frame, seen so far; `none` if
      there was none
    - `unknown`: paths of which there is no valid reading now
    - `health`: whether the copilot may do anything now (`sound`) or only what is safe in any case (`degraded`)
    - `trouble`: trouble codes that are active now
    - `muted`: the node that a guardian keeps from sending now; `nobody`
    - `bus_state`: the error state of nodes now; `bus_off` is so from the first time on
    """

    within: Annotated[float, Field(ge=0, le=MAX_SCENARIO_S)] = 10.0
    signals: dict[str, Any] | None = None
    verdict: Literal["allow", "confirm", "deny"] | None = None
    rule: str | None = None
    result: Literal["done", "not done", "denied", "confirm", "answered", "asked", "refused", "failed"] | None = None
    reply: str | None = None
    alarm: str | None = None
    unknown: list[str] = []
    health: Literal["sound", "degraded"] | None = None
    trouble: list[str] = []
    muted: str | None = None
    bus_state: dict[str, Literal["error_active", "error_passive", "bus_off"]] = {}


class FaultModel(_Strict):
    """A fault for a time; which of node, path, message and segment it needs depends on its kind."""

    kind: str
    seconds: Annotated[float, Field(gt=0, le=MAX_SCENARIO_S)]
    node: str | None = None
    path: str | None = None
    message: str | None = None
    segment: str | None = None
    strength: Annotated[int, Field(ge=1, le=3)] = 2

    def fault(self) -> Fault:
        """Return what is to be let loose."""
        return Fault(**self.model_dump())


class StepModel(_Strict):
    """One moment: somebody speaks, the world or a hand changes something, or a part fails."""

    at: Annotated[float, Field(ge=0, le=MAX_SCENARIO_S)]
    say: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    seat: Seat = Seat.DRIVER
    confirm: bool | None = None
    set: dict[str, Scalar] | None = None
    touch: dict[str, Scalar] | None = None
    fault: FaultModel | None = None
    expect: ExpectModel | None = None

    @model_validator(mode="after")
    def _does_one_thing(self) -> "StepModel":
        given = [name for name in ("say", "set", "touch", "fault") if getattr(self, name) is not None]
        if len(given) > 1 or not (given or self.expect):
            raise ValueError("a step has one of say, set, touch, fault, or only expect")
        return self


class ScenarioModel(_Strict):
    """The whole file."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    description: str = ""
    seed: int = 0
    start: dict[str, Scalar] = {}
    steps: Annotated[list[StepModel], Field(min_length=1, max_length=500)]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A checked scenario."""

    path: Path
    name: str
    seed: int
    start: dict[str, Value]
    steps: tuple[StepModel, ...]
    conditions: tuple[tuple[Condition, ...] | None, ...]


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"])
    return f"{where}: {problem['msg']}" + (f", not {problem['input']!r}" if problem["type"] != "missing" else "")


def read_scenario(path: Path, catalogue: Catalogue) -> Scenario:
    """Return a scenario from a file. Raises InputError with one line naming place, wish and finding."""
    data = load_yaml(path)
    if not isinstance(data, dict):
        raise InputError(f"{path}: a scenario is a mapping with name and steps")
    try:
        model = ScenarioModel.model_validate(data)
    except ValidationError as error:
        raise InputError(f"{path}: {_first_problem(error)}") from error
    try:
        start = {name: catalogue[name].check(value) for name, value in model.start.items()}
        conditions = tuple(_check_step(step, catalogue) for step in model.steps)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    times = [step.at for step in model.steps]
    if times != sorted(times):
        raise InputError(f"{path}: the steps' times must not go back")
    return Scenario(path, model.name, model.seed, start, tuple(model.steps), conditions)


def _check_step(step: StepModel, catalogue: Catalogue) -> tuple[Condition, ...] | None:
    for name, value in {**(step.set or {}), **(step.touch or {})}.items():
        catalogue[name].check(value)
    if step.fault:
        _check_fault(step.fault, catalogue)
    expect = step.expect
    if expect is None:
        return None
    rules = [*OWN_RULES, *(rule.id for rule in default_policy().rules)]
    if expect.rule is not None and expect.rule not in rules:
        raise UnknownNameError("rule", expect.rule, rules)
    for path in expect.unknown:
        catalogue[path]
    _check_seen(expect, catalogue)
    return None if expect.signals is None else read_conditions(catalogue, expect.signals)


def _check_seen(expect: ExpectModel, catalogue: Catalogue) -> None:
    """Look at the names that an expectation of a fault gives, before anything runs."""
    nodes = [*sorted({signal.ecu for signal in catalogue.values()}), COPILOT, Gateway.name]
    alarms = ("none", *ALARM_KINDS)
    if expect.alarm is not None and expect.alarm not in alarms:
        raise UnknownNameError("alarm", expect.alarm, alarms)
    for node in expect.bus_state:
        if node not in nodes:
            raise UnknownNameError("node", node, nodes)
    if expect.muted not in (None, "nobody", *nodes):
        raise UnknownNameError("node", str(expect.muted), ("nobody", *nodes))
    for written in expect.trouble:
        explain(written)


def _check_fault(fault: FaultModel, catalogue: Catalogue) -> None:
    """Look at the names that a fault gives, before anything runs."""
    nodes = sorted({signal.ecu for signal in catalogue.values()})
    wanted = (
        ("fault", fault.kind, KINDS),
        ("node", fault.node, nodes),
        ("message", fault.message, default_database().info),
        ("segment", fault.segment, SEGMENTS),
    )
    for what, name, known in wanted:
        if name is not None and name not in known:
            raise UnknownNameError(what, name, known)
    if fault.path is not None:
        catalogue[fault.path]


def find_scenarios(paths: list[Path]) -> list[Path]:
    """Return the files that arguments name: a file itself, or every YAML file under a folder, in order of name."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix in (".yaml", ".yml"))
            if not inside:
                raise InputError(f"no scenario (*.yaml) under {path}")
            found.extend(inside)
        elif path.exists():
            found.append(path)
        else:
            raise InputError(f"no file or folder {path}")
    return found
