"""Between pixels, seconds and Hz, and what a drag does: arithmetic without a widget."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF

from engine.geometry import Geometry
from engine.types import Region
from gui.canvas_gestures import SelectionDrag, edges_at, moved_bounds, stretched_bounds
from gui.canvas_view import MIN_BANDS, MIN_FRAMES, Bounds, CanvasView

GEOMETRY = Geometry()

views = st.builds(
    lambda duration, start, span, low, height: CanvasView.whole(GEOMETRY, duration).moved_to(
        start * duration / GEOMETRY.frame_s, (start + span) * duration / GEOMETRY.frame_s, low, low + height
    ),
    st.floats(0.05, 3600),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 80),
    st.floats(0, 80),
)


@given(view=views, x=st.floats(0, 1), y=st.floats(0, 1), width=st.floats(50, 4000), height=st.floats(50, 3000))
def test_pixel_to_position_and_back(view: CanvasView, x: float, y: float, width: float, height: float) -> None:
    frame, band = view.frame_at(x * width, width), view.band_at(y * height, height)
    seconds, hz = view.seconds_of(frame), view.hz_of(band)
    assert view.x_of(view.frame_of(seconds), width) == pytest.approx(x * width, abs=1e-3)
    assert view.y_of(view.band_of(hz), height) == pytest.approx(y * height, abs=1e-3)


@given(view=views, moves=st.lists(st.tuples(st.sampled_from("tfp"), st.floats(-3, 3), st.floats(-3, 3)), max_size=8))
def test_the_view_never_leaves_the_picture(view: CanvasView, moves: list) -> None:
    for kind, first, second in moves:
        if kind == "t":
            view = view.zoomed_time(2.0**first, view.start + second * view.span_frames)
        elif kind == "f":
            view = view.zoomed_frequency(2.0**first, view.low + second * view.span_bands)
        else:
            view = view.panned(first * view.span_frames, second * view.span_bands)
        assert 0 <= view.start < view.end <= view.extent_frames * (1 + 1e-12)
        assert 0 <= view.low < view.high <= 80
        assert view.span_frames >= min(MIN_FRAMES, view.extent_frames) * (1 - 1e-6)
        assert view.span_bands >= MIN_BANDS * (1 - 1e-6)


@given(view=views, factor=st.floats(0.3, 3), part=st.floats(0, 1))
def test_zooming_keeps_what_is_under_the_pointer(view: CanvasView, factor: float, part: float) -> None:
    frame = view.start + part * view.span_frames
    zoomed = view.zoomed_time(factor, frame)
    assume(zoomed.start > 0 and zoomed.end < zoomed.extent_frames)
    assert zoomed.x_of(frame, 1000.0) == pytest.approx(part * 1000, abs=1e-3)


@given(view=views, bounds=st.tuples(*[st.floats(0, 1)] * 4))
def test_bounds_to_region_and_back(view: CanvasView, bounds: tuple) -> None:
    frames, bands = sorted(bounds[:2]), sorted(bounds[2:])
    wanted = Bounds(*(part * view.extent_frames for part in frames), *(part * 80 for part in bands))
    assert view.bounds_of(view.region_of(wanted)) == pytest.approx(wanted, abs=1e-6 * view.extent_frames + 1e-6)


def test_edges_of_the_picture_are_open() -> None:
    view = CanvasView.whole(GEOMETRY, 10.0)
    assert view.region_of(Bounds(0, 10, 0, 80)).whole_band
    assert view.bounds_of(Region(1.0, 2.0)) == pytest.approx((view.frame_of(1.0), view.frame_of(2.0), 0, 80))


def test_a_longer_take_keeps_the_visible_part_unless_everything_was_visible() -> None:
    view = CanvasView.whole(GEOMETRY, 10.0)
    assert view.resized(GEOMETRY, 20.0).is_whole
    part = view.moved_to(100, 200, 10, 30)
    longer = part.resized(GEOMETRY, 20.0)
    assert (longer.start, longer.end, longer.low, longer.high) == (100, 200, 10, 30)
    assert part.resized(GEOMETRY, 0.5).shows_all_time


positions = st.tuples(st.floats(-100, 1000), st.floats(-20, 100))


@given(start=positions, end=positions, time_only=st.booleans())
def test_every_drag_gives_a_rectangle_inside_the_picture(start: tuple, end: tuple, time_only: bool) -> None:
    view = CanvasView.whole(GEOMETRY, GEOMETRY.duration_s)
    bounds = SelectionDrag.new(*start, time_only).at(*end, view)
    assert 0 <= bounds.start < bounds.end <= view.extent_frames
    assert 0 <= bounds.low < bounds.high <= 80
    assert bounds.end - bounds.start >= 1 - 1e-9 and bounds.high - bounds.low >= 1 - 1e-9


@given(frames=st.floats(-2000, 2000), bands=st.floats(-200, 200))
def test_moving_keeps_the_size_and_stretching_the_start(frames: float, bands: float) -> None:
    view = CanvasView.whole(GEOMETRY, GEOMETRY.duration_s)
    bounds = Bounds(100.0, 200.0, 10.0, 30.0)
    moved, stretched = moved_bounds(bounds, frames, bands, view), stretched_bounds(bounds, frames, bands, view)
    assert (moved.end - moved.start, moved.high - moved.low) == pytest.approx((100.0, 20.0))
    assert moved.start >= 0 and moved.end <= view.extent_frames and moved.low >= 0 and moved.high <= 80
    assert (stretched.start, stretched.low) == (100.0, 10.0) and stretched.end >= 101 and stretched.high >= 11


def test_corners_hold_two_edges() -> None:
    rect = QRectF(100, 50, 200, 100)
    assert edges_at(QPointF(101, 52), rect) == {"start", "high"}
    assert edges_at(QPointF(298, 100), rect) == {"end"}
    assert edges_at(QPointF(200, 148), rect) == {"low"}
    assert (
        edges_at(QPointF(200, 100), rect)
        == edges_at(QPointF(200, 148), rect, time_only=True)
        == edges_at(QPointF(0, 0), None)
        == frozenset()
    )
