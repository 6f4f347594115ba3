"""The distances and scores of generated sound, in numpy and float64; vectors are rows [n, dim].

Sets of clips: Frechet distance, kernel audio distance, kernel (inception) distance, inception score. Pairs: divergence of class
probabilities, CLAP score, distances of log-mel pictures.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist

from engine.signal.mel import CEILING_DB, FLOOR_DB
from engine.types import EngineError

KAD_SCALE = 100.0
_KL_EPSILON = 1e-6
_NARROWEST = 1e-12


def frechet_distance(one: NDArray, other: NDArray) -> float:
    """Squared Frechet distance of the normal distributions of two sets (Heusel et al., arXiv 1706.08500), unbiased covariances.

    The trace of the root is the sum of the singular values of the product of both roots, so that rank-deficient covariances (fewer
    clips than dimensions) need no tricks; it still falls with the number of clips, so compare only sets of one size.
    """
    (mean_a, covariance_a), (mean_b, covariance_b) = _moments(one), _moments(other)
    if mean_a.size != mean_b.size:
        raise EngineError("value", "The two sets of embeddings differ in their number of dimensions.")
    shared = np.linalg.svd(_root(covariance_a) @ _root(covariance_b), compute_uv=False).sum()
    difference = mean_a - mean_b
    return float(max(0.0, difference @ difference + np.trace(covariance_a) + np.trace(covariance_b) - 2 * shared))


def _moments(vectors: NDArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    vectors = _checked(vectors)
    return vectors.mean(axis=0), np.atleast_2d(np.cov(vectors, rowvar=False))


def _root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Symmetric root; what rounding made negative counts as 0."""
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def _checked(vectors: NDArray, fewest: int = 2) -> NDArray[np.float64]:
    vectors = np.asarray(vectors, np.float64)
    if vectors.ndim != 2 or len(vectors) < fewest:
        raise EngineError("value", f"At least {fewest} embeddings are needed on each side.")
    if not np.isfinite(vectors).all():
        raise EngineError("numeric", "An embedding holds numbers that are not finite.")
    return vectors


def squared_discrepancy(within_one: NDArray, within_other: NDArray, across: NDArray) -> float:
    """Unbiased estimate of the squared maximum mean discrepancy from kernel matrices [n, n], [m, m], [n, m]; may be below 0."""
    n, m = across.shape
    first = (within_one.sum() - np.trace(within_one)) / (n * (n - 1))
    second = (within_other.sum() - np.trace(within_other)) / (m * (m - 1))
    return float(first + second - 2 * across.mean())


def median_bandwidth(vectors: NDArray) -> float:
    """Median distance between two different vectors of a set; 1 where all are the same."""
    median = float(np.median(pdist(_checked(vectors))))
    return median if median > _NARROWEST else 1.0


def kernel_audio_distance(reference: NDArray, generated: NDArray, bandwidth: float | None = None) -> float:
    """KAD (Chung et al., arXiv 2502.15602): unbiased discrepancy times 100 with a Gaussian kernel, usable with few clips; may be below 0.

    ``bandwidth`` [None: the median distance within the reference].
    """
    reference, generated = _checked(reference), _checked(generated)
    width = median_bandwidth(reference) if bandwidth is None else bandwidth

    def kernel(a: NDArray, b: NDArray) -> NDArray:
        return np.exp(-cdist(a, b, "sqeuclidean") / (2 * width**2))

    return KAD_SCALE * squared_discrepancy(kernel(reference, reference), kernel(generated, generated), kernel(reference, generated))


def polynomial_distance(one: NDArray, other: NDArray, degree: int = 3) -> float:
    """Unbiased discrepancy with the kernel (x.y / dim + 1) ** degree, the one of KID; may be below 0."""
    one, other = _checked(one), _checked(other)

    def kernel(a: NDArray, b: NDArray) -> NDArray:
        return (a @ b.T / a.shape[1] + 1) ** degree

    return squared_discrepancy(kernel(one, one), kernel(other, other), kernel(one, other))


