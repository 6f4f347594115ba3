"""Masks of training: shares are exact, shapes are what their names say."""

import math
from itertools import groupby

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.sampling.masks import random_mask, span_mask, training_mask


@settings(deadline=None, max_examples=100)
@example(seed=0, rows=5, cols=55, ratio=0.68, span_cols=1)
@given(
    seed=st.integers(0, 2**31),
    rows=st.integers(1, 6),
    cols=st.integers(1, 60),
    ratio=st.floats(0.001, 1.0),
    span_cols=st.integers(1, 8),
)
def test_the_share_is_exact(seed: int, rows: int, cols: int, ratio: float, span_cols: int) -> None:
    wanted = max(1, math.ceil(ratio * (rows * cols)))
    rng = np.random.default_rng(seed)
    assert span_mask(rng, rows, cols, ratio, span_cols).sum() == wanted
    assert random_mask(rng, rows, cols, ratio).sum() == wanted


def test_spans_hide_whole_columns_but_for_one() -> None:
    for seed in range(200):
        hidden = span_mask(np.random.default_rng(seed), 5, 53, 0.4, 3)
        filled = hidden.sum(axis=0)
        assert np.isin(filled, (0, 5)).sum() >= 52
        # At both ends a span may stick out, and the last one is cut: nothing else may be shorter than a span.
        runs = [len(list(group)) for full, group in groupby(filled[3:-3] > 0) if full]
        assert sum(run < 3 for run in runs) <= 3


def test_every_column_is_hidden_about_as_often() -> None:
    rng = np.random.default_rng(0)
    often = np.mean([span_mask(rng, 5, 53, 0.5, 3) for _ in range(2000)], axis=(0, 1))
    assert np.abs(often - 0.5).max() < 0.06


def test_scattered_masks_are_no_spans_and_the_option_makes_them() -> None:
    def edges(share: float) -> float:
        rng = np.random.default_rng(1)
        masks = [training_mask(rng, 5, 53, structured_share=0.0, span_share=share) for _ in range(100)]
        return float(np.mean([np.abs(np.diff(mask.astype(int), axis=1)).sum() for mask in masks]))

    assert edges(1.0) < 0.6 * edges(0.0)


def test_without_spans_nothing_is_drawn_otherwise_than_before() -> None:
    first, second = np.random.default_rng(7), np.random.default_rng(7)
    for _ in range(20):
        assert np.array_equal(training_mask(first, 5, 16, 0.2, 0.5), training_mask(second, 5, 16, 0.2, 0.5, span_share=0.0))
    assert first.random() == second.random()


@pytest.mark.parametrize("span_share", [0.0, 0.5, 1.0])
def test_something_is_always_hidden(span_share: float) -> None:
    rng = np.random.default_rng(0)
    assert all(training_mask(rng, 5, 16, 0.2, 0.5, span_share).any() for _ in range(300))
