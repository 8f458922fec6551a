"""Which models can reason here, by name, and what each of them lacks.

A name is `embedded`, a preset of `assets/models/catalog.yaml`, the folder of a model that `carpilot train` wrote, the folder of a
checkpoint, an address, or a preset or family at an address (`mimo-7b-rl@http://127.0.0.1:8000/v1`). Two names with a plus
between them (`embedded+qwen3-8b`) are a cascade: the second is asked where the first is unsure.
"""

import importlib.util
import os
import socket
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from carpilot.errors import InputError, UnknownNameError
from carpilot.reasoning.checkpoint import CONFIG, INSTALL, load_checkpoint, read_config
from carpilot.reasoning.embedded import CARD, load_embedded
from carpilot.reasoning.families import FAMILIES, Family, family, server
from carpilot.reasoning.presets import Preset, Served, default_presets
from carpilot.reasoning.reasoner import Reasoner

if TYPE_CHECKING:
    from carpilot.reasoning.chat import ChatModel

DEFAULT = "embedded"
SCHEMES = ("http://", "https://")
PROBE_S = 0.2
LOCAL_FAMILIES = {
    "mimo": "mimo",
    "qwen2": "deepseek-r1",
    "qwen3": "qwen3",
    "qwen3_moe": "qwen3",
    "ernie4_5": "ernie-4.5",
    "ernie4_5_moe": "ernie-4.5-thinking",
    "seed_oss": "seed-oss",
    "hunyuan_v1_dense": "hunyuan",
}
"""How a checkpoint in a folder without a preset is spoken to, by its config's model type."""


class State(Enum):
    """Whether a model can be used now, and if not, what is missing."""

    READY = "ready"
    WEIGHTS_MISSING = "weights missing"
    EXTRA_MISSING = "torch missing"
    UNREACHABLE = "server unreachable"
    KEY_MISSING = "key missing"
    NOT_CONTACTED = "key set, not contacted"


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """One model and whether it can be used now; `hint` says how to get what is missing."""

    name: str
    backend: str
    description: str
    state: State
    hint: str = ""
    memory_gb: float | None = None
    licence: str = ""


def load_reasoner(name: str = DEFAULT, seed: int = 0, is_held: bool = True, is_narrowed: bool = False) -> Reasoner:
    """Return a model ready to reason.

    `is_held` is whether the harness stands round a chat model, `is_narrowed` whether it reads only the functions that a
    request may need.

    Raises InputError if it does not exist or lacks something.
    """
    if name == DEFAULT:
        return load_embedded()
    from carpilot.reasoning.cascade import CascadeReasoner
    from carpilot.reasoning.chat import ChatReasoner
    from carpilot.reasoning.retrieval import Narrowing

    small, plus, large = name.partition("+")
    if plus and not Path(name).exists():
        return CascadeReasoner(load_reasoner(small, seed, is_held), load_reasoner(large, seed, is_held, True))
    if (Path(name) / CARD).is_file():
        return load_embedded(Path(name))
    return ChatReasoner(_chat_model(name, seed), is_held, narrowing=Narrowing() if is_narrowed else None)


def _chat_model(name: str, seed: int) -> "ChatModel":
    from carpilot.reasoning.chat import FAMILY_KEY

    preset, at, url = name.rpartition("@")
    if at and url.startswith(SCHEMES):
        spoken_as = FAMILIES[preset] if preset in FAMILIES else _preset(preset).family
        return _served(name, spoken_as, Served(server("api"), "api", url), seed)
    if name.startswith(SCHEMES):
        return _served(name, family("plain"), Served(server("api"), "api", name), seed)
    folder = Path(name)
    if (folder / CONFIG).is_file():
        config = read_config(folder)
        kind = config.get(FAMILY_KEY) or LOCAL_FAMILIES.get(str(config["model_type"]), "plain")
        return _local(folder.resolve().name, folder, family(kind), seed)
    chosen = _preset(name)
    if chosen.served is not None:
        return _served(name, chosen.family, chosen.served, seed)
    if not chosen.folder.is_dir():
        raise InputError(f"the weights of {name} are not in {chosen.folder}; {chosen.fetch}")
    return _local(name, chosen.folder, chosen.family, seed)


def _preset(name: str) -> Preset:
    presets = default_presets()
    if name not in presets:
        raise UnknownNameError("model, nor folder of one,", name, (DEFAULT, *presets))
    return presets[name]


def _local(name: str, folder: Path, kind: Family, seed: int) -> "ChatModel":
    from carpilot.reasoning.transformers import LocalModel

    return LocalModel(name, load_checkpoint(folder), kind, seed=seed)


def _served(name: str, kind: Family, where: Served, seed: int) -> "ChatModel":
    from carpilot.reasoning.server import Address, ServedModel, only_model

    address = Address(where.url, where.model or only_model(where.url), where.key_variable)
    address.key()  # before a driver waits for it
    return ServedModel(name, address, kind, where.kind, seed=seed)


def statuses() -> tuple[ModelStatus, ...]:
    """Return every known model with its state. Looks at this machine only, and contacts nothing outside it."""
    return (_embedded_status(), *map(status_of, default_presets().values()))


def _embedded_status() -> ModelStatus:
    described = ("onnxruntime", "the small transformer that ships with carpilot")
    try:
        load_embedded()
    except InputError as error:
        hint = f"{error}; `carpilot train` builds it"
        return ModelStatus(DEFAULT, *described, State.WEIGHTS_MISSING, hint, licence="Apache-2.0")
    return ModelStatus(DEFAULT, *described, State.READY, memory_gb=0.1, licence="Apache-2.0")


def status_of(preset: Preset) -> ModelStatus:
    """Return a preset's state."""
    if preset.served is not None:
        state, hint = _server_state(preset.served)
        backend = preset.served.kind_name
    else:
        state, hint = _checkpoint_state(preset)
        backend = "transformers"
    return ModelStatus(preset.name, backend, preset.title, state, hint, preset.memory_gb, preset.licence)


def _checkpoint_state(preset: Preset) -> tuple[State, str]:
    if not preset.folder.is_dir():
        return State.WEIGHTS_MISSING, preset.fetch
    try:
        read_config(preset.folder)
    except InputError as error:
        return State.WEIGHTS_MISSING, str(error)
    if importlib.util.find_spec("torch") is None:
        return State.EXTRA_MISSING, INSTALL
    return State.READY, ""


def _server_state(served: Served) -> tuple[State, str]:
    if served.key_variable and not os.environ.get(served.key_variable):
        return State.KEY_MISSING, f"export {served.key_variable}=..."
    if not served.is_here:
        return State.NOT_CONTACTED, "carpilot models check asks it"
    where = urlsplit(served.url)
    try:
        with socket.create_connection((where.hostname or "", where.port or 80), timeout=PROBE_S):
            return State.READY, ""
    except OSError:
        return State.UNREACHABLE, served.start
