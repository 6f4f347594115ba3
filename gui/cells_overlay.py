"""What the model has not drawn yet (hatched) and how sure it was of the rest (tint and corner marks), over the picture."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from engine.geometry import Geometry
from gui.canvas_pixels import PictureOverlay, premultiplied, spread

DOUBTFUL = 0.5
"""Cells below this confidence get a corner mark."""

_TINT_RGB = (96, 200, 255)
_TINT_ALPHA = 110.0
_HATCH_PX = 12
_MARK_PX = 7.0
_SMALLEST_MARKED_PX = 10.0


def hatching(width: int, height: int, ratio: float, light: str, dark: str) -> NDArray[np.uint32]:
    """Diagonal light and dark lines, seen on any colour, over a thin shade; premultiplied pixels [height, width]."""
    side, line = round(_HATCH_PX * ratio), max(1, round(1.25 * ratio))
    stripe = np.full(side, premultiplied(dark, 90), np.uint32)
    stripe[:line] = premultiplied(light, 200)
    stripe[line : 2 * line] = premultiplied(dark, 220)
    # Row y is the same stripe, shifted by y.
    row = np.resize(stripe, width + side)
    return np.lib.stride_tricks.sliding_window_view(row, width)[np.arange(height) % side]


class CellsOverlay(PictureOverlay):
    """Cells in the pixels of the picture; row 0 is the lowest."""

    def __init__(self, light: str, dark: str) -> None:
        super().__init__()
        self._light, self._dark = light, dark
        self._geometry = Geometry()
        self._hidden: NDArray[np.bool_] | None = None
        self._confidence: NDArray[np.float32] | None = None
        self._confidence_shown = True
        self._hatching: NDArray[np.uint32] | None = None

    @property
    def hidden_shown(self) -> bool:
        """True if cells are hatched."""
        return self._hidden is not None and bool(self._hidden.any())

    def show_cells(self, hidden: NDArray[np.bool_] | None, confidence: NDArray[np.float32] | None, geometry: Geometry) -> None:
        """``hidden`` [rows, cols] are hatched, the others tinted by ``confidence`` 0..1; both None: nothing."""
        self._hidden, self._confidence, self._geometry = hidden, confidence, geometry
        self._repaint()

    def set_confidence_shown(self, shown: bool) -> None:
        """Whether tint and corner marks are drawn."""
        self._confidence_shown = shown
        self._repaint()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Hatching and tint as one image, corner marks above it."""
        if self._view is None or (self._hidden is None and self._confidence is None):
            return
        ratio = painter.device().devicePixelRatioF()
        if not self._is_drawn(ratio):
            self._draw(ratio)
        painter.drawImage(0, 0, self._image)
        if self._confidence_shown and self._confidence is not None:
            self._paint_marks(painter)

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Pixels of a cell."""
        view, cell = self._view, self._geometry
        left = view.x_of(column * cell.cell_frames, self._size[0])
        right = view.x_of(min((column + 1) * cell.cell_frames, view.extent_frames), self._size[0])
        top = view.y_of((row + 1) * cell.cell_bands, self._size[1])
        bottom = view.y_of(row * cell.cell_bands, self._size[1])
        return QRectF(left, top, right - left, bottom - top)

    def _doubt(self) -> NDArray[np.float32]:
        """0 (sure, or not drawn yet) to 1, [rows, cols]."""
        doubt = 1.0 - np.clip(np.nan_to_num(self._confidence, nan=1.0), 0.0, 1.0)
        return doubt if self._hidden is None else np.where(self._hidden, 0.0, doubt)

    def _draw(self, ratio: float) -> None:
        """Hatching and tint of the visible part in device pixels."""
        self._new_image(ratio)
        pixels = self._pixels
        rows, columns = self._cells_at(0, 0, pixels.shape, self._geometry)
        pixels[:] = spread(self._tints(), rows, columns)
        if self.hidden_shown:
            if self._hatching is None or self._hatching.shape != pixels.shape:
                self._hatching = hatching(pixels.shape[1], pixels.shape[0], ratio, self._light, self._dark)
            np.copyto(pixels, self._hatching, where=spread(self._hidden, rows, columns))

    def _tints(self) -> NDArray[np.uint32]:
        """A translucent colour for each cell, the more opaque the greater the doubt; premultiplied pixels [rows, cols]."""
        if self._confidence is None or not self._confidence_shown:
            return np.zeros((1, 1), np.uint32)
        alpha = self._doubt() * _TINT_ALPHA
        red, green, blue = ((alpha * (part / 255)).astype(np.uint32) for part in _TINT_RGB)
        return alpha.astype(np.uint32) << np.uint32(24) | red << np.uint32(16) | green << np.uint32(8) | blue

    def _paint_marks(self, painter: QPainter) -> None:
        """A small triangle in the corner of doubtful cells, the larger the doubt the larger: not colour alone."""
        if self.cell_rect(0, 0).width() < _SMALLEST_MARKED_PX:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._dark), 1.0))
        painter.setBrush(QColor(self._light))
        doubt = self._doubt()
        first, end = self._visible_columns(doubt.shape[1])
        for row, column in np.argwhere(doubt[:, first:end] > 1.0 - DOUBTFUL):
            corner = self.cell_rect(int(row), first + int(column)).topRight() + QPointF(-1.5, 1.5)
            side = _MARK_PX * (0.6 + 0.6 * float(doubt[row, first + column]))
            painter.drawPolygon(QPolygonF([corner, corner - QPointF(side, 0), corner + QPointF(0, side)]))
        painter.restore()

    def _visible_columns(self, cols: int) -> tuple[int, int]:
        """First and end column of the cells that can be seen."""
        cell = self._geometry.cell_frames
        return max(0, math.floor(self._view.start / cell)), min(cols, math.ceil(self._view.end / cell))
