"""The canvas as a whole: what it shows, its visible part, what it tells of the pointer, and what is not drawn again."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QAccessible, QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QGraphicsRectItem

from engine.types import Region
from gui.canvas import Readout, SpectrogramCanvas
from gui.canvas_view import CanvasView
from gui.cells_overlay import CellsOverlay, hatching
from gui.colour_maps import colours
from gui.theme import LIGHT
from tests.gui.canvas_kit import GEOMETRY, LEFT, TOP_DB, drag, heard, level_colour, local, make_canvas, quadrants, spectrogram


@pytest.fixture
def canvas(qtbot) -> SpectrogramCanvas:
    return make_canvas(qtbot)


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


def test_screen_readers_hear_what_a_drag_selected(canvas: SpectrogramCanvas) -> None:
    drag(canvas, local(canvas, 2.0, 500.0), local(canvas, 4.0, 4000.0))
    assert "Selected: 2.0" in canvas.accessibleDescription()
    assert "Selected: 2.0" in QAccessible.queryAccessibleInterface(canvas.picture).text(QAccessible.Text.Value)


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
