"""Water and liquids that flow or fall: streams, waves, drips, pouring."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import (
    bandpass,
    bubbles,
    capped_sizes,
    count,
    db,
    decay,
    highpass,
    jittered,
    log_uniform,
    place,
    poisson,
    resonator,
    rms,
    slow,
    spread,
    struck,
    train,
    unit,
    varying_lowpass,
    varying_resonator,
    white,
)
from engine.corpus.recipe import Ascending, Audio, Between, Follows, Kind, Range, Recipe, Record


def _stream(r: Record) -> Audio:
    flow = r.q("flow")
    timing, timbre = r.stream("timing"), r.stream("timbre")
    scale = float(r["radius"])
    times = poisson(timing, 40 * 10**flow, r.seconds, np.exp(0.5 * slow(timing, 2000, 2.5 * r.samples / 2000)))
    times = np.append(times, timing.uniform(0.05, 0.2))
    plops = bubbles(timing, r.samples, times, (0.7 * scale, (3.5 + 2.5 * flow) * scale), 0.12, size=768)
    bed = bandpass(white(timbre, r.samples), 400 / scale, (2200 + 1800 * flow) / scale) * (1 + 0.2 * slow(timbre, r.samples, 3.0))
    return highpass(plops / max(float(plops.std()), 1e-9) + db(-30 + 24 * flow) * rms(bed), 60)


STREAM = Recipe(
    id="stream",
    number=11,
    wave=1,
    code="WATRFlow",
    nouns=("babbling brook", "stream", "brook", "creek", "small river", "babbling stream", "forest stream"),
    clauses=("{a} stream flows {adv}", "{a} brook babbles over stones", "{a} creek trickles by", "water flows {adv} in {a} stream"),
    tags=(
        "trickling water",
        "flowing water",
        "water flowing",
        "running brook",
        "gurgling stream",
        "rivulet",
        "mountain stream",
        "river flowing",
    ),
    onomatopoeia=("burble",),
    render=_stream,
    texture=True,
    attributes=(
        Range("flow", 0, 1, axis="intensity", moves="modulation_depth", sign=-1),
        Range("radius", 0.62, 1.6, log=True, axis="size", moves="centroid_hz", sign=-1),
    ),
    tests=(Between("active_share", 0.9, 1), Between("centroid_hz", 700, 2000), Between("high_share", 0, 0.35)),
)


def _surge(rng: np.random.Generator, seconds: float, period: float) -> tuple[np.ndarray, np.ndarray]:
    """Envelope of the breaking waves and, after each crest, that of the backwash; 200 values a second."""
    t = np.linspace(0, seconds, max(16, int(200 * seconds)))
    breaking, back = np.zeros(t.size), np.zeros(t.size)
    crest = rng.uniform(0.1, min(0.6 * period, 0.6 * seconds)) - period
    while crest < seconds + 0.4 * period:
        size = rng.uniform(0.7, 1)
        climb = np.clip(1 + (t - crest) / (0.38 * period), 0, 1) ** 2.2
        wave = np.where(t < crest, climb, np.exp(-np.maximum(0, t - crest) / (0.24 * period)))
        breaking = np.maximum(breaking, size * wave)
        u = np.clip((t - crest - 0.1 * period) / (0.5 * period), 0, 1)
        back += size * np.sin(np.pi * u) ** 2
        crest += period * np.clip(1 + 0.12 * rng.standard_normal(), 0.75, 1.3)
    return breaking, back


def _ocean(r: Record) -> Audio:
    i = r.q("swell")
    timing, timbre = r.stream("timing"), r.stream("timbre")
    breaking, back = _surge(timing, r.seconds, float(r["period"]))
    e = spread(breaking, r.samples)
    body = timbre.uniform(0.88, 1.14)
    noise = white(timbre, r.samples)
    surf = varying_lowpass(noise, (230 + (800 + 3600 * i) * e) * body) * (0.03 + e)
    delayed = spread(np.convolve(breaking, np.exp(-np.arange(200) / 60) / 60)[: breaking.size], r.samples)
    foam = db(-22 + 12 * i) * bandpass(white(timbre, r.samples), 2500, 7500) * delayed
    low = db(-20) * bandpass(white(timbre, r.samples), 60, 250) * (0.4 + e)
    out = highpass(surf, 70) + foam + low
    if r["shore"] == "pebbles":
        times = poisson(timing, 260, r.seconds, 0.02 + back)
        clicks = [resonator(white(timbre, 260) * decay(0.0002, 0.002, 260), hz, 3) for hz in log_uniform(timbre, 1300, 4200, 14)]
        stones = train(r.samples, times, [unit(c) for c in clicks], capped_sizes(timing, times.size, 2.0, 3.0), timing)
        out += 0.08 * stones * float(np.abs(out).max())
    return out


OCEAN = Recipe(
    id="ocean_waves",
    number=13,
    wave=1,
    code="WATRSurf",
    nouns=("ocean waves", "sea waves", "waves crashing on the shore", "surf", "breaking waves", "waves rolling onto a beach"),
    clauses=(
        "{adj} waves break on the shore {adv}",
        "{adj} ocean waves roll in",
        "{adj} waves wash onto the beach",
        "the sea rolls in with {adj} waves",
    ),
    tags=("ocean", "sea", "waves", "beach", "seashore", "waves crashing", "seaside", "ocean surf", "coast", "shoreline", "sea ambience"),
    onomatopoeia=("shhh whoosh",),
    render=_ocean,
    texture=True,
    plural=True,
    attributes=(
        Range("swell", 0, 1, axis="intensity", moves="centroid_hz"),
        Range("period", 4.2, 8.5, "s", log=True),
        Kind("shore", {"sand": (), "pebbles": ("on pebbles", "on a pebble beach", "on shingle")}, slot="after", weights=(3, 1)),
    ),
    tests=(Between("active_share", 0.9, 1), Between("modulation_depth", 0.4, 1.1), Between("centroid_hz", 700, 2800)),
)


def _drip_kernels(rng: np.random.Generator, radius_mm: float, vessel: str) -> list[Audio]:
    n = count(0.5)
    body_hz = rng.uniform(300, 900)
    kernels = []
    for _ in range(4):
        radius = np.array([radius_mm * rng.uniform(0.96, 1.04)])
        drop = unit(bubbles(rng, n, np.array([0.014]), radius, 0.12, 0.0, 0.6, size=4096))
        click = unit(highpass(white(rng, n) * decay(0.0002, 0.001, n), 2000))
        grain = drop + 0.14 * click
        if vessel == "sink":
            thud = struck(rng, "sheet_metal", 2.2 * body_hz, n, damping=5.0)
            grain += 0.1 * thud
        elif vessel == "bucket":
            grain += 0.6 * resonator(grain, body_hz, 8)
        else:
            # A pool gives every drop a second, smaller bubble.
            grain += 0.3 * unit(bubbles(rng, n, np.array([0.05]), radius * 0.8, 0.12, 0.0, 0.7, size=2048))
        kernels.append(unit(grain * np.minimum(1, np.arange(n, 0, -1) / 600)))
    return kernels


def _drip(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    times = jittered(timing, 1 / float(r["rate"]), 0.1, r.seconds - 0.15, min(timing.uniform(0.05, 0.4), 0.3 * r.seconds))
    kernels = _drip_kernels(timbre, 3000 / float(r["pitch"]), str(r["vessel"]))
    out = place(r.samples, times, kernels, timing.uniform(0.7, 1, times.size), timing.integers(4, size=times.size))
    return highpass(out, 60)


DRIP = Recipe(
    id="water_drip",
    number=15,
    wave=1,
    code="WATRDrip",
    nouns=(
        "dripping water",
        "water drips",
        "water dripping",
        "water drops",
        "drops of water",
        "water dripping from a faucet",
        "drips from a leaky tap",
    ),
    clauses=("water drips {adv}", "{a} faucet drips {adv}", "{adj} drops of water fall", "water is dripping {adv} from a leak"),
    tags=(
        "drip",
        "dripping",
        "dripping tap",
        "dripping faucet",
        "leaky faucet",
        "water drip",
        "drop",
        "droplets",
        "leak",
        "leaking tap",
        "drip drop",
        "plink",
        "water dropping",
        "leaky pipe",
        "water drop",
    ),
    onomatopoeia=("drip drip", "plink plonk", "plop"),
    render=_drip,
    plural=True,
    attributes=(
        Range("rate", 0.55, 3.3, "per s", log=True, axis="rate", moves="onsets_per_s"),
        Range("pitch", 700, 3000, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Kind(
            "vessel",
            {
                "sink": ("into a sink", "in a sink"),
                "bucket": ("into a bucket", "into a metal bucket"),
                "pool": ("into a pool of water", "into a puddle"),
            },
            slot="after",
        ),
    ),
    tests=(
        Follows("onsets_per_s", "rate", 0.15, given={"rate": 2.0}),
        Follows("centroid_hz", "pitch", 0.4),
        Between("active_share", 0.03, 0.5),
    ),
)


def _pour(r: Record) -> Audio:
    flow = r.q("flow")
    timing, timbre = r.stream("timing"), r.stream("timbre")
    thick = r["liquid"] == "thick"
    length = max(0.7, min(0.9 * r.seconds - 0.2, timing.uniform(6.0, 8.6)))
    n = count(length)
    fill = np.linspace(0, 1, n) ** timing.uniform(0.9, 1.2)
    times = poisson(timing, (50 if thick else 110) * 3.5**flow, length)
    fine = timing.random(times.size) < (0.25 if thick else 0.7)
    small = bubbles(timing, n, times[fine], (0.8, 1.8), 0.12, size=256)
    large = bubbles(timing, n, times[~fine], (4, 9) if thick else (1.8, 5), 0.2 if thick else 0.1, size=768)
    noise = bandpass(white(timbre, n), 300, 2500 if thick else 6000) * (1 + (0.35 - 0.25 * flow) * slow(timing, n, 7.0))
    cavity_hz = {"glass": 520.0, "bottle": 420.0, "bucket": 290.0}[str(r["vessel"])] * timbre.uniform(0.88, 1.14)
    cavity = varying_resonator(noise + 0.2 * rms(small + large), cavity_hz / (1 - 0.8 * fill), 12)
    body = rms(cavity) + (0.5 + 0.25 * thick) * rms(small + large) + 0.03 * 12**flow * rms(noise)
    poured = body * np.minimum(1, np.minimum(np.arange(n) / 1500, np.arange(n, 0, -1) / 3000))
    out = place(r.samples, [0.06], [poured])
    drops = 0.06 + length + np.cumsum(timing.uniform(0.12, 0.3, int(timing.integers(3, 7))))
    last = unit(bubbles(timing, 4096, np.array([0.001]), np.array([6.0 if thick else 2.2]), 0.12, 0.0, 0.7, size=4000))
    return highpass(out + place(r.samples, drops, [0.9 * last], timing.uniform(0.4, 1, drops.size)), 80)


POUR = Recipe(
    id="pouring",
    number=16,
    wave=1,
    code="WATRPour",
    nouns=("pouring water", "water being poured", "pouring a drink", "liquid pouring", "pouring liquid", "filling a vessel with water"),
    clauses=(
        "water is poured {adv}",
        "somebody pours a drink {adv}",
        "a vessel fills up with {adj} pouring water",
        "liquid is being poured {adv}",
    ),
    tags=(
        "pour",
        "pouring",
        "filling a glass",
        "fill bottle",
        "decanting",
        "pouring tea",
        "pouring wine",
        "filling a cup",
        "pouring a beer",
        "refill",
    ),
    onomatopoeia=("glug glug",),
    render=_pour,
    plural=True,
    attributes=(
        Range("flow", 0, 1, axis="intensity", moves="flatness_db"),
        Kind(
            "vessel",
            {
                "glass": ("into a glass", "into a cup"),
                "bottle": ("into a bottle", "into a jar"),
                "bucket": ("into a bucket", "into a large jug"),
            },
            slot="after",
        ),
        Kind("liquid", {"water": (), "thick": ("thick liquid being poured", "pouring syrup", "pouring oil")}, slot="noun", weights=(4, 1)),
    ),
    tests=(Between("pitch_slope", 0.5, 1), Between("centroid_hz", 600, 1700), Ascending("centroid_hz", "liquid", ("thick", "water"))),
)


RECIPES = (STREAM, OCEAN, DRIP, POUR)
