"""An independent judge of what a clip sounds like: learned from corpus audio alone, shared with no pack.

Mel statistics of fresh corpus clips (and of neutrally disturbed copies of them) feed a small perceptron. Features are cached class by
class, so that an interrupted rendering goes on where it stopped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from inspect import getsourcefile
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.corpus.recipe import Recipe
from engine.corpus.registry import recipes
from engine.evaluation.corpus_clips import JUDGE_SEED, held_out_seeds, single_clip
from engine.evaluation.features import FEATURES_VERSION, disturbed, features_of
from engine.geometry import Geometry
from engine.signal.mel import log_mel_db
from engine.types import EngineError

CHUNK_CLIPS = 20
COPIES = 2
HELD_OUT_CLIPS = 4
_GEOMETRY = Geometry()


@dataclass(frozen=True)
class JudgeTraining:
    """How the judge is trained; ``feature_noise`` on the standardised ones keeps it from leaning on a few."""

    clips: int = 2 * CHUNK_CLIPS
    hidden: int = 384
    steps: int = 3000
    batch_size: int = 192
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.05
    dropout: float = 0.3
    feature_noise: float = 0.35
    label_smoothing: float = 0.05
    seed: int = 1


@dataclass(frozen=True, eq=False)
class Judge:
    """Standardisation and two linear layers; ``classes`` and ``families`` name the outputs."""

    classes: tuple[str, ...]
    families: tuple[str, ...]
    arrays: dict[str, NDArray[np.float32]]

    def scores(self, features: NDArray) -> NDArray[np.float32]:
        """Log-probabilities [n, classes] of feature vectors [n, features]."""
        a = self.arrays
        x = standardised(np.atleast_2d(features), a["mean"], a["deviation"])
        hidden = np.maximum(x @ a["weight1"].T + a["bias1"], 0)
        logits = hidden @ a["weight2"].T + a["bias2"]
        logits -= logits.max(axis=1, keepdims=True)
        return (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)

    def ranked(self, log_mel: NDArray) -> list[str]:
        """Classes of one mel picture, the likeliest first."""
        return [self.classes[i] for i in np.argsort(-self.scores(features_of(log_mel))[0], kind="stable")]

    def save(self, path: Path) -> None:
        """Writes the judge as .npz under its final name only when it is whole."""
        building = path.with_suffix(".part.npz")
        np.savez_compressed(building, classes=np.array(self.classes), families=np.array(self.families), **self.arrays)
        building.replace(path)


def load_judge(path: Path) -> Judge:
    """Reads a judge. Raises EngineError("path")."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in ("mean", "deviation", "weight1", "bias1", "weight2", "bias2")}
            return Judge(tuple(map(str, stored["classes"])), tuple(map(str, stored["families"])), arrays)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise EngineError("path", f"The judge {path} cannot be read ({error}); delete it and start again.") from error


def standardised(features: NDArray, mean: NDArray, deviation: NDArray) -> NDArray[np.float32]:
    """Features in deviations from the mean, bounded at +-6: a silent or broken clip must not explode."""
    return np.clip((features - mean) / deviation, -6, 6).astype(np.float32)


def train_judge(features: NDArray, labels: NDArray, classes: tuple[str, ...], families: tuple[str, ...], training: JudgeTraining) -> Judge:
    """Fits the perceptron on features [n, f] with labels [n]; the same data give the same judge."""
    mean, deviation = features.mean(axis=0), features.std(axis=0) + 1e-3
    x = torch.from_numpy(standardised(features, mean, deviation))
    y = torch.from_numpy(np.asarray(labels, np.int64))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(training.seed)
        network = nn.Sequential(
            nn.Linear(x.shape[1], training.hidden), nn.ReLU(), nn.Dropout(training.dropout), nn.Linear(training.hidden, len(classes))
        )
        _fit(network, x, y, training)
    first, second = network[0], network[3]
    parameters = {"weight1": first.weight, "bias1": first.bias, "weight2": second.weight, "bias2": second.bias}
    arrays = {name: value.detach().numpy().astype(np.float32) for name, value in parameters.items()}
    return Judge(classes, families, {"mean": mean.astype(np.float32), "deviation": deviation.astype(np.float32), **arrays})


def _fit(network: nn.Module, x: Tensor, y: Tensor, training: JudgeTraining) -> None:
    optimiser = torch.optim.AdamW(network.parameters(), training.learning_rate, weight_decay=training.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, training.steps)
    network.train()
    for _ in range(training.steps):
        rows = torch.randint(len(x), (training.batch_size,))
        noisy = x[rows] + training.feature_noise * torch.randn(len(rows), x.shape[1])
        loss = F.cross_entropy(network(noisy), y[rows], label_smoothing=training.label_smoothing)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    network.eval()


