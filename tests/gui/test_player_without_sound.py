"""The player in programs of their own where the sound library is missing or never answers."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

WITHOUT_PORTAUDIO = """
import ctypes.util
ctypes.util.find_library = lambda name: None
from PySide6.QtCore import QCoreApplication, QTimer
application = QCoreApplication([])
import numpy as np
from engine.types import Clip
from gui.player import Player
player = Player()
told = []
player.device_lost.connect(told.append)
player.device_lost.connect(player.refresh_devices)
player.devices_changed.connect(application.quit)
player.set_clip(Clip(np.zeros((1, 22050), np.float32), 22050))
player.seek(0.5)
player.play()
QTimer.singleShot(60000, application.quit)
application.exec()
assert player.position_s == 0.5 and not player.playing and player.devices() == []
assert told == [player.problem]
player.close()
print(player.problem)
"""

HANGS = """
import sys, threading, time, types
from PySide6.QtCore import QCoreApplication
library = types.ModuleType("sounddevice")
library.PortAudioError = OSError
asked = threading.Event()

def query_devices():
    asked.set()
    threading.Event().wait()

import atexit
library.query_devices = query_devices
library._exit_handler = query_devices
sys.modules["sounddevice"] = library
atexit.register(library._exit_handler)
application = QCoreApplication([])
from gui.player import Player
player = Player()
player.devices()
asked.wait()
began_s = time.monotonic()
player.close()
assert time.monotonic() - began_s < 5
"""


def _ended(script):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, env=environment, cwd=ROOT)
    assert child.returncode == 0, child.stderr
    return child.stdout.strip()


def test_without_the_sound_library_the_program_starts():
    told = _ended(WITHOUT_PORTAUDIO)
    assert "There is no sound output" in told and told.endswith(".")


def test_a_sound_system_that_hangs_does_not_keep_the_program_alive():
    _ended(HANGS)
