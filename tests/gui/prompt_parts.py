"""A prompt bar for tests, its parts, and what it tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMainWindow, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from gui.prompt_bar import PromptBar
from gui.prompt_field import PromptField

SIGNALS = (
    "edited",
    "settings_edited",
    "typed",
    "run_requested",
    "cancel_requested",
    "reference_dropped",
    "reference_cleared",
    "suggestion_chosen",
)
NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier


@contextmanager
def window_with_shortcut(
    widget: QWidget, keys: QKeySequence | QKeySequence.StandardKey, qtbot: QtBot
) -> Iterator[tuple[QWindow, list[int]]]:
    """A window around ``widget`` with one shortcut; a list that grows each time it is used."""
    window, used = QMainWindow(), []
    action = QAction(window)
    action.setShortcut(keys)
    action.triggered.connect(lambda: used.append(1))
    window.addAction(action)
    window.setCentralWidget(widget)
    with qtbot.waitExposed(window):
        window.show()
    yield window.windowHandle(), used
    window.takeCentralWidget()
    window.close()


class Heard(list):
    """What the bar told, in order: the name of the signal and its values."""

    def __init__(self, bar: QWidget, names: Iterable[str]) -> None:
        super().__init__()
        for name in names:
            getattr(bar, name).connect(lambda *values, name=name: self.append((name, *values)))

    def of(self, name: str) -> list[tuple]:
        return [entry[1:] for entry in self if entry[0] == name]


def open_bar(qtbot: QtBot) -> PromptBar:
    """A bar that is seen."""
    bar = PromptBar()
    qtbot.addWidget(bar)
    bar.resize(1280, 240)
    with qtbot.waitExposed(bar):
        bar.show()
    return bar


def field(bar: PromptBar) -> PromptField:
    return bar.findChild(PromptField)


def by_name(bar: QWidget, kind: type, name: str) -> QWidget:
    return next(widget for widget in bar.findChildren(kind) if widget.accessibleName() == name and widget.isVisible())


def main_button(bar: PromptBar) -> QPushButton:
    found = [button for button in bar.findChildren(QPushButton) if button.property("role") in ("primary", "secondary")]
    assert len(found) == 1
    return found[0]


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def chips(bar: PromptBar) -> list[QPushButton]:
    return [button for button in bar.findChildren(QPushButton) if button.property("role") == "chip" and button.isVisible()]
