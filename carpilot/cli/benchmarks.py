"""What `carpilot eval --benchmark` prints: strict success, the benchmark's own metric, what nothing earns, what is left out."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from carpilot.scenario.benchmarks.benchmark import Benchmark
    from carpilot.scenario.evaluate import SuiteReport


def print_benchmarks(screen: "Console", benchmarks: "Sequence[Benchmark]", reports: "Sequence[SuiteReport]") -> None:
    """Print the table of benchmarks, and beneath it for each what doing nothing earns and which tasks are left out."""
    from rich.table import Table

    titles = ("benchmark", "model", "tasks mapped", "strictly right (95 %)", "its own metric", "wrong actions")
    table = Table(*titles, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    by_name = {benchmark.name: benchmark for benchmark in benchmarks}
    for report in reports:
        if report.suite in by_name:
            table.add_row(*_row(by_name[report.suite], report))
    screen.print(table)
    for benchmark in benchmarks:
        screen.print()
        screen.print(nothing_line(benchmark), markup=False)
        _print_left_out(screen, benchmark)


def _row(benchmark: "Benchmark", report: "SuiteReport") -> tuple[str, ...]:
    from carpilot.scenario.arena import pass_1

    figures = report.summary()
    return (
        benchmark.name,
        report.model,
        f"{len(benchmark.suite.cases)} of {benchmark.tasks}",
        pass_1(report.cases).in_words(),
        _in_words(figures["measures"]),
        str(figures["wrong_actions"]),
    )


def nothing_line(benchmark: "Benchmark") -> str:
    """Return what an agent that does nothing earns by the benchmark's own metric."""
    line = f"{benchmark.name}: an agent that does nothing has {_in_words(benchmark.do_nothing)}"
    mapped = len(benchmark.suite.cases)
    if benchmark.scored == mapped:
        return f"{line} over the {mapped} tasks mapped"
    of_mapped = f"{_in_words(benchmark.do_nothing_mapped)} over the {mapped} mapped"
    return f"{line} over the {benchmark.scored} tasks of its file, and {of_mapped}"


def _in_words(measures: "Mapping[str, float]") -> str:
    return ", ".join(f"{name} {value * 100:.1f}" for name, value in measures.items()) or "-"


def _print_left_out(screen: "Console", benchmark: "Benchmark") -> None:
    if not benchmark.left_out:
        return
    screen.print(f"{sum(benchmark.left_out.values())} of its {benchmark.tasks} tasks are left out:", markup=False)
    for reason, count in sorted(benchmark.left_out.items(), key=lambda row: -row[1]):
        screen.print(f"  {count:4}  {reason}", markup=False, style="dim")
