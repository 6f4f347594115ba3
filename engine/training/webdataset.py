"""Sounds in WebDataset shards: tar files that are read as a stream; nothing is extracted and no name inside becomes a path."""

from __future__ import annotations

import re
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from lzma import LZMAError
from pathlib import Path, PurePosixPath

from engine.types import EngineError

LARGEST_MEMBER = 1 << 29
_LARGEST_TEXT = 1 << 20
_TEXTS = ("txt", "json", "cls", "caption")
_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")
_MOST_SHARDS = 100_000


@dataclass
class Sample:
    """The files of one key: ``files`` by their ending in lower case, without the dot; ``problem`` says what could not be taken."""

    key: str
    files: dict[str, bytes] = field(default_factory=dict)
    problem: str = ""


def shard_paths(pattern: str) -> list[Path]:
    """The tar files of a path, of a pattern with * and ? in its name, or of a range as in ``a-{00..11}.tar``, in order."""
    path, found = Path(pattern), _RANGE.search(pattern)
    if path.exists() or not (found or set(path.name) & set("*?[")):
        return [path]
    if not found:
        return sorted(path.parent.glob(path.name))
    first, last, width = int(found[1]), int(found[2]), len(found[1])
    if last - first >= _MOST_SHARDS:
        raise EngineError("path", f"{pattern} names too many files.")
    return [Path(f"{pattern[: found.start()]}{number:0{width}}{pattern[found.end() :]}") for number in range(first, last + 1)]


def read_samples(path: Path, sound_endings: frozenset[str]) -> Iterator[Sample]:
    """The samples of a shard in their order: neighbours whose path is the same up to the first dot of the name belong together.

    Only regular files that end in a sound's or a text's ending are looked at. Raises EngineError("audio") where the shard is damaged, after
    what stands before the damage.
    """
    sample: Sample | None = None
    try:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                named = split_name(member.name)
                if named is None or not member.isreg() or named[1] not in sound_endings | set(_TEXTS):
                    continue
                if sample is None or sample.key != named[0]:
                    if sample is not None:
                        yield sample
                    sample = Sample(named[0])
                _take(archive, member, named[1], sample)
    except (tarfile.TarError, EOFError, OSError, ValueError, zlib.error, LZMAError) as error:
        if sample is not None:
            yield sample
        raise EngineError("audio", f'"{path.name}" is damaged or cut off; what stands before the damage was read.') from error
    if sample is not None:
        yield sample


def split_name(name: str) -> tuple[str, str] | None:
    """Key and ending of a member's name; None for names that are hidden, absolute or lead out of the archive."""
    path = PurePosixPath(name.replace("\\", "/").removeprefix("./"))
    if path.is_absolute() or any(part == ".." or part.startswith((".", "__MACOSX")) for part in path.parts):
        return None
    stem, dot, ending = path.name.partition(".")
    if not (stem and dot and ending) or not all(c.isprintable() for c in name):
        return None
    return str(path.with_name(stem)), ending.lower()


def _take(archive: tarfile.TarFile, member: tarfile.TarInfo, ending: str, sample: Sample) -> None:
    """The bytes of a member into its sample, if they are not too many."""
    text = ending in _TEXTS
    if member.issparse() or member.size > (_LARGEST_TEXT if text else LARGEST_MEMBER):
        sample.problem = sample.problem if text else "is too large to be held in memory."
        return
    file = archive.extractfile(member)
    content = file.read() if file is not None else b""
    if len(content) != member.size:
        raise EOFError(member.name)
    sample.files.setdefault(ending, content)
