"""Runs a scenario: at its pace, with its verdicts, the same bytes every time.

Steps happen at their time of simulated time after the warm-up. While a step's expectations are open the run goes on; they
are judged when they first all hold, at the latest when their time is over. Actuators that a step does not name must not
have changed in that time, but for declared side effects.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from carpilot.cabin import TICK_NS, Cabin, Exchange
from carpilot.reasoning.reasoner import Reasoner
from carpilot.scenario.conditions import compare
from carpilot.scenario.schema import MAX_SCENARIO_S, ExpectModel, Scenario, StepModel
from carpilot.scenario.watch import Watch
from carpilot.sim.pacing import run_beside_wall_clock
from carpilot.units import seconds_to_ns


@dataclass(slots=True)
class StepReport:
    """What became of one step."""

    at: float
    title: str
    reply: str = ""
    problems: list[str] = field(default_factory=list)
    is_checked: bool = False


@dataclass(slots=True)
class ScenarioReport:
    """What became of a scenario. `passed` needs every expectation of every step."""

    name: str
    path: Path
    steps: list[StepReport] = field(default_factory=list)
    simulated_s: float = 0.0
    frames: int = 0

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not any(step.problems for step in self.steps)


def _title(step: StepModel) -> str:
    if step.say:
        return f"{step.seat.value}: “{step.say}”"
    if step.set:
        return "set " + ", ".join(f"{path.rsplit('.', 1)[-1]} {value}" for path, value in step.set.items())
    if step.touch:
        return "touch " + ", ".join(f"{path.rsplit('.', 1)[-1]} {value}" for path, value in step.touch.items())
    if step.fault:
        return f"fault {step.fault.kind} {step.fault.node}"
    return "expect"


def run_scenario(
    scenario: Scenario,
    reasoner: Reasoner,
    log_folder: Path | None = None,
    log_suffix: str = ".log",
    is_paced: bool = False,
    on_step: Callable[[StepReport], None] = lambda report: None,
) -> ScenarioReport:
    """Run one scenario from start to end. Logs go to `<folder>/<file name>.<suffix>` and `.decisions.jsonl`."""
    stem = scenario.path.stem
    cabin = Cabin(
        reasoner,
        scenario.start,
        bus_log=log_folder / f"{stem}{log_suffix}" if log_folder else None,
        decision_log=log_folder / f"{stem}.decisions.jsonl" if log_folder else None,
        attach=is_paced,
    )
    report = ScenarioReport(scenario.name, scenario.path)
    origin_ns = cabin.now_ns
    try:
        for index, step in enumerate(scenario.steps):
            _advance(cabin, origin_ns + seconds_to_ns(step.at), is_paced)
            following = scenario.steps[index + 1 : index + 2]
            latest_ns = origin_ns + seconds_to_ns(following[0].at if following else MAX_SCENARIO_S + MAX_SCENARIO_S)
            done = _run_step(scenario, index, cabin, latest_ns, is_paced)
            report.steps.append(done)
            on_step(done)
        cabin.advance_ns(TICK_NS)
    finally:
        cabin.close()
    report.simulated_s = (cabin.now_ns - origin_ns) / 1e9
    report.frames = cabin.frames.count
    return report


def _advance(cabin: Cabin, until_ns: int, is_paced: bool) -> None:
    duration_ns = max(0, until_ns - cabin.now_ns)
    if is_paced:
        run_beside_wall_clock(cabin.advance_ns, duration_ns)
    else:
        cabin.advance_ns(duration_ns)


def _run_step(scenario: Scenario, index: int, cabin: Cabin, latest_ns: int, is_paced: bool) -> StepReport:
    step = scenario.steps[index]
    report = StepReport(step.at, _title(step))
    watch = Watch(cabin)
    exchange = _act(step, cabin)
    for path in step.set or {}:
        value = cabin.car.catalogue[path].check((step.set or {})[path])
        watch.before[path] = value
    if step.expect is not None:
        report.is_checked = True
        report.problems = _await(scenario, index, cabin, watch, exchange, step.expect, latest_ns, is_paced)
    if exchange is not None:
        report.reply = exchange.reply
    return report


def _act(step: StepModel, cabin: Cabin) -> Exchange | None:
    if step.say is not None and step.confirm is not None:
        return cabin.confirm(step.say, step.seat, step.confirm)
    if step.say is not None:
        return cabin.begin(step.say, step.seat)
    for path, value in (step.set or {}).items():
        cabin.world(path, cabin.car.catalogue[path].check(value))
    for path, value in (step.touch or {}).items():
        cabin.touch(path, value)
    if step.fault is not None:
        cabin.fault(step.fault.kind, step.fault.node, step.fault.seconds, step.fault.path)
    is_about_last = step.touch or (step.expect and not step.set and not step.fault)
    return cabin.exchanges[-1] if is_about_last and cabin.exchanges else None


def _await(
    scenario: Scenario,
    index: int,
    cabin: Cabin,
    watch: Watch,
    exchange: Exchange | None,
    expect: ExpectModel,
    latest_ns: int,
    is_paced: bool,
) -> list[str]:
    end_ns = min(cabin.now_ns + seconds_to_ns(expect.within), max(cabin.now_ns, latest_ns))
    while True:
        problems = _problems(scenario, index, cabin, watch, exchange, expect)
        is_open = exchange is not None and exchange.result is None
        if (not problems and not is_open) or cabin.now_ns >= end_ns:
            return problems
        if is_paced:
            run_beside_wall_clock(watch.advance_ns, TICK_NS)
        else:
            watch.advance_ns(TICK_NS)


def _problems(
    scenario: Scenario, index: int, cabin: Cabin, watch: Watch, exchange: Exchange | None, expect: ExpectModel
) -> list[str]:
    problems = []
    conditions = scenario.conditions[index]
    if conditions is not None:
        problems.extend(compare(cabin.car.catalogue, conditions, watch.before, watch.now(), watch.reached))
    rows = exchange.rows if exchange else ()
    if expect.verdict is not None and expect.verdict not in {row.verdict.outcome.value for row in rows}:
        problems.append(f"wanted the verdict {expect.verdict}, got {sorted({row.verdict.outcome.value for row in rows})}")
    if expect.rule is not None and expect.rule not in {row.verdict.rule for row in rows}:
        problems.append(f"wanted the rule {expect.rule}, got {sorted({row.verdict.rule for row in rows})}")
    if expect.result is not None and (exchange is None or exchange.result is None or exchange.result.value != expect.result):
        got = exchange.result.value if exchange and exchange.result else "nothing yet"
        problems.append(f"wanted the result {expect.result}, got {got}")
    if expect.reply is not None and (exchange is None or expect.reply.lower() not in exchange.reply.lower()):
        problems.append(f"wanted {expect.reply!r} in the reply, got {exchange.reply if exchange else ''!r}")
    return problems


