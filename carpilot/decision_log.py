"""The decision log: JSON lines on the bus log's clock, one line an event, flushed line by line."""

import json
from pathlib import Path
from typing import IO, Any

from carpilot.errors import InputError


class DecisionLog:
    """Writes events. Without a path it keeps them only in `events`."""

    def __init__(self, path: Path | None = None) -> None:
        self.events: list[dict[str, Any]] = []
        self._file: IO[str] | None = None
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._file = path.open("w", encoding="utf-8", newline="\n")
            except OSError as error:
                raise InputError(f"cannot write {path}: {error.strerror}") from error

    def write(self, time_ns: int, event: str, **fields: Any) -> None:
        """Append one event at a simulation time."""
        row = {"time_ns": time_ns, "event": event, **fields}
        self.events.append(row)
        if self._file is not None:
            self._file.write(json.dumps(row, ensure_ascii=True, separators=(",", ":")) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            self._file.close()
