"""The rulers of the canvas: seconds above the picture, Hz beside it; self-painted, in the pixels of the picture."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.geometry import Geometry
from gui.canvas_view import EMPTY_DURATION_S, CanvasView
from gui.theme import DARK, SPACE, Theme
from gui.ticks import frequency_ticks, time_ticks

TIME_RULER_HEIGHT = 28
FREQUENCY_RULER_WIDTH = 56
_MAJOR = 6
_MINOR = 3
_MARK = 5


def ruler_font(widget: QWidget) -> QFont:
    """The font of labels on rulers: one step smaller than the widget's."""
    font = QFont(widget.font())
    if font.pointSizeF() > 0:
        font.setPointSizeF(max(7.5, font.pointSizeF() - 1.0))
    return font


class Ruler(QWidget):
    """What both rulers share: the visible part, the theme and the hovered position."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = CanvasView.whole(Geometry(), EMPTY_DURATION_S)
        self._theme = DARK

    def set_view(self, view: CanvasView) -> None:
        """Which part of the picture the ruler measures."""
        if view != self._view:
            self._view = view
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Colours of labels and ticks."""
        self._theme = theme
        self.update()


class TimeRuler(Ruler):
    """Seconds; click or drag to move the playhead. Shows the playhead and the loop."""

    scrubbed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._playhead_s: float | None = None
        self._loop: tuple[float, float] | None = None
        self.setFixedHeight(TIME_RULER_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Time ruler"))
        self.setToolTip(self.tr("Drag to move the playhead. Ctrl+wheel zooms, Shift+wheel scrolls."))

    def set_playhead(self, seconds: float | None) -> None:
        """Position of the playhead; only its own pixels are painted again."""
        before, self._playhead_s = self._mark_rect(), seconds
        after = self._mark_rect()
        if before != after:
            self.update(before)
            self.update(after)

    def set_loop(self, loop: tuple[float, float] | None) -> None:
        """Start and end of the loop in seconds, None for no loop."""
        self._loop = loop
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Moves the playhead."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._scrub(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drags the playhead."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._scrub(event.position().x())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Loop, ticks, labels, playhead."""
        painter = QPainter(self)
        painter.setFont(ruler_font(self))
        self._paint_loop(painter)
        self._paint_ticks(painter)
        self._paint_playhead(painter)

    def _scrub(self, x: float) -> None:
        frame = self._view.frame_at(min(max(x, 0.0), float(self.width())), self.width())
        self.scrubbed.emit(self._view.seconds_of(frame))

    def _x_of(self, seconds: float) -> float:
        return self._view.x_of(self._view.frame_of(seconds), self.width())

    def _mark_rect(self) -> QRect:
        if self._playhead_s is None:
            return QRect()
        return QRect(round(self._x_of(self._playhead_s)) - _MARK - 2, 0, 2 * _MARK + 4, self.height())

    def _paint_ticks(self, painter: QPainter) -> None:
        metrics = QFontMetricsF(painter.font())
        start_s, end_s = self._view.seconds_of(self._view.start), self._view.seconds_of(self._view.end)
        bottom = float(self.height())
        for tick in time_ticks(start_s, end_s, self.width(), metrics.horizontalAdvance):
            x = round(tick.position) + 0.5
            painter.setPen(QColor(self._theme.outline if tick.label else self._theme.border))
            painter.drawLine(QPointF(x, bottom), QPointF(x, bottom - (_MAJOR if tick.label else _MINOR)))
            if tick.label:
                self._paint_label(painter, x, metrics.horizontalAdvance(tick.label), tick.label)

    def _paint_label(self, painter: QPainter, x: float, width: float, label: str) -> None:
        """Centred on its tick; the first and the last stay inside the ruler."""
        left = min(max(x - width / 2, 0.0), self.width() - width)
        painter.setPen(QColor(self._theme.muted))
        painter.drawText(QRectF(left, 2, width + 1, self.height() - _MAJOR - 2), Qt.AlignmentFlag.AlignVCenter, label)

    def _paint_loop(self, painter: QPainter) -> None:
        if self._loop is None:
            return
        left, right = (self._x_of(seconds) for seconds in self._loop)
        accent = QColor(self._theme.accent)
        painter.fillRect(QRectF(left, 0, right - left, self.height()), QColor(self._theme.accent_soft))
        painter.fillRect(QRectF(left, 0, right - left, 3), accent)
        for x in (left, right - 3):
            painter.fillRect(QRectF(x, 0, 3, 7), accent)

    def _paint_playhead(self, painter: QPainter) -> None:
        if self._playhead_s is None:
            return
        x, bottom = round(self._x_of(self._playhead_s)) + 0.5, float(self.height())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(self._theme.window))
        painter.setBrush(QColor(self._theme.text))
        top = bottom - _MARK - 3
        painter.drawPolygon(QPolygonF([QPointF(x - _MARK, top), QPointF(x + _MARK, top), QPointF(x, bottom)]))


class FrequencyRuler(Ruler):
    """Hz on the mel scale; the wheel over it scrolls and zooms frequency."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(FREQUENCY_RULER_WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Frequency ruler"))
        self.setToolTip(self.tr("Ctrl+wheel zooms frequency, Shift+wheel scrolls it."))

    def set_view(self, view: CanvasView) -> None:
        """Which part of the picture the ruler measures; time alone changes nothing here."""
        same = (view.geometry, view.low, view.high) == (self._view.geometry, self._view.low, self._view.high)
        self._view = view
        if not same:
            self.update()

    def sizeHint(self) -> QSize:
        """Narrow and as high as the picture."""
        return QSize(FREQUENCY_RULER_WIDTH, 240)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ticks and labels."""
        painter = QPainter(self)
        painter.setFont(ruler_font(self))
        metrics = QFontMetricsF(painter.font())
        view, right = self._view, float(self.width())
        ticks = frequency_ticks(view.hz_of(view.low), view.hz_of(view.high), self.y_of_hz, metrics.height())
        for tick in ticks:
            y = round(tick.position) + 0.5
            painter.setPen(QColor(self._theme.outline if tick.label else self._theme.border))
            painter.drawLine(QPointF(right - (_MAJOR if tick.label else _MINOR), y), QPointF(right, y))
            if tick.label:
                self._paint_label(painter, y, metrics.height(), tick.label)

    def y_of_hz(self, hz: float) -> float:
        """Pixels from the top of a frequency in Hz."""
        return self._view.y_of(self._view.band_of(hz), self.height())

    def _paint_label(self, painter: QPainter, y: float, height: float, label: str) -> None:
        """Centred on its tick; the first and the last stay inside the ruler."""
        top = min(max(y - height / 2, 0.0), self.height() - height)
        painter.setPen(QColor(self._theme.muted))
        aligned = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, top, self.width() - SPACE - 2, height), aligned, label)
