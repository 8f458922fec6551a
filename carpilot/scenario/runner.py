"""Runs a scenario: at its pace, with its verdicts, the same bytes every time.

Steps happen at their time of simulated time after the warm-up. While a step's expectations are open the run goes on; they
are judged when they first all hold, at the latest when their time is over. Actuators that a step does not name must not
have changed in that time, but for declared side effects.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from carpilot.cabin import TICK_NS, Cabin
from carpilot.exchange import Exchange
from carpilot.reasoning.reasoner import Reasoner
from carpilot.scenario.conditions import Condition, compare
from carpilot.scenario.schema import ExpectModel, Scenario, StepModel
from carpilot.scenario.seen import unseen
from carpilot.scenario.watch import Watch
from carpilot.sim.pacing import run_beside_wall_clock
from carpilot.units import ns_to_seconds, seconds_to_ns


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
        where = step.fault.node or step.fault.path or step.fault.message or step.fault.segment or ""
        return f"fault {step.fault.kind} {where}".rstrip()
    return "expect"


def run_scenario(
    scenario: Scenario,
    reasoner: Reasoner,
    log_folder: Path | None = None,
    *,
    log_suffix: str = ".log",
    is_paced: bool = False,
    seed: int | None = None,
) -> ScenarioReport:
    """Run one scenario from start to end. Logs go to `<folder>/<file name>.<suffix>` and `.decisions.jsonl`.

    `seed` replaces the scenario's own.
    """
    stem = scenario.path.stem
    cabin = Cabin(
        reasoner,
        scenario.start,
        bus_log=log_folder / f"{stem}{log_suffix}" if log_folder else None,
        decision_log=log_folder / f"{stem}.decisions.jsonl" if log_folder else None,
        attach=is_paced,
        seed=scenario.seed if seed is None else seed,
    )
    report = ScenarioReport(scenario.name, scenario.path)
    try:
        run = _Run(scenario, cabin, is_paced)
        report.steps = [run.step(index) for index in range(len(scenario.steps))]
        cabin.advance_ns(TICK_NS)
    finally:
        cabin.close()
    report.simulated_s = ns_to_seconds(cabin.now_ns - run.origin_ns)
    report.frames = cabin.frames.count
    return report


class _Run:
    """A scenario under way in a cabin."""

    def __init__(self, scenario: Scenario, cabin: Cabin, is_paced: bool) -> None:
        self.scenario = scenario
        self.cabin = cabin
        self.origin_ns = cabin.now_ns
        self._is_paced = is_paced

    def step(self, index: int) -> StepReport:
        """Go to a step's time, do it, and see whether what it expects comes true before the next step."""
        step, conditions = self.scenario.steps[index], self.scenario.conditions[index]
        self._pass(self.cabin.advance_ns, self._time_ns(index) - self.cabin.now_ns)
        report = StepReport(step.at, _title(step))
        watch = Watch(self.cabin)
        exchange = self._act(step)
        for path, value in (step.set or {}).items():
            watch.before[path] = self.cabin.car.catalogue[path].check(value)
        if step.expect is not None:
            report.is_checked = True
            latest_ns = self.cabin.now_ns + seconds_to_ns(step.expect.within)
            if index + 1 < len(self.scenario.steps):
                latest_ns = min(latest_ns, max(self.cabin.now_ns, self._time_ns(index + 1)))
            report.problems = self._await(Expected(step.expect, conditions), watch, exchange, latest_ns)
        report.reply = exchange.reply if exchange else ""
        return report

    def _time_ns(self, index: int) -> int:
        return self.origin_ns + seconds_to_ns(self.scenario.steps[index].at)

    def _pass(self, advance: Callable[[int], None], duration_ns: int) -> None:
        if duration_ns > 0 and self._is_paced:
            run_beside_wall_clock(advance, duration_ns)
        elif duration_ns > 0:
            advance(duration_ns)

    def _act(self, step: StepModel) -> Exchange | None:
        """Do what a step says; return the request that its expectations speak of."""
        cabin = self.cabin
        if step.say is not None and step.confirm is not None:
            return cabin.confirm(step.say, step.seat, step.confirm)
        if step.say is not None:
            return cabin.begin(step.say, step.seat)
        for path, value in (step.set or {}).items():
            cabin.world(path, cabin.car.catalogue[path].check(value))
        for path, value in (step.touch or {}).items():
            cabin.touch(path, value)
        if step.fault is not None:
            cabin.fault(step.fault.fault())
        is_about_last = step.set is None and step.fault is None
        return cabin.exchanges[-1] if is_about_last and cabin.exchanges else None

    def _await(self, expected: "Expected", watch: Watch, exchange: Exchange | None, latest_ns: int) -> list[str]:
        while True:
            problems = expected.problems(watch, exchange)
            is_open = exchange is not None and exchange.result is None
            if (not problems and not is_open) or self.cabin.now_ns >= latest_ns:
                return problems
            self._pass(watch.advance_ns, TICK_NS)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a step expects."""

    expect: ExpectModel
    conditions: tuple[Condition, ...] | None

    def problems(self, watch: Watch, exchange: Exchange | None) -> list[str]:
        """Return what is not so, one line each."""
        found = []
        if self.conditions is not None:
            found += compare(watch.cabin.car.catalogue, self.conditions, watch.before, watch.now(), watch.reached)
        result = exchange.result.value if exchange and exchange.result else "nothing yet"
        verdicts = sorted({row.verdict.outcome.value for row in exchange.rows}) if exchange else []
        rules = sorted({row.verdict.rule for row in exchange.rows}) if exchange else []
        reply = exchange.reply if exchange else ""
        expect = self.expect
        if expect.verdict is not None and expect.verdict not in verdicts:
            found.append(f"wanted the verdict {expect.verdict}, got {', '.join(verdicts) or 'none'}")
        if expect.rule is not None and expect.rule not in rules:
            found.append(f"wanted the rule {expect.rule}, got {', '.join(rules) or 'none'}")
        if expect.result is not None and expect.result != result:
            found.append(f"wanted the result {expect.result}, got {result}")
        found += unseen(expect, watch.cabin.car)
        if expect.reply is not None and expect.reply.lower() not in reply.lower():
            found.append(f"wanted {expect.reply!r} in the reply, got {reply!r}")
        return found
