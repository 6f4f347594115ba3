"""Doors: knocking, slamming, creaking."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import (
    bandpass,
    count,
    decay,
    fade,
    harmonics,
    highpass,
    hump,
    log_uniform,
    lowpass,
    place,
    ring,
    slow,
    spaced,
    stick_slip,
    thump,
    unit,
    white,
)
from engine.corpus.recipe import Ascending, Audio, Between, Count, Follows, Kind, Range, Recipe, Record

_KNOCK_HZ = {
    "wood": (95, 180, 310, 480, 760, 1150),
    "metal": (150, 263, 341, 498, 622, 905, 1180, 1640, 2230),
    "glass": (270, 520, 810, 1190, 1850),
}
_KNOCK_T60 = {"wood": 0.22, "metal": 0.8, "glass": 0.2}


def _knock_body(r: Record, rng: np.random.Generator, scale: float) -> Audio:
    """One blow of a knuckle (gentle: bright, little low end) or of a fist (a thud below 900 Hz)."""
    surface, force = str(r["surface"]), r.q("force")
    hz = np.array(_KNOCK_HZ[surface]) * scale * rng.uniform(0.99, 1.01, len(_KNOCK_HZ[surface]))
    t60 = _KNOCK_T60[surface] * (hz[0] / hz) ** (0.6 if surface != "metal" else 0.3)
    amplitudes = (hz / hz[0]) ** (0.25 - 1.15 * force) * rng.uniform(0.7, 1, hz.size)
    n = count(1.1 * float(t60.max()) + 0.1)
    out = ring(rng, hz, t60, amplitudes, n) * decay(0.0006, 10, n)
    click = unit(highpass(white(rng, n), 1000) * decay(0.0002, 0.001 + 0.001 * (surface == "glass"), n))
    thud = thump(rng, 85 * scale, 0.16, 0.6)
    out += (0.35 - 0.2 * force) * click
    out[: min(n, thud.size)] += 1.6 * force * thud[:n]
    return unit(lowpass(out, 7000 - 4500 * force))


def _knock(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    number, gap = int(r["number"]), float(log_uniform(timing, 0.16, 0.32))
    times = spaced(timing, number, gap, r.seconds, 0.3)
    if number > 5:
        groups = np.arange(number) // int(timing.integers(2, 5))
        times = times + groups * timing.uniform(0.6, 1.4)
        times *= min(1.0, (r.seconds - 0.3) / times[-1])
    scale = float(log_uniform(timbre, 0.8, 1.3))
    blows = [_knock_body(r, timbre, scale) for _ in range(3)]
    return place(r.samples, times, blows, timing.uniform(0.75, 1, number))


KNOCK = Recipe(
    id="door_knock",
    number=107,
    wave=1,
    code="DOORKnck",
    nouns=("knock", "knocking", "knocks", "knuckle knock", "rapping", "knocking sound"),
    clauses=("someone knocks {adv}", "someone is knocking {adv}", "a visitor knocks {adv}", "{a} knock is heard", "someone raps {adv}"),
    tags=(
        "knock on door",
        "knocking on the door",
        "tapping on the door",
        "banging on door",
        "rapping on the door",
        "door knock",
        "knuckles on door",
        "someone at the door",
        "knock at the door",
        "pounding on the door",
    ),
    onomatopoeia=("knock knock", "rat-a-tat"),
    render=_knock,
    attributes=(
        Range("force", 0, 1, axis="intensity", moves="low_share", sign=1),
        Count("number", 1, 7),
        Kind(
            "surface",
            {
                "wood": ("on a wooden door", "on the door", "on a door", "on wood"),
                "metal": ("on a metal door", "on an iron door", "on metal"),
                "glass": ("on a window", "on a glass door", "on glass", "on a window pane"),
            },
            slot="after",
            weights=(3, 1, 1),
        ),
    ),
    tests=(
        Follows("onset_count", "number", 0.1, given={"number": 4, "surface": "wood"}),
        Between("low_share", 0.6, 1.0, {"surface": "wood", "force_q": 0.6}),
        Between("t60_s", 0.1, 0.3, {"surface": "wood", "number": 1}),
    ),
)


def _slam_body(r: Record, rng: np.random.Generator) -> Audio:
    """The panel's ring, the air between door and frame, the latch; a car door is a dull, padded box."""
    door, weight = str(r["door"]), r.q("weight")
    n, scale = count(2.2), (1.5 - 0.85 * weight) * rng.uniform(0.9, 1.1)
    match door:
        case "wood":
            hz = np.array([88, 130, 185, 268, 390, 560, 830, 1250]) * scale * rng.uniform(0.93, 1.07, 8)
            t60 = (0.35 + 0.3 * weight) * (hz[0] / hz) ** 0.75
            body = ring(rng, hz, t60, (hz / hz[0]) ** -0.25 * rng.uniform(0.5, 1, 8), n)
        case "metal":
            hz = 95 * scale * np.concatenate([[1], rng.uniform(1.5, 26, 17)])
            t60 = rng.uniform(0.6, 1.0) * (0.8 + 0.8 * weight) * (hz[0] / hz) ** 0.35
            body = ring(rng, hz, t60, (hz / hz[0]) ** -0.4 * rng.uniform(0.4, 1, 18), n)
        case _:
            hz = np.array([75, 138, 215, 330, 480]) * scale**0.6 * rng.uniform(0.93, 1.07, 5)
            body = ring(rng, hz, 0.28 * (hz[0] / hz) ** 0.5, (1, 0.9, 0.6, 0.35, 0.2), n)
    top = 5500 * (0.22 if door == "car" else 1) * (1 - 0.72 * weight)
    noise = unit(lowpass(white(rng, n), top) * decay(0.001, 0.018, n))
    out = body * decay(0.001, 10, n) + (0.9 if door == "car" else 0.75) * noise
    for time in np.cumsum(rng.uniform(0.012, 0.035, int(rng.integers(2, 5)))):
        click = ring(rng, np.array([1900, 2800, 4300]) * rng.uniform(0.8, 1.15), 0.03, (1, 0.7, 0.5), 900)
        out[count(time) : count(time) + 900] += (0.3 - 0.2 * weight) * rng.uniform(0.5, 1) * click
    return unit(highpass(out, 55))


