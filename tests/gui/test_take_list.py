"""What a click, a key or a drag on a card means."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from engine.types import GenerationRequest
from gui.take_list import TakeList
from gui.take_model import TakeModel
from gui.takes_panel import TakesPanel
from tests.gui.take_strip import ENTRIES, choose, click, editor_of, ids_shown, key, make, open_panel, point, record


@pytest.fixture
def panel(qtbot: QtBot) -> TakesPanel:
    return open_panel(qtbot)


def test_a_click_shows_the_take(panel: TakesPanel) -> None:
    shown = record(panel.shown)
    click(panel, "b")
    assert shown == ["b"]
    assert [entry.id for entry in panel.list.selected_entries()] == ["b"]


def test_ctrl_click_only_selects(panel: TakesPanel) -> None:
    shown = record(panel.shown)
    click(panel, "b")
    click(panel, "a", modifier=Qt.KeyboardModifier.ControlModifier)
    assert shown == ["b"]
    assert [entry.id for entry in panel.list.selected_entries()] == ["b", "a"]


@pytest.mark.parametrize(
    ("code", "what"),
    [(Qt.Key.Key_A, "everything"), (Qt.Key.Key_S, "seed"), (Qt.Key.Key_P, "prompt"), (Qt.Key.Key_R, "remix")],
)
def test_letters_use_a_take_again(panel: TakesPanel, code: Qt.Key, what: str) -> None:
    used = record(panel.used)
    click(panel, "c")
    key(panel, code)
    assert used == [("c", what)]


def test_an_imported_sound_without_a_recipe_is_not_used(panel: TakesPanel) -> None:
    bare = replace(ENTRIES[0], take=replace(ENTRIES[0].take, request=GenerationRequest("")))
    panel.show_takes((bare, ENTRIES[1]), None, None)
    used = record(panel.used)
    click(panel, "a")
    for code in (Qt.Key.Key_A, Qt.Key.Key_P):
        key(panel, code)
    choose(panel, "seed")
    assert used == []


def test_arrows_move_and_enter_shows(panel: TakesPanel) -> None:
    shown = record(panel.shown)
    key(panel, Qt.Key.Key_Down)
    key(panel, Qt.Key.Key_Down)
    assert shown == []
    key(panel, Qt.Key.Key_Return)
    key(panel, Qt.Key.Key_Up)
    key(panel, Qt.Key.Key_Enter)
    assert shown == ["b", "c"]


def test_c_compares_and_again_stops(panel: TakesPanel) -> None:
    compared = record(panel.compared)
    click(panel, "c")
    key(panel, Qt.Key.Key_C)
    panel.show_takes(ENTRIES, "d", "c")
    key(panel, Qt.Key.Key_C)
    assert compared == ["c", ""]


def test_i_asks_for_details(panel: TakesPanel) -> None:
    details = record(panel.details_requested)
    click(panel, "a")
    key(panel, Qt.Key.Key_I)
    assert details == ["a"]


def test_dot_stars_and_removes_the_star(panel: TakesPanel) -> None:
    starred = record(panel.starred)
    click(panel, "c")
    QTest.keyClicks(panel.list, ".")
    click(panel, "b")
    QTest.keyClicks(panel.list, ".")
    assert starred == [("c", True), ("b", False)]


def test_dot_on_several_stars_those_without(panel: TakesPanel) -> None:
    starred = record(panel.starred)
    click(panel, "c")
    click(panel, "b", modifier=Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(panel.list, ".")
    assert starred == [("c", True)]


def test_a_click_on_the_star_neither_shows_nor_selects(panel: TakesPanel) -> None:
    starred, shown = record(panel.starred), record(panel.shown)
    click(panel, "c", "star")
    assert starred == [("c", True)]
    assert shown == []
    assert "c" not in [entry.id for entry in panel.list.selected_entries()]


def test_a_press_that_leaves_the_star_does_nothing(panel: TakesPanel) -> None:
    starred, shown = record(panel.starred), record(panel.shown)
    view = panel.list.viewport()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=point(panel, "c", "star"))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=point(panel, "c", "picture"))
    assert starred == [] and shown == []


def test_delete_names_all_selected_takes_and_deletes_nothing_itself(panel: TakesPanel) -> None:
    deleted = record(panel.deleted)
    click(panel, "d")
    click(panel, "b", modifier=Qt.KeyboardModifier.ShiftModifier)
    key(panel, Qt.Key.Key_Delete)
    assert deleted == [["d", "c", "b"]]
    assert len(ids_shown(panel)) == 4


def test_f2_renames_in_place(panel: TakesPanel, qtbot: QtBot) -> None:
    renamed = record(panel.renamed)
    click(panel, "c")
    key(panel, Qt.Key.Key_F2)
    editor = editor_of(panel)
    assert editor.selectedText() == "Gravel"
    QTest.keyClicks(editor, "  Wet  gravel ")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: renamed == [("c", "Wet gravel")])
    assert panel.list.model().index_of("c").data() == "Gravel"


def test_double_click_on_the_name_renames_elsewhere_not(panel: TakesPanel) -> None:
    view = panel.list.viewport()
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=point(panel, "c", "picture"))
    assert panel.list.findChild(QLineEdit, "takeNameEditor") is None
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=point(panel, "c", "name"))
    assert editor_of(panel).text() == "Gravel"


@pytest.mark.parametrize("typed", ["", "   ", "Gravel"])
def test_an_empty_or_equal_name_is_no_rename(panel: TakesPanel, qtbot: QtBot, typed: str) -> None:
    renamed = record(panel.renamed)
    click(panel, "c")
    key(panel, Qt.Key.Key_F2)
    editor = editor_of(panel)
    editor.clear()
    QTest.keyClicks(editor, typed)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: panel.list.state() != TakeList.State.EditingState)
    assert renamed == []


def test_escape_leaves_the_name(panel: TakesPanel, qtbot: QtBot) -> None:
    renamed = record(panel.renamed)
    click(panel, "c")
    key(panel, Qt.Key.Key_F2)
    QTest.keyClicks(editor_of(panel), "x")
    QTest.keyClick(editor_of(panel), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: panel.list.state() != TakeList.State.EditingState)
    assert renamed == []


def test_letters_in_the_name_field_are_letters(panel: TakesPanel) -> None:
    used, deleted = record(panel.used), record(panel.deleted)
    click(panel, "c")
    key(panel, Qt.Key.Key_F2)
    QTest.keyClicks(editor_of(panel), "apsr.ci")
    QTest.keyClick(editor_of(panel), Qt.Key.Key_Delete)
    assert used == [] and deleted == []
    assert editor_of(panel).text() == "apsr.ci"


def test_the_list_takes_its_letters_before_the_window(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    panel = TakesPanel()
    QVBoxLayout(window).addWidget(panel)
    fired: list[str] = []
    for text in ("C", "R", "Space", "F2"):
        QShortcut(QKeySequence(text), window, lambda text=text: fired.append(text))
    panel.show_takes(ENTRIES, "d", None)
    window.resize(300, 800)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    panel.list.setFocus()
    compared = record(panel.compared)
    used = record(panel.used)
    key(panel, Qt.Key.Key_C)
    key(panel, Qt.Key.Key_R)
    key(panel, Qt.Key.Key_Space)
    assert compared == ["d"] and used == [("d", "remix")]
    assert fired == ["Space"]
    panel.findChild(QPushButton, "takesMore").setFocus()
    QTest.keyClick(panel.findChild(QPushButton, "takesMore"), Qt.Key.Key_C)
    assert fired == ["Space", "C"]


def test_keys_with_modifiers_are_left_to_the_window(panel: TakesPanel) -> None:
    used, deleted = record(panel.used), record(panel.deleted)
    click(panel, "c")
    key(panel, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    key(panel, Qt.Key.Key_A, Qt.KeyboardModifier.AltModifier)
    assert used == [] and deleted == []


def test_a_drag_asks_for_the_take_under_the_mouse(panel: TakesPanel) -> None:
    dragged, shown = record(panel.drag_requested), record(panel.shown)
    view, start = panel.list.viewport(), point(panel, "b")
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    far = QApplication.startDragDistance()
    for step in range(1, 6):
        QTest.mouseMove(view, start + QPoint(step * far, 0))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start + QPoint(5 * far, 0))
    assert dragged == ["b"]
    assert shown == []


def test_the_scroll_place_stays_when_takes_come_in(qtbot: QtBot) -> None:
    many = tuple(make(f"t{number}", seed=number) for number in range(40))
    panel = TakesPanel()
    qtbot.addWidget(panel)
    panel.resize(280, 600)
    panel.show_takes(many, None, None)
    panel.show()
    panel.list.verticalScrollBar().setValue(1500)
    before = panel.list.card_layout("t20")
    panel.set_pending(2)
    panel.show_takes((*many[3:], make("new")), None, None)
    panel.set_pending(1)
    assert panel.list.card_layout("t20") == before
    panel.list.verticalScrollBar().setValue(0)
    panel.show_takes((*many, make("newest")), None, None)
    assert panel.list.verticalScrollBar().value() == 0


def test_a_take_that_comes_onto_the_canvas_is_scrolled_to(qtbot: QtBot) -> None:
    many = tuple(make(f"t{number}", seed=number) for number in range(40))
    panel = TakesPanel()
    qtbot.addWidget(panel)
    panel.resize(280, 600)
    panel.show_takes(many, "t39", None)
    panel.show()
    panel.show_takes(many, "t2", None)
    assert panel.list.viewport().rect().contains(point(panel, "t2"))


def test_a_thumbnail_that_comes_after_the_list_is_gone_is_for_nobody(qapp: QApplication) -> None:
    strip = TakeList(TakeModel())
    drawn = strip._card.thumbnails.drawn
    strip.deleteLater()
    QApplication.sendPostedEvents(strip, QEvent.Type.DeferredDelete)
    drawn.emit()
