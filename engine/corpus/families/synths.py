"""Synthesizers: pads, basses, leads and arpeggios, drones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dsp import (
    CHORDS,
    bandpass,
    count,
    fade,
    formants,
    highpass,
    log_uniform,
    phase,
    place,
    resonators,
    ring,
    rms,
    slow,
    transposed,
    unit,
    varying_lowpass,
    wavetable,
    white,
)
from engine.corpus.recipe import SAMPLE_RATE, Audio, Between, Follows, Kind, Range, Recipe, Record

_ORDER = np.arange(1, 161)
_SAW = 0.6 / _ORDER
_SQUARE = np.where(_ORDER % 2, 0.8 / _ORDER, 0)


def _dulled(table: NDArray, hz: float, cutoff_hz: float) -> NDArray:
    """Harmonic amplitudes behind a 24 dB low-pass."""
    return table / (1 + (_ORDER[: table.size] * hz / cutoff_hz) ** 4)


def _arch(samples: int, rise_s: float, fall_s: float) -> NDArray:
    """Slow rise at the start, slow fall at the end, both at most a quarter of the length."""
    longest = 0.25 * samples / SAMPLE_RATE
    return fade(np.ones(samples, np.float32), min(rise_s, longest), min(fall_s, longest))


def _pad(r: Record) -> Audio:
    timbre, timing = r.stream("timbre"), r.stream("timing")
    bright, root = r.q("brightness"), float(r["pitch"])
    cutoff = float(r["brightness"]) * 1000
    tones = CHORDS[str(r["mood"])]
    # Some pads move to a neighbouring chord half-way.
    moves = [0] if timing.random() < 0.5 else [0, int(timing.choice([-4, -2, 3, 5]))]
    out = np.zeros(r.samples, np.float32)
    sections = np.linspace(0, r.samples, len(moves) + 1).astype(int)
    for move, start, stop in zip(moves, sections, sections[1:], strict=False):
        overlap = min(count(0.4), r.samples - stop)
        n = stop - start + overlap
        for semitone in tones:
            hz = transposed(root, semitone + move)
            table = _dulled(_SAW, hz, cutoff)
            both = sum(wavetable(table, hz * 2 ** (cents / 1200), n, timbre.uniform(0, 6)) for cents in (-7, 8))
            out[start : start + n] += _arch(n, 0.4, 0.4) * both
    if r["texture"] == "choir":
        out = rms(formants(out, (600, 1050, 2600), (1, 0.7, 0.2 + 0.6 * bright), timbre.uniform(0.85, 1.2), q=2.5)) + 0.5 * rms(out)
    elif r["texture"] == "shimmer":
        high = [transposed(root, semitone + 24) for semitone in tones] + [transposed(root, semitone + 36) for semitone in tones]
        sparkle = sum(wavetable([1.0], hz, r.samples) * np.maximum(0, slow(timbre, r.samples, 1.5)) for hz in high)
        out = rms(out) + (0.1 + 0.25 * bright) * rms(sparkle)
    else:
        out = rms(out)
    if r["motion"] == "pulsing":
        out = out * (1 - 0.75 * (0.5 + 0.5 * np.sin(phase(float(log_uniform(timing, 1.5, 4)), r.samples))))
    else:
        out = out * (1 + 0.25 * np.sin(phase(timing.uniform(0.08, 0.25), r.samples, timing.uniform(0, 6))))
    return unit(highpass(out * _arch(r.samples, timing.uniform(0.4, 1.8), timing.uniform(0.6, 2)), 45))


PAD = Recipe(
    id="synth_pad",
    number=259,
    wave=2,
    code="MUSCSynth",
    nouns=("synth pad", "pad", "ambient pad", "synthesizer pad", "atmospheric pad", "lush synth chord"),
    clauses=("{a} synth pad swells {adv}", "{a} synth pad plays", "{a} ambient pad hangs in the air", "{a} synthesizer pad is held"),
    tags=("ambient", "atmosphere", "lush", "ambient music", "new age pad", "background pad", "ethereal synth", "soundscape pad"),
    render=_pad,
    texture=True,
    attributes=(
        Range("brightness", 0.3, 4.5, "kHz", log=True, axis="brightness", moves="centroid_hz"),
        Range("pitch", 90, 240, "Hz", log=True, axis="pitch", moves="low_share", sign=-1),
        Kind(
            "mood",
            {
                "major": ("hopeful", "major", "uplifting"),
                "minor": ("sad", "minor", "melancholic"),
                "suspended": ("dreamy", "suspended", "floating"),
            },
        ),
        Kind("texture", {"plain": (), "choir": ("choir-like", "angelic"), "shimmer": ("shimmering", "sparkling")}, weights=(3, 1, 1)),
        Kind("motion", {"slow": (), "pulsing": ("pulsing", "throbbing")}, weights=(4, 1)),
    ),
    tests=(Between("active_share", 0.9, 1), Between("onsets_per_s", 0, 4)),
)


def _steps(r: Record, rate: float, pattern: NDArray) -> tuple[NDArray, NDArray]:
    """Value of every sample and place 0..1 inside its note, for a ``pattern`` of values repeated at ``rate`` notes a second."""
    cycles = rate * np.arange(r.samples) / SAMPLE_RATE
    index = cycles.astype(int)
    return pattern[index % pattern.size], cycles - index


def _bass(r: Record) -> Audio:
    timing, timbre, kind, rate = r.stream("timing"), r.stream("timbre"), str(r["kind"]), float(r["rate"])
    root, samples = float(r["pitch"]), r.samples
    if kind in ("sub", "acid"):
        jumps = [0, 0, 0, 12, 0, 3, 5] if kind == "acid" else [0, 0, 0, 3, 5]
        pattern = np.where(np.arange(8) == 0, 0, timing.choice(jumps, 8))
    else:
        pattern = np.repeat([0, 0, timing.choice([2, 3, 5]), 0], max(1, round(2 * rate)))
    hz, place_in = _steps(r, rate, transposed(root, pattern))
    seconds = place_in / rate
    gate = np.minimum(1, seconds / 0.006) * np.clip((0.88 / rate - seconds) / 0.02, 0, 1)
    if kind == "sub":
        tone = wavetable([0.9, 0.8, 0.4, 0.15, 0.06], hz, samples) * gate * np.exp(-seconds / timbre.uniform(0.3, 0.8))
    elif kind == "acid":
        table = _SAW if timbre.random() < 0.6 else _SQUARE
        accent = np.where(timing.random(16) < 0.35, 1.6, 1.0)[(rate * np.arange(samples) / SAMPLE_RATE).astype(int) % 16]
        cutoff = 220 + accent * timbre.uniform(1100, 2200) * np.exp(-seconds / min(0.5 / rate, timbre.uniform(0.08, 0.2)))
        tone = varying_lowpass(wavetable(table, hz, samples), cutoff, timbre.uniform(5, 9)) * gate
    elif kind == "wobble":
        lfo = 0.5 - 0.5 * np.cos(2 * np.pi * place_in)
        raw = wavetable(_SAW, hz, samples) + 0.6 * wavetable(_SQUARE, hz * 1.006, samples)
        tone = varying_lowpass(raw, 120 * timbre.uniform(14, 26) ** lfo, timbre.uniform(1.5, 3)) * (0.15 + 0.85 * lfo)
        tone = np.tanh(1.5 * tone)
    else:
        cents = timbre.uniform(15, 28)
        raw = wavetable(_SAW, hz * 2 ** (cents / 1200), samples) + wavetable(_SAW, hz * 2 ** (-cents / 1200), samples, 2.0)
        pump = 0.12 + 0.88 * np.minimum(1, place_in / 0.55) ** 1.5 * np.clip((1 - place_in) / 0.05, 0, 1)
        tone = rms(varying_lowpass(raw, 700 * 2 ** (0.6 * slow(timbre, samples, 0.5)), 1.2)) * pump
    octave = wavetable([0.25, 0.5, 0.25], hz, samples) * (gate if kind == "acid" else 1)
    if kind == "wobble":
        octave = octave * (0.2 + 0.8 * lfo)
    return unit(highpass(tone + (0.5 * octave if kind in ("acid", "wobble") else 0), 60))


BASS = Recipe(
    id="synth_bass",
    number=260,
    wave=2,
    code="MUSCSynth",
    nouns=("synth bass", "bass synth", "electronic bass", "synthesizer bass", "bass line"),
    clauses=("{a} synth bass plays {adv}", "{a} bass synth grooves", "{a} electronic bass line runs {adv}", "{a} synth bass is heard"),
    tags=("bassline", "electronic bassline", "edm bass", "club bass", "bass music", "synth bassline", "drum and bass bass", "low synth"),
    onomatopoeia=("wub wub",),
    render=_bass,
    attributes=(
        Range("rate", 1, 8, "per second", log=True, axis="rate", moves="modulation_hz"),
        Range("pitch", 54, 120, "Hz", log=True, axis="pitch", moves="f0_hz"),
        Kind(
            "kind",
            {
                "sub": ("sub bass", "deep sub bass"),
                "wobble": ("wobble bass", "dubstep bass", "wub bass"),
                "reese": ("reese bass", "growling reese bass"),
                "acid": ("acid bass", "303 bass", "acid bass line"),
            },
            slot="noun",
        ),
    ),
    tests=(Follows("modulation_hz", "rate", 0.1, given={"kind": "wobble"}), Between("low_share", 0.3, 1)),
)

_ARPEGGIOS = ((0, 4, 7, 12), (0, 3, 7, 12), (0, 3, 7, 10, 12), (0, 4, 7, 11, 12, 16), (0, 5, 7, 12))


def _lead(r: Record) -> Audio:
    timing, timbre, kind = r.stream("timing"), r.stream("timbre"), str(r["kind"])
    rate, root = float(r["rate"]), float(r["pitch"])
    tones = np.asarray(_ARPEGGIOS[int(timing.integers(len(_ARPEGGIOS)))])
    pattern = {"up": tones, "down": tones[::-1], "random": timing.choice(tones, 8)}[str(r["direction"])]
    table = _SAW if kind == "supersaw" or r["wave"] == "saw" else _SQUARE
    times = np.arange(float(timing.uniform(0.03, 0.15)), max(0.2, r.seconds - 0.12), 1 / rate)
    length = count(min(0.9, {"pluck": 0.5, "arp": 0.75 / rate, "lead": 0.82 / rate, "supersaw": 0.72 / rate}[kind]))
    cutoff = timbre.uniform(7, 14)
    sounds = []
    for semitone in sorted(set(pattern.tolist())):
        hz = transposed(root, semitone)
        sounds.append(_lead_note(timbre, kind, table, hz, length, cutoff * hz))
    index = [sorted(set(pattern.tolist())).index(pattern[i % pattern.size]) for i in range(times.size)]
    gains = timing.uniform(0.85, 1, times.size)
    dry = place(r.samples, times, sounds, gains, np.asarray(index))
    if kind in ("pluck", "arp"):
        echo = place(r.samples, times + 0.75 / rate, sounds, 0.3 * gains, np.asarray(index))
        dry = dry + echo * float(timbre.random() < 0.5)
    return unit(highpass(dry, 60))


def _lead_note(rng: np.random.Generator, kind: str, table: NDArray, hz: float, n: int, cutoff_hz: float) -> Audio:
    seconds = np.arange(n) / SAMPLE_RATE
    if kind == "supersaw":
        voices = [hz * 2 ** (cents / 1200) for cents in (-25, -14, -6, 0, 7, 15, 24)] + [1.498 * hz, 0.5 * hz]
        note = sum(wavetable(_dulled(table, f, min(9000, 1.6 * cutoff_hz)), f, n, rng.uniform(0, 6)) for f in voices)
        return unit(fade(note, 0.006, 0.03))
    if kind == "lead":
        late = np.clip((seconds - 0.15) / 0.2, 0, 1)
        curve = hz * (1 + 0.01 * late * np.sin(phase(5.5, n))) * (1 - 0.05 * np.exp(-seconds / 0.025))
        note = wavetable(_dulled(table, hz, cutoff_hz), curve, n) + wavetable(_dulled(table, hz, cutoff_hz), curve * 1.004, n)
        return unit(fade(note, 0.01, 0.03))
    dark, bright = (wavetable(_dulled(table, hz, cut), hz, n) for cut in (2.2 * hz, cutoff_hz))
    opening = np.exp(-seconds / 0.08)
    note = (opening * bright + (1 - opening) * dark) * (np.exp(-seconds / 0.12) if kind == "pluck" else 1)
    return unit(fade(note, 0.002, 0.02))


LEAD = Recipe(
    id="synth_lead",
    number=261,
    wave=2,
    code="MUSCSynth",
    nouns=("synth lead", "synth line", "synthesizer melody", "synth sequence", "electronic lead"),
    clauses=("{a} synth line plays {adv}", "{a} synthesizer plays {adv}", "{a} synth sequence runs", "{a} electronic lead is heard"),
    tags=("trance lead", "sequencer", "lead synth", "synth melody", "edm lead", "electronic melody", "synth riff"),
    render=_lead,
    attributes=(
        Range("rate", 1.6, 8.5, "notes per second", log=True, axis="rate", moves="modulation_hz"),
        Range("pitch", 170, 760, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Kind(
            "kind",
            {
                "lead": ("synth lead", "lead synth", "solo synth lead"),
                "arp": ("synth arpeggio", "arpeggiated synth", "arp"),
                "supersaw": ("supersaw", "supersaw stab", "trance supersaw"),
                "pluck": ("synth pluck", "pluck synth"),
            },
            slot="noun",
        ),
        Kind("wave", {"saw": ("sawtooth",), "square": ("square-wave",)}),
        Kind(
            "direction",
            {"up": ("going up", "running upwards"), "down": ("going down", "running downwards"), "random": ("in a random pattern",)},
            slot="after",
        ),
    ),
    tests=(Follows("modulation_hz", "rate", 0.1, given={"kind": "pluck"}), Between("flatness_db", -60, -8)),
)

_METAL = np.array([1, 2.01, 2.78, 3.76, 5.18, 6.43, 8.16, 10.3, 12.7, 15.6, 18.9, 22.8, 27.1])


_STACKS = ((2, 3), (3, 4), (1.5, 3), (2, 2.8), (2, 3.6))


def _drone(r: Record) -> Audio:
    timbre, timing, kind = r.stream("timbre"), r.stream("timing"), str(r["kind"])
    samples, cutoff, root = r.samples, float(r["brightness"]), float(log_uniform(timbre, 60, 110))
    rise = 2 ** (np.linspace(0, timing.uniform(0.4, 0.9), samples)) if r["motion"] == "rising" else 1.0
    if kind == "metallic":
        hz = root * timbre.uniform(1.2, 1.8) * _METAL * timbre.uniform(0.98, 1.02, _METAL.size)
        gains = 1 / (1 + (hz / cutoff) ** 4) * _METAL**-0.3 * timbre.uniform(0.7, 1, _METAL.size)
        if r["motion"] == "rising":
            out = sum(g * wavetable([1.0], f * rise, samples, timbre.uniform(0, 6)) for f, g in zip(hz, gains, strict=True))
        else:
            out = ring(timbre, hz, np.inf, gains, samples)
    else:
        table = _dulled(_ORDER**-0.5, root, cutoff)
        out = np.zeros(samples, np.float32)
        # Pure intervals, so that nothing beats but the beat that was drawn.
        for ratio in (1.0, *_STACKS[int(timbre.integers(len(_STACKS)))]):
            out += timbre.uniform(0.6, 1) / ratio * wavetable(table, root * ratio * rise, samples, timbre.uniform(0, 6))
    out = rms(out)
    if kind == "organic":
        breath = resonators(white(timbre, samples), [120 + cutoff * k for k in (0.25, 0.55, 0.9)], 2, (1, 0.8, 0.5))
        out = 0.85 * out + 0.45 * rms(breath) * (1 + 0.2 * slow(timbre, samples, 0.7))
    elif kind == "dark":
        out = out + 0.1 * rms(bandpass(white(timbre, samples), 50, 300))
    depth = timing.uniform(0.7, 0.88)
    beat = 1 - depth * (0.5 + 0.5 * np.sin(phase(float(r["beating"]), samples, timing.uniform(0, 6))))
    return unit(highpass(out * beat * _arch(samples, 0.6, 0.8), 45))


DRONE = Recipe(
    id="drone",
    number=262,
    wave=2,
    code="DSGNDron",
    nouns=("drone", "ambient drone", "drone sound", "sustained drone", "synth drone", "ominous drone"),
    clauses=("{a} drone hums on {adv}", "{a} drone lingers", "{a} sustained drone throbs {adv}", "{a} ominous drone is held"),
    tags=("dark ambient", "tension", "low drone", "horror ambience", "sustained tone", "suspense bed", "droning", "eerie drone"),
    onomatopoeia=("ommm",),
    render=_drone,
    texture=True,
    attributes=(
        Range("brightness", 200, 3200, "Hz", log=True, axis="brightness", moves="centroid_hz"),
        Range("beating", 0.5, 4.5, "Hz", log=True, axis="rate", moves="modulation_hz"),
        Kind(
            "kind",
            {
                "dark": ("dark", "ominous", "menacing"),
                "metallic": ("metallic", "bell-like"),
                "organic": ("organic", "breathy", "airy"),
            },
        ),
        Kind("motion", {"still": (), "rising": ("slowly rising", "slowly climbing")}, weights=(3, 1)),
    ),
    tests=(Follows("modulation_hz", "beating", 0.1), Between("active_share", 0.95, 1), Between("onsets_per_s", 0, 4)),
)

RECIPES = (PAD, BASS, LEAD, DRONE)
