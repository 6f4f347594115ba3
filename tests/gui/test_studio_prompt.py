"""From the prompt to a file: typing, watching, listening, exporting."""

import json

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from engine.signal.wav import read_recipe

CTRL, SHIFT, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def take(bench):
    return bench.generate("rain", duration_s=2.0, seed=5, seed_locked=True)


def test_typing_and_ctrl_enter_draw_a_take_before_the_eye(bench):
    hidden = []
    bench.controller.stepped.connect(lambda run: hidden.append((run.latest.step, int(bench.canvas.cells._hidden.sum()))))
    entry = bench.generate("rain", duration_s=2.0)
    assert [step for step, _ in hidden] == [1, 2, 3, 4]
    shown = [count for _, count in hidden]
    assert shown == sorted(shown, reverse=True) and shown[0] > shown[-1] == 0
    assert entry.take.request.prompt == "rain" and entry.take.history.steps == 4
    assert bench.document.current == entry.id
    model = bench.window.takes_panel.list.model()
    assert [model.entry(model.index(row)).id for row in range(model.rowCount())] == [entry.id]
    bench.no_errors()


def test_space_plays_and_stops_without_moving_the_focus(bench, take):
    bench.click_take(take)
    bench.keys(Qt.Key.Key_Space)
    bench.until(lambda: bench.player.playing)
    heard = bench.pump(0.5)
    assert np.abs(heard).max() > 0
    assert 0 < bench.player.position_s <= 0.5
    bench.keys(Qt.Key.Key_Space)
    assert not bench.player.playing
    place_s = bench.player.position_s
    bench.keys(Qt.Key.Key_Home, widget=bench.canvas)
    assert place_s > 0 and bench.player.position_s == 0
    bench.no_errors()


def test_space_types_while_the_prompt_has_the_focus(bench, take):
    bench.type_prompt("heavy rain")
    assert bench.document.prompt == "heavy rain" and not bench.player.playing


def test_a_new_take_plays_by_itself_if_that_is_wanted(bench):
    bench.settings.set("listening.auto_play", True)
    bench.generate("rain", duration_s=1.0)
    bench.until(lambda: bench.player.playing)
    assert np.abs(bench.pump(0.2)).max() > 0


def test_export_writes_a_wav_with_its_recipe(bench, take, tmp_path, qtbot):
    folder = tmp_path / "out"
    folder.mkdir()
    bench.keys(Qt.Key.Key_E, CTRL | SHIFT, bench.canvas)
    dialog = bench.studio.dialogs.export_dialog
    bench.until(dialog.isVisible)
    assert dialog.folder().is_dir(), "a folder is proposed"
    dialog.folder_field.setFocus()
    dialog.folder_field.selectAll()
    qtbot.keyClicks(dialog.folder_field, str(folder))
    qtbot.mouseClick(dialog.export, Qt.MouseButton.LeftButton)
    bench.until(lambda: list(folder.glob("*.wav")) and "Exported" in bench.status)
    (path,) = folder.glob("*.wav")
    samples, rate = soundfile.read(path)
    assert rate == 48000 and samples.shape == (2 * rate,) and np.abs(samples).max() > 0
    recipe = read_recipe(path)
    assert (recipe["prompt"], recipe["seed"], recipe["steps"]) == ("rain", 5, 4)
    assert recipe["pack_hash"] == bench.controller.pack.hash != ""
    assert json.loads(json.dumps(recipe)) == recipe
    bench.no_errors()


def test_the_same_seed_makes_the_same_sound(bench, take):
    again = bench.generate("rain")
    assert again.id != take.id and np.array_equal(again.take.clip.samples, take.take.clip.samples)


def test_an_empty_prompt_is_answered_by_one_sentence(bench):
    bench.keys(Qt.Key.Key_Return, CTRL, bench.prompt)
    assert "Type what you want to hear" in bench.status and bench.controller.run is None


def test_the_report_on_the_prompt_comes_while_typing(bench):
    bench.type_prompt("rain")
    bench.until(lambda: bench.prompt.accessibleDescription())
    assert "Match" in bench.prompt.accessibleDescription()


def test_older_prompts_come_back_with_alt_up(bench):
    bench.generate("rain", duration_s=1.0)
    bench.generate("dog bark")
    bench.keys(Qt.Key.Key_Up, ALT, bench.prompt)
    assert bench.document.prompt == "rain"
    bench.keys(Qt.Key.Key_Down, ALT, bench.prompt)
    assert bench.document.prompt == "dog bark"


def test_enter_before_the_pack_is_there_says_so(make_bench):
    bench = make_bench().show()
    bench.type_prompt("rain")
    bench.keys(Qt.Key.Key_Return, CTRL, bench.prompt)
    assert "still loading" in bench.status
    assert QApplication.activeModalWidget() is None
