"""Reading, resampling and writing sounds: exact where it can be, one sentence where it cannot."""

import errno
import hashlib
import os
import struct
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from engine.signal import audio_io
from engine.signal.audio_io import quantise, read_clip, replace_file, resample, write_audio
from engine.types import Clip, EngineError

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


def noise(frames=2000, channels=1, sample_rate=48000, seed=0):
    samples = np.random.default_rng(seed).uniform(-1, 1, (channels, frames)).astype(np.float32)
    return Clip(samples, sample_rate)


def refused(path, kind="audio", **options):
    """The sentence that ``read_clip`` gives: one, about this file."""
    with pytest.raises(EngineError) as caught:
        read_clip(path, **options)
    message = caught.value.message
    assert caught.value.kind == kind
    assert path.name in message
    assert message.endswith(".")
    assert "\n" not in message
    return message


def left_in(folder):
    return sorted(path.name for path in folder.iterdir())


# Reading


@pytest.mark.parametrize(
    ("format", "subtype"),
    [
        ("WAV", "PCM_U8"),
        ("WAV", "PCM_16"),
        ("WAV", "PCM_32"),
        ("WAV", "DOUBLE"),
        ("WAVEX", "PCM_24"),
        ("RF64", "FLOAT"),
        ("AIFF", "PCM_24"),
        ("CAF", "FLOAT"),
        ("FLAC", "PCM_24"),
        ("OGG", "VORBIS"),
        ("OGG", "OPUS"),
        ("MP3", "MPEG_LAYER_III"),
    ],
)
def test_reads_every_allowed_format(tmp_path, monkeypatch, format, subtype):
    monkeypatch.setattr(audio_io, "_BLOCK_FRAMES", 1000)
    # The name's ending must not matter.
    path = tmp_path / "töne 雨.raw.bin"
    with path.open("wb") as file:
        soundfile.write(file, noise(4567, 2).samples.T * 0.5, 48000, subtype, format=format)
    clip = read_clip(path)
    whole = soundfile.read(str(path), dtype="float32")[0].T
    assert clip.sample_rate == 48000
    assert clip.samples.dtype == np.float32
    assert clip.samples.shape == (2, 4567)
    assert clip.samples.flags.c_contiguous
    assert np.array_equal(clip.samples, whole)


@pytest.mark.parametrize(
    ("format", "subtype"),
    [("WAV", "IMA_ADPCM"), ("WAV", "ULAW"), ("WAV", "GSM610"), ("AIFF", "GSM610"), ("CAF", "ALAC_16"), ("AU", "PCM_16"), ("W64", "PCM_16")],
)
def test_refuses_other_formats(tmp_path, format, subtype):
    path = tmp_path / "sound.wav"
    with path.open("wb") as file:
        soundfile.write(file, noise(500).samples.T, 8000, subtype, format=format)
    assert "WAV, AIFF, CAF, FLAC, OGG or MP3" in refused(path)


def wav_header(channels=1, sample_rate=48000, data_size=8, bits=16, code=1):
    width = channels * bits // 8
    fmt = struct.pack("<HHIIHH", code, channels, sample_rate, (sample_rate * width) % 2**32, width % 2**16, bits)
    return b"RIFF\xff\xff\xff\x7fWAVEfmt " + struct.pack("<I", 16) + fmt + b"data" + struct.pack("<I", data_size)


def flac_bytes(tmp_path):
    path = tmp_path / "whole.flac"
    write_audio(path, noise(20000), format="flac")
    content = path.read_bytes()
    path.unlink()
    return content


def announcing(content, frames):
    """A FLAC that claims another length: the last 36 bits before the checksum of its sound."""
    low = frames & 0xFFFFFFFF
    return content[:21] + bytes([content[21] & 0xF0 | frames >> 32]) + low.to_bytes(4, "big") + content[26:]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"R",
        b"plain text\n",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        b"RIFF",
        b"fLaC",
        b"OggS" + b"\0" * 40,
        b"ID3" + b"\0" * 40,
        b"\xff\xfb" + b"\0" * 400,
        b"caff\0\1\0\0",
        b"FORM\0\0\0\4AIFF",
        wav_header(data_size=0),
        wav_header(data_size=0) + b"\1" * 400,
        wav_header()[:-8],
        wav_header(channels=0) + b"\1" * 8,
        wav_header(channels=65, data_size=130) + b"\1" * 130,
        wav_header(channels=2000) + b"\1" * 8,
        wav_header(sample_rate=0) + b"\1" * 8,
        wav_header(sample_rate=2147483647) + b"\1" * 8,
        wav_header(code=999) + b"\1" * 8,
        b"BW64" + wav_header()[4:] + b"\1" * 8,
    ],
)
def test_odd_files_get_one_sentence(tmp_path, content):
    path = tmp_path / "odd.wav"
    path.write_bytes(content)
    refused(path)


def test_no_file(tmp_path):
    assert "There is no file" in refused(tmp_path / "missing.wav")
    assert "There is no file" in refused(tmp_path)


