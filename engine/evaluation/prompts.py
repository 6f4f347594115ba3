"""Does the prompt's sound come out? Paraphrases are generated and judged, beside anchors that say what the numbers can mean."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.corpus.registry import recipes
from engine.evaluation.bench import heard, result_key, round_trip, take_of
from engine.evaluation.classifier import Judge, held_out_accuracy, ranks_of
from engine.evaluation.corpus_clips import held_out_seeds, single_clip
from engine.evaluation.figures import accuracy, percent, table
from engine.evaluation.store import Row, RowStore, fingerprint
from engine.pipeline import Pipeline
from engine.types import EngineError, SamplingSettings

_ORDER_SEED = 11
_NEAREST = 5


@dataclass(frozen=True)
class PromptCase:
    """A prompt, the class that it means and the seed of the take."""

    class_id: str
    prompt: str
    seed: int

    @property
    def key(self) -> str:
        """Name of its row."""
        return f"{self.class_id}/{self.seed}/{self.prompt}"


def paraphrases() -> dict[str, list[str]]:
    """Class id -> prompts that people might type and that no caption contains."""
    return json.loads(files("engine.evaluation").joinpath("paraphrases.json").read_text(encoding="utf-8"))


def prompt_cases(classes: Sequence[str], per_class: int, seed: int = 0, limit: int | None = None) -> list[PromptCase]:
    """``per_class`` prompts of each class in an order that mixes the families; ``limit`` keeps the first of them."""
    texts = paraphrases()
    named = [name for name in recipes() if name in set(classes) and name in texts]
    if per_class < 1 or (limit is not None and limit < 1):
        raise EngineError("value", "There must be at least one prompt per class.")
    cases = [
        PromptCase(name, texts[name][number % len(texts[name])], 1000 * seed + number) for number in range(per_class) for name in named
    ]
    order = np.random.default_rng(_ORDER_SEED)
    rounds = [order.permutation(len(named)) + number * len(named) for number in range(per_class)]
    mixed = [cases[int(index)] for part in rounds for index in part]
    return mixed[:limit]


def generated_rows(pipeline: Pipeline, folder: Path, cases: Sequence[PromptCase], settings: SamplingSettings) -> Iterator[Row]:
    """A row per case with the features of its take and the concepts nearest to its prompt; stored rows are not made again."""
    store = RowStore(folder / "generated" / f"{fingerprint(*result_key(pipeline, settings))}.jsonl")

    def measure(case: PromptCase) -> Row:
        take = take_of(pipeline, case.prompt, case.seed, settings)
        return {
            "class": case.class_id,
            "prompt": case.prompt,
            "seed": case.seed,
            "features": heard(pipeline, take.clip.mono()),
            "understood": understood_classes(pipeline, case.prompt),
        }

    yield from store.filled(cases, lambda case: case.key, measure)


def understood_classes(pipeline: Pipeline, prompt: str) -> list[str]:
    """Classes of the concepts that the pack's own prompt encoder finds nearest to a prompt."""
    owners = {phrase: name for name, phrase in reversed(pipeline.knowledge.concepts)}
    phrases, _ = pipeline.knowledge.nearest(prompt, _NEAREST)
    return [owners[phrase] for phrase in phrases]


def wordings_understood(pipeline: Pipeline, classes: Sequence[str]) -> Row:
    """How often the prompt encoder puts the right concept first, and among five, over all wordings of the classes, drawn or not."""
    found = [(name, understood_classes(pipeline, prompt)) for name in classes for prompt in paraphrases()[name]]
    first, among = ([name in nearest[:count] for name, nearest in found] for count in (1, _NEAREST))
    return {"prompts": len(found), "top1": float(np.mean(first)), "top5": float(np.mean(among))}


def round_trip_rows(pipeline: Pipeline, folder: Path, classes: Sequence[str]) -> Iterator[Row]:
    """A row per class with the features of one held-out clip after tokenizer and vocoder."""
    store = RowStore(folder / "round-trips" / f"{fingerprint(*result_key(pipeline))}.jsonl")

    def measure(class_id: str) -> Row:
        samples = single_clip(class_id, held_out_seeds(class_id, 1)[0])
        return {"class": class_id, "features": heard(pipeline, round_trip(pipeline, samples).samples)}

    yield from store.filled(classes, lambda name: name, measure)


def evaluate_prompts(
    pipeline: Pipeline, judge: Judge, folder: Path, cases: Sequence[PromptCase], settings: SamplingSettings
) -> Iterator[str | Row]:
    """Yields lines of progress and at last the result."""
    rows = []
    for number, row in enumerate(generated_rows(pipeline, folder, cases, settings), 1):
        rows.append(row)
        if number % 20 == 0 or number == len(cases):
            yield f"{number} of {len(cases)} prompts"
    classes = sorted({case.class_id for case in cases})
    trips = []
    for number, row in enumerate(round_trip_rows(pipeline, folder, classes), 1):
        trips.append(row)
        if number % 40 == 0 or number == len(classes):
            yield f"{number} of {len(classes)} round trips"
    held_out = None
    for held_out in held_out_accuracy(folder, judge):
        if isinstance(held_out, str):
            yield held_out
    if held_out is None:
        raise EngineError("value", "There is no held-out clip.")
    kept = np.isin(held_out[0], [judge.classes.index(name) for name in classes])
    yield {
        "pack": pipeline.pack.manifest.hash,
        "settings": asdict(settings),
        **summary(judge, rows),
        "wordings": wordings_understood(pipeline, classes),
        "anchors": {
            "held-out corpus clips": accuracy(held_out[1][kept], held_out[0][kept]),
            "their round trips": accuracy(_ranks(judge, trips)),
            "generated, prompts shuffled": accuracy(_ranks(judge, rows, shuffled=True)),
            "chance": {"clips": 0, "top1": 1 / len(judge.classes), "top5": 5 / len(judge.classes), "interval": [0.0, 0.0]},
        },
    }


