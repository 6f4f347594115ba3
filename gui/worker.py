"""The one file that knows both threads: runs jobs in a background thread and hands every event to Qt by one signal."""

from __future__ import annotations

import itertools
import logging
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal

from engine.types import EngineError, Failed

# Below the name whose records are written to the log file.
_log = logging.getLogger("melbrush.worker")


class Runner(Protocol):
    """What does the work; lives in the worker's thread only."""

    def run(self, job: Any) -> Iterator[Any]:
        """Updates, then Finished or Failed."""


@dataclass(frozen=True)
class Cancelled:
    """A job was stopped before its end; nothing more comes from it."""


@dataclass(frozen=True)
class LoadPack:
    """Open the pack in ``folder`` on ``device`` with ``threads`` processor threads (0: one less than there are cores)."""

    folder: Path
    device: str = "auto"
    threads: int = 0


@dataclass(frozen=True, eq=False)
class _Order:
    ticket: int
    job: Any


class Worker(QObject):
    """Runs jobs one after the other in its own thread.

    ``event`` carries (ticket, event); connect it to slots of a QObject of the Qt thread. Every job ends with exactly one of Finished,
    Failed and Cancelled. To cancel is to stop asking for the next event, so it takes at most one step.
    """

    event = Signal(int, object)

    def __init__(self, open_runner: Callable[[], Runner], name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open_runner = open_runner
        self._orders: deque[_Order] = deque()
        self._changed = threading.Condition()
        self._tickets = itertools.count(1)
        self._cancelled: set[int] = set()
        self._stopping = False
        self._running: int | None = None
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def submit(self, job: Any, first: bool = False) -> int:
        """Queues a job, at the end or before all that wait; returns the ticket its events carry."""
        order = _Order(next(self._tickets), job)
        with self._changed:
            (self._orders.appendleft if first else self._orders.append)(order)
            self._changed.notify()
        return order.ticket

    def cancel(self, ticket: int) -> None:
        """Stops a job at its next step, or takes it out of the queue."""
        with self._changed:
            self._cancelled.add(ticket)

    def stop(self, wait_s: float = 5.0) -> None:
        """Ends the thread after the running step; what waits is dropped."""
        with self._changed:
            self._stopping = True
            self._orders.clear()
            self._changed.notify()
        self._thread.join(wait_s)

    @property
    def busy(self) -> bool:
        """True while a job runs or waits."""
        return self._running is not None or bool(self._orders)

    def _work(self) -> None:
        runner = self._open_runner()
        # No name here holds a job while the thread waits for the next one: its sounds and grids would live on.
        while self._run_next(runner):
            pass

    def _run_next(self, runner: Runner) -> bool:
        order = self._next()
        if order is not None:
            self._run(runner, order)
        return order is not None

    def _next(self) -> _Order | None:
        with self._changed:
            self._running = None
            while not self._orders and not self._stopping:
                self._changed.wait()
            if self._stopping:
                return None
            order = self._orders.popleft()
            self._running = order.ticket
            return order

    def _run(self, runner: Runner, order: _Order) -> None:
        failure = None
        try:
            self._follow(runner.run(order.job), order.ticket)
        except EngineError as error:
            failure = Failed(error.kind, error.message)
        except MemoryError:
            failure = Failed("memory", "There is not enough memory for this.")
        except Exception:
            failure = Failed("numeric", "Something went wrong inside the program; nothing was lost.", traceback.format_exc())
            _log.exception("A job failed")
        # Outside of the except block: the traceback of a memory error keeps its tensors alive.
        if failure is not None:
            self.event.emit(order.ticket, failure)

    def _follow(self, events: Iterator[Any], ticket: int) -> None:
        # Not "for event in events": between two steps the loop looks at whether the job is still wanted.
        try:
            while True:
                if self._stopping or ticket in self._cancelled:
                    self._cancelled.discard(ticket)
                    self.event.emit(ticket, Cancelled())
                    return
                event = next(events, None)
                if event is None:
                    return
                self.event.emit(ticket, event)
                # Lets the window paint what just came, also when the next step holds the interpreter lock for long.
                time.sleep(0)
        finally:
            close = getattr(events, "close", None)
            if close is not None:
                close()


class EngineRunner:
    """Runner of engine jobs; imports torch when the first pack is opened, in the worker's thread."""

    def __init__(self) -> None:
        self._pipeline: Any = None

    def run(self, job: Any) -> Iterator[Any]:
        """Events of a job; until a pack is loaded only LoadPack is possible."""
        if isinstance(job, LoadPack):
            return self._load(job)
        if self._pipeline is None:
            return iter((Failed("pack", "No pack is loaded yet."),))
        return self._pipeline.run(job)

    def _load(self, job: LoadPack) -> Iterator[Any]:
        from engine.types import Finished, Loading

        yield Loading("engine", 0, 4)
        import torch

        from engine.pipeline import Pipeline

        torch.set_num_threads(job.threads or _threads())
        yield Loading("pack", 1, 4)
        pipeline = Pipeline.open(job.folder, job.device)
        for step in pipeline.warm_up():
            yield Loading(step.what, 2 + step.done, 4)
        self._pipeline = pipeline
        yield pipeline.loaded
        yield Finished((), ())


def _threads() -> int:
    """Threads for torch: one core stays free for the window and the sound."""
    import os

    return max(1, (os.cpu_count() or 2) - 1)


def file_runner(writer: Any = None, recovery: Any = None) -> Runner:
    """Runner of file jobs: reading, cutting, exporting, saving, opening."""
    from engine.desk import open_desk
    from engine.session.project import ProjectWriter

    return open_desk(writer or ProjectWriter("Melbrush"), recovery)
