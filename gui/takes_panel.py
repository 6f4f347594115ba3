"""The strip of results: newest at the top, where the eye is after a run, and where nothing has to be scrolled to see it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QPushButton, QVBoxLayout, QWidget

from engine.session.document import TakeEntry
from gui.icons import icon
from gui.take_list import TakeList
from gui.take_model import TakeModel, has_recipe
from gui.theme import SPACE, Theme

USES = ("everything", "seed", "prompt", "remix")


class TakesPanel(QWidget):
    """Takes to look at, compare, name, star, use again and delete.

    ``used`` carries what to take over: prompt, seed, everything, or remix (all but the seed). ``compared`` carries an empty id when the
    take that is compared is asked for again. Ids in lists run from top to bottom.
    """

    shown = Signal(str)
    compared = Signal(str)
    starred = Signal(str, bool)
    renamed = Signal(str, str)
    deleted = Signal(list)
    used = Signal(str, str)
    export_requested = Signal(list)
    drag_requested = Signal(str)
    reveal_requested = Signal(str)
    picture_requested = Signal(str)
    path_copy_requested = Signal(str)
    details_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("takesPanel")
        self.setAccessibleName(self.tr("Takes"))
        self._current: str | None = None
        self._compared: str | None = None
        self._model = TakeModel(self)
        self.list = TakeList(self._model, self)
        self._search = QLineEdit(self)
        self._starred_only = QPushButton(self)
        self._more = QPushButton(self)
        self._build_controls()
        self._lay_out()
        self._connect()
        self._update_texts()

    def show_takes(self, entries: tuple[TakeEntry, ...], current: str | None, compared: str | None) -> None:
        """Takes over the strip (oldest first); scroll place and selection stay unless another take came onto the canvas out of sight."""
        anchor = self.list.anchor()
        moved = current != self._current
        self._current, self._compared = current, compared
        self._model.show_takes(entries, current, compared)
        self.list.keep_thumbnails({entry.id for entry in entries})
        self.list.restore_anchor(anchor)
        self._update_texts()
        index = self._model.index_of(current)
        if moved and index.isValid() and self.list.isVisible():
            self.list.scrollTo(index)

    def set_key_hints(self, ids: tuple[str, ...]) -> None:
        """Numbers 1, 2, ... on the takes of the last run."""
        self._model.set_key_hints(ids)

    def set_pending(self, count: int) -> None:
        """Placeholders for takes that are still being drawn."""
        anchor = self.list.anchor()
        self._model.set_pending(count)
        self.list.restore_anchor(anchor)
        self._update_pulse()

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of the cards from ``theme``."""
        self.list.set_theme(theme)

    def showEvent(self, event: QShowEvent) -> None:
        """Placeholders breathe only where they can be seen."""
        super().showEvent(event)
        self._update_pulse()

    def hideEvent(self, event: QHideEvent) -> None:
        """A hidden strip costs nothing."""
        super().hideEvent(event)
        self._update_pulse()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """In the search field Esc empties it and Down goes to the cards."""
        if watched is self._search and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Down:
                self.list.setFocus()
                return True
            if event.key() == Qt.Key.Key_Escape and self._search.text():
                self._search.clear()
                return True
        return super().eventFilter(watched, event)

    def _build_controls(self) -> None:
        self._search.setObjectName("takesSearch")
        self._search.setAccessibleName(self.tr("Search takes"))
        self._search.setToolTip(self.tr("Show only takes with these words in prompt or name"))
        self._search.setClearButtonEnabled(True)
        self._search.addAction(icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self._search.installEventFilter(self)
        self._starred_only.setObjectName("takesStarredOnly")
        self._starred_only.setProperty("role", "icon")
        self._starred_only.setCheckable(True)
        self._starred_only.setIcon(icon("star"))
        self._starred_only.setAccessibleName(self.tr("Starred only"))
        self._starred_only.setToolTip(self.tr("Show only starred takes"))
        self._more.setObjectName("takesMore")
        self._more.setProperty("role", "icon")
        self._more.setIcon(icon("more"))
        self._more.setAccessibleName(self.tr("More actions for all takes"))
        self._more.setToolTip(self.tr("More actions for all takes"))
        self.list.setAccessibleName(self.tr("Takes, newest first"))

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(SPACE, SPACE, SPACE, SPACE // 2)
        row.setSpacing(SPACE // 2)
        row.addWidget(self._search, 1)
        row.addWidget(self._starred_only)
        row.addWidget(self._more)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.list, 1)
        self.setMinimumWidth(240)

    def _connect(self) -> None:
        self._search.textChanged.connect(self._filter)
        self._starred_only.toggled.connect(self._filter)
        self._more.clicked.connect(self._show_more)
        self._model.rename_asked.connect(self.renamed)
        self.list.commanded.connect(self._do)
        self.list.star_clicked.connect(self._toggle_star)
        self.list.drag_started.connect(self.drag_requested)
        self.list.menu_asked.connect(self._show_menu)

    def _filter(self) -> None:
        only = self._starred_only.isChecked()
        self._starred_only.setIcon(icon("star-filled", "accent") if only else icon("star"))
        self._model.set_filter(self._search.text(), only)
        self._update_texts()

    def _update_texts(self) -> None:
        count = len(self._model.entries)
        self._search.setPlaceholderText(self.tr("Search takes (%n)", "", count) if count else self.tr("Search takes"))
        empty = self.tr("No take matches.\nChange the search or show all.")
        if not count:
            empty = self.tr("No takes yet.\nDescribe a sound and generate it, or drop a sound file here.")
        self.list.set_empty_text(empty)

    def _update_pulse(self) -> None:
        self.list.set_pulsing(self._model.pending > 0 and self.isVisible())

    def _toggle_star(self, take_id: str) -> None:
        entry = self._model.entry(self._model.index_of(take_id))
        if entry is not None:
            self.starred.emit(take_id, not entry.starred)

    def _do(self, command: str) -> None:
        """One command for the selected takes; those that can only mean one take mean the one under the keyboard cursor."""
        entries = self.list.selected_entries()
        if not entries:
            return
        one = self._one_of(entries)
        ids = [entry.id for entry in entries]
        if command in USES:
            if has_recipe(one):
                self.used.emit(one.id, command)
        elif command == "star":
            starred = not all(entry.starred for entry in entries)
            for entry in entries:
                if entry.starred != starred:
                    self.starred.emit(entry.id, starred)
        elif command == "delete":
            self.deleted.emit(ids)
        elif command == "export":
            self.export_requested.emit(ids)
        elif command == "rename":
            self.list.edit_name()
        elif command == "compare":
            self.compared.emit("" if one.id == self._compared else one.id)
        else:
            self._signal_of(command).emit(one.id)

    def _one_of(self, entries: list[TakeEntry]) -> TakeEntry:
        """The take under the keyboard cursor if it is selected, else the uppermost selected one."""
        entry = self._model.entry(self.list.currentIndex())
        return entry if entry in entries else entries[0]

    def _signal_of(self, command: str) -> Signal:
        return {
            "show": self.shown,
            "details": self.details_requested,
            "copy path": self.path_copy_requested,
            "reveal": self.reveal_requested,
            "picture": self.picture_requested,
        }[command]

    def build_menu(self) -> QMenu:
        """The menu of the selected takes; keys are written beside their entries."""
        entries = self.list.selected_entries()
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if not entries:
            return menu
        one, several, starred = self._one_of(entries), len(entries) > 1, all(entry.starred for entry in entries)
        rows = (
            ("show", "eye", self.tr("Show"), self.tr("Enter")),
            ("compare", "compare", self.tr("Stop comparing") if one.id == self._compared else self.tr("Compare"), "C"),
            ("details", "info", self.tr("Details"), "I"),
            None,
            ("everything", "check", self.tr("Use everything"), "A"),
            ("prompt", "text", self.tr("Use prompt"), "P"),
            ("seed", "dice", self.tr("Use seed"), "S"),
            ("remix", "shuffle", self.tr("Remix (all but the seed)"), "R"),
            None,
            ("star", "star" if starred else "star-filled", self.tr("Remove star") if starred else self.tr("Star"), "."),
            ("rename", "rename", self.tr("Rename"), "F2"),
            None,
            ("export", "export", self.tr("Export selected (%n)…", "", len(entries)) if several else self.tr("Export…"), ""),
            ("copy path", "copy", self.tr("Copy path"), ""),
            ("reveal", "reveal", self.tr("Reveal in folder"), ""),
            ("picture", "image", self.tr("Save picture…"), ""),
            None,
            ("delete", "trash", self.tr("Delete selected (%n)", "", len(entries)) if several else self.tr("Delete"), self.tr("Del")),
        )
        for row in rows:
            self._add_row(menu, row, has_recipe(one))
        return menu

    def _add_row(self, menu: QMenu, row: tuple[str, str, str, str] | None, usable: bool) -> None:
        if row is None:
            menu.addSeparator()
            return
        command, picture, text, key = row
        # The key is text only: a real shortcut would be ambiguous with the keys that the list handles itself.
        action = menu.addAction(icon(picture), f"{text}\t{key}" if key else text)
        action.setData(command)
        action.setEnabled(command not in USES or usable)
        action.triggered.connect(lambda: self._do(command))

    def _show_menu(self, place: QPoint) -> None:
        self.build_menu().popup(place)

    def build_more_menu(self) -> QMenu:
        """Actions that concern all takes, hidden ones included."""
        entries = tuple(reversed(self._model.entries))
        starred = [entry.id for entry in entries if entry.starred]
        others = [entry.id for entry in entries if not entry.starred]
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        export = menu.addAction(icon("export"), self.tr("Export starred…"))
        export.setEnabled(bool(starred))
        export.triggered.connect(lambda: self.export_requested.emit(starred))
        menu.addSeparator()
        delete = menu.addAction(icon("trash"), self.tr("Delete all but starred (%n)", "", len(others)))
        delete.setEnabled(bool(starred and others))
        delete.triggered.connect(lambda: self.deleted.emit(others))
        return menu

    def _show_more(self) -> None:
        self.build_more_menu().popup(self._more.mapToGlobal(QPoint(0, self._more.height())))
