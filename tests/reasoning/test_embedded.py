"""The shipped model on plain requests, and a loader that takes only whole models."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from llguidance import LLMatcher, LLTokenizer
from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

from carpilot.decision import Act
from carpilot.errors import InputError, ModelOutputError
from carpilot.files import asset_folder
from carpilot.reasoning.embedded import CARD, END, FILES, EmbeddedReasoner, load_embedded
from carpilot.reasoning.grammar import Evidence, allowed_numbers, evidence_in, grammar
from carpilot.reasoning.history import Turn
from carpilot.reasoning.numbers import with_digits
from carpilot.reasoning.prompt import prompt
from carpilot.reasoning.reasoner import Control
from carpilot.reasoning.registry import load_reasoner
from carpilot.reasoning.thought import read_calls
from carpilot.reasoning.tools import default_tools
from carpilot.request import MAX_REQUEST_CHARACTERS, Request, Seat
from carpilot.vehicle.catalogue import default_catalogue
from carpilot.vehicle.state import VehicleState, state_of

SHIPPED = asset_folder("models", "embedded")
TOOLS = default_tools()
HVAC = "Vehicle.Cabin.HVAC"


@pytest.fixture(scope="module")
def model() -> EmbeddedReasoner:
    return load_embedded()


@pytest.fixture
def state() -> VehicleState:
    return state_of(default_catalogue().initial())


@pytest.mark.parametrize(
    ("text", "path", "target"),
    [
        ("Set the temperature to twenty-three degrees", f"{HVAC}.Station.Row1.Driver.Temperature", 23.0),
        ("Turn on the air conditioning please", f"{HVAC}.IsAirConditioningActive", True),
        ("the windscreen is fogged up", f"{HVAC}.IsFrontDefrosterActive", True),
        ("open the rear left window", "Vehicle.Cabin.Door.Row2.DriverSide.Window.Position", 100),
        ("close my window", "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position", 0),
        ("volume to 45", "Vehicle.Cabin.Infotainment.Media.Volume", 45),
        ("make the ambient light blue", "Vehicle.Cabin.Light.AmbientLight.Row1.DriverSide.Color", "BLUE"),
        ("next song", "Vehicle.Cabin.Infotainment.Media.Action", "SKIP_FORWARD"),
        ("open the trunk", "Vehicle.Body.Trunk.Rear.IsOpen", True),
        ("navigate to the airport", "Vehicle.Private.Navigation.Destination", "AIRPORT"),
        ("set the rear right temperature to 24 degrees", f"{HVAC}.Station.Row2.Passenger.Temperature", 24.0),
        ("massage my back", "Vehicle.Cabin.Seat.Row1.DriverSide.Massage.Level", 66),
        ("fold the mirrors in", "Vehicle.Body.Mirrors.DriverSide.IsFolded", True),
        ("play track number 12", "Vehicle.Private.Media.SelectedTrack", 12),
        ("turn up the bass", "Vehicle.Private.Media.Bass", 1),
        ("sport mode", "Vehicle.Powertrain.Transmission.PerformanceMode", "SPORT"),
        ("set the charge limit to 80 percent", "Vehicle.Powertrain.TractionBattery.Charging.ChargeLimit", 80),
        ("show the rear camera", "Vehicle.Private.Assist.CameraView", "REAR"),
    ],
)
def test_plain_requests(model: EmbeddedReasoner, state: VehicleState, text: str, path: str, target: object) -> None:
    decision = model.propose(Request(1, text), state, TOOLS, (), Control())

    assert decision.act is Act.COMMAND
    assert {command.path: command.target for command in decision.commands}[path] == target
    assert decision.thought.startswith("need:")


def test_one_sentence_with_two_needs(model: EmbeddedReasoner, state: VehicleState) -> None:
    decision = model.propose(Request(1, "I'm freezing and the windscreen is fogged up"), state, TOOLS, (), Control())

    targets = {command.path: command.target for command in decision.commands}
    assert targets[f"{HVAC}.Station.Row1.Driver.Temperature"] == 23.0
    assert targets[f"{HVAC}.IsFrontDefrosterActive"] is True


def test_the_speaker_is_meant(model: EmbeddedReasoner, state: VehicleState) -> None:
    decision = model.propose(Request(1, "I'm freezing", Seat.PASSENGER), state, TOOLS, (), Control())

    assert [command.path for command in decision.commands] == [f"{HVAC}.Station.Row1.Passenger.Temperature"]


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("navigate to paris", Act.REFUSE),
        ("how long until we arrive", Act.ANSWER),
        ("what's the tyre pressure", Act.ANSWER),
        ("tell me a joke", Act.REFUSE),
        ("hit the brakes", Act.REFUSE),
        ("how fast are we going", Act.ANSWER),
        ("the other one", Act.ASK),
    ],
)
def test_what_is_not_a_command(model: EmbeddedReasoner, state: VehicleState, text: str, act: Act) -> None:
    decision = model.propose(Request(1, text), state, TOOLS, (), Control())

    assert decision.act is act
    assert decision.commands == ()


def test_a_turn_before_tells_what_more_means(model: EmbeddedReasoner, state: VehicleState) -> None:
    first = Request(1, "turn the volume up")
    history = [Turn(first, model.propose(first, state, TOOLS, (), Control()))]

    decision = model.propose(Request(2, "a bit more"), state, TOOLS, history, Control())

    assert [command.path for command in decision.commands] == ["Vehicle.Cabin.Infotainment.Media.Volume"]


def test_the_thought_is_heard_while_it_is_made(model: EmbeddedReasoner, state: VehicleState) -> None:
    pieces: list[str] = []
    decision = model.propose(Request(1, "warmer"), state, TOOLS, (), Control(on_thought=pieces.append))

    assert "".join(pieces).strip() == decision.thought
    assert len(pieces) > 1


def test_a_stopped_model_says_so(model: EmbeddedReasoner, state: VehicleState) -> None:
    control = Control()
    control.cancelled.set()
    with pytest.raises(ModelOutputError, match="stopped"):
        model.propose(Request(1, "warmer"), state, TOOLS, (), control)


def test_the_longest_request_is_read(model: EmbeddedReasoner, state: VehicleState) -> None:
    words = "please " * (MAX_REQUEST_CHARACTERS // 7)
    decision = model.propose(Request(1, words), state, TOOLS, (), Control())

    assert decision.confidence is not None


def test_odd_characters_are_read(model: EmbeddedReasoner, state: VehicleState) -> None:
    for text in ("\u2603 \u00fc \u4f60\u597d", '"]}{[', "\\ \u0000 \n", "<|end|>", "[SEP] [CLS]"):
        assert model.propose(Request(1, text), state, TOOLS, (), Control()).act in Act


def test_the_model_card_tells_of_the_weights_that_ship(model: EmbeddedReasoner) -> None:
    page = (SHIPPED / "README.md").read_text(encoding="utf-8")
    assert [name for name, digest in model.card["sha256"].items() if f"| {name} | `{digest}` |" not in page] == []
    corpora = {row["corpus"].split("-")[0] for row in model.card["data"] if "corpus" in row}
    told = page.replace("Home Assistant intents", "HA").replace("Snips 2017", "Snips2017").replace("MS-", "MS ")
    assert {name for name in corpora if name not in told} <= {"carpilot phrase book"}


def _allowed(tool: str, argument: str, evidence: Evidence) -> tuple[float, ...]:
    if tool == "only_if_number":
        return evidence.numbers
    return allowed_numbers(TOOLS[tool], TOOLS[tool].arguments[argument], evidence)


@pytest.mark.parametrize("seed", range(20))
def test_random_logits_cannot_leave_the_grammar(model: EmbeddedReasoner, state: VehicleState, seed: int) -> None:
    words = "set it to 21 or 60 and the fan to three"
    said = with_digits(words)
    writer = (SHIPPED / "writer.json").read_text(encoding="utf-8")
    size = int(model.card["shape"]["tokens"])
    matcher = LLMatcher(
        LLTokenizer(writer, eos_token=0), LLMatcher.grammar_from_lark(grammar(TOOLS, evidence_in(said)))
    )
    random, mask, written = np.random.default_rng(seed), allocate_token_bitmask(1, size), b""
    names = LLTokenizer(writer, eos_token=0)
    while not matcher.is_stopped():
        fill_next_token_bitmask(matcher, mask, 0)
        legal = np.unpackbits(mask.view(np.uint8), bitorder="little")[:size].astype(bool)
        token = int(np.where(legal, random.normal(size=size), -np.inf).argmax())
        matcher.consume_token(token)
        written += names.decode_bytes([token])

    text = written.decode().removesuffix(END)
    calls = read_calls(text.partition("\n")[2])
    TOOLS.decide(calls, state, Seat.DRIVER)
    for call in calls:
        for name, value in call.arguments.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                assert value in _allowed(call.name, name, evidence_in(said))


def test_the_prompt_tells_what_bears_on_it() -> None:
    readings = {"Vehicle.Private.Windshield.Front.FogLevel": 60, f"{HVAC}.AmbientAirTemperature": 4.0}
    words, context = prompt(Request(1, "Set it to Twenty", Seat.REAR_LEFT), state_of(readings), ())

    assert words == "set it to 20"
    assert context == "rear left, cabin cold, screen fogged"


def _copy(folder: Path) -> Path:
    shutil.copytree(SHIPPED, folder)
    return folder


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_is_refused(tmp_path: Path, name: str) -> None:
    folder = _copy(tmp_path / "model")
    raw = bytearray((folder / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (folder / name).write_bytes(raw)

    with pytest.raises(InputError, match="SHA-256"):
        load_embedded(folder)


@pytest.mark.parametrize("name", [*FILES, CARD])
def test_a_missing_file_is_refused(tmp_path: Path, name: str) -> None:
    folder = _copy(tmp_path / "model")
    (folder / name).unlink()

    with pytest.raises(InputError, match=name):
        load_embedded(folder)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no model"):
        load_embedded(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", "[]", "nonsense", '{"sha256": {}, "format": 1}'])
def test_a_bad_card_is_refused(tmp_path: Path, text: str) -> None:
    folder = _copy(tmp_path / "model")
    (folder / CARD).write_text(text, encoding="utf-8")

    with pytest.raises(InputError):
        load_embedded(folder)


def test_a_card_of_another_format_is_refused(tmp_path: Path) -> None:
    folder = _copy(tmp_path / "model")
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    (folder / CARD).write_text(json.dumps({**card, "format": 99}), encoding="utf-8")

    with pytest.raises(InputError, match="format 99"):
        load_embedded(folder)


def test_the_card_names_data_and_figures(model: EmbeddedReasoner) -> None:
    assert {"parameters", "licence", "data", "training", "figures", "sha256"} <= set(model.card)
    assert sum((SHIPPED / name).stat().st_size for name in FILES) < 25_000_000


def test_a_trained_model_is_named_by_its_folder(tmp_path: Path, state: VehicleState) -> None:
    trained = load_reasoner(str(_copy(tmp_path / "mine")))

    assert trained.name == "mine"
    assert trained.propose(Request(1, "warmer"), state, TOOLS, (), Control()).act is Act.COMMAND
    with pytest.raises(InputError, match="no model, nor folder of one"):
        load_reasoner(str(tmp_path))
