"""Files that are whole or not there at all."""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from engine.types import EngineError

_ATTEMPTS, _PAUSE_S = 5, 0.03


def replace_file(path: Path, parts: Iterable[bytes]) -> None:
    """Writes the parts beside ``path`` and puts the whole in its place; on failure nothing is left but what was there before.

    Raises EngineError("path").
    """
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        temporary = path.with_name(f".{secrets.token_hex(8)}.part")
        try:
            # Not tempfile: its files could be read by their owner alone.
            with temporary.open("xb") as file:
                for part in parts:
                    file.write(part)
                file.flush()
                os.fsync(file.fileno())
            patiently(lambda: os.replace(temporary, path))
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except ValueError as error:
        # Characters that no file name can hold.
        raise EngineError("path", f"There can be no file named {str(path)!r}.") from error
    except OSError as error:
        raise EngineError("path", _path_sentence(path, error)) from error


def patiently(rename: Callable[[], object]) -> None:
    """Renames a file, tried again for a moment: on Windows a virus scanner may hold the file or its target. Raises as ``rename`` does."""
    for _ in range(_ATTEMPTS - 1):
        try:
            rename()
        except PermissionError:
            time.sleep(_PAUSE_S)
        else:
            return
    rename()


def _path_sentence(path: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None)):
        return f'The disk is full: "{path}" was not written.'
    if error.errno == errno.EISDIR:
        return f'"{path}" is a folder, not a file.'
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return f'The folder "{path.parent}" does not exist.'
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f'There is no permission to write "{path}".'
    if error.errno == errno.ENAMETOOLONG:
        return f'The file name "{path.name}" is too long.'
    return f'"{path}" could not be written ({error.strerror or error}).'
