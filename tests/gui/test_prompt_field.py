"""The field for the prompt: keys, typing, older prompts, and waves under unknown words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from engine.session.document import Document
from gui.prompt_bar import PromptBar
from gui.prompt_field import unknown_spans
from tests.gui.prompt_parts import (
    ALT,
    CTRL,
    NONE,
    SHIFT,
    Heard,
    by_name,
    field,
    window_with_shortcut,
)


@pytest.mark.parametrize("modifier", [NONE, CTRL, SHIFT])
@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_enter_runs_and_writes_nothing(bar: PromptBar, heard: Heard, key: Qt.Key, modifier: Qt.KeyboardModifier) -> None:
    QTest.keyClicks(field(bar), "rain")
    QTest.keyClick(field(bar), key, modifier)
    assert heard.of("run_requested") == [()]
    assert field(bar).text() == "rain"


def test_undo_keys_go_to_the_window_not_to_the_field(qtbot: QtBot, bar: PromptBar) -> None:
    negative = by_name(bar, QLineEdit, "Negative prompt")
    with window_with_shortcut(bar, QKeySequence.StandardKey.Undo, qtbot) as (handle, used):
        for target in (field(bar), negative):
            target.setFocus()
            QTest.keyClicks(target, "wind")
            QTest.keyClick(handle, Qt.Key.Key_Z, CTRL)
    assert len(used) == 2
    assert (field(bar).text(), negative.text()) == ("wind", "wind")


def test_typing_tells_each_change_at_once_and_one_pause_later(qtbot: QtBot, bar: PromptBar, heard: Heard) -> None:
    with qtbot.waitSignal(bar.typed, timeout=2000):
        QTest.keyClicks(field(bar), "owl")
        assert heard.of("typed") == []
    assert heard.of("edited") == [("prompt", "o"), ("prompt", "ow"), ("prompt", "owl")]
    assert heard.of("typed") == [("owl",)]


def test_pasted_line_breaks_become_spaces(bar: PromptBar) -> None:
    QGuiApplication.clipboard().setText("rain\n on a\troof\n")
    QTest.keyClick(field(bar), Qt.Key.Key_V, CTRL)
    assert field(bar).text() == "rain on a roof"


def test_files_are_not_dropped_into_the_text(bar: PromptBar) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/sounds/rain.wav")])
    assert not field(bar).canInsertFromMimeData(data)


def test_the_field_grows_to_three_lines_and_no_further(qtbot: QtBot, bar: PromptBar) -> None:
    heights = []
    # The size of letters depends on the style that other windows have given the program.
    words_per_line = field(bar).viewport().width() / field(bar).fontMetrics().horizontalAdvance("thunder ")
    for lines in (0.1, 1.5, 2.5, 9.0):
        bar.show_document(Document(prompt="thunder " * max(1, round(lines * words_per_line))))
        heights.append(field(bar).height())
    assert heights[0] < heights[1] < heights[2]
    line = field(bar).fontMetrics().lineSpacing()
    assert heights[3] <= heights[0] + 2 * line + 1


def test_show_document_leaves_the_cursor_where_it_is(bar: PromptBar) -> None:
    QTest.keyClicks(field(bar), "owl at night")
    QTest.keyClick(field(bar), Qt.Key.Key_Home)
    bar.show_document(Document(prompt="owl at night"))
    QTest.keyClicks(field(bar), "an ")
    assert field(bar).text() == "an owl at night"


def test_waves_follow_the_words_while_typing(bar: PromptBar) -> None:
    QTest.keyClicks(field(bar), "blorp")
    bar.show_report("Unknown.", ("blorp",), (), 0.0)
    QTest.keyClick(field(bar), Qt.Key.Key_Home)
    QTest.keyClicks(field(bar), "one ")
    assert [wave.cursor.selectionStart() for wave in field(bar).extraSelections()] == [4]


@given(st.text(max_size=30), st.lists(st.text(st.characters(categories=["L"]), min_size=1, max_size=6), max_size=3))
def test_unknown_spans_are_whole_words_of_the_text(text: str, words: list[str]) -> None:
    units = text.encode("utf-16-le")
    for start, end in unknown_spans(text, words):
        found = units[2 * start : 2 * end].decode("utf-16-le")
        assert any(len(found) == len(word) for word in words)
    for word in words:
        assert unknown_spans(f"😀 {word} x", [word])[0] == (3, 3 + len(word.encode("utf-16-le")) // 2)


def test_older_prompts_come_back_and_the_draft_too(bar: PromptBar, heard: Heard) -> None:
    bar.set_history(("rain", "wind", "owl"))
    QTest.keyClicks(field(bar), "draft")
    heard.clear()
    shown = []
    for key in (
        Qt.Key.Key_Up,
        Qt.Key.Key_Up,
        Qt.Key.Key_Up,
        Qt.Key.Key_Up,
        Qt.Key.Key_Down,
        Qt.Key.Key_Down,
        Qt.Key.Key_Down,
        Qt.Key.Key_Down,
    ):
        QTest.keyClick(field(bar), key, ALT)
        shown.append(field(bar).text())
    assert shown == ["owl", "wind", "rain", "rain", "wind", "owl", "draft", "draft"]
    assert heard.of("edited") == [("prompt", text) for text in ("owl", "wind", "rain", "wind", "owl", "draft")]


def test_history_goes_on_although_the_document_is_shown_after_each_edit(bar: PromptBar) -> None:
    document = Document(prompt_history=("rain", "wind"))
    bar.edited.connect(lambda name, value: bar.show_document(replace(document, **{name: value})))
    bar.show_document(document)
    QTest.keyClick(field(bar), Qt.Key.Key_Up, ALT)
    QTest.keyClick(field(bar), Qt.Key.Key_Up, ALT)
    assert field(bar).text() == "rain"


def test_history_skips_the_prompt_that_is_there(bar: PromptBar) -> None:
    bar.show_document(Document(prompt="owl", prompt_history=("rain", "owl")))
    QTest.keyClick(field(bar), Qt.Key.Key_Up, ALT)
    assert field(bar).text() == "rain"


def test_focus_prompt_selects_all(bar: PromptBar) -> None:
    bar.show_document(Document(prompt="owl"))
    bar.activateWindow()
    bar.focus_prompt()
    QTest.keyClicks(field(bar), "x")
    assert field(bar).text() == "x"
