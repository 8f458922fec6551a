"""`carpilot bench bus` as a user meets it. Its figures are this machine's, so tests look only at what is exact."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from carpilot.__main__ import app
from carpilot.bus.benchmark import lengths, read_log, replayed, responses, saturated
from carpilot.bus.benchmark_peers import listeners
from carpilot.errors import InputError

LOG = """(1532612950.492784) can0 0EE#10F0878452229376
(1532612950.493041) can0 0FE#83A7F77FE031831C
(1532612950.493041) can0 101#004520001FC0025F
(1532612950.493041) can0 001#00
(1532612950.500000) can0 1ABCDEF0#0102
(1532612950.600000) can0 20000080#0000000000000000
"""


def test_given_quick_and_json_when_run_then_one_object_a_row_and_every_exact_figure_is_reached() -> None:
    done = CliRunner().invoke(app, ["bench", "bus", "--quick", "--json", "--hours", "0.01"])
    assert done.exit_code in (0, 1), done.output
    rows = json.loads(done.stdout)
    assert len(rows) == 11
    by_unit = {row["unit"]: row for row in rows if row["unit"]}
    assert by_unit["wrong"]["is_reached"]
    assert by_unit["messages"]["is_reached"]
    assert by_unit["frames/s"]["ratio"] == pytest.approx(by_unit["frames/s"]["figure"] / by_unit["frames/s"]["peer"])
    skipped = [row for row in rows if row["figure"] is None]
    assert {row["note"] for row in skipped} == {"skipped: give a log of real traffic with --log FILE"}
    assert done.exit_code == any(row["is_reached"] is False for row in rows)


def test_given_a_log_when_replayed_then_nothing_is_lost_or_out_of_order_even_where_arbitration_would_swap(
    tmp_path: Path,
) -> None:
    path = tmp_path / "drive.log"
    path.write_text(LOG)
    rows = read_log(path)
    assert [frame.arbitration_id for _, frame in rows] == [0xEE, 0xFE, 0x101, 1, 0x1ABCDEF0]
    figure = replayed(rows, path.name)
    assert figure.figure == 0
    assert "5 frames" in figure.note


@pytest.mark.parametrize("content", ["", "not a log\n"])
def test_given_a_log_without_frames_when_read_then_input_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "empty.log"
    path.write_text(content)
    with pytest.raises(InputError):
        read_log(path)


def test_given_a_missing_log_when_read_then_input_error_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*nowhere\.log: No such file"):
        read_log(tmp_path / "nowhere.log")


def test_given_small_runs_when_made_then_exact_rows_are_reached_and_speeds_are_positive() -> None:
    assert lengths(900).is_reached
    assert responses(1).is_reached
    for figure in (saturated(0.5), listeners(200)):
        assert figure.figure is not None
        assert figure.figure > 0
    assert "99." in saturated(1).note
