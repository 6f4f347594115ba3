"""Sounds and projects that come in and go out: dropped, dragged, saved, opened."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QFileDialog

from engine.export.export import export_takes
from engine.export.jobs import ExportTakes
from engine.export.settings import ExportSettings
from engine.session.project import load_project
from engine.signal.wav import recipe_chunk, wav_bytes
from engine.types import SamplingSettings
from gui import drag_out

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def tone(path, rate=48000, seconds=0.5, channels=1):
    wave = 0.2 * np.sin(2 * np.pi * 440 * np.arange(round(rate * seconds)) / rate)
    soundfile.write(path, np.stack([wave] * channels, 1), rate)
    return path


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (44100, 2), (96000, 1)])
def test_a_dropped_sound_becomes_a_take(bench, tmp_path, rate, channels):
    path = tone(tmp_path / "door slam.wav", rate, channels=channels)
    bench.drop(path)
    bench.until(lambda: bench.takes)
    (entry,) = bench.takes
    assert (entry.name, entry.kind, entry.source_path) == ("door slam", "imported", str(path))
    assert entry.take.clip.sample_rate == rate and entry.take.clip.samples.shape == (channels, rate // 2)
    assert bench.document.current == entry.id and bench.document.prompt == ""
    bench.no_errors()


@pytest.mark.parametrize("onto", ["window", "canvas", "prompt"])
def test_shift_does_not_move_the_file_away(bench, tmp_path, onto):
    path = tone(tmp_path / "tone.wav")
    target = {"window": bench.window, "canvas": bench.window.canvas, "prompt": bench.prompt.viewport()}[onto]
    event = bench.drop(path, target=target, shift=True)
    if event is None:
        event = bench.drop(path, shift=True)
    assert event.isAccepted() and event.dropAction() == Qt.DropAction.CopyAction
    bench.until(lambda: bench.takes)
    assert path.is_file()


def test_a_dropped_export_brings_its_recipe_back(bench, make_bench, tmp_path):
    settings = SamplingSettings(steps=6, guidance=2.5)
    entry = bench.generate("heavy rain", negative="birds", duration_s=1.5, seed=77, seed_locked=True, settings=settings)
    ((written),) = export_takes(ExportTakes((entry,), tmp_path, ExportSettings()))
    bench.projects.new()
    bench.answer("SaveQuestion", "Discard")
    bench.until(lambda: not bench.takes)
    bench.session.change("other", prompt="wind", negative="", duration_s=4.0, settings=SamplingSettings(steps=9))
    bench.drop(written.path)
    bench.until(lambda: bench.takes)
    document = bench.document
    assert (document.prompt, document.negative, document.seed, document.seed_locked) == ("heavy rain", "birds", 77, True)
    assert document.duration_s == 1.5 and document.settings == settings
    assert bench.prompt.text() == "heavy rain"
    again = bench.generate("heavy rain")
    assert np.array_equal(again.take.clip.samples, entry.take.clip.samples)
    bench.no_errors()


def test_the_details_are_those_of_the_take_that_was_asked_for(bench):
    first, second = (bench.generate(prompt, duration_s=1.0) for prompt in ("rain", "dog bark"))
    strip = bench.window.takes_panel.list
    bench.window.side_tabs.setCurrentIndex(bench.window.side_tabs.count() - 1)
    for entry in (first, second):
        strip.setCurrentIndex(strip.model().index_of(entry.id))
        bench.keys(Qt.Key.Key_I, widget=strip)
        assert bench.window.take_details.isVisible() and bench.document.current == entry.id
    bench.no_errors()


def test_a_new_project_begins_without_what_was_being_drawn(bench):
    bench.session.change("prepare", duration_s=10.0, settings=SamplingSettings(steps=200))
    bench.type_prompt("rain")
    bench.keys(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier, bench.prompt)
    bench.until(lambda: bench.controller.run and bench.controller.run.latest)
    bench.keys(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert bench.controller.run is None and bench.button("Generate").isEnabled()
    bench.settle()
    assert bench.takes == () and bench.prompt.text() == "" and not bench.session.dirty
    bench.generate("wind", duration_s=1.0, settings=SamplingSettings(steps=2))
    assert len(bench.takes) == 1
    bench.no_errors()


def test_an_imported_sound_that_was_exported_does_not_empty_the_prompt(bench, tmp_path):
    bench.drop(tone(tmp_path / "tone.wav"))
    bench.until(lambda: bench.takes)
    ((written),) = export_takes(ExportTakes(bench.takes, tmp_path / "dragged", ExportSettings()))
    bench.type_prompt("wind")
    bench.drop(written.path)
    bench.until(lambda: len(bench.takes) == 2)
    assert bench.document.prompt == "wind"


def test_a_recipe_of_nonsense_changes_nothing_it_cannot(bench, tmp_path):
    recipe = {"prompt": 7, "negative": "birds", "seed": -1, "duration": True, "blend": 9, "steps": 10**12, "guidance": "x", "order": "up"}
    sound = wav_bytes(np.zeros((1, 22050), np.float32), 22050, "float32", [recipe_chunk(recipe)])
    path = tmp_path / "odd.wav"
    path.write_bytes(sound)
    before = bench.document
    bench.drop(path)
    bench.until(lambda: bench.takes)
    after = bench.document
    assert after.negative == "birds"
    assert (after.prompt, after.seed, after.duration_s, after.blend) == (before.prompt, before.seed, before.duration_s, before.blend)
    assert after.settings == before.settings
    bench.no_errors()


@pytest.mark.parametrize("name", ["broken.wav", "broken.melbrush", "missing.wav", "text.txt"])
def test_a_broken_file_costs_one_sentence(bench, tmp_path, name):
    path = tmp_path / name
    if name != "missing.wav":
        path.write_bytes(b"RIFF\x00\x00\x00\x00WAVEnothing of use")
    before, labels = bench.document, bench.session.history.labels
    bench.drop(path)
    bench.until(lambda: bench.errors)
    bench.settle()
    ((sentence, detail),) = bench.errors
    assert detail == "" and sentence.endswith(".") and "\n" not in sentence and bench.status == sentence
    assert bench.document is before and bench.session.history.labels == labels
    if name != "missing.wav":
        assert path.read_bytes().endswith(b"of use")


def test_save_ask_save_as_and_open_again(bench, make_bench, tmp_path, monkeypatch):
    bench.generate("rain", duration_s=1.0)
    bench.generate("dog bark")
    bench.select(0.2, 0.6, 500.0, 4000.0)
    wanted = tmp_path / "forest"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(wanted), ""))
    assert bench.session.dirty and bench.window.isWindowModified()
    bench.window.close()
    bench.answer("SaveQuestion", "Save")
    saved = tmp_path / "forest.melbrush"
    bench.until(lambda: not bench.window.isVisible())
    assert saved.is_file() and not bench.session.dirty and bench.session.path == saved
    assert bench.settings.get("project.recent") == [str(saved)]

    other = make_bench(tmp_path).open()
    other.drop(saved)
    other.until(lambda: len(other.takes) == 2)
    assert other.session.path == saved and not other.session.dirty
    assert other.session.history.labels == bench.session.history.labels
    for mine, theirs in zip(bench.takes, other.takes, strict=True):
        assert (mine.id, mine.name, mine.take.request) == (theirs.id, theirs.name, theirs.take.request)
        assert np.array_equal(mine.take.clip.samples, theirs.take.clip.samples)
        assert np.array_equal(mine.take.history.fixed, theirs.take.history.fixed)
    assert other.document.selection == bench.document.selection
    assert other.window.windowTitle().startswith("forest")
    other.no_errors()


def test_cancel_keeps_the_window_open(bench):
    bench.generate("rain", duration_s=1.0)
    bench.keys(Qt.Key.Key_Q, CTRL, bench.canvas)
    bench.answer("SaveQuestion", "Cancel")
    assert bench.window.isVisible() and len(bench.takes) == 1 and not bench.projects.may_close


def test_without_changes_the_window_just_closes(bench):
    bench.type_prompt("rain")
    bench.window.close()
    bench.until(lambda: not bench.window.isVisible())


def test_a_save_that_fails_keeps_the_file_and_the_changes(bench, tmp_path, monkeypatch):
    folder = tmp_path / "project"
    folder.mkdir()
    path = folder / "a.melbrush"
    bench.generate("rain", duration_s=1.0)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    bench.keys(Qt.Key.Key_S, CTRL, bench.canvas)
    bench.until(lambda: not bench.session.dirty)
    before = path.read_bytes()
    bench.generate("dog bark")
    # A folder in the way of the backup: whoever is asked, nothing can be replaced.
    path.with_name(path.name + ".bak").mkdir()
    bench.window.close()
    bench.answer("SaveQuestion", "Save")
    bench.until(lambda: bench.errors)
    bench.settle()
    assert path.read_bytes() == before and len(load_project(path).document.takes) == 1
    assert bench.session.dirty and bench.window.isVisible() and len(bench.takes) == 2
    assert len(bench.errors) == 1 and bench.errors[0][1] == ""


@pytest.fixture
def drags(monkeypatch):
    """What would be dragged: (actions, files, whether they were there)."""
    seen = []

    class Recorded(QDrag):
        def exec(self, *actions):
            paths = [url.toLocalFile() for url in self.mimeData().urls()]
            seen.append((actions, paths, [soundfile.info(path).frames for path in paths]))
            return Qt.DropAction.CopyAction

    monkeypatch.setattr(drag_out, "QDrag", Recorded)
    return seen


def test_a_take_is_dragged_out_as_a_finished_copy_that_stays(bench, drags, tmp_path):
    entry = bench.generate("rain", duration_s=1.0)
    bench.until(lambda: entry.id in bench.projects._drag_files)
    viewport, place = bench.card(entry)
    bench.qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=place)
    for distance in (4, 12, 24, 40):
        bench.qtbot.mouseMove(viewport, place + type(place)(distance, 0))
    bench.until(lambda: drags)
    bench.qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=place)
    ((actions, (path,), (frames,)),) = drags
    assert actions == (Qt.DropAction.CopyAction,) and frames == 48000
    path = Path(path)
    ((again),) = export_takes(drag_out.drag_job(entry, ExportSettings(), tmp_path, pack_hash=bench.controller.pack.hash))
    assert path.read_bytes() == again.path.read_bytes()
    bench.click_take(entry)
    bench.keys(Qt.Key.Key_Delete, widget=bench.window.takes_panel.list)
    assert bench.takes == () and path.is_file()
    bench.projects.new()
    bench.settle()
    bench.close()
    assert path.is_file()
