"""One thread for everything that is asked of the sound system: its answers may take seconds, and the window must not wait for them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot


class Call:
    """Work on its way; once it is cancelled it is not begun any more, and nobody is told how it ended."""

    def __init__(self, work: Callable[[], Any], then: Callable[[Any], None] | None, failed: Callable[[Exception], None] | None) -> None:
        self._work, self._then, self._failed = work, then, failed
        self._result: Any = None
        self._error: Exception | None = None
        self._cancelled = False

    def cancel(self) -> None:
        """Nobody wants it any more."""
        self._cancelled = True

    def run(self) -> None:
        """The work itself, in the sound thread."""
        if self._cancelled:
            return
        try:
            self._result = self._work()
        except Exception as error:
            self._error = error

    def answer(self) -> None:
        """Tells how it ended, in the Qt thread; an error that nobody waits for is raised here."""
        if self._cancelled:
            return
        if self._error is None:
            if self._then is not None:
                self._then(self._result)
        elif self._failed is not None:
            self._failed(self._error)
        else:
            raise self._error


class SoundThread(QObject):
    """Runs calls one after the other; their answers come back to the Qt thread in the same order, by a queued signal.

    The thread begins with the first call. It is no reason to keep the program alive: a sound system that hangs is left behind.
    """

    _answered = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: SimpleQueue[Call | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._last: Callable[[], None] | None = None
        self._stopping = False
        self._answered.connect(self._answer, Qt.ConnectionType.QueuedConnection)

    def submit(
        self, work: Callable[[], Any], then: Callable[[Any], None] | None = None, failed: Callable[[Exception], None] | None = None
    ) -> Call:
        """Queues ``work``; ``then`` gets what it returns, ``failed`` what it raises. After ``stop`` nothing is done any more."""
        call = Call(work, then, failed)
        if self._stopping:
            return call
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="sound", daemon=True)
            self._thread.start()
        self._waiting.put(call)
        return call

    def stop(self, last: Callable[[], None], wait_s: float) -> bool:
        """Ends with ``last`` instead of what still waits; False if that took longer than ``wait_s`` seconds. No answers come afterwards."""
        self._stopping, self._last = True, last
        if self._thread is None:
            return True
        self._waiting.put(None)
        self._thread.join(wait_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        # No name here holds a call while the thread waits for the next one: its sound would live on.
        while self._run_next():
            pass
        self._last()

    def _run_next(self) -> bool:
        call = self._waiting.get()
        if self._stopping or call is None:
            return False
        call.run()
        try:
            self._answered.emit(call)
        except RuntimeError:
            # The window has gone meanwhile.
            return not self._stopping
        return True

    @Slot(object)
    def _answer(self, call: Call) -> None:
        if not self._stopping:
            call.answer()
