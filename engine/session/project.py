"""The project file: everything that was made and every step that led there, in one zip of JSON, arrays and sounds."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from engine.session.archive import (
    LARGEST_JSON_BYTES,
    LARGEST_SUM_BYTES,
    MOST_MEMBERS,
    Archive,
    DamagedError,
    Member,
    archive_parts,
    json_bytes,
    json_value,
    manifest_member,
)
from engine.session.arrays import exactly
from engine.session.codec import (
    EncodedTake,
    TakeReader,
    chosen,
    decoded_document,
    decoded_entry,
    decoded_label,
    decoded_region,
    encode_region,
    encode_take,
    encoded_document,
    encoded_entry,
    encoded_label,
)
from engine.session.document import PaintedRegion, TakeEntry
from engine.session.history import History, Version
from engine.signal.replacing import replace_file
from engine.types import EngineError, Take

SUFFIX = ".melbrush"
BACKUP_SUFFIX = ".bak"
FORMAT = 1
_MANIFEST = "project.json"
_MOST_VERSIONS = 100_000
_BLOCK_BYTES = 1 << 20


def save_project(path: Path, history: History, saved_by: str) -> None:
    """Writes the project and its undo steps; the previous file stays beside it as ``.bak``.

    ``saved_by`` names the program and its version. Raises EngineError: "path" if it cannot be written there, "project" if it is larger than
    a project can be; the previous file then is what it was.
    """
    ProjectWriter(saved_by).save(path, history)


def snapshot(history: History) -> History:
    """The history as it is now: costs nothing, and can be saved in another thread while the user goes on."""
    return History.restored(list(history.versions), history.index)


class ProjectWriter:
    """Writes projects and remembers what takes look like in a file, so that the next save only writes. May be shared by threads."""

    def __init__(self, saved_by: str) -> None:
        self._saved_by = saved_by
        self._encoded: dict[Take, EncodedTake] = {}
        self._lock = threading.Lock()

    def save(self, path: Path, history: History) -> None:
        """See ``save_project``."""
        members = self._members(history)
        replace_file(path, _then_keep_previous(archive_parts(members), path))

    def write_copy(self, path: Path, history: History) -> None:
        """The same file without keeping the previous one: for recovery. Raises EngineError."""
        replace_file(path, archive_parts(self._members(history)))

    def _members(self, history: History) -> list[Member]:
        """Manifest first. The oldest steps are left out of a project that would be larger than one may be."""
        with self._lock:
            versions, index = list(history.versions), history.index
            self._encode({entry.take: entry.name for version in versions for entry in version.document.takes})
            while True:
                members = self._archive(versions, index)
                if _within_limits(members):
                    return members
                if index == 0:
                    raise EngineError("project", "The project is larger than a file can hold: delete some takes and save again.")
                surplus = -(-index // 4)
                versions, index = versions[surplus:], index - surplus

    def _encode(self, names: dict[Take, str]) -> None:
        """Encodes the takes that are new and forgets those that are gone."""
        encoded = {}
        for take, name in names.items():
            try:
                encoded[take] = self._encoded.get(take) or encode_take(take)
            except DamagedError as error:
                raise EngineError("project", f'The take "{name}" is damaged and cannot be saved: delete it and save again.') from error
        self._encoded = encoded

    def _archive(self, versions: Sequence[Version], index: int) -> list[Member]:
        takes, entries, texts, regions = _Table(), _Table(), _Table(), _Table()
        documents = []
        for version in versions:
            for entry in version.document.takes:
                takes.number(entry.take)
            numbers = [entries.number(entry) for entry in version.document.takes]
            prompts = [texts.number(text) for text in version.document.prompt_history]
            painted = [regions.number(region) for region in version.document.regions]
            documents.append({**encoded_label(version.label), "document": encoded_document(version.document, numbers, prompts, painted)})
        encoded = [self._encoded[take] for take in takes.values]
        masks = [encode_region(region) for region in regions.values]
        members = {each.name: each for take in encoded for each in take.members}
        members |= {each.name: each for _, each in masks if each is not None}
        manifest = {
            "format": FORMAT,
            "saved_by": self._saved_by,
            "members": {name: {"bytes": each.size, "sha256": each.sha256} for name, each in members.items()},
            "takes": [take.values for take in encoded],
            "entries": [encoded_entry(entry, takes.number(entry.take)) for entry in entries.values],
            "texts": texts.values,
            "regions": [values for values, _ in masks],
            "versions": documents,
            "index": index,
        }
        return [manifest_member(_MANIFEST, json_bytes(manifest)), *members.values()]


class _Table:
    """Values that are numbered in the order in which they are met; takes and entries are the same only if they are the same object."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}

    @property
    def values(self) -> list[Any]:
        return list(self._numbers)

    def number(self, value: Any) -> int:
        return self._numbers.setdefault(value, len(self._numbers))


