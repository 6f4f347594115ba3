"""Noise and slow random curves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfftfreq

from engine.corpus.recipe import SAMPLE_RATE, Audio


def white(rng: np.random.Generator, samples: int) -> Audio:
    """Gaussian white noise of unit RMS."""
    return rng.standard_normal(samples, dtype=np.float32)


def coloured(rng: np.random.Generator, samples: int, slope_db: float) -> Audio:
    """Noise whose spectrum falls or rises by ``slope_db`` per octave, from 45 Hz up; unit RMS."""
    size = next_fast_len(samples, real=True)
    hz = rfftfreq(size, 1 / SAMPLE_RATE)
    gain = (np.maximum(hz, 45.0) / 1000.0) ** (slope_db / 6.02)
    gain *= hz >= 45.0
    spectrum = rng.standard_normal((2, hz.size), dtype=np.float32)
    noise = irfft((spectrum[0] + 1j * spectrum[1]) * gain.astype(np.float32), size)[:samples]
    return (noise / max(float(noise.std()), 1e-9)).astype(np.float32)


def pink(rng: np.random.Generator, samples: int) -> Audio:
    """Noise falling by 3 dB per octave."""
    return coloured(rng, samples, -3.0)


def brown(rng: np.random.Generator, samples: int) -> Audio:
    """Noise falling by 6 dB per octave, from 45 Hz up."""
    return coloured(rng, samples, -6.0)


def slow(rng: np.random.Generator, samples: int, rate_hz: float) -> Audio:
    """Smooth random curve of zero mean and unit deviation with about ``rate_hz`` changes a second."""
    seconds = samples / SAMPLE_RATE
    knots = max(4, int(np.ceil(seconds * rate_hz)) + 4)
    values = rng.standard_normal(knots)
    fine = np.linspace(1, 1 + seconds * rate_hz, max(2, int(seconds * rate_hz * 12) + 2))
    index = np.minimum(fine.astype(int), knots - 3)
    u = fine - index
    p0, p1, p2, p3 = (values[index + k] for k in (-1, 0, 1, 2))
    # Catmull-Rom spline: smooth and local, no system of equations to solve.
    curve = p1 + 0.5 * u * (p2 - p0 + u * (2 * p0 - 5 * p1 + 4 * p2 - p3 + u * (3 * (p1 - p2) + p3 - p0)))
    return spread(curve, samples)


def spread(values: NDArray | list[float], samples: int) -> Audio:
    """Control values stretched evenly over ``samples`` by linear interpolation."""
    values = np.asarray(values, float)
    return np.interp(np.linspace(0, values.size - 1, samples), np.arange(values.size), values).astype(np.float32)
