"""Fire and heat."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import (
    bandpass,
    capped_sizes,
    count,
    db,
    highpass,
    log_uniform,
    lowpass,
    place,
    poisson,
    resonator,
    rms,
    slow,
    train,
    unit,
    white,
)
from engine.corpus.recipe import Audio, Between, Kind, Range, Recipe, Record


def _crackles(rng: np.random.Generator, number: int = 16) -> list[Audio]:
    """Snaps of burning wood: short noise that falls as a square, part of it through a resonance of its own."""
    grains = []
    for _ in range(number):
        n = count(log_uniform(rng, 0.004, 0.03))
        burst = white(rng, n) * np.linspace(1, 0, n) ** 2
        rung = resonator(np.concatenate([burst, np.zeros(300, np.float32)]), float(log_uniform(rng, 700, 5500)), 4)
        rung[:n] += 0.4 * lowpass(burst, 7000)
        grains.append(unit(rung * np.minimum(1, np.arange(rung.size, 0, -1) / 200)))
    return grains


def _campfire(r: Record) -> Audio:
    size = r.q("size")
    timing, timbre = r.stream("timing"), r.stream("timbre")
    lapping = np.clip(rms(bandpass(white(timbre, r.samples), 55, 220 * timbre.uniform(0.85, 1.2))), -0.9, 0.9)
    flutter = np.maximum(0.15, 1 + (0.25 + 0.2 * size) * slow(timing, r.samples, 4.0))
    flames = rms(highpass(lowpass(lapping, 700), 50)) * flutter
    roar = rms(bandpass(white(timbre, r.samples), 200, 900)) * flutter**2
    hiss = rms(bandpass(white(timbre, r.samples), 1000, 6500) * (0.5 + 0.5 * np.clip(slow(timing, r.samples, 1.0), -1, 2)) ** 4)
    times = poisson(timing, float(r["crackles"]), r.seconds, np.exp(0.8 * slow(timing, 4000, 3.0 * r.samples / 4000)))
    times = np.concatenate([[timing.uniform(0.05, 0.3)], times])
    sizes = np.minimum(1, 0.16 * (1 + timing.pareto(1.4, times.size)))
    snaps = int(timing.integers(1, 4))
    sizes[timing.integers(0, times.size, snaps)] = 1.0
    crackle = place(r.samples, times, _crackles(timbre), sizes, timing.integers(16, size=times.size))
    bed = flames * db(-11 + 13 * size) + roar * db(-33 + 13 * size) + hiss * db(-32 + 2 * size)
    return highpass(0.11 * bed + crackle, 45)


CAMPFIRE = Recipe(
    id="campfire",
    number=28,
    wave=1,
    code="FIRECrkl",
    nouns=("crackling fire", "campfire", "fireplace", "log fire", "wood fire", "bonfire", "fire burning"),
    clauses=(
        "{a} fire crackles {adv}",
        "{a} campfire burns and crackles",
        "{a} log fire is burning in the fireplace",
        "wood burns {adv} in {a} fire",
    ),
    tags=(
        "fire",
        "crackling",
        "embers",
        "burning wood",
        "fire crackle",
        "burning logs",
        "hearth",
        "wood stove",
        "crackling flames",
        "fireside",
    ),
    onomatopoeia=("crackle crackle", "snap crackle pop"),
    render=_campfire,
    texture=True,
    attributes=(
        Range("size", 0, 1, axis="size", moves="low_share"),
        Range("crackles", 1.5, 40, "per s", log=True, axis="density", moves="onsets_per_s"),
    ),
    tests=(Between("active_share", 0.9, 1), Between("low_share", 0.2, 0.9)),
)


def _frying(r: Record) -> Audio:
    heat = r.q("heat")
    timing, timbre = r.stream("timing"), r.stream("timbre")
    low, high = 1200 * log_uniform(timbre, 0.7, 1.4), 6300 * log_uniform(timbre, 0.75, 1.1)
    bed = rms(bandpass(white(timbre, r.samples), low, high)) * (1 + 0.15 * slow(timing, r.samples, 5.0))
    times = poisson(timing, 50 * 10**heat, r.seconds)
    kernels = []
    for _ in range(8):
        tick = np.zeros(220, np.float32)
        tick[0] = 1.0
        tick = bandpass(tick, low, high)
        kernels.append(unit(tick + 0.6 * resonator(tick, float(log_uniform(timbre, 1600, 5500)), 5)))
    spits = train(r.samples, times, kernels, capped_sizes(timing, times.size, 1.8, 6.0), timing)
    pan_hz = log_uniform(timbre, 1500, 3000)
    ring = resonator(spits, float(pan_hz), 9) + 0.6 * resonator(spits, float(1.47 * pan_hz), 12)
    late = poisson(timing, timing.uniform(2, 6), r.seconds)
    spatter = [unit(bandpass(white(timbre, 900) * np.exp(-np.arange(900) / 110), low, 7000)) for _ in range(6)]
    burst = 1 + 2.2 * float(r["contact"] == "yes") * np.exp(-np.arange(r.samples) / 22050 / 0.5)
    out = (
        0.055 * 6**heat * bed + 0.5 * spits + 0.6 * ring + place(r.samples, late, spatter, 0.5 * capped_sizes(timing, late.size, 2.0, 3.0))
    )
    return highpass(out * burst, 150)


FRYING = Recipe(
    id="frying",
    number=32,
    wave=2,
    code="FOODCook",
    nouns=("frying food", "sizzling food", "food sizzling in a pan", "frying bacon", "sizzling frying pan", "sizzling meat"),
    clauses=(
        "food sizzles {adv} in a pan",
        "bacon is frying {adv}",
        "{adj} frying oil spits and sizzles",
        "something sizzles {adv} in hot oil",
    ),
    tags=(
        "frying",
        "sizzle",
        "sizzling",
        "frying pan",
        "bacon",
        "cooking",
        "searing",
        "frying eggs",
        "hot oil",
        "stir fry",
        "steak sizzling",
        "deep frying",
    ),
    onomatopoeia=("tssss", "sizzle"),
    render=_frying,
    texture=True,
    plural=True,
    attributes=(
        Range("heat", 0, 1, axis="intensity", moves="modulation_depth", sign=-1),
        Kind("contact", {"no": (), "yes": ("dropped into hot oil",)}, slot="after", weights=(3, 1)),
    ),
    tests=(Between("high_share", 0.6, 1), Between("active_share", 0.95, 1), Between("onsets_per_s", 0, 6)),
)

RECIPES = (CAMPFIRE, FRYING)
