"""Does a word do what it says? "Light rain" against "heavy rain", with the measure that the recipe itself promises to move."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.corpus.lexicon import lexicon
from engine.corpus.measures import MEASURES
from engine.corpus.recipe import Range
from engine.corpus.registry import recipes
from engine.evaluation.bench import result_key, round_trip, take_of
from engine.evaluation.corpus_clips import PROBE_SEED
from engine.evaluation.figures import bootstrap_interval, effect_size, percent, table
from engine.evaluation.store import Row, RowStore, fingerprint
from engine.pipeline import Pipeline
from engine.types import EngineError, SamplingSettings

LOW_QUANTILE, HIGH_QUANTILE = 0.1, 0.9
STRONG = 1.0
_WORDS = 2
_SHUFFLES = 200
# Two dozen spoken attributes over families, axes and measures.
_PROBED = (
    ("rain", "intensity"), ("ocean_waves", "swell"), ("water_drip", "rate"), ("campfire", "size"), ("crickets", "pitch"),
    ("songbird", "pitch"), ("dog_bark", "pitch"), ("baby_cry", "pitch"), ("footsteps", "pace"), ("typing", "rate"), ("door_slam", "weight"),
    ("metal_hit", "damping"), ("factory", "rate"), ("car_horn", "pitch"), ("helicopter", "rate"), ("clock_tick", "rate"),
    ("church_bell", "pitch"), ("beep_alarm", "pitch"), ("laser_shot", "pitch"), ("machine_gun", "rate"), ("crowd", "voices"),
    ("drum_loop", "tempo"), ("synth_pad", "brightness"), ("riser", "length"),
)  # fmt: skip


@dataclass(frozen=True)
class Probe:
    """One spoken attribute: prompts of its low and of its high end, the measure that follows and the sign that the high word promises."""

    class_id: str
    attribute: str
    low_prompts: tuple[str, ...]
    high_prompts: tuple[str, ...]
    measure: str
    sign: int

    @property
    def name(self) -> str:
        """Class and attribute."""
        return f"{self.class_id}.{self.attribute}"


def probes(classes: Sequence[str] | None = None) -> list[Probe]:
    """The probes of the classes that a pack knows."""
    return [probe_of(*pair) for pair in _PROBED if pair[0] in recipes() and (classes is None or pair[0] in classes)]


def probe_of(class_id: str, attribute_name: str) -> Probe:
    """Probe of one spoken attribute, its prompts made of the class's first plain noun and the words of the vocabulary."""
    attribute = recipes()[class_id].attribute(attribute_name)
    scale = next(scale for scale in lexicon(class_id).scales if scale.name == attribute_name)
    if not isinstance(attribute, Range) or attribute.moves is None:
        raise EngineError("value", f"{class_id}.{attribute_name} names no measure.")
    noun = next((text.words for text in lexicon(class_id).nouns if not text.needs), lexicon(class_id).nouns[0].words)
    low, high = ([f"{word} {noun}" for word in list(dict.fromkeys(scale.zones[zone]))[:_WORDS]] for zone in ("low", "high"))
    sign = -attribute.sign if attribute.reverse else attribute.sign
    return Probe(class_id, attribute_name, tuple(low), tuple(high), attribute.moves, sign)


def evaluate_probes(
    pipeline: Pipeline, folder: Path, chosen: Sequence[Probe], seeds: int, settings: SamplingSettings
) -> Iterator[str | Row]:
    """Yields lines of progress and at last the result; ``seeds`` takes at each end of each probe."""
    if seeds < 2 or not chosen:
        raise EngineError("value", "A probe needs at least two seeds and a class that the pack knows.")
    generated = RowStore(folder / "probes" / f"{fingerprint(*result_key(pipeline, settings))}.jsonl")
    corpus = RowStore(folder / "probes" / f"corpus-{fingerprint(*result_key(pipeline))}.jsonl")
    rows = []
    for number, probe in enumerate(chosen, 1):
        ends = [_generated(pipeline, generated, probe, high, seeds, settings) for high in (False, True)]
        truths, returned = zip(*(_corpus(pipeline, corpus, probe, high, seeds) for high in (False, True)), strict=True)
        rows.append(
            {
                "name": probe.name,
                "prompts": [probe.low_prompts[0], probe.high_prompts[0]],
                "measure": probe.measure,
                "sign": probe.sign,
                "low": ends[0],
                "high": ends[1],
                "effect": probe.sign * effect_size(*ends),
                "corpus_effect": probe.sign * effect_size(*truths),
                "round_trip_effect": probe.sign * effect_size(*returned),
            }
        )
        yield f"{number} of {len(chosen)} attributes"
    yield {"pack": pipeline.pack.manifest.hash, "settings": asdict(settings), "seeds": seeds, **probe_summary(rows), "probes": rows}


