"""The list of painted regions, and the exact numbers of the active one: the way to paint without a pointer."""

from __future__ import annotations

import math

from PySide6.QtCore import QLocale, QPointF, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from engine.geometry import Geometry
from engine.session.document import PaintedRegion
from engine.types import Region
from gui.history_panel import Index
from gui.icons import icon
from gui.mask_overlay import region_colour
from gui.region_form import RegionForm
from gui.shortcuts import pass_focus
from gui.theme import RADIUS, SPACE, Theme, current_theme
from gui.ticks import format_hz

ROW_HEIGHT = 6 * SPACE
_BADGE_PX = 22.0
_NEW_REGION_S = 1.0
_LINES_ROLE = Qt.ItemDataRole.UserRole + 1
_ID_ROLE = Qt.ItemDataRole.UserRole + 2


class RegionRow(QStyledItemDelegate):
    """Number in the region's colour, its prompt, its bounds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = current_theme()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All rows have the same height."""
        return QSize(160, max(ROW_HEIGHT, 2 * option.fontMetrics.height() + 2 * SPACE))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Ground, number, two lines."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        active = bool(option.state & QStyle.StateFlag.State_Selected)
        self._paint_ground(painter, option, active)
        self._paint_badge(painter, option, index.row(), active)
        area = QRectF(option.rect).adjusted(2 * SPACE + _BADGE_PX + SPACE, SPACE / 2, -2 * SPACE, -SPACE / 2)
        half = area.height() / 2
        for place, (text, colour) in enumerate(zip(index.data(_LINES_ROLE), (self.theme.text, self.theme.muted), strict=True)):
            line = QRectF(area.x(), area.y() + place * half, area.width(), half)
            text = option.fontMetrics.elidedText(text, Qt.TextElideMode.ElideRight, int(line.width()))
            painter.setPen(QColor(colour))
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem, active: bool) -> None:
        ground = QRectF(option.rect).adjusted(SPACE, 1, -SPACE, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        if active or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(QColor(self.theme.accent_soft if active else self.theme.raised))
            painter.drawRoundedRect(ground, RADIUS, RADIUS)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self.theme.accent), 2))
            painter.drawRoundedRect(ground.adjusted(1, 1, -1, -1), RADIUS - 1, RADIUS - 1)

    def _paint_badge(self, painter: QPainter, option: QStyleOptionViewItem, row: int, active: bool) -> None:
        """As on the canvas: light with a dark number if active, dark with a light one otherwise."""
        light, dark = QColor(region_colour(row)), QColor(self.theme.selection_dark)
        left_top = QPointF(option.rect.x() + 2 * SPACE, option.rect.center().y() + 0.5 - _BADGE_PX / 2)
        badge = QRectF(left_top.x(), left_top.y(), _BADGE_PX, _BADGE_PX)
        painter.setPen(QPen(dark if active else light, 1.5))
        painter.setBrush(light if active else dark)
        painter.drawRoundedRect(badge, 4, 4)
        font = QFont(option.font)
        font.setWeight(QFont.Weight.Bold)
        painter.setFont(font)
        painter.setPen(dark if active else light)
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, str(row + 1))
        painter.setFont(option.font)


class RegionList(QListWidget):
    """Rows; ``deleted`` tells that Delete was pressed on one."""

    deleted = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete removes; letters and Space go on to the window."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.deleted.emit()
        elif event.text() and event.text().isprintable():
            event.ignore()
        else:
            super().keyPressEvent(event)


