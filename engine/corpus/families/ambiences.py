"""Places: café, street, forest, night, shore. Each is a mixture of sounds whose shares lie in fixed ranges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dsp import (
    bandpass,
    coloured,
    count,
    formants,
    glottal,
    harmonics,
    highpass,
    hump,
    jittered,
    log_uniform,
    lowpass,
    modes,
    place,
    poisson,
    resonator,
    rms,
    sine,
    slow,
    stick_slip,
    unit,
    varying_lowpass,
    white,
)
from engine.corpus.families.animals import croak
from engine.corpus.families.crowds import walla
from engine.corpus.families.foley import clink
from engine.corpus.recipe import Audio, Between, Kind, Range, Recipe, Record


def _sure(rng: np.random.Generator, rate_hz: float, seconds: float) -> NDArray[np.float64]:
    """Poisson times of which at least one lies within the first second."""
    return np.append(poisson(rng, rate_hz, seconds), rng.uniform(0.1, min(1.0, 0.3 * seconds)))


def _restaurant(r: Record) -> Audio:
    timing, timbre, voice = r.stream("timing"), r.stream("timbre"), r.stream("voice")
    busy, venue = r.q("busy"), str(r["venue"])
    out = walla(voice, r.samples, round(6 * 8**busy), lively=venue == "pub")
    wares = ("plates", "cutlery", "cutlery") if venue != "pub" else ("cutlery", "plates")
    items = [lowpass(clink(ware, timbre), 7000) for ware in wares for _ in range(3)]
    times = _sure(timing, 0.5 * 5**busy, r.seconds)
    out += place(r.samples, times, items, timing.uniform(1.0, 3.0, times.size), timing.integers(len(items), size=times.size))
    if venue == "cafe":
        n = count(min(timing.uniform(1.8, 3.0), 0.5 * r.seconds))
        steam = bandpass(white(timbre, n), 1800, 7000) * (1 + 0.2 * slow(timbre, n, 14)) * np.minimum(1, np.arange(n) / 2000)
        times = np.arange(timing.uniform(0.3, 1.5), r.seconds, 6.5)
        out += place(r.samples, times, [0.8 * steam * np.minimum(1, (n - np.arange(n)) / 3000)])
    return out + 0.1 * coloured(timbre, r.samples, -4)


RESTAURANT = Recipe(
    id="restaurant",
    number=234,
    wave=2,
    code="AMBRest",
    nouns=("restaurant", "restaurant ambience", "dining room", "restaurant background noise", "people dining in a restaurant"),
    clauses=(
        "people talk and eat in {a} restaurant",
        "guests chat over clinking dishes in {a} restaurant",
        "{a} restaurant hums with conversation",
        "people dine {adv} in {a} restaurant",
    ),
    tags=("diner", "canteen", "cafeteria", "dinner", "people eating", "dinner party", "bistro", "food court", "restaurant chatter"),
    render=_restaurant,
    texture=True,
    attributes=(
        Range("busy", 0, 1, axis="density", moves="modulation_depth", sign=-1),
        Kind(
            "venue",
            {
                "restaurant": (),
                "cafe": ("cafe", "coffee shop", "café ambience", "cafe with an espresso machine", "coffee house"),
                "pub": ("pub", "bar", "busy bar", "pub ambience", "tavern"),
            },
            "noun",
            (2, 1, 1),
        ),
    ),
    tests=(Between("active_share", 0.95, 1), Between("high_share", 0.01, 0.5)),
)  # fmt: skip


def _vehicle(rng: np.random.Generator, wet: bool) -> Audio:
    """A car goes by, far enough not to bend its pitch much: a swell of tyre noise with some engine in it."""
    n = count(rng.uniform(3.0, 5.5))
    t = np.linspace(-1, 1, n)
    near = 1 / np.sqrt(1 + (t / rng.uniform(0.14, 0.3)) ** 2)
    tyres = varying_lowpass(bandpass(white(rng, n), 120, 6000 if wet else 4000), 350 + (4200 if wet else 2300) * near**1.5)
    motor = harmonics(rng.uniform(55, 95) * (1 - 0.06 * np.tanh(3 * t)), 1 / np.arange(1, 14) ** 0.8, n)
    out = (rms(tyres) + rng.uniform(0.1, 0.5) * rms(motor)) * near**2 * np.minimum(1, (1 - np.abs(t)) / 0.3)
    return unit(out)


def _horn(rng: np.random.Generator) -> Audio:
    n, hz = count(rng.uniform(0.25, 0.9)), rng.uniform(330, 460)
    tones = harmonics(hz, 1 / np.arange(1, 12) ** 0.6, n) + harmonics(1.235 * hz, 1 / np.arange(1, 10) ** 0.6, n)
    edges = np.minimum(1, np.minimum(np.arange(n), n - np.arange(n)) / 400)
    return unit(lowpass(tones, 3000) * edges)


def _traffic(r: Record) -> Audio:
    timing, timbre, voice = r.stream("timing"), r.stream("timbre"), r.stream("voice")
    busy, extra = r.q("busy"), str(r["extra"])
    wet = extra == "wet"
    cars = [_vehicle(timbre, wet) for _ in range(3)]
    rate = 0.22 * 7**busy
    times = np.append(poisson(timing, rate, r.seconds + 3) - 3, timing.uniform(-1.2, 0.2))
    line = place(r.samples + count(3), times + 3, cars, timing.uniform(0.35, 1, times.size), timing.integers(3, size=times.size))
    tilt = float(timbre.uniform(0.75, 1.3))
    bed = bandpass(white(timbre, r.samples), 70, 750 * tilt) * (1 + 0.2 * slow(timing, r.samples, 0.3))
    out = line[count(3) :] + (0.02 + 0.22 * busy) * rms(bed)
    if extra == "horns":
        when = _sure(timing, 0.3 + 0.3 * busy, r.seconds)
        out += place(r.samples, when, [_horn(voice) for _ in range(3)], timing.uniform(0.25, 0.6, when.size))
    if extra == "siren":
        sweep = 900 * 2 ** (0.55 * np.sin(2 * np.pi * np.arange(r.samples) / 22050 * timing.uniform(0.2, 0.45)))
        out += 0.17 * lowpass(harmonics(sweep, (1, 0.5, 0.4, 0.2), r.samples), 2200)
    return highpass(out, 60)


TRAFFIC = Recipe(
    id="city_traffic",
    number=235,
    wave=2,
    code="AMBTraf",
    nouns=("city traffic", "street traffic", "traffic noise", "city street", "urban traffic", "road traffic", "street ambience"),
    clauses=(
        "{adj} traffic passes {adv} on a city street",
        "cars drive by on {a} road",
        "{adj} city traffic flows {adv}",
        "vehicles go by on {a} street",
    ),
    tags=(
        "city", "traffic", "urban ambience", "downtown", "cars passing by", "rush hour", "city ambience", "many cars", "roadside",
        "big city", "town street", "cityscape", "avenue",
    ),
    render=_traffic,
    texture=True,
    plural=True,
    attributes=(
        Range("busy", 0, 1, axis="density", moves="modulation_depth", sign=-1),
        Kind(
            "extra",
            {
                "none": (),
                "horns": ("with honking horns", "with cars honking", "with car horns"),
                "siren": ("with a distant siren", "with a siren in the distance"),
                "wet": ("on a wet road", "in wet weather", "on wet asphalt"),
            },
            "after",
            (3, 2, 1, 1),
        ),
    ),
    tests=(Between("low_share", 0.05, 0.75), Between("active_share", 0.9, 1)),
)  # fmt: skip


def _bird(rng: np.random.Generator, low_hz: float = 2000.0, high_hz: float = 5200.0) -> Audio:
    """A phrase of one songbird: two to four kinds of syllables, each repeated."""
    hz, parts = float(log_uniform(rng, low_hz, high_hz)), []
    for _ in range(int(rng.integers(2, 5))):
        n = count(rng.uniform(0.05, 0.17))
        u = np.linspace(0, 1, n)
        sweep = 1 + rng.uniform(-0.25, 0.25) * u + rng.uniform(0, 0.2) * np.sin(np.pi * u)
        trill = 1 + (0.1 * np.sin(2 * np.pi * rng.uniform(18, 40) * np.arange(n) / 22050) if rng.random() < 0.3 else 0)
        note = sine(hz * rng.uniform(0.85, 1.2) * sweep * trill, n) * np.sin(np.pi * u) ** 0.7
        parts += [note, np.zeros(count(rng.uniform(0.03, 0.08)), np.float32)] * int(rng.integers(1, 4))
    return np.concatenate(parts).astype(np.float32)


def _birds(rng: np.random.Generator, voice: np.random.Generator, samples: int, number: int, pause_s: float, high_hz: float) -> Audio:
    out = np.zeros(samples, np.float32)
    for k in range(number):
        phrases = [_bird(np.random.default_rng(seed), 1900, high_hz) for seed in voice.integers(2**31, size=2)]
        far = float(log_uniform(voice, 0.25, 1)) if k else 1.0
        period = phrases[0].size / 22050 + voice.uniform(0.6, 1.0 + pause_s)
        times = jittered(rng, period, 0.3, samples / 22050, rng.uniform(0.05, 0.5 if k == 0 else 2.5))
        out += far * place(samples, times, phrases, rng.uniform(0.6, 1, times.size))
    return out


def _leaves(rng: np.random.Generator, samples: int, strength: float) -> Audio:
    """Wind in the crowns: a soft noise that swells and falls."""
    gusts = np.clip(0.6 + (0.15 + 0.2 * strength) * slow(rng, samples, 0.4) + 0.06 * slow(rng, samples, 3), 0.15, None) ** 2
    return rms(bandpass(white(rng, samples), 500, 3800)) * gusts.astype(np.float32)


def _squawk(rng: np.random.Generator) -> Audio:
    n = count(rng.uniform(0.22, 0.42))
    u = np.linspace(0, 1, n)
    pitch = rng.uniform(600, 1100) * (0.9 + 0.3 * np.sin(np.pi * u**0.6))
    return unit(formants(glottal(rng, pitch, n, 0.5, 0.08, -10), (1500, 2800, 4200), (1, 0.7, 0.3), q=5) * hump(n, 0.3) ** 0.5)


def _forest(r: Record) -> Audio:
    timing, timbre, voice = r.stream("timing"), r.stream("timbre"), r.stream("voice")
    density, jungle = r.q("birds"), r["place"] == "jungle"
    out = _birds(timing, voice, r.samples, 1 + round(9 * density), 2.5 - 2 * density, 3800 if jungle else 5200)
    out += float(timbre.uniform(0.08, 0.22)) * _leaves(timbre, r.samples, float(timbre.random()))
    if jungle:
        rattle = resonator(white(timbre, r.samples), timbre.uniform(4300, 5800), 4)
        beat = 0.55 + 0.45 * sine(timbre.uniform(6, 11), r.samples)
        out += 0.1 * rms(rattle) * beat * (1 + 0.25 * slow(timing, r.samples, 0.4))
        when = _sure(timing, 0.35, r.seconds)
        calls = [_squawk(voice), _squawk(voice), croak(26, voice.uniform(500, 900), 0.3, voice)]
        out += place(r.samples, when, calls, timing.uniform(0.4, 0.9, when.size))
    if r["extra"] == "stream":
        water = bandpass(white(timbre, r.samples), 500, 2600) * (1 + 0.35 * np.clip(slow(timbre, r.samples, 22), -1.5, 2.5))
        out += 0.2 * rms(water)
    if r["extra"] == "woodpecker":
        tree = timbre.uniform(650, 1300)
        knock = modes(tree * np.array((1, 2.57, 4.64)), (0.045, 0.03, 0.02), (1, 0.6, 0.4), count(0.05), timbre)
        starts = np.arange(timing.uniform(0.2, 1.2), r.seconds, timing.uniform(2.5, 4))
        taps = (starts[:, None] + np.arange(13) / timing.uniform(15, 21)).ravel()
        out += place(r.samples, taps, [0.9 * unit(knock)], np.tile(np.linspace(1, 0.5, 13), starts.size))
    return out


FOREST = Recipe(
    id="forest",
    number=236,
    wave=2,
    code="AMBForst",
    nouns=("forest", "forest ambience", "woods", "woodland", "forest with birds", "quiet woods"),
    clauses=(
        "birds sing in {a} forest",
        "leaves rustle and birds call in {a} forest",
        "{a} forest on a spring morning",
        "{a} forest is full of life",
    ),
    tags=(
        "nature", "countryside", "park", "nature ambience", "woodland birds", "birds in the trees", "forest morning", "hiking trail",
        "peaceful nature", "trees and birds", "wilderness", "forest background",
    ),
    render=_forest,
    texture=True,
    attributes=(
        Range("birds", 0, 1, axis="density", moves="modulation_depth", sign=-1),
        Kind(
            "place",
            {"forest": (), "jungle": ("jungle", "rainforest", "tropical jungle", "jungle ambience", "tropical forest")},
            "noun",
            (2, 1),
        ),
        Kind(
            "extra",
            {
                "none": (),
                "stream": ("with a stream", "by a brook", "with a small creek"),
                "woodpecker": ("with a woodpecker", "with a woodpecker drumming"),
            },
            "after",
            (3, 1, 1),
        ),
    ),
    tests=(Between("high_share", 0.6, 1), Between("active_share", 0.9, 1)),
)  # fmt: skip


def _cricket(timing: np.random.Generator, voice: np.random.Generator, samples: int, pitch_hz: float) -> Audio:
    pulses, rate = int(voice.integers(3, 6)), voice.uniform(26, 44)
    n = count(1 / rate)
    active = count(0.62 / rate)
    chirp = np.zeros(n * pulses, np.float32)
    for k in range(pulses):
        chirp[k * n : k * n + active] = sine(pitch_hz, active) * hump(active) * (k + 2) / (pulses + 1)
    times = jittered(timing, pulses / rate + voice.uniform(0.18, 0.6), 0.04, samples / 22050, timing.uniform(0.05, 0.4))
    return place(samples, times, [chirp])


def _hoot(rng: np.random.Generator) -> Audio:
    hz, parts = rng.uniform(310, 430), []
    for seconds, pause in ((0.4, 0.45), (0.15, 0.1), (0.15, 0.1), (0.6, 0)):
        n = count(seconds)
        u = np.linspace(0, 1, n)
        parts += [harmonics(hz * (1 + 0.05 * np.sin(np.pi * u)), (1, 0.09), n) * np.sin(np.pi * u) ** 0.6, np.zeros(count(pause))]
    return np.concatenate(parts).astype(np.float32)


def _night(r: Record) -> Audio:
    timing, timbre, voice = r.stream("timing"), r.stream("timbre"), r.stream("voice")
    swamp, middle = r["place"] == "swamp", float(voice.uniform(3700, 4900))
    out = np.zeros(r.samples, np.float32)
    for k in range(1 + round(9 * r.q("crickets") ** 1.4)):
        gain = 1.0 if k == 0 else float(log_uniform(voice, 0.3, 1))
        out += gain * _cricket(timing, voice, r.samples, middle * voice.uniform(0.88, 1.12))
    for _ in range(5 if swamp else 1):
        throat = voice.uniform(450, 1300)
        call = croak(voice.uniform(20, 34), throat, voice.uniform(0.2, 0.4), voice)
        times = jittered(timing, voice.uniform(1.0, 2.2), 0.25, r.seconds, timing.uniform(0.1, 1.2))
        out += (0.6 + 0.6 * r.q("crickets") if swamp else 0.2) * voice.uniform(0.5, 1) * place(r.samples, times, [call])
    out += 0.02 * rms(bandpass(white(timbre, r.samples), 90, 700)) * (1 + 0.3 * slow(timing, r.samples, 0.3))
    if r["extra"] == "owl":
        out += place(r.samples, np.arange(timing.uniform(0.3, 1.5), r.seconds, timing.uniform(4.5, 7)), [0.8 * _hoot(voice)])
    return out


NIGHT = Recipe(
    id="night",
    number=237,
    wave=2,
    code="AMBInsc",
    nouns=("night ambience", "summer night", "nighttime ambience", "crickets and frogs at night", "country night", "night in nature"),
    clauses=(
        "crickets chirp and a frog croaks on {a} night",
        "{a} night with crickets and frogs",
        "insects and frogs call on {a} summer night",
        "{a} night outdoors with crickets all around",
    ),
    tags=(
        "night", "summer evening", "night time", "crickets and frogs", "evening ambience", "outdoor night", "camping at night",
        "nocturnal animals", "warm night", "night nature", "midnight outdoors", "backyard at night",
    ),
    render=_night,
    texture=True,
    attributes=(
        Range("crickets", 0, 1, axis="density", moves="modulation_depth", sign=-1),
        Kind("place", {"field": (), "swamp": ("swamp", "swamp at night", "pond at night", "marsh at night", "bayou")}, "noun", (3, 2)),
        Kind("extra", {"none": (), "owl": ("with an owl", "with an owl hooting", "and a hooting owl")}, "after", (2, 1)),
    ),
    tests=(Between("centroid_hz", 1500, 4900), Between("high_share", 0.4, 1)),
)  # fmt: skip


def _waves(r: Record, timing: np.random.Generator, timbre: np.random.Generator, force: float) -> Audio:
    """Surf: a swell that darkens as it runs out, with foam."""
    period = timing.uniform(4.5, 8) * (0.8 + 0.3 * force)
    starts = jittered(timing, period, 0.13, r.seconds, -timing.uniform(0.2, 0.6) * period)
    n = count(1.5 * period)
    u = np.linspace(0, 1.5, n)
    swell = np.where(u < 0.38, (u / 0.38) ** 2.2, np.exp(-(u - 0.38) / 0.28)) * np.minimum(1, (1.5 - u) / 0.2)
    line = place(r.samples + count(period), starts + period, [swell.astype(np.float32)], timing.uniform(0.65, 1, starts.size))
    envelope = np.clip(line[count(period) :], 0, 1.2)
    surf = varying_lowpass(bandpass(white(timbre, r.samples), 90, 7000), 300 + (700 + 4300 * force) * envelope)
    foam = highpass(white(timbre, r.samples), 2500) * envelope
    return surf * (0.06 + envelope) + (0.02 + 0.12 * force) * foam


def _gull(rng: np.random.Generator) -> Audio:
    """A long cry, or a laugh of shorter ones."""
    laugh, parts = rng.random() < 0.5, []
    top = rng.uniform(1200, 1600)
    for k in range(int(rng.integers(4, 8)) if laugh else 1):
        n = count(0.16 if laugh else rng.uniform(0.45, 0.8))
        u = np.linspace(0, 1, n)
        pitch = top * np.interp(u, (0, 0.2, 1), (0.8, 1.0, 0.62)) * (1 - 0.02 * k)
        cry = formants(glottal(rng, pitch, n, 0.5, 0.02, -18), (1700, 3200), (1, 0.6), q=4) * hump(n, 0.3) ** 0.5
        parts += [unit(cry), np.zeros(count(0.09), np.float32)]
    return np.concatenate(parts)


def _seaside(r: Record) -> Audio:
    timing, timbre, voice = r.stream("timing"), r.stream("timbre"), r.stream("voice")
    harbour, force = r["place"] == "harbour", r.q("surf")
    out = 0.7 * rms(_waves(r, timing, timbre, 0.6 * force if harbour else force))
    times = _sure(timing, 0.45, r.seconds)
    out += place(r.samples, times, [_gull(voice) for _ in range(3)], timing.uniform(0.35, 0.9, times.size))
    if harbour:
        n = count(0.9)
        rope = lowpass(stick_slip(timbre, 18 + 30 * hump(n)), 2500) * hump(n)
        ropes = jittered(timing, timing.uniform(2.2, 3.8), 0.2, r.seconds, timing.uniform(0.2, 1.2))
        out += place(r.samples, ropes, [0.45 * unit(rope)])
        n = count(2.5)
        partials = timbre.uniform(600, 900) * np.array((0.5, 1, 1.19, 2, 2.7))
        bell = modes(partials, (2.2, 1.8, 1.2, 0.9, 0.6), (0.4, 1, 0.7, 0.5, 0.3), n, timbre)
        rings = jittered(timing, timing.uniform(2.0, 3.6), 0.2, r.seconds, timing.uniform(0.3, 1.5))
        out += place(r.samples, rings, [0.6 * unit(bell)])
        if r.seconds > 6 and timing.random() < 0.4:
            n = count(2.2)
            horn = lowpass(harmonics(timbre.uniform(105, 150), 1 / np.arange(1, 12) ** 0.5, n), 900) * hump(n) ** 0.25
            out += place(r.samples, [timing.uniform(1.5, r.seconds - 3.5)], [unit(horn)])
    return highpass(out, 60)


SEASIDE = Recipe(
    id="seaside",
    number=239,
    wave=2,
    code="AMBSea",
    nouns=("seaside", "beach with seagulls", "seashore with gulls", "seaside ambience", "coast with seagulls", "waves and seagulls"),
    clauses=(
        "gulls cry over {adj} waves at the beach",
        "{adj} waves roll in while seagulls cry",
        "seagulls call at {a} seaside",
        "{adj} surf and crying gulls at the coast",
    ),
    tags=(
        "beach ambience", "gulls and waves", "coast", "seashore", "beach day", "seagulls and ocean", "shoreline with birds",
        "holiday at the sea", "pier", "beach birds",
    ),
    render=_seaside,
    texture=True,
    attributes=(
        Range("surf", 0, 1, axis="intensity", moves="centroid_hz", sign=1),
        Kind(
            "place",
            {
                "beach": (),
                "harbour": ("harbour", "harbor", "port with a bell buoy", "harbour ambience", "docks with boats", "marina"),
            },
            "noun",
            (2, 1),
        ),
    ),
    tests=(Between("active_share", 0.9, 1), Between("modulation_depth", 0.3, 1.2)),
)  # fmt: skip

RECIPES = (RESTAURANT, TRAFFIC, FOREST, NIGHT, SEASIDE)
