"""Tables over sampling settings: every setting generates the same prompts, and what comes out is compared with held-out corpus clips.

The Frechet and the kernel audio distance compare sets in a named embedding, a judge that was trained on corpus sound names what it
hears. Every take is stored as soon as it is measured; settings that several tables share are generated once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.corpus.registry import recipes
from engine.evaluation.bench import heard, result_key, round_trip, take_of
from engine.evaluation.classifier import Judge, load_judge, ranks_of
from engine.evaluation.corpus_clips import held_out_seeds, single_clip
from engine.evaluation.embeddings import Embedding
from engine.evaluation.features import FEATURES_VERSION, features_of
from engine.evaluation.figures import accuracy, percent, table
from engine.evaluation.metrics import clap_score, frechet_distance, kernel_audio_distance
from engine.evaluation.prompts import PromptCase, prompt_cases
from engine.evaluation.store import Row, RowStore, fingerprint
from engine.models.pack import Pack
from engine.pipeline import Pipeline
from engine.types import EngineError, SamplingSettings

_VERSION = 1
_NEWS_EVERY = 20
_BLANK_FRAMES = 64


@dataclass(frozen=True)
class Variant:
    """A row of a table: its name, the settings, what hidden cells hold (the prompt or the mask token), and its place on the axis.

    ``needs`` names a part that not every pack has; without it the row is left out.
    """

    name: str
    settings: SamplingSettings
    conditional_mask: bool = True
    value: float | None = None
    needs: str | None = None

    def fits(self, pack: Pack) -> bool:
        """True if the pack has what the row needs."""
        return self.needs is None or getattr(pack, self.needs) is not None


@dataclass(frozen=True)
class Table:
    """What is compared: ``axis`` names the quantity that varies, "" where the variants are no numbers."""

    name: str
    title: str
    note: str
    axis: str
    variants: tuple[Variant, ...]


@dataclass(frozen=True, eq=False)
class TableRun:
    """With what a table is measured: prompts of each class, takes of each prompt, at most ``limit`` prompts; no judge, no guesses."""

    embedding: Embedding
    judge: Judge | None = None
    per_class: int = 1
    seeds: int = 3
    limit: int | None = None


class _TokenMasked(nn.Module):
    """The generator whose hidden cells hold the mask token although there is a condition."""

    def __init__(self, generator: nn.Module) -> None:
        super().__init__()
        self.generator, self.config = generator, generator.config

    def logits(self, ids: Tensor, condition: Tensor | None) -> Tensor:
        """As the Generator role says."""
        return self.generator.logits(ids, condition, conditional_mask=False)


def without_conditional_mask(pipeline: Pipeline) -> Pipeline:
    """The same pack with mask tokens in hidden cells; its weights are not trained for that."""
    return Pipeline(replace(pipeline.pack, generator=_TokenMasked(pipeline.pack.generator)), pipeline.device)


def cached_judge(folder: Path, classes: Sequence[str]) -> Judge | None:
    """The newest trained judge of a cache that hears today's features and knows all the classes, or None."""
    size = features_of(np.zeros((80, _BLANK_FRAMES))).size
    for path in sorted(folder.glob("judge-*.npz"), key=lambda path: path.stat().st_mtime, reverse=True):
        judge = load_judge(path)
        if judge.arrays["mean"].size == size and set(classes) <= set(judge.classes):
            return judge
    return None


def table_cases(classes: Sequence[str], run: TableRun) -> list[list[PromptCase]]:
    """The prompts of a table once for each seed, each time with other seeds of the takes."""
    if run.seeds < 1:
        raise EngineError("value", "There must be at least one seed.")
    rounds = [prompt_cases(classes, run.per_class, seed, run.limit) for seed in range(run.seeds)]
    if len(rounds[0]) < 2:
        raise EngineError("value", "A table needs at least two prompts of classes that the pack knows.")
    return rounds


