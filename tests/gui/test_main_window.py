"""The window as a whole: names for everything that takes the focus, translations, keys, drops."""

import re

import pytest
from PySide6.QtCore import Qt, QTranslator
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QApplication, QLabel, QLineEdit, QWidget

from gui.examples import EXAMPLES
from gui.main_window import MainWindow
from gui.settings import Settings
from gui.shortcuts import Shortcuts

WORDS = re.compile(r"[A-Za-z]{3,}")


class Pseudo(QTranslator):
    """Puts every translated text into brackets and makes it a third longer."""

    def translate(self, context, source, disambiguation=None, n=-1):
        text = source.replace("%n", str(n)) if n >= 0 else source
        return f"[{text}{'·' * (len(text) // 3)}]"

    def isEmpty(self):
        return False


@pytest.fixture
def pseudo(qapp):
    translator = Pseudo()
    qapp.installTranslator(translator)
    yield
    qapp.removeTranslator(translator)


def focusable(root):
    """Everything below ``root`` that Tab or a click can reach."""
    widgets = [root, *root.findChildren(QWidget)]
    inner = {area.viewport() for area in widgets if isinstance(area, QAbstractScrollArea)}
    return [
        widget
        for widget in widgets
        if widget.focusPolicy() & Qt.FocusPolicy.StrongFocus
        and widget not in inner
        and not widget.objectName().startswith("qt_")
        and widget.focusProxy() is None
        and not widget.inherits("QMenuBar")
        and not widget.inherits("QTabBar")
        and not widget.parent().inherits("QComboBoxPrivateContainer")
    ]


def dialogs(bench):
    studio = bench.studio
    return [studio.dialogs.export_dialog, studio.dialogs.settings_dialog, studio.dialogs.shortcut_sheet]


def test_everything_that_takes_the_focus_has_a_name(bench):
    entry = bench.generate("rain", duration_s=1.0)
    bench.studio.dialogs.export_dialog.show_takes(bench.takes, entry.id, None)
    roots = [bench.window, *dialogs(bench)]
    nameless = {
        f"{type(root).__name__}: {type(widget).__name__} {widget.objectName()!r} in {type(widget.parent()).__name__}"
        for root in roots
        for widget in focusable(root)
        if not widget.accessibleName() and not (isinstance(widget, QAbstractButton) and widget.text())
    }
    assert nameless == set()


def shown_texts(root):
    """(widget, text) of labels, buttons, placeholders, tooltips and menus."""
    for widget in (root, *root.findChildren(QWidget)):
        if isinstance(widget, QLabel | QAbstractButton):
            yield widget, widget.text()
        if isinstance(widget, QLineEdit):
            yield widget, widget.placeholderText()
        yield widget, widget.toolTip()
    for action in root.actions() if isinstance(root, MainWindow) else ():
        yield root, action.text()


DATA = re.compile(r"Melbrush|WAV|FLAC|Built-in|embedded|Tiny pack|^(Ctrl|Alt|Shift|Esc|Space|Home|End|PgUp|PgDown|Return|Del|F\d+)\b|/")


def test_no_text_escapes_translation(pseudo, bench):
    raw = {
        f"{type(root).__name__}: {text!r}"
        for root in (bench.window, *dialogs(bench))
        for _, text in shown_texts(root)
        if WORDS.search(text) and "[" not in text and not DATA.search(text) and text not in EXAMPLES
    }
    assert raw == set()


def test_no_longer_text_is_cut(pseudo, bench):
    bench.window.resize(1360, 860)
    roots = [bench.window, *dialogs(bench)]
    cut = set()
    for root in roots:
        if root is not bench.window:
            root.show()
        QApplication.processEvents()
        for widget in root.findChildren(QWidget):
            if not widget.isVisible() or not isinstance(widget, QLabel | QAbstractButton) or not widget.text():
                continue
            # What shortens its own text with dots has said so by a policy or a minimum of its own.
            shortens = isinstance(widget, QLabel) and (widget.wordWrap() or widget.minimumWidth() == 1)
            ignored = widget.sizePolicy().horizontalPolicy() == widget.sizePolicy().Policy.Ignored
            picture = widget.iconSize().width() if isinstance(widget, QAbstractButton) and not widget.icon().isNull() else 0
            room = max(map(widget.fontMetrics().horizontalAdvance, widget.text().replace("&", "").split("\n"))) + picture
            if widget.width() < room and not shortens and not ignored and "…" not in widget.text():
                cut.add(f"{type(root).__name__}: {type(widget).__name__} {widget.text()!r} {widget.width()} < {room}")
        if root is not bench.window:
            root.hide()
    assert cut == set()


def test_tab_reaches_prompt_canvas_takes_and_transport(bench):
    bench.generate("rain", duration_s=1.0)
    bench.window.prompt_bar.focus_prompt()
    reached = set()
    for _ in range(80):
        bench.keys(Qt.Key.Key_Tab)
        reached.add(QApplication.focusWidget())
    wanted = {bench.prompt, bench.canvas, bench.window.takes_panel.list, bench.window.steps_bar._timeline, bench.window.transport._play}
    assert wanted <= reached


def test_every_command_of_the_window_does_something(bench):
    silent = [
        command
        for command, action in bench.window.actions_by_id.items()
        if action.isEnabled() and action.receivers("2triggered(bool)") + action.receivers("2triggered()") == 0
    ]
    assert silent == []


def test_no_two_commands_share_a_key(qtbot, tmp_path):
    window = MainWindow(Shortcuts(Settings(tmp_path / "settings.ini")))
    qtbot.addWidget(window)
    keys = [key.toString() for action in window.actions_by_id.values() if action.isEnabled() for key in action.shortcuts()]
    assert sorted(keys) == sorted(set(keys))


def test_the_title_tells_project_and_changes(qtbot, tmp_path):
    window = MainWindow(Shortcuts(Settings(tmp_path / "settings.ini")))
    qtbot.addWidget(window)
    window.set_title("forest", True)
    assert window.windowTitle() == "forest[*] – Melbrush" and window.isWindowModified()
    window.set_title("", False)
    assert window.windowTitle() == "Melbrush[*]" and not window.isWindowModified()


def test_the_layout_comes_back(qtbot, tmp_path):
    shortcuts = Shortcuts(Settings(tmp_path / "settings.ini"))
    first, second = MainWindow(shortcuts), MainWindow(shortcuts)
    for window in (first, second):
        qtbot.addWidget(window)
        window.show()
        # Larger ones do not fit on the offscreen platform's screen.
        window.resize(window.minimumSizeHint())
    second._splitter.setSizes([1, 10_000])
    first._splitter.setSizes([10_000, 1])
    assert first._splitter.sizes() != second._splitter.sizes()
    second.restore_layout(*first.layout_state())
    assert second.size() == first.size() and second._splitter.sizes() == first._splitter.sizes()
