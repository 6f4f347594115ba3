"""Through a real sound server: what the player plays is what the device gets."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soxr

from tests.gui.audio_device import RATE, missing_programs, null_sink, read_recording

ROOT = Path(__file__).parents[2]

PLAY = """
import sys, time
import numpy as np
from PySide6.QtCore import QCoreApplication, QTimer
from engine.types import Clip
from gui.player import Player
application = QCoreApplication([])
player = Player()
told, positions = [], []
player.device_lost.connect(told.append)
player.device_lost.connect(lambda _: application.quit())
player.position_changed.connect(lambda seconds: positions.append((time.perf_counter(), seconds)))
player.finished.connect(lambda: QTimer.singleShot(300, application.quit))
player.set_clip(Clip(np.load(sys.argv[1]), int(sys.argv[2])))
player.devices_changed.connect(lambda: application.quit() if player.problem else player.play())
player.devices()
QTimer.singleShot(20000, application.quit)
application.exec()
player.close()
if player.problem:
    print("NO LIBRARY"); sys.exit(0)
assert not told, told
moving = np.array(positions[5:-2])
print(len(player.devices()), player.underflows, player.position_s, *np.polyfit(moving[:, 0], moving[:, 1], 1)[:1])
"""


@pytest.fixture(scope="module")
def sink(tmp_path_factory):
    if missing_programs():
        pytest.skip(f"needs {', '.join(missing_programs())}")
    with null_sink(tmp_path_factory.mktemp("sound")) as running:
        yield running


def _noise(rate, seconds=1.5):
    """Noise with an envelope, well below both Nyquist frequencies."""
    rng = np.random.default_rng(3)
    count = round(rate * seconds)
    spectrum = np.fft.rfft(rng.standard_normal((2, count)))
    spectrum[:, np.fft.rfftfreq(count, 1 / rate) > 8000] = 0
    noise = np.fft.irfft(spectrum, count) * np.hanning(count)
    return (0.5 * noise / np.abs(noise).max()).astype(np.float32)


def _aligned(heard, expected):
    """The part of ``heard`` where ``expected`` fits best, by cross-correlation of the first channels."""
    size = 1 << (len(heard) + len(expected)).bit_length()
    product = np.fft.rfft(heard[:, 0], size) * np.conj(np.fft.rfft(expected[:, 0], size))
    lag = int(np.argmax(np.fft.irfft(product, size)[: len(heard)]))
    return heard[lag : lag + len(expected)]


@pytest.mark.parametrize("rate", [RATE, 22050])
def test_the_device_gets_the_clip(sink, tmp_path, rate):
    clip = _noise(rate)
    np.save(tmp_path / "clip.npy", clip)
    environment = {**sink.environment, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", PLAY, str(tmp_path / "clip.npy"), str(rate)]
    with sink.recording() as path:
        child = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert child.returncode == 0, child.stderr
    if "NO LIBRARY" in child.stdout:
        pytest.skip("needs PortAudio")
    devices, underflows, position_s, speed = map(float, child.stdout.split())
    assert devices >= 1 and position_s == pytest.approx(1.5, abs=0.001)
    assert speed == pytest.approx(1.0, abs=0.15)
    expected = soxr.resample(clip.T, rate, RATE, quality="VHQ") if rate != RATE else clip.T
    heard = _aligned(read_recording(path), expected)
    assert heard.shape == expected.shape, f"cut off, {underflows:.0f} underflows"
    if rate == RATE:
        np.testing.assert_array_equal(heard, expected, f"{underflows:.0f} underflows")
    else:
        error_db = 10 * np.log10(np.mean((heard - expected) ** 2) / np.mean(expected**2))
        assert error_db < -100, f"{underflows:.0f} underflows"


LOSE = """
import numpy as np
from PySide6.QtCore import QCoreApplication, QTimer
from engine.types import Clip
from gui.player import Player
application = QCoreApplication([])
player = Player()
player.position_changed.connect(lambda seconds: seconds > 0.1 and not player.underflows and print("PLAYING", flush=True))
player.device_lost.connect(lambda sentence: (print("LOST", sentence, player.playing, flush=True), application.quit()))
player.set_clip(Clip(np.full((1, 25 * 44100), 0.1, np.float32), 44100))
player.devices_changed.connect(lambda: (print("NO LIBRARY", flush=True), application.quit()) if player.problem else player.play())
player.devices()
QTimer.singleShot(30000, application.quit)
application.exec()
player.close()
"""


def test_a_sound_server_that_goes_away_is_noticed(tmp_path):
    if missing_programs():
        pytest.skip(f"needs {', '.join(missing_programs())}")
    with null_sink(tmp_path) as own:
        environment = {**own.environment, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
        child = subprocess.Popen(
            [sys.executable, "-c", LOSE], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
        first = child.stdout.readline()
    try:
        told, errors = child.communicate(timeout=60)
    finally:
        child.kill()
    if "NO LIBRARY" in first:
        pytest.skip("needs PortAudio")
    assert "PLAYING" in first, errors
    assert child.returncode == 0, errors
    assert "stopped answering" in told and "False" in told