def kernel_distance(one: NDArray, other: NDArray, subsets: int = 100, subset_size: int = 1000, seed: int = 2020) -> tuple[float, float]:
    """KID (Binkowski et al., arXiv 1801.01401): mean and deviation of ``polynomial_distance`` over random subsets of equal size."""
    one, other = _checked(one), _checked(other)
    size = min(subset_size, len(one), len(other))
    # The legacy generator: published numbers of SpecVQGAN's evaluation come from its draws.
    rng = np.random.RandomState(seed)
    distances = [
        polynomial_distance(one[rng.choice(len(one), size, replace=False)], other[rng.choice(len(other), size, replace=False)])
        for _ in range(subsets)
    ]
    return float(np.mean(distances)), float(np.std(distances))


def log_softmax(logits: NDArray) -> NDArray[np.float64]:
    """Log-probabilities along the last axis."""
    logits = np.asarray(logits, np.float64)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def inception_score(logits: NDArray, splits: int = 10, seed: int = 2020) -> tuple[float, float]:
    """Mean and deviation over ``splits`` of exp of the mean divergence of each clip's classes from those of all (arXiv 1606.03498)."""
    log_p = log_softmax(_checked(logits, splits))
    log_p = log_p[np.random.RandomState(seed).permutation(len(log_p))]
    bounds = [number * len(log_p) // splits for number in range(splits + 1)]
    scores = [_score_of(log_p[first:last]) for first, last in pairwise(bounds)]
    return float(np.mean(scores)), float(np.std(scores))


def _score_of(log_p: NDArray[np.float64]) -> float:
    p = np.exp(log_p)
    return float(np.exp((p * (log_p - np.log(p.mean(axis=0)))).sum(axis=1).mean()))


def paired_divergence(reference_logits: NDArray, generated_logits: NDArray) -> float:
    """Mean KL(reference || generated) in nats over rows of class logits, 1e-6 added to the generated probabilities (as SpecVQGAN does)."""
    log_reference, log_generated = log_softmax(reference_logits), log_softmax(generated_logits)
    if log_reference.shape != log_generated.shape:
        raise EngineError("value", "Each clip needs exactly one partner.")
    p = np.exp(log_reference)
    return float((p * (log_reference - np.log(np.exp(log_generated) + _KL_EPSILON))).sum(axis=-1).mean())


def clap_score(texts: NDArray, sounds: NDArray) -> float:
    """Mean cosine of the embeddings of prompts and of their sounds, row by row; -1..1, unscaled."""
    texts, sounds = _checked(texts, 1), _checked(sounds, 1)
    if texts.shape != sounds.shape:
        raise EngineError("value", "Each sound needs exactly one prompt.")
    lengths = np.linalg.norm(texts, axis=1) * np.linalg.norm(sounds, axis=1)
    return float(((texts * sounds).sum(axis=1) / np.maximum(lengths, _NARROWEST)).mean())


def log_spectral_distance(truth: NDArray, result: NDArray, inside: NDArray | None = None) -> float:
    """Root mean square difference in dB over the bands, mean over the frames, of two log-mel pictures [bands, frames] in dB.

    Both are cut to -80..20 dB first; ``inside`` (bool, the same shape) names the cells that count [None: all].
    """
    truth, result = _cut(truth), _cut(result)
    inside = np.ones(truth.shape, bool) if inside is None else np.asarray(inside, bool)
    frames = inside.any(axis=0)
    if not frames.any():
        return 0.0
    squares = np.where(inside, np.square(truth - result), 0.0)[:, frames].sum(axis=0)
    return float(np.sqrt(squares / inside[:, frames].sum(axis=0)).mean())


def reconstruction_distance(truth: NDArray, result: NDArray) -> float:
    """Mean absolute difference in dB of two log-mel pictures [bands, frames] in dB, both cut to -80..20 dB first."""
    return float(np.abs(_cut(truth) - _cut(result)).mean())


def _cut(log_mel: NDArray) -> NDArray[np.float64]:
    return np.clip(np.asarray(log_mel, np.float64), FLOOR_DB, CEILING_DB)
