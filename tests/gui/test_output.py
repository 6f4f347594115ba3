"""The sound output on a sound library that the test makes up."""

from types import SimpleNamespace

import pytest

from gui import output as output_module
from gui.output import DeviceInfo, Output, OutputError


class FakeLibrary:
    """Just enough of the sound library: two devices of one name, the second one the default and fussy about its rate."""

    class PortAudioError(Exception):
        pass

    def __init__(self):
        self.default = type("Default", (), {"device": (0, 1)})
        self.restarts, self.streams = [], []
        self.lists = 0

    def query_devices(self):
        self.lists += 1
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
        if about["device"] == 1:
            raise self.PortAudioError("Device unavailable")
        self.streams.append(FakeStream(self, about))
        return self.streams[-1]

    def _terminate(self):
        self.restarts.append("terminate")

    def _initialize(self):
        self.restarts.append("initialize")


class FakeStream:
    def __init__(self, library, about):
        self.library, self.about, self.latency, self.steps = library, about, 0.17, []

    @property
    def active(self):
        raise AssertionError("The device may take its time to answer this.")

    def start(self):
        self.steps.append("start")
        if self.about["channels"] == 1:
            raise self.library.PortAudioError("Cannot start")

    def stop(self):
        self.steps.append("stop")
        self.about["finished_callback"]()

    def close(self):
        self.steps.append("close")


@pytest.fixture
def library(monkeypatch):
    made = FakeLibrary()
    monkeypatch.setattr("gui.output._load_library", lambda: (made, ""))
    return made


def test_devices_of_the_library(library):
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


def test_the_library_is_asked_for_its_devices_once(library):
    output = Output()
    output.devices()
    output.format("USB Audio")
    assert library.lists == 1
    output.refresh()
    output.devices()
    assert library.lists == 2


def test_a_sound_system_that_comes_back_is_found_by_the_next_look(library, monkeypatch):
    """As the library does it: what could not be started cannot be ended."""

    def fail():
        raise library.PortAudioError("no server")

    output = Output()
    assert output.problem == ""
    with monkeypatch.context() as broken:
        broken.setattr(library, "_initialize", fail)
        output.refresh()
    assert "no server" in output.problem
    monkeypatch.setattr(library, "_terminate", fail)
    output.refresh()
    assert library.restarts == ["terminate", "initialize"] and output.problem == "" and output.devices()


def test_a_stream_knows_itself_whether_it_runs(library):
    output = Output()
    stream = output.open("USB Audio", (44100, 2), print)
    (made,) = library.streams
    assert stream.active and stream.latency == 0.17
    about = {name: made.about[name] for name in ("device", "samplerate", "channels", "dtype", "callback")}
    assert about == {"device": 0, "samplerate": 44100, "channels": 2, "dtype": "float32", "callback": print}
    output.release(stream).join(10)
    assert not stream.active and made.steps == ["start", "stop", "close"]


def test_a_stream_that_does_not_start_is_closed(library):
    with pytest.raises(OutputError, match="Cannot start"):
        Output().open("USB Audio", (44100, 1), print)
    assert library.streams[0].steps == ["start", "close"]


def test_a_library_that_hangs_is_not_asked_to_clean_up(monkeypatch):
    forgotten = []
    monkeypatch.setitem(output_module.sys.modules, "sounddevice", SimpleNamespace(_exit_handler=print))
    monkeypatch.setattr(output_module.atexit, "unregister", forgotten.append)
    output_module.leave_library_behind()
    assert forgotten == [print]
