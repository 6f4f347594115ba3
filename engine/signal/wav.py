"""The program's own RIFF files: the same sound gives the same bytes, and a chunk of our own holds the recipe.

Order of chunks: ds64 (only in files above 4 GiB), bext, fmt, fact (float only), data, then the rest as given. Nothing in here ever opens
a sound for writing that exists already.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine.signal.formats import format_is_possible
from engine.types import EngineError

Chunk = tuple[bytes, bytes]

RECIPE_CHUNK = b"mlbr"
_OWN_CHUNKS = {b"ds64", b"fmt ", b"fact", b"data"}
_UNKNOWN_SIZE = 0xFFFFFFFF
_LARGEST_RIFF = 0xFFFFFFFF
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_BYTES_PER_SAMPLE = {"pcm16": 2, "pcm24": 3, "float32": 4}
# The end of the identifier that an extensible header spells out after the two bytes of the format.
_IDENTIFIER_TAIL = bytes.fromhex("000000001000800000aa00389b71")
_BLOCK_FRAMES = 1 << 18
_MOST_CHUNKS = 4096
_FLAC_COMMENTS = 4
_LARGEST_CHUNK = 1 << 24


def wav_bytes(samples: NDArray, sample_rate: int, subtype: str, chunks: Sequence[Chunk] = ()) -> bytes:
    """A whole WAV file; see ``wav_parts``."""
    return b"".join(wav_parts(samples, sample_rate, subtype, chunks))


def wav_parts(samples: NDArray, sample_rate: int, subtype: str, chunks: Sequence[Chunk] = ()) -> Iterator[bytes]:
    """A WAV file piece by piece.

    ``samples`` [channels, n] holds integers of 16 or 24 bits for "pcm16" and "pcm24", float32 for "float32"; the rate is in Hz. ``chunks``
    are (id, content): bext goes before the sound, all others behind it in the order given. Raises EngineError("value") for what a WAV
    cannot hold and ValueError for a chunk id that the writer fills itself.
    """
    problem = format_is_possible("wav", sample_rate, samples.shape[0], subtype)
    if problem:
        raise EngineError("value", problem)
    for chunk_id, _ in chunks:
        if len(chunk_id) != 4 or chunk_id in _OWN_CHUNKS:
            raise ValueError(f"{chunk_id!r} cannot be given as an extra chunk")
    return _parts(samples, sample_rate, subtype, chunks)


def _parts(samples: NDArray, sample_rate: int, subtype: str, chunks: Sequence[Chunk]) -> Iterator[bytes]:
    channels, frames = samples.shape
    fact = [(b"fact", struct.pack("<I", min(frames, _UNKNOWN_SIZE)))] if subtype == "float32" else []
    before = [*(c for c in chunks if c[0] == b"bext"), (b"fmt ", _fmt(channels, sample_rate, subtype)), *fact]
    head = b"".join(_chunk(*chunk) for chunk in before)
    tail = b"".join(_chunk(*chunk) for chunk in chunks if chunk[0] != b"bext")
    data_bytes = channels * frames * _BYTES_PER_SAMPLE[subtype]
    padding = b"\0" * (data_bytes % 2)
    riff_bytes = 4 + len(head) + 8 + data_bytes + len(padding) + len(tail)
    yield _opening(riff_bytes, data_bytes, frames) + head
    yield b"data" + struct.pack("<I", data_bytes if riff_bytes <= _LARGEST_RIFF else _UNKNOWN_SIZE)
    for start in range(0, frames, _BLOCK_FRAMES):
        yield _interleaved(samples[:, start : start + _BLOCK_FRAMES], subtype)
    yield padding + tail


def _opening(riff_bytes: int, data_bytes: int, frames: int) -> bytes:
    """The first bytes; beyond 4 GiB the true sizes stand in a ds64 chunk (EBU Tech 3306)."""
    if riff_bytes <= _LARGEST_RIFF:
        return b"RIFF" + struct.pack("<I", riff_bytes) + b"WAVE"
    true_sizes = _chunk(b"ds64", struct.pack("<QQQI", riff_bytes + 36, data_bytes, frames, 0))
    return b"RF64" + struct.pack("<I", _UNKNOWN_SIZE) + b"WAVE" + true_sizes


def _fmt(channels: int, sample_rate: int, subtype: str) -> bytes:
    """Content of the fmt chunk: the short forms that every program reads, the extensible one only beyond stereo."""
    width = _BYTES_PER_SAMPLE[subtype]
    code = _FLOAT if subtype == "float32" else _PCM
    extensible = channels > 2
    frame_bytes = channels * width
    base = struct.pack(
        "<HHIIHH", _EXTENSIBLE if extensible else code, channels, sample_rate, sample_rate * frame_bytes, frame_bytes, 8 * width
    )
    if extensible:
        return base + struct.pack("<HHIH", 22, 8 * width, 0, code) + _IDENTIFIER_TAIL
    return base + struct.pack("<H", 0) if code == _FLOAT else base


def _interleaved(samples: NDArray, subtype: str) -> bytes:
    frames_first = np.ascontiguousarray(samples.T)
    if subtype == "pcm24":
        return frames_first.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    return frames_first.astype("<i2" if subtype == "pcm16" else "<f4").tobytes()


def _chunk(chunk_id: bytes, content: bytes) -> bytes:
    return chunk_id + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def recipe_chunk(recipe: dict[str, Any]) -> Chunk:
    """The chunk that holds a recipe: JSON with sorted keys. Raises EngineError("value") for what JSON cannot say."""
    return RECIPE_CHUNK, recipe_text(recipe).encode("ascii")


def recipe_text(recipe: dict[str, Any]) -> str:
    """A recipe as JSON with sorted keys in ASCII, so that no reader stumbles. Raises EngineError("value") for what JSON cannot say."""
    try:
        return json.dumps(recipe, sort_keys=True, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise EngineError("value", "The recipe of this sound cannot be written into the file.") from error


def read_chunk(path: Path, chunk_id: bytes) -> bytes | None:
    """Content of the first such chunk of a RIFF or RF64 WAV; None if there is none, if it is cut off or larger than 16 MiB.

    Raises EngineError("audio") if the file cannot be read.
    """
    return _searched(path, lambda file, file_bytes: _find_chunk(file, file_bytes, chunk_id))


def read_recipe(path: Path) -> dict[str, Any]:
    """The recipe inside a WAV or FLAC file of this program. Raises EngineError("audio") if there is none or it is damaged."""
    content = _searched(path, lambda file, file_bytes: _find_chunk(file, file_bytes, RECIPE_CHUNK) or _find_flac_comment(file))
    if content is None:
        raise EngineError("audio", f'"{path.name}" holds no recipe of this program.')
    try:
        recipe = json.loads(content.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        recipe = None
    if not isinstance(recipe, dict):
        raise EngineError("audio", f'The recipe in "{path.name}" is damaged.')
    return recipe


def _searched(path: Path, search: Callable[[BinaryIO, int], bytes | None]) -> bytes | None:
    try:
        if not path.is_file():
            raise EngineError("audio", f'There is no file "{path.name}".')
        with path.open("rb") as file:
            return search(file, path.stat().st_size)
    except (OSError, ValueError) as error:
        raise EngineError("audio", f'"{path.name}" could not be read.') from error


def _find_chunk(file: BinaryIO, file_bytes: int, wanted: bytes) -> bytes | None:
    opening = file.read(12)
    if opening[:4] not in (b"RIFF", b"RF64") or opening[8:] != b"WAVE":
        return None
    true_data_bytes: int | None = None
    for _ in range(_MOST_CHUNKS):
        header = file.read(8)
        if len(header) < 8:
            return None
        chunk_id, size = header[:4], struct.unpack("<I", header[4:])[0]
        if chunk_id == b"data" and size == _UNKNOWN_SIZE and true_data_bytes is not None:
            size = true_data_bytes
        start = file.tell()
        if chunk_id == wanted:
            return file.read(size) if size <= min(_LARGEST_CHUNK, file_bytes - start) else None
        if chunk_id == b"ds64" and size >= 16:
            true_data_bytes = int.from_bytes(file.read(16)[8:], "little")
        # Sizes may lie: nothing is sought beyond the end of the file.
        file.seek(min(start + size + size % 2, file_bytes))
    return None


def _find_flac_comment(file: BinaryIO) -> bytes | None:
    """The comment among a FLAC file's Vorbis comments if it can be a recipe."""
    file.seek(0)
    if file.read(4) != b"fLaC":
        return None
    for _ in range(_MOST_CHUNKS):
        header = file.read(4)
        if len(header) < 4:
            return None
        size = int.from_bytes(header[1:], "big")
        if header[0] & 0x7F == _FLAC_COMMENTS:
            return next((text for text in _vorbis_comments(file.read(size)) if text.startswith(b"{")), None)
        if header[0] & 0x80:
            return None
        file.seek(size, 1)
    return None


def _vorbis_comments(block: bytes) -> Iterator[bytes]:
    """The values of all COMMENT fields; stops where the sizes leave the block."""
    position = 4 + int.from_bytes(block[:4], "little") + 4
    while position + 4 <= len(block):
        size = int.from_bytes(block[position : position + 4], "little")
        name, _, value = block[position + 4 : position + 4 + size].partition(b"=")
        if name.upper() == b"COMMENT":
            yield value
        position += 4 + size


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not a number")


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse(text)
