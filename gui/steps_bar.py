"""The step timeline: what every iteration left behind, to go through, listen to and branch from."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QStackedLayout,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from engine.types import StepHistory
from gui.icons import icon
from gui.shortcuts import pass_focus
from gui.theme import SPACE, Theme, current_theme, mix

_KEYS = {Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}
_MARK_HEIGHT = 6.0
_DIM = 0.6


class StepTimeline(QSlider):
    """A slider over the steps that paints itself: bars for the share of cells fixed, a tick for the mean confidence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._theme = current_theme()
        self._fixed = np.zeros(0)
        self._confidence = np.zeros(0)
        self.setPageStep(4)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Step of the run"))

    def set_theme(self, theme: Theme) -> None:
        """Paints in the colours of ``theme``."""
        self._theme = theme
        self.update()

    def show_shares(self, fixed: np.ndarray, confidence: np.ndarray) -> None:
        """Per step: share of cells fixed and mean confidence, both 0..1; goes to the last step and tells nobody."""
        self._fixed, self._confidence = fixed, confidence
        with QSignalBlocker(self):
            self.setRange(1, max(1, len(fixed)))
            self.setValue(len(fixed))
        self.update()

    def text_of(self, step: int) -> str:
        """What is known about a step (from 1), in one line."""
        text = self.tr("Step %1 of %2 · %3 % of cells fixed")
        shown = (str(step), str(len(self._fixed)), str(_percent(self._fixed[step - 1])))
        for place, value in enumerate(shown, start=1):
            text = text.replace(f"%{place}", value)
        return text

    def confidence_of(self, step: int) -> str:
        """The mean confidence of a step (from 1), in one line."""
        return self.tr("mean confidence %1 % (line)").replace("%1", str(_percent(self._confidence[step - 1])))

    def segment(self, step: int) -> QRectF:
        """Where a step (from 1) is painted, without the mark below it."""
        width = self.width() / max(1, len(self._fixed))
        gap = 2.0 if width >= 6 else 0.0
        left, right = round((step - 1) * width), round(step * width)
        return QRectF(left + gap / 2, 2, max(1.0, right - left - gap), self.height() - 4 - _MARK_HEIGHT)

    def step_at(self, x: float) -> int:
        """The step (from 1) at ``x`` pixels from the left, the nearest one beyond the ends."""
        count = len(self._fixed)
        return min(max(1, int(x * count / max(1, self.width())) + 1), max(1, count))

    def sizeHint(self) -> QSize:
        """Seven units high, as wide as there is room."""
        return QSize(40 * SPACE, 7 * SPACE)

    def minimumSizeHint(self) -> QSize:
        """Narrow windows keep the height."""
        return QSize(20 * SPACE, 7 * SPACE)

    def event(self, event: QEvent) -> bool:
        """Keeps its keys from the window's shortcuts while it has the focus; tells about the step under the pointer."""
        if event.type() == QEvent.Type.ShortcutOverride and event.key() in _KEYS and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            event.accept()
            return True
        if isinstance(event, QHelpEvent) and len(self._fixed):
            step = self.step_at(event.pos().x())
            QToolTip.showText(event.globalPos(), f"{self.text_of(step)}, {self.confidence_of(step)}", self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Goes to the step under the pointer."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self.setSliderPosition(self.step_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follows the pointer while the button is down."""
        if self.isSliderDown():
            self.setSliderPosition(self.step_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends the drag."""
        self.setSliderDown(False)

    def paintEvent(self, event: QPaintEvent) -> None:
        """All steps; those after the present one are dimmed."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for step in range(1, len(self._fixed) + 1):
            self._paint_step(painter, step)
        if len(self._fixed):
            self._paint_mark(painter)
        painter.end()

    def _paint_step(self, painter: QPainter, step: int) -> None:
        theme, box = self._theme, self.segment(step)
        fixed, confidence = float(self._fixed[step - 1]), float(self._confidence[step - 1])
        back = theme.surface
        dim = _DIM if step > self.value() else 0.0
        bar = mix(mix(theme.accent, theme.outline, 0.75), theme.accent, confidence)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(mix(theme.raised, back, dim)))
        painter.drawRoundedRect(box, 2, 2)
        painter.setBrush(QColor(mix(bar, back, dim)))
        filled = round(box.height() * fixed)
        painter.drawRoundedRect(QRectF(box.x(), box.bottom() - filled, box.width(), filled), 2, 2)
        self._paint_tick(painter, box, confidence, dim)

    def _paint_tick(self, painter: QPainter, box: QRectF, confidence: float, dim: float) -> None:
        """Light on dark, so that it is seen on the bar and beside it."""
        y = round(box.bottom() - (box.height() - 2) * confidence) - 1
        painter.setBrush(QColor(mix(self._theme.surface, self._theme.raised, dim)))
        painter.drawRect(QRectF(box.x(), y - 2, box.width(), 4))
        painter.setBrush(QColor(mix(self._theme.text, self._theme.surface, dim)))
        painter.drawRect(QRectF(box.x(), y - 1, box.width(), 2))

    def _paint_mark(self, painter: QPainter) -> None:
        """The present step: a frame and a triangle below; thicker with the keyboard's focus."""
        box = self.segment(self.value())
        colour = QColor(self._theme.accent if self.hasFocus() else self._theme.text)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, 2))
        painter.drawRoundedRect(box.adjusted(-1, -1, 1, 1), 3, 3)
        x, y = box.center().x(), box.bottom() + 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF([QPointF(x, y), QPointF(x + 5, y + _MARK_HEIGHT), QPointF(x - 5, y + _MARK_HEIGHT)]))


