"""Writing sounds: exact samples, the same bytes every time, and files that are whole or not there at all."""

import errno
import hashlib
import os
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
import soundfile

from engine.signal import replacing
from engine.signal.audio_io import quantise, read_clip, write_audio
from engine.signal.replacing import replace_file
from engine.types import Clip, EngineError
from tests.signal.sounds import fitted, noise, sine

POSSIBLE = [
    ("wav", "pcm16"),
    ("wav", "pcm24"),
    ("wav", "float32"),
    ("flac", "pcm16"),
    ("flac", "pcm24"),
    ("ogg", "vorbis"),
    ("ogg", "opus"),
    ("mp3", "mp3"),
]


def left_in(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("frames", [1, 2, 384, 385, 512, 513, 1023, 1024])
@pytest.mark.parametrize(("channels", "sample_rate"), [(1, 22050), (8, 48000), (2, 384000)])
@pytest.mark.parametrize("format", ["wav", "flac"])
def test_lengths_channels_and_rates(tmp_path, format, frames, channels, sample_rate):
    clip = noise(frames, channels, sample_rate)
    path = tmp_path / f"sound.{format}"
    write_audio(path, clip, format=format, subtype="pcm24")
    read = read_clip(path)
    assert read.sample_rate == sample_rate
    assert np.array_equal(read.samples * 2.0**23, quantise(clip.samples, 24))


def test_float_is_exact(tmp_path):
    clip = Clip(noise(1000, 2).samples * 3, 48000)
    write_audio(tmp_path / "sound.wav", clip, subtype="float32")
    assert np.array_equal(read_clip(tmp_path / "sound.wav").samples, clip.samples)


def test_ends_of_the_scale():
    samples = np.array([[-1.5, -1.0, 0.0, 1.0, 1.5, 0.25]], np.float32)
    assert quantise(samples, 16).tolist() == [[-32768, -32768, 0, 32767, 32767, 8192]]
    assert quantise(samples, 24).tolist() == [[-8388608, -8388608, 0, 8388607, 8388607, 2097152]]


@pytest.mark.parametrize("dither", [True, False])
@pytest.mark.parametrize("subtype", ["pcm16", "pcm24"])
def test_wav_and_flac_hold_the_same_integers(tmp_path, subtype, dither):
    read = []
    for format in ("wav", "flac"):
        path = tmp_path / f"sound.{format}"
        write_audio(path, noise(3000, 2), format=format, subtype=subtype, dither=dither, seed=7)
        read.append(soundfile.read(path, dtype="int32")[0])
    assert np.array_equal(*read)


def test_quantising_takes_little_more_memory_than_what_comes_out():
    samples = (0.1 * np.random.default_rng(0).standard_normal((8, 400_000))).astype(np.float32)
    tracemalloc.start()
    try:
        whole = quantise(samples, 24)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert np.array_equal(whole, np.rint(samples.astype(np.float64) * 2**23)) and whole.dtype == np.int32
    assert peak_bytes < 2.5 * whole.nbytes


def test_dither_level():
    clip = sine(997, 48000, 5.0, 0.5)
    error = quantise(clip.samples, 16, 1) - clip.samples.astype(np.float64) * 32768
    assert abs(error.mean()) < 0.01
    assert 20 * np.log10(np.sqrt(np.mean(error**2)) / 32768) == pytest.approx(-96.3, abs=0.2)
    quiet = sine(997, 48000, 5.0, 0.4 / 32768)
    assert not quantise(quiet.samples, 16).any()
    assert fitted(Clip(quantise(quiet.samples, 16, 1), 48000), 997)[0] == pytest.approx(0.4, rel=0.05)


def test_dither_spares_silence_at_the_ends():
    samples = np.zeros((2, 1000), np.float32)
    samples[0, 300] = samples[0, 700] = 0.5
    quantised = quantise(samples, 16, 3)
    assert not quantised[1].any()
    assert not quantised[0, :300].any()
    assert quantised[0, 301:700].any()
    assert not quantised[0, 701:].any()


def test_seed_decides_the_dither(tmp_path):
    def written(name, **options):
        write_audio(tmp_path / name, noise(), **options)
        return (tmp_path / name).read_bytes()

    assert written("a.wav", seed=1) == written("b.wav", seed=1)
    assert written("a.wav", seed=1) != written("b.wav", seed=2)
    assert written("a.wav", seed=1, dither=False) == written("b.wav", seed=2, dither=False)


@pytest.mark.parametrize(("format", "subtype"), [("wav", "float32"), ("flac", "pcm16"), ("flac", "pcm24"), ("mp3", "mp3")])
def test_same_bytes_twice(tmp_path, format, subtype):
    digests = set()
    for name in ("a", "b"):
        write_audio(tmp_path / name, noise(5000, 2), format=format, subtype=subtype, recipe={"prompt": "rain"})
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("format", "subtype"), POSSIBLE)
def test_exporters_refuse_what_is_no_number(tmp_path, format, subtype, value):
    path = tmp_path / "sound"
    path.write_bytes(b"old")
    clip = noise()
    clip.samples[0, 1000] = value
    with pytest.raises(EngineError, match="not numbers") as caught:
        write_audio(path, clip, format=format, subtype=subtype)
    assert caught.value.kind == "numeric"
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize(("format", "subtype"), POSSIBLE)
@pytest.mark.parametrize("shape", [(1, 0), (0, 10)])
def test_exporters_refuse_nothing(tmp_path, format, subtype, shape):
    with pytest.raises(EngineError, match="no sound to write"):
        write_audio(tmp_path / "sound", Clip(np.zeros(shape, np.float32), 48000), format=format, subtype=subtype)
    assert left_in(tmp_path) == []


