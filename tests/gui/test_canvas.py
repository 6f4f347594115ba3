"""The canvas: what is drawn where, at every scale and for odd pictures; what mouse, wheel and keys ask for."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAccessible, QColor, QDragEnterEvent, QDropEvent, QImage, QPainter, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QGraphicsRectItem

from engine.geometry import Geometry
from engine.types import Region, Spectrogram
from gui.canvas import Readout, SpectrogramCanvas
from gui.canvas_view import CanvasView
from gui.cells_overlay import CellsOverlay, hatching
from gui.colour_maps import colours
from gui.theme import LIGHT

GEOMETRY = Geometry()
FLOOR_DB, TOP_DB = -80.0, 10.0
LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton


def spectrogram(log_mel: np.ndarray) -> Spectrogram:
    return Spectrogram(log_mel.astype(np.float32), GEOMETRY)


def quadrants() -> np.ndarray:
    """Four levels: silence at the lower left, then louder to the right and upwards; 80 x 848."""
    picture = np.full((80, 848), FLOOR_DB)
    picture[:40, 424:], picture[40:, :424], picture[40:, 424:] = -50.0, -20.0, TOP_DB
    return picture


def make_canvas(qtbot, picture: np.ndarray | None = None, width: int = 800, height: int = 500) -> SpectrogramCanvas:
    canvas = SpectrogramCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(width, height)
    with qtbot.waitExposed(canvas):
        canvas.show()
    canvas.activateWindow()
    canvas.picture.setFocus()
    canvas.show_picture(spectrogram(quadrants() if picture is None else picture), GEOMETRY.duration_s)
    return canvas


@pytest.fixture
def canvas(qtbot) -> SpectrogramCanvas:
    return make_canvas(qtbot)


def local(canvas: SpectrogramCanvas, seconds: float, hz: float) -> QPoint:
    """Pixels of the picture's viewport."""
    return (canvas.point_of(seconds, hz) - canvas.picture_rect.topLeft()).toPoint()


def drag(canvas: SpectrogramCanvas, start: QPoint, end: QPoint, button: Qt.MouseButton = LEFT, release: bool = True) -> None:
    """A drag with real events, in steps."""
    port = canvas.picture.viewport()
    QTest.mousePress(port, button, pos=start)
    for step in (0.3, 0.7, 1.0):
        QTest.mouseMove(port, start + (end - start) * step)
    if release:
        QTest.mouseRelease(port, button, pos=end)


def heard(signal) -> list:
    """Everything that a signal says from now on."""
    values: list = []
    signal.connect(lambda *arguments: values.append(arguments[0] if len(arguments) == 1 else arguments))
    return values


def level_colour(level_db: float) -> tuple[int, ...]:
    index = round((level_db - FLOOR_DB) / (TOP_DB - FLOOR_DB) * 255)
    return tuple(int(part) for part in colours("inferno")[index])


# What is shown ----------------------------------------------------------------------------------------------------------------------------


def test_the_empty_canvas_has_a_hint_and_ten_seconds(qtbot) -> None:
    canvas = SpectrogramCanvas()
    qtbot.addWidget(canvas)
    assert canvas.view.duration_s == pytest.approx(10.0)
    canvas.resize(600, 400)
    empty = canvas.grab().toImage()
    canvas.picture.set_hint("")
    assert canvas.grab().toImage() != empty


def test_a_preview_keeps_the_view_and_says_nothing(canvas: SpectrogramCanvas) -> None:
    canvas.zoom_to(Region(2.0, 4.0, 200.0, 4000.0))
    before = canvas.view
    said = [heard(signal) for signal in (canvas.seeked, canvas.selected, canvas.view_changed, canvas.levels_changed)]
    canvas.show_picture(spectrogram(quadrants() - 5), GEOMETRY.duration_s)
    canvas.show_selection(Region(1.0, 2.0))
    canvas.set_playhead(1.5)
    canvas.set_levels(-60.0, 0.0)
    assert canvas.view == before
    assert said == [[], [], [], []]
    canvas.show_picture(spectrogram(quadrants()), GEOMETRY.duration_s, keep_view=False)
    assert canvas.view.duration_s == pytest.approx(GEOMETRY.duration_s)


def test_colour_map_and_levels_change_the_picture(canvas: SpectrogramCanvas) -> None:
    spot = canvas.point_of(7.5, 5000.0).toPoint()
    assert canvas.grab().toImage().pixelColor(spot).getRgb()[:3] == level_colour(TOP_DB)
    canvas.set_colour_map("grey")
    assert canvas.grab().toImage().pixelColor(spot).getRgb()[:3] == tuple(int(part) for part in colours("grey")[255])
    canvas.set_levels(-20.0, 40.0)
    assert canvas.grab().toImage().pixelColor(spot).lightness() < 140
    assert canvas.levels == (-20.0, 40.0)


