"""The seed field: typing, rolling and locking by real events."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from gui.seed_field import LARGEST_SEED, SeedField


@pytest.fixture
def seeds(qtbot: QtBot) -> SeedField:
    seeds = SeedField()
    qtbot.addWidget(seeds)
    with qtbot.waitExposed(seeds):
        seeds.show()
    seeds.told = []
    seeds.seed_edited.connect(lambda seed: seeds.told.append(seed))
    seeds.locked_edited.connect(lambda locked: seeds.told.append(locked))
    return seeds


def line(seeds: SeedField) -> QLineEdit:
    return seeds.findChild(QLineEdit)


def dice_and_lock(seeds: SeedField) -> list[QPushButton]:
    return seeds.findChildren(QPushButton)


def type_seed(seeds: SeedField, text: str) -> None:
    line(seeds).selectAll()
    QTest.keyClicks(line(seeds), text)
    QTest.keyClick(line(seeds), Qt.Key.Key_Return)


def test_showing_tells_nothing_and_says_the_rule(seeds: SeedField) -> None:
    seeds.show_seed(5, locked=True)
    assert (seeds.seed, seeds.locked, line(seeds).text()) == (5, True, "5")
    assert seeds.findChild(QLabel).text() == "Seed, kept"
    seeds.show_seed(6, locked=False)
    assert seeds.findChild(QLabel).text() == "Seed, new for each run"
    assert seeds.told == []


def test_a_typed_seed_is_kept(seeds: SeedField) -> None:
    type_seed(seeds, "42")
    assert seeds.told == [True, 42]
    assert seeds.findChild(QLabel).text() == "Seed, kept"


def test_a_typed_seed_does_not_lock_twice(seeds: SeedField) -> None:
    seeds.show_seed(1, locked=True)
    type_seed(seeds, "42")
    assert seeds.told == [42]


def test_leaving_the_field_unchanged_tells_nothing(seeds: SeedField) -> None:
    type_seed(seeds, "1")
    assert seeds.told == []


def test_letters_are_refused_and_an_empty_field_becomes_what_it_was(seeds: SeedField) -> None:
    seeds.show_seed(9, locked=False)
    type_seed(seeds, "a-b")
    line(seeds).clear()
    seeds.commit()
    assert line(seeds).text() == "9"
    assert seeds.told == []


def test_the_largest_seed_is_the_engine_s(seeds: SeedField) -> None:
    type_seed(seeds, "9" * 16)
    assert seeds.told == [True, LARGEST_SEED]
    assert line(seeds).text() == str(LARGEST_SEED)
    assert LARGEST_SEED < 2**53


def test_rolling_draws_another_seed_and_keeps_it(seeds: SeedField) -> None:
    dice = dice_and_lock(seeds)[0]
    QTest.mouseClick(dice, Qt.MouseButton.LeftButton)
    QTest.keyClick(dice, Qt.Key.Key_Space)
    locked, first, second = seeds.told
    assert locked is True
    assert first != second
    assert 0 <= first < 2**31
    assert line(seeds).text() == str(second)


def test_the_lock_goes_both_ways(seeds: SeedField) -> None:
    lock = dice_and_lock(seeds)[1]
    QTest.mouseClick(lock, Qt.MouseButton.LeftButton)
    assert seeds.locked
    QTest.keyClick(lock, Qt.Key.Key_Space)
    assert not seeds.locked
    assert seeds.told == [True, False]
    assert seeds.findChild(QLabel).text() == "Seed, new for each run"


def test_all_parts_have_names_and_tips(seeds: SeedField) -> None:
    for widget in (line(seeds), *dice_and_lock(seeds)):
        assert widget.accessibleName()
        assert widget.toolTip()
