"""People's own sounds: what lies in a folder or in tar shards, its captions, and the clips that each file gives."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.geometry import Geometry
from engine.signal.audio_io import resample
from engine.signal.decoding import read_clip_in_child
from engine.signal.mel import log_mel_db, normalise
from engine.training import sidecars
from engine.training.webdataset import Sample, read_samples, shard_paths
from engine.types import Clip, EngineError

CaptionSource = Literal["auto", "sidecar", "name", "none"]

SOUND_ENDINGS = frozenset(
    "wav wave aif aiff aifc caf flac ogg oga opus mp3 rf64 w64 au snd m4a aac mp4 wma wv ape ac3 amr mka webm".split()  # noqa: SIM905
)
# Top folders that sort sounds for training and do not say what they are.
_NO_GROUPS = frozenset(
    """audio audios clips data dev eval evaluation sounds test testing train training val valid validation wav
    wavs""".split()  # noqa: SIM905
)
_SCRATCH_NAME = "sound"
_SILENT_PEAK = 1e-3
_SHORTEST_S = 0.05
# What is left at the end of a long file is a clip of its own from this share of a clip on.
_LEAST_REST = 0.1
# One channel instead of their mean where the mean has lost this share of the power: channels of opposite phase.
_LOST_POWER = 0.9


@dataclass(frozen=True)
class Sound:
    """A file or a member of a shard: ``name`` for people, ``group`` its top folder, and where its bytes are."""

    name: str
    group: str
    captions: tuple[str, ...]
    path: Path | None = None
    content: bytes | None = None
    problem: str = ""


@dataclass(frozen=True)
class Listing:
    """What there is to read: ``fingerprint`` changes when files come, go or change their size; ``left_aside`` are no sounds."""

    root: Path
    shards: tuple[Path, ...]
    files: tuple[PurePosixPath, ...]
    fingerprint: str
    left_aside: int

    @property
    def is_webdataset(self) -> bool:
        """True if the sounds lie in tar shards."""
        return bool(self.shards)


@dataclass(frozen=True, eq=False)
class Pieces:
    """Clips of one sound: ``audio`` int16 [n, samples], ``mel`` float16 [n, bands, frames], their own length; or a ``problem``."""

    digest: str
    audio: NDArray[np.int16]
    mel: NDArray[np.float16]
    seconds: NDArray[np.float64]
    problem: str = ""


def list_sounds(data: str) -> Listing:
    """What a folder, a tar file or a pattern of tar files holds. Raises EngineError("path") if there is nothing."""
    folder = Path(data)
    if folder.is_dir():
        files, others = _walk(folder)
        if files:
            return Listing(folder, (), files, _fingerprint(folder, files), others)
        shards = sorted(path for path in folder.iterdir() if path.suffix == ".tar")
    else:
        shards = shard_paths(data)
    missing = next((path for path in shards if not path.is_file()), None)
    if missing is not None:
        raise EngineError("path", f"There is no folder and no shard {str(missing)!r}.")
    if not shards:
        raise EngineError("path", f"There are no sounds in {data!r}.")
    names = tuple(PurePosixPath(path.name) for path in shards)
    return Listing(shards[0].parent, tuple(shards), (), _fingerprint(shards[0].parent, names), 0)


def _walk(folder: Path) -> tuple[tuple[PurePosixPath, ...], int]:
    """Sounds below a folder in order of their names, and how many other files there are; links to folders are not followed."""
    files, others = [], 0
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        for name in names:
            if name.startswith("."):
                continue
            if PurePosixPath(name).suffix[1:].lower() in SOUND_ENDINGS:
                files.append(PurePosixPath((Path(where) / name).relative_to(folder).as_posix()))
            else:
                others += 1
    return tuple(sorted(files, key=str)), others


def _fingerprint(root: Path, names: tuple[PurePosixPath, ...]) -> str:
    digest = hashlib.sha256()
    for name in names:
        try:
            size = (root / name).stat().st_size
        except OSError:
            size = -1
        digest.update(os.fsencode(f"{name}\0{size}\0"))
    return digest.hexdigest()[:16]


def sounds_of(listing: Listing, captions: CaptionSource) -> Iterator[Sound]:
    """All sounds in a fixed order, with their captions; those of shards with their bytes."""
    if listing.is_webdataset:
        for path in listing.shards:
            yield from _sounds_of_shard(path, captions)
        return
    tables: dict[Path, dict[str, tuple[str, ...]]] = {}
    for name in listing.files:
        texts = _captions_of_file(listing.root, name, captions, tables)
        yield Sound(shown(str(name)), group_of(name), texts, path=listing.root / name)


def _captions_of_file(
    root: Path, name: PurePosixPath, source: CaptionSource, tables: dict[Path, dict[str, tuple[str, ...]]]
) -> tuple[str, ...]:
    """From the file beside it, else from a table in one of the folders above it, else from its name; as far as ``source`` allows."""
    if source in ("auto", "sidecar"):
        found = sidecars.beside(root / name)
        for level in (root / name).parents if not found else ():
            rows = tables.get(level)
            if rows is None:
                rows = tables[level] = sidecars.of_tables(level, _table_names(level))
            keys = sidecars.table_keys((root / name).relative_to(level).as_posix())
            found = next((rows[key] for key in keys if key in rows), ())
            if found or level == root:
                break
        if found:
            return found
    return sidecars.of_name(name.stem, group_of(name)) if source in ("auto", "name") else ()


def _table_names(folder: Path) -> list[str]:
    """Files that may be tables: all but the JSON files of single sounds."""
    try:
        names = [PurePosixPath(path.name) for path in folder.iterdir()]
    except OSError:
        return []
    sounds = {name.stem for name in names if name.suffix[1:].lower() in SOUND_ENDINGS}
    return [str(name) for name in names if name.suffix.lower() != ".json" or name.stem not in sounds]


def _sounds_of_shard(path: Path, captions: CaptionSource) -> Iterator[Sound]:
    try:
        for sample in read_samples(path, SOUND_ENDINGS):
            sound = _sound_of_sample(path, sample, captions)
            if sound is not None:
                yield sound
    except EngineError as error:
        yield Sound(shown(path.name), "", (), problem=error.message)


def _sound_of_sample(path: Path, sample: Sample, source: CaptionSource) -> Sound | None:
    """The sound of a sample with its texts; None if it holds no sound."""
    key = PurePosixPath(sample.key)
    ending = next((ending for ending in sample.files if ending in SOUND_ENDINGS), None)
    name = shown(f"{path.name}/{key}.{ending}" if ending else f"{path.name}/{key}")
    if ending is None:
        return Sound(name, "", (), problem=sample.problem) if sample.problem else None
    label = sidecars.of_text(sample.files.get("cls", b""))
    group = label[0] if label else group_of(key)
    texts: tuple[str, ...] = ()
    if source in ("auto", "sidecar"):
        written = [*sidecars.of_text(sample.files.get("txt", b"")), *sidecars.of_text(sample.files.get("caption", b""))]
        texts = sidecars.cleaned([*written, *sidecars.of_json(sample.files.get("json", b"null"))])
    if not texts and source in ("auto", "name"):
        texts = sidecars.of_name(key.name, group)
    return Sound(name, shown(group), texts, content=sample.files[ending])


def group_of(name: PurePosixPath) -> str:
    """The top folder of a sound, which names its class; folders such as "train" do not count."""
    groups = [part for part in name.parts[:-1] if part.lower() not in _NO_GROUPS]
    return shown(groups[0])[:60] if groups else ""


def shown(name: str) -> str:
    """A name that can be printed and stored anywhere."""
    return "".join(c if c.isprintable() else "?" for c in name)


def pieces_of(sound: Sound, geometry: Geometry, scratch: Path) -> Pieces:
    """Reads one sound and cuts it into clips; bytes from shards pass through a file of our own name in ``scratch``."""
    try:
        if sound.problem:
            raise EngineError("audio", sound.problem)
        if sound.path is not None:
            return _cut(_digest(sound.path), read_clip_in_child(sound.path).clip, geometry)
        return _pieces_of_content(sound, geometry, scratch)
    except EngineError as error:
        # People are told the name already, and that of a file in between is ours.
        name = sound.path.name if sound.path is not None else _SCRATCH_NAME
        return _refused(geometry, error.message.removeprefix(f'"{name}" '))
    except OSError as error:
        return _refused(geometry, f"could not be read ({error.strerror or error}).")


def _pieces_of_content(sound: Sound, geometry: Geometry, scratch: Path) -> Pieces:
    content = sound.content or b""
    with tempfile.TemporaryDirectory(prefix=".building-sound-", dir=scratch) as folder:
        path = Path(folder) / _SCRATCH_NAME
        path.write_bytes(content)
        return _cut(hashlib.sha256(content).hexdigest(), read_clip_in_child(path).clip, geometry)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refused(geometry: Geometry, problem: str) -> Pieces:
    return replace(_empty(geometry), problem=problem)


def _empty(geometry: Geometry, digest: str = "") -> Pieces:
    audio = np.empty((0, geometry.samples), np.int16)
    return Pieces(digest, audio, np.empty((0, geometry.bands, geometry.frames), np.float16), np.empty(0))


def _cut(digest: str, clip: Clip, geometry: Geometry) -> Pieces:
    """The clips of a sound: pieces of full length, a short one filled up with silence, silent ones left out."""
    samples = resample(Clip(one_channel(clip)[None], clip.sample_rate), geometry.sample_rate).samples[0]
    peak = float(np.abs(samples).max())
    if samples.size < _SHORTEST_S * geometry.sample_rate:
        return _refused(geometry, f"is shorter than {1000 * _SHORTEST_S:.0f} ms.")
    samples = samples / max(1.0, peak)
    pieces = [samples[start : start + geometry.samples] for start in starts_of(samples.size, geometry.samples)]
    heard = [piece for piece in pieces if np.abs(piece).max() >= _SILENT_PEAK]
    if not heard:
        return _refused(geometry, "is silent.")
    audio = np.stack([np.round(np.pad(piece, (0, geometry.samples - piece.size)) * 32767).astype(np.int16) for piece in heard])
    mel = np.stack([normalise(log_mel_db(piece.astype(np.float32) / 32767, geometry)).astype(np.float16) for piece in audio])
    return Pieces(digest, audio, mel, np.array([piece.size / geometry.sample_rate for piece in heard]))


def one_channel(clip: Clip) -> NDArray[np.float32]:
    """The mean of the channels, or the loudest one where the channels cancel each other."""
    mean = clip.mono()
    powers = (clip.samples.astype(np.float64) ** 2).mean(axis=1)
    loudest = int(powers.argmax())
    return clip.samples[loudest] if (mean.astype(np.float64) ** 2).mean() < (1 - _LOST_POWER) * powers.mean() else mean


def starts_of(samples: int, length: int) -> list[int]:
    """Where the clips of a sound begin: one after the other; the last one ends with the sound and may overlap the one before it."""
    starts = list(range(0, samples - length + 1, length)) or [0]
    rest = samples - (starts[-1] + length)
    return [*starts, samples - length] if rest >= _LEAST_REST * length else starts


def split_of(digest: str) -> Literal["train", "validation", "test"]:
    """Split of a file by its content: the same file is always in the same one, whatever it is called and whatever lies beside it."""
    place = int(digest[:8], 16) % 100
    return "validation" if place < 10 else "test" if place < 15 else "train"
