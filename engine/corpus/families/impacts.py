"""Impacts by material: wood, metal, glass."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import (
    RATIOS,
    bandpass,
    count,
    decay,
    highpass,
    log_uniform,
    lowpass,
    place,
    resonator,
    ring,
    spaced,
    train,
    unit,
    white,
)
from engine.corpus.recipe import Audio, Between, Count, Follows, Kind, Range, Recipe, Record


def _wood_hit(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    f1, hard = float(r["pitch"]), r.q("hardness")
    hz = f1 * np.array(RATIOS["wooden_bar"]) * timbre.uniform(0.97, 1.03, 5)
    t60 = 6.908 / (np.pi * 0.025 * hz) * timbre.uniform(0.8, 1.2)
    n = count(1.1 * float(t60[0]) + 0.05)
    amplitudes = np.array([1, 0.5, 0.35, 0.2, 0.1]) * (hz / hz[0]) ** (0.5 * hard - 0.9) * timbre.uniform(0.7, 1.2, 5)
    body = ring(timbre, hz, t60, amplitudes, n) * decay(0.0003 + 0.004 * (1 - hard) ** 2, 10, n)
    strike = unit(highpass(white(timbre, n), 0.6 * f1 + 200) * decay(0.0002, 0.0012 + 0.0015 * hard, n))
    out = body + 0.9 * hard**2 * strike
    if r["build"] == "hollow":
        cavity = float(log_uniform(timbre, 150, 400)) * (f1 / 350) ** 0.4
        blow = decay(0.001, 0.02, n) * lowpass(white(timbre, n), 1500)
        out = 0.6 * out + 0.9 * unit(resonator(blow, cavity, 6) + 0.5 * resonator(blow, 2.3 * cavity, 8))
    number = int(r["number"])
    times = spaced(timing, number, float(log_uniform(timing, 0.3, 0.9)), r.seconds, n / 22050)
    return place(r.samples, times, [unit(highpass(out, 50))], timing.uniform(0.7, 1, number))


WOOD_HIT = Recipe(
    id="wood_hit",
    number=116,
    wave=1,
    code="WOODImpt",
    nouns=("wood hit", "wooden impact", "knock on wood", "wood block thunk", "hit on a wooden plank", "wooden thunk", "wood impact"),
    clauses=("{a} piece of wood is struck {adv}", "someone hits {a} plank", "{a} log is hit {adv}", "{a} wooden board is hit"),
    tags=("plank", "wood knock", "thunk", "log hit", "table hit", "timber", "wooden hit", "hitting wood", "wood on wood", "wooden box hit"),
    onomatopoeia=("thunk", "tock"),
    render=_wood_hit,
    attributes=(
        Range("pitch", 140, 900, "Hz", log=True, axis="size", reverse=True, moves="centroid_hz", sign=1),
        Range("hardness", 0, 1, axis="hardness", moves="flatness_db", sign=1),
        Kind("build", {"solid": ("solid",), "hollow": ("hollow",)}, weights=(2, 1)),
        Count("number", 1, 4),
    ),
    tests=(
        Follows("onset_count", "number", 0.1, given={"number": 3}),
        Follows("f0_hz", "pitch", 0.12, given={"build": "solid", "hardness_q": 0.2, "number": 1}),
        Between("t60_s", 0.05, 0.7, {"number": 1}),
    ),
)


def _metal_modes(r: Record, rng: np.random.Generator) -> np.ndarray:
    f1 = float(r["pitch"])
    match r["body"]:
        case "pan":
            ratios = np.array([*RATIOS["pot_lid"], 1.6, 4.4, 8.2, 12.1])
        case "bar":
            ratios = np.repeat(RATIOS["free_bar"], 2) * (1 + 0.002 * rng.uniform(-1, 1, 10))
        case "sheet":
            ratios = np.concatenate([[1.0], 1 + rng.uniform(0.08, 20, 39)])
        case _:
            ratios = np.concatenate([[1.0], 1 + rng.uniform(0.2, 12, 24)])
    return f1 * ratios * rng.uniform(0.98, 1.02, ratios.size) ** (r["body"] == "pan")


def _metal_hit(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    hz = _metal_modes(r, timbre)
    size = 1 - r.q("pitch")
    t60 = 6.908 / ((2.5 + 0.0012 * hz) * (1.6 - 0.8 * size)) * (1.0 if r["body"] != "sheet" else 0.7) * float(r["damping"])
    n = min(count(1.1 * float(t60.max()) + 0.03), r.samples)
    tilt = -0.35 if r["body"] != "bar" else -0.7
    body = ring(timbre, hz, t60, (hz / hz[0]) ** tilt * timbre.uniform(0.2, 1, hz.size), n)
    strike = unit(highpass(white(timbre, n), 2000) * decay(0.0002, 0.0014, n))
    hit = unit(highpass(body * decay(0.0004, 20, n) + 0.5 * strike, 50))
    number = int(r["number"])
    times = spaced(timing, number, float(log_uniform(timing, 1.2, 2.6)), r.seconds, min(2.5, n / 22050))
    # The last stroke is the loudest, so that nothing covers the decay of the hit that stands out.
    return place(r.samples, times, [hit], np.sort(timing.uniform(0.75, 1, number)))


METAL_HIT = Recipe(
    id="metal_hit",
    number=118,
    wave=1,
    code="METLImpt",
    nouns=("metal hit", "metallic clang", "metal impact", "clang", "hit on metal", "bang on metal", "metallic hit", "metal strike"),
    clauses=(
        "{a} piece of metal is struck {adv}",
        "someone hits {a} metal plate",
        "{a} metal object is hit {adv}",
        "{a} sheet of metal clangs",
    ),
    tags=(
        "metal",
        "metallic",
        "hitting metal",
        "clanging metal",
        "metal bang",
        "struck metal",
        "metal on metal",
        "clank of metal",
        "metal object struck",
    ),
    onomatopoeia=("clang", "bong"),
    render=_metal_hit,
    attributes=(
        Range("pitch", 120, 900, "Hz", log=True, axis="size", reverse=True, moves="centroid_hz", sign=1),
        Range("damping", 0.07, 1, log=True, axis="damping", moves="t60_s", sign=1),
        Kind(
            "body",
            {
                "plate": (),
                "pan": ("frying pan hit", "pan clang", "pot being hit", "metal pan hit"),
                "sheet": ("sheet metal hit", "metal sheet impact", "sheet metal bang"),
                "bar": ("metal bar hit", "steel bar strike", "iron rod hit"),
            },
            slot="noun",
            weights=(3, 1, 1, 1),
        ),
        Count("number", 1, 3),
    ),
    tests=(
        Between("onset_count", 1, 1, {"number": 1}),
        Between("t60_s", 0.9, 5, {"damping_q": 0.95, "number": 1}),
        Between("centroid_hz", 400, 1300, {"pitch_q": 0.05}),
    ),
)


def _clink(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    kind, base, length = str(r["glass"]), float(r["pitch"]), float(r["ring"])
    if kind == "bottle":
        length *= 0.5

    def glass(f: float) -> Audio:
        hz = np.repeat(f * np.array(RATIOS["wine_glass"]) * timbre.uniform(0.97, 1.03, 5), 2) * (1 + 0.002 * timbre.uniform(-1, 1, 10))
        t60 = length * (f / hz) ** 0.5
        n = count(1.1 * length + 0.05)
        out = ring(timbre, hz, t60, np.repeat([1, 0.55, 0.3, 0.15, 0.08], 2) * timbre.uniform(0.6, 1, 10), n)
        click = unit(highpass(white(timbre, n), 1500) * decay(0.0001, 0.0006, n))
        if kind == "bottle":
            cavity = float(log_uniform(timbre, 150, 400))
            out += 0.5 * unit(resonator(decay(0.001, 0.01, n) * white(timbre, n), cavity, 12))
        return unit(out + 0.5 * click)

    number = int(r["number"])
    times = spaced(timing, number, float(log_uniform(timing, 0.35, 1.3)), r.seconds, min(1.0, length))
    gains = np.sort(timing.uniform(0.6, 1, number))
    out = place(r.samples, times, [glass(base), glass(base * 1.003)], gains)
    if kind != "single":
        other = glass(base * 2 ** (timbre.uniform(2, 5) / 12) if kind == "two" else base * 0.86)
        out += place(r.samples, times + timing.uniform(0.01, 0.04), [other], 0.7 * gains)
    return out


GLASS_CLINK = Recipe(
    id="glass_clink",
    number=122,
    wave=2,
    code="GLASImpt",
    nouns=("glass clink", "clink of glass", "glass being tapped", "ringing glass", "glass ding"),
    clauses=("{a} glass clinks {adv}", "{a} glass is tapped {adv}", "someone taps {a} glass", "{a} glass rings {adv}"),
    tags=(
        "clinking glass",
        "glass ring",
        "glass hit",
        "glass impact",
        "glass chime",
        "clinking",
        "glassware",
        "crystal glass",
    ),
    onomatopoeia=("clink", "ting"),
    render=_clink,
    attributes=(
        Range("pitch", 900, 3500, "Hz", log=True, axis="pitch", moves="centroid_hz", sign=1),
        Range("ring", 0.3, 2.2, "s", log=True, axis="damping", moves="t60_s", sign=1),
        Kind(
            "glass",
            {
                "single": ("wine glass", "tapped wine glass", "ringing wine glass", "drinking glass tapped with a spoon"),
                "two": ("clink of two glasses", "toast with two glasses", "cheers with glasses", "champagne toast"),
                "bottle": ("bottle clink", "glass bottle hit", "clink of two bottles", "glass bottle clink"),
            },
            slot="noun",
            weights=(2, 2, 1),
        ),
        Count("number", 1, 4),
    ),
    tests=(Between("high_share", 0.5, 1, {"pitch_q": 0.8}), Between("onset_count", 1, 2, {"number": 1})),
)


def _shards(timbre: np.random.Generator, band: float, size: float) -> list[Audio]:
    grains = []
    for _ in range(10):
        base = float(log_uniform(timbre, 1700, 5000)) * band * (1.15 - 0.3 * size)
        hz = base * np.array([1, 1.58, 2.24, 2.92]) * timbre.uniform(0.96, 1.04, 4)
        t60 = 6.908 / (timbre.uniform(16, 70) * (hz / 2500) ** 0.5)
        grains.append(ring(timbre, hz, t60, timbre.uniform(0.3, 1, 4), count(0.35)) * decay(0.0002, 5, count(0.35)))
    return grains


def _glass_break(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    size, kind = r.q("size"), str(r["thing"])
    start = float(timing.uniform(0.05, 0.4))
    band = float(log_uniform(timbre, 0.75, 1.3))
    shards = _shards(timbre, band, size)
    number = int((40 + 160 * size) * timing.uniform(0.85, 1.15))
    spread = (0.12 + 0.5 * size) * timing.uniform(0.85, 1.15)
    times = start + 0.004 + timing.exponential(spread, number)
    gains = log_uniform(timing, 0.05, 0.5, number) * np.exp(-0.5 * (times - start) / spread)
    if timing.random() < 0.5:
        fall = start + timing.uniform(0.35, 0.7)
        late = fall + timing.exponential(0.12 + 0.3 * size, number // 2)
        times, gains = np.concatenate([times, late]), np.concatenate([gains, log_uniform(timing, 0.04, 0.4, late.size)])
    inside = times < r.seconds - 0.3
    out = np.zeros(r.samples, np.float32)
    busy = min(r.samples, count(float(times[inside].max()) + 0.4))
    out[:busy] = train(busy, times[inside], shards, gains[inside], timing)
    n = count(0.25)
    crack = unit(bandpass(white(timbre, n), 1500, 6000) * decay(0.0003, 0.007 + 0.012 * size, n))
    if kind == "pane":
        crack += 0.35 * unit(bandpass(white(timbre, n), 150, 400) * decay(0.001, 0.03, n))
    else:
        hz = float(log_uniform(timbre, 900, 1700))
        crack += 0.4 * ring(timbre, [hz, 1.72 * hz, 2.6 * hz], 0.12, (1, 0.7, 0.5), n)
    return lowpass(out + place(r.samples, [start], [crack]), 7500)


GLASS_BREAK = Recipe(
    id="glass_break",
    number=123,
    wave=1,
    code="GLASBrk",
    nouns=("glass breaking", "glass shattering", "breaking glass", "smashing glass", "glass smash", "shattering glass"),
    clauses=("{a} glass shatters", "{a} glass object smashes", "someone smashes {a} piece of glass", "{a} glass breaks into pieces"),
    tags=(
        "glass break",
        "smash",
        "shatter",
        "glass shards",
        "broken glass",
        "glass crash",
        "shards of glass falling",
        "smashed glass",
        "something made of glass breaks",
    ),
    onomatopoeia=("crash", "smash"),
    render=_glass_break,
    plural=True,
    attributes=(
        Range("size", 0, 1, axis="size", moves="active_share", sign=1),
        Kind(
            "thing",
            {
                "bottle": ("bottle breaking", "bottle smashing", "broken bottle", "glass bottle shattering", "drinking glass breaking"),
                "pane": ("window breaking", "window shattering", "glass pane smashing", "window being smashed"),
            },
            slot="noun",
        ),
    ),
    tests=(Between("high_share", 0.8, 1), Between("centroid_hz", 3200, 5600), Between("length_s", 0.1, 1.6)),
)

RECIPES = (WOOD_HIT, METAL_HIT, GLASS_CLINK, GLASS_BREAK)
