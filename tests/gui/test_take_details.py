"""The facts of one take: what is shown, copied and used."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from engine.session.document import TakeEntry
from engine.types import GenerationRequest
from gui.take_details import TakeDetails, created_text
from tests.gui.take_strip import ENTRIES, make, record


def details_of(qtbot: QtBot, entry: TakeEntry | None, parent_name: str = "") -> TakeDetails:
    card = TakeDetails()
    qtbot.addWidget(card)
    card.show_entry(entry, parent_name)
    card.show()
    return card


def full_entry() -> TakeEntry:
    entry = make("x", "rain on tin", seed=1188, parent="p")
    request = replace(entry.take.request, negative="thunder")
    return replace(entry, take=replace(entry.take, request=request, prompt_match=0.415))


def test_details_show_and_copy_values(qtbot: QtBot) -> None:
    card = details_of(qtbot, full_entry(), "Parent take")
    wanted = {"prompt": "rain on tin", "negative": "thunder", "seed": "1188", "steps": "16", "guidance": "3.0", "temperature": "1.5"}
    wanted |= {"duration": "3.0 s", "pack": "embedded", "parent": "Parent take", "reference": "", "source": ""}
    assert {name: card.text_of(name) for name in wanted} == wanted
    for name in ("prompt", "seed", "negative"):
        QTest.mouseClick(card.findChild(QPushButton, f"copy_{name}"), Qt.MouseButton.LeftButton)
        assert QGuiApplication.clipboard().text() == wanted[name]


def test_details_use_values(qtbot: QtBot) -> None:
    card = details_of(qtbot, full_entry())
    used = record(card.used)
    for what in ("prompt", "seed", "everything"):
        QTest.mouseClick(card.findChild(QPushButton, f"use_{what}"), Qt.MouseButton.LeftButton)
    assert used == [("x", "prompt"), ("x", "seed"), ("x", "everything")]


def test_details_of_an_import_and_of_nothing(qtbot: QtBot) -> None:
    card = details_of(qtbot, replace(ENTRIES[0], take=replace(ENTRIES[0].take, request=GenerationRequest(""))))
    assert card.text_of("source") == "/sounds/bells.wav"
    assert card.text_of("seed") == "" and card.text_of("match") == ""
    assert not card.findChild(QPushButton, "use_seed").isEnabled()
    card.show_entry(None)
    assert not card.findChild(QPushButton, "use_seed").isVisible()
    assert card.text_of("source") == ""


@pytest.mark.parametrize(("match", "shown"), [(0.415, 0.415), (-0.3, 0.0), (1.2, 1.0)])
def test_the_match_bar_stays_between_0_and_1(qtbot: QtBot, match: float, shown: float) -> None:
    entry = full_entry()
    card = details_of(qtbot, replace(entry, take=replace(entry.take, prompt_match=match)))
    assert card.match_value == shown


def test_details_do_not_read_tags(qtbot: QtBot) -> None:
    card = details_of(qtbot, make("x", "<b>rain</b>"))
    labels = [label for label in card.findChildren(QLabel) if label.text() == "<b>rain</b>"]
    assert [label.textFormat() for label in labels] == [Qt.TextFormat.PlainText]


def test_a_strange_date_is_shown_as_it_is() -> None:
    assert created_text("yesterday") == "yesterday"
    assert "2026" in created_text("2026-11-21T12:00:00+00:00") or "26" in created_text("2026-11-21T12:00:00+00:00")
