"""How many cells are still hidden after each iteration (MaskGIT section 3.3 and its ablation)."""

from __future__ import annotations

import math
from collections.abc import Callable

SCHEDULES: dict[str, Callable[[float], float]] = {
    "cosine": lambda r: math.cos(0.5 * math.pi * r),
    "linear": lambda r: 1.0 - r,
    "square": lambda r: 1.0 - r**2,
    "cubic": lambda r: 1.0 - r**3,
    "exponential": lambda r: (math.e - math.exp(r)) / (math.e - 1.0),
    "square_root": lambda r: 1.0 - math.sqrt(r),
    "logarithmic": lambda r: -math.log2(max(r, 1e-6)) / math.log2(1e6),
}


def hidden_after(step: int, total: int, hidden_at_start: int, hidden_now: int, schedule: str = "cosine") -> int:
    """Cells to hide again after iteration ``step`` (0-based) of ``total``.

    Every iteration fixes at least one cell and, but for the last one whose leftovers are all kept, leaves at least one: the arithmetic of
    the released MaskGIT sampler (floor, then at least one and at most one less than now).
    """
    ratio = min(1.0, max(1e-6, SCHEDULES[schedule]((step + 1) / total)))
    return max(1, min(hidden_now - 1, math.floor(hidden_at_start * ratio)))


def hidden_again(fixed: int, hidden: int, share: float) -> int:
    """How many of the ``hidden`` cells after an iteration are taken from the ``fixed`` ones that this run has drawn.

    A share of them, but no more than the schedule hides at all: the capped schedule of ReMDM (arXiv 2503.00307 section 4.1).
    """
    return min(hidden, math.floor(fixed * share))


def hidden_counts(cells: int, total: int, schedule: str = "cosine") -> list[int]:
    """Hidden cells after each of ``total`` iterations that start from ``cells`` hidden ones."""
    counts, now = [], cells
    for step in range(total):
        now = hidden_after(step, total, cells, now, schedule)
        counts.append(now)
    return counts
