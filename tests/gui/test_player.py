"""The player on a device that the test turns by hand: states, positions, devices that come and go."""

import threading
from time import monotonic

import numpy as np
import pytest

from engine.types import Clip
from gui import playback_sources, player, sound_device
from gui.output import DeviceInfo, OutputError
from gui.player import Player

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
    """Two devices at different rates; ``refuses`` lists those that cannot be opened, ``gate`` lets the next stream be opened."""

    problem = ""

    def __init__(self):
        self.rates = {"Built-in": RATE, "Headphones": 44100}
        self.refuses = set()
        self.streams = []
        self.refreshed = 0
        self.stuck = None
        self.gate = threading.Event()
        self.gate.set()

    def devices(self):
        return [DeviceInfo(name, 2, rate, name == "Built-in") for name, rate in self.rates.items()]

    def format(self, name):
        return self.rates[name or "Built-in"], 2

    def open(self, name, form, callback):
        self.opening = name
        assert self.gate.wait(20)
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


def _play(qtbot, player, *from_s):
    """Plays and waits until it does."""
    player.play(*from_s)
    qtbot.waitUntil(lambda: player.playing)


def _clip(seconds, rate=RATE, sign=1.0):
    samples = sign * np.linspace(0.01, 0.9, round(seconds * rate), dtype=np.float32)
    return Clip(samples[None], rate)


def test_plays_to_the_end(qtbot, playing, output):
    states = []
    playing.state_changed.connect(states.append)
    _play(qtbot, playing)
    assert playing.playing
    with qtbot.waitSignals([playing.finished, playing.position_changed, playing.levels_changed]):
        heard = np.concatenate([output.stream.pump(5000) for _ in range(10)])
    np.testing.assert_array_equal(heard[:RATE, 0], _clip(1.0).samples[0])
    assert states == [True, False]
    assert playing.position_s == pytest.approx(1.0)
    _play(qtbot, playing)
    assert output.stream.pump(10)[0, 0] == pytest.approx(0.01)


def test_playhead_returns_if_wanted(qtbot, playing, output):
    playing.returns = True
    _play(qtbot, playing, 0.25)
    with qtbot.waitSignal(playing.finished):
        output.stream.pump(RATE)
    assert playing.position_s == pytest.approx(0.25)