def run_table(pipeline: Pipeline, compared: Table, run: TableRun, folder: Path) -> Iterator[str | Row]:
    """Yields lines of progress and at last the result. Raises EngineError for a failed job."""
    rounds = table_cases(pipeline.pack.manifest.classes, run)
    reference: list[Row] = []
    anchors: dict[str, list[Row]] = {"held-out corpus clips": [], "their round trips": []}
    for number, (row, other, trip) in enumerate(_corpus_rows(pipeline, run, rounds[0], folder), 1):
        reference.append(row)
        anchors["held-out corpus clips"].append(other)
        anchors["their round trips"].append(trip)
        if number % _NEWS_EVERY == 0 or number == len(rounds[0]):
            yield f"corpus: {number} of {len(rounds[0])} clips"
    rows = []
    for variant in (variant for variant in compared.variants if variant.fits(pipeline.pack)):
        made: list[list[Row]] = []
        for seed, cases in enumerate(rounds):
            made.append(list(_generated(pipeline, variant, run, cases, folder)))
            yield f"{variant.name}: seed {seed + 1} of {len(rounds)}"
        rows.append({**_named(variant), **measured(reference, made, run.judge)})
    yield {
        "pack": pipeline.pack.manifest.hash,
        **{key: getattr(compared, key) for key in ("name", "title", "note", "axis")},
        "embedding": run.embedding.title,
        "judge": None if run.judge is None else len(run.judge.classes),
        "prompts": len(rounds[0]),
        "seeds": len(rounds),
        "variants": rows,
        "anchors": [{"name": name, **measured(reference, [found], run.judge)} for name, found in anchors.items()],
    }


def _named(variant: Variant) -> Row:
    mask = "prompt" if variant.conditional_mask else "token"
    return {"name": variant.name, "value": variant.value, "mask": mask, "settings": asdict(variant.settings)}


def _corpus_rows(pipeline: Pipeline, run: TableRun, cases: Sequence[PromptCase], folder: Path) -> Iterator[tuple[Row, Row, Row]]:
    """For every prompt a held-out clip of its class, another one, and the round trip of that other one."""
    clips = RowStore(folder / "tables" / f"corpus-{fingerprint(run.embedding.identity, FEATURES_VERSION, _VERSION)}.jsonl")
    trips = RowStore(folder / "tables" / f"trips-{fingerprint(*result_key(pipeline), run.embedding.identity, _VERSION)}.jsonl")
    seen: dict[str, int] = {}
    chosen = []
    for case in cases:
        number = seen[case.class_id] = seen.get(case.class_id, 0) + 1
        seeds = held_out_seeds(case.class_id, 2 * number)
        chosen.append(((case.class_id, seeds[2 * number - 2]), (case.class_id, seeds[2 * number - 1])))

    def clip(case: tuple[str, int]) -> Row:
        return _row(pipeline, run.embedding, case[0], single_clip(*case))

    def trip(case: tuple[str, int]) -> Row:
        return _row(pipeline, run.embedding, case[0], round_trip(pipeline, single_clip(*case)).samples)

    def key(case: tuple[str, int]) -> str:
        return f"{case[0]}/{recipes()[case[0]].version}/{case[1]}"

    for first, other in chosen:
        (row, another), (returned,) = clips.filled((first, other), key, clip), trips.filled((other,), key, trip)
        yield row, another, returned


def _row(pipeline: Pipeline, embedding: Embedding, class_id: str, samples: NDArray[np.float32]) -> Row:
    rate = pipeline.geometry.sample_rate
    return {"class": class_id, "features": heard(pipeline, samples), "vectors": embedding.stored(samples, rate)}


def _generated(pipeline: Pipeline, variant: Variant, run: TableRun, cases: Sequence[PromptCase], folder: Path) -> Iterator[Row]:
    """A row per prompt with features and vectors of its take; stored rows are not made again."""
    embedding = run.embedding
    made_of = (*result_key(pipeline, variant.settings), variant.conditional_mask, embedding.identity, _VERSION)
    store = RowStore(folder / "tables" / f"{fingerprint(*made_of)}.jsonl")
    drawing = pipeline if variant.conditional_mask else without_conditional_mask(pipeline)

    def measure(case: PromptCase) -> Row:
        samples = take_of(drawing, case.prompt, case.seed, variant.settings).clip.mono()
        row = _row(pipeline, embedding, case.class_id, samples)
        if embedding.text is not None:
            row["match"] = clap_score(embedding.text([case.prompt]), np.mean(row["vectors"], axis=0, keepdims=True))
        return row

    return store.filled(cases, lambda case: case.key, measure)


