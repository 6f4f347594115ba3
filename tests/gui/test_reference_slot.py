"""The reference slot: drops, choosing, clearing, blending."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton, QSlider
from pytestqt.qtbot import QtBot

from gui.reference_slot import ReferenceSlot

BOTH = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction


@pytest.fixture
def slot(qtbot: QtBot) -> ReferenceSlot:
    slot = ReferenceSlot()
    qtbot.addWidget(slot)
    with qtbot.waitExposed(slot):
        slot.show()
    slot.told = []
    slot.dropped.connect(lambda path: slot.told.append(path))
    slot.cleared.connect(lambda: slot.told.append("cleared"))
    slot.blend_edited.connect(lambda blend: slot.told.append(blend))
    return slot


def drop(slot: ReferenceSlot, data: QMimeData, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> Qt.DropAction | None:
    enter = QDragEnterEvent(QPoint(5, 5), BOTH, data, Qt.MouseButton.LeftButton, keys)
    QApplication.sendEvent(slot, enter)
    if not enter.isAccepted():
        return None
    event = QDropEvent(QPointF(5, 5), BOTH, data, Qt.MouseButton.LeftButton, keys)
    QApplication.sendEvent(slot, event)
    return event.dropAction()


def files(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def button(slot: ReferenceSlot, name: str) -> QPushButton:
    return next(found for found in slot.findChildren(QPushButton) if found.accessibleName() == name)


@pytest.mark.parametrize("keys", [Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier])
def test_a_dropped_file_is_told_and_only_copied(slot: ReferenceSlot, tmp_path: Path, keys: Qt.KeyboardModifier) -> None:
    sound = tmp_path / "wind.wav"
    sound.write_bytes(b"x")
    action = drop(slot, files(sound), keys)
    assert slot.told == [str(sound)]
    assert action == Qt.DropAction.CopyAction
    assert sound.exists()


def test_text_folders_and_web_addresses_are_refused(slot: ReferenceSlot, tmp_path: Path) -> None:
    text = QMimeData()
    text.setText("rain")
    web = QMimeData()
    web.setUrls([QUrl("https://example.org/a.wav")])
    assert [drop(slot, data) for data in (text, web, files(tmp_path))] == [None, None, None]
    assert slot.told == []


def test_the_first_of_several_files_counts(slot: ReferenceSlot, tmp_path: Path) -> None:
    sounds = tmp_path / "a.wav", tmp_path / "b.wav"
    for sound in sounds:
        sound.write_bytes(b"x")
    drop(slot, files(tmp_path, *sounds))
    assert slot.told == [str(sounds[0])]


def test_the_target_shows_that_it_would_take_the_drop(slot: ReferenceSlot, tmp_path: Path) -> None:
    sound = tmp_path / "a.wav"
    sound.write_bytes(b"x")
    choose = button(slot, "Choose a reference sound")
    data = files(sound)
    enter = QDragEnterEvent(QPoint(5, 5), BOTH, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(slot, enter)
    assert choose.text() == "Let go to use it"
    assert choose.property("dropTarget") is True
    QApplication.sendEvent(slot, QDragLeaveEvent())
    assert choose.text() == "Drop a sound or choose"
    assert choose.property("dropTarget") is False


def test_the_blend_slider_is_there_only_with_a_sound(slot: ReferenceSlot) -> None:
    slider = slot.findChild(QSlider)
    assert not slider.isVisible()
    slot.show_reference("/sounds/some folder/a very long name of a sound.wav", 0.25)
    assert slider.isVisible()
    assert slider.value() == 25
    assert not button(slot, "Choose a reference sound").isVisible()
    slot.show_reference(None, 0.5)
    assert not slider.isVisible()
    assert slot.told == []


def test_keys_move_the_blend(slot: ReferenceSlot) -> None:
    slot.show_reference("/sounds/a.wav", 0.5)
    slider = slot.findChild(QSlider)
    QTest.keyClick(slider, Qt.Key.Key_Right)
    QTest.keyClick(slider, Qt.Key.Key_End)
    assert slot.told == [0.51, 1.0]
    assert slider.accessibleDescription() == "0 % text, 100 % sound"


def test_the_cross_clears(slot: ReferenceSlot) -> None:
    slot.show_reference("/sounds/a.wav", 0.5)
    QTest.mouseClick(button(slot, "Remove the reference sound"), Qt.MouseButton.LeftButton)
    assert slot.told == ["cleared"]


def test_a_sound_can_be_chosen_by_keyboard(slot: ReferenceSlot, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([("/sounds/chosen.wav", ""), ("", "")])
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args: next(answers))
    choose = button(slot, "Choose a reference sound")
    QTest.keyClick(choose, Qt.Key.Key_Space)
    QTest.keyClick(choose, Qt.Key.Key_Space)
    assert slot.told == ["/sounds/chosen.wav"]
