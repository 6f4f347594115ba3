"""Envelopes and fades."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.corpus.recipe import SAMPLE_RATE, Audio


def count(seconds: float) -> int:
    """Samples of a length in seconds, at least one."""
    return max(1, round(seconds * SAMPLE_RATE))


def decay(attack_s: float, decay_s: float, samples: int) -> Audio:
    """Linear attack, then exponential decay with time constant ``decay_s`` (T60 is 6.9 times that)."""
    t = np.arange(samples) / SAMPLE_RATE
    rising = np.minimum(1.0, t / max(attack_s, 1e-5))
    return (rising * np.exp(-np.maximum(0.0, t - attack_s) / max(decay_s, 1e-5))).astype(np.float32)


def hump(samples: int, skew: float = 0.5) -> Audio:
    """Hann-shaped hump whose top stands at ``skew`` of its length."""
    u = np.linspace(0, 1, samples)
    bent = np.where(u < skew, 0.5 * u / max(skew, 1e-6), 0.5 + 0.5 * (u - skew) / max(1 - skew, 1e-6))
    return np.sin(np.pi * bent).astype(np.float32) ** 2


def adsr(samples: int, attack_s: float, decay_s: float, sustain: float, release_s: float) -> Audio:
    """Attack, decay to ``sustain``, release at the end of ``samples``."""
    t = np.arange(samples) / SAMPLE_RATE
    total = samples / SAMPLE_RATE
    body = np.where(
        t < attack_s, t / max(attack_s, 1e-5), sustain + (1 - sustain) * np.exp(-(t - attack_s) / max(decay_s / 3, 1e-5))
    )
    return (body * np.clip((total - t) / max(release_s, 1e-5), 0, 1)).astype(np.float32)


def points(samples: int, *knots: tuple[float, float]) -> Audio:
    """Piecewise-linear curve through (time in s, value) knots."""
    times, values = zip(*knots, strict=True)
    return np.interp(np.arange(samples) / SAMPLE_RATE, times, values).astype(np.float32)


def fade(x: NDArray, in_s: float = 0.005, out_s: float = 0.005) -> Audio:
    """The signal with raised-cosine fades at both ends."""
    x = np.array(x, np.float32)
    for seconds, part in ((in_s, slice(None)), (out_s, slice(None, None, -1))):
        n = min(count(seconds), x.size)
        x[part][:n] *= (0.5 - 0.5 * np.cos(np.pi * np.arange(n) / n)).astype(np.float32)
    return x


def unit(x: NDArray) -> Audio:
    """The signal scaled to a peak of one (silence stays silence)."""
    peak = float(np.abs(x).max()) if len(x) else 0.0
    return (np.asarray(x) / peak).astype(np.float32) if peak > 0 else np.asarray(x, np.float32)


def rms(x: NDArray) -> Audio:
    """The signal scaled to unit RMS (silence stays silence)."""
    level = float(np.sqrt(np.mean(np.square(x, dtype=np.float64))))
    return (np.asarray(x) / level).astype(np.float32) if level > 0 else np.asarray(x, np.float32)


def db(value: float) -> float:
    """Amplitude factor of a level in dB."""
    return float(10 ** (value / 20))
