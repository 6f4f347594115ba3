"""WAVs of recorders that stopped before they wrote how much sound there is: seen as if they had."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import BinaryIO

_MOST_CHUNKS = 4096
# A size that the decoding library takes for "to the end of the file".
_TO_THE_END = b"\xff\xff\xff\xff"


class UnfinishedWav(io.FileIO):
    """The file, read only, with ``patch`` in place of the bytes at ``position``; nothing on disk changes."""

    def __init__(self, path: Path, position: int, patch: bytes) -> None:
        super().__init__(path, "rb")
        self._position = position
        self._patch = patch

    def readinto(self, buffer: bytearray | memoryview) -> int:
        """Fills ``buffer`` from the current place on and returns the number of bytes."""
        start = self.tell()
        count = super().readinto(buffer) or 0
        first = max(start, self._position)
        last = min(start + count, self._position + len(self._patch))
        if first < last:
            memoryview(buffer)[first - start : last - start] = self._patch[first - self._position : last - self._position]
        return count


def unfinished_wav(path: Path) -> UnfinishedWav | None:
    """The file with all that follows as its sound if its data chunk says 0 bytes although sound follows; otherwise None.

    Raises OSError.
    """
    file_bytes = path.stat().st_size
    with path.open("rb") as file:
        size_at = _size_of_empty_data(file, file_bytes)
        if size_at is None or size_at + 4 >= file_bytes or _only_chunks_follow(file, size_at + 4, file_bytes):
            return None
    return UnfinishedWav(path, size_at, _TO_THE_END)


def _size_of_empty_data(file: BinaryIO, file_bytes: int) -> int | None:
    """Where the size of the data chunk stands, if it is 0."""
    opening = file.read(12)
    if opening[:4] != b"RIFF" or opening[8:] != b"WAVE":
        return None
    position = 12
    for _ in range(_MOST_CHUNKS):
        chunk_id, size = _chunk_header(file, position)
        if chunk_id == b"data":
            return position + 4 if size == 0 else None
        position += 8 + size + size % 2
        if position >= file_bytes:
            break
    return None


def _only_chunks_follow(file: BinaryIO, position: int, file_bytes: int) -> bool:
    """True if the rest of the file is a whole chain of chunks: then there truly is no sound, and what follows are notes about it."""
    for _ in range(_MOST_CHUNKS):
        if position >= file_bytes:
            return True
        chunk_id, size = _chunk_header(file, position)
        if len(chunk_id) < 4 or not all(32 <= byte < 127 for byte in chunk_id) or position + 8 + size > file_bytes:
            return False
        position += 8 + size + size % 2
    return False


def _chunk_header(file: BinaryIO, position: int) -> tuple[bytes, int]:
    file.seek(position)
    header = file.read(8)
    return (header[:4], struct.unpack("<I", header[4:])[0]) if len(header) == 8 else (b"", 0)
