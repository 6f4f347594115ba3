"""How fluid the window is while the engine works, and how soon it is there: ``python -m tests.benchmarks.window``.

A frame is what the Qt thread does between two ticks of the playhead: moving it, handling what the engine sent, repainting. The same frames
are timed side by side while nothing runs, so that a slow machine is told from a slow program. Limits: median 20 ms, 99th percentile 50 ms.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
_FIRST_PAINT = """
import time
begun = {begun}
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
import gui.app, gui.main_window
paint = gui.main_window.MainWindow.paintEvent
def painted(self, event):
    paint(self, event)
    print("painted", time.time() - begun, time.process_time(), flush=True)
    QTimer.singleShot(0, QApplication.instance().quit)
gui.main_window.MainWindow.paintEvent = painted
gui.app.run_studio([])
"""


def frame_times(takes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Milliseconds per frame while nothing runs and while takes are generated with live previews."""
    from PySide6.QtWidgets import QApplication

    from gui.settings import Settings
    from gui.studio import Studio

    app = QApplication.instance() or QApplication([])
    studio = Studio(app, Settings(Path(tempfile.mkdtemp()) / "settings.ini"), ROOT / "models")
    studio.window.show()
    studio.start()
    _frames(studio, lambda: studio.controller.pack is None)
    studio.session.change("Prompt", prompt="heavy rain on a tin roof")
    studio.run()
    _frames(studio, lambda: studio.controller.run is not None)
    began = time.perf_counter()
    idle = _frames(studio, lambda: time.perf_counter() - began < 3)
    busy = []
    for _ in range(takes):
        studio.run()
        busy += _frames(studio, lambda: studio.controller.run is not None)
    studio.shut_down()
    return np.array(idle), np.array(busy)


def _frames(studio: object, going: object) -> list[float]:
    """Times frames at 60 a second as long as ``going()``."""
    times, tick = [], 0
    while going():
        begun = time.perf_counter()
        tick += 1
        studio.window.canvas.set_playhead(tick / 60 % 10)
        studio.app.processEvents()
        studio.window.canvas.repaint()
        times.append(1000 * (time.perf_counter() - begun))
        time.sleep(max(0.0, 1 / 60 - times[-1] / 1000))
    return times


def long_take_gaps_ms(tries: int = 5) -> list[tuple[float, float]]:
    """The longest turn of the event loop while ten minutes are shown, by the clock and of the processor; the first try is cold."""
    from PySide6.QtWidgets import QApplication

    from engine.geometry import Geometry
    from engine.types import Spectrogram
    from gui.canvas import SpectrogramCanvas

    app = QApplication.instance() or QApplication([])
    canvas, geometry = SpectrogramCanvas(), Geometry()
    canvas.resize(1200, 700)
    canvas.show()
    log_mel = np.random.default_rng(1).normal(-40.0, 15.0, (80, 51680)).astype(np.float32)
    samples = np.random.default_rng(2).random((2, 48000 * 600), np.float32) - np.float32(0.5)
    gaps = []
    for _ in range(tries):
        app.processEvents()
        turns = [_now()]
        canvas.show_picture(Spectrogram(log_mel, geometry), 51680 * geometry.frame_s)
        canvas.show_waveform(samples, 48000)
        while turns[-1][0] - turns[0][0] < 0.5:
            app.processEvents()
            turns.append(_now())
            time.sleep(0.002)
        gaps.append(tuple(1000 * np.diff(turns, axis=0).max(axis=0)))
    return gaps


def _now() -> tuple[float, float]:
    """Seconds by the clock, and for which this thread has computed."""
    return time.perf_counter(), time.thread_time()


def first_paint_s(tries: int = 3) -> list[tuple[float, float]]:
    """Seconds from the start of a process to the first paint of the window, and those of the processor, the first try being cold."""
    seconds = []
    with tempfile.TemporaryDirectory() as home:
        for _ in range(tries):
            code = _FIRST_PAINT.format(begun=time.time())
            environment = {**os.environ, "XDG_DATA_HOME": home, "XDG_CONFIG_HOME": home, "PYTHONPATH": str(ROOT)}
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, cwd=ROOT, env=environment)
            clock, processor = done.stdout.split("painted")[1].split()[:2]
            seconds.append((float(clock), float(processor)))
    return seconds


def main() -> None:
    """Prints the figures."""
    print("first paint, s (of the processor):", ", ".join(f"{clock:.2f} ({processor:.2f})" for clock, processor in first_paint_s()))
    gaps = ", ".join(f"{clock:.0f} ({processor:.0f})" for clock, processor in long_take_gaps_ms())
    print("longest gap while ten minutes are shown, ms (of the processor):", gaps)
    for name, times in zip(("idle", "generating"), frame_times(), strict=True):
        low, high = np.percentile(times, [50, 99])
        print(f"{name:11} {len(times):5d} frames   median {low:5.1f} ms   99th percentile {high:5.1f} ms")


if __name__ == "__main__":
    main()
