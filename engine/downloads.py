"""Files over the network: resumed where they stopped and checked. Nothing happens until somebody asks for the next step."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from engine.jobs import RemoteFile
from engine.network import BEAT_S, Head, HiccupError, Pump, Step, check_address, is_local, refuse_web_page
from engine.types import EngineError

_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")
_STRONG_ETAG = re.compile(r'"[\x21\x23-\x7e]{1,200}"')
_WEB_PAGE = re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE)


@dataclass(frozen=True)
class Patience:
    """Seconds without any answer, attempts without any progress, and seconds before the second attempt (doubled for each further one)."""

    timeout_s: float = 20.0
    attempts: int = 4
    pause_s: float = 1.0


def fetch_bytes(url: str, what: str, cap_bytes: int, patience: Patience = Patience()) -> Iterator[Step]:
    """Reads a short answer; yields while waiting and returns (bytes, headers). Raises EngineError("pack")."""
    attempt = 0
    while True:
        try:
            return (yield from _read_all(url, what, cap_bytes, patience))
        except HiccupError as hiccup:
            attempt += 1
            if attempt >= patience.attempts:
                raise EngineError("pack", hiccup.sentence) from None
        yield from _pause(patience, attempt - 1, 0)


def fetch_file(url: str, file: RemoteFile, target: Path, patience: Patience = Patience()) -> Iterator[Step]:
    """Fetches one file to ``target``; what has come lies beside it in ``.part`` until length and SHA-256 are right.

    To give up is to stop asking; asked again, it goes on where it stopped. Raises EngineError("pack" for what the network did, "path"
    for what the disk did).
    """
    part = _Part(target, file)
    if target.exists():
        part.take_back()
    for _ in range(2):
        fresh = part.size == 0
        yield from _fetch_all(url, part, patience)
        if (yield from _is_right(part)):
            part.finish()
            return
        part.forget()
        if fresh:
            break
        # The beginning may stem from an older state of the file; once more, from nothing.
    raise EngineError("pack", f"{file.name} arrived damaged: its checksum is not the one that was announced. Try again.")


class _Part:
    """The unfinished file: what has come, and the name (ETag) of the state that it was cut from."""

    def __init__(self, target: Path, file: RemoteFile) -> None:
        self.target, self.file = target, file
        self.path = target.with_name(target.name + ".part")
        self._etag_path = target.with_name(target.name + ".etag")

    @property
    def size(self) -> int:
        """Bytes that have come."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def etag(self) -> str:
        """Name of the state, empty if the server gave none that can be relied on."""
        try:
            text = self._etag_path.read_text(encoding="ascii")
        except (OSError, ValueError):
            return ""
        return text if _STRONG_ETAG.fullmatch(text) else ""

    def begin(self, start: int, etag: str | None) -> IO[bytes]:
        """The file to write to, from byte ``start`` on."""
        self._etag_path.write_text(etag or "", encoding="ascii", errors="replace")
        return self.path.open("ab" if start else "wb")

    def take_back(self) -> None:
        """A finished file becomes an unfinished one: it is checked again."""
        os.replace(self.target, self.path)

    def forget(self) -> None:
        """Throws away what has come."""
        self.path.unlink(missing_ok=True)
        self._etag_path.unlink(missing_ok=True)

    def finish(self) -> None:
        """Gives the file its name."""
        os.replace(self.path, self.target)
        self._etag_path.unlink(missing_ok=True)


def _fetch_all(url: str, part: _Part, patience: Patience) -> Iterator[Step]:
    """Attempts until all bytes are there; an attempt that brought some does not count."""
    attempt = 0
    while True:
        before = part.size
        try:
            yield from _fetch_rest(url, part, patience)
            return
        except HiccupError as hiccup:
            attempt = 0 if part.size > before else attempt + 1
            if attempt >= patience.attempts:
                raise EngineError("pack", f"{hiccup.sentence} What has come is kept.") from None
        yield from _pause(patience, max(attempt - 1, 0), part.size)


