"""Magic: teleports and portals, shimmers, spells."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import (
    bandpass,
    count,
    decay,
    fade,
    fm,
    glide,
    grain_noise,
    hall,
    highpass,
    hump,
    lowpass,
    place,
    poisson,
    rms,
    saw,
    sine,
    thump,
    unit,
    varying_lowpass,
    varying_resonator,
    white,
)
from engine.corpus.recipe import Ascending, Audio, Between, Kind, Range, Recipe, Record

_PENTATONIC = np.array([-12, -10, -8, -5, -3, 0, 2, 4, 7, 9, 12, 14])


def _bells(hz: np.ndarray, t60_s: float) -> list[Audio]:
    """Small bells, unit peak, one per frequency."""
    n = count(t60_s)
    ring = decay(0.001, t60_s / 6.9, n)
    return [fade(fm(float(f), 1.4, 0.9 * ring, n) * ring, 0.0, 0.02) for f in hz]


def _sparkles(rng: np.random.Generator, seconds: float, centre_hz: float, number: int, trend: float, t60_s: float) -> Audio:
    """A cloud of ``number`` bells from a major pentatonic scale whose pitch drifts by ``trend`` (-1 falls, 0 floats, 1 rises)."""
    hz = centre_hz * 2 ** (_PENTATONIC / 12)
    n = count(seconds + t60_s)
    times = np.sort(rng.beta(1.6, 1.8, number)) * seconds
    wanted = 5.5 + 5.5 * trend * (2 * times / seconds - 1) * 0.9 + rng.normal(0, 1.2 if trend else 3.5, number)
    which = np.clip(np.round(wanted), 0, 11).astype(int)
    return place(n, times, _bells(np.minimum(hz, 7000), t60_s), rng.uniform(0.4, 1, number), which)


def _start(r: Record, length_s: float) -> tuple[float, float]:
    """Where the only event begins, and its length, shortened where it would not fit."""
    start = min(float(r.stream("timing").uniform(0.05, 0.45)), 0.06 * r.seconds)
    return start, min(length_s, 0.8 * r.seconds - start)


def _teleport(r: Record) -> Audio:
    timbre = r.stream("timbre")
    start, seconds = _start(r, float(r["length"]))
    n, top = count(seconds), float(r["pitch"])
    low = 0.09 * top
    rising = r["direction"] == "up"
    grain_n = count(min(0.45, 0.4 * seconds))
    window, number = hump(grain_n), int(timbre.integers(24, 50))
    times = np.sort(timbre.random(number)) * (seconds - grain_n / 22050)
    grains = []
    for u in times / max(seconds - grain_n / 22050, 1e-3):
        height = u if rising else 1 - u
        hz = low * (top / low) ** height * 2 ** timbre.uniform(-0.5, 0.5)
        bend = 2 ** (0.5 if rising else -0.5)
        grains.append(sine(glide(hz / bend, hz * bend, grain_n), grain_n) * window)
    cloud = rms(place(n, times, grains))
    position = np.linspace(0, 1, n) if rising else np.linspace(1, 0, n)
    centre = low * (top / low) ** position
    air = rms(varying_resonator(white(timbre, n), centre, 1.6))
    flutter = 1 - 0.6 * (0.5 + 0.5 * np.cos(2 * np.pi * np.cumsum(6 + 14 * position) / 22050))
    swell = np.linspace(0.45, 1, n)
    sound = unit(fade((cloud + 0.45 * air) * flutter * swell, 0.06, 0.05))
    out = place(r.samples, (start,), [sound])
    if r["end"] == "pop":
        m = count(0.12)
        pop = sine(glide(350, 1100, m, 0.6), m) * decay(0.002, 0.02, m) + 0.3 * grain_noise(timbre, 0.12, 0.012, 500, 4000)
        out += place(r.samples, (start + seconds,), [unit(pop)])
    elif r["end"] == "boom":
        out += place(r.samples, (start + seconds,), [0.9 * fade(thump(timbre, 85, 0.9, 0.7), 0, 0.05)])
    return highpass(hall(timbre, out, 0.9, 5000, 0.2), 45)


TELEPORT = Recipe(
    id="teleport",
    number=202,
    wave=2,
    code="SCIEnrg",
    nouns=("teleport", "teleporter", "teleportation", "portal sound", "warp portal", "matter transporter"),
    clauses=(
        "{a} teleporter whirls {adv}",
        "somebody beams away with {a} teleport",
        "{a} portal opens and swallows someone",
        "{a} transporter dissolves a person",
    ),
    tags=(
        "teleport", "portal", "warp", "transporter", "dematerialize", "beam up", "phase", "teleporting", "materialize", "beam me up",
        "magic portal", "phase shift", "warp jump", "dimension gate", "stargate", "wormhole",
    ),
    render=_teleport,
    attributes=(
        Range("length", 0.9, 4, "s", log=True, axis="length", moves="active_share"),
        Range("pitch", 2400, 6800, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Kind("direction", {"up": ("rising", "ascending", "upward"), "down": ("falling", "descending", "downward")}),
        Kind("end", {"none": (), "pop": ("with a pop at the end", "ending with a pop"), "boom": ("with a boom at the end",)}, "after"),
    ),
    tests=(
        Between("pitch_slope", 0.5, 1, {"direction": "up", "end": "none"}),
        Between("pitch_slope", -1, -0.3, {"direction": "down", "end": "none"}),
    ),
)


def _shimmer(r: Record) -> Audio:
    timbre = r.stream("timbre")
    start, seconds = _start(r, float(r["length"]))
    trend = {"up": 1.0, "down": -1.0, "floating": 0.0}[str(r["direction"])]
    centre = float(r["brightness"])
    cloud = _sparkles(timbre, seconds, centre, round(12 + 13 * seconds), trend, timbre.uniform(0.35, 0.6))
    swell = bandpass(white(timbre, cloud.size), 1.6 * centre, 7500) * hump(cloud.size, 0.5)
    out = place(r.samples, (start,), [fade(rms(cloud) + 0.07 * rms(swell), 0.01, 0.1)])
    return hall(timbre, out, 0.9, 7000, 0.25)


SHIMMER = Recipe(
    id="magic_shimmer",
    number=208,
    wave=2,
    code="MAGShim",
    nouns=("magic shimmer", "magical sparkle", "fairy dust", "magic twinkle", "enchanted shimmer", "magical chime"),
    clauses=(
        "{a} magic shimmer twinkles {adv}",
        "{adj} fairy dust sparkles",
        "{a} magical sparkle fills the air",
        "something enchanted appears with {a} shimmer",
    ),
    tags=(
        "magic", "sparkle", "shimmer", "fairy dust", "twinkle", "enchant", "magical chime", "pixie dust", "glitter", "sparkling",
        "fairy magic", "twinkling stars", "wish granted", "magic wand sparkle", "bell tree shimmer",
    ),
    onomatopoeia=("bling",),
    render=_shimmer,
    attributes=(
        Range("brightness", 1500, 4600, "Hz", log=True, axis="brightness", moves="centroid_hz"),
        Range("length", 0.6, 4, "s", log=True, axis="length", moves="active_share"),
        Kind("direction", {"up": ("rising", "ascending"), "down": ("falling", "descending"), "floating": ("floating", "hovering")}),
    ),
    tests=(
        Between("pitch_slope", 0.2, 1, {"direction": "up"}),
        Between("pitch_slope", -1, -0.2, {"direction": "down"}),
        Between("high_share", 0.2, 1),
    ),
)


def _gathering(r: Record, rng: np.random.Generator, seconds: float) -> Audio:
    """The spell while it is cast: a rising bright cloud, or a falling dark cluster with whispering formants."""
    n = count(seconds)
    u = np.linspace(0, 1, n)
    if r["side"] == "good":
        cloud = _sparkles(rng, seconds, rng.uniform(1400, 2200), round(10 + 14 * seconds), 1.0, 0.4)[:n]
        chord = sum(sine(glide(f, 2 * f, n), n) for f in 330 * np.array([1, 1.26, 1.5]))
        return rms(cloud) + 0.5 * rms(chord * u)
    root = rng.uniform(75, 110)
    cluster = sum(saw(root * ratio * 2 ** (-0.5 * u), n, 1.7 * ratio) for ratio in (1, 1.059, 1.414, 2.12))
    moan = rms(varying_lowpass(cluster, 350 + 900 * u, 2.0))
    formant = 700 + 500 * np.sin(2 * np.pi * 3.1 * seconds * u)
    whisper = varying_resonator(white(rng, n), formant, 5) * (0.5 + 0.5 * np.sin(40 * seconds * u))
    return (moan + 0.5 * rms(whisper)) * (0.25 + 0.75 * u**1.5)


def _strike(r: Record, rng: np.random.Generator) -> Audio:
    """The element where the spell hits, 1.4 s."""
    n = count(1.4)
    match r["kind"]:
        case "fire":
            roar = varying_lowpass(white(rng, n), 300 + 3000 * np.exp(-np.arange(n) / 8000)) * decay(0.02, 0.35, n)
            snaps = place(n, poisson(rng, 40, 1.2), [grain_noise(rng, 0.03, 0.004, 1500, 6500) for _ in range(4)])
            return rms(roar) + 0.4 * rms(snaps * decay(0.01, 0.6, n))
        case "ice":
            times = 0.5 * rng.random(26) ** 2
            shards = place(n, times, _bells(rng.uniform(3200, 6800, 8), 0.25), rng.uniform(0.4, 1, 26), rng.integers(0, 8, 26))
            return rms(shards) + 0.4 * rms(bandpass(white(rng, n), 3500, 7400) * decay(0.001, 0.07, n))
        case _:
            gust = varying_resonator(white(rng, n), 400 + 1800 * hump(n, 0.25), 2.5) * hump(n, 0.2)
            return rms(gust)


def _spell(r: Record) -> Audio:
    timbre = r.stream("timbre")
    start, seconds = _start(r, float(r["length"]) + 0.4)
    if r["kind"] == "poof":
        n = count(0.7)
        poof = rms(lowpass(highpass(white(timbre, n), 150), 1700) * decay(0.006, 0.09, n))
        if r["side"] == "good":
            after = 0.7 * rms(_sparkles(timbre, 0.3 * seconds, timbre.uniform(1800, 2800), 14, 0.0, 0.4))
        else:
            after = 1.2 * rms(fade(_gathering(r, timbre, 0.5)[::-1], 0.02, 0.2))
        out = place(r.samples, (start, start + 0.05), [poof, after])
    else:
        casting = 0.75 * seconds
        gathered = fade(_gathering(r, timbre, casting), 0.05, 0.03)
        whoosh_n = count(min(0.6, casting))
        shape = hump(whoosh_n, 0.8)
        whoosh = rms(varying_resonator(white(timbre, whoosh_n), 350 + 2400 * shape, 1.6) * shape)
        boom = thump(timbre, 90, 0.6, 0.6)
        hit = place(count(1.4), (0, 0), [_strike(r, timbre), 1.2 * boom])
        at = start + casting
        out = place(r.samples, (start, at - whoosh_n / 22050, at), [rms(gathered), 0.9 * whoosh, fade(1.5 * hit, 0, 0.2)])
    return highpass(hall(timbre, out, 1.3, 5000, 0.25), 45)


SPELL = Recipe(
    id="magic_spell",
    number=209,
    wave=3,
    code="MAGSpel",
    nouns=("magic spell", "wizard spell", "spell cast", "sorcery", "spell casting"),
    clauses=(
        "{a} magic spell is cast {adv}",
        "a wizard casts {a} spell",
        "{a} spell gathers and strikes",
        "somebody is hit by {a} magic spell",
    ),
    tags=(
        "spell", "magic spell", "cast", "wizard", "sorcerer", "spell impact", "fantasy game spell", "mage attack", "incantation",
        "conjure", "magic attack", "dark magic", "evil curse", "dark spell", "wizard",
    ),
    render=_spell,
    attributes=(
        Range("length", 0.7, 3, "s", log=True),
        Kind(
            "kind",
            {
                "fire": ("fire spell", "fireball spell", "fire magic spell"),
                "ice": ("ice spell", "frost spell", "ice magic spell"),
                "wind": ("wind spell", "air spell", "wind magic spell"),
                "poof": ("magic poof", "magical poof", "poof of smoke"),
            },
            "noun",
        ),
        Kind("side", {"good": ("good", "bright", "holy"), "evil": ("evil", "dark", "cursed")}),
    ),
    tests=(
        Ascending("centroid_hz", "side", ("evil", "good")),
        Between("high_share", 0.1, 1, {"side": "good", "kind": "ice"}),
        Between("active_share", 0.05, 0.6),
    ),
)

RECIPES = (TELEPORT, SHIMMER, SPELL)
