"""The scenario file and its runner, and the scenarios that ship."""

import subprocess
import sys
from pathlib import Path

import can
import cantools
import pytest
from cantools.database.can import Database as CantoolsDatabase

from carpilot.errors import InputError
from carpilot.files import asset, scenarios_folder
from carpilot.reasoning.scripted import ScriptedReasoner
from carpilot.reasoning.tools import Call
from carpilot.scenario.runner import run_scenario
from carpilot.scenario.schema import find_scenarios, read_scenario
from carpilot.vehicle.catalogue import default_catalogue

CATALOGUE = default_catalogue()
WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
SCRIPT = ScriptedReasoner(
    {
        "I'm freezing and the windscreen is fogged up": [
            Call("set_temperature", {"change": 2}),
            Call("set_front_defrost", {"on": True}),
        ],
        "turn on my seat heating to level three": [Call("set_seat_heating", {"level": 3})],
        "set the wipers to fast": [Call("set_wipers", {"mode": "fast"})],
        "I don't need the headlights, turn them off": [Call("set_headlights", {"mode": "off"})],
        "turn the wipers off": [Call("set_wipers", {"mode": "off"})],
        "I'm cold, turn up the temperature": [Call("set_temperature", {"change": 2})],
        "unlock the doors": [Call("set_lock", {"locked": False})],
        "open the boot": [Call("set_boot", {"open": True})],
        "open my window completely": [Call("set_window", {"percent": 100})],
        "close my window": [Call("set_window", {"percent": 0})],
        "mute the sound": [Call("set_mute", {"on": True})],
        "put some music on": [Call("set_playback", {"action": "play"})],
        "next song": [Call("skip_track", {"direction": "next"})],
        "set the volume to 90 percent": [Call("set_volume", {"percent": 90})],
    }
)
SHIPPED = find_scenarios([scenarios_folder()])


def test_eight_scenarios_ship() -> None:
    assert len(SHIPPED) >= 8


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_scenario_holds_with_a_perfect_model(path: Path) -> None:
    report = run_scenario(read_scenario(path, CATALOGUE), SCRIPT)
    assert [problem for step in report.steps for problem in step.problems] == []
    assert any(step.is_checked for step in report.steps)


def _write(folder: Path, text: str) -> Path:
    path = folder / "case.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_wrong_action_fails_the_scenario(tmp_path: Path) -> None:
    path = _write(
        tmp_path,
        f"name: t\nsteps:\n  - at: 1\n    say: open my window completely\n    expect: {{within: 6, signals: {{{WINDOW}: 40}}}}\n",
    )
    report = run_scenario(read_scenario(path, CATALOGUE), SCRIPT)
    assert not report.passed
    assert WINDOW in report.steps[0].problems[0]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("name: t\nsteps: []\n", "steps"),
        ("steps:\n  - {at: 1, say: hello}\n", "name"),
        ("name: t\nsteps:\n  - {at: 1, say: hello, set: {Vehicle.Speed: 3}}\n", "steps.0"),
        ("name: t\nstart: {Vehicle.Sped: 3}\nsteps:\n  - {at: 1, say: hello}\n", "Vehicle.Speed"),
        ("name: t\nstart: {Vehicle.Speed: fast}\nsteps:\n  - {at: 1, say: hello}\n", "wants a number"),
        ("name: t\nstart: {Vehicle.Speed: .nan}\nsteps:\n  - {at: 1, say: hello}\n", "wants a number"),
        ("name: t\nsteps:\n  - {at: 2, say: hello}\n  - {at: 1, say: hello}\n", "must not go back"),
        ("name: t\nsteps:\n  - {at: 1, fault: {kind: ecu_reset, node: XYZ, seconds: 1}}\n", "node"),
        ("name: t\nsteps:\n  - {at: 1, fault: {kind: gremlin, node: BCM, seconds: 1}}\n", "fault"),
        ("name: t\nsteps:\n  - {at: 1, say: hi, expect: {rule: trunk.flying}}\n", "trunk.moving"),
        ("name: t\nsteps:\n  - {at: 1, say: hi, seat: roof}\n", "seat"),
        ("name: t\nname: u\nsteps: []\n", "stands twice"),
        ("a: &x 1\nb: *x\n", "alias"),
        ("name: [\n", "line"),
        ("- 1\n", "mapping"),
    ],
)
def test_a_bad_file_gets_one_line_that_names_what_is_wrong(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(InputError) as caught:
        read_scenario(_write(tmp_path, text), CATALOGUE)
    assert named in str(caught.value)
    assert "case.yaml" in str(caught.value)
    assert "\n" not in str(caught.value).strip()


def test_two_processes_with_other_hash_seeds_write_the_same_bytes(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[2]);"
        "from test_scenarios import SCRIPT, CATALOGUE, SHIPPED; from carpilot.scenario.runner import run_scenario;"
        "from carpilot.scenario.schema import read_scenario;"
        "path = next(p for p in SHIPPED if p.stem == 'window_reset');"
        "scenario = read_scenario(path, CATALOGUE); folder = Path(sys.argv[1]);"
        "[run_scenario(scenario, SCRIPT, folder / s[1:], log_suffix=s) for s in ('.log', '.asc', '.csv')]"
    )
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / seed), str(Path(__file__).parent)],
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        )
    first = sorted(path for path in (tmp_path / "1").rglob("*") if path.is_file())
    assert len(first) == 6
    for path in first:
        assert path.read_bytes() == (tmp_path / "2" / path.relative_to(tmp_path / "1")).read_bytes()


def _numbers(database: CantoolsDatabase, message: can.Message) -> dict[str, int]:
    decoded = database.decode_message(message.arbitration_id, bytes(message.data), decode_choices=False)
    assert isinstance(decoded, dict)
    return {name: value for name, value in decoded.items() if isinstance(value, int)}


@pytest.mark.parametrize("suffix", [".log", ".asc", ".blf"])
def test_a_bus_log_is_decoded_by_others_and_ties_each_frame_to_its_request(tmp_path: Path, suffix: str) -> None:
    path = next(p for p in SHIPPED if p.stem == "passenger_asks")
    run_scenario(read_scenario(path, CATALOGUE), SCRIPT, tmp_path, log_suffix=suffix)
    database = cantools.database.load_file(asset("vehicle", "infotainment.dbc"))
    assert isinstance(database, CantoolsDatabase)
    decided: dict[tuple[int, int], int] = {}
    verdicts: list[tuple[int, int]] = []
    tied: list[tuple[int, str]] = []
    for message in can.LogReader(tmp_path / f"passenger_asks{suffix}"):
        name = database.get_message_by_frame_id(message.arbitration_id).name
        values = _numbers(database, message)
        if name == "CopilotDecision":
            verdicts.append((values["RequestNumber"], values["Verdict"]))
            decided[(values["CommandId"], values["CommandCounter"])] = values["RequestNumber"]
        elif name.endswith("Cmd"):
            tied.append((decided[(message.arbitration_id, values["Counter"])], name))
    allow, deny = 0, 2
    assert verdicts[0] == (1, allow)
    assert (2, deny) in verdicts
    assert set(tied) == {(1, "HVAC_Cmd")}