def test_position_follows_and_stays_where_it_was_stopped(qtbot, playing, output):
    _play(qtbot, playing, 0.25)
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
    _play(qtbot, playing)
    output.stream.latency = 0.2
    output.stream.pump(RATE // 2)
    assert playing.position_s == pytest.approx(0.3, abs=0.05)
    output.stream.pump(RATE // 2 + 100)
    with qtbot.assertNotEmitted(playing.finished, wait=60):
        pass
    with qtbot.waitSignal(playing.finished):
        output.stream.pump(RATE // 4)


def test_seek_and_loop(qtbot, playing, output):
    playing.seek(5.0)
    assert playing.position_s == pytest.approx(1.0)
    playing.seek(0.5)
    assert playing.position_s == pytest.approx(0.5)
    playing.set_loop(0.25, 0.5)
    _play(qtbot, playing, 0.25)
    heard = np.concatenate([output.stream.pump(777) for _ in range(70)])
    loop = _clip(1.0).samples[0, RATE // 4 : RATE // 2]
    np.testing.assert_array_equal(heard[len(loop) : 3 * len(loop), 0], np.tile(loop, 2))
    playing.set_loop(None, None)
    playing.seek(0.9)
    heard = output.stream.pump(RATE)
    assert heard[1000:4000].any() and not heard[6000:].any()


def test_ab_at_the_same_position(qtbot, playing, output):
    _play(qtbot, playing)
    output.stream.pump(10000)
    playing.set_clip(_clip(1.0, sign=-1.0), gain_db=-6.0)
    heard = output.stream.pump(10000)
    expected = -_clip(1.0).samples[0, 10000:20000] * 10 ** (-6 / 20)
    np.testing.assert_allclose(heard[1000:, 0], expected[1000:], atol=1e-6)
    assert playing.playing and len(output.streams) == 1


def test_another_clip_from_its_beginning(playing):
    playing.seek(0.75)
    playing.set_clip(_clip(0.5))
    assert playing.position_s == pytest.approx(0.5)
    playing.set_clip(_clip(1.0), keep_position=False)
    assert playing.position_s == 0.0
    playing.set_clip(None)
    playing.play()
    assert not playing.playing and playing.duration_s == 0.0


def test_volume(qtbot, playing, output):
    playing.set_volume(0.5)
    _play(qtbot, playing)
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


def test_an_error_while_a_long_clip_is_prepared_is_not_lost(qtbot, playing, monkeypatch):
    def fail(*about):
        raise MemoryError("ten minutes")

    monkeypatch.setattr(playback_sources, "AT_ONCE_S", 0.1)
    monkeypatch.setattr(playback_sources, "device_frames", fail)
    with qtbot.capture_exceptions() as errors:
        playing.set_clip(_clip(2.0))
        qtbot.waitUntil(lambda: errors != [])
    assert [str(error[1]) for error in errors] == ["ten minutes"]


def test_device_at_another_rate_plays_at_the_same_speed(qtbot, playing, output):
    playing.seek(0.5)
    playing.set_device("Headphones")
    assert playing.position_s == pytest.approx(0.5)
    _play(qtbot, playing)
    output.stream.pump(4410)
    output.stream.latency = 0.0
    assert playing.position_s == pytest.approx(0.6, abs=0.11)
    heard = output.stream.pump(4410)[-1, 0]
    assert heard == pytest.approx(0.01 + 0.89 * 0.7, abs=0.01)


def test_device_is_changed_while_playing(qtbot, playing, output):
    _play(qtbot, playing, 0.25)
    output.stream.pump(2048)
    playing.set_device("Headphones")
    qtbot.waitUntil(lambda: playing.playing)
    assert len(output.streams) == 2
    assert playing.position_s == pytest.approx(0.29, abs=0.05)
    qtbot.waitUntil(lambda: output.streams[0].steps == ["stop", "close"])


def test_stalled_stream_is_noticed(qtbot, playing, output, monkeypatch):
    monkeypatch.setattr(player, "_WAKE_S", 0.5)
    playing.set_device("Headphones")
    _play(qtbot, playing, 0.25)
    output.stream.pump(4410)
    with qtbot.waitSignal(playing.state_changed, timeout=3000), qtbot.waitSignal(playing.device_lost, timeout=3000) as lost:
        pass
    assert "Headphones" in lost.args[0]
    assert not playing.playing and playing.device is None
    assert 0.25 <= playing.position_s <= 0.36
    qtbot.waitUntil(lambda: output.stream.steps == ["stop", "close"])
    _play(qtbot, playing)
    assert playing.playing and output.refreshed == 1 and len(output.streams) == 2


def test_stream_that_hangs_when_it_is_closed_does_not_hang_the_window(qtbot, playing, output, monkeypatch):
    monkeypatch.setattr(sound_device, "_RELEASE_S", 0.05)
    output.stuck = threading.Event()
    _play(qtbot, playing)
    output.stream.active = False
    with qtbot.waitSignal(playing.device_lost):
        pass
    with qtbot.waitSignal(playing.devices_changed):
        playing.refresh_devices()
    assert output.refreshed == 0
    _play(qtbot, playing)
    assert len(output.streams) == 2
    output.stuck.set()


def test_device_that_cannot_be_opened(qtbot, playing, output):
    output.refuses.add("Headphones")
    playing.set_device("Headphones")
    with qtbot.waitSignal(playing.device_lost) as lost:
        playing.play(0.5)
    assert lost.args == ["It cannot be opened."]
    assert not playing.playing and playing.device is None and playing.position_s == 0.5
    _play(qtbot, playing)
    assert playing.playing


def test_devices_are_looked_for_again(qtbot, playing, output):
    playing.set_device("Headphones")
    _play(qtbot, playing)
    del output.rates["Headphones"]
    with qtbot.waitSignal(playing.devices_changed) as changed:
        playing.refresh_devices()
    assert [device.name for device in changed.args[0]] == ["Built-in"]
    assert playing.device is None and not playing.playing and output.refreshed == 1


def test_stream_is_given_back_when_nothing_plays(qtbot, playing, output):
    _play(qtbot, playing)
    output.stream.pump(100)
    playing.stop()
    qtbot.waitUntil(lambda: output.stream.steps == ["stop", "close"], timeout=3000)
    _play(qtbot, playing)
    assert len(output.streams) == 2


@pytest.fixture
def slow(output):
    """A device that is opened only when the test says so."""
    output.gate.clear()
    yield output
    output.gate.set()


def _being_opened(qtbot, output, name=None):
    output.opening = ""
    qtbot.waitUntil(lambda: output.opening == name)


def test_what_is_asked_while_the_device_is_opened_counts(qtbot, playing, slow):
    states = []
    playing.state_changed.connect(states.append)
    playing.play()
    _being_opened(qtbot, slow)
    assert not playing.playing
    playing.seek(0.5)
    assert playing.position_s == 0.5
    playing.set_volume(0.5)
    playing.set_clip(_clip(1.0, sign=-1.0))
    slow.gate.set()
    qtbot.waitUntil(lambda: playing.playing)
    assert slow.stream.pump(1000)[-1, 0] == pytest.approx(-0.5 * _clip(1.0).samples[0, RATE // 2 + 999], rel=1e-4)
    assert states == [True]


def test_stopped_while_the_device_is_opened(qtbot, playing, slow):
    playing.play(0.5)
    _being_opened(qtbot, slow)
    playing.toggle()
    with qtbot.assertNotEmitted(playing.state_changed):
        slow.gate.set()
        qtbot.waitUntil(lambda: [stream.steps for stream in slow.streams] == [["stop", "close"]], timeout=3000)
    assert playing.position_s == 0.5
    _play(qtbot, playing)
    assert len(slow.streams) == 2


def test_another_device_while_one_is_opened(qtbot, playing, slow):
    playing.play(0.25)
    _being_opened(qtbot, slow)
    playing.set_device("Headphones")
    playing.set_device(None)
    playing.set_device("Headphones")
    slow.gate.set()
    qtbot.waitUntil(lambda: playing.playing)
    first, second = slow.streams
    assert first.steps == ["stop", "close"] and second.steps == [] and slow.opening == "Headphones"
    heard = second.pump(1000)[-1, 0]
    assert heard == pytest.approx(0.01 + 0.89 * (0.25 + 1000 / 44100), abs=0.001)


def test_devices_are_looked_for_while_one_is_opened(qtbot, playing, slow):
    playing.set_device("Headphones")
    playing.play()
    _being_opened(qtbot, slow, "Headphones")
    del slow.rates["Headphones"]
    slow.rates["Monitor"] = 96000
    playing.refresh_devices()
    playing.play(0.5)
    with qtbot.waitSignal(playing.devices_changed) as changed, qtbot.assertNotEmitted(playing.device_lost):
        slow.gate.set()
    assert [device.name for device in changed.args[0]] == ["Built-in", "Monitor"]
    qtbot.waitUntil(lambda: playing.playing)
    assert playing.device is None and playing.position_s == pytest.approx(0.5)


def test_the_list_comes_when_it_is_there(qtbot, playing, output):
    with qtbot.waitSignal(playing.devices_changed) as changed:
        assert playing.devices() == []
    assert changed.args[0] == output.devices() == playing.devices()


def test_the_end_waits_for_a_device_but_not_for_ever(qtbot, playing, slow):
    playing.play()
    _being_opened(qtbot, slow)
    began_s = monotonic()
    playing.close()
    assert monotonic() - began_s < 3
    slow.gate.set()
    playing.play()
    assert not playing.playing


def test_a_stream_that_is_open_is_closed_at_the_end(qtbot, playing, output):
    _play(qtbot, playing)
    playing.close()
    assert output.stream.steps == ["stop", "close"]


def test_an_error_in_the_sound_thread_is_not_lost(qtbot, playing, output):
    output.rates.clear()
    with qtbot.captureExceptions() as errors:
        playing.play()
        qtbot.waitUntil(lambda: len(errors) > 0)
    assert errors[0][0] is KeyError and not playing.playing
