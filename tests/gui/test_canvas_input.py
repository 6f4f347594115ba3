"""What the wheel, keys and dropped files ask of the canvas."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.types import Region
from gui.canvas import SpectrogramCanvas
from tests.gui.canvas_kit import GEOMETRY, LEFT, heard, make_canvas


@pytest.fixture
def canvas(qtbot) -> SpectrogramCanvas:
    return make_canvas(qtbot)


def wheel(canvas: SpectrogramCanvas, point: QPointF, notches: float, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
    """A turn of the wheel over the widget that is at a point of the canvas."""
    position = canvas.mapToGlobal(point)
    target = canvas.childAt(point.toPoint()) or canvas
    event = QWheelEvent(
        target.mapFromGlobal(position),
        position,
        QPoint(),
        QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(target, event)


def test_ctrl_wheel_zooms_time_at_the_pointer(canvas: SpectrogramCanvas) -> None:
    point = canvas.point_of(3.0, 1000.0)
    changed = heard(canvas.view_changed)
    wheel(canvas, point, 3, Qt.KeyboardModifier.ControlModifier)
    assert canvas.view.duration_s == pytest.approx(GEOMETRY.duration_s / 1.25**3)
    assert canvas.position_at(point)[0] == pytest.approx(3.0)
    assert changed == [canvas.view]
    wheel(canvas, point, -9, Qt.KeyboardModifier.ControlModifier)
    assert canvas.view.duration_s == pytest.approx(GEOMETRY.duration_s)


def test_wheel_scrolls_time_and_over_the_ruler_frequency(canvas: SpectrogramCanvas) -> None:
    canvas.zoom_to(Region(3.0, 5.0, 300.0, 3000.0))
    wheel(canvas, canvas.picture_rect.center(), -1, Qt.KeyboardModifier.ShiftModifier)
    assert (canvas.view.start_s, canvas.view.end_s) == pytest.approx((3.2, 5.2))
    ruler = QPointF(canvas.frequency_ruler.geometry().center())
    low = canvas.view.low_hz
    wheel(canvas, ruler, 1)
    assert canvas.view.low_hz > low and canvas.view.start_s == pytest.approx(3.2)
    height = math.log(canvas.view.high_hz / canvas.view.low_hz)
    wheel(canvas, ruler, 2, Qt.KeyboardModifier.ControlModifier)
    assert math.log(canvas.view.high_hz / canvas.view.low_hz) < height
    assert canvas.view.duration_s == pytest.approx(2.0)


def test_arrows_move_and_stretch_the_selection(canvas: SpectrogramCanvas) -> None:
    region = Region(2.0, 4.0, 300.0, 3000.0)
    canvas.show_selection(region)
    selected = heard(canvas.selected)
    QTest.keyClick(canvas.picture, Qt.Key.Key_Right)
    assert (selected[-1].start_s, selected[-1].end_s) == pytest.approx((2.0 + GEOMETRY.frame_s, 4.0 + GEOMETRY.frame_s))
    QTest.keyClick(canvas.picture, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert (selected[-1].start_s, selected[-1].end_s) == pytest.approx((2.0 + GEOMETRY.frame_s, 4.0))
    QTest.keyClick(canvas.picture, Qt.Key.Key_Up)
    assert selected[-1].low_hz > 300.0 and selected[-1].high_hz > 3000.0
    QTest.keyClick(canvas.picture, Qt.Key.Key_Escape)
    assert selected[-1] is None and canvas.picture.region is None


def test_alt_arrows_pan_and_home_end_seek(canvas: SpectrogramCanvas) -> None:
    canvas.zoom_to(Region(3.0, 5.0, 300.0, 3000.0))
    sought = heard(canvas.seeked)
    QTest.keyClick(canvas.picture, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert canvas.view.start_s == pytest.approx(3.2)
    QTest.keyClick(canvas.picture, Qt.Key.Key_End)
    QTest.keyClick(canvas.picture, Qt.Key.Key_Home)
    assert sought == pytest.approx([GEOMETRY.duration_s, 0.0])


def test_keys_of_others_pass_through(canvas: SpectrogramCanvas, qtbot) -> None:
    passed = heard(canvas.selected)
    QTest.keyClick(canvas.picture, Qt.Key.Key_Escape)
    QTest.keyClick(canvas.picture, Qt.Key.Key_Right)
    QTest.keyClick(canvas.picture, Qt.Key.Key_Space)
    assert passed == []


def dropped(canvas: SpectrogramCanvas, actions: Qt.DropAction, url: QUrl, modifiers=Qt.KeyboardModifier.NoModifier) -> QDropEvent:
    """Files dragged over the canvas and dropped."""
    data = QMimeData()
    data.setUrls([url])
    enter = QDragEnterEvent(QPoint(300, 200), actions, data, LEFT, modifiers)
    QApplication.sendEvent(canvas, enter)
    drop = QDropEvent(QPointF(300, 200), actions, data, LEFT, modifiers)
    QApplication.sendEvent(canvas, drop)
    return drop


def test_dropped_files_are_copied_even_with_shift(canvas: SpectrogramCanvas, tmp_path: Path) -> None:
    paths = heard(canvas.paths_dropped)
    both = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    drop = dropped(canvas, both, QUrl.fromLocalFile(str(tmp_path / "rain.wav")), Qt.KeyboardModifier.ShiftModifier)
    assert drop.isAccepted() and drop.dropAction() == Qt.DropAction.CopyAction
    assert paths == [[tmp_path / "rain.wav"]]


def test_moves_and_web_addresses_are_refused(canvas: SpectrogramCanvas, tmp_path: Path) -> None:
    paths = heard(canvas.paths_dropped)
    assert not dropped(canvas, Qt.DropAction.MoveAction, QUrl.fromLocalFile(str(tmp_path))).isAccepted()
    assert not dropped(canvas, Qt.DropAction.CopyAction, QUrl("https://example.org/rain.wav")).isAccepted()
    assert paths == []
