"""The whole walk in a real window on a real display: a prompt is typed, Space plays, and the sound server hears the take."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soxr

from tests.gui.audio_device import RATE, missing_programs, null_sink, read_recording
from tests.gui.test_real_device import _aligned
from tests.tiny import write_tiny_pack

ROOT = Path(__file__).parents[2]

WALK = """
import sys
from pathlib import Path
import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from gui.settings import Settings
from gui.studio import Studio

folder = Path(sys.argv[1])
app = QApplication([])
settings = Settings(folder / "settings.ini")
settings.set("listening.auto_play", False)
studio = Studio(app, settings, folder / "packs")
window, steps = studio.window, []

def go_on():
    if not steps and studio.controller.pack:
        studio.session.change("Duration", duration_s=2.0)
        QTest.keyClicks(window.prompt_bar._field, "rain")
        QTest.keyClick(window.prompt_bar._field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        steps.append("typed")
    elif steps == ["typed"] and studio.session.document.takes and studio.controller.run is None:
        np.save(folder / "take.npy", studio.session.document.current_entry.take.clip.samples)
        window.canvas.setFocus()
        QTest.keyClick(window.canvas.picture, Qt.Key.Key_Space)
        steps.append("played")

timer = QTimer(interval=50)
timer.timeout.connect(go_on)
timer.start()
# Not quit: that would ask whether to save.
studio.player.finished.connect(lambda: QTimer.singleShot(500, app.exit))
window.first_painted.connect(studio.start)
window.show()
window.activateWindow()
QTimer.singleShot(100_000, app.exit)
app.exec()
print(app.platformName(), *steps, studio.player.underflows, flush=True)
studio.shut_down()
"""


@pytest.fixture
def display():
    """Number of an X server of our own."""
    if shutil.which("Xvfb") is None:
        pytest.skip("needs Xvfb")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"], pass_fds=(write,), stderr=subprocess.DEVNULL
    )
    os.close(write)
    with os.fdopen(read) as told:
        number = told.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait()


@pytest.mark.slow
def test_the_take_is_heard(tmp_path, display):
    if missing_programs():
        pytest.skip(f"needs {', '.join(missing_programs())}")
    write_tiny_pack(tmp_path / "packs" / "embedded")
    with null_sink(tmp_path) as sink:
        environment = {**sink.environment, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "OMP_NUM_THREADS": "1"}
        with sink.recording() as recording:
            command = [sys.executable, "-c", WALK, str(tmp_path)]
            done = subprocess.run(command, capture_output=True, text=True, timeout=200, cwd=ROOT, env=environment)
        assert done.returncode == 0, done.stderr
        assert done.stdout.split()[:3] == ["xcb", "typed", "played"]
        heard = read_recording(recording)
    take = soxr.resample(np.load(tmp_path / "take.npy")[0], 22050, RATE, quality="VHQ")
    expected = np.stack([take, take], axis=1).astype(np.float32)
    part = _aligned(heard, expected)
    error = np.sqrt(np.mean((part - expected) ** 2)) / np.sqrt(np.mean(expected**2))
    assert error < 0.01
