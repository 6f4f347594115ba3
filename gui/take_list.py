"""The list view of takes: what a click, a key or a drag on a card means."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyleOptionViewItem, QWidget

from engine.session.document import TakeEntry
from gui.take_card import CardLayout, TakeCard
from gui.take_model import TakeModel
from gui.theme import SPACE, Theme

PULSE_PERIOD_MS = 2000
PULSE_FRAME_MS = 100

KEYS: dict[int, str] = {
    Qt.Key.Key_Return: "show",
    Qt.Key.Key_Enter: "show",
    Qt.Key.Key_F2: "rename",
    Qt.Key.Key_Delete: "delete",
    Qt.Key.Key_Backspace: "delete",
    Qt.Key.Key_Period: "star",
    Qt.Key.Key_A: "everything",
    Qt.Key.Key_S: "seed",
    Qt.Key.Key_P: "prompt",
    Qt.Key.Key_R: "remix",
    Qt.Key.Key_C: "compare",
    Qt.Key.Key_I: "details",
}


def command_of(event: QKeyEvent) -> str | None:
    """What a key means in the strip; keys with Ctrl, Alt or Shift mean nothing here."""
    if event.text() == ".":
        return "star"
    plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.NoModifier
    return KEYS.get(event.key()) if plain else None


class TakeList(QListView):
    """Cards below each other.

    ``commanded`` carries one of the names in ``KEYS`` (Enter on a card, a plain click, a key), ``star_clicked`` and ``drag_started`` the
    take, ``menu_asked`` a place on the screen.
    """

    commanded = Signal(str)
    star_clicked = Signal(str)
    drag_started = Signal(str)
    menu_asked = Signal(QPoint)

    def __init__(self, model: TakeModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._card = TakeCard(self)
        self._card.thumbnails.drawn.connect(self.viewport().update)
        self._pressed: QModelIndex | None = None
        self._star_pressed = False
        self._empty_text = ""
        self._pulse = QTimer(self)
        self._pulse.setInterval(PULSE_FRAME_MS)
        self._pulse.timeout.connect(self._step_pulse)
        self._pulse_ms = 0
        self.setObjectName("takesList")
        self.setItemDelegate(self._card)
        self.setModel(model)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # The cards themselves show focus, so the list around them is nothing but room.
        self.setStyleSheet("#takesList { border: none; background: transparent; }")
        self.setDragEnabled(True)
        self.setMouseTracking(True)
        self.verticalScrollBar().setSingleStep(SPACE * 3)
        self.setTabKeyNavigation(False)

    def model(self) -> TakeModel:
        """The takes."""
        return super().model()

    def keep_thumbnails(self, ids: set[str]) -> None:
        """Forgets the pictures of all other takes."""
        self._card.thumbnails.keep_only(ids)

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of the cards from ``theme``."""
        self._card.theme = theme
        self.viewport().update()

    def set_empty_text(self, text: str) -> None:
        """What is written where there are no cards."""
        self._empty_text = text
        self.viewport().update()

    def selected_entries(self) -> list[TakeEntry]:
        """Selected takes from top to bottom; the one under the keyboard cursor if none is selected."""
        indexes = sorted(self.selectedIndexes(), key=lambda index: index.row()) or [self.currentIndex()]
        entries = (self.model().entry(index) for index in indexes)
        return [entry for entry in entries if entry is not None]

    def anchor(self) -> tuple[str, int] | None:
        """The uppermost visible take and its offset in pixels; None while the list is at its top."""
        if self.verticalScrollBar().value() == 0:
            return None
        entry = self.model().entry(self.indexAt(QPoint(SPACE * 2, SPACE)))
        return None if entry is None else (entry.id, self.visualRect(self.model().index_of(entry.id)).y())

    def restore_anchor(self, anchor: tuple[str, int] | None) -> None:
        """Scrolls so that the take of ``anchor`` is where it was."""
        if anchor is None:
            return
        index = self.model().index_of(anchor[0])
        if index.isValid():
            self.doItemsLayout()
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + self.visualRect(index).y() - anchor[1])

    @property
    def pulsing(self) -> bool:
        """True while placeholders are animated."""
        return self._pulse.isActive()

    def set_pulsing(self, pulsing: bool) -> None:
        """Placeholders breathe at half a hertz."""
        if pulsing and not self._pulse.isActive():
            self._pulse.start()
        elif not pulsing:
            self._pulse.stop()

    def edit_name(self) -> None:
        """Opens the text field on the take under the keyboard cursor."""
        if self.model().entry(self.currentIndex()) is not None:
            self.scrollTo(self.currentIndex())
            self.edit(self.currentIndex())

    def event(self, event: QEvent) -> bool:
        """Claims its single-letter keys before window shortcuts of the same letters see them."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and command_of(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys of the strip; Space and other letters go on to the window."""
        command = command_of(event)
        if command is not None:
            self.commanded.emit(command)
        elif event.key() == Qt.Key.Key_Space or (event.text().isprintable() and event.text()):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The keyboard cursor starts on the first take."""
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self.model().shown_count:
            self.setCurrentIndex(self.model().index(self.model().pending))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press on the star neither selects nor drags."""
        index = self.indexAt(event.position().toPoint())
        plain = event.button() == Qt.MouseButton.LeftButton and event.modifiers() == Qt.KeyboardModifier.NoModifier
        self._pressed = index if plain and self.model().entry(index) is not None else None
        self._star_pressed = self._pressed is not None and self._part(index).star.contains(event.position().toPoint())
        if not self._star_pressed:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """No drag begins on the star."""
        if not self._star_pressed:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click shows the take or switches its star."""
        index, pressed, star = self.indexAt(event.position().toPoint()), self._pressed, self._star_pressed
        self._pressed, self._star_pressed = None, False
        if not star:
            super().mouseReleaseEvent(event)
        if pressed is None or index != pressed or event.button() != Qt.MouseButton.LeftButton:
            return
        if not star:
            self.commanded.emit("show")
        elif self._part(index).star.contains(event.position().toPoint()):
            self.star_clicked.emit(self.model().entry(index).id)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Twice on the name opens the text field; on the star it is two clicks."""
        index, place = self.indexAt(event.position().toPoint()), event.position().toPoint()
        if self.model().entry(index) is not None and self._part(index).name.contains(place):
            self.setCurrentIndex(index)
            self.edit_name()
        else:
            self.mousePressEvent(event)

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Leaves the drag to whoever can write the file."""
        pressed, self._pressed = self._pressed, None
        entry = self.model().entry(pressed) if pressed is not None else None
        if entry is not None:
            self.drag_started.emit(entry.id)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """At the mouse, or beside the card when the menu key was pressed."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            place = self.visualRect(self.currentIndex()).center()
        else:
            place = event.pos()
            if self.model().entry(self.indexAt(place)) is None:
                return
        if self.selected_entries():
            self.menu_asked.emit(self.viewport().mapToGlobal(place))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The cards, or one sentence where there are none."""
        super().paintEvent(event)
        if self.model().rowCount() or not self._empty_text:
            return
        painter = QPainter(self.viewport())
        painter.setPen(QColor(self._card.theme.muted))
        place = self.viewport().rect().adjusted(3 * SPACE, 3 * SPACE, -3 * SPACE, -3 * SPACE)
        painter.drawText(place, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap, self._empty_text)
        painter.end()

    def _part(self, index: QModelIndex) -> CardLayout:
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        return CardLayout.of(self.visualRect(index), option.font)

    def card_layout(self, take_id: str) -> CardLayout | None:
        """Where the parts of a take's card are in the viewport; None if it is hidden."""
        index = self.model().index_of(take_id)
        return self._part(index) if index.isValid() else None

    def _step_pulse(self) -> None:
        self._pulse_ms = (self._pulse_ms + PULSE_FRAME_MS) % PULSE_PERIOD_MS
        phase = self._pulse_ms / PULSE_PERIOD_MS
        self._card.pulse = 1.0 - abs(2.0 * phase - 1.0)
        for row in range(self.model().pending):
            self.viewport().update(self._row_rect(row))

    def _row_rect(self, row: int) -> QRect:
        return self.visualRect(self.model().index(row))
