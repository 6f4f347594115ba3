"""Nothing fails silently: unexpected errors are reported, and written to a log that survives a crash."""

from __future__ import annotations

import faulthandler
import logging
import sys
import threading
import traceback
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import TextIO

from PySide6.QtCore import QCoreApplication, QObject, QStandardPaths, Qt, Signal, Slot

LOG_NAME = "melbrush.log"
FAULT_NAME = "fault.log"
LOG_BYTES = 512 * 1024

Report = Callable[[str, str], None]

_log = logging.getLogger("melbrush")


def log_folder() -> Path:
    """The folder for logs inside the user's application data; it may not exist yet."""
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppLocalDataLocation)) / "logs"


class _Courier(QObject):
    """Carries errors of other threads to the thread of the window."""

    failed = Signal(str, str)

    def __init__(self, report: Report) -> None:
        super().__init__()
        self._report = report
        self._busy = False
        self.failed.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    @Slot(str, str)
    def _deliver(self, sentence: str, detail: str) -> None:
        if self._busy:
            return
        self._busy = True
        try:
            self._report(sentence, detail)
        except Exception:
            # Reporting this one would fail the same way, for ever.
            _log.exception("An error could not be shown")
        finally:
            self._busy = False


class ExceptionHooks:
    """The hooks that are in place; ``remove`` puts back what was there before."""

    def __init__(self, report: Report, folder: Path) -> None:
        self._courier = _Courier(report)
        self._before = (sys.excepthook, threading.excepthook)
        self._handler = _open_log(folder)
        self._fault_file = _open_fault_log(folder)
        sys.excepthook = self._on_error
        threading.excepthook = self._on_thread_error

    def remove(self) -> None:
        """Takes the hooks away and closes the files."""
        sys.excepthook, threading.excepthook = self._before
        if self._fault_file is not None:
            faulthandler.disable()
            self._fault_file.close()
            self._fault_file = None
        if self._handler is not None:
            _log.removeHandler(self._handler)
            self._handler.close()
            self._handler = None

    def _on_error(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt | SystemExit):
            self._before[0](kind, error, trace)
            return
        detail = "".join(traceback.format_exception(kind, error, trace))
        _log.error("Unexpected error\n%s", detail)
        sentence = QCoreApplication.translate("Messages", "Something unexpected went wrong. Your work is still here; save it now.")
        self._courier.failed.emit(sentence, detail)

    def _on_thread_error(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self._on_error(args.exc_type, args.exc_value, args.exc_traceback)


def install_exception_hooks(report: Report, folder: Path | None = None) -> ExceptionHooks:
    """From now on unexpected errors of every thread go to the log and, in the thread of the window, to ``report(sentence, detail)``.

    Keep the result. A folder that cannot be written to costs the log, not the start.
    """
    return ExceptionHooks(report, folder or log_folder())


def last_crash(folder: Path | None = None) -> str:
    """What the crash before this start left behind, empty if there was none; call it before ``install_exception_hooks``."""
    try:
        return ((folder or log_folder()) / FAULT_NAME).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _open_log(folder: Path) -> RotatingFileHandler | None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(folder / LOG_NAME, maxBytes=LOG_BYTES, backupCount=3, encoding="utf-8")
    except OSError:
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    _log.addHandler(handler)
    _log.setLevel(logging.INFO)
    return handler


def _open_fault_log(folder: Path) -> TextIO | None:
    try:
        # Emptied at each start: what stands in it at the next one is of a crash. The standard error stream may be missing.
        file = open(folder / FAULT_NAME, "w", encoding="utf-8")
    except OSError:
        return None
    faulthandler.enable(file)
    return file
