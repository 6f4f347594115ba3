"""How far a run is: step, take, time left, and a way to stop it."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

try:
    from PySide6.QtGui import QAccessibleAnnouncementEvent
except ImportError:
    QAccessibleAnnouncementEvent = None

from gui.icons import icon
from gui.theme import SPACE

ANNOUNCE_EVERY_S = 2.0
_BAR_UNITS = 1000


def announce(widget: QWidget, text: str) -> None:
    """Lets a screen reader say ``text`` when it has nothing better to say; nothing happens where Qt cannot do it."""
    if QAccessibleAnnouncementEvent is not None:
        event = QAccessibleAnnouncementEvent(widget, text)
        event.setPoliteness(QAccessible.AnnouncementPoliteness.Polite)
        QAccessible.updateAccessibility(event)


class RunStatus(QWidget):
    """One strip; ``with_cancel`` False where another button stops the run. ``clock`` returns seconds."""

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None, with_cancel: bool = True, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self._clock = clock
        self._said_at = float("-inf")
        self._step, self._take, self._left = QLabel(self), QLabel(self), QLabel(self)
        self._step.setProperty("role", "value")
        self._take.setProperty("role", "muted")
        self._left.setProperty("role", "muted")
        self._bar = QProgressBar(self)
        self._bar.setObjectName("runProgress")
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(SPACE // 2)
        self._bar.setAccessibleName(self.tr("Progress of the run"))
        self._cancel = self._make_cancel()
        self._cancel.setVisible(with_cancel)
        self._arrange()
        self.show_idle()

    def show_progress(self, step: int, total: int, take_index: int, count: int, left_s: float | None) -> None:
        """``step`` of ``total`` (0: not begun), take ``take_index`` (from 0) of ``count``, seconds left if they are known."""
        begun = step > 0
        self._step.setText(self._step_text(step, total) if begun else self.tr("Starting"))
        self._take.setText(self._take_text(take_index, count) if count > 1 else "")
        self._take.setVisible(count > 1)
        self._left.setText("" if left_s is None else self._left_text(left_s))
        # Before the first step there is nothing to measure: the bar says only that something happens.
        self._bar.setRange(0, _BAR_UNITS if begun else 0)
        self._bar.setValue(round(_BAR_UNITS * (take_index * total + step) / max(1, count * total)))
        self._cancel.setEnabled(True)
        self._say()

    def show_stopping(self) -> None:
        """The run was asked to stop and ends after the present step."""
        self._left.setText(self.tr("Stopping after this step"))
        self._cancel.setEnabled(False)

    def show_idle(self) -> None:
        """Nothing runs."""
        for label in (self._step, self._take, self._left):
            label.setText("")
        self._bar.setRange(0, _BAR_UNITS)
        self._bar.setValue(0)
        self._cancel.setEnabled(False)
        self._said_at = float("-inf")

    @property
    def sentence(self) -> str:
        """All that is shown, as it is said."""
        return ", ".join(label.text() for label in (self._step, self._take, self._left) if label.text())

    def _say(self) -> None:
        now = self._clock()
        if now - self._said_at >= ANNOUNCE_EVERY_S:
            self._said_at = now
            announce(self, self.sentence)

    def _step_text(self, step: int, total: int) -> str:
        return self.tr("Step %1 of %2").replace("%1", str(step)).replace("%2", str(total))

    def _take_text(self, take_index: int, count: int) -> str:
        return self.tr("take %1 of %2").replace("%1", str(take_index + 1)).replace("%2", str(count))

    def _left_text(self, left_s: float) -> str:
        if left_s < 1:
            return self.tr("less than 1 s left")
        if left_s < 90:
            return self.tr("about %1 s left").replace("%1", str(round(left_s)))
        return self.tr("about %1 min left").replace("%1", str(round(left_s / 60)))

    def _make_cancel(self) -> QPushButton:
        button = QPushButton(icon("cancel"), self.tr("Cancel"), self)
        button.setProperty("role", "quiet")
        button.setAccessibleName(self.tr("Cancel the run"))
        button.setToolTip(self.tr("Stop after this step and keep what is there (Shift+X)"))
        button.clicked.connect(self.cancel_requested)
        return button

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        row.addWidget(self._step)
        row.addWidget(self._take)
        row.addWidget(self._bar, 1)
        row.addWidget(self._left)
        row.addWidget(self._cancel)
