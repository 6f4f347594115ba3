"""The player on a device that the test turns by hand: states, positions, devices that come and go."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from engine.types import Clip
from gui import playback_sources, player
from gui.output import DeviceInfo, Output, OutputError
from gui.player import Player

ROOT = Path(__file__).parents[2]
RATE = 48000


class FakeStream:
    latency = 0.0

    def __init__(self, callback, channels):
        self.callback, self.channels, self.active, self.steps = callback, channels, True, []

    def stop(self):
        self.steps.append("stop")
        self.active = False

    def close(self):
        self.steps.append("close")

    def pump(self, frames):
        out = np.full((frames, self.channels), np.nan, np.float32)
        self.callback(out, frames, None, type("Status", (), {"output_underflow": False}))
        assert np.isfinite(out).all()
        return out


class FakeOutput:
    """Two devices at different rates; ``refuses`` lists those that cannot be opened."""

    problem = ""

    def __init__(self):
        self.rates = {"Built-in": RATE, "Headphones": 44100}
        self.refuses = set()
        self.streams = []
        self.refreshed = 0
        self.stuck = None

    def devices(self):
        return [DeviceInfo(name, 2, rate, name == "Built-in") for name, rate in self.rates.items()]

    def format(self, name):
        return self.rates[name or "Built-in"], 2

    def open(self, name, form, callback):
        if (name or "Built-in") in self.refuses:
            raise OutputError("It cannot be opened.")
        assert form == self.format(name)
        self.streams.append(FakeStream(callback, form[1]))
        return self.streams[-1]

    def release(self, stream):
        def let_go():
            if self.stuck is not None:
                self.stuck.wait(20)
            stream.stop()
            stream.close()

        thread = threading.Thread(target=let_go, daemon=True)
        thread.start()
        return thread

    def refresh(self):
        assert all(stream.steps == ["stop", "close"] for stream in self.streams)
        self.refreshed += 1

    @property
    def stream(self):
        return self.streams[-1]


@pytest.fixture
def output():
    return FakeOutput()


@pytest.fixture
def playing(qtbot, output):
    """A player with a second of a slow ramp; every frame has its own value."""
    made = Player(output)
    made.set_clip(_clip(1.0))
    yield made
    made.close()


def _clip(seconds, rate=RATE, sign=1.0):
    samples = sign * np.linspace(0.01, 0.9, round(seconds * rate), dtype=np.float32)
    return Clip(samples[None], rate)


def test_plays_to_the_end(qtbot, playing, output):
    states = []
    playing.state_changed.connect(states.append)
    playing.play()
    assert playing.playing
    with qtbot.waitSignals([playing.finished, playing.position_changed, playing.levels_changed]):
        heard = np.concatenate([output.stream.pump(5000) for _ in range(10)])
    np.testing.assert_array_equal(heard[:RATE, 0], _clip(1.0).samples[0])
    assert states == [True, False]
    assert playing.position_s == pytest.approx(1.0)
    playing.play()
    assert output.stream.pump(10)[0, 0] == pytest.approx(0.01)


def test_playhead_returns_if_wanted(qtbot, playing, output):
    playing.returns = True
    playing.play(0.25)
    with qtbot.waitSignal(playing.finished):
        output.stream.pump(RATE)
    assert playing.position_s == pytest.approx(0.25)


def test_position_follows_and_stays_where_it_was_stopped(qtbot, playing, output):
    playing.play(0.25)
    with qtbot.waitSignal(playing.position_changed, check_params_cb=lambda seconds: seconds > 0.3):
        for _ in range(6):
            output.stream.pump(1024)
    stopped_s = playing.position_s
    playing.stop()
    assert not playing.playing
    assert playing.position_s == pytest.approx(stopped_s, abs=0.02)
    playing.toggle()
    assert playing.playing
    playing.toggle()
    assert not playing.playing


def test_latency_delays_the_playhead_and_the_end(qtbot, playing, output):
    playing.play()
    output.stream.latency = 0.2
    output.stream.pump(RATE // 2)
    assert playing.position_s == pytest.approx(0.3, abs=0.05)
    output.stream.pump(RATE // 2 + 100)
    with qtbot.assertNotEmitted(playing.finished, wait=60):
        pass
    with qtbot.waitSignal(playing.finished):
        output.stream.pump(RATE // 4)


def test_seek_and_loop(playing, output):
    playing.seek(5.0)
    assert playing.position_s == pytest.approx(1.0)
    playing.seek(0.5)
    assert playing.position_s == pytest.approx(0.5)
    playing.set_loop(0.25, 0.5)
    playing.play(0.25)
    heard = np.concatenate([output.stream.pump(777) for _ in range(70)])
    loop = _clip(1.0).samples[0, RATE // 4 : RATE // 2]
    np.testing.assert_array_equal(heard[len(loop) : 3 * len(loop), 0], np.tile(loop, 2))
    playing.set_loop(None, None)
    playing.seek(0.9)
    heard = output.stream.pump(RATE)
    assert heard[1000:4000].any() and not heard[6000:].any()


def test_ab_at_the_same_position(playing, output):
    playing.play()
    output.stream.pump(10000)
    playing.set_clip(_clip(1.0, sign=-1.0), gain_db=-6.0)
    heard = output.stream.pump(10000)
    expected = -_clip(1.0).samples[0, 10000:20000] * 10 ** (-6 / 20)
    np.testing.assert_allclose(heard[1000:, 0], expected[1000:], atol=1e-6)
    assert playing.playing and len(output.streams) == 1


def test_another_clip_from_its_beginning(playing, output):
    playing.seek(0.75)
    playing.set_clip(_clip(0.5))
    assert playing.position_s == pytest.approx(0.5)
    playing.set_clip(_clip(1.0), keep_position=False)
    assert playing.position_s == 0.0
    playing.set_clip(None)
    playing.play()
    assert not playing.playing and playing.duration_s == 0.0


def test_volume(playing, output):
    playing.set_volume(0.5)
    playing.play()
    np.testing.assert_allclose(output.stream.pump(100)[:, 0], 0.5 * _clip(1.0).samples[0, :100], rtol=1e-6)
    playing.set_volume(0.0)
    assert not output.stream.pump(1000)[500:].any()


def test_long_clips_are_prepared_in_the_background(qtbot, playing, output, monkeypatch):
    monkeypatch.setattr(playback_sources, "AT_ONCE_S", 0.1)
    threads = []
    prepare = playback_sources.device_frames
    monkeypatch.setattr(playback_sources, "device_frames", lambda *about: threads.append(threading.current_thread()) or prepare(*about))
    playing.set_clip(_clip(2.0, rate=22050), keep_position=False)
    playing.play(0.5)
    assert not playing.playing and playing.position_s == 0.5
    qtbot.waitUntil(lambda: playing.playing)
    assert threads and threading.main_thread() not in threads
    assert output.stream.pump(2000)[1000:].any()


def test_device_at_another_rate_plays_at_the_same_speed(playing, output):
    playing.seek(0.5)
    playing.set_device("Headphones")
    assert playing.position_s == pytest.approx(0.5)
    playing.play()
    output.stream.pump(4410)
    output.stream.latency = 0.0
    assert playing.position_s == pytest.approx(0.6, abs=0.11)
    heard = output.stream.pump(4410)[-1, 0]
    assert heard == pytest.approx(0.01 + 0.89 * 0.7, abs=0.01)


def test_device_is_changed_while_playing(qtbot, playing, output):
    playing.play(0.25)
    output.stream.pump(2048)
    playing.set_device("Headphones")
    assert playing.playing and len(output.streams) == 2
    assert playing.position_s == pytest.approx(0.29, abs=0.05)
    qtbot.waitUntil(lambda: output.streams[0].steps == ["stop", "close"])


def test_stalled_stream_is_noticed(qtbot, playing, output, monkeypatch):
    monkeypatch.setattr(player, "_WAKE_S", 0.5)
    playing.set_device("Headphones")
    playing.play(0.25)
    output.stream.pump(4410)
    with qtbot.waitSignal(playing.state_changed, timeout=3000), qtbot.waitSignal(playing.device_lost, timeout=3000) as lost:
        pass
    assert "Headphones" in lost.args[0]
    assert not playing.playing and playing.device is None
    assert 0.25 <= playing.position_s <= 0.36
    qtbot.waitUntil(lambda: output.stream.steps == ["stop", "close"])
    playing.play()
    assert playing.playing and output.refreshed == 1 and len(output.streams) == 2


def test_stream_that_hangs_when_it_is_closed_does_not_hang_the_window(qtbot, playing, output, monkeypatch):
    monkeypatch.setattr(player, "_RELEASE_S", 0.05)
    output.stuck = threading.Event()
    playing.play()
    output.stream.active = False
    with qtbot.waitSignal(playing.device_lost):
        pass
    playing.refresh_devices()
    assert output.refreshed == 0
    output.stuck.set()


def test_device_that_cannot_be_opened(qtbot, playing, output):
    output.refuses.add("Headphones")
    playing.set_device("Headphones")
    with qtbot.waitSignal(playing.device_lost) as lost:
        playing.play(0.5)
    assert lost.args == ["It cannot be opened."]
    assert not playing.playing and playing.device is None
    playing.play()
    assert playing.playing


def test_devices_are_looked_for_again(qtbot, playing, output):
    playing.set_device("Headphones")
    playing.play()
    del output.rates["Headphones"]
    with qtbot.waitSignal(playing.devices_changed) as changed:
        playing.refresh_devices()
    assert [device.name for device in changed.args[0]] == ["Built-in"]
    assert playing.device is None and not playing.playing and output.refreshed == 1


def test_stream_is_given_back_when_nothing_plays(qtbot, playing, output):
    playing.play()
    output.stream.pump(100)
    playing.stop()
    qtbot.waitUntil(lambda: output.stream.steps == ["stop", "close"], timeout=3000)
    playing.play()
    assert len(output.streams) == 2


WITHOUT_PORTAUDIO = """
import ctypes.util
ctypes.util.find_library = lambda name: None
from PySide6.QtCore import QCoreApplication
application = QCoreApplication([])
import numpy as np
from engine.types import Clip
from gui.player import Player
player = Player()
told = []
player.device_lost.connect(told.append)
player.set_clip(Clip(np.zeros((1, 22050), np.float32), 22050))
player.seek(0.5)
player.play()
player.refresh_devices()
assert player.position_s == 0.5 and not player.playing and player.devices() == []
assert told == [player.problem]
player.close()
print(player.problem)
"""


def test_without_the_sound_library_the_program_starts():
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.run(
        [sys.executable, "-c", WITHOUT_PORTAUDIO], capture_output=True, text=True, timeout=120, env=environment, cwd=ROOT
    )
    assert child.returncode == 0, child.stderr
    assert "There is no sound output" in child.stdout and child.stdout.strip().endswith(".")


class FakeLibrary:
    """Just enough of the sound library: two devices of one name, the second one the default and fussy about its rate."""

    class PortAudioError(Exception):
        pass

    def __init__(self):
        self.default = type("Default", (), {"device": (0, 1)})
        self.restarts = []

    def query_devices(self):
        shared = {"name": "USB Audio", "default_samplerate": 44100.0, "max_output_channels": 2}
        microphone = {**shared, "name": "Mic", "max_output_channels": 0}
        return [
            {**device, "hostapi": 0, "index": index}
            for index, device in enumerate((shared, {**shared, "max_output_channels": 8}, microphone))
        ]

    def query_hostapis(self):
        return [{"name": "ALSA", "default_output_device": 1}]

    def check_output_settings(self, device, channels, dtype, samplerate):
        if device == 1 and samplerate != 96000:
            raise self.PortAudioError("Invalid sample rate")

    def OutputStream(self, **about):
        raise self.PortAudioError("Device unavailable")

    def _terminate(self):
        self.restarts.append("terminate")

    def _initialize(self):
        self.restarts.append("initialize")


def test_devices_of_the_library(qtbot, monkeypatch):
    library = FakeLibrary()
    monkeypatch.setattr("gui.output._load_library", lambda: (library, ""))
    output = Output()
    assert output.devices() == [DeviceInfo("USB Audio", 2, 44100), DeviceInfo("USB Audio 2", 8, 44100, is_default=True)]
    assert output.format("USB Audio") == (44100, 2)
    assert output.format(None) == (96000, 2)
    with pytest.raises(OutputError, match="Device unavailable"):
        output.open(None, (96000, 2), lambda *about: None)
    with pytest.raises(OutputError, match="Gone"):
        output.format("Gone")
    output.refresh()
    assert library.restarts == ["terminate", "initialize"]
