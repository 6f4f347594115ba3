"""The two main walks without a mouse: every step is a key that is sent to what has the focus."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMenu, QWidget

from engine.signal.wav import read_recipe
from tests.gui.studio import Bench

CTRL, SHIFT, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
NONE, KEY = Qt.KeyboardModifier.NoModifier, Qt.Key
MOST_TABS = 150


class Hands:
    """Ten fingers: they reach what has the focus, or the menu that is open over it."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    @property
    def focus(self) -> QWidget:
        widget = QApplication.activePopupWidget() or QApplication.focusWidget()
        assert widget is not None, "nothing has the focus: a key would go nowhere"
        return widget

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE, times: int = 1) -> None:
        for _ in range(times):
            QTest.keyClick(self.focus, key, modifiers)

    def type(self, text: str) -> None:
        for letter in text:
            QTest.keyClick(self.focus, letter)

    def enter(self, text: str) -> None:
        """Replaces what is in the field and leaves it with Enter."""
        self.press(KEY.Key_A, CTRL)
        self.type(text)
        self.press(KEY.Key_Return)

    def tab_to(self, name: str, back: bool = False) -> QWidget:
        """Presses Tab until the focus is on what a screen reader calls ``name``."""
        seen = []
        for _ in range(MOST_TABS):
            if self.focus.accessibleName() == name:
                return self.focus
            seen.append(self.focus.accessibleName())
            self.press(KEY.Key_Backtab if back else KEY.Key_Tab, SHIFT if back else NONE)
        raise AssertionError(f"Tab does not lead to {name!r}, but to {list(dict.fromkeys(seen))}")

    def choose(self, menu: Qt.Key, text: str) -> None:
        """Opens a menu by its key with Alt and goes down to an entry."""
        self.press(menu, ALT)
        self.bench.until(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
        for _ in range(MOST_TABS):
            action = QApplication.activePopupWidget().activeAction()
            if action is not None and action.text().replace("&", "") == text:
                break
            self.press(KEY.Key_Down)
        self.press(KEY.Key_Return)

    @contextmanager
    def path_in_dialog(self, path: Path) -> Iterator[None]:
        """Types a path into the file dialog that opens meanwhile; it blocks, so a timer has to do it."""
        answered = []

        def answer() -> None:
            dialog = QApplication.activeModalWidget()
            if not isinstance(dialog, QFileDialog) or not dialog.isAncestorOf(QApplication.focusWidget()):
                return
            timer.stop()
            self.press(KEY.Key_A, CTRL)
            self.type(str(path))
            while dialog.isVisible() and len(answered) < 3:
                # The first Enter may be for the list of names under the field.
                answered.append(self.press(KEY.Key_Return))

        timer = QTimer()
        timer.timeout.connect(answer)
        timer.start(20)
        yield
        timer.stop()
        assert answered, "no file dialog opened"
        # Without a window manager nobody gives the window its focus back.
        self.bench.window.activateWindow()
        QApplication.processEvents()


@pytest.fixture
def hands(bench):
    return Hands(bench)


def test_from_a_prompt_to_a_file(bench, hands, tmp_path):
    hands.press(KEY.Key_A, ALT)
    hands.type("rain")
    hands.tab_to("Duration in seconds")
    hands.enter("2")
    hands.press(KEY.Key_A, ALT)
    hands.press(KEY.Key_Return, CTRL)
    bench.until(lambda: len(bench.takes) == 1 and bench.controller.run is None)
    (first,) = bench.takes
    assert first.take.request.prompt == "rain" and first.take.clip.duration_s == pytest.approx(2.0, abs=0.02)

    hands.tab_to("Spectrogram")
    hands.press(KEY.Key_Space)
    bench.until(lambda: bench.player.playing)
    assert np.abs(bench.pump(0.5)).max() > 0
    hands.press(KEY.Key_Space)
    assert not bench.player.playing

    hands.tab_to("Step of the run")
    hands.press(KEY.Key_Left, times=2)
    assert bench.controller.step == 2 and bench.canvas.cells.hidden_shown
    hands.tab_to("Hear this step")
    hands.press(KEY.Key_Space)
    bench.until(lambda: "step 2" in bench.status)
    hands.tab_to("Branch from here")
    hands.press(KEY.Key_Space)
    bench.until(lambda: len(bench.takes) == 2 and bench.controller.run is None)
    assert hands.focus.accessibleName() == "Step of the run"
    second = bench.takes[-1]
    assert second.kind == "branched" and second.parent == first.id

    takes = hands.tab_to("Takes, newest first")
    hands.press(KEY.Key_Home)
    hands.press(KEY.Key_Period)
    assert bench.document.entry(second.id).starred
    hands.press(KEY.Key_F2)
    bench.until(lambda: isinstance(QApplication.focusWidget(), QLineEdit))
    hands.type("Roof")
    hands.press(KEY.Key_Return)
    bench.until(lambda: bench.document.entry(second.id).name == "Roof" and takes.hasFocus())
    hands.press(KEY.Key_Down)
    hands.press(KEY.Key_C)
    assert (bench.document.current, bench.document.compared) == (second.id, first.id)
    hands.press(KEY.Key_Up)
    hands.press(KEY.Key_I)
    assert bench.window.take_details.isVisible() and bench.document.current == second.id
    hands.tab_to("Spectrogram")
    hands.press(KEY.Key_C)
    assert bench.listening.entry.id == first.id
    hands.press(KEY.Key_C)
    assert bench.listening.entry.id == second.id

    hands.press(KEY.Key_E, CTRL | SHIFT)
    bench.until(lambda: bench.studio.dialogs.export_dialog.isActiveWindow())
    hands.tab_to("Folder")
    hands.enter(str(tmp_path))
    bench.until(lambda: list(tmp_path.glob("*.wav")) and "Exported" in bench.status)
    (path,) = tmp_path.glob("*.wav")
    samples, rate = soundfile.read(path)
    assert len(samples) == round(second.take.clip.duration_s * rate) and np.abs(samples).max() > 0
    assert read_recipe(path)["seed"] == second.take.seed
    bench.no_errors()


def test_from_a_sound_over_a_fill_to_a_project_and_back(bench, hands, tmp_path):
    sound, project = tmp_path / "tone.wav", tmp_path / "work.melbrush"
    soundfile.write(sound, 0.2 * np.sin(2 * np.pi * 440 * np.arange(44100) / 22050), 22050)
    hands.press(KEY.Key_A, ALT)
    with hands.path_in_dialog(sound):
        hands.press(KEY.Key_I, CTRL | SHIFT)
    bench.until(lambda: bench.takes)
    (tone,) = bench.takes
    assert (tone.name, tone.kind) == ("tone", "imported")

    hands.tab_to("Takes and history")
    hands.press(KEY.Key_Right)
    hands.tab_to("Add a region")
    hands.press(KEY.Key_Space)
    for name, value in (
        ("Start of the region in seconds", "0.5"),
        ("End of the region in seconds", "1.25"),
        ("Lowest frequency of the region in Hz", "500"),
        ("Highest frequency of the region in Hz", "3000"),
    ):
        hands.tab_to(name)
        hands.enter(value)
    bounds = bench.document.mask.bounds(tone.take.spectrogram.geometry)
    assert (bounds.start_s, bounds.end_s) == (pytest.approx(0.5, abs=0.02), pytest.approx(1.25, abs=0.02))
    assert (bounds.low_hz, bounds.high_hz) == (pytest.approx(500, rel=0.1), pytest.approx(3000, rel=0.1))
    # The number that was typed last is a step of the project, not of the field that it was typed into.
    hands.press(KEY.Key_Z, CTRL)
    assert bench.document.mask.bounds(tone.take.spectrogram.geometry).high_hz == math.inf
    hands.press(KEY.Key_Z, CTRL | SHIFT)
    assert bench.document.mask.bounds(tone.take.spectrogram.geometry) == bounds

    hands.tab_to("Fill")
    hands.press(KEY.Key_Space)
    bench.until(lambda: len(bench.takes) == 2 and bench.controller.run is None)
    filled = bench.takes[-1]
    assert (filled.kind, filled.parent) == ("filled", tone.id)

    for name, heard in (("Before", tone), ("After", filled)):
        hands.tab_to(name)
        hands.press(KEY.Key_Space)
        bench.until(lambda: bench.player.playing)
        assert bench.listening.entry.id == heard.id
        assert np.abs(bench.pump(0.3)).max() > 0

    steps = len(bench.session.history.labels)
    for _ in range(steps - 1):
        hands.press(KEY.Key_Z, CTRL)
    assert bench.session.history.index == 0 and bench.takes == () and bench.document.mask is None
    for _ in range(steps - 1):
        hands.press(KEY.Key_Z, CTRL | SHIFT)
    assert bench.takes == (tone, filled) and not bench.session.history.can_redo

    with hands.path_in_dialog(project):
        hands.choose(KEY.Key_F, "Save the project")
    bench.until(lambda: project.is_file() and not bench.session.dirty)
    hands.press(KEY.Key_N, CTRL)
    bench.until(lambda: not bench.takes)
    with hands.path_in_dialog(project):
        hands.press(KEY.Key_O, CTRL)
    bench.until(lambda: len(bench.takes) == 2)
    assert [entry.id for entry in bench.takes] == [tone.id, filled.id]
    assert np.array_equal(bench.takes[-1].take.clip.samples, filled.take.clip.samples)
    assert len(bench.session.history.labels) == steps and bench.document.mask is not None
    bench.no_errors()


def test_what_goes_away_under_the_focus_gives_it_to_a_neighbour(bench, hands):
    bench.generate("rain", duration_s=1.0)
    hands.tab_to("Takes and history")
    hands.press(KEY.Key_Right)
    hands.tab_to("Add a region")
    for way in ("Remove the region", "Prompt of the region"):
        hands.press(KEY.Key_Space)
        hands.tab_to(way)
        hands.press(*((KEY.Key_Space,) if way.startswith("Remove") else (KEY.Key_Z, CTRL)))
        assert bench.document.regions == ()
        assert hands.focus.accessibleName() == "Add a region"
