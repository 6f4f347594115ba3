"""Weather: rain, thunder, wind."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import bandpass, bubbles, capped_sizes, coloured, decay, log_uniform, poisson, rms, slow, train
from engine.corpus.recipe import Audio, Between, Kind, Range, Recipe, Record


def _rain(r: Record) -> Audio:
    i = r.q("intensity")
    timing, timbre = r.stream("timing"), r.stream("timbre")
    bed = bandpass(coloured(timbre, r.samples, -1.5), 350, 2500 + 5500 * i)
    bed = rms(bed) * (0.04 + 0.5 * i**1.5) * (1 + 0.08 * slow(timing, r.samples, 0.5))
    times = poisson(timing, 12 * (500 / 12) ** i, r.seconds)
    sizes = capped_sizes(timing, times.size, 2.5, 2.0)
    low, high = {"pavement": (1000, 6500), "leaves": (2000, 7000), "puddle": (800, 5000)}[str(r["surface"])]
    kernels = []
    for _ in range(12):
        hz, n = float(log_uniform(timbre, low, high)), 400
        kernels.append(np.sin(2 * np.pi * hz * np.arange(n) / 22050) * decay(0.00025, 1 / timbre.uniform(400, 1500), n))
    drops = train(r.samples, times, kernels, 0.5 * sizes, timing)
    wet = timing.random(times.size) < (0.6 if r["surface"] == "puddle" else 0.15)
    plops = bubbles(timing, r.samples, times[wet], (0.5, 2.5), 0.12)
    return bed + drops + 0.8 * plops


RAIN = Recipe(
    id="rain",
    number=1,
    wave=1,
    code="RAIN",
    nouns=("rain", "rainfall", "rain shower", "raindrops"),
    clauses=("{adj} rain falls", "it is raining {adv}", "{adj} rain is coming down", "{adj} rain patters on the ground"),
    tags=("raining", "rain ambience", "rainy weather", "pouring rain", "shower of rain"),
    onomatopoeia=("pitter patter",),
    render=_rain,
    texture=True,
    attributes=(
        Range("intensity", 0, 1, axis="intensity", moves="modulation_depth", sign=-1),
        Kind(
            "surface",
            {
                "pavement": ("on pavement", "on the street", "on concrete"),
                "leaves": ("on leaves", "in the trees", "in a forest"),
                "puddle": ("on puddles", "into puddles", "on water"),
            },
            slot="after",
        ),
    ),
    tests=(
        Between("centroid_hz", 1900, 3900),
        Between("active_share", 0.95, 1),
        Between("modulation_depth", 0.05, 0.2, {"intensity_q": 0.95}),
    ),
)

RECIPES = (RAIN,)
