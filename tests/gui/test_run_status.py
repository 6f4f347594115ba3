"""Progress of a run: what is shown, what is said, and the way to stop it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

import gui.run_status as run_status
from gui.run_status import RunStatus
from tests.gui.test_prompt_bar import Heard, by_name, click


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(run_status, "announce", lambda widget, text: said.append(text))
    return said


def test_progress_is_said_at_most_every_two_seconds(qtbot: QtBot, said: list[str]) -> None:
    now = [0.0]
    status = RunStatus(clock=lambda: now[0])
    qtbot.addWidget(status)
    for step in range(1, 9):
        status.show_progress(step, 16, 0, 1, None)
        now[0] += 0.5
    assert said == ["Step 1 of 16", "Step 5 of 16"]


def test_the_bar_counts_all_takes_and_the_time_left_is_rounded(qtbot: QtBot) -> None:
    status = RunStatus()
    qtbot.addWidget(status)
    status.show_progress(8, 16, 1, 2, 200.0)
    assert status._bar.value() / status._bar.maximum() == pytest.approx(0.75)
    assert status.sentence == "Step 8 of 16, take 2 of 2, about 3 min left"
    status.show_progress(16, 16, 1, 2, 0.2)
    assert status.sentence.endswith("less than 1 s left")
    status.show_progress(0, 16, 0, 1, None)
    assert status.sentence == "Starting"
    assert status._bar.maximum() == 0
    status.show_idle()
    assert status.sentence == ""


def test_the_strip_cancels_once_there_is_a_run(qtbot: QtBot) -> None:
    status = RunStatus()
    qtbot.addWidget(status)
    status.show()
    heard = Heard(status, ["cancel_requested"])
    button = by_name(status, QPushButton, "Cancel the run")
    click(button)
    assert heard == []
    status.show_progress(1, 16, 0, 1, None)
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert heard == [("cancel_requested",)]


def test_announcing_works_with_the_installed_qt(qtbot: QtBot) -> None:
    status = RunStatus()
    qtbot.addWidget(status)
    QAccessible.setActive(True)
    run_status.announce(status, "Step 1 of 16")
    QAccessible.setActive(False)
