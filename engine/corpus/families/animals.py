"""Animals and creatures on four legs, and frogs."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import count, decay, formants, glottal, groups, log_uniform, place, unit
from engine.corpus.recipe import Audio, Count, Follows, Kind, Range, Recipe, Record


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

RECIPES = (DOG,)
