"""The RIFF writer, read back by three other readers, and the reader of chunks and recipes."""

import struct

import mutagen.wave
import numpy as np
import pytest
import soundfile
import wavinfo

from engine.signal import wav
from engine.signal.audio_io import write_audio
from engine.signal.formats import format_is_possible
from engine.signal.wav import read_chunk, read_recipe, recipe_chunk, wav_bytes, wav_parts
from engine.types import Clip, EngineError

BITS = {"pcm16": 16, "pcm24": 24, "float32": 32}
PROMPT = 'Öl, 雨の音, \U0001f327\ufe0f "quoted" \\ \u0000'
RECIPE = {"prompt": PROMPT, "seed": 2**53 - 1, "guidance": 0.1, "list": [1, None, True], "x": {}}


def values(subtype, channels=2, frames=1001):
    generator = np.random.default_rng(1)
    if subtype == "float32":
        return generator.standard_normal((channels, frames)).astype(np.float32)
    limit = 2 ** (BITS[subtype] - 1)
    samples = generator.integers(-limit, limit, (channels, frames), dtype=np.int32)
    samples[:, :2] = [-limit, limit - 1]
    return samples


def stored(tmp_path, content, name="sound.wav"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("channels", [1, 2, 3, 8])
@pytest.mark.parametrize("subtype", ["pcm16", "pcm24", "float32"])
def test_three_readers(tmp_path, subtype, channels):
    samples = values(subtype, channels)
    path = stored(tmp_path, wav_bytes(samples, 48000, subtype, [recipe_chunk(RECIPE)]))

    read, rate = soundfile.read(path, dtype="float32" if subtype == "float32" else "int32", always_2d=True)
    assert rate == 48000
    shift = 0 if subtype == "float32" else 32 - BITS[subtype]
    assert np.array_equal(read.T if not shift else read.T >> shift, samples)

    format = wavinfo.WavInfoReader(str(path)).fmt
    assert (format.channel_count, format.sample_rate, format.bits_per_sample) == (channels, 48000, BITS[subtype])
    info = mutagen.wave.WAVE(path).info
    assert (info.channels, info.sample_rate, info.bits_per_sample) == (channels, 48000, BITS[subtype])
    assert info.length == pytest.approx(1001 / 48000)


@pytest.mark.parametrize("subtype", ["pcm16", "pcm24", "float32"])
def test_same_bytes_twice(subtype):
    first = wav_bytes(values(subtype), 22050, subtype, [recipe_chunk({"a": 1, "b": 2})])
    assert first == wav_bytes(values(subtype), 22050, subtype, [recipe_chunk({"b": 2, "a": 1})])


def test_long_sounds_are_written_in_blocks(monkeypatch):
    whole = wav_bytes(values("pcm24"), 48000, "pcm24")
    monkeypatch.setattr(wav, "_BLOCK_FRAMES", 100)
    assert wav_bytes(values("pcm24"), 48000, "pcm24") == whole


def test_order_and_padding(tmp_path):
    chunks = [(b"iXML", b"odd"), (b"bext", b"x" * 602), recipe_chunk(RECIPE)]
    content = wav_bytes(values("float32", 1, 3), 48000, "float32", chunks)
    ids, position = [], 12
    while position < len(content):
        size = struct.unpack("<I", content[position + 4 : position + 8])[0]
        ids.append(content[position : position + 4])
        position += 8 + size + size % 2
    assert ids == [b"bext", b"fmt ", b"fact", b"data", b"iXML", b"mlbr"]
    assert position == len(content) == 8 + struct.unpack("<I", content[4:8])[0]
    path = stored(tmp_path, content)
    assert read_chunk(path, b"iXML") == b"odd"
    assert read_chunk(path, b"bext") == b"x" * 602
    assert read_chunk(path, b"smpl") is None


def test_odd_number_of_sound_bytes(tmp_path):
    path = stored(tmp_path, wav_bytes(values("pcm24", 1, 3), 48000, "pcm24", [recipe_chunk(RECIPE)]))
    assert read_recipe(path) == RECIPE
    assert soundfile.info(path).frames == 3


@pytest.mark.parametrize("chunk_id", [b"data", b"fmt ", b"fact", b"ds64", b"abc", b"abcde"])
def test_own_chunks_cannot_be_given(chunk_id):
    with pytest.raises(ValueError, match="extra chunk"):
        wav_parts(values("pcm16"), 48000, "pcm16", [(chunk_id, b"")])


def test_impossible_sound():
    with pytest.raises(EngineError, match="1 to 64 channels") as caught:
        wav_parts(np.zeros((65, 1), np.int32), 48000, "pcm16")
    assert caught.value.kind == "value"


@pytest.mark.parametrize("subtype", ["pcm16", "pcm24", "float32"])
def test_rf64(tmp_path, monkeypatch, subtype):
    monkeypatch.setattr(wav, "_LARGEST_RIFF", 100)
    samples = values(subtype, 1, 1001)
    path = stored(tmp_path, wav_bytes(samples, 48000, subtype, [recipe_chunk(RECIPE)]))
    info = soundfile.info(path)
    assert (info.format, info.frames) == ("RF64", 1001)
    read = soundfile.read(path, dtype="float32" if subtype == "float32" else "int32")[0]
    assert np.array_equal(read if subtype == "float32" else read >> (32 - BITS[subtype]), samples[0])
    assert read_recipe(path) == RECIPE
    assert len(read_chunk(path, b"data")) == 1001 * BITS[subtype] // 8


def test_rf64_sizes_beyond_4_gib():
    frames = 2**31
    endless = np.broadcast_to(np.int32(0), (1, frames))
    opening = next(wav_parts(endless, 48000, "pcm16"))
    assert opening[:20] == b"RF64\xff\xff\xff\xffWAVEds64" + struct.pack("<I", 28)
    riff_bytes, data_bytes, count = struct.unpack("<QQQ", opening[20:44])
    assert (data_bytes, count) == (2**32, frames)
    assert riff_bytes == len(opening) + 8 + data_bytes - 8


def riff(*chunks, opening=b"RIFF\xff\xff\xff\x7fWAVE"):
    return opening + b"".join(chunk_id + struct.pack("<I", size) + content for chunk_id, size, content in chunks)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF",
        b"RIFX\0\0\0\0WAVE",
        b"plain text, nothing else",
        riff((b"data", 0xFFFFFFFF, b"abc"), (b"mlbr", 2, b"{}")),
        riff((b"mlbr", 3, b"{}")),
        riff((b"mlbr", 0xFFFFFFFF, b"{}")),
        riff((b"ds64", 16, b"\xff" * 16), (b"data", 0xFFFFFFFF, b""), (b"mlbr", 2, b"{}"), opening=b"RF64\xff\xff\xff\xffWAVE"),
        riff((b"ds64", 16, b"\xff" * 7), opening=b"RF64\xff\xff\xff\xffWAVE"),
        riff(*[(b"junk", 0, b"")] * 5000, (b"mlbr", 2, b"{}")),
        riff((b"mlbr", 2**24 + 2, b" " * 2**24 + b"{}")),
    ],
    ids=["empty", "cut", "big endian", "text", "lying data", "cut chunk", "lying chunk", "lying ds64", "cut ds64", "too many", "too large"],
)
def test_chunks_that_lie(tmp_path, content):
    path = stored(tmp_path, content)
    assert read_chunk(path, b"mlbr") is None
    with pytest.raises(EngineError, match=r'^"sound.wav" holds no recipe of this program\.$') as caught:
        read_recipe(path)
    assert caught.value.kind == "audio"


