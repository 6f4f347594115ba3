"""What goes wrong is said in one sentence, never blocks, and is in the log."""

import threading
import time

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from gui import messages
from gui.messages import SHOWN_MS, MessageBox, StatusLine, announce, show_error


@pytest.fixture
def line(qtbot) -> StatusLine:
    line = StatusLine()
    qtbot.addWidget(line)
    line.resize(600, 24)
    line.show()
    return line


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """What a screen reader would be told."""
    heard: list[tuple[str, bool]] = []
    monkeypatch.setattr(messages, "announce", lambda widget, text, assertive=False: heard.append((text, assertive)))
    return heard


def test_show_error_returns_at_once_and_shows_one_sentence(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    started = time.monotonic()
    box = show_error(parent, "The disk is full; nothing was written.", "OSError: [Errno 28]")
    assert time.monotonic() - started < 5.0
    assert box.isVisible()
    assert box.sentence.text() == "The disk is full; nothing was written."
    assert not box.detail.isVisible()
    assert show_error(parent, "The disk is full; nothing was written.") is box, "the same message is not stacked"
    assert show_error(parent, "Another one.") is not box


def test_details_unfold_and_are_copied(qtbot):
    box = MessageBox("It failed.", "line 1\nline 2")
    qtbot.addWidget(box)
    box.open()
    qtbot.mouseClick(box.fold, Qt.MouseButton.LeftButton)
    assert box.detail.isVisible()
    assert box.detail.toPlainText() == "line 1\nline 2"
    qtbot.mouseClick(box.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "It failed.\n\nline 1\nline 2"
    qtbot.mouseClick(box.fold, Qt.MouseButton.LeftButton)
    assert not box.detail.isVisible()


def test_enter_and_escape_close(qtbot):
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Escape):
        box = MessageBox("It failed.")
        box.open()
        qtbot.waitUntil(box.close_button.hasFocus)
        assert not box.fold.isVisible()
        with qtbot.waitSignal(box.finished):
            QTest.keyClick(box, key)


def test_markup_in_a_file_name_stays_text(qtbot):
    box = MessageBox("“<b>x</b><img src='a'>” is not a sound.")
    qtbot.addWidget(box)
    assert box.sentence.textFormat() == Qt.TextFormat.PlainText


def test_status_goes_back_to_its_idle_sentence(qtbot, line: StatusLine):
    line.set_idle("Ready")
    assert line.text() == "Ready"
    line.show_message("info", "Take 1 is ready.", shown_ms=10)
    assert line.text() == "Take 1 is ready."
    qtbot.waitUntil(lambda: line.text() == "Ready", timeout=5000)
    assert line.kind() == "info"


def test_a_lasting_sentence_stays(qtbot, line: StatusLine):
    line.show_message("info", "Loading the pack…", shown_ms=0)
    qtbot.wait(50)
    assert line.text() == "Loading the pack…"
    line.set_idle("Ready")
    assert line.text() == "Loading the pack…"


@pytest.mark.parametrize("kind", ["warning", "error"])
def test_trouble_has_an_icon_and_not_just_a_colour(line: StatusLine, kind: str):
    line.show_message("info", "a")
    plain = line.grab().toImage()
    line.show_message(kind, "a")
    assert line.kind() == kind
    assert line._picture.isVisible()
    assert line.grab().toImage() != plain
    assert SHOWN_MS[kind] > SHOWN_MS["info"]


def test_an_error_is_not_wiped_away_by_mere_information(line: StatusLine):
    line.show_message("error", "The disk is full.")
    line.show_message("info", "Take 2 is ready.")
    assert line.text() == "The disk is full."
    line.show_message("warning", "The pack is still loading.")
    assert line.text() == "The pack is still loading."


def test_screen_readers_hear_errors_at_once_and_the_rest_calmly(line: StatusLine, said: list[tuple[str, bool]]):
    for step in range(5):
        line.show_message("info", f"Step {step} of 16")
    line.show_message("error", "It failed.")
    assert said == [("Step 0 of 16", False), ("It failed.", True)]
    assert line.accessibleDescription() == "It failed."


def test_announcements_reach_accessibility(qtbot, line: StatusLine, monkeypatch: pytest.MonkeyPatch):
    sent: list[object] = []
    monkeypatch.setattr(messages.QAccessible, "updateAccessibility", sent.append)
    monkeypatch.setattr(messages.QAccessible, "isActive", lambda: False)
    announce(line, "quiet")
    assert sent == []
    monkeypatch.setattr(messages.QAccessible, "isActive", lambda: True)
    announce(line, "now", assertive=True)
    (event,) = sent
    assert event.message() == "now"
    assert event.politeness() == QAccessible.AnnouncementPoliteness.Assertive


def test_a_long_sentence_does_not_widen_the_window(line: StatusLine):
    before = line.minimumSizeHint().width()
    line.show_message("error", "word " * 400)
    assert line.minimumSizeHint().width() <= before + 40
    assert line.toolTip() or line._text.toolTip()


def test_a_signal_from_another_thread_is_shown_in_the_windows_thread(qtbot, line: StatusLine):
    class Worker(QObject):
        status = Signal(str, str)

    worker = Worker()
    worker.status.connect(line.show_message)
    thread = threading.Thread(target=lambda: worker.status.emit("info", "from afar"))
    thread.start()
    qtbot.waitUntil(lambda: line.text() == "from afar")
    thread.join()
