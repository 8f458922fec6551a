"""One model behind every backend: a causal twin decides alike in process, through transformers, and over HTTP."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

pytest.importorskip("torch", reason="training needs torch, which only the train extra brings")
pytest.importorskip("jinja2", reason="a chat template needs jinja2, which the local extra brings")

from carpilot.decision import Decision
from carpilot.errors import InputError, ModelOutputError
from carpilot.reasoning.chat import ChatModel, ChatReasoner
from carpilot.reasoning.checkpoint import load_checkpoint
from carpilot.reasoning.families import FAMILIES, SERVERS
from carpilot.reasoning.parse import read_reply
from carpilot.reasoning.phrases import read_phrase_book
from carpilot.reasoning.prompt import prompt
from carpilot.reasoning.reasoner import Control
from carpilot.reasoning.registry import load_reasoner
from carpilot.reasoning.server import Address, ServedModel
from carpilot.reasoning.tools import default_tools
from carpilot.reasoning.transformers import LocalModel
from carpilot.request import Request
from carpilot.scenario.suite import find_suites, read_suite
from carpilot.training.causal import train_twin
from carpilot.training.corpus import Corpus
from carpilot.vehicle.catalogue import default_catalogue
from carpilot.vehicle.state import state_of

STATE, TOOLS = state_of(default_catalogue().initial()), default_tools()
MINUTES = float(os.environ.get("CARPILOT_TWIN_MINUTES", "1.5"))


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("twin") / "twin"
    return train_twin(folder, Corpus(read_phrase_book(), (), frozenset(), Random(1)), minutes=MINUTES)


@pytest.fixture(scope="module")
def words() -> list[str]:
    cases = read_suite(find_suites(["own"])[0], default_catalogue()).cases
    return [case.say[0] for case in cases[:60]]


@pytest.fixture(scope="module")
def address(twin: Path) -> Iterator[str]:
    """Serve the twin by `transformers serve`, in a process of its own."""
    command = shutil.which("transformers", path=str(Path(sys.executable).parent))
    pytest.importorskip("fastapi", reason="transformers serve needs fastapi and uvicorn")
    pytest.importorskip("uvicorn", reason="transformers serve needs fastapi and uvicorn")
    assert command is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    given = [command, "serve", "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    with subprocess.Popen(given, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(f"http://127.0.0.1:{port}/health", server)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()
            server.wait(20)


def _wait_for(url: str, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(240):
        assert server.poll() is None, "transformers serve has ended"
        try:
            with urllib.request.urlopen(url, timeout=1):  # an address of this machine
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError("transformers serve did not start")


def decided(model: ChatModel, text: str) -> Decision | str:
    """Return what a model decides without the harness, or why it is no decision."""
    try:
        return ChatReasoner(model, is_held=False).propose(Request(1, text), STATE, TOOLS, (), Control(max_seconds=60))
    except ModelOutputError as error:
        return str(error)


@pytest.mark.slow
def test_given_a_twin_when_asked_through_each_backend_then_the_decisions_are_the_same(
    twin: Path, words: list[str], address: str
) -> None:
    checkpoint = load_checkpoint(twin)
    local = LocalModel("twin", checkpoint, FAMILIES["carpilot"])
    served = ServedModel("twin", Address(address, str(twin)), FAMILIES["carpilot"], SERVERS["transformers"])
    here = [decided(local, text) for text in words]
    over_http = [decided(served, text) for text in words]
    differing = [(t, a, b) for t, a, b in zip(words, here, over_http, strict=True) if a != b]
    assert not differing
    assert sum(isinstance(decision, Decision) and bool(decision.commands) for decision in here) > len(words) / 3


@pytest.mark.slow
def test_given_a_twin_when_generate_writes_then_our_decoding_has_written_the_same(twin: Path, words: list[str]) -> None:
    checkpoint = load_checkpoint(twin)
    local = LocalModel("twin", checkpoint, FAMILIES["carpilot"])
    for text in words[:20]:
        said, context = prompt(Request(1, text), STATE, ())
        messages = [{"role": "user", "content": f"{said}\n{context}"}]
        ids = checkpoint.tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt")
        ids = ids if hasattr(ids, "shape") else ids["input_ids"]
        out = checkpoint.model.generate(ids, max_new_tokens=300, do_sample=False)
        content = checkpoint.tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)
        ours = local.complete(messages, (), Control(max_seconds=60))
        assert ours == read_reply(content, ())


@pytest.mark.slow
def test_given_a_twins_folder_when_named_then_it_is_loaded_as_what_it_is(twin: Path) -> None:
    reasoner = load_reasoner(str(twin))
    assert isinstance(reasoner, ChatReasoner) and reasoner.model.family is FAMILIES["carpilot"]
    decision = reasoner.propose(Request(1, "open my window"), STATE, TOOLS, (), Control(max_seconds=60))
    assert decision.calls


def test_given_a_folder_that_holds_something_when_written_then_input_error(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("kept", encoding="utf-8")
    with pytest.raises(InputError, match="is not empty"):
        train_twin(tmp_path, Corpus(read_phrase_book(), (), frozenset(), Random(1)), minutes=0.01)
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "kept"