@pytest.mark.parametrize(
    "text",
    [b"{", b"[]", b"\xff\xfe", b'{"a": NaN}', b'{"a": 1e999}', b'{"a": -Infinity}', b"[" * 100000, b'{"a": ' + b"1" * 5000 + b"}"],
    ids=["cut", "list", "not UTF-8", "NaN", "infinite", "constant", "deep", "long number"],
)
def test_damaged_recipe(tmp_path, text):
    path = stored(tmp_path, wav_bytes(values("pcm16"), 48000, "pcm16", [(b"mlbr", text)]))
    with pytest.raises(EngineError, match=r'^The recipe in "sound.wav" is damaged\.$') as caught:
        read_recipe(path)
    assert caught.value.kind == "audio"


@pytest.mark.parametrize("format", ["wav", "flac"])
@pytest.mark.parametrize("recipe", [{}, RECIPE, {"half": "\ud800"}, {"long": "a" * 100000}], ids=["empty", "unicode", "half pair", "long"])
def test_recipe_round_trip(tmp_path, format, recipe):
    path = tmp_path / f"töne.{format}"
    write_audio(path, Clip(np.ones((1, 5), np.float32), 48000), format=format, recipe=recipe)
    assert read_recipe(path) == recipe


def test_flac_without_recipe(tmp_path):
    path = tmp_path / "sound.flac"
    write_audio(path, Clip(np.ones((1, 5), np.float32), 48000), format="flac")
    with pytest.raises(EngineError, match="holds no recipe"):
        read_recipe(path)


