"""Stopping a run: at once, with what was there, and without harm to what comes next."""

import time
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import Qt

from engine.jobs import Generate
from engine.types import Finished, SamplingSettings, TakeReady
from gui.worker import EngineRunner

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
STEPS = 64


@pytest.fixture
def running(bench):
    """A long run that has made its third iteration."""
    bench.session.change("prepare", duration_s=10.0, settings=SamplingSettings(steps=STEPS))
    bench.type_prompt("rain")
    bench.keys(Qt.Key.Key_Return, CTRL)
    bench.until(lambda: bench.controller.run and bench.controller.run.latest and bench.controller.run.latest.step >= 3)
    return bench


def test_cancel_ends_within_a_step_and_keeps_what_is_there(running):
    ends, steps = [], []
    running.controller.stepped.connect(lambda run: steps.append(time.perf_counter()))
    running.until(lambda: len(steps) >= 3)
    step_s = max(b - a for a, b in pairwise(steps))
    running.controller.run_ended.connect(lambda run, how: ends.append((how, time.perf_counter(), run.latest)))
    running.canvas.setFocus()
    started = time.perf_counter()
    running.keys(Qt.Key.Key_X, SHIFT)
    running.until(lambda: ends)
    how, ended, latest = ends[0]
    assert how == "stopped" and ended - started < 0.2 + step_s
    assert 0 < latest.step < STEPS
    running.until(lambda: running.takes)
    (kept,) = running.takes
    assert kept.kind == "kept" and f"step {latest.step}" in kept.name
    assert np.array_equal(kept.take.grid.ids, latest.guess.ids)
    assert kept.take.clip.duration_s == pytest.approx(10.0, abs=0.01)
    assert running.window.takes_panel.list.model().pending == 0
    running.no_errors()


def test_the_engine_goes_on_with_the_next_job(running):
    running.canvas.setFocus()
    running.keys(Qt.Key.Key_X, SHIFT)
    running.until(lambda: running.takes)
    entry = running.generate("dog bark", duration_s=1.0, settings=SamplingSettings(steps=4))
    assert entry.kind == "generated" and len(running.takes) == 2
    running.no_errors()


def test_the_button_cancels_too_but_not_on_a_double_click(bench):
    button = bench.window.prompt_bar._button
    bench.session.change("prepare", duration_s=10.0, settings=SamplingSettings(steps=STEPS))
    bench.type_prompt("rain")
    bench.click(button)
    bench.qtbot.mouseDClick(button, Qt.MouseButton.LeftButton)
    assert bench.controller.run is not None and button.text() == "Cancel"
    bench.qtbot.wait(600)
    bench.click(button)
    assert button.text() == "Stopping"
    bench.until(lambda: bench.controller.run is None)
    bench.until(lambda: button.text() == "Generate")


class Between(EngineRunner):
    """Waits with the first take until the test has pressed Cancel."""

    reached = False
    go_on = False

    def run(self, job):
        for event in super().run(job):
            if isinstance(job, Generate) and isinstance(event, TakeReady):
                Between.reached = True
                while not Between.go_on:
                    time.sleep(0.005)
            yield event


def test_cancel_between_two_takes_makes_no_copy_of_the_first(monkeypatch, make_bench):
    monkeypatch.setattr("gui.studio.EngineRunner", Between)
    monkeypatch.setattr(Between, "reached", False)
    monkeypatch.setattr(Between, "go_on", False)
    bench = make_bench().open()
    bench.session.change("prepare", duration_s=1.0, count=2)
    bench.type_prompt("rain")
    bench.keys(Qt.Key.Key_Return, CTRL)
    bench.until(lambda: Between.reached)
    bench.canvas.setFocus()
    bench.keys(Qt.Key.Key_X, SHIFT)
    Between.go_on = True
    bench.until(lambda: bench.controller.run is None)
    bench.settle()
    assert [entry.kind for entry in bench.takes] == ["generated"]


class Starved(EngineRunner):
    """The second generation has no memory."""

    count = 0

    def run(self, job):
        if isinstance(job, Generate):
            Starved.count += 1
            if Starved.count == 2:
                yield from self._starve()
                return
        yield from super().run(job)

    def _starve(self):
        raise MemoryError
        yield Finished((), ())


def test_a_run_without_memory_costs_only_itself(monkeypatch, make_bench):
    monkeypatch.setattr("gui.studio.EngineRunner", Starved)
    monkeypatch.setattr(Starved, "count", 0)
    bench = make_bench().open()
    bench.generate("rain", duration_s=1.0)
    bench.keys(Qt.Key.Key_Return, CTRL, bench.prompt)
    bench.until(lambda: bench.errors and bench.controller.run is None)
    assert bench.errors == [("There is not enough memory for this.", "")]
    assert bench.status == "There is not enough memory for this."
    bench.errors.clear()
    bench.generate("rain")
    assert len(bench.takes) == 2
    bench.no_errors()
