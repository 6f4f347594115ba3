"""The history list with real clicks and keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from gui.history_panel import PLACE_ROLE, HistoryPanel
from gui.theme import DARK, LIGHT

LABELS = ("Start", "Edit prompt", "Generate 2 takes", "Star take", "Rename take")


@pytest.fixture
def panel(qtbot: QtBot) -> HistoryPanel:
    widget = HistoryPanel()
    qtbot.addWidget(widget)
    widget.resize(260, 400)
    widget.show_history(LABELS, 2)
    widget.show()
    qtbot.waitExposed(widget)
    widget.activateWindow()
    return widget


def record(signal) -> list:
    got: list = []
    signal.connect(lambda *values: got.append(values[0] if values else None))
    return got


def click_row(panel: HistoryPanel, row: int) -> None:
    place = panel.list.visualRect(panel.list.model().index(row)).center()
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)


def places(panel: HistoryPanel) -> list[int]:
    model = panel.list.model()
    return [model.index(row).data(PLACE_ROLE) for row in range(model.rowCount())]


def test_done_present_and_undone_steps_differ(panel: HistoryPanel) -> None:
    assert places(panel) == [-1, -1, 0, 1, 1]
    first = panel.list.grab().toImage()
    panel.show_history(LABELS, 3)
    assert places(panel) == [-1, -1, -1, 0, 1]
    assert panel.list.grab().toImage() != first


def test_a_click_goes_there(panel: HistoryPanel) -> None:
    gone = record(panel.gone_to)
    click_row(panel, 4)
    click_row(panel, 0)
    assert gone == [4, 0]


def test_a_click_on_the_present_step_goes_nowhere(panel: HistoryPanel) -> None:
    gone = record(panel.gone_to)
    click_row(panel, 2)
    assert gone == []


def test_enter_goes_to_the_step_of_the_cursor(panel: HistoryPanel) -> None:
    gone = record(panel.gone_to)
    panel.list.setFocus()
    QTest.keyClick(panel.list, Qt.Key.Key_Down)
    QTest.keyClick(panel.list, Qt.Key.Key_Down)
    assert gone == []
    QTest.keyClick(panel.list, Qt.Key.Key_Return)
    QTest.keyClick(panel.list, Qt.Key.Key_Home)
    QTest.keyClick(panel.list, Qt.Key.Key_Enter)
    assert gone == [4, 0]


def test_undo_and_redo(panel: HistoryPanel) -> None:
    undone, redone = record(panel.undo_requested), record(panel.redo_requested)
    undo, redo = panel.findChild(QPushButton, "history_undo"), panel.findChild(QPushButton, "history_redo")
    QTest.mouseClick(undo, Qt.MouseButton.LeftButton)
    QTest.mouseClick(redo, Qt.MouseButton.LeftButton)
    assert len(undone) == 1 and len(redone) == 1
    assert "Generate 2 takes" in undo.toolTip() and "Ctrl+Z" in undo.toolTip()
    assert "Star take" in redo.toolTip()


@pytest.mark.parametrize(
    ("labels", "index", "can_undo", "can_redo"),
    [((), -1, False, False), (LABELS, 0, False, True), (LABELS, 4, True, False), (("Start",), 0, False, False)],
)
def test_what_is_impossible_is_disabled(panel: HistoryPanel, labels: tuple[str, ...], index: int, can_undo: bool, can_redo: bool) -> None:
    panel.show_history(labels, index)
    assert panel.findChild(QPushButton, "history_undo").isEnabled() == can_undo
    assert panel.findChild(QPushButton, "history_redo").isEnabled() == can_redo


@pytest.mark.parametrize(("name", "index"), [("history_undo", 0), ("history_redo", 4)])
def test_a_button_that_has_nothing_left_to_do_gives_the_focus_to_the_list(panel: HistoryPanel, name: str, index: int) -> None:
    panel.findChild(QPushButton, name).setFocus()
    panel.show_history(LABELS, index)
    assert panel.list.hasFocus()


def test_showing_asks_for_nothing(panel: HistoryPanel) -> None:
    gone, undone = record(panel.gone_to), record(panel.undo_requested)
    panel.show_history((*LABELS[:3], "Delete take"), 3)
    panel.set_theme(LIGHT)
    assert gone == [] and undone == []
    assert [panel.list.model().index(row).data() for row in range(4)] == [*LABELS[:3], "Delete take"]


def test_only_what_changed_is_replaced(panel: HistoryPanel) -> None:
    model = panel.list.model()
    removed: list = []
    inserted: list = []
    model.rowsRemoved.connect(lambda parent, first, last: removed.append((first, last)))
    model.rowsInserted.connect(lambda parent, first, last: inserted.append((first, last)))
    panel.show_history((*LABELS[:3], "Delete take"), 3)
    assert removed == [(3, 4)] and inserted == [(3, 3)]


def test_the_present_step_is_scrolled_to(panel: HistoryPanel) -> None:
    many = tuple(f"Step {number}" for number in range(300))
    panel.show_history(many, 299)
    view = panel.list.viewport().rect()
    assert view.contains(panel.list.visualRect(panel.list.model().index(299)).center())
    panel.show_history(many, 10)
    assert view.contains(panel.list.visualRect(panel.list.model().index(10)).center())


def test_the_list_can_be_copied(panel: HistoryPanel, qtbot: QtBot) -> None:
    QTest.mouseClick(panel.findChild(QPushButton, "history_more"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    menu = QApplication.activePopupWidget()
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(menu.actions()[0]).center())
    lines = QGuiApplication.clipboard().text().split("\n")
    assert lines == ["1. Start", "2. Edit prompt", "3. Generate 2 takes (present)", "4. Star take (undone)", "5. Rename take (undone)"]


def test_rows_speak_full_sentences(panel: HistoryPanel) -> None:
    spoken = [panel.list.model().index(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in (0, 2, 3)]
    assert spoken == [
        "Start, step 1 of 5.",
        "Generate 2 takes, step 3 of 5, the present one.",
        "Star take, step 4 of 5, undone.",
    ]


def test_letters_go_on_to_the_window(panel: HistoryPanel) -> None:
    panel.list.setFocus()
    before = panel.list.currentIndex().row()
    QTest.keyClicks(panel.list, "es")
    assert panel.list.currentIndex().row() == before


def test_every_control_has_a_name(panel: HistoryPanel) -> None:
    controls = [widget for widget in panel.findChildren(QWidget) if widget.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert len(controls) >= 4
    assert [widget.objectName() for widget in controls if not widget.accessibleName()] == []


def test_themes_differ(panel: HistoryPanel) -> None:
    panel.set_theme(DARK)
    dark = panel.list.grab().toImage()
    panel.set_theme(LIGHT)
    assert panel.list.grab().toImage() != dark
    assert panel.list.indexAt(QPoint(20, 20)).isValid()
