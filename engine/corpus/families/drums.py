"""Drums: kick, snare, cymbals, toms and hand drums."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dsp import (
    RATIOS,
    bandpass,
    bar_times,
    count,
    decay,
    fade,
    highpass,
    jittered,
    log_uniform,
    lowpass,
    place,
    resonator,
    ring,
    spaced,
    square,
    unit,
    white,
)
from engine.corpus.recipe import SAMPLE_RATE, Ascending, Audio, Between, Count, Follows, Kind, Range, Recipe, Record

EIGHTHS = (1, 0) * 8
_SIXTEENTHS = (1,) * 16
BACKBEAT = (0, 0, 0, 0, 1, 0, 0, 0) * 2


def hits(r: Record, gap_s: tuple[float, float], bars: Sequence[Sequence[float]], tail_s: float) -> tuple[NDArray, NDArray]:
    """Times and gains: up to five counted hits, or one of the ``bars`` repeated through the clip."""
    timing, number = r.stream("timing"), int(r["number"])
    if number <= 5:
        times = spaced(timing, number, float(log_uniform(timing, *gap_s)), r.seconds, tail_s, 0.04)
        return times, timing.uniform(0.85, 1, number)
    chances = bars[int(timing.integers(len(bars)))]
    bpm = timing.uniform(80, 150)
    # "Several" must stay true in a short clip.
    bpm *= max(1.0, 6.5 / (r.seconds * bpm / 240 * sum(chances)))
    times, steps = bar_times(timing, chances, bpm, r.seconds, timing.choice([0.0, 0.0, 0.15]))
    if times.size == 0:
        times, steps = np.array([0.05]), np.array([0])
    times = times - max(0.0, times[0] - timing.uniform(0.05, 0.3))
    return times, np.where(steps % 4 == 0, 1.0, 0.75) * timing.uniform(0.85, 1, times.size)


def _tone(hz: float, drop: float, drop_s: float, decay_s: float, samples: int) -> Audio:
    """Sine that starts ``1 + drop`` times higher and falls to ``hz``."""
    t = np.arange(samples) / SAMPLE_RATE
    return np.sin(2 * np.pi * hz * (t + drop * drop_s * (1 - np.exp(-t / drop_s)))).astype(np.float32) * decay(0.001, decay_s, samples)


def kick_hit(rng: np.random.Generator, hz: float, style: str) -> Audio:
    """One bass drum stroke."""
    boomy = style == "boomy"
    length = rng.uniform(0.14, 0.24) if boomy else rng.uniform(0.05, 0.08)
    n = count(7 * length)
    body = _tone(hz, rng.uniform(2, 3), rng.uniform(0.022, 0.034) if boomy else rng.uniform(0.012, 0.02), length, n)
    gain = {"punchy": rng.uniform(1.5, 2.2), "boomy": rng.uniform(1.4, 2), "distorted": rng.uniform(5, 9)}[style]
    click = highpass(white(rng, n), 1500) * decay(0.0003, 0.002, n)
    return unit(fade(highpass(np.tanh(gain * body) / np.tanh(gain) + rng.uniform(0.1, 0.3) * click, 38), 0.0005, 0.02))


def snare_hit(rng: np.random.Generator, hz: float, bright: float, wires_s: float) -> Audio:
    """One snare drum stroke; ``bright`` 0..1 sets the wires against the shell."""
    n = count(0.12 + 5 * wires_s)
    shell = 0.7 * _tone(hz, 0.4, 0.01, 0.055, n) + 0.4 * _tone(1.83 * hz, 0.2, 0.01, 0.04, n)
    wires = lowpass(highpass(white(rng, n), 700 + 900 * bright), 1600 * 4.5**bright) * decay(0.001, wires_s, n)
    return unit(fade(shell + (0.25 + 1.1 * bright) * 1.5 * wires / max(float(np.abs(wires).max()), 1e-9), 0.0005, 0.02))


def rim_hit(rng: np.random.Generator, hz: float, bright: float) -> Audio:
    """One stroke on the rim: two short modes and a tick."""
    n = count(0.12)
    modes = (1 - 0.7 * bright) * _tone(2.6 * hz, 0, 0.01, 0.012, n) + (0.25 + 0.75 * bright) * _tone(9.3 * hz, 0, 0.01, 0.006, n)
    return unit(fade(modes + 0.4 * bright * highpass(white(rng, n), 2500) * decay(0.0003, 0.006, n), 0.0005, 0.02))


def cymbal_hit(rng: np.random.Generator, kind: str, bright: float) -> Audio:
    """One stroke on a hi-hat, crash or ride cymbal."""
    shortest, longest = {"closed": (0.012, 0.03), "open": (0.09, 0.2), "crash": (0.35, 0.7), "ride": (0.25, 0.5)}[kind]
    length = rng.uniform(shortest, longest)
    n = count(min(3.0, 6 * length))
    noise = highpass(white(rng, n), 1200 + 3000 * bright)
    if kind in ("closed", "open"):
        scale = rng.uniform(1, 1.5)
        metal = sum(square(scale * f, n) for f in (205.3, 304.4, 369.6, 522.7, 540.0, 800.0))
        out = (0.35 * metal + noise) * decay(0.0005, length, n)
    else:
        hz = np.sort(log_uniform(rng, 500, 7500, 36))
        metal = ring(rng, hz, 6.9 * length * (2000 / hz) ** 0.3, (hz / 2000) ** 0.3, n)
        wash = decay(0.012 if kind == "crash" else 0.003, length, n)
        out = metal + (0.5 if kind == "crash" else 0.08) * noise * wash
        if kind == "ride":
            out = out * wash + 1.2 * resonator(noise, rng.uniform(2600, 3600), 8) * decay(0.0005, 0.06, n)
    low = 1500 + 2600 * bright
    return unit(fade(lowpass(highpass(highpass(out, low), low), 3600 * 2.1**bright), 0.0005, 0.03))


def drum_hit(rng: np.random.Generator, kind: str, hz: float, stroke: str) -> Audio:
    """One stroke on a tom or hand drum: a membrane whose pitch falls, and the skin's noise."""
    ring_s = {"tom": 0.13, "conga": 0.085, "bongo": 0.05, "djembe": 0.1, "tabla": 0.14}[kind] * rng.uniform(0.8, 1.2) * (150 / hz) ** 0.35
    ring_s *= {"open": 1.0, "muted": 0.3, "slap": 0.45}[stroke]
    n = count(0.1 + 7 * ring_s)
    ratios = RATIOS["tabla" if kind == "tabla" else "membrane"][:5]
    drop = {"tom": rng.uniform(0.3, 0.5), "tabla": 0.03}.get(kind, rng.uniform(0.05, 0.15))
    tilt = {"open": 1.6, "muted": 2.2, "slap": 1.1}[stroke]
    body = sum(ratio**-tilt * rng.uniform(0.6, 1) * _tone(ratio * hz, drop, 0.03, ring_s / ratio**0.5, n) for ratio in ratios)
    skin = lowpass(white(rng, n), 12 * hz) * decay(0.0003, 0.004, n)
    out = body + 0.25 * skin
    if stroke == "slap":
        out = out + 0.4 * bandpass(white(rng, n), 5 * hz, 12 * hz) * decay(0.0005, 0.01, n)
    return unit(fade(highpass(out, 45), 0.0005, 0.02))


