"""The judge: what it hears, what it learns, and that nothing is rendered twice."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.evaluation import classifier
from engine.evaluation.classifier import Judge, JudgeTraining, load_judge, ranks_of, train_judge
from engine.evaluation.features import disturbed, features_of
from engine.geometry import Geometry
from engine.signal.mel import log_mel_db
from engine.types import EngineError

SHORT = JudgeTraining(hidden=16, steps=60, batch_size=32)


def sounds(kind: int, seed: int) -> np.ndarray:
    """A tone, a noise, or clicks."""
    rng = np.random.default_rng([kind, seed])
    samples = 0.1 * rng.standard_normal(3 * 22050)
    if kind == 0:
        samples = np.sin(2 * np.pi * rng.uniform(400, 600) * np.arange(samples.size) / 22050) + 0.01 * samples
    if kind == 2:
        samples[np.arange(samples.size) % int(rng.uniform(4000, 6000)) > 200] *= 0.001
    return log_mel_db(0.2 * samples, Geometry())


def data(clips: int, first: int = 0) -> tuple[np.ndarray, np.ndarray]:
    pairs = [(features_of(sounds(kind, first + seed)), kind) for kind in range(3) for seed in range(clips)]
    return np.stack([x for x, _ in pairs]), np.array([y for _, y in pairs])


@pytest.fixture(scope="module")
def judge() -> Judge:
    return train_judge(*data(8), ("tone", "noise", "clicks"), ("a", "a", "b"), SHORT)


def test_features_ignore_the_level() -> None:
    mel = sounds(1, 0)
    np.testing.assert_allclose(features_of(mel), features_of(mel + 12), atol=1e-2)


@pytest.mark.parametrize("mel", [np.full((80, 40), -100.0), np.zeros((80, 5)), sounds(2, 1)[:, :21]], ids=["silence", "short", "cut"])
def test_features_are_finite(mel: np.ndarray) -> None:
    assert np.isfinite(features_of(mel)).all()
    assert features_of(mel).shape == features_of(sounds(0, 0)).shape


def test_disturbing_keeps_shape_and_is_reproducible() -> None:
    mel = sounds(0, 0)
    first, second = (disturbed(mel, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.shape == mel.shape and np.abs(first - mel).mean() > 0.5


def test_separates_unseen_sounds(judge: Judge) -> None:
    features, labels = data(4, first=100)
    assert (ranks_of(judge, features, labels) == 0).all()
    assert judge.ranked(sounds(2, 200))[0] == "clicks"
    np.testing.assert_allclose(np.exp(judge.scores(features)).sum(axis=1), 1, atol=1e-5)


def test_same_data_same_judge(judge: Judge) -> None:
    again = train_judge(*data(8), ("tone", "noise", "clicks"), ("a", "a", "b"), SHORT)
    np.testing.assert_array_equal(judge.arrays["weight1"], again.arrays["weight1"])


def test_saved_and_read(judge: Judge, tmp_path: Path) -> None:
    judge.save(tmp_path / "judge.npz")
    read = load_judge(tmp_path / "judge.npz")
    assert read.classes == judge.classes and read.families == judge.families
    np.testing.assert_array_equal(read.arrays["weight2"], judge.arrays["weight2"])
    (tmp_path / "judge.npz").write_bytes(b"PK broken")
    with pytest.raises(EngineError):
        load_judge(tmp_path / "judge.npz")


def test_nothing_is_rendered_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = {name: recipe for name, recipe in list(classifier.recipes().items())[:3]}
    calls: list[tuple[str, int]] = []

    def clip(class_id: str, seed: int) -> np.ndarray:
        calls.append((class_id, seed))
        return np.random.default_rng(seed).standard_normal(22050).astype(np.float32)

    monkeypatch.setattr(classifier, "recipes", lambda: few)
    monkeypatch.setattr(classifier, "single_clip", clip)
    monkeypatch.setattr(classifier, "CHUNK_CLIPS", 2)
    training = replace(SHORT, clips=2, steps=2)
    *lines, first = list(classifier.prepared_judge(tmp_path, training))
    assert all(isinstance(line, str) for line in lines) and isinstance(first, Judge)
    assert len(calls) == 6 and min(seed for _, seed in calls) >= 50_000_000
    assert [type(event) for event in classifier.prepared_judge(tmp_path, training)] == [Judge]
    *_, (labels, ranks) = list(classifier.held_out_accuracy(tmp_path, first, clips=1))
    assert list(labels) == [0, 1, 2] and len(ranks) == 3 and len(calls) == 9
    list(classifier.prepared_judge(tmp_path, replace(training, clips=4)))
    assert len(calls) == 15
