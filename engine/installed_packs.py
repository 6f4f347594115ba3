"""Installed packs as files: what there is, checking, copying in, removing. Weights are never loaded here, so nothing waits for torch."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PureWindowsPath
from typing import Any

from engine.jobs import (
    CopyPack,
    DeletePack,
    DownloadProgress,
    ListPacks,
    PackDeleted,
    PackInfo,
    PackInstalled,
    PacksListed,
    PackVerified,
    VerifyPack,
)
from engine.models.folders import is_device_name
from engine.pack_places import find_pack, installed, places
from engine.types import EngineError

EMBEDDED = "embedded"
"""The pack that comes with the program; it stays."""

MANIFEST = "pack.json"
CARD = "card.md"
ROLES = ("tokenizer", "generator", "prompt", "vocoder")
EXTRA_ROLES = ("detail", "critic")
MANIFEST_CAP_BYTES = 4 << 20
FILE_CAP_BYTES = 8 << 30

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PACK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Contents:
    """What a pack.json says about itself: enough to fetch or copy the pack, too little to run it."""

    id: str
    name: str
    files: dict[str, str]
    """File name -> SHA-256."""
    hash: str
    data: dict[str, Any]


def check_file_name(name: str) -> str:
    """A name that means the same file on every system and lies in its folder. Raises EngineError("pack")."""
    if _FILE_NAME.fullmatch(name) and not is_device_name(name) and not name.endswith(".") and PureWindowsPath(name).name == name:
        return name
    raise EngineError("pack", f"{name[:100]!r} is no name for a file of a pack.")


def is_pack_id(pack_id: str) -> bool:
    """True if a folder of packs can have this name on every system."""
    return bool(_PACK_ID.fullmatch(pack_id)) and not is_device_name(pack_id) and not pack_id.endswith(".")


def read_contents(raw: bytes, whose: str) -> Contents:
    """Reads the bytes of a pack.json that nobody has checked yet; ``whose`` names the pack in errors. Raises EngineError("pack")."""
    if len(raw) > MANIFEST_CAP_BYTES:
        raise EngineError("pack", f"The pack.json of {whose} is too large to be one.")
    try:
        data = json.loads(raw.decode("utf-8"))
        listed = [(part["file"], part["sha256"]) for part in _parts(data["parts"])]
        digest = hashlib.sha256("".join(sha for _, sha in listed).encode()).hexdigest()[:16]
        if data.get("knowledge"):
            listed.append((data["knowledge"]["file"], data["knowledge"]["sha256"]))
        pack_id, name = str(data["id"]), " ".join(str(data["name"]).split())[:100]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise EngineError("pack", f"The pack.json of {whose} is damaged ({type(error).__name__}: {error}).") from error
    for file, sha in listed:
        check_file_name(str(file))
        if not isinstance(sha, str) or not _SHA256.fullmatch(sha):
            raise EngineError("pack", f"The pack.json of {whose} has no SHA-256 for {file}.")
    return Contents(pack_id, name, dict(listed), digest, data)


def _parts(parts: dict[str, Any]) -> list[dict[str, Any]]:
    """What every pack has, and what this one has besides. Raises KeyError."""
    return [parts[role] for role in (*ROLES, *(role for role in EXTRA_ROLES if role in parts))]


def read_manifest_bytes(folder: Path) -> bytes:
    """The bytes of a folder's pack.json. Raises EngineError("pack")."""
    path = folder / MANIFEST
    try:
        if path.stat().st_size > MANIFEST_CAP_BYTES:
            raise EngineError("pack", f"The pack.json of {folder.name} is too large to be one.")
        return path.read_bytes()
    except OSError as error:
        raise EngineError("pack", f"There is no pack in {folder}: it holds no pack.json that can be read.") from error


def info_of(folder: Path) -> PackInfo:
    """What is known about an installed pack; what is wrong with it stands in ``problem``."""
    base = {"id": folder.name, "folder": folder, "size_bytes": _size_of(folder), "removable": folder.name != EMBEDDED}
    try:
        contents = read_contents(read_manifest_bytes(folder), folder.name)
    except EngineError as error:
        return PackInfo(name=folder.name, problem=error.message, **base)
    missing = [name for name in contents.files if not (folder / name).is_file()]
    problem = f"The pack lacks its file {missing[0]}." if missing else ""
    return PackInfo(name=contents.name, hash=contents.hash, problem=problem, **_told(contents.data), **base)


def _told(data: dict[str, Any]) -> dict[str, Any]:
    """What a pack tells about itself, as far as it has the form that it should have."""
    told, geometry = _table(data.get("provenance")), _table(data.get("geometry"))
    rate, hours, classes = geometry.get("sample_rate"), told.get("hours_of_audio"), data.get("classes")
    source = next((told[key] for key in ("source", "url", "repository", "commit") if isinstance(told.get(key), str)), "")
    return {
        "sample_rate": rate if type(rate) is int else 0,
        "classes": tuple(str(name)[:100] for name in classes[:10_000]) if isinstance(classes, list) else (),
        "steps": tuple((part, count) for part, count in _table(told.get("steps")).items() if type(count) is int)[:16],
        "hours_of_audio": float(hours) if type(hours) in (int, float) and 0 <= hours < 1e9 else 0.0,
        "source": " ".join(source.split())[:200],
    }


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _size_of(folder: Path) -> int:
    with suppress(OSError):
        return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    return 0


