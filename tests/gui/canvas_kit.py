"""What tests of the canvas share: pictures, a canvas with the focus, drags, and what signals said."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from engine.geometry import Geometry
from engine.types import Spectrogram
from gui.canvas import SpectrogramCanvas
from gui.colour_maps import colours

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
