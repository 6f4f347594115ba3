"""Voices of people and animals: glottal pulses through formants."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dsp.filters import bandpass, resonator, varying_resonator
from engine.corpus.dsp.noise import slow, white
from engine.corpus.recipe import SAMPLE_RATE, Audio

VOWELS: dict[str, tuple[float, float, float]] = {
    "i": (273, 2086, 2754),
    "e": (515, 1805, 2526),
    "a": (770, 1153, 2450),
    "o": (637, 895, 2556),
    "u": (349, 918, 2350),
    "@": (561, 1084, 2541),
    "m": (265, 1176, 2352),
}
TRACT = {"man": 1.0, "woman": 1.17, "child": 1.35, "small_dog": 1.6, "large_dog": 0.7, "monster": 0.6}


def glottal(rng: np.random.Generator, hz: NDArray | float, samples: int, open_quotient: float = 0.6, jitter: float = 0.01,
            breath_db: float = -25.0) -> Audio:  # fmt: skip
    """Differentiated Rosenberg pulses along a pitch curve, with jitter and breath noise; roughly unit RMS.

    ``open_quotient`` 0.4 is pressed (barks), 0.75 breathy; ``jitter`` 0.01 speech, 0.04 bark, 0.08 growl.
    """
    curve = np.broadcast_to(np.asarray(hz, float), (samples,))
    if jitter > 0:
        curve = curve * (1 + jitter * slow(rng, samples, 60.0))
    t = (np.cumsum(curve) / SAMPLE_RATE) % 1.0
    rise, fall = 0.66 * open_quotient, 0.34 * open_quotient
    flow = np.where(
        t < rise, 0.5 * (1 - np.cos(np.pi * t / rise)), np.where(t < rise + fall, np.cos(np.pi * (t - rise) / (2 * fall)), 0.0)
    )
    pulse = np.diff(flow, prepend=flow[0])
    pulse = pulse / max(float(pulse.std()), 1e-9)
    noise = 10 ** (breath_db / 20) * white(rng, samples) * (0.3 + flow)
    return (pulse + noise).astype(np.float32)


def formants(x: NDArray, hz: Sequence[float | NDArray], gains: Sequence[float] = (1.0, 0.65, 0.35), scale: float = 1.0,
             q: float | None = None) -> Audio:  # fmt: skip
    """Parallel formant resonators; each frequency is a number or a curve; ``scale`` is the vocal tract's size factor.

    Without ``q`` the bandwidth is 80 + F/25 Hz.
    """
    out = np.zeros(len(x), np.float32)
    for frequency, gain in zip(hz, gains, strict=False):
        f = np.asarray(frequency, float) * scale
        quality = q if q is not None else float(np.mean(f) / (80 + np.mean(f) / 25))
        filtered = resonator(x, float(f), quality) if f.ndim == 0 else varying_resonator(x, f, quality)
        out += np.float32(gain) * filtered
    return out


def fricative(rng: np.random.Generator, kind: str, samples: int) -> Audio:
    """Noise of s, sh or f at unit RMS."""
    noise = white(rng, samples)
    match kind:
        case "s":
            noise = resonator(noise, 5200, 3) + resonator(noise, 7200, 3)
        case "sh":
            noise = resonator(noise, 2700, 3) + resonator(noise, 4000, 3)
        case _:
            noise = bandpass(noise, 1000, 8000)
    return noise / max(float(noise.std()), 1e-9)