def _generated(pipeline: Pipeline, store: RowStore, probe: Probe, high: bool, seeds: int, settings: SamplingSettings) -> list[float]:
    """The measure on generated sounds of one end; both ends share their seeds."""
    prompts = probe.high_prompts if high else probe.low_prompts
    cases = [(prompts[seed % len(prompts)], seed) for seed in range(seeds)]

    def measure(case: tuple[str, int]) -> Row:
        return {"value": _measured(probe, take_of(pipeline, *case, settings).clip.mono())}

    return [row["value"] for row in store.filled(cases, lambda case: f"{probe.measure}/{case[1]}/{case[0]}", measure)]


def _corpus(pipeline: Pipeline, store: RowStore, probe: Probe, high: bool, seeds: int) -> tuple[list[float], list[float]]:
    """The measure on corpus sounds at a quantile, and on their round trips."""
    recipe = recipes()[probe.class_id]
    quantile = HIGH_QUANTILE if high != _reversed(probe) else LOW_QUANTILE

    def measure(seed: int) -> Row:
        samples = recipe.sound(recipe.draw(PROBE_SEED + seed, **{f"{probe.attribute}_q": quantile}))
        samples = (0.5 * samples / max(float(np.abs(samples).max()), 1e-9)).astype(np.float32)
        return {"value": _measured(probe, samples), "returned": _measured(probe, round_trip(pipeline, samples).samples)}

    rows = list(store.filled(range(seeds), lambda seed: f"{probe.name}/{quantile}/{seed}", measure))
    return [row["value"] for row in rows], [row["returned"] for row in rows]


def _reversed(probe: Probe) -> bool:
    attribute = recipes()[probe.class_id].attribute(probe.attribute)
    return isinstance(attribute, Range) and attribute.reverse


def _measured(probe: Probe, samples: NDArray) -> float:
    return round(float(MEASURES[probe.measure](samples)), 6)


def probe_summary(rows: Sequence[Row]) -> Row:
    """Shares of attributes with the promised sign and with an effect of at least one deviation; the same for the anchors."""
    return {
        "generated": _shares(np.array([row["effect"] for row in rows])),
        "anchors": {
            "corpus clips": _shares(np.array([row["corpus_effect"] for row in rows])),
            "their round trips": _shares(np.array([row["round_trip_effect"] for row in rows])),
            "generated, captions shuffled": _shuffled(rows),
        },
    }


def _shares(effects: NDArray) -> Row:
    right = effects > 0
    return {
        "right_sign": float(right.mean()),
        "interval": list(bootstrap_interval(right)),
        "strong": float((effects > STRONG).mean()),
        "median_effect": float(np.median(effects)),
    }


def _shuffled(rows: Sequence[Row]) -> Row:
    """What the same numbers give when it is forgotten which of them belong to the high word."""
    rng = np.random.default_rng(0)
    right, strong, medians = [], [], []
    for _ in range(_SHUFFLES):
        effects = np.array([row["sign"] * effect_size(*np.split(rng.permutation([*row["low"], *row["high"]]), 2)) for row in rows])
        right.append((effects > 0).mean())
        strong.append((effects > STRONG).mean())
        medians.append(np.median(effects))
    low, high = np.percentile(right, (2.5, 97.5))
    return {
        "right_sign": float(np.mean(right)),
        "interval": [float(low), float(high)],
        "strong": float(np.mean(strong)),
        "median_effect": float(np.mean(medians)),
    }


def probes_report(result: Row) -> str:
    """The result as Markdown."""
    sources = {"**generated from two words**": result["generated"], **result["anchors"]}
    totals = [
        [name, percent(v["right_sign"]), _interval(v["interval"]), percent(v["strong"]), f"{v['median_effect']:+.1f}"]
        for name, v in sources.items()
    ]
    rows = [
        [
            f"{probe['prompts'][0]} / {probe['prompts'][1]}",
            probe["measure"],
            f"{np.median(probe['low']):.3g} → {np.median(probe['high']):.3g}",
            *(f"{probe[key]:+.1f}" for key in ("effect", "round_trip_effect", "corpus_effect")),
        ]
        for probe in sorted(result["probes"], key=lambda probe: -probe["effect"])
    ]
    lines = [
        "# Attributes: does a word change the sound as it says?",
        "",
        f"Pack {result['pack']}; {len(rows)} attributes, {result['seeds']} takes with a word of the low end and "
        f"{result['seeds']} with one of "
        "the high end. The effect is the difference of the means of the measure over its deviation inside an end, "
        "positive where it goes where "
        "the word says.",
        "",
        table(["sounds", "right direction", "95 %", "effect above 1", "median effect"], totals),
        "",
        table(["words", "measure", "median low → high", "effect", "round trip of corpus clips", "corpus clips"], rows),
    ]
    return "\n".join(lines) + "\n"


def _interval(bounds: Sequence[float]) -> str:
    return f"{100 * bounds[0]:.0f}–{100 * bounds[1]:.0f} %"
