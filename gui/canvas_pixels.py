"""What images over the picture share: which cell or band lies under a pixel, and colours as pixels."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QGraphicsItem

from engine.geometry import Geometry
from gui.canvas_view import CanvasView

Value = TypeVar("Value", bound=np.generic)


class PictureOverlay(QGraphicsItem):
    """An item as large as the picture that draws what it shows as one image of the visible part, and keeps it until something changes."""

    def __init__(self) -> None:
        super().__init__()
        self._view: CanvasView | None = None
        self._size = (1.0, 1.0)
        self._image: QImage | None = None
        self._pixels: NDArray[np.uint32] = np.zeros((0, 0), np.uint32)

    def place(self, view: CanvasView, width: float, height: float) -> None:
        """Where the picture stands."""
        if self._size != (width, height):
            self.prepareGeometryChange()
        self._view, self._size = view, (width, height)
        self._repaint()

    def boundingRect(self) -> QRectF:
        """The whole picture."""
        return QRectF(0, 0, *self._size)

    def _repaint(self) -> None:
        self._image = None
        self.update()

    def _is_drawn(self, ratio: float) -> bool:
        """True if the image is there for a device pixel ratio."""
        return self._image is not None and self._image.devicePixelRatio() == ratio

    def _new_image(self, ratio: float) -> None:
        """An image with undefined pixels, and its pixels [height, width]."""
        width, height = math.ceil(self._size[0] * ratio), math.ceil(self._size[1] * ratio)
        self._image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
        self._image.setDevicePixelRatio(ratio)
        self._pixels = np.frombuffer(self._image.bits(), np.uint32).reshape(height, width)

    def _frames_at(self, pixels: NDArray) -> NDArray[np.float64]:
        """Frame positions of device pixels from the left."""
        return self._view.frame_at(pixels / self._image.devicePixelRatio(), self._size[0])

    def _bands_at(self, pixels: NDArray) -> NDArray[np.float64]:
        """Band positions of device pixels from the top."""
        return self._view.band_at(pixels / self._image.devicePixelRatio(), self._size[1])

    def _cells_at(self, left: int, top: int, shape: tuple[int, int], geometry: Geometry) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Row and column of the cell under each device pixel of a block [height, width]."""
        rows = self._bands_at(np.arange(top, top + shape[0]) + 0.5) // geometry.cell_bands
        columns = self._frames_at(np.arange(left, left + shape[1]) + 0.5) // geometry.cell_frames
        return rows.astype(np.intp), columns.astype(np.intp)


def spread(cells: NDArray[Value], rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[Value]:
    """The cells [rows, cols] as pixels [rows, columns]; indices beyond the last cell take the last."""
    return np.take(np.take(cells, columns, axis=1, mode="clip"), rows, axis=0, mode="clip")


def premultiplied(colour: str, alpha: int) -> np.uint32:
    """A colour with an alpha of 0..255 as a pixel of a premultiplied image."""
    solid = QColor(colour)
    red, green, blue = (round(part * alpha / 255) for part in (solid.red(), solid.green(), solid.blue()))
    return np.uint32(alpha << 24 | red << 16 | green << 8 | blue)
