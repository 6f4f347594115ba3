"""What is lost before anything is generated: held-out clips through tokenizer, through vocoder, and through both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.corpus.registry import recipes
from engine.evaluation.bench import RoundTrip, result_key, round_trip
from engine.evaluation.corpus_clips import held_out_seeds, single_clip
from engine.evaluation.figures import table
from engine.evaluation.store import Row, RowStore, fingerprint
from engine.pipeline import Pipeline
from engine.signal.mel import CEILING_DB, FLOOR_DB, log_mel_db
from engine.types import EngineError

_PARTS = ("tokenizer", "vocoder", "both")


def held_out_cases(classes: Sequence[str], per_class: int, limit: int | None = None) -> list[tuple[str, int]]:
    """(class, seed) of clips of the test split, ``per_class`` of each class, class by class; ``limit`` keeps an even selection."""
    if per_class < 1 or (limit is not None and limit < 1):
        raise EngineError("value", "There must be at least one clip.")
    seeds = {name: held_out_seeds(name, per_class) for name in recipes() if name in set(classes)}
    cases = [(name, seeds[name][number]) for number in range(per_class) for name in seeds]
    if limit is None or limit >= len(cases):
        return cases
    return [cases[index] for index in np.linspace(0, len(cases) - 1, limit).astype(int)]


def mel_error(truth: NDArray, result: NDArray) -> tuple[float, float, float]:
    """Mean absolute difference in dB over all cells of the picture and over those that are not silent, and mean difference over the latter.

    Both pictures are cut to -80..20 dB first, which is all that the tokenizer sees; silent is what lies at its floor.
    """
    truth, result = (np.clip(mel, FLOOR_DB, CEILING_DB) for mel in (truth, result))
    difference = result - truth
    sounding = truth > FLOOR_DB + 0.5
    inside = difference[sounding] if sounding.any() else np.zeros(1)
    return float(np.abs(difference).mean()), float(np.abs(inside).mean()), float(inside.mean())


def errors_of(trip: RoundTrip, other_mel: NDArray) -> Row:
    """Errors of one round trip, and of an unrelated clip in its place."""
    pictures = {"tokenizer": trip.tokenizer_mel, "vocoder": trip.vocoder_mel, "both": trip.both_mel, "other": other_mel}
    return {name: list(mel_error(trip.mel, mel)) for name, mel in pictures.items()}


def evaluate_reconstruction(pipeline: Pipeline, folder: Path, cases: Sequence[tuple[str, int]]) -> Iterator[str | Row]:
    """Yields lines of progress and at last the result."""
    store = RowStore(folder / "reconstruction" / f"{fingerprint(*result_key(pipeline))}.jsonl")
    table_of_recipes = recipes()

    def measure(case: tuple[str, int]) -> Row:
        name, seed = case
        trip = round_trip(pipeline, single_clip(name, seed))
        other = log_mel_db(single_clip(*cases[(cases.index(case) + 1) % len(cases)]), pipeline.geometry)
        counts = np.bincount(trip.ids.reshape(-1))
        codes = {str(code): int(counts[code]) for code in np.flatnonzero(counts)}
        return {"class": name, "family": table_of_recipes[name].family, "codes": codes, **errors_of(trip, other)}

    rows = []
    for number, row in enumerate(store.filled(cases, lambda case: f"{case[0]}/{case[1]}", measure), 1):
        rows.append(row)
        if number % 20 == 0 or number == len(cases):
            yield f"{number} of {len(cases)} clips"
    yield {"pack": pipeline.pack.manifest.hash, **reconstruction_summary(rows, pipeline.geometry.code_count)}


def reconstruction_summary(rows: Sequence[Row], code_count: int) -> Row:
    """Means over all clips and by family, and how the codebook is used."""
    counts = np.zeros(code_count, np.int64)
    for row in rows:
        for code, number in row["codes"].items():
            counts[int(code)] += number
    share = counts[counts > 0] / max(counts.sum(), 1)
    families = sorted({row["family"] for row in rows})
    return {
        "clips": len(rows),
        **{part: _means(rows, part) for part in (*_PARTS, "other")},
        "families": {family: {part: _means([r for r in rows if r["family"] == family], part) for part in _PARTS} for family in families},
        "codes_used": int((counts > 0).sum()),
        "code_count": code_count,
        "perplexity": float(np.exp(-(share * np.log(share)).sum())),
    }


def _means(rows: Sequence[Row], part: str) -> Row:
    values = np.array([row[part] for row in rows]).mean(axis=0)
    return {"all_db": float(values[0]), "sounding_db": float(values[1]), "level_db": float(values[2])}


def reconstruction_report(result: Row) -> str:
    """The result as Markdown."""
    names = {
        "tokenizer": "through the tokenizer",
        "vocoder": "through the vocoder, sound analysed again",
        "both": "through both",
        "other": "another clip in its place",
    }
    totals = [
        [name, *(f"{result[part][key]:.2f}" for key in ("sounding_db", "all_db")), f"{result[part]['level_db']:+.2f}"]
        for part, name in names.items()
    ]
    families = sorted(result["families"].items(), key=lambda item: item[1]["both"]["sounding_db"])
    rows = [[name, *(f"{value[part]['sounding_db']:.2f}" for part in _PARTS)] for name, value in families]
    lines = [
        "# Reconstruction: what tokenizer and vocoder lose",
        "",
        f"Pack {result['pack']}; {result['clips']} clips of the test split. Mean absolute difference of the log-mel pictures in dB.",
        "",
        table(["way", "where it sounds", "whole picture", "level"], totals),
        "",
        f"{result['codes_used']} of {result['code_count']} codes are in use, perplexity {result['perplexity']:.0f}.",
        "",
        table(["family (where it sounds)", "tokenizer", "vocoder", "both"], rows),
    ]
    return "\n".join(lines) + "\n"
