"""Small parts that the pages of the training wizard share."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout

from gui.dialog_parts import text_button
from gui.icons import icon
from gui.theme import SPACE


def button(picture: str, text: str, tip: str, primary: bool = False) -> QPushButton:
    """A button with words, and a picture if one is named; ``primary`` marks the one that goes on."""
    made = text_button(text, tip, picture)
    if primary:
        made.setProperty("role", "primary")
        if picture:
            made.setIcon(icon(picture, "on_accent"))
    return made


def text_label(text: str = "", role: str = "value") -> QLabel:
    """Plain text that wraps."""
    label = QLabel(text)
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label


def say(label: QLabel, text: str, role: str) -> None:
    """Another text in another role; an empty text takes no room."""
    label.setText(text)
    label.setVisible(bool(text))
    if label.property("role") != role:
        label.setProperty("role", role)
        label.style().polish(label)


def card(heading: str) -> tuple[QFrame, QVBoxLayout]:
    """A card with a heading, and the column for what is in it."""
    frame = QFrame()
    frame.setProperty("role", "card")
    column = QVBoxLayout(frame)
    column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
    column.setSpacing(SPACE)
    column.addWidget(text_label(heading, "section"))
    return frame, column


def stage_name(stage: str) -> str:
    """What a stage does, in the user's language."""
    translate = QCoreApplication.translate
    names = {
        "corpus": translate("Training", "Reading the sounds"),
        "tokenizer": translate("Training", "Learning to code pictures"),
        "decoder": translate("Training", "Learning fine detail"),
        "prompt": translate("Training", "Learning the words"),
        "vocoder": translate("Training", "Learning to sound"),
        "tokens": translate("Training", "Coding the sounds"),
        "hints": translate("Training", "Learning what words look like"),
        "detail": translate("Training", "Learning finer codes"),
        "detail_generator": translate("Training", "Learning where finer codes belong"),
        "generator": translate("Training", "Learning to draw"),
        "pack": translate("Training", "Making the pack"),
    }
    return names.get(stage, stage)


def duration(seconds: float) -> str:
    """A length of time as people say it."""
    translate = QCoreApplication.translate
    if seconds < 90:
        return translate("Training", "{} s").format(round(seconds))
    if seconds < 5400:
        return translate("Training", "{} min").format(round(seconds / 60))
    return translate("Training", "{} hours").format(f"{seconds / 3600:,.1f}")
