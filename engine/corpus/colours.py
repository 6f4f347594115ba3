"""Recording colours: what a telephone, a wall or an old record does to a sound."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dsp import (
    bandpass,
    bubbles,
    count,
    drive,
    highpass,
    impulses,
    lowpass,
    poisson,
    resonator,
    slow,
    unit,
    white,
)
from engine.corpus.recipe import SAMPLE_RATE, Audio
from engine.corpus.spaces import convolve, impulse_response, pool, room
from engine.corpus.splits import Split

Colour = Callable[[Audio, np.random.Generator, Split], Audio]


def colour(samples: Audio, name: str, rng: np.random.Generator, split: Split = "train") -> Audio:
    """A sound of any level as heard through ``name``; same length, peak of the order of one. Raises KeyError for an unknown name."""
    return COLOURS[name](unit(samples), rng, split).astype(np.float32)


def _sounding_rms(samples: Audio) -> float:
    """RMS of the loud part alone, so that noise is set against the sound and not against its pauses."""
    power = np.add.reduceat(np.square(samples), np.arange(0, samples.size, 2048)) / 2048
    loud = power[power > 0.01 * power.max()]
    return float(np.sqrt(loud.mean())) if loud.size else 0.0


def _warped(samples: Audio, deviation: NDArray) -> Audio:
    """The sound read at a speed of one plus ``deviation``."""
    position = np.arange(samples.size) + np.cumsum(deviation - np.mean(deviation))
    return np.interp(position, np.arange(samples.size), samples).astype(np.float32)


def _wobble(samples: int, hz: float, depth: float, start: float) -> NDArray:
    return depth * np.sin(2 * np.pi * (start + hz * np.arange(samples) / SAMPLE_RATE))


def _telephone(x: Audio, rng: np.random.Generator, split: Split) -> Audio:
    # Band-limited to 3.4 kHz the cubic products of a gentle tanh stay below half the sampling rate: no oversampling needed.
    x = unit(np.tanh(1.5 * unit(bandpass(x, 300, 3400, order=4))))
    law = np.sign(x) * np.log1p(255 * np.abs(x)) / np.log(256)
    law = np.round(law * 127) / 127
    return bandpass((np.sign(law) * (256 ** np.abs(law) - 1) / 255).astype(np.float32), 300, 3400, order=4)


def _radio(x: Audio, rng: np.random.Generator, split: Split) -> Audio:
    x = bandpass(x, 200, 4500, order=4)
    static = bandpass(white(rng, x.size), 200, 4500, order=4)
    static *= 10 ** (-24 / 20) * _sounding_rms(x) / static.std() * np.exp(0.3 * slow(rng, x.size, 4.0))
    fading = 10 ** (np.clip(2.0 * slow(rng, x.size, 0.3), -4, 4) / 20)
    return x * fading + static


def _walkie_talkie(x: Audio, rng: np.random.Generator, split: Split) -> Audio:
    x = bandpass(drive(unit(bandpass(x, 450, 2800, order=4)), 4.0), 450, 2800)
    squelch = bandpass(white(rng, x.size), 600, 2800) * np.float32(0.7 * max(_sounding_rms(x), 0.05))
    sounding = np.flatnonzero(np.abs(x) > 0.02 * np.abs(x).max(initial=1e-9))
    first, last = (int(sounding[0]), int(sounding[-1])) if sounding.size else (0, x.size)
    before, after = (count(seconds) for seconds in rng.uniform(0.08, 0.2, 2))
    gate = np.zeros(x.size, np.float32)
    start = max(0, first - before)
    end = min(last + count(0.02), x.size - after)
    gate[start : start + before] = 1
    gate[end : end + after] = 1
    edge = np.hanning(45).astype(np.float32)
    return x + squelch * np.convolve(gate, edge / edge.sum(), "same")


def _behind_wall(x: Audio, rng: np.random.Generator, split: Split) -> Audio:
    rooms = pool("small_room", split)
    response = impulse_response(room("small_room", rooms[int(rng.integers(len(rooms)))]))
    return convolve(highpass(lowpass(x, rng.uniform(350, 700), order=4), 45), response)


def _under_water(x: Audio, rng: np.random.Generator, split: Split) -> Audio:
    x = highpass(lowpass(x, rng.uniform(400, 700), order=4), 45)
    x = unit(_warped(x, _wobble(x.size, 0.7, 0.01, rng.random())))
    times = poisson(rng, rng.uniform(2, 4), x.size / SAMPLE_RATE)
    rising = lowpass(bubbles(rng, x.size, times, (4.0, 12.0), 0.1, size=2048), 1200)
    return x + 1.2 * max(_sounding_rms(x), 0.03) * unit(rising)


def _old_record(x: Audio, rng: np.random.Generator, split: Split) -> Audio:
    x = bandpass(_warped(x, _wobble(x.size, 0.55, 0.003, rng.random())), 150, 5000)
    level = max(_sounding_rms(x), 0.02)
    times = poisson(rng, rng.uniform(6, 15), x.size / SAMPLE_RATE)
    clicks = bandpass(impulses(x.size, times, rng.choice([-1, 1], times.size) * rng.uniform(0.3, 1.0, times.size)), 700, 6000)
    rumble = bandpass(white(rng, x.size), 60, 300)
    return x + 2.0 * level * unit(clicks) + 10 ** (-38 / 20) * level * rumble / rumble.std()


def _megaphone(x: Audio, rng: np.random.Generator, split: Split) -> Audio:
    x = unit(bandpass(x, 500, 4000, order=4))
    x = unit(x + 2.0 * resonator(x, 1200 * rng.uniform(0.9, 1.1), 4) + 2.0 * resonator(x, 2100 * rng.uniform(0.9, 1.1), 4))
    return bandpass(drive(x, 5.0), 450, 4500)


def _lofi(x: Audio, rng: np.random.Generator, split: Split) -> Audio:
    rate_hz, bits = rng.uniform(6000, 11000), int(rng.integers(5, 9))
    held = np.floor(np.floor(np.arange(x.size) * rate_hz / SAMPLE_RATE) * SAMPLE_RATE / rate_hz).astype(int)
    steps = 2.0 ** (bits - 1)
    # Rounding leaves a little DC behind where the sound is faint.
    return highpass(np.round(x[held] * steps) / steps, 40)


def _overdriven(x: Audio, rng: np.random.Generator, split: Split) -> Audio:
    return drive(x, 10 ** (18 / 20))


def _tape(x: Audio, rng: np.random.Generator, split: Split) -> Audio:
    x = _warped(x, _wobble(x.size, 6.0, 0.001, rng.random()))
    x = highpass(lowpass(np.tanh(1.2 * x), 7000), 40)
    hiss = highpass(white(rng, x.size), 1000)
    return x + np.float32(10 ** (-46 / 20) * _sounding_rms(x) / hiss.std()) * hiss


COLOURS: dict[str, Colour] = {
    "telephone": _telephone,
    "radio": _radio,
    "walkie_talkie": _walkie_talkie,
    "behind_wall": _behind_wall,
    "under_water": _under_water,
    "old_record": _old_record,
    "megaphone": _megaphone,
    "lofi": _lofi,
    "overdriven": _overdriven,
    "tape": _tape,
}
