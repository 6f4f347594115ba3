"""Explosions and fireworks."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import (
    bandpass,
    count,
    decay,
    drive,
    fade,
    glide,
    highpass,
    hump,
    jittered,
    lowpass,
    place,
    rms,
    sine,
    slow,
    unit,
    varying_lowpass,
    white,
)
from engine.corpus.recipe import SAMPLE_RATE, Audio, Between, Kind, Range, Recipe, Record


def _explosion(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    s, start = r.q("size"), float(timing.uniform(0.03, 0.3))
    n = count(min(r.seconds - start, 2.3 + 7.2 * s))
    t = np.arange(n) / SAMPLE_RATE
    tau = 0.28 + 1.1 * s
    top = 6500 * np.exp(-t / (0.12 + 0.25 * s)) + timbre.uniform(220, 450)
    body = varying_lowpass(white(timbre, n), top) * decay(0.002, tau, n)
    pitch = timbre.uniform(46, 60) + 60 * np.exp(-t / 0.12)
    sub = np.sin(2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE) * np.exp(-t / (0.4 * tau))
    blast = highpass(drive(unit(body) * 1.2 + 0.5 * sub, 3), 40)
    rumble = rms(bandpass(white(timbre, n), 60, 200)) * decay(0.15, 1.3 * tau, n)
    out = blast + (0.1 + 0.14 * s) * rumble + 0.05 * rms(bandpass(white(timbre, n), 300, 2500)) * decay(0.1, 1.2 * tau, n)
    if r["style"] == "design":
        drop = 110 * np.exp(-t / 0.5) + 48
        tone = np.sin(2 * np.pi * np.cumsum(drop) / SAMPLE_RATE)
        out = out + 0.7 * (tone + 0.4 * tone**3) * decay(0.01, 0.5 + 0.5 * tau, n)
    times = 0.3 + timing.exponential(1.2, int(timing.poisson(60 * s**2)))
    bits = [unit(bandpass(white(timbre, 400), *edges) * decay(0.001, 0.005, 400)) for edges in ((500, 2500), (1000, 5000), (2000, 5000))]
    out = out + place(n, times, bits, timing.uniform(0.05, 0.22, times.size) * np.exp(-times / (2 * tau)))
    return place(r.samples, [start], [fade(unit(out), 0.0005, 0.25 * n / SAMPLE_RATE)])


EXPLOSION = Recipe(
    id="explosion",
    number=223,
    wave=1,
    code="EXPLReal",
    nouns=("explosion", "bomb explosion", "blast", "detonation", "bomb blast", "exploding bomb", "grenade explosion"),
    clauses=("{a} explosion goes off", "{a} bomb explodes {adv}", "{a} bomb detonates", "something explodes in {a} blast"),
    tags=("explode", "bomb", "boom", "grenade", "big explosion", "exploding", "kaboom", "dynamite", "blow up", "explosive", "demolition"),
    onomatopoeia=("boom", "kaboom"),
    render=_explosion,
    attributes=(
        Range("size", 0, 1, axis="size", moves="active_share"),
        Kind("style", {"real": (), "design": ("cinematic", "designed")}, weights=(3, 1)),
    ),
    tests=(Between("t60_s", 1.2, 4, {"size_q": 0.05}), Between("t60_s", 4, 12, {"size_q": 0.95}), Between("onset_count", 1, 3)),
)


def _firework(rng: np.random.Generator, big: float) -> Audio:
    n = count(1.9)
    t = np.arange(n) / SAMPLE_RATE
    scale = float(rng.uniform(0.8, 1.2)) * (1.3 - 0.4 * big)
    bang = drive(varying_lowpass(white(rng, n), 3500 * scale * np.exp(-t / 0.12) + 180) * decay(0.001, 0.12 + 0.1 * big, n) * 2.5, 3)
    thud = np.sin(2 * np.pi * np.cumsum(scale * (58 + 70 * np.exp(-t / 0.06))) / SAMPLE_RATE) * decay(0.001, 0.13, n)
    out = unit(bang) + 0.6 * thud
    for delay, level in ((rng.uniform(0.25, 0.4), 0.16), (rng.uniform(0.5, 0.8), 0.08)):
        k = count(float(delay))
        out[k:] += level * lowpass(out, 900)[: n - k]
    return fade(unit(out), 0.0005, 0.6)


def _whistle(rng: np.random.Generator) -> Audio:
    n = count(float(rng.uniform(0.6, 1.2)))
    start = float(rng.uniform(2000, 3200))
    hz = glide(start, 0.66 * start, n, 1.4) * (1 + 0.01 * slow(rng, n, 25))
    rush = bandpass(white(rng, n), 1500, 6500)
    return unit(sine(hz, n) + 0.3 * sine(2 * hz, n) + 0.35 * rush) * hump(n, 0.45)


def _sparks(rng: np.random.Generator) -> Audio:
    """Crackling stars: many short cracks in the second after the burst."""
    number = int(rng.integers(40, 110))
    cracks = [unit(bandpass(white(rng, 300) * decay(0.0003, 0.0025, 300), 900, 6500)) for _ in range(4)]
    times = 0.15 + rng.gamma(2, 0.28, number)
    return place(count(2.4), times, cracks, rng.uniform(0.25, 1, number) * np.exp(-times / 1.2))


def _fireworks(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    start, rate = float(timing.uniform(0.05, 0.3)), float(r["density"])
    if r["kind"] == "string":
        pop = [unit(bandpass(white(timbre, 900) * decay(0.0003, 0.008, 900), 250 * timbre.uniform(0.8, 1.4), 6500)) for _ in range(5)]
        runs = start + np.arange(max(1, round(0.35 * rate * r.seconds))) / (0.35 * rate)
        long = float(timing.uniform(0.5, 0.9)) * min(2.0, 1 / (0.35 * rate))
        times = np.concatenate([run + jittered(timing, 1 / float(timing.uniform(15, 32)), 0.35, long) for run in runs])
        out = place(r.samples, times, pop, timing.uniform(0.4, 1, times.size), timing.integers(0, 5, times.size))
        return highpass(out + 0.02 * rms(lowpass(out, 800)), 60)
    gaps = np.concatenate([[0.0], np.cumsum(timing.gamma(3, 1 / (3 * rate), 60))])
    lead = 0.7 if r["kind"] == "whistling" else 0.0
    times = start + min(lead, 0.4 * r.seconds) + gaps
    times = times[times < max(r.seconds - 0.3, times[0] + 0.01)]
    bangs = [_firework(timbre, big) for big in timbre.random(3)]
    which, gains = timing.integers(0, 3, times.size), timing.uniform(0.45, 1, times.size)
    out = place(r.samples, times, bangs, gains, which)
    if r["kind"] == "whistling":
        sounds = [_whistle(timbre) for _ in range(2)]
        before = times - np.array([sounds[i % 2].size / SAMPLE_RATE for i in range(times.size)])
        out += place(r.samples, np.maximum(before, 0.02), sounds, 0.3 * gains)
    if r["kind"] == "crackling":
        out += place(r.samples, times + 0.05, [_sparks(timbre) for _ in range(2)], 0.45 * gains)
    return highpass(out, 45)


FIREWORKS = Recipe(
    id="fireworks",
    number=224,
    wave=2,
    code="FRWKComr",
    nouns=("fireworks", "fireworks display", "exploding fireworks", "firework show", "firework explosions"),
    clauses=(
        "{adj} fireworks explode in the sky",
        "{adj} fireworks go off {adv}",
        "{adj} fireworks burst {adv}",
        "people set off {adj} fireworks",
    ),
    tags=(
        "rocket firework",
        "new year",
        "firework",
        "new year's eve",
        "pyrotechnics",
        "fourth of july",
        "sky rockets",
        "diwali fireworks",
        "firework rocket",
    ),
    onomatopoeia=("pop pop bang", "whee boom"),
    render=_fireworks,
    plural=True,
    attributes=(
        Kind(
            "kind",
            {
                "bangs": (),
                "whistling": ("whistling fireworks", "whistling firework rockets"),
                "crackling": ("crackling fireworks",),
                "string": ("firecrackers", "popping firecrackers", "strings of firecrackers"),
            },
            slot="noun",
            weights=(2, 2, 2, 1.2),
        ),
        Range("density", 0.35, 3.0, "/s", log=True, axis="density", moves="modulation_depth", sign=-1),
    ),
    tests=(Between("centroid_hz", 300, 2500, {"kind": "bangs"}), Between("onset_count", 2, 16, {"kind": "bangs"})),
)

RECIPES = (EXPLOSION, FIREWORKS)
