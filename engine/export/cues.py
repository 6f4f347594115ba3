"""Loops for samplers: the smpl chunk, and the cue chunk with its labels."""

from __future__ import annotations

import struct

from engine.export.bext import ascii_text
from engine.signal.wav import Chunk

_UNITY_NOTE = 60


def smpl_chunk(sample_rate: int, start: int, end: int) -> Chunk:
    """One endless forward loop from sample ``start`` to sample ``end``, which belongs to it."""
    head = struct.pack("<9I", 0, 0, round(1e9 / sample_rate), _UNITY_NOTE, 0, 0, 0, 1, 0)
    return b"smpl", head + struct.pack("<6I", 1, 0, start, end, 0, 0)


def cue_chunks(points: dict[int, str]) -> list[Chunk]:
    """Named points: sample position to label. Empty without points."""
    if not points:
        return []
    cues = [struct.pack("<II4sIII", number, place, b"data", 0, 0, place) for number, place in enumerate(points, 1)]
    labels = [_label(number, text) for number, text in enumerate(points.values(), 1)]
    return [(b"cue ", struct.pack("<I", len(points)) + b"".join(cues)), (b"LIST", b"adtl" + b"".join(labels))]


def _label(number: int, text: str) -> bytes:
    content = struct.pack("<I", number) + ascii_text(text).encode("ascii") + b"\0"
    return b"labl" + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
