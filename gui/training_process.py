"""A training in a process of its own: what it tells comes as signals, and it ends by itself when this program does."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

_ERROR = "melbrush: "
_KEPT_LINES = 60
_AGREED = b"g"


class TrainingProcess(QObject):
    """Runs one command after the other and reads its JSON lines.

    ``told`` carries an event, ``ended`` the exit code, the sentence of what went wrong (empty if none was given) and the last lines that
    were no events, for a report. Never killed: without us the process hears the end of its input, saves and ends.
    """

    told = Signal(object)
    ended = Signal(int, str, str)
    _gone = Signal(int, str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._closed = False
        self._gone.connect(self._finish)

    @property
    def running(self) -> bool:
        """True from the start until ``ended``."""
        return self._process is not None

    @property
    def process_id(self) -> int | None:
        """Of the running process."""
        return self._process.pid if self._process is not None else None

    def start(self, command: list[str], folder: Path) -> None:
        """Starts ``command`` in ``folder``. Raises OSError."""
        hidden = {"creationflags": subprocess.CREATE_NO_WINDOW} if sys.platform == "win32" else {}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self._process = subprocess.Popen(command, cwd=folder, **pipes, **hidden)
        self._thread = threading.Thread(target=self._follow, args=(self._process,), name="training", daemon=True)
        self._thread.start()

    def agree(self) -> None:
        """Lets a process go on that waits for agreement."""
        if self._process is not None and self._process.stdin is not None:
            # ValueError: it was asked to end already.
            with suppress(OSError, ValueError):
                self._process.stdin.write(_AGREED)
                self._process.stdin.flush()

    def stop(self) -> None:
        """Asks the process to save and end; ``ended`` follows."""
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()

    def close(self, wait_s: float) -> None:
        """Asks for the end and waits a little; what is not finished then finishes alone. No signal comes afterwards."""
        self._closed = True
        self.stop()
        if self._thread is not None:
            self._thread.join(wait_s)

    def when_gone(self, action: Callable[[], object]) -> None:
        """Runs ``action`` as soon as no process runs: at once, or in a thread, without which this program does not end."""
        if self._thread is None or not self._thread.is_alive():
            action()
        else:
            threading.Thread(target=_after, args=(self._thread, action), name="training's end").start()

    def _follow(self, process: subprocess.Popen[bytes]) -> None:
        """In its own thread: every line until the last."""
        sentence, rest = "", deque[str](maxlen=_KEPT_LINES)
        assert process.stdout is not None
        with process.stdout as lines:
            for raw in lines:
                line = raw.decode("utf-8", "replace").rstrip()
                event = _event_of(line)
                if event is not None:
                    self._emit(self.told, event)
                elif line.startswith(_ERROR):
                    sentence = line.removeprefix(_ERROR)
                else:
                    rest.append(line)
        code = process.wait()
        with suppress(OSError):
            process.stdin.close()
        self._emit(self._gone, code, sentence, "\n".join(rest))

    @Slot(int, str, str)
    def _finish(self, code: int, sentence: str, rest: str) -> None:
        # Here, in the thread of the window: nobody may start the next process before this end is known.
        self._process = None
        self.ended.emit(code, sentence, rest)

    def _emit(self, signal: Any, *values: Any) -> None:
        if not self._closed:
            signal.emit(*values)


def _after(thread: threading.Thread, action: Callable[[], object]) -> None:
    thread.join()
    action()


def _event_of(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None
