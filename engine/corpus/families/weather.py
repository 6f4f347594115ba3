"""Weather: rain, thunder, wind."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import (
    bandpass,
    bubbles,
    capped_sizes,
    coloured,
    count,
    decay,
    fade,
    highpass,
    log_uniform,
    lowpass,
    modes,
    place,
    poisson,
    rms,
    slow,
    spaced,
    spread,
    train,
    unit,
    varying_resonator,
    white,
)
from engine.corpus.recipe import Ascending, Audio, Between, Count, Kind, Range, Recipe, Record


def _rain(r: Record) -> Audio:
    i = r.q("intensity")
    timing, timbre = r.stream("timing"), r.stream("timbre")
    bed = bandpass(coloured(timbre, r.samples, -1.5), 350, 2500 + 5500 * i)
    bed = rms(bed) * (0.04 + 0.5 * i**1.5) * (1 + 0.08 * slow(timing, r.samples, 0.5))
    times = poisson(timing, 12 * (500 / 12) ** i, r.seconds)
    sizes = capped_sizes(timing, times.size, 2.5, 2.0)
    low, high = {"pavement": (1000, 6500), "leaves": (2000, 7000), "puddle": (800, 5000)}[str(r["surface"])]
    kernels = []
    for _ in range(12):
        hz, n = float(log_uniform(timbre, low, high)), 400
        kernels.append(np.sin(2 * np.pi * hz * np.arange(n) / 22050) * decay(0.00025, 1 / timbre.uniform(400, 1500), n))
    drops = train(r.samples, times, kernels, 0.5 * sizes, timing)
    wet = timing.random(times.size) < (0.6 if r["surface"] == "puddle" else 0.15)
    plops = bubbles(timing, r.samples, times[wet], (0.5, 2.5), 0.12)
    return bed + drops + 0.8 * plops


RAIN = Recipe(
    id="rain",
    number=1,
    wave=1,
    code="RAIN",
    nouns=("rain", "rainfall", "rain shower", "raindrops"),
    clauses=("{adj} rain falls", "it is raining {adv}", "{adj} rain is coming down", "{adj} rain patters on the ground"),
    tags=("raining", "rain ambience", "rainy weather", "pouring rain", "shower of rain"),
    onomatopoeia=("pitter patter",),
    render=_rain,
    texture=True,
    attributes=(
        Range("intensity", 0, 1, axis="intensity", moves="modulation_depth", sign=-1),
        Kind(
            "surface",
            {
                "pavement": ("on pavement", "on the street", "on concrete"),
                "leaves": ("on leaves", "in the trees", "in a forest"),
                "puddle": ("on puddles", "into puddles", "on water"),
            },
            slot="after",
        ),
    ),
    tests=(
        Between("centroid_hz", 1900, 3900),
        Between("active_share", 0.95, 1),
        Between("modulation_depth", 0.05, 0.2, {"intensity_q": 0.95}),
    ),
)


def _rumble(rng: np.random.Generator, near: float, length_s: float) -> Audio:
    """One roll of thunder: low noise in dozens of overlapping bumps, dying away."""
    n = count(3.2 * length_s)
    t = np.linspace(0, 3.2 * length_s, max(16, n // 110))
    starts = np.abs(rng.standard_normal(int(rng.integers(30, 90)))) * length_s / 1.6
    starts[0] = 0.0
    # Distance smears the front of every bump: far thunder swells where near thunder strikes.
    attack, fall = rng.uniform(0.01, 0.07, starts.size) * (1 + 6 * (1 - near) ** 2), log_uniform(rng, 0.08, 0.4, starts.size)
    since = t[None] - starts[:, None]
    bumps = np.clip(since / attack[:, None], 0, 1) * np.exp(-np.maximum(0, since) / fall[:, None])
    envelope = (bumps * rng.uniform(0.3, 1, starts.size)[:, None]).sum(axis=0) * np.exp(-t / length_s)
    noise = white(rng, n)
    low = bandpass(noise, 45, 160 * rng.uniform(0.85, 1.3))
    mid = bandpass(noise, 110, (300 + 900 * near**2) * rng.uniform(0.85, 1.2))
    return unit(fade(highpass(low + 0.9 * mid, 45) * spread(envelope, n), 0.004, 0.3))


def _crack(rng: np.random.Generator) -> Audio:
    """The tearing crack of a near stroke: a handful of sharp bursts within a third of a second."""
    n = count(0.9)
    starts = np.sort(rng.uniform(0, 0.3, int(rng.integers(4, 14))))
    starts[0] = 0.0
    bursts = [white(rng, n // 2) * decay(0.001, log_uniform(rng, 0.01, 0.06), n // 2) for _ in range(4)]
    torn = place(n, starts, bursts, rng.uniform(0.4, 1, starts.size))
    return unit(lowpass(highpass(np.tanh(3 * torn), 150), rng.uniform(5000, 8000)))


def _thunder(r: Record) -> Audio:
    near = r.q("intensity")
    timing, timbre = r.stream("timing"), r.stream("timbre")
    number = int(r["strikes"])
    length = (1.5 + 3 * (1 - near)) * timing.uniform(0.85, 1.15) / number**0.6
    times = spaced(timing, number, 8.2 / number, r.seconds, min(2.5, 0.6 * r.seconds), 0.12)
    out = place(r.samples, times, [_rumble(timbre, near, length) for _ in times], timing.uniform(0.8, 1, number))
    if near > 0.45:
        cracks = [_crack(timbre) for _ in times]
        out += place(r.samples, times, cracks, 2.2 * (near - 0.4) * timing.uniform(0.8, 1.1, number))
    return out


THUNDER = Recipe(
    id="thunder",
    number=3,
    wave=1,
    code="THUN",
    nouns=("thunder", "rolling thunder", "rumbling thunder", "thunder rolling", "thunder and lightning", "claps of thunder"),
    clauses=(
        "{adj} thunder rumbles {adv}",
        "{adj} thunder rolls across the sky",
        "{adj} thunder is heard {adv}",
        "lightning strikes with {adj} thunder",
    ),
    tags=(
        "thunderclap",
        "lightning",
        "lightning strike",
        "thunder rumble",
        "rumble of thunder",
        "clap of thunder",
        "thunderbolt",
        "thundering sky",
    ),
    onomatopoeia=("ka-boom",),
    render=_thunder,
    attributes=(Range("intensity", 0, 1, axis="intensity", moves="centroid_hz"), Count("strikes", 1, 3)),
    tests=(
        Between("centroid_hz", 150, 900, {"intensity_q": 0.1}),
        Between("centroid_hz", 1000, 4500, {"intensity_q": 0.95}),
        Between("active_share", 0.25, 1),
    ),
    plural=True,
)


def _wind_speed(r: Record, gusty: bool, strength: float) -> Audio:
    timing = r.stream("timing")
    gusts = (0.38 if gusty else 0.07) * slow(timing, r.samples, 0.35) + 0.05 * slow(timing, r.samples, 2.5)
    return np.clip((0.35 + 0.65 * strength) * (1 + gusts), 0.06, 1.6)


def _wind(r: Record) -> Audio:
    i = r.q("strength")
    timbre = r.stream("timbre")
    v = _wind_speed(r, r["flow"] == "gusty", i)
    noise, other = white(timbre, r.samples), white(timbre, r.samples)
    body = timbre.uniform(0.85, 1.18)
    low = bandpass(noise, 90, (350 + 500 * i) * body) * v
    rush = varying_resonator(other, (250 + 650 * v) * body, 1.2) * v**2
    whistle_hz = (350 + 520 * v + 40 * slow(timbre, r.samples, 2.0)) * timbre.uniform(0.8, 1.3)
    whistle = 0.35 * i * varying_resonator(noise, whistle_hz, timbre.uniform(6, 12)) * v**3
    return low + rush + 2 * whistle + 0.3 * i * highpass(other, 1500) * v**3


WIND = Recipe(
    id="wind",
    number=5,
    wave=1,
    code="WIND",
    nouns=("wind", "blowing wind", "wind blowing", "outdoor wind", "wind in the open", "wind outside"),
    clauses=("{adj} wind blows {adv}", "{adj} wind is blowing outside", "{adj} wind sweeps over the fields", "it is windy {adv}"),
    tags=("windy", "windy weather", "breeze", "gale", "wind ambience", "breezy", "wind noise", "open field wind", "blowing air"),
    onomatopoeia=("whoo",),
    render=_wind,
    texture=True,
    plural=True,
    attributes=(
        Range("strength", 0, 1, axis="intensity", moves="centroid_hz"),
        Kind("flow", {"steady": ("steady", "constant", "even"), "gusty": ("gusty", "blustery", "squally", "gusting")}),
    ),
    tests=(
        Between("onsets_per_s", 0, 0.2),
        Ascending("modulation_depth", "flow", ("steady", "gusty")),
    ),
)

# Lowest and highest mode in Hz, shortest and longest ring in s, number of modes, level of the patter bed.
_ROOFS = {
    "tin": ((500, 4500), (0.08, 0.2), 9),
    "glass": ((1800, 4000), (0.03, 0.06), 6),
    "tent": ((180, 420), (0.015, 0.025), 5),
    "wood": ((250, 950), (0.02, 0.04), 6),
    "umbrella": ((420, 1300), (0.012, 0.02), 6),
}


def _roof_kernels(rng: np.random.Generator, material: str) -> list[Audio]:
    (low, high), (short, long), number = _ROOFS[material]
    hz = log_uniform(rng, low, high, number)
    kernels = []
    for _ in range(6):
        ring = modes(
            hz * rng.uniform(0.95, 1.05, number), rng.uniform(short, long, number), rng.uniform(0.3, 1, number), count(1.1 * long), rng
        )
        tick = lowpass(white(rng, ring.size), min(7000, 3 * high)) * decay(0.0003, 0.0015, ring.size)
        kernels.append(unit(unit(ring) * np.minimum(1, np.arange(ring.size) / 12) + 0.5 * unit(tick)))
    return kernels


def _rain_on_object(r: Record) -> Audio:
    i = r.q("intensity")
    timing, timbre = r.stream("timing"), r.stream("timbre")
    kernels = _roof_kernels(timbre, str(r["object"]))
    times = poisson(timing, 12 * (420 / 12) ** i, r.seconds)
    times = np.concatenate([[timing.uniform(0.02, 0.1)], times])
    drops = train(r.samples, times, kernels, capped_sizes(timing, times.size, 2.2, 3.5), timing)
    sprinkle = poisson(timing, 500 + 1800 * i, r.seconds)
    patter = train(r.samples, sprinkle, kernels[:3], timing.random(sprinkle.size) ** 2, timing)
    air = bandpass(coloured(timbre, r.samples, -2.0), 400, 2500 + 4000 * i)
    out = drops + (0.015 + 0.12 * i) * patter + (0.01 + 0.06 * i) * float(drops.std()) * air
    if r["heard"] == "inside":
        out = lowpass(out, timbre.uniform(2000, 3000))
    return highpass(out, 60)


RAIN_ON_OBJECT = Recipe(
    id="rain_on_object",
    number=2,
    wave=2,
    code="RAINMetl",
    nouns=(
        "rain on a roof",
        "rain drumming on a roof",
        "raindrops hitting a surface",
        "rain pattering on a surface",
        "rain on a hard surface",
    ),
    clauses=("{adj} rain drums on a surface {adv}", "{adj} rain is pattering on something overhead", "raindrops tap {adv} on a surface"),
    tags=("rain on roof", "rain drumming", "rain tapping", "rain pattering overhead", "raindrops tapping", "rain shelter"),
    onomatopoeia=("tap tap tap", "drum drum"),
    render=_rain_on_object,
    texture=True,
    plural=True,
    attributes=(
        Range("intensity", 0, 1, axis="intensity", moves="modulation_depth", sign=-1),
        Kind(
            "object",
            {
                "tin": ("rain on a tin roof", "rain on a metal roof", "rain on corrugated iron", "rain on a car roof"),
                "glass": ("rain on a window", "rain against a window pane", "rain on glass"),
                "tent": ("rain on a tent", "rain on canvas", "rain on a tarpaulin"),
                "wood": ("rain on a wooden roof", "rain on wood", "rain on a wooden deck"),
                "umbrella": ("rain on an umbrella", "raindrops on an umbrella"),
            },
            slot="noun",
        ),
        Kind("heard", {"outside": (), "inside": ("heard from inside", "from indoors")}, slot="after", weights=(3, 1)),
    ),
    tests=(Ascending("centroid_hz", "object", ("tent", "wood", "glass")), Between("active_share", 0.8, 1, {"intensity_q": 0.9})),
)


def _storm(r: Record) -> Audio:
    i = r.q("intensity")
    timing = r.stream("timing")
    v = _wind_speed(r, True, 0.4 + 0.6 * i)
    noise = white(r.stream("timbre"), r.samples)
    wind = rms(bandpass(noise, 100, 600) * v + 0.5 * bandpass(noise, 500, 1500) * v**2)
    rain = rms(RAIN.render(RAIN.draw(r.seed, r.samples, f"{r.salt}/storm", intensity_q=0.3 + 0.7 * i)))
    number = int(timing.integers(2, 5)) if r.seconds > 6 else 1
    times = spaced(timing, number, 6.5 / number, r.seconds, min(2.0, 0.6 * r.seconds), 0.2)
    near = {"near": timing.uniform(0.6, 0.95), "far": timing.uniform(0.05, 0.3)}[str(r["thunder"])]
    voice = r.stream("voice")
    rolls = [_rumble(voice, near, timing.uniform(1.3, 2.6)) for _ in times]
    thunder = place(r.samples, times, rolls, timing.uniform(0.7, 1, number))
    if near > 0.5:
        thunder += place(r.samples, times, [_crack(voice) for _ in times], 0.8 * timing.uniform(0.7, 1, number))
    bed = rain * (0.5 + 0.6 * i) + wind * (0.75 - 0.3 * i)
    return rms(bed) + 7 * timing.uniform(0.85, 1.15) * unit(thunder)


STORM = Recipe(
    id="thunderstorm",
    number=4,
    wave=2,
    code="STORM",
    nouns=("thunderstorm", "storm", "rainstorm with thunder", "storm with thunder and rain", "tempest"),
    clauses=(
        "{a} thunderstorm rages {adv}",
        "{a} storm is raging outside",
        "{a} storm with rain, wind and thunder passes over",
        "thunder rolls over {a} rainstorm",
    ),
    tags=("rain and thunder", "stormy night", "stormy weather", "thunder and rain", "lightning storm", "storm ambience", "thundery rain"),
    render=_storm,
    texture=True,
    attributes=(
        Range("intensity", 0, 1, axis="intensity", moves="high_share"),
        Kind(
            "thunder",
            {"near": ("with thunder overhead", "with cracking thunder"), "far": ("with thunder rolling far off", "with rumbling thunder")},
            slot="after",
        ),
    ),
    tests=(Between("active_share", 0.95, 1), Between("low_share", 0.05, 0.8)),
)

RECIPES = (RAIN, RAIN_ON_OBJECT, THUNDER, STORM, WIND)
