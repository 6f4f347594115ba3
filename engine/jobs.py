"""What can be asked of the engine: frozen jobs, each answered by events and one end (Finished or Failed)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

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
    """Turn a whole grid into a take: an earlier iteration to listen to, or what was there when a run was stopped.

    ``reference`` is the sound of ``request.reference``, where it is at hand.
    """

    grid: TokenGrid
    request: GenerationRequest
    seed: int
    reference: Clip | None = None


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


@dataclass(frozen=True)
class PackInfo:
    """What is known about an installed pack without loading it.

    ``id`` is the name of its folder; ``steps`` counts training steps part by part; ``problem`` is one sentence if it cannot be used.
    """

    id: str
    name: str
    folder: Path
    size_bytes: int = 0
    hash: str = ""
    sample_rate: int = 0
    classes: tuple[str, ...] = ()
    steps: tuple[tuple[str, int], ...] = ()
    hours_of_audio: float = 0.0
    source: str = ""
    problem: str = ""
    removable: bool = True


@dataclass(frozen=True)
class RemoteFile:
    """A file that can be fetched: its path at the other end, its length, and its SHA-256 as 64 hex digits (empty: nobody tells it)."""

    path: str
    size_bytes: int
    sha256: str = ""

    @property
    def name(self) -> str:
        """Its name here."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class PackOffer:
    """A pack that could be fetched: what, from where, under which ``pack_id``; ``kept_bytes`` are there from an earlier attempt."""

    host: str
    repo: str
    revision: str
    pack_id: str
    name: str
    files: tuple[RemoteFile, ...]
    kept_bytes: int = 0

    @property
    def total_bytes(self) -> int:
        """Length of all files."""
        return sum(file.size_bytes for file in self.files)


@dataclass(frozen=True)
class ListPacks:
    """What is installed in the folder ``packs``; answered by one ``PacksListed``."""

    packs: Path


@dataclass(frozen=True)
class PacksListed:
    """All installed packs, also those with a problem, in the order of their ids."""

    packs: tuple[PackInfo, ...]


@dataclass(frozen=True)
class VerifyPack:
    """Check every file of the pack in ``folder``; answered by one ``PackVerified``."""

    folder: Path


@dataclass(frozen=True)
class PackVerified:
    """A pack is whole."""

    pack_id: str
    hash: str


@dataclass(frozen=True)
class DeletePack:
    """Remove an installed pack from ``packs``; answered by one ``PackDeleted``."""

    packs: Path
    pack_id: str


@dataclass(frozen=True)
class PackDeleted:
    """A pack is gone."""

    pack_id: str


@dataclass(frozen=True)
class CopyPack:
    """Copy the pack in the folder ``source`` into ``packs``; answered by ``DownloadProgress`` and one ``PackInstalled``."""

    source: Path
    packs: Path


@dataclass(frozen=True)
class FindPack:
    """Ask the hub what the pack in ``repo`` consists of, without fetching it; answered by one ``PackFound``."""

    repo: str
    packs: Path
    pack_id: str = ""
    revision: str = "main"


@dataclass(frozen=True)
class PackFound:
    """What ``FindPack`` found, for the user to agree to."""

    offer: PackOffer


@dataclass(frozen=True)
class DownloadPack:
    """Fetch what the user has agreed to; answered by ``DownloadProgress`` and one ``PackInstalled``; asked again it goes on."""

    offer: PackOffer
    packs: Path


@dataclass(frozen=True)
class DownloadProgress:
    """How far it is: bytes of all files that are here, bytes in all, and the speed of the last seconds."""

    file: str
    done_bytes: int
    total_bytes: int
    bytes_per_s: float = 0.0
    phase: Literal["connecting", "fetching", "retrying", "checking"] = "fetching"


@dataclass(frozen=True)
class PackInstalled:
    """A pack is in its place and whole."""

    pack_id: str
    name: str
