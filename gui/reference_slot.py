"""The place for a sound that joins the prompt: drop it here or choose it, then blend text and sound."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from gui.icons import icon
from gui.theme import SPACE

_NAME_WIDTH = 12 * SPACE


def dropped_file(data: QMimeData) -> str:
    """Path of the first local file in ``data``; empty if there is none."""
    paths = (url.toLocalFile() for url in data.urls() if url.isLocalFile())
    return next((path for path in paths if path and not Path(path).is_dir()), "")


class ReferenceSlot(QWidget):
    """Empty: a button that also takes drops. Filled: the name, a cross, and a slider from text to sound."""

    dropped = Signal(str)
    cleared = Signal()
    blend_edited = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._path: str | None = None
        self._caption = QLabel(self.tr("Reference sound"), self)
        self._caption.setProperty("role", "muted")
        self._choose = self._make_choose()
        self._card = QFrame(self)
        self._card.setProperty("role", "card")
        self._name = QLabel(self._card)
        self._clear = self._make_clear()
        self._slider = self._make_slider()
        self._arrange()
        self.show_reference(None, 0.5)

    def show_reference(self, path: str | None, blend: float) -> None:
        """The sound's path or None, and its weight 0 (text only) to 1 (sound only); tells nobody."""
        self._path = path
        self._card.setVisible(path is not None)
        self._choose.setVisible(path is None)
        name = Path(path).name if path else ""
        self._name.setText(self._name.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, _NAME_WIDTH))
        self._name.setToolTip(path or "")
        self._name.setAccessibleName(self.tr("Reference sound %1").replace("%1", name))
        with QSignalBlocker(self._slider):
            self._slider.setValue(round(blend * 100))
        self._explain()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Takes a local file, always as a copy: a move would let the other program delete it."""
        if dropped_file(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self._show_target(True)
        else:
            event.ignore()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """The drag went elsewhere."""
        self._show_target(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Tells the path."""
        self._show_target(False)
        path = dropped_file(event.mimeData())
        if path:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.dropped.emit(path)

    def _show_target(self, over: bool) -> None:
        for widget in (self._choose, self._card):
            widget.setProperty("dropTarget", over)
            widget.style().unpolish(widget)
            widget.style().polish(widget)
        self._choose.setText(self.tr("Let go to use it") if over else self.tr("Drop a sound or choose"))

    def _browse(self) -> None:
        wanted = self.tr("Sounds (*.wav *.flac *.ogg *.opus *.mp3 *.aif *.aiff *.caf);;All files (*)")
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Choose a reference sound"), "", wanted)
        if path:
            self.dropped.emit(path)

    def _blended(self, percent: int) -> None:
        self._explain()
        self.blend_edited.emit(percent / 100)

    def _explain(self) -> None:
        sound = self._slider.value()
        shares = self.tr("%1 % text, %2 % sound").replace("%1", str(100 - sound)).replace("%2", str(sound))
        self._slider.setToolTip(self.tr("How much the words and how much the sound counts: %1").replace("%1", shares))
        self._slider.setAccessibleDescription(shares)
        self._caption.setText(self.tr("Reference sound") if self._path is None else shares)

    def _make_choose(self) -> QPushButton:
        button = QPushButton(icon("sound"), self.tr("Drop a sound or choose"), self)
        button.setProperty("role", "target")
        button.setAccessibleName(self.tr("Choose a reference sound"))
        button.setToolTip(self.tr("A sound that joins the prompt: drop a file here or choose one"))
        button.clicked.connect(self._browse)
        return button

    def _make_clear(self) -> QPushButton:
        button = QPushButton(icon("close"), "", self._card)
        button.setProperty("role", "icon")
        button.setAccessibleName(self.tr("Remove the reference sound"))
        button.setToolTip(self.tr("Remove the reference sound"))
        button.clicked.connect(self.cleared)
        return button

    def _make_slider(self) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal, self._card)
        slider.setRange(0, 100)
        slider.setPageStep(10)
        slider.setFixedWidth(11 * SPACE)
        slider.setAccessibleName(self.tr("Blend of text and sound"))
        slider.valueChanged.connect(self._blended)
        return slider

    def _arrange(self) -> None:
        row = QHBoxLayout(self._card)
        row.setContentsMargins(SPACE, 0, 0, 0)
        row.setSpacing(SPACE // 2)
        row.addWidget(self._name)
        for widget in (self._end(self.tr("Text")), self._slider, self._end(self.tr("Sound")), self._clear):
            row.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        column.addWidget(self._caption)
        column.addWidget(self._choose)
        column.addWidget(self._card)

    def _end(self, text: str) -> QLabel:
        label = QLabel(text, self._card)
        label.setProperty("role", "muted")
        return label
