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


def babble(rng: np.random.Generator, samples: int, hz: float, scale: float = 1.0, rate: float = 4.5, liveliness: float = 0.0) -> Audio:
    """Unintelligible speech of one voice: phrases of 4-14 syllables that glide from vowel to vowel, with fricatives between.

    ``rate`` is syllables per second inside a phrase; ``liveliness`` 0..1 widens the melody and shortens the pauses.
    """
    seconds = samples / SAMPLE_RATE
    n = int(seconds * rate * 1.1) + 8
    lengths = np.clip(rng.normal(1, 0.25, n), 0.55, 1.7) / rate
    last = rng.random(n) < 1 / 8
    pauses = np.where(last, rng.uniform(0.25, 0.8, n) * (1 - 0.5 * liveliness), 0.0)
    starts = rng.uniform(0.03, 0.15) + np.concatenate([[0.0], np.cumsum(lengths + pauses)[:-1]])
    stress = rng.uniform(0.45, 1.0, n)
    phrase = np.cumsum(np.concatenate([[False], last[:-1]]))
    position = np.arange(n) - np.concatenate([[0], np.flatnonzero(last) + 1])[np.minimum(phrase, last.sum())]
    melody = 1.06 - 0.018 * np.minimum(position, 8) + (0.07 + 0.16 * liveliness) * rng.standard_normal(n) * stress
    t = np.arange(samples) / SAMPLE_RATE
    along = (starts[:, None] + lengths[:, None] * np.array([0.0, 0.14, 0.6, 0.93])).ravel()
    heights = stress[:, None] * np.array([0.03, 1.0, 0.8, 0.03])
    heights[last, 3] = 0.0
    heights[1:, 0] *= ~last[:-1]
    heights[0, 0] = 0.0
    level = np.interp(t, along, heights.ravel())
    middles = starts + 0.45 * lengths
    vowels = np.array([VOWELS[v] for v in "ieaou@"])[rng.integers(6, size=n)] * rng.uniform(0.93, 1.07, (n, 1))
    pitch = hz * np.interp(t, middles, np.clip(melody, 0.7, 1.6))
    source = glottal(rng, pitch, samples, 0.6, 0.01, -26) * level
    voice = formants(source, [np.interp(t, middles, vowels[:, k]) for k in range(3)], (1, 0.65, 0.35), scale)
    hissed = rng.random(n) < 0.4
    edges = (starts[hissed, None] + np.array([-0.11, -0.07, -0.02, 0.02])).ravel()
    if edges.size == 0:
        return voice
    edges = np.maximum.accumulate(edges)
    gate = np.interp(t, edges, np.tile([0.0, 1.0, 0.8, 0.0], int(hissed.sum())), left=0, right=0)
    hiss = bandpass(white(rng, samples), 2200 * scale, 6500)
    return (voice + 0.45 * float(voice.std()) * gate * hiss).astype(np.float32)
