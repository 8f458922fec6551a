"""What `carpilot eval` runs: models, with the harness or without, over suites and seeds, taken up where it was broken off."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from carpilot.reasoning.reasoner import Reasoner
    from carpilot.scenario.arena import Trials
    from carpilot.scenario.evaluate import SuiteReport
    from carpilot.scenario.figures import CaseReport
    from carpilot.scenario.suite import Suite

ARMS = {"on": (True,), "off": (False,), "both": (True, False)}


@dataclass(frozen=True, slots=True)
class Entrant:
    """A model that takes part, with the harness round it or without."""

    name: str
    is_held: bool

    @property
    def label(self) -> str:
        """What it is called in the report."""
        return self.name if self.is_held else f"{self.name}, no harness"

    def load(self, ask_below: float | None) -> "Reasoner | None":
        """Return it ready to reason; None where there is no such arm: only chat models have a harness to take away."""
        from carpilot.reasoning.chat import ChatReasoner
        from carpilot.reasoning.embedded import EmbeddedReasoner
        from carpilot.reasoning.registry import load_reasoner
        from carpilot.training.peers import PEERS

        reasoner = PEERS[self.name]() if self.name in PEERS else load_reasoner(self.name, is_held=self.is_held)
        if ask_below is not None and isinstance(reasoner, EmbeddedReasoner):
            reasoner.ask_below = ask_below
        return reasoner if self.is_held or isinstance(reasoner, ChatReasoner) else None


@dataclass(frozen=True, slots=True)
class Plan:
    """How every model runs: trials a case, seconds a request, another threshold of the embedded model, and a file of trials."""

    seeds: int = 1
    seconds: float = 30.0
    ask_below: float | None = None
    resume: Path | None = None


def run(loaded: "list[Suite]", entrants: list[Entrant], plan: Plan) -> "list[SuiteReport]":
    """Run every suite with every model, with a bar of progress."""
    from rich.console import Console
    from rich.progress import Progress

    from carpilot.scenario.arena import Trials

    trials = Trials(plan.resume)
    reports = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for entrant in entrants:
            reasoner = entrant.load(plan.ask_below)
            if reasoner is None:
                continue
            for suite in loaded:
                task = progress.add_task(f"{suite.name} with {entrant.label}", total=len(suite.cases) * plan.seeds)
                reports.append(_several(suite, entrant, reasoner, plan, trials, partial(_advance, progress, task)))
    return reports


def _several(
    suite: "Suite",
    entrant: Entrant,
    reasoner: "Reasoner",
    plan: Plan,
    trials: "Trials",
    advance: "Callable[[CaseReport], None]",
) -> "SuiteReport":
    """Run a suite once for each seed, and return everything as one report."""
    from carpilot.reasoning.chat import ChatReasoner
    from carpilot.scenario import evaluate as scoring

    whole = scoring.SuiteReport(suite.name, entrant.label, unjoined=suite.unjoined)
    for seed in range(plan.seeds):
        if isinstance(reasoner, ChatReasoner):
            reasoner.model.reseed(seed)
        note = trials.writer(suite.name, entrant.label, seed)

        def on_case(case: "CaseReport", note: "Callable[[CaseReport], None]" = note) -> None:
            note(case)
            advance(case)

        before = partial(trials.get, suite.name, entrant.label, seed)
        report = scoring.evaluate(suite, reasoner, on_case, seed, before, plan.seconds)
        whole.cases += report.cases
        whole.wall_s += report.wall_s
    return whole


def _advance(progress: "Progress", task: "TaskID", report: "CaseReport") -> None:
    del report
    progress.advance(task)
