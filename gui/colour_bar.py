"""The colour bar: which colour is which level, and the handle to change gain and range."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.axes import ruler_font
from gui.colour_maps import DEFAULT_MAP, colour_table
from gui.theme import DARK, SPACE, Theme
from gui.ticks import level_ticks

DEFAULT_FLOOR_DB = -80.0
DEFAULT_TOP_DB = 10.0
LOWEST_DB = -140.0
HIGHEST_DB = 60.0
MIN_RANGE_DB = 10.0

COLOUR_BAR_WIDTH = 56
_BAR_WIDTH = 12


def limited_levels(floor_db: float, top_db: float) -> tuple[float, float]:
    """Levels in dB inside the possible ones and at least ``MIN_RANGE_DB`` apart."""
    top_db = min(max(top_db, LOWEST_DB + MIN_RANGE_DB), HIGHEST_DB)
    return min(max(floor_db, LOWEST_DB), top_db - MIN_RANGE_DB), top_db


class ColourBar(QWidget):
    """Drag: the middle changes gain, the upper third the top level, the lower third the floor; a double click resets."""

    levels_changed = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = DARK
        self._map = DEFAULT_MAP
        self._levels = (DEFAULT_FLOOR_DB, DEFAULT_TOP_DB)
        self._hovered_db: float | None = None
        self._drag: tuple[float, tuple[float, float], tuple[bool, bool]] | None = None
        self.setFixedWidth(COLOUR_BAR_WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SizeVerCursor)
        self.setAccessibleName(self.tr("Levels of the picture"))
        self.setToolTip(
            self.tr("Drag the middle for gain, the ends for top level and floor. Double-click to reset. Keys: Up, Down, Shift for range.")
        )
        self._describe()

    @property
    def levels(self) -> tuple[float, float]:
        """Floor and top in dB."""
        return self._levels

    def set_levels(self, floor_db: float, top_db: float) -> None:
        """Levels of the first and the last colour in dB, limited to possible ones."""
        self._levels = limited_levels(floor_db, top_db)
        self._describe()
        self.update()

    def set_colour_map(self, name: str) -> None:
        """Colours of the bar."""
        self._map = name
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Colours of the labels."""
        self._theme = theme
        self.update()

    def show_level(self, level_db: float | None) -> None:
        """A mark at the level under the pointer."""
        if level_db != self._hovered_db:
            self._hovered_db = level_db
            self.update()

    def sizeHint(self) -> QSize:
        """Narrow and as high as the picture."""
        return QSize(COLOUR_BAR_WIDTH, 240)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins to drag gain, top or floor."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        part = event.position().y() / max(self.height(), 1)
        moved = (part > 1 / 3, part < 2 / 3)
        self._drag = (event.position().y(), self._levels, moved)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The level under the pointer follows it."""
        if self._drag is None:
            return
        origin_y, (floor_db, top_db), (moves_floor, moves_top) = self._drag
        delta_db = (event.position().y() - origin_y) / max(self.height(), 1) * (top_db - floor_db)
        self._change(floor_db + delta_db * moves_floor, top_db + delta_db * moves_top)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends the drag."""
        self._drag = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Back to the usual levels."""
        self._change(DEFAULT_FLOOR_DB, DEFAULT_TOP_DB)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Gain; with Ctrl the range."""
        turned = event.angleDelta().y() / 120.0
        ranged = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        self._step(2.0 * turned, ranged)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down: gain; with Shift: the range; Escape during a drag drops it."""
        ranged = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.key() == Qt.Key.Key_Escape and self._drag is not None:
            levels, self._drag = self._drag[1], None
            self._change(*levels)
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._step(2.0 if event.key() == Qt.Key.Key_Up else -2.0, ranged)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Colours, ticks, labels, the hovered level and the focus ring."""
        painter = QPainter(self)
        painter.setFont(ruler_font(self))
        table = np.ascontiguousarray(colour_table(self._map)[::-1])
        bar = QRectF(SPACE, 0, _BAR_WIDTH, self.height())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(bar, QImage(table.data, 1, 256, 4, QImage.Format.Format_RGB32))
        self._paint_labels(painter, bar)
        self._paint_level(painter, bar)
        if self.hasFocus():
            painter.setPen(QPen(QColor(self._theme.accent), 2))
            painter.drawRect(bar.adjusted(-2, 1, 2, -1))

    def _paint_labels(self, painter: QPainter, bar: QRectF) -> None:
        metrics = QFontMetricsF(painter.font())
        for tick in level_ticks(*self._levels, self.height(), metrics.height()):
            y = round(tick.position) + 0.5
            painter.setPen(QColor(self._theme.outline))
            painter.drawLine(QPointF(bar.right() + 1, y), QPointF(bar.right() + 4, y))
            top = min(max(y - metrics.height() / 2, 0.0), self.height() - metrics.height())
            painter.setPen(QColor(self._theme.muted))
            painter.drawText(QRectF(bar.right() + SPACE, top, self.width(), metrics.height()), Qt.AlignmentFlag.AlignVCenter, tick.label)

    def _paint_level(self, painter: QPainter, bar: QRectF) -> None:
        if self._hovered_db is None:
            return
        floor_db, top_db = self._levels
        part = min(max((top_db - self._hovered_db) / (top_db - floor_db), 0.0), 1.0)
        y = min(max(part * self.height(), 2.0), self.height() - 2.0)
        painter.fillRect(QRectF(bar.left() - 2, y - 2, bar.width() + 4, 4), QColor(self._theme.selection_dark))
        painter.fillRect(QRectF(bar.left() - 2, y - 1, bar.width() + 4, 2), QColor(self._theme.selection_light))

    def _step(self, delta_db: float, ranged: bool) -> None:
        """Brighter by ``delta_db``: lower levels get the bright colours; or a wider range."""
        floor_db, top_db = self._levels
        self._change(floor_db - delta_db, top_db if ranged else top_db - delta_db)

    def _change(self, floor_db: float, top_db: float) -> None:
        """New levels by the user's hand."""
        before = self._levels
        self.set_levels(floor_db, top_db)
        if self._levels != before:
            self.levels_changed.emit(*self._levels)

    def _describe(self) -> None:
        floor_db, top_db = self._levels
        self.setAccessibleDescription(self.tr("From {0} to {1} dB").format(round(floor_db), round(top_db)))
