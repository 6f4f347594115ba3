"""Level meter: peak and root mean square of two channels in dB, with peak hold and a mark for what was too loud."""

from __future__ import annotations

from time import perf_counter

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.theme import DARK, SPACE, Theme, mix

FLOOR_DB = -60.0
_TICKS_DB = (-48, -36, -24, -12, -6, 0)
_WARN_DB = -6.0
_FALL_DB_PER_S = 20.0
_HOLD_S = 1.5
_FRAME_MS = 33
_BAR = SPACE - 2
_MARK_WIDTH = SPACE
_SCALE_HEIGHT = 12
_GAP = 4


class _Channel:
    """What one bar shows, all in dB."""

    def __init__(self) -> None:
        self.peak = self.rms = self.hold = FLOOR_DB
        self.held_since_s = 0.0
        self.clipped = False

    def rise(self, peak_db: float, rms_db: float, now_s: float) -> None:
        """Goes up at once."""
        self.peak, self.rms = max(self.peak, peak_db), max(self.rms, rms_db)
        self.clipped = self.clipped or peak_db > 0.0
        if self.peak >= self.hold:
            self.hold, self.held_since_s = self.peak, now_s

    def fall(self, elapsed_s: float, now_s: float) -> None:
        """Comes down slowly; the held peak waits first."""
        step = _FALL_DB_PER_S * elapsed_s
        self.peak, self.rms = max(FLOOR_DB, self.peak - step), max(FLOOR_DB, self.rms - step)
        if now_s - self.held_since_s > _HOLD_S:
            self.hold = max(self.peak, self.hold - step)

    @property
    def resting(self) -> bool:
        """True if there is nothing left to fall."""
        return self.peak <= FLOOR_DB and self.hold <= FLOOR_DB


class LevelMeter(QWidget):
    """Two bars from -60 to 0 dBFS; the clip marks at the right stay until the meter is clicked or Enter is pressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = DARK
        self._channels = (_Channel(), _Channel())
        self._fell_s = perf_counter()
        self._falling = QTimer(self, interval=_FRAME_MS)
        self._falling.timeout.connect(self._fall)
        self.setObjectName("levelMeter")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Level"))
        self.setToolTip(
            self.tr("Level in dB below full scale: bar, mean (RMS); thin line, peak; box at the right, above full scale. Click to clear.")
        )

    def sizeHint(self) -> QSize:
        """Wide enough for the scale."""
        return QSize(22 * SPACE, self.minimumSizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Bars, scale and focus frame."""
        return QSize(14 * SPACE, 4 * SPACE)

    def set_theme(self, theme: Theme) -> None:
        """Colours of bars and scale."""
        self._theme = theme
        self.update()

    def show_levels(self, peak_db: tuple[float, ...], rms_db: tuple[float, ...]) -> None:
        """Levels in dBFS since the last call; one channel is shown twice, -inf is silence."""
        now_s = perf_counter()
        for index, channel in enumerate(self._channels):
            channel.rise(peak_db[min(index, len(peak_db) - 1)], rms_db[min(index, len(rms_db) - 1)], now_s)
        if not self._falling.isActive() and not self._resting():
            self._fell_s = now_s
            self._falling.start()
        self.update()

    @property
    def clipped(self) -> bool:
        """True if something was above full scale since the marks were cleared."""
        return any(channel.clipped for channel in self._channels)

    @property
    def peaks_db(self) -> tuple[float, ...]:
        """What the bars show, dBFS."""
        return tuple(channel.peak for channel in self._channels)

    @property
    def holds_db(self) -> tuple[float, ...]:
        """What the held peaks show, dBFS."""
        return tuple(channel.hold for channel in self._channels)

    def clear_marks(self) -> None:
        """Forgets held peaks and clip marks."""
        for channel in self._channels:
            channel.clipped, channel.hold = False, channel.peak
        self.update()

    def _resting(self) -> bool:
        return all(channel.resting for channel in self._channels)

    def _fall(self) -> None:
        now_s = perf_counter()
        for channel in self._channels:
            channel.fall(now_s - self._fell_s, now_s)
        self._fell_s = now_s
        if self._resting():
            self._falling.stop()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click clears the marks."""
        self.clear_marks()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """So does Enter."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.clear_marks()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bars above, scale below, marks at the right."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = float(SPACE // 2)
        width = self.width() - 2 * left - _MARK_WIDTH - 2
        top = (self.height() - 2 * _BAR - 2 - _SCALE_HEIGHT) / 2
        for index, channel in enumerate(self._channels):
            self._paint_channel(painter, channel, QRectF(left, top + index * (_BAR + 2), width, _BAR))
        self._paint_scale(painter, QRectF(left, top + 2 * _BAR + 3, width, _SCALE_HEIGHT))
        if self.hasFocus():
            painter.setPen(QPen(QColor(self._theme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)

    def _paint_channel(self, painter: QPainter, channel: _Channel, bar: QRectF) -> None:
        theme = self._theme
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillRect(bar, QColor(mix(theme.surface, theme.outline, 0.3)))
        peak_x, rms_x, warn_x = (bar.left() + _share(level) * bar.width() for level in (channel.peak, channel.rms, _WARN_DB))
        for end_x, height in ((peak_x, 2.0), (rms_x, bar.height())):
            line = QRectF(bar.left(), bar.center().y() - height / 2, end_x - bar.left(), height)
            painter.fillRect(line, QColor(theme.accent))
            if end_x > warn_x:
                line.setLeft(warn_x)
                painter.fillRect(line, QColor(theme.warning))
        if channel.hold > FLOOR_DB:
            hold_x = bar.left() + _share(channel.hold) * bar.width()
            painter.fillRect(QRectF(hold_x - 2, bar.top(), 2, bar.height()), QColor(theme.text))
        mark = QRectF(bar.right() + 2, bar.top(), _MARK_WIDTH, bar.height())
        if channel.clipped:
            painter.fillRect(mark, QColor(theme.danger))
        else:
            painter.setPen(QPen(QColor(theme.outline), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(mark.adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_scale(self, painter: QPainter, scale: QRectF) -> None:
        font = QFont(self.font())
        font.setPixelSize(10)
        painter.setFont(font)
        free_to = self.width() + 1
        for level in reversed(_TICKS_DB):
            x = round(scale.left() + _share(level) * scale.width())
            text = str(abs(level))
            half = painter.fontMetrics().horizontalAdvance(text) / 2
            if x + half >= free_to:
                continue
            free_to = x - half - _GAP
            painter.setPen(QPen(QColor(self._theme.outline), 1))
            painter.drawLine(QPointF(x - 0.5, scale.top() - 1), QPointF(x - 0.5, scale.top() + 1))
            painter.setPen(QColor(self._theme.muted))
            painter.drawText(QRectF(x - 16, scale.top() + 1, 32, scale.height()), Qt.AlignmentFlag.AlignCenter, text)


def _share(level_db: float) -> float:
    """Place 0..1 on the scale."""
    return min(1.0, max(0.0, (level_db - FLOOR_DB) / -FLOOR_DB))