@pytest.mark.parametrize("recipe", [{"a": float("nan")}, {"a": object()}, {"a": b"bytes"}])
def test_recipe_that_json_cannot_say(recipe):
    with pytest.raises(EngineError) as caught:
        recipe_chunk(recipe)
    assert caught.value.kind == "value"


@pytest.mark.parametrize("format", ["wav", "flac"])
def test_mutants(tmp_path, format):
    path = tmp_path / f"sound.{format}"
    write_audio(path, Clip(np.ones((1, 5), np.float32), 48000), format=format, recipe=RECIPE)
    content = np.frombuffer(path.read_bytes(), np.uint8)
    generator = np.random.default_rng(5)
    for _ in range(300):
        mutant = content[: generator.integers(1, content.size + 1)].copy()
        places = generator.integers(0, mutant.size, 4)
        mutant[places] = generator.choice([0, 1, 127, 128, 255], 4)
        path.write_bytes(mutant.tobytes())
        try:
            assert isinstance(read_recipe(path), dict)
        except EngineError as error:
            assert error.kind == "audio"


def test_file_that_is_not_there(tmp_path):
    for path in (tmp_path / "missing.wav", tmp_path):
        with pytest.raises(EngineError, match="There is no file") as caught:
            read_chunk(path, b"mlbr")
        assert caught.value.kind == "audio"


@pytest.mark.parametrize(
    ("format", "rate", "channels", "subtype", "part"),
    [
        ("aiff", 48000, 1, "pcm16", "choose wav, flac, ogg or mp3"),
        ("wav", 48000, 1, "opus", "choose pcm16 or pcm24 or float32"),
        ("flac", 48000, 9, "pcm16", "1 to 8 channels"),
        ("flac", 65537, 1, "pcm16", "multiples of 10 Hz"),
        ("ogg", 384000, 1, "vorbis", "8000 to 192000 Hz"),
        ("ogg", 44100, 1, "opus", "8000, 12000, 16000, 24000, 48000 Hz"),
        ("mp3", 48000, 3, "mp3", "1 to 2 channels"),
        ("mp3", 96000, 1, "mp3", "48000 Hz"),
        ("wav", 0, 1, "pcm16", "1000 to 768000 Hz"),
        ("wav", 48000, 0, "pcm16", "not 0"),
    ],
)
def test_impossible_formats_get_a_sentence(format, rate, channels, subtype, part):
    sentence = format_is_possible(format, rate, channels, subtype)
    assert part in sentence
    assert sentence.endswith(".")


def test_possible_formats():
    assert format_is_possible("wav", 22050, 1, "pcm16") is None
    assert format_is_possible("flac", 655350, 8, "pcm24") is None
    assert format_is_possible("mp3", 44100, 2, "mp3") is None
