"""Water set in motion by people: splashes, taps, flushes."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import (
    bandpass,
    bubbles,
    count,
    db,
    decay,
    highpass,
    jittered,
    log_uniform,
    modes,
    place,
    poisson,
    resonator,
    resonators,
    rms,
    slow,
    spaced,
    struck,
    unit,
    varying_lowpass,
    white,
)
from engine.corpus.recipe import Audio, Between, Count, Kind, Range, Recipe, Record


def _one_splash(rng: np.random.Generator, size: float, seconds: float) -> Audio:
    """Slap and spray, a dull blow of the surface, and the bubbles that rise afterwards."""
    n = count(min(seconds, 0.9 + 1.5 * size))
    t = np.arange(n) / 22050
    colour = rng.uniform(0.85, 1.18)
    spray = highpass(white(rng, n), 250 / (0.6 + size))
    spray = varying_lowpass(spray, (800 + (6500 - 2500 * size) * np.exp(-t / (0.06 + 0.13 * size))) * colour)
    spray = spray * decay(0.006, 0.05 + 0.22 * size, n)
    drop_hz = np.array([90.0, 150.0]) * rng.uniform(0.85, 1.25) * (1.5 - 0.5 * size)
    thump = size * unit(modes(drop_hz, [0.22, 0.15], [1, 0.7], n, rng))
    number = int(50 * 6**size)
    rising = 0.04 + rng.gamma(1.5, 0.1 + 0.3 * size, number)
    radius = (0.8 + 1.5 * size, 2.5 + 8 * size)
    plops = bubbles(rng, n, rising[rising < n / 22050 - 0.05], radius, 0.12, 2.0)
    out = unit(spray) + 0.6 * thump + (0.4 + 0.1 * size) * unit(plops)
    return unit(out * np.minimum(1, np.arange(n, 0, -1) / (0.3 * n)))


def _splash(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    number = int(r["number"])
    splashes = [_one_splash(timbre, r.q("size"), max(0.5, r.seconds - 0.4)) for _ in range(min(3, number))]
    gap = min(8.0 / number, (0.7 + 0.8 * r.q("size")) * timing.uniform(1, 2))
    times = spaced(timing, number, gap, r.seconds, min(0.6 * r.seconds, splashes[0].size / 22050))
    return highpass(place(r.samples, times, splashes, timing.uniform(0.8, 1, number)), 55)


SPLASH = Recipe(
    id="water_splash",
    number=17,
    wave=2,
    code="WATRSplsh",
    nouns=("water splash", "splash", "splash in a pool", "splash of water", "stone thrown into water", "plunge into water"),
    clauses=(
        "something falls into water with {a} splash",
        "{a} splash in the water",
        "a stone drops into the water with {a} splash",
        "{a} splash of water",
    ),
    tags=(
        "splashing",
        "splashing water",
        "dive into water",
        "jump in pool",
        "plunge",
        "diving in",
        "cannonball",
        "stone in water",
        "splashdown",
        "belly flop",
    ),
    onomatopoeia=("splash", "sploosh", "kersplash"),
    render=_splash,
    attributes=(Range("size", 0, 1, axis="size", moves="centroid_hz", sign=-1), Count("number", 1, 4)),
    tests=(Between("centroid_hz", 500, 2600), Between("active_share", 0.04, 0.5, {"number": 1})),
)


def _tap(r: Record) -> Audio:
    flow = r.q("flow")
    timing, timbre = r.stream("timing"), r.stream("timbre")
    metal = r["sink"] == "metal"
    jet = bandpass(white(timbre, r.samples), 800, (2600 + 4400 * flow) * timbre.uniform(0.9, 1.1))
    times = poisson(timing, 110 + 160 * (1 - flow), r.seconds)
    plops = bubbles(timing, r.samples, times, (1.0, 3.2), 0.12, size=400)
    basin_hz = log_uniform(timbre, 420, 950, 3) if metal else log_uniform(timbre, 280, 480, 2)
    strike = rms(plops) + 0.6 * rms(jet)
    basin = resonators(strike, list(basin_hz), 14 if metal else 3)
    out = rms(jet) * (0.3 * 4**flow) + 0.5 * rms(plops) + (0.75 if metal else 0.6) * rms(basin)
    out = out * (1 + 0.06 * slow(timing, r.samples, 6.0))
    if r["use"] == "hands":
        swells = jittered(timing, timing.uniform(0.35, 0.55), 0.15, r.seconds, 0.3)
        strokes = place(r.samples, swells, [np.hanning(count(0.28)).astype(np.float32)], timing.uniform(0.5, 1, swells.size))
        out = out * (1 - 0.6 * np.minimum(1, strokes)) + 2.4 * strokes * bandpass(white(timbre, r.samples), 350, 1800)
    ramp = np.minimum(1, np.arange(r.samples) / 2600)
    squeak_n = count(0.16)
    squeak = resonator(white(timbre, squeak_n), timbre.uniform(1100, 1900), 30) * np.hanning(squeak_n)
    return highpass(out * ramp, 90) + place(r.samples, [0.01], [1.2 * unit(squeak)])


TAP = Recipe(
    id="running_tap",
    number=22,
    wave=2,
    code="WATRPlmb",
    nouns=("running tap", "running faucet", "tap running into a sink", "faucet running", "kitchen tap running", "sink faucet"),
    clauses=("water runs {adv} from a tap", "{a} faucet is running", "{a} tap runs into the sink", "somebody turns on {a} tap"),
    tags=(
        "tap running",
        "faucet",
        "tap",
        "sink",
        "running water",
        "tap water",
        "water in the sink",
        "bathroom tap",
        "kitchen sink",
        "spigot",
        "turning on the tap",
        "water running",
    ),
    render=_tap,
    texture=True,
    attributes=(
        Range("flow", 0, 1, axis="intensity", moves="centroid_hz"),
        Kind(
            "sink",
            {"metal": ("into a metal sink", "into a steel sink"), "ceramic": ("into a ceramic sink", "into a porcelain basin")},
            slot="after",
        ),
        Kind(
            "use",
            {"open": (), "hands": ("hand wash under a running tap", "running tap with hands being washed")},
            slot="noun",
            weights=(3, 1),
        ),
    ),
    tests=(Between("active_share", 0.95, 1), Between("centroid_hz", 900, 4200)),
)


def _flush(r: Record) -> Audio:
    strength = r.q("strength")
    timing, timbre = r.stream("timing"), r.stream("timbre")
    start = min(timing.uniform(0.25, 0.45), 0.2 * r.seconds)
    length = min(timing.uniform(4.2, 6.2), 0.85 * r.seconds)
    n = count(length)
    u = np.linspace(0, 1, n)
    e = (1 - u) ** 0.6 * np.minimum(1, u / 0.06)
    swirl = 1 + 0.22 * slow(timing, n, 7.0) * (0.4 + u)
    rush = highpass(varying_lowpass(white(timbre, n), 500 + (1300 + 3900 * strength) * timbre.uniform(0.9, 1.1) * e), 180) * e * swirl
    times = poisson(timing, 200, 0.6 * length) + 0.4 * length
    gurgle = bubbles(timing, n, times, (3, 14), 0.2, size=1500) * np.minimum(1, 6 * (1 - u))
    gulps = 0.5 + 0.5 * np.sin(2 * np.pi * np.cumsum(timing.uniform(4, 6) * (1 - 0.4 * u)) / 22050)
    flushed = unit(rush) + 0.55 * unit(gurgle) * gulps
    clack = struck(timbre, "plastic", timbre.uniform(350, 700), count(0.2), hardness=0.7)
    refill = db(-22) * bandpass(white(timbre, r.samples), 2200, 6500) * (1 + 0.1 * slow(timing, r.samples, 2.0))
    refill = refill * np.clip((np.arange(r.samples) / 22050 - start - 0.3 * length) / 0.8, 0, 1)
    return highpass(place(r.samples, [start], [flushed]) + place(r.samples, [0.05, 0.17], [0.5 * clack], [1, 0.5]) + refill, 60)


FLUSH = Recipe(
    id="toilet_flush",
    number=24,
    wave=2,
    code="WATRPlmb",
    nouns=("toilet flush", "flushing toilet", "toilet flushing", "flushed toilet", "loo being flushed"),
    clauses=("{a} toilet flushes {adv}", "somebody flushes {a} toilet", "{a} toilet is flushed and refills"),
    tags=("toilet", "flush", "flushing", "bathroom flush", "loo", "wc", "restroom", "lavatory", "toilet cistern", "toilet bowl"),
    onomatopoeia=("fwoosh",),
    render=_flush,
    attributes=(Range("strength", 0, 1, axis="intensity", moves="centroid_hz"),),
    tests=(Between("active_share", 0.85, 1), Between("modulation_depth", 0.3, 1.2)),
)

RECIPES = (SPLASH, TAP, FLUSH)
