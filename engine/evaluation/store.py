"""Results that survive an interruption: one JSON object per line, written as soon as it is known."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from engine.types import EngineError

Row = dict[str, Any]
_Case = TypeVar("_Case")


class RowStore:
    """Rows by key in a file of JSON lines; a line that an interruption cut off is forgotten."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: dict[str, Row] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                self._learn(line)

    def _learn(self, line: str) -> None:
        try:
            row = json.loads(line)
            self.rows[row["key"]] = row
        except (ValueError, KeyError, TypeError):
            return

    def filled(self, cases: Iterable[_Case], key: Callable[[_Case], str], measure: Callable[[_Case], Row]) -> Iterator[Row]:
        """The row of each case in order; ``measure`` is called for those that no earlier run has stored."""
        for case in cases:
            name = key(case)
            if name not in self.rows:
                self._append({"key": name, **measure(case)})
            yield self.rows[name]

    def _append(self, row: Row) -> None:
        # The line break stands in front: a half line of an earlier run must not swallow this row.
        with open(self.path, "a", encoding="utf-8") as file:
            file.write("\n" + json.dumps(row))
        self.rows[row["key"]] = row


def fingerprint(*values: object) -> str:
    """Short stable name of what results depend on."""
    return hashlib.sha256(repr(values).encode()).hexdigest()[:12]


def save_text(path: Path, text: str) -> None:
    """Writes a report under its name only when it is whole. Raises EngineError("path")."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        building = path.with_name(f".{path.name}.part")
        building.write_text(text, encoding="utf-8")
        os.replace(building, path)
    except OSError as error:
        raise EngineError("path", f"{path} cannot be written: {error.strerror or error}.") from error


def save_json(path: Path, data: Row) -> None:
    """Writes a result as JSON, floats with four decimals."""
    save_text(path, json.dumps(_rounded(data), indent=1) + "\n")


def read_json(path: Path) -> Row | None:
    """A saved result, or None where there is none. Raises EngineError("path") for a damaged one."""
    if not path.exists():
        return None
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EngineError("path", f"{path} cannot be read ({error}); measure again.") from error
    if not isinstance(data, dict):
        raise EngineError("path", f"{path} is not a result of an evaluation; measure again.")
    return data


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
