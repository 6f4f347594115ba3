"""Painting tools: what they paint for any way of the pointer, alone and with real drags on the canvas."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QCursor
from PySide6.QtTest import QTest

from engine.geometry import Geometry
from engine.mask_shapes import lasso_mask, region_mask, stroke_mask, wand_mask
from engine.masks import Mask
from engine.types import Region
from gui.canvas import SpectrogramCanvas
from gui.tools import PAINT_TOOLS, BrushShape, Ground, ToolOptions, begin, mode_for, overtones_of
from tests.gui.test_canvas import LEFT, drag, heard, local, make_canvas, quadrants, spectrogram

GEOMETRY = Geometry()
FRAMES = 120
MODES = ("replace", "add", "subtract")
SHIFT, ALT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier

places = st.tuples(st.floats(-60, FRAMES + 60), st.floats(-60, 140))
paths = st.lists(places, min_size=1, max_size=5)


def ground(frames: int = FRAMES) -> Ground:
    return Ground(GEOMETRY, np.random.default_rng(3).normal(-40, 8, (80, frames)).astype(np.float32))


def painted(tool: str, path: list, start: Mask | None = None, mode: str = "replace", options: ToolOptions = ToolOptions()) -> Mask:
    stroke = begin(tool, ground(), Mask.empty(80, FRAMES) if start is None else start, mode, options)
    for place in path:
        stroke.to(*place)
    return stroke.finished()


# Any way of the pointer -------------------------------------------------------------------------------------------------------------------


@given(st.sampled_from(PAINT_TOOLS), st.sampled_from(MODES), paths)
@settings(max_examples=60, deadline=None)
def test_paint_stays_inside_the_picture_and_between_0_and_1(tool: str, mode: str, path: list):
    start = region_mask(Region(0.3, 0.9, 200.0, 3000.0), GEOMETRY, FRAMES)
    mask = painted(tool, path, start, mode)
    assert (mask.bands, mask.frames) == (80, FRAMES)
    assert 0 <= mask.first <= mask.last <= FRAMES
    assert mask.weights.size == 0 or (mask.weights.min() >= 0 and mask.weights.max() <= 1)


@given(st.sampled_from([tool for tool in PAINT_TOOLS if tool != "move"]), paths)
@settings(max_examples=40, deadline=None)
def test_adding_the_same_twice_changes_nothing(tool: str, path: list):
    once = painted(tool, path, mode="add")
    assert painted(tool, path, once, "add") is once


@given(st.sampled_from([tool for tool in PAINT_TOOLS if tool != "move"]), paths)
@settings(max_examples=40, deadline=None)
def test_adding_takes_nothing_away_and_subtracting_adds_nothing(tool: str, path: list):
    start = region_mask(Region(0.3, 0.9, 200.0, 3000.0), GEOMETRY, FRAMES)
    assert (painted(tool, path, start, "add").array() >= start.array()).all()
    assert (painted(tool, path, start, "subtract").array() <= start.array()).all()


@given(st.sampled_from(PAINT_TOOLS), st.sampled_from(MODES), paths)
@settings(max_examples=60, deadline=None)
def test_nothing_changes_outside_of_the_boxes_that_were_told(tool: str, mode: str, path: list):
    start = region_mask(Region(0.3, 0.9, 200.0, 3000.0), GEOMETRY, FRAMES)
    stroke = begin(tool, ground(), start, mode, ToolOptions())
    for place in path:
        before = stroke.paint.weights.copy()
        box = stroke.to(*place)
        changed = before != stroke.paint.weights
        if box is not None:
            changed[box.low : box.high, box.first : box.last] = False
        assert not changed.any()


# What each tool paints --------------------------------------------------------------------------------------------------------------------


def test_a_brush_that_is_drawn_bit_by_bit_paints_the_stroke():
    path = [(20.0, 20.0), (60.0, 35.0), (90.0, 30.0)]
    shape = ToolOptions().brush
    whole = stroke_mask(path, *shape.radii(GEOMETRY), shape.hardness, 80, FRAMES)
    assert np.abs(painted("brush", path, mode="add").array() - whole.array()).max() < 0.15
    assert ((painted("brush", path, mode="add").array() > 0) == (whole.array() > 0)).mean() > 0.99


def test_the_eraser_and_the_brush_have_sizes_of_their_own():
    options = ToolOptions(brush=BrushShape(0.1, 4.0, 1.0), eraser=BrushShape(0.5, 30.0, 1.0))
    everything = Mask.empty(80, FRAMES).inverted()
    taken = 80 * FRAMES - painted("eraser", [(60.0, 40.0)], everything, "subtract", options).array().sum()
    added = painted("brush", [(60.0, 40.0)], None, "add", options).array().sum()
    assert taken > 20 * added > 0
    larger = options.resized("brush", 2)
    assert larger.brush.width_s > options.brush.width_s and larger.eraser == options.eraser
    assert options.resized("lasso", 1) is options
    assert options.resized("brush", 99).brush.height_bands == 80.0


def test_a_soft_brush_is_weaker_at_its_edge_than_a_hard_one():
    soft = painted("brush", [(60.0, 40.0)], None, "add", ToolOptions(brush=BrushShape(0.6, 20.0, 0.0)))
    hard = painted("brush", [(60.0, 40.0)], None, "add", ToolOptions(brush=BrushShape(0.6, 20.0, 1.0)))
    assert set(np.unique(hard.array())) == {0.0, 1.0}
    assert ((soft.array() > 0.05) & (soft.array() < 0.95)).sum() > 100
    assert soft.array().max() > 0.9


def test_a_rectangle_counts_what_it_touches_whole():
    array = painted("rectangle", [(10.4, 20.6), (14.2, 18.3)]).array()
    assert array[18:21, 10:15].all() and array.sum() == 3 * 5


def test_a_rectangle_that_shrinks_again_leaves_nothing_behind():
    path = [(10.0, 10.0), (100.0, 70.0), (12.0, 12.0)]
    assert painted("rectangle", path).array().sum() == 4


def test_stripes_have_full_height_or_full_length():
    time_stripe, band_stripe = painted("time_stripe", [(10.0, 5.0), (20.0, 6.0)]), painted("band_stripe", [(10.0, 5.0), (20.0, 8.0)])
    assert time_stripe.array()[:, 10:20].all() and time_stripe.array().sum() == 80 * 10
    assert band_stripe.array()[5:8].all() and band_stripe.array().sum() == 3 * FRAMES


def test_a_lasso_paints_its_inside():
    path = [(20.0, 20.0), (80.0, 20.0), (80.0, 60.0), (20.0, 60.0)]
    assert painted("lasso", path).same_as(lasso_mask(path, 80, FRAMES))
    assert painted("lasso", path).array()[40, 50] == 1


def test_a_very_long_lasso_shows_its_inside_when_it_is_done():
    stroke = begin("lasso", ground(5000), Mask.empty(80, 5000), "replace", ToolOptions())
    for place in [(20.0, 20.0), (4000.0, 20.0), (4000.0, 60.0), (20.0, 60.0)]:
        stroke.to(*place)
    assert len(stroke.contour) == 4 and not stroke.paint.weights[40, 2000]
    assert stroke.finished().array()[40, 2000] == 1


def test_the_harmonics_brush_paints_overtones_where_they_are():
    band = float(GEOMETRY.hz_to_position(500.0))
    options = ToolOptions(overtones=3)
    array = painted("harmonics", [(40.0, band), (80.0, band)], None, "add", options).array()
    for number in (1, 2, 3, 4):
        assert array[GEOMETRY.hz_to_band(500.0 * number), 60] > 0.5
    assert array[GEOMETRY.hz_to_band(2500.0), 60] == 0
    assert overtones_of(band, GEOMETRY, 3) == pytest.approx([float(GEOMETRY.hz_to_position(hz)) for hz in (1000, 1500, 2000)])


def test_the_wand_grows_over_similar_energy():
    picture = np.full((80, FRAMES), -70, np.float32)
    picture[20:30, 40:60], picture[20:30, 80:90] = -20, -20
    stroke = begin("wand", Ground(GEOMETRY, picture), Mask.empty(80, FRAMES), "replace", ToolOptions(tolerance_db=5))
    stroke.to(45.0, 25.0)
    assert stroke.finished().same_as(wand_mask(picture, 45, 25, 5))
    assert stroke.finished().array().sum() == 10 * 20


def test_paint_moves_by_whole_places_and_comes_back():
    start = region_mask(Region(0.3, 0.6, 500.0, 3000.0), GEOMETRY, FRAMES)
    there = [(50.0, 40.0), (57.4, 37.0)]
    assert painted("move", there, start).same_as(start.moved(-3, 7))
    assert painted("move", [*there, (500.0, 40.0), (50.0, 40.0)], start) is start


def test_keys_decide_what_a_stroke_does():
    assert [mode_for("brush", *keys) for keys in ((False, False), (True, False), (False, True))] == ["add", "add", "subtract"]
    assert [mode_for("lasso", *keys) for keys in ((False, False), (True, False), (False, True))] == ["replace", "add", "subtract"]
    assert mode_for("eraser", True, False) == "subtract"
    assert mode_for("move", True, True) == "replace"


# Real drags on the canvas -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def canvas(qtbot) -> SpectrogramCanvas:
    return make_canvas(qtbot)


def stroke_of(canvas: SpectrogramCanvas, path: list[QPoint], keys=NONE, release: bool = True) -> None:
    """A drag with real events and keys held down."""
    port = canvas.picture.viewport()
    QTest.mousePress(port, LEFT, keys, path[0])
    for point in path[1:]:
        # QTest's moves carry no keys; a move without them must not change what the press decided.
        QTest.mouseMove(port, point)
    if release:
        QTest.mouseRelease(port, LEFT, keys, path[-1])


def around(canvas: SpectrogramCanvas) -> list[QPoint]:
    corners = ((2.0, 500.0), (2.0, 4000.0), (4.0, 4000.0), (4.0, 500.0))
    return [local(canvas, *corner) for corner in corners]


def start_mask() -> Mask:
    return region_mask(Region(3.0, 5.0, 300.0, 2000.0), GEOMETRY, 848)


@pytest.mark.parametrize("tool", PAINT_TOOLS)
def test_each_tool_says_one_whole_mask_at_release(canvas: SpectrogramCanvas, tool: str):
    canvas.show_mask(start_mask(), ((start_mask(), 0),), 0)
    canvas.set_tool(tool)
    masks, selections, seeks = heard(canvas.painted), heard(canvas.selected), heard(canvas.seeked)
    path = [local(canvas, 3.2, 600.0), local(canvas, 3.6, 900.0), local(canvas, 4.4, 1500.0), local(canvas, 4.6, 2500.0)]
    stroke_of(canvas, path, release=False)
    assert masks == []
    QTest.mouseRelease(canvas.picture.viewport(), LEFT, pos=path[-1])
    assert len(masks) == 1 and (masks[0].bands, masks[0].frames) == (80, 848)
    assert not masks[0].same_as(start_mask())
    assert selections == [] and seeks == []


@pytest.mark.parametrize("tool", PAINT_TOOLS)
def test_escape_drops_the_stroke_and_says_nothing(canvas: SpectrogramCanvas, tool: str):
    canvas.show_mask(start_mask(), ((start_mask(), 0),), 0)
    before = canvas.picture.grab().toImage()
    canvas.set_tool(tool)
    masks = heard(canvas.painted)
    path = [local(canvas, 3.2, 600.0), local(canvas, 3.6, 900.0), local(canvas, 4.6, 2500.0)]
    stroke_of(canvas, path, release=False)
    QTest.keyClick(canvas.picture, Qt.Key.Key_Escape)
    QTest.mouseMove(canvas.picture.viewport(), path[0])
    QTest.mouseRelease(canvas.picture.viewport(), LEFT, pos=path[0])
    canvas.set_tool("select")
    assert masks == []
    assert canvas.picture.grab().toImage() == before


@pytest.mark.parametrize("tool", ["rectangle", "lasso", "time_stripe", "band_stripe", "wand"])
def test_shift_adds_and_alt_or_ctrl_take_away(canvas: SpectrogramCanvas, tool: str):
    path = [*around(canvas)[:3], local(canvas, 3.9, 600.0)]
    masks = heard(canvas.painted)
    canvas.set_tool(tool)
    stroke_of(canvas, path)
    shape, start = masks.pop(), start_mask()
    expected = {NONE: shape, SHIFT: start.united(shape), ALT: start.without(shape), CTRL: start.without(shape)}
    for keys, wanted in expected.items():
        canvas.show_mask(None, ((start, 0),), 0)
        stroke_of(canvas, path, keys)
        assert masks.pop().same_as(wanted), keys
        canvas.show_mask(None)
    assert not start.united(shape).same_as(shape) and not start.without(shape).same_as(start)


def test_the_brush_adds_and_alt_erases(canvas: SpectrogramCanvas):
    canvas.set_tool("brush")
    masks = heard(canvas.painted)
    path = [local(canvas, 3.0, 800.0), local(canvas, 4.0, 800.0)]
    stroke_of(canvas, path)
    stroke_of(canvas, [local(canvas, 6.0, 3000.0)])
    spots = [(GEOMETRY.hz_to_band(hz), round(s / GEOMETRY.frame_s)) for s, hz in ((3.5, 800.0), (6.0, 3000.0))]
    assert [masks[1].array()[spot] > 0.5 for spot in spots] == [True, True]
    stroke_of(canvas, path, ALT)
    assert [masks[2].array()[spot] > 0.5 for spot in spots] == [False, True]
    stroke_of(canvas, path, CTRL)
    assert len(masks) == 3, "a stroke that changes nothing is no step"


def test_a_click_with_a_shape_tool_seeks_and_keeps_the_paint(canvas: SpectrogramCanvas):
    canvas.show_mask(None, ((start_mask(), 0),), 0)
    masks, seeks = heard(canvas.painted), heard(canvas.seeked)
    for tool in ("rectangle", "lasso", "time_stripe", "band_stripe", "move"):
        canvas.set_tool(tool)
        stroke_of(canvas, [local(canvas, 2.0, 1000.0)])
    assert masks == [] and seeks == pytest.approx([2.0] * 5, abs=0.02)


def test_a_lasso_goes_on_while_the_picture_is_moved(canvas: SpectrogramCanvas):
    canvas.zoom_to(Region(1.0, 5.0, 100.0, 6000.0))
    canvas.set_tool("lasso")
    masks, port = heard(canvas.painted), canvas.picture.viewport()
    stroke_of(canvas, around(canvas)[:2], release=False)
    middle = local(canvas, 4.0, 3000.0)
    QTest.mousePress(port, Qt.MouseButton.MiddleButton, NONE, middle)
    QTest.mouseMove(port, middle - QPoint(100, 0))
    QTest.mouseRelease(port, Qt.MouseButton.MiddleButton, NONE, middle - QPoint(100, 0))
    assert canvas.view.start_s > 1.3
    assert canvas.picture.is_dragging and masks == []
    for corner in ((4.0, 4000.0), (4.0, 500.0)):
        QTest.mouseMove(port, local(canvas, *corner))
    QTest.mouseRelease(port, LEFT, pos=local(canvas, 4.0, 500.0))
    bounds = masks[0].bounds(GEOMETRY)
    assert (bounds.start_s, bounds.end_s) == pytest.approx((2.0, 4.0), abs=0.05)
    assert masks[0].array()[GEOMETRY.hz_to_band(1500.0), round(3.0 / GEOMETRY.frame_s)] == 1


def test_without_a_picture_nothing_can_be_painted(qtbot):
    canvas = SpectrogramCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(600, 400)
    canvas.show()
    masks = heard(canvas.painted)
    for tool in PAINT_TOOLS:
        canvas.set_tool(tool)
        drag(canvas, QPoint(100, 100), QPoint(200, 150))
    assert masks == []


def test_another_tool_or_another_picture_drops_the_stroke(canvas: SpectrogramCanvas):
    masks, path = heard(canvas.painted), around(canvas)
    canvas.set_tool("rectangle")
    stroke_of(canvas, path, release=False)
    canvas.set_tool("brush")
    QTest.mouseRelease(canvas.picture.viewport(), LEFT, pos=path[-1])
    stroke_of(canvas, path, release=False)
    canvas.show_picture(spectrogram(quadrants()[:, :400]), 400 * GEOMETRY.frame_s)
    QTest.mouseRelease(canvas.picture.viewport(), LEFT, pos=path[-1])
    assert masks == []


def test_a_preview_of_the_same_length_does_not_disturb_a_stroke(canvas: SpectrogramCanvas):
    canvas.set_tool("rectangle")
    masks, path = heard(canvas.painted), around(canvas)
    stroke_of(canvas, path, release=False)
    canvas.show_picture(spectrogram(quadrants() - 3), GEOMETRY.duration_s)
    QTest.mouseRelease(canvas.picture.viewport(), LEFT, pos=path[-1])
    assert len(masks) == 1


def test_the_cursor_has_the_size_of_the_brush(canvas: SpectrogramCanvas):
    canvas.set_tool("brush")
    canvas.set_tool_options(ToolOptions(brush=BrushShape(1.0, 20.0, 1.0)))
    middle = local(canvas, 5.0, 1000.0)
    QTest.mouseMove(canvas.picture.viewport(), middle + QPoint(1, 1))
    QTest.mouseMove(canvas.picture.viewport(), middle)
    cursor = canvas.picture.painting.cursor
    assert cursor.isVisible() and cursor.pos() == QPointF(middle)
    wide = local(canvas, 5.5, 1000.0).x() - middle.x()
    assert cursor.radii[0] == pytest.approx(wide, abs=1)
    assert cursor.radii[1] == pytest.approx(10 / 80 * canvas.picture.height(), abs=1)
    masks = heard(canvas.painted)
    stroke_of(canvas, [middle])
    bounds = masks[0].bounds(GEOMETRY)
    assert bounds.duration_s == pytest.approx(1.0, abs=0.03)
    canvas.zoom_in()
    assert cursor.radii[0] > 1.3 * wide
    canvas.set_tool("rectangle")
    assert not cursor.isVisible()
    assert isinstance(canvas.picture.viewport().cursor(), QCursor)


def test_a_stroke_over_ten_minutes_stays_fluid(qtbot):
    frames = round(600 / GEOMETRY.frame_s)
    canvas = make_canvas(qtbot, np.full((80, frames), -40.0))
    canvas.show_picture(spectrogram(np.full((80, frames), -40.0)), 600.0, keep_view=False)
    canvas.show_mask(None, ((Mask.empty(80, frames).inverted(), 0),), 0)
    canvas.set_tool("eraser")
    port = canvas.picture.viewport()
    QTest.mousePress(port, LEFT, NONE, QPoint(100, 100))
    began = time.perf_counter()
    for step in range(40):
        QTest.mouseMove(port, QPoint(100 + 8 * step, 100 + step))
        qtbot.wait(0)
    mean_ms = (time.perf_counter() - began) / 40 * 1000
    QTest.mouseRelease(port, LEFT, NONE, QPoint(420, 140))
    print(f"{mean_ms:.1f} ms per move")
    assert mean_ms < 100
