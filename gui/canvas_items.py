"""What lies over the picture: the selection with its handles, the playhead, and the root of overlays in frames and bands."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

HANDLE_PX = 7.0
_SHADE_ALPHA = 0.38


class OverlayRoot(QGraphicsItem):
    """Parent of items in frames (to the right) and mel bands (upwards)."""

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)

    def boundingRect(self) -> QRectF:
        """Has no pixels of its own."""
        return QRectF()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Nothing."""


class PlayheadItem(QGraphicsItem):
    """A light line between two dark ones, moved by ``setPos``."""

    def __init__(self, light: str, dark: str) -> None:
        super().__init__()
        self._light, self._dark, self._height = QColor(light), QColor(dark), 1.0

    def set_height(self, height: float) -> None:
        """Height of the picture in pixels."""
        self.prepareGeometryChange()
        self._height = height

    def set_light(self, colour: str) -> None:
        """Colour of the line itself."""
        self._light = QColor(colour)
        self.update()

    def boundingRect(self) -> QRectF:
        """Three pixels wide."""
        return QRectF(-1, 0, 3, self._height)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Dark, light, dark."""
        painter.fillRect(self.boundingRect(), self._dark)
        painter.fillRect(QRectF(0, 0, 1, self._height), self._light)


class SelectionItem(QGraphicsItem):
    """A two-tone outline with handles; what is not selected lies in a light shade."""

    def __init__(self, light: str, dark: str) -> None:
        super().__init__()
        self._light, self._dark = QColor(light), QColor(dark)
        self._picture = QRectF(0, 0, 1, 1)
        self._rect: QRectF | None = None

    @property
    def rect(self) -> QRectF | None:
        """Selected pixels, also those outside of what is visible; None without a selection."""
        return self._rect

    def place(self, picture: QRectF, rect: QRectF | None) -> None:
        """Pixels of the picture and of the selection."""
        if (picture, rect) != (self._picture, self._rect):
            self.prepareGeometryChange()
            self._picture, self._rect = picture, rect
            self.update()

    def boundingRect(self) -> QRectF:
        """The whole picture, because of the shade."""
        return self._picture

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Shade, outline, handles."""
        if self._rect is None:
            return
        self._paint_shade(painter)
        # Edges outside of the picture stay unseen, edges on its border are seen.
        inner = self._rect.intersected(self._picture.adjusted(-8, -8, 8, 8))
        if inner.isEmpty():
            return
        frame = inner.adjusted(1.0, 1.0, -1.0, -1.0)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((self._dark, 4.0), (self._light, 1.5)):
            pen = QPen(colour, width)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.drawRect(frame)
        self._paint_handles(painter, frame)

    def _paint_shade(self, painter: QPainter) -> None:
        shade = QColor(self._dark)
        shade.setAlphaF(_SHADE_ALPHA)
        path = QPainterPath()
        path.addRect(self._picture)
        path.addRect(self._rect.intersected(self._picture))
        painter.fillPath(path, shade)

    def _paint_handles(self, painter: QPainter, frame: QRectF) -> None:
        if frame.width() < 4 * HANDLE_PX or frame.height() < 4 * HANDLE_PX:
            return
        painter.setPen(QPen(self._dark, 1.5))
        painter.setBrush(self._light)
        half = QPointF(HANDLE_PX / 2, HANDLE_PX / 2)
        for corner in (frame.topLeft(), frame.topRight(), frame.bottomLeft(), frame.bottomRight()):
            painter.drawRect(QRectF(corner - half, corner + half))
