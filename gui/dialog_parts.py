"""What dialogs that stand beside the work have in common."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QPushButton

from gui.icons import icon
from gui.theme import SPACE


def text_button(text: str, told: str, picture: str = "") -> QPushButton:
    """A button with words, and a picture of ``gui.icons`` before them if one is given; Enter in another field does not press it."""
    button = QPushButton(icon(picture), text) if picture else QPushButton(text)
    button.setAutoDefault(False)
    button.setAccessibleName(text)
    button.setToolTip(told)
    return button


def button_row(left: Sequence[QPushButton], right: QPushButton) -> QHBoxLayout:
    """The lowest row: actions at the left, the way out at the right."""
    row = QHBoxLayout()
    row.setSpacing(SPACE)
    for button in left:
        row.addWidget(button)
    row.addStretch(1)
    row.addWidget(right)
    return row


def search_field(hint: str, name: str, told: str) -> QLineEdit:
    """A field with a lens and a cross; ``hint`` stands in it while it is empty, ``name`` is what a screen reader calls it."""
    search = QLineEdit()
    search.setPlaceholderText(hint)
    search.setAccessibleName(name)
    search.setToolTip(told)
    search.setClearButtonEnabled(True)
    search.addAction(icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
    return search


def show_beside(dialog: QDialog) -> None:
    """Shows a dialog that blocks nothing, in front and with the focus."""
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()
