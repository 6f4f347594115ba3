"""Installed packs to look at: a list of them, and the card of the chosen one with what can be done to it."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from engine.jobs import PackInfo
from gui.icons import icon
from gui.theme import RADIUS, SPACE, current_theme

ROW_HEIGHT = 7 * SPACE
LIST_WIDTH = 32 * SPACE
_LINES = Qt.ItemDataRole.UserRole + 1
_ID = Qt.ItemDataRole.UserRole + 2
_MARK = Qt.ItemDataRole.UserRole + 3


def megabytes(size_bytes: int) -> str:
    """A length in the unit that people compare (1 MB is 1,000,000 bytes)."""
    return f"{size_bytes / 1e6:,.1f}" if size_bytes < 1e8 else f"{size_bytes / 1e6:,.0f}"


class PackRow(QStyledItemDelegate):
    """Name, size and what is special about a pack; a tick at the one in use, a warning at one with a problem."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """All rows have the same height."""
        return QSize(160, max(ROW_HEIGHT, 2 * option.fontMetrics.height() + 2 * SPACE))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """Ground, two lines, mark."""
        theme = current_theme()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, option)
        area = QRectF(option.rect).adjusted(2 * SPACE, SPACE, -5 * SPACE, -SPACE)
        half = area.height() / 2
        for place, (text, colour) in enumerate(zip(index.data(_LINES), (theme.text, theme.muted), strict=True)):
            line = QRectF(area.x(), area.y() + place * half, area.width(), half)
            painter.setPen(QColor(colour))
            painter.drawText(
                line,
                Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine,
                option.fontMetrics.elidedText(text, Qt.TextElideMode.ElideRight, int(line.width())),
            )
        if index.data(_MARK):
            side = 2 * SPACE
            rect = QRectF(option.rect.right() - 4 * SPACE, option.rect.center().y() - side / 2 + 1, side, side)
            icon(*index.data(_MARK)).paint(painter, rect.toRect())
        painter.restore()

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        theme, ground = current_theme(), QRectF(option.rect).adjusted(SPACE / 2, 1, -SPACE / 2, -1)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(QPen(QColor(theme.accent), 1) if selected else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.accent_soft if selected else theme.raised))
            painter.drawRoundedRect(ground.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)


class PackList(QListWidget):
    """Rows of packs; ``chosen`` carries the id of the current one, ``opened`` of one that was double-clicked or got Enter."""

    chosen = Signal(str)
    opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setItemDelegate(PackRow(self))
        self.setMouseTracking(True)
        self.setViewportMargins(0, SPACE // 2, 0, SPACE // 2)
        self.setFixedWidth(LIST_WIDTH)
        self.setAccessibleName(self.tr("Installed packs"))
        self.setToolTip(self.tr("Installed packs; Enter uses one"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.currentItemChanged.connect(lambda item, _old: self.chosen.emit(item.data(_ID) if item else ""))
        self.itemActivated.connect(lambda item: self.opened.emit(item.data(_ID)))

    def show_packs(self, packs: tuple[PackInfo, ...], in_use: str, current: str) -> None:
        """Fills the list and stands on ``current``; tells nobody."""
        with QSignalBlocker(self):
            self.clear()
            for pack in packs:
                item = QListWidgetItem()
                lines = (pack.name, self._second_line(pack, in_use))
                mark = ("warning", "warning") if pack.problem else ("check", "accent") if pack.id == in_use else None
                for role, value in ((_LINES, lines), (_ID, pack.id), (_MARK, mark), (Qt.ItemDataRole.AccessibleTextRole, ", ".join(lines))):
                    item.setData(role, value)
                self.addItem(item)
            self.setCurrentRow(next((row for row, pack in enumerate(packs) if pack.id == current), 0))

    def _second_line(self, pack: PackInfo, in_use: str) -> str:
        size = self.tr("{} MB").format(megabytes(pack.size_bytes))
        state = self.tr("cannot be used") if pack.problem else self.tr("in use") if pack.id == in_use else ""
        return f"{size} · {state}" if state else size


class PackCard(QFrame):
    """What is known about one pack; the signals carry its id."""

    use_asked = Signal(str)
    verify_asked = Signal(str)
    reveal_asked = Signal(str)
    delete_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._pack: PackInfo | None = None
        self._in_use = self._busy = False
        self.title, self.problem = QLabel(), QLabel()
        self.title.setProperty("role", "title")
        self.problem.setProperty("role", "danger")
        for label in (self.title, self.problem):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self.values: dict[str, QLabel] = {}
        self.use = self._button("check", self.tr("Use"), self.tr("Draw new takes with this pack"), self.use_asked)
        self.use.setIcon(icon("check", "on_accent"))
        self.use.setProperty("role", "primary")
        self.verify = self._button("eye", self.tr("Verify"), self.tr("Check every file against its checksum"), self.verify_asked)
        self.reveal = self._button("reveal", self.tr("Show folder"), self.tr("Open the folder of this pack"), self.reveal_asked)
        self.delete = self._button("trash", self.tr("Delete"), self.tr("Delete the files of this pack"), self.delete_asked)
        self._lay_out()

    def show_pack(self, pack: PackInfo | None, in_use: bool) -> None:
        """Shows one pack, or that there is none."""
        self._pack, self._in_use = pack, in_use
        self.title.setText(pack.name if pack else self.tr("No pack is installed"))
        self.problem.setText(pack.problem if pack else "")
        self.problem.setVisible(bool(pack and pack.problem))
        for key, text in self._facts(pack).items():
            self.values[key].setText(text)
            self.values[key].setToolTip(text)
        self._refresh()

    def set_busy(self, busy: bool) -> None:
        """While something runs nothing else can be asked."""
        self._busy = busy
        self._refresh()

    def _facts(self, pack: PackInfo | None) -> dict[str, str]:
        if pack is None:
            return dict.fromkeys(self.values, "–")
        steps = ", ".join(f"{part} {count:,}" for part, count in pack.steps)
        sounds = ", ".join(name.replace("_", " ") for name in pack.classes)
        return {
            "id": f"{pack.id}   {pack.hash}".strip(),
            "size": self.tr("{} MB").format(megabytes(pack.size_bytes)),
            "rate": self.tr("{} Hz").format(f"{pack.sample_rate:,}") if pack.sample_rate else "–",
            "sounds": self.tr("{}: {}").format(len(pack.classes), sounds) if sounds else "–",
            "hours": self.tr("{} hours of audio").format(f"{pack.hours_of_audio:,.0f}") if pack.hours_of_audio else "–",
            "steps": steps or "–",
            "source": pack.source or "–",
            "folder": str(pack.folder),
        }

    def _refresh(self) -> None:
        pack, free = self._pack, self._pack is not None and not self._busy
        self.use.setText(self.tr("In use") if self._in_use else self.tr("Use"))
        self.use.setEnabled(free and not self._in_use and not pack.problem)
        self.verify.setEnabled(free)
        self.reveal.setEnabled(pack is not None)
        self.delete.setEnabled(free and pack.removable and not self._in_use)
        self.delete.setToolTip(self._why(pack))

    def _why(self, pack: PackInfo | None) -> str:
        if pack is not None and not pack.removable:
            return self.tr("This pack comes with Melbrush and stays")
        return self.tr("Use another pack first") if self._in_use else self.tr("Delete the files of this pack")

    def _button(self, picture: str, text: str, tip: str, signal: Signal) -> QPushButton:
        button = QPushButton(icon(picture), text)
        button.setAutoDefault(False)
        button.setAccessibleName(text)
        button.setToolTip(tip)
        button.clicked.connect(lambda: self._pack and signal.emit(self._pack.id))
        return button

    def _lay_out(self) -> None:
        facts = QGridLayout()
        facts.setHorizontalSpacing(2 * SPACE)
        facts.setVerticalSpacing(SPACE)
        facts.setColumnStretch(1, 1)
        rows = (
            ("id", self.tr("Id and hash")),
            ("size", self.tr("On disk")),
            ("rate", self.tr("Sample rate")),
            ("sounds", self.tr("Sounds")),
            ("hours", self.tr("Trained on")),
            ("steps", self.tr("Training steps")),
            ("source", self.tr("Source")),
            ("folder", self.tr("Folder")),
        )
        for row, (key, text) in enumerate(rows):
            name, value = QLabel(text), _OneLine()
            name.setProperty("role", "muted")
            value.setAccessibleName(text)
            facts.addWidget(name, row, 0)
            facts.addWidget(value, row, 1)
            self.values[key] = value
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE)
        for button in (self.use, self.verify, self.reveal):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.delete)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        column.addWidget(self.title)
        column.addWidget(self.problem)
        column.addSpacing(SPACE)
        column.addLayout(facts)
        column.addStretch(1)
        column.addLayout(buttons)


class _OneLine(QLabel):
    """A line that ends in dots where the room ends; all of it is in the tooltip."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def paintEvent(self, _event: object) -> None:
        """Draws what fits."""
        painter = QPainter(self)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.contentsRect(), Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)
