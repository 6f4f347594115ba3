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
    bench.controller.stepped.connect(lambda run: hidden.append((run.latest.step, int(bench.canvas.cells.hidden_count))))
    entry = bench.generate("rain", duration_s=2.0)
    assert [step for step, _ in hidden] == [1, 2, 3, 4]
    shown = [count for _, count in hidden]
    assert shown == sorted(shown, reverse=True) and shown[0] > shown[-1] == 0
    assert entry.take.request.prompt == "rain" and entry.take.history.steps == 4
    assert bench.document.current == entry.id
    model = bench.window.takes_panel.list.model()
    assert [model.entry(model.index(row)).id for row in range(model.rowCount())] == [entry.id]
    bench.no_errors()
