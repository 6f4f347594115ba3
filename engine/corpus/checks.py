"""The proof that a recipe does what its caption says: hygiene, contract and own tests of a class."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from engine.corpus.measures import MEASURES, subsonic_share, visible_share
from engine.corpus.recipe import CLIP_SAMPLES, Ascending, Between, Follows, OwnTest, Range, Recipe

_FIRST_SEED = 1000


def hygiene(recipe: Recipe, seeds: int = 6) -> Iterator[str]:
    """Faults of single clips: not finite, DC, silent, invisible to the model, cut-off end, not reproducible."""
    for seed in range(_FIRST_SEED, _FIRST_SEED + seeds):
        record = recipe.draw(seed)
        samples = recipe.sound(record)
        where = f"{recipe.id} seed {seed}"
        if not np.isfinite(samples).all():
            yield f"{where}: not finite"
            continue
        peak = float(np.abs(samples).max())
        if peak < 1e-6:
            yield f"{where}: silent"
            continue
        if abs(float(samples.mean())) > 1e-3 * peak:
            yield f"{where}: DC {samples.mean() / peak:.4f} of the peak"
        visible, least = visible_share(samples), 0.45 if recipe.sub_bass else 0.7
        if visible < least:
            yield f"{where}: only {visible:.2f} of the energy lies in 60-7,500 Hz"
        subsonic, most = subsonic_share(samples), 0.2 if recipe.sub_bass else 0.05
        if subsonic > most:
            yield f"{where}: {subsonic:.2f} of the energy lies below 40 Hz"
        if abs(float(samples[-1])) > 0.02 * peak:
            yield f"{where}: cut off at the end"
    if not np.array_equal(recipe.sound(recipe.draw(_FIRST_SEED)), recipe.sound(recipe.draw(_FIRST_SEED))):
        yield f"{recipe.id}: the same seed gave another sound"
    short = recipe.draw(_FIRST_SEED, samples=2 * 22050)
    if np.abs(recipe.sound(short)).max() < 1e-6:
        yield f"{recipe.id}: silent when only two seconds are asked for"


def contract(recipe: Recipe, seeds: int = 12) -> Iterator[str]:
    """Spoken attributes whose two ends cannot be told apart by the measure that they promise to move."""
    for attribute in recipe.attributes:
        if not isinstance(attribute, Range) or attribute.axis is None:
            continue
        if attribute.moves is None:
            yield f"{recipe.id}.{attribute.name}: spoken, but names no measure"
            continue
        effect = contrast(recipe, attribute, seeds)
        if effect * attribute.sign < 2:
            yield f"{recipe.id}.{attribute.name}: {attribute.moves} moves by {effect:+.1f} sd, promised {attribute.sign * 2:+d}"


def contrast(recipe: Recipe, attribute: Range, seeds: int = 12) -> float:
    """Effect size of an attribute on its measure: difference between its 0.9 and 0.1 quantiles over the pooled deviation."""
    values = [
        [
            MEASURES[attribute.moves](recipe.sound(recipe.draw(_FIRST_SEED + seed, **{f"{attribute.name}_q": quantile})))
            for seed in range(seeds)
        ]
        for quantile in (0.1, 0.9)
    ]
    low, high = np.asarray(values)
    pooled = np.sqrt((low.var(ddof=1) + high.var(ddof=1)) / 2)
    return float((high.mean() - low.mean()) / max(pooled, 1e-9))


def own_tests(recipe: Recipe, seeds: int = 10) -> Iterator[str]:
    """Failures of the tests that the class itself registered."""
    for test in recipe.tests:
        failure = _run(recipe, test, seeds)
        if failure:
            yield f"{recipe.id}: {failure}"


def _run(recipe: Recipe, test: OwnTest, seeds: int) -> str | None:
    measure = MEASURES[test.measure]
    match test:
        case Follows():
            records = [recipe.draw(_FIRST_SEED + seed, **dict(test.given)) for seed in range(seeds)]
            ratios = np.array([measure(recipe.sound(r)) / (test.factor * float(r[test.attribute])) for r in records])
            good = np.abs(ratios - 1) <= test.within
            return None if good.mean() >= 0.8 else f"{test.measure} / {test.attribute} = {np.round(ratios, 2)}"
        case Between():
            median = float(np.median([measure(recipe.sound(recipe.draw(_FIRST_SEED + seed, **dict(test.given)))) for seed in range(seeds)]))
            return None if test.low <= median <= test.high else f"{test.measure} {median:.4g}, not in {test.low}..{test.high}"
        case Ascending():
            medians = [
                float(np.median([measure(recipe.sound(recipe.draw(_FIRST_SEED + s, **{test.attribute: o}))) for s in range(seeds)]))
                for o in test.options
            ]
            ascending = all(a < b for a, b in pairwise(medians))
            return None if ascending else f"{test.measure} along {test.options} is {np.round(medians, 3)}"


def cost_ms(recipe: Recipe, seeds: int = 4) -> float:
    """Median milliseconds of the bare recipe for one clip."""
    times = []
    for seed in range(seeds):
        record = recipe.draw(_FIRST_SEED + seed, CLIP_SAMPLES)
        start = time.perf_counter()
        recipe.render(record)
        times.append(time.perf_counter() - start)
    return 1000 * float(np.median(times))


def check(recipe: Recipe) -> list[str]:
    """All faults of a class; empty when it is sound."""
    return [*hygiene(recipe), *contract(recipe), *own_tests(recipe)]
