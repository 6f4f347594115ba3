"""The panel around the strip: search, stars, menus, and what it never does by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from gui.takes_panel import TakesPanel
from gui.theme import LIGHT
from tests.gui.take_strip import ENTRIES, choose, click, editor_of, ids_shown, make, open_panel, point, record


@pytest.fixture
def panel(qtbot: QtBot) -> TakesPanel:
    return open_panel(qtbot)


def test_search_and_star_filter(panel: TakesPanel) -> None:
    search = panel.findChild(QLineEdit, "takesSearch")
    QTest.keyClicks(search, "ON")
    assert ids_shown(panel) == ["d"]
    search.clear()
    QTest.keyClicks(search, "gravel wet")
    assert ids_shown(panel) == ["c"]
    QTest.keyClick(search, Qt.Key.Key_Escape)
    assert search.text() == ""
    QTest.mouseClick(panel.findChild(QPushButton, "takesStarredOnly"), Qt.MouseButton.LeftButton)
    assert ids_shown(panel) == ["d", "b"]
    QTest.keyClicks(search, "siren")
    assert ids_shown(panel) == ["b"]


def test_down_in_the_search_field_goes_to_the_cards(panel: TakesPanel) -> None:
    search = panel.findChild(QLineEdit, "takesSearch")
    search.setFocus()
    QTest.keyClick(search, Qt.Key.Key_Down)
    assert panel.list.hasFocus()


def test_filter_keeps_placeholders_and_takes_that_come_in(panel: TakesPanel) -> None:
    panel.set_pending(2)
    QTest.keyClicks(panel.findChild(QLineEdit, "takesSearch"), "siren")
    panel.show_takes((*ENTRIES, make("e", "siren two"), make("f", "dog")), "d", None)
    assert ids_shown(panel) == [None, None, "e", "b"]


def test_delete_all_but_starred(panel: TakesPanel) -> None:
    deleted = record(panel.deleted)
    QTest.keyClicks(panel.findChild(QLineEdit, "takesSearch"), "siren")
    action = next(action for action in panel.build_more_menu().actions() if "but starred" in action.text())
    assert "2" in action.text()
    action.trigger()
    assert deleted == [["c", "a"]]


def test_without_stars_nothing_can_be_deleted_at_once(panel: TakesPanel) -> None:
    panel.show_takes(ENTRIES[2:3], None, None)
    action = next(action for action in panel.build_more_menu().actions() if "but starred" in action.text())
    assert not action.isEnabled()


def test_more_opens_its_menu(panel: TakesPanel, qtbot: QtBot) -> None:
    QTest.mouseClick(panel.findChild(QPushButton, "takesMore"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    QTest.keyClick(QApplication.activePopupWidget(), Qt.Key.Key_Escape)


def ask_for_menu(panel: TakesPanel, place: QPoint, reason: QContextMenuEvent.Reason) -> None:
    view = panel.list.viewport()
    if reason == QContextMenuEvent.Reason.Mouse:
        QTest.mouseClick(view, Qt.MouseButton.RightButton, pos=place)
    QApplication.sendEvent(view, QContextMenuEvent(reason, place, view.mapToGlobal(place)))


@pytest.mark.parametrize("reason", [QContextMenuEvent.Reason.Mouse, QContextMenuEvent.Reason.Keyboard])
def test_the_context_menu_is_about_its_card(panel: TakesPanel, qtbot: QtBot, reason: QContextMenuEvent.Reason) -> None:
    click(panel, "b" if reason == QContextMenuEvent.Reason.Mouse else "a")
    shown, details = record(panel.shown), record(panel.details_requested)
    ask_for_menu(panel, point(panel, "a"), reason)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    menu = QApplication.activePopupWidget()
    action = next(action for action in menu.actions() if action.data() == "details")
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())
    assert details == ["a"] and shown == []


def test_no_menu_beside_the_cards(panel: TakesPanel) -> None:
    asked = record(panel.list.menu_asked)
    ask_for_menu(panel, panel.list.viewport().rect().bottomLeft(), QContextMenuEvent.Reason.Mouse)
    assert asked == []


@pytest.mark.parametrize(
    ("command", "signal", "value"),
    [
        ("show", "shown", "c"),
        ("compare", "compared", "c"),
        ("details", "details_requested", "c"),
        ("everything", "used", ("c", "everything")),
        ("prompt", "used", ("c", "prompt")),
        ("seed", "used", ("c", "seed")),
        ("remix", "used", ("c", "remix")),
        ("star", "starred", ("c", True)),
        ("export", "export_requested", ["c"]),
        ("copy path", "path_copy_requested", "c"),
        ("reveal", "reveal_requested", "c"),
        ("picture", "picture_requested", "c"),
        ("delete", "deleted", ["c"]),
    ],
)
def test_every_entry_of_the_menu(panel: TakesPanel, command: str, signal: str, value: object) -> None:
    click(panel, "c")
    got = record(getattr(panel, signal))
    choose(panel, command)
    assert got == [value]


def test_the_menu_renames_and_exports_several(panel: TakesPanel) -> None:
    click(panel, "c")
    choose(panel, "rename")
    assert editor_of(panel).text() == "Gravel"
    QTest.keyClick(editor_of(panel), Qt.Key.Key_Escape)
    exported = record(panel.export_requested)
    click(panel, "d")
    click(panel, "a", modifier=Qt.KeyboardModifier.ControlModifier)
    choose(panel, "export")
    assert exported == [["d", "a"]]


def test_showing_takes_asks_for_nothing(panel: TakesPanel) -> None:
    signals = ("shown", "compared", "starred", "renamed", "deleted", "used", "export_requested", "drag_requested", "details_requested")
    got = {name: record(getattr(panel, name)) for name in signals}
    panel.show_takes((replace(ENTRIES[1], starred=False, name="Other"), make("z")), "z", "b")
    panel.set_key_hints(("z",))
    panel.set_pending(2)
    panel.set_pending(0)
    panel.set_theme(LIGHT)
    assert got == {name: [] for name in signals}


def test_every_control_has_a_name(panel: TakesPanel) -> None:
    controls = [widget for widget in panel.findChildren(QWidget) if widget.focusPolicy() & Qt.FocusPolicy.TabFocus]
    named = [widget for widget in controls if not isinstance(widget.parent(), QLineEdit)]
    assert len(named) >= 4
    assert [widget.objectName() for widget in named if not widget.accessibleName()] == []
