"""Oscillators without aliasing: sines, harmonic sums, tables of sawteeth and frequency modulation over a frequency curve."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from engine.corpus.recipe import SAMPLE_RATE, Audio

_TOP_HZ = 10000.0
_TABLE = 8192
_LOWEST_HZ, _OCTAVES, _TABLES_PER_OCTAVE = 20.0, 9, 6


def phase(hz: NDArray | float, samples: int, start: float = 0.0) -> NDArray[np.float64]:
    """Phase in radians of an oscillator that follows ``hz`` (a curve or a constant)."""
    if np.isscalar(hz):
        return start + 2 * np.pi * float(hz) / SAMPLE_RATE * np.arange(samples)
    return start + 2 * np.pi * np.cumsum(np.asarray(hz, float)[:samples]) / SAMPLE_RATE


def sine(hz: NDArray | float, samples: int, start: float = 0.0) -> Audio:
    """Sine wave."""
    return np.sin(phase(hz, samples, start)).astype(np.float32)


def harmonics(hz: NDArray | float, amplitudes: Sequence[float], samples: int, start: float = 0.0) -> Audio:
    """Sum of sines at 1, 2, 3 ... times ``hz``; partials above 10 kHz are left out, near it faded."""
    base = phase(hz, samples, start)
    top = float(np.max(hz))
    count = min(len(amplitudes), int(_TOP_HZ / max(float(np.min(hz)), 1.0)))
    rotation = np.exp(1j * base).astype(np.complex64)
    partial = np.ones(samples, np.complex64)
    out = np.zeros(samples, np.float32)
    for k in range(1, count + 1):
        partial *= rotation
        gain: NDArray | float = amplitudes[k - 1]
        if gain == 0:
            continue
        if k * top > 0.85 * _TOP_HZ and not np.isscalar(hz):
            gain = gain * np.clip((_TOP_HZ - k * np.asarray(hz)) / 1500.0, 0, 1)
        out += (gain * partial.imag).astype(np.float32)
    return out


def _rolled(law: Callable[[NDArray], NDArray], hz: NDArray | float) -> NDArray:
    return law(np.arange(1, max(2, min(160, int(_TOP_HZ / max(float(np.min(hz)), 30.0)))) + 1))


@cache
def _saw_tables() -> NDArray[np.float32]:
    """One period of a rising sawtooth for each sixth of an octave from 20 Hz up, with the partials that stay below 10.4 kHz there."""
    tables = np.zeros((_OCTAVES * _TABLES_PER_OCTAVE, _TABLE), np.float32)
    for level, table in enumerate(tables):
        # A table is heard up to the start of the one after the next.
        top_hz = _LOWEST_HZ * 2 ** ((level + 1) / _TABLES_PER_OCTAVE)
        partials = np.arange(1, max(1, int(10400 / top_hz)) + 1)
        spectrum = np.zeros(_TABLE // 2 + 1, complex)
        spectrum[partials] = 1j * _TABLE / (np.pi * partials)
        table[:] = np.fft.irfft(spectrum)
    return tables


def saw(hz: NDArray | float, samples: int, start: float = 0.0) -> Audio:
    """Rising sawtooth -1..1 without aliasing: tables of fewer and fewer partials, cross-faded along the pitch curve."""
    tables = _saw_tables()
    curve = np.atleast_1d(np.asarray(hz, float))[:samples]
    level = np.clip(_TABLES_PER_OCTAVE * np.log2(np.maximum(curve, _LOWEST_HZ) / _LOWEST_HZ), 0, len(tables) - 1.001)
    lower = level.astype(np.int64)
    weight = (level - lower).astype(np.float32)
    position = (phase(hz, samples, start) * (_TABLE / (2 * np.pi))).astype(np.int64) & (_TABLE - 1)
    return (1 - weight) * tables[lower, position] + weight * tables[lower + 1, position]


def square(hz: NDArray | float, samples: int, duty: float = 0.5, start: float = 0.0) -> Audio:
    """Rectangle wave of a duty cycle without aliasing and without DC: the difference of two sawteeth."""
    return saw(hz, samples, start + 2 * np.pi * (1 - duty)) - saw(hz, samples, start)


def triangle(hz: NDArray | float, samples: int, start: float = 0.0) -> Audio:
    """Triangle wave as a harmonic sum."""
    amplitudes = _rolled(lambda k: np.where(k % 2 == 1, 0.8106 * (-1.0) ** ((k - 1) // 2) / k**2, 0.0), hz)[:15]
    return harmonics(hz, amplitudes, samples, start)


def fm(carrier_hz: NDArray | float, ratio: float, index: NDArray | float, samples: int) -> Audio:
    """Frequency modulation: sin(phase + index sin(ratio phase)); bells ratio 1.4, brass 1, wood 1.41."""
    base = phase(carrier_hz, samples)
    return np.sin(base + index * np.sin(ratio * base)).astype(np.float32)


def glide(start_hz: float, end_hz: float, samples: int, curve: float = 1.0) -> NDArray[np.float64]:
    """Exponential glide between two frequencies; ``curve`` above 1 stays longer at the start."""
    u = np.linspace(0, 1, samples) ** curve
    return start_hz * (end_hz / start_hz) ** u


def vibrato(hz: NDArray | float, samples: int, rate_hz: float, depth: float, start: float = 0.0) -> NDArray[np.float64]:
    """Frequency curve wobbling by the relative ``depth`` at ``rate_hz``."""
    return np.asarray(hz, float) * (1 + depth * np.sin(phase(rate_hz, samples, start)))
