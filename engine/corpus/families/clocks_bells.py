"""Clocks and bells: ticking, tolling, ringing, gongs."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import (
    RATIOS,
    bandpass,
    count,
    decay,
    highpass,
    jittered,
    log_uniform,
    place,
    resonator,
    ring,
    spaced,
    unit,
    white,
)
from engine.corpus.recipe import Ascending, Audio, Between, Count, Follows, Kind, Range, Recipe, Record


def _tick(r: Record, rng: np.random.Generator, scale: float) -> Audio:
    """Escapement: a sharp metal click and a fainter one 18 ms later, in a metal case or a wooden box."""
    wooden = r["body"] == "grandfather"
    hz = np.array([1100, 2300, 3700, 5600]) * scale * np.array([1, 1.03, 0.97, 1.05])
    n = count(0.18)
    click = ring(rng, hz, 6.908 / (np.array([180, 230, 320, 450]) * (0.5 if wooden else 1)), (0.8, 1, 0.7, 0.35), n) * decay(0.0002, 5, n)
    click += 0.3 * unit(highpass(white(rng, n), 1500) * decay(0.0001, 0.0012, n))
    out = np.array(click)
    lag = count(0.018)
    out[lag:] += 0.3 * click[:-lag]
    if wooden:
        out += 0.8 * unit(resonator(click, 260 * scale**0.5, 5) + 0.6 * resonator(click, 400 * scale**0.5, 6))
    return unit(out)


def _clock(r: Record) -> Audio:
    timing = r.stream("timing")
    scale = float(r["pitch"])
    contrast = {"watch": 0.97, "clock": 0.85, "grandfather": 0.8}[str(r["body"])]
    ticks = [_tick(r, r.stream("timbre"), scale), _tick(r, r.stream("timbre"), scale * contrast)]
    times = jittered(timing, 1 / float(r["rate"]), 0.003, r.seconds - 0.1, float(timing.uniform(0.05, 0.3)))
    return place(r.samples, times, ticks, timing.uniform(0.92, 1, times.size))


CLOCK = Recipe(
    id="clock_tick",
    number=173,
    wave=1,
    code="CLOCKTick",
    nouns=("clock ticking", "ticking clock", "clock tick", "ticking of a clock", "clockwork tick", "mechanical clock"),
    clauses=("{a} clock ticks {adv}", "{a} clock is ticking {adv}", "somewhere {a} clock ticks", "{a} clock on the wall ticks {adv}"),
    tags=(
        "clock",
        "ticking",
        "tick",
        "tick tock clock",
        "timer",
        "passing time",
        "second hand",
        "timepiece",
        "clock in a quiet room",
        "countdown ticking",
    ),
    onomatopoeia=("tick tock", "tick tick tick"),
    render=_clock,
    attributes=(
        Range("rate", 1, 5, "ticks/s", log=True, axis="rate", moves="onsets_per_s", sign=1),
        Range("pitch", 0.6, 1.35, log=True, axis="pitch", moves="centroid_hz", sign=1),
        Kind(
            "body",
            {
                "clock": ("wall clock ticking", "kitchen clock ticking", "alarm clock ticking", "ticking clock"),
                "watch": ("pocket watch ticking", "stopwatch ticking", "ticking watch", "wristwatch ticking"),
                "grandfather": ("grandfather clock ticking", "pendulum clock ticking", "old wooden clock ticking"),
            },
            slot="noun",
            weights=(3, 1, 1),
        ),
    ),
    tests=(Follows("onsets_per_s", "rate", 0.12), Between("centroid_hz", 1300, 3600), Between("active_share", 0.03, 0.4)),
)

_BELL_DAMPING = np.array([0.35, 0.9, 0.75, 1.2, 1.4, 2.2, 2.4, 2.8, 3.6, 4.5])


def _bell(rng: np.random.Generator, strike_hz: float, seconds: float) -> Audio:
    """One bell: the partials of a minor-third bell in doublets that beat, and the clapper's click."""
    hz = np.repeat(strike_hz * np.array(RATIOS["church_bell"]), 2)
    hz = hz * (1 + 0.0015 * rng.uniform(-1, 1, hz.size))
    damping = np.repeat(_BELL_DAMPING, 2) * (strike_hz / 400) ** 0.6
    gains = np.repeat([0.55, 0.6, 0.7, 0.35, 1.0, 0.5, 0.3, 0.45, 0.3, 0.15], 2) * rng.uniform(0.6, 1, hz.size)
    gains[hz < 60] = 0
    n = count(seconds)
    # The stroke itself stands out: every partial starts with a surplus that is gone after a tenth of a second.
    out = ring(rng, hz, 6.908 / damping, gains, n) * (decay(0.001, 1000, n) + 2.2 * decay(0.001, 0.05, n))
    clapper = unit(bandpass(white(rng, n), 1500, 7000) * decay(0.0003, 0.004, n))
    return unit(out + 0.8 * clapper)


