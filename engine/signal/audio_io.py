"""Sounds in and out: reads the allowed formats and nothing else, resamples, and writes files that are whole or not there at all."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from engine.signal.formats import HIGHEST_RATE, LOWEST_RATE, MAX_CHANNELS, FileFormat, SampleFormat, format_is_possible
from engine.signal.replacing import replace_file
from engine.signal.unfinished import unfinished_wav
from engine.signal.wav import recipe_chunk, recipe_text, wav_parts
from engine.types import Clip, EngineError

_PCM = frozenset({"PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32"})
_PCM_OR_FLOAT = _PCM | {"FLOAT", "DOUBLE"}
_READABLE = {
    "WAV": _PCM_OR_FLOAT,
    "WAVEX": _PCM_OR_FLOAT,
    "RF64": _PCM_OR_FLOAT,
    "AIFF": _PCM_OR_FLOAT,
    "CAF": _PCM_OR_FLOAT,
    "FLAC": _PCM,
    "OGG": frozenset({"VORBIS", "OPUS"}),
    "MP3": frozenset({"MPEG_LAYER_III"}),
}
_READABLE_NAMES = "WAV, AIFF, CAF, FLAC, OGG or MP3"
_FIRST_BYTES = (b"RIFF", b"RIFX", b"RF64", b"FORM", b"caff", b"fLaC", b"OggS", b"ID3")
_BLOCK_FRAMES = 1 << 16
MOST_VALUES = 1 << 29
_UNKNOWN_FRAMES = 2**63 - 1
# A file may hold 1e38, whose square is infinite: nothing that is a sound comes near this.
_LOUDEST = 1e6
_BITS = {"pcm16": 16, "pcm24": 24}
_ENCODINGS = {"pcm16": "PCM_16", "pcm24": "PCM_24", "vorbis": "VORBIS", "opus": "OPUS", "mp3": "MPEG_LAYER_III"}
# The library counts from 0, the best, to 1; an MP3 of 320 kbit/s and constant rate is the same bytes every time.
_BEST = {"vorbis": {"compression_level": 0.0}, "mp3": {"compression_level": 0.0, "bitrate_mode": "CONSTANT"}}


class _ForwardFile(soundfile.SoundFile):
    """A file that is read from start to end: the library seeks after every block, which fails at the end of a FLAC of unknown length."""

    def seekable(self) -> bool:
        """Never."""
        return False


@dataclass(frozen=True, eq=False)
class Block:
    """A piece of a sound: ``samples`` [channels, n], how many of them were no numbers, and whether the file was never finished."""

    samples: NDArray[np.float32]
    sample_rate: int
    replaced: int
    unfinished: bool


def read_clip(path: Path, max_s: float = 3600) -> Clip:
    """The whole sound of a file of this program, values that are not numbers replaced by 0; foreign files are for ``read_clip_in_child``.

    Raises EngineError("audio") as ``read_blocks`` does.
    """
    blocks = list(read_blocks(path, max_s))
    return Clip(np.concatenate([block.samples for block in blocks], axis=1), blocks[0].sample_rate)


def read_blocks(path: Path, max_s: float = 3600) -> Iterator[Block]:
    """The sound of a file piece by piece, at least one, values that are not numbers replaced by 0.

    A WAV whose recorder never wrote the size of the sound is read to the end of the file. Raises EngineError("audio") for a file that is
    missing, damaged, empty, of another format, longer than ``max_s`` seconds, of more than 64 channels, or too large to hold.
    """
    check_first_bytes(path)
    sound = False
    try:
        for block in _blocks_of(path, max_s):
            sound = True
            yield block
    except (soundfile.SoundFileError, OSError, ValueError, TypeError, AssertionError) as error:
        raise EngineError("audio", f'"{path.name}" is damaged or cut off and could not be read.') from error
    if not sound:
        raise EngineError("audio", f'"{path.name}" contains no sound.')


def _blocks_of(path: Path, max_s: float) -> Iterator[Block]:
    # By path, never through a file object: some valid MP3s are taken for something else there.
    with _ForwardFile(str(path) if os.name == "nt" else os.fsencode(path)) as file:
        perhaps_unfinished = file.frames == 0 and file.format in ("WAV", "WAVEX")
        yield from _blocks(file, path.name, max_s)
    stored = unfinished_wav(path) if perhaps_unfinished else None
    if stored is not None:
        with stored, _ForwardFile(stored) as file:
            yield from (replace(block, unfinished=True) for block in _blocks(file, path.name, max_s))


def check_first_bytes(path: Path) -> None:
    """Lets only files pass that begin like an allowed format, so that no other parser of the library ever sees the others.

    Raises EngineError("audio") for the others, and for a file that is missing or cannot be opened.
    """
    try:
        if not path.is_file():
            raise EngineError("audio", f'There is no file "{path.name}".')
        with path.open("rb") as file:
            first = file.read(4)
    except (OSError, ValueError) as error:
        raise EngineError("audio", f'"{path.name}" could not be opened.') from error
    mpeg_frame = len(first) > 1 and first[0] == 0xFF and first[1] & 0xE0 == 0xE0
    if not (first.startswith(_FIRST_BYTES) or mpeg_frame):
        raise EngineError("audio", f'"{path.name}" is not a sound in a format that can be read: {_READABLE_NAMES}.')


def _check_header(file: soundfile.SoundFile, name: str) -> None:
    if file.subtype not in _READABLE.get(file.format, ()):
        raise EngineError("audio", f'"{name}" is not a sound in a format that can be read: {_READABLE_NAMES}.')
    if not 1 <= file.channels <= MAX_CHANNELS:
        raise EngineError("audio", f'"{name}" has {file.channels} channels; at most {MAX_CHANNELS} can be read.')
    if not LOWEST_RATE <= file.samplerate <= HIGHEST_RATE:
        raise EngineError("audio", f'"{name}" has a sample rate of {file.samplerate} Hz; {LOWEST_RATE} to {HIGHEST_RATE} Hz can be read.')


def _blocks(file: soundfile.SoundFile, name: str, max_s: float) -> Iterator[Block]:
    """Blocks until the file has no more, whatever length it announces."""
    _check_header(file, name)
    frames = 0
    while True:
        block = np.empty((_BLOCK_FRAMES, file.channels), np.float32)
        read = file.read(out=block).shape[0]
        if read == 0:
            if file.format == "FLAC" and frames < file.frames < _UNKNOWN_FRAMES:
                raise ValueError("cut off")
            return
        frames += read
        if frames > max_s * file.samplerate:
            raise EngineError("audio", f'"{name}" is longer than {max_s:g} seconds.')
        if frames * file.channels > MOST_VALUES:
            raise EngineError("audio", f'"{name}" is too large to be held in memory.')
        yield _cleaned(block[:read], file.samplerate)


def _cleaned(frames_first: NDArray[np.float32], sample_rate: int) -> Block:
    samples = np.ascontiguousarray(frames_first.T)
    odd = ~np.isfinite(samples)
    samples[odd] = 0.0
    np.clip(samples, -_LOUDEST, _LOUDEST, out=samples)
    return Block(samples, sample_rate, int(np.count_nonzero(odd)), False)


def resample(clip: Clip, sample_rate: int) -> Clip:
    """The clip at another rate in Hz: round(n x ratio) samples, never fewer than one; the same clip if the rate is the same.

    Raises EngineError("value") for a rate that is not positive.
    """
    if sample_rate < 1:
        raise EngineError("value", f"The sample rate must be at least 1 Hz, not {sample_rate}.")
    if clip.sample_rate == sample_rate:
        return clip
    frames = clip.samples.shape[1]
    wanted = max(1, round(frames * sample_rate / clip.sample_rate))
    # A sound shorter than the filter comes out shorter than it should, or not at all, unless silence follows it.
    tail = max(0, clip.sample_rate // 10 - frames)
    padded = np.pad(clip.samples, ((0, 0), (0, tail)))
    resampled = soxr.resample(np.ascontiguousarray(padded.T), clip.sample_rate, sample_rate, quality="VHQ").T[:, :wanted]
    missing = wanted - resampled.shape[1]
    return Clip(np.ascontiguousarray(np.pad(resampled, ((0, 0), (0, missing)))), sample_rate)


def mono_at(clip: Clip, sample_rate: int) -> NDArray[np.float32]:
    """Mean of the channels at another rate in Hz, float32 [n]: mixed first, so that many channels take no longer than one."""
    return resample(Clip(clip.mono()[None], clip.sample_rate), sample_rate).samples[0]


def write_audio(
    path: Path,
    clip: Clip,
    *,
    format: FileFormat = "wav",
    subtype: SampleFormat = "pcm16",
    dither: bool = True,
    seed: int = 0,
    recipe: dict[str, Any] | None = None,
) -> None:
    """Writes a sound; an older file of that name is replaced in one step or stays as it was.

    ``dither`` matters for "pcm16" only and is drawn from ``seed``. WAV keeps ``recipe`` in a chunk of its own, FLAC as its comment; OGG and
    MP3 have no place for it. Raises EngineError: "numeric" for values that are not numbers, "audio" for a clip without samples, "value"
    for what the format cannot hold, "path" if the file cannot be written there.
    """
    _check_clip(clip)
    problem = format_is_possible(format, clip.sample_rate, clip.samples.shape[0], subtype)
    if problem:
        raise EngineError("value", problem)
    samples = quantise(clip.samples, _BITS[subtype], seed if dither and subtype == "pcm16" else None) if subtype in _BITS else clip.samples
    if format == "wav":
        chunks = [] if recipe is None else [recipe_chunk(recipe)]
        replace_file(path, wav_parts(samples, clip.sample_rate, subtype, chunks))
    else:
        comment = recipe_text(recipe) if recipe is not None and format == "flac" else None
        replace_file(path, [_encoded(samples, clip.sample_rate, format, subtype, comment)])


def _check_clip(clip: Clip) -> None:
    """The one check before every export."""
    if clip.samples.ndim != 2 or clip.samples.size == 0:
        raise EngineError("audio", "There is no sound to write: the clip is empty.")
    if not np.isfinite(clip.samples).all():
        raise EngineError("numeric", "The sound contains values that are not numbers, so it was not written.")


def quantise(samples: NDArray[np.float32], bits: int, dither_seed: int | None = None) -> NDArray[np.int32]:
    """Integers of -1..1: -1.0 becomes -2^(bits-1), +1.0 is clipped to 2^(bits-1) - 1.

    With a seed, triangular noise two steps wide is added before rounding; zeros at either end of a channel stay zero.
    """
    scale = 2 ** (bits - 1)
    out = np.empty(samples.shape, np.int32)
    noise = None if dither_seed is None else _dither(samples, dither_seed)
    # Block by block: in double precision a long sound of many channels would take gigabytes.
    for start in range(0, samples.shape[1], _BLOCK_FRAMES):
        block = slice(start, start + _BLOCK_FRAMES)
        scaled = samples[:, block].astype(np.float64) * scale
        if noise is not None:
            scaled += noise[:, block]
        out[:, block] = np.clip(np.rint(scaled), -scale, scale - 1)
    return out


def _dither(samples: NDArray[np.float32], seed: int) -> NDArray[np.float64]:
    """Triangular noise between the first and the last sound of each channel."""
    generator = np.random.default_rng(seed)
    noise = generator.random(samples.shape)
    noise -= generator.random(samples.shape)
    noise[~_between_silences(samples)] = 0.0
    return noise


def _between_silences(samples: NDArray) -> NDArray[np.bool_]:
    """False for the exact zeros before the first and after the last sound of each channel."""
    sounding = samples != 0
    begun = np.logical_or.accumulate(sounding, axis=1)
    not_over = np.logical_or.accumulate(sounding[:, ::-1], axis=1)[:, ::-1]
    return begun & not_over


def _encoded(samples: NDArray, sample_rate: int, format: str, subtype: str, comment: str | None) -> bytes:
    """A FLAC, OGG or MP3 file in memory, so that a full disk meets our own writer, which notices."""
    file = io.BytesIO()
    options = {"format": format.upper(), "subtype": _ENCODINGS[subtype], **_BEST.get(subtype, {})}
    try:
        with soundfile.SoundFile(file, "w", sample_rate, samples.shape[0], **options) as encoder:
            if comment is not None:
                encoder.comment = comment
            for start in range(0, samples.shape[1], _BLOCK_FRAMES):
                encoder.write(_for_encoder(samples[:, start : start + _BLOCK_FRAMES], subtype))
    except (soundfile.SoundFileError, AssertionError, ValueError) as error:
        raise EngineError("audio", f"The {format.upper()} encoder refused this sound.") from error
    return file.getvalue()


def _for_encoder(samples: NDArray, subtype: str) -> NDArray:
    """Samples as [n, channels] in the type that the library passes on unchanged."""
    frames_first = np.ascontiguousarray(samples.T)
    if subtype == "pcm16":
        return frames_first.astype(np.int16)
    return frames_first << 8 if subtype == "pcm24" else np.clip(frames_first, -1.0, 1.0)
