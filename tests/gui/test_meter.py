"""Level meter: rises at once, falls slowly, holds peaks, remembers what was too loud."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from gui import meter as module
from gui.meter import FLOOR_DB, LevelMeter
from gui.theme import DARK, LIGHT


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only when the test says so."""
    now = [100.0]
    monkeypatch.setattr(module, "perf_counter", lambda: now[0])
    return now


@pytest.fixture
def meter(qtbot, clock):
    made = LevelMeter()
    qtbot.addWidget(made)
    made.resize(200, 32)
    return made


def _pixels(meter):
    image = meter.grab().toImage().convertToFormat(meter.grab().toImage().Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)[..., 2::-1]


def _count(meter, colour):
    wanted = QColor(colour)
    return int((_pixels(meter) == (wanted.red(), wanted.green(), wanted.blue())).all(axis=2).sum())


def test_bars_grow_with_the_level(meter):
    areas = [_count(meter, DARK.accent)]
    for level in (-50.0, -30.0, -10.0):
        meter.show_levels((level, level), (level - 3, level - 3))
        areas.append(_count(meter, DARK.accent))
    assert areas[0] == 0 and sorted(set(areas)) == areas
    assert _count(meter, DARK.warning) == 0
    meter.show_levels((-1.0, -1.0), (-3.0, -3.0))
    assert _count(meter, DARK.warning) > 0


def test_peaks_fall_and_are_held_for_a_while(qtbot, meter, clock):
    meter.show_levels((-6.0, -20.0), (-12.0, -26.0))
    clock[0] += 1.0
    qtbot.waitUntil(lambda: meter.peaks_db[0] == pytest.approx(-26.0))
    assert meter.holds_db == (-6.0, -20.0)
    clock[0] += 1.0
    qtbot.waitUntil(lambda: meter.holds_db[0] < -20.0)
    clock[0] += 10.0
    qtbot.waitUntil(lambda: meter.peaks_db == (FLOOR_DB, FLOOR_DB) and meter.holds_db == (FLOOR_DB, FLOOR_DB))


def test_silence_needs_no_timer(qtbot, meter, clock):
    meter.show_levels((float("-inf"),), (float("-inf"),))
    assert not meter._falling.isActive()
    meter.show_levels((-20.0,), (-20.0,))
    assert meter._falling.isActive() and meter.peaks_db == (-20.0, -20.0)
    clock[0] += 20.0
    qtbot.waitUntil(lambda: not meter._falling.isActive())


@pytest.mark.parametrize("by_key", [False, True])
def test_clip_mark_stays_until_it_is_cleared(qtbot, meter, by_key):
    meter.show_levels((0.0, -3.0), (-6.0, -6.0))
    assert not meter.clipped and _count(meter, DARK.danger) == 0
    meter.show_levels((0.1, -3.0), (-6.0, -6.0))
    meter.show_levels((-50.0, -50.0), (-50.0, -50.0))
    assert meter.clipped and _count(meter, DARK.danger) > 20
    if by_key:
        qtbot.keyClick(meter, Qt.Key.Key_Return)
    else:
        qtbot.mouseClick(meter, Qt.MouseButton.LeftButton)
    assert not meter.clipped and _count(meter, DARK.danger) == 0


def test_theme_and_name(qtbot, meter):
    meter.set_theme(LIGHT)
    meter.show_levels((-20.0, -20.0), (-20.0, -20.0))
    assert _count(meter, LIGHT.accent) > 0 and _count(meter, DARK.accent) == 0
    assert meter.accessibleName() and meter.toolTip()
    assert meter.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_every_size_can_be_painted(qtbot, clock):
    parent = QWidget()
    qtbot.addWidget(parent)
    small = LevelMeter(parent)
    small.show_levels((3.0, -20.0), (-3.0, -30.0))
    for width, height in ((1, 1), (20, 10), (40, 32), (600, 100)):
        small.resize(width, height)
        assert small.grab().width() == width
