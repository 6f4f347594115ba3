"""Distances and scores: equal to what the public programs gave on the same numbers, and right where the answer is known."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.evaluation.metrics import (
    clap_score,
    frechet_distance,
    inception_score,
    kernel_audio_distance,
    kernel_distance,
    log_spectral_distance,
    median_bandwidth,
    paired_divergence,
    polynomial_distance,
    reconstruction_distance,
)
from engine.types import EngineError

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "metrics.npz", allow_pickle=False)
A, B = GOLDEN["in/emb_a"], GOLDEN["in/emb_b"]


def test_frechet_distance_is_that_of_the_public_programs() -> None:
    assert frechet_distance(A, B) == pytest.approx(float(GOLDEN["out/frechet_eig_float64"]), rel=2e-8)
    for name in ("fadtk", "gudgud96", "specvqgan"):
        assert frechet_distance(A, B) == pytest.approx(float(GOLDEN[f"out/frechet_{name}"]), rel=1e-7)


def test_frechet_distance_of_fewer_clips_than_dimensions() -> None:
    expected = float(GOLDEN["out/frechet_rank_deficient_a10_b12_eig_float64"])
    assert frechet_distance(A[:10], B[:12]) == pytest.approx(expected, rel=1e-7)
    few = np.random.default_rng(0).standard_normal((5, 64))
    assert frechet_distance(few, few) == pytest.approx(0, abs=1e-9)


def test_frechet_distance_of_known_distributions() -> None:
    rng = np.random.default_rng(0)
    one = rng.standard_normal((4000, 6))
    assert frechet_distance(one, one + 2) == pytest.approx(24, rel=1e-9)
    assert frechet_distance(one, 3 * one - 2 * one.mean(axis=0)) == pytest.approx(4 * np.trace(np.cov(one, rowvar=False)), rel=1e-9)
    assert frechet_distance(one[:, :1], one[:, :1] + 1) == pytest.approx(1, rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 12), st.integers(2, 12), st.integers(1, 10))
def test_frechet_distance_is_symmetric_and_turns_with_the_space(seed: int, n: int, m: int, dim: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = rng.standard_normal((n, dim)), rng.standard_normal((m, dim)) + 1
    turn, _ = np.linalg.qr(rng.standard_normal((dim, dim)))
    distance = frechet_distance(one, other)
    assert distance >= 0
    assert frechet_distance(other, one) == pytest.approx(distance, rel=1e-6, abs=1e-6)
    assert frechet_distance(one @ turn, other @ turn) == pytest.approx(distance, rel=1e-6, abs=1e-6)


def test_kernel_distance_is_that_of_specvqgan() -> None:
    mean, deviation = kernel_distance(A, B)
    assert mean == pytest.approx(float(GOLDEN["out/kid_mean"]), rel=1e-5)
    assert deviation == pytest.approx(float(GOLDEN["out/kid_std"]), rel=1e-4)
    assert kernel_distance(A, B, subsets=3, subset_size=50)[1] > deviation


def test_polynomial_distance_counts_pairs_by_hand() -> None:
    one, other = np.array([[1.0], [2.0]]), np.array([[0.0], [1.0]])
    assert polynomial_distance(one, other) == pytest.approx(27 + 1 - 2 * (1 + 8 + 1 + 27) / 4)


def test_kernel_audio_distance_by_hand_and_without_bias() -> None:
    reference, generated = np.array([[0.0], [2.0]]), np.array([[0.0], [1.0]])
    near, middle = np.exp(-1 / 8), np.exp(-4 / 8)
    assert median_bandwidth(reference) == 2
    assert kernel_audio_distance(reference, generated) == pytest.approx(100 * (middle + near - 2 * (1 + near + near + middle) / 4))
    rng = np.random.default_rng(1)
    same = [kernel_audio_distance(rng.standard_normal((20, 4)), rng.standard_normal((20, 4))) for _ in range(200)]
    assert abs(np.mean(same)) < 3 * np.std(same) / np.sqrt(200) and min(same) < 0
    assert kernel_audio_distance(rng.standard_normal((50, 4)), rng.standard_normal((50, 4)) + 2) > max(same)
    assert np.isfinite(kernel_audio_distance(np.ones((3, 2)), np.ones((3, 2))))


def test_inception_score_is_that_of_specvqgan() -> None:
    mean, deviation = inception_score(GOLDEN["in/logits_pred"])
    assert mean == pytest.approx(float(GOLDEN["out/isc_mean"]), rel=1e-6)
    assert deviation == pytest.approx(float(GOLDEN["out/isc_std"]), rel=1e-5)
    assert inception_score(np.zeros((20, 5)))[0] == pytest.approx(1)
    assert inception_score(50 * np.eye(5), splits=1)[0] == pytest.approx(5)


def test_paired_divergence_is_that_of_specvqgan() -> None:
    reference, generated = GOLDEN["in/logits_ref"], GOLDEN["in/logits_pred"]
    assert paired_divergence(reference, generated) == pytest.approx(float(GOLDEN["out/kl_ref_pred"]), rel=1e-5)
    assert paired_divergence(reference, reference) == pytest.approx(0, abs=1e-4)
    with pytest.raises(EngineError):
        paired_divergence(reference, generated[:3])


def test_clap_score_is_the_mean_cosine() -> None:
    texts, sounds = np.array([[2.0, 0], [0, 1]]), np.array([[1.0, 1], [0, -3]])
    assert clap_score(texts, sounds) == pytest.approx((np.sqrt(0.5) - 1) / 2)
    with pytest.raises(EngineError):
        clap_score(texts, sounds[:1])


def test_distances_of_pictures() -> None:
    truth = np.full((80, 10), -30.0)
    result = truth.copy()
    result[:40] += 6
    assert log_spectral_distance(truth, result) == pytest.approx(np.sqrt(18))
    assert reconstruction_distance(truth, result) == pytest.approx(3)
    lower = np.zeros(truth.shape, bool)
    lower[:40, 2:5] = True
    assert log_spectral_distance(truth, result, lower) == pytest.approx(6)
    assert log_spectral_distance(truth, result, np.zeros(truth.shape, bool)) == 0
    assert reconstruction_distance(np.full((80, 2), -100.0), np.full((80, 2), -80.0)) == 0


@pytest.mark.parametrize("vectors", [np.zeros((1, 4)), np.zeros(4), np.full((3, 4), np.nan)])
def test_what_cannot_be_compared_is_said(vectors: np.ndarray) -> None:
    with pytest.raises(EngineError):
        frechet_distance(vectors, np.zeros((3, 4)))


def test_dimensions_must_agree() -> None:
    with pytest.raises(EngineError, match="dimensions"):
        frechet_distance(np.zeros((3, 4)), np.zeros((3, 5)))
