"""Keys: the table has no clashes, the user's keys win and last, and a focused field keeps the keys it needs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDoubleSpinBox,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from gui.settings import Settings
from gui.shortcuts import COMMANDS, FocusKeys, Shortcuts, is_text_focus, same_place, section_of, text_of

# Action -> keys by which people know it from other programs.
EXPECTED = {
    "play.toggle": "Space",
    "play.selection": "Shift+Space",
    "play.loop": "L",
    "play.loop_selection": "Shift+L",
    "play.playhead_returns": "Ctrl+R",
    "play.start": "Home",
    "play.end": "End",
    "play.ab": "C",
    "view.zoom_in": "Ctrl+1",
    "view.zoom_normal": "Ctrl+2",
    "view.zoom_out": "Ctrl+3",
    "view.zoom_selection": "Ctrl+E",
    "view.fit": "F",
    "tool.hand": "H",
    "tool.pointer": "V",
    "select.all": "Ctrl+A",
    "select.none": "Esc",
    "edit.undo": "Ctrl+Z",
    "edit.redo": "Ctrl+Shift+Z",
    "run.generate": "Ctrl+Return",
    "run.cancel": "Shift+X",
    "run.focus_prompt": "Alt+A",
    "take.variation_1": "Alt+1",
    "take.variation_4": "Alt+4",
    "file.new": "Ctrl+N",
    "file.open": "Ctrl+O",
    "file.save": "Ctrl+S",
    "file.save_as": "Ctrl+Shift+S",
    "file.import": "Ctrl+Shift+I",
    "file.export": "Ctrl+Shift+E",
    "file.preferences": "Ctrl+,",
    "help.shortcuts": "F1",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "melbrush.ini")


@pytest.fixture
def shortcuts(settings: Settings) -> Shortcuts:
    return Shortcuts(settings)


class Window(QWidget):
    """Counts what its keys did."""

    def __init__(self, shortcuts: Shortcuts) -> None:
        super().__init__()
        self.done: list[str] = []
        self.column = QVBoxLayout(self)
        for command_id in shortcuts.ids():
            action = shortcuts.action(command_id, self)
            action.triggered.connect(lambda _checked=False, name=command_id: self.done.append(name))
            self.addAction(action)


@pytest.fixture
def window(qtbot, qapp: QApplication, shortcuts: Shortcuts) -> Iterator[Window]:
    window = Window(shortcuts)
    keys = FocusKeys(qapp)
    qtbot.addWidget(window)
    yield window
    shiboken6.delete(keys)


def show(qtbot, window: Window, widget: QWidget) -> None:
    window.column.addWidget(widget)
    window.show()
    window.activateWindow()
    qtbot.waitExposed(window)
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus)


def test_well_known_keys_are_kept(shortcuts: Shortcuts):
    assert {command: shortcuts.keys(command)[0] for command in EXPECTED} == EXPECTED


def test_ids_are_unique_and_keys_readable():
    assert len({command.id for command in COMMANDS}) == len(COMMANDS)
    for command in COMMANDS:
        for key in command.default_keys:
            sequence = QKeySequence.fromString(key, QKeySequence.SequenceFormat.PortableText)
            assert sequence.toString(QKeySequence.SequenceFormat.PortableText) == key, command.id


def test_no_key_belongs_to_two_commands_of_one_place():
    for one in COMMANDS:
        for other in COMMANDS:
            if one.id < other.id and same_place(one, other):
                assert not set(one.default_keys) & set(other.default_keys), (one.id, other.id)


def test_every_command_has_words(qapp: QApplication):
    assert all(text_of(command) and section_of(command) for command in COMMANDS)


def test_window_commands_exclude_those_of_a_list(shortcuts: Shortcuts):
    assert "take.star" not in shortcuts.ids()
    assert "take.star" in {command.id for command in shortcuts.commands()}


@pytest.mark.parametrize(
    ("key", "modifiers", "command"),
    [
        (Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, "play.toggle"),
        (Qt.Key.Key_Space, Qt.KeyboardModifier.ShiftModifier, "play.selection"),
        (Qt.Key.Key_L, Qt.KeyboardModifier.NoModifier, "play.loop"),
        (Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier, "run.generate"),
        (Qt.Key.Key_Enter, Qt.KeyboardModifier.ControlModifier, "run.generate"),
        (Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier, "edit.undo"),
        (Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier, "edit.redo"),
        (Qt.Key.Key_F1, Qt.KeyboardModifier.NoModifier, "help.shortcuts"),
        (Qt.Key.Key_Question, Qt.KeyboardModifier.ShiftModifier, "help.shortcuts"),
        (Qt.Key.Key_Home, Qt.KeyboardModifier.NoModifier, "play.start"),
        (Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier, "take.variation_2"),
    ],
)
def test_keys_do_what_the_table_says(qtbot, window: Window, key: Qt.Key, modifiers: Qt.KeyboardModifier, command: str):
    canvas = QWidget()
    canvas.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    show(qtbot, window, canvas)
    QTest.keyClick(canvas, key, modifiers)
    assert window.done == [command]


@pytest.mark.parametrize("field", [QLineEdit, QPlainTextEdit, QDoubleSpinBox])
def test_a_text_field_keeps_what_is_typed(qtbot, window: Window, field: type):
    widget = field()
    show(qtbot, window, widget)
    for key in (Qt.Key.Key_L, Qt.Key.Key_Space, Qt.Key.Key_F, Qt.Key.Key_H, Qt.Key.Key_1, Qt.Key.Key_Home, Qt.Key.Key_End):
        QTest.keyClick(widget, key)
    QTest.keyClick(widget, Qt.Key.Key_L, Qt.KeyboardModifier.ShiftModifier)
    assert window.done == []
    assert is_text_focus()
    QTest.keyClick(widget, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert window.done == ["file.save"]


def test_a_number_field_leaves_undo_and_redo_to_the_window(qtbot, window: Window):
    field = QDoubleSpinBox()
    show(qtbot, window, field)
    field.selectAll()
    QTest.keyClicks(field, "7")
    QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert window.done == ["edit.undo", "edit.redo"]
    assert field.value() == 7.0


def test_text_arrives_in_the_field(qtbot, window: Window):
    field = QLineEdit()
    show(qtbot, window, field)
    QTest.keyClicks(field, "Loud fLH 1")
    assert field.text() == "Loud fLH 1"
    assert window.done == []


def test_a_read_only_text_lets_letters_be_dead_too(qtbot, window: Window):
    field = QPlainTextEdit("x")
    field.setReadOnly(True)
    show(qtbot, window, field)
    QTest.keyClick(field, Qt.Key.Key_L)
    assert window.done == []


def test_space_presses_a_button_that_was_reached_by_tab_and_plays_after_a_click(qtbot, window: Window):
    presses: list[bool] = []
    first, button = QLineEdit(), QPushButton("Lock")
    button.clicked.connect(lambda: presses.append(True))
    window.column.addWidget(first)
    window.column.addWidget(button)
    show(qtbot, window, first)
    QTest.keyClick(first, Qt.Key.Key_Tab)
    assert button.hasFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert (len(presses), window.done) == (1, [])
    qtbot.mouseClick(first, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert (len(presses), window.done) == (2, ["play.toggle"])


def test_lists_and_sliders_keep_their_moving_keys_and_leave_letters(qtbot, window: Window):
    rows = QListWidget()
    rows.addItems(["a", "b", "c"])
    show(qtbot, window, rows)
    QTest.keyClick(rows, Qt.Key.Key_End)
    assert rows.currentRow() == 2
    slider = QSlider(Qt.Orientation.Horizontal)
    show(qtbot, window, slider)
    QTest.keyClick(slider, Qt.Key.Key_End)
    assert slider.value() == slider.maximum()
    assert window.done == []
    QTest.keyClick(slider, Qt.Key.Key_L)
    assert window.done == ["play.loop"]


def test_an_editable_choice_counts_as_text(qtbot, window: Window):
    box = QComboBox()
    box.setEditable(True)
    show(qtbot, window, box)
    QTest.keyClicks(QApplication.focusWidget(), "FLH")
    assert window.done == []
    assert not is_text_focus(QPushButton())


def test_own_keys_reach_actions_and_last(qtbot, settings: Settings, shortcuts: Shortcuts, window: Window):
    with qtbot.waitSignal(shortcuts.changed) as signal:
        shortcuts.set_keys("play.loop", ("K",))
    assert signal.args == ["play.loop"]
    canvas = QWidget()
    canvas.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    show(qtbot, window, canvas)
    QTest.keyClick(canvas, Qt.Key.Key_L)
    QTest.keyClick(canvas, Qt.Key.Key_K)
    assert window.done == ["play.loop"]
    assert Shortcuts(settings).keys("play.loop") == ("K",)
    assert not shortcuts.is_default("play.loop")
    assert shortcuts.key_text("play.loop") == "K"


def test_conflicts_are_found_whatever_the_spelling(shortcuts: Shortcuts):
    assert shortcuts.conflict("play.loop", "ctrl+e") == "view.zoom_selection"
    assert shortcuts.conflict("view.zoom_selection", "Ctrl+E") is None
    assert shortcuts.conflict("play.loop", "Ctrl+Alt+J") is None
    assert shortcuts.conflict("play.loop", "S") is None, "a list with the focus has its own letters"


def test_a_key_that_is_taken_over_is_lost_by_the_other(shortcuts: Shortcuts):
    shortcuts.set_keys("play.loop", ("Ctrl+Y",))
    assert shortcuts.keys("edit.redo") == ("Ctrl+Shift+Z",)
    shortcuts.reset("edit.redo")
    assert shortcuts.keys("edit.redo") == ("Ctrl+Shift+Z", "Ctrl+Y")
    assert shortcuts.keys("play.loop") == ()
    shortcuts.reset("play.loop")
    assert shortcuts.keys("play.loop") == ("L",)


def test_reset_all_leaves_nothing_behind(settings: Settings, shortcuts: Shortcuts):
    shortcuts.set_keys("play.loop", ("K",))
    shortcuts.set_keys("view.fit", ())
    assert shortcuts.key_text("view.fit") == ""
    shortcuts.reset_all()
    assert settings.get("shortcuts") == {}
    assert all(shortcuts.is_default(command.id) for command in COMMANDS)


@pytest.mark.parametrize("junk", [{"play.loop": "K"}, {"play.loop": [1]}, {"play.loop": None}, {"gone.command": ["K"]}])
def test_stored_nonsense_means_the_table(settings: Settings, junk: dict[str, object]):
    settings.set("shortcuts", junk)
    assert Shortcuts(settings).keys("play.loop") == ("L",)


def test_dead_actions_are_forgotten(qtbot, shortcuts: Shortcuts):
    parent = QWidget()
    shortcuts.action("play.loop", parent)
    with qtbot.waitSignal(parent.destroyed):
        parent.deleteLater()
    shortcuts.set_keys("play.loop", ("K",))


def test_unknown_commands_are_refused(shortcuts: Shortcuts, qapp: QApplication):
    for call in (shortcuts.keys, shortcuts.command, shortcuts.reset):
        with pytest.raises(KeyError):
            call("no.such")
    with pytest.raises(KeyError):
        shortcuts.action("no.such", qapp)
