"""The systems that can drive the car, as `assets/models/catalog.yaml` names them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from carpilot.errors import InputError, UnknownNameError
from carpilot.files import asset, load_yaml
from carpilot.reasoning.families import Family, Server, family, server

FOLDER_VARIABLE = "CARPILOT_MODELS"


@dataclass(frozen=True, slots=True)
class Served:
    """A server that a preset names; without a model the server's only one is taken."""

    kind: Server
    kind_name: str
    url: str
    model: str | None = None
    key_variable: str | None = None
    start: str = ""

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine, so that looking for it sends nothing away."""
        return self.url.startswith(("http://127.0.0.1:", "http://localhost:", "http://[::1]:"))


@dataclass(frozen=True, slots=True)
class Preset:
    """One system: how it is spoken to, where it runs, and what it needs."""

    name: str
    title: str
    family: Family
    family_name: str
    checkpoint: str | None
    served: Served | None
    billions: float | None
    memory_gb: float | None
    context: int
    licence: str

    @property
    def folder(self) -> Path:
        """Where its weights are looked for."""
        return models_folder() / self.name

    @property
    def fetch(self) -> str:
        """The one command that brings its weights."""
        return f"hf download {self.checkpoint} --local-dir {self.folder}"


def models_folder() -> Path:
    """Return the folder of checkpoints: what CARPILOT_MODELS says, or one in the user's data folder."""
    named = os.environ.get(FOLDER_VARIABLE)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(named) if named else Path(data) / "carpilot" / "models"


def read_presets(path: Path) -> Mapping[str, Preset]:
    """Return the presets of a file. Raises InputError naming the entry that cannot be."""
    rows = load_yaml(path)
    presets = {}
    for name, row in rows["models"].items():
        try:
            presets[name] = _preset(name, row)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path}: {name} lacks or misspells {error}") from error
        except UnknownNameError as error:
            raise InputError(f"{path}: {name}: {error}") from error
    return presets


def _preset(name: str, row: Mapping[str, Any]) -> Preset:
    given = row.get("server")
    served = None
    if given is not None:
        kind = server(given["kind"])
        served = Served(kind, given["kind"], given["url"], given.get("model"), given.get("key"), given.get("start", ""))
    if (served is None) == ("checkpoint" not in row):
        raise ValueError("either checkpoint or server")
    return Preset(
        name,
        row["title"],
        family(row["family"]),
        row["family"],
        row.get("checkpoint"),
        served,
        row.get("billions"),
        row.get("memory_gb"),
        int(row.get("context", 32768)),
        row.get("licence", ""),
    )


@cache
def default_presets() -> Mapping[str, Preset]:
    """Return the presets that ship with carpilot."""
    return read_presets(asset("models", "catalog.yaml"))
