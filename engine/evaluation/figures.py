"""The arithmetic and the tables of all evaluations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_RESAMPLES = 2000


def bootstrap_interval(values: NDArray, groups: NDArray | None = None, seed: int = 0) -> tuple[float, float]:
    """95 % interval of the mean of ``values`` [n]; whole ``groups`` [n] (classes) are drawn together, for their clips are alike."""
    values = np.asarray(values, float)
    if values.size == 0:
        return 0.0, 0.0
    _, owner = np.unique(np.arange(values.size) if groups is None else groups, return_inverse=True)
    sums, sizes = np.bincount(owner, values), np.bincount(owner)
    drawn = np.random.default_rng(seed).integers(0, sizes.size, (_RESAMPLES, sizes.size))
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)


def accuracy(ranks: Sequence[int] | NDArray, groups: Sequence[object] | NDArray | None = None) -> dict[str, float | int | list[float]]:
    """Shares of clips whose true class stands first (rank 0) and among the first five, with the interval of the former."""
    ranks = np.asarray(ranks, int)
    if ranks.size == 0:
        return {"clips": 0, "top1": 0.0, "top5": 0.0, "interval": [0.0, 0.0]}
    interval = bootstrap_interval(ranks == 0, None if groups is None else np.asarray(groups))
    return {"clips": int(ranks.size), "top1": float((ranks == 0).mean()), "top5": float((ranks < 5).mean()), "interval": list(interval)}


def effect_size(low: Sequence[float] | NDArray, high: Sequence[float] | NDArray) -> float:
    """Difference of the means (high - low) over the pooled deviation; 0 where nothing varies."""
    low, high = np.asarray(low, float), np.asarray(high, float)
    pooled = np.sqrt((low.var(ddof=1) + high.var(ddof=1)) / 2) if min(low.size, high.size) > 1 else 0.0
    difference = high.mean() - low.mean()
    # A measure that is the same for every clip up to rounding tells nothing.
    if abs(difference) <= 1e-9 * max(abs(high.mean()), abs(low.mean())):
        return 0.0
    return float(difference / max(pooled, 1e-9))


def percent(share: float) -> str:
    """0.1234 -> "12.3 %"."""
    return f"{100 * share:.1f} %"


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; every column but the first is aligned to the right."""
    lines = ["| " + " | ".join(header) + " |", "|" + "|".join(["---"] + ["---:"] * (len(header) - 1)) + "|"]
    lines += ["| " + " | ".join(str(cell).replace("|", "/") for cell in row) + " |" for row in rows]
    return "\n".join(lines)
