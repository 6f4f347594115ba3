"""Which cells are fixed next: by confidence with annealed noise, in spans of time, or along a low-discrepancy sequence."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

# Columns that the order "span" fixes together: about half a second of the embedded geometry.
SPAN_COLS = 3


def confidence_scores(log_probability: Tensor, noise: Tensor, temperature: float) -> Tensor:
    """Confidence of sampled codes: log p + temperature x Gumbel noise (SpecMaskGIT equation 3)."""
    return log_probability + temperature * noise


def annealed_temperature(step: int, total: int, temperature: float) -> float:
    """Gumbel temperature of iteration ``step`` (0-based): falls linearly and is 0 in the last one."""
    return temperature * (1.0 - (step + 1) / total)


def span_of_columns(cols: int) -> Tensor:
    """Number of the span (cols,) that each column belongs to; the last span may be shorter."""
    return torch.arange(cols) // SPAN_COLS


def span_scores(log_probability: Tensor, noise: Tensor, unknown: Tensor, temperature: float) -> Tensor:
    """Score (B, spans) of every span: mean log p of its unknown cells + temperature x one Gumbel draw; nothing unknown: infinite.

    Neighbours in time share information, so whole spans are fixed at once (MAGNeT section 3.2). All inputs are (B, rows, cols).
    """
    cols = log_probability.shape[-1]
    span = span_of_columns(cols)
    count = int(span[-1]) + 1
    pooled = log_probability.new_zeros(log_probability.shape[0], count)
    cells = pooled.clone()
    pooled.index_add_(1, span, (log_probability * unknown).sum(dim=1))
    cells.index_add_(1, span, unknown.sum(dim=1).to(cells.dtype))
    score = pooled / cells.clamp_min(1) + temperature * noise[:, 0, ::SPAN_COLS]
    return score.masked_fill(cells == 0, torch.inf)


@lru_cache(maxsize=64)
def _halton_ranks(rows: int, cols: int) -> tuple[int, ...]:
    """Rank of each cell (row-major) in the Halton sequence with bases 2 (time) and 3 (frequency)."""
    ranks: dict[int, int] = {}
    index = 1
    while len(ranks) < rows * cols:
        cell = int(_radical_inverse(index, 3) * rows) * cols + int(_radical_inverse(index, 2) * cols)
        ranks.setdefault(cell, len(ranks))
        index += 1
    return tuple(ranks[cell] for cell in range(rows * cols))


def _radical_inverse(index: int, base: int) -> float:
    value, scale = 0.0, 1.0 / base
    while index:
        index, digit = divmod(index, base)
        value += digit * scale
        scale /= base
    return value


def halton_scores(rows: int, cols: int, roll: int) -> Tensor:
    """Scores (rows * cols,) that fall along the Halton order; ``roll`` starts it elsewhere for variety."""
    ranks = torch.tensor(_halton_ranks(rows, cols))
    return -((ranks + roll) % (rows * cols)).float()
