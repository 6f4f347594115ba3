"""The prompt bar as a whole: button, report, examples and progress, each by real events."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QTextCharFormat
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QLineEdit, QPushButton, QSlider, QSpinBox
from pytestqt.qtbot import QtBot

from engine.session.document import Document
from engine.types import SamplingSettings
from gui.examples import EXAMPLES, ChipRow
from gui.prompt_bar import PromptBar
from gui.run_status import RunStatus
from gui.theme import DARK, style_sheet
from tests.gui.prompt_parts import (
    CTRL,
    Heard,
    by_name,
    chips,
    click,
    field,
    main_button,
    window_with_shortcut,
)


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


def test_cancelling_by_key_puts_the_focus_into_the_prompt(qtbot: QtBot, bar: PromptBar, heard: Heard) -> None:
    bar.show_progress(1, 16, 0, 1, None)
    bar.activateWindow()
    main_button(bar).setFocus()
    QTest.keyClick(main_button(bar), Qt.Key.Key_Space)
    assert heard == [("cancel_requested",)]
    assert field(bar).hasFocus()


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


def test_another_prompt_takes_the_old_report_away(bar: PromptBar) -> None:
    bar.show_document(Document(prompt="blorp"))
    bar.show_report("Unknown.", ("blorp",), ("rain",), 0.0)
    bar.show_document(Document(prompt="owl"))
    assert bar._report._sentence.text() == ""
    assert chips(bar) == []


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


def test_the_bar_fits_into_a_narrow_window(qtbot: QtBot, bar: PromptBar) -> None:
    bar.setStyleSheet(style_sheet(DARK))
    bar.show_examples(True)
    qtbot.waitUntil(lambda: bar.minimumSizeHint().width() <= 900)
    bar.show_document(Document(prompt="owl", reference="/sounds/a sound with a very long name.wav"))
    bar.show_report("Near:", (), ("one", "two", "three"), 0.5)
    qtbot.waitUntil(lambda: 900 < bar.minimumSizeHint().width() <= 1100)
