"""Ten minutes of sound: showing, zooming and panning them must not hold up the window.

What is measured of showing is how long the window's thread computes between two ticks of a timer, the longest of all, the best of several
tries. Seconds of the processor, not of the clock: a machine that is busy with something else makes gaps of its own, which nobody can help.
The bound is measured beside it, so that slow machines have more time. Showing may take half of what the same pictures take when they are
made at once: a window that makes them in its own thread needs all of it and more, one that makes them elsewhere a fifth.

What is measured of moving is the memory that it asks for, which is the same on every machine. It may be a little more than in a sound of
ten seconds; a copy of the whole picture alone would need more.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer

from engine.masks import Mask
from engine.types import Spectrogram
from gui.canvas import SpectrogramCanvas
from gui.canvas_image import halvings
from gui.overview import waveform_peaks
from tests.gui.canvas_kit import GEOMETRY

FRAMES = 51680
TRIES = 4


class Turns:
    """The longest turn of the event loop, in seconds in which this thread computed."""

    def __init__(self) -> None:
        self.count, self.longest_s = 0, 0.0
        self._last_s = time.thread_time()
        self._timer = QTimer(interval=5, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _tick(self) -> None:
        now_s = time.thread_time()
        self.longest_s, self._last_s = max(self.longest_s, now_s - self._last_s), now_s
        self.count += 1


@pytest.fixture(scope="module")
def log_mel() -> np.ndarray:
    return np.random.default_rng(1).normal(-40.0, 15.0, (80, FRAMES)).astype(np.float32)


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    return np.random.default_rng(2).random((2, 48000 * 600), np.float32) - np.float32(0.5)


@pytest.fixture
def canvas(qtbot) -> Iterator[SpectrogramCanvas]:
    canvas = SpectrogramCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(1200, 700)
    with qtbot.waitExposed(canvas):
        canvas.show()
    return canvas


def longest_turn_s(qtbot, action: Callable[[], object], until: Callable[[], bool] = lambda: True) -> float:
    """The longest turn while an action runs in the event loop, and after it."""
    done: list[int] = []
    turns = Turns()
    QTimer.singleShot(10, lambda: (action(), done.append(turns.count)))
    qtbot.waitUntil(lambda: bool(done) and turns.count >= done[0] + 3 and until())
    return turns.longest_s


def at_once_s(log_mel: np.ndarray, samples: np.ndarray) -> float:
    """Seconds that the pictures of the take need."""
    begun_s = time.thread_time()
    halvings(log_mel)
    waveform_peaks(samples)
    return time.thread_time() - begun_s


def show_all(canvas: SpectrogramCanvas, log_mel: np.ndarray) -> None:
    """A picture with everything over it."""
    frames, cells = log_mel.shape[1], (GEOMETRY.rows, GEOMETRY.frames_to_cols(log_mel.shape[1]))
    mask = Mask.of(np.ones((80, frames), np.float32))
    canvas.show_picture(Spectrogram(log_mel, GEOMETRY), frames * GEOMETRY.frame_s, keep_view=False)
    canvas.show_mask(mask, ((mask, 0),), 0)
    canvas.show_cells(np.arange(cells[0] * cells[1]).reshape(cells) % 3 == 0, np.full(cells, 0.4, np.float32), GEOMETRY)


def test_showing_does_not_hold_up_the_window(qtbot, canvas: SpectrogramCanvas, log_mel: np.ndarray, samples: np.ndarray) -> None:
    def show() -> None:
        canvas.show_picture(Spectrogram(log_mel, GEOMETRY), FRAMES * GEOMETRY.frame_s)
        canvas.show_waveform(samples, 48000)

    turns, whole = [], []
    for _ in range(TRIES):
        turns.append(longest_turn_s(qtbot, show, lambda: not canvas.picture.mel.is_coarse))
        whole.append(at_once_s(log_mel, samples))
    assert min(turns) < min(whole) / 2, (turns, whole)


def asked_for_bytes(canvas: SpectrogramCanvas, move: Callable[[], object]) -> int:
    """The most memory that arrays need at the same time while the picture is moved and painted."""
    tracemalloc.start()
    move()
    canvas.grab()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def test_moving_does_not_redo_the_picture(qtbot, canvas: SpectrogramCanvas, log_mel: np.ndarray) -> None:
    moves = (canvas.zoom_in, canvas.zoom_in, lambda: canvas.pan(0.2, 0.1), lambda: canvas.pan(-0.3, 0.0), canvas.zoom_out, canvas.fit)
    most: list[int] = []
    for picture in (log_mel[:, :848], log_mel):
        show_all(canvas, picture)
        qtbot.waitUntil(lambda: not canvas.picture.mel.is_coarse)
        canvas.grab()
        most.append(max(asked_for_bytes(canvas, move) for move in moves))
    short, long = most
    assert long < 1.2 * short < log_mel.nbytes, (short, long)
