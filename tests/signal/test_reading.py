"""Reading sounds: every allowed format as it is, one sentence for everything else."""

import struct

import numpy as np
import pytest
import soundfile

from engine.signal import audio_io
from engine.signal.audio_io import quantise, read_blocks, read_clip, write_audio
from engine.types import EngineError
from tests.signal.sounds import announcing, flac_bytes, noise, wav_header


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
        wav_header(data_size=0) + b"LIST\4\0\0\0INFO",
        wav_header(data_size=0) + b"LIST\3\0\0\0abc\0note\0\0\0\0",
        wav_header(data_size=0) + b"\1",
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
    monkeypatch.setattr(audio_io, "MOST_VALUES", 47999)
    assert "too large" in refused(path)


def test_what_is_no_number_becomes_silence(tmp_path):
    path = tmp_path / "odd.wav"
    soundfile.write(path, np.array([np.nan, np.inf, -np.inf, 2.5, 1e38, 0.25], np.float32), 48000, "FLOAT")
    assert read_clip(path).samples.tolist() == [[0, 0, 0, 2.5, 1e6, 0.25]]
    assert [block.replaced for block in read_blocks(path)] == [3]


@pytest.mark.parametrize("rest", [b"", b"\1", b"LIST"])
def test_wav_whose_recorder_never_wrote_its_size(tmp_path, rest):
    path = tmp_path / "crashed.wav"
    content = wav_header(data_size=0) + struct.pack("<4h", -32768, 0, 16384, 32767) + rest
    path.write_bytes(content)
    (block,) = read_blocks(path)
    assert block.unfinished
    assert block.samples[0, :4].tolist() == [-1.0, 0.0, 0.5, 32767 / 32768]
    assert block.samples.shape[1] == 4 + len(rest) // 2
    assert path.read_bytes() == content


def test_size_is_patched_wherever_the_header_ends(tmp_path):
    # The notes before the sound decide into which of the library's reads the patched bytes fall.
    for size in range(0, 20000, 998):
        path = tmp_path / "crashed.wav"
        header = wav_header(data_size=0)
        path.write_bytes(header[:36] + b"JUNK" + struct.pack("<I", size) + bytes(size) + header[36:] + b"\1\1" * 30000)
        blocks = list(read_blocks(path))
        assert sum(block.samples.shape[1] for block in blocks) == 30000
        assert all(block.unfinished for block in blocks)


def test_finished_sounds_are_not_called_unfinished(tmp_path):
    path = tmp_path / "sound.wav"
    write_audio(path, noise(100))
    assert [(block.unfinished, block.replaced) for block in read_blocks(path)] == [(False, 0)]
