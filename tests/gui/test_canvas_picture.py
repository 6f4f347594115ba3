"""What presses and drags on the picture ask for."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from engine.types import Region
from gui.canvas import SpectrogramCanvas
from tests.gui.canvas_kit import GEOMETRY, LEFT, MIDDLE, drag, heard, local, make_canvas


@pytest.fixture
def canvas(qtbot) -> SpectrogramCanvas:
    return make_canvas(qtbot)


def test_a_click_seeks_and_selects_nothing(canvas: SpectrogramCanvas) -> None:
    sought, selected = heard(canvas.seeked), heard(canvas.selected)
    QTest.mouseClick(canvas.picture.viewport(), LEFT, pos=local(canvas, 5.0, 1000.0))
    assert sought == pytest.approx([5.0], abs=0.02)
    assert selected == []


def test_a_drag_selects_time_and_frequency_once(canvas: SpectrogramCanvas) -> None:
    sought, selected = heard(canvas.seeked), heard(canvas.selected)
    drag(canvas, local(canvas, 5.0, 500.0), local(canvas, 3.0, 4000.0))
    assert sought == [] and len(selected) == 1
    region = selected[0]
    assert (region.start_s, region.end_s) == pytest.approx((3.0, 5.0), abs=0.02)
    assert (region.low_hz, region.high_hz) == pytest.approx((500.0, 4000.0), rel=0.03)


def test_a_drag_beyond_the_edges_is_open(canvas: SpectrogramCanvas) -> None:
    selected = heard(canvas.selected)
    drag(canvas, QPoint(200, 100), QPoint(5000, -300))
    assert selected[0].end_s == pytest.approx(GEOMETRY.duration_s)
    assert selected[0].high_hz == math.inf and selected[0].low_hz > 0


def test_time_only_selects_the_full_height(canvas: SpectrogramCanvas) -> None:
    selected = heard(canvas.selected)
    canvas.time_only = True
    drag(canvas, QPoint(100, 100), QPoint(200, 101))
    assert selected[0].whole_band
    assert canvas.time_only


def test_edges_and_corners_resize(canvas: SpectrogramCanvas) -> None:
    canvas.show_selection(Region(2.0, 4.0, 300.0, 3000.0))
    selected = heard(canvas.selected)
    drag(canvas, local(canvas, 4.0, 900.0), local(canvas, 6.0, 200.0))
    assert (selected[0].start_s, selected[0].end_s) == pytest.approx((2.0, 6.0), abs=0.02)
    assert (selected[0].low_hz, selected[0].high_hz) == pytest.approx((300.0, 3000.0), rel=1e-6)
    drag(canvas, local(canvas, 2.0, 3000.0), local(canvas, 1.0, 6000.0))
    assert (selected[1].start_s, selected[1].end_s) == pytest.approx((1.0, 6.0), abs=0.02)
    assert (selected[1].low_hz, selected[1].high_hz) == pytest.approx((300.0, 6000.0), rel=0.03)


def test_an_edge_can_cross_the_other(canvas: SpectrogramCanvas) -> None:
    canvas.show_selection(Region(4.0, 5.0, 300.0, 3000.0))
    selected = heard(canvas.selected)
    drag(canvas, local(canvas, 5.0, 900.0), local(canvas, 2.0, 900.0))
    assert (selected[0].start_s, selected[0].end_s) == pytest.approx((2.0, 4.0), abs=0.02)


def test_escape_drops_the_selection_being_drawn(canvas: SpectrogramCanvas) -> None:
    before = Region(1.0, 2.0, 300.0, 3000.0)
    canvas.show_selection(before)
    selected, sought = heard(canvas.selected), heard(canvas.seeked)
    drag(canvas, QPoint(300, 100), QPoint(500, 200), release=False)
    assert canvas.picture.region != before
    QTest.keyClick(canvas.picture, Qt.Key.Key_Escape)
    assert canvas.picture.region == before
    QTest.mouseMove(canvas.picture.viewport(), QPoint(520, 220))
    QTest.mouseRelease(canvas.picture.viewport(), LEFT, pos=QPoint(520, 220))
    assert canvas.picture.region == before
    assert selected == [] and sought == []


def test_escape_drops_a_pan(canvas: SpectrogramCanvas) -> None:
    canvas.zoom_to(Region(3.0, 5.0))
    before = canvas.view
    drag(canvas, QPoint(300, 100), QPoint(400, 100), MIDDLE, release=False)
    assert canvas.view != before
    QTest.keyClick(canvas.picture, Qt.Key.Key_Escape)
    assert canvas.view == before


@pytest.mark.parametrize(("tool", "button"), [("hand", LEFT), ("hand", MIDDLE), ("select", MIDDLE)])
def test_dragging_the_picture_moves_what_is_under_the_pointer(canvas: SpectrogramCanvas, tool: str, button: Qt.MouseButton) -> None:
    canvas.zoom_to(Region(3.0, 5.0, 300.0, 3000.0))
    canvas.set_tool(tool)
    selected, sought = heard(canvas.selected), heard(canvas.seeked)
    held = canvas.position_at(canvas.picture_rect.topLeft() + QPointF(300, 100))
    drag(canvas, QPoint(300, 100), QPoint(360, 140), button)
    assert canvas.position_at(canvas.picture_rect.topLeft() + QPointF(360, 140)) == pytest.approx(held)
    assert selected == [] and sought == []


def test_a_click_with_the_hand_seeks(canvas: SpectrogramCanvas) -> None:
    canvas.set_tool("hand")
    sought = heard(canvas.seeked)
    QTest.mouseClick(canvas.picture.viewport(), LEFT, pos=local(canvas, 5.0, 1000.0))
    QTest.mouseClick(canvas.picture.viewport(), MIDDLE, pos=local(canvas, 5.0, 1000.0))
    assert sought == pytest.approx([5.0], abs=0.02)
