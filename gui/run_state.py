"""What is known about the run in progress: how far it is, how long it still takes, what could be kept."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

from engine.session.document import TakeKind
from engine.types import GenerationRequest, Spectrogram, StepUpdate

_REMEMBERED_TAKES = 8


@dataclass(eq=False)
class Run:
    """One run of the engine, from the click to its last take."""

    ticket: int
    request: GenerationRequest
    label: str
    kind: TakeKind = "generated"
    parent: str | None = None
    follows: bool = True
    report: str = ""
    latest: StepUpdate | None = None
    take_ids: list[str] = field(default_factory=list)
    step: int | None = None
    pictures: list[Spectrogram] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    _steps_seen: int = 0

    def step_done(self, update: StepUpdate) -> None:
        """Takes notice of an iteration."""
        if self.latest is None or update.take_index != self.latest.take_index:
            self.pictures = []
        self.latest = update
        self._steps_seen += 1
        if update.preview is not None:
            self.pictures.append(update.preview)

    @property
    def has_partial(self) -> bool:
        """True if iterations were made that no take holds."""
        return self.latest is not None and self.latest.take_index >= len(self.take_ids)

    @property
    def left_s(self) -> float | None:
        """Seconds to the end of the run, from this run's own iterations; None before the second one."""
        if self.latest is None or self._steps_seen < 2:
            return None
        elapsed = time.monotonic() - self.started
        total = self.latest.total * self.request.count
        return elapsed / self._steps_seen * max(0, total - self._steps_seen)


class StepPictures:
    """Decoded pictures of the iterations of the last takes, so that scrubbing is immediate."""

    def __init__(self) -> None:
        self._order: deque[str] = deque()
        self._pictures: dict[str, list[Spectrogram]] = {}

    def remember(self, take_id: str, pictures: list[Spectrogram]) -> None:
        """Keeps the pictures of one take; the oldest take's go when there are too many."""
        self._pictures[take_id] = list(pictures)
        self._order.append(take_id)
        while len(self._order) > _REMEMBERED_TAKES:
            self._pictures.pop(self._order.popleft(), None)

    def of(self, take_id: str, step: int) -> Spectrogram | None:
        """Picture after iteration ``step`` (1-based), if it is remembered."""
        pictures = self._pictures.get(take_id, [])
        return pictures[step - 1] if 0 < step <= len(pictures) else None
