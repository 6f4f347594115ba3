"""The list of named steps: where the document is, what was undone, and a way to any of them."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QFont, QFontMetrics, QGuiApplication, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListView,
    QMenu,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from gui.icons import icon
from gui.shortcuts import pass_focus
from gui.theme import RADIUS, SPACE, Theme, current_theme

ROW_HEIGHT = 4 * SPACE
RAIL_X = 3 * SPACE
DOT_RADIUS = 4.0
RAIL_GAP = 8

PLACE_ROLE = Qt.ItemDataRole.UserRole + 1
"""-1 for steps that are done, 0 for the present one, 1 for undone ones."""

Index = QModelIndex | QPersistentModelIndex


class HistoryModel(QAbstractListModel):
    """Labels, oldest first, and the place of the present one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.labels: tuple[str, ...] = ()
        self.present = -1

    def show_history(self, labels: tuple[str, ...], present: int) -> None:
        """Takes over the list; rows at its beginning that stay the same are not touched."""
        same = next((row for row, (old, new) in enumerate(zip(self.labels, labels, strict=False)) if old != new), None)
        same = min(len(self.labels), len(labels)) if same is None else same
        if same < len(self.labels):
            self.beginRemoveRows(QModelIndex(), same, len(self.labels) - 1)
            self.labels = self.labels[:same]
            self.endRemoveRows()
        if same < len(labels):
            self.beginInsertRows(QModelIndex(), same, len(labels) - 1)
            self.labels = labels
            self.endInsertRows()
        self.present = present
        if labels:
            self.dataChanged.emit(self.index(0), self.index(len(labels) - 1))

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Number of steps."""
        return 0 if parent is not None and parent.isValid() else len(self.labels)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Label, place and the sentence for screen readers."""
        if not index.isValid() or index.row() >= len(self.labels):
            return None
        row, label = index.row(), self.labels[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return label
        if role == PLACE_ROLE:
            return (row > self.present) - (row < self.present)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return self._sentence(row, label)
        return None

    def _sentence(self, row: int, label: str) -> str:
        number, count = row + 1, len(self.labels)
        if row == self.present:
            return self.tr("{0}, step {1} of {2}, the present one.").format(label, number, count)
        if row > self.present:
            return self.tr("{0}, step {1} of {2}, undone.").format(label, number, count)
        return self.tr("{0}, step {1} of {2}.").format(label, number, count)


class HistoryRow(QStyledItemDelegate):
    """A rail with one dot per step: filled for done, large for the present, hollow for undone."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = current_theme()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All rows have the same height."""
        return QSize(120, max(ROW_HEIGHT, QFontMetrics(option.font).height() + SPACE))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Background, rail, dot and label."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = index.data(PLACE_ROLE)
        self._paint_ground(painter, option, place)
        self._paint_rail(painter, option.rect, index, place)
        font = QFont(option.font)
        if place == 0:
            font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(self.theme.muted if place > 0 else self.theme.text))
        text = option.rect.adjusted(RAIL_X + 2 * SPACE, 0, -2 * SPACE, 0)
        line = QFontMetrics(font).elidedText(index.data(), Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, line)
        painter.restore()

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem, place: int) -> None:
        theme = self.theme
        ground = QRectF(option.rect).adjusted(SPACE, 1, -SPACE, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        if place == 0:
            painter.setBrush(QColor(theme.accent_soft))
            painter.drawRoundedRect(ground, RADIUS, RADIUS)
        elif option.state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_Selected):
            painter.setBrush(QColor(theme.raised))
            painter.drawRoundedRect(ground, RADIUS, RADIUS)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRoundedRect(ground.adjusted(1, 1, -1, -1), RADIUS - 1, RADIUS - 1)

    def _paint_rail(self, painter: QPainter, rect: QRect, index: Index, place: int) -> None:
        theme, last = self.theme, index.row() + 1 == index.model().rowCount()
        x, y, length = rect.x() + RAIL_X, rect.center().y() + 1, rect.height() // 2 - RAIL_GAP
        middle = QPointF(x + 0.5, y)
        if index.row() > 0:
            painter.fillRect(x, rect.top(), 1, length, QColor(theme.outline))
        if not last:
            painter.fillRect(x, rect.bottom() + 1 - length, 1, length, QColor(theme.outline))
        radius = DOT_RADIUS + 1 if place == 0 else DOT_RADIUS - 1
        painter.setPen(QPen(QColor(theme.accent if place == 0 else theme.outline), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush if place > 0 else QColor(theme.accent if place == 0 else theme.outline))
        painter.drawEllipse(middle, radius, radius)


class HistoryList(QListView):
    """Steps below each other; ``chosen`` carries the row that was clicked or confirmed with Enter."""

    chosen = Signal(int)
    menu_asked = Signal(QPoint)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes there; Space and letters go on to the window."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.chosen.emit(self.currentIndex().row())
        elif event.text().isprintable() and event.text():
            event.ignore()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Anywhere in the list."""
        self.menu_asked.emit(event.globalPos())


class HistoryPanel(QWidget):
    """Undo, redo and all steps; ``gone_to`` carries the index of the step that the user wants to be at."""

    gone_to = Signal(int)
    undo_requested = Signal()
    redo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("historyPanel")
        self.setAccessibleName(self.tr("History"))
        self._model = HistoryModel(self)
        self._row = HistoryRow(self)
        self.list = HistoryList(self)
        self._undo = self._button("undo", self.tr("Undo"), "Ctrl+Z")
        self._redo = self._button("redo", self.tr("Redo"), "Ctrl+Shift+Z")
        self._more = self._button("more", self.tr("More actions for the history"))
        self._set_up_list()
        self._lay_out()
        self._undo.clicked.connect(self.undo_requested)
        self._redo.clicked.connect(self.redo_requested)
        self._more.clicked.connect(lambda: self.build_menu().popup(self._more.mapToGlobal(QPoint(0, self._more.height()))))
        self.show_history((), -1)

    def show_history(self, labels: tuple[str, ...], index: int) -> None:
        """All steps, oldest first; ``index`` is the present one, those after it are undone."""
        moved = (labels, index) != (self._model.labels, self._model.present)
        self._model.show_history(labels, index)
        for button, possible in ((self._undo, index > 0), (self._redo, index + 1 < len(labels))):
            if button.hasFocus() and not possible:
                pass_focus(self.list)
            button.setEnabled(possible)
        self._undo.setToolTip(self._tip(self.tr("Undo"), labels[index] if index > 0 else "", "Ctrl+Z"))
        self._redo.setToolTip(self._tip(self.tr("Redo"), labels[index + 1] if index + 1 < len(labels) else "", "Ctrl+Shift+Z"))
        if moved and 0 <= index < len(labels):
            self.list.setCurrentIndex(self._model.index(index))
            self.list.scrollTo(self._model.index(index))

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of the rows from ``theme``."""
        self._row.theme = theme
        self.list.viewport().update()

    def list_text(self) -> str:
        """All steps as plain text, one per line; the present one and undone ones say so."""
        notes = {-1: "", 0: self.tr(" (present)"), 1: self.tr(" (undone)")}
        indexes = (self._model.index(row) for row in range(self._model.rowCount()))
        return "\n".join(f"{index.row() + 1}. {index.data()}{notes[index.data(PLACE_ROLE)]}" for index in indexes)

    def build_menu(self) -> QMenu:
        """The menu of the list."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy = menu.addAction(icon("copy"), self.tr("Copy list"))
        copy.setEnabled(self._model.rowCount() > 0)
        copy.triggered.connect(lambda: QGuiApplication.clipboard().setText(self.list_text()))
        return menu

    def _tip(self, action: str, label: str, keys: str) -> str:
        return self.tr("{0}: {1} ({2})").format(action, label, keys) if label else self.tr("{0} ({1})").format(action, keys)

    def _button(self, name: str, text: str, keys: str = "") -> QPushButton:
        button = QPushButton(self)
        button.setObjectName(f"history_{name}")
        button.setProperty("role", "icon")
        button.setIcon(icon(name))
        button.setAccessibleName(text)
        button.setToolTip(self._tip(text, "", keys) if keys else text)
        return button

    def _set_up_list(self) -> None:
        self.list.setObjectName("historyList")
        self.list.setAccessibleName(self.tr("Steps, oldest first"))
        self.list.setModel(self._model)
        self.list.setItemDelegate(self._row)
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setTabKeyNavigation(False)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setStyleSheet("#historyList { border: none; background: transparent; }")
        self.list.clicked.connect(lambda index: self._choose(index.row()))
        self.list.chosen.connect(self._choose)
        self.list.menu_asked.connect(lambda place: self.build_menu().popup(place))

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(SPACE, SPACE, SPACE, SPACE // 2)
        row.setSpacing(SPACE // 2)
        row.addWidget(self._undo)
        row.addWidget(self._redo)
        row.addStretch(1)
        row.addWidget(self._more)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.list, 1)
        self.setMinimumWidth(200)

    def _choose(self, row: int) -> None:
        """Going where one is would be nothing."""
        if row != self._model.present:
            self.gone_to.emit(row)
