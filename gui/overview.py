"""The whole take as a waveform, with the visible part to drag."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.geometry import Geometry
from gui.background import Background
from gui.canvas_view import EMPTY_DURATION_S, CanvasView
from gui.theme import DARK, Theme

OVERVIEW_HEIGHT = 48
_BINS = 4096
_LONG_SAMPLES = 2**21
"""More values than this take a good part of a frame to look at: ten minutes of stereo have 58 million."""
_FIRST_LOOK = 4096


def waveform_peaks(samples: NDArray[np.float32], bins: int = _BINS) -> NDArray[np.float32]:
    """Lowest and highest value of all channels in at most ``bins`` equal parts of the sound, float32 [2, parts]."""
    length = samples.shape[-1]
    if length == 0 or samples.size == 0:
        return np.zeros((2, 0), np.float32)
    size = -(-length // bins)
    even = length // size * size
    parts = samples[:, :even].reshape(len(samples), -1, size)
    peaks = [parts.min(axis=(0, 2)), parts.max(axis=(0, 2))]
    if even < length:
        rest = samples[:, even:]
        peaks = [np.append(peaks[0], rest.min()), np.append(peaks[1], rest.max())]
    return np.nan_to_num(np.stack(peaks).astype(np.float32), nan=0.0, posinf=1.0, neginf=-1.0)


def first_look(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """About what ``waveform_peaks`` finds, from a few samples here and there, so that the length of the sound does not matter."""
    return waveform_peaks(samples[:, :: max(1, samples.shape[-1] // _FIRST_LOOK)], _FIRST_LOOK // 4)


def column_peaks(peaks: NDArray[np.float32], columns: int, share: float = 1.0) -> NDArray[np.float32]:
    """The same peaks for ``columns`` pixels, float32 [2, columns]; the sound fills only ``share`` of them, the rest is silent."""
    parts = peaks.shape[1]
    result = np.zeros((2, columns), np.float32)
    filled = min(columns, round(columns * share))
    if parts == 0 or filled < 1:
        return result
    first = (np.arange(filled) * parts) // filled
    last = np.maximum(first + 1, ((np.arange(filled) + 1) * parts) // filled)
    # Pairs for reduceat: even results are the spans first..last, odd ones are not wanted.
    pairs = np.stack([first, np.minimum(last, parts)], axis=1).ravel()
    padded = np.concatenate([peaks, peaks[:, -1:]], axis=1)
    result[0, :filled] = np.minimum.reduceat(padded[0], pairs)[::2]
    result[1, :filled] = np.maximum.reduceat(padded[1], pairs)[::2]
    return result


class Overview(QWidget):
    """Waveform of the whole take; drag the bright part to see another one, click elsewhere to go there."""

    centred = Signal(float)
    """Frame that shall be in the middle of the view."""
    sought = Signal(float)
    """Second to which the playhead shall go: a click while everything is visible."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = CanvasView.whole(Geometry(), EMPTY_DURATION_S)
        self._theme = DARK
        self._peaks: NDArray[np.float32] = np.zeros((2, 0), np.float32)
        self._sound_s = 0.0
        self._playhead_s: float | None = None
        self._grip: float | None = None
        self._wave: QImage | None = None
        self._background = Background(self)
        self.setFixedHeight(OVERVIEW_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Overview of the whole take"))
        self.setToolTip(self.tr("Drag to move the visible part. In the picture: Alt+Left, Alt+Right."))

    def show_waveform(self, samples: NDArray[np.float32] | None, sample_rate: int) -> None:
        """Sound of the take, float32 [channels, n], and its rate in Hz; None for none."""
        self._background.drop("peaks")
        if samples is None:
            self._sound_s = 0.0
            self._show_peaks(np.zeros((2, 0), np.float32))
            return
        samples = np.atleast_2d(samples)
        self._sound_s = samples.shape[-1] / sample_rate
        if samples.size > _LONG_SAMPLES:
            self._show_peaks(first_look(samples))
            self._background.compute("peaks", partial(waveform_peaks, samples), self._show_peaks)
        else:
            self._show_peaks(waveform_peaks(samples))

    def set_view(self, view: CanvasView) -> None:
        """Visible part and length of the take."""
        if view == self._view:
            return
        longer = view.duration_s != self._view.duration_s
        self._view = view
        if longer:
            self._wave = None
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Colours."""
        self._theme = theme
        self._redraw()

    def set_playhead(self, seconds: float | None) -> None:
        """Position of the playhead; only its own pixels are painted again."""
        before, self._playhead_s = self._mark_rect(), seconds
        after = self._mark_rect()
        if before != after:
            self.update(before)
            self.update(after)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The waveform needs other pixels."""
        self._redraw()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes hold of the visible part, or moves it under the pointer."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        frame = self._frame_at(event.position().x())
        if self._view.shows_all_time:
            self.sought.emit(self._view.seconds_of(frame))
            return
        middle = (self._view.start + self._view.end) / 2
        inside = self._view.start <= frame <= self._view.end
        self._grip = middle - frame if inside else 0.0
        if not inside:
            self.centred.emit(frame)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drags the visible part."""
        if self._grip is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self.centred.emit(self._frame_at(event.position().x()) + self._grip)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lets go."""
        self._grip = None

    def changeEvent(self, event: QEvent) -> None:
        """A disabled overview is drawn anew."""
        self.update()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Waveform, what is not visible in shade, frame around what is, playhead."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.surface))
        ratio = painter.device().devicePixelRatioF()
        if self._wave is None or self._wave.devicePixelRatio() != ratio:
            self._wave = self._drawn(ratio)
        painter.drawImage(0, 0, self._wave)
        if not self._view.shows_all_time:
            self._paint_window(painter)
        if self._playhead_s is not None:
            painter.fillRect(QRectF(round(self._x_of(self._playhead_s)), 0, 1, self.height()), QColor(self._theme.text))

    def _show_peaks(self, peaks: NDArray[np.float32]) -> None:
        self._peaks = peaks
        self._redraw()

    def _redraw(self) -> None:
        self._wave = None
        self.update()

    def _frame_at(self, x: float) -> float:
        return min(max(x / max(self.width(), 1), 0.0), 1.0) * self._view.extent_frames

    def _x_of(self, seconds: float) -> float:
        return seconds / self._view.duration_s * self.width()

    def _mark_rect(self) -> QRect:
        if self._playhead_s is None:
            return QRect()
        return QRect(round(self._x_of(self._playhead_s)) - 1, 0, 3, self.height())

    def _drawn(self, ratio: float) -> QImage:
        """The waveform in device pixels: one line from the lowest to the highest sample of each column."""
        width, height = max(1, math.ceil(self.width() * ratio)), max(1, math.ceil(self.height() * ratio))
        image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(0)
        low, high = column_peaks(self._peaks, width, min(1.0, self._sound_s / self._view.duration_s))
        middle, reach = height / 2, height / 2 - 4 * ratio
        rows = np.arange(height)[:, None] + 0.5
        thin = 0.5 * ratio
        lit = (rows >= middle - np.clip(high, -1, 1) * reach - thin) & (rows <= middle - np.clip(low, -1, 1) * reach + thin)
        pixels = np.frombuffer(image.bits(), np.uint32).reshape(height, width)
        pixels[lit] = QColor(self._theme.muted if self._peaks.shape[1] else self._theme.border).rgba()
        image.setDevicePixelRatio(ratio)
        return image

    def _paint_window(self, painter: QPainter) -> None:
        left = self._view.start / self._view.extent_frames * self.width()
        right = self._view.end / self._view.extent_frames * self.width()
        shade = QColor(self._theme.window)
        shade.setAlphaF(0.65)
        painter.fillRect(QRectF(0, 0, left, self.height()), shade)
        painter.fillRect(QRectF(right, 0, self.width() - right, self.height()), shade)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._theme.accent), 1.5))
        painter.drawRoundedRect(QRectF(left, 0, max(right - left, 4.0), self.height()).adjusted(0.75, 0.75, -0.75, -0.75), 3, 3)
