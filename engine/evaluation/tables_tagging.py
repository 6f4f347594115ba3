"""What a pack's networks know of sounds that they only hear: linear probes of frozen features on the classes of corpus clips.

The generator's features are the mean over all cells of its middle block, with nothing hidden and without a prompt (the linear probe of
SpecMaskGIT's table 8). Beside them: the generator before training, the tokenizer's codes, the prompt encoder, and plain mel statistics.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.corpus.registry import recipes
from engine.evaluation.corpus_clips import JUDGE_SEED, held_out_seeds, single_clip
from engine.evaluation.embeddings import rounded
from engine.evaluation.figures import bootstrap_interval, percent, table
from engine.evaluation.store import Row, RowStore, fingerprint
from engine.pipeline import Pipeline
from engine.signal.mel import log_mel_db, normalise
from engine.types import EngineError

FEATURES = {
    "generator": "generator, middle block",
    "untrained": "generator, untrained",
    "tokenizer": "tokenizer, counts of its codes",
    "prompt": "prompt encoder",
    "mel": "mean and deviation of each mel band",
}
_PENALTIES = (1e-1, 1e-2, 1e-3, 1e-4)
_HELD_BACK = 0.25
_PASSES = 80
_VERSION = 1


@dataclass(frozen=True)
class TaggingRun:
    """Clips of each class to learn from and to be asked about, repetitions with other parts of the former, at most ``limit`` classes."""

    train_clips: int = 8
    test_clips: int = 4
    seeds: int = 3
    limit: int | None = None


def run_tagging(pipeline: Pipeline, run: TaggingRun, folder: Path) -> Iterator[str | Row]:
    """Yields lines of progress and at last the result."""
    classes = [name for name in recipes() if name in set(pipeline.pack.manifest.classes)][: run.limit]
    if len(classes) < 2 or run.train_clips < 2 or run.test_clips < 1 or run.seeds < 1:
        raise EngineError("value", "Tagging needs two classes, two clips of each to learn from, one to be asked about and one seed.")
    store = RowStore(folder / "tagging" / f"{fingerprint(pipeline.pack.manifest.hash, _VERSION)}.jsonl")
    untrained = _untrained(pipeline.pack.generator).to(pipeline.device)
    parts: dict[str, list[Row]] = {"train": [], "test": []}
    for name in classes:
        seeds = {"train": range(JUDGE_SEED, JUDGE_SEED + run.train_clips), "test": held_out_seeds(name, run.test_clips)}
        for part, numbers in seeds.items():
            cases = [(name, seed) for seed in numbers]
            parts[part] += store.filled(cases, _key, lambda case: _heard(pipeline, untrained, *case))
        yield f"{classes.index(name) + 1} of {len(classes)} classes"
    rows = []
    for feature, title in FEATURES.items():
        rows.append({"feature": feature, "name": title, **_probed(parts["train"], parts["test"], feature, classes, run.seeds, pipeline)})
        yield f"probed: {title}"
    yield {
        "pack": pipeline.pack.manifest.hash,
        "classes": len(classes),
        "train_clips": len(parts["train"]),
        "test_clips": len(parts["test"]),
        "seeds": run.seeds,
        "probes": rows,
        "chance": 1 / len(classes),
    }


def _key(case: tuple[str, int]) -> str:
    return f"{case[0]}/{recipes()[case[0]].version}/{case[1]}"


@torch.inference_mode()
def _heard(pipeline: Pipeline, untrained: nn.Module, class_id: str, seed: int) -> Row:
    """Everything that is probed, of one clip; code counts are stored as the codes."""
    pack = pipeline.pack
    mel = normalise(log_mel_db(single_clip(class_id, seed), pipeline.geometry))
    picture = torch.from_numpy(mel)[None, None].to(pipeline.device)
    ids = pack.tokenizer.encode(picture)
    found = {
        "generator": middle_features(pack.generator, ids),
        "untrained": middle_features(untrained, ids),
        "prompt": pack.prompt.embed_mel(picture),
    }
    statistics = np.concatenate([mel.mean(axis=1), mel.std(axis=1)])
    return {
        "class": class_id,
        "tokenizer": ids.flatten().tolist(),
        "mel": rounded(statistics)[0],
        **{name: rounded(value.float().cpu().numpy())[0] for name, value in found.items()},
    }


def middle_features(generator: nn.Module, ids: Tensor) -> Tensor:
    """Mean over the cells of what the middle block of a generator returns for whole grids (B, rows, cols) without a prompt: (B, width).

    Raises EngineError("value") for a generator without blocks.
    """
    blocks = getattr(generator, "blocks", None)
    if not blocks:
        raise EngineError("value", "The generator of this pack has no blocks to look into.")
    kept: list[Tensor] = []
    hook = blocks[(len(blocks) - 1) // 2].register_forward_hook(lambda _module, _inputs, output: kept.append(output))
    try:
        generator.logits(ids, None)
    finally:
        hook.remove()
    return kept[0][:, 1:].mean(dim=1)


def _untrained(generator: nn.Module) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return type(generator)(generator.config).eval().requires_grad_(False)


def _probed(train: Sequence[Row], test: Sequence[Row], feature: str, classes: Sequence[str], seeds: int, pipeline: Pipeline) -> Row:
    """Shares of right answers on the test clips: over repetitions, and the interval over classes of the first one."""
    order = {name: index for index, name in enumerate(classes)}
    codes = pipeline.geometry.code_count
    x, asked = (_matrix(rows, feature, codes) for rows in (train, test))
    y, truth = (np.array([order[row["class"]] for row in rows]) for rows in (train, test))
    answers = [linear_probe(x, y, asked, len(classes), seed) for seed in range(seeds)]
    right = np.array([scores.argmax(axis=1) == truth for scores in answers])
    own = [np.take_along_axis(scores, truth[:, None], axis=1) for scores in answers]
    among = [((scores > score).sum(axis=1) < 5).mean() for scores, score in zip(answers, own, strict=True)]
    families = np.array([recipes()[name].family for name in classes])
    kin = [(families[scores.argmax(axis=1)] == families[truth]).mean() for scores in answers]
    return {
        "dimensions": int(x.shape[1]),
        "top1": float(right.mean()),
        "deviation": float(right.mean(axis=1).std(ddof=1)) if seeds > 1 else None,
        "interval": list(bootstrap_interval(right.mean(axis=0), truth)),
        "top5": float(np.mean(among)),
        "family": float(np.mean(kin)),
    }


def _matrix(rows: Sequence[Row], feature: str, codes: int) -> NDArray[np.float32]:
    # The mean of any vectors of the codes is linear in their counts, so counts are the most that a linear probe can have of them.
    if feature == "tokenizer":
        return np.array([np.bincount(row[feature], minlength=codes) for row in rows], np.float32)
    return np.array([row[feature] for row in rows], np.float32)


def linear_probe(x: NDArray, y: NDArray, asked: NDArray, classes: int, seed: int = 0) -> NDArray[np.float32]:
    """Scores [n, classes] of the vectors ``asked`` by multinomial logistic regression on vectors ``x`` with labels ``y``.

    A random quarter is held back to choose the penalty on the weights; vectors are standardised first.
    """
    mean, deviation = x.mean(axis=0), x.std(axis=0) + 1e-6
    known, wanted = (torch.from_numpy(((values - mean) / deviation).astype(np.float32)) for values in (x, asked))
    labels = torch.from_numpy(np.asarray(y, np.int64))
    mixed = torch.from_numpy(np.random.default_rng(seed).permutation(len(y)))
    held = max(1, round(_HELD_BACK * len(y)))
    back, front = mixed[:held], mixed[held:]
    layer = nn.Linear(x.shape[1], classes)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    best, scores = -1.0, torch.zeros(len(asked), classes)
    # From strong to weak: each fit begins where the stronger penalty ended.
    for penalty in _PENALTIES:
        _fit(layer, known[front], labels[front], penalty)
        with torch.inference_mode():
            right = float((layer(known[back]).argmax(dim=1) == labels[back]).float().mean())
            if right > best:
                best, scores = right, layer(wanted)
    return scores.numpy()


def _fit(layer: nn.Linear, x: Tensor, y: Tensor, penalty: float) -> None:
    optimiser = torch.optim.LBFGS(layer.parameters(), max_iter=_PASSES, history_size=10, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        value = F.cross_entropy(layer(x), y) + penalty * layer.weight.square().sum()
        value.backward()
        return value

    optimiser.step(loss)


def tagging_report(result: Row) -> str:
    """The result as Markdown."""
    rows = [
        [
            row["name"],
            str(row["dimensions"]),
            percent(row["top1"]) + ("" if row["deviation"] is None else f" ± {100 * row['deviation']:.1f}"),
            f"{100 * row['interval'][0]:.0f}–{100 * row['interval'][1]:.0f} %",
            percent(row["top5"]),
            percent(row["family"]),
        ]
        for row in result["probes"]
    ]
    rows.append(["chance", "", percent(result["chance"]), "", percent(min(1.0, 5 * result["chance"])), ""])
    lines = [
        "# Tagging: what the networks know of sounds that they hear",
        "",
        f"Pack {result['pack']}; linear probes (logistic regression) of frozen features on {result['classes']} classes, learned from "
        f"{result['train_clips']} corpus clips and asked about {result['test_clips']} of the test split; ± is the deviation over "
        f"{result['seeds']} random parts of the former, the interval (95 %) is over classes. Generator: mean over all cells of the middle "
        "block, nothing hidden, no prompt. The prompt encoder learned from captions, the generator and the tokenizer without labels, but "
        "the generator was trained beside embeddings of captions.",
        "",
        table(["features", "dimensions", "class right", "95 %", "among five", "family right"], rows),
    ]
    return "\n".join(lines) + "\n"


def draw_tagging(result: Row, path: Path) -> None:
    """Bars of the shares of right classes as a PNG. Raises EngineError("value") without matplotlib, EngineError("path")."""
    from engine.evaluation.tables_plot import draw_bars

    names = [row["name"] for row in result["probes"]]
    errors = [100 * (row["deviation"] or 0.0) for row in result["probes"]]
    draw_bars(names, [100 * row["top1"] for row in result["probes"]], errors, "class right, %", path)
