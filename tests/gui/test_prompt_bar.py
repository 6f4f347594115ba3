"""The prompt bar: keys, button, report, history, examples, details and progress, each by real events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QTextCharFormat, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QLineEdit, QMainWindow, QPushButton, QSlider, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from engine.session.document import Document
from engine.types import SamplingSettings
from gui.examples import EXAMPLES, ChipRow
from gui.prompt_bar import PromptBar
from gui.prompt_field import PromptField, unknown_spans
from gui.run_status import RunStatus
from gui.theme import DARK, style_sheet

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


@pytest.fixture
def bar(qtbot: QtBot) -> PromptBar:
    bar = PromptBar()
    qtbot.addWidget(bar)
    bar.resize(1280, 240)
    with qtbot.waitExposed(bar):
        bar.show()
    return bar


@pytest.fixture
def heard(bar: PromptBar) -> Heard:
    return Heard(bar, SIGNALS)


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


@pytest.mark.parametrize("modifier", [NONE, CTRL, SHIFT])
@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_enter_runs_and_writes_nothing(bar: PromptBar, heard: Heard, key: Qt.Key, modifier: Qt.KeyboardModifier) -> None:
    QTest.keyClicks(field(bar), "rain")
    QTest.keyClick(field(bar), key, modifier)
    assert heard.of("run_requested") == [()]
    assert field(bar).text() == "rain"


def test_enter_does_nothing_while_there_is_nothing_to_do_or_a_run(bar: PromptBar, heard: Heard) -> None:
    bar.set_action("Generate", False, "Type a prompt first")
    QTest.keyClick(field(bar), Qt.Key.Key_Return)
    bar.set_action("Generate", True, "")
    bar.show_progress(1, 16, 0, 1, None)
    QTest.keyClick(field(bar), Qt.Key.Key_Return)
    assert heard == []


def test_a_window_shortcut_and_the_field_run_once_together(qtbot: QtBot, bar: PromptBar, heard: Heard) -> None:
    with window_with_shortcut(bar, QKeySequence("Ctrl+Return"), qtbot) as (handle, used):
        field(bar).setFocus()
        QTest.keyClick(handle, Qt.Key.Key_Return, CTRL)
    assert len(used) + len(heard.of("run_requested")) == 1


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


def test_show_document_shows_everything_and_tells_nothing(qtbot: QtBot, bar: PromptBar, heard: Heard) -> None:
    settings = SamplingSettings(steps=24, guidance=8.0, temperature=6.5)
    document = Document(
        prompt="owl",
        negative="music",
        reference="/sounds/wind.wav",
        blend=0.3,
        seed=77,
        seed_locked=True,
        duration_s=4.5,
        settings=settings,
        count=3,
    )
    bar.set_more_open(True)
    bar.show_document(document)
    assert field(bar).text() == "owl"
    assert by_name(bar, QLineEdit, "Negative prompt").text() == "music"
    assert by_name(bar, QSlider, "Blend of text and sound").value() == 30
    assert by_name(bar, QLineEdit, "Seed").text() == "77"
    assert by_name(bar, QDoubleSpinBox, "Duration in seconds").value() == 4.5
    assert by_name(bar, QPushButton, "3 variation(s) from one run").isChecked()
    assert by_name(bar, QSpinBox, "Steps").value() == 24
    assert by_name(bar, QDoubleSpinBox, "Guidance").value() == 8.0
    assert by_name(bar, QDoubleSpinBox, "Temperature").value() == 6.5
    bar.show_document(Document())
    assert field(bar).text() == ""
    qtbot.wait(300)  # longer than the pause after typing
    assert heard == []


def test_show_document_leaves_the_cursor_where_it_is(bar: PromptBar) -> None:
    QTest.keyClicks(field(bar), "owl at night")
    QTest.keyClick(field(bar), Qt.Key.Key_Home)
    bar.show_document(Document(prompt="owl at night"))
    QTest.keyClicks(field(bar), "an ")
    assert field(bar).text() == "an owl at night"


def test_the_button_says_what_will_happen(bar: PromptBar, heard: Heard) -> None:
    bar.set_action("Fill", True, "Draws the painted part anew")
    assert main_button(bar).text() == "Fill"
    assert "Draws the painted part anew" in main_button(bar).toolTip()
    click(main_button(bar))
    assert heard.of("run_requested") == [()]


def test_what_is_missing_is_said_and_the_button_is_off(bar: PromptBar, heard: Heard) -> None:
    bar.show_document(Document(prompt="owl"))
    bar.set_action("Generate", False, "The pack is still loading")
    click(main_button(bar))
    assert heard == []
    assert any(label.text() == "The pack is still loading" for label in bar.findChildren(type(bar._report._sentence)) if label.isVisible())


def test_running_turns_the_button_into_cancel_and_back(bar: PromptBar, heard: Heard) -> None:
    bar.set_action("Vary", True, "")
    bar.show_progress(5, 16, 1, 4, 4.2)
    assert main_button(bar).text() == "Cancel"
    status = bar.findChild(RunStatus)
    assert status.isVisible()
    assert status.sentence == "Step 5 of 16, take 2 of 4, about 4 s left"
    click(main_button(bar))
    click(main_button(bar))
    assert heard == [("cancel_requested",)]
    assert main_button(bar).text() == "Stopping"
    bar.show_progress(6, 16, 1, 4, 3.0)
    assert not main_button(bar).isEnabled()
    assert "Stopping" in status.sentence
    bar.show_idle()
    assert main_button(bar).text() == "Vary"
    assert main_button(bar).isEnabled()
    assert not status.isVisible()


def test_a_double_click_on_generate_does_not_cancel(bar: PromptBar, heard: Heard) -> None:
    bar.run_requested.connect(lambda: bar.show_progress(0, 16, 0, 1, None))
    click(main_button(bar))
    click(main_button(bar))
    assert heard == [("run_requested",)]
    assert main_button(bar).text() == "Cancel"


def test_a_report_is_one_sentence_with_chips_and_waves(bar: PromptBar, heard: Heard) -> None:
    bar.show_document(Document(prompt="Blorp rain, blorptastic BLORP"))
    bar.show_report(
        "This pack has never met “blorp”; it will think of: rain, hail, drizzle, wind.",
        ("blorp",),
        ("rain", "hail", "drizzle", "wind"),
        0.4,
    )
    assert bar._report._sentence.text() == "This pack has never met “blorp”; it will think of:"
    assert [chip.text() for chip in chips(bar)] == ["rain", "hail", "drizzle"]
    waves = field(bar).extraSelections()
    assert [wave.cursor.selectedText() for wave in waves] == ["Blorp", "BLORP"]
    assert all(wave.format.underlineStyle() == QTextCharFormat.UnderlineStyle.WaveUnderline for wave in waves)
    assert "Match 40 %" in field(bar).accessibleDescription()
    click(chips(bar)[1])
    assert heard == [("suggestion_chosen", "hail")]
    assert field(bar).hasFocus()


def test_a_sentence_that_names_no_suggestion_stays_whole(bar: PromptBar) -> None:
    bar.show_document(Document(prompt="rain"))
    bar.show_report("This pack knows the prompt.", (), ("rain on a roof",), 0.9)
    assert bar._report._sentence.text() == "This pack knows the prompt."
    assert [chip.text() for chip in chips(bar)] == ["rain on a roof"]


def test_waves_follow_the_words_while_typing(bar: PromptBar) -> None:
    QTest.keyClicks(field(bar), "blorp")
    bar.show_report("Unknown.", ("blorp",), (), 0.0)
    QTest.keyClick(field(bar), Qt.Key.Key_Home)
    QTest.keyClicks(field(bar), "one ")
    assert [wave.cursor.selectionStart() for wave in field(bar).extraSelections()] == [4]


def test_another_prompt_takes_the_old_report_away(bar: PromptBar) -> None:
    bar.show_document(Document(prompt="blorp"))
    bar.show_report("Unknown.", ("blorp",), ("rain",), 0.0)
    bar.show_document(Document(prompt="owl"))
    assert bar._report._sentence.text() == ""
    assert chips(bar) == []


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


def test_examples_fill_the_prompt_and_go(bar: PromptBar, heard: Heard) -> None:
    bar.show_examples(True)
    assert 5 <= len(chips(bar)) <= len(EXAMPLES)
    assert all(chip.geometry().right() <= bar.width() for chip in chips(bar))
    click(chips(bar)[2])
    assert heard.of("edited") == [("prompt", "laser shot")]
    assert field(bar).text() == "laser shot"
    assert chips(bar) == []
    bar.show_document(Document())
    assert chips(bar)
    bar.show_examples(False)
    assert chips(bar) == []


def test_chips_without_room_are_left_out(qtbot: QtBot) -> None:
    row = ChipRow()
    qtbot.addWidget(row)
    row.set_texts(EXAMPLES, "Use “%1”")
    row.resize(2400, 32)
    row.show()
    assert all(chip.isVisible() for chip in row.findChildren(QPushButton))
    row.resize(300, 32)
    seen = [chip for chip in row.findChildren(QPushButton) if chip.isVisible()]
    assert 1 <= len(seen) <= 2


def test_a_chip_works_by_keyboard(bar: PromptBar, heard: Heard) -> None:
    bar.show_examples(True)
    chips(bar)[0].setFocus()
    QTest.keyClick(chips(bar)[0], Qt.Key.Key_Space)
    assert heard.of("edited") == [("prompt", EXAMPLES[0])]


def test_the_negative_prompt_is_told_as_typed(bar: PromptBar, heard: Heard) -> None:
    QTest.keyClicks(by_name(bar, QLineEdit, "Negative prompt"), "hi")
    assert heard == [("edited", "negative", "h"), ("edited", "negative", "hi")]


def test_duration_is_told_once_when_it_is_whole(bar: PromptBar, heard: Heard) -> None:
    spin = by_name(bar, QDoubleSpinBox, "Duration in seconds")
    spin.setFocus()
    spin.selectAll()
    QTest.keyClicks(spin, "12")
    assert heard == []
    QTest.keyClick(spin, Qt.Key.Key_Return)
    assert heard == [("edited", "duration_s", 12.0)]


def test_a_number_that_is_being_typed_counts_for_the_run(bar: PromptBar, heard: Heard) -> None:
    spin = by_name(bar, QDoubleSpinBox, "Duration in seconds")
    spin.selectAll()
    QTest.keyClicks(spin, "7")
    QTest.keyClick(field(bar), Qt.Key.Key_Return, CTRL)
    assert heard == [("edited", "duration_s", 7.0), ("run_requested",)]


def test_variations_by_mouse_and_arrow_keys(bar: PromptBar, heard: Heard) -> None:
    click(by_name(bar, QPushButton, "3 variation(s) from one run"))
    QTest.keyClick(by_name(bar, QPushButton, "3 variation(s) from one run"), Qt.Key.Key_Right)
    assert heard.of("edited") == [("count", 3), ("count", 4)]


def test_more_opens_by_key_and_settings_are_told_and_reset(bar: PromptBar, heard: Heard) -> None:
    bar.set_defaults(SamplingSettings(steps=16, guidance=8.0, temperature=8.0))
    bar.show_document(Document(settings=SamplingSettings(steps=16, guidance=8.0, temperature=8.0)))
    assert not bar.more_open
    more = by_name(bar, QPushButton, "More settings")
    QTest.keyClick(more, Qt.Key.Key_Space)
    assert bar.more_open
    reset = by_name(bar, QPushButton, "Guidance: back to the pack's value")
    assert not reset.isEnabled()
    QTest.keyClick(by_name(bar, QDoubleSpinBox, "Guidance"), Qt.Key.Key_Down)
    QTest.keyClick(by_name(bar, QSpinBox, "Steps"), Qt.Key.Key_Up)
    QTest.keyClick(by_name(bar, QDoubleSpinBox, "Temperature"), Qt.Key.Key_Up)
    assert reset.isEnabled()
    click(reset)
    assert heard.of("settings_edited") == [("guidance", 7.5), ("steps", 17), ("temperature", 8.5), ("guidance", 8.0)]
    assert not reset.isEnabled()
    assert isinstance(heard.of("settings_edited")[1][1], int)


def test_steps_stay_between_4_and_64(bar: PromptBar, heard: Heard) -> None:
    bar.set_more_open(True)
    spin = by_name(bar, QSpinBox, "Steps")
    for typed, kept in (("999", 64), ("1", 4)):
        spin.selectAll()
        QTest.keyClicks(spin, typed)
        QTest.keyClick(spin, Qt.Key.Key_Return)
        bar.commit_edits()
        assert 4 <= spin.value() <= 64, (typed, kept)


def test_seed_and_reference_reach_the_bar(bar: PromptBar, heard: Heard) -> None:
    line = by_name(bar, QLineEdit, "Seed")
    line.selectAll()
    QTest.keyClicks(line, "99")
    QTest.keyClick(line, Qt.Key.Key_Return)
    bar.show_document(Document(reference="/sounds/a.wav"))
    QTest.keyClick(by_name(bar, QSlider, "Blend of text and sound"), Qt.Key.Key_Right)
    click(by_name(bar, QPushButton, "Remove the reference sound"))
    assert heard == [("edited", "seed_locked", True), ("edited", "seed", 99), ("edited", "blend", 0.51), ("reference_cleared",)]


def test_every_control_has_a_name_and_is_reached_by_tab(bar: PromptBar) -> None:
    bar.set_more_open(True)
    bar.show_document(Document(prompt="owl", reference="/sounds/a.wav"))
    bar.show_report("Near: hail", (), ("hail",), 0.5)
    bar.activateWindow()
    field(bar).setFocus()
    reached = []
    for _ in range(40):
        now = bar.focusWidget()
        if reached and now is reached[0]:
            break
        reached.append(now)
        QTest.keyClick(now, Qt.Key.Key_Tab)
    named = {widget.accessibleName() for widget in reached}
    assert all(named)
    for name in (
        "Prompt",
        "Generate",
        "hail",
        "Negative prompt",
        "Blend of text and sound",
        "Seed",
        "Duration in seconds",
        "More settings",
        "Steps",
    ):
        assert name in named
    untipped = [w.accessibleName() for w in reached if not w.toolTip() and not isinstance(w, QAbstractSpinBox)]
    assert untipped == []


def test_focus_prompt_selects_all(bar: PromptBar) -> None:
    bar.show_document(Document(prompt="owl"))
    bar.activateWindow()
    bar.focus_prompt()
    QTest.keyClicks(field(bar), "x")
    assert field(bar).text() == "x"


def test_the_bar_fits_into_a_narrow_window(qtbot: QtBot, bar: PromptBar) -> None:
    bar.setStyleSheet(style_sheet(DARK))
    bar.show_examples(True)
    qtbot.waitUntil(lambda: bar.minimumSizeHint().width() <= 900)
    bar.show_document(Document(prompt="owl", reference="/sounds/a sound with a very long name.wav"))
    bar.show_report("Near:", (), ("one", "two", "three"), 0.5)
    qtbot.waitUntil(lambda: 900 < bar.minimumSizeHint().width() <= 1100)
