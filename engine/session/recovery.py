"""What survives a crash: a copy of the open project in the application's data folder, and who it belongs to.

Each running program holds the lock of its own copy. A copy whose lock can be had belongs to a program that ended without saying goodbye.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.session.archive import json_bytes, json_value
from engine.session.history import History
from engine.session.project import SUFFIX, ProjectWriter, load_project
from engine.signal.replacing import replace_file
from engine.types import EngineError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

SET_ASIDE_FOLDER = "set-aside"
_LOCK, _ORIGIN, _OPENING, _REASON = ".lock", ".json", ".opening", ".txt"
_LARGEST_ORIGIN_BYTES = 1 << 16
_LEFTOVER_AFTER_S = 3600.0
_LOCK_ATTEMPTS = 20


@dataclass(frozen=True)
class RecoveredProject:
    """A copy that a crash left behind: its file, where the project had been saved (None: never), and when the copy was made (UTC)."""

    file: Path
    original: Path | None
    saved: datetime

    @property
    def name(self) -> str | None:
        """File name of the project; None if it never had one."""
        return None if self.original is None else self.original.name


class _Lock:
    """An exclusive lock on a file, which ends with the process at the latest."""

    def __init__(self, path: Path) -> None:
        """Raises OSError if another process holds it, or if it cannot be had for another reason."""
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            self._take()
        except OSError:
            os.close(self._descriptor)
            raise

    def _take(self) -> None:
        if sys.platform == "win32":
            msvcrt.locking(self._descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Another process may have removed the file between our opening it and our locking it.
        if os.fstat(self._descriptor).st_ino != self.path.stat().st_ino:
            raise FileNotFoundError(str(self.path))

    def release(self, remove: bool) -> None:
        """Gives the lock up; removed while it is held where that is possible, so that nobody gets it in between."""
        if remove:
            with contextlib.suppress(OSError):
                self.path.unlink()
        os.close(self._descriptor)
        if remove and sys.platform == "win32":
            with contextlib.suppress(OSError):
                self.path.unlink()


def _is_held(path: Path) -> bool:
    try:
        _Lock(path).release(remove=False)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


class Recovery:
    """The recovery copies of this program and those that earlier ones left in ``folder``, which is never a temporary one.

    ``writer`` is shared with ordinary saving, so that takes are encoded once. Raises EngineError("path") if the folder cannot be used.
    """

    def __init__(self, folder: Path, writer: ProjectWriter | None = None) -> None:
        self.folder = folder
        self._writer = writer or ProjectWriter("recovery")
        self._claimed: dict[str, _Lock] = {}
        self._offered: set[str] = set()
        self._origin: tuple[str, Path | None] | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._own = self._new_own()
        except OSError as error:
            raise EngineError("path", f'The folder "{folder}" for recovery copies cannot be used.') from error

    def _new_own(self) -> str:
        """A name and its lock; tried again because another program that tidies up may hold a new lock for a moment."""
        failure = OSError()
        for _ in range(_LOCK_ATTEMPTS):
            stem = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
            try:
                self._claimed[stem] = _Lock(self._path(stem, _LOCK))
                return stem
            except OSError as error:
                failure = error
        raise failure

    def _path(self, stem: str, suffix: str) -> Path:
        return self.folder / f"{stem}{suffix}"

    def another_is_running(self) -> bool:
        """True if another program that shares this folder is running now."""
        return any(_is_held(path) for path in self.folder.glob(f"*{_LOCK}") if path.stem not in self._claimed)

    def autosave(self, history: History, path: Path | None) -> None:
        """Replaces this program's copy; ``path`` is where the user saved the project, if ever.

        Raises EngineError; the copy before then is still there.
        """
        if self._origin != (self._own, path):
            origin = None if path is None else str(path)
            replace_file(self._path(self._own, _ORIGIN), [json_bytes({"path": origin})])
            self._origin = (self._own, path)
        self._writer.write_copy(self._path(self._own, SUFFIX), history)

    def found(self) -> list[RecoveredProject]:
        """Copies that crashes left behind, newest first; each is offered once by this program, and to one program at a time."""
        self._tidy()
        copies = []
        for file in self.folder.glob(f"*{SUFFIX}"):
            stem = file.stem
            if stem == self._own or stem in self._offered or not file.is_file() or self._claim(stem) is None:
                continue
            copy = self._described(file)
            if self._path(stem, _OPENING).exists():
                self._set_aside_quietly(copy, "The program ended while it opened this copy.")
            else:
                self._offered.add(stem)
                copies.append(copy)
        return sorted(copies, key=lambda copy: copy.saved, reverse=True)

    def _claim(self, stem: str) -> _Lock | None:
        """The lock of a copy, None if its program is running; locks that guard nothing are removed."""
        if stem in self._claimed:
            return self._claimed[stem]
        try:
            lock = _Lock(self._path(stem, _LOCK))
        except OSError:
            return None
        if self._path(stem, SUFFIX).exists():
            self._claimed[stem] = lock
        else:
            lock.release(remove=True)
        return lock

    def _described(self, file: Path) -> RecoveredProject:
        saved = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        return RecoveredProject(file, _origin(self._path(file.stem, _ORIGIN)), saved)

    def _tidy(self) -> None:
        """Removes what killed programs left half written, and locks and notes without a copy."""
        for part in self.folder.glob(".*.part"):
            with contextlib.suppress(OSError):
                if time.time() - part.stat().st_mtime > _LEFTOVER_AFTER_S:
                    part.unlink()
        for lock in self.folder.glob(f"*{_LOCK}"):
            if lock.stem not in self._claimed and not self._path(lock.stem, SUFFIX).exists() and self._claim(lock.stem) is not None:
                self._path(lock.stem, _ORIGIN).unlink(missing_ok=True)

    def take(self, recovered: RecoveredProject) -> History:
        """The recovered project, to be opened as unsaved; its copy becomes this program's own and lives until ``clear``.

        A copy that cannot be opened is set aside, and EngineError("project") says so.
        """
        stem = recovered.file.stem
        opening = self._path(stem, _OPENING)
        # Should the program die while it opens this copy, the note keeps it from being offered again. A full disk is no reason not to try.
        with contextlib.suppress(EngineError):
            replace_file(opening, [b""])
        try:
            history = load_project(recovered.file)
        except EngineError as error:
            self._set_aside_quietly(recovered, error.message)
            raise
        opening.unlink(missing_ok=True)
        self._adopt(stem)
        return history

    def _adopt(self, stem: str) -> None:
        before, self._own = self._own, stem
        if not self._path(before, SUFFIX).exists():
            self._forget(before)

    def refuse(self, recovered: RecoveredProject) -> None:
        """Deletes the copy; the project that it was made of stays as the user saved it."""
        self._forget(recovered.file.stem)

    def set_aside(self, recovered: RecoveredProject, reason: str) -> None:
        """Moves a copy that cannot be opened where it is never offered again, with the reason beside it. Raises EngineError("path")."""
        stem = recovered.file.stem
        folder = self.folder / SET_ASIDE_FOLDER
        try:
            folder.mkdir(exist_ok=True)
            if recovered.file.exists():
                os.replace(recovered.file, folder / recovered.file.name)
        except OSError as error:
            raise EngineError("path", f'The recovery copy "{recovered.file}" could not be moved.') from error
        self._forget(stem)
        with contextlib.suppress(EngineError):
            replace_file(folder / f"{stem}{_REASON}", [reason.encode("utf-8", "replace")])

    def _set_aside_quietly(self, recovered: RecoveredProject, reason: str) -> None:
        """What cannot even be moved is not offered again either, as long as the note that it was tried once can be kept."""
        with contextlib.suppress(EngineError):
            self.set_aside(recovered, reason)

    def clear(self) -> None:
        """After a good save, or when the user gives the project up: its copy is deleted. This program stays the owner of its name."""
        for suffix in (SUFFIX, _ORIGIN):
            with contextlib.suppress(OSError):
                self._path(self._own, suffix).unlink(missing_ok=True)
        self._origin = None

    def close(self) -> None:
        """A clean end: copies of this program are deleted; those that were offered and not answered wait for the next start."""
        self._forget(self._own)
        for lock in self._claimed.values():
            lock.release(remove=False)
        self._claimed.clear()

    def _forget(self, stem: str) -> None:
        for suffix in (SUFFIX, _ORIGIN, _OPENING):
            with contextlib.suppress(OSError):
                self._path(stem, suffix).unlink(missing_ok=True)
        lock = self._claimed.pop(stem, None)
        if lock is not None:
            lock.release(remove=True)


def _origin(file: Path) -> Path | None:
    """The path that was noted beside a copy; None if there is none or the note is damaged."""
    try:
        with file.open("rb") as note:
            path = json_value(note.read(_LARGEST_ORIGIN_BYTES))["path"]
        return Path(path) if isinstance(path, str) else None
    except Exception:
        # A note is worth less than the copy: whatever is wrong with it, the project counts as never saved.
        return None