def test_the_playhead_is_light_between_dark(canvas: SpectrogramCanvas) -> None:
    canvas.set_playhead(2.0)
    x, y = round(canvas.point_of(2.0, 1000.0).x()), round(canvas.picture_rect.center().y())
    image = canvas.grab().toImage()
    assert [image.pixelColor(x + step, y).name() for step in (-1, 0, 1)] == ["#101216", "#ffffff", "#101216"]
    canvas.set_playhead(None)
    assert canvas.grab().toImage().pixelColor(x, y).name() != "#ffffff"


def test_hidden_cells_are_hatched_in_two_tones_and_only_they(canvas: SpectrogramCanvas) -> None:
    plain = canvas.grab().toImage()
    hidden = np.zeros((5, 53), bool)
    hidden[4, 50] = True
    canvas.show_cells(hidden, None, GEOMETRY)
    image = canvas.grab().toImage()
    view = CanvasView.whole(GEOMETRY, GEOMETRY.duration_s)
    top_left = canvas.point_of(view.seconds_of(50 * 16), view.hz_of(80)).toPoint() + QPoint(1, 1)
    inside = [image.pixelColor(top_left + QPoint(x, 20)).lightness() for x in range(10)]
    assert min(inside) < 60 and max(inside) > 200
    left = top_left - QPoint(3, -20)
    assert image.pixelColor(left) == plain.pixelColor(left)
    canvas.show_cells(None, None, GEOMETRY)
    assert canvas.grab().toImage() == plain


def test_hatching_is_seamless() -> None:
    lines = hatching(37, 29, 1.0, "#ffffff", "#000000")
    assert np.array_equal(lines[1:, :-1], lines[:-1, 1:])
    assert len(np.unique(lines)) == 3


def test_low_confidence_has_a_tint_and_a_mark(canvas: SpectrogramCanvas) -> None:
    sure = canvas.grab().toImage()
    confidence = np.ones((5, 53), np.float32)
    confidence[0, 10] = 0.1
    canvas.show_cells(None, confidence, GEOMETRY)
    doubtful = canvas.grab().toImage()
    overlay: CellsOverlay = canvas.picture.cells
    cell = overlay.cell_rect(0, 10).translated(canvas.picture_rect.topLeft())
    middle, corner = cell.center().toPoint(), (cell.topRight() + QPointF(-4, 3)).toPoint()
    assert doubtful.pixelColor(middle) != sure.pixelColor(middle)
    assert doubtful.pixelColor(corner).lightness() > 200
    canvas.set_confidence_shown(False)
    assert canvas.grab().toImage() == sure


def test_cells_before_there_is_a_picture(qtbot) -> None:
    canvas = SpectrogramCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(600, 400)
    canvas.show_cells(np.ones((5, 53), bool), np.full((5, 53), np.nan, np.float32), GEOMETRY)
    image = canvas.grab().toImage()
    centre = canvas.picture_rect.center().toPoint()
    assert max(image.pixelColor(centre + QPoint(step, 0)).lightness() for step in range(12)) > 150


def test_the_selection_outline_is_two_tone(canvas: SpectrogramCanvas) -> None:
    canvas.show_selection(Region(2.0, 4.0, 300.0, 3000.0))
    edge = canvas.point_of(2.0, 1000.0).toPoint()
    image = canvas.grab().toImage()
    tones = {image.pixelColor(edge + QPoint(step, 0)).name() for step in range(-2, 5)}
    assert "#ffffff" in tones and "#101216" in tones


def test_overlays_of_tools_are_in_frames_and_bands(canvas: SpectrogramCanvas) -> None:
    item = QGraphicsRectItem(100.0, 20.0, 100.0, 10.0)
    item.setBrush(QColor("#00ff00"))
    canvas.add_overlay(item)
    for region in (None, Region(0.5, 4.0, 100.0, 8000.0)):
        if region:
            canvas.zoom_to(region)
        view = CanvasView.whole(GEOMETRY, GEOMETRY.duration_s)
        image = canvas.grab().toImage()
        assert image.pixelColor(canvas.point_of(view.seconds_of(150), view.hz_of(25)).toPoint()).name() == "#00ff00"
        assert image.pixelColor(canvas.point_of(view.seconds_of(150), view.hz_of(33)).toPoint()).name() != "#00ff00"


def test_both_themes_are_drawn(canvas: SpectrogramCanvas) -> None:
    dark = canvas.grab().toImage()
    canvas.set_theme(LIGHT)
    assert canvas.grab().toImage() != dark


# Pointer ----------------------------------------------------------------------------------------------------------------------------------


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