def _kick(r: Record) -> Audio:
    timbre = r.stream("timbre")
    times, gains = hits(r, (0.45, 1.2), ((1, 0, 0, 0) * 4, (1, 0, 0, 0) * 4, (1, 0, 0, 0.4, 0, 0, 0.6, 0, 1, 0, 0.5, 0, 0, 0, 0, 0.3)), 0.4)
    hit = kick_hit(timbre, float(r["pitch"]), str(r["style"]))
    return place(r.samples, times, [hit], gains)


KICK = Recipe(
    id="kick",
    number=242,
    wave=2,
    code="MUSCPerc",
    nouns=("kick drum", "bass drum", "kick", "kick drum hit", "bass drum hit"),
    clauses=("{a} kick drum hits {adv}", "{a} bass drum thumps", "{a} kick drum pounds {adv}", "someone plays {a} bass drum"),
    tags=("kick sample", "drum machine kick", "electronic kick", "drum one-shot", "kick drums", "kick drum sample", "bass drum thump"),
    onomatopoeia=("boom boom",),
    render=_kick,
    sub_bass=True,
    attributes=(
        Range("pitch", 42, 95, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Kind(
            "style",
            {
                "punchy": ("punchy", "tight", "909"),
                "boomy": ("boomy", "808", "long"),
                "distorted": ("distorted", "hardstyle", "clipped"),
            },
            weights=(3, 3, 1.5),
        ),
        Count("number", 1, 11),
    ),
    tests=(
        Between("low_share", 0.8, 1),
        Between("centroid_hz", 60, 180),
        Follows("onset_count", "number", 0.1, given={"number": 3, "style": "punchy"}),
    ),
)


def _snare(r: Record) -> Audio:
    timbre, timing, kind, bright = r.stream("timbre"), r.stream("timing"), str(r["kind"]), r.q("brightness")
    hz, wires = float(timbre.uniform(165, 235)), float(log_uniform(timbre, 0.025, 0.075))
    if kind in ("roll", "march"):
        strokes = [snare_hit(timbre, hz * timbre.uniform(0.98, 1.02), bright, 0.7 * wires) for _ in range(4)]
    else:
        make = rim_hit if kind == "rim" else snare_hit
        strokes = [make(timbre, hz, bright, wires) if kind == "snare" else make(timbre, hz, bright) for _ in range(2)]
    if kind == "roll":
        return _rolls(r, strokes, timing)
    bars = (BACKBEAT, (0, 0, 0, 0, 1, 0, 0, 0.3, 0, 0.3, 0, 0, 1, 0, 0, 0.3))
    if kind == "march":
        bars = ((1, 0, 1, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 0, 0), (1, 0, 0, 0, 1, 0, 1, 1) * 2)
    times, gains = hits(r, (0.35, 1.2), bars, 0.3)
    return place(r.samples, times, strokes, gains)


def _rolls(r: Record, hits: list[Audio], rng: np.random.Generator) -> Audio:
    """Swelling rolls, as many as counted, each ended by an accent."""
    number = int(r["number"]) if int(r["number"]) <= 5 else max(2, min(6, int(r.seconds / 1.2)))
    length = min(float(log_uniform(rng, 0.6, 2.5)), max(0.25, 0.85 * r.seconds / number - 0.1))
    starts = spaced(rng, number, 1.35 * length, r.seconds, length + 0.15, 0.04)
    strokes = jittered(rng, 1 / rng.uniform(16, 26), 0.04, length)
    swell = 0.2 + 0.65 * (strokes / length) ** 1.5 * rng.uniform(0.9, 1, strokes.size)
    roll = place(count(length + 0.3), [*strokes, length], hits, [*swell, 1.0])
    return place(r.samples, starts, [roll])


SNARE = Recipe(
    id="snare",
    number=243,
    wave=2,
    code="MUSCPerc",
    nouns=("snare drum", "snare", "snare hit", "snare drum hit", "side drum"),
    clauses=("{a} snare drum cracks {adv}", "someone strikes {a} snare drum", "{a} snare is played {adv}", "{a} snare drum sounds"),
    tags=("snare sample", "drum machine snare", "snare one-shot", "snare wires", "backbeat", "snares", "stick on a snare"),
    render=_snare,
    attributes=(
        Range("brightness", 0, 1, axis="brightness", moves="centroid_hz"),
        Kind(
            "kind",
            {
                "snare": ("snare drum", "snare", "808 snare", "acoustic snare"),
                "rim": ("rimshot", "rim click", "side stick"),
                "roll": ("snare roll", "drum roll", "snare drum roll"),
                "march": ("marching drum", "marching snare", "military snare drum"),
            },
            slot="noun",
            weights=(3, 1, 1.2, 1),
        ),
        Count("number", 1, 9),
    ),
    tests=(
        Between("centroid_hz", 400, 3800),
        Follows("onset_count", "number", 0.1, given={"number": 3, "kind": "snare"}),
    ),
)


def _cymbal(r: Record) -> Audio:
    timbre, kind = r.stream("timbre"), str(r["kind"])
    bars: Sequence[Sequence[float]] = {
        "closed": (EIGHTHS, _SIXTEENTHS, (1, 0.2, 1, 0.6) * 4),
        "open": ((0, 0, 1, 0) * 4, (1, 0, 0, 0) * 4),
        "crash": ((1, *(0,) * 7, 0.5, *(0,) * 7),),
        "ride": ((1, 0, 0, 0, 1, 0, 0, 1) * 2, EIGHTHS),
    }[kind]
    gap = {"closed": (0.2, 0.9), "open": (0.45, 1.2), "crash": (1.2, 2.2), "ride": (0.5, 1.2)}[kind]
    times, gains = hits(r, gap, bars, 0.5)
    return place(r.samples, times, [cymbal_hit(timbre, kind, r.q("brightness"))], gains)


CYMBAL = Recipe(
    id="cymbal",
    number=244,
    wave=2,
    code="MUSCPerc",
    nouns=("cymbal", "cymbal hit", "drum kit cymbal", "struck cymbal", "brass cymbal"),
    clauses=("{a} cymbal is struck {adv}", "a drummer hits {a} cymbal", "{a} cymbal sounds {adv}"),
    tags=("cymbals", "cymbal sample", "drummer's cymbals", "cymbal one-shot", "metal percussion", "cymbal strike"),
    onomatopoeia=("tss tss",),
    render=_cymbal,
    attributes=(
        Range("brightness", 0, 1, axis="brightness", moves="centroid_hz"),
        Kind(
            "kind",
            {
                "closed": ("closed hi-hat", "hi-hat", "hihat", "closed hat"),
                "open": ("open hi-hat", "open hat"),
                "crash": ("crash cymbal", "cymbal crash"),
                "ride": ("ride cymbal", "ride"),
            },
            slot="noun",
            weights=(3, 2, 2, 1.5),
        ),
        Count("number", 1, 10),
    ),
    tests=(
        Between("high_share", 0.85, 1),
        Ascending("t60_s", "kind", ("closed", "crash")),
        Follows("onset_count", "number", 0.1, given={"number": 3, "kind": "closed"}),
    ),
)


_SIZE = {"tom": 0.8, "djembe": 0.9, "conga": 1.0, "tabla": 1.1, "bongo": 1.35}


def _tom(r: Record) -> Audio:
    timbre, timing = r.stream("timbre"), r.stream("timing")
    kind, stroke = str(r["kind"]), str(r["stroke"])
    hz = float(r["pitch"]) * _SIZE[kind]
    steps = (1.0, 1.26, 0.8) if int(r["number"]) > 5 else (1.0,)
    bars = (
        (1, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0),
        (1, 0, 1, 1, 0, 1, 1, 0) * 2,
        (1, 0.3, 0.5, 0.8) * 4,
        (1, 0, 0, 0.5, 1, 0, 0.7, 0) * 2,
    )
    times, gains = hits(r, (0.4, 1.2), bars, 0.4)
    strokes = [drum_hit(timbre, kind, hz * step, stroke) for step in steps]
    which = timing.choice(len(steps), times.size, p=(0.6, 0.2, 0.2) if len(steps) == 3 else None)
    return place(r.samples, times, strokes, gains, which)


TOM = Recipe(
    id="hand_drum",
    number=246,
    wave=2,
    code="MUSCPerc",
    nouns=("tuned drum", "hand drum", "skin drum", "tribal drum", "drum"),
    clauses=("someone plays {a} skin drum {adv}", "{a} drum is struck {adv}", "{a} drum resounds", "a drummer plays {a} tuned drum"),
    tags=("drumming", "tribal drums", "african drum", "latin drum", "toms", "world percussion", "drum skin", "tribal drumming"),
    render=_tom,
    attributes=(
        Range("pitch", 80, 380, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Kind(
            "kind",
            {
                "tom": ("tom", "tom-tom", "floor tom", "tom drum"),
                "conga": ("conga", "conga drum"),
                "bongo": ("bongo", "bongo drum"),
                "djembe": ("djembe", "djembe drum"),
                "tabla": ("tabla", "tabla drum"),
            },
            slot="noun",
        ),
        Kind("stroke", {"open": (), "muted": ("muted", "damped"), "slap": ("slapped", "sharply slapped")}, weights=(3, 1, 1)),
        Count("number", 1, 10),
    ),
    tests=(
        Follows("onset_count", "number", 0.1, given={"number": 3, "kind": "conga"}),
        Between("centroid_hz", 90, 900),
    ),
)

RECIPES = (KICK, SNARE, CYMBAL, TOM)
