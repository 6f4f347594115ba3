"""A zip that is written the same way every time and read with suspicion: nothing is extracted, everything is counted and compared."""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

MOST_MEMBERS = 2000
LARGEST_MEMBER_BYTES = (1 << 31) + (1 << 16)
LARGEST_SUM_BYTES = 1 << 33
LARGEST_JSON_BYTES = 1 << 25
LARGEST_RATIO = 200
# What would come near the largest ratio is stored as it is, so that no file of our own is ever refused.
_LARGEST_OWN_RATIO = 100
# The directory is read in one piece: 2,000 members need a quarter of this.
_LARGEST_READ = 1 << 20
_BLOCK_BYTES = 1 << 18
_LOCAL_HEADER_BYTES = 30
_ENCRYPTED = 0x1
_NAME = re.compile(r"[a-z]{1,20}/[a-z0-9]{1,64}\.[a-z0-9]{1,8}")
_DEFLATE_LEVEL = 1


class DamagedError(Exception):
    """The archive is not what it says it is; for the log, never for people."""


@dataclass(frozen=True, eq=False)
class Member:
    """A named piece of an archive: its content in parts that are not copied, the SHA-256 of the whole, and whether deflating pays."""

    name: str
    parts: tuple[Any, ...]
    size: int
    sha256: str
    deflate: bool


def member(folder: str, suffix: str, parts: tuple[Any, ...], deflate: bool = False) -> Member:
    """A member that is named after its content, so that equal ones are the same one."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    sha256 = digest.hexdigest()
    size = sum(len(part) for part in parts)
    return Member(f"{folder}/{sha256[:32]}.{suffix}", parts, size, sha256, deflate and _deflates_well(b"".join(parts)))


def manifest_member(name: str, content: bytes) -> Member:
    """The member that lists the others."""
    return Member(name, (content,), len(content), hashlib.sha256(content).hexdigest(), _deflates_well(content))


def _deflates_well(content: bytes) -> bool:
    """False for what hardly shrinks, and for what shrinks so much that a reader would take it for a bomb."""
    deflated = len(zlib.compress(content, _DEFLATE_LEVEL))
    return deflated < 0.9 * len(content) and len(content) <= _LARGEST_OWN_RATIO * deflated


class _Sink:
    """The place zipfile writes to: gives away what is finished, so that an archive is never whole in memory."""

    def __init__(self) -> None:
        self._begin, self._at, self._data = 0, 0, bytearray()

    def write(self, data: Any) -> int:
        offset = self._at - self._begin
        self._data[offset : offset + len(data)] = data
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET or offset < self._begin:
            raise io.UnsupportedOperation("only within the member that is being written")
        self._at = offset
        return offset

    def flush(self) -> None:
        """Nothing is held back."""

    def finished(self) -> bytes:
        data, self._data = bytes(self._data), bytearray()
        self._begin += len(data)
        return data


def archive_parts(members: Iterable[Member]) -> Iterator[bytes]:
    """The bytes of a zip, piece by piece; the same members give the same bytes."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:
        for each in members:
            _write(archive, each)
            yield sink.finished()
    yield sink.finished()


def _write(archive: zipfile.ZipFile, each: Member) -> None:
    info = zipfile.ZipInfo(each.name)
    info.create_system = 3
    info.external_attr = 0o644 << 16
    if each.deflate:
        archive.writestr(info, b"".join(each.parts), zipfile.ZIP_DEFLATED, _DEFLATE_LEVEL)
        return
    info.file_size = each.size
    with archive.open(info, "w") as file:
        for part in each.parts:
            file.write(part)


class _Bounded:
    """A file that refuses to be read in large pieces: a lying directory cannot fill the memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(_LARGEST_READ + 1 if size < 0 else min(size, _LARGEST_READ + 1))
        if len(data) > _LARGEST_READ:
            raise DamagedError("a piece is too large")
        return data


class Archive:
    """A zip that is open for reading; every problem is an exception of any kind, to be caught where people are told."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(_Bounded(file))
        infos = self._zip.infolist()
        _check_directory(infos, self._zip.start_dir)
        self._infos = {info.filename: info for info in infos}

    def check_names(self, expected: Iterable[str], manifest: str) -> None:
        """Raises DamagedError unless the archive holds exactly these members, of harmless names, and the manifest."""
        wanted = set(expected)
        if not all(_NAME.fullmatch(name) for name in wanted):
            raise DamagedError("a name that cannot be ours")
        if self._infos.keys() != wanted | {manifest}:
            raise DamagedError("the archive does not hold what its manifest lists")

    def read(self, name: str, most_bytes: int = LARGEST_MEMBER_BYTES) -> bytearray:
        """The content of a member, whose own checksum is compared by the caller."""
        info = self._infos[name]
        if info.file_size > most_bytes:
            raise DamagedError(f"{name} is too large")
        content = bytearray()
        with self._zip.open(info) as file:
            while block := file.read(_BLOCK_BYTES):
                content += block
                if len(content) > info.file_size:
                    raise DamagedError(f"{name} is longer than announced")
        if len(content) != info.file_size:
            raise DamagedError(f"{name} is shorter than announced")
        return content

    def read_checked(self, name: str, size: int, sha256: str) -> bytearray:
        """The content of a member that has to have this size and this SHA-256."""
        if self._infos[name].file_size != size:
            raise DamagedError(f"{name} has another size")
        content = self.read(name)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise DamagedError(f"{name} has another checksum")
        return content


def _check_directory(infos: list[zipfile.ZipInfo], directory_at: int) -> None:
    if not 0 < len(infos) <= MOST_MEMBERS:
        raise DamagedError("too many members or none")
    if len({info.filename for info in infos}) != len(infos):
        raise DamagedError("two members of one name")
    if sum(info.file_size for info in infos) > LARGEST_SUM_BYTES:
        raise DamagedError("too large in all")
    for info in infos:
        _check_info(info)
    _check_places(infos, directory_at)


def _check_info(info: zipfile.ZipInfo) -> None:
    if info.orig_filename != info.filename or info.flag_bits & _ENCRYPTED:
        raise DamagedError("a name with hidden characters, or encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DamagedError("another kind of compression")
    if info.compress_type == zipfile.ZIP_STORED and info.file_size != info.compress_size:
        raise DamagedError("a stored member with two sizes")
    if info.file_size > LARGEST_MEMBER_BYTES or info.file_size > LARGEST_RATIO * info.compress_size:
        raise DamagedError("a member that grows too large")


def _check_places(infos: list[zipfile.ZipInfo], directory_at: int) -> None:
    """No byte belongs to two members, and the first one stands at the beginning."""
    ordered = sorted(infos, key=lambda info: info.header_offset)
    if ordered[0].header_offset != 0:
        raise DamagedError("something stands before the archive")
    ends = [info.header_offset + _LOCAL_HEADER_BYTES + len(info.filename) + info.compress_size for info in ordered]
    begins = [*(info.header_offset for info in ordered[1:]), directory_at]
    if any(end > begin for end, begin in zip(ends, begins, strict=True)):
        raise DamagedError("members overlap")


def json_bytes(value: Any) -> bytes:
    """JSON in ASCII, without NaN; half a surrogate pair from a file name survives as an escape."""
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii")


def json_value(content: bytes | bytearray) -> Any:
    """What JSON says, or an exception: for NaN, numbers beyond a float, equal keys, and whatever json refuses itself."""
    return json.loads(content.decode("utf-8"), parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_once_each)


def _refuse(text: str) -> NoReturn:
    raise DamagedError(f"{text} is no JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        _refuse(text)
    return value


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise DamagedError("a key stands twice")
    return values
