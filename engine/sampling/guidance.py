"""Classifier-free guidance with a scale that rises over the iterations."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

LogitsFunction = Callable[[Tensor, bool], Tensor]
"""(ids (B, rows, cols), with the condition?) -> logits (B, rows, cols, codes)."""


def guidance_at(step: int, total: int, scale: float, start: float = 0.0) -> float:
    """Scale of iteration ``step`` (0-based): linear from ``start`` to ``scale`` (SpecMaskGIT section 3.4)."""
    if total == 1:
        return scale
    return start + (scale - start) * step / (total - 1)


def guided_logits(logits: LogitsFunction, ids: Tensor, scale: float) -> Tensor:
    """l_u + scale (l_c - l_u) (SpecMaskGIT equation 2); a pass that would be multiplied by zero is not made."""
    if scale == 0.0:
        return logits(ids, False)
    conditional = logits(ids, True)
    if scale == 1.0:
        return conditional
    unconditional = logits(ids, False)
    return unconditional + scale * (conditional - unconditional)
