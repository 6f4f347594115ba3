"""The paint over the picture: a tint, hatching and a two-tone outline for each region, and the cells that the model will draw again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from engine.geometry import Geometry
from engine.mask_shapes import Point
from engine.masks import Mask
from gui.canvas_pixels import PictureOverlay, premultiplied, spread
from gui.tools import Box

REGION_COLOURS = ("#5fd8ff", "#ffe45c", "#ff9fd8", "#a6f06b", "#cbb4ff", "#7dffd4")
"""Light enough that each reaches 9:1 against the dark line beside it: one of the two is seen at 3:1 on any picture."""

_HATCH_PX = 9
_DASH_PX = 4
_TINT_ALPHA = 88
_TINT_ALPHA_OTHER = 56
_HATCH_ALPHA = 150
_INSIDE = 0.5
_BADGE_PX = 18.0
_COARSE_FRAMES = 16

# Classes of pixels: 1 the light line of the hatching, 2 its dark line; 4 is added where dashes are light.
_LINES = 3
_LIGHT_DASH = 4


class Painted(Protocol):
    """A mask or the paint of a stroke that goes on."""

    @property
    def first(self) -> int: ...

    @property
    def last(self) -> int: ...

    @property
    def frames(self) -> int: ...

    def window(self, first: int, last: int) -> NDArray[np.float32]: ...


@dataclass(frozen=True, eq=False)
class Layer:
    """One region: its paint, and its place in the list, which decides on colour and number."""

    paint: Painted
    index: int
    active: bool
    numbered: bool = True

    @property
    def colour(self) -> str:
        """#rrggbb of the tint and the light line."""
        return region_colour(self.index)

    def seen_from(self, frames_per_pixel: float) -> tuple[Painted, int]:
        """Paint that is fine enough for pixels so wide, and how many frames are one of its frames."""
        if frames_per_pixel < 2 * _COARSE_FRAMES or not isinstance(self.paint, Mask):
            return self.paint, 1
        return self._coarse, _COARSE_FRAMES

    @cached_property
    def _coarse(self) -> Mask:
        """The largest weights of groups of frames: what can be seen of a long picture, without reading all of it for each image."""
        paint, size = self.paint, _COARSE_FRAMES
        if paint.is_empty:
            return Mask.empty(paint.bands, -(-paint.frames // size))
        first = paint.first // size
        starts = np.maximum(np.arange(first * size, paint.last, size) - paint.first, 0)
        return Mask.of(np.maximum.reduceat(paint.weights, starts, axis=1), -(-paint.frames // size), first)


def region_colour(index: int) -> str:
    """#rrggbb of the region at a place in the list."""
    return REGION_COLOURS[index % len(REGION_COLOURS)]


class MaskOverlay(PictureOverlay):
    """Paint in the pixels of the picture; a stroke only renders the box again that it touched."""

    def __init__(self, dark: str) -> None:
        super().__init__()
        self._dark = dark
        self._layers: tuple[Layer, ...] = ()
        self._badges: tuple[tuple[Layer, int, int], ...] = ()
        self._cells: NDArray[np.bool_] | None = None
        self._other_cells: NDArray[np.bool_] | None = None
        self._contour: list[Point] = []
        self._contour_rect = QRectF()
        self._hatch = np.zeros((0, 0), np.uint8)

    # What is shown ------------------------------------------------------------------------------------------------------------------

    @property
    def layers(self) -> tuple[Layer, ...]:
        """What is drawn, the active region last."""
        return self._layers

    @property
    def cells(self) -> NDArray[np.bool_] | None:
        """Outlined cells [rows, cols]; None if nothing is painted."""
        return self._cells

    def show_layers(self, layers: Sequence[Layer], geometry: Geometry) -> None:
        """Regions in the order of the list."""
        self._layers = tuple(sorted(layers, key=lambda layer: layer.active))
        self._badges = tuple((layer, *_corner(layer.paint)) for layer in self._layers if isinstance(layer.paint, Mask) and layer.numbered)
        self._count_cells(geometry)
        self._contour = []
        self._repaint()

    def touch(self, box: Box | None, geometry: Geometry) -> None:
        """The paint of the active layer has changed inside of a box."""
        if box is None or self._view is None or self._cells is None:
            return
        live = self._layers[-1].paint
        first, last = box.first // geometry.cell_frames, -(-box.last // geometry.cell_frames)
        touched = touched_cells(live, geometry, first, last)
        part = slice(None), slice(first, first + touched.shape[1])
        self._cells[part] = touched | self._other_cells[part]
        if self._image is None:
            self.update()
            return
        rect = self._pixels_of(box, geometry)
        if not rect.isEmpty():
            self._render(rect)
            ratio = self._image.devicePixelRatio()
            self.update(QRectF(rect.x() / ratio, rect.y() / ratio, rect.width() / ratio, rect.height() / ratio))

    def show_contour(self, points: list[Point]) -> None:
        """An outline that is not closed yet, in frames and bands."""
        before = self._contour_rect
        self._contour = points
        self._contour_rect = self._polygon().boundingRect().adjusted(-3, -3, 3, 3) if points else QRectF()
        self.update(before.united(self._contour_rect))

    # Painting -----------------------------------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Paint as one image, an open contour and the numbers above it."""
        if self._view is None:
            return
        if any(layer.paint.first < layer.paint.last for layer in self._layers):
            ratio = painter.device().devicePixelRatioF()
            if not self._is_drawn(ratio):
                self._draw(ratio)
            painter.drawImage(0, 0, self._image)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_contour(painter)
        for layer, frame, band in self._badges:
            self._paint_badge(painter, layer, frame, band)
        painter.restore()

    def _draw(self, ratio: float) -> None:
        self._new_image(ratio)
        height, width = self._pixels.shape
        if self._hatch.shape != (height, width):
            self._hatch = _hatch_classes(width, height, ratio)
        self._render(QRect(0, 0, width, height))

    def _render(self, rect: QRect) -> None:
        """Draws a part of the image again, in device pixels."""
        height, width = self._pixels.shape
        line = self._line
        # Outlines of pixels at the edge depend on their neighbours outside of it.
        left, right = max(0, rect.left() - line), min(width, rect.right() + 1 + line)
        top, bottom = max(0, rect.top() - line), min(height, rect.bottom() + 1 + line)
        block = np.zeros((bottom - top, right - left), np.uint32)
        for layer in self._layers:
            self._draw_layer(block, layer, left, top)
        self._draw_cells(block, left, top)
        rows, columns = slice(rect.top(), rect.bottom() + 1), slice(rect.left(), rect.right() + 1)
        self._pixels[rows, columns] = block[rect.top() - top : rect.bottom() + 1 - top, rect.left() - left : rect.right() + 1 - left]

    @property
    def _line(self) -> int:
        """Width of a line in device pixels."""
        return max(1, round(1.5 * self._image.devicePixelRatio()))

    def _draw_layer(self, block: NDArray[np.uint32], layer: Layer, left: int, top: int) -> None:
        weights = self._sampled(layer, left, top, block.shape)
        if weights is None:
            return
        level = (weights * 255.0 + 0.5).astype(np.uint8)
        tint = _tints(layer.colour, _TINT_ALPHA if layer.active else _TINT_ALPHA_OTHER)
        np.copyto(block, tint[level], where=level > 0)
        inside = weights >= _INSIDE
        if layer.active:
            hatch = self._hatch[top : top + block.shape[0], left : left + block.shape[1]] & _LINES
            np.copyto(block, premultiplied(layer.colour, _HATCH_ALPHA), where=inside & (hatch == 1))
            np.copyto(block, premultiplied(self._dark, _HATCH_ALPHA), where=inside & (hatch == 2))
        line = self._line
        np.copyto(block, premultiplied(self._dark, 230), where=~_shrunk(~inside, line) & ~inside)
        np.copyto(block, premultiplied(layer.colour, 255), where=inside & ~_shrunk(inside, line))

    def _draw_cells(self, block: NDArray[np.uint32], left: int, top: int) -> None:
        """A dashed line, white and dark in turn, around what will be drawn again."""
        if self._cells is None or not self._cells.any():
            return
        painted = spread(self._cells, *self._cells_at(left, top, block.shape, self._view.geometry))
        edge = painted & ~_shrunk(painted, self._line)
        dashes = self._hatch[top : top + block.shape[0], left : left + block.shape[1]] >= _LIGHT_DASH
        np.copyto(block, premultiplied("#ffffff", 255), where=edge & dashes)
        np.copyto(block, premultiplied(self._dark, 230), where=edge & ~dashes)

    def _sampled(self, layer: Layer, left: int, top: int, shape: tuple[int, int]) -> NDArray[np.float32] | None:
        """Weights at device pixels [rows, columns], smooth between frames and bands; None where nothing is painted."""
        edges = self._frames_at(np.arange(left, left + shape[1] + 1))
        bands = self._bands_at(np.arange(top, top + shape[0]) + 0.5)
        if edges[-1] < layer.paint.first - 1 or edges[0] > layer.paint.last + 1 or layer.paint.frames == 0:
            return None
        paint, size = layer.seen_from(edges[1] - edges[0])
        columns = _sampled_columns(paint, edges / size)
        if not columns.any():
            return None
        index, share = _neighbours(bands - 0.5, columns.shape[0])
        return columns[index[0]] * (1 - share)[:, None] + columns[index[1]] * share[:, None]

    def _pixels_of(self, box: Box, geometry: Geometry) -> QRect:
        """Device pixels that a change inside of a box can reach: its cells, and what is smoothed and outlined around them."""
        ratio, view = self._image.devicePixelRatio(), self._view
        across, down = geometry.cell_frames, geometry.cell_bands
        first, last = min(box.first // across * across, box.first - 1), max(-(-box.last // across) * across, box.last + 1)
        low, high = min(box.low // down * down, box.low - 1), max(-(-box.high // down) * down, box.high + 1)
        margin = self._line + 2
        left = math.floor(view.x_of(first, self._size[0]) * ratio) - margin
        right = math.ceil(view.x_of(last, self._size[0]) * ratio) + margin
        top = math.floor(view.y_of(high, self._size[1]) * ratio) - margin
        bottom = math.ceil(view.y_of(low, self._size[1]) * ratio) + margin
        height, width = self._pixels.shape
        whole = QRect(0, 0, width, height)
        # The numbers may lie beyond what QRect holds if the view is very narrow.
        left, right, top, bottom = max(left, 0), min(right, width), max(top, 0), min(bottom, height)
        return QRect(left, top, max(0, right - left), max(0, bottom - top)).intersected(whole)

    def _count_cells(self, geometry: Geometry) -> None:
        frames = max((layer.paint.frames for layer in self._layers), default=0)
        if frames == 0:
            self._cells = self._other_cells = None
            return
        count = geometry.frames_to_cols(frames)
        self._other_cells = np.zeros((geometry.rows, count), bool)
        for layer in self._layers:
            if not layer.active:
                self._other_cells |= touched_cells(layer.paint, geometry, 0, count)
        self._cells = self._other_cells.copy()
        if self._layers[-1].active:
            self._cells |= touched_cells(self._layers[-1].paint, geometry, 0, count)

    # Lines and numbers --------------------------------------------------------------------------------------------------------------

    def _polygon(self) -> QPolygonF:
        view, (width, height) = self._view, self._size
        return QPolygonF([QPointF(view.x_of(frame, width), view.y_of(band, height)) for frame, band in self._contour])

    def _paint_contour(self, painter: QPainter) -> None:
        if len(self._contour) < 2:
            return
        polygon = self._polygon()
        colour = QColor(self._layers[-1].colour if self._layers else REGION_COLOURS[0])
        for shade, width in ((QColor(self._dark), 4.0), (colour, 1.5)):
            painter.setPen(QPen(shade, width))
            painter.drawPolyline(polygon)
        closing = QPen(colour, 1.0, Qt.PenStyle.DashLine)
        painter.setPen(closing)
        painter.drawLine(polygon.last(), polygon.first())

    def _paint_badge(self, painter: QPainter, layer: Layer, frame: int, band: int) -> None:
        """The number of a region at its upper left corner, kept inside of the picture."""
        view, (width, height) = self._view, self._size
        if layer.paint.last < view.start or layer.paint.first > view.end or layer.paint.first >= layer.paint.last:
            return
        x = min(max(view.x_of(frame, width) + 4, 4.0), width - _BADGE_PX - 4)
        y = min(max(view.y_of(band, height) + 4, 4.0), height - _BADGE_PX - 4)
        badge = QRectF(x, y, _BADGE_PX, _BADGE_PX)
        dark, light = QColor(self._dark), QColor(layer.colour)
        painter.setPen(QPen(dark if layer.active else light, 1.5))
        painter.setBrush(light if layer.active else dark)
        painter.drawRoundedRect(badge, 4, 4)
        font = QFont(painter.font())
        font.setPixelSize(11)
        font.setWeight(QFont.Weight.Bold)
        painter.setFont(font)
        painter.setPen(dark if layer.active else light)
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, str(layer.index + 1))


def _hatch_classes(width: int, height: int, ratio: float) -> NDArray[np.uint8]:
    """Falling diagonals, so that they differ from the rising ones of hidden cells; and the dashes of outlines."""
    side, line, dash = round(_HATCH_PX * ratio), max(1, round(ratio)), max(2, round(_DASH_PX * ratio))
    x, y = np.arange(width)[None, :], np.arange(height)[:, None]
    place = (x - y) % side
    classes = np.where(place < line, 1, np.where(place < 2 * line, 2, 0)).astype(np.uint8)
    return classes + (_LIGHT_DASH * ((x + y) // dash % 2)).astype(np.uint8)


def touched_cells(paint: Painted, geometry: Geometry, first: int, last: int) -> NDArray[np.bool_]:
    """Cells [rows, cols] of the columns ``first`` to ``last`` that are painted anywhere."""
    last = min(last, geometry.frames_to_cols(paint.frames))
    if last <= first:
        return np.zeros((geometry.rows, 0), bool)
    begin, end = first * geometry.cell_frames, last * geometry.cell_frames
    known = paint.window(begin, min(end, paint.frames)) > 0
    whole = np.pad(known, ((0, 0), (0, end - begin - known.shape[1])))
    return whole.reshape(geometry.rows, geometry.cell_bands, last - first, geometry.cell_frames).any(axis=(1, 3))


def _corner(mask: Mask) -> tuple[int, int]:
    """First painted frame, and the edge above the highest band that is painted there."""
    rows = np.flatnonzero(mask.weights[:, 0]) if not mask.is_empty else np.zeros(0, int)
    return mask.first, int(rows[-1]) + 1 if rows.size else 0


def _sampled_columns(paint: Painted, edges: NDArray[np.float64]) -> NDArray[np.float32]:
    """Weights [bands, pixels] of spans of frames: the largest in each, or between two frames where a pixel is shorter than one."""
    if edges[1] - edges[0] > 1:
        starts = np.clip(edges[:-1].astype(np.intp), 0, paint.frames - 1)
        stop = int(np.clip(math.ceil(edges[-1]), starts[-1] + 1, paint.frames))
        return np.maximum.reduceat(paint.window(int(starts[0]), stop), starts - starts[0], axis=1)
    index, share = _neighbours((edges[:-1] + edges[1:]) / 2 - 0.5, paint.frames)
    low = int(index[0].min())
    window = paint.window(low, int(index[1].max()) + 1)
    return (window[:, index[0] - low] * (1 - share) + window[:, index[1] - low] * share).astype(np.float32)


def _neighbours(places: NDArray[np.float64], count: int) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp]], NDArray[np.float32]]:
    """The two whole places around each fractional one, and the share of the second; what lies outside takes the last one."""
    inside = np.clip(places, 0, count - 1)
    lower = np.floor(inside).astype(np.intp)
    return (lower, np.minimum(lower + 1, count - 1)), (inside - lower).astype(np.float32)


def _shrunk(inside: NDArray[np.bool_], steps: int) -> NDArray[np.bool_]:
    """Without so many pixels at the edges; the border of the picture is no edge."""
    for _ in range(steps):
        smaller = inside.copy()
        smaller[1:] &= inside[:-1]
        smaller[:-1] &= inside[1:]
        smaller[:, 1:] &= inside[:, :-1]
        smaller[:, :-1] &= inside[:, 1:]
        inside = smaller
    return inside


@lru_cache(maxsize=64)
def _tints(colour: str, alpha: int) -> NDArray[np.uint32]:
    """Pixels of 256 weights, from transparent to ``alpha``."""
    return np.array([premultiplied(colour, round(alpha * level / 255)) for level in range(256)], np.uint32)
