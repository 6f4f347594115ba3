"""Small percussion and whole drum loops: claps, snaps, cowbells, blocks, shakers, beats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.signal import lfilter

from engine.corpus.dsp import (
    bandpass,
    bar_times,
    count,
    decay,
    fade,
    highpass,
    jittered,
    place,
    resonator,
    resonators,
    ring,
    square,
    unit,
    white,
)
from engine.corpus.families.drums import BACKBEAT, EIGHTHS, cymbal_hit, drum_hit, hits, kick_hit, rim_hit, snare_hit
from engine.corpus.recipe import SAMPLE_RATE, Ascending, Audio, Between, Count, Follows, Kind, Range, Recipe, Record


def hand_hit(rng: np.random.Generator, kind: str, pitch: str = "mid") -> Audio:
    """One clap, snap, or stroke on a cowbell or block."""
    scale = {"low": 0.75, "mid": 1.0, "high": 1.35}[pitch] * rng.uniform(0.93, 1.07)
    n = count(0.45)
    noise = white(rng, n)
    if kind == "clap":
        starts = np.array([0, 0.01, 0.02, 0.03]) * rng.uniform(0.8, 1.2)
        envelope = place(n, starts, [decay(0.0005, 0.004, n)] * 3 + [decay(0.0005, rng.uniform(0.05, 0.1), n)], [0.7, 0.8, 0.9, 0.8])
        out = highpass(resonator(noise, 1150 * scale, 1.2), 500) * envelope
    elif kind == "snap":
        out = unit(resonator(noise, 2300 * scale, 5) * decay(0.001, 0.011, n))
        out += place(n, [0.012], [resonator(noise, 1500 * scale, 3) * decay(0.001, 0.02, n)], [0.2])
    elif kind == "cowbell":
        hz = 545 * scale
        out = (square(hz, n) + square(1.482 * hz, n)) * (decay(0.001, 0.035, n) + 0.3 * decay(0.001, 0.11, n))
        out = bandpass(out, 500, 3500)
    else:
        base, ratios, t60 = {"block": (950, (1, 1.47, 2.57), 0.05), "claves": (2400, (1, 2.1), 0.09)}[kind]
        out = ring(rng, base * scale * np.asarray(ratios), t60, (1, 0.45, 0.2)[: len(ratios)], n)
        out = out + 0.25 * highpass(noise, 2000) * decay(0.0003, 0.002, n)
    return unit(fade(out, 0.0005, 0.03))


def _hand(r: Record) -> Audio:
    timbre, kind = r.stream("timbre"), str(r["kind"])
    bars: Sequence[Sequence[float]] = {
        "clap": (BACKBEAT, (1, 0, 0, 0) * 4),
        "snap": (BACKBEAT, (1, 0, 0, 0) * 4),
        "cowbell": ((1, 0, 0, 0) * 4, EIGHTHS, (1, 0, 1, 0, 0, 1, 1, 0) * 2),
        "block": ((1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0), EIGHTHS),
        "claves": ((1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0),),
    }[kind]
    times, gains = hits(r, (0.3, 1.1), bars, 0.3)
    return place(r.samples, times, [hand_hit(timbre, kind, str(r["pitch"]))], gains)


HAND = Recipe(
    id="hand_percussion",
    number=245,
    wave=2,
    code="MUSCPerc",
    nouns=("small percussion hit", "hand percussion", "small percussion", "percussion one-shot", "auxiliary percussion"),
    clauses=("someone plays {a} small percussion instrument", "{a} percussion sound is struck {adv}", "{a} percussion hit sounds"),
    tags=("latin percussion", "percussion sample", "percussion hit", "perc", "small percussion instrument"),
    render=_hand,
    attributes=(
        Kind(
            "kind",
            {
                "clap": ("drum machine clap", "hand clap", "clap", "808 clap"),
                "snap": ("finger snap", "snap", "snapping fingers"),
                "cowbell": ("cowbell", "808 cowbell"),
                "block": ("woodblock", "wood block", "temple block"),
                "claves": ("claves", "clave"),
            },
            slot="noun",
        ),
        Kind("pitch", {"low": ("low", "low-pitched"), "mid": (), "high": ("high", "high-pitched")}),
        Count("number", 1, 9),
    ),
    tests=(
        Ascending("centroid_hz", "pitch", ("low", "mid", "high")),
        Follows("onset_count", "number", 0.1, given={"number": 3, "kind": "block"}),
    ),
)


_SHAKEN: dict[str, tuple[float, tuple[float, ...], float, float]] = {
    # collisions a second, resonances, their quality, milliseconds of one collision
    "shaker": (9000, (5200, 6500), 1.2, 0.7),
    "maraca": (1200, (3200,), 3.0, 0.8),
    "cabasa": (15000, (3000, 4200), 1.0, 0.6),
    "tambourine": (700, (2300, 5600, 7400), 22.0, 0.9),
    "sleigh": (500, (2500, 4300, 5300, 6500), 60.0, 1.0),
}


def _shaker(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    density, hz, quality, grain_ms = _SHAKEN[str(r["kind"])]
    strokes = jittered(timing, 1 / float(r["rate"]), 0.025, r.seconds, 0.05)
    length = count(timing.uniform(0.6, 0.85) / float(r["rate"]))
    push = np.sin(np.pi * np.linspace(0, 1, length) ** timing.uniform(0.7, 1.3)).astype(np.float32) ** 2
    accent = 1.0 if timing.random() < 0.6 else 1.25
    order = np.arange(strokes.size)
    gains = np.where(order % 2 == 0, 1.0, timing.uniform(0.7, 0.9)) * np.where(order % 4 == 0, accent, 1)
    energy = place(r.samples, strokes, [push], gains * timing.uniform(0.92, 1.05, strokes.size))
    falls = timbre.random(r.samples) < energy * density / SAMPLE_RATE
    pole = np.exp(-1000 / (grain_ms * SAMPLE_RATE))
    grains = lfilter([1.0], [1.0, -pole], falls * energy * timbre.uniform(0.3, 1, r.samples)) * white(timbre, r.samples)
    tuned = np.asarray(hz) * timbre.uniform(0.85, 1.12) * timbre.uniform(0.96, 1.04, len(hz))
    return unit(highpass(resonators(grains, list(tuned), quality) + 0.05 * grains, 900))


SHAKER = Recipe(
    id="shaker",
    number=248,
    wave=2,
    code="MUSCShake",
    nouns=("shaken percussion", "shaken rattle", "shaking percussion instrument", "rhythmic rattle", "percussion shaker"),
    clauses=("someone shakes {a} percussion rattle", "{a} rattle is shaken {adv}", "{a} rhythm is shaken {adv}"),
    tags=("shaking rhythm", "rattling rhythm", "shaken instrument", "hand shaker groove", "shaking percussion"),
    onomatopoeia=("chicka chicka",),
    render=_shaker,
    attributes=(
        Range("rate", 3, 9.5, "per second", log=True, axis="rate", moves="modulation_hz"),
        Kind(
            "kind",
            {
                "shaker": ("shaker", "egg shaker"),
                "maraca": ("maraca", "pair of maracas"),
                "cabasa": ("cabasa", "afuche cabasa"),
                "tambourine": ("tambourine", "shaken tambourine"),
                "sleigh": ("set of sleigh bells", "sleigh bell shaker"),
            },
            slot="noun",
        ),
    ),
    tests=(Follows("modulation_hz", "rate", 0.08), Between("high_share", 0.85, 1)),
)

Steps = tuple[float, ...]
_STYLES: dict[str, dict[str, Steps]] = {
    "house": {
        "kick": (1, 0, 0, 0) * 4,
        "back": BACKBEAT,
        "hat": (0.5, 0.1, 0, 0.1) * 4,
        "open": (0, 0, 1, 0) * 4,
    },
    "hiphop": {
        "kick": (1, 0, 0, 0.2, 0, 0, 0.3, 0.5, 0, 0.2, 1, 0, 0, 0.2, 0, 0.3),
        "back": BACKBEAT,
        "hat": (1, 0, 0.9, 0.1) * 4,
        "open": (0,) * 14 + (0.4, 0),
    },
    "trap": {
        "kick": (1, 0, 0, 0.4, 0, 0, 0.6, 0, 0, 0, 0.8, 0, 0, 0.4, 0, 0),
        "back": (0,) * 8 + (1,) + (0,) * 7,
        "hat": (1, 0.1, 1, 0.1, 1, 0.1, 1, 0.8) * 2,
        "open": (0,) * 14 + (0.3, 0),
    },
    "rock": {
        "kick": (1, 0, 0, 0, 0, 0, 0.4, 0, 1, 0, 0.7, 0, 0, 0, 0, 0),
        "back": BACKBEAT,
        "hat": EIGHTHS,
        "open": (0,) * 14 + (0.3, 0),
    },
    "break": {
        "kick": (1, 0, 0.9, 0, 0, 0, 0, 0, 0, 0, 1, 0.6, 0, 0, 0, 0),
        "back": (0, 0, 0, 0, 1, 0, 0, 0.8, 0, 0.7, 0, 0, 1, 0, 0, 0.6),
        "hat": EIGHTHS,
        "open": (0,) * 10 + (0.4,) + (0,) * 5,
    },
}


def _kit(rng: np.random.Generator, style: str) -> dict[str, Audio]:
    """The sounds of one clip's drum kit."""
    bright, machine = rng.uniform(0.3, 0.9), style in ("house", "trap")
    snare = snare_hit(rng, rng.uniform(165, 230), rng.uniform(0.4, 0.9), rng.uniform(0.03, 0.06))
    back = hand_hit(rng, "clap") if machine and rng.random() < 0.6 else snare
    name = str(rng.choice(["conga", "cowbell", "block", "rim"]))
    extra = drum_hit(rng, "conga", 220, "open") if name == "conga" else rim_hit(rng, 200, 0.5) if name == "rim" else hand_hit(rng, name)
    return {
        "kick": kick_hit(rng, rng.uniform(60, 82), "punchy"),
        "back": back,
        "hat": cymbal_hit(rng, "closed", bright),
        "open": cymbal_hit(rng, "open", bright)[: count(0.35)],
        "extra": extra,
    }


