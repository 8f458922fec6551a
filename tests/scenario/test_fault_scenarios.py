"""Thirty faults, each with its scenario: over seeds, by a model that always understands."""

from pathlib import Path

import pytest

from carpilot.faults import KINDS
from carpilot.files import scenarios_folder
from carpilot.scenario.runner import run_scenario
from carpilot.scenario.schema import find_scenarios, read_scenario
from carpilot.vehicle.catalogue import default_catalogue

from .test_scenarios import SCRIPT

FAULTS = find_scenarios([scenarios_folder() / "faults"])
BY_HAND = 29
"""The row that needs no fault: a hand on the control."""


def test_every_one_of_the_thirty_faults_has_a_scenario() -> None:
    assert {int(path.stem[:2]) for path in FAULTS} == set(range(1, 31))


def test_every_kind_that_can_be_let_loose_is_let_loose_in_one() -> None:
    scenarios = [read_scenario(path, default_catalogue()) for path in FAULTS]
    used = {step.fault.kind for scenario in scenarios for step in scenario.steps if step.fault}
    assert used == set(KINDS) - {"ecu_silent"}  # a reset that does not end; the tests of units have it


def problems(path: Path, seed: int) -> list[str]:
    report = run_scenario(read_scenario(path, default_catalogue()), SCRIPT, seed=seed)
    return [f"at {step.at:g}: {problem}" for step in report.steps for problem in step.problems]


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in FAULTS])
def test_a_fault_is_met_as_it_must_be(path: Path) -> None:
    for seed in (1, 2):
        assert problems(path, seed) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in FAULTS])
def test_a_fault_is_met_over_twenty_seeds(path: Path) -> None:
    failed = {seed: found for seed in range(20) if (found := problems(path, seed))}
    assert failed == {}
