"""Computes in a thread what would hold up the window, and brings back only what is still wanted."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal


@cache
def _pool() -> ThreadPoolExecutor:
    """One thread for the whole window: with several of them the Qt thread would wait for its turn where there are two processors."""
    return ThreadPoolExecutor(1, "background")


class Background(QObject):
    """Work for one thread, which all share; ``compute`` and everything that it calls back run in the Qt thread.

    Of several requests under one name only the last is answered: older ones are not begun, or what they found is dropped. Once ``owner`` is
    gone nothing is answered any more.
    """

    _ended = Signal(object, object)

    def __init__(self, owner: QObject) -> None:
        # Without a parent, so that a thread which still works holds the last reference, not a window that is gone.
        super().__init__()
        self._wanted: dict[Hashable, tuple[object, Future, Callable[[Any], None]]] = {}
        self._ended.connect(self._answer, Qt.ConnectionType.QueuedConnection)
        owner.destroyed.connect(self._drop_all)

    @property
    def busy(self) -> bool:
        """True while an answer is awaited."""
        return bool(self._wanted)

    def compute(self, name: Hashable, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Runs ``work`` in the thread and hands what it returns to ``then``; ``work`` may touch no widget."""
        self.drop(name)
        ticket = (name, object())
        self._wanted[name] = (ticket, _pool().submit(self._work, ticket, work), then)

    def drop(self, name: Hashable) -> None:
        """The answer to a request is not wanted any more."""
        if name in self._wanted:
            self._wanted.pop(name)[1].cancel()

    def _drop_all(self) -> None:
        for name in list(self._wanted):
            self.drop(name)

    def _work(self, ticket: tuple, work: Callable[[], Any]) -> None:
        try:
            found = work()
        except Exception as error:
            found = error
        self._ended.emit(ticket, found)

    def _answer(self, ticket: tuple, found: Any) -> None:
        wanted = self._wanted.get(ticket[0])
        if wanted is None or wanted[0] is not ticket:
            return
        del self._wanted[ticket[0]]
        if isinstance(found, Exception):
            # Here it reaches the program's hook for unexpected errors; in the thread nobody would see it.
            raise found
        wanted[2](found)
