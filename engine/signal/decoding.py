"""Foreign sounds are decoded in a process of their own: what the decoding library does with a hostile file costs that file, nothing else.

One process serves many files and is replaced when it dies or takes too long. What it sends are plain bytes, never objects, so that whoever
takes it over gains nothing by what it answers. Its memory is limited on Linux only; elsewhere the limits on length and time remain.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import struct
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.signal.audio_io import MOST_VALUES, check_first_bytes, read_blocks
from engine.signal.formats import HIGHEST_RATE, LOWEST_RATE, MAX_CHANNELS
from engine.types import Clip, EngineError

LIMIT_S = 4.0
MEMORY_BYTES = 1 << 29
_START_S = 30.0
# A disk or network that gives fewer bytes in a second, a decoder that gives fewer seconds of sound in one, will not be waited for.
_SLOWEST_DISK = 4e6
_SLOWEST = 4.0
_LARGEST_MESSAGE = 1 << 26
_READY, _BLOCK, _END, _REFUSED = b"R", b"B", b"E", b"X"
_BLOCK_HEAD = struct.Struct("<II")

UNFINISHED_NOTE = "The recording was never finished properly; all sound that it holds was read."


@dataclass(frozen=True, eq=False)
class Decoded:
    """A sound, how many of its samples were no numbers and became 0, and what is worth telling about that, or an empty ``note``."""

    clip: Clip
    replaced_samples: int
    note: str


def read_clip_in_child(path: Path, max_s: float = 3600, limit_s: float = LIMIT_S, memory_bytes: int = MEMORY_BYTES) -> Decoded:
    """The whole sound of a foreign file, decoded in another process.

    ``limit_s`` seconds are granted, more in proportion to the size of the file and the length of the sound; ``memory_bytes`` to the
    decoder. Raises EngineError("audio") as ``read_blocks`` does, and for a file that kills the decoder or exceeds a limit.
    """
    return _decoder.read(path, max_s, limit_s, memory_bytes)


class _LostError(ValueError):
    """The other process is gone, or answers what it should not."""


class Decoder:
    """Reads files one after the other in a process that it starts when first needed; may be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None

    @property
    def process_id(self) -> int | None:
        """Of the process that waits for files; None if there is none."""
        return self._process.pid if self._process is not None else None

    def read(self, path: Path, max_s: float = 3600, limit_s: float = LIMIT_S, memory_bytes: int = MEMORY_BYTES) -> Decoded:
        """See ``read_clip_in_child``."""
        check_first_bytes(path)
        allowed_s = limit_s + _file_bytes(path) / _SLOWEST_DISK
        request = {"path": str(path.absolute()), "max_s": max_s, "memory_bytes": memory_bytes}
        with self._lock:
            answer = self._answer(path.name, json.dumps(request).encode("ascii"), allowed_s)
        if isinstance(answer, str):
            raise EngineError("audio", answer)
        return answer

    def close(self) -> None:
        """Ends the process; the next file starts another."""
        with self._lock:
            self._end()

    def _answer(self, name: str, request: bytes, limit_s: float) -> Decoded | str:
        """The sound or the sentence that refuses it."""
        if self._process is not None and self._process.is_alive():
            # It may be the victim of a file that it read before: if it dies now, a fresh one decides.
            with suppress(_LostError):
                return self._converse(name, request, limit_s)
        self._start()
        try:
            return self._converse(name, request, limit_s)
        except _LostError:
            return f'"{name}" is damaged in a way that stops the decoder and could not be read.'

    def _converse(self, name: str, request: bytes, limit_s: float) -> Decoded | str:
        """As ``_answer``; raises _LostError if the process is gone. A process that may still be at work is not used again."""
        try:
            return self._asked(request, limit_s)
        except TimeoutError:
            sentence = f'"{name}" was given up: it takes too long to read.'
        except MemoryError:
            sentence = f'"{name}" is too large to be held in memory.'
        except (EOFError, OSError, ValueError, RecursionError) as error:
            self._end()
            raise _LostError from error
        except BaseException:
            self._end()
            raise
        self._end()
        return sentence

    def _asked(self, request: bytes, limit_s: float) -> Decoded | str:
        assert self._connection is not None
        self._connection.send_bytes(request)
        deadline = time.monotonic() + limit_s
        sound = _Sound()
        while True:
            message = self._received(deadline)
            kind, content = message[:1], memoryview(message)[1:]
            if kind == _BLOCK:
                deadline += sound.add(content) / _SLOWEST
            elif kind == _END:
                return sound.whole(json.loads(bytes(content)))
            elif kind == _REFUSED:
                return str(content, "utf-8", "surrogatepass")
            else:
                raise _LostError

    def _received(self, deadline: float) -> bytes:
        assert self._connection is not None
        if not self._connection.poll(max(0.0, deadline - time.monotonic())):
            raise TimeoutError
        return self._connection.recv_bytes(_LARGEST_MESSAGE)

    def _start(self) -> None:
        self._end()
        context = multiprocessing.get_context("spawn")
        try:
            self._connection, theirs = context.Pipe()
            self._process = context.Process(target=serve, args=(theirs,), name="melbrush-decoder", daemon=True)
            self._process.start()
            theirs.close()
            if self._received(time.monotonic() + _START_S) != _READY:
                raise _LostError
        except (EOFError, OSError, ValueError) as error:
            self._end()
            raise EngineError("audio", "No sound can be read: the process that decodes sounds could not be started.") from error

    def _end(self) -> None:
        process, connection = self._process, self._connection
        self._process = self._connection = None
        if connection is not None:
            connection.close()
        if process is not None and process.pid is not None:
            process.kill()
            process.join()


