"""Animals and creatures on four legs, and frogs."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import (
    bandpass,
    count,
    decay,
    formants,
    glottal,
    groups,
    harmonics,
    hump,
    impulses,
    jittered,
    log_uniform,
    place,
    resonators,
    unit,
    varying_resonator,
    vibrato,
    white,
)
from engine.corpus.recipe import Audio, Between, Count, Follows, Kind, Range, Recipe, Record


def _bark(r: Record, hz: float, rng: np.random.Generator) -> Audio:
    n = count(rng.uniform(0.13, 0.24) * (1.3 - 0.5 * r.q("pitch")))
    u = np.linspace(0, 1, n)
    pitch = hz * rng.uniform(0.96, 1.04) * (0.75 + 0.5 * np.sin(np.pi * u**0.7))
    rough = 0.09 if r["temper"] == "angry" else 0.04
    source = glottal(rng, pitch, n, open_quotient=0.4, jitter=rough, breath_db=-12)
    scale = 0.7 * (1.6 / 0.7) ** r.q("pitch")
    return unit(formants(source, (650, 1250, 2600), (1, 0.8, 0.4), scale) * decay(0.008, n / 22050 / 3.5, n))


def _dog(r: Record) -> Audio:
    timing, voice = r.stream("timing"), r.stream("voice")
    number = int(r["number"])
    if number <= 5:
        gap = float(log_uniform(timing, 0.32, 0.8))
        times = 0.1 + timing.uniform(0, 0.5) + gap * np.arange(number) * timing.uniform(0.9, 1.1, number)
    else:
        times = groups(timing, r.seconds, 3, 0.35, (0.4, 1.6))
    barks = [_bark(r, float(r["pitch"]), voice) for _ in range(3)]
    return place(r.samples, times, barks, timing.uniform(0.75, 1, times.size))


DOG = Recipe(
    id="dog_bark",
    number=52,
    wave=1,
    code="ANMLDog",
    nouns=("dog bark", "dog barking", "barking dog", "dog"),
    clauses=("{a} dog barks {adv}", "{a} dog is barking", "somewhere {a} dog barks"),
    tags=("puppy", "hound", "barking"),
    onomatopoeia=("woof woof", "woof", "ruff ruff"),
    render=_dog,
    attributes=(
        Range("pitch", 180, 850, "Hz", log=True, axis="size", reverse=True, moves="centroid_hz", sign=1),
        Count("number", 1, 8),
        Kind("temper", {"calm": (), "angry": ("angry", "aggressive")}, weights=(3, 1)),
    ),
    tests=(Follows("onset_count", "number", 0.1, given={"number": 3}),),
)


def _meow(r: Record, hz: float, rng: np.random.Generator) -> Audio:
    kitten, mood = r["age"] == "kitten", str(r["mood"])
    n = count(rng.uniform(0.5, 0.75) * {"plain": 1.0, "sad": 1.6, "demanding": 0.75}[mood] * (0.75 if kitten else 1.0))
    u = np.linspace(0, 1, n)
    pitch = hz * (0.75 + 0.42 * np.sin(np.pi * u**0.7) - 0.15 * u + (0.35 * u**3 if mood == "sad" else 0))
    pitch = vibrato(pitch * rng.uniform(0.97, 1.03), n, rng.uniform(5, 7), 0.012)
    source = glottal(rng, pitch, n, 0.6, 0.02 if mood == "demanding" else 0.008, -22)
    opening = np.sin(np.pi * u ** rng.uniform(0.6, 0.9)) ** 1.3
    first = 520 + 900 * opening * rng.uniform(0.8, 1.1)
    scale = (1.25 if kitten else 1.0) * float(r["pitch"]) ** 0.25
    voice = formants(source, (first, 2250 - 350 * opening, 3600.0), (1, 0.8, 0.5), scale, q=6)
    return unit(voice * hump(n, 0.35) ** 0.45)


def _cat(r: Record) -> Audio:
    timing, voice = r.stream("timing"), r.stream("voice")
    hz = float(r["pitch"]) * (960 if r["age"] == "kitten" else 600)
    meows = [_meow(r, hz, voice) for _ in range(2)]
    gap = timing.uniform(0.25, 1.1) + meows[0].size / 22050
    times = timing.uniform(0.05, 0.4) + gap * np.arange(int(r["number"])) * timing.uniform(0.95, 1.1, int(r["number"]))
    return place(r.samples, times, meows, timing.uniform(0.75, 1, times.size))


CAT = Recipe(
    id="cat_meow",
    number=56,
    wave=1,
    code="ANMLCat",
    nouns=("cat meow", "cat meowing", "meowing cat", "meow", "cat", "mewing cat"),
    clauses=("{a} cat meows {adv}", "{a} cat is meowing", "somewhere {a} cat mews", "{a} cat cries for attention"),
    tags=("meowing", "miaow", "mew", "house cat", "kitty", "cat call", "feline", "cat crying", "pet cat", "tomcat"),
    onomatopoeia=("meow meow", "miaow", "mew mew"),
    render=_cat,
    attributes=(
        Range("pitch", 0.62, 1.6, log=True, axis="pitch", moves="centroid_hz", sign=1),
        Kind("age", {"adult": (), "kitten": ("kitten meow", "kitten", "meowing kitten", "kitten mewing", "baby cat")}, "noun", (3, 1)),
        Count("number", 1, 5),
        Kind("mood", {"plain": (), "sad": ("plaintive", "sad", "begging"), "demanding": ("demanding", "impatient")}, weights=(2, 1, 1)),
    ),
    tests=(
        Between("f0_hz", 480, 760, {"pitch_q": 0.5, "age": "adult", "number": 5}),
        Follows("onset_count", "number", 0.1, given={"number": 3}),
    ),
)


def _howl(hz: float, seconds: float, rng: np.random.Generator) -> Audio:
    n = count(seconds)
    u = np.linspace(0, 1, n)
    swing = rng.uniform(0.9, 1.1)
    contour = np.interp(u, (0, 0.08, 0.2, 0.65, 0.9, 1), (0.62, 0.8, 1.15 * swing, 1.1 * swing, 0.9, 0.8))
    pitch = vibrato(hz * contour * rng.uniform(0.97, 1.03), n, rng.uniform(4.5, 5.5), 0.009)
    voice = harmonics(pitch, np.array((1, 0.35, 0.12, 0.04, 0.015)) * rng.uniform(0.5, 1.6, 5), n)
    air = 0.03 * bandpass(white(rng, n), 400, 1600)
    return unit((voice + air) * np.sin(np.pi * u**0.8) ** 0.7)


def _wolf(r: Record) -> Audio:
    timing, voice, hz = r.stream("timing"), r.stream("voice"), float(r["pitch"])
    longest = 0.75 * r.seconds
    if r["company"] == "lone":
        howl = _howl(hz, min(timing.uniform(2.4, 4.2), longest), voice)
        step = howl.size / 22050 + timing.uniform(0.4, 1.5)
        times = np.arange(timing.uniform(0.05, 0.4), r.seconds - 1.0, step)
        return place(r.samples, times[:4], [howl])
    wolves = int(timing.integers(4, 7))
    ratios = 2 ** (timing.choice((-5, -4, -3, 0, 0, 2, 3), wolves) / 12)
    howls = [_howl(hz * k, min(timing.uniform(2.0, 4.0), longest), voice) for k in ratios]
    rounds = int(np.ceil(r.seconds / 4.5))
    times = np.concatenate([4.5 * k + np.sort(timing.uniform(0.05, 4.2, wolves)) for k in range(rounds)])
    times[0] = 0.1
    return place(r.samples, times, howls, timing.uniform(0.4, 1, times.size))


WOLF = Recipe(
    id="wolf_howl",
    number=55,
    wave=2,
    code="ANMLWdog",
    nouns=("wolf howl", "wolf howling", "howling wolf", "wolf", "howl of a wolf"),
    clauses=("{a} wolf howls {adv}", "{a} wolf is howling at the moon", "somewhere {a} wolf howls", "{a} wolf lets out a long howl"),
    tags=("howling", "howl", "coyote", "werewolf", "wolves", "coyote howl", "howling at the moon", "dog howling", "wild wolf"),
    onomatopoeia=("awoo", "aroo"),
    render=_wolf,
    attributes=(
        Range("pitch", 260, 640, "Hz", log=True, axis="pitch", moves="centroid_hz", sign=1),
        Kind("company", {"lone": (), "pack": ("pack of wolves howling", "wolves howling", "wolf pack", "howling wolves")}, "noun", (2, 1)),
    ),
    tests=(Between("high_share", 0, 0.1), Follows("f0_hz", "pitch", 0.25, given={"company": "lone"})),
)


def croak(pitch: float, resonance: float, seconds: float, rng: np.random.Generator) -> Audio:
    """A train of pulses, each ringing in the throat sac."""
    n = count(seconds + 0.06)
    pulses = max(4, round(seconds * pitch))
    times = seconds * np.linspace(0, 1, pulses) ** 0.92
    food = impulses(n, times, np.sin(np.pi * np.linspace(0.12, 0.95, pulses)) ** 0.6)
    rise = 1 + 0.2 * np.linspace(0, 1, n)
    sac = varying_resonator(food, resonance * rise, 6) + resonators(food, (2.1 * resonance, 3.3 * resonance), 7, (0.5, 0.2))
    return unit(sac + 0.04 * white(rng, n) * np.abs(sac))


def _frog(r: Record) -> Audio:
    timing, voice = r.stream("timing"), r.stream("voice")
    size, frogs = float(r["resonance"]), {"croak": 1, "ribbit": 1, "chorus": 5}[str(r["call"])]
    out = np.zeros(r.samples, np.float32)
    for frog in range(frogs):
        throat = size * (1 if frog == 0 else voice.uniform(0.7, 1.4))
        rate = voice.uniform(18, 36) * (throat / 900) ** 0.3
        if r["call"] == "ribbit" or (frogs > 1 and frog % 2):
            first, second = croak(rate, throat, 0.11, voice), croak(rate * 1.15, throat * 1.3, 0.17, voice)
            call = place(first.size + second.size + 700, (0, 0.16), (0.8 * first, second))
        else:
            call = croak(rate, throat, voice.uniform(0.25, 0.5), voice)
        period = call.size / 22050 + voice.uniform(0.25, 0.9) * (1.5 if frogs > 1 else 1)
        times = jittered(timing, period, 0.12, r.seconds, timing.uniform(0.05, 0.3 if frog == 0 else 1.2))
        out += (1 if frog == 0 else voice.uniform(0.25, 0.8)) * place(r.samples, times, [call], timing.uniform(0.7, 1, times.size))
    return out


FROG = Recipe(
    id="frog",
    number=63,
    wave=2,
    code="ANMLAmph",
    nouns=("frog croak", "croaking frog", "frog croaking", "frog", "toad", "croak of a frog"),
    clauses=("{a} frog croaks {adv}", "{a} frog is croaking by the pond", "{a} toad croaks", "somewhere {a} frog croaks"),
    tags=("croak", "frogs", "bullfrog", "toad croaking", "pond frog", "amphibian", "tree frog", "frog call", "swamp frog"),
    onomatopoeia=("ribbit ribbit", "ribbit", "croak croak"),
    render=_frog,
    attributes=(
        Range("resonance", 420, 1800, "Hz", log=True, axis="size", reverse=True, moves="centroid_hz", sign=1),
        Kind(
            "call",
            {
                "croak": (),
                "ribbit": ("ribbiting frog", "frog ribbit", "ribbit frog"),
                "chorus": ("frogs croaking", "several frogs", "frog chorus", "chorus of frogs", "pond full of frogs"),
            },
            "noun",
            (2, 2, 1),
        ),
    ),
    tests=(Follows("centroid_hz", "resonance", 0.4, 1.5, given={"call": "croak"}),),
)

RECIPES = (DOG, CAT, WOLF, FROG)
