"""Draws one grid of any length: windows over time, candidates that compete, and a record of every iteration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.sampling.guidance import LogitsFunction
from engine.sampling.masked import CriticFunction, Step, unmask
from engine.types import HIDDEN, SamplingSettings, StepHistory

# A grid may be this many columns longer than the trained one before it is drawn in windows: 10 s are 54 columns, not 53.
_EXTRA_COLS = 3
_OVERLAP_SHARE = 0.3
# Primes that keep the seeds of windows and of candidates apart.
_WINDOW_SEED, _CANDIDATE_SEED = 7919, 104_729
# One more, so that second codes are not drawn with the noise of the first ones.
_DETAIL_SEED = 15_485_863

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
    logits_at: LogitsAt,
    start: Tensor,
    window_cols: int,
    seed: int,
    settings: SamplingSettings,
    judgement: Judgement,
    recorder: Recorder,
    critic: CriticFunction | None = None,
) -> Iterator[Drawn]:
    """Fills the hidden cells of ``start`` (rows, cols); grids longer than the trained one in overlapping windows.

    With ``settings.candidates`` above one, that many are drawn side by side; the first is shown while they are drawn, the one that suits
    the prompt best is kept, and its iterations are what ``recorder`` gets (candidates rescored by another model, as in MAGNeT section 3.4).
    ``critic`` judges the cells if that is the order. Raises like ``unmask``.
    """
    grid = start.clone()
    guess, confidence = grid.clone(), (grid != HIDDEN).float()
    windows = window_starts(grid.shape[1], window_cols)
    total = len(windows) * settings.steps
    for number, first in enumerate(windows):
        last = min(grid.shape[1], first + max(window_cols, grid.shape[1] if len(windows) == 1 else 0))
        before = Drawn(number * settings.steps, total, grid, guess, confidence)
        steps: list[Step] = []
        seeds = [seed + _WINDOW_SEED * number + _CANDIDATE_SEED * index for index in range(settings.candidates)]
        known = grid[None, :, first:last].expand(settings.candidates, -1, -1).clone()
        for step in unmask(_shared(logits_at(first, last)), known, seeds, settings, critic):
            steps.append(step)
            if not _is_last(step):
                yield _placed(before, step.only(0), first, last)
        if steps:
            best = int(judgement(steps[-1].guess).argmax()) if settings.candidates > 1 else 0
            placed = [_placed(before, step.only(best), first, last) for step in steps]
            for drawn in placed:
                recorder.add(drawn)
            yield placed[-1]
            grid, guess, confidence = placed[-1].ids, placed[-1].guess, placed[-1].confidence


def _shared(logits: LogitsFunction) -> LogitsFunction:
    """The same function, asked once where all candidates (n, rows, cols) still agree, as before the first iteration."""

    def once(ids: Tensor, conditional: bool) -> Tensor:
        if (ids == ids[:1]).all():
            return logits(ids[:1], conditional).expand(len(ids), -1, -1, -1)
        return logits(ids, conditional)

    return once


def draw_detail(logits: Callable[[Tensor], Tensor], start: Tensor, seed: int, steps: int, token_temperature: float) -> Tensor:
    """Fills the hidden cells of second codes ``start`` (n, rows, cols) in few iterations, each grid with the same seed; known ones stay.

    ``logits``: second codes (n, rows, cols), -1 where hidden -> (n, rows, cols, codes); the first codes it knows by itself.
    """
    settings = SamplingSettings(
        steps=steps, guidance=1.0, guidance_start=1.0, temperature=0.0, order="confidence", token_temperature=token_temperature
    )
    filled = start
    for step in unmask(lambda ids, _: logits(ids), filled, [seed + _DETAIL_SEED] * len(start), settings):
        filled = step.ids
    return filled.to(start.device)


def _is_last(step: Step) -> bool:
    return step.number == step.total or not (step.ids == HIDDEN).any()


def _placed(before: Drawn, step: Step, first: int, last: int) -> Drawn:
    """The whole grid with an iteration of the window of columns ``first``..``last``."""
    ids, guess, confidence = before.ids.clone(), before.guess.clone(), before.confidence.clone()
    ids[:, first:last] = step.ids[0].to(ids.device)
    guess = torch.where(ids == HIDDEN, guess, ids)
    guess[:, first:last] = step.guess[0].to(guess.device)
    confidence[:, first:last] = step.confidence[0].to(confidence.device)
    return Drawn(before.number + step.number, before.total, ids, guess, confidence)


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
