"""Test signals: noise of several colours, steady tones, frequency sweeps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dsp import (
    bandpass,
    coloured,
    count,
    fade,
    harmonics,
    log_uniform,
    lowpass,
    phase,
    sine,
    unit,
    wavetable,
)
from engine.corpus.recipe import SAMPLE_RATE, Ascending, Audio, Between, Follows, Kind, Range, Recipe, Record

_SLOPES = {"white": 0.0, "pink": -3.0, "brown": -6.0, "blue": 3.0}


def _noise(r: Record) -> Audio:
    timbre, timing, colour, band = r.stream("timbre"), r.stream("timing"), str(r["colour"]), str(r["band"])
    # The top half octave is rounded off: the pictures that the model sees end there.
    out = lowpass(coloured(timbre, r.samples, _SLOPES[colour] + timbre.uniform(-0.3, 0.3)), 6500 if colour == "blue" else 8200)
    if band != "full":
        centre = {"low": timbre.uniform(180, 320), "mid": timbre.uniform(900, 1600), "high": timbre.uniform(3800, 5200)}[band]
        width = timbre.uniform(1.35, 1.7)
        out = bandpass(out, centre / width, centre * width, 4)
    motion = str(r["motion"])
    if motion == "pulsing":
        turn = phase(float(log_uniform(timing, 0.8, 4)), r.samples, timing.uniform(0, 6))
        out = out * (0.06 + 0.94 * (0.5 - 0.5 * np.tanh(3 * np.cos(turn)) / np.tanh(3)))
    elif motion == "waving":
        turn = phase(float(log_uniform(timing, 0.12, 0.35)), r.samples, timing.uniform(0, 6))
        out = out * (0.2 + 0.8 * (0.5 - 0.5 * np.cos(turn)))
    return unit(out)


NOISE = Recipe(
    id="noise",
    number=263,
    wave=2,
    code="TEST",
    nouns=("noise", "static noise", "test noise", "hiss of noise", "background noise signal", "static"),
    clauses=("{adj} noise hisses {adv}", "{adj} noise plays", "there is {adj} noise", "{adj} static noise is heard"),
    tags=("sleep noise", "noise generator", "static hiss", "tv static", "constant hiss", "masking noise", "noise signal", "random noise"),
    onomatopoeia=("shhhh",),
    render=_noise,
    texture=True,
    plural=True,
    attributes=(
        Kind(
            "colour",
            {
                "white": ("white noise",),
                "pink": ("pink noise",),
                "brown": ("brown noise", "brownian noise", "red noise"),
                "blue": ("blue noise",),
            },
            slot="noun",
            weights=(2, 2, 2, 1),
        ),
        Kind(
            "band",
            {
                "full": (),
                "low": ("low", "low-passed", "low-frequency"),
                "mid": ("band-passed", "mid-frequency"),
                "high": ("high", "high-passed", "high-frequency"),
            },
            weights=(5, 1, 1, 1),
        ),
        Kind(
            "motion",
            {"steady": ("steady", "constant"), "pulsing": ("pulsing", "pulsating"), "waving": ("swelling", "slowly swelling")},
            weights=(5, 1, 1),
        ),
    ),
    tests=(
        Ascending("centroid_hz", "colour", ("brown", "pink", "white", "blue")),
        Ascending("centroid_hz", "band", ("low", "mid", "high")),
        Between("active_share", 0.9, 1),
    ),
)


_ORDER = np.arange(1, 61)
_WAVES: dict[str, NDArray] = {
    "square": np.where(_ORDER % 2, 0.8 / _ORDER, 0),
    "saw": 0.6 / _ORDER,
    "triangle": np.where(_ORDER % 2, 0.81 * (-1.0) ** (_ORDER // 2) / _ORDER**2, 0),
}


def _wave(shape: str, hz: NDArray | float, samples: int) -> Audio:
    """Wave of a named shape at a (nearly) constant frequency, as a harmonic sum: no aliasing."""
    return sine(hz, samples) if shape == "sine" else wavetable(_WAVES[shape], hz, samples)


def _tone(r: Record) -> Audio:
    timing, hz, manner = r.stream("timing"), float(r["frequency"]), str(r["manner"])
    start = count(float(timing.choice([0.0, min(0.5, timing.uniform(0.03, 0.1) * r.seconds)])))
    n = r.samples - start
    if manner != "pulsed" and timing.random() < 0.3:
        n = count(max(0.8, timing.uniform(0.3, 0.95) * n / SAMPLE_RATE))
    if manner == "vibrato":
        curve = hz * (1 + timing.uniform(0.015, 0.03) * np.sin(phase(timing.uniform(4.5, 7), n)))
        tone = _wave(str(r["wave"]), curve, n)
    else:
        tone = _wave(str(r["wave"]), hz, n)
    if manner == "pulsed":
        period, duty = float(log_uniform(timing, 0.3, 1.2)), timing.uniform(0.5, 0.65)
        place_in = (np.arange(n) / SAMPLE_RATE) % period
        tone = tone * np.clip(np.minimum(place_in, duty * period - place_in) / 0.006, 0, 1)
    elif manner == "tremolo":
        tone = tone * (1 - timing.uniform(0.55, 0.85) * (0.5 + 0.5 * np.sin(phase(float(log_uniform(timing, 3, 9)), n))))
    out = np.zeros(r.samples, np.float32)
    out[start : start + n] = fade(tone, 0.008, 0.02)[: r.samples - start]
    return unit(out)


TONE = Recipe(
    id="tone",
    number=264,
    wave=2,
    code="TEST",
    nouns=("tone", "test tone", "electronic tone", "continuous tone", "reference tone"),
    clauses=("{a} test tone sounds {adv}", "{a} electronic tone plays", "{a} tone is held", "{a} test tone is heard"),
    tags=("signal generator", "oscillator", "hearing test tone", "tuning tone", "frequency tone", "tone generator", "hertz tone"),
    onomatopoeia=("beeeep",),
    render=_tone,
    attributes=(
        Range("frequency", 100, 5000, "Hz", log=True, axis="pitch", moves="f0_hz"),
        Kind(
            "wave",
            {
                "sine": ("sine wave", "sine tone", "pure tone"),
                "square": ("square wave", "square wave tone"),
                "saw": ("sawtooth wave", "sawtooth tone", "saw wave"),
                "triangle": ("triangle wave", "triangle wave tone"),
            },
            slot="noun",
            weights=(3, 1, 1, 1),
        ),
        Kind(
            "manner",
            {
                "steady": ("steady", "continuous", "constant"),
                "pulsed": ("pulsed", "interrupted"),
                "tremolo": ("tremolo", "fluttering"),
                "vibrato": ("vibrato", "wavering"),
            },
            weights=(3, 1, 1, 1),
        ),
    ),
    tests=(Follows("f0_hz", "frequency", 0.04), Between("flatness_db", -140, -30, {"wave": "sine"})),
)


def _curve(r: Record, n: int) -> NDArray:
    """Frequency over the sweep's length; exponential or linear."""
    timing, direction = r.stream("timing"), str(r["direction"])
    low, high = float(log_uniform(timing, 80, 350)), float(log_uniform(timing, 1500, 6500))
    bend = "linear" if timing.random() < 0.3 else "exponential"
    u = np.linspace(0, 1, n)
    u = {"up": u, "down": 1 - u, "updown": 1 - np.abs(1 - 2 * u), "downup": np.abs(1 - 2 * u)}[direction]
    return low + (high - low) * u if bend == "linear" else low * (high / low) ** u


