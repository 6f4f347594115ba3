"""Painting on the canvas: turns presses and moves of the pointer into strokes, and shows them while they last."""

from __future__ import annotations

import math

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from engine.geometry import Geometry
from engine.masks import Mask
from gui.canvas_gestures import DRAG_PX
from gui.canvas_view import EMPTY_DURATION_S, CanvasView
from gui.mask_overlay import Layer, MaskOverlay
from gui.tools import INSTANT_TOOLS, PAINT_TOOLS, Ground, Mode, Stroke, ToolOptions, begin, mode_for, overtones_of

_SUBTRACT = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ControlModifier
_LEAST_INNER_PX = 6.0
_OVERTONE_PX = 10.0

Regions = tuple[tuple[Mask, int], ...]


class BrushCursor(QGraphicsItem):
    """The ellipse that the brush paints at its true size, a second one where it begins to be soft, and the places of overtones."""

    def __init__(self, light: str, dark: str) -> None:
        super().__init__()
        self._light, self._dark = QColor(light), QColor(dark)
        self._radii = (1.0, 1.0)
        self._hardness = 1.0
        self._overtones: tuple[float, ...] = ()
        self._erases = False
        self.setVisible(False)

    @property
    def radii(self) -> tuple[float, float]:
        """Half of width and height in pixels."""
        return self._radii

    def set_shape(self, radii: tuple[float, float], hardness: float, overtones: tuple[float, ...], erases: bool) -> None:
        """Radii in pixels, hardness 0..1, heights of overtones in pixels above the pointer, and whether a stroke would erase."""
        if (radii, hardness, overtones, erases) != (self._radii, self._hardness, self._overtones, self._erases):
            self.prepareGeometryChange()
            self._radii, self._hardness, self._overtones, self._erases = radii, hardness, overtones, erases
            self.update()

    def boundingRect(self) -> QRectF:
        """Ellipse, sign and overtones with their lines."""
        x, y = self._radii
        highest = max(self._overtones, default=0.0)
        return QRectF(-x, -y, 2 * x, 2 * y).united(QRectF(-_OVERTONE_PX, -highest, 2 * _OVERTONE_PX, highest)).adjusted(-14, -14, 14, 14)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Each line dark below and light above."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((self._dark, 3.0), (self._light, 1.25)):
            painter.setPen(QPen(colour, width))
            painter.drawEllipse(QPointF(0, 0), *self._radii)
            for height in self._overtones:
                painter.drawLine(QPointF(-_OVERTONE_PX, -height), QPointF(_OVERTONE_PX, -height))
            self._paint_sign(painter)
        inner = tuple(radius * self._hardness for radius in self._radii)
        if self._hardness < 1 and min(inner) >= _LEAST_INNER_PX:
            pen = QPen(self._light, 1.0)
            pen.setDashPattern([3.0, 3.0])
            painter.setPen(pen)
            painter.drawEllipse(QPointF(0, 0), *inner)

    def _paint_sign(self, painter: QPainter) -> None:
        """Minus at the lower right if a stroke erases."""
        if self._erases:
            x, y = self._radii[0] * 0.7071 + 6, self._radii[1] * 0.7071 + 4
            painter.drawLine(QPointF(x - 4, y), QPointF(x + 4, y))


