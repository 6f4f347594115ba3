"""Engines, blasts, friction and moving sources."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dsp.envelopes import count, decay, unit
from engine.corpus.dsp.events import impulses
from engine.corpus.dsp.filters import bandpass, drive, lowpass, resonators
from engine.corpus.dsp.noise import slow, white
from engine.corpus.recipe import SAMPLE_RATE, Audio


def engine_pulses(rng: np.random.Generator, firing_hz: NDArray | float, load: NDArray | float, cylinders: int, samples: int) -> Audio:
    """Combustion: one pulse per firing with its own amplitude per cylinder, through the exhaust, plus gated noise; unit RMS.

    ``firing_hz`` is rpm/60 x cylinders/2 for a four-stroke; ``load`` 0 (idle) .. 1 (full).
    """
    cycles = np.cumsum(np.broadcast_to(np.asarray(firing_hz, float), (samples,))) / SAMPLE_RATE
    index = cycles.astype(int)
    x = cycles - index
    cylinder_gain = 1 + 0.18 * rng.standard_normal(cylinders)
    firing_gain = 1 + 0.06 * rng.standard_normal(index[-1] + 1)
    pulse = (x + 1e-4) ** 0.15 * np.exp(-(5 + 4 * np.asarray(load)) * x)
    pulse = pulse * cylinder_gain[index % cylinders] * firing_gain[index]
    pulse = pulse - pulse.mean()
    hz = np.array([95, 190, 310, 520, 900]) * rng.uniform(0.9, 1.1, 5)
    exhaust = resonators(pulse, list(hz), [2, 2.5, 3, 3, 3], [1, 0.9, 0.7, 0.5, 0.4]) + 0.15 * pulse
    exhaust = drive(exhaust / max(float(exhaust.std()), 1e-9), 0.4 + 1.6 * float(np.mean(load)))
    noise = bandpass(white(rng, samples), 300, 4000) * pulse
    noise = noise / max(float(noise.std()), 1e-9)
    out = exhaust / max(float(exhaust.std()), 1e-9) + (0.05 + 0.25 * np.asarray(load)) * noise
    return (out / max(float(out.std()), 1e-9)).astype(np.float32)


def blast(rng: np.random.Generator, positive_s: float, samples: int, body_hz: float = 120.0, body_s: float = 0.15) -> Audio:
    """Friedlander pressure wave plus noise burst plus low thump; unit peak. ``positive_s`` 0.5-2 ms gun, 10-40 ms bomb."""
    t = np.arange(samples) / SAMPLE_RATE
    wave = (1 - t / positive_s) * np.exp(-t / positive_s)
    burst = white(rng, samples) * decay(0.0005, 6 * positive_s + 0.01, samples)
    thump = np.sin(2 * np.pi * body_hz * t) * decay(0.002, body_s, samples)
    out = wave + 0.8 * burst + 0.7 * thump
    return unit(out)


def stick_slip(rng: np.random.Generator, rate_hz: NDArray, metal: bool = False, body_scale: float = 1.0) -> Audio:
    """Friction: slips at a swept rate (14-250/s, with 5 % jitter) exciting a body of wood or metal; unit RMS."""
    rate = np.asarray(rate_hz, float)
    cycles = np.cumsum(rate * (1 + 0.05 * slow(rng, rate.size, 80.0))) / SAMPLE_RATE
    times = np.flatnonzero(np.diff(np.floor(cycles)) > 0) / SAMPLE_RATE
    index = np.minimum((times * SAMPLE_RATE).astype(int), rate.size - 1)
    gains = np.sqrt(30 / np.maximum(rate[index], 1)) * rng.uniform(0.7, 1.3, times.size)
    hz = np.array([125, 250, 395, 560, 790, 1250, 1900, 2700]) * body_scale * rng.uniform(0.9, 1.5, 8)
    q = rng.uniform(15, 40, 8) if metal else rng.uniform(4, 14, 8)
    out = resonators(impulses(rate.size, times, gains), list(hz), list(q), list(rng.uniform(0.4, 1, 8)))
    return (out / max(float(out.std()), 1e-9)).astype(np.float32)


def doppler_pass(x: NDArray, speed_m_s: float, distance_m: float, closest_s: float) -> Audio:
    """A source driving past: gain d/R, air absorption left to the caller, pitch 1/(1 + v x / (R 343))."""
    n = len(x)
    t = np.arange(n) / SAMPLE_RATE - closest_s
    along = speed_m_s * t
    reach = np.sqrt(distance_m**2 + along**2)
    factor = 1 / (1 + speed_m_s * along / (reach * 343.0))
    read = np.cumsum(factor)
    read = read * (n - 1) / read[-1] if read[-1] > n - 1 else read
    moved = np.interp(read, np.arange(n), x)
    return (moved * distance_m / reach).astype(np.float32)


def grain_noise(rng: np.random.Generator, seconds: float, decay_s: float, low_hz: float, high_hz: float, attack_s: float = 0.0005) -> Audio:
    """A burst of band-limited noise with an exponential decay; unit peak."""
    n = count(seconds)
    burst = bandpass(white(rng, n), low_hz, high_hz) * decay(attack_s, decay_s, n)
    return unit(burst)


def thump(rng: np.random.Generator, hz: float, t60_s: float, noise: float = 0.3) -> Audio:
    """A soft low hit: falling sine plus dull noise; unit peak."""
    n = count(1.2 * t60_s)
    t = np.arange(n) / SAMPLE_RATE
    body = np.sin(2 * np.pi * hz * (t + 0.01 * (1 - np.exp(-t / 0.02)))) * decay(0.001, t60_s / 6.9, n)
    out = body + noise * lowpass(white(rng, n), 500) * decay(0.001, t60_s / 14, n)
    return unit(out)
