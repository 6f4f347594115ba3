"""Struck bodies, plucked strings, bubbles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter, oaconvolve

from engine.corpus.dsp.envelopes import count, decay, unit
from engine.corpus.dsp.filters import lowpass
from engine.corpus.dsp.noise import white
from engine.corpus.recipe import SAMPLE_RATE, Audio

RATIOS: dict[str, tuple[float, ...]] = {
    "free_bar": (1, 2.756, 5.404, 8.933, 13.34),
    "wooden_bar": (1, 2.572, 4.644, 6.984, 9.723),
    "tongue": (1, 6.267, 17.55),
    "marimba": (1, 3.99, 10.65),
    "xylophone": (1, 3.93, 9.54),
    "vibraphone": (1, 3.98, 10.67),
    "wood_plate": (1, 1.47, 2.11, 2.57),
    "wine_glass": (1, 2.32, 4.25, 6.63, 9.38),
    "singing_bowl": (1, 2.778, 5.181, 8.163, 11.66),
    "pot_lid": (1, 3.2, 6.23, 6.27, 9.92),
    "handbell": (1, 1.79, 2.52, 2.99, 3.79, 4.57, 5.03),
    "tubular_bell": (0.62, 1.23, 2, 2.93, 4.02, 5.18),
    "membrane": (1, 1.594, 2.136, 2.296, 2.653, 2.918),
    "tabla": (1, 2.89, 4.95, 6.99, 8.01),
    "timpani": (1, 1.5, 1.98, 2.44),
    "agogo": (1, 4.08, 6.67),
    "church_bell": (0.5, 1, 1.183, 1.506, 2, 2.514, 2.662, 3.011, 4.166, 5.433),
}


@dataclass(frozen=True)
class Material:
    """How a stuff rings: loss factor (damping), number of modes, and the noise of the strike."""

    loss: float
    modes: int
    strike_s: float
    strike_hz: float


MATERIALS: dict[str, Material] = {
    "steel": Material(0.0012, 16, 0.001, 9000),
    "sheet_metal": Material(0.006, 20, 0.002, 9000),
    "glass": Material(0.005, 6, 0.0005, 10000),
    "stone": Material(0.035, 6, 0.003, 6000),
    "hard_wood": Material(0.028, 5, 0.002, 5000),
    "soft_wood": Material(0.08, 5, 0.004, 2000),
    "plastic": Material(0.1, 4, 0.0015, 4000),
    "rubber": Material(0.5, 2, 0.03, 500),
}


def modes(hz: NDArray | Sequence[float], t60_s: NDArray | Sequence[float], amplitudes: NDArray | Sequence[float], samples: int,
          rng: np.random.Generator | None = None) -> Audio:  # fmt: skip
    """Sum of decaying sines; with ``rng`` they start at random phases."""
    out = np.zeros(samples, np.float32)
    for f, t60, amplitude in zip(hz, t60_s, amplitudes, strict=True):
        if f > 10300 or f < 20:
            continue
        n = min(samples, max(8, int(1.05 * t60 * SAMPLE_RATE)))
        step = -6.908 / (t60 * SAMPLE_RATE) + 2j * np.pi * f / SAMPLE_RATE
        start = np.exp(1j * rng.uniform(0, 2 * np.pi)) if rng is not None else 1.0
        out[:n] += (amplitude * (start * np.exp(step * np.arange(n))).imag).astype(np.float32)
    return out


def struck(rng: np.random.Generator, material: str, base_hz: float, samples: int, ratios: Sequence[float] | str | None = None,
           hardness: float = 0.6, detune: float = 0.05, damping: float = 1.0) -> Audio:  # fmt: skip
    """One hit on a body: its modes (material sets the damping, ``base_hz`` the size) plus the noise of the strike; unit peak.

    ``hardness`` 0 (felt) .. 1 (steel on steel) tilts the spectrum; ``damping`` multiplies the loss; ``detune`` makes another object.
    """
    stuff = MATERIALS[material]
    if isinstance(ratios, str):
        ratios = RATIOS[ratios]
    if ratios is None:
        ratios = np.sort(np.concatenate([[1.0], 1 + np.cumsum(rng.uniform(0.25, 1.1, stuff.modes - 1))]))
    hz = base_hz * np.asarray(ratios, float) * (1 + detune * rng.uniform(-1, 1, len(ratios)))
    t60 = 6.908 / (damping * (2.0 + np.pi * stuff.loss * hz) + 1e-9)
    tilt = -1.2 + 1.0 * hardness
    amplitudes = (hz / hz[0]) ** tilt * rng.uniform(0.5, 1.0, hz.size)
    body = modes(hz, t60, amplitudes, samples, rng)
    strike_n = min(samples, count(8 * stuff.strike_s))
    strike = lowpass(white(rng, strike_n), stuff.strike_hz) * decay(0.0003, stuff.strike_s, strike_n)
    body = unit(body)
    body[:strike_n] += (0.15 + 0.5 * hardness) * strike / max(float(np.abs(strike).max()), 1e-9)
    return unit(body)


def pluck(rng: np.random.Generator, hz: float, samples: int, brightness_hz: float = 4000.0, t60_s: float = 3.0,
          position: float = 0.2) -> Audio:  # fmt: skip
    """Plucked string after Karplus and Strong: a noise burst in a damped loop; unit peak."""
    period = SAMPLE_RATE / hz
    n = int(period - 0.5)
    fraction = period - 0.5 - n
    burst = lowpass(rng.uniform(-1, 1, n).astype(np.float32), brightness_hz)
    burst = burst - np.roll(burst, max(1, int(position * n)))
    loop = 10 ** (-3 * period / (t60_s * SAMPLE_RATE))
    excitation = np.zeros(samples)
    excitation[: min(n, samples)] = burst[: min(n, samples)]
    a = np.zeros(n + 3)
    a[0] = 1.0
    # Two-point average (the string's loss of highs) combined with linear interpolation for the tuning.
    a[n : n + 3] -= loop * 0.5 * np.array([1 - fraction, 1.0, fraction])
    out = _period_filter(a, excitation, n)
    return unit(out)


def _period_filter(a: NDArray, x: NDArray, period: int) -> NDArray:
    """All-pole filter whose only taps lie one period back: run block by block instead of tap by tap where that is faster."""
    if period < 100:
        return lfilter([1.0], a, x)
    taps = -a[period : period + 3]
    out = np.concatenate([np.zeros(period + 2), x])
    for start in range(period + 2, out.size, period):
        stop = min(start + period, out.size)
        span = np.arange(start, stop)
        out[span] += taps[0] * out[span - period] + taps[1] * out[span - period - 1] + taps[2] * out[span - period - 2]
    return out[period + 2 :]


def bubbles(rng: np.random.Generator, samples: int, times_s: NDArray, radius_mm: NDArray | tuple[float, float], rise: NDArray | float = 0.1,
            spread: float = 2.0, damping: float = 1.0, size: int = 768) -> Audio:  # fmt: skip
    """Bubbles after van den Doel: each a decaying sine of 3/r Hz whose pitch rises by ``rise`` (xi: 0 deep, 0.12 near the surface).

    ``radius_mm`` is one radius per bubble or a (low, high) range, drawn log-uniformly; ``spread`` is the power of the random amplitude.
    """
    times_s = np.asarray(times_s)
    n = times_s.size
    out = np.zeros(samples + size, np.float32)
    if n == 0:
        return out[:samples]
    if isinstance(radius_mm, tuple):
        radius_mm = np.exp(rng.uniform(np.log(radius_mm[0]), np.log(radius_mm[1]), n))
    radius = np.broadcast_to(np.asarray(radius_mm, float), (n,)) * 1e-3
    hz = 3.0 / radius
    loss = damping * (0.13 / radius + 0.0072 * radius**-1.5)
    sigma = np.broadcast_to(rise, (n,)) * loss
    amplitude = (radius / 3e-3) ** 1.2 * rng.random(n) ** spread
    starts = np.round(times_s * SAMPLE_RATE).astype(int)
    t = np.arange(size) / SAMPLE_RATE
    fade_in = np.minimum(1.0, t / 0.0003)
    for block in range(0, n, 512):
        part = slice(block, block + 512)
        f, d, s = hz[part, None], loss[part, None], sigma[part, None]
        instant = f * (1 + s * t)
        wave = np.sin(2 * np.pi * f * (t + s * t**2 / 2)) * np.exp(-d * t) * (instant < 10000) * fade_in
        wave = (wave * amplitude[part, None] * np.minimum(1.0, (size - np.arange(size)) / 64)).astype(np.float32)
        for start, grain in zip(starts[part], wave, strict=True):
            if 0 <= start < samples:
                out[start : start + size] += grain
    return out[:samples]


def comb(x: NDArray, delay_s: float, gain: float) -> Audio:
    """Feedback comb filter: a pipe, a tunnel, a vessel."""
    n = max(1, count(delay_s))
    a = np.zeros(n + 1)
    a[0], a[n] = 1.0, -gain
    return lfilter([1.0], a, x).astype(np.float32)


def ring(rng: np.random.Generator, hz: NDArray | Sequence[float], t60_s: NDArray | Sequence[float] | float,
         amplitudes: NDArray | Sequence[float], samples: int) -> Audio:  # fmt: skip
    """Like ``modes`` with random phases, for many long modes: one matrix product instead of a loop. The last 30 ms are faded; unit peak."""
    hz = np.asarray(hz, float)
    heard = (hz > 20) & (hz < 10300)
    t60_s, amplitudes = (np.broadcast_to(np.asarray(x, float), heard.shape)[heard] for x in (t60_s, amplitudes))
    hz = hz[heard]
    step = (-6.908 / t60_s + 2j * np.pi * hz) / SAMPLE_RATE
    rows = -(-samples // 256)
    coarse = np.exp(256 * np.outer(np.arange(rows), step)) * (amplitudes * np.exp(1j * rng.uniform(0, 2 * np.pi, hz.size)))
    fine = np.exp(np.outer(step, np.arange(256)))
    out = (coarse.astype(np.complex64) @ fine.astype(np.complex64)).imag.ravel()[:samples]
    out = out * np.minimum(1.0, np.arange(samples, 0, -1) / min(660, samples)).astype(np.float32)
    return unit(out)


def hall(rng: np.random.Generator, x: NDArray, t60_s: float, top_hz: float = 4000.0, wet: float = 0.3) -> Audio:
    """The signal plus a diffuse tail that belongs to the sound itself; ``wet`` is the tail's RMS relative to the signal's."""
    n = count(0.9 * t60_s)
    tail = lowpass(white(rng, n), top_hz) * decay(0.015, t60_s / 6.9, n) * np.minimum(1.0, np.arange(n, 0, -1) / (0.2 * n))
    reverberant = oaconvolve(np.asarray(x, np.float32), tail.astype(np.float32))[: len(x)]
    gain = wet * np.sqrt(np.mean(np.square(x))) / max(float(np.sqrt(np.mean(np.square(reverberant)))), 1e-9)
    return (x + gain * reverberant).astype(np.float32)