def list_packs(job: ListPacks) -> Iterator[PacksListed]:
    """Looks through the folder of packs; if it is one of the program's, through all of these."""
    yield PacksListed(tuple(info_of(folder) for folder in installed(job.packs)))


def whole(folder: Path) -> str:
    """Checks every file and network of a pack and returns the pack's hash. Raises EngineError("pack")."""
    # By name: the desk is there long before torch is, and need not wait for it.
    return import_module("engine.models.pack").verify_pack(folder).hash


def check_known(folder: Path) -> None:
    """Checks that this version can read the pack.json of a folder, before anything large is fetched. Raises EngineError("pack")."""
    import_module("engine.models.pack").read_manifest(folder)


def verify(job: VerifyPack) -> Iterator[PackVerified]:
    """Checks every file of a pack. Raises EngineError("pack")."""
    yield PackVerified(job.folder.name, whole(job.folder))


def delete(job: DeletePack) -> Iterator[PackDeleted]:
    """Removes a pack; under its name it is gone at once, whatever happens then. Raises EngineError("pack")."""
    if job.pack_id == EMBEDDED:
        raise EngineError("pack", "The pack that comes with Melbrush cannot be deleted.")
    folder = find_pack(job.pack_id, job.packs) if is_pack_id(job.pack_id) else None
    if folder is None:
        raise EngineError("pack", f"There is no pack called {job.pack_id!r}.")
    if folder.is_symlink():
        folder.unlink()
    else:
        gone = workplace(folder.parent, "deleting", job.pack_id)
        shutil.rmtree(gone, ignore_errors=True)
        os.replace(folder, gone)
        shutil.rmtree(gone, ignore_errors=True)
        leave(gone)
    yield PackDeleted(job.pack_id)


def copy(job: CopyPack) -> Iterator[DownloadProgress | PackInstalled]:
    """Copies a pack from elsewhere into the folder of packs, checked on the way. Raises EngineError("pack")."""
    raw = read_manifest_bytes(job.source)
    contents = read_contents(raw, job.source.name)
    pack_id = free_id(job.packs, "", contents.id, job.source.name)
    building = workplace(job.packs, "copying", pack_id)
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    try:
        (building / MANIFEST).write_bytes(raw)
        yield from _copy_files(job.source, building, contents)
        yield from install(building, job.packs / pack_id)
    finally:
        shutil.rmtree(building, ignore_errors=True)
        leave(building)
    yield PackInstalled(pack_id, contents.name)


def _copy_files(source: Path, building: Path, contents: Contents) -> Iterator[DownloadProgress]:
    for name in contents.files:
        if not (source / name).is_file():
            raise EngineError("pack", f"The folder {source} lacks the file {name} of the pack.")
    names = [*contents.files, *([CARD] if (source / CARD).is_file() else [])]
    total, done = sum((source / name).stat().st_size for name in names), 0
    for name in names:
        digest = hashlib.sha256()
        with (source / name).open("rb") as origin, (building / name).open("wb") as target:
            while block := origin.read(_BLOCK_BYTES):
                digest.update(block)
                target.write(block)
                done += len(block)
                yield DownloadProgress(name, done, total)
        if name in contents.files and digest.hexdigest() != contents.files[name]:
            raise EngineError("pack", f"{name} in {source} is damaged: its checksum is not the one in pack.json.")


def install(building: Path, folder: Path) -> Iterator[DownloadProgress]:
    """Checks finished files and moves them to their place in one go. Raises EngineError("pack")."""
    size = _size_of(building)
    yield DownloadProgress("", size, size, phase="checking")
    whole(building)
    if folder.exists():
        raise taken(folder.name)
    os.replace(building, folder)


def check_free(packs: Path, pack_id: str) -> str:
    """A name that a new pack can have. Raises EngineError("pack")."""
    if not is_pack_id(pack_id):
        raise EngineError(
            "pack",
            f"A pack cannot be called {pack_id[:100]!r}: use letters, digits, dots, dashes and underscores, and no device of Windows.",
        )
    if pack_id == EMBEDDED or any((place / pack_id).exists() for place in places(packs)):
        raise taken(pack_id)
    return pack_id


def free_id(packs: Path, wanted: str, *candidates: str) -> str:
    """The name for a new pack: ``wanted``, or the first candidate that it can have. Raises EngineError("pack") about the first."""
    names = (wanted,) if wanted else candidates
    for name in names:
        with suppress(EngineError):
            return check_free(packs, name)
    return check_free(packs, names[0])


def taken(pack_id: str) -> EngineError:
    """Why a name cannot be given twice."""
    return EngineError("pack", f"A pack called {pack_id} is installed already; delete it first, or give the new one another name.")


def workplace(packs: Path, purpose: str, pack_id: str) -> Path:
    """A folder beside the packs, where nobody looks for one: moving from there is one step of the file system."""
    place = packs / f".{purpose}"
    place.mkdir(parents=True, exist_ok=True)
    return place / pack_id


def leave(building: Path) -> None:
    """Removes the folder of unfinished things if nothing is left in it."""
    with suppress(OSError):
        building.parent.rmdir()
