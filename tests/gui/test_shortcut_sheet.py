"""The sheet of keys: found by words or keys, changed by keyboard alone, with a word of warning before a key is taken away."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTreeWidgetItem, QWidget

from gui.settings import Settings
from gui.shortcut_sheet import ShortcutSheet
from gui.shortcuts import COMMANDS, Shortcuts


@pytest.fixture
def shortcuts(tmp_path: Path) -> Shortcuts:
    settings = Settings(tmp_path / "melbrush.ini")
    shortcuts = Shortcuts(settings)
    shortcuts.kept = settings
    return shortcuts


@pytest.fixture
def sheet(qtbot, shortcuts: Shortcuts) -> ShortcutSheet:
    sheet = ShortcutSheet(shortcuts)
    qtbot.addWidget(sheet)
    sheet.open_sheet()
    qtbot.waitExposed(sheet)
    return sheet


def rows(sheet: ShortcutSheet) -> dict[str, QTreeWidgetItem]:
    heads = [sheet.tree.topLevelItem(index) for index in range(sheet.tree.topLevelItemCount())]
    return {row.data(0, Qt.ItemDataRole.UserRole): row for head in heads for row in map(head.child, range(head.childCount()))}


def choose(sheet: ShortcutSheet, command_id: str) -> None:
    sheet.tree.setCurrentItem(rows(sheet)[command_id])
    sheet.tree.setFocus()


def test_every_command_is_there_with_its_keys(sheet: ShortcutSheet):
    assert set(rows(sheet)) == {command.id for command in COMMANDS}
    assert rows(sheet)["play.loop"].text(1) == "L"
    assert sheet.search.hasFocus()


def test_search_finds_words_keys_and_sections(sheet: ShortcutSheet):
    QTest.keyClicks(sheet.search, "zoom sel")
    assert [name for name, row in rows(sheet).items() if not row.isHidden()] == ["view.zoom_selection"]
    sheet.search.clear()
    QTest.keyClicks(sheet.search, "ctrl+shift+e")
    assert [name for name, row in rows(sheet).items() if not row.isHidden()] == ["file.export"]
    heads = [sheet.tree.topLevelItem(index) for index in range(sheet.tree.topLevelItemCount())]
    assert sum(not head.isHidden() for head in heads) == 1
    sheet.search.clear()
    assert not any(row.isHidden() for row in rows(sheet).values())


def test_enter_then_a_key_changes_it(sheet: ShortcutSheet, shortcuts: Shortcuts):
    choose(sheet, "play.loop")
    QTest.keyClick(sheet.tree, Qt.Key.Key_Return)
    assert sheet.editor.capture.hasFocus()
    QTest.keyClick(sheet.editor.capture, Qt.Key.Key_Shift)
    assert sheet.editor.isVisible(), "a modifier alone is no key"
    QTest.keyClick(sheet.editor.capture, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    assert shortcuts.keys("play.loop") == ("Ctrl+Alt+J",)
    assert rows(sheet)["play.loop"].text(1) == "Ctrl+Alt+J"
    assert not sheet.editor.isVisible()
    assert sheet.tree.hasFocus()


def test_double_click_changes_it_too(qtbot, sheet: ShortcutSheet):
    row = rows(sheet)["view.fit"]
    sheet.tree.scrollToItem(row)
    where = sheet.tree.visualItemRect(row).center()
    qtbot.mouseClick(sheet.tree.viewport(), Qt.MouseButton.LeftButton, pos=where)
    qtbot.mouseDClick(sheet.tree.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert sheet.editor.isVisible()


def test_a_taken_key_is_told_before_it_is_moved(qtbot, sheet: ShortcutSheet, shortcuts: Shortcuts):
    sheet.change("play.loop")
    QTest.keyClick(sheet.editor.capture, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert shortcuts.keys("play.loop") == ("L",)
    assert "Zoom to the selection" in sheet.editor.note.text()
    assert sheet.editor.note.isVisible()
    QTest.keyClick(sheet.editor.capture, Qt.Key.Key_Tab)
    assert sheet.editor.assign.hasFocus()
    QTest.keyClick(sheet.editor.assign, Qt.Key.Key_Space)
    assert shortcuts.keys("play.loop") == ("Ctrl+E",)
    assert shortcuts.keys("view.zoom_selection") == ()
    assert rows(sheet)["view.zoom_selection"].text(1) == ""


def test_escape_keeps_the_old_key_and_the_sheet(sheet: ShortcutSheet, shortcuts: Shortcuts):
    sheet.change("play.loop")
    QTest.keyClick(sheet.editor.capture, Qt.Key.Key_Escape)
    assert not sheet.editor.isVisible()
    assert sheet.isVisible()
    assert shortcuts.keys("play.loop") == ("L",)


def test_further_keys_stay_when_the_main_one_changes(sheet: ShortcutSheet, shortcuts: Shortcuts):
    sheet.change("edit.redo")
    QTest.keyClick(sheet.editor.capture, Qt.Key.Key_F8)
    assert shortcuts.keys("edit.redo") == ("F8", "Ctrl+Y")


def test_reset_and_remove_follow_the_chosen_command(qtbot, sheet: ShortcutSheet, shortcuts: Shortcuts):
    choose(sheet, "play.loop")
    assert not sheet.reset_one.isEnabled()
    qtbot.mouseClick(sheet.remove, Qt.MouseButton.LeftButton)
    assert shortcuts.keys("play.loop") == ()
    assert not sheet.remove.isEnabled()
    qtbot.mouseClick(sheet.reset_one, Qt.MouseButton.LeftButton)
    assert shortcuts.keys("play.loop") == ("L",)
    shortcuts.set_keys("play.loop", ("K",))
    shortcuts.set_keys("view.fit", ("J",))
    qtbot.mouseClick(sheet.reset_all, Qt.MouseButton.LeftButton)
    assert shortcuts.is_default("play.loop")
    assert shortcuts.is_default("view.fit")


def test_keys_of_a_list_are_shown_but_fixed(sheet: ShortcutSheet):
    choose(sheet, "take.star")
    QTest.keyClick(sheet.tree, Qt.Key.Key_Return)
    assert not sheet.editor.isVisible()
    assert not sheet.reset_one.isEnabled()
    assert not sheet.remove.isEnabled()
    assert "fixed" in sheet.hint.text()


def test_everything_has_a_name(sheet: ShortcutSheet):
    sheet.change("play.loop")
    focusable = [widget for widget in sheet.findChildren(QWidget) if widget.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert [widget for widget in focusable if not widget.accessibleName() and not widget.objectName().startswith("qt_")] == []
