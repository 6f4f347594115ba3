"""The waveform of the whole take is right, and its visible part can be dragged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from engine.geometry import Geometry
from gui.canvas_view import CanvasView
from gui.overview import Overview, column_peaks, first_look, waveform_peaks
from gui.theme import LIGHT


@given(length=st.integers(1, 3000), bins=st.integers(1, 600), channels=st.integers(1, 3))
def test_no_peak_is_lost(length: int, bins: int, channels: int) -> None:
    samples = np.random.default_rng(length).uniform(-1, 1, (channels, length)).astype(np.float32)
    peaks = waveform_peaks(samples, bins)
    assert peaks.shape[1] <= bins
    assert (peaks[0].min(), peaks[1].max()) == (samples.min(), samples.max())


@given(parts=st.integers(1, 500), columns=st.integers(1, 900))
def test_columns_keep_the_extremes(parts: int, columns: int) -> None:
    peaks = np.sort(np.random.default_rng(parts).uniform(-1, 1, (2, parts)), axis=0).astype(np.float32)
    found = column_peaks(peaks, columns)
    assert (found[0].min(), found[1].max()) == (peaks[0].min(), peaks[1].max())


def test_a_short_sound_fills_only_its_share() -> None:
    found = column_peaks(np.array([[-1.0], [1.0]], np.float32), 100, share=0.25)
    assert np.all(found[1, :25] == 1) and np.all(found[:, 25:] == 0)


@pytest.mark.parametrize("samples", [np.zeros((1, 0)), np.full((1, 50), np.nan), np.full((2, 50), np.inf), np.ones((1, 1))])
def test_odd_sounds_are_drawn(qtbot, samples: np.ndarray) -> None:
    overview = Overview()
    qtbot.addWidget(overview)
    overview.resize(200, 48)
    overview.show_waveform(samples.astype(np.float32), 22050)
    assert not overview.grab().toImage().isNull()


@pytest.fixture
def overview(qtbot) -> Overview:
    overview = Overview()
    qtbot.addWidget(overview)
    overview.resize(500, 48)
    overview.set_view(CanvasView.whole(Geometry(), 10.0))
    overview.show()
    return overview


def seconds(frame: float) -> float:
    """Seconds of a frame."""
    return frame * Geometry().frame_s


def test_loud_columns_are_drawn_higher(overview: Overview) -> None:
    overview.set_theme(LIGHT)
    samples = np.zeros((1, 22050 * 10), np.float32)
    samples[:, 22050 * 2 : 22050 * 4 : 2] = 0.9
    samples[:, 22050 * 2 + 1 : 22050 * 4 : 2] = -0.9
    overview.show_waveform(samples, 22050)
    image = overview.grab().toImage()
    assert image.pixelColor(150, 10).name() == LIGHT.muted
    assert image.pixelColor(300, 10).name() == LIGHT.surface
    overview.show_waveform(None, 0)
    assert overview.grab().toImage().pixelColor(150, 10).name() == LIGHT.surface


def ten_minutes(level: float) -> np.ndarray:
    """Stereo that is silent but for its second half, and for one sample that nobody finds at a first look."""
    samples = np.zeros((2, 48000 * 600), np.float32)
    samples[:, samples.shape[1] // 2 :: 2] = level
    samples[:, samples.shape[1] // 2 + 1 :: 2] = -level
    samples[1, 12345] = 0.9
    return samples


def test_a_long_sound_is_there_at_once_and_whole_soon(overview: Overview, qtbot) -> None:
    overview.set_theme(LIGHT)
    overview.set_view(CanvasView.whole(Geometry(), 600.0))
    overview.show_waveform(ten_minutes(0.5), 48000)
    image = overview.grab().toImage()
    assert image.pixelColor(400, 16).name() == LIGHT.muted and image.pixelColor(100, 16).name() == LIGHT.surface
    assert image.pixelColor(0, 8).name() == LIGHT.surface
    qtbot.waitUntil(lambda: overview.grab().toImage().pixelColor(0, 8).name() == LIGHT.muted)


def test_a_long_sound_that_is_gone_does_not_come_back(overview: Overview, qtbot) -> None:
    overview.set_theme(LIGHT)
    overview.show_waveform(ten_minutes(0.5), 48000)
    overview.show_waveform(None, 1)
    empty = overview.grab().toImage()
    qtbot.wait(150)
    assert overview.grab().toImage() == empty


@pytest.mark.parametrize("length", [1, 4095, 4096, 4097, 100_000])
def test_a_first_look_sees_steady_sounds_as_they_are(length: int) -> None:
    peaks = first_look(np.full((2, length), 0.25, np.float32))
    assert 1 <= peaks.shape[1] <= 4096 and np.all(peaks == 0.25)


def test_a_click_seeks_while_everything_is_visible(overview: Overview, qtbot) -> None:
    with qtbot.waitSignal(overview.sought) as sought:
        QTest.mouseClick(overview, Qt.MouseButton.LeftButton, pos=QPoint(150, 20))
    assert sought.args == pytest.approx([3.0])


def test_dragging_the_window_moves_its_middle_by_as_much(overview: Overview) -> None:
    frame_s = Geometry().frame_s
    overview.set_view(CanvasView.whole(Geometry(), 10.0).moved_to(2 / frame_s, 4 / frame_s, 0, 80))
    centred: list[float] = []
    overview.centred.connect(lambda frame: centred.append(seconds(frame)))
    QTest.mousePress(overview, Qt.MouseButton.LeftButton, pos=QPoint(180, 20))
    QTest.mouseMove(overview, QPoint(230, 20))
    QTest.mouseRelease(overview, Qt.MouseButton.LeftButton, pos=QPoint(230, 20))
    assert centred == pytest.approx([4.0])


def test_a_press_elsewhere_goes_there(overview: Overview, qtbot) -> None:
    overview.set_view(CanvasView.whole(Geometry(), 10.0).moved_to(0, 100, 0, 80))
    with qtbot.waitSignal(overview.centred) as centred:
        QTest.mouseClick(overview, Qt.MouseButton.LeftButton, pos=QPoint(400, 20))
    assert seconds(centred.args[0]) == pytest.approx(8.0)


def test_the_playhead_paints_only_itself(overview: Overview) -> None:
    overview.set_playhead(5.0)
    image = overview.grab().toImage()
    assert image.pixelColor(250, 3).name() == "#e8eaee"
    overview.set_playhead(None)
    assert overview.grab().toImage().pixelColor(250, 3).name() != "#e8eaee"