@pytest.mark.parametrize("size", [0xFFFFFFFF, 800])
def test_wav_that_announces_too_much(tmp_path, size):
    path = tmp_path / "lying.wav"
    path.write_bytes(wav_header(data_size=size) + struct.pack("<4h", -32768, 0, 16384, 32767))
    assert read_clip(path).samples.tolist() == [[-1.0, 0.0, 0.5, 32767 / 32768]]


def test_flac_that_is_cut_or_announces_too_much(tmp_path):
    content = flac_bytes(tmp_path)
    path = tmp_path / "odd.flac"
    path.write_bytes(content[: len(content) // 2])
    refused(path)
    path.write_bytes(announcing(content, 2**36 - 1))
    assert soundfile.info(str(path)).frames == 2**36 - 1
    refused(path)


def test_flac_of_unknown_length(tmp_path):
    # What a program writes that sends FLAC through a pipe.
    path = tmp_path / "piped.flac"
    path.write_bytes(announcing(flac_bytes(tmp_path), 0))
    assert np.array_equal(read_clip(path).samples * 32768, quantise(noise(20000).samples, 16, 0))


def test_cut_mp3_gives_what_is_there(tmp_path):
    path = tmp_path / "cut.mp3"
    write_audio(path, noise(48000), format="mp3", subtype="mp3")
    path.write_bytes(path.read_bytes()[:20000])
    assert 10000 < read_clip(path).samples.shape[1] < 48000


def test_limits(tmp_path, monkeypatch):
    path = tmp_path / "sound.wav"
    write_audio(path, noise(48000))
    assert read_clip(path, max_s=1).duration_s == 1
    assert "longer than 0.5 seconds" in refused(path, max_s=0.5)
    monkeypatch.setattr(audio_io, "_MOST_VALUES", 47999)
    assert "too large" in refused(path)


def test_what_is_no_number_becomes_silence(tmp_path):
    path = tmp_path / "odd.wav"
    soundfile.write(path, np.array([np.nan, np.inf, -np.inf, 2.5, 1e38, 0.25], np.float32), 48000, "FLOAT")
    assert read_clip(path).samples.tolist() == [[0, 0, 0, 2.5, 1e6, 0.25]]


# Resampling


@pytest.mark.parametrize("frames", [0, 1, 2, 384, 1023, 4801])
@pytest.mark.parametrize(("source", "target"), [(48000, 22050), (22050, 48000), (384000, 22050), (8000, 44100)])
def test_resampled_length(frames, source, target):
    resampled = resample(Clip(np.ones((2, frames), np.float32), source), target)
    assert resampled.sample_rate == target
    assert resampled.samples.shape == (2, max(1, round(frames * target / source)))
    assert resampled.samples.dtype == np.float32
    assert resampled.samples.flags.c_contiguous


def test_same_rate_is_the_same_clip():
    clip = noise()
    assert resample(clip, 48000) is clip
    with pytest.raises(EngineError, match="at least 1 Hz"):
        resample(clip, 0)


def sine(hz, sample_rate, seconds=1.0, amplitude=0.9):
    time_s = np.arange(round(seconds * sample_rate)) / sample_rate
    return Clip((amplitude * np.sin(2 * np.pi * hz * time_s)).astype(np.float32)[None], sample_rate)


def fitted(clip, hz):
    """Amplitude of the sine of that frequency in the middle half, and the level in dB of all that is not this sine, relative to it."""
    frames = clip.samples.shape[1]
    samples = clip.samples[0, frames // 4 : 3 * frames // 4].astype(np.float64)
    phase = 2 * np.pi * hz * np.arange(samples.size) / clip.sample_rate
    basis = np.stack([np.sin(phase), np.cos(phase), np.ones_like(phase)], axis=1)
    parts = np.linalg.lstsq(basis, samples, rcond=None)[0]
    amplitude = np.hypot(parts[0], parts[1])
    rest = np.sqrt(np.mean((samples - basis @ parts) ** 2))
    return amplitude, 20 * np.log10(rest / (amplitude / np.sqrt(2)))


@pytest.mark.parametrize(("source", "target"), [(44100, 48000), (48000, 22050), (22050, 48000)])
def test_resampler_adds_nothing(source, target):
    amplitude, distortion_db = fitted(resample(sine(997, source), target), 997)
    assert amplitude == pytest.approx(0.9, rel=1e-5)
    assert distortion_db < -130


def test_resampler_keeps_the_highs():
    hz = 0.93 * 22050 / 2
    amplitude, _ = fitted(resample(sine(hz, 48000), 22050), hz)
    assert 20 * np.log10(amplitude / 0.9) > -0.1


# Writing


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
from engine.signal import audio_io, formats
from engine.types import Clip, EngineError

encoder_called = False
encoded = audio_io._encoded

def watched(*arguments):
    global encoder_called
    encoder_called = True
    return encoded(*arguments)

audio_io._encoded = watched
audio_io.os.fsync = lambda file: None
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
    monkeypatch.setattr(audio_io.os, function, failing(code))
    monkeypatch.setattr(audio_io.time, "sleep", lambda seconds: None)
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

    monkeypatch.setattr(audio_io.os, "replace", busy)
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
