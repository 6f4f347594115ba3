"""Preferences window: every shown setting has a field, changes take effect at once, both ways."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QPushButton, QSpinBox, QWidget

from gui.settings import SETTINGS, Settings, sections
from gui.settings_dialog import SettingsDialog


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "melbrush.ini")


@pytest.fixture
def dialog(qtbot, settings: Settings) -> SettingsDialog:
    dialog = SettingsDialog(settings)
    qtbot.addWidget(dialog)
    dialog.open_preferences()
    qtbot.waitExposed(dialog)
    return dialog


def control(dialog: SettingsDialog, key: str) -> QWidget:
    return dialog.rows[key].field.control


def visible(dialog: SettingsDialog) -> set[str]:
    return {key for key, row in dialog.rows.items() if row.isVisible()}


def test_every_shown_setting_has_one_row(dialog: SettingsDialog):
    assert set(dialog.rows) == {setting.key for setting in SETTINGS if setting.section}


def test_sections_are_walked_with_the_arrow_keys(dialog: SettingsDialog):
    assert visible(dialog) == {setting.key for setting in SETTINGS if setting.section == sections()[0]}
    dialog.list.setFocus()
    QTest.keyClick(dialog.list, Qt.Key.Key_Down)
    assert visible(dialog) == {setting.key for setting in SETTINGS if setting.section == sections()[1]}


def test_search_looks_through_all_sections(dialog: SettingsDialog):
    QTest.keyClicks(dialog.search, "loudness compar")
    assert visible(dialog) == {"listening.match_loudness"}
    dialog.search.clear()
    QTest.keyClicks(dialog.search, "cividis")
    assert visible(dialog) == {"canvas.colour_map"}
    QTest.keyClicks(dialog.search, "xyz")
    assert visible(dialog) == set()
    assert dialog.nothing.isVisible()
    dialog.search.clear()
    assert "appearance.theme" in visible(dialog)


def test_a_choice_takes_effect_at_once(dialog: SettingsDialog, settings: Settings):
    box = control(dialog, "appearance.theme")
    assert isinstance(box, QComboBox)
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert settings.get("appearance.theme") == "light"


def test_a_switch_is_turned_by_click_and_by_space(qtbot, dialog: SettingsDialog, settings: Settings):
    dialog.open_preferences("Listening")
    box = control(dialog, "listening.auto_play")
    assert isinstance(box, QCheckBox)
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=box.rect().center())
    assert settings.get("listening.auto_play") is False
    QTest.keyClick(box, Qt.Key.Key_Space)
    assert settings.get("listening.auto_play") is True


def test_a_number_counts_when_it_is_typed_to_the_end(dialog: SettingsDialog, settings: Settings):
    box = control(dialog, "generation.threads")
    assert isinstance(box, QSpinBox)
    heard: list[object] = []
    settings.changed.connect(lambda key, value: heard.append(value))
    box.selectAll()
    QTest.keyClicks(box, "55")
    assert heard == []
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert heard == [55]
    assert dialog.isVisible(), "Enter in a field does not close the window"


def test_zero_threads_read_as_automatic(dialog: SettingsDialog):
    box = control(dialog, "generation.threads")
    assert isinstance(box, QSpinBox)
    assert box.text() == "Automatic"


def test_texts_are_trimmed(dialog: SettingsDialog, settings: Settings):
    field = control(dialog, "export.originator")
    assert isinstance(field, QLineEdit)
    QTest.keyClicks(field, "  North Room ")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert settings.get("export.originator") == "North Room"


def test_fields_follow_changes_from_elsewhere_without_reporting_them(dialog: SettingsDialog, settings: Settings):
    heard: list[str] = []
    settings.changed.connect(lambda key, _value: heard.append(key))
    settings.set("generation.threads", 30)
    assert control(dialog, "generation.threads").value() == 30
    settings.set("canvas.colour_map", "magma")
    assert control(dialog, "canvas.colour_map").currentData() == "magma"
    assert heard == ["generation.threads", "canvas.colour_map"]


def test_one_reset_button_and_one_for_all(qtbot, dialog: SettingsDialog, settings: Settings):
    dialog.open_preferences("Generation")
    row = dialog.rows["generation.threads"]
    assert not row.reset.isEnabled()
    settings.set("generation.threads", 30)
    settings.set("project.recent", ["/a.melbrush"])
    qtbot.mouseClick(row.reset, Qt.MouseButton.LeftButton)
    assert settings.get("generation.threads") == 0
    assert not row.reset.isEnabled()
    settings.set("generation.threads", 30)
    settings.set("appearance.theme", "light")
    button = next(button for button in dialog.findChildren(QPushButton) if button.text() == "Reset all")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert settings.is_default("generation.threads")
    assert settings.is_default("appearance.theme")
    assert settings.get("project.recent") == ["/a.melbrush"]


def test_choices_that_come_later_keep_what_was_chosen(dialog: SettingsDialog, settings: Settings):
    settings.set("listening.device", "usb")
    box = control(dialog, "listening.device")
    assert box.currentText() == "usb (not found)"
    dialog.set_choices("listening.device", [("built-in", "Built-in speakers"), ("usb", "USB interface")])
    assert box.currentText() == "USB interface"
    assert [box.itemData(index) for index in range(box.count())] == ["", "built-in", "usb"]
    assert settings.get("listening.device") == "usb"
    dialog.set_choices("listening.device", [])
    assert settings.get("listening.device") == "usb"


def test_everything_has_a_name_and_is_reached_by_tab(dialog: SettingsDialog, qapp: QApplication):
    focusable = [widget for widget in dialog.findChildren(QWidget) if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible()]
    nameless = [widget for widget in focusable if not widget.accessibleName() and widget.focusProxy() is None and own(widget)]
    assert nameless == []
    dialog.search.setFocus()
    reached = set()
    for _ in range(4 * len(focusable)):
        reached.add(qapp.focusWidget())
        QTest.keyClick(qapp.focusWidget(), Qt.Key.Key_Tab)
    wanted = {widget for widget in focusable if widget.isEnabled() and own(widget)}
    assert wanted <= reached


def own(widget: QWidget) -> bool:
    """False for parts that Qt made inside a control."""
    return not widget.objectName().startswith("qt_") and not isinstance(widget.parent(), QSpinBox | QComboBox | QLineEdit)


def test_escape_closes(dialog: SettingsDialog):
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
