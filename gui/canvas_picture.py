"""The picture itself: draws what is visible with its overlays and turns the mouse into gestures."""

from __future__ import annotations

from functools import partial
from typing import Literal

import numpy as np
import pyqtgraph
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QResizeEvent,
    QTransform,
)
from PySide6.QtWidgets import QGraphicsItem, QWidget

from engine.geometry import Geometry
from engine.types import Region
from gui.background import Background
from gui.canvas_gestures import DRAG_PX, SelectionDrag, cursor_for, edges_at
from gui.canvas_image import MelImage, halvings, render
from gui.canvas_items import OverlayRoot, PlayheadItem, SelectionItem
from gui.canvas_painting import Painting
from gui.canvas_view import EMPTY_DURATION_S, CanvasView
from gui.cells_overlay import CellsOverlay
from gui.colour_bar import DEFAULT_FLOOR_DB, DEFAULT_TOP_DB
from gui.colour_maps import DEFAULT_MAP, colour_table
from gui.theme import DARK, SPACE, Theme
from gui.tools import PaintTool

Tool = Literal["select", "hand"] | PaintTool

_CURSORS = {"hand": Qt.CursorShape.OpenHandCursor, "move": Qt.CursorShape.SizeAllCursor}


class PictureView(pyqtgraph.GraphicsView):
    """Scene coordinates are the widget's pixels; overlays of tools live under a root in frames and bands."""

    pointed = Signal(object)
    """Position under the pointer, None when it leaves."""
    sought = Signal(float)
    """Frame that was clicked."""
    selection_drawn = Signal(object)
    """Region that was dragged, when the button is released."""
    selection_dragged = Signal(object)
    """Region while it is dragged, and the old one if the drag is dropped."""
    view_dragged = Signal(object)
    """Another visible part."""
    sharpened = Signal()
    """A long picture was coarse, and is no more."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, useOpenGL=False, background=None)
        self.setCentralItem(None)
        self.setCacheMode(self.CacheModeFlag.CacheNone)
        self.setAcceptDrops(False)
        self.viewport().setAcceptDrops(False)
        self.viewport().setMouseTracking(True)
        self.setMinimumSize(160, 80)
        self.time_only = False
        self._tool: Tool = "select"
        self._theme = DARK
        self._view = CanvasView.whole(Geometry(), EMPTY_DURATION_S)
        self._mel: MelImage | None = None
        self._background = Background(self)
        self._image: QImage | None = None
        self._map = DEFAULT_MAP
        self._levels = (DEFAULT_FLOOR_DB, DEFAULT_TOP_DB)
        self._hint = ""
        self._region: Region | None = None
        self._playhead_s: float | None = None
        self._press: QPointF | None = None
        self._drag: SelectionDrag | None = None
        self._dragged: Region | None = None
        self._pan_from: tuple[QPointF, CanvasView] | None = None
        self._drop_shown = False
        self._ring_shown = False
        self._build_items()
        self._update_cursor(frozenset())

    def _build_items(self) -> None:
        light, dark = self._theme.selection_light, self._theme.selection_dark
        self.cells = CellsOverlay(light, dark)
        self._root = OverlayRoot()
        self._selection = SelectionItem(light, dark)
        self._playhead = PlayheadItem(self._theme.playhead, dark)
        self._playhead.setVisible(False)
        self.painting = Painting(light, dark, self)
        items = (self.cells, self.painting.overlay, self._root, self._selection, self._playhead, self.painting.cursor)
        for depth, item in enumerate(items):
            item.setZValue(depth)
            self.scene().addItem(item)

    # What is shown ------------------------------------------------------------------------------------------------------------------

    @property
    def view(self) -> CanvasView:
        """The visible part."""
        return self._view

    @property
    def mel(self) -> MelImage | None:
        """The picture, None if there is none."""
        return self._mel

    @property
    def region(self) -> Region | None:
        """The selection, also while it is being dragged."""
        return self._dragged if self._drag is not None and self._dragged is not None else self._region

    @property
    def is_dragging(self) -> bool:
        """True while a button holds the picture or an edge."""
        return self._press is not None or self._pan_from is not None or self.painting.is_pressed

    def show_mel(self, mel: MelImage | None) -> None:
        """Another picture, None for an empty canvas."""
        self._mel = None if mel is None or mel.is_empty else mel
        if self._mel is not None and self._mel.is_coarse:
            self._background.compute("mel", partial(halvings, self._mel.source), self._sharpen)
        else:
            self._background.drop("mel")
        self._repaint()

    def set_view(self, view: CanvasView) -> None:
        """Another visible part."""
        self._view = view
        self._place_items()
        self._repaint()

    def set_colours(self, name: str, levels_db: tuple[float, float]) -> None:
        """Colour map and levels (floor, top) in dB."""
        self._map, self._levels = name, levels_db
        self._repaint()

    def set_theme(self, theme: Theme) -> None:
        """Colours of ground, hint and playhead."""
        self._theme = theme
        self._playhead.set_light(theme.playhead)
        self._repaint()

    def set_hint(self, hint: str) -> None:
        """Text in the middle while there is no picture."""
        self._hint = hint
        self.viewport().update()

    def set_tool(self, tool: Tool) -> None:
        """What a plain drag does."""
        self._tool = tool
        self.painting.set_tool(tool)
        self._update_cursor(frozenset())

    def show_region(self, region: Region | None) -> None:
        """The selection, None for none."""
        self._region = region
        self._place_selection()

    def set_playhead(self, seconds: float | None) -> None:
        """Position of the playhead, None hides it; paints nothing unless it moves by a pixel."""
        self._playhead_s = seconds
        x = None if seconds is None else self._view.x_of(self._view.frame_of(seconds), self.width())
        visible = x is not None and 0.0 <= x <= self.width()
        self._playhead.setVisible(visible)
        if visible:
            self._playhead.setPos(min(round(x), self.width() - 1), 0)

    def set_drop_shown(self, shown: bool) -> None:
        """A frame while files are held over the canvas."""
        self._drop_shown = shown
        self.viewport().update()

    def add_overlay(self, item: QGraphicsItem) -> None:
        """Puts an item over the picture, in frames (right) and mel bands (up)."""
        item.setParentItem(self._root)

    # Painting -----------------------------------------------------------------------------------------------------------------------

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        """The picture, or the hint where there is none."""
        if self._mel is None:
            painter.fillRect(rect, QColor(self._theme.canvas))
            if not self.cells.hidden_shown:
                self._draw_hint(painter)
            return
        ratio = painter.device().devicePixelRatioF()
        if self._image is None or self._image.devicePixelRatio() != ratio:
            size = (float(self.width()), float(self.height()))
            self._image = render(self._mel, self._view, size, ratio, self._levels, colour_table(self._map))
        painter.drawImage(0, 0, self._image)

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        """The focus ring, or the frame while files are held over the canvas."""
        if not (self._drop_shown or self._ring_shown):
            return
        width = 4.0 if self._drop_shown else 2.0
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, extra in ((self._theme.selection_dark, 2.0), (self._theme.accent, 0.0)):
            pen = pyqtgraph.mkPen(colour, width=width + extra)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.drawRect(QRectF(0, 0, self.width(), self.height()).adjusted(1, 1, -1, -1))

    def _sharpen(self, levels: list[NDArray[np.float32]]) -> None:
        """Of the picture that is shown: the answer for an older one is never given."""
        self._mel.sharpen(levels)
        self._repaint()
        self.sharpened.emit()

    def _draw_hint(self, painter: QPainter) -> None:
        font = self.font()
        font.setPointSizeF(font.pointSizeF() + 2.0)
        painter.setFont(font)
        # The ground of the picture is dark in every theme.
        painter.setPen(QColor(DARK.muted))
        area = QRectF(0, 0, self.width(), self.height()).adjusted(3 * SPACE, 0, -3 * SPACE, 0)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._hint)

    def _repaint(self) -> None:
        self._image = None
        self.viewport().update()

    def _place_items(self) -> None:
        view, width, height = self._view, float(self.width()), float(self.height())
        self.cells.place(view, width, height)
        self.painting.place(view, width, height)
        across, up = width / view.span_frames, height / view.span_bands
        self._root.setTransform(QTransform(across, 0.0, 0.0, -up, -view.start * across, view.high * up))
        self._playhead.set_height(height)
        self.set_playhead(self._playhead_s)
        self._place_selection()

    def _place_selection(self) -> None:
        region, width, height = self.region, float(self.width()), float(self.height())
        picture = QRectF(0, 0, width, height)
        if region is None:
            self._selection.place(picture, None)
            return
        bounds = self._view.bounds_of(region)
        top_left = QPointF(self._view.x_of(bounds.start, width), self._view.y_of(bounds.high, height))
        bottom_right = QPointF(self._view.x_of(bounds.end, width), self._view.y_of(bounds.low, height))
        self._selection.place(picture, QRectF(top_left, bottom_right))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """The same part in other pixels."""
        super().resizeEvent(event)
        if event is None:  # pyqtgraph's constructor calls before there is anything to place
            return
        self._place_items()
        self._repaint()

    # Mouse --------------------------------------------------------------------------------------------------------------------------

    def position(self, point: QPointF) -> tuple[float, float]:
        """Frame and band under a point of the picture."""
        return self._view.frame_at(point.x(), self.width()), self._view.band_at(point.y(), self.height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins a selection, takes hold of an edge, or of the picture."""
        hand = event.button() == Qt.MouseButton.LeftButton and self._tool == "hand"
        if event.button() == Qt.MouseButton.MiddleButton or hand:
            self._pan_from = (event.position(), self._view)
            self._press = event.position() if hand else None
            self._update_cursor(frozenset())
        elif event.button() == Qt.MouseButton.LeftButton:
            self._press = event.position()
            if self.painting.paints:
                self.painting.press(event.position(), event.modifiers())
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Continues the gesture, or reports what is under the pointer."""
        if self._pan_from is not None:
            self._pan(event.position())
        elif self.painting.paints:
            self.painting.move(event.position(), event.modifiers())
        elif self._press is not None:
            self._drag_selection(event.position())
        else:
            self._update_cursor(self._edges_at(event.position()))
        self.pointed.emit(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends the gesture; without a drag it was a click. A stroke outlives a middle button that moves the picture under it."""
        if self.painting.is_pressed and event.button() != Qt.MouseButton.LeftButton:
            self._pan_from = None
            self._update_cursor(frozenset())
            return
        press, drag, region, panned = self._press, self._drag, self._dragged, self._pan_from
        self._end_gesture()
        if self.painting.release():
            pass
        elif drag is not None and region is not None:
            self._region = region
            self._place_selection()
            self.selection_drawn.emit(region)
        elif press is not None and (panned is None or _distance(press, event.position()) < DRAG_PX):
            frame = self.position(press)[0]
            self.sought.emit(min(max(frame, 0.0), self._view.extent_frames))
        self._update_cursor(self._edges_at(event.position()))

    def drop_gesture(self) -> None:
        """Forgets the drag: selection and view are what they were before."""
        dragged, panned = self._drag is not None, self._pan_from
        self._end_gesture()
        self.painting.drop()
        if panned is not None:
            self.view_dragged.emit(panned[1])
        if dragged:
            self._place_selection()
            self.selection_dragged.emit(self._region)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The second click is a click."""
        self.mousePressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """Two fingers on a trackpad zoom time where they are."""
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.view_dragged.emit(self._view.zoomed_time(1.0 + event.value(), self.position(event.position())[0]))
            return True
        return super().viewportEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The focus ring appears for people who use the keyboard; a click needs none."""
        reasons = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)
        self._ring_shown = event.reason() in reasons
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Without focus, without ring; a drag does not outlive it."""
        self._ring_shown = False
        self.drop_gesture()
        self.viewport().update()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        self.painting.leave()
        self.pointed.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left to the canvas; a graphics view would scroll."""
        event.ignore()

    def _pan(self, point: QPointF) -> None:
        origin, view = self._pan_from
        frames = (origin.x() - point.x()) / self.width() * view.span_frames
        bands = (point.y() - origin.y()) / self.height() * view.span_bands
        self.view_dragged.emit(view.panned(frames, bands))

    def _drag_selection(self, point: QPointF) -> None:
        if self._drag is None:
            if _distance(self._press, point) < DRAG_PX:
                return
            self._drag = self._begun_drag()
        self._dragged = self._view.region_of(self._drag.at(*self.position(point), self._view))
        self._place_selection()
        self.selection_dragged.emit(self._dragged)

    def _begun_drag(self) -> SelectionDrag:
        """A new rectangle, or the edges that were under the press."""
        edges = self._edges_at(self._press)
        if edges and self._region is not None:
            return SelectionDrag(self._view.bounds_of(self._region), edges, self.time_only)
        return SelectionDrag.new(*self.position(self._press), self.time_only)

    def _edges_at(self, point: QPointF) -> frozenset:
        return edges_at(point, self._selection.rect, self.time_only) if self._tool == "select" else frozenset()

    def _end_gesture(self) -> None:
        self._press = self._drag = self._dragged = self._pan_from = None

    def _update_cursor(self, edges: frozenset) -> None:
        if self._pan_from is not None:
            shape = Qt.CursorShape.ClosedHandCursor
        elif self._tool in _CURSORS:
            shape = _CURSORS[self._tool]
        else:
            shape = cursor_for(edges)
        if self.viewport().cursor().shape() != shape:
            self.viewport().setCursor(shape)


def _distance(first: QPointF, second: QPointF) -> float:
    delta = first - second
    return max(abs(delta.x()), abs(delta.y()))
