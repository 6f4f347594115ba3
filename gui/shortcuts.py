"""Keys: one table of commands, the user's own keys over it, and actions that follow both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QKeySequenceEdit,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
    QWidget,
)

from gui.settings import Settings

CONTEXT = "Shortcuts"

Where = Literal["window", "takes"]
"""``window``: everywhere; ``takes``: while the list of takes has the focus."""


@dataclass(frozen=True)
class Command:
    """Something that a key can do. Keys are portable texts ("Ctrl" is Cmd on macOS); only ``window`` commands take other keys."""

    id: str
    text: str
    section: str
    default_keys: tuple[str, ...] = ()
    where: Where = "window"


PLAYING = QT_TRANSLATE_NOOP("Shortcuts", "Playing")
VIEW = QT_TRANSLATE_NOOP("Shortcuts", "View")
TOOLS = QT_TRANSLATE_NOOP("Shortcuts", "Tools and selection")
PAINT = QT_TRANSLATE_NOOP("Shortcuts", "Paint and edits")
GENERATING = QT_TRANSLATE_NOOP("Shortcuts", "Generating")
TAKES = QT_TRANSLATE_NOOP("Shortcuts", "Takes")
FILES = QT_TRANSLATE_NOOP("Shortcuts", "Project and files")
TAKE_LIST = QT_TRANSLATE_NOOP("Shortcuts", "In the list of takes")
HELP = QT_TRANSLATE_NOOP("Shortcuts", "Help")

COMMANDS: tuple[Command, ...] = (
    Command("play.toggle", QT_TRANSLATE_NOOP("Shortcuts", "Play or stop"), PLAYING, ("Space",)),
    Command("play.selection", QT_TRANSLATE_NOOP("Shortcuts", "Play the selection once"), PLAYING, ("Shift+Space",)),
    Command("play.loop", QT_TRANSLATE_NOOP("Shortcuts", "Loop"), PLAYING, ("L",)),
    Command("play.loop_selection", QT_TRANSLATE_NOOP("Shortcuts", "Loop the selection"), PLAYING, ("Shift+L",)),
    Command("play.playhead_returns", QT_TRANSLATE_NOOP("Shortcuts", "Playhead returns on stop"), PLAYING, ("Ctrl+R",)),
    Command("play.start", QT_TRANSLATE_NOOP("Shortcuts", "To the start"), PLAYING, ("Home",)),
    Command("play.end", QT_TRANSLATE_NOOP("Shortcuts", "To the end"), PLAYING, ("End",)),
    Command("play.back", QT_TRANSLATE_NOOP("Shortcuts", "Jump back"), PLAYING, ("PgUp",)),
    Command("play.forward", QT_TRANSLATE_NOOP("Shortcuts", "Jump forward"), PLAYING, ("PgDown",)),
    Command("play.ab", QT_TRANSLATE_NOOP("Shortcuts", "Swap A and B"), PLAYING, ("C",)),
    Command("view.zoom_in", QT_TRANSLATE_NOOP("Shortcuts", "Zoom in"), VIEW, ("Ctrl+1", "Ctrl++", "Ctrl+=")),
    Command("view.zoom_normal", QT_TRANSLATE_NOOP("Shortcuts", "Normal zoom"), VIEW, ("Ctrl+2",)),
    Command("view.zoom_out", QT_TRANSLATE_NOOP("Shortcuts", "Zoom out"), VIEW, ("Ctrl+3", "Ctrl+-")),
    Command("view.zoom_selection", QT_TRANSLATE_NOOP("Shortcuts", "Zoom to the selection"), VIEW, ("Ctrl+E",)),
    Command("view.zoom_toggle", QT_TRANSLATE_NOOP("Shortcuts", "Back to the zoom before"), VIEW, ("Shift+Z",)),
    Command("view.fit", QT_TRANSLATE_NOOP("Shortcuts", "Show everything"), VIEW, ("F", "Ctrl+F")),
    Command("view.confidence", QT_TRANSLATE_NOOP("Shortcuts", "Show confidence"), VIEW, ("Ctrl+Shift+C",)),
    Command("view.history", QT_TRANSLATE_NOOP("Shortcuts", "Show takes and history"), VIEW, ("Ctrl+H",)),
    Command("view.full_screen", QT_TRANSLATE_NOOP("Shortcuts", "Full screen"), VIEW, ("F11",)),
    Command("tool.pointer", QT_TRANSLATE_NOOP("Shortcuts", "Select and move"), TOOLS, ("V", "1")),
    Command("tool.hand", QT_TRANSLATE_NOOP("Shortcuts", "Hand: move the view"), TOOLS, ("H", "2")),
    Command("tool.brush", QT_TRANSLATE_NOOP("Shortcuts", "Brush"), TOOLS, ("B", "3")),
    Command("tool.eraser", QT_TRANSLATE_NOOP("Shortcuts", "Eraser"), TOOLS, ("E", "4")),
    Command("tool.rectangle", QT_TRANSLATE_NOOP("Shortcuts", "Rectangle"), TOOLS, ("U", "5")),
    Command("tool.lasso", QT_TRANSLATE_NOOP("Shortcuts", "Lasso"), TOOLS, ("6",)),
    Command("tool.time_stripe", QT_TRANSLATE_NOOP("Shortcuts", "Time stripe"), TOOLS, ("7",)),
    Command("tool.band_stripe", QT_TRANSLATE_NOOP("Shortcuts", "Frequency stripe"), TOOLS, ("8",)),
    Command("tool.harmonics", QT_TRANSLATE_NOOP("Shortcuts", "Harmonics brush"), TOOLS, ("9",)),
    Command("tool.wand", QT_TRANSLATE_NOOP("Shortcuts", "Magic wand"), TOOLS, ("W",)),
    Command("tool.move", QT_TRANSLATE_NOOP("Shortcuts", "Move the paint"), TOOLS, ("M",)),
    Command("select.all", QT_TRANSLATE_NOOP("Shortcuts", "Select everything"), TOOLS, ("Ctrl+A",)),
    Command("select.none", QT_TRANSLATE_NOOP("Shortcuts", "Select nothing"), TOOLS, ("Esc", "Ctrl+Shift+A")),
    Command("edit.undo", QT_TRANSLATE_NOOP("Shortcuts", "Undo"), TOOLS, ("Ctrl+Z",)),
    Command("edit.redo", QT_TRANSLATE_NOOP("Shortcuts", "Redo"), TOOLS, ("Ctrl+Shift+Z", "Ctrl+Y")),
    Command("brush.smaller", QT_TRANSLATE_NOOP("Shortcuts", "Smaller brush"), PAINT, ("[",)),
    Command("brush.larger", QT_TRANSLATE_NOOP("Shortcuts", "Larger brush"), PAINT, ("]",)),
    Command("mask.show", QT_TRANSLATE_NOOP("Shortcuts", "Show or hide the paint"), PAINT, ("Shift+H",)),
    Command("mask.invert", QT_TRANSLATE_NOOP("Shortcuts", "Invert the paint"), PAINT, ("Shift+V",)),
    Command("mask.grow", QT_TRANSLATE_NOOP("Shortcuts", "Grow the paint"), PAINT),
    Command("mask.shrink", QT_TRANSLATE_NOOP("Shortcuts", "Shrink the paint"), PAINT),
    Command("mask.feather", QT_TRANSLATE_NOOP("Shortcuts", "Feather the paint"), PAINT),
    Command("mask.clear", QT_TRANSLATE_NOOP("Shortcuts", "Clear the paint"), PAINT),
    Command("edit.fill", QT_TRANSLATE_NOOP("Shortcuts", "Fill what is painted"), PAINT),
    Command("edit.vary", QT_TRANSLATE_NOOP("Shortcuts", "Vary"), PAINT),
    Command("edit.repair", QT_TRANSLATE_NOOP("Shortcuts", "Repair weak spots"), PAINT),
    Command("edit.extend", QT_TRANSLATE_NOOP("Shortcuts", "Extend"), PAINT),
    Command("edit.restore", QT_TRANSLATE_NOOP("Shortcuts", "Restore highs"), PAINT),
    Command("edit.loop", QT_TRANSLATE_NOOP("Shortcuts", "Make a seamless loop"), PAINT),
    Command("run.generate", QT_TRANSLATE_NOOP("Shortcuts", "Generate"), GENERATING, ("Ctrl+Return", "Ctrl+Enter")),
    Command("run.generate_first", QT_TRANSLATE_NOOP("Shortcuts", "Generate, whatever is painted"), GENERATING, ("Ctrl+Shift+Return",)),
    Command("run.cancel", QT_TRANSLATE_NOOP("Shortcuts", "Cancel the run"), GENERATING, ("Shift+X",)),
    Command("run.cancel_all", QT_TRANSLATE_NOOP("Shortcuts", "Cancel the run and what waits"), GENERATING, ("Ctrl+Shift+X",)),
    Command("run.focus_prompt", QT_TRANSLATE_NOOP("Shortcuts", "To the prompt"), GENERATING, ("Alt+A",)),
    Command("run.older_prompt", QT_TRANSLATE_NOOP("Shortcuts", "Older prompt"), GENERATING, ("Alt+Up",)),
    Command("run.newer_prompt", QT_TRANSLATE_NOOP("Shortcuts", "Newer prompt"), GENERATING, ("Alt+Down",)),
    Command("take.variation_1", QT_TRANSLATE_NOOP("Shortcuts", "Show variation 1"), TAKES, ("Alt+1",)),
    Command("take.variation_2", QT_TRANSLATE_NOOP("Shortcuts", "Show variation 2"), TAKES, ("Alt+2",)),
    Command("take.variation_3", QT_TRANSLATE_NOOP("Shortcuts", "Show variation 3"), TAKES, ("Alt+3",)),
    Command("take.variation_4", QT_TRANSLATE_NOOP("Shortcuts", "Show variation 4"), TAKES, ("Alt+4",)),
    Command("take.everything", QT_TRANSLATE_NOOP("Shortcuts", "Use prompt, seed and settings again"), TAKE_LIST, ("A",), "takes"),
    Command("take.seed", QT_TRANSLATE_NOOP("Shortcuts", "Use the seed again"), TAKE_LIST, ("S",), "takes"),
    Command("take.prompt", QT_TRANSLATE_NOOP("Shortcuts", "Use the prompt again"), TAKE_LIST, ("P",), "takes"),
    Command("take.remix", QT_TRANSLATE_NOOP("Shortcuts", "Use everything but the seed again"), TAKE_LIST, ("R",), "takes"),
    Command("take.compare", QT_TRANSLATE_NOOP("Shortcuts", "Compare as B"), TAKE_LIST, ("C",), "takes"),
    Command("take.details", QT_TRANSLATE_NOOP("Shortcuts", "Details"), TAKE_LIST, ("I",), "takes"),
    Command("take.star", QT_TRANSLATE_NOOP("Shortcuts", "Star"), TAKE_LIST, (".",), "takes"),
    Command("take.rename", QT_TRANSLATE_NOOP("Shortcuts", "Rename"), TAKE_LIST, ("F2",), "takes"),
    Command("take.delete", QT_TRANSLATE_NOOP("Shortcuts", "Delete"), TAKE_LIST, ("Del",), "takes"),
    Command("file.new", QT_TRANSLATE_NOOP("Shortcuts", "New project"), FILES, ("Ctrl+N",)),
    Command("file.open", QT_TRANSLATE_NOOP("Shortcuts", "Open a project…"), FILES, ("Ctrl+O",)),
    Command("file.save", QT_TRANSLATE_NOOP("Shortcuts", "Save the project"), FILES, ("Ctrl+S",)),
    Command("file.save_as", QT_TRANSLATE_NOOP("Shortcuts", "Save the project as…"), FILES, ("Ctrl+Shift+S",)),
    Command("file.import", QT_TRANSLATE_NOOP("Shortcuts", "Import a sound…"), FILES, ("Ctrl+Shift+I",)),
    Command("file.export", QT_TRANSLATE_NOOP("Shortcuts", "Export sounds…"), FILES, ("Ctrl+Shift+E",)),
    Command("file.packs", QT_TRANSLATE_NOOP("Shortcuts", "Packs…"), FILES),
    Command("file.train", QT_TRANSLATE_NOOP("Shortcuts", "Train a pack from your own sounds…"), FILES),
    Command("file.preferences", QT_TRANSLATE_NOOP("Shortcuts", "Preferences…"), FILES, ("Ctrl+,",)),
    Command("file.quit", QT_TRANSLATE_NOOP("Shortcuts", "Quit"), FILES, ("Ctrl+Q",)),
    Command("help.shortcuts", QT_TRANSLATE_NOOP("Shortcuts", "Keyboard shortcuts"), HELP, ("F1", "Shift+?")),
    Command("help.demo", QT_TRANSLATE_NOOP("Shortcuts", "Open the demo project"), HELP),
    Command("help.about", QT_TRANSLATE_NOOP("Shortcuts", "About Melbrush"), HELP),
)


def text_of(command: Command) -> str:
    """What a command does, in the user's language."""
    return QCoreApplication.translate(CONTEXT, command.text)


