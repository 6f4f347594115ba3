"""The step timeline: going through a take's iterations, hearing one, branching from one."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from engine.types import HIDDEN


@pytest.fixture
def take(bench):
    return bench.generate("rain", duration_s=2.0, seed=5, seed_locked=True)


@pytest.fixture
def timeline(bench):
    return bench.window.steps_bar._timeline


def shown_cells(bench):
    return bench.canvas.cells._hidden


def test_keys_go_through_the_steps(bench, take, timeline):
    history = take.take.history
    finished = bench.canvas.grab().toImage()
    for step in (3, 2, 1):
        bench.keys(Qt.Key.Key_Left, widget=timeline)
        assert bench.controller.step == step == bench.window.steps_bar.step
        assert np.array_equal(shown_cells(bench), ~history.fixed[step - 1])
    assert bench.canvas.grab().toImage() != finished
    assert "Step 1 of 4" in bench.window.steps_bar._label.text()
    bench.click(bench.window.steps_bar._back)
    assert bench.controller.step == 0 and bench.window.steps_bar.step == 4
    assert not bench.canvas.cells.hidden_shown
    bench.no_errors()


def test_a_step_is_heard_and_the_take_comes_back_after_it(bench, take, timeline):
    bench.keys(Qt.Key.Key_Left, widget=timeline)
    bench.keys(Qt.Key.Key_Left, widget=timeline)
    bench.click(bench.window.steps_bar._hear)
    bench.until(lambda: bench.player.playing)
    assert "step 2" in bench.status
    heard = bench.pump(0.5)
    assert np.abs(heard).max() > 0
    bench.window.canvas.seeked.emit(0.0)
    assert bench.player.duration_s == take.take.clip.duration_s
    bench.no_errors()


def test_typing_keeps_the_step_that_is_looked_at(bench, take, timeline):
    bench.keys(Qt.Key.Key_Left, widget=timeline)
    bench.keys(Qt.Key.Key_Left, widget=timeline)
    bench.type_prompt("dog bark")
    assert bench.window.steps_bar.step == 2 == bench.controller.step
    assert np.array_equal(shown_cells(bench), ~take.take.history.fixed[1])


def test_a_branch_with_another_prompt_keeps_the_cells_fixed_so_far(bench, take, timeline):
    bench.keys(Qt.Key.Key_Left, widget=timeline)
    bench.keys(Qt.Key.Key_Left, widget=timeline)
    bench.type_prompt("dog bark")
    bench.click(bench.window.steps_bar._branch)
    bench.until(lambda: len(bench.takes) == 2 and bench.controller.run is None)
    branch = bench.takes[-1]
    kept = take.take.history.grid_after(2).ids
    fixed = kept != HIDDEN
    assert 0 < fixed.sum() < fixed.size
    assert np.array_equal(branch.take.grid.ids[fixed], kept[fixed])
    assert not np.array_equal(branch.take.grid.ids, take.take.grid.ids)
    assert (branch.kind, branch.parent, branch.take.request.prompt) == ("branched", take.id, "dog bark")
    assert bench.document.current == branch.id and bench.window.steps_bar.step == branch.take.history.steps
    assert "Branch from step 2" in bench.session.history.labels[-1]
    bench.no_errors()


def test_another_take_leaves_the_steps(bench, take, timeline):
    other = bench.generate("dog bark")
    bench.keys(Qt.Key.Key_Left, widget=timeline)
    bench.click_take(take)
    assert bench.controller.step == 0 and bench.document.current == take.id
    assert bench.window.steps_bar.step == 4
    bench.click_take(other)
    assert bench.document.current == other.id


def test_an_imported_take_has_no_steps_and_says_why(bench, tmp_path):
    import soundfile

    soundfile.write(tmp_path / "tone.wav", 0.1 * np.sin(np.arange(8000) / 5), 8000)
    bench.drop(tmp_path / "tone.wav")
    bench.until(lambda: bench.takes)
    assert bench.window.steps_bar.step == 0 and "not drawn step by step" in bench.window.steps_bar._empty.text()
