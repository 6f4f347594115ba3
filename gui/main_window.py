"""The layout of the studio: prompt on top, canvas in the middle, takes and history at the right, listening at the bottom."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QT_TRANSLATE_NOOP, QByteArray, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDragMoveEvent, QDropEvent, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMainWindow, QScrollArea, QSplitter, QTabWidget, QVBoxLayout, QWidget

from gui.canvas import SpectrogramCanvas
from gui.edit_panel import EditPanel
from gui.file_drop import accept_copy, local_paths
from gui.history_panel import HistoryPanel
from gui.messages import StatusLine
from gui.prompt_bar import PromptBar
from gui.regions_panel import RegionsPanel
from gui.shortcuts import Shortcuts
from gui.steps_bar import StepsBar
from gui.take_details import TakeDetails
from gui.takes_panel import TakesPanel
from gui.theme import SPACE, Theme
from gui.tool_bar import ToolBar
from gui.transport import TransportBar

# Menu title -> ids of the commands in gui/shortcuts.py; None is a line.
_MENUS: dict[str, tuple[str | None, ...]] = {
    QT_TRANSLATE_NOOP("MainWindow", "&File"): (
        "file.new",
        "file.open",
        "file.save",
        "file.save_as",
        None,
        "file.import",
        "file.export",
        None,
        "file.packs",
        "file.train",
        "file.preferences",
        "file.quit",
    ),
    QT_TRANSLATE_NOOP("MainWindow", "&Edit"): ("edit.undo", "edit.redo", None, "select.all", "select.none"),
    QT_TRANSLATE_NOOP("MainWindow", "&Paint"): (
        "edit.fill",
        "edit.vary",
        "edit.repair",
        None,
        "edit.extend",
        "edit.restore",
        "edit.loop",
        None,
        "mask.invert",
        "mask.grow",
        "mask.shrink",
        "mask.feather",
        "mask.clear",
        "mask.show",
    ),
    QT_TRANSLATE_NOOP("MainWindow", "&View"): (
        "view.zoom_in",
        "view.zoom_out",
        "view.zoom_selection",
        "view.fit",
        None,
        "view.confidence",
        "view.history",
        "view.full_screen",
    ),
    QT_TRANSLATE_NOOP("MainWindow", "&Run"): (
        "run.generate",
        "run.cancel",
        None,
        "run.focus_prompt",
        "run.newer_prompt",
        "run.older_prompt",
    ),
    QT_TRANSLATE_NOOP("MainWindow", "&Play"): (
        "play.toggle",
        "play.selection",
        None,
        "play.loop",
        "play.loop_selection",
        "play.ab",
        None,
        "play.start",
        "play.end",
    ),
    QT_TRANSLATE_NOOP("MainWindow", "&Help"): ("help.shortcuts", "help.demo", None, "help.about"),
}


class MainWindow(QMainWindow):
    """Holds the widgets and the menus; what they do is connected in gui/studio.py."""

    paths_dropped = Signal(list)
    close_requested = Signal(object)
    recent_chosen = Signal(str)
    first_painted = Signal()

    def __init__(self, shortcuts: Shortcuts) -> None:
        super().__init__()
        self.setObjectName("MainWindow")
        self.setWindowTitle("Melbrush")
        self.setAcceptDrops(True)
        self._painted = False
        self.prompt_bar = PromptBar()
        self.canvas = SpectrogramCanvas()
        self.tool_bar = ToolBar()
        self.regions_panel = RegionsPanel()
        self.edit_panel = EditPanel()
        self.steps_bar = StepsBar()
        self.takes_panel = TakesPanel()
        self.take_details = TakeDetails()
        self.history_panel = HistoryPanel()
        self.transport = TransportBar()
        self.status_line = StatusLine()
        self.actions_by_id: dict[str, QAction] = {}
        self._themed = (
            self.prompt_bar,
            self.canvas,
            self.regions_panel,
            self.steps_bar,
            self.takes_panel,
            self.take_details,
            self.history_panel,
            self.transport,
        )
        self._build_menus(shortcuts)
        self._build_layout()
        self.resize(1360, 860)

    def set_theme(self, theme: Theme) -> None:
        """Colours of what paints itself."""
        for part in self._themed:
            part.set_theme(theme)

    def set_title(self, name: str, dirty: bool) -> None:
        """Name of the project; a star of the platform's kind when it is not saved."""
        self.setWindowTitle(f"{name}[*] – Melbrush" if name else "Melbrush[*]")
        self.setWindowModified(dirty)

    def show_side(self, visible: bool) -> None:
        """Shows or hides takes and history."""
        self._side.setVisible(visible)

    def show_recent(self, paths: list[str]) -> None:
        """Projects that were open lately, the last one first."""
        self.recent_menu.clear()
        self.recent_menu.setEnabled(bool(paths))
        for path in paths:
            # An ampersand would be taken for the mark of a key.
            action = self.recent_menu.addAction(Path(path).name.replace("&", "&&"))
            action.setToolTip(path)
            action.triggered.connect(lambda _=False, chosen=path: self.recent_chosen.emit(chosen))

    def layout_state(self) -> tuple[QByteArray, QByteArray]:
        """Geometry of the window and of the splitter, for the next start."""
        return self.saveGeometry(), self._splitter.saveState()

    def restore_layout(self, geometry: QByteArray, splitter: QByteArray) -> None:
        """What ``layout_state`` returned."""
        self.restoreGeometry(geometry)
        self._splitter.restoreState(splitter)

    def _build_menus(self, shortcuts: Shortcuts) -> None:
        for title, ids in _MENUS.items():
            menu = self.menuBar().addMenu(self.tr(title))
            for command in ids:
                if command is None:
                    menu.addSeparator()
                else:
                    self.actions_by_id[command] = shortcuts.action(command, self)
                    menu.addAction(self.actions_by_id[command])
                if command == "file.open":
                    self.recent_menu = menu.addMenu(self.tr("Open &recent"))
        for command in shortcuts.ids():
            if command not in self.actions_by_id:
                self.actions_by_id[command] = shortcuts.action(command, self)
                self.addAction(self.actions_by_id[command])

    def _build_layout(self) -> None:
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.tool_bar.options_row)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self.tool_bar)
        row.addWidget(self.canvas, 1)
        column.addLayout(row, 1)
        column.addWidget(self.steps_bar)
        self._side = self._build_side()
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(centre)
        self._splitter.addWidget(self._side)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setSizes([1040, 320])
        whole = QWidget()
        rows = QVBoxLayout(whole)
        rows.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        rows.setSpacing(SPACE)
        rows.addWidget(self.prompt_bar)
        rows.addWidget(self._splitter, 1)
        rows.addWidget(self.transport)
        rows.addWidget(self.status_line)
        self.setCentralWidget(whole)

    def _build_side(self) -> QWidget:
        self.side_tabs = QTabWidget()
        self.side_tabs.setObjectName("SideTabs")
        for part in (self.side_tabs, self.side_tabs.tabBar()):
            part.setAccessibleName(self.tr("Takes and history"))
        self.side_tabs.addTab(self.takes_panel, self.tr("Takes"))
        self.side_tabs.addTab(self._paint_page(), self.tr("Paint"))
        self.side_tabs.addTab(self._details_page(), self.tr("Details"))
        self.side_tabs.addTab(self.history_panel, self.tr("History"))
        self.side_tabs.setMinimumWidth(260)
        return self.side_tabs

    def _paint_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, SPACE, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.regions_panel)
        column.addWidget(self.edit_panel)
        column.addStretch(1)
        area = QScrollArea()
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        return area

    def _details_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, SPACE, 0, 0)
        column.addWidget(self.take_details)
        column.addStretch(1)
        return page

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Takes files of every kind, as copies only."""
        self._accept_foreign(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """The same everywhere, also while Shift asks for a move."""
        self._accept_foreign(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Hands local paths on."""
        if self._accept_foreign(event):
            self.paths_dropped.emit(local_paths(event))

    def _accept_foreign(self, event: QDropEvent) -> bool:
        """Not for takes that are dragged out of this window."""
        if event.source() is None:
            return accept_copy(event)
        event.ignore()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tells once that there is something to see."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            # Behind what is being painted now, the widgets in the window included.
            QTimer.singleShot(0, self.first_painted.emit)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Asks whoever listens; they may ignore the event."""
        self.close_requested.emit(event)
