"""What the user chooses about exported files; kept in the project, so it is read back with tolerance."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from engine.signal.formats import FileFormat, SampleFormat, format_is_possible
from engine.types import EngineError

LoudnessMode = Literal["off", "peak", "lufs"]

SUBTYPES: dict[str, tuple[str, ...]] = {
    "wav": ("pcm24", "pcm16", "float32"),
    "flac": ("pcm24", "pcm16"),
    "ogg": ("vorbis", "opus"),
    "mp3": ("mp3",),
}
"""Sample formats of each file format, the default first."""

RATES = (22050, 44100, 48000, 96000)
"""Sample rates on offer, in Hz."""

DEFAULT_TEMPLATE = "{prompt} {seed}"


@dataclass(frozen=True)
class ExportSettings:
    """How takes become files.

    ``sample_rate`` in Hz; ``dither`` matters for 16 bits only. ``loudness`` "peak" brings the true peak to ``peak_db`` (dBTP), "lufs" the
    integrated loudness to ``lufs`` as far as the true peak stays below ``peak_db``. ``category`` is a UCS CatID, empty for the one that the
    prompt suggests. Fades in milliseconds. With ``loop`` a WAV tells samplers to repeat the whole sound.
    """

    format: FileFormat = "wav"
    subtype: SampleFormat = "pcm24"
    sample_rate: int = 48000
    dither: bool = True
    loudness: LoudnessMode = "off"
    peak_db: float = -1.0
    lufs: float = -23.0
    fade_in_ms: float = 0.0
    fade_out_ms: float = 0.0
    loop: bool = False
    name_template: str = DEFAULT_TEMPLATE
    ucs: bool = False
    category: str = ""
    creator_id: str = ""
    originator: str = ""

    def to_json(self) -> dict[str, Any]:
        """All settings as JSON values."""
        return asdict(self)


_CHOICES: dict[str, tuple[Any, ...]] = {
    "format": get_args(FileFormat),
    "subtype": get_args(SampleFormat),
    "sample_rate": RATES,
    "loudness": get_args(LoudnessMode),
}
LIMITS: dict[str, tuple[float, float]] = {
    "peak_db": (-60.0, 0.0),
    "lufs": (-70.0, 0.0),
    "fade_in_ms": (0.0, 10000.0),
    "fade_out_ms": (0.0, 10000.0),
}
"""Least and greatest value of each number."""

_LONGEST_TEXT = 200


def settings_from_json(stored: Any) -> tuple[ExportSettings, str]:
    """Settings as far as they can be understood, defaults for the rest, and one sentence about what was not understood, or "".

    Missing keys are no news; unknown keys and impossible values are.
    """
    if not isinstance(stored, dict):
        return ExportSettings(), "The export settings could not be read, so the defaults are used."
    known = {field.name: field.default for field in fields(ExportSettings)}
    kept = {name: _kept(name, stored[name], default) for name, default in known.items() if name in stored}
    odd = [str(name) for name in stored if kept.get(name) is None]
    settings = ExportSettings(**{name: value for name, value in kept.items() if value is not None})
    if settings.subtype not in SUBTYPES[settings.format]:
        odd.append("subtype")
        settings = ExportSettings(**{**asdict(settings), "subtype": SUBTYPES[settings.format][0]})
    if not odd:
        return settings, ""
    named = ", ".join(sorted({name[:40] for name in odd})[:5])
    return settings, f"Some export settings could not be read, and the defaults are used for them: {named}."


def _kept(name: str, value: Any, default: Any) -> Any:
    """The value in the type of its default, or None if it cannot be meant."""
    if isinstance(default, bool):
        return value if isinstance(value, bool) else None
    if isinstance(default, float):
        return _number(value, *LIMITS[name])
    if name in _CHOICES:
        return value if type(value) is type(default) and value in _CHOICES[name] else None
    return value if isinstance(value, str) and len(value) <= _LONGEST_TEXT else None


def _number(value: Any, least: float, most: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        return None
    return float(value)


def possible_rates(format: str, subtype: str) -> list[int]:
    """The sample rates on offer that such a file can have, in Hz."""
    return [rate for rate in RATES if format_is_possible(format, rate, 1, subtype) is None]


def check_settings(settings: ExportSettings, channels: int = 1) -> None:
    """Raises EngineError("value") with one sentence if files cannot be made like that."""
    problem = format_is_possible(settings.format, settings.sample_rate, channels, settings.subtype)
    if problem:
        raise EngineError("value", problem)
    for name, (least, most) in LIMITS.items():
        if _number(getattr(settings, name), least, most) is None:
            raise EngineError("value", f"The export setting {name} must lie between {least:g} and {most:g}.")