def measured(reference: Sequence[Row], rounds: Sequence[Sequence[Row]], judge: Judge | None) -> Row:
    """Measures of takes [seed][prompt]: distances to the reference clips, closeness to the prompts, and the judge's guesses."""
    truth = _vectors(reference)
    rows = [row for part in rounds for row in part]
    result: Row = {
        "frechet": _spread([frechet_distance(truth, _vectors(part)) for part in rounds]),
        "kad": _spread([kernel_audio_distance(truth, _vectors(part)) for part in rounds]),
        "match": _spread([float(np.mean([row["match"] for row in part])) for part in rounds]) if "match" in rows[0] else None,
        "judged": None,
    }
    if judge is not None:
        labels = np.array([judge.classes.index(row["class"]) for row in rows])
        ranks = ranks_of(judge, np.array([row["features"] for row in rows], np.float32), labels)
        result["judged"] = accuracy(ranks, labels)
    return result


def _vectors(rows: Sequence[Row]) -> NDArray[np.float64]:
    return np.concatenate([np.array(row["vectors"], np.float64) for row in rows])


def _spread(values: Sequence[float]) -> Row:
    """Mean over the seeds and their deviation, None for a single one."""
    return {"mean": float(np.mean(values)), "deviation": float(np.std(values, ddof=1)) if len(values) > 1 else None}


def table_report(result: Row) -> str:
    """The result as Markdown."""
    rows = [_line(row) for row in result["variants"]] + [_line(row) for row in result["anchors"]]
    judge = "" if result["judge"] else " There was no trained judge in the cache (main.py evaluate judge), so nothing was named."
    lines = [
        f"# {result['title']}",
        "",
        f"Pack {result['pack']}; {result['prompts']} prompts that no caption contains, {result['seeds']} seeds; embedding: "
        f"{result['embedding']}. {result['note']}",
        "",
        "Frechet distance and kernel audio distance (KAD, usable with few clips) to held-out corpus clips of the same classes: lower is "
        "better; ± is the deviation over the seeds. Closeness: mean cosine of prompt and sound in the embedding. First guess and among "
        "five: how often the judge, trained on corpus sound of other seeds, names the class that was asked for (95 % interval over "
        "classes). "
        f"The last lines are other corpus clips and what tokenizer and vocoder leave of them.{judge}",
        "",
        table([result["axis"] or "variant", "Frechet", "KAD", "closeness", "first guess", "95 %", "among five"], rows),
        "",
        verdict(result["variants"]),
    ]
    return "\n".join(lines) + "\n"


def verdict(variants: Sequence[Row]) -> str:
    """Which variant has the smallest Frechet distance, and which differ from it by no more than both spread over the seeds."""
    best = min(variants, key=lambda row: row["frechet"]["mean"])
    if best["frechet"]["deviation"] is None:
        return f"Smallest Frechet distance: {best['name']}; with one seed nothing is known of chance."
    near = [row["name"] for row in variants if row is not best and _gap(row, best) <= 1]
    far = [row["name"] for row in variants if _gap(row, best) > 1]
    alike = f"Not to be told from it, because both spread as much: {'; '.join(near)}." if near else "All others are clearly worse."
    return f"Smallest Frechet distance: {best['name']}. {alike}" + (f" Worse: {'; '.join(far)}." if near and far else "")


def _gap(row: Row, best: Row) -> float:
    """Difference of two Frechet distances in deviations over the seeds."""
    spread = np.hypot(row["frechet"]["deviation"], best["frechet"]["deviation"])
    return float((row["frechet"]["mean"] - best["frechet"]["mean"]) / max(spread, 1e-12))


def _line(row: Row) -> list[str]:
    judged = row["judged"]
    guesses = ["", "", ""]
    if judged:
        low, high = judged["interval"]
        guesses = [percent(judged["top1"]), f"{100 * low:.0f}–{100 * high:.0f} %", percent(judged["top5"])]
    return [row["name"], *(_figure(row[key]) for key in ("frechet", "kad", "match")), *guesses]


def _figure(spread: dict[str, Any] | None) -> str:
    if spread is None:
        return ""
    deviation = "" if spread["deviation"] is None else f" ± {spread['deviation']:.3f}"
    return f"{spread['mean']:.3f}{deviation}"
