"""Where files go: the ending is added, and nothing is replaced that people were not asked about."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from gui.save_dialog import ask_path


@pytest.fixture
def window(qtbot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    return window


def choose(monkeypatch, name: str) -> list[str]:
    """People type ``name``; returns where the dialog begins."""
    starts: list[str] = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda _window, _title, start, _kinds: (starts.append(start) or name, ""))
    return starts


def press_later(qtbot, window: QWidget, text: str) -> None:
    def press() -> None:
        box = next(box for box in window.findChildren(QMessageBox) if box.isVisible())
        assert "rain.png" in box.text()
        qtbot.mouseClick(next(button for button in box.buttons() if button.text() == text), Qt.MouseButton.LeftButton)

    QTimer.singleShot(0, press)


@pytest.mark.parametrize(("typed", "found"), [("rain", "rain.png"), ("rain.png", "rain.png"), ("r.PNG", "r.PNG"), ("r.v2", "r.v2.png")])
def test_the_ending_is_there_and_there_once(window, monkeypatch, tmp_path, typed, found):
    choose(monkeypatch, str(tmp_path / typed))
    assert ask_path(window, "Save", tmp_path, "Pictures (*.png)", ".png") == tmp_path / found


def test_who_chooses_nothing_is_asked_nothing(window, monkeypatch, tmp_path):
    choose(monkeypatch, "")
    assert ask_path(window, "Save", tmp_path, "Pictures (*.png)", ".png") is None


def test_a_file_that_the_dialog_did_not_see_is_asked_about(qtbot, window, monkeypatch, tmp_path):
    (tmp_path / "rain.png").touch()
    choose(monkeypatch, str(tmp_path / "rain"))
    for answer, path in (("Keep", None), ("Replace", tmp_path / "rain.png")):
        press_later(qtbot, window, answer)
        assert ask_path(window, "Save", tmp_path, "Pictures (*.png)", ".png") == path


def test_the_picture_of_any_take_can_be_saved(bench, monkeypatch, tmp_path):
    entry = bench.generate("rain/wind", duration_s=1.0)
    bench.generate("dog bark")
    starts = choose(monkeypatch, str(tmp_path / "picture"))
    bench.window.takes_panel.picture_requested.emit(entry.id)
    assert [Path(start).parent for start in starts] == [Path.home()] and starts[0].endswith("rain wind.png")
    assert not QImage(str(tmp_path / "picture.png")).isNull() and bench.document.current == entry.id
    bench.no_errors()