_LEVELS = {"kick": 1.0, "back": 0.75, "hat": 0.4, "open": 0.35, "extra": 0.35}


def _loop(r: Record) -> Audio:
    timing, style, busy = r.stream("timing"), str(r["style"]), str(r["busy"])
    kit = _kit(r.stream("timbre"), style)
    swing = timing.uniform(0.1, 0.3) if style == "hiphop" else timing.choice([0, 0, 0.12])
    bars = {name: np.asarray(steps, float) for name, steps in _STYLES[style].items()}
    if busy == "sparse":
        bars = {name: np.where(steps >= 0.8, steps, 0) for name, steps in bars.items()}
    if busy == "busy":
        bars["hat"] = np.maximum(bars["hat"], (1, 0.3) * 8)
        bars["extra"] = np.array([0, 0, 0.7, 0.1, 0, 0.1, 0.7, 0.1] * 2)
    out = np.zeros(r.samples, np.float32)
    for name, chances in bars.items():
        times, steps = bar_times(timing, chances, float(r["tempo"]), r.seconds, swing, 0.03)
        gains = _LEVELS[name] * np.where(steps % 4 == 0, 1.0, 0.75) * timing.uniform(0.85, 1.1, times.size)
        out += place(r.samples, times, [kit[name]], gains)
    return unit(out)