def _within_limits(members: Sequence[Member]) -> bool:
    return (
        len(members) <= MOST_MEMBERS and members[0].size <= LARGEST_JSON_BYTES and sum(each.size for each in members) <= LARGEST_SUM_BYTES
    )


def _then_keep_previous(parts: Iterator[bytes], path: Path) -> Iterator[bytes]:
    """The parts; once all of them are written, and before they replace anything, the previous file gets a second name."""
    yield from parts
    if path.is_file():
        _keep_previous(path)


def _keep_previous(path: Path) -> None:
    backup = path.with_name(path.name + BACKUP_SUFFIX)
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        # A second name for the same bytes needs no space; not every file system can do it.
        os.link(path, temporary)
        os.replace(temporary, backup)
    except OSError:
        _copy_previous(path, backup)
    finally:
        # Renaming one name of a file to another name of the same file does nothing at all.
        temporary.unlink(missing_ok=True)


def _copy_previous(path: Path, backup: Path) -> None:
    try:
        replace_file(backup, _blocks(path))
    except EngineError as error:
        sentence = f"The project was not saved because its previous version could not be kept: {error.message}"
        raise EngineError("path", sentence) from error


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            yield block


def load_project(path: Path) -> History:
    """The project in a file, with all its steps. Raises EngineError("project") for what is missing, damaged or of a newer format."""
    try:
        with path.open("rb") as file:
            return _read(file, path.name)
    except EngineError:
        raise
    except FileNotFoundError as error:
        raise EngineError("project", f'There is no file "{path.name}".') from error
    except (PermissionError, IsADirectoryError) as error:
        raise EngineError("project", f'"{path.name}" could not be opened.') from error
    except MemoryError as error:
        raise EngineError("project", f'"{path.name}" is too large to be held in memory.') from error
    except Exception as error:
        # Archive, JSON, numpy and FLAC readers raise two dozen types on files that were tampered with.
        raise EngineError("project", f'"{path.name}" is damaged or no project, so it was not opened.') from error


def _read(file: BinaryIO, name: str) -> History:
    archive = Archive(file)
    manifest = exactly(json_value(archive.read(_MANIFEST, LARGEST_JSON_BYTES)), dict)
    if exactly(manifest["format"], int) > FORMAT:
        raise EngineError("project", f'"{name}" was saved by a newer version of Melbrush, which is needed to open it.')
    if manifest["format"] != FORMAT:
        raise DamagedError("a format that never was")
    listed = exactly(manifest["members"], dict)
    archive.check_names(listed, _MANIFEST)
    reader = TakeReader(lambda each: archive.read_checked(each, listed[each]["bytes"], listed[each]["sha256"]))
    takes = [reader.take(values) for values in exactly(manifest["takes"], list)]
    entries = [decoded_entry(values, takes) for values in exactly(manifest["entries"], list)]
    regions = [decoded_region(values, reader) for values in exactly(manifest.get("regions", []), list)]
    return _history(manifest, entries, regions)


def _history(manifest: dict[str, Any], entries: Sequence[TakeEntry], regions: Sequence[PaintedRegion]) -> History:
    texts = [exactly(text, str) for text in exactly(manifest["texts"], list)]
    values = exactly(manifest["versions"], list)
    if not 0 < len(values) <= _MOST_VERSIONS:
        raise DamagedError("no steps, or too many")
    versions = [Version(decoded_label(each), decoded_document(each["document"], entries, texts, regions)) for each in values]
    chosen(versions, manifest["index"])
    return History.restored(versions, manifest["index"])
