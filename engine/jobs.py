"""What can be asked of the engine: frozen jobs, each answered by events and one end (Finished or Failed)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.geometry import Geometry
from engine.masks import Mask
from engine.types import Clip, GenerationRequest, Region, SamplingSettings, Take, TokenGrid


@dataclass(frozen=True, eq=False)
class Generate:
    """Draw ``request.count`` takes.

    ``previews`` decodes every iteration for the eye. ``start`` holds cells that stay as they are (a branch from an earlier iteration): only
    its hidden ones are drawn, in the iterations that ``request.settings`` says.
    """

    request: GenerationRequest
    reference: Clip | None = None
    previews: bool = True
    start: TokenGrid | None = None


@dataclass(frozen=True, eq=False)
class Render:
    """Turn a whole grid into a take: an earlier iteration to listen to, or what was there when a run was stopped."""

    grid: TokenGrid
    request: GenerationRequest
    seed: int


@dataclass(frozen=True, eq=False)
class Encode:
    """Make a take of a sound that was read: its own samples, its picture, its tokens."""

    clip: Clip
    pack_id: str = "embedded"


@dataclass(frozen=True, eq=False)
class Reconstruct:
    """One sound through tokenizer and vocoder and back."""

    clip: Clip


@dataclass(frozen=True)
class Assess:
    """How well the pack knows a prompt; answered by one ``Assessed``."""

    prompt: str


@dataclass(frozen=True, eq=False)
class Fill:
    """Draw again what is painted, and nothing else.

    Every cell that ``mask`` touches is drawn again with ``request``'s prompt, those under one of ``prompts`` with that prompt; of the
    touched cells only the share ``strength`` is hidden, at random (1: all; below 1: a variation).
    """

    source: Take
    mask: Mask
    request: GenerationRequest
    prompts: tuple[tuple[Mask, str], ...] = ()
    strength: float = 1.0
    reference: Clip | None = None
    previews: bool = True


@dataclass(frozen=True, eq=False)
class Extend:
    """Let a sound go on: so many seconds before its beginning and after its end."""

    source: Take
    request: GenerationRequest
    before_s: float = 0.0
    after_s: float = 0.0
    previews: bool = True


@dataclass(frozen=True, eq=False)
class Restore:
    """Draw the highs that a sound lacks above ``cutoff_hz`` (None: found by itself) and put its own lows back."""

    source: Take
    request: GenerationRequest
    cutoff_hz: float | None = None
    previews: bool = True


@dataclass(frozen=True, eq=False)
class MakeLoop:
    """Draw ``joint_s`` seconds around the joint of end and beginning again, so that the sound can be repeated without a seam."""

    source: Take
    request: GenerationRequest
    joint_s: float = 1.0
    previews: bool = True


@dataclass(frozen=True)
class Report:
    """Something worth telling about a run: one plain sentence."""

    sentence: str


EditJob = Fill | Extend | Restore | MakeLoop
EngineJob = Generate | Render | Encode | Reconstruct | Assess | EditJob


@dataclass(frozen=True)
class ReadSound:
    """Read a sound file of any format, rate, channel count; answered by one ``SoundRead``."""

    path: Path


@dataclass(frozen=True, eq=False)
class CutSound:
    """Only a region of a sound, in time and frequency, to be listened to; answered by one ``SoundRead``."""

    clip: Clip
    region: Region


@dataclass(frozen=True, eq=False)
class Audition:
    """Only what is painted of a sound, or only what is not, to be listened to; answered by one ``SoundRead``."""

    clip: Clip
    mask: Mask
    geometry: Geometry
    inside: bool


@dataclass(frozen=True, eq=False)
class SoundRead:
    """A sound is there; ``recipe`` is what Melbrush stored in the file, if it made it; ``note`` is one sentence worth telling, or empty."""

    clip: Clip
    recipe: dict | None = None
    note: str = ""
    path: Path | None = None


@dataclass(frozen=True)
class Assessed:
    """Answer to ``Assess``: 0..1, one sentence, words never met, and the names of the nearest known sounds."""

    prompt: str
    score: float
    sentence: str
    unknown_words: tuple[str, ...]
    nearest: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class PackLoaded:
    """The engine is ready with a pack: its id, name and hash, the device it runs on, its geometry and its sampling defaults."""

    pack_id: str
    name: str
    hash: str
    device: str
    geometry: Geometry
    sampling: SamplingSettings
