"""The spectrogram canvas: overview, rulers, picture, colour bar and read-out, with everything that a pointer and a keyboard do to them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QKeyEvent, QPalette, QWheelEvent
from PySide6.QtWidgets import QGraphicsItem, QGridLayout, QLabel, QWidget

from engine.geometry import Geometry
from engine.masks import Mask
from engine.types import Region, Spectrogram
from gui import canvas_access
from gui.axes import FrequencyRuler, TimeRuler
from gui.canvas_gestures import moved_bounds, stretched_bounds
from gui.canvas_image import MelImage
from gui.canvas_painting import Regions
from gui.canvas_picture import PictureView, Tool
from gui.canvas_view import Bounds, CanvasView
from gui.colour_bar import ColourBar
from gui.colour_maps import DEFAULT_MAP
from gui.file_drop import accept_copy, local_paths
from gui.overview import Overview
from gui.readout import Readout, ReadoutLine
from gui.theme import DARK, SPACE, Theme
from gui.ticks import format_hz, format_time, note_name
from gui.tools import Ground, ToolOptions

__all__ = ["Readout", "SpectrogramCanvas"]

ZOOM_STEP = 1.5
_WHEEL_ZOOM = 1.25
_WHEEL_SCROLL = 0.1
_KEY_PAN = 0.1
_ARROWS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, 1.0),
    Qt.Key.Key_Down: (0.0, -1.0),
}


class SpectrogramCanvas(QWidget):
    """Shows one picture of sound and what is selected in it; knows nothing of documents.

    Signals: ``seeked`` (s) a click or scrub, ``selected`` (Region or None) once per gesture or key, ``hovered`` (Readout or None),
    ``view_changed`` (visible Region), ``levels_changed`` (floor, top in dB) by the user's hand, ``paths_dropped`` (list of Path),
    ``painted`` (the active region's whole new Mask) once per stroke, ``mask_shown_changed`` when painting made hidden paint appear.
    """

    seeked = Signal(float)
    selected = Signal(object)
    hovered = Signal(object)
    view_changed = Signal(object)
    levels_changed = Signal(float, float)
    paths_dropped = Signal(list)
    painted = Signal(object)
    mask_shown_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = DARK
        self._map = DEFAULT_MAP
        self._spectrogram: Spectrogram | None = None
        self._playhead_s: float | None = None
        self._pointer: QPointF | None = None
        self._build()
        self._connect()
        self.setAcceptDrops(True)
        self.setFocusProxy(self.picture)
        self.set_theme(DARK)
        canvas_access.install(PictureView.__name__)
        self._describe()

    def _build(self) -> None:
        self.overview, self.time_ruler, self.frequency_ruler = Overview(self), TimeRuler(self), FrequencyRuler(self)
        self.picture, self.colour_bar, self.readout_line = PictureView(self), ColourBar(self), ReadoutLine(self)
        self.picture.set_hint(self.tr("Type what you want to hear and press Ctrl+Enter"))
        grid = QGridLayout(self)
        grid.setContentsMargins(SPACE, SPACE, SPACE, 0)
        grid.setSpacing(0)
        grid.addWidget(self.overview, 0, 1)
        grid.addWidget(self._unit(self.tr("Hz"), Qt.AlignmentFlag.AlignRight, SPACE + 2), 1, 0)
        grid.addWidget(self.time_ruler, 1, 1)
        grid.addWidget(self._unit(self.tr("dB"), Qt.AlignmentFlag.AlignLeft, SPACE), 1, 2)
        grid.addWidget(self.frequency_ruler, 2, 0)
        grid.addWidget(self.picture, 2, 1)
        grid.addWidget(self.colour_bar, 2, 2)
        grid.addWidget(self.readout_line, 3, 1)
        grid.setRowStretch(2, 1)
        grid.setColumnStretch(1, 1)

    def _unit(self, text: str, side: Qt.AlignmentFlag, margin: int) -> QLabel:
        """A unit above the ruler that it belongs to."""
        label = QLabel(text, self)
        label.setProperty("role", "muted")
        label.setAlignment(side | Qt.AlignmentFlag.AlignBottom)
        left, right = (0, margin) if side == Qt.AlignmentFlag.AlignRight else (margin, 0)
        label.setContentsMargins(left, 0, right, SPACE // 2)
        return label

    def _connect(self) -> None:
        self.overview.centred.connect(self._centre_on)
        self.overview.sought.connect(self.seeked)
        self.time_ruler.scrubbed.connect(self.seeked)
        self.picture.sought.connect(lambda frame: self.seeked.emit(self._view.seconds_of(frame)))
        self.picture.selection_drawn.connect(self._selection_drawn)
        self.picture.selection_dragged.connect(self.readout_line.show_selection)
        self.picture.view_dragged.connect(self._set_view)
        self.picture.pointed.connect(self._point)
        self.picture.painting.painted.connect(self.painted)
        self.picture.painting.shown_changed.connect(self.mask_shown_changed)
        self.colour_bar.levels_changed.connect(self._levels_dragged)
        for part in (self.overview, self.time_ruler, self.frequency_ruler, self.picture.viewport()):
            part.installEventFilter(self)

    # What is shown ------------------------------------------------------------------------------------------------------------------

    def show_picture(self, spectrogram: Spectrogram | None, duration_s: float, keep_view: bool = True) -> None:
        """The sound to look at and its length in seconds, None for an empty canvas; cheap enough for every preview of a run."""
        if spectrogram is not self._spectrogram:
            self._spectrogram = spectrogram
            mel = None if spectrogram is None else MelImage(spectrogram.log_mel)
            self.picture.show_mel(mel)
            paintable = mel is not None and not mel.is_empty and mel.rows == spectrogram.geometry.bands
            self.picture.painting.set_ground(Ground(spectrogram.geometry, mel.level(0)) if paintable else None)
        geometry = self._view.geometry if spectrogram is None else spectrogram.geometry
        resized = self._view.resized(geometry, duration_s)
        self._set_view(resized if keep_view else resized.fitted())
        self.readout_line.set_clock(self._view.duration_s > 60.0)
        self._point(self._pointer)

    def show_waveform(self, samples: NDArray[np.float32] | None, sample_rate: int) -> None:
        """Sound of the overview, float32 [channels, n], and its rate in Hz; None for none."""
        self.overview.show_waveform(samples, sample_rate)

    def show_cells(self, hidden: NDArray[np.bool_] | None, confidence: NDArray[np.float32] | None, geometry: Geometry) -> None:
        """Hatches ``hidden`` cells [rows, cols] and tints the others by ``confidence`` 0..1; two times None removes the overlay."""
        self.picture.cells.show_cells(hidden, confidence, geometry)

    def set_confidence_shown(self, shown: bool) -> None:
        """Whether the tint of confidence is drawn."""
        self.picture.cells.set_confidence_shown(shown)

    def set_playhead(self, seconds: float | None) -> None:
        """Position of the playhead in seconds, None hides it; made to be called 60 times a second."""
        self._playhead_s = seconds
        for part in (self.picture, self.time_ruler, self.overview):
            part.set_playhead(seconds)

    def show_selection(self, region: Region | None) -> None:
        """The selection, None for none."""
        if region != self.picture.region:
            self.picture.show_region(region)
            self.readout_line.show_selection(region)
            self._describe()

    def set_loop(self, start_s: float | None, end_s: float | None = None) -> None:
        """Marks the loop on the time ruler, from ``start_s`` to ``end_s``; ``set_loop(None)`` removes it."""
        self.time_ruler.set_loop(None if start_s is None or end_s is None else (start_s, end_s))

    def set_colour_map(self, name: str) -> None:
        """One of ``gui.colour_maps.COLOUR_MAPS``."""
        self._map = name
        self.colour_bar.set_colour_map(name)
        self.picture.set_colours(name, self.colour_bar.levels)

    def set_levels(self, floor_db: float, top_db: float) -> None:
        """Levels in dB of the quietest and the loudest colour."""
        self.colour_bar.set_levels(floor_db, top_db)
        self.picture.set_colours(self._map, self.colour_bar.levels)

    @property
    def levels(self) -> tuple[float, float]:
        """Floor and top in dB."""
        return self.colour_bar.levels

    def set_theme(self, theme: Theme) -> None:
        """Colours of everything but the picture."""
        self._theme = theme
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, QColor(theme.window))
        palette.setColor(QPalette.ColorRole.WindowText, QColor(theme.muted))
        self.setPalette(palette)
        for part in (self.overview, self.time_ruler, self.frequency_ruler, self.picture, self.colour_bar, self.readout_line):
            part.set_theme(theme)

    def set_tool(self, name: Tool) -> None:
        """``select``: a drag selects; ``hand``: a drag moves the picture; the others paint. The middle button moves it with any tool."""
        self.picture.set_tool(name)

    def set_tool_options(self, options: ToolOptions) -> None:
        """Sizes and other settings of the painting tools."""
        self.picture.painting.set_options(options)

    def show_mask(self, mask: Mask | None, regions: Regions = (), active: int | None = None) -> None:
        """All paint; ``regions`` are pairs of a mask and the place of its colour and number, ``active`` the place of the one that tools
        paint into. Without regions the paint is shown by itself. Cheap if nothing has changed."""
        self.picture.painting.show_mask(mask, regions, active)

    def set_mask_shown(self, shown: bool) -> None:
        """Whether paint is drawn; who paints sees it again."""
        self.picture.painting.set_shown(shown)

    @property
    def time_only(self) -> bool:
        """True if selections have the full height."""
        return self.picture.time_only

    @time_only.setter
    def time_only(self, time_only: bool) -> None:
        self.picture.time_only = time_only

    def add_overlay(self, item: QGraphicsItem) -> None:
        """Puts an item over the picture, in frames (right) and mel bands (up)."""
        self.picture.add_overlay(item)

    # The visible part ---------------------------------------------------------------------------------------------------------------

    @property
    def view(self) -> Region:
        """The visible part."""
        return self._view.region

    @property
    def _view(self) -> CanvasView:
        return self.picture.view

    @property
    def picture_rect(self) -> QRectF:
        """The picture in the canvas's coordinates."""
        return QRectF(self.picture.geometry())

    def position_at(self, point: QPointF) -> tuple[float, float] | None:
        """Seconds and Hz under a point of the canvas in logical pixels, None outside of the picture."""
        local = point - self.picture_rect.topLeft()
        if not QRectF(0, 0, self.picture.width(), self.picture.height()).contains(local):
            return None
        frame, band = self.picture.position(local)
        return self._view.seconds_of(frame), self._view.hz_of(band)

    def point_of(self, seconds: float, hz: float) -> QPointF:
        """Where a time and a frequency are on the canvas, in logical pixels; the inverse of ``position_at``."""
        x = self._view.x_of(self._view.frame_of(seconds), self.picture.width())
        y = self._view.y_of(self._view.band_of(hz), self.picture.height())
        return self.picture_rect.topLeft() + QPointF(x, y)

    def zoom_in(self) -> None:
        """Less time, around the playhead if it can be seen."""
        self._set_view(self._view.zoomed_time(ZOOM_STEP, self._zoom_centre()))

    def zoom_out(self) -> None:
        """More time."""
        self._set_view(self._view.zoomed_time(1.0 / ZOOM_STEP, self._zoom_centre()))

    def fit(self) -> None:
        """Everything."""
        self._set_view(self._view.fitted())

    def zoom_to(self, region: Region) -> None:
        """Only a region, as far as the picture reaches."""
        self._set_view(self._view.moved_to(*self._view.bounds_of(region)))

    def pan(self, fraction_time: float, fraction_frequency: float) -> None:
        """Moves by fractions of what is visible; positive is later and higher."""
        self._set_view(self._view.panned(fraction_time * self._view.span_frames, fraction_frequency * self._view.span_bands))

    def _zoom_centre(self) -> float:
        playhead = None if self._playhead_s is None else self._view.frame_of(self._playhead_s)
        if playhead is not None and self._view.start <= playhead <= self._view.end:
            return playhead
        return (self._view.start + self._view.end) / 2

    def _set_view(self, view: CanvasView) -> None:
        if view == self._view:
            return
        self.picture.set_view(view)
        for part in (self.overview, self.time_ruler, self.frequency_ruler):
            part.set_view(view)
        self.set_playhead(self._playhead_s)
        self._describe()
        self.view_changed.emit(view.region)

    def _centre_on(self, frame: float) -> None:
        self._set_view(self._view.panned(frame - (self._view.start + self._view.end) / 2, 0.0))

    # Pointer ------------------------------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The wheel over rulers, overview and picture is the canvas's."""
        if event.type() == QEvent.Type.Wheel:
            self.wheelEvent(event)
            return True
        return super().eventFilter(watched, event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scrolls time, with Ctrl zooms it at the pointer; over the frequency ruler the same with frequency."""
        point = QPointF(self.mapFromGlobal(event.globalPosition()))
        delta = event.angleDelta()
        notches = (delta.y() or -delta.x()) / 120.0
        vertical = self.frequency_ruler.geometry().contains(point.toPoint())
        frame, band = self.picture.position(point - self.picture_rect.topLeft())
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            factor = _WHEEL_ZOOM**notches
            self._set_view(self._view.zoomed_frequency(factor, band) if vertical else self._view.zoomed_time(factor, frame))
        elif vertical:
            self.pan(0.0, notches * _WHEEL_SCROLL)
        else:
            self.pan(-notches * _WHEEL_SCROLL, 0.0)
        event.accept()

    def _point(self, point: QPointF | None) -> None:
        """What is under the pointer, in the picture's coordinates."""
        if point is None and self._pointer is None:
            return
        self._pointer = point
        readout = None if point is None else self._readout(point)
        self.readout_line.show_readout(readout)
        self.colour_bar.show_level(None if readout is None else readout.level_db)
        self.hovered.emit(readout)

    def _readout(self, point: QPointF) -> Readout | None:
        frame, band = self.picture.position(point)
        if not (0 <= frame <= self._view.extent_frames and 0 <= band <= self._view.geometry.bands):
            return None
        hz = self._view.hz_of(band)
        mel = self.picture.mel
        level_db = None if mel is None else mel.level_db(frame, band, self._view.geometry.bands)
        return Readout(self._view.seconds_of(frame), hz, note_name(hz), level_db)

    def _selection_drawn(self, region: Region) -> None:
        self.readout_line.show_selection(region)
        self._describe()
        self.selected.emit(region)

    def _levels_dragged(self, floor_db: float, top_db: float) -> None:
        self.picture.set_colours(self._map, (floor_db, top_db))
        self.levels_changed.emit(floor_db, top_db)

    # Keyboard -----------------------------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """The canvas's own keys come before shortcuts of the window while it has the focus."""
        if event.type() == QEvent.Type.ShortcutOverride and self._uses_key(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the selection, with Shift its end, with Alt the view; Home and End seek; Escape drops or clears."""
        if not self._uses_key(event):
            event.ignore()
        elif event.key() == Qt.Key.Key_Escape:
            self._escape()
        elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.seeked.emit(0.0 if event.key() == Qt.Key.Key_Home else self._view.duration_s)
        elif event.modifiers() & Qt.KeyboardModifier.AltModifier:
            frames, bands = _ARROWS[event.key()]
            self.pan(frames * _KEY_PAN, bands * _KEY_PAN)
        else:
            self._nudge(*_ARROWS[event.key()], bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def _uses_key(self, event: QKeyEvent) -> bool:
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if event.key() == Qt.Key.Key_Escape:
            return self.picture.is_dragging or self.picture.region is not None
        if event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            return modifiers == Qt.KeyboardModifier.NoModifier
        if event.key() not in _ARROWS:
            return False
        if modifiers == Qt.KeyboardModifier.AltModifier:
            return True
        return modifiers in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier) and self.picture.region is not None

    def _escape(self) -> None:
        if self.picture.is_dragging:
            self.picture.drop_gesture()
        else:
            self.show_selection(None)
            self.selected.emit(None)

    def _nudge(self, frames: float, bands: float, stretch: bool) -> None:
        """Moves the selection, or its end and its high edge, by one frame or one band."""
        bounds: Bounds = self._view.bounds_of(self.picture.region)
        changed = (stretched_bounds if stretch else moved_bounds)(bounds, frames, bands, self._view)
        if changed != bounds:
            region = self._view.region_of(changed)
            self.show_selection(region)
            self.selected.emit(region)

    # Files --------------------------------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files are welcome, always as a copy: accepting a move would delete the user's file on Windows."""
        # A take that is dragged out of this window is no sound to import.
        if event.source() is None and accept_copy(event):
            self.picture.set_drop_shown(True)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """The same everywhere."""
        accept_copy(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """The files went elsewhere."""
        self.picture.set_drop_shown(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Tells which files were dropped."""
        self.picture.set_drop_shown(False)
        if accept_copy(event):
            self.paths_dropped.emit(local_paths(event))

    # Screen readers -----------------------------------------------------------------------------------------------------------------

    def _describe(self) -> None:
        """Name and description of what is visible and selected, on the canvas and on the picture that has the focus."""
        view, clock = self.view, self._view.duration_s > 60.0
        text = self.tr("Visible: {0} s to {1} s, {2} to {3}.").format(
            format_time(view.start_s, 2, clock), format_time(view.end_s, 2, clock), format_hz(view.low_hz), format_hz(view.high_hz)
        )
        region = self.picture.region
        chosen = self.tr("No selection.") if region is None else self.tr("Selected: {0}.").format(self.readout_line.selection_text(region))
        for widget in (self, self.picture):
            widget.setAccessibleName(self.tr("Spectrogram"))
            widget.setAccessibleDescription(f"{text} {chosen}")
        canvas_access.tell_value(self.picture, chosen)
