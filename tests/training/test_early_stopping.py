"""Early stopping: the distance is the textbook's, and a run ends when it no longer falls, with the best weights."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.linalg
import torch

from engine.models.prompt import ContrastivePromptEncoder
from engine.models.tokenizer import ConvTokenizer
from engine.training.checkpoint import load_checkpoint
from engine.training.early_stopping import Watch, WatchedGeneratorTask, frechet_distance
from engine.training.encode import TokenSet, encode_shard
from engine.training.generator_task import GeneratorTraining
from engine.training.loop import LoopConfig, Trainer
from engine.types import SamplingSettings
from tests.training.synthetic import GENERATOR, PROMPT, TOKENIZER
from tests.training.toy import LOOP, ToyTask


def textbook(first: np.ndarray, second: np.ndarray) -> float:
    a, b = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    root = scipy.linalg.sqrtm(a @ b).real
    return float(((first.mean(0) - second.mean(0)) ** 2).sum() + np.trace(a + b - 2 * root))


def test_distance_is_the_textbook_s() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.standard_normal((200, 6)), 1.5 * rng.standard_normal((90, 6)) @ rng.standard_normal((6, 6)) + 0.3
    assert frechet_distance(first, second) == pytest.approx(textbook(first, second), rel=1e-6)
    assert frechet_distance(second, first) == pytest.approx(frechet_distance(first, second), rel=1e-9)


def test_distance_with_fewer_vectors_than_dimensions() -> None:
    rng = np.random.default_rng(1)
    first = rng.standard_normal((10, 256))
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(first, first + 2) == pytest.approx(4 * 256)
    assert math.isfinite(frechet_distance(first, np.ones((3, 256))))


class Judged(ToyTask):
    """A task whose distances are given."""

    def __init__(self, config: LoopConfig, distances: list[float]) -> None:
        super().__init__(config)
        self.distances = distances

    def validate(self) -> dict[str, float]:
        # The distance belongs to the step, so that a resumed run sees it again.
        return {"frechet": self.distances[self.step_of() // self.config.validate_every - 1]}


def trained(folder: Path, distances: list[float], patience: int = 2, stop_after_s: float = math.inf) -> Trainer:
    task = Judged(replace(LOOP, validate_every=4, patience=patience), distances)
    trainer = Trainer(task, folder)
    task.step_of = lambda: trainer.step
    trainer.run(stop_after_s)
    return trainer


DISTANCES = [9.0, 5.0, 7.0, 4.0, 6.0, 4.0, 3.0, 3.0, 3.0, 3.0]


def test_ends_when_it_no_longer_falls_and_keeps_the_best(tmp_path: Path) -> None:
    trainer = trained(tmp_path, DISTANCES)
    assert trainer.done and trainer.step == 24 and trainer.best.step == 16 and trainer.best.distance == 4.0
    until_best = ToyTask(LOOP)
    reference = Trainer(until_best, tmp_path / "reference")
    for _ in range(16):
        reference._one_step()
    assert all(torch.equal(trainer.best.weights[name], value) for name, value in until_best.averaged.state_dict().items())
    stored = load_checkpoint(tmp_path / "toy.safetensors")
    assert stored["best"]["step"] == 16 and not torch.equal(stored["averaged"]["0.weight"], stored["best"]["weights"]["0.weight"])


def test_an_ended_run_stays_ended(tmp_path: Path) -> None:
    trained(tmp_path, DISTANCES)
    assert trained(tmp_path, DISTANCES).step == 24


def test_interrupted_it_ends_at_the_same_step(tmp_path: Path) -> None:
    for _ in range(6):
        trained(tmp_path, DISTANCES, stop_after_s=0.02)
    trainer = trained(tmp_path, DISTANCES)
    assert (trainer.step, trainer.best.step, trainer.best.worse_since) == (24, 16, 2)


def test_off_by_default(tmp_path: Path) -> None:
    trainer = trained(tmp_path, DISTANCES, patience=0)
    assert trainer.step == 40 and trainer.best is None
    assert "best" not in load_checkpoint(tmp_path / "toy.safetensors")


def test_the_last_validation_counts_too(tmp_path: Path) -> None:
    trainer = trained(tmp_path, [9, 8, 7, 6, 5, 4, 3, 2, 1.5, 1.0])
    assert trainer.step == 40 and trainer.best.step == 40


@pytest.fixture
def watched(shards: Path, tmp_path: Path) -> WatchedGeneratorTask:
    torch.manual_seed(0)
    tokenizer, prompt = ConvTokenizer(TOKENIZER).eval(), ContrastivePromptEncoder(PROMPT).eval()
    encode_shard(shards / "shard-00000", tmp_path / "encoded", tokenizer, prompt)
    sets = [TokenSet(shards, tmp_path / "encoded", split) for split in ("train", "validation")]
    loop = LoopConfig(steps=4, batch_size=4, warmup_steps=1, validate_every=2, patience=1)
    watch = Watch(clips=2, settings=SamplingSettings(steps=2))
    return WatchedGeneratorTask(GeneratorTraining(loop=loop, model=GENERATOR), *sets, tokenizer, prompt, watch)


def test_the_generator_tells_its_distance(watched: WatchedGeneratorTask, tmp_path: Path) -> None:
    first = watched.distance()
    assert first >= 0 and math.isfinite(first) and watched.distance() == first
    trainer = Trainer(watched, tmp_path / "run")
    trainer.run()
    assert trainer.best is not None and "frechet" in (tmp_path / "run" / "generator.jsonl").read_text()
    with torch.no_grad():
        watched.averaged.head.bias += torch.linspace(-9, 9, 1024)
    assert watched.distance() != first
