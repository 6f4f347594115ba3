"""What each file format can hold: asked before an encoder is called, because some encoders end the whole process instead of refusing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

FileFormat = Literal["wav", "flac", "ogg", "mp3"]
SampleFormat = Literal["pcm16", "pcm24", "float32", "vorbis", "opus", "mp3"]

MAX_CHANNELS = 64
LOWEST_RATE, HIGHEST_RATE = 1000, 768000


@dataclass(frozen=True)
class Limits:
    """The sample rates in Hz, in words too, and the most channels of one kind of file."""

    rates: tuple[Collection[int], ...]
    words: str
    channels: int


_WAV = Limits((range(LOWEST_RATE, HIGHEST_RATE + 1),), "1000 to 768000 Hz", MAX_CHANNELS)
# A FLAC header counts high rates in tens of Hz.
_FLAC = Limits((range(LOWEST_RATE, 65536), range(65540, 655351, 10)), "1000 to 65535 Hz and multiples of 10 Hz up to 655350 Hz", 8)
_OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
_MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_LIMITS: dict[tuple[str, str], Limits] = {
    ("wav", "pcm16"): _WAV,
    ("wav", "pcm24"): _WAV,
    ("wav", "float32"): _WAV,
    ("flac", "pcm16"): _FLAC,
    ("flac", "pcm24"): _FLAC,
    ("ogg", "vorbis"): Limits((range(8000, 192000 + 1),), "8000 to 192000 Hz", 8),
    ("ogg", "opus"): Limits((_OPUS_RATES,), f"{', '.join(map(str, _OPUS_RATES))} Hz", 8),
    ("mp3", "mp3"): Limits((_MP3_RATES,), f"{', '.join(map(str, _MP3_RATES))} Hz", 2),
}


def format_is_possible(format: str, sample_rate: int, channels: int, subtype: str) -> str | None:
    """None if a file of this rate in Hz and these channels can be written, otherwise the sentence that says why not."""
    limits = _LIMITS.get((format, subtype))
    if limits is None:
        return _unknown(format, subtype)
    name = subtype.capitalize() if format == "ogg" else format.upper()
    if not 1 <= channels <= limits.channels:
        return f"{name} files hold 1 to {limits.channels} channels, not {channels}."
    if not any(sample_rate in rates for rates in limits.rates):
        return f"{name} files cannot have a sample rate of {sample_rate} Hz; possible are {limits.words}."
    return None


def _unknown(format: str, subtype: str) -> str:
    subtypes = [known for name, known in _LIMITS if name == format]
    if subtypes:
        return f"{format.upper()} files cannot hold {subtype}; choose {' or '.join(subtypes)}."
    *formats, last = dict.fromkeys(name for name, _ in _LIMITS)
    return f"Sounds cannot be written as {format!r}; choose {', '.join(formats)} or {last}."
