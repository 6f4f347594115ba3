"""What the wheel, keys and dropped files ask of the canvas; presses and drags on the picture are its own."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from gui.canvas_gestures import moved_bounds, stretched_bounds
from gui.canvas_picture import PictureView
from gui.canvas_view import CanvasView
from gui.file_drop import accept_copy, local_paths

_WHEEL_ZOOM = 1.25
_WHEEL_SCROLL = 0.1
_KEY_PAN = 0.1
_ARROWS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, 1.0),
    Qt.Key.Key_Down: (0.0, -1.0),
}


class CanvasInput(QObject):
    """Listens to the events of ``canvas``, and to the wheel over its ``parts``; the wheel over ``frequency_ruler`` moves frequency.

    Signals: ``view_asked`` (CanvasView), ``seeked`` (s), ``selected`` (Region or None), ``paths_dropped`` (list of Path).
    """

    view_asked = Signal(object)
    seeked = Signal(float)
    selected = Signal(object)
    paths_dropped = Signal(list)

    def __init__(self, canvas: QWidget, picture: PictureView, frequency_ruler: QWidget, parts: Iterable[QWidget]) -> None:
        super().__init__(canvas)
        self._canvas, self._picture, self._frequency_ruler = canvas, picture, frequency_ruler
        self._handlers = {
            QEvent.Type.Wheel: self._wheel,
            QEvent.Type.ShortcutOverride: self._claim_key,
            QEvent.Type.KeyPress: self._press_key,
            QEvent.Type.DragEnter: self._enter,
            QEvent.Type.DragMove: self._move,
            QEvent.Type.DragLeave: self._leave,
            QEvent.Type.Drop: self._drop,
        }
        canvas.setAcceptDrops(True)
        for widget in (canvas, *parts):
            widget.installEventFilter(self)

    @property
    def _view(self) -> CanvasView:
        return self._picture.view

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Events of these kinds are handled here, of the parts only the wheel."""
        handler = self._handlers.get(event.type())
        if handler is None or (watched is not self._canvas and event.type() != QEvent.Type.Wheel):
            return False
        return handler(event)

    # Wheel --------------------------------------------------------------------------------------------------------------------------

    def _wheel(self, event: QWheelEvent) -> bool:
        """Scrolls time, with Ctrl zooms it at the pointer; over the frequency ruler the same with frequency."""
        point = QPointF(self._canvas.mapFromGlobal(event.globalPosition()))
        delta = event.angleDelta()
        notches = (delta.y() or -delta.x()) / 120.0
        vertical = self._frequency_ruler.geometry().contains(point.toPoint())
        frame, band = self._picture.position(point - QPointF(self._picture.pos()))
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            factor = _WHEEL_ZOOM**notches
            self.view_asked.emit(self._view.zoomed_frequency(factor, band) if vertical else self._view.zoomed_time(factor, frame))
        elif vertical:
            self._pan(0.0, notches * _WHEEL_SCROLL)
        else:
            self._pan(-notches * _WHEEL_SCROLL, 0.0)
        event.accept()
        return True

    def _pan(self, fraction_time: float, fraction_frequency: float) -> None:
        self.view_asked.emit(self._view.scrolled(fraction_time, fraction_frequency))

    # Keyboard -----------------------------------------------------------------------------------------------------------------------

    def _claim_key(self, event: QKeyEvent) -> bool:
        """The canvas's own keys come before shortcuts of the window while it has the focus."""
        if self._uses_key(event):
            event.accept()
            return True
        return False

    def _press_key(self, event: QKeyEvent) -> bool:
        """Arrows move the selection, with Shift its end, with Alt the view; Home and End seek; Escape drops or clears."""
        if not self._uses_key(event):
            return False
        if event.key() == Qt.Key.Key_Escape:
            self._escape()
        elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.seeked.emit(0.0 if event.key() == Qt.Key.Key_Home else self._view.duration_s)
        elif event.modifiers() & Qt.KeyboardModifier.AltModifier:
            frames, bands = _ARROWS[event.key()]
            self._pan(frames * _KEY_PAN, bands * _KEY_PAN)
        else:
            self._nudge(*_ARROWS[event.key()], bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        return True

    def _uses_key(self, event: QKeyEvent) -> bool:
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if event.key() == Qt.Key.Key_Escape:
            return self._picture.is_dragging or self._picture.region is not None
        if event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            return modifiers == Qt.KeyboardModifier.NoModifier
        if event.key() not in _ARROWS:
            return False
        if modifiers == Qt.KeyboardModifier.AltModifier:
            return True
        return modifiers in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier) and self._picture.region is not None

    def _escape(self) -> None:
        if self._picture.is_dragging:
            self._picture.drop_gesture()
        else:
            self.selected.emit(None)

    def _nudge(self, frames: float, bands: float, stretch: bool) -> None:
        """Moves the selection, or its end and its high edge, by one frame or one band."""
        bounds = self._view.bounds_of(self._picture.region)
        changed = (stretched_bounds if stretch else moved_bounds)(bounds, frames, bands, self._view)
        if changed != bounds:
            self.selected.emit(self._view.region_of(changed))

    # Files --------------------------------------------------------------------------------------------------------------------------

    def _enter(self, event: QDragEnterEvent) -> bool:
        """Files are welcome, always as a copy: accepting a move would delete the user's file on Windows."""
        # A take that is dragged out of this window is no sound to import.
        if event.source() is None and accept_copy(event):
            self._picture.set_drop_shown(True)
        return True

    def _move(self, event: QDropEvent) -> bool:
        """The same everywhere."""
        accept_copy(event)
        return True

    def _leave(self, event: QEvent) -> bool:
        """The files went elsewhere."""
        self._picture.set_drop_shown(False)
        return True

    def _drop(self, event: QDropEvent) -> bool:
        """Tells which files were dropped."""
        self._picture.set_drop_shown(False)
        if accept_copy(event):
            self.paths_dropped.emit(local_paths(event))
        return True