def _church_bell(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    strike, period = float(r["pitch"]), 1 / float(r["rate"])
    steps = {"one": (0,), "two": (0, 4), "peal": (0, 2, 4, 7)}[str(r["bells"])]
    period *= {"one": 1, "two": 0.9, "peal": 0.75}[str(r["bells"])]
    seconds = min(r.seconds, 7.0)
    bells = [_bell(timbre, strike * 2 ** (-step / 12), seconds) for step in steps]
    times = jittered(timing, period, 0.03, r.seconds, float(timing.uniform(0.05, 0.4)))
    return place(r.samples, times, bells, timing.uniform(0.75, 1, times.size))


CHURCH_BELL = Recipe(
    id="church_bell",
    number=175,
    wave=1,
    code="BELLLrg",
    nouns=("church bell", "tolling bell", "bell tower", "cathedral bell", "tower bell", "church bell tolling", "church bell ringing"),
    clauses=("{a} church bell tolls {adv}", "{a} church bell rings {adv}", "{a} bell tolls in a tower", "{a} cathedral bell is ringing"),
    tags=("bell", "tolling", "village church", "bell tolls", "church tower", "cathedral", "bell ringing", "big bell", "carillon"),
    onomatopoeia=("ding dong", "bong"),
    render=_church_bell,
    attributes=(
        Range("pitch", 180, 900, "Hz", log=True, axis="size", reverse=True, moves="centroid_hz", sign=1),
        Range("rate", 0.25, 1.1, "strokes/s", log=True, axis="rate", moves="onsets_per_s", sign=1),
        Kind("bells", {"one": (), "two": (), "peal": ("pealing",)}, weights=(3, 1, 1)),
    ),
    tests=(
        Between("centroid_hz", 250, 1500),
        Between("active_share", 0.85, 1),
        Follows("onsets_per_s", "rate", 0.3, given={"bells": "one", "rate_q": 0.3}),
    ),
)


def _hand_bell(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    strike, length = float(r["pitch"]), float(r["ring"])
    hz = np.repeat(strike * np.array(RATIOS["handbell"]) * timbre.uniform(0.97, 1.03, 7), 2) * (1 + 0.002 * timbre.uniform(-1, 1, 14))
    t60 = length * (strike / hz) ** 0.6
    gains = np.repeat([1, 0.5, 0.55, 0.3, 0.3, 0.2, 0.15], 2) * timbre.uniform(0.6, 1, 14)
    n = count(1.1 * length + 0.05)
    bell = ring(timbre, hz, t60, gains, n) * decay(0.0005, 1000, n)
    bell = unit(bell + 0.5 * unit(bandpass(white(timbre, n), 2000, 7000) * decay(0.0002, 0.0012, n)))
    if r["play"] == "shaken":
        times, now = [], float(timing.uniform(0.05, 0.3))
        for _ in range(int(timing.integers(1, 4))):
            shake = jittered(timing, 1 / timing.uniform(6, 9), 0.06, now + timing.uniform(0.7, 1.9), now)
            times += [time for time in shake if time < max(0.6, r.seconds - 2.0)]
            now = float(shake[-1]) + timing.uniform(0.3, 0.8)
        gains = timing.uniform(0.5, 0.8, len(times)) * np.where(np.arange(len(times)) % 2, 0.7, 1)
        gains[-1] = 1.0
        return place(r.samples, times, [bell], gains)
    number = int(r["number"])
    times = spaced(timing, number, float(log_uniform(timing, 0.5, 1.6)), r.seconds, min(1.5, length))
    # The last stroke is the loudest, so that the ring after it stays measurable.
    return place(r.samples, times, [bell], np.sort(timing.uniform(0.75, 1, number)))


HAND_BELL = Recipe(
    id="hand_bell",
    number=176,
    wave=2,
    code="BELLHand",
    nouns=("hand bell", "small bell", "reception bell", "service bell", "little bell ding", "desk bell", "handbell"),
    clauses=("{a} small bell rings {adv}", "someone rings {a} hand bell", "{a} bell dings {adv}", "{a} service bell is rung"),
    tags=(
        "ding",
        "bell ding",
        "bicycle bell",
        "hotel bell",
        "counter bell",
        "table bell",
        "dinner bell",
        "school hand bell",
        "bell ring",
        "call bell",
    ),
    onomatopoeia=("ding", "ting-a-ling"),
    render=_hand_bell,
    attributes=(
        Range("pitch", 900, 3300, "Hz", log=True, axis="pitch", moves="centroid_hz", sign=1),
        Range("ring", 0.7, 3.2, "s", log=True, axis="damping", moves="t60_s", sign=1),
        Kind(
            "play",
            {"struck": (), "shaken": ("being shaken", "shaken back and forth", "ringing continuously")},
            slot="after",
            weights=(3, 1),
        ),
        Count("number", 1, 4, spoken=False),
    ),
    tests=(Between("f0_hz", 700, 4500), Ascending("onset_count", "play", ("struck", "shaken"))),
)


def _gong(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    size, hard, opera = 1 - r.q("pitch"), r.q("hardness"), r["style"] == "opera"
    low = float(r["pitch"]) * (1.4 if opera else 1)
    n = min(r.samples, count(2.5 if opera else 9.5))
    number = 22 if opera else 52
    hz = low * np.concatenate([[1, 1.02, 2.01, 2.63], log_uniform(timbre, 1.5, 24, number)])
    hz = np.repeat(hz, 2) + timbre.uniform(-1, 1, 2 * hz.size) * 1.2
    t60 = (2.2 if opera else 5 + 4 * size) * (low / hz) ** 0.3
    gains = timbre.uniform(0.3, 1, hz.size) * (hz / low) ** (-1.15 + 0.75 * hard)
    gains[:8] *= 1.6
    high = hz > 5 * low
    t = np.arange(n) / 22050
    bloom_s = timbre.uniform(0.08, 0.3) * (0.3 if opera else 1)
    body = ring(timbre, hz[~high], t60[~high], gains[~high], n)
    # The high modes are fed by the low ones and bloom after the stroke.
    shimmer = ring(timbre, hz[high], 0.7 * t60[high], gains[high], n) * (1 - (1 - 0.5 * hard) * np.exp(-t / bloom_s))
    out = body * decay(0.008 - 0.007 * hard, 1000, n) + (0.35 + 0.6 * hard) * shimmer * (1 - np.exp(-t / 0.002))
    out += 0.5 * hard * unit(bandpass(white(timbre, n), 400, 3000) * decay(0.0005, 0.012, n))
    out = highpass(out, 45)
    if opera:
        fall = 2 ** (-timbre.uniform(2, 4) / 12 * (1 - np.exp(-t / 0.35)))
        out = np.interp(np.cumsum(fall), np.arange(n), out).astype(np.float32)
    strokes = int(r["number"])
    times = spaced(timing, strokes, float(timing.uniform(2.2, 3.4)), r.seconds, min(2.5, 0.5 * r.seconds))
    return place(r.samples, times, [unit(out)], np.sort(timing.uniform(0.75, 1, strokes)))


GONG = Recipe(
    id="gong",
    number=177,
    wave=2,
    code="BELLGong",
    nouns=("gong", "tam-tam", "gong strike", "temple gong", "orchestral gong", "gong hit"),
    clauses=("{a} gong is struck {adv}", "{a} gong sounds {adv}", "someone strikes {a} gong", "{a} gong swells and shimmers"),
    tags=("chinese gong", "asian gong", "tam tam", "gong crash", "meditation gong", "bronze gong", "gong bath", "ceremonial gong"),
    onomatopoeia=("gonnnng", "bwaaang"),
    render=_gong,
    attributes=(
        Range("pitch", 75, 230, "Hz", log=True, axis="size", reverse=True, moves="centroid_hz", sign=1),
        Range("hardness", 0, 1, axis="hardness", moves="flatness_db", sign=1),
        Kind("style", {"gong": (), "opera": ("chinese opera gong", "peking opera gong", "opera gong")}, slot="noun", weights=(4, 1)),
        Count("number", 1, 3),
    ),
    tests=(Between("t60_s", 1.5, 12, {"number": 1, "style": "gong"}), Between("active_share", 0.5, 1, {"style": "gong"})),
)


RECIPES = (CLOCK, CHURCH_BELL, HAND_BELL, GONG)
