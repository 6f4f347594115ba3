"""Prompts to begin with, and a row of quiet chips that a click turns into text."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLayout, QPushButton, QSizePolicy, QWidget

from gui.theme import SPACE

# Not translated: the packs are taught English prompts.
EXAMPLES = (
    "heavy rain on a tin roof",
    "dog barking in a large hall",
    "laser shot",
    "church bell in the distance",
    "wooden door creaking slowly",
    "coin pickup in an arcade game",
    "ocean waves",
    "crickets at night",
)


class ChipRow(QWidget):
    """One row of short texts to click; those for which there is no room are left out."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chips: list[QPushButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(SPACE)
        self._row.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._row.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def texts(self) -> tuple[str, ...]:
        """Texts of all chips, in order."""
        return tuple(chip.text() for chip in self._chips)

    def set_texts(self, texts: Sequence[str], described: str) -> None:
        """Other chips; ``described`` tells with %1 what a click on one does."""
        if self.texts == tuple(texts):
            return
        for chip in self._chips:
            chip.hide()
            chip.deleteLater()
        self._chips = [self._chip(text, described.replace("%1", text)) for text in texts]
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """May become as narrow as the window wants."""
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shows what fits."""
        super().resizeEvent(event)
        self._fit()

    def _chip(self, text: str, described: str) -> QPushButton:
        chip = QPushButton(text, self)
        chip.setProperty("role", "chip")
        chip.setAccessibleName(text)
        chip.setAccessibleDescription(described)
        chip.setToolTip(described)
        chip.setCursor(Qt.CursorShape.PointingHandCursor)
        chip.clicked.connect(lambda: self.chosen.emit(text))
        self._row.insertWidget(self._row.count() - 1, chip)
        return chip

    def _fit(self) -> None:
        used = 0
        for chip in self._chips:
            used += chip.sizeHint().width()
            chip.setVisible(used <= self.width())
            used += SPACE