def summary(judge: Judge, rows: Sequence[Row]) -> Row:
    """Accuracy of generated rows, whole and by family, whose fault the errors are, and the worst confusions."""
    family = dict(zip(judge.classes, judge.families, strict=True))
    ranks = _ranks(judge, rows)
    guesses = _guesses(judge, rows)
    truths = [row["class"] for row in rows]
    families: dict[str, Any] = {}
    for name in sorted(set(judge.families)):
        mine = np.array([family[truth] == name for truth in truths], bool)
        if mine.any():
            families[name] = accuracy(ranks[mine])
    confusions = Counter((truth, guess) for truth, guess in zip(truths, guesses, strict=True) if truth != guess)
    worst = sorted(confusions.items(), key=lambda item: (-item[1], item[0]))
    return {
        "generated": accuracy(ranks, truths),
        "family_right": float(np.mean([family[truth] == family[guess] for truth, guess in zip(truths, guesses, strict=True)])),
        "text": _understanding(rows, ranks),
        "families": families,
        "confusions": [[truth, guess, count] for (truth, guess), count in worst],
        "missed": [
            {"class": row["class"], "prompt": row["prompt"], "seed": row["seed"], "heard": guess, "rank": int(rank)}
            for row, guess, rank in zip(rows, guesses, ranks, strict=True)
            if rank
        ],
    }


def _understanding(rows: Sequence[Row], ranks: NDArray) -> Row | None:
    """How often the prompt encoder's nearest concept is right, and the accuracy of the sound where it is and where it is not."""
    if not rows or not all(row["understood"] for row in rows):
        return None
    right = np.array([row["understood"][0] == row["class"] for row in rows])
    among = np.array([row["class"] in row["understood"] for row in rows])
    return {
        "top1": float(right.mean()),
        "top5": float(among.mean()),
        "sound_right_when_understood": accuracy(ranks[right]),
        "sound_right_when_misunderstood": accuracy(ranks[~right]),
    }


def _matrix(rows: Sequence[Row]) -> NDArray[np.float32]:
    return np.array([row["features"] for row in rows], np.float32)


def _ranks(judge: Judge, rows: Sequence[Row], shuffled: bool = False) -> NDArray[np.int64]:
    """Rank of the true class in each row; ``shuffled`` takes the class of a prompt half the list away."""
    if not rows:
        return np.zeros(0, np.int64)
    order = {name: index for index, name in enumerate(judge.classes)}
    truths = [row["class"] for row in rows]
    if shuffled:
        truths = truths[len(truths) // 2 :] + truths[: len(truths) // 2]
    return ranks_of(judge, _matrix(rows), np.array([order[truth] for truth in truths]))


def _guesses(judge: Judge, rows: Sequence[Row]) -> list[str]:
    return [judge.classes[int(i)] for i in judge.scores(_matrix(rows)).argmax(axis=1)] if rows else []


def prompts_report(result: Row) -> str:
    """The result as Markdown."""
    settings = result["settings"]
    lines = [
        "# Prompts: does the sound that was asked for come out?",
        "",
        f"Pack {result['pack']}; {settings['steps']} iterations, guidance {settings['guidance']:g} (from {settings['guidance_start']:g}), "
        f"temperature {settings['temperature']:g}, order {settings['order']}. Prompts are paraphrases that no caption "
        "contains; the judge is a "
        "classifier trained on corpus audio of other seeds.",
        "",
        table(
            ["clips", "number", "first guess right", "95 %", "among five"],
            [_row("**generated from paraphrases**", result["generated"]), *(_row(k, v) for k, v in result["anchors"].items())],
        ),
        "",
        f"The family is right for {percent(result['family_right'])} of the generated clips.",
        "",
    ]
    if result["text"]:
        text = result["text"]
        good, bad, every = text["sound_right_when_understood"], text["sound_right_when_misunderstood"], result["wordings"]
        lines += [
            f"The pack's own prompt encoder puts the right concept first for {percent(text['top1'])} of the prompts "
            "and among its first five "
            f"for {percent(text['top5'])}. Where it is first, {percent(good['top1'])} of {good['clips']} sounds are right, "
            f"otherwise {percent(bad['top1'])} of {bad['clips']}. Of all {every['prompts']} wordings, drawn or not, it "
            f"puts the right concept first for {percent(every['top1'])}, among five for {percent(every['top5'])}.",
            "",
        ]
    by_family = sorted(result["families"].items(), key=lambda item: -item[1]["top1"])
    lines += [table(["family", "number", "first guess right", "95 %", "among five"], [_row(k, v) for k, v in by_family]), ""]
    lines += ["Most frequent confusions:", "", table(["asked for", "heard as", "clips"], result["confusions"][:20])]
    return "\n".join(lines) + "\n"


def _row(name: str, value: Row) -> list[str]:
    low, high = value["interval"]
    interval = f"{100 * low:.0f}–{100 * high:.0f} %" if value["clips"] else ""
    return [name, str(value["clips"] or ""), percent(value["top1"]), interval, percent(value["top5"])]