def _fetch_rest(url: str, part: _Part, patience: Patience) -> Iterator[Step]:
    """One connection: asks for what is missing and writes it. Raises HiccupError for what may go by."""
    host, size = check_address(url, local=is_local(url)), part.file.size_bytes
    if part.size > size or (part.size and not (part.etag or part.file.sha256)):
        # Nothing would tell whether the rest fits to this beginning.
        part.forget()
    start = part.size
    if start == size and part.path.exists():
        return
    pump = Pump(url, _range_headers(start, part.etag), size - start, patience.timeout_s)
    try:
        head = yield from pump.head(start, host, part.file.name)
        start = _place(head, start, part.file, host)
        yield from _write(pump, part, start, head, host)
    finally:
        pump.close()


def _range_headers(start: int, etag: str) -> dict[str, str]:
    if not start:
        return {}
    return {"Range": f"bytes={start}-"} | ({"If-Range": etag} if etag else {})


def _place(head: Head, start: int, file: RemoteFile, host: str) -> int:
    """Where the data that comes belongs: after what is there, or at the beginning. Raises EngineError if it is not the file."""
    if "html" in head.headers.get_content_type() and not file.name.endswith((".html", ".htm")):
        refuse_web_page(file.name, host)
    told = head.headers.get("Content-Length", "")
    total = int(told) if told.isdecimal() else file.size_bytes
    if head.status == 206:
        match = _CONTENT_RANGE.fullmatch(head.headers.get("Content-Range", ""))
        if match is None or int(match[1]) != start:
            raise EngineError("pack", f"{host} sent another piece of {file.name} than it was asked for.")
        total = int(match[2])
    if total != file.size_bytes:
        raise EngineError("pack", f"{host} has a {file.name} of {total:,} bytes, but {file.size_bytes:,} were announced.")
    return start if head.status == 206 else 0


def _write(pump: Pump, part: _Part, start: int, head: Head, host: str) -> Iterator[Step]:
    size, done = part.file.size_bytes, start
    pump.limit_to(size - start)
    try:
        with part.begin(start, head.headers.get("ETag")) as out:
            yield Step(done, "fetching")
            for block in pump.blocks(host, part.file.name):
                if done == 0 and block and _WEB_PAGE.match(block) and not part.file.name.endswith((".html", ".htm", ".md")):
                    refuse_web_page(part.file.name, host)
                done += len(block)
                if done > size:
                    raise EngineError("pack", f"{host} sends more of {part.file.name} than the {size:,} bytes that were announced.")
                out.write(block)
                out.flush()
                yield Step(done, "fetching")
    except OSError as error:
        raise _disk_failure(error, part.path) from error
    if done < size:
        raise HiccupError(f"The connection to {host} was cut after {done:,} of {size:,} bytes of {part.file.name}.")


def _is_right(part: _Part) -> Iterator[Step]:
    """Reads what has come and compares its SHA-256; returns True if it is the announced one or none was announced."""
    digest, size = hashlib.sha256(), part.size
    try:
        with part.path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
                yield Step(size, "checking")
    except OSError as error:
        raise _disk_failure(error, part.path) from error
    return size == part.file.size_bytes and part.file.sha256 in ("", digest.hexdigest())


def _pause(patience: Patience, attempt: int, done: int) -> Iterator[Step]:
    until = time.monotonic() + patience.pause_s * 2**attempt
    while (left := until - time.monotonic()) > 0:
        yield Step(done, "retrying")
        time.sleep(min(left, BEAT_S))


def _read_all(url: str, what: str, cap_bytes: int, patience: Patience) -> Iterator[Step]:
    host = check_address(url, local=is_local(url))
    pump = Pump(url, {}, cap_bytes, patience.timeout_s)
    try:
        head = yield from pump.head(0, host, what)
        if "html" in head.headers.get_content_type():
            refuse_web_page(what, host)
        raw = b""
        for block in pump.blocks(host, what):
            raw += block
            if len(raw) > cap_bytes:
                raise EngineError("pack", f"{host} sends more for {what} than it can hold.")
            yield Step(len(raw), "connecting")
    finally:
        pump.close()
    length = head.headers.get("Content-Length", "")
    if length.isdecimal() and len(raw) < int(length):
        raise HiccupError(f"The connection to {host} was cut.")
    return raw, head.headers


def _disk_failure(error: OSError, path: Path) -> EngineError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return EngineError("path", f"The disk with {path.parent} is full; make room and try again. What has come is kept.")
    return EngineError("path", f"{path} cannot be used ({error.strerror or error}).")
