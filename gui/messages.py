"""What the program says: a line that tells what is happening, and a box for what went wrong."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QElapsedTimer, QEvent, QPropertyAnimation, Qt, QTimer, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGraphicsOpacityEffect,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gui.dialog_parts import button_row, text_button
from gui.icons import icon
from gui.theme import SPACE

MessageKind = Literal["info", "warning", "error"]

SHOWN_MS: dict[str, int] = {"info": 6000, "warning": 12000, "error": 30000}
"""How long a sentence stays before the line goes back to its idle sentence, in milliseconds."""

POLITE_PAUSE_MS = 2000
FADE_MS = 240

_ICONS: dict[str, tuple[str, str]] = {"info": ("info", "muted"), "warning": ("warning", "warning"), "error": ("error", "danger")}
_ROLES: dict[str, str] = {"info": "", "warning": "warning", "error": "danger"}


def announce(widget: QWidget, text: str, assertive: bool = False) -> None:
    """Has a screen reader say ``text``; ``assertive`` interrupts what it is saying."""
    if not QAccessible.isActive():
        return
    event = QAccessibleAnnouncementEvent(widget, text)
    politeness = QAccessible.AnnouncementPoliteness
    event.setPoliteness(politeness.Assertive if assertive else politeness.Polite)
    QAccessible.updateAccessibility(event)


class MessageBox(QDialog):
    """One plain sentence; what a specialist wants to know is folded away and can be copied. Never blocks: show it with ``open``."""

    def __init__(self, sentence: str, detail: str = "", kind: MessageKind = "error", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Melbrush")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(sentence)
        self.setMinimumWidth(60 * SPACE)
        self.sentence = self._make_sentence(sentence)
        self.detail = self._make_detail(detail)
        self.fold = self._make_fold()
        self.copy = text_button(self.tr("Copy details"), self.tr("Copies the sentence and the details"))
        self.copy.hide()
        self.close_button = text_button(self.tr("Close"), self.tr("Closes this message (Esc)"))
        self.close_button.setDefault(True)
        self.fold.setVisible(bool(detail))
        self.fold.toggled.connect(self._unfold)
        self.copy.clicked.connect(self._copy)
        self.close_button.clicked.connect(self.accept)
        self._lay_out(kind)

    def showEvent(self, event: QEvent) -> None:
        """Says the sentence aloud and puts the focus where Enter closes."""
        super().showEvent(event)
        self.close_button.setFocus()
        announce(self, self.sentence.text(), assertive=True)

    def _make_sentence(self, text: str) -> QLabel:
        label = QLabel(text)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label

    def _make_detail(self, text: str) -> QPlainTextEdit:
        field = QPlainTextEdit(text)
        field.setReadOnly(True)
        field.setTabChangesFocus(True)
        field.setAccessibleName(self.tr("Details"))
        field.setToolTip(self.tr("Details for a bug report"))
        field.setMinimumHeight(20 * SPACE)
        field.hide()
        return field

    def _make_fold(self) -> QPushButton:
        fold = text_button(self.tr("Details"), self.tr("Shows or hides the details"))
        fold.setIcon(icon("chevron-right", "muted"))
        fold.setProperty("role", "quiet")
        fold.setCheckable(True)
        return fold

    def _lay_out(self, kind: MessageKind) -> None:
        picture = QLabel()
        picture.setPixmap(icon(*_ICONS[kind]).pixmap(3 * SPACE, 3 * SPACE))
        top = QHBoxLayout()
        top.setSpacing(2 * SPACE)
        top.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self.sentence, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * SPACE, 3 * SPACE, 3 * SPACE, 2 * SPACE)
        column.setSpacing(2 * SPACE)
        column.addLayout(top)
        column.addWidget(self.detail, 1)
        column.addLayout(button_row((self.fold, self.copy), self.close_button))

    def _unfold(self, open_: bool) -> None:
        self.detail.setVisible(open_)
        self.copy.setVisible(open_)
        self.fold.setIcon(icon("chevron-down" if open_ else "chevron-right", "muted"))
        self.adjustSize()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(f"{self.sentence.text()}\n\n{self.detail.toPlainText()}")
        self.copy.setText(self.tr("Copied"))


def show_error(parent: QWidget | None, sentence: str, detail: str = "") -> MessageBox:
    """Opens a message over ``parent`` and returns at once; the same sentence is not stacked twice."""
    for known in parent.findChildren(MessageBox) if parent is not None else []:
        if known.isVisible() and known.sentence.text() == sentence:
            return known
    box = MessageBox(sentence, detail, parent=parent)
    box.open()
    return box


class StatusLine(QFrame):
    """One line at the bottom: the latest sentence with an icon of its kind, after a while the idle sentence again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("StatusLine")
        self.setAccessibleName(self.tr("Status"))
        self._idle = ""
        self._kind: MessageKind = "info"
        self._last_said = QElapsedTimer()
        self._picture = QLabel()
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        # A long sentence must not widen the window; the tooltip holds all of it.
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE, 0, SPACE, 0)
        row.setSpacing(SPACE)
        row.addWidget(self._picture)
        row.addWidget(self._text, 1)
        self.setFixedHeight(3 * SPACE)
        self._effect = QGraphicsOpacityEffect(self._text)
        self._effect.setEnabled(False)
        self._text.setGraphicsEffect(self._effect)
        self._fade = QPropertyAnimation(self._effect, b"opacity", self)
        self._fade.setDuration(FADE_MS)
        self._fade.finished.connect(self._on_faded)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._start_fade)
        self._show("info", "")

    def set_idle(self, text: str) -> None:
        """The sentence for when nothing happens."""
        if self.text() == self._idle:
            self._idle = text
            self._show("info", text)
        self._idle = text

    @Slot(str, str)
    def show_message(self, kind: MessageKind, text: str, shown_ms: int | None = None) -> None:
        """Shows and announces a sentence; ``shown_ms`` 0 keeps it until the next one. An error is not replaced by mere information."""
        still_reading = self._kind == "error" and self._timer.isActive() and self._timer.remainingTime() > SHOWN_MS["error"] - 4000
        if kind == "info" and still_reading:
            return
        self._fade.stop()
        self._effect.setEnabled(False)
        self._show(kind, text)
        self._announce(kind, text)
        duration_ms = SHOWN_MS[kind] if shown_ms is None else shown_ms
        if duration_ms:
            self._timer.start(duration_ms)
        else:
            self._timer.stop()

    def text(self) -> str:
        """The sentence that is shown."""
        return self._text.text()

    def kind(self) -> MessageKind:
        """The kind of the sentence that is shown."""
        return self._kind

    def _show(self, kind: MessageKind, text: str) -> None:
        self._kind = kind
        self._text.setText(text)
        self._text.setToolTip(text)
        self.setAccessibleDescription(text)
        self._text.setProperty("role", _ROLES[kind] or "muted")
        self._text.style().polish(self._text)
        self._picture.setVisible(kind != "info")
        self._picture.setPixmap(icon(*_ICONS[kind]).pixmap(2 * SPACE, 2 * SPACE))

    def _announce(self, kind: MessageKind, text: str) -> None:
        urgent = kind == "error"
        if not urgent and self._last_said.isValid() and self._last_said.elapsed() < POLITE_PAUSE_MS:
            return
        self._last_said.start()
        announce(self, text, assertive=urgent)

    def _start_fade(self) -> None:
        self._effect.setEnabled(True)
        self._fade.setStartValue(1.0)
        self._fade.setEndValue(0.0)
        self._fade.start()

    def _on_faded(self) -> None:
        self._effect.setEnabled(False)
        self._show("info", self._idle)