EXPORT_TABLE = """
import sys
from pathlib import Path
import numpy as np
from engine.signal import audio_io, formats, replacing
from engine.types import Clip, EngineError

encoder_called = False
encoded = audio_io._encoded

def watched(*arguments):
    global encoder_called
    encoder_called = True
    return encoded(*arguments)

audio_io._encoded = watched
replacing.os.fsync = lambda file: None
rates = [0, 999, 1000, 8000, 11025, 11111, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 50000, 65535, 65536, 65540, 96000]
rates += [192000, 192001, 384000, 655350, 655360, 768000, 768001, 2147483647]
written = 0
for name, subtype in formats._LIMITS:
    for rate in rates:
        for channels in (1, 2, 3, 8, 9, 64, 65):
            encoder_called = False
            combination = (name, subtype, rate, channels)
            print(combination, flush=True)
            target = Path(sys.argv[1]) / f"sound.{name}"
            clip = Clip(np.full((channels, 600), 0.25, np.float32), rate)
            try:
                audio_io.write_audio(target, clip, format=name, subtype=subtype)
            except EngineError as error:
                assert error.kind == "value" and not encoder_called, (combination, error)
                assert formats.format_is_possible(name, rate, channels, subtype) == error.message
            else:
                read = audio_io.read_clip(target)
                assert (read.samples.shape, read.sample_rate) == ((channels, 600), rate), combination
                written += 1
print("written", written)
"""


def test_export_table(tmp_path):
    # A child, because an encoder that meets what it cannot do may end its process.
    run = subprocess.run([sys.executable, "-c", EXPORT_TABLE, str(tmp_path)], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout[-200:] + run.stderr[-2000:]
    assert int(run.stdout.rsplit("written", 1)[1]) > 400


# Files


def failing(code):
    def fail(*_arguments):
        raise OSError(code, os.strerror(code))

    return fail


@pytest.mark.parametrize("format", ["wav", "flac"])
@pytest.mark.parametrize(
    ("function", "code", "part"),
    [
        ("fsync", errno.ENOSPC, "The disk is full"),
        ("replace", errno.EACCES, "no permission"),
        ("replace", errno.EROFS, "no permission"),
        ("replace", errno.EIO, "could not be written"),
    ],
)
def test_failure_leaves_the_old_file_alone(tmp_path, monkeypatch, format, function, code, part):
    path = tmp_path / "sound"
    path.write_bytes(b"old")
    monkeypatch.setattr(replacing.os, function, failing(code))
    monkeypatch.setattr(replacing.time, "sleep", lambda seconds: None)
    with pytest.raises(EngineError, match=part) as caught:
        write_audio(path, noise(), format=format)
    assert caught.value.kind == "path"
    assert path.read_bytes() == b"old"
    assert left_in(tmp_path) == ["sound"]


def test_scanner_that_lets_go(tmp_path, monkeypatch):
    replace, calls = os.replace, []

    def busy(source, target):
        calls.append(source)
        if len(calls) < 3:
            raise PermissionError(errno.EACCES, "busy")
        replace(source, target)

    monkeypatch.setattr(replacing.os, "replace", busy)
    write_audio(tmp_path / "sound.wav", noise())
    assert left_in(tmp_path) == ["sound.wav"]


def test_interruption_leaves_nothing(tmp_path):
    def parts():
        yield b"begun"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace_file(tmp_path / "sound.wav", parts())
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("missing/sound.wav", "does not exist"),
        ("folder", "is a folder"),
        ("file/sound.wav", "does not exist"),
        ("x" * 300 + ".wav", "too long"),
        ("null\0.wav", "no file named"),
    ],
)
def test_targets_that_cannot_be(tmp_path, name, part):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(EngineError, match=part) as caught:
        write_audio(tmp_path / name, noise())
    assert caught.value.kind == "path"
    assert left_in(tmp_path) == ["file", "folder"]


def test_replaces_and_is_readable_by_others(tmp_path):
    path = tmp_path / "sound.wav"
    path.write_bytes(b"old")
    write_audio(path, noise())
    (tmp_path / "plain").write_bytes(b"")
    assert read_clip(path).samples.shape == (1, 2000)
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode
