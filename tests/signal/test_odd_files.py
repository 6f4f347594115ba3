"""Files that no program should have written, short ones, and thousands of damaged ones: a sound or one sentence, in time, never a crash."""

import io
import itertools
import struct
import time
import zlib

import numpy as np
import pytest
import soundfile

from engine.geometry import Geometry
from engine.signal.audio_io import quantise, resample, write_audio
from engine.signal.decoding import UNFINISHED_NOTE, Decoder
from engine.signal.mel import spectrogram
from engine.signal.wav import wav_bytes
from engine.types import Clip, EngineError
from tests.signal.sounds import announcing, flac_bytes, noise, wav_header

SIXTEEN_BITS = struct.pack("<4h", -32768, 0, 16384, 32767)
AS_NUMBERS = [-1.0, 0.0, 0.5, 32767 / 32768]
PROMISED_S = 5


@pytest.fixture(scope="module")
def decoder(tmp_path_factory):
    """Its process is there already: what is timed here is the reading."""
    decoder = Decoder()
    read(decoder, tmp_path_factory.mktemp("first"), wav_header() + SIXTEEN_BITS)
    yield decoder
    decoder.close()


def read(decoder, folder, content, name="odd.wav"):
    path = folder / name
    path.write_bytes(content)
    return decoder.read(path)


def refused(decoder, folder, content):
    begun = time.monotonic()
    with pytest.raises(EngineError) as caught:
        read(decoder, folder, content)
    assert time.monotonic() - begun < PROMISED_S
    assert caught.value.kind == "audio"
    assert caught.value.message.startswith('"odd.wav"')
    assert caught.value.message.count("\n") == 0
    return caught.value.message


def encoded(format, subtype, frames=600, channels=1):
    file = io.BytesIO()
    soundfile.write(file, 0.5 * noise(frames, channels).samples.T, 48000, subtype, format=format)
    return file.getvalue()


def rf64(data_bytes):
    fmt = struct.pack("<HHIIHH", 1, 1, 48000, 96000, 2, 16)
    ds64 = struct.pack("<IQQQI", 28, data_bytes + 72, data_bytes, data_bytes // 2, 0)
    head = b"RF64\xff\xff\xff\xffWAVEds64" + ds64 + b"fmt " + struct.pack("<I", 16) + fmt
    return head + b"data\xff\xff\xff\xff" + SIXTEEN_BITS


REFUSED = {
    "empty": b"",
    "text": b"plain text\n",
    "PNG": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "no data chunk": wav_header()[:-8],
    "no channels": wav_header(channels=0) + SIXTEEN_BITS,
    "65 channels": wav_header(channels=65, data_size=130) + bytes(130),
    "1025 channels": wav_header(channels=1025, data_size=4100) + bytes(4100),
    "no rate": wav_header(sample_rate=0) + SIXTEEN_BITS,
    "rate of 2 GHz": wav_header(sample_rate=2147483647) + SIXTEEN_BITS,
    "unknown codec": wav_header(code=999) + SIXTEEN_BITS,
    "BW64": b"BW64" + wav_header()[4:] + SIXTEEN_BITS,
    "no sound": wav_header(data_size=0),
    "only notes": wav_header(data_size=0) + b"LIST\4\0\0\0INFO",
    "Vorbis cut in its header": encoded("OGG", "VORBIS")[:2000],
    "Vorbis cut before its first sound": encoded("OGG", "VORBIS", 48000)[:5000],
    "cut Opus": encoded("OGG", "OPUS", 20000)[:2000],
    "cut FLAC": encoded("FLAC", "PCM_16", 20000)[:20000],
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED)
def test_refused(decoder, tmp_path, content):
    refused(decoder, tmp_path, content)


@pytest.mark.parametrize("frames", [2**36 - 1, 2**33])
def test_flac_that_announces_hours(decoder, tmp_path, frames):
    assert "damaged" in refused(decoder, tmp_path, announcing(flac_bytes(tmp_path), frames))


READ = {
    "size of 4 GiB": wav_header(data_size=0xFFFFFFFF) + SIXTEEN_BITS,
    "size beyond the file": wav_header(data_size=800) + SIXTEEN_BITS,
    "RF64 claiming 2^62": rf64(2**62),
    "384 kHz": wav_header(sample_rate=384000) + SIXTEEN_BITS,
    "wrong block align": wav_header()[:32] + b"\7\0" + wav_header()[34:] + SIXTEEN_BITS,
    "12 bits": wav_header(bits=12) + SIXTEEN_BITS,
}


@pytest.mark.parametrize("content", READ.values(), ids=READ)
def test_read_as_if_nothing_were_wrong(decoder, tmp_path, content):
    decoded = read(decoder, tmp_path, content)
    assert decoded.clip.samples.tolist() == [AS_NUMBERS]
    assert (decoded.replaced_samples, decoded.note) == (0, "")


def test_cut_vorbis_gives_what_is_there(decoder, tmp_path):
    content = encoded("OGG", "VORBIS", 48000)
    assert 0 < read(decoder, tmp_path, content[: len(content) * 9 // 10]).clip.samples.shape[1] < 48000


def test_rest_is_read_when_the_recorder_crashed(decoder, tmp_path):
    decoded = read(decoder, tmp_path, wav_header(data_size=0) + SIXTEEN_BITS)
    assert decoded.clip.samples.tolist() == [AS_NUMBERS]
    assert decoded.note == UNFINISHED_NOTE


def test_eight_channels_of_24_bits(decoder, tmp_path):
    values = np.arange(-40, 40).reshape(10, 8)
    content = wav_header(channels=8, bits=24, data_size=240) + b"".join(int(v).to_bytes(3, "little", signed=True) for v in values.flat)
    assert np.array_equal(read(decoder, tmp_path, content).clip.samples * 2.0**23, values.T)


def test_values_that_are_no_sound(decoder, tmp_path):
    content = wav_header(code=3, bits=32, data_size=24) + np.array([np.nan, np.inf, -np.inf, 2.5, 1e38, 0.25], "<f4").tobytes()
    decoded = read(decoder, tmp_path, content)
    assert decoded.clip.samples.tolist() == [[0, 0, 0, 2.5, 1e6, 0.25]]
    assert decoded.replaced_samples == 3
    # One of them would have spread over hundreds of samples here.
    assert np.isfinite(resample(decoded.clip, 22050).samples).all()


# Short, wide, fast


@pytest.mark.parametrize("sample_rate", [22050, 384000])
@pytest.mark.parametrize("channels", [1, 8])
@pytest.mark.parametrize("frames", [1, 2, 384, 385, 512, 513, 1023, 1024])
def test_short_sounds_all_the_way(decoder, tmp_path, frames, channels, sample_rate):
    geometry = Geometry()
    original = noise(frames, channels, sample_rate)
    write_audio(tmp_path / "in.wav", original, subtype="pcm24")
    clip = decoder.read(tmp_path / "in.wav").clip
    assert np.array_equal(clip.samples * 2.0**23, quantise(original.samples, 24))
    heard = resample(clip, geometry.sample_rate)
    assert heard.samples.shape == (channels, max(1, round(frames * geometry.sample_rate / sample_rate)))
    picture = spectrogram(heard.mono(), geometry).log_mel
    assert picture.shape == (geometry.bands, max(1, heard.samples.shape[1] // geometry.hop_samples))
    assert np.isfinite(picture).all()
    for format in ("wav", "flac"):
        write_audio(tmp_path / f"out.{format}", clip, format=format, subtype="pcm24")
        assert np.array_equal(decoder.read(tmp_path / f"out.{format}").clip.samples, clip.samples)


@pytest.mark.parametrize("channels", [1, 8])
def test_sound_without_samples(decoder, tmp_path, channels):
    assert "contains no sound" in refused(decoder, tmp_path, wav_header(channels=channels, sample_rate=384000, bits=24, data_size=0))
    empty = Clip(np.zeros((channels, 0), np.float32), 384000)
    assert resample(empty, 22050).samples.shape == (channels, 1)
    assert spectrogram(empty.samples[0], Geometry()).log_mel.shape == (80, 1)
    with pytest.raises(EngineError, match="no sound to write"):
        write_audio(tmp_path / "out.wav", empty, subtype="pcm24")


# Damaged files

FORMATS = [
    ("WAV", "PCM_16"),
    ("WAVEX", "PCM_24"),
    ("RF64", "PCM_16"),
    ("AIFF", "PCM_24"),
    ("CAF", "PCM_24"),
    ("FLAC", "PCM_16"),
    ("OGG", "VORBIS"),
    ("OGG", "OPUS"),
    ("MP3", "MPEG_LAYER_III"),
]
MUTANTS = 2000
ODD_NUMBERS = [bytes(4), b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x7f\xff\xff\xff", b"\0\0\0\x80", b"\1\0\0\0", b"\0\0\0\1"]


def mutant(content, seed):
    """The file with one to four changes: bits, bytes, odd numbers, pieces that are missing, doubled, moved or filled, an early end."""
    generator = np.random.default_rng(seed)
    changed = bytearray(content)
    for _ in range(generator.integers(1, 5)):
        # Half of all changes fall into the header.
        here = int(generator.integers(0, len(changed) if generator.random() < 0.5 else min(len(changed), 120)))
        length = int(generator.integers(1, 40))
        match generator.integers(0, 8):
            case 0:
                changed[here] ^= 1 << int(generator.integers(0, 8))
            case 1:
                changed[here] = int(generator.integers(0, 256))
            case 2:
                changed[here : here + 4] = ODD_NUMBERS[generator.integers(0, len(ODD_NUMBERS))]
            case 3:
                del changed[here : here + length]
            case 4:
                changed[here:here] = changed[here : here + length]
            case 5:
                changed[here : here + length] = generator.bytes(length)
            case 6:
                there = int(generator.integers(0, len(changed)))
                changed[here : here + length] = changed[there : there + length]
            case 7 if here > 12:
                del changed[here:]
        changed = changed or bytearray(1)
    # Without this, most changes of an Ogg file would get no further than its checksums.
    return with_checksums(bytes(changed)) if seed % 4 else bytes(changed)


BITS_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def with_checksums(content):
    """Every page of an Ogg file with the checksum that it should have (RFC 3533 section 6); other files as they are."""
    pages = content.split(b"OggS")
    for number, page in enumerate(pages[1:], 1):
        if len(page) > 22:
            blank = b"OggS" + page[:18] + bytes(4) + page[22:]
            remainder = zlib.crc32(blank.translate(BITS_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
            pages[number] = page[:18] + int(f"{remainder:032b}"[::-1], 2).to_bytes(4, "little") + page[22:]
    return b"OggS".join(pages)


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_checksums_are_those_of_ogg(subtype):
    content = encoded("OGG", subtype, 5000)
    damaged = content[:22] + bytes(4) + content[26:]
    assert damaged != content
    assert with_checksums(damaged) == content


def healthy(format, subtype, channels):
    """A file of which the mutants are made; the same bytes every time, so that a seed is enough to find a mutant again."""
    if (format, channels) == ("WAV", 2):
        return wav_bytes(noise(600, 2).samples, 48000, "float32")
    content = encoded(format, subtype, 600, channels)
    if format != "OGG":
        return content
    # Bytes 14 to 17 of a page name the stream; the library draws the name.
    return with_checksums(b"OggS".join(page[:10] + b"name" + page[14:] if page else page for page in content.split(b"OggS")))


@pytest.mark.parametrize(("format", "subtype"), FORMATS)
def test_mutants_can_be_made_again(decoder, tmp_path, format, subtype):
    for channels in (1, 2):
        content = healthy(format, subtype, channels)
        assert content == healthy(format, subtype, channels)
        assert read(decoder, tmp_path, content).clip.samples.shape[0] == channels
    assert mutant(content, 7) == mutant(content, 7) != content


@pytest.mark.slow
@pytest.mark.parametrize(("format", "subtype"), FORMATS)
def test_mutants(decoder, tmp_path, format, subtype):
    contents = [healthy(format, subtype, channels) for channels in (1, 2)]
    ended, opened, slowest_s = [], 0, 0.0
    for seed, content in zip(range(MUTANTS), itertools.cycle(contents), strict=False):
        process_id = decoder.process_id
        begun = time.monotonic()
        try:
            clip = read(decoder, tmp_path, mutant(content, seed)).clip
        except EngineError as error:
            assert error.kind == "audio", seed
            assert error.message.startswith('"odd.wav"'), (seed, error.message)
        else:
            assert np.isfinite(clip.samples).all(), seed
            assert clip.samples.size > 0, seed
            opened += 1
        slowest_s = max(slowest_s, time.monotonic() - begun)
        if process_id not in (None, decoder.process_id):
            ended.append(seed)
    assert ended == [], f"seeds of mutants that ended the process: {ended}"
    assert 0 < opened < MUTANTS
    assert slowest_s < PROMISED_S