class Painting(QObject):
    """The paint on a picture and the stroke in progress.

    ``painted`` carries the active region's whole new mask, once when a stroke ends that changed something; ``shown_changed`` tells that
    hidden paint was shown because somebody paints.
    """

    painted = Signal(object)
    shown_changed = Signal(bool)

    def __init__(self, light: str, dark: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.overlay = MaskOverlay(dark)
        self.cursor = BrushCursor(light, dark)
        self._tool = ""
        self._options = ToolOptions()
        self._ground: Ground | None = None
        self._view = CanvasView.whole(Geometry(), EMPTY_DURATION_S)
        self._size = (1.0, 1.0)
        self._all: Mask | None = None
        self._regions: Regions = ()
        self._active: int | None = None
        self._shown = True
        self._press: tuple[QPointF, Mode] | None = None
        self._stroke: Stroke | None = None
        self._pointer: QPointF | None = None

    # What is shown ------------------------------------------------------------------------------------------------------------------

    @property
    def stroke(self) -> Stroke | None:
        """The stroke in progress."""
        return self._stroke

    @property
    def is_pressed(self) -> bool:
        """True while a painting tool holds the button."""
        return self._press is not None

    @property
    def paints(self) -> bool:
        """True if the present tool is a painting one."""
        return self._tool in PAINT_TOOLS

    def set_ground(self, ground: Ground | None) -> None:
        """The picture that is painted on; another one drops a stroke."""
        if ground is not None and self._ground is not None and ground.log_mel.shape == self._ground.log_mel.shape:
            self._ground = ground
            return
        self.drop()
        self._ground = ground

    def set_tool(self, tool: str) -> None:
        """A tool of any kind; a stroke of the one before is dropped."""
        self.drop()
        self._tool = tool
        self._place_cursor(False)

    def set_options(self, options: ToolOptions) -> None:
        """Sizes and other settings of the tools."""
        self._options = options
        self._place_cursor(False)

    def show_mask(self, mask: Mask | None, regions: Regions, active: int | None) -> None:
        """All paint, the regions with the place of their colour, and which of ``regions`` is the active one."""
        active = active if active is not None and active < len(regions) else None
        if self._is_shown(mask, regions, active):
            return
        self._press = self._stroke = None
        self._all, self._regions, self._active = mask, regions, active
        self._show()

    def set_shown(self, shown: bool) -> None:
        """Whether paint is drawn."""
        self._shown = shown
        self.overlay.setVisible(shown)

    @property
    def shown(self) -> bool:
        """True if paint is drawn."""
        return self._shown

    def place(self, view: CanvasView, width: float, height: float) -> None:
        """Where the picture stands."""
        self._view, self._size = view, (width, height)
        self.overlay.place(view, width, height)
        self._place_cursor(False)

    def _is_shown(self, mask: Mask | None, regions: Regions, active: int | None) -> bool:
        if (len(regions), active) != (len(self._regions), self._active):
            return False
        if not regions:
            return mask is self._all
        return all(new[0] is old[0] and new[1] == old[1] for new, old in zip(regions, self._regions, strict=True))

    def _show(self) -> None:
        layers = [Layer(mask, index, place == self._active) for place, (mask, index) in enumerate(self._regions)]
        if not layers and self._all is not None:
            layers = [Layer(self._all, 0, True, numbered=False)]
        self.overlay.show_layers(layers, self._view.geometry)

    # Pointer ------------------------------------------------------------------------------------------------------------------------

    def press(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """A press in pixels; some tools paint at once, others wait for a drag."""
        if self._ground is None:
            return
        mode = mode_for(self._tool, bool(modifiers & Qt.KeyboardModifier.ShiftModifier), bool(modifiers & _SUBTRACT))
        self._press = (point, mode)
        if self._tool in INSTANT_TOOLS:
            self._begin()

    def move(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The pointer is at another place, with or without a button."""
        self._pointer = point
        if self._press is not None and self._stroke is None and _distance(self._press[0], point) >= DRAG_PX:
            self._begin()
        if self._stroke is not None:
            self._follow(point)
        erases = self._press[1] == "subtract" if self._press else mode_for(self._tool, False, bool(modifiers & _SUBTRACT)) == "subtract"
        self._place_cursor(erases)

    def release(self) -> bool:
        """Ends a stroke; False if it was none but a click."""
        stroke = self._stroke
        self._press = self._stroke = None
        if stroke is None:
            return False
        before, after = stroke.paint.start, stroke.finished()
        if after is before:
            self._show()
            return True
        self._keep(after)
        self.painted.emit(after)
        return True

    def drop(self) -> None:
        """Forgets the stroke: the paint is what it was."""
        dropped = self._stroke is not None
        self._press = self._stroke = None
        if dropped:
            self._show()

    def leave(self) -> None:
        """The pointer is elsewhere."""
        self._pointer = None
        self.cursor.setVisible(False)

    def _begin(self) -> None:
        point, mode = self._press
        if not self._shown:
            self.set_shown(True)
            self.shown_changed.emit(True)
        stroke = begin(self._tool, self._ground, self._active_mask(), mode, self._options)
        active = self._active if self._active is not None else len(self._regions)
        layers = [Layer(mask, index, False) for place, (mask, index) in enumerate(self._regions) if place != active]
        layers.append(Layer(stroke.paint, self._colour_index(), True))
        self.overlay.show_layers(layers, self._view.geometry)
        self._stroke = stroke
        self._follow(point)

    def _follow(self, point: QPointF) -> None:
        stroke = self._stroke
        frame, band = self._position(point)
        self.overlay.touch(stroke.to(frame, band), self._view.geometry)
        if stroke.contour:
            self.overlay.show_contour(stroke.contour)

    def _active_mask(self) -> Mask:
        if self._active is None:
            return Mask.empty(self._ground.bands, self._ground.frames)
        return self._regions[self._active][0]

    def _colour_index(self) -> int:
        return len(self._regions) if self._active is None else self._regions[self._active][1]

    def _keep(self, mask: Mask) -> None:
        """Shows the new mask until the document does."""
        place = len(self._regions) if self._active is None else self._active
        self._regions = (*self._regions[:place], (mask, self._colour_index()), *self._regions[place + 1 :])
        self._active = place
        self._show()

    # The cursor ---------------------------------------------------------------------------------------------------------------------

    def _place_cursor(self, erases: bool) -> None:
        shape = self._options.shape(self._tool)
        if shape is None or self._pointer is None or self._ground is None:
            self.cursor.setVisible(False)
            return
        view, (width, height) = self._view, self._size
        frames, bands = shape.radii(view.geometry)
        radii = max(1.5, frames / view.span_frames * width), max(1.5, bands / view.span_bands * height)
        overtones = self._overtones() if self._tool == "harmonics" else ()
        self.cursor.set_shape(radii, shape.hardness, overtones, erases or self._tool == "eraser")
        self.cursor.setPos(self._pointer)
        self.cursor.setVisible(True)

    def _overtones(self) -> tuple[float, ...]:
        """Pixels above the pointer, as far as they are visible."""
        band = self._position(self._pointer)[1]
        places = overtones_of(band, self._view.geometry, self._options.overtones)
        heights = (self._pointer.y() - self._view.y_of(place, self._size[1]) for place in places)
        return tuple(height for height in heights if 0 < height < self._pointer.y())

    def _position(self, point: QPointF) -> tuple[float, float]:
        return self._view.frame_at(point.x(), self._size[0]), self._view.band_at(point.y(), self._size[1])


def _distance(first: QPointF, second: QPointF) -> float:
    delta = first - second
    return max(math.fabs(delta.x()), math.fabs(delta.y()))
