"""The bar of tools at the left of the canvas."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, QSize, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QGridLayout, QPushButton, QWidget

from gui.icons import icon
from gui.shortcuts import COMMANDS
from gui.theme import SPACE
from gui.tool_options import ToolOptionsBar
from gui.tools import ToolOptions

# Tool -> its icon and the command that chooses it.
TOOLS: dict[str, tuple[str, str]] = {
    "select": ("pointer", "tool.pointer"),
    "hand": ("hand", "tool.hand"),
    "brush": ("brush", "tool.brush"),
    "eraser": ("eraser", "tool.eraser"),
    "rectangle": ("rectangle", "tool.rectangle"),
    "lasso": ("lasso", "tool.lasso"),
    "time_stripe": ("time-stripe", "tool.time_stripe"),
    "band_stripe": ("band", "tool.band_stripe"),
    "harmonics": ("harmonics", "tool.harmonics"),
    "wand": ("wand", "tool.wand"),
    "move": ("move", "tool.move"),
}
_LINES_BEFORE = ("brush", "move")
_BUTTON_PX = 4 * SPACE
_GAP_PX = SPACE // 4
_MARGIN_PX = SPACE // 2


class ToolBar(QWidget):
    """One button for each tool and one for the paint; two columns where the window is low.

    ``options_row`` is to be placed above the canvas. ``tool_chosen`` carries a name of ``TOOLS``, ``options_changed`` a ``ToolOptions``,
    ``mask_shown_toggled`` whether paint shall be seen.
    """

    tool_chosen = Signal(str)
    options_changed = Signal(object)
    mask_shown_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("toolBar")
        self.setAccessibleName(self.tr("Tools"))
        self.options_row = ToolOptionsBar()
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        self._eye = self._make_eye()
        self._grid = QGridLayout(self)
        self._lines = [self._make_line() for _ in range(len(_LINES_BEFORE) + 1)]
        self._columns = 0
        self._build()
        self.show_keys(_default_key)
        self.show_tool("select")
        self._arrange(1)
        self.options_row.changed.connect(self.options_changed)

    @property
    def tool(self) -> str:
        """The present tool."""
        return next(name for name, button in self._buttons.items() if button.isChecked())

    @property
    def options(self) -> ToolOptions:
        """Settings of all tools."""
        return self.options_row.options

    def button(self, tool: str) -> QPushButton:
        """The button of a tool; KeyError for unknown ones."""
        return self._buttons[tool]

    def show_tool(self, tool: str) -> None:
        """Presses the button of a tool; tells nobody. KeyError for unknown ones."""
        with QSignalBlocker(self._group):
            self._buttons[tool].setChecked(True)
        self.options_row.show_tool(tool)

    def show_options(self, options: ToolOptions) -> None:
        """Settings of all tools; tells nobody."""
        self.options_row.show_options(options)

    def show_mask_shown(self, shown: bool) -> None:
        """Whether paint is seen; tells nobody."""
        with QSignalBlocker(self._eye):
            self._eye.setChecked(shown)

    def resize_brush(self, steps: int) -> None:
        """Makes the present tool's brush so many steps larger, or smaller if negative, and tells it; for the keys [ and ]."""
        changed = self.options.resized(self.tool, steps)
        if changed != self.options:
            self.options_row.show_options(changed)
            self.options_changed.emit(changed)

    def show_keys(self, key_of: Callable[[str], str]) -> None:
        """Puts keys into the tooltips; ``key_of`` gives the key of a command's id, or an empty text."""
        titles = self.options_row.titles()
        for tool, button in self._buttons.items():
            button.setToolTip(_with_key(titles[tool], key_of(TOOLS[tool][1])))
        self._eye.setToolTip(_with_key(self.tr("Show the paint"), key_of("mask.show")))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Takes two columns where one is too long."""
        super().resizeEvent(event)
        columns = 1 if self.height() >= self._length(1) else 2
        if columns != self._columns:
            self._arrange(columns)

    def minimumSizeHint(self) -> QSize:
        """Two columns always fit."""
        return QSize(_BUTTON_PX + 2 * _MARGIN_PX, self._length(2))

    def sizeHint(self) -> QSize:
        """One column."""
        return QSize(_BUTTON_PX + 2 * _MARGIN_PX, self._length(1))

    def _build(self) -> None:
        titles = self.options_row.titles()
        for tool, (picture, _) in TOOLS.items():
            button = QPushButton(icon(picture), "", self)
            button.setProperty("role", "icon")
            button.setCheckable(True)
            button.setIconSize(QSize(18, 18))
            button.setAccessibleName(titles[tool])
            button.setAccessibleDescription(self.options_row.hints()[tool])
            self._buttons[tool] = button
            self._group.addButton(button)
        self._group.buttonToggled.connect(self._toggled)

    def _toggled(self, button: QPushButton, on: bool) -> None:
        if on:
            tool = next(name for name, known in self._buttons.items() if known is button)
            self.options_row.show_tool(tool)
            self.tool_chosen.emit(tool)

    def _make_eye(self) -> QPushButton:
        button = QPushButton(icon("eye"), "", self)
        button.setProperty("role", "icon")
        button.setCheckable(True)
        button.setChecked(True)
        button.setIconSize(QSize(18, 18))
        button.setAccessibleName(self.tr("Show the paint"))
        button.toggled.connect(self.mask_shown_toggled)
        return button

    def _make_line(self) -> QFrame:
        line = QFrame(self)
        line.setProperty("role", "line")
        return line

    def _arrange(self, columns: int) -> None:
        """Groups one below the other; the last row takes what is left."""
        self._columns = columns
        while self._grid.count():
            self._grid.takeAt(0)
        self._grid.setContentsMargins(_MARGIN_PX, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX)
        self._grid.setSpacing(_GAP_PX)
        row = 0
        for old in range(self._grid.rowCount()):
            self._grid.setRowStretch(old, 0)
        for number, group in enumerate(self._groups()):
            if number:
                self._grid.addWidget(self._lines[number - 1], row, 0, 1, columns)
                row += 1
            for place, button in enumerate(group):
                self._grid.addWidget(button, row + place // columns, place % columns)
            row += -(-len(group) // columns)
        self._grid.setRowStretch(row, 1)
        self.setFixedWidth(columns * _BUTTON_PX + (columns - 1) * _GAP_PX + 2 * _MARGIN_PX)

    def _groups(self) -> list[list[QPushButton]]:
        groups: list[list[QPushButton]] = [[]]
        for tool, button in self._buttons.items():
            if tool in _LINES_BEFORE:
                groups.append([])
            groups[-1].append(button)
        return [*groups, [self._eye]]

    def _length(self, columns: int) -> int:
        """Pixels from top to bottom."""
        rows = sum(-(-len(group) // columns) for group in self._groups())
        lines = len(self._lines)
        return rows * (_BUTTON_PX + _GAP_PX) + lines * (1 + _GAP_PX) + 2 * _MARGIN_PX


def _with_key(text: str, key: str) -> str:
    return f"{text} ({key})" if key else text


def _default_key(command_id: str) -> str:
    """The key of the table, as the platform writes it."""
    keys = next(command.default_keys for command in COMMANDS if command.id == command_id)
    return QKeySequence(keys[0]).toString(QKeySequence.SequenceFormat.NativeText) if keys else ""
