"""The line below the picture: what is under the pointer, and what is selected."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.types import Region
from gui.axes import ruler_font
from gui.theme import DARK, SPACE, Theme
from gui.ticks import format_db, format_hz, format_time

READOUT_HEIGHT = 28


@dataclass(frozen=True)
class Readout:
    """What is under the pointer; ``level_db`` is None where the canvas is empty, ``note`` empty below 16 Hz."""

    time_s: float
    hz: float
    note: str
    level_db: float | None


class ReadoutLine(QWidget):
    """Time, frequency, note and level in columns that do not move, the selection at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = DARK
        self._readout: Readout | None = None
        self._selection: Region | None = None
        self._clock = False
        self.setFixedHeight(READOUT_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Under the pointer"))

    def show_readout(self, readout: Readout | None) -> None:
        """What is under the pointer, None for nothing."""
        self._readout = readout
        self.setAccessibleDescription(", ".join(text for text in self._columns() if text))
        self.update()

    def show_selection(self, region: Region | None) -> None:
        """What is selected, None for nothing."""
        self._selection = region
        self.update()

    def set_clock(self, clock: bool) -> None:
        """Whether times have minutes."""
        self._clock = clock
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Colours of the text."""
        self._theme = theme
        self.update()

    def selection_text(self, region: Region) -> str:
        """The selection in words."""
        unit = "" if self._clock else " s"
        start, end = (format_time(seconds, 2, self._clock) for seconds in (region.start_s, region.end_s))
        time = self.tr("{0} to {1} ({2} s)").format(start + unit, end + unit, format_time(region.duration_s, 2, False))
        return f"{time}   {self._band_text(region)}"

    def paintEvent(self, event: QPaintEvent) -> None:
        """Four columns and the selection; what does not fit is left out."""
        painter = QPainter(self)
        painter.setFont(ruler_font(self))
        metrics = QFontMetricsF(painter.font())
        widths = [metrics.horizontalAdvance(sample) + 2 * SPACE for sample in ("00:00.000 s", "10.00 kHz", "C♯10 +50 ct", "−100.0 dB")]
        left = 0.0
        for text, width in zip(self._columns(), widths, strict=True):
            painter.setPen(QColor(self._theme.text))
            painter.drawText(QRectF(left, 0, width, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
            left += width
        if self._selection is not None:
            self._paint_selection(painter, metrics, left)

    def _paint_selection(self, painter: QPainter, metrics: QFontMetricsF, left: float) -> None:
        room = QRectF(left, 0, self.width() - left, self.height())
        text = metrics.elidedText(self.selection_text(self._selection), Qt.TextElideMode.ElideRight, room.width())
        painter.setPen(QColor(self._theme.muted))
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)

    def _columns(self) -> tuple[str, str, str, str]:
        readout = self._readout
        if readout is None:
            return "", "", "", ""
        time = format_time(readout.time_s, 3, self._clock) + ("" if self._clock else " s")
        return time, format_hz(readout.hz), readout.note, "" if readout.level_db is None else format_db(readout.level_db)

    def _band_text(self, region: Region) -> str:
        if region.whole_band:
            return self.tr("all frequencies")
        if region.low_hz <= 0.0:
            return self.tr("up to {0}").format(format_hz(region.high_hz))
        if math.isinf(region.high_hz):
            return self.tr("from {0}").format(format_hz(region.low_hz))
        return self.tr("{0} to {1}").format(format_hz(region.low_hz), format_hz(region.high_hz))
