"""Masks: the arithmetic of paint, exact in bands and frames."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.geometry import Geometry
from engine.masks import Mask

BANDS, FRAMES = 12, 30
SMALL = Geometry(bands=12, cell_bands=4, cell_frames=5, cols=6)
LEVELS = st.sampled_from([0.0, 0.0, 0.25, 0.5, 1.0])


@st.composite
def masks(draw: st.DrawFn) -> Mask:
    """Paint anywhere in the picture, hard and soft, or none."""
    width = draw(st.integers(0, 10))
    weights = draw(hnp.arrays(np.float32, (BANDS, width), elements=LEVELS))
    return Mask.of(weights, FRAMES, draw(st.integers(-5, FRAMES + 2)))


def hard(weights: np.ndarray) -> Mask:
    return Mask.of(weights.astype(np.float32), FRAMES)


@settings(deadline=None)
@given(masks(), masks())
def test_union_is_the_larger_weight(one: Mask, other: Mask) -> None:
    united = one.united(other)
    np.testing.assert_array_equal(united.array(), np.maximum(one.array(), other.array()))
    assert united.same_as(other.united(one))


@settings(deadline=None)
@given(masks())
def test_inverting_twice_changes_nothing(mask: Mask) -> None:
    np.testing.assert_array_equal(mask.inverted().array(), 1 - mask.array())
    assert mask.inverted().inverted().same_as(mask)


@settings(deadline=None)
@given(masks(), masks())
def test_what_is_erased_is_gone_and_the_rest_stays(mask: Mask, eraser: Mask) -> None:
    left = mask.without(eraser).array()
    assert (left[eraser.array() == 1] == 0).all()
    np.testing.assert_array_equal(left[eraser.array() == 0], mask.array()[eraser.array() == 0])


@settings(deadline=None)
@given(masks())
def test_only_the_painted_span_is_stored(mask: Mask) -> None:
    if mask.is_empty:
        assert not mask.array().any() and mask.spans() == []
    else:
        assert mask.weights[:, 0].any() and mask.weights[:, -1].any()
        assert 0 <= mask.first < mask.last <= FRAMES


@settings(deadline=None)
@given(masks())
def test_spans_cover_the_painted_frames_and_no_others(mask: Mask) -> None:
    covered = np.zeros(FRAMES, bool)
    for first, last in mask.spans():
        assert first < last
        covered[first:last] = True
    np.testing.assert_array_equal(covered, mask.array().any(axis=0))


@settings(deadline=None)
@given(masks(), st.integers(0, 3), st.integers(0, 4))
def test_growing_reaches_every_neighbour(mask: Mask, bands: int, frames: int) -> None:
    grown, own = mask.grown(bands, frames).array(), mask.array()
    expected = np.zeros_like(own)
    for band, frame in np.argwhere(own > 0):
        part = expected[max(0, band - bands) : band + bands + 1, max(0, frame - frames) : frame + frames + 1]
        np.maximum(part, own[band, frame], out=part)
    np.testing.assert_array_equal(grown, expected)


@settings(deadline=None)
@given(masks(), st.integers(0, 3), st.integers(0, 4))
def test_shrinking_is_growing_what_is_not_painted(mask: Mask, bands: int, frames: int) -> None:
    np.testing.assert_array_equal(mask.shrunk(bands, frames).array(), mask.inverted().grown(bands, frames).inverted().array())


def test_the_border_of_the_picture_is_no_edge() -> None:
    whole = hard(np.ones((BANDS, FRAMES)))
    assert whole.shrunk(2, 3).same_as(whole)
    np.testing.assert_allclose(whole.feathered(2, 3).array(), 1, atol=1e-5)


@settings(deadline=None)
@given(masks(), st.integers(-14, 14), st.integers(-35, 35))
def test_moving_keeps_the_shape_and_loses_what_leaves(mask: Mask, bands: int, frames: int) -> None:
    expected = np.zeros((BANDS, FRAMES), np.float32)
    for band, frame in np.argwhere(mask.array() > 0):
        if 0 <= band + bands < BANDS and 0 <= frame + frames < FRAMES:
            expected[band + bands, frame + frames] = mask.array()[band, frame]
    np.testing.assert_array_equal(mask.moved(bands, frames).array(), expected)


@settings(deadline=None)
@given(masks(), st.floats(0, 3), st.floats(0, 4))
def test_feathering_stays_between_none_and_full(mask: Mask, bands: float, frames: float) -> None:
    soft = mask.feathered(bands, frames).array()
    assert soft.min() >= 0 and soft.max() <= 1 and np.isfinite(soft).all()
    if mask.is_empty:
        assert not soft.any()


def test_feathering_is_as_wide_inside_as_outside() -> None:
    half = np.zeros((BANDS, FRAMES))
    half[:, 15:] = 1
    soft = hard(half).feathered(0, 2).array()[5]
    np.testing.assert_allclose(soft[:15] + soft[15:][::-1], 1, atol=2e-3)
    assert soft[3] == 0 and 0.3 < soft[14] < 0.5 < soft[15] < 0.7


@settings(deadline=None)
@given(masks())
def test_cells_cover_the_paint_and_nothing_else(mask: Mask) -> None:
    cells = mask.cells(SMALL)
    assert cells.shape == (3, 6)
    touched = {(int(band) // 4, int(frame) // 5) for band, frame in np.argwhere(mask.array() > 0)}
    assert {(int(row), int(col)) for row, col in np.argwhere(cells)} == touched


@settings(deadline=None)
@given(masks(), st.integers(-3, FRAMES), st.integers(0, FRAMES + 3))
def test_between_keeps_only_its_frames(mask: Mask, first: int, length: int) -> None:
    expected = mask.array().copy()
    expected[:, : max(0, first)] = 0
    expected[:, max(0, first + length) :] = 0
    np.testing.assert_array_equal(mask.between(first, first + length).array(), expected)


@settings(deadline=None)
@given(masks(), st.integers(1, 40))
def test_fitting_cuts_or_adds_empty_frames(mask: Mask, frames: int) -> None:
    fitted = mask.fitted(frames)
    shared = min(frames, FRAMES)
    assert fitted.frames == frames
    np.testing.assert_array_equal(fitted.array()[:, :shared], mask.array()[:, :shared])
    assert not fitted.array()[:, shared:].any()


@settings(max_examples=50, deadline=None)
@given(masks())
def test_bounds_hold_the_paint(mask: Mask) -> None:
    region = mask.bounds(SMALL)
    assert (region is None) == mask.is_empty
    if region is not None:
        assert region.start_s == pytest.approx(mask.first * SMALL.frame_s) and region.end_s == pytest.approx(mask.last * SMALL.frame_s)
        rows = np.flatnonzero(mask.weights.any(axis=1))
        assert region.low_hz <= SMALL.band_to_hz(rows[0]) and region.high_hz >= SMALL.band_to_hz(rows[-1])


def test_ten_minutes_store_only_what_is_painted() -> None:
    mask = Mask.of(np.ones((80, 100), np.float32), 51_680, 30_000)
    assert mask.weights.nbytes == 80 * 100 * 4
    assert mask.grown(2, 5).weights.shape == (80, 110)