class StepsBar(QWidget):
    """Timeline with its label and buttons; without a history one sentence says why.

    ``scrubbed``, ``heard`` and ``branched`` carry the step, from 1; ``left`` goes back to the finished take.
    """

    scrubbed = Signal(int)
    heard = Signal(int)
    branched = Signal(int)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._timeline = StepTimeline(self)
        self._label = QLabel(self)
        self._label.setProperty("role", "value")
        self._confidence = QLabel(self)
        self._confidence.setProperty("role", "muted")
        self._empty = QLabel(self)
        self._empty.setProperty("role", "muted")
        self._hear = self._button("hear", self.tr("Hear this step"), self.tr("Listen to the sound as this step guessed it"))
        self._branch = self._button("branch", self.tr("Branch from here"), self.tr("Keep the cells fixed so far and draw the others anew"))
        self._back = self._button("check", self.tr("Back to finished take"), self.tr("Show the take as it ended"))
        self._arrange()
        self._connect()
        self.show_history(None)

    @property
    def step(self) -> int:
        """The step that is shown, from 1; 0 without a history."""
        return self._timeline.value() if self._pages.currentIndex() == 0 else 0

    def show_history(self, history: StepHistory | None, why: str = "") -> None:
        """The steps of a run, the last one first to be seen, or a sentence that says ``why`` there are none; tells nobody."""
        if history is None or history.steps == 0:
            self._empty.setText(why or self.tr("No steps to show: this sound was not drawn step by step in this project."))
            self._pages.setCurrentIndex(1)
            return
        steps = history.steps
        shares = history.fixed.reshape(steps, -1).mean(axis=1), history.confidence.reshape(steps, -1).mean(axis=1)
        self._timeline.show_shares(*(np.nan_to_num(np.clip(share, 0, 1)) for share in shares))
        # Who branched by key was left on the sentence that stood here during the run.
        waited = self._empty.hasFocus()
        self._pages.setCurrentIndex(0)
        if waited:
            pass_focus(self._timeline)
        self._explain()

    def show_step(self, step: int) -> None:
        """Goes to a step, from 1; tells nobody."""
        with QSignalBlocker(self._timeline):
            self._timeline.setValue(step)
        self._explain()

    def set_theme(self, theme: Theme) -> None:
        """Paints in the colours of ``theme``."""
        self._timeline.set_theme(theme)

    def _go(self, step: int) -> None:
        self._explain()
        self.scrubbed.emit(step)

    def _leave(self) -> None:
        self.show_step(self._timeline.maximum())
        self.left.emit()

    def _explain(self) -> None:
        step = self.step
        if not step:
            return
        self._label.setText(self._timeline.text_of(step))
        self._confidence.setText(self._timeline.confidence_of(step))
        self._timeline.setAccessibleDescription(f"{self._label.text()}, {self._confidence.text()}")
        finished = step == self._timeline.maximum()
        if finished and (self._branch.hasFocus() or self._back.hasFocus()):
            pass_focus(self._timeline)
        self._branch.setEnabled(not finished)
        self._back.setEnabled(not finished)

    def _button(self, name: str, text: str, told: str) -> QPushButton:
        button = QPushButton(icon(name), text, self)
        button.setProperty("role", "quiet")
        button.setAccessibleName(text)
        button.setAccessibleDescription(told)
        button.setToolTip(told)
        return button

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(SPACE)
        head.addWidget(self._label)
        head.addWidget(self._confidence)
        head.addStretch(1)
        for button in (self._hear, self._branch, self._back):
            head.addWidget(button)
        page = QWidget(self)
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(SPACE)
        grid.addLayout(head, 0, 0)
        grid.addWidget(self._timeline, 1, 0)
        # Style sheets give sliders a lower minimum than this one needs.
        grid.setRowMinimumHeight(1, self._timeline.minimumSizeHint().height())
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self._pages = QStackedLayout()
        self._pages.addWidget(page)
        self._pages.addWidget(self._empty)
        outer.addLayout(self._pages)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def _connect(self) -> None:
        self._timeline.valueChanged.connect(self._go)
        self._hear.clicked.connect(lambda: self.heard.emit(self.step))
        self._branch.clicked.connect(lambda: self.branched.emit(self.step))
        self._back.clicked.connect(self._leave)


def _percent(share: float) -> int:
    """Whole per cent; 100 only if nothing is left."""
    return 100 if share >= 1 else min(99, round(100 * float(share)))
