"""What a step may expect of a fault: names are checked when the file is read, and a wrong expectation is told."""

from pathlib import Path

import pytest

from carpilot.errors import InputError
from carpilot.scenario.runner import run_scenario
from carpilot.scenario.schema import read_scenario
from carpilot.vehicle.catalogue import default_catalogue

from .test_scenarios import SCRIPT


def _write(folder: Path, expectation: str) -> Path:
    path = folder / "case.yaml"
    path.write_text(
        f"name: x\nsteps:\n  - at: 0.1\n    expect:\n      within: 0.2\n      {expectation}\n", encoding="utf-8"
    )
    return path


@pytest.mark.parametrize(
    ("expectation", "named"),
    [
        ("alarm: two sender", "two senders"),
        ("unknown: [Vehicle.Sped]", "Vehicle.Speed"),
        ("health: sick", "degraded"),
        ("trouble: [P9X]", "trouble code"),
        ("muted: BCN", "BCM"),
        ("bus_state: {BCN: error_passive}", "BCM"),
        ("bus_state: {BCM: error_pasive}", "error_passive"),
    ],
)
def test_an_expectation_of_what_does_not_exist_is_refused(expectation: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=named):
        read_scenario(_write(tmp_path, expectation), default_catalogue())


@pytest.mark.parametrize(
    ("expectation", "told"),
    [
        ("alarm: two senders", "wanted the alarm two senders, got none"),
        ("unknown: [Vehicle.Speed]", "Vehicle.Speed: wanted no valid reading, is 0.0"),
        ("health: degraded", "wanted the car degraded, is sound"),
        ("trouble: [U0121-00]", "wanted the trouble codes U0121"),
        ("muted: BCM", "wanted BCM muted, are nobody"),
        ("bus_state: {BCM: error_passive}", "wanted BCM error_passive, is error_active"),
    ],
)
def test_a_sound_car_does_not_meet_an_expectation_of_a_fault(expectation: str, told: str, tmp_path: Path) -> None:
    report = run_scenario(read_scenario(_write(tmp_path, expectation), default_catalogue()), SCRIPT)
    assert any(told in problem for step in report.steps for problem in step.problems)


@pytest.mark.parametrize(
    "expectation", ["alarm: none", "health: sound", "muted: nobody", "bus_state: {BCM: error_active}"]
)
def test_a_sound_car_meets_an_expectation_of_no_fault(expectation: str, tmp_path: Path) -> None:
    report = run_scenario(read_scenario(_write(tmp_path, expectation), default_catalogue()), SCRIPT)
    assert [problem for step in report.steps for problem in step.problems] == []
