"""What can reason here is told truthfully, and looking contacts nobody."""

import socket
from pathlib import Path

import pytest

from carpilot.errors import InputError, UnknownNameError
from carpilot.reasoning.presets import default_presets, read_presets
from carpilot.reasoning.registry import State, load_reasoner, status_of, statuses
from tests.reasoning.chat_server import serving

SYSTEMS = ("mimo-7b-rl", "o1-mini", "qwq-32b-preview", "qwq-32b", "qwen3-8b", "deepseek-r1", "ernie-4.5-turbo")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARPILOT_MODELS", str(tmp_path / "models"))
    for preset in default_presets().values():
        if preset.served and preset.served.key_variable:
            monkeypatch.delenv(preset.served.key_variable, raising=False)


def test_every_system_is_listed_with_what_it_lacks_and_nobody_outside_is_contacted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def refuse(address: tuple[str, int], timeout: float) -> None:
        asked.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    found = {status.name: status for status in statuses()}
    assert set(SYSTEMS) < set(found)
    assert found["embedded"].state is State.READY
    assert all(status.hint for status in found.values() if status.state is not State.READY)
    assert found["mimo-7b-rl"].hint.startswith("hf download XiaomiMiMo/MiMo-7B-RL --local-dir ")
    assert found["o1-mini"].state is State.KEY_MISSING and "OPENAI_API_KEY" in found["o1-mini"].hint
    assert found["vllm"].state is State.UNREACHABLE
    assert set(asked) == {"127.0.0.1"}


def test_given_a_key_when_listed_then_its_address_is_still_not_contacted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("contacted"))
    status = status_of(default_presets()["o1-mini"])
    assert status.state is State.NOT_CONTACTED and "sk-x" not in status.hint


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("mimo-7b-rl", "hf download XiaomiMiMo/MiMo-7B-RL"),
        ("o1-mini", "set the environment variable OPENAI_API_KEY"),
        ("mimo-7b", "mimo-7b-rl"),
        ("http://127.0.0.1:9/v1", "does not say what it serves"),
    ],
)
def test_given_a_model_that_lacks_something_when_loaded_then_the_line_says_what(name: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        load_reasoner(name)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("models: {a: {family: qwen3, checkpoint: x/y}}", "a lacks or misspells 'title'"),
        ("models: {a: {title: t, family: qwen9, checkpoint: x/y}}", "no family of models 'qwen9'"),
        ("models: {a: {title: t, family: qwen3}}", "either checkpoint or server"),
        ("models: {a: {title: t, family: o1, server: {kind: tin, url: u}}}", "no kind of server 'tin'"),
    ],
)
def test_given_a_bad_catalog_when_read_then_the_line_names_the_entry(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "catalog.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=problem):
        read_presets(path)


def test_given_a_preset_at_an_address_when_loaded_then_the_served_model_is_used() -> None:
    with serving(served=("tiny",)) as (url, _):
        reasoner = load_reasoner(f"mimo-7b-rl@{url}")
        assert reasoner.name == f"mimo-7b-rl@{url}"
        with pytest.raises(UnknownNameError):
            load_reasoner(f"nothing@{url}")
    with serving(served=("a", "b")) as (url, _), pytest.raises(InputError, match="serves a, b"):
        load_reasoner(url)