def _file_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


class _Sound:
    """What has arrived of a sound; believes nothing that it was told."""

    def __init__(self) -> None:
        self._parts: list[NDArray[np.float32]] = []
        self._shape = (0, 0)
        self._values = 0

    def add(self, content: memoryview) -> float:
        """Takes a block and returns its length in seconds. Raises _LostError for what cannot be one."""
        if len(content) <= _BLOCK_HEAD.size or (len(content) - _BLOCK_HEAD.size) % 4:
            raise _LostError
        shape = sample_rate, channels = _BLOCK_HEAD.unpack_from(content)
        values = np.frombuffer(content, np.float32, offset=_BLOCK_HEAD.size)
        possible = LOWEST_RATE <= sample_rate <= HIGHEST_RATE and 1 <= channels <= MAX_CHANNELS and values.size % channels == 0
        self._values += values.size
        if not possible or self._values > MOST_VALUES or (self._parts and shape != self._shape):
            raise _LostError
        self._shape = shape
        self._parts.append(values.reshape(channels, -1))
        return values.size / channels / sample_rate

    def whole(self, end: Any) -> Decoded:
        """The sound with what the last message says about it. Raises _LostError for a message or a sound that cannot be."""
        match end:
            case {"replaced": int(replaced), "unfinished": bool(unfinished)} if self._parts:
                clip = Clip(np.concatenate(self._parts, axis=1), self._shape[0])
                return Decoded(clip, replaced, _note(replaced, unfinished))
        raise _LostError


def _note(replaced: int, unfinished: bool) -> str:
    sentences = [UNFINISHED_NOTE] if unfinished else []
    if replaced:
        were = "sample was not a number and was" if replaced == 1 else "samples were not numbers and were"
        sentences.append(f"{replaced} {were} replaced by silence.")
    return " ".join(sentences)


def serve(connection: Connection) -> None:
    """The other process: reads one file after the other until nobody asks any more."""
    _protect()
    used_bytes = _address_space_bytes()
    with suppress(EOFError, OSError):
        connection.send_bytes(_READY)
        while True:
            request = json.loads(connection.recv_bytes())
            _limit_memory(used_bytes + request["memory_bytes"] if used_bytes else None)
            connection.send_bytes(_served(connection, Path(request["path"]), request["max_s"]))


def _served(connection: Connection, path: Path, max_s: float) -> bytes:
    """Sends the sound of a file and returns the last message: what was done to it, or why it could not be read."""
    replaced, unfinished = 0, False
    try:
        for block in read_blocks(path, max_s):
            head = _BLOCK_HEAD.pack(block.sample_rate, block.samples.shape[0])
            connection.send_bytes(_BLOCK + head + block.samples.tobytes())
            replaced += block.replaced
            unfinished = block.unfinished
    except EngineError as error:
        return _REFUSED + error.message.encode("utf-8", "surrogatepass")
    except MemoryError:
        return _REFUSED + f'"{path.name}" needs too much memory to be read.'.encode("utf-8", "surrogatepass")
    return _END + json.dumps({"replaced": replaced, "unfinished": unfinished}).encode("ascii")


def _protect() -> None:
    """Nothing is written to a disk or a terminal from here, and Ctrl+C is for the program itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    if sys.platform != "win32":
        import resource

        for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
            with suppress(OSError, ValueError):
                resource.setrlimit(limit, (0, 0))


def _address_space_bytes() -> int | None:
    """What this process has mapped already; None where the system does not say, and then does not limit it either."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def _limit_memory(address_space_bytes: int | None) -> None:
    if address_space_bytes is None or sys.platform == "win32":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    within = address_space_bytes if hard == resource.RLIM_INFINITY else min(address_space_bytes, hard)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (within, hard))


_decoder = Decoder()