def _slam(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    push = unit(bandpass(white(timbre, count(0.35)), 200, 1200) * np.linspace(0, 1, count(0.35)) ** 3) * 0.12
    slam = np.concatenate([push, _slam_body(r, timbre)])
    number = int(r["number"])
    times = spaced(timing, number, float(timing.uniform(1.3, 3)), r.seconds, 1.1, 0.2)
    return fade(place(r.samples, times, [slam], timing.uniform(0.85, 1, number)))


SLAM = Recipe(
    id="door_slam",
    number=108,
    wave=1,
    code="DOORWood",
    nouns=("door slam", "slamming door", "door slamming shut", "door closing", "door bang", "shutting door", "door being slammed"),
    clauses=("{a} door slams shut", "{a} door slams {adv}", "someone slams {a} door", "{a} door bangs shut", "someone shuts {a} door hard"),
    tags=("slam", "door shut", "shut the door", "bang door", "slam the door", "door banging", "close door", "door thud"),
    render=_slam,
    attributes=(
        Range("weight", 0, 1, axis="size", moves="centroid_hz", sign=-1),
        Kind("door", {"wood": ("wooden",), "metal": ("metal", "steel", "iron"), "car": ("car", "vehicle")}, weights=(3, 1.5, 1.5)),
        Count("number", 1, 2),
    ),
    tests=(
        Between("t60_s", 0.25, 0.7, {"door": "wood", "number": 1}),
        Between("onset_count", 1, 2, {"number": 1}),
        Between("low_share", 0.4, 1.0, {"door": "wood"}),
    ),
)


def _creak(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    number, length, pitch = int(r["number"]), float(r["length"]), r.q("pitch")
    length = min(length, 0.85 * r.seconds / number)
    rate, envelope = np.full(r.samples, 20.0), np.zeros(r.samples, np.float32)
    base, now = (14 + 34 * pitch) * timing.uniform(0.85, 1.15), float(timing.uniform(0.05, 0.15))
    for _ in range(number):
        n = count(length * timing.uniform(0.85, 1.1))
        start = count(now)
        u = np.linspace(0, 1, n)[: max(0, r.samples - start)]
        sweep = base * np.exp(timing.uniform(1.1, 1.9) * np.sin(np.pi * u ** timing.uniform(0.6, 1.8)))
        rate[start : start + u.size] = sweep * np.maximum(0.4, 1 + 0.25 * slow(timing, max(2, n), 4.0)[: u.size])
        envelope[start : start + u.size] = fade(0.35 + 0.65 * hump(u.size, timing.uniform(0.3, 0.8)), 0.02, 0.06) if u.size > 1 else 0
        now += n / 22050 + float(log_uniform(timing, 0.1, 0.6))
    metal = r["hinge"] == "metal"
    body = stick_slip(timbre, rate, metal, (0.62 if not metal else 0.8) * 2.6**pitch)
    top = 6000 if metal else 2600 * 1.9**pitch
    # The hinge sings: a tone that rides on the slips, strong on dry metal.
    song = harmonics(6 * rate, (1, 0.5, 0.3, 0.2, 0.1), r.samples) * np.maximum(0, 0.7 + 0.5 * slow(timing, r.samples, 7.0))
    share = (0.12 + 0.45 * pitch) * (1.6 if metal else 0.8)
    return highpass((lowpass(body, top) + share * song) * envelope, 60)


CREAK = Recipe(
    id="door_creak",
    number=109,
    wave=1,
    code="DOORCreak",
    nouns=("door creak", "creaking door", "squeaky door", "door opening with a creak", "creaky door hinge", "creak"),
    clauses=(
        "{a} door creaks {adv}",
        "{a} door creaks open",
        "{a} door opens with a creak",
        "{a} door is creaking {adv}",
        "{a} hinge squeaks",
    ),
    tags=(
        "creaky old door",
        "squeaky hinge",
        "haunted house door",
        "door opening",
        "squeak",
        "creaking",
        "rusty hinges",
        "spooky door",
        "creaking open",
        "unoiled hinge",
    ),
    onomatopoeia=("creeeak", "eeeek"),
    render=_creak,
    attributes=(
        Range("pitch", 0, 1, axis="pitch", moves="centroid_hz", sign=1),
        Range("length", 0.5, 2.6, "s", log=True, axis="length", moves="active_share", sign=1),
        Count("number", 1, 3),
        Kind("hinge", {"wood": ("wooden",), "metal": ("metal", "rusty metal", "iron")}, weights=(2, 1)),
    ),
    tests=(Between("harmonicity", 0, 0.75), Between("centroid_hz", 700, 3200), Ascending("flatness_db", "hinge", ("metal", "wood"))),
)

RECIPES = (KNOCK, SLAM, CREAK)
