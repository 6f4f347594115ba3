"""The picture at every scale of the screen, for odd pictures and long ones."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from gui.canvas import SpectrogramCanvas
from gui.canvas_image import MelImage, halvings, render
from gui.canvas_view import CanvasView
from gui.colour_maps import colour_table, colours
from tests.gui.canvas_kit import FLOOR_DB, GEOMETRY, TOP_DB, drag, heard, level_colour, make_canvas, quadrants, spectrogram

SCALES = [1.0, 1.25, 1.5, 2.0]
LONG_FRAMES = 51680
"""Ten minutes."""


def drawn(picture: np.ndarray, view: CanvasView, size: tuple[float, float], ratio: float) -> QImage:
    return drawn_mel(MelImage(picture), view, size, ratio)


def drawn_mel(mel: MelImage, view: CanvasView, size: tuple[float, float], ratio: float = 1.0) -> QImage:
    return render(mel, view, size, ratio, (FLOOR_DB, TOP_DB), colour_table("inferno"))


@pytest.mark.parametrize("ratio", SCALES)
def test_each_level_has_its_colour_at_its_place(ratio: float) -> None:
    image = drawn(quadrants(), CanvasView.whole(GEOMETRY, GEOMETRY.duration_s), (401.0, 203.0), ratio)
    assert (image.width(), image.height()) == (math.ceil(401 * ratio), math.ceil(203 * ratio))
    for x, y, level_db in ((0.25, 0.75, FLOOR_DB), (0.75, 0.75, -50.0), (0.25, 0.25, -20.0), (0.75, 0.25, TOP_DB)):
        pixel = image.pixelColor(round(x * 401 * ratio), round(y * 203 * ratio))
        assert pixel.getRgb()[:3] == level_colour(level_db)


@settings(deadline=None)
@given(column=st.integers(0, 847), row=st.integers(0, 79), ratio=st.sampled_from(SCALES))
def test_one_loud_cell_is_where_hit_testing_says(column: int, row: int, ratio: float) -> None:
    picture = np.full((80, 848), FLOOR_DB)
    picture[row, column] = TOP_DB
    view = CanvasView.whole(GEOMETRY, GEOMETRY.duration_s).moved_to(column - 7.3, column + 8.9, row - 4.1, row + 5.6)
    width, height = 317.0, 211.0
    image = drawn(picture, view, (width, height), ratio)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    brightness = pixels[..., :3].sum(axis=2)
    y, x = (np.argwhere(brightness == brightness.max()).mean(axis=0) + 0.5) / ratio
    assert column <= view.frame_at(x, width) <= column + 1
    assert row <= view.band_at(y, height) <= row + 1


@pytest.mark.parametrize("ratio", SCALES)
@pytest.mark.parametrize(
    "picture",
    [
        np.full((80, 50), np.nan),
        np.full((80, 50), np.inf),
        np.full((80, 50), -np.inf),
        np.full((80, 50), -30.0),
        np.array([[0.0]]),
        np.zeros((80, 0)),
        np.zeros((0, 0)),
        np.where(np.eye(80) > 0, np.nan, -20.0),
    ],
    ids=["nan", "inf", "minus inf", "constant", "1x1", "no frames", "empty", "some nan"],
)
def test_odd_pictures_are_drawn(qtbot, picture: np.ndarray, ratio: float) -> None:
    canvas = SpectrogramCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(420, 300)
    canvas.show_picture(spectrogram(picture), 1.0)
    image = QImage(math.ceil(420 * ratio), math.ceil(300 * ratio), QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    canvas.render(image)
    middle = canvas.picture_rect.center() * ratio
    assert image.pixelColor(middle.toPoint()).alpha() == 255
    QTest.mouseMove(canvas.picture.viewport(), QPoint(40, 40))
    assert canvas.position_at(canvas.picture_rect.center()) is not None


@pytest.mark.parametrize(("value", "index"), [(np.nan, 0), (np.inf, 255), (-np.inf, 0)])
def test_values_that_are_no_numbers_are_silence_or_full(value: float, index: int) -> None:
    image = drawn(np.full((80, 20), value), CanvasView.whole(GEOMETRY, 20 * GEOMETRY.frame_s), (50.0, 50.0), 1.0)
    assert image.pixelColor(25, 25).getRgb()[:3] == tuple(int(part) for part in colours("inferno")[index])


def stripes() -> np.ndarray:
    """Ten minutes of loud and quiet frames in turn."""
    picture = np.full((80, LONG_FRAMES), -60.0, np.float32)
    picture[:, ::2] = -20.0
    return picture


def test_a_long_picture_keeps_its_mean_power() -> None:
    mel = MelImage(stripes())
    mel.sharpen(halvings(mel.source))
    image = drawn_mel(mel, CanvasView.whole(GEOMETRY, LONG_FRAMES * GEOMETRY.frame_s), (500.0, 100.0))
    assert image.pixelColor(250, 50).getRgb()[:3] == level_colour(-23.01)


@settings(deadline=None)
@given(frames=st.integers(1, 300), seed=st.integers(0, 99))
def test_each_halving_is_the_mean_power_of_its_frames(frames: int, seed: int) -> None:
    picture = np.random.default_rng(seed).uniform(-90, 10, (3, frames)).astype(np.float32)
    levels = halvings(picture)
    assert [level.shape[1] for level in levels] == [-(-frames // 2**step) for step in range(len(levels))]
    for step, level in enumerate(levels):
        whole = frames // 2**step
        means = (10.0 ** (picture[:, : whole * 2**step] / 10)).reshape(3, whole, -1).mean(axis=2)
        assert np.allclose(level[:, :whole], 10 * np.log10(means), atol=1e-3)


def test_a_long_picture_is_there_at_once_and_sharp_soon(qtbot) -> None:
    canvas = make_canvas(qtbot)
    with qtbot.waitSignal(canvas.picture.sharpened):
        canvas.show_picture(spectrogram(stripes()), LONG_FRAMES * GEOMETRY.frame_s)
        middle = canvas.picture_rect.center().toPoint()
        coarse = canvas.grab().toImage().pixelColor(middle)
        assert coarse.getRgb()[:3] == level_colour(-20.0), "every so many frames is one of the loud ones"
    assert canvas.grab().toImage().pixelColor(middle).getRgb()[:3] == level_colour(-23.01)


def test_only_the_last_of_several_long_pictures_is_sharpened(qtbot) -> None:
    canvas = make_canvas(qtbot)
    heard_of = heard(canvas.picture.sharpened)
    for level_db in (-70.0, -60.0, -50.0):
        canvas.show_picture(spectrogram(np.full((80, LONG_FRAMES), level_db)), LONG_FRAMES * GEOMETRY.frame_s)
    qtbot.waitUntil(lambda: not canvas.picture.mel.is_coarse)
    assert len(heard_of) == 1
    assert canvas.grab().toImage().pixelColor(canvas.picture_rect.center().toPoint()).getRgb()[:3] == level_colour(-50.0)
    canvas.show_picture(spectrogram(np.full((80, LONG_FRAMES), -40.0)), LONG_FRAMES * GEOMETRY.frame_s)
    canvas.show_picture(spectrogram(quadrants()), GEOMETRY.duration_s)
    qtbot.wait(100)
    assert len(heard_of) == 1 and canvas.picture.mel.frames == 848


def test_a_long_picture_can_be_painted_before_it_is_sharp(qtbot) -> None:
    canvas = make_canvas(qtbot)
    canvas.set_tool("rectangle")
    masks = heard(canvas.painted)
    picture = stripes()
    picture[3, 77] = np.nan
    with qtbot.waitSignal(canvas.picture.sharpened):
        canvas.show_picture(spectrogram(picture), LONG_FRAMES * GEOMETRY.frame_s)
        drag(canvas, QPoint(100, 100), QPoint(200, 200))
    drag(canvas, QPoint(300, 100), QPoint(400, 200))
    assert [mask.frames for mask in masks] == [LONG_FRAMES, LONG_FRAMES]
    assert np.isfinite(canvas.picture.mel.finest).all()


def test_a_picture_is_drawn_in_little_memory() -> None:
    mel, view = MelImage(stripes()), CanvasView.whole(GEOMETRY, LONG_FRAMES * GEOMETRY.frame_s)
    tracemalloc.start()
    image = drawn_mel(mel, view, (1600.0, 1200.0))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < image.sizeInBytes() / 2, "what is computed is never as large as the picture"


def test_what_lies_after_the_picture_is_silent() -> None:
    image = drawn(np.full((80, 100), TOP_DB), CanvasView.whole(GEOMETRY, 200 * GEOMETRY.frame_s), (100.0, 50.0), 1.0)
    assert image.pixelColor(25, 25).getRgb()[:3] == level_colour(TOP_DB)
    assert image.pixelColor(75, 25).getRgb()[:3] == level_colour(FLOOR_DB)


_SCALED = """
import json, numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from engine.geometry import Geometry
from engine.types import Spectrogram
from gui.canvas import SpectrogramCanvas
app = QApplication([])
canvas = SpectrogramCanvas()
canvas.resize(641, 403)
picture = np.full((80, 848), -80.0, np.float32)
picture[40:, 424:] = 10.0
canvas.show_picture(Spectrogram(picture, Geometry()), Geometry().duration_s)
canvas.show()
app.processEvents()
sought = []
canvas.seeked.connect(sought.append)
target = canvas.point_of(5.0, 1000.0)
local = (target - canvas.picture_rect.topLeft()).toPoint()
QTest.mouseClick(canvas.picture.viewport(), Qt.MouseButton.LeftButton, pos=local)
image, rect, ratio = canvas.grab().toImage(), canvas.picture_rect, canvas.devicePixelRatioF()
row = [image.pixelColor(x, round((rect.top() + rect.height() / 4) * ratio)).lightness() for x in range(image.width())]
column = [image.pixelColor(round((rect.left() + rect.width() * 3 / 4) * ratio), y).lightness() for y in range(image.height())]
inside = range(round(rect.left() * ratio) + 4, round(rect.right() * ratio) - 4)
across = next(x for x in inside if row[x] > 100) / ratio - rect.left()
below = range(round(rect.top() * ratio) + 4, round(rect.bottom() * ratio) - 4)
down = next(y for y in below if column[y] < 100) / ratio - rect.top()
print(json.dumps({
    "ratio": ratio, "size": [image.width(), image.height()], "sought": sought, "pixel_s": 9.845 / rect.width(),
    "across": across / rect.width(), "down": down / rect.height(), "position": canvas.position_at(target),
}))
"""


@pytest.mark.parametrize("ratio", SCALES)
def test_picture_and_hit_testing_at_a_screen_scale(ratio: float) -> None:
    environment = os.environ | {"QT_SCALE_FACTOR": str(ratio), "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, "-c", _SCALED], env=environment, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout.splitlines()[-1])
    assert found["ratio"] == ratio
    assert found["size"] == pytest.approx([641 * ratio, 403 * ratio], abs=1)
    assert found["across"] == pytest.approx(0.5, abs=0.005)
    assert found["down"] == pytest.approx(0.5, abs=0.01)
    assert found["position"] == pytest.approx([5.0, 1000.0], rel=1e-6)
    assert found["sought"] == pytest.approx([5.0], abs=found["pixel_s"])