def section_of(command: Command) -> str:
    """Section of a command in the user's language."""
    return QCoreApplication.translate(CONTEXT, command.section)


def same_place(one: Command, other: Command) -> bool:
    """True if one key could not tell the two commands apart: a list with the focus or a waiting result takes its keys before the window."""
    return one.where == other.where


class Shortcuts(QObject):
    """Keys of all commands: the table's or the user's, which are kept in the setting ``shortcuts``. ``changed`` carries an id."""

    changed = Signal(str)

    def __init__(self, settings: Settings, commands: tuple[Command, ...] = COMMANDS, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._commands = {command.id: command for command in commands}
        self._actions: dict[str, list[QAction]] = {}
        self._in_force = {command_id: self.keys(command_id) for command_id in self._commands}
        settings.changed.connect(self._on_setting)

    def ids(self) -> tuple[str, ...]:
        """Ids of the commands that work everywhere in the window, in the order of the table."""
        return tuple(command.id for command in self._commands.values() if command.where == "window")

    def commands(self) -> tuple[Command, ...]:
        """All commands, also those of one list."""
        return tuple(self._commands.values())

    def command(self, command_id: str) -> Command:
        """The row of a command; KeyError for unknown ids."""
        return self._commands[command_id]

    def keys(self, command_id: str) -> tuple[str, ...]:
        """Keys in force, as portable texts, the main one first; KeyError for unknown ids."""
        default = self._commands[command_id].default_keys
        own = self._settings.get("shortcuts").get(command_id)
        return tuple(own) if isinstance(own, list) and all(isinstance(key, str) for key in own) else default

    def key_text(self, command_id: str) -> str:
        """The main key as the platform writes it, empty without one; for tooltips."""
        keys = self.keys(command_id)
        return QKeySequence(keys[0]).toString(QKeySequence.SequenceFormat.NativeText) if keys else ""

    def is_default(self, command_id: str) -> bool:
        """True if the user has not changed the keys of the command."""
        return self.keys(command_id) == self._commands[command_id].default_keys

    def action(self, command_id: str, parent: QObject) -> QAction:
        """A new action with the command's text and keys; it follows later changes of keys. KeyError for unknown ids."""
        action = QAction(text_of(self._commands[command_id]), parent)
        action.setObjectName(command_id)
        self._actions.setdefault(command_id, []).append(action)
        action.destroyed.connect(lambda *_: self._forget(command_id, action))
        self._apply(command_id)
        return action

    def conflict(self, command_id: str, sequence: str) -> str | None:
        """Id of the other command that has ``sequence`` already, if any."""
        wanted = QKeySequence(sequence)
        command = self._commands[command_id]
        for other in self._commands.values():
            if other.id != command_id and same_place(command, other) and any(QKeySequence(key) == wanted for key in self.keys(other.id)):
                return other.id
        return None

    def set_keys(self, command_id: str, keys: tuple[str, ...]) -> None:
        """Gives a command other keys and takes them away from the commands that had them; KeyError for unknown ids."""
        own = self._settings.get("shortcuts")
        own[command_id] = list(keys)
        for key in keys:
            loser = self.conflict(command_id, key)
            if loser is not None:
                own[loser] = [kept for kept in own.get(loser, self.keys(loser)) if QKeySequence(kept) != QKeySequence(key)]
        self._store(own)

    def reset(self, command_id: str) -> None:
        """The command's default keys again, taken back from whoever has them now; KeyError for unknown ids."""
        self.set_keys(command_id, self._commands[command_id].default_keys)

    def reset_all(self) -> None:
        """The table's keys for every command."""
        self._settings.reset("shortcuts")

    def _store(self, own: dict[str, list[str]]) -> None:
        defaults = {command.id: list(command.default_keys) for command in self._commands.values()}
        self._settings.set("shortcuts", {known: keys for known, keys in own.items() if known in defaults and keys != defaults[known]})

    def _on_setting(self, key: str, value: object) -> None:
        if key != "shortcuts":
            return
        for command_id, before in self._in_force.items():
            if self.keys(command_id) != before:
                self._in_force[command_id] = self.keys(command_id)
                self._apply(command_id)
                self.changed.emit(command_id)

    def _apply(self, command_id: str) -> None:
        for action in self._actions.get(command_id, []):
            action.setShortcuts([QKeySequence(key) for key in self.keys(command_id)])

    def _forget(self, command_id: str, action: QAction) -> None:
        self._actions[command_id] = [known for known in self._actions[command_id] if known is not action]


_TEXT = (QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QKeySequenceEdit)
_MOVING = {
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
    Qt.Key.Key_Delete,
    Qt.Key.Key_Backspace,
}
_PLAIN = Qt.KeyboardModifier.NoModifier | Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier


def is_text_focus(widget: QWidget | None = None) -> bool:
    """True if ``widget`` (without one: what has the focus) takes typed text."""
    widget = QApplication.focusWidget() if widget is None else widget
    return isinstance(widget, _TEXT) or (isinstance(widget, QComboBox) and widget.isEditable())


class FocusKeys(QObject):
    """Keeps keys of the window away from a focused widget that needs them itself.

    Text fields keep letters and cursor keys; lists, sliders and tabs their moving keys; buttons and tick boxes Space, but only if they were
    reached by keyboard, so that Space still plays after a click. Number fields leave undo and redo to the window: what was typed there is a
    step of the project. It looks at the focused widget only, never at all events of the program.
    """

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        app.focusChanged.connect(self._watch)

    def _watch(self, old: QWidget | None, new: QWidget | None) -> None:
        if old is not None:
            old.removeEventFilter(self)
        if new is not None:
            new.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Answers the question "is this a plain key?" for the widget, or leaves the answer to it."""
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        if needs_key(watched, event):
            event.accept()
            return True
        if isinstance(watched, QAbstractSpinBox) and _goes_through_history(event):
            event.ignore()
            return True
        return False


def _goes_through_history(event: QKeyEvent) -> bool:
    return event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)


def needs_key(widget: QObject, event: QKeyEvent) -> bool:
    """True if ``widget`` has its own use for a plain or shifted key."""
    if event.modifiers() & ~_PLAIN:
        return False
    key = event.key()
    if is_text_focus(widget):
        return key in _MOVING or (bool(event.text()) and event.text().isprintable())
    if isinstance(widget, QAbstractButton):
        return key == Qt.Key.Key_Space and widget.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
    if isinstance(widget, QComboBox):
        return key in _MOVING or key == Qt.Key.Key_Space
    return isinstance(widget, QAbstractItemView | QAbstractSlider | QTabBar) and key in _MOVING


def pass_focus(widget: QWidget) -> None:
    """Gives the focus of a widget that goes away or is about to be disabled to ``widget``; Qt would choose a random neighbour.

    Who came by keyboard stays with it: Space presses the button ``widget``.
    """
    by_key = widget.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
    widget.setFocus(Qt.FocusReason.ShortcutFocusReason if by_key else Qt.FocusReason.OtherFocusReason)