def test_zoom_calls(canvas: SpectrogramCanvas) -> None:
    canvas.set_playhead(2.0)
    canvas.zoom_in()
    assert canvas.view.duration_s == pytest.approx(GEOMETRY.duration_s / 1.5)
    canvas.zoom_out()
    assert canvas.view.duration_s == pytest.approx(GEOMETRY.duration_s)
    canvas.zoom_to(Region(4.0, 5.0, 500.0, 2000.0))
    assert (canvas.view.start_s, canvas.view.end_s) == pytest.approx((4.0, 5.0))
    assert (canvas.view.low_hz, canvas.view.high_hz) == pytest.approx((500.0, 2000.0))
    canvas.pan(0.5, 0.0)
    assert canvas.view.start_s == pytest.approx(4.5)
    canvas.pan(1000.0, -1000.0)
    assert canvas.view.end_s == pytest.approx(GEOMETRY.duration_s)
    canvas.fit()
    assert canvas.view.start_s == 0.0 and canvas.view.duration_s == pytest.approx(GEOMETRY.duration_s)


def test_the_overview_moves_the_view(canvas: SpectrogramCanvas) -> None:
    canvas.zoom_to(Region(1.0, 2.0))
    QTest.mouseClick(canvas.overview, LEFT, pos=QPoint(canvas.overview.width() // 2, 10))
    assert (canvas.view.start_s + canvas.view.end_s) / 2 == pytest.approx(GEOMETRY.duration_s / 2, abs=0.02)


def test_what_is_under_the_pointer(canvas: SpectrogramCanvas) -> None:
    readouts = heard(canvas.hovered)
    QTest.mouseMove(canvas.picture.viewport(), local(canvas, 7.5, 4186.0))
    readout: Readout = readouts[-1]
    assert (readout.time_s, readout.hz, readout.level_db) == (pytest.approx(7.5, abs=0.02), pytest.approx(4186, rel=0.02), TOP_DB)
    assert readout.note.startswith(("C8", "B7"))
    assert "dB" in canvas.readout_line.accessibleDescription()
    canvas.show_picture(None, 10.0)
    assert readouts[-1].level_db is None


def test_position_outside_of_the_picture_is_none(canvas: SpectrogramCanvas) -> None:
    assert canvas.position_at(QPointF(2, 2)) is None
    assert canvas.position_at(canvas.picture_rect.center()) is not None


def test_dragging_the_colour_bar_changes_the_picture(canvas: SpectrogramCanvas) -> None:
    changed = heard(canvas.levels_changed)
    before = canvas.grab().toImage().pixelColor(canvas.point_of(7.5, 200.0).toPoint())
    middle = canvas.colour_bar.rect().center()
    QTest.mousePress(canvas.colour_bar, LEFT, pos=middle)
    QTest.mouseMove(canvas.colour_bar, middle - QPoint(0, 60))
    QTest.mouseRelease(canvas.colour_bar, LEFT, pos=middle - QPoint(0, 60))
    assert changed == [canvas.levels]
    assert canvas.grab().toImage().pixelColor(canvas.point_of(7.5, 200.0).toPoint()).lightness() > before.lightness()


# Keyboard ---------------------------------------------------------------------------------------------------------------------------------


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


def test_screen_readers_hear_view_and_selection(canvas: SpectrogramCanvas) -> None:
    assert canvas.picture.accessibleName() == canvas.accessibleName() == "Spectrogram"
    assert "No selection" in canvas.picture.accessibleDescription()
    canvas.show_selection(Region(2.0, 4.0))
    assert "2.00 s to 4.00 s" in canvas.picture.accessibleDescription()
    before = canvas.accessibleDescription()
    interface = QAccessible.queryAccessibleInterface(canvas.picture)
    assert (interface.role(), interface.text(QAccessible.Text.Name)) == (QAccessible.Role.Canvas, "Spectrogram")
    assert "2.00 s to 4.00 s" in interface.text(QAccessible.Text.Value)
    canvas.zoom_in()
    assert canvas.accessibleDescription() != before


# Files ------------------------------------------------------------------------------------------------------------------------------------


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


# Painting again ---------------------------------------------------------------------------------------------------------------------------


def test_a_playhead_does_not_draw_the_picture_again(canvas: SpectrogramCanvas, monkeypatch) -> None:
    canvas.grab()
    drawn_again: list = []
    monkeypatch.setattr("gui.canvas_picture.render", lambda *arguments: drawn_again.append(arguments))
    painter_target = QImage(800, 500, QImage.Format.Format_RGB32)
    for step in range(30):
        canvas.set_playhead(step / 60)
        painter = QPainter(painter_target)
        canvas.render(painter, QPoint())
        painter.end()
    assert drawn_again == []
