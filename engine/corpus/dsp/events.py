"""When events happen, and how grains are laid on the time line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import oaconvolve

from engine.corpus.recipe import SAMPLE_RATE, Audio


def poisson(rng: np.random.Generator, rate_hz: float, seconds: float, cluster: NDArray | None = None) -> NDArray[np.float64]:
    """Poisson times in s; ``cluster`` (a curve over the time) multiplies the rate and is scaled to mean one."""
    times = np.sort(rng.random(rng.poisson(rate_hz * seconds))) * seconds
    if cluster is None or times.size == 0:
        return times
    weight = np.cumsum(np.maximum(cluster, 0))
    return np.interp(times / seconds * weight[-1], weight, np.linspace(0, seconds, weight.size))


def jittered(rng: np.random.Generator, period_s: float, jitter: float, seconds: float, start_s: float = 0.0) -> NDArray[np.float64]:
    """Nearly periodic times: each interval deviates by the relative ``jitter``."""
    n = int((seconds - start_s) / period_s * 1.3) + 3
    steps = period_s * np.maximum(0.2, 1 + jitter * rng.standard_normal(n))
    times = start_s + np.concatenate([[0.0], np.cumsum(steps)])
    return times[times < seconds]


def groups(rng: np.random.Generator, seconds: float, per_group: float, gap_s: float, pause_s: tuple[float, float]) -> NDArray[np.float64]:
    """Events in groups of 1 + geometric size with a short gap inside and log-uniform pauses between."""
    times, now = [], float(rng.uniform(0.05, 0.5))
    while now < seconds:
        for _ in range(rng.geometric(1 / per_group)):
            times.append(now)
            now += gap_s * rng.uniform(0.8, 1.25)
        now += log_uniform(rng, *pause_s)
    times_array = np.asarray(times)
    return times_array[times_array < seconds]


def bouncing(first_gap_s: float, restitution: float, count: int, start_s: float = 0.0) -> NDArray[np.float64]:
    """Times of a bouncing ball: every gap is ``restitution`` times the one before."""
    return start_s + np.concatenate([[0.0], np.cumsum(first_gap_s * restitution ** np.arange(count - 1))])


def log_uniform(rng: np.random.Generator, low: float, high: float, size: int | None = None) -> NDArray | float:
    """Log-uniform draw."""
    return np.exp(rng.uniform(np.log(low), np.log(high), size))


def capped_sizes(rng: np.random.Generator, count: int, alpha: float = 2.5, cap: float = 5.0) -> NDArray[np.float64]:
    """Pareto sizes with median one, capped: many small events, few large ones, none absurd."""
    return np.minimum((1 + rng.pareto(alpha, count)) / 2 ** (1 / alpha), cap)


def place(samples: int, times_s: NDArray | Sequence[float], grains: Sequence[NDArray], gains: NDArray | Sequence[float] | None = None,
          which: NDArray | None = None) -> Audio:  # fmt: skip
    """Grains added at times; event i takes grain ``which[i]`` (default: in turn). What would stick out of the clip is faded out."""
    out = np.zeros(samples, np.float32)
    gains = np.ones(len(times_s)) if gains is None else gains
    for i, (time, gain) in enumerate(zip(times_s, gains, strict=True)):
        grain = grains[int(which[i]) if which is not None else i % len(grains)]
        start = round(float(time) * SAMPLE_RATE)
        if start < 0 or start >= samples:
            continue
        room = samples - start
        part = grain[:room]
        if grain.size > room:
            part = part * np.minimum(1.0, np.arange(room, 0, -1) / min(1100, room)).astype(np.float32)
        out[start : start + part.size] += np.float32(gain) * part
    return out


def impulses(samples: int, times_s: NDArray, gains: NDArray | float = 1.0) -> Audio:
    """Single-sample impulses at times: food for resonators and convolution."""
    out = np.zeros(samples, np.float32)
    index = np.round(np.asarray(times_s) * SAMPLE_RATE).astype(int)
    inside = (index >= 0) & (index < samples)
    np.add.at(out, index[inside], np.broadcast_to(gains, index.shape)[inside].astype(np.float32))
    return out


def train(samples: int, times_s: NDArray, kernels: Sequence[NDArray], gains: NDArray | float, rng: np.random.Generator) -> Audio:
    """Many events with few sounds: impulse trains, one per kernel, convolved (cheap for thousands of events)."""
    times_s = np.asarray(times_s)
    gains = np.broadcast_to(gains, times_s.shape)
    choice = rng.integers(len(kernels), size=times_s.size)
    out = np.zeros(samples, np.float32)
    for k, kernel in enumerate(kernels):
        mine = choice == k
        if mine.any():
            out += oaconvolve(impulses(samples, times_s[mine], gains[mine]), np.asarray(kernel, np.float32))[:samples]
    return out


def spaced(
    rng: np.random.Generator, number: int, gap_s: float, seconds: float, length_s: float, jitter: float = 0.08
) -> NDArray[np.float64]:
    """Times of exactly ``number`` events about ``gap_s`` apart, moved together where the last (``length_s`` long) would stick out."""
    gaps = gap_s * np.maximum(0.5, 1 + jitter * rng.standard_normal(max(0, number - 1)))
    times = rng.uniform(0.05, 0.45) + np.concatenate([[0.0], np.cumsum(gaps)])
    room = max(0.05, seconds - length_s)
    return times * min(1.0, room / times[-1])
