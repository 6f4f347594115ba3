"""The sheet of all keys: to look them up, and to give commands other keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui.dialog_parts import button_row, search_field, show_beside, text_button
from gui.shortcuts import Command, Shortcuts, section_of, text_of
from gui.theme import SPACE

_ID = Qt.ItemDataRole.UserRole
_BARE = {
    Qt.Key.Key_Shift,
    Qt.Key.Key_Control,
    Qt.Key.Key_Alt,
    Qt.Key.Key_AltGr,
    Qt.Key.Key_Meta,
    Qt.Key.Key_CapsLock,
    Qt.Key.Key_NumLock,
    Qt.Key.Key_unknown,
}


class KeyCapture(QLineEdit):
    """A field that shows the next key instead of typing it: ``captured`` carries a portable text, Esc emits ``given_up``, Tab moves on."""

    captured = Signal(str)
    given_up = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setPlaceholderText(self.tr("Press the new key"))
        self.setAccessibleName(self.tr("New key"))
        self.setToolTip(self.tr("Press the new key, or Esc to keep the old one"))

    def event(self, event: QEvent) -> bool:
        """Claims every key but Tab before shortcuts see it."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Takes one key with its modifiers."""
        plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if event.key() == Qt.Key.Key_Escape and plain == Qt.KeyboardModifier.NoModifier:
            self.given_up.emit()
        elif event.key() not in _BARE:
            sequence = QKeySequence(event.key() | plain.value)
            self.setText(sequence.toString(QKeySequence.SequenceFormat.NativeText))
            self.captured.emit(sequence.toString(QKeySequence.SequenceFormat.PortableText))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Starts anew."""
        super().focusInEvent(event)
        if event.reason() not in (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason):
            self.clear()


class KeyEditor(QFrame):
    """Asks for the key of one command; ``chosen`` carries the id and a portable text, ``closed`` says that it is done."""

    chosen = Signal(str, str)
    closed = Signal()

    def __init__(self, shortcuts: Shortcuts) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._shortcuts = shortcuts
        self._id = ""
        self._sequence = ""
        self._question = QLabel()
        self.capture = KeyCapture()
        self.capture.setFixedWidth(20 * SPACE)
        self.assign = QPushButton(self.tr("Assign anyway"))
        self.assign.setAccessibleName(self.tr("Assign the key anyway"))
        cancel = QPushButton(self.tr("Cancel"))
        cancel.setProperty("role", "quiet")
        cancel.setAccessibleName(self.tr("Keep the old key"))
        self.note = QLabel()
        self.note.setProperty("role", "warning")
        self.note.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self._question, 1)
        for widget in (self.capture, self.assign, cancel):
            row.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, SPACE, SPACE, SPACE)
        column.setSpacing(SPACE // 2)
        column.addLayout(row)
        column.addWidget(self.note)
        self.capture.captured.connect(self._on_key)
        self.capture.given_up.connect(self._close)
        cancel.clicked.connect(self._close)
        self.assign.clicked.connect(self._choose)
        self.hide()

    def ask(self, command_id: str) -> None:
        """Shows the question for a command and waits for a key."""
        self._id = command_id
        self._question.setText(self.tr("New key for “{}”").format(text_of(self._shortcuts.command(command_id))))
        self.note.hide()
        self.assign.hide()
        self.show()
        self.capture.clear()
        self.capture.setFocus()

    def _on_key(self, sequence: str) -> None:
        self._sequence = sequence
        other = self._shortcuts.conflict(self._id, sequence)
        if other is None:
            self._choose()
            return
        native = QKeySequence(sequence).toString(QKeySequence.SequenceFormat.NativeText)
        name = text_of(self._shortcuts.command(other))
        self.note.setText(self.tr("{} belongs to “{}”, which would lose it.").format(native, name))
        self.note.show()
        self.assign.show()

    def _choose(self) -> None:
        self.chosen.emit(self._id, self._sequence)
        self._close()

    def _close(self) -> None:
        self.hide()
        self.closed.emit()


class ShortcutSheet(QDialog):
    """All commands by section with their keys; double click or Enter changes a key. Show it with ``open_sheet``."""

    def __init__(self, shortcuts: Shortcuts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shortcuts = shortcuts
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.resize(80 * SPACE, 84 * SPACE)
        self.search = self._make_search()
        self.tree = self._make_tree()
        self.editor = KeyEditor(shortcuts)
        self.hint = QLabel()
        self.hint.setProperty("role", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        for widget in (self.search, self.tree, self.hint, self.editor):
            column.addWidget(widget, 1 if widget is self.tree else 0)
        column.addLayout(self._make_buttons())
        self._fill()
        self._connect()
        self._on_row()

    def open_sheet(self) -> None:
        """Shows the sheet beside the work, ready to search."""
        show_beside(self)
        self.search.setFocus()
        self.search.selectAll()

    def change(self, command_id: str) -> None:
        """Asks for a new key of a command."""
        self.editor.ask(command_id)

    def _make_search(self) -> QLineEdit:
        told = self.tr("Shows only commands whose name or key contains this text")
        return search_field(self.tr("Search commands or keys"), self.tr("Search shortcuts"), told)

    def _make_tree(self) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setColumnCount(2)
        tree.setHeaderLabels([self.tr("Command"), self.tr("Key")])
        tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        tree.header().setStretchLastSection(False)
        tree.setRootIsDecorated(False)
        tree.setItemsExpandable(False)
        tree.setIndentation(0)
        tree.setUniformRowHeights(True)
        tree.setAccessibleName(self.tr("Commands and keys"))
        tree.setToolTip(self.tr("Enter or double click changes the key"))
        return tree

    def _make_buttons(self) -> QHBoxLayout:
        self.reset_one = text_button(self.tr("Reset key"), self.tr("Gives the chosen command its first key again"))
        self.remove = text_button(self.tr("Remove key"), self.tr("Leaves the chosen command without a key"))
        self.reset_all = text_button(self.tr("Reset all"), self.tr("Gives every command its first key again"))
        close = text_button(self.tr("Close"), self.tr("Closes this sheet (Esc)"))
        close.clicked.connect(self.close)
        return button_row((self.reset_one, self.remove, self.reset_all), close)

    def _fill(self) -> None:
        heads: dict[str, QTreeWidgetItem] = {}
        for command in self._shortcuts.commands():
            if command.section not in heads:
                heads[command.section] = self._head(section_of(command))
            row = QTreeWidgetItem(heads[command.section], [text_of(command), ""])
            row.setData(0, _ID, command.id)
            self._write_keys(row, command)
        self.tree.expandAll()

    def _head(self, text: str) -> QTreeWidgetItem:
        head = QTreeWidgetItem(self.tree, [text])
        font = self.font()
        font.setBold(True)
        head.setFont(0, font)
        head.setFlags(Qt.ItemFlag.ItemIsEnabled)
        head.setFirstColumnSpanned(True)
        return head

    def _write_keys(self, row: QTreeWidgetItem, command: Command) -> None:
        native = [QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in self._shortcuts.keys(command.id)]
        row.setText(1, self.tr("  or  ").join(native))
        font = self.font()
        font.setBold(not self._shortcuts.is_default(command.id))
        row.setFont(1, font)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._filter)
        # Enter reaches a tree as "activated"; so does a double click.
        self.tree.itemActivated.connect(lambda row, _column: self._change_row(row))
        self.tree.currentItemChanged.connect(lambda *_: self._on_row())
        self.editor.chosen.connect(self._on_chosen)
        self.editor.closed.connect(self.tree.setFocus)
        self.reset_one.clicked.connect(lambda: self._shortcuts.reset(self._current_id()))
        self.remove.clicked.connect(lambda: self._shortcuts.set_keys(self._current_id(), ()))
        self.reset_all.clicked.connect(self._shortcuts.reset_all)
        self._shortcuts.changed.connect(self._on_changed)

    def _rows(self) -> list[QTreeWidgetItem]:
        heads = [self.tree.topLevelItem(index) for index in range(self.tree.topLevelItemCount())]
        return [head.child(index) for head in heads for index in range(head.childCount())]

    def _current_id(self) -> str:
        row = self.tree.currentItem()
        return str(row.data(0, _ID) or "") if row is not None else ""

    def _is_free(self, command_id: str) -> bool:
        return bool(command_id) and self._shortcuts.command(command_id).where == "window"

    def _change_row(self, row: QTreeWidgetItem) -> None:
        command_id = str(row.data(0, _ID) or "")
        if self._is_free(command_id):
            self.change(command_id)

    def _on_row(self) -> None:
        command_id = self._current_id()
        free = self._is_free(command_id)
        self.reset_one.setEnabled(free and not self._shortcuts.is_default(command_id))
        self.remove.setEnabled(free and bool(self._shortcuts.keys(command_id)))
        fixed = self.tr("The keys of this section are fixed.")
        self.hint.setText(fixed if command_id and not free else self.tr("Enter or a double click changes a key."))

    def _on_chosen(self, command_id: str, sequence: str) -> None:
        # The new key takes the place of the main one; further keys stay.
        self._shortcuts.set_keys(command_id, (sequence, *(key for key in self._shortcuts.keys(command_id)[1:] if key != sequence)))

    def _on_changed(self, command_id: str) -> None:
        for row in self._rows():
            if row.data(0, _ID) == command_id:
                self._write_keys(row, self._shortcuts.command(command_id))
        self._on_row()

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        for row in self._rows():
            content = f"{row.text(0)} {row.text(1)} {row.parent().text(0)}".casefold()
            row.setHidden(not all(word in content for word in words))
        for index in range(self.tree.topLevelItemCount()):
            head = self.tree.topLevelItem(index)
            head.setHidden(all(head.child(child).isHidden() for child in range(head.childCount())))
