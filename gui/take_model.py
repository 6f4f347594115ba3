"""The takes as a list model: newest first, filtered, with placeholders on top for takes that are still being drawn."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QCoreApplication, QLocale, QModelIndex, QObject, Qt, Signal

from engine.session.document import TakeEntry, TakeKind

ENTRY_ROLE = Qt.ItemDataRole.UserRole + 1
MARKS_ROLE = Qt.ItemDataRole.UserRole + 2


@dataclass(frozen=True)
class Marks:
    """What the strip says about a take besides the take itself; ``key`` is 1..4 for the takes of the last run, else 0."""

    current: bool = False
    compared: bool = False
    key: int = 0


class TakeModel(QAbstractListModel):
    """Rows are the placeholders, then the takes that pass the filter.

    Renaming asks by ``rename_asked`` (id, name); the row shows the old name until the document says otherwise.
    """

    rename_asked = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: tuple[TakeEntry, ...] = ()
        self._rows: list[TakeEntry] = []
        self._pending = 0
        self._words: tuple[str, ...] = ()
        self._starred_only = False
        self._current: str | None = None
        self._compared: str | None = None
        self._keys: dict[str, int] = {}

    @property
    def entries(self) -> tuple[TakeEntry, ...]:
        """All takes, oldest first, hidden ones included."""
        return self._entries

    @property
    def pending(self) -> int:
        """Number of placeholders."""
        return self._pending

    @property
    def shown_count(self) -> int:
        """Number of takes that pass the filter."""
        return len(self._rows)

    def entry(self, index: QModelIndex) -> TakeEntry | None:
        """The take of a row; None for placeholders."""
        return index.data(ENTRY_ROLE) if index.isValid() else None

    def index_of(self, take_id: str | None) -> QModelIndex:
        """The row of a take; invalid if it is hidden or unknown."""
        row = next((row for row, entry in enumerate(self._rows) if entry.id == take_id), None)
        return QModelIndex() if row is None else self.index(row + self._pending)

    def show_takes(self, entries: tuple[TakeEntry, ...], current: str | None, compared: str | None) -> None:
        """Takes over the strip; rows that stay are not touched."""
        self._entries = entries
        self._set_marks(current, compared, self._keys)
        self._apply()

    def set_key_hints(self, ids: tuple[str, ...]) -> None:
        """Numbers from 1 for these takes, none for all others."""
        self._set_marks(self._current, self._compared, {take_id: number for number, take_id in enumerate(ids, 1)})

    def set_filter(self, text: str, starred_only: bool) -> None:
        """Only takes whose name and prompt hold every word of ``text``, in any case."""
        self._words = tuple(text.casefold().split())
        self._starred_only = starred_only
        self._apply()

    def set_pending(self, count: int) -> None:
        """Number of placeholders at the top."""
        count = max(0, count)
        if count > self._pending:
            self.beginInsertRows(QModelIndex(), 0, count - self._pending - 1)
        elif count < self._pending:
            self.beginRemoveRows(QModelIndex(), count, self._pending - 1)
        else:
            return
        grows = count > self._pending
        self._pending = count
        if grows:
            self.endInsertRows()
        else:
            self.endRemoveRows()

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Placeholders and takes."""
        return 0 if parent is not None and parent.isValid() else self._pending + len(self._rows)

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Placeholders can be neither selected nor dragged."""
        if self._entry_at(index) is None:
            return Qt.ItemFlag.NoItemFlags
        can = Qt.ItemFlag
        return can.ItemIsEnabled | can.ItemIsSelectable | can.ItemIsEditable | can.ItemIsDragEnabled | can.ItemNeverHasChildren

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Name, entry, marks and the sentences for screen readers."""
        if not index.isValid():
            return None
        entry = self._entry_at(index)
        if entry is None:
            spoken = role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole)
            return self.tr("A take that is still being drawn.") if spoken else None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return entry.name
        if role == ENTRY_ROLE:
            return entry
        if role == MARKS_ROLE:
            return self._marks(entry.id)
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tool_tip(entry)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._sentence(entry)
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return self._description(entry)
        return None

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Asks for another name; an empty or equal one changes nothing."""
        entry = self._entry_at(index)
        name = " ".join(str(value).split())
        if entry is None or role != Qt.ItemDataRole.EditRole or not name or name == entry.name:
            return False
        self.rename_asked.emit(entry.id, name)
        return True

    def _entry_at(self, index: QModelIndex) -> TakeEntry | None:
        row = index.row() - self._pending
        return self._rows[row] if index.isValid() and 0 <= row < len(self._rows) else None

    def _marks(self, take_id: str) -> Marks:
        return Marks(take_id == self._current, take_id == self._compared, self._keys.get(take_id, 0))

    def _set_marks(self, current: str | None, compared: str | None, keys: dict[str, int]) -> None:
        before = [self._marks(entry.id) for entry in self._rows]
        self._current, self._compared, self._keys = current, compared, keys
        for row, entry in enumerate(self._rows):
            if self._marks(entry.id) != before[row]:
                self._tell_changed(row)

    def _tell_changed(self, row: int) -> None:
        index = self.index(row + self._pending)
        self.dataChanged.emit(index, index)

    def _passes(self, entry: TakeEntry) -> bool:
        if self._starred_only and not entry.starred:
            return False
        text = f"{entry.name}\n{entry.take.request.prompt}".casefold()
        return all(word in text for word in self._words)

    def _apply(self) -> None:
        """Brings the rows to what entries and filter say, with the least of changes."""
        wanted = [entry for entry in reversed(self._entries) if self._passes(entry)]
        self._remove_all_but({entry.id for entry in wanted})
        known = {entry.id for entry in self._rows}
        if [entry.id for entry in self._rows] != [entry.id for entry in wanted if entry.id in known]:
            self._remove_all_but(set())
            known = set()
        self._insert_missing(wanted, known)
        for row, entry in enumerate(wanted):
            if self._rows[row] is not entry:
                self._rows[row] = entry
                self._tell_changed(row)

    def _remove_all_but(self, ids: set[str]) -> None:
        row = len(self._rows)
        while row > 0:
            last = row
            while row > 0 and self._rows[row - 1].id not in ids:
                row -= 1
            if row < last:
                self.beginRemoveRows(QModelIndex(), row + self._pending, last - 1 + self._pending)
                del self._rows[row:last]
                self.endRemoveRows()
            row -= 1

    def _insert_missing(self, wanted: list[TakeEntry], known: set[str]) -> None:
        row = 0
        while row < len(wanted):
            first = row
            while row < len(wanted) and wanted[row].id not in known:
                row += 1
            if row > first:
                self.beginInsertRows(QModelIndex(), first + self._pending, row - 1 + self._pending)
                self._rows[first:first] = wanted[first:row]
                self.endInsertRows()
            row += 1

    def _sentence(self, entry: TakeEntry) -> str:
        marks = self._marks(entry.id)
        parts = [entry.name, kind_text(entry.kind).lower(), seconds_text(entry)]
        if entry.starred:
            parts.append(self.tr("starred"))
        if marks.current:
            parts.append(self.tr("on the canvas"))
        if marks.compared:
            parts.append(self.tr("compared"))
        if marks.key:
            parts.append(self.tr("number {0} of the last run").format(marks.key))
        return ", ".join(parts) + "."

    def _description(self, entry: TakeEntry) -> str:
        request = entry.take.request
        if entry.kind == "imported":
            return self.tr("Imported from {0}.").format(entry.source_path or self.tr("a file"))
        if not request.prompt:
            return self.tr("No prompt, seed {0}.").format(entry.take.seed)
        return self.tr("Prompt: {0}. Seed {1}.").format(request.prompt, entry.take.seed)


def has_recipe(entry: TakeEntry) -> bool:
    """True if prompt and seed of the take mean something; an imported sound has them only if its file told them."""
    return entry.kind != "imported" or bool(entry.take.request.prompt)


def kind_text(kind: TakeKind) -> str:
    """How a take came about, in one word."""
    names: dict[TakeKind, str] = {
        "generated": QCoreApplication.translate("TakeModel", "Generated"),
        "imported": QCoreApplication.translate("TakeModel", "Imported"),
        "branched": QCoreApplication.translate("TakeModel", "Branched"),
        "kept": QCoreApplication.translate("TakeModel", "Kept"),
        "filled": QCoreApplication.translate("TakeModel", "Filled"),
        "varied": QCoreApplication.translate("TakeModel", "Varied"),
        "repaired": QCoreApplication.translate("TakeModel", "Repaired"),
        "extended": QCoreApplication.translate("TakeModel", "Extended"),
        "restored": QCoreApplication.translate("TakeModel", "Restored"),
        "looped": QCoreApplication.translate("TakeModel", "Looped"),
    }
    return names[kind]


def seconds_text(entry: TakeEntry) -> str:
    """Length of a take to read, with its unit."""
    number = QLocale().toString(entry.take.clip.duration_s, "f", 1)
    return QCoreApplication.translate("TakeModel", "{0} s").format(number)


def _tool_tip(entry: TakeEntry) -> str:
    """Name and whole prompt; escaped, because Qt takes text with tags for rich text."""
    lines = (f"<b>{html.escape(entry.name)}</b>", html.escape(entry.take.request.prompt or entry.source_path or ""))
    return "<qt>" + "<br>".join(line for line in lines if line) + "</qt>"
