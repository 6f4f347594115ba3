"""What the tools paint, compared with what they should."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.geometry import Geometry
from engine.mask_shapes import cells_mask, harmonics_mask, lasso_mask, region_mask, stroke_mask, wand_mask, weak_cells, weak_mask
from engine.types import Clip, EngineError, GenerationRequest, Region, Spectrogram, StepHistory, Take, TokenGrid

GEOMETRY = Geometry()
FRAMES = 100
times = st.floats(-0.5, 2.0)
hertz = st.floats(0, 12_000)


@settings(deadline=None)
@given(times, st.floats(0.001, 1.0), hertz, st.floats(1, 8000))
def test_a_rectangle_holds_every_touched_frame_and_the_bands_inside(start: float, length: float, low: float, width: float) -> None:
    mask = region_mask(Region(start, start + length, low, low + width), GEOMETRY, FRAMES).array()
    centres = (np.arange(FRAMES) + 0.5) * GEOMETRY.frame_s
    inside = mask.any(axis=0)
    assert inside[(centres > start) & (centres < start + length)].all()
    assert not inside[(centres < start - GEOMETRY.frame_s) | (centres > start + length + GEOMETRY.frame_s)].any()
    if inside.any():
        bands_hz = GEOMETRY.band_edges_hz()[1:-1]
        # A rectangle between two centres has the nearest band.
        assert mask.any(axis=1)[(bands_hz < low) | (bands_hz > low + width)].sum() <= 1
        assert mask.any(axis=1)[(bands_hz >= low) & (bands_hz <= low + width)].all()


def test_a_rectangle_over_everything() -> None:
    assert region_mask(Region(0, 1e9), GEOMETRY, FRAMES).array().all()
    assert region_mask(Region(50, 60), GEOMETRY, FRAMES).is_empty


@settings(deadline=None)
@given(st.floats(5, 90), st.floats(5, 75), st.floats(1, 10), st.floats(1, 10))
def test_a_dab_is_an_ellipse(frame: float, band: float, radius_frames: float, radius_bands: float) -> None:
    mask = stroke_mask([(frame, band)], radius_frames, radius_bands, 1.0, 80, FRAMES).array()
    y, x = np.mgrid[0:80, 0:FRAMES] + 0.5
    distance = ((x - frame) / radius_frames) ** 2 + ((y - band) / radius_bands) ** 2
    assert (mask[distance < 0.99] == 1).all() and (mask[distance > 1.01] == 0).all()


def test_a_stroke_has_no_gaps_and_a_soft_one_falls_off() -> None:
    line = [(10.0, 40.0), (80.0, 45.0)]
    hard = stroke_mask(line, 2, 2, 1.0, 80, FRAMES).array()
    assert hard.any(axis=0)[9:81].all()
    soft = stroke_mask(line, 6, 6, 0.0, 80, FRAMES).array()
    column = soft[:, 45]
    middle = int(column.argmax())
    assert column[middle] > 0.9 and (np.diff(column[middle : middle + 8]) <= 0).all() and 0 < column[middle + 3] < column[middle]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(-1e7, 1e7), st.floats(-200, 200)), max_size=5))
def test_tools_survive_points_far_outside(points: list[tuple[float, float]]) -> None:
    near = [(min(max(frame, -500), 500), band) for frame, band in points]
    for mask in (stroke_mask(near, 3, 3, 0.5, 80, FRAMES), lasso_mask(points, 80, FRAMES)):
        assert mask.frames == FRAMES and 0 <= mask.first <= mask.last <= FRAMES


def test_a_stroke_from_far_away_stays_small() -> None:
    assert stroke_mask([(-1e9, 40), (1e9, 40)], 3, 3, 1.0, 80, FRAMES).array()[40].all()


def test_a_lasso_paints_its_inside_in_full_and_its_edge_in_part() -> None:
    mask = lasso_mask([(10.5, 10.5), (30.5, 10.5), (30.5, 50.5), (10.5, 50.5)], 80, FRAMES).array()
    assert (mask[11:50, 11:30] == 1).all() and mask.sum() == pytest.approx(20 * 40, rel=0.01)
    assert mask[30, 10] == 0.5
    assert lasso_mask([(1, 1), (5, 5)], 80, FRAMES).is_empty and lasso_mask([], 80, FRAMES).is_empty


def test_a_lasso_that_crosses_itself_is_even_odd() -> None:
    twice = [(10.0, 10.0), (40.0, 10.0), (40.0, 40.0), (10.0, 40.0)] * 2
    assert lasso_mask(twice, 80, FRAMES).is_empty


def test_harmonics_lie_on_multiples() -> None:
    band = float(GEOMETRY.hz_to_position(500.0))
    mask = harmonics_mask([(20, band), (60, band)], 1, 0.6, 1.0, GEOMETRY, FRAMES, count=6).array()
    painted = np.flatnonzero(mask[:, 40])
    expected = {GEOMETRY.hz_to_band(500.0 * number) for number in range(1, 7)}
    assert expected <= set(painted.tolist())
    assert all(min(abs(band - e) for e in expected) <= 1 for band in painted)


def test_the_wand_takes_what_hangs_together() -> None:
    picture = np.full((80, FRAMES), -80.0, np.float32)
    picture[10:20, 10:20] = -20
    picture[10:20, 40:50] = -20
    mask = wand_mask(picture, 12, 15, 6.0).array()
    assert mask[10:20, 10:20].all() and mask.sum() == 100


def test_cells_become_paint_and_back() -> None:
    cells = np.random.default_rng(0).random((5, 7)) < 0.3
    np.testing.assert_array_equal(cells_mask(cells, 7 * 16, GEOMETRY).cells(GEOMETRY), cells)
    assert cells_mask(cells, 100, GEOMETRY).frames == 100


def drawn_take(confidence: np.ndarray, frames: int) -> Take:
    shape = (1, *confidence.shape)
    history = StepHistory(np.zeros(shape, np.int32), np.ones(shape, bool), confidence[None].astype(np.float32))
    picture = Spectrogram(np.zeros((80, frames), np.float32), GEOMETRY)
    return Take(GenerationRequest("rain"), 0, TokenGrid(np.zeros(shape[1:], np.int32)), picture, Clip(np.zeros((1, 9)), 22050), history)


def test_weak_spots_are_the_least_confident_cells() -> None:
    confidence = np.random.default_rng(1).permutation(35).reshape(5, 7) / 35
    take = drawn_take(confidence, 110)
    weak = weak_cells(take, 0.2)
    assert weak.sum() == 7 and confidence[weak].max() < confidence[~weak].min()
    np.testing.assert_array_equal(weak_mask(take, 0.2).cells(GEOMETRY), weak)
    assert weak_cells(take, 0.0).sum() == 1 and weak_cells(take, 5.0).all()


def test_a_sound_that_was_read_has_no_weak_spots() -> None:
    take = drawn_take(np.zeros((5, 7)), 112)
    with pytest.raises(EngineError, match="drawn here"):
        weak_cells(Take(take.request, 0, take.grid, take.spectrogram, take.clip), 0.1)
