"""The open project: history, file, and whether it is saved; tells whoever listens that the document is another one."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.session.document import Document, TakeEntry
from engine.session.history import History
from engine.session.step_names import Label, StepName

Listener = Callable[[Document], None]


class Session:
    """One open document. Every method that changes it calls the listeners once."""

    def __init__(self, document: Document | None = None) -> None:
        self.history = History(document or Document())
        self.path: Path | None = None
        self._saved = self.history.document
        self._listeners: list[Listener] = []

    @property
    def document(self) -> Document:
        """The present document."""
        return self.history.document

    @property
    def dirty(self) -> bool:
        """True if the file does not hold the present document."""
        return self.document is not self._saved

    def subscribe(self, listener: Listener) -> None:
        """Calls ``listener`` with the document after each change."""
        self._listeners.append(listener)

    def change(self, label: str, key: Hashable | None = None, **fields: Any) -> None:
        """A named change of some fields; nothing happens if they are what they were. Equal keys in a row are one step."""
        document = self.document
        if all(getattr(document, name) == value for name, value in fields.items()):
            return
        self._push(label, replace(document, **fields), key)

    def amend(self, **fields: Any) -> None:
        """A change that is no step of its own."""
        self.history.amend(replace(self.document, **fields))
        self._tell()

    def show_take(self, take_id: str | None) -> None:
        """Puts a take on the canvas; not a step of its own."""
        if take_id != self.document.current:
            self.history.amend(replace(self.document, current=take_id))
            self._tell()

    def compare_with(self, take_id: str | None) -> None:
        """Chooses the take that A/B switches to; not a step of its own."""
        if take_id != self.document.compared:
            self.history.amend(replace(self.document, compared=take_id))
            self._tell()

    def add_take(self, label: str, entry: TakeEntry, show: bool = True, **fields: Any) -> None:
        """A new take, with fields that change in the same step (the seed that was used)."""
        self._push(label, replace(self.document.with_take(entry, show), **fields))

    def add_takes(self, label: str, entries: tuple[TakeEntry, ...], show: int = 0, **fields: Any) -> None:
        """Several takes of one run in one step; number ``show`` goes onto the canvas."""
        document = self.document
        for number, entry in enumerate(entries):
            document = document.with_take(entry, number == show)
        self._push(label, replace(document, **fields))

    def join_take(self, step: int, entry: TakeEntry) -> bool:
        """One more take of a run that goes on: it belongs to the step that brought the run's first take, also if others came after it.

        Returns False if that step is gone.
        """
        joined = self.history.amend_from(step, lambda document: document.with_take(entry, False))
        if joined:
            self._tell()
        return joined

    def rename_take(self, take_id: str, name: str) -> None:
        """Another name for a take."""
        self._edit_take(take_id, StepName("rename_take"), name=name)

    def star_take(self, take_id: str, starred: bool) -> None:
        """A take is a favourite, or no longer."""
        self._edit_take(take_id, StepName("star_take" if starred else "remove_star"), starred=starred)

    def delete_take(self, take_id: str) -> None:
        """A take leaves the strip; undo brings it back."""
        self.delete_takes([take_id])

    def delete_takes(self, take_ids: list[str]) -> None:
        """Several takes leave the strip in one step."""
        document = self.document
        gone = [entry for entry in document.takes if entry.id in take_ids]
        for entry in gone:
            document = document.without_take(entry.id)
        if gone:
            one = len(gone) == 1
            self._push(StepName("delete_take", (gone[0].name,)) if one else StepName("delete_takes", (len(gone),)), document)

    def _edit_take(self, take_id: str, label: Label, **fields: Any) -> None:
        entry = self.document.entry(take_id)
        if entry is not None and any(getattr(entry, name) != value for name, value in fields.items()):
            self._push(label, self.document.with_entry(replace(entry, **fields)))

    def remember_prompt(self) -> None:
        """The present prompt joins the history of prompts; not a step of its own."""
        if self.document.prompt.strip() not in self.document.prompt_history[-1:]:
            self.history.amend(self.document.with_prompt_remembered())
            self._tell()

    def undo(self) -> None:
        """One step back."""
        self.history.undo()
        self._tell()

    def redo(self) -> None:
        """One step forward."""
        self.history.redo()
        self._tell()

    def go_to(self, index: int) -> None:
        """To any step of the list."""
        self.history.go_to(index)
        self._tell()

    def mark_saved(self, document: Document, path: Path | None = None) -> None:
        """``document`` is in the file ``path`` now; the user may have gone on since."""
        self._saved = document
        self.path = path or self.path
        self._tell()

    def replace_all(self, history: History, path: Path | None, saved: bool = True) -> None:
        """Another project takes the place of this one; a recovered one is not ``saved``."""
        self.history = history
        self.path = path
        self._saved = history.document if saved else Document()
        self._tell()

    def _push(self, label: Label, document: Document, key: Hashable | None = None) -> None:
        self.history.push(label, document, key)
        self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener(self.document)
