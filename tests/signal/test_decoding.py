"""Decoding in a process of its own: the same sounds, and whatever happens there is one sentence here."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.signal import decoding
from engine.signal.audio_io import read_clip, write_audio
from engine.signal.decoding import UNFINISHED_NOTE, Decoder, read_clip_in_child
from engine.types import EngineError
from tests.signal.sounds import noise, wav_header

ROOT = Path(__file__).parents[2]
posix = pytest.mark.skipif(sys.platform == "win32", reason="stops the process by a signal")


@pytest.fixture(scope="module")
def shared():
    decoder = Decoder()
    yield decoder
    decoder.close()


@pytest.fixture
def sound(tmp_path):
    path = tmp_path / "töne 雨 \udcff.wav" if sys.platform == "linux" else tmp_path / "töne 雨.wav"
    write_audio(path, noise(100000, 3), subtype="float32")
    return path


def refused(decoder, path, **options):
    with pytest.raises(EngineError) as caught:
        decoder.read(path, **options)
    message = caught.value.message
    assert caught.value.kind == "audio"
    assert path.name in message
    assert message.endswith(".")
    assert "\n" not in message
    return message


def test_same_sound_as_in_process(shared, sound):
    decoded = shared.read(sound)
    assert np.array_equal(decoded.clip.samples, read_clip(sound).samples)
    assert decoded.clip.samples.dtype == np.float32
    assert decoded.clip.samples.flags.c_contiguous
    assert decoded.clip.samples.flags.writeable
    assert (decoded.clip.sample_rate, decoded.replaced_samples, decoded.note) == (48000, 0, "")


def test_the_function_for_all(sound):
    assert np.array_equal(read_clip_in_child(sound).clip.samples, read_clip(sound).samples)


def test_relative_path(shared, sound, monkeypatch):
    shared.read(sound)
    monkeypatch.chdir(sound.parent)
    assert shared.read(Path(sound.name)).clip.samples.shape == (3, 100000)


def test_one_process_serves_many_files(shared, sound, tmp_path):
    shared.read(sound)
    process_id = shared.process_id
    bad = tmp_path / "bad.flac"
    bad.write_bytes(b"fLaC" + b"\0" * 100)
    assert "damaged" in refused(shared, bad)
    assert "longer than 1 seconds" in refused(shared, sound, max_s=1)
    shared.read(sound)
    assert shared.process_id == process_id


def test_what_is_no_sound_never_reaches_the_process(tmp_path):
    decoder = Decoder()
    path = tmp_path / "text.wav"
    path.write_bytes(b"plain text\n")
    assert "WAV, AIFF, CAF, FLAC, OGG or MP3" in refused(decoder, path)
    assert "There is no file" in refused(decoder, tmp_path / "missing.wav")
    assert decoder.process_id is None


@pytest.mark.parametrize(
    ("values", "count", "note"),
    [
        ([np.nan, 0.5], 1, "1 sample was not a number and was replaced by silence."),
        ([np.nan, np.inf, -np.inf, 2.5, 1e38], 3, "3 samples were not numbers and were replaced by silence."),
        ([2.5, -2.5], 0, ""),
    ],
)
def test_says_how_many_values_were_no_numbers(shared, tmp_path, values, count, note):
    path = tmp_path / "odd.wav"
    soundfile.write(path, np.array(values, np.float32), 48000, "FLOAT")
    decoded = shared.read(path)
    assert (decoded.replaced_samples, decoded.note) == (count, note)
    assert np.isfinite(decoded.clip.samples).all()


def test_counts_over_all_blocks(shared, tmp_path):
    path = tmp_path / "odd.wav"
    samples = noise(200000, 2).samples.T.copy()
    samples[::1000, 1] = np.nan
    soundfile.write(path, samples, 48000, "FLOAT")
    assert shared.read(path).replaced_samples == 200


def test_recording_that_was_never_finished(shared, tmp_path):
    path = tmp_path / "crashed.wav"
    path.write_bytes(wav_header(data_size=0, code=3, bits=32) + np.array([0.5, np.nan, -0.25], "<f4").tobytes())
    decoded = shared.read(path)
    assert decoded.clip.samples.tolist() == [[0.5, 0.0, -0.25]]
    assert decoded.note == f"{UNFINISHED_NOTE} 1 sample was not a number and was replaced by silence."


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
def test_memory_limit(shared, tmp_path):
    path = tmp_path / "wide.wav"
    write_audio(path, noise(70000, 64))
    assert "too much memory" in refused(shared, path, memory_bytes=1 << 20)
    assert shared.read(path).clip.samples.shape == (64, 70000)


@posix
def test_a_process_that_answers_too_late(shared, sound):
    shared.read(sound)
    stopped = shared.process_id
    os.kill(stopped, signal.SIGSTOP)
    begun = time.monotonic()
    assert "too long" in refused(shared, sound, limit_s=0.2)
    assert time.monotonic() - begun < 2
    with pytest.raises(ProcessLookupError):
        os.kill(stopped, 0)
    assert shared.read(sound).clip.samples.shape == (3, 100000)


@posix
def test_an_old_process_that_dies_is_replaced_without_a_word(shared, sound):
    shared.read(sound)
    old = shared.process_id
    os.kill(old, signal.SIGSTOP)
    killer = threading.Timer(0.2, os.kill, (old, signal.SIGKILL))
    killer.start()
    assert shared.read(sound).clip.samples.shape == (3, 100000)
    killer.join()
    assert shared.process_id != old


def dies(connection):
    connection.send_bytes(b"R")
    connection.recv_bytes()
    os._exit(1)


LIES = [
    b"",
    b"?",
    b"E{}",
    b'E{"replaced": 0, "unfinished": false}',
    b"Enot json",
    b"E" + b"[" * 100000,
    b"B",
    b"B" + bytes(12),
    b"B\x80\xbb\0\0\1\0\0\0\0\0\0",
    b"B\x80\xbb\0\0\2\0\0\0\0\0\0\0",
    b"B\x80\xbb\0\0\0\0\0\0\0\0\0\0",
    b"B\xff\xff\xff\xff\1\0\0\0\0\0\0\0",
]


def test_a_file_that_kills_a_fresh_process(sound, monkeypatch):
    monkeypatch.setattr(decoding, "serve", dies)
    decoder = Decoder()
    assert "stops the decoder" in refused(decoder, sound)
    assert decoder.process_id is None


def refuses_to_start(_connection):
    os._exit(1)


def test_no_process_can_be_started(sound, monkeypatch):
    monkeypatch.setattr(decoding, "serve", refuses_to_start)
    with pytest.raises(EngineError, match="could not be started") as caught:
        Decoder().read(sound)
    assert caught.value.kind == "audio"


class Speaking:
    def __init__(self, lie):
        self.lie = lie

    def send_bytes(self, _request):
        pass

    def poll(self, _timeout):
        return True

    def recv_bytes(self, _limit):
        return self.lie

    def close(self):
        pass


class Deceived(Decoder):
    """A decoder whose process was taken over and says ``lie``."""

    def __init__(self, lie):
        super().__init__()
        self.lie = lie

    def _start(self):
        self._connection = Speaking(self.lie)


@pytest.mark.parametrize("lie", LIES, ids=range(len(LIES)))
def test_no_lie_is_believed(sound, lie):
    assert "stops the decoder" in refused(Deceived(lie), sound)


def test_two_threads_get_their_own_sounds(shared, tmp_path):
    for name in ("a", "b"):
        write_audio(tmp_path / name, noise(30000, seed=ord(name)), subtype="float32")
    read = {}
    threads = [threading.Thread(target=lambda name=name: read.update({name: shared.read(tmp_path / name)})) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in ("a", "b"):
        assert np.array_equal(read[name].clip.samples, read_clip(tmp_path / name).samples)


START = """
import os, sys
from pathlib import Path
from engine.signal.decoding import Decoder
if __name__ == "__main__":
    decoder = Decoder()
    decoder.read(Path(sys.argv[1]))
    print(decoder.process_id, flush=True)
    print(*sorted({Path(line.split()[-1]).name for line in open(f"/proc/{decoder.process_id}/maps") if ".so" in line}))
    if sys.argv[2] == "abrupt":
        os._exit(0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("end", ["regular", "abrupt"])
def test_process_is_light_and_goes_with_the_program(sound, end):
    run = subprocess.run([sys.executable, "-c", START, str(sound), end], capture_output=True, text=True, timeout=60, cwd=ROOT, check=True)
    process_id, libraries = run.stdout.splitlines()
    assert "torch" not in libraries
    assert "Qt" not in libraries
    deadline = time.monotonic() + 5
    while Path(f"/proc/{process_id}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
