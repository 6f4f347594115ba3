"""Birds that call rather than sing: crow, owl, duck and goose, rooster and hen."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import (
    count,
    db,
    drive,
    formants,
    glottal,
    groups,
    harmonics,
    log_uniform,
    lowpass,
    place,
    spaced,
    spread,
    unit,
    white,
)
from engine.corpus.recipe import Ascending, Audio, Between, Count, Follows, Kind, Range, Recipe, Record


def _calls(r: Record, rng: np.random.Generator, gap_s: tuple[float, float], length_s: float, per_group: float) -> np.ndarray:
    """Times of a counted series (up to five calls), or of loose groups for the whole time."""
    number = int(r["number"])
    gap = length_s + float(log_uniform(rng, *gap_s))
    if number <= 5:
        return spaced(rng, number, gap, r.seconds, length_s)
    return groups(rng, r.seconds, per_group, gap, (0.4, 1.5))


def _caw(rng: np.random.Generator, hz: float, hoarse: float, body: float) -> Audio:
    n = count(rng.uniform(0.26, 0.42))
    u = np.linspace(0, 1, n)
    pitch = hz * rng.uniform(0.97, 1.03) * (0.88 + 0.2 * np.sin(np.pi * u**0.7))
    source = glottal(rng, pitch, n, 0.45, 0.02 + 0.09 * hoarse, -30 + 24 * hoarse)
    beat = 1 + (0.1 + 0.8 * hoarse) * np.sin(2 * np.pi * rng.uniform(60, 100) * u * n / 22050)
    voice = formants(source * beat, (1100, 1700, 3100), (1, 0.8, 0.45), body)
    return unit(drive(2.5 * unit(voice), 1.0 + hoarse) * np.sin(np.pi * u**0.6) ** 0.5)


def _crow(r: Record) -> Audio:
    timing, voice = r.stream("timing"), r.stream("voice")
    body = voice.uniform(0.93, 1.08) * (float(r["pitch"]) / 445) ** 0.4
    caws = [_caw(voice, float(r["pitch"]), r.q("hoarseness"), body) for _ in range(3)]
    times = _calls(r, timing, (0.15, 0.4), 0.42, 3)
    return place(r.samples, times, caws, timing.uniform(0.75, 1, times.size))


CROW = Recipe(
    id="crow",
    number=42,
    wave=2,
    code="BIRDCrow",
    nouns=("crow", "cawing crow", "raven", "crow cawing", "crow call", "rook"),
    clauses=("{a} crow caws {adv}", "{a} raven is cawing", "{a} crow calls from a tree", "somewhere {a} crow caws"),
    tags=("caw", "cawing", "crows", "ravens", "raven call", "jackdaw", "carrion crow", "corvid"),
    onomatopoeia=("caw caw", "caw", "kraa"),
    render=_crow,
    attributes=(
        Range("pitch", 330, 600, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Range("hoarseness", 0, 1, axis="roughness", moves="flatness_db"),
        Count("number", 1, 7),
    ),
    tests=(Follows("onset_count", "number", 0.1, given={"number": 3}), Between("centroid_hz", 1000, 1900)),
)


def _hoot(rng: np.random.Generator, hz: float, seconds: float, waver: float) -> Audio:
    n = count(seconds)
    u = np.linspace(0, 1, n)
    pitch = hz * (0.97 + 0.05 * np.sin(np.pi * u)) * (1 + waver * np.sin(2 * np.pi * 11 * u * seconds))
    tone = harmonics(pitch, (1, 0.08, 0.03), n) + db(-32) * lowpass(white(rng, n), 900)
    return (tone * np.sin(np.pi * u) ** 0.6 * (1 - 4 * waver * (0.5 + 0.5 * np.cos(2 * np.pi * 11 * u * seconds)))).astype(np.float32)


# Lengths and following rests in s of the hoots of a phrase.
_PHRASES = {
    "horned": ((0.28, 0.16), (0.14, 0.12), (0.14, 0.2), (0.42, 0.22), (0.4, 0.3)),
    "tawny": ((0.7, 0.75), (0.18, 0.22), (0.95, 0.5), (0.25, 0.2), (0.6, 0.3)),
    "plain": ((0.42, 0.45),) * 5,
}


def _owl(r: Record) -> Audio:
    timing, voice = r.stream("timing"), r.stream("voice")
    number, species = int(r["number"]), str(r["species"])
    phrase = _PHRASES[species]
    pace = timing.uniform(0.9, 1.2)
    hoots = [
        _hoot(voice, float(r["pitch"]) * voice.uniform(0.98, 1.02), a * pace, 0.04 if species == "tawny" and a > 0.5 else 0)
        for a, _ in phrase
    ]
    offsets = np.concatenate([[0.0], np.cumsum([(a + b) * pace for a, b in phrase])])
    start, first = min(timing.uniform(0.05, 0.5), 0.1 * r.seconds), min(number, 5)
    times = start + offsets[:first] * min(1.0, (0.85 * r.seconds) / offsets[first])
    if number > 5:
        pause = timing.uniform(0.9, 2.0)
        times = start + np.concatenate([k * (offsets[5] + pause) + offsets[:5] for k in range(1 + int(r.seconds / (offsets[5] + pause)))])
    return place(r.samples, times, hoots, timing.uniform(0.8, 1, times.size))


OWL = Recipe(
    id="owl",
    number=43,
    wave=2,
    code="BIRDPrey",
    nouns=("owl", "hooting owl", "owl hoot", "night owl", "owl hooting", "tawny owl"),
    clauses=("{a} owl hoots {adv}", "{a} owl is hooting in the night", "{a} owl calls from the dark forest", "somewhere {a} owl hoots"),
    tags=("hoot", "hooting", "owls", "owl call", "horned owl", "barn owl at night", "bird of the night", "spooky owl"),
    onomatopoeia=("hoo hoo", "hoo", "twit twoo"),
    render=_owl,
    attributes=(
        Range("pitch", 290, 490, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Count("number", 2, 8),
        Kind("species", {"horned": (), "tawny": (), "plain": ()}),
    ),
    tests=(Follows("centroid_hz", "pitch", 0.15), Follows("onset_count", "number", 0.1, given={"number": 3, "species": "plain"})),
)


def _quack(rng: np.random.Generator, hz: float, goose: bool, scale: float) -> Audio:
    n = count(rng.uniform(0.22, 0.36) if goose else rng.uniform(0.13, 0.21))
    u = np.linspace(0, 1, n)
    pitch = hz * rng.uniform(0.97, 1.03) * (1.1 - 0.2 * u)
    if goose:
        pitch = pitch * np.where(u < rng.uniform(0.35, 0.55), 1.0, 1.5)
    source = glottal(rng, pitch, n, 0.4, 0.05, -22)
    tract = (850, 1600, 2700) if goose else (1100, 2100, 3100)
    voice = formants(source, tract, (1, 0.8, 0.5), scale)
    return unit(drive(2.2 * unit(voice), 1.6) * np.minimum(1, u / 0.08) * (1 - u) ** 0.5)


def _duck(r: Record) -> Audio:
    timing, voice = r.stream("timing"), r.stream("voice")
    goose = r["bird"] == "goose"
    size = r.q("size")
    hz = (430.0 if goose else 260.0) * 1.3 ** (1 - 2 * size)
    calls = [_quack(voice, hz, goose, 1.35 * 0.58**size) for _ in range(3)]
    times = _calls(r, timing, (0.1, 0.3), 0.34 if goose else 0.19, 3)
    fading = 0.93 ** np.minimum(np.arange(times.size), 6)
    return place(r.samples, times, calls, fading * timing.uniform(0.85, 1, times.size))


DUCK = Recipe(
    id="duck",
    number=46,
    wave=2,
    code="BIRDFowl",
    nouns=("duck or goose", "waterfowl", "farm duck", "waterfowl calling"),
    clauses=("{a} waterfowl calls {adv}", "{a} water bird calls with a nasal voice", "somewhere on the pond {a} waterfowl is calling"),
    tags=("waterfowl", "pond birds", "water birds", "birds on a pond", "nasal bird call"),
    render=_duck,
    attributes=(
        Kind(
            "bird",
            {
                "duck": ("duck", "quacking duck", "mallard", "duck quacking", "duck quack", "mallard duck", "quack quack of a duck"),
                "goose": ("goose", "honking goose", "goose honking", "goose honk", "wild goose"),
            },
            slot="noun",
            weights=(3, 2),
        ),
        Range("size", 0, 1, axis="size", moves="centroid_hz", sign=-1),
        Count("number", 1, 8),
    ),
    tests=(Follows("onset_count", "number", 0.1, given={"number": 3, "bird": "duck"}),),
)


def _crowing(rng: np.random.Generator, hz: float) -> Audio:
    """Cock-a-doodle-doo: four notes, the last one long and falling."""
    pace = rng.uniform(0.88, 1.15)
    notes = []
    for seconds, start, end in ((0.16, 0.8, 1.0), (0.14, 0.95, 1.05), (0.3, 1.0, 1.35), (0.95, 1.35, 0.75)):
        n = count(seconds * pace)
        u = np.linspace(0, 1, n)
        pitch = hz * (start + (end - start) * u**1.5) * (1 + 0.02 * spread(rng.standard_normal(12), n))
        source = glottal(rng, pitch, n, 0.5, 0.015, -24)
        note = unit(formants(source, (1200, 2000, 3200), (1, 0.9, 0.5), rng.uniform(0.97, 1.03)))
        notes.append(note * np.minimum(1, u / 0.1) * np.minimum(1, (1 - u) / 0.2))
        notes.append(np.zeros(count(0.035 * pace), np.float32))
    return np.concatenate(notes).astype(np.float32)


def _cluck(rng: np.random.Generator, hz: float, long: bool) -> Audio:
    n = count(rng.uniform(0.35, 0.5) if long else rng.uniform(0.06, 0.09))
    u = np.linspace(0, 1, n)
    pitch = hz * (1 + 0.9 * u**2 if long else 1.15 - 0.35 * u) * rng.uniform(0.95, 1.06)
    source = glottal(rng, pitch, n, 0.45, 0.03, -18)
    note = unit(formants(source, (900, 1700, 2900), (1, 0.8, 0.4)))
    return note * np.minimum(1, u / 0.05) * (1 - u) ** (0.4 if long else 0.8)


def _poultry(r: Record) -> Audio:
    timing, voice = r.stream("timing"), r.stream("voice")
    hz = 680.0 * 1.3 ** (2 * r.q("pitch") - 1)
    if r["bird"] == "rooster":
        song = [_crowing(voice, hz)]
        number = 1 if r.seconds < 4.5 else int(timing.integers(1, 4))
        times = spaced(timing, number, timing.uniform(2.4, 3.3), r.seconds, song[0].size / 22050)
        return place(r.samples, times, song, timing.uniform(0.85, 1, number))
    short = [_cluck(voice, 0.6 * hz, False) for _ in range(4)]
    rate = float(log_uniform(timing, 2.0, 4.0))
    times, now, since = [], float(timing.uniform(0.05, 0.3)), 0
    which = []
    while now < r.seconds:
        rises = since >= 4 and timing.random() < 0.35
        times.append(now)
        which.append(4 if rises else int(timing.integers(4)))
        since = 0 if rises else since + 1
        now += (0.5 if rises else 0) + timing.gamma(5, 1 / (5 * rate)) + 0.06
    grains = [*short, _cluck(voice, 0.6 * hz, True)]
    return place(r.samples, times, grains, timing.uniform(0.6, 1, len(times)), np.asarray(which))


ROOSTER = Recipe(
    id="rooster_hen",
    number=47,
    wave=2,
    code="BIRDFowl",
    nouns=("chicken", "farm chicken", "farmyard chicken", "farmyard fowl"),
    clauses=("{a} chicken calls {adv} in the farmyard", "{a} chicken makes itself heard {adv}", "on a farm {a} chicken calls out"),
    tags=("poultry", "farmyard birds", "chickens", "fowl", "barnyard", "chicken coop", "poultry yard"),
    render=_poultry,
    attributes=(
        Kind(
            "bird",
            {
                "rooster": ("rooster", "rooster crowing", "cockerel", "crowing rooster", "cock-a-doodle-doo of a rooster"),
                "hen": ("hen clucking", "hen", "clucking hen", "clucking chicken"),
            },
            slot="noun",
        ),
        Range("pitch", 0, 1, axis="pitch", moves="centroid_hz"),
    ),
    tests=(Ascending("onsets_per_s", "bird", ("rooster", "hen")), Between("centroid_hz", 900, 2200)),
)

RECIPES = (CROW, OWL, DUCK, ROOSTER)
