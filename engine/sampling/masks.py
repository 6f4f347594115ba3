"""Which cells are hidden in training: random shares, and shapes that people paint."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def truncated_gaussian(rng: np.random.Generator, mean: float = 0.55, deviation: float = 0.25) -> float:
    """Masking ratio of the paper: Gaussian around 0.55, truncated to 0..1 (SpecMaskGIT section 3.2)."""
    while True:
        ratio = rng.normal(mean, deviation)
        if 0.0 < ratio <= 1.0:
            return float(ratio)


def arccosine(rng: np.random.Generator) -> float:
    """Masking ratio as often as the cosine schedule meets it: high ratios more often (MaskGIT)."""
    return float(math.cos(0.5 * math.pi * rng.random()))


def random_mask(rng: np.random.Generator, rows: int, cols: int, ratio: float) -> NDArray[np.bool_]:
    """``ceil(ratio * cells)`` hidden cells anywhere, bool [rows, cols]."""
    cells = rows * cols
    hidden = np.zeros(cells, bool)
    hidden[rng.permutation(cells)[: max(1, math.ceil(ratio * cells))]] = True
    return hidden.reshape(rows, cols)


def structured_mask(rng: np.random.Generator, rows: int, cols: int) -> NDArray[np.bool_]:
    """A time span, a band of rows or a rectangle, hidden whole: what brushes and stripes ask for."""
    hidden = np.zeros((rows, cols), bool)
    width = int(rng.integers(1, cols + 1))
    left = int(rng.integers(0, cols - width + 1))
    height = int(rng.integers(1, rows + 1))
    bottom = int(rng.integers(0, rows - height + 1))
    match rng.integers(3):
        case 0:
            hidden[:, left : left + width] = True
        case 1:
            hidden[bottom : bottom + height] = True
        case _:
            hidden[bottom : bottom + height, left : left + width] = True
    return hidden


def span_mask(rng: np.random.Generator, rows: int, cols: int, ratio: float, span_cols: int = 3) -> NDArray[np.bool_]:
    """``ceil(ratio * cells)`` hidden cells, exactly, in spans of ``span_cols`` whole columns anywhere (MAGNeT section 3.2).

    Spans may overlap; only the last one is hidden in part, so that the share is exact.
    """
    wanted = max(1, math.ceil(ratio * (rows * cols)))
    hidden = np.zeros((rows, cols), bool)
    # Spans may stick out at both ends, else the outermost columns would be hidden less often than the others.
    for start in rng.permutation(np.arange(1 - span_cols, cols)):
        before = hidden.copy()
        hidden[:, max(0, start) : start + span_cols] = True
        if hidden.sum() >= wanted:
            fresh = np.flatnonzero((hidden & ~before).T)
            spare = fresh[len(fresh) - (int(hidden.sum()) - wanted) :]
            hidden[spare % rows, spare // rows] = False
            break
    return hidden


def training_mask(
    rng: np.random.Generator,
    rows: int,
    cols: int,
    structured_share: float = 0.2,
    arccosine_share: float = 0.0,
    span_share: float = 0.0,
    span_cols: int = 3,
) -> NDArray[np.bool_]:
    """Hidden cells of one training example, bool [rows, cols]; at least one.

    ``structured_share`` of the examples hide shapes that people paint, ``arccosine_share`` of the others as many cells as the cosine
    schedule meets; ``span_share`` of those that are left hide spans of ``span_cols`` whole columns instead of scattered cells.
    """
    if rng.random() < structured_share:
        return structured_mask(rng, rows, cols)
    ratio = arccosine(rng) if rng.random() < arccosine_share else truncated_gaussian(rng)
    # Without spans nothing more is drawn: runs that began before there were spans see the same masks.
    if span_share > 0 and rng.random() < span_share:
        return span_mask(rng, rows, cols, ratio, span_cols)
    return random_mask(rng, rows, cols, ratio)
