"""Which cells are fixed next: by confidence with annealed noise, or along a low-discrepancy sequence."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor


def confidence_scores(log_probability: Tensor, noise: Tensor, temperature: float) -> Tensor:
    """Confidence of sampled codes: log p + temperature x Gumbel noise (SpecMaskGIT equation 3)."""
    return log_probability + temperature * noise


def annealed_temperature(step: int, total: int, temperature: float) -> float:
    """Gumbel temperature of iteration ``step`` (0-based): falls linearly and is 0 in the last one."""
    return temperature * (1.0 - (step + 1) / total)


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
