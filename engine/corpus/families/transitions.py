"""Transitions: whooshes, swishes, risers, falling sweeps, reversed swells."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import (
    VOWELS,
    bandpass,
    count,
    decay,
    drive,
    fade,
    formants,
    glide,
    glottal,
    hall,
    hump,
    lowpass,
    modes,
    phase,
    place,
    ring,
    rms,
    saw,
    sine,
    spaced,
    thump,
    unit,
    varying_lowpass,
    varying_resonator,
    vibrato,
    white,
)
from engine.corpus.recipe import Ascending, Audio, Between, Count, Follows, Kind, Range, Recipe, Record


def _pass_by(r: Record, rng: np.random.Generator) -> Audio:
    n = count(float(r["length"]) * 1.25)
    hump = np.sin(np.pi * np.linspace(0, 1, n) ** rng.uniform(0.8, 1.4)) ** rng.uniform(2, 3.5)
    peak = float(r["brightness"])
    centre = 200 + (peak - 200) * hump
    sound = rms(varying_resonator(white(rng, n), centre, rng.uniform(1.2, 2.4)) * hump)
    if r["kind"] == "tonal":
        sound = sound + 1.3 * rms(varying_resonator(white(rng, n), 0.9 * centre, 45) * hump)
    if r["kind"] == "big":
        sound = sound + 0.45 * rms(bandpass(white(rng, n), 70, 260) * hump**0.7)
    return unit(fade(sound, 0.02, 0.04))


def _whoosh(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    number, length = int(r["number"]), float(r["length"])
    times = spaced(timing, number, length * 1.1 + timing.uniform(0.2, 0.8), r.seconds, 1.25 * length)
    sounds = [_pass_by(r, timbre) for _ in range(min(number, 2))]
    return place(r.samples, times, sounds, timing.uniform(0.8, 1.0, number))


WHOOSH = Recipe(
    id="whoosh",
    number=267,
    wave=1,
    code="WHSH",
    nouns=("whoosh", "swoosh", "air whoosh", "transition whoosh", "fly-by whoosh"),
    clauses=(
        "{a} whoosh flies past {adv}",
        "something rushes by with {a} whoosh",
        "{a} swoosh of air passes",
        "{a} whoosh marks the transition",
    ),
    tags=(
        "woosh", "transition", "fly by", "air whoosh", "fast whoosh", "whooshing", "rush of air", "title transition", "logo whoosh",
        "camera move", "passing by fast", "whoosh transition", "object flying past",
    ),
    onomatopoeia=("whoosh", "fwoosh"),
    render=_whoosh,
    attributes=(
        Range("length", 0.25, 1.6, "s", log=True, axis="length", moves="active_share"),
        Range("brightness", 1000, 4200, "Hz", log=True, axis="brightness", moves="centroid_hz"),
        Kind("kind", {"airy": ("airy",), "tonal": ("tonal", "whistling"), "big": ("big", "deep")}, weights=(2, 1, 1)),
        Count("number", 1, 3),
    ),
    tests=(
        Follows("length_s", "length", 0.3, factor=0.8, given={"number": 1}),
        Follows("onset_count", "number", 0.35, given={"number": 3, "length_q": 0.2}),
        Between("centroid_hz", 1200, 3400),
    ),
)


def _rise(r: Record, rng: np.random.Generator, seconds: float) -> Audio:
    n = count(seconds)
    u = np.linspace(0, 1, n)
    octaves = rng.uniform(1.8, 3.2)
    air = varying_resonator(white(rng, n), 300 + 6500 * u**2, rng.uniform(1.5, 3))
    base = float(rng.uniform(90, 160))
    curve = base * 2 ** (octaves * u**1.3)
    match r["kind"]:
        case "noise":
            sound = rms(air) + 0.25 * rms(sine(4 * curve, n))
        case "orchestral":
            chord = sum(saw(1.4 * base * ratio * 2 ** (1.3 * u), n, rng.uniform(0, 6)) for ratio in (1, 1.189, 1.498, 2.01))
            sound = rms(varying_lowpass(chord, 500 + 6000 * u**2)) + 0.12 * rms(air)
        case _:
            pair = saw(curve, n) + saw(1.007 * curve, n, 2.0) + 0.5 * saw(2.003 * curve, n, 4.0)
            sound = rms(varying_lowpass(pair, 300 + 7500 * u**2)) + 0.25 * rms(air)
    sound = sound * (0.03 + 0.97 * u**2)
    if r["motion"] == "trembling":
        sound = sound * (1 - 0.85 * (0.5 + 0.5 * np.cos(phase(2 * 8**u, n))))
    return unit(sound)


def _riser(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    start = min(timing.uniform(0.05, 0.4), 0.05 * r.seconds)
    tail = min(1.3, 0.2 * r.seconds) if r["end"] == "hit" else 0.05
    seconds = min(float(r["length"]), r.seconds - start - tail)
    rise = fade(_rise(r, timbre, seconds), 0.05, 0.01)
    if r["end"] != "hit":
        return place(r.samples, (start,), [rise])
    n = count(tail)
    boom = thump(timbre, timbre.uniform(60, 90), 0.9) + place(count(1.08), (0,), [lowpass(white(timbre, n), 3000) * decay(0.001, 0.12, n)])
    return place(r.samples, (start, start + seconds), [0.7 * rise, fade(unit(boom), 0.0, 0.1)])


RISER = Recipe(
    id="riser",
    number=269,
    wave=1,
    code="DSGNRise",
    nouns=("riser", "tension riser", "build-up", "uplifter", "rising sweep", "cinematic riser", "edm riser"),
    clauses=(
        "{a} riser builds up tension",
        "{a} riser sweeps upward {adv}",
        "the tension grows with {a} rising sweep",
        "{a} build-up climbs higher and higher",
    ),
    tags=(
        "build up", "tension riser", "uplifter", "rising tension", "buildup", "sweep up", "riser fx", "upsweep", "trailer riser",
        "suspense build", "pre-drop build", "dance music riser", "crescendo riser", "transition riser",
    ),
    render=_riser,
    attributes=(
        Range("length", 3, 8, "s", log=True, axis="length", moves="length_s"),
        Kind(
            "kind",
            {
                "noise": ("white noise riser", "noise riser", "airy riser"),
                "synth": ("synth riser", "tonal riser", "rising synth sweep"),
                "orchestral": ("orchestral riser", "string riser"),
            },
            "noun",
        ),
        Kind("end", {"cut": ("that cuts off", "with an abrupt stop"), "hit": ("with a hit at the end", "ending in an impact")}, "after"),
        Kind("motion", {"smooth": (), "trembling": ("trembling", "pulsating")}, weights=(2, 1)),
    ),
    tests=(
        Between("pitch_slope", 0.75, 1, {"end": "cut"}),
        Follows("length_s", "length", 0.2, factor=0.68, given={"end": "cut", "motion": "smooth"}),
    ),
)


def _swing(r: Record, rng: np.random.Generator) -> Audio:
    length = float(r["length"])
    n = count(1.15 * length)
    shape = np.maximum(hump(n, 0.62), 1e-5) ** 1.1
    peak = float(r["brightness"])
    centre = peak * (0.45 + 0.55 * hump(n, 0.6))
    q = {"arm": 1.0, "stick": 2.5, "sword": 4.0}[str(r["kind"])]
    sound = rms(varying_resonator(white(rng, n), centre, q) * shape)
    if r["kind"] == "sword":
        blade = modes(peak * np.array([0.93, 1.21, 1.48]), (0.5, 0.4, 0.35), (1, 0.7, 0.5), n, rng)
        sound = sound + 0.55 * rms(blade * shape)
    if r["kind"] == "arm":
        sound = sound + 0.3 * rms(bandpass(white(rng, n), 200, 900) * hump(n, 0.5))
    return unit(fade(sound, 0.003, 0.01))


def _swish(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    number, length = int(r["number"]), float(r["length"])
    times = spaced(timing, number, length + timing.uniform(0.15, 0.7), r.seconds, 1.2 * length)
    return place(r.samples, times, [_swing(r, timbre)], [*timing.uniform(0.75, 0.92, number - 1), 1.0])


SWISH = Recipe(
    id="swish",
    number=268,
    wave=2,
    code="SWSH",
    nouns=("swish", "quick swish", "air swish", "swing through the air", "thin swish"),
    clauses=(
        "{a} swish cuts through the air {adv}",
        "something swings past with {a} swish",
        "{a} swish of a swung object is heard",
    ),
    tags=(
        "arm swing", "sword swing", "stick swing", "quick swipe", "small whoosh", "punch miss", "air cut", "swinging a stick",
        "swing and miss", "melee swing", "slicing the air", "martial arts swish",
    ),
    onomatopoeia=("swish", "fwip"),
    render=_swish,
    attributes=(
        Range("length", 0.08, 0.28, "s", log=True, axis="length", moves="t60_s"),
        Range("brightness", 1900, 6000, "Hz", log=True, axis="brightness", moves="centroid_hz"),
        Kind(
            "kind",
            {
                "arm": ("arm swing", "arm swish", "missed punch", "punch miss"),
                "stick": ("stick swish", "stick swing", "cane swish", "rod swish"),
                "sword": ("sword swing", "sword swish", "blade swinging through the air"),
            },
            "noun",
        ),
        Count("number", 1, 5),
    ),
    tests=(
        Follows("onset_count", "number", 0.1, given={"number": 3}),
        Between("high_share", 0.3, 1),
        Ascending("flatness_db", "kind", ("sword", "arm")),
    ),
)


def _fall(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    start = min(float(timing.uniform(0.05, 0.4)), 0.05 * r.seconds)
    n = count(min(float(r["length"]), 0.9 * r.seconds - start))
    u = np.linspace(0, 1, n)
    if r["kind"] == "drop":
        curve = glide(float(timbre.uniform(180, 280)), float(timbre.uniform(50, 60)), n, timbre.uniform(0.5, 0.9))
        sound = drive(sine(curve, n) + 0.45 * sine(2 * curve, n, 1.0) + 0.25 * sine(3 * curve, n), 1.3) * (1 - 0.6 * u)
        knock = lowpass(white(timbre, count(0.3)), 3500) * decay(0.001, 0.05, count(0.3))
        sound = sound + place(n, (0,), [0.6 * unit(fade(knock, 0, 0.05))])
    else:
        base = float(timbre.uniform(70, 120))
        curve = base * 2 ** (3.2 * (1 - u) ** 1.4)
        pair = saw(curve, n) + saw(1.007 * curve, n, 2.0)
        tonal = rms(varying_lowpass(pair, 250 + 7000 * (1 - u) ** 2))
        air = rms(varying_resonator(white(timbre, n), 250 + 6500 * (1 - u) ** 2, timbre.uniform(1.3, 2.5)))
        share = 1.0 if r["kind"] == "tonal" else 0.25
        sound = (share * tonal + (1.25 - share) * air) * (0.07 + 0.93 * (1 - u) ** 1.5)
    return place(r.samples, (start,), [fade(unit(sound), 0.008, 0.2 * n / 22050)])


FALL = Recipe(
    id="downlifter_drop",
    number=270,
    wave=2,
    code="DSGNBass",
    nouns=("falling sweep", "downlifter", "downsweep", "drop effect", "downer transition"),
    clauses=(
        "{a} falling sweep sinks {adv}",
        "the energy sinks away with {a} downlifter",
        "{a} drop effect falls into the depths",
    ),
    tags=(
        "drop", "downer", "downlifter fx", "sweep down", "falling tension", "downward sweep", "pitch drop", "descending sweep",
        "edm downlifter",
    ),
    render=_fall,
    attributes=(
        Range("length", 0.8, 5, "s", log=True, axis="length", moves="length_s"),
        Kind(
            "kind",
            {
                "drop": ("bass drop", "sub drop", "808 drop", "sub bass drop"),
                "noise": ("noise downlifter", "airy downlifter", "white noise downsweep"),
                "tonal": ("synth downlifter", "falling synth sweep", "tonal downlifter"),
            },
            "noun",
        ),
    ),
    tests=(
        Between("pitch_slope", -1, -0.7, {"kind": "tonal"}),
        Between("pitch_slope", -1, -0.7, {"kind": "noise"}),
        Between("low_share", 0.7, 1, {"kind": "drop"}),
    ),
)


def _decaying(r: Record, rng: np.random.Generator, n: int) -> Audio:
    """The sound that will be turned round: it dies away over its whole length."""
    seconds = n / 22050
    fall = decay(0.002, seconds / 3.2, n)
    match r["source"]:
        case "cymbal":
            plates = ring(rng, rng.uniform(500, 6500, 40), rng.uniform(0.5, 1.1, 40) * seconds, rng.uniform(0.4, 1, 40), n)
            return (rms(plates) + 0.9 * rms(bandpass(white(rng, n), 1800, 7500) * fall)) * fall**0.4
        case "piano":
            root = float(rng.choice((110, 131, 165, 196, 220)))
            partials = np.arange(1, 12) * (1 + 0.0006 * np.arange(11) ** 2)
            chord = (root * np.outer((1, 1.26, 1.498), partials)).ravel()
            strings = ring(rng, chord, seconds * np.tile(1.4 - 0.07 * partials, 3), np.tile(partials**-0.9, 3), n) * fall**0.3
            return strings + 0.15 * lowpass(white(rng, n), 2500) * decay(0.001, 0.02, n)
        case "vocal":
            hz = float(rng.choice((165, 196, 220, 262, 330)))
            voices = sum(glottal(rng, vibrato(hz * d, n, rng.uniform(4.5, 6), 0.012), n, 0.65, 0.01, -18) for d in (1, 1.006))
            return hall(rng, formants(voices, VOWELS[rng.choice(list("aou"))], scale=1.15), 1.2, 4000, 0.4) * fall
        case _:
            return varying_lowpass(bandpass(white(rng, n), 180, 6000), 500 + 5000 * fall) * fall


def _swell(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    start = min(float(timing.uniform(0.05, 0.4)), 0.05 * r.seconds)
    n = count(min(float(r["length"]), 0.9 * r.seconds - start))
    return place(r.samples, (start,), [fade(unit(_decaying(r, timbre, n))[::-1], 0.02, 0.012)])


SWELL = Recipe(
    id="reverse_swell",
    number=274,
    wave=2,
    code="DSGNMorph",
    nouns=("reverse swell", "reversed sound", "backwards swell", "reverse effect", "reversed transition"),
    clauses=(
        "{a} reversed sound swells and cuts off",
        "{a} reverse swell sucks everything in {adv}",
        "a sound played backwards grows into {a} swell",
    ),
    tags=(
        "reverse", "swell", "backwards", "suck in", "reversed", "played backwards", "reverse transition", "inhale effect",
        "suction swell",
    ),
    render=_swell,
    attributes=(
        Range("length", 0.6, 4, "s", log=True, axis="length", moves="length_s"),
        Kind(
            "source",
            {
                "cymbal": ("reverse cymbal", "reversed cymbal", "backwards cymbal swell"),
                "piano": ("reversed piano", "reverse piano chord", "backwards piano"),
                "vocal": ("reversed vocal", "reverse choir swell", "backwards voice"),
                "reverb": ("reversed reverb", "reverse noise swell", "reversed reverb tail"),
            },
            "noun",
        ),
    ),
    tests=(Between("length_s", 0.3, 3.5), Between("t60_s", 0.005, 0.15), Ascending("high_share", "source", ("piano", "cymbal"))),
)

RECIPES = (WHOOSH, RISER, SWISH, FALL, SWELL)
