"""Filters with closed-form coefficients, time-varying ones included, and a waveshaper that does not alias."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter, resample_poly

from engine.corpus.recipe import SAMPLE_RATE, Audio

_BLOCK = 256
_TOP_HZ = 10400.0


def _biquad(kind: str, hz: float, q: float) -> tuple[NDArray, NDArray]:
    """Two-pole section after the cookbook of R. Bristow-Johnson."""
    omega = 2 * np.pi * min(max(hz, 10.0), _TOP_HZ) / SAMPLE_RATE
    cos, alpha = np.cos(omega), np.sin(omega) / (2 * q)
    match kind:
        case "low":
            b = np.array([(1 - cos) / 2, 1 - cos, (1 - cos) / 2])
        case "high":
            b = np.array([(1 + cos) / 2, -(1 + cos), (1 + cos) / 2])
        case _:  # band-pass with unit gain at its centre
            b = np.array([alpha, 0.0, -alpha])
    a = np.array([1 + alpha, -2 * cos, 1 - alpha])
    return (b / a[0]).astype(np.float32), (a / a[0]).astype(np.float32)


def _run(x: NDArray, kind: str, hz: float, q: float) -> Audio:
    b, a = _biquad(kind, hz, q)
    # Low, narrow poles lose precision in float32.
    if hz < 150:
        return lfilter(b.astype(float), a.astype(float), x.astype(float)).astype(np.float32)
    return lfilter(b, a, np.asarray(x, np.float32)).astype(np.float32)


def lowpass(x: NDArray, hz: float, order: int = 2) -> Audio:
    """Low-pass of ``order`` 2 or 4 (12 or 24 dB per octave)."""
    for _ in range(order // 2):
        x = _run(x, "low", hz, 0.7071)
    return np.asarray(x, np.float32)


def highpass(x: NDArray, hz: float, order: int = 2) -> Audio:
    """High-pass of ``order`` 2 or 4."""
    for _ in range(order // 2):
        x = _run(x, "high", hz, 0.7071)
    return np.asarray(x, np.float32)


def bandpass(x: NDArray, low_hz: float, high_hz: float, order: int = 2) -> Audio:
    """High-pass at ``low_hz`` followed by low-pass at ``high_hz``."""
    return lowpass(highpass(x, low_hz, order), high_hz, order)


def resonator(x: NDArray, hz: float, q: float) -> Audio:
    """Band-pass of quality ``q`` with unit gain at ``hz``."""
    return _run(x, "band", hz, q)


def resonators(x: NDArray, hz: Sequence[float], q: float | Sequence[float], gains: Sequence[float] | None = None) -> Audio:
    """Sum of parallel resonators."""
    qs = [q] * len(hz) if np.isscalar(q) else list(q)
    gains = [1.0] * len(hz) if gains is None else gains
    out = np.zeros(len(x), np.float32)
    for frequency, quality, gain in zip(hz, qs, gains, strict=True):
        out += np.float32(gain) * resonator(x, frequency, quality)
    return out


def _varying(x: NDArray, kind: str, hz: NDArray | float, q: NDArray | float) -> Audio:
    x = np.asarray(x, float)
    hz_blocks = _per_block(hz, x.size)
    q_blocks = _per_block(q, x.size)
    state = np.zeros(2)
    out = np.empty(x.size, np.float32)
    for index, start in enumerate(range(0, x.size, _BLOCK)):
        b, a = _biquad(kind, hz_blocks[index], q_blocks[index])
        out[start : start + _BLOCK], state = lfilter(b.astype(float), a.astype(float), x[start : start + _BLOCK], zi=state)
    return out


def _per_block(curve: NDArray | float, samples: int) -> NDArray:
    blocks = -(-samples // _BLOCK)
    if np.isscalar(curve):
        return np.full(blocks, float(curve))
    centres = np.minimum(np.arange(blocks) * _BLOCK + _BLOCK // 2, samples - 1)
    return np.asarray(curve, float)[centres]


def varying_resonator(x: NDArray, hz: NDArray | float, q: NDArray | float) -> Audio:
    """Resonator whose centre (and quality) follow curves of the signal's length, updated every 11.6 ms."""
    return _varying(x, "band", hz, q)


def varying_lowpass(x: NDArray, hz: NDArray | float, q: float = 0.7071) -> Audio:
    """Low-pass whose cut-off follows a curve of the signal's length."""
    return _varying(x, "low", hz, q)


def varying_highpass(x: NDArray, hz: NDArray | float, q: float = 0.7071) -> Audio:
    """High-pass whose cut-off follows a curve of the signal's length."""
    return _varying(x, "high", hz, q)


def drive(x: NDArray, gain: float) -> Audio:
    """tanh(gain x) at twice the rate, then high-passed at 40 Hz against the DC steps of asymmetric waves."""
    fast = np.tanh(gain * resample_poly(np.asarray(x, np.float32), 2, 1))
    return highpass(resample_poly(fast, 1, 2)[: len(x)], 40.0)
