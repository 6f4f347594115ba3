"""The field for the prompt: one to three lines, keys that run, older prompts, waves under unknown words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QResizeEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QTextEdit, QWidget

from gui.theme import Theme, current_theme

TYPED_PAUSE_MS = 200
MOST_LINES = 3
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_RUNS_WITH = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier)


class ProjectUndo(QObject):
    """Event filter that leaves undo and redo to the window: a text field has no undo of its own beside the project's."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Refuses the two keys, so that they reach the window's shortcuts."""
        keys = (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)
        if event.type() in keys and (event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)):
            event.ignore()
            return True
        return False


class PromptField(QPlainTextEdit):
    """Plain text without line breaks; grows to three lines.

    ``edited`` tells each change by the user at once, ``typed`` after a pause of 200 ms.
    """

    edited = Signal(str)
    typed = Signal(str)
    run_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._unknown: tuple[str, ...] = ()
        self._history: tuple[str, ...] = ()
        self._place: int | None = None
        self._draft = ""
        self._silent = False
        self._pause = QTimer(self, singleShot=True, interval=TYPED_PAUSE_MS)
        self._pause.timeout.connect(lambda: self.typed.emit(self.text()))
        self.setProperty("role", "prompt")
        self.setTabChangesFocus(True)
        self.setUndoRedoEnabled(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setPlaceholderText(self.tr("Describe a sound"))
        self.setAccessibleName(self.tr("Prompt"))
        self.setToolTip(self.tr("What the sound is. Enter runs; Alt+Up and Alt+Down bring back older prompts."))
        self.installEventFilter(ProjectUndo(self))
        self.textChanged.connect(self._changed)

    def text(self) -> str:
        """The prompt, on one line."""
        return self.toPlainText().replace("\n", " ")

    @property
    def line_height(self) -> int:
        """Height in pixels of the field with a single line in it."""
        return self._height_of(1)

    def show_text(self, text: str) -> None:
        """Shows a prompt without telling anybody; the cursor stays where it is if nothing changes."""
        if text == self.text():
            return
        self._place = None
        self._pause.stop()
        self._silent = True
        self.setPlainText(text)
        self._silent = False
        self.moveCursor(QTextCursor.MoveOperation.End)

    def enter_text(self, text: str) -> None:
        """Replaces the prompt as if it had been typed."""
        if text != self.text():
            self._place = None
            self._replace(text)

    def set_history(self, prompts: tuple[str, ...]) -> None:
        """Older prompts, the latest last."""
        if prompts != self._history:
            self._history = prompts
            self._place = None

    def show_unknown(self, words: Sequence[str]) -> None:
        """Puts waves under these words, however they are capitalised."""
        self._unknown = tuple(words)
        self._underline()

    def set_theme(self, theme: Theme) -> None:
        """The waves in the colours of ``theme``."""
        self._underline(theme)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter runs (alone, with Ctrl or Shift), Alt+Up and Alt+Down go through older prompts."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if event.key() in _ENTER:
            event.setAccepted(modifiers in _RUNS_WITH)
            if event.isAccepted():
                self.run_requested.emit()
        elif modifiers == Qt.KeyboardModifier.AltModifier and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.browse(-1 if event.key() == Qt.Key.Key_Up else 1)
        else:
            super().keyPressEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Text only: files that are dropped here are for the window."""
        return source.hasText() and not source.hasUrls()

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Pasted text loses its line breaks."""
        self.textCursor().insertText(" ".join(source.text().split()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width may need another number of lines."""
        super().resizeEvent(event)
        self._fit_height()

    def changeEvent(self, event: QEvent) -> None:
        """Another font or style needs another height."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit_height()

    def _changed(self) -> None:
        self._underline()
        self._fit_height()
        if not self._silent:
            self._pause.start()
            self.edited.emit(self.text())

    def _replace(self, text: str) -> None:
        self.setPlainText(text)
        self.moveCursor(QTextCursor.MoveOperation.End)

    def browse(self, way: int) -> None:
        """Goes through older prompts; what was being typed comes back behind the latest."""
        if self._place is None or self._shown_from_history() != self.text():
            self._place, self._draft = len(self._history), self.text()
        place = self._place + way
        while 0 <= place < len(self._history) and self._history[place] == self.text():
            place += way
        if 0 <= place <= len(self._history):
            self._place = place
            self._replace(self._shown_from_history())

    def _shown_from_history(self) -> str:
        place = len(self._history) if self._place is None else self._place
        return self._history[place] if place < len(self._history) else self._draft

    def _underline(self, theme: Theme | None = None) -> None:
        wave = QTextCharFormat()
        wave.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        wave.setUnderlineColor(QColor((theme or current_theme()).warning))
        selections = []
        for start, end in unknown_spans(self.toPlainText(), self._unknown):
            selection = QTextEdit.ExtraSelection()
            selection.cursor = QTextCursor(self.document())
            selection.cursor.setPosition(start)
            selection.cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
            selection.format = wave
            selections.append(selection)
        self.setExtraSelections(selections)

    def _fit_height(self) -> None:
        lines = min(MOST_LINES, max(1, round(self.document().size().height())))
        height = self._height_of(lines)
        if height != self.maximumHeight() or height != self.minimumHeight():
            self.setFixedHeight(height)

    def _height_of(self, lines: int) -> int:
        chrome = self.height() - self.viewport().height()
        return chrome + lines * self.fontMetrics().lineSpacing() + 2 * round(self.document().documentMargin())


def unknown_spans(text: str, words: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Start and end of each of ``words`` in ``text``, in UTF-16 units as Qt counts; whole words only, in any capitals."""
    if not words:
        return ()
    pattern = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, sorted(words, key=len, reverse=True))) + r")(?!\w)", re.IGNORECASE)
    return tuple((_units(text[: m.start()]), _units(text[: m.end()])) for m in pattern.finditer(text))


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
