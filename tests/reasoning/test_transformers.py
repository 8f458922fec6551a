"""Tiny checkpoints of every architecture load without their code, obey the grammar, keep their prefix and stop at once."""

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="local checkpoints need the extra `local`")
pytest.importorskip("jinja2", reason="local checkpoints need the extra `local`")

from carpilot.decision import Call
from carpilot.errors import InputError
from carpilot.reasoning.agent import Exit, Proposal, propose
from carpilot.reasoning.chat import RULES, ChatReasoner, Guide, opening, said, schemas_for
from carpilot.reasoning.checkpoint import load_checkpoint
from carpilot.reasoning.families import FAMILIES
from carpilot.reasoning.grammar import evidence_in
from carpilot.reasoning.prompt import prompt
from carpilot.reasoning.reasoner import Control
from carpilot.reasoning.tools import default_tools
from carpilot.reasoning.transformers import LocalModel
from carpilot.request import Request
from carpilot.vehicle.catalogue import default_catalogue
from carpilot.vehicle.state import state_of
from tests.reasoning.tiny import ARCHITECTURES, make_checkpoint

STATE = state_of(default_catalogue().initial())
TEXTS = [json.dumps(schema) for schema in default_tools().schemas()]
FAMILY_OF = {
    "mimo": "mimo",
    "qwen2": "deepseek-r1",
    "qwen3": "qwen3",
    "ernie4_5": "ernie-4.5",
    "seed_oss": "seed-oss",
    "hunyuan_v1_dense": "hunyuan",
}
REQUESTS = int(os.environ.get("CARPILOT_TEST_REQUESTS", "500"))
SAID = [
    "blower to three",
    "window half open",
    "set 21 degrees and seat heating level 1",
    "is it raining",
    "sing me a song",
]


@pytest.fixture(scope="module", params=ARCHITECTURES)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalModel]:
    kind = str(request.param)
    folder = make_checkpoint(tmp_path_factory.mktemp(kind) / kind, kind, TEXTS)
    yield LocalModel(kind, load_checkpoint(folder), FAMILIES[FAMILY_OF[kind]], thought_tokens=12)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("small") / "small", "qwen2", TEXTS)


def ask(model: LocalModel, text: str, control: Control | None = None) -> Proposal:
    asked = Request(1, text)
    return propose(ChatReasoner(model), asked, STATE, default_tools(), (), control or Control(max_seconds=60))


def test_given_random_weights_when_asked_then_every_answer_is_a_decision(model: LocalModel) -> None:
    thoughts: list[str] = []
    for text in SAID:
        control = Control(thoughts.append, max_seconds=60)
        proposal = ask(model, text, control)
        assert proposal.exit in (Exit.DECIDED, Exit.TOO_MANY_STEPS), proposal
        assert control.tokens_read > 0 and control.tokens_written > 0
        assert model.timing.kept > 0.8 * (model.timing.kept + model.timing.read) or text == SAID[0]
    assert bool(thoughts) == (model.name != "ernie4_5")


@pytest.mark.slow
def test_given_many_requests_when_asked_then_every_answer_parses_and_is_of_the_schema(model: LocalModel) -> None:
    tools, commands = default_tools(), 0
    for number in range(REQUESTS):
        calls = _first_calls(model, f"{SAID[number % len(SAID)]} {number}")
        assert calls, number
        for call in calls:
            if call.name in tools:
                tools[call.name].check(call.arguments)
                commands += 1
    assert commands > REQUESTS / 10


def _first_calls(model: LocalModel, text: str) -> tuple[Call, ...]:
    """Return the calls of the first answer to words."""
    tools = default_tools()
    schemas = schemas_for(tools)
    request = Request(1, text)
    words, _ = prompt(request, STATE, ())
    messages = opening(model.family, schemas, RULES, said(request, STATE, ()))
    guide = Guide(tools, evidence_in(words))
    return model.complete(messages, schemas, Control(max_seconds=60), guide).calls