LOOP = Recipe(
    id="drum_loop",
    number=249,
    wave=2,
    code="MUSCLoop",
    nouns=("drum loop", "drum beat", "beat", "drum groove", "drum pattern", "rhythm track"),
    clauses=("{a} drum beat plays {adv}", "{a} drum loop is playing", "a drummer plays {a} groove", "{a} beat runs {adv}"),
    tags=("drums", "drum kit", "percussion loop", "beats", "drum machine pattern", "groove", "rhythm", "drum kit playing", "drumbeat"),
    onomatopoeia=("boom tss", "boom bap"),
    render=_loop,
    attributes=(
        Range("tempo", 66, 174, "bpm", axis="rate", moves="onsets_per_s"),
        Kind(
            "style",
            {
                "house": ("four-on-the-floor", "techno", "house", "dance"),
                "hiphop": ("hip hop", "boom-bap", "swinging hip hop"),
                "trap": ("trap", "half-time trap"),
                "rock": ("rock", "straight rock", "rock and roll"),
                "break": ("breakbeat", "jungle", "syncopated breakbeat"),
            },
        ),
        Kind("busy", {"sparse": ("sparse", "minimal", "simple"), "normal": (), "busy": ("busy", "dense", "driving")}),
    ),
    tests=(Between("active_share", 0.5, 1), Between("onsets_per_s", 2, 8)),
)

RECIPES = (HAND, SHAKER, LOOP)
