"""A finished file gets a name that nothing else has, in one step: whoever looks sees the whole file or none."""

from __future__ import annotations

import ctypes
import errno
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.export.names import unique_path
from engine.signal.replacing import patiently
from engine.types import EngineError

_HERE = -100
"""AT_FDCWD of Linux: a path is taken as it is."""
_NO_REPLACE, _EXCLUSIVE = 1, 4
"""RENAME_NOREPLACE of Linux, RENAME_EXCL of macOS."""
_NOT_POSSIBLE = frozenset(
    {errno.EPERM, errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV, errno.ENOTTY}
)
"""What file systems say that have no links, or no rename that spares what is there."""


@contextmanager
def unpublished(folder: Path, name: str) -> Iterator[Path]:
    """A place in ``folder`` to write a file that shall be called ``name``; what is still there at the end is taken away.

    An EngineError about the place is told as one about the name.
    """
    place = folder / f".{secrets.token_hex(8)}.part"
    try:
        yield place
    except EngineError as error:
        raise EngineError(error.kind, error.message.replace(str(place), str(folder / name))) from error
    finally:
        _discard(place)


def publish(place: Path, folder: Path, name: str) -> Path:
    """Calls the finished file at ``place``, which is in ``folder``, ``name``, or that with the first number that is free.

    No other file is ever replaced, even one that comes in the last moment. Raises EngineError("path").
    """
    taken: set[str] = set()
    while True:
        path = unique_path(folder, name, taken)
        try:
            _move(place, path)
        except FileExistsError:
            taken.add(path.name)
        except OSError as error:
            raise EngineError("path", f'"{path}" could not be written ({error.strerror or error}).') from error
        else:
            return path


def _move(place: Path, path: Path) -> None:
    """Gives the file its name. Raises FileExistsError if something has it, and other kinds of OSError."""
    for way in _ways():
        try:
            return way(place, path)
        except OSError as error:
            if error.errno not in _NOT_POSSIBLE:
                raise
    _take_then_replace(place, path)


def _ways() -> tuple[Callable[[Path, Path], None], ...]:
    """Single steps that spare what is there, the most widely known one first."""
    if os.name == "nt":
        return (_rename,)
    return (_link, _rename_on_mac) if sys.platform == "darwin" else (_link, _rename_on_linux)


def _rename(place: Path, path: Path) -> None:
    """On Windows, where this never replaces a file."""
    patiently(lambda: place.rename(path))


def _link(place: Path, path: Path) -> None:
    os.link(place, path)
    _discard(place)


def _rename_on_linux(place: Path, path: Path) -> None:
    _called("renameat2", path, _HERE, os.fsencode(place), _HERE, os.fsencode(path), ctypes.c_uint(_NO_REPLACE))


def _rename_on_mac(place: Path, path: Path) -> None:
    _called("renamex_np", path, os.fsencode(place), os.fsencode(path), ctypes.c_uint(_EXCLUSIVE))


def _called(name: str, path: Path, *values: int | bytes | ctypes.c_uint) -> None:
    """A function of the C library that Python does not have. Raises OSError as Python's own would."""
    function = getattr(ctypes.CDLL(None, use_errno=True), name, None)
    if function is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), str(path))
    if function(*values) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(path))


def _take_then_replace(place: Path, path: Path) -> None:
    """For file systems that know nothing better: the name is taken by an empty file, which the finished one replaces at once."""
    path.open("xb").close()
    try:
        os.replace(place, path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _discard(place: Path) -> None:
    try:
        place.unlink(missing_ok=True)
    except (OSError, ValueError):
        # It is hidden, and what it holds is safe under its name.
        return
