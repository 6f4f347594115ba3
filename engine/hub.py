"""The Hugging Face hub, by its plain addresses: which files a repository has, and fetching the pack that is in it."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine.downloads import Patience, fetch_bytes, fetch_file
from engine.installed_packs import (
    CARD,
    FILE_CAP_BYTES,
    MANIFEST,
    MANIFEST_CAP_BYTES,
    check_file_name,
    check_free,
    check_known,
    copy,
    delete,
    free_id,
    install,
    leave,
    list_packs,
    read_contents,
    verify,
    workplace,
)
from engine.jobs import (
    CopyPack,
    DeletePack,
    DownloadPack,
    DownloadProgress,
    FindPack,
    ListPacks,
    PackFound,
    PackInstalled,
    PackOffer,
    RemoteFile,
    VerifyPack,
)
from engine.network import Step, check_address, is_local
from engine.types import EngineError

HUB = "https://huggingface.co"
FILE_URL = "{hub}/{repo}/resolve/{revision}/{path}"
LIST_URL = "{hub}/api/models/{repo}/tree/{revision}?recursive=true"
COMMIT_HEADER = "X-Repo-Commit"

_LIST_CAP_BYTES = 4 << 20
_REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_PAGE = re.compile(r"https://huggingface\.co/([^/]+/[^/?#]+)/?(?:tree/([^/?#]+)/?)?(?:[?#].*)?")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SPEED_S = 3.0
_EVENT_S = 0.1

Steps = Iterator[DownloadProgress]


def pack_jobs(hub: str = HUB, patience: Patience = Patience()) -> Mapping[type, Callable[[Any], Iterator[Any]]]:
    """Handlers of everything that concerns packs as files, for the desk."""
    return {
        ListPacks: list_packs,
        VerifyPack: verify,
        DeletePack: delete,
        CopyPack: copy,
        FindPack: partial(find_pack, hub=hub, patience=patience),
        DownloadPack: partial(download_pack, hub=hub, patience=patience),
    }


def parse_repo(text: str, revision: str = "main") -> tuple[str, str]:
    """Repository and revision from ``owner/name`` or the address of its page. Raises EngineError("value")."""
    text = text.strip()
    if match := _PAGE.fullmatch(text):
        text, revision = match[1], match[2] or revision
    if not _REPO.fullmatch(text) or ".." in text:
        raise EngineError("value", f"{text[:100]!r} is no repository; write it as owner/name.")
    if not _REVISION.fullmatch(revision) or ".." in revision:
        raise EngineError("value", f"{revision[:100]!r} is no revision; write a branch, a tag or a commit.")
    return text, revision


def list_files(hub: str, repo: str, revision: str, patience: Patience = Patience()) -> Iterator[Step]:
    """Yields while waiting; returns the repository's files by path. Raises EngineError("pack")."""
    url = LIST_URL.format(hub=hub, repo=quote(repo), revision=quote(revision, safe=""))
    raw, _ = yield from fetch_bytes(url, f"repository {repo}", _LIST_CAP_BYTES, patience)
    try:
        found = [_remote(row) for row in json.loads(raw.decode("utf-8")) if row["type"] == "file"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise EngineError("pack", f"{_host(hub)} sent no list of files for {repo}.") from error
    return {file.path: file for file in found}


def find_pack(job: FindPack, hub: str = HUB, patience: Patience = Patience()) -> Iterator[DownloadProgress | PackFound]:
    """Asks what a repository's pack consists of; of its files only pack.json is read. Raises EngineError."""
    repo, revision = parse_repo(job.repo, job.revision)
    there = yield from _connecting(list_files(hub, repo, revision, patience))
    if MANIFEST not in there:
        raise EngineError("pack", f"The repository {repo} holds no Melbrush pack: it has no {MANIFEST}.")
    url = file_url(hub, repo, revision, MANIFEST)
    raw, headers = yield from _connecting(fetch_bytes(url, MANIFEST, MANIFEST_CAP_BYTES, patience))
    contents = read_contents(raw, repo)
    manifest = RemoteFile(MANIFEST, len(raw), hashlib.sha256(raw).hexdigest())
    files = [manifest, *(_named(there, repo, *listed) for listed in contents.files.items())]
    if CARD in there:
        files.append(there[CARD])
    pack_id = free_id(job.packs, job.pack_id, contents.id, repo.rpartition("/")[2])
    commit = headers.get(COMMIT_HEADER, "")
    offer = PackOffer(_host(hub), repo, commit if _COMMIT.fullmatch(commit) else revision, pack_id, contents.name, tuple(files))
    yield PackFound(replace(offer, kept_bytes=_kept(offer, job.packs)))


def download_pack(job: DownloadPack, hub: str = HUB, patience: Patience = Patience()) -> Iterator[DownloadProgress | PackInstalled]:
    """Fetches a pack into a folder of its own and moves it to its place when everything is there and right. Raises EngineError."""
    offer = job.offer
    check_free(job.packs, offer.pack_id)
    building = workplace(job.packs, "downloading", offer.pack_id)
    building.mkdir(exist_ok=True)
    try:
        check_room(building, offer.total_bytes - _kept(offer, job.packs))
        yield from fetch_files(hub, offer.repo, offer.revision, offer.files, building, patience, _check_or_drop)
        yield from _install_or_drop(building, job.packs / offer.pack_id)
    finally:
        with suppress(OSError):
            building.rmdir()
        leave(building)
    yield PackInstalled(offer.pack_id, offer.name)


def _check_or_drop(building: Path) -> None:
    """Throws away at once what this version cannot use: fetching it again would not help."""
    try:
        check_known(building)
    except EngineError:
        shutil.rmtree(building, ignore_errors=True)
        raise


def _install_or_drop(building: Path, folder: Path) -> Steps:
    try:
        yield from install(building, folder)
    except EngineError:
        shutil.rmtree(building, ignore_errors=True)
        raise


def fetch_files(
    hub: str,
    repo: str,
    revision: str,
    files: tuple[RemoteFile, ...],
    folder: Path,
    patience: Patience = Patience(),
    check: Callable[[Path], None] | None = None,
) -> Steps:
    """Fetches files one after the other; ``check`` sees the folder when pack.json is there. Raises EngineError."""
    total, before, speed = sum(file.size_bytes for file in files), 0, _Speed()
    for file in files:
        url = file_url(hub, repo, revision, file.path)
        for step in fetch_file(url, file, folder / check_file_name(file.name), patience):
            if speed.is_due(before + step.done_bytes, step.phase == "fetching"):
                yield DownloadProgress(file.name, before + step.done_bytes, total, speed.bytes_per_s, step.phase)
        before += file.size_bytes
        yield DownloadProgress(file.name, before, total, speed.bytes_per_s)
        if check is not None and file.name == MANIFEST:
            check(folder)


def file_url(hub: str, repo: str, revision: str, path: str) -> str:
    """The address of one file. Raises EngineError for paths that leave the repository."""
    if any(part in ("", ".", "..") for part in path.split("/")):
        raise EngineError("pack", f"{path[:100]!r} is no file of a repository.")
    return FILE_URL.format(hub=hub, repo=quote(repo), revision=quote(revision, safe=""), path=quote(path))


def check_room(folder: Path, needed_bytes: int) -> None:
    """Refuses before fetching what will not fit. Raises EngineError("path")."""
    free_bytes = shutil.disk_usage(folder).free
    if needed_bytes > free_bytes:
        needed, free = needed_bytes / 1e6, free_bytes / 1e6
        raise EngineError("path", f"The disk with {folder.parent} is too full: {needed:,.1f} MB are needed, {free:,.1f} MB are free.")


def _connecting(steps: Iterator[Step]) -> Steps:
    """Turns waiting into progress; returns what ``steps`` returns."""
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return end.value
        yield DownloadProgress("", 0, 0, phase="retrying" if step.phase == "retrying" else "connecting")


def _remote(row: dict[str, Any]) -> RemoteFile:
    lfs = row.get("lfs") or {}
    size, sha256 = row["size"], str(lfs.get("oid", "")).removeprefix("sha256:")
    if type(size) is not int or not 0 <= size <= FILE_CAP_BYTES:
        raise ValueError("no length")
    return RemoteFile(str(row["path"]), size, sha256 if re.fullmatch(r"[0-9a-f]{64}", sha256) else "")


def _named(there: dict[str, RemoteFile], repo: str, name: str, sha256: str) -> RemoteFile:
    if name not in there:
        raise EngineError("pack", f"The repository {repo} lacks the file {name} that its pack.json names.")
    if there[name].sha256 not in ("", sha256):
        raise EngineError("pack", f"The file {name} in {repo} is not the one that its pack.json names; tell whoever made the pack.")
    return replace(there[name], sha256=sha256)


def _kept(offer: PackOffer, packs: Path) -> int:
    """Bytes that an earlier attempt left."""
    folder = packs / ".downloading" / offer.pack_id
    sizes = [path.stat().st_size for file in offer.files for path in (folder / file.name, folder / f"{file.name}.part") if path.is_file()]
    return min(sum(sizes), offer.total_bytes)


def _host(hub: str) -> str:
    return check_address(hub, local=is_local(hub))


class _Speed:
    """Bytes per second over the last seconds, and when it is time to tell."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()
        self._told_s = 0.0
        self.bytes_per_s = 0.0

    def is_due(self, done_bytes: int, moving: bool) -> bool:
        """Takes note of how far it is; True if it was not told for a while."""
        now = time.monotonic()
        if not moving:
            self._marks.clear()
            self.bytes_per_s = 0.0
        else:
            self._measure(now, done_bytes)
        if now - self._told_s < _EVENT_S:
            return False
        self._told_s = now
        return True

    def _measure(self, now: float, done_bytes: int) -> None:
        self._marks.append((now, done_bytes))
        while now - self._marks[0][0] > _SPEED_S:
            self._marks.popleft()
        first, passed = self._marks[0], now - self._marks[0][0]
        if passed > 0.2:
            self.bytes_per_s = max(0.0, (done_bytes - first[1]) / passed)
