"""Paint over the picture: seen on every colour, exact after a stroke, drawn again only where it was touched."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from engine.geometry import Geometry
from engine.mask_shapes import region_mask, stroke_mask
from engine.masks import Mask
from engine.types import Region, Spectrogram
from gui.canvas import SpectrogramCanvas
from gui.mask_overlay import REGION_COLOURS, Layer, touched_cells
from gui.theme import DARK, LIGHT, contrast
from gui.tools import PAINT_TOOLS
from tests.gui.canvas_kit import LEFT, local, make_canvas

GEOMETRY = Geometry()
FRAMES = 848
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def canvas(qtbot) -> SpectrogramCanvas:
    return make_canvas(qtbot)


def rectangle(start_s: float = 3.0, end_s: float = 5.0, low_hz: float = 300.0, high_hz: float = 2000.0) -> Mask:
    return region_mask(Region(start_s, end_s, low_hz, high_hz), GEOMETRY, FRAMES)


def picture(canvas: SpectrogramCanvas) -> QImage:
    return canvas.picture.grab().toImage()


def differing(one: QImage, other: QImage) -> np.ndarray:
    """True where two pictures differ, [rows, columns]."""
    # A view of the pixels does not keep the image alive.
    images = [image.convertToFormat(QImage.Format.Format_RGB32) for image in (one, other)]
    arrays = [np.array(image.constBits(), np.uint8).reshape(image.height(), -1, 4) for image in images]
    return (arrays[0] != arrays[1]).any(axis=2)


def press(canvas: SpectrogramCanvas, path: list[QPoint]) -> None:
    port = canvas.picture.viewport()
    QTest.mousePress(port, LEFT, NONE, path[0])
    for point in path[1:]:
        QTest.mouseMove(port, point)


def release(canvas: SpectrogramCanvas, point: QPoint) -> None:
    QTest.mouseRelease(canvas.picture.viewport(), LEFT, NONE, point)


def test_every_colour_is_seen_on_every_picture():
    for theme in (DARK, LIGHT):
        for colour in REGION_COLOURS:
            # Of two lines at 9:1 one has at least 3:1 to whatever is behind them.
            assert contrast(colour, theme.selection_dark) >= 9
        assert contrast("#ffffff", theme.selection_dark) >= 9
    assert len(set(REGION_COLOURS)) == len(REGION_COLOURS)


def test_paint_is_seen_where_it_is_and_cells_where_they_are(canvas: SpectrogramCanvas):
    plain = picture(canvas)
    mask = rectangle()
    canvas.show_mask(mask, ((mask, 0),), 0)
    changed = differing(plain, picture(canvas))
    cells = mask.cells(GEOMETRY)
    rows, cols = np.flatnonzero(cells.any(axis=1)), np.flatnonzero(cells.any(axis=0))
    view, width, height = canvas.picture.view, canvas.picture.width(), canvas.picture.height()
    left, right = view.x_of(cols[0] * 16, width), view.x_of((cols[-1] + 1) * 16, width)
    top, bottom = view.y_of((rows[-1] + 1) * 16, height), view.y_of(rows[0] * 16, height)
    ys, xs = np.nonzero(changed)
    assert (xs.min(), xs.max() + 1) == pytest.approx((left, right), abs=2.5)
    assert (ys.min(), ys.max() + 1) == pytest.approx((top, bottom), abs=2.5)
    inside = local(canvas, 4.0, 800.0)
    assert changed[inside.y() - 5 : inside.y() + 5, inside.x() - 5 : inside.x() + 5].all()
    canvas.set_mask_shown(False)
    assert picture(canvas) == plain
    canvas.set_mask_shown(True)
    canvas.show_mask(None)
    assert picture(canvas) == plain


def test_regions_differ_by_more_than_colour(canvas: SpectrogramCanvas):
    one, two = rectangle(1.0, 2.0), rectangle(4.0, 5.0)
    pictures = []
    for colours in ((0, 0), (0, 6)):
        canvas.show_mask(None, ((one, colours[0]), (two, colours[1])), 0)
        pictures.append(picture(canvas).convertToFormat(QImage.Format.Format_Grayscale8))
    assert differing(*pictures).any(), "six colours further on the colour is the same, the number is not"
    canvas.show_mask(None, ((one, 0), (two, 1)), 1)
    assert differing(pictures[0], picture(canvas).convertToFormat(QImage.Format.Format_Grayscale8))[:, 80:130].any()


@pytest.mark.parametrize("tool", PAINT_TOOLS)
def test_after_a_stroke_the_overlay_is_the_mask(canvas: SpectrogramCanvas, tool: str):
    start, other = rectangle(), rectangle(6.0, 7.0)
    canvas.zoom_to(Region(1.0, 8.0, 100.0, 8000.0))
    canvas.show_mask(None, ((start, 0), (other, 1)), 0)
    canvas.set_tool(tool)
    masks: list[Mask] = []
    canvas.painted.connect(masks.append)
    path = [local(canvas, 3.2, 600.0), local(canvas, 3.6, 900.0), local(canvas, 4.4, 1500.0), local(canvas, 4.6, 2500.0)]
    press(canvas, path)
    picture(canvas)
    live = canvas.picture.painting.overlay
    if tool != "lasso":
        assert np.array_equal(live.layers[-1].paint.weights, canvas.picture.painting.stroke.paint.mask().array())
        assert np.array_equal(live.cells, other.united(canvas.picture.painting.stroke.paint.mask()).cells(GEOMETRY))
    release(canvas, path[-1])
    canvas.set_tool("select")
    after = picture(canvas)
    fresh = make_fresh(canvas, masks[0], other)
    assert after == fresh


def make_fresh(canvas: SpectrogramCanvas, mask: Mask, other: Mask) -> QImage:
    canvas.show_mask(None)
    canvas.show_mask(None, ((mask, 0), (other, 1)), 0)
    return picture(canvas)


@pytest.mark.parametrize("tool", ["brush", "eraser", "harmonics", "rectangle", "band_stripe", "move"])
def test_what_is_drawn_bit_by_bit_is_what_is_drawn_at_once(canvas: SpectrogramCanvas, tool: str):
    canvas.zoom_to(Region(2.0, 6.0, 100.0, 8000.0))
    canvas.show_mask(None, ((rectangle(), 0), (rectangle(4.5, 5.5, 1000.0, 6000.0), 1)), 0)
    canvas.set_tool(tool)
    path = [local(canvas, 3.2, 600.0)]
    press(canvas, path)
    for seconds, hz in ((3.4, 700.0), (4.0, 3000.0), (4.8, 1200.0), (3.8, 900.0)):
        picture(canvas)
        path.append(local(canvas, seconds, hz))
        QTest.mouseMove(canvas.picture.viewport(), path[-1])
    bit_by_bit = picture(canvas)
    canvas.picture.painting.overlay.place(canvas.picture.view, canvas.picture.width(), canvas.picture.height())
    assert picture(canvas) == bit_by_bit
    release(canvas, path[-1])


class Repaints(QObject):
    """Pixels that were painted again."""

    def __init__(self) -> None:
        super().__init__()
        self.rects: list[QRect] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.rects.append(event.region().boundingRect())
        return False


def test_a_stroke_paints_only_what_it_touched(qtbot, canvas: SpectrogramCanvas):
    canvas.set_tool("brush")
    point = local(canvas, 5.0, 1000.0)
    press(canvas, [point])
    qtbot.wait(20)
    repaints = Repaints()
    canvas.picture.viewport().installEventFilter(repaints)
    for step in range(1, 6):
        QTest.mouseMove(canvas.picture.viewport(), point + QPoint(3 * step, 0))
        qtbot.wait(5)
    release(canvas, point)
    canvas.picture.viewport().removeEventFilter(repaints)
    assert repaints.rects
    whole = canvas.picture.width() * canvas.picture.height()
    assert max(rect.width() * rect.height() for rect in repaints.rects[:-1]) < whole / 4


@given(st.integers(1, 200), st.floats(0, 200), st.floats(0, 80), st.integers(0, 12), st.integers(0, 14))
@settings(max_examples=40, deadline=None)
def test_touched_cells_are_the_cells_of_the_mask(frames: int, frame: float, band: float, first: int, last: int):
    mask = stroke_mask([(frame, band)], 12, 9, 0.5, 80, frames)
    cells = mask.cells(GEOMETRY)
    assert np.array_equal(touched_cells(mask, GEOMETRY, first, last), cells[:, first : max(first, last)])


@given(st.integers(0, 300), st.integers(0, 120), st.integers(0, 40), st.integers(0, 9))
def test_seen_from_afar_paint_is_the_largest_of_each_sixteen_frames(first: int, width: int, rest: int, seed: int):
    weights = np.random.default_rng(seed).random((4, width), np.float32)
    mask = Mask.of(weights, first + width + rest, first)
    coarse, size = Layer(mask, 0, True).seen_from(48.0)
    assert size == 16 and coarse.frames == -(-mask.frames // 16)
    whole = np.pad(mask.array(), ((0, 0), (0, 16 * coarse.frames - mask.frames)))
    assert np.array_equal(coarse.window(0, coarse.frames), whole.reshape(4, coarse.frames, 16).max(axis=2))


def test_from_near_paint_is_what_it_is():
    mask = rectangle()
    assert Layer(mask, 0, True).seen_from(2.0) == (mask, 1)


def test_empty_paint_on_ten_minutes_is_drawn_as_nothing(canvas: SpectrogramCanvas):
    frames = 51680
    canvas.show_picture(Spectrogram(np.zeros((80, frames), np.float32), GEOMETRY), frames * GEOMETRY.frame_s)
    plain = picture(canvas)
    canvas.show_mask(None, ((Mask.empty(80, frames), 0), (Mask.of(np.ones((80, 1)), frames, 30001), 1)), 0)
    xs = np.flatnonzero(differing(plain, picture(canvas)).any(axis=0))
    place = canvas.picture.view.x_of(30001.5, canvas.picture.width())
    assert abs(xs.min() - place) < 25 and abs(xs.max() - place) < 25


def test_paint_on_hidden_paint_shows_it_again(canvas: SpectrogramCanvas):
    shown: list[bool] = []
    canvas.mask_shown_changed.connect(shown.append)
    canvas.show_mask(None, ((rectangle(), 0),), 0)
    canvas.set_mask_shown(False)
    canvas.set_tool("brush")
    press(canvas, [local(canvas, 8.0, 1000.0)])
    release(canvas, local(canvas, 8.0, 1000.0))
    assert shown == [True] and canvas.picture.painting.shown


def test_showing_the_same_again_draws_nothing_and_keeps_a_stroke(canvas: SpectrogramCanvas):
    mask = rectangle()
    canvas.show_mask(mask, ((mask, 0),), 0)
    canvas.set_tool("rectangle")
    path = [local(canvas, 6.0, 1000.0), local(canvas, 7.0, 2000.0)]
    press(canvas, path)
    canvas.show_mask(mask, ((mask, 0),), 0)
    assert canvas.picture.painting.stroke is not None
    canvas.show_mask(mask, ((mask, 0),), None)
    assert canvas.picture.painting.stroke is None
    release(canvas, path[-1])


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_odd_sizes_and_ratios(canvas: SpectrogramCanvas, ratio: float):
    mask = rectangle(0.0, 30.0, 0.0, float("inf"))
    canvas.show_mask(None, ((mask, 0), (Mask.empty(80, FRAMES), 1), (rectangle(9.8, 9.9, 8000.0, 12000.0), 2)), 1)
    for region in (Region(0.0, 0.1, 0.0, 400.0), Region(9.7, 9.85, 5000.0, 11000.0), Region(0.0, 10.0)):
        canvas.zoom_to(region)
        image = QImage(round(300 * ratio), round(200 * ratio), QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        canvas.picture.viewport().render(image)
    overlay = canvas.picture.painting.overlay
    assert overlay.cells.all()


def test_an_active_region_that_is_not_shown_counts_as_none(canvas: SpectrogramCanvas):
    masks: list[Mask] = []
    canvas.painted.connect(masks.append)
    canvas.show_mask(None, (), 3)
    canvas.set_tool("brush")
    press(canvas, [local(canvas, 5.0, 1000.0)])
    release(canvas, local(canvas, 5.0, 1000.0))
    assert len(masks) == 1