class RegionsPanel(QWidget):
    """All painted regions, one line each; below them the numbers of the active one.

    ``activated``, ``removed`` and ``duplicated`` carry an id; ``bounds_edited`` an id and a Region, ``prompt_edited`` an id and a text,
    ``strength_edited`` an id and a share 0..1; ``added`` the Region of a new one.
    """

    activated = Signal(str)
    bounds_edited = Signal(str, object)
    prompt_edited = Signal(str, str)
    strength_edited = Signal(str, float)
    added = Signal(object)
    duplicated = Signal(str)
    removed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("regionsPanel")
        self.setAccessibleName(self.tr("Painted regions"))
        self._regions: tuple[PaintedRegion, ...] = ()
        self._active: str | None = None
        self._geometry = Geometry()
        self._frames = 0
        self._selection: Region | None = None
        self._row = RegionRow(self)
        self.list = RegionList(self)
        self.form = RegionForm(self)
        self.add_button = self._button("add", self.tr("Add a region"), self.tr("Add a region: what is selected, or one second"))
        self.copy_button = self._button("copy", self.tr("Duplicate the region"), self.tr("Duplicate the region"))
        self.remove_button = self._button("trash", self.tr("Remove the region"), self.tr("Remove the region (Delete in the list)"))
        self._empty = QLabel(self.tr("Nothing is painted. Paint on the picture, or add a region and type its bounds."), self)
        self._set_up_list()
        self._arrange()
        self._connect()
        self.show_regions((), None, self._geometry, 0)

    def show_regions(self, regions: tuple[PaintedRegion, ...], active: str | None, geometry: Geometry, frames: int) -> None:
        """All regions on a picture of ``frames`` frames (0: none), and the id of the active one; tells nobody."""
        self._regions, self._active, self._geometry, self._frames = regions, active, geometry, frames
        with QSignalBlocker(self.list):
            self._fill_list()
            place = next((row for row, region in enumerate(regions) if region.id == active), -1)
            self.list.setCurrentRow(place)
        region = regions[place] if place >= 0 else None
        if region is not None:
            self.form.show_region(region, geometry, max(1, frames))
        self._offer(region is not None)

    def set_selection(self, selection: Region | None) -> None:
        """What is selected on the canvas: a new region begins with it."""
        self._selection = selection

    def set_theme(self, theme: Theme) -> None:
        """Paints the rows in the colours of ``theme``."""
        self._row.theme = theme
        self.list.viewport().update()

    def _fill_list(self) -> None:
        while self.list.count() > len(self._regions):
            self.list.takeItem(self.list.count() - 1)
        while self.list.count() < len(self._regions):
            self.list.addItem(QListWidgetItem())
        for row, region in enumerate(self._regions):
            item, lines = self.list.item(row), self._lines(region)
            item.setData(_LINES_ROLE, lines)
            item.setData(_ID_ROLE, region.id)
            told = self.tr("Region {0}: {1}. {2}.").format(row + 1, *lines)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, told)
            item.setToolTip(told)
        rows = min(max(len(self._regions), 1), 5)
        self.list.setFixedHeight(rows * max(ROW_HEIGHT, self.list.sizeHintForRow(0)) + 2)

    def _lines(self, region: PaintedRegion) -> tuple[str, str]:
        """Prompt and bounds as they are read."""
        bounds = region.mask.bounds(self._geometry)
        where = self.tr("empty") if bounds is None else self.bounds_text(bounds)
        strength = "" if region.strength >= 1 else self.tr(" · {0} %").format(round(100 * region.strength))
        return region.prompt.strip() or self.tr("Main prompt"), where + strength

    def bounds_text(self, bounds: Region) -> str:
        """Bounds in one line."""
        times = self.tr("{0}–{1} s").format(*(QLocale().toString(float(value), "f", 2) for value in (bounds.start_s, bounds.end_s)))
        if bounds.whole_band:
            return times + " · " + self.tr("all frequencies")
        if math.isinf(bounds.high_hz):
            return times + " · " + self.tr("above {0}").format(format_hz(bounds.low_hz))
        if bounds.low_hz <= 0:
            return times + " · " + self.tr("below {0}").format(format_hz(bounds.high_hz))
        return times + " · " + self.tr("{0}–{1}").format(format_hz(bounds.low_hz), format_hz(bounds.high_hz))

    def _offer(self, has_active: bool) -> None:
        self.add_button.setEnabled(self._frames > 0)
        focus = self.focusWidget()
        if not has_active and focus is not None and focus.hasFocus():
            pass_focus(self.add_button)
        self.form.setVisible(has_active)
        self.list.setVisible(bool(self._regions))
        self._empty.setVisible(not self._regions)
        self.copy_button.setEnabled(has_active)
        self.remove_button.setEnabled(has_active)

    def _chosen(self, row: int) -> None:
        if 0 <= row < len(self._regions):
            self._active = self._regions[row].id
            self.form.show_region(self._regions[row], self._geometry, max(1, self._frames))
            self._offer(True)
            self.activated.emit(self._active)

    def _add(self) -> None:
        if self._selection is not None:
            self.added.emit(self._selection)
            return
        whole_s = self._frames * self._geometry.frame_s
        length = min(_NEW_REGION_S, whole_s)
        self.added.emit(Region((whole_s - length) / 2, (whole_s + length) / 2))

    def _remove(self) -> None:
        if self._active is not None:
            self.removed.emit(self._active)

    def _button(self, name: str, text: str, told: str) -> QPushButton:
        button = QPushButton(icon(name), "", self)
        button.setProperty("role", "icon")
        button.setAccessibleName(text)
        button.setToolTip(told)
        return button

    def _set_up_list(self) -> None:
        self.list.setObjectName("regionsList")
        self.list.setAccessibleName(self.tr("Painted regions"))
        self.list.setItemDelegate(self._row)
        self.list.setMouseTracking(True)
        self.list.setTabKeyNavigation(False)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setStyleSheet("#regionsList { border: none; background: transparent; }")

    def _arrange(self) -> None:
        self._empty.setProperty("role", "muted")
        self._empty.setWordWrap(True)
        title = QLabel(self.tr("Regions"), self)
        title.setProperty("role", "section")
        head = QHBoxLayout()
        head.setContentsMargins(SPACE, 0, 0, 0)
        head.setSpacing(0)
        head.addWidget(title)
        head.addStretch(1)
        for button in (self.add_button, self.copy_button, self.remove_button):
            head.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        column.addLayout(head)
        self._empty.setContentsMargins(SPACE, 0, SPACE, SPACE)
        column.addWidget(self._empty)
        column.addWidget(self.list)
        inset = QVBoxLayout()
        inset.setContentsMargins(SPACE, 0, SPACE, SPACE)
        inset.addWidget(self.form)
        column.addLayout(inset)

    def _connect(self) -> None:
        self.list.currentRowChanged.connect(self._chosen)
        self.list.deleted.connect(self._remove)
        self.add_button.clicked.connect(self._add)
        self.copy_button.clicked.connect(lambda: self._active is not None and self.duplicated.emit(self._active))
        self.remove_button.clicked.connect(self._remove)
        self.form.bounds_edited.connect(lambda bounds: self._active is not None and self.bounds_edited.emit(self._active, bounds))
        self.form.prompt_edited.connect(lambda text: self._active is not None and self.prompt_edited.emit(self._active, text))
        self.form.strength_edited.connect(lambda share: self._active is not None and self.strength_edited.emit(self._active, share))