def test_given_mimos_layout_when_loaded_then_its_draft_layer_is_left_out_and_its_code_not_run(tmp_path: Path) -> None:
    import torch

    plain = load_checkpoint(make_checkpoint(tmp_path / "plain", "qwen2", TEXTS, seed=5))
    mimo = load_checkpoint(make_checkpoint(tmp_path / "mimo", "mimo", TEXTS, seed=5))
    ids = torch.tensor([[5, 6, 7, 8]])
    assert type(mimo.model).__name__ == "MiMoForCausalLM"
    assert torch.equal(plain.model(ids).logits, mimo.model(ids).logits)


def test_given_a_second_request_when_read_then_what_it_shares_with_the_first_is_not_and_nothing_else_differs(
    small: Path,
) -> None:
    checkpoint = load_checkpoint(small)
    used, fresh = (LocalModel("m", checkpoint, FAMILIES["plain"]) for _ in range(2))
    ask(used, "blower to three")
    first = used.timing.read
    again, anew = ask(used, "window half open"), ask(fresh, "window half open")
    assert again.decision == anew.decision
    assert used.timing.read + used.timing.kept == fresh.timing.read + fresh.timing.kept
    assert used.timing.read < 0.05 * first


@pytest.mark.parametrize("moment", ["reading", "thinking"])
def test_given_a_model_at_work_when_cancelled_then_it_stops_and_can_be_asked_again(small: Path, moment: str) -> None:
    model = LocalModel("m", load_checkpoint(small), FAMILIES["qwen3"], thought_tokens=4000)
    control = Control(max_seconds=120)
    if moment == "thinking":
        control.on_thought = lambda piece: control.cancelled.set()
    else:
        threading.Timer(0.05, control.cancelled.set).start()
    proposal = ask(model, "blower to three", control)
    assert (proposal.exit, proposal.decision.commands) == (Exit.CANCELLED, ())
    short = LocalModel("m", load_checkpoint(small), FAMILIES["plain"])
    model.family = short.family
    assert ask(model, "blower to three").decision == ask(short, "blower to three").decision


def test_given_no_time_when_asked_then_the_exit_says_so(small: Path) -> None:
    model = LocalModel("m", load_checkpoint(small), FAMILIES["qwen3"])
    assert ask(model, "blower to three", Control(max_seconds=0.05)).exit is Exit.OUT_OF_TIME


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"_attn_implementation_internal": "someone/kernel"}, "_attn_implementation_internal"),
        ({"attn_implementation": "someone/kernel"}, "does not fetch code"),
        ({"model_type": "unheard", "auto_map": {"AutoConfig": "evil.Config"}}, "the code it brings is not run"),
        ({"model_type": 3}, "does not say its model_type"),
    ],
)
def test_given_a_poisoned_config_when_loaded_then_one_line_and_nothing_is_run(
    small: Path, tmp_path: Path, change: dict[str, Any], problem: str
) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    for path in small.iterdir():
        (folder / path.name).symlink_to(path)
    (folder / "config.json").unlink()
    config = json.loads((small / "config.json").read_text(encoding="utf-8")) | change
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "evil.py").write_text("raise SystemExit('run')\n", encoding="utf-8")
    with pytest.raises(InputError, match=problem) as caught:
        load_checkpoint(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("missing", "put", "problem"),
    [
        ("config.json", "", "cannot read"),
        ("tokenizer.json", "", "lacks tokenizer.json"),
        ("model.safetensors", "pytorch_model.bin", "pytorch_model.bin is not loaded"),
        ("model.safetensors", "", "has no weights as"),
    ],
)
def test_given_a_folder_that_lacks_something_when_loaded_then_one_line(
    small: Path, tmp_path: Path, missing: str, put: str, problem: str
) -> None:
    folder = tmp_path / "lacking"
    folder.mkdir()
    for path in small.iterdir():
        if path.name != missing:
            (folder / path.name).symlink_to(path)
    if put:
        (folder / put).write_bytes(b"\x80\x04.")
    with pytest.raises(InputError, match=problem):
        load_checkpoint(folder)