def prepared_judge(folder: Path, training: JudgeTraining = JudgeTraining(), workers: int = 1) -> Iterator[str | Judge]:
    """Yields lines of progress and at last the judge of all registered classes; whatever ``folder`` already holds is used again."""
    folder.mkdir(parents=True, exist_ok=True)
    table = recipes()
    jobs = [_Chunk(name, JUDGE_SEED + start, CHUNK_CLIPS) for start in range(0, training.clips, CHUNK_CLIPS) for name in table]
    path = folder / f"judge-{_fingerprint(jobs, training)}.npz"
    if not path.exists():
        yield from _render(folder, jobs, workers)
        features, labels = _collected(folder, jobs)
        yield f"training the judge on {len(labels)} feature vectors"
        families = tuple(recipe.family for recipe in table.values())
        train_judge(features, labels, tuple(table), families, training).save(path)
    yield load_judge(path)


def held_out_accuracy(folder: Path, judge: Judge, clips: int = HELD_OUT_CLIPS, workers: int = 1) -> Iterator[str | tuple[NDArray, NDArray]]:
    """Yields lines of progress and at last labels [n] and ranks (0: right) [n] of the judge on clips of the test split."""
    jobs = [_Chunk(name, None, clips) for name in judge.classes]
    yield from _render(folder, jobs, workers)
    features, labels = _collected(folder, jobs)
    yield labels, ranks_of(judge, features, labels)


def ranks_of(judge: Judge, features: NDArray, labels: NDArray) -> NDArray[np.int64]:
    """How many classes the judge finds likelier than the true one."""
    scores = judge.scores(features)
    return (scores > scores[np.arange(len(labels)), labels][:, None]).sum(axis=1)


@dataclass(frozen=True)
class _Chunk:
    """Clips of one class: consecutive seeds for training, or (``first_seed`` None) clips of the test split."""

    class_id: str
    first_seed: int | None
    clips: int

    @property
    def name(self) -> str:
        """File name; it changes with the recipe and with the features."""
        start = "test" if self.first_seed is None else str(self.first_seed)
        return f"{self.class_id}-{start}-{self.clips}-{_recipe_key(recipes()[self.class_id])}.npy"

    def features(self) -> NDArray[np.float32]:
        """Feature vectors [clips, copies, f]: of each clip and, for training, of its disturbed copies."""
        held_out = self.first_seed is None
        seeds = held_out_seeds(self.class_id, self.clips) if held_out else range(self.first_seed, self.first_seed + self.clips)
        mels = ((log_mel_db(single_clip(self.class_id, seed), _GEOMETRY), seed) for seed in seeds)
        return np.stack([_variants(mel, seed, 0 if held_out else COPIES) for mel, seed in mels])


def _variants(log_mel: NDArray, seed: int, copies: int) -> NDArray[np.float32]:
    rng = np.random.default_rng([seed, 3])
    return np.stack([features_of(log_mel), *(features_of(disturbed(log_mel, rng)) for _ in range(copies))])


def _recipe_key(recipe: Recipe) -> str:
    source = Path(getsourcefile(recipe.render) or __file__).read_bytes()
    return hashlib.sha256(source + f"{recipe.version}/{FEATURES_VERSION}/{COPIES}".encode()).hexdigest()[:8]


def _fingerprint(jobs: list[_Chunk], training: JudgeTraining) -> str:
    return hashlib.sha256(repr((training, [job.name for job in jobs])).encode()).hexdigest()[:12]


def _render(folder: Path, jobs: list[_Chunk], workers: int) -> Iterator[str]:
    """Renders the chunks that are missing, yielding a line now and then."""
    cache = folder / "features"
    cache.mkdir(parents=True, exist_ok=True)
    missing = [job for job in jobs if not (cache / job.name).exists()]
    if not missing:
        return
    yield f"rendering {sum(job.clips for job in missing)} corpus clips"
    if workers <= 1:
        yield from _told(len(missing), (_store(cache, job) for job in missing))
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from _told(len(missing), pool.map(_store, [cache] * len(missing), missing))


def _told(total: int, done: Iterator[str]) -> Iterator[str]:
    for number, name in enumerate(done, 1):
        if number % 25 == 0 or number == total:
            yield f"{number} of {total}: {name}"


def _store(cache: Path, job: _Chunk) -> str:
    building = cache / f".{job.name}.part"
    with open(building, "wb") as file:
        np.save(file, job.features())
    building.replace(cache / job.name)
    return job.name


def _collected(folder: Path, jobs: list[_Chunk]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """All feature vectors of the chunks [n, f] and the number of their class [n]."""
    order = {name: index for index, name in enumerate(recipes())}
    parts = [np.load(folder / "features" / job.name, allow_pickle=False) for job in jobs]
    features = np.concatenate([part.reshape(-1, part.shape[-1]) for part in parts])
    labels = np.concatenate([np.full(part.shape[0] * part.shape[1], order[job.class_id]) for part, job in zip(parts, jobs, strict=True)])
    return features, labels