def _shepard(r: Record, n: int) -> Audio:
    """Eight sines an octave apart that glide on for ever under a fixed bell-shaped spectrum."""
    timing, rising = r.stream("timing"), str(r["direction"]) == "endless up"
    octaves_per_s = timing.uniform(0.2, 0.5) * (1 if rising else -1)
    lowest, centre = timing.uniform(38, 55), timing.uniform(3.2, 4.2)
    out = np.zeros(n, np.float32)
    travel = octaves_per_s * np.arange(n) / SAMPLE_RATE
    for k in range(8):
        place_in = (k + travel + 8) % 8
        gain = np.exp(-0.5 * ((place_in - centre) / 1.1) ** 2) * np.clip(4 * np.minimum(place_in, 8 - place_in), 0, 1)
        out += (gain * np.sin(phase(lowest * 2**place_in, n))).astype(np.float32)
    return out


def _sweep(r: Record) -> Audio:
    timing, wave = r.stream("timing"), str(r["wave"])
    start = count(min(timing.uniform(0.03, 0.25), 0.08 * r.seconds))
    n = min(count(float(r["length"])), r.samples - start - 220)
    if str(r["direction"]).startswith("endless"):
        tone = _shepard(r, n)
    else:
        hz = _curve(r, n)
        tone = sine(hz, n) if wave == "sine" else harmonics(hz, _WAVES[wave][:11], n)
    out = np.zeros(r.samples, np.float32)
    out[start : start + n] = fade(tone, 0.01, 0.02)
    return unit(out)


SWEEP = Recipe(
    id="sweep",
    number=265,
    wave=2,
    code="TEST",
    nouns=("frequency sweep", "tone sweep", "sine sweep", "sweep", "gliding tone", "pitch sweep"),
    clauses=("{a} tone sweeps through the frequencies {adv}", "{a} frequency sweep plays", "{a} gliding tone is heard"),
    tags=("glissando", "swept sine", "sweep test", "chirp signal", "sine glide", "siren synth", "frequency glide", "synth sweep"),
    onomatopoeia=("woooop",),
    render=_sweep,
    attributes=(
        Range("length", 0.5, 9, "s", log=True, axis="length", moves="length_s"),
        Kind(
            "direction",
            {
                "up": ("rising", "ascending", "upward"),
                "down": ("falling", "descending", "downward"),
                "updown": ("rising and falling", "up-and-down"),
                "downup": ("falling and rising", "down-and-up"),
                "endless up": ("endlessly rising Shepard", "Shepard-tone rising"),
                "endless down": ("endlessly falling Shepard", "Shepard-tone falling"),
            },
            weights=(3, 3, 1, 1, 1, 1),
        ),
        Kind("wave", {"sine": (), "saw": (), "square": (), "triangle": ()}, weights=(4, 1, 1, 1)),
    ),
    tests=(
        Ascending("pitch_slope", "direction", ("down", "updown", "up")),
        Follows("length_s", "length", 0.15, given={"direction": "up", "wave": "sine"}),
    ),
)

RECIPES = (NOISE, TONE, SWEEP)
