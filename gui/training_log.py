"""The log of a training as curves: one JSON object per line, written by another process while we read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Part -> what is drawn: the loss on sounds that are trained on, the same on held-out ones (empty: there is none that compares).
FIGURES = {
    "tokenizer": ("l1_db", "val_l1_db"),
    "decoder": ("score", "val_score"),
    "prompt": ("loss", ""),
    "vocoder": ("mel_db", "val_mel_db"),
    "hints": ("distance", "val_distance"),
    "detail": ("distance", "val_distance"),
    "detail_generator": ("loss", "val_text"),
    "generator": ("loss", "val_sound"),
}

_NEEDED = {"step", "of", "steps_per_s", "left_min"}
_TAIL_BYTES = 4096


@dataclass
class TrainingLog:
    """Points (step, value) of the curves of one part, its last held-out figures, and how far and how fast it is."""

    part: str
    step: int = 0
    of: int = 0
    steps_per_s: float = 0.0
    left_min: float = 0.0
    trained: list[tuple[int, float]] = field(default_factory=list)
    held_out: list[tuple[int, float]] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)

    def add(self, row: dict[str, Any]) -> None:
        """One line of the log; after a kill some steps come a second time, and what they were before does not count."""
        self.step, self.of = int(row["step"]), int(row["of"])
        self.steps_per_s, self.left_min = float(row["steps_per_s"]), float(row["left_min"])
        loss, held_out = FIGURES[self.part]
        if "validation" in row:
            self.figures = {name: value for name, value in row.items() if isinstance(value, float | int)}
            points, value = self.held_out, row.get(held_out)
        else:
            points, value = self.trained, row.get(loss)
        while points and points[-1][0] >= self.step:
            points.pop()
        if isinstance(value, float | int):
            points.append((self.step, float(value)))


def read_log(path: Path, part: str) -> TrainingLog | None:
    """The whole log of a part; None if there is none yet."""
    log = None
    for row in _rows(path):
        log = log or TrainingLog(part)
        log.add(row)
    return log


def last_step(path: Path) -> tuple[int, int]:
    """Steps done and steps in all as the end of the log tells; zeros without one."""
    step, of = 0, 0
    for row in _rows(path, _TAIL_BYTES):
        step, of = int(row["step"]), int(row["of"])
    return step, of


def _rows(path: Path, last_bytes: int = 0) -> Iterator[dict[str, Any]]:
    """Lines that are whole, all or those at the end; the last one may be in the middle of being written."""
    try:
        with path.open("rb") as file:
            if last_bytes:
                file.seek(max(0, path.stat().st_size - last_bytes))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return
    for line in text.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and row.keys() >= _NEEDED:
            yield row
