"""Notes, chords and rhythm, and an oscillator that reads a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dsp.oscillators import phase
from engine.corpus.recipe import Audio

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "suspended": (0, 2, 5, 7, 10),
    "pentatonic": (0, 2, 4, 7, 9),
}
CHORDS: dict[str, tuple[int, ...]] = {
    "major": (0, 4, 7, 12),
    "minor": (0, 3, 7, 12),
    "suspended": (0, 5, 7, 12),
    "power": (0, 7, 12, 19),
}
_TABLE = 4096
_TOP_HZ = 10000.0


def transposed(hz: float, semitones: float | NDArray) -> float | NDArray:
    """Frequency moved by equal-tempered semitones."""
    return hz * 2 ** (np.asarray(semitones) / 12) if np.ndim(semitones) else float(hz * 2 ** (semitones / 12))


def melody(rng: np.random.Generator, notes: int, scale: str, span: int = 7) -> NDArray[np.int64]:
    """Semitones of a tune that walks by small steps along a scale, within ``span`` degrees above the root, and ends on the root."""
    degrees = np.asarray(SCALES[scale])
    steps = rng.choice([-2, -1, -1, 1, 1, 2, 3, -3], notes)
    walk = np.abs(rng.integers(0, span + 1) + np.cumsum(steps)) % (2 * span)
    walk = np.where(walk > span, 2 * span - walk, walk)
    walk[-1] = 0
    return degrees[walk % degrees.size] + 12 * (walk // degrees.size)


def bar_times(rng: np.random.Generator, chances: Sequence[float], bpm: float, seconds: float, swing: float = 0.0,
              start_s: float = 0.05) -> tuple[NDArray[np.float64], NDArray[np.int64]]:  # fmt: skip
    """Times and step numbers of a repeated bar of sixteenths, one chance per step; the bar is drawn once, one in four varies a little."""
    chances = np.asarray(chances, float)
    step_s = 15.0 / bpm
    bars = int(seconds / (step_s * chances.size)) + 1
    grid = np.tile(rng.random(chances.size) < chances, (bars, 1))
    varied = rng.random((bars, chances.size)) < chances
    grid = np.where((np.arange(bars) % 4 == 3)[:, None], varied, grid).ravel()
    steps = np.flatnonzero(grid)
    times = start_s + step_s * (steps + swing * (steps % 2))
    inside = times < seconds - 0.03
    return times[inside], steps[inside] % chances.size


def wavetable(amplitudes: Sequence[float] | NDArray, hz: NDArray | float, samples: int, start: float = 0.0) -> Audio:
    """Oscillator that reads one period of a harmonic sum along a pitch curve; partials that would pass 10 kHz are left out."""
    top = max(1, int(_TOP_HZ / float(np.max(hz))))
    spectrum = np.zeros(_TABLE // 2 + 1, complex)
    used = np.asarray(amplitudes, float)[:top]
    spectrum[1 : used.size + 1] = -0.5j * _TABLE * used
    table = np.fft.irfft(spectrum).astype(np.float32)
    index = (phase(hz, samples, start) * (_TABLE / (2 * np.pi))).astype(np.int64)
    return table[index & (_TABLE - 1)]


def sawteeth(count: int = 160) -> NDArray[np.float64]:
    """Harmonic amplitudes of a sawtooth, for ``wavetable``."""
    return 0.6 / np.arange(1, count + 1)
