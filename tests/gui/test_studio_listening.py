"""Listening in the window: A/B at one position and one level, loops, only the selection."""

from itertools import pairwise

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt

from tests.gui.studio import RATE_HZ

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def noise(path, dbfs, seed=0, seconds=2.0, rate=RATE_HZ):
    wave = np.random.default_rng(seed).standard_normal(round(seconds * rate)) * 0.1 * 10 ** (dbfs / 20)
    soundfile.write(path, wave, rate, subtype="FLOAT")
    return path


@pytest.fixture
def pair(bench, tmp_path):
    """A quiet and a loud noise: A is the quiet one, B the loud one."""
    bench.drop(noise(tmp_path / "loud.wav", 0))
    bench.until(lambda: len(bench.takes) == 1)
    bench.drop(noise(tmp_path / "quiet.wav", -12))
    bench.until(lambda: len(bench.takes) == 2)
    loud, quiet = bench.takes
    bench.click_take(loud)
    bench.keys(Qt.Key.Key_C, widget=bench.window.takes_panel.list)
    bench.click_take(quiet)
    bench.canvas.setFocus()
    return bench


def level_db(heard):
    return 20 * np.log10(np.sqrt((heard[:, 0] ** 2).mean()))


def test_c_compares_at_the_same_place_and_level(pair):
    assert pair.document.compared_entry.name == "loud" and pair.document.current_entry.name == "quiet"
    pair.listening.seek(0.5)
    pair.keys(Qt.Key.Key_Space)
    pair.until(lambda: pair.player.playing)
    quiet = pair.pump(0.4)[RATE_HZ // 10 :]
    place_s = pair.player._playback.position / RATE_HZ
    pair.keys(Qt.Key.Key_C)
    assert pair.listening.side == "B" and pair.player.playing
    assert pair.player._playback.position / RATE_HZ == pytest.approx(place_s, abs=0.02)
    loud = pair.pump(0.4)[RATE_HZ // 10 :]
    assert level_db(loud) == pytest.approx(level_db(quiet), abs=1.0)
    assert pair.window.transport._b.isChecked()
    pair.keys(Qt.Key.Key_C)
    assert pair.listening.side == "A" and pair.window.transport._a.isChecked()
    pair.no_errors()


def test_without_matching_the_louder_one_is_louder(pair):
    pair.settings.set("listening.match_loudness", False)
    pair.keys(Qt.Key.Key_Space)
    pair.until(lambda: pair.player.playing)
    quiet = pair.pump(0.4)[RATE_HZ // 10 :]
    pair.keys(Qt.Key.Key_C)
    loud = pair.pump(0.4)[RATE_HZ // 10 :]
    assert level_db(loud) - level_db(quiet) == pytest.approx(12, abs=1.0)


def test_c_without_a_second_take_does_nothing(bench):
    bench.generate("rain", duration_s=1.0)
    bench.keys(Qt.Key.Key_C, widget=bench.canvas)
    assert bench.listening.side == "A"
    assert not bench.window.transport._b.isEnabled()


def test_the_selection_is_looped(bench, tmp_path):
    bench.drop(noise(tmp_path / "noise.wav", 0))
    bench.until(lambda: bench.takes)
    bench.select(0.5, 0.7, 500.0, 4000.0)
    region = bench.document.selection
    assert region.start_s == pytest.approx(0.5, abs=0.05) and region.end_s == pytest.approx(0.7, abs=0.05)
    bench.keys(Qt.Key.Key_L, SHIFT, bench.canvas)
    bench.listening.seek(region.start_s)
    bench.keys(Qt.Key.Key_Space)
    bench.until(lambda: bench.player.playing)
    places = []
    for _ in range(60):
        bench.pump(0.01)
        places.append(bench.player._playback.position / RATE_HZ)
    assert min(places) >= region.start_s - 0.02 and max(places) <= region.end_s + 0.02
    assert sum(b < a for a, b in pairwise(places)) >= 2
    assert bench.window.transport._loop.isChecked()
    bench.keys(Qt.Key.Key_L)
    assert not bench.listening.looping and not bench.window.transport._loop.isChecked()
    bench.no_errors()


def test_only_the_selected_time_and_frequencies_are_played(bench, tmp_path):
    bench.drop(noise(tmp_path / "noise.wav", 0))
    bench.until(lambda: bench.takes)
    bench.select(0.5, 1.0, 1000.0, 3000.0)
    region = bench.document.selection
    bench.keys(Qt.Key.Key_Space, SHIFT, bench.canvas)
    bench.until(lambda: bench.player.playing)
    assert "selection" in bench.status
    heard = bench.pump(region.duration_s + 0.2)[:, 0]
    sounding = np.flatnonzero(np.abs(heard) > 1e-5)
    assert (sounding[-1] - sounding[0]) / RATE_HZ == pytest.approx(region.duration_s, abs=0.06)
    power = np.abs(np.fft.rfft(heard)) ** 2
    hz = np.fft.rfftfreq(len(heard), 1 / RATE_HZ)
    inside = power[(hz > region.low_hz * 0.9) & (hz < region.high_hz * 1.1)].sum()
    assert inside / power.sum() > 0.97
    bench.until(lambda: not bench.player.playing)
    assert bench.player.duration_s == pytest.approx(2.0), "the take is back"
    bench.no_errors()


def test_without_a_selection_everything_is_played(bench):
    bench.generate("rain", duration_s=1.0)
    bench.keys(Qt.Key.Key_Space, SHIFT, bench.canvas)
    bench.until(lambda: bench.player.playing)
    assert bench.player.duration_s == pytest.approx(1.0)


def test_esc_drops_the_selection(bench):
    bench.generate("rain", duration_s=2.0)
    bench.keys(Qt.Key.Key_A, CTRL, bench.canvas)
    assert bench.document.selection.end_s == pytest.approx(2.0)
    bench.keys(Qt.Key.Key_Escape)
    assert bench.document.selection is None
