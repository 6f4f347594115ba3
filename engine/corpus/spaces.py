"""Rooms and the open air: impulse responses, distance and motion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import count as numbers
from itertools import islice, pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft, rfftfreq

from engine.corpus.dsp import comb, count, doppler_pass, lowpass, resonator, white
from engine.corpus.held_out import stream
from engine.corpus.recipe import SAMPLE_RATE, Audio
from engine.corpus.scene import Motion
from engine.corpus.splits import Split, split

_BAND_EDGES_HZ = (40.0, 300.0, 1200.0, 4000.0, 9500.0)
# Level of the four bands of a tail: rooms return more lows than highs.
_BAND_GAINS = (0.8, 1.0, 0.8, 0.6)
_POOL_SIZES: dict[Split, int] = {"train": 24, "validation": 6, "test": 6}
_LOWPASS_HZ = (None, None, 5000.0, 2400.0, 1100.0)
_SMEAR_MS = (0.0, 0.0, 3.0, 8.0, 20.0)
# Least level of the diffuse sound against the direct one in dB from distance step 2 on.
_DIFFUSE_DB = (None, None, -4.0, 2.0, 8.0)
DISTANCE_LU = (0.0, 0.0, -3.0, -6.0, -10.0)

Extra = Literal["", "car", "flutter", "comb", "echoes", "ground"]


@dataclass(frozen=True)
class Space:
    """One row of the table of spaces: ranges from which its rooms are drawn.

    ``t60_s`` decay time of the middle band; ``low`` and ``high`` its ratios in the lowest and highest band; ``pre_delay_ms`` until the
    tail; ``early_ms`` span of the early reflections; ``wet_db`` level of the reverberation against the direct sound.
    """

    t60_s: tuple[float, float] = (0.0, 0.0)
    low: float = 1.0
    high: float = 1.0
    pre_delay_ms: tuple[float, float] = (1.0, 1.0)
    early_ms: tuple[float, float] = (8.0, 8.0)
    wet_db: tuple[float, float] = (-6.0, -6.0)
    extra: Extra = ""


SPACES: dict[str, Space] = {
    "dry": Space(),
    "booth": Space((0.08, 0.15), 1.1, 0.6, (1, 1), (8, 8), (-14, -8)),
    "car": Space((0.08, 0.15), 1.1, 0.6, (1, 1), (8, 8), (-14, -8), "car"),
    "small_room": Space((0.25, 0.5), 1.15, 0.5, (2, 5), (15, 15), (-12, -5)),
    "bathroom": Space((0.8, 1.6), 1.0, 0.9, (2, 6), (12, 25), (-6, 0), "flutter"),
    "large_room": Space((0.8, 1.4), 1.1, 0.6, (8, 15), (40, 40), (-8, -2)),
    "hall": Space((1.8, 2.8), 1.2, 0.5, (20, 30), (70, 70), (-6, 0)),
    "church": Space((3.5, 6.0), 1.25, 0.4, (30, 50), (120, 120), (-4, 2)),
    "cave": Space((2.2, 4.0), 1.3, 0.25, (15, 40), (50, 110), (-4, 3)),
    "tunnel": Space((2.2, 4.0), 1.3, 0.7, (15, 40), (50, 110), (-4, 3), "comb"),
    "outdoors_near": Space(wet_db=(-6, -6), extra="ground"),
    "outdoors_far": Space((0.3, 0.9), 1.0, 0.2, (60, 300), (60, 300), (0, 6), "echoes"),
}


@dataclass(frozen=True, eq=False)
class Room:
    """One room of a space: everything but the direct sound as ``wet``, float32 [n] of unit energy, and its level in dB."""

    space: str
    number: int
    t60_s: float
    wet: Audio
    wet_db: float


def pool(space: str, part: Split) -> tuple[int, ...]:
    """Numbers of the rooms of a space that one split may use; no room belongs to two splits."""
    return _pool(space, part)


@cache
def _pool(space: str, part: Split) -> tuple[int, ...]:
    return tuple(islice((n for n in numbers() if split(space, n) == part), _POOL_SIZES[part]))


@lru_cache(maxsize=320)
def room(space: str, number: int) -> Room:
    """Room of a space by its number, built at first use and kept; "dry" has none."""
    row, rng = SPACES[space], stream(number, f"room/{space}")
    t60 = float(rng.uniform(*row.t60_s))
    match row.extra:
        case "ground":
            wet = _impulses(count(0.009), [rng.uniform(0.003, 0.008)], [1.0])
        case "echoes":
            wet = _echoes(rng, row, t60)
        case _:
            wet = _tail(rng, row, t60)
    wet /= np.sqrt(np.sum(wet**2, dtype=np.float64))
    return Room(space, number, t60, wet.astype(np.float32), float(rng.uniform(*row.wet_db)))


def _impulses(samples: int, times_s: NDArray | list[float], gains: NDArray | list[float]) -> Audio:
    out = np.zeros(samples, np.float32)
    out[np.minimum((np.asarray(times_s) * SAMPLE_RATE).astype(int), samples - 1)] = gains
    return out


def diffuse(rng: np.random.Generator, t60_s: float, low: float, high: float) -> Audio:
    """Reverberation without direct sound: noise in four bands, each with its own decay, after a rise of 5 ms."""
    samples = count(1.15 * t60_s * max(low, 1.0) + 0.02)
    size = next_fast_len(samples, real=True)
    hz = rfftfreq(size, 1 / SAMPLE_RATE)
    spectrum = rfft(white(rng, size))
    t = np.arange(samples, dtype=np.float32) / SAMPLE_RATE
    out = np.zeros(samples, np.float32)
    ratios = (low, 1.0, np.sqrt(high), high)
    for (lower, upper), ratio, gain in zip(pairwise(_BAND_EDGES_HZ), ratios, _BAND_GAINS, strict=True):
        band = irfft(spectrum * ((hz >= lower) & (hz < upper)), size)[:samples]
        out += np.float32(gain) * band * np.exp(np.float32(-6.908 / (t60_s * ratio)) * t)
    return out * np.minimum(t / 0.005, 1.0)


def _tail(rng: np.random.Generator, row: Space, t60_s: float) -> Audio:
    """Early reflections and tail of a room."""
    tail = diffuse(rng, t60_s, row.low, row.high)
    tail /= np.sqrt(np.sum(tail**2))
    early_s = rng.uniform(*row.early_ms) / 1000
    delay = count(rng.uniform(*row.pre_delay_ms) / 1000)
    out = np.zeros(max(delay + tail.size, count(early_s) + 1), np.float32)
    times = np.sort(rng.uniform(0.0015, early_s, int(rng.integers(6, 11))))
    gains = np.exp(-times / (0.6 * early_s)) * rng.uniform(0.5, 1.0, times.size) * rng.choice([-1, 1], times.size)
    early = _impulses(out.size, times, gains)
    out += np.sqrt(0.25) * early / np.sqrt(np.sum(early**2))
    out[delay : delay + tail.size] += np.sqrt(0.75) * tail
    match row.extra:
        case "flutter":
            # Two bare walls face each other: the early sound comes back at an even pace and dies with the room.
            gap_s = rng.uniform(0.012, 0.025)
            out += 0.35 * comb(early, gap_s, 10 ** (-3 * gap_s / t60_s)) / np.sqrt(np.sum(early**2))
        case "comb":
            out = comb(out, rng.uniform(0.004, 0.009), 0.55)
    return out


def _echoes(rng: np.random.Generator, row: Space, t60_s: float) -> Audio:
    """Open air from afar: a short dull tail of the ground at once, and one to three echoes of hills or houses."""
    near = diffuse(rng, t60_s, row.low, row.high)
    near /= np.sqrt(np.sum(near**2))
    times = np.sort(rng.uniform(*np.asarray(row.early_ms) / 1000, int(rng.integers(1, 4))))
    out = np.zeros(near.size + count(times[-1]) + 1, np.float32)
    out[: near.size] = near
    for time in times:
        start = count(time)
        out[start : start + near.size] += np.float32(10 ** (rng.uniform(-20, -12) / 20)) * near
    return out


def impulse_response(place: Room, distance: int = 1) -> Audio:
    """Direct sound and room at a distance step 0..4, float32 [n] of unit energy."""
    rng = stream(place.number, f"room/{place.space}/distance")
    direct = np.ones(1, np.float32)
    if _SMEAR_MS[distance]:
        samples = count(_SMEAR_MS[distance] / 1000)
        direct = white(rng, samples) * np.hanning(2 * samples + 1)[samples // 2 : samples // 2 + samples].astype(np.float32)
        direct /= np.sqrt(np.sum(direct**2))
    # Close to the mouth of a sound the room steps back, but stays audible: its name is said.
    wet_db = place.wet_db - 4.0 if distance == 0 else place.wet_db
    if _DIFFUSE_DB[distance] is not None and SPACES[place.space].extra != "ground":
        wet_db = max(wet_db, _DIFFUSE_DB[distance])
    out = np.zeros(max(direct.size, place.wet.size), np.float32)
    out[: direct.size] = direct
    out[: place.wet.size] += np.float32(10 ** (wet_db / 20)) * place.wet
    if SPACES[place.space].extra == "car":
        # The cabin booms: 6 dB more at its first mode, in the direct sound as well.
        out += resonator(out, rng.uniform(120, 160), 2.0)
    if _LOWPASS_HZ[distance]:
        out = lowpass(out, _LOWPASS_HZ[distance])
    return (out / np.sqrt(np.sum(out**2, dtype=np.float64))).astype(np.float32)


def convolve(samples: Audio, response: Audio) -> Audio:
    """The first ``samples.size`` samples of a convolution, in float32 throughout."""
    size = next_fast_len(samples.size + response.size - 1, real=True)
    return irfft(rfft(samples, size) * rfft(response, size), size)[: samples.size]


def early_reflections(samples: Audio, rng: np.random.Generator) -> Audio:
    """A few quiet reflections within 8 ms (-16 dB together): makes a dry sound less sterile without being a room that is named."""
    out = samples.copy()
    gains = rng.uniform(0.5, 1.0, 6) * rng.choice([-1, 1], 6)
    gains *= 10 ** (-16 / 20) / np.sqrt(np.sum(gains**2))
    for delay, gain in zip(rng.integers(count(0.001), count(0.008), 6), gains, strict=True):
        out[delay:] += np.float32(gain) * samples[:-delay]
    return out


def move(samples: Audio, motion: Motion, rng: np.random.Generator) -> Audio:
    """A sound whose source moves: level, air absorption and, when it passes, Doppler shift."""
    if motion == "passing":
        speed, nearest_m = rng.uniform(8, 25), rng.uniform(4, 15)
        closest_s = rng.uniform(0.35, 0.65) * samples.size / SAMPLE_RATE
        moved = doppler_pass(samples, speed, nearest_m, closest_s)
        along = speed * (np.arange(samples.size) / SAMPLE_RATE - closest_s)
        nearness = (nearest_m / np.sqrt(nearest_m**2 + along**2)).astype(np.float32)
        return _absorbed(moved, nearness**0.5)
    seconds, depth_db = rng.uniform(3, 9), rng.uniform(12, 25)
    nearness = np.clip(np.arange(samples.size, dtype=np.float32) / (seconds * SAMPLE_RATE), 0, 1)
    if motion == "receding":
        nearness = nearness[::-1]
    return _absorbed(samples * 10 ** (np.float32(depth_db / 20) * (nearness - 1)), nearness)


def _absorbed(samples: Audio, nearness: Audio) -> Audio:
    """Crossfade over three degrees of dullness, 1,100 Hz (0) to open (1): cheaper than a filter that is redesigned all the time."""
    far, middle = lowpass(samples, 1100), lowpass(samples, 3500)
    lower, upper = np.clip(2 * nearness, 0, 1), np.clip(2 * nearness - 1, 0, 1)
    return (far + lower * (middle - far) + upper * (samples - middle)).astype(np.float32)
