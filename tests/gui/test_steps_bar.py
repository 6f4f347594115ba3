"""The step timeline: keys, mouse, buttons, and what a screen reader hears."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QColor, QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from engine.types import StepHistory
from gui.steps_bar import StepsBar, StepTimeline
from gui.theme import DARK, LIGHT
from tests.gui.test_prompt_bar import window_with_shortcut


def history(steps: int = 16, rows: int = 5, cols: int = 20) -> StepHistory:
    """After step k of n the first k/n of the cells are fixed; the confidence is k/n everywhere."""
    cells = rows * cols
    fixed = np.stack([np.arange(cells) < round(cells * (k + 1) / steps) for k in range(steps)]).reshape(steps, rows, cols)
    confidence = np.stack([np.full((rows, cols), (k + 1) / steps, np.float32) for k in range(steps)])
    return StepHistory(np.zeros((steps, rows, cols), np.int32), fixed, confidence)


@pytest.fixture
def bar(qtbot: QtBot) -> StepsBar:
    bar = StepsBar()
    qtbot.addWidget(bar)
    bar.resize(800, 120)
    with qtbot.waitExposed(bar):
        bar.show()
    bar.told = []
    for name in ("scrubbed", "heard", "branched", "left"):
        getattr(bar, name).connect(lambda *values, name=name: bar.told.append((name, *values)))
    return bar


def timeline(bar: StepsBar) -> StepTimeline:
    return bar.findChild(StepTimeline)


def button(bar: StepsBar, name: str) -> QPushButton:
    return next(found for found in bar.findChildren(QPushButton) if found.text() == name)


def texts(bar: StepsBar) -> list[str]:
    return [label.text() for label in bar.findChildren(QLabel) if label.isVisible()]


def centre(bar: StepsBar, step: int) -> QPoint:
    return timeline(bar).segment(step).center().toPoint()


def test_without_a_history_one_sentence_says_why(bar: StepsBar) -> None:
    assert bar.step == 0
    assert not timeline(bar).isVisible()
    assert len(texts(bar)) == 1
    assert texts(bar)[0].startswith("No steps to show")
    bar.show_history(None, "This sound was imported.")
    assert texts(bar) == ["This sound was imported."]


def test_a_history_begins_at_its_end_and_tells_nothing(bar: StepsBar) -> None:
    bar.show_history(history(16))
    assert bar.step == 16
    assert "Step 16 of 16 · 100 % of cells fixed" in texts(bar)
    bar.show_step(7)
    assert "Step 7 of 16 · 44 % of cells fixed" in texts(bar)
    bar.show_history(history(8))
    assert bar.step == 8
    bar.show_history(None)
    assert bar.told == []


@pytest.mark.parametrize(
    ("key", "step"),
    [
        (Qt.Key.Key_Left, 7),
        (Qt.Key.Key_Right, 9),
        (Qt.Key.Key_PageUp, 12),
        (Qt.Key.Key_PageDown, 4),
        (Qt.Key.Key_Home, 1),
        (Qt.Key.Key_End, 16),
    ],
)
def test_keys_scrub(bar: StepsBar, key: Qt.Key, step: int) -> None:
    bar.show_history(history(16))
    bar.show_step(8)
    QTest.keyClick(timeline(bar), key)
    assert bar.told == [("scrubbed", step)]
    assert bar.step == step


def test_its_keys_are_kept_from_the_window_while_it_has_the_focus(qtbot: QtBot, bar: StepsBar) -> None:
    bar.show_history(history())
    with window_with_shortcut(bar, QKeySequence(Qt.Key.Key_Home), qtbot) as (handle, used):
        timeline(bar).setFocus()
        QTest.keyClick(handle, Qt.Key.Key_Home)
        assert (used, bar.told) == ([], [("scrubbed", 1)])
        button(bar, "Hear this step").setFocus()
        QTest.keyClick(handle, Qt.Key.Key_Home)
        assert used == [1]


def test_a_click_goes_to_the_step_under_it(bar: StepsBar) -> None:
    bar.show_history(history(16))
    QTest.mouseClick(timeline(bar), Qt.MouseButton.LeftButton, pos=centre(bar, 3))
    assert bar.told == [("scrubbed", 3)]


def test_a_drag_goes_through_the_steps_and_ends_with_the_button(bar: StepsBar) -> None:
    bar.show_history(history(16))
    line = timeline(bar)
    QTest.mousePress(line, Qt.MouseButton.LeftButton, pos=centre(bar, 5))
    for step in (6, 6, 7):
        QTest.mouseMove(line, centre(bar, step))
    QTest.mouseMove(line, QPoint(line.width() + 50, 10))
    QTest.mouseRelease(line, Qt.MouseButton.LeftButton, pos=centre(bar, 16))
    QTest.mouseMove(line, centre(bar, 2))
    assert bar.told == [("scrubbed", step) for step in (5, 6, 7, 16)]


def test_the_right_button_does_not_scrub(bar: StepsBar) -> None:
    bar.show_history(history(16))
    QTest.mouseClick(timeline(bar), Qt.MouseButton.RightButton, pos=centre(bar, 3))
    assert bar.told == []


def test_buttons_tell_the_step(bar: StepsBar) -> None:
    bar.show_history(history(16))
    bar.show_step(7)
    QTest.mouseClick(button(bar, "Hear this step"), Qt.MouseButton.LeftButton)
    QTest.keyClick(button(bar, "Branch from here"), Qt.Key.Key_Space)
    QTest.mouseClick(button(bar, "Back to finished take"), Qt.MouseButton.LeftButton)
    assert bar.told == [("heard", 7), ("branched", 7), ("left",)]
    assert bar.step == 16


def test_nothing_branches_from_the_finished_take(bar: StepsBar) -> None:
    bar.show_history(history(16))
    assert not button(bar, "Branch from here").isEnabled()
    assert not button(bar, "Back to finished take").isEnabled()
    QTest.keyClick(timeline(bar), Qt.Key.Key_Left)
    assert button(bar, "Branch from here").isEnabled()


def test_a_screen_reader_meets_a_slider_with_the_step(bar: StepsBar) -> None:
    bar.show_history(history(16))
    bar.show_step(5)
    line = timeline(bar)
    interface = QAccessible.queryAccessibleInterface(line)
    assert interface.role() == QAccessible.Role.Slider
    value = interface.valueInterface()
    assert (value.currentValue(), value.minimumValue(), value.maximumValue()) == (5, 1, 16)
    assert line.accessibleName()
    assert line.accessibleDescription() == "Step 5 of 16 · 31 % of cells fixed, mean confidence 31 % (line)"
    value.setCurrentValue(9)
    assert bar.told == [("scrubbed", 9)]


def test_99_per_cent_is_not_called_all(bar: StepsBar) -> None:
    almost = history(2, 20, 50)
    fixed = almost.fixed.copy()
    fixed[0] = True
    fixed[0, 0, 0] = False
    bar.show_history(StepHistory(almost.guess, fixed, almost.confidence))
    bar.show_step(1)
    assert "Step 1 of 2 · 99 % of cells fixed" in texts(bar)


def test_numbers_that_are_not_finite_are_drawn_as_none(bar: StepsBar) -> None:
    odd = history(4)
    bar.show_history(StepHistory(odd.guess, odd.fixed, np.full_like(odd.confidence, np.nan)))
    assert "mean confidence 0 % (line)" in texts(bar)
    bar.grab()


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 300), st.integers(40, 1500))
def test_every_step_is_found_where_it_is_painted(steps: int, width: int) -> None:
    line = StepTimeline()
    line.resize(width, 56)
    line.show_shares(np.linspace(0, 1, steps), np.linspace(0, 1, steps))
    for step in range(1, steps + 1):
        box = line.segment(step)
        assert box.width() >= 1
        if width / steps >= 2:
            assert line.step_at(box.center().x()) == step
    assert line.step_at(-5) == 1
    assert line.step_at(width + 5) == steps


def colours(line: StepTimeline) -> QImage:
    return line.grab().toImage()


def test_height_is_the_share_of_cells_fixed(bar: StepsBar) -> None:
    bar.show_history(history(4))
    bar.set_theme(DARK)
    line = timeline(bar)
    picture = colours(line)
    empty = QColor(DARK.raised)
    for step, share in ((1, 0.25), (2, 0.5), (3, 0.75)):
        box = line.segment(step)
        x = round(box.center().x() + box.width() / 4)
        assert picture.pixelColor(x, round(box.bottom() - box.height() * (share - 0.12))) != empty
        assert picture.pixelColor(x, round(box.bottom() - box.height() * (share + 0.12))) == empty


def test_steps_to_come_are_dimmed_and_themes_differ(bar: StepsBar) -> None:
    bar.show_history(history(4))
    bar.set_theme(DARK)
    line = timeline(bar)
    spot = line.segment(3).center().toPoint() + QPoint(20, 15)
    shown = colours(line).pixelColor(spot)
    bar.show_step(1)
    assert colours(line).pixelColor(spot) != shown
    bar.show_step(4)
    bar.set_theme(LIGHT)
    assert colours(line).pixelColor(spot) != shown


def test_every_control_has_a_name_and_a_tip(bar: StepsBar) -> None:
    bar.show_history(history())
    for found in bar.findChildren(QPushButton):
        assert found.accessibleName()
        assert found.toolTip()
