"""Undo and redo of everything: a list of named documents and a place in it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace

from engine.session.document import Document
from engine.session.step_names import Label, StepName


@dataclass(frozen=True, eq=False)
class Version:
    """A document and the name of the change that led to it; ``key`` groups changes of one kind (typing, one slider).

    ``step`` names the change as long as the program runs, also when its document is amended.
    """

    label: Label
    document: Document
    key: Hashable | None = None
    step: int = field(default_factory=itertools.count().__next__)


class History:
    """Named snapshots; documents are values that share their arrays, so a snapshot costs little.

    ``most_versions`` bounds the list: the oldest go first.
    """

    def __init__(self, document: Document, label: Label = StepName("start"), most_versions: int = 500) -> None:
        self._versions = [Version(label, document)]
        self._index = 0
        self._most = most_versions
        self._closed = True

    @property
    def document(self) -> Document:
        """The present document."""
        return self._versions[self._index].document

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of all changes, undone ones included, oldest first; those that the engine gives are English here."""
        return tuple(str(version.label) for version in self._versions)

    @property
    def versions(self) -> tuple[Version, ...]:
        """All versions, for saving."""
        return tuple(self._versions)

    @property
    def index(self) -> int:
        """Place of the present document among ``labels``."""
        return self._index

    @property
    def can_undo(self) -> bool:
        """True if something can be undone."""
        return self._index > 0

    @property
    def can_redo(self) -> bool:
        """True if something was undone."""
        return self._index + 1 < len(self._versions)

    def push(self, label: Label, document: Document, key: Hashable | None = None) -> None:
        """A change; one with the ``key`` of the change before it replaces that one (typing, dragging a slider)."""
        joins = key is not None and not self._closed and self._versions[self._index].key == key and self._index > 0
        keep = self._index if joins else self._index + 1
        self._versions[keep:] = [Version(label, document, key)]
        surplus = len(self._versions) - self._most
        if surplus > 0:
            del self._versions[:surplus]
        self._index = len(self._versions) - 1
        self._closed = False

    def amend(self, document: Document) -> None:
        """Changes the present version itself: for what is not worth a step of its own (selecting a take)."""
        present = self._versions[self._index]
        self._versions[self._index] = replace(present, document=document)

    def amend_from(self, step: int, change: Callable[[Document], Document]) -> bool:
        """Changes the version of a step and all after it: for what belongs to an earlier step (later takes of a run that goes on).

        Returns False if the step is gone.
        """
        first = next((index for index, version in enumerate(self._versions) if version.step == step), None)
        if first is None:
            return False
        self._versions[first:] = [replace(version, document=change(version.document)) for version in self._versions[first:]]
        return True

    @property
    def step(self) -> int:
        """The present step, for ``amend_from``."""
        return self._versions[self._index].step

    def close(self) -> None:
        """The next change begins a new step even if its key is the same."""
        self._closed = True

    def undo(self) -> Document:
        """One step back, if there is one."""
        return self.go_to(self._index - 1)

    def redo(self) -> Document:
        """One step forward, if there is one."""
        return self.go_to(self._index + 1)

    def go_to(self, index: int) -> Document:
        """To any version; beyond the ends nothing happens."""
        if 0 <= index < len(self._versions):
            self._index = index
            self._closed = True
        return self.document

    @classmethod
    def restored(cls, versions: list[Version], index: int) -> History:
        """The history of a saved project."""
        history = cls(versions[0].document, versions[0].label)
        history._versions = list(versions)
        history._index = min(max(0, index), len(versions) - 1)
        return history
