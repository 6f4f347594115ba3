"""Farm animals and horses."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import (
    bandpass,
    count,
    decay,
    drive,
    formants,
    glottal,
    hump,
    jittered,
    lowpass,
    modes,
    place,
    sine,
    slow,
    unit,
    white,
)
from engine.corpus.recipe import Audio, Between, Count, Follows, Kind, Range, Recipe, Record


def _moo(hz: float, body: float, rng: np.random.Generator) -> Audio:
    n = count(rng.uniform(1.2, 2.1))
    u = np.linspace(0, 1, n)
    opening = np.interp(u, (0, 0.15, 0.4, 0.8, 1), (0, 0.15, 1, 0.9, 0.3))
    pitch = hz * np.interp(u, (0, 0.35, 0.75, 1), (0.78, 1.22, 1.18, 0.85)) * rng.uniform(0.97, 1.03)
    source = glottal(rng, pitch, n, 0.55, 0.02, -22)
    scale = body * (hz / 125) ** 0.45
    # The closed mouth hums (low, dull), then opens.
    voice = formants(source, (300 + 300 * opening, 700 + 350 * opening, 1900.0), (1, 0.6, 0.25), scale) * (0.35 + 0.65 * opening)
    return unit(voice * np.minimum(1, u / 0.06) * np.minimum(1, (1 - u) / 0.2))


def _cow(r: Record) -> Audio:
    timing, voice = r.stream("timing"), r.stream("voice")
    moos = [_moo(float(r["pitch"]), float(r.stream("timbre").uniform(0.85, 1.2)), voice) for _ in range(2)]
    times = timing.uniform(0.05, 0.4) + (moos[0].size / 22050 + timing.uniform(0.5, 1.1)) * np.arange(int(r["number"]))
    return place(r.samples, times, moos, timing.uniform(0.75, 1, times.size))


COW = Recipe(
    id="cow_moo",
    number=58,
    wave=2,
    code="ANMLFarm",
    nouns=("cow moo", "cow mooing", "mooing cow", "cow", "cow's moo", "mooing cattle"),
    clauses=("{a} cow moos {adv}", "{a} cow is mooing", "somewhere {a} cow moos", "{a} cow lows in the field"),
    tags=("moo", "mooing", "cattle", "bull", "calf", "ox", "lowing cow", "dairy cow", "bovine", "farm cow"),
    onomatopoeia=("moo", "moo moo"),
    render=_cow,
    attributes=(
        Range("pitch", 88, 250, "Hz", log=True, axis="size", reverse=True, moves="centroid_hz", sign=1),
        Count("number", 1, 3),
    ),
    tests=(Between("centroid_hz", 330, 700), Between("low_share", 0.02, 0.4)),
)


def _bleat(r: Record, hz: float, rng: np.random.Generator) -> Audio:
    goat = r["animal"] == "goat"
    n = count(rng.uniform(0.5, 1.05))
    u = np.linspace(0, 1, n)
    shake = sine(rng.uniform(9, 12) if goat else rng.uniform(6.5, 9), n)
    pitch = hz * rng.uniform(0.97, 1.03) * (1.04 - 0.12 * u) * (1 + (0.09 if goat else 0.06) * shake)
    source = glottal(rng, pitch, n, 0.5, 0.02, -20)
    scale = (hz / 270) ** 0.55 * (1.12 if goat else 1.0) * float(r.stream("timbre").uniform(0.85, 1.18))
    voice = formants(source, (np.interp(u, (0, 0.25, 1), (450, 720, 680)), 1700, 2700), (1, 0.8, 0.45), scale)
    level = (1 - (0.7 if goat else 0.55) * (0.5 + 0.5 * shake)) * np.minimum(1, u / 0.08) * np.minimum(1, (1 - u) / 0.25)
    return unit(voice * level)


def _sheep(r: Record) -> Audio:
    timing, voice = r.stream("timing"), r.stream("voice")
    bleats = [_bleat(r, float(r["pitch"]), voice) for _ in range(3)]
    times = timing.uniform(0.05, 0.4) + (1.1 + timing.uniform(0.1, 0.9)) * np.arange(int(r["number"]))
    return place(r.samples, times, bleats, timing.uniform(0.75, 1, times.size))


SHEEP = Recipe(
    id="sheep_goat",
    number=59,
    wave=2,
    code="ANMLFarm",
    nouns=("bleating sheep", "sheep bleating", "sheep", "sheep's bleat", "sheep baa", "baaing sheep"),
    clauses=("{a} sheep bleats {adv}", "{a} sheep is bleating", "somewhere {a} sheep baas", "{a} farm animal bleats"),
    tags=("bleat", "bleating", "baa", "lamb", "ewe", "ram", "sheep on a farm", "lamb bleating", "flock animal"),
    onomatopoeia=("baa baa", "baa", "meh"),
    render=_sheep,
    attributes=(
        Range("pitch", 170, 480, "Hz", log=True, axis="pitch", moves="centroid_hz", sign=1),
        Kind("animal", {"sheep": (), "goat": ("bleating goat", "goat bleating", "goat", "goat's bleat", "billy goat")}, "noun", (3, 2)),
        Count("number", 1, 4),
    ),
    tests=(Between("centroid_hz", 600, 1500), Between("high_share", 0, 0.3)),
)


def _oink(hz: float, scale: float, rng: np.random.Generator) -> Audio:
    n = count(rng.uniform(0.16, 0.3))
    u = np.linspace(0, 1, n)
    pitch = hz * rng.uniform(0.85, 1.15) * (0.8 + 0.5 * u)
    flutter = 0.45 + 0.55 * (sine(rng.uniform(26, 40), n) > 0)
    source = glottal(rng, pitch, n, 0.4, 0.15, -6) + 0.5 * white(rng, n) * flutter
    voice = formants(source, (450 + 250 * u, 1300, 2600), (1, 0.7, 0.45), scale)
    return unit(voice * hump(n, 0.55) ** 0.6)


def _squeal(hz: float, scale: float, seconds: float, rng: np.random.Generator) -> Audio:
    n = count(seconds)
    u = np.linspace(0, 1, n)
    pitch = hz * (0.75 + 0.4 * np.sin(np.pi * u**0.6)) * (1 + 0.04 * slow(rng, n, 25))
    voice = formants(glottal(rng, pitch, n, 0.5, 0.05, -12), (1300, 2400, 3600), (1, 0.8, 0.5), scale)
    return unit(drive(2 * unit(voice), 1.2) * np.minimum(1, u / 0.06) * np.minimum(1, (1 - u) / 0.15))


def _pig(r: Record) -> Audio:
    timing, timbre, voice = r.stream("timing"), r.stream("timbre"), r.stream("voice")
    scale, period = float(timbre.uniform(0.8, 1.25)), 1 / float(r["rate"])
    if r["call"] == "oink":
        hz = float(timbre.uniform(130, 260))
        calls = [_oink(hz, scale, voice) for _ in range(4)]
    else:
        hz = float(timbre.uniform(800, 1500))
        calls = [_squeal(hz, scale, min(0.6 * period, voice.uniform(0.35, 1.0)), voice) for _ in range(3)]
    times = jittered(timing, period, 0.12, r.seconds, timing.uniform(0.05, 0.3))
    return place(r.samples, times, calls, timing.uniform(0.6, 1, times.size))


PIG = Recipe(
    id="pig",
    number=60,
    wave=2,
    code="ANMLFarm",
    nouns=("pig oinking", "oinking pig", "pig", "pig grunting", "grunting pig", "snorting pig"),
    clauses=("{a} pig oinks {adv}", "{a} pig is grunting", "{a} pig snorts in its sty", "somewhere {a} pig grunts"),
    tags=("oink", "hog", "piglet", "pig snort", "swine", "boar", "sow", "pig grunt", "farm pig", "pigs"),
    onomatopoeia=("oink oink", "oink"),
    render=_pig,
    attributes=(
        Range("rate", 0.45, 2.6, "calls/s", log=True, axis="rate", moves="onsets_per_s", sign=1),
        Kind("call", {"oink": (), "squeal": ("squealing pig", "pig squealing", "pig squeal", "screaming pig")}, "noun", (2, 1)),
    ),
    tests=(Follows("onsets_per_s", "rate", 0.35, given={"rate_q": 0.5}),),
)


def _neigh(scale: float, samples: int, rng: np.random.Generator) -> Audio:
    n = samples
    u = np.linspace(0, 1, n)
    contour = np.interp(u, (0, 0.12, 0.3, 0.7, 1), (620, 1050, 1000, 720, 380)) * scale
    # The whinny: a shake that grows while the pitch falls.
    shake = sine(np.linspace(rng.uniform(11, 13), rng.uniform(8, 10), n), n) * np.minimum(1, u / 0.2)
    pitch = contour * (1 + (0.05 + 0.09 * u) * shake)
    source = glottal(rng, pitch, n, 0.5, 0.03, -14)
    voice = formants(source, (900, 1800, 3000), (1, 0.9, 0.5), scale * rng.uniform(0.85, 1.2), q=4) * (1 - 0.35 * (0.5 - 0.5 * shake))
    return unit(voice * np.minimum(1, u / 0.05) * (1 - u) ** 0.5)


def _snort(scale: float, rng: np.random.Generator) -> Audio:
    n = count(rng.uniform(0.55, 0.95))
    flap = np.maximum(0, sine(np.linspace(rng.uniform(24, 28), rng.uniform(17, 20), n), n)) ** 2
    air = bandpass(white(rng, n), 500 * scale, 2200 * scale) + 0.3 * formants(white(rng, n), (420, 1300), (1, 0.7), scale)
    return unit(air * (0.2 + flap) * hump(n, 0.25) ** 0.7)


def _horse(r: Record) -> Audio:
    timing, voice, scale = r.stream("timing"), r.stream("voice"), float(r["pitch"])
    neigh_n = count(min(timing.uniform(1.3, 2.2), 0.8 * r.seconds))
    call = _neigh(scale, neigh_n, voice) if r["call"] == "neigh" else _snort(scale, voice)
    times = timing.uniform(0.05, 0.5) + (call.size / 22050 + timing.uniform(0.5, 1.4)) * np.arange(int(r["number"]))
    return place(r.samples, times, [call], timing.uniform(0.8, 1, times.size))


HORSE = Recipe(
    id="horse_neigh",
    number=61,
    wave=2,
    code="ANMLHors",
    nouns=("horse neigh", "neighing horse", "horse neighing", "horse whinny", "whinnying horse", "horse"),
    clauses=("{a} horse neighs {adv}", "{a} horse is whinnying", "somewhere {a} horse neighs", "{a} stallion whinnies"),
    tags=("neigh", "whinny", "pony", "stallion", "mare", "foal", "horse sound", "horse call"),
    onomatopoeia=("neigh",),
    render=_horse,
    attributes=(
        Range("pitch", 0.62, 1.6, log=True, axis="size", reverse=True, moves="centroid_hz", sign=1),
        Kind("call", {"neigh": (), "snort": ("snorting horse", "horse snort", "horse snorting", "horse blowing air")}, "noun", (3, 1)),
        Count("number", 1, 3),
    ),
    tests=(Between("centroid_hz", 900, 2200, {"call": "neigh"}),),
)

_GAITS = {"walk": (0.95, (0, 0.25, 0.5, 0.75)), "trot": (1.3, (0, 0.035, 0.5, 0.535)),
          "canter": (1.75, (0, 0.22, 0.44)), "gallop": (2.2, (0, 0.13, 0.3, 0.43))}  # fmt: skip


def _hoof(ground: str, body: float, rng: np.random.Generator) -> Audio:
    n = count(0.16)
    thud = np.sin(2 * np.pi * 95 * body * np.arange(n) / 22050) * decay(0.002, 0.035, n)
    if ground == "dirt":
        return unit(thud + 0.8 * lowpass(white(rng, n), 650 * body) * decay(0.002, 0.018, n))
    base, t60 = (640 * body, 0.075) if ground == "cobble" else (260 * body, 0.14)
    shoe = modes(base * np.array([1, 1.9, 2.7, 4.3]), t60 * np.array([1, 0.8, 0.6, 0.4]), (1, 0.7, 0.5, 0.3), n, rng)
    click = bandpass(white(rng, n), 1500, 6500) * decay(0.0003, 0.003, n)
    return unit(shoe + (0.8 if ground == "cobble" else 0.25) * click + (0.2 if ground == "cobble" else 0.7) * thud)


def _hooves(r: Record) -> Audio:
    timing, voice, timbre = r.stream("timing"), r.stream("voice"), r.stream("timbre")
    rate, beats = _GAITS[str(r["gait"])]
    out = np.zeros(r.samples, np.float32)
    for horse in range(1 if r["company"] == "one" else 3):
        body = timbre.uniform(0.75, 1.3)
        feet = [_hoof(str(r["ground"]), body * f, voice) for f in (1, 0.94, 1.06, 0.97)][: len(beats)]
        period = 1 / (rate * timbre.uniform(0.88, 1.12))
        strides = jittered(timing, period, 0.02, r.seconds, timing.uniform(0.05, 0.3))
        times = (strides[:, None] + period * np.array(beats) + timing.normal(0, 0.005, (strides.size, len(beats)))).ravel()
        gains = np.tile(np.array((1, 0.8, 0.95, 0.75))[: len(beats)], strides.size) * timing.uniform(0.8, 1, times.size)
        out += (1 if horse == 0 else 0.75) * place(r.samples, times, feet, gains)
    return out


HOOVES = Recipe(
    id="hooves",
    number=62,
    wave=2,
    code="FEETHors",
    nouns=("horse hooves", "hoofbeats", "horse's hooves", "clip-clop of hooves", "hooves", "horse footsteps"),
    clauses=("{adj} hooves pass by", "{adj} hoofbeats can be heard", "a horse goes by {adv}", "{adj} horse hooves strike the ground"),
    tags=("horse walking", "clip clop", "hoof", "horse riding", "horseshoes", "horse and carriage", "cavalry", "donkey hooves"),
    onomatopoeia=("clip clop", "clippety clop"),
    render=_hooves,
    plural=True,
    attributes=(
        Kind(
            "gait",
            {
                "walk": ("walking horse's hooves", "horse walking", "slow horse hooves"),
                "trot": ("trotting horse", "horse trot", "trotting hooves"),
                "canter": ("cantering horse", "horse canter", "cantering hooves"),
                "gallop": ("galloping horse", "horse galloping", "galloping hooves", "horse at full gallop"),
            },
            slot="noun",
        ),
        Kind(
            "ground",
            {
                "cobble": ("on cobblestones", "on a paved street", "on stone"),
                "dirt": ("on dirt", "on grass", "on soft ground"),
                "wood": ("on a wooden bridge", "on planks", "on wood"),
            },
            "after",
            (2, 2, 1),
        ),
        Kind("company", {"one": (), "several": ("several",)}, weights=(3, 1)),
    ),
    tests=(Between("onsets_per_s", 3.2, 4.6, {"gait": "walk", "company": "one"}), Between("active_share", 0.3, 1)),
)  # fmt: skip

RECIPES = (COW, SHEEP, PIG, HORSE, HOOVES)
