"""Draws one grid of any length: windows over time, candidates that compete, and a record of every iteration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.sampling.guidance import LogitsFunction
from engine.sampling.masked import Step, unmask
from engine.types import HIDDEN, SamplingSettings, StepHistory

# A grid may be this many columns longer than the trained one before it is drawn in windows: 10 s are 54 columns, not 53.
_EXTRA_COLS = 3
_OVERLAP_SHARE = 0.3
# Primes that keep the seeds of windows and of candidates apart.
_WINDOW_SEED, _CANDIDATE_SEED = 7919, 104_729

Judgement = Callable[[Tensor], Tensor]
"""Whole grids (n, rows, cols) -> how well each suits the prompt (n,), larger is better."""


LogitsAt = Callable[[int, int], LogitsFunction]
"""First column and the one behind the last -> the logits function of that window."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """State of the whole grid after an iteration, all (rows, cols): ``ids`` -1 where hidden, ``guess`` whole, ``confidence`` 0..1."""

    number: int
    total: int
    ids: Tensor
    guess: Tensor
    confidence: Tensor


def draw_grid(
    logits_at: LogitsAt, start: Tensor, window_cols: int, seed: int, settings: SamplingSettings, judgement: Judgement
) -> Iterator[Drawn]:
    """Fills the hidden cells of ``start`` (rows, cols); grids longer than the trained one in overlapping windows.

    With ``settings.candidates`` above one, that many are drawn side by side; half-way the one whose guess suits the prompt best goes on
    alone (candidates rescored by an external model, as in MAGNeT section 3.4).
    """
    grid = start.clone()
    guess, confidence = grid.clone(), (grid != HIDDEN).float()
    windows = window_starts(grid.shape[1], window_cols)
    for number, first in enumerate(windows):
        last = min(grid.shape[1], first + max(window_cols, grid.shape[1] if len(windows) == 1 else 0))
        for step in _draw_window(logits_at(first, last), grid[:, first:last], seed + _WINDOW_SEED * number, settings, judgement):
            ids = grid.clone()
            ids[:, first:last] = step.ids[0].to(ids.device)
            guess = torch.where(ids == HIDDEN, guess, ids)
            guess[:, first:last] = step.guess[0].to(ids.device)
            confidence = confidence.clone()
            confidence[:, first:last] = step.confidence[0].to(confidence.device)
            yield Drawn(number * settings.steps + step.number, len(windows) * settings.steps, ids, guess, confidence)
            if step.number == settings.steps or not (step.ids == HIDDEN).any():
                grid = ids


def _draw_window(logits: LogitsFunction, start: Tensor, seed: int, settings: SamplingSettings, judgement: Judgement) -> Iterator[Step]:
    """Iterations of one window, each as a batch of one: the leader's."""
    count = settings.candidates
    seeds = [seed + _CANDIDATE_SEED * index for index in range(count)]
    chosen_at = max(1, settings.steps // 2) if count > 1 else 0

    def survivors(step: Step) -> list[int] | None:
        return [int(judgement(step.guess).argmax())] if step.number == chosen_at else None

    for step in unmask(logits, start[None].expand(count, -1, -1).clone(), seeds, settings, survivors if count > 1 else None):
        yield step.only(0)


def window_starts(cols: int, window_cols: int) -> list[int]:
    """First columns of the overlapping windows that cover a grid; every window but the first begins inside what is known."""
    if cols <= window_cols + _EXTRA_COLS:
        return [0]
    stride = window_cols - round(window_cols * _OVERLAP_SHARE)
    starts = list(range(0, cols - window_cols, stride))
    return [*starts, cols - window_cols]


class Recorder:
    """Collects what every iteration left behind."""

    def __init__(self) -> None:
        self._steps: list[Drawn] = []

    def add(self, drawn: Drawn) -> None:
        """One more iteration."""
        self._steps.append(drawn)

    def history(self) -> StepHistory | None:
        """All iterations, or None if there was none. Cells that no window has reached yet count as the first code."""
        if not self._steps:
            return None
        guess = torch.stack([drawn.guess for drawn in self._steps]).clamp_min(0).cpu().numpy().astype(np.int32)
        fixed = torch.stack([drawn.ids != HIDDEN for drawn in self._steps]).cpu().numpy()
        confidence = torch.stack([drawn.confidence for drawn in self._steps]).cpu().numpy().astype(np.float32)
        return StepHistory(guess, fixed, confidence)
