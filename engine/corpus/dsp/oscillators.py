"""Oscillators without aliasing: sines, harmonic sums and frequency modulation over a frequency curve."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.corpus.recipe import SAMPLE_RATE, Audio

_TOP_HZ = 10000.0


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


def _poly_blep(t: NDArray, step: NDArray) -> NDArray:
    """Two-sample correction of a unit step at phase 0 (t in 0..1)."""
    before = (t - 1) / step
    after = t / step
    return np.where(t < step, 2 * after - after**2 - 1, np.where(t > 1 - step, before**2 + 2 * before + 1, 0.0))


def saw(hz: NDArray | float, samples: int, start: float = 0.0) -> Audio:
    """Band-limited sawtooth (polyBLEP)."""
    cycles = phase(hz, samples, start) / (2 * np.pi)
    t = cycles % 1.0
    step = np.broadcast_to(np.maximum(np.asarray(hz, float), 1.0) / SAMPLE_RATE, (samples,))
    return (2 * t - 1 - _poly_blep(t, step)).astype(np.float32)


def square(hz: NDArray | float, samples: int, duty: float = 0.5, start: float = 0.0) -> Audio:
    """Band-limited rectangle wave of a duty cycle (polyBLEP), without DC."""
    cycles = phase(hz, samples, start) / (2 * np.pi)
    t, t2 = cycles % 1.0, (cycles + 1 - duty) % 1.0
    step = np.broadcast_to(np.maximum(np.asarray(hz, float), 1.0) / SAMPLE_RATE, (samples,))
    wave = np.where(t < duty, 1.0, -1.0) + _poly_blep(t, step) - _poly_blep(t2, step)
    return (wave - (2 * duty - 1)).astype(np.float32)


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
