"""The window does not wait for a sound system that takes its time."""

import contextlib
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer

from engine.types import Clip
from gui.player import Player

LONGEST_GAP_S = 0.08
"""Less than the quickest call of the slow library takes; the rest is room for a machine that is busy with other things."""

LIMIT_MS = 60_000


def _delays_s():
    """Seconds for which each thread of this program was ready to run but got no processor; empty if the system does not tell."""
    found = {}
    for path in Path("/proc/self/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):
            found[path.parent.name] = int(path.read_text(encoding="ascii").split()[1]) / 1e9
    return found


class Pulse(QTimer):
    """Notes the longest time for which the event loop did not come round, less what other programs took from this one."""

    def __init__(self):
        super().__init__(interval=5, timerType=Qt.TimerType.PreciseTimer)
        self.longest_s = 0.0
        self._last_s, self._delays_s = time.perf_counter(), _delays_s()
        self.timeout.connect(self._beat)
        self.start()

    def _beat(self):
        now_s, delays_s = time.perf_counter(), _delays_s()
        # All threads: one of them may hold the interpreter's lock while it waits for a processor.
        taken_s = sum(delays_s[thread] - before for thread, before in self._delays_s.items() if thread in delays_s)
        self.longest_s = max(self.longest_s, now_s - self._last_s - taken_s)
        self._last_s, self._delays_s = now_s, delays_s


class SlowStream:
    """Takes a buffer every 10 ms."""

    latency = 0.02

    def __init__(self, library, about):
        self._library, self._about, self._gone = library, about, threading.Event()
        library.wait("OutputStream")

    @property
    def active(self):
        self._library.wait("active")
        return not self._gone.is_set()

    def start(self):
        self._library.wait("start")
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        out, status = np.empty((480, 2), np.float32), SimpleNamespace(output_underflow=False)
        while not self._gone.wait(0.01):
            self._about["callback"](out, len(out), None, status)
        self._about["finished_callback"]()

    def stop(self):
        self._library.wait("stop")
        self._gone.set()

    def close(self):
        self._library.wait("close")

    def vanish(self):
        self._gone.set()


class SlowLibrary:
    """A sound library each of whose calls takes ``call_s`` seconds; notes who calls."""

    class PortAudioError(Exception):
        pass

    def __init__(self, call_s):
        self.call_s, self.calls, self.callers, self.streams = call_s, [], set(), []
        self.default = SlowDefault(self)

    def wait(self, name):
        self.calls.append(name)
        self.callers.add(threading.current_thread())
        time.sleep(self.call_s)

    def load(self):
        self.wait("load")
        return self, ""

    def query_devices(self):
        self.wait("query_devices")
        shared = {"default_samplerate": 48000.0, "max_output_channels": 2, "hostapi": 0}
        return [{**shared, "name": name, "index": index} for index, name in enumerate(("Built-in", "Headphones"))]

    def query_hostapis(self):
        self.wait("query_hostapis")
        return [{"name": "ALSA", "default_output_device": 0}]

    def check_output_settings(self, **about):
        self.wait("check_output_settings")

    def OutputStream(self, **about):
        self.streams.append(SlowStream(self, about))
        return self.streams[-1]

    def _terminate(self):
        self.wait("terminate")

    def _initialize(self):
        self.wait("initialize")


class SlowDefault:
    def __init__(self, library):
        self._library = library

    @property
    def device(self):
        self._library.wait("default")
        return (0, 0)


@pytest.mark.parametrize("call_s", [0.1, pytest.param(0.5, marks=pytest.mark.slow)])
def test_the_event_loop_never_waits_for_the_sound_system(qtbot, monkeypatch, call_s):
    library = SlowLibrary(call_s)
    monkeypatch.setattr("gui.output._load_library", library.load)
    player = Player()
    began_s = time.perf_counter()
    pulse = Pulse()

    with qtbot.waitSignal(player.devices_changed, timeout=LIMIT_MS) as listed:
        player.devices()
    assert [device.name for device in listed.args[0]] == ["Built-in", "Headphones"]
    player.set_clip(Clip(np.full((1, 48000 * 10), 0.1, np.float32), 48000))
    player.play(0.5)
    qtbot.waitUntil(lambda: player.playing, timeout=LIMIT_MS)
    with qtbot.waitSignal(player.position_changed, timeout=LIMIT_MS, check_params_cb=lambda seconds: seconds > 0.6):
        player.set_device("Headphones")
    with qtbot.waitSignal(player.devices_changed, timeout=LIMIT_MS):
        player.refresh_devices()
    assert player.device == "Headphones"
    player.play()
    qtbot.waitUntil(lambda: player.playing, timeout=LIMIT_MS)
    with qtbot.waitSignal(player.device_lost, timeout=LIMIT_MS):
        library.streams[-1].vanish()
    assert not player.playing and player.device is None
    player.play()
    qtbot.waitUntil(lambda: player.playing, timeout=LIMIT_MS)
    waited_s = time.perf_counter() - began_s
    pulse.stop()
    player.close()

    assert threading.main_thread() not in library.callers
    assert {"load", "query_devices", "terminate", "initialize", "OutputStream", "start", "stop", "close"} <= set(library.calls)
    assert len(library.streams) == 4 and waited_s > 20 * call_s
    assert pulse.longest_s < LONGEST_GAP_S


def test_a_wait_in_the_event_loop_would_be_seen(qtbot):
    pulse = Pulse()
    qtbot.wait(50)
    time.sleep(2 * LONGEST_GAP_S)
    qtbot.wait(50)
    assert pulse.longest_s > LONGEST_GAP_S
