"""Where assets lie, and a YAML reader that no file can harm.

In a wheel `assets/` and `scenarios/` stand inside the package; in a checkout they stand beside it.
"""

from pathlib import Path
from typing import Any

import yaml

from carpilot.errors import InputError

MAX_YAML_BYTES = 1_000_000
_PACKAGE = Path(__file__).parent


def _data_folder(name: str) -> Path:
    packaged = _PACKAGE / f"_{name}"
    return packaged if packaged.is_dir() else _PACKAGE.parent / name


def asset(*parts: str) -> Path:
    """Return the path of one asset, such as `asset("vehicle", "signals.yaml")`; it must exist."""
    path = _data_folder("assets").joinpath(*parts)
    if not path.exists():
        raise InputError(f"the asset {'/'.join(parts)} is missing; expected it at {path}")
    return path


def asset_folder(*parts: str) -> Path:
    """Return the path of a folder of assets; it need not exist yet."""
    return _data_folder("assets").joinpath(*parts)


def scenarios_folder() -> Path:
    """Return the folder of the scenarios that ship with carpilot."""
    return _data_folder("scenarios")


class _BoundedLoader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc] # the base is chosen at run time
    """A safe loader that also refuses merge keys and duplicate keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            line = key_node.start_mark.line + 1
            if key_node.value == "<<":
                raise yaml.YAMLError(f"line {line}: merge keys are not allowed")
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str | int | float | bool):
                raise yaml.YAMLError(f"line {line}: a key must be a plain word")
            if key in seen:
                raise yaml.YAMLError(f"line {line}: the key {key!r} stands twice")
            seen.add(key)
        return super().construct_mapping(node, deep)  # type: ignore[no-any-return] # the stubs leave the base untyped


def _refuse_aliases_and_tags(text: str) -> None:
    """Look at the events before anything is built: the C loader composes nodes where no override reaches."""
    for event in yaml.parse(text, Loader=_BoundedLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError(f"line {line}: aliases are not allowed")
        if getattr(event, "tag", None) is not None:
            raise yaml.YAMLError(f"line {line}: tags are not allowed")


def read_text(path: Path, limit_bytes: int = MAX_YAML_BYTES) -> str:
    """Return a user's text file. Raises InputError if it is missing, too long or not UTF-8."""
    try:
        with path.open("rb") as file:
            raw = file.read(limit_bytes + 1)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    if len(raw) > limit_bytes:
        raise InputError(f"{path} is longer than {limit_bytes:,} bytes")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text (byte {error.start})") from error


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all: beside it first, then in its place. Raises InputError where that cannot be."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError(f"cannot write {path}: {error.strerror}") from error


def load_yaml(path: Path) -> Any:
    """Return what a YAML file says. Raises InputError, with one line, on anything else than plain data."""
    text = read_text(path)
    try:
        _refuse_aliases_and_tags(text)
        return yaml.load(text, Loader=_BoundedLoader)  # a safe loader, narrowed further
    except RecursionError as error:
        raise InputError(f"{path} is nested too deeply") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        raise InputError(f"{path}: {where}{problem}") from error
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error
