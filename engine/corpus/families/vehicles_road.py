"""Sounds of the road: cars passing, horns, skids, sirens."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dsp import (
    bandpass,
    count,
    decay,
    doppler_pass,
    drive,
    engine_pulses,
    fade,
    harmonics,
    highpass,
    log_uniform,
    lowpass,
    modes,
    place,
    resonator,
    rms,
    saw,
    sine,
    slow,
    struck,
    unit,
    varying_resonator,
    white,
)
from engine.corpus.recipe import SAMPLE_RATE, Ascending, Audio, Between, Count, Follows, Kind, Range, Recipe, Record


def _car_pass(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    speed, n = float(r["speed"]), min(r.samples, count(12.0))
    closest = min(n / SAMPLE_RATE, 10) * float(timing.uniform(0.35, 0.55))
    distance = float(timing.uniform(4, 6.5))
    edge = 1500 * 4 ** float(timbre.random())
    tyres = rms(bandpass(white(timbre, n), timbre.uniform(180, 420), edge))
    tyres += 0.6 * rms(resonator(white(timbre, n), timbre.uniform(600, 1100), 1.5))
    rpm = (1100 + 55 * speed) * float(timbre.uniform(0.85, 1.2))
    motor = engine_pulses(timbre, rpm / 30, 0.5, 4, n)
    source = rms(tyres) + float(timbre.uniform(0.2, 0.6)) * motor
    if r["road"] == "wet":
        spray = bandpass(white(timbre, n), 2600, 7500) * (1 + 0.3 * slow(timing, n, 25))
        source = rms(source) + 1.1 * rms(spray)
    moved = doppler_pass(source, speed, distance, closest)
    near = distance / np.sqrt(distance**2 + (speed * (np.arange(n) / SAMPLE_RATE - closest)) ** 2)
    near = np.sqrt(near).astype(np.float32)
    passing = highpass(near * moved + (1 - near) * 1.3 * lowpass(moved, 900), 45)
    return place(r.samples, np.arange(0, r.seconds, 11.5), [fade(passing, 0.2, 0.4)])


CAR_PASS = Recipe(
    id="car_pass",
    number=156,
    wave=1,
    code="VEHBy",
    nouns=("car passing", "car passing by", "passing car", "car pass-by", "car driving by", "car going past", "vehicle passing by"),
    clauses=(
        "{a} car drives by {adv}",
        "{a} car passes by on the road",
        "{a} car approaches, passes and drives away",
        "{a} car goes past {adv}",
    ),
    tags=(
        "car drives by",
        "pass by",
        "traffic passing",
        "drive-by car",
        "car on the road",
        "car whooshing past",
        "road traffic",
        "car rushing past",
        "passing vehicle",
        "car speeding past",
    ),
    render=_car_pass,
    attributes=(
        Range("speed", 7, 36, "m/s", log=True, axis="rate", moves="modulation_depth"),
        Kind("road", {"dry": (), "wet": ("on a wet road", "on wet asphalt", "on a rainy street")}, slot="after", weights=(3, 1)),
    ),
    tests=(
        Between("centroid_hz", 700, 2000, {"road": "dry"}),
        Between("low_share", 0.02, 0.4),
        Ascending("high_share", "road", ("dry", "wet")),
    ),
)


def _honk(rng: np.random.Generator, hz: float, seconds: float, ratios: tuple[float, ...], formant: float, breath: float) -> Audio:
    n = count(seconds + 0.04)
    t = np.arange(n) / SAMPLE_RATE
    scoop = 1 - 0.03 * np.exp(-t / 0.018)
    reeds = np.zeros(n, np.float32)
    for ratio in ratios:
        orders = np.arange(1, 19)
        reeds += harmonics(hz * ratio * scoop, orders**-0.7 * rng.choice([-1, 1], 18) * rng.uniform(0.7, 1, 18), n)
    tone = resonator(reeds, formant, 1.5) + 0.35 * reeds + breath * bandpass(white(rng, n), 1500, 6000)
    return unit(lowpass(tone, 6500) * np.minimum(1, t / 0.012) * np.clip((seconds + 0.04 - t) / 0.04, 0, 1))


def _horn(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    number, start = int(r["number"]), float(timing.uniform(0.05, 0.4))
    gap = float(log_uniform(timing, 0.13, 0.7))
    long = min(float(r["length"]), (r.seconds - start - 0.15) / number - 0.13)
    gap = min(gap, (r.seconds - start - 0.1 - number * long) / max(number - 1, 1))
    q = r.q("pitch")
    ratios, hz, breath = {
        "car": ((1, 1.235), 290 * 1.75**q, 0.02),
        "truck": ((1, 1.26, 1.5), 140 * 1.75**q, 0.25),
    }[str(r["vehicle"])]
    body = _honk(timbre, hz, max(long, 0.1), ratios, 1000 * 2.9**q * timbre.uniform(0.93, 1.07), breath)
    return place(r.samples, start + np.arange(number) * (long + gap), [body])


CAR_HORN = Recipe(
    id="car_horn",
    number=159,
    wave=1,
    code="VEHHorn",
    nouns=("car horn", "honking car", "horn honk", "car honking its horn", "vehicle horn"),
    clauses=("{a} car horn honks {adv}", "{a} horn is blown {adv}", "a driver honks {a} horn", "{a} car horn blares"),
    tags=(
        "honk",
        "honking",
        "horn",
        "traffic jam",
        "beeping car horn",
        "tooting",
        "toot",
        "horn blast",
        "angry driver honking",
        "car beeping",
    ),
    onomatopoeia=("honk honk", "beep beep", "honk"),
    render=_horn,
    attributes=(
        Range("pitch", 290, 508, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Range("length", 0.15, 1.55, "s", axis="length", moves="active_share"),
        Count("number", 1, 5),
        Kind("vehicle", {"car": (), "truck": ("truck horn", "lorry horn", "truck air horn")}, slot="noun", weights=(3, 1)),
    ),
    tests=(Follows("onset_count", "number", 0.01), Between("harmonicity", 0.5, 1)),
)


def _crash(rng: np.random.Generator) -> Audio:
    n = count(1.3)
    sheet = modes(np.sort(rng.uniform(250, 4200, 18)), rng.uniform(0.1, 0.5, 18), rng.uniform(0.3, 1, 18), n, rng)
    burst = white(rng, n) * decay(0.001, 0.07, n)
    low = sine(75, n) * decay(0.002, 0.09, n)
    glass = place(
        n, rng.exponential(0.2, 25), [struck(rng, "glass", hz, 2600) for hz in rng.uniform(2200, 4500, 4)], rng.uniform(0.05, 0.25, 25)
    )
    return fade(unit(drive(unit(sheet) + unit(burst) + low, 2) + glass), 0.001, 0.3)


def _skid(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    start = float(timing.uniform(0.05, 0.35))
    long = min(float(r["length"]), r.seconds - start - 0.35)
    n = count(max(long, 0.3))
    u = np.linspace(0, 1, n)
    glide = float(r["pitch"]) * (1.06 - float(timbre.uniform(0.08, 0.22)) * u**1.5)
    tyres = np.zeros(n, np.float32)
    for ratio in (1.0, float(timbre.uniform(1.04, 1.09)), float(timbre.uniform(1.3, 1.5))):
        hz = ratio * glide * (1 + 0.02 * slow(timing, n, 60) + 0.02 * slow(timing, n, 7))
        squeal = varying_resonator(saw(hz, n), hz, 4) + 0.25 * varying_resonator(saw(hz, n), 2 * hz, 6)
        tyres += squeal * (1 + 0.35 * slow(timing, n, 9)) * (1 if ratio < 1.2 else 0.35)
    rubber = rms(bandpass(white(timbre, n), 800, 4500)) * (1 + 0.3 * slow(timing, n, 20))
    envelope = np.minimum(1, u * n / 900) * (1 - 0.3 * u)
    grains, times = [fade((rms(tyres) + float(timbre.uniform(0.12, 0.3)) * rubber) * envelope, 0.03, 0.06)], [start]
    if r["ending"] == "crash":
        grains, times = [*grains, 6 * _crash(timbre)], [start, start + n / SAMPLE_RATE - 0.02]
    return highpass(place(r.samples, times, grains), 60)


TYRE_SKID = Recipe(
    id="tyre_skid",
    number=160,
    wave=2,
    code="VEHSkid",
    nouns=("tire screech", "tyre screech", "car skid", "screeching tires", "squealing tyres", "car braking hard", "skidding car"),
    clauses=(
        "{a} car skids with screeching tires",
        "{a} car brakes hard",
        "{a} tire screech is heard",
        "the tires of {a} car squeal {adv}",
    ),
    tags=(
        "skid",
        "brakes",
        "car braking",
        "drifting",
        "squeal",
        "burnout",
        "screeching brakes",
        "drift",
        "emergency braking",
        "slamming on the brakes",
        "screech",
        "wheelspin",
    ),
    onomatopoeia=("skrrt", "screech"),
    render=_skid,
    attributes=(
        Range("length", 0.5, 3.2, "s", axis="length", moves="length_s"),
        Range("pitch", 620, 1450, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Kind("ending", {"none": (), "crash": ("ending in a crash", "followed by a crash")}, slot="after", weights=(4, 1)),
    ),
    tests=(Between("centroid_hz", 700, 2600), Between("high_share", 0.02, 0.6)),
)


def _sweep(u: NDArray, rise: float) -> NDArray:
    """0..1..0 over a cycle u: exponential rise, exponential fall, as a charged capacitor does."""
    up = (1 - np.exp(-2.5 * u / rise)) / (1 - np.exp(-2.5))
    down = 1 - (1 - np.exp(-2.5 * (u - rise) / (1 - rise))) / (1 - np.exp(-2.5))
    return np.where(u < rise, up, down)


def _siren(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    t = np.arange(r.samples) / SAMPLE_RATE
    scale, fast = float(r["pitch"]), r.q("tempo")
    if r["kind"] == "hi_lo":
        period = 1.5 - 0.7 * fast
        high = ((t / period + timing.choice([0, 0.5])) % 1) < 0.5
        hz = np.where(high, 700, 700 / timing.uniform(1.26, 1.36)) * scale
    else:
        period = (6 - 2.6 * fast) if r["kind"] == "wail" else (0.4 - 0.16 * fast)
        u = (t / period + float(timing.uniform(0, 0.3))) % 1
        low, high = timbre.uniform(500, 640), timbre.uniform(1250, 1550)
        hz = low * (high / low) ** _sweep(u, float(timbre.uniform(0.35, 0.55))) * scale * 0.9
    glided = np.cumsum(np.concatenate([hz, np.repeat(hz[-1], 330)]))
    hz = np.concatenate([hz[:330], (glided[330:-330] - glided[:-660]) / 330]) if r["kind"] == "hi_lo" else hz
    tone = harmonics(hz, np.arange(1, 9) ** -0.6 * timbre.uniform(0.6, 1, 8), r.samples)
    horn = bandpass(tone, 450, 5000) + 0.5 * resonator(tone, 1500 * scale * timbre.uniform(0.9, 1.1), 2)
    return rms(horn) * (1 + 0.02 * slow(timing, r.samples, 2))


SIREN = Recipe(
    id="siren",
    number=161,
    wave=1,
    code="VEHSirn",
    nouns=("siren", "emergency siren", "emergency vehicle siren", "police car siren", "ambulance siren"),
    clauses=("{a} siren wails {adv}", "{a} emergency siren sounds", "{a} siren blares on an emergency vehicle", "{a} siren can be heard"),
    tags=("police", "ambulance", "fire truck", "emergency", "police car", "fire engine", "siren wailing", "emergency vehicle", "cop car"),
    onomatopoeia=("wee-woo", "nee-naw", "wee woo wee woo"),
    render=_siren,
    texture=True,
    attributes=(
        Kind(
            "kind",
            {
                "wail": ("wailing siren", "slowly wailing police siren", "rising and falling siren"),
                "yelp": ("yelping siren", "yelp siren", "rapidly yelping police siren"),
                "hi_lo": ("two-tone siren", "hi-lo siren", "European ambulance siren"),
            },
            slot="noun",
            weights=(2, 1, 1),
        ),
        Range("pitch", 0.66, 1.4, log=True, axis="pitch", moves="centroid_hz"),
        Range("tempo", 0, 1),
    ),
    tests=(
        Between("modulation_depth", 0, 0.15),
        Between("harmonicity", 0.75, 1),
        Between("active_share", 0.99, 1),
        Between("flatness_db", -60, -12),
    ),
)

RECIPES = (CAR_PASS, CAR_HORN, TYRE_SKID, SIREN)
