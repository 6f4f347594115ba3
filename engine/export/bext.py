"""The bext chunk of Broadcast WAV (EBU Tech 3285 version 2) and the LIST INFO chunk: ASCII only, because readers disagree on the rest."""

from __future__ import annotations

import math
import struct
import unicodedata
from dataclasses import dataclass

from engine.signal.wav import Chunk

_UNKNOWN = 0x7FFF
_LAYOUT = struct.Struct("<256s32s32s10s8sQH64s5h180s")
_PLAIN = str.maketrans(
    {"–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "×": "x"}
)


@dataclass(frozen=True)
class Levels:
    """What a sound measures: LUFS and dBTP, -inf for silence."""

    integrated_lufs: float
    momentary_lufs: float
    true_peak_db: float


@dataclass(frozen=True)
class Broadcast:
    """The fields of bext that we fill; ``date`` YYYY-MM-DD, ``time`` HH:MM:SS, either may be empty."""

    description: str
    originator: str
    reference: str
    date: str
    time: str
    coding_history: str
    levels: Levels


def ascii_text(text: str) -> str:
    """The nearest text in printable ASCII: accents go, what has no likeness becomes a question mark, line breaks become spaces."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    kept = [sign for sign in decomposed if not unicodedata.combining(sign)]
    return "".join(sign if " " <= sign <= "~" else " " if sign.isspace() else "?" for sign in kept)


def bext_chunk(fields: Broadcast) -> Chunk:
    """The chunk: too long texts are cut, the time reference is 0, the UMID is empty, loudness range and short-term loudness are unknown."""
    history = (ascii_text(fields.coding_history) + "\r\n").encode("ascii")
    head = _LAYOUT.pack(
        _field(fields.description, 256),
        _field(fields.originator, 32),
        _field(fields.reference, 32),
        _field(fields.date, 10),
        _field(fields.time, 8),
        0,
        2,
        bytes(64),
        _hundredths(fields.levels.integrated_lufs),
        _UNKNOWN,
        _hundredths(fields.levels.true_peak_db),
        _hundredths(fields.levels.momentary_lufs),
        _UNKNOWN,
        bytes(180),
    )
    # An odd chunk would need a padding byte, which some readers destroy: the history is made even.
    return b"bext", head + history + b"\0" * (len(history) % 2)


def coding_history(sample_rate: int, bits: int, channels: int, text: str) -> str:
    """One line of CodingHistory for PCM; commas would end its last field, so they go."""
    mode = {1: "mono", 2: "stereo"}.get(channels, "multichannel")
    return f"A=PCM,F={sample_rate},W={bits},M={mode},T={text.replace(',', ' ')}"


def info_chunk(fields: dict[str, str]) -> Chunk:
    """LIST INFO of four-letter names and texts; empty ones are left out."""
    parts = [b"INFO"]
    for name, text in fields.items():
        if text:
            value = ascii_text(text).encode("ascii") + b"\0"
            parts.append(name.encode("ascii") + struct.pack("<I", len(value)) + value + b"\0" * (len(value) % 2))
    return b"LIST", b"".join(parts)


def _field(text: str, size: int) -> bytes:
    return ascii_text(text).encode("ascii")[:size]


def _hundredths(value: float) -> int:
    return round(100 * max(-327.0, min(327.0, value))) if math.isfinite(value) else _UNKNOWN
