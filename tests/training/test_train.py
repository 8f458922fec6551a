"""A tiny model, trained for a few steps, goes all the way to a decision."""

import sys
from pathlib import Path

import pytest

from carpilot.decision import Act
from carpilot.errors import InputError
from carpilot.reasoning.embedded import load_embedded
from carpilot.reasoning.reasoner import Control
from carpilot.reasoning.tools import default_tools
from carpilot.request import Request
from carpilot.training.train import Recipe, train
from carpilot.vehicle.catalogue import default_catalogue
from carpilot.vehicle.state import state_of

TINY = (
    ("encoder_width", 48),
    ("encoder_layers", 2),
    ("encoder_heads", 4),
    ("encoder_inner", 96),
    ("width", 32),
    ("layers", 1),
    ("heads", 2),
    ("inner", 64),
)


@pytest.mark.slow
def test_from_the_phrase_book_to_a_decision(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="training needs torch, which only the train extra brings")
    pytest.importorskip("onnx", reason="training needs onnx, which only the train extra brings")
    lines: list[str] = []
    recipe = Recipe(minutes=2, max_steps=3, from_minilm=False, shape=TINY, examples_to_measure=4)

    card = train(tmp_path / "model", report=lines.append, recipe=recipe)
    model = load_embedded(tmp_path / "model")
    state = state_of(default_catalogue().initial())
    decision = model.propose(Request(1, "set it to 22 degrees"), state, default_tools(), (), Control())

    assert model.card == card
    assert card["training"]["steps"] == 3
    assert decision.act in Act
    assert decision.confidence is not None
    assert any("templates" in line for line in lines)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_without_torch_the_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(InputError, match="torch"):
        train(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_other_things_is_not_replaced(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="training needs torch, which only the train extra brings")
    (tmp_path / "letter.txt").write_text("dear")

    with pytest.raises(InputError, match="letter"):
        train(tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_a_folder_without_a_model_is_nothing_to_go_on_from(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="training needs torch, which only the train extra brings")
    (tmp_path / "old").mkdir()

    with pytest.raises(InputError, match=r"old has no \w+"):
        train(tmp_path / "new", recipe=Recipe(start=tmp_path / "old"))
    assert not (tmp_path / "new").exists()
