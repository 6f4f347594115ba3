"""Cinematic hits: booms, braams, stingers."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import (
    bandpass,
    count,
    decay,
    drive,
    fade,
    fm,
    glide,
    hall,
    highpass,
    lowpass,
    phase,
    place,
    points,
    ring,
    rms,
    saw,
    sine,
    spaced,
    thump,
    unit,
    varying_lowpass,
    white,
)
from engine.corpus.recipe import Ascending, Audio, Between, Count, Kind, Range, Recipe, Record


def _start(r: Record) -> float:
    return min(float(r.stream("timing").uniform(0.05, 0.35)), 0.04 * r.seconds)


def _boom(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    size, tail = r.q("size"), float(r["tail"])
    start = _start(r)
    lead = min(float(timing.uniform(0.6, 1.5)), 0.3 * r.seconds) if r["start"] == "reversed" else 0.0
    n = min(count(1.1 * tail), max(r.samples - count(start + lead), 1))
    low = 130 * 0.45**size
    body = drive(sine(low * (1 + 0.9 * np.exp(-np.arange(n) / 2500)), n) * decay(0.002, tail / 7.5, n), 2.5)
    grit = lowpass(white(timbre, n), 3600 * 0.35**size) * decay(0.001, 0.06 + 0.06 * size, n)
    rumble = bandpass(white(timbre, n), 1.2 * low, 7 * low) * decay(0.01, tail / 7, n)
    sound = unit(body) + (0.5 - 0.25 * size) * unit(grit) + 0.4 * unit(rumble)
    if r["body"] == "metallic":
        hz = timbre.uniform(2.5, 18, 22) * low
        plates = lowpass(ring(timbre, hz, timbre.uniform(0.5, 1, 22) * tail, timbre.uniform(0.3, 1, 22), n), 20 * low)
        sound = sound + 0.5 * unit(plates)
    out = place(r.samples, (start + lead,), [fade(sound, 0, 0.12 * tail)])
    if lead:
        m = count(lead)
        rise = lowpass(white(timbre, m), 2600 * 0.5**size) * decay(0.01, lead / 4, m)
        out += place(r.samples, (start,), [0.35 * fade(unit(rise)[::-1], 0.05, 0.005)])
    return highpass(out, 45)


BOOM = Recipe(
    id="cinematic_boom",
    number=271,
    wave=2,
    code="DSGNBoom",
    nouns=("cinematic boom", "cinematic hit", "trailer hit", "cinematic impact", "trailer boom", "movie impact hit"),
    clauses=(
        "{a} cinematic boom hits {adv}",
        "{a} trailer hit strikes",
        "the scene ends with {a} cinematic impact",
        "{a} cinematic hit shakes the screen",
    ),
    tags=(
        "boom", "impact", "cinematic hit", "trailer hit", "big hit", "deep impact", "hit", "epic impact", "movie boom", "sub boom",
        "title hit", "trailer impact", "dramatic impact", "low boom", "logo hit",
    ),
    onomatopoeia=("boom", "dooom"),
    render=_boom,
    attributes=(
        Range("size", 0, 1, axis="size", moves="centroid_hz", sign=-1),
        Range("tail", 1, 6, "s", log=True, axis="length", moves="t60_s"),
        Kind("body", {"plain": (), "metallic": ("metallic", "clanging")}, weights=(2, 1)),
        Kind("start", {"dry": (), "reversed": ("with a reversed start", "after a reverse swell")}, "after", weights=(2, 1)),
    ),
    tests=(Between("low_share", 0.45, 1), Between("t60_s", 0.8, 6.5)),
)


def _horns(r: Record, rng: np.random.Generator, seconds: float) -> Audio:
    n = count(seconds + 0.35)
    hz = float(r["pitch"]) * glide(1.0, 2 ** (-20 / 1200), n)
    voices = [(1, 1.0), (1.007, 1.0), (1.498, 0.7), (2.003, 0.7), (1.99, 0.6)]
    brass = sum(gain * saw(ratio * hz, n, rng.uniform(0, 6)) for ratio, gain in voices)
    root = float(r["pitch"])
    opened = points(n, (0, 5), (0.12, 26), (0.35 * seconds, 20), (seconds, 7), (seconds + 0.35, 4))
    sound = drive(rms(varying_lowpass(brass, root * opened, 0.9)), 1.6)
    growl = 1 + 0.25 * np.sign(sine(rng.uniform(18, 28), n))
    level = points(n, (0, 0), (0.06, 1), (0.5 * seconds, 0.85), (seconds, 0.6), (seconds + 0.35, 0))
    return sound * lowpass(growl, 200) * level


def _braam(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    number = int(r["number"])
    seconds = min(float(r["length"]), 0.8 * r.seconds / number)
    times = spaced(timing, number, seconds + timing.uniform(0.35, 0.8), r.seconds, seconds + 0.3)
    out = place(r.samples, times, [unit(_horns(r, timbre, seconds))])
    hits = place(r.samples, times, [thump(timbre, 85, 0.5, 0.6)])
    return highpass(hall(timbre, out + 0.5 * hits, 0.9, 2500, 0.15), 45)


BRAAM = Recipe(
    id="braam",
    number=272,
    wave=2,
    code="DSGNBram",
    nouns=("braam", "trailer horn", "cinematic braam", "epic trailer brass", "blockbuster horn"),
    clauses=(
        "{a} braam blares {adv}",
        "{a} trailer horn roars",
        "{a} blockbuster braam announces doom",
        "{a} cinematic horn blast growls",
    ),
    tags=(
        "trailer horn", "huge horn", "epic brass", "deep horn", "brass hit", "bwaah", "movie trailer horn", "inception horn",
        "cinematic brass", "apocalyptic horn", "trailer brass", "doom horn",
    ),
    onomatopoeia=("braaam", "bwaaam"),
    render=_braam,
    attributes=(
        Range("pitch", 46, 98, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Range("length", 1.0, 4.0, "s", log=True, axis="length", moves="active_share"),
        Count("number", 1, 2),
    ),
    tests=(Between("low_share", 0.2, 0.95), Between("onset_count", 1, 4)),
)


def _chord(rng: np.random.Generator, hz: float, semitones: tuple[float, ...], n: int, top: float) -> Audio:
    stack = sum(saw(hz * 2 ** ((s + rng.uniform(-0.06, 0.06)) / 12), n, rng.uniform(0, 6)) for s in semitones)
    return rms(lowpass(stack, top))


def _stinger(r: Record) -> Audio:
    timbre = r.stream("timbre")
    start, length = _start(r), float(r["length"])
    n = min(count(1.15 * length + 0.1), r.samples - count(start))
    fall = decay(0.006, length / 3.2, n) * np.minimum(1, np.arange(n, 0, -1) / (0.15 * n))
    root = float(r["pitch"])
    hit = place(n, (0,), [thump(timbre, 90, 0.6, 0.8)])
    match r["mood"]:
        case "scary":
            cluster = _chord(timbre, 2.8 * root, (0, 1.1, 2, 3.1, 4, 5.2), n, 6000)
            tremolo = 1 - 0.6 * (0.5 + 0.5 * np.sign(sine(timbre.uniform(10, 14), n)))
            shriek = sine(glide(timbre.uniform(1500, 2000), timbre.uniform(1000, 1300), n) * (1 + 0.03 * sine(7, n)), n)
            sound = cluster * lowpass(tremolo, 60) + 0.45 * rms(np.tanh(2 * shriek)) + 0.7 * hit
        case "dramatic":
            brass = _chord(timbre, 0.75 * root, (0, 7, 12, 15, 19), n, 1700)
            sound = brass + 1.6 * hit
        case _:
            brass = _chord(timbre, 1.2 * root, (0, 4, 7, 12, 16), n, 3200)
            bell = fm(4.8 * root, 1.4, 2 * decay(0.001, length / 6, n), n) + np.sin(phase(3.6 * root, n))
            sound = 0.8 * brass + 0.6 * rms(bell) + 0.3 * hit
    out = place(r.samples, (start,), [unit(fade(sound * fall, 0.002, 0.05))])
    return highpass(hall(timbre, out, 0.5 + 0.3 * length, 5000, 0.15), 45)


STINGER = Recipe(
    id="stinger",
    number=273,
    wave=2,
    code="DSGNStngr",
    nouns=("stinger", "musical stinger", "movie stinger", "orchestral stinger", "film stinger"),
    clauses=(
        "{a} stinger strikes {adv}",
        "the film plays {a} musical stinger",
        "suddenly {a} orchestral stinger hits",
    ),
    tags=("sting", "orchestra hit", "accent chord", "music sting", "film accent", "tv stinger"),
    render=_stinger,
    attributes=(
        Range("length", 0.6, 3.6, "s", log=True, axis="length", moves="active_share"),
        Range("pitch", 160, 260, "Hz", log=True),
        Kind(
            "mood",
            {
                "scary": ("jump scare", "horror sting", "scary hit", "horror stinger", "jump scare stinger"),
                "dramatic": ("dramatic hit", "dramatic stinger", "suspense hit", "suspense stinger", "suspense"),
                "positive": ("positive stinger", "triumphant stinger", "happy orchestra chord"),
            },
            "noun",
        ),
    ),
    tests=(Ascending("centroid_hz", "mood", ("dramatic", "scary")), Between("active_share", 0.05, 0.7)),
)

RECIPES = (BOOM, BRAAM, STINGER)
