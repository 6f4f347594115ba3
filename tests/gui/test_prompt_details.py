"""What stands below the prompt: negative prompt, reference, seed, duration, variations and further settings."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDoubleSpinBox, QLineEdit, QPushButton, QSlider, QSpinBox

from engine.session.document import Document
from engine.types import SamplingSettings
from gui.prompt_bar import PromptBar
from tests.gui.prompt_parts import (
    CTRL,
    Heard,
    by_name,
    click,
    field,
)


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
