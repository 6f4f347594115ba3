"""The spectrogram canvas: overview, rulers, picture, colour bar and read-out, with everything that a pointer and a keyboard do to them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QGraphicsItem, QGridLayout, QLabel, QWidget

from engine.geometry import Geometry
from engine.masks import Mask
from engine.types import Region, Spectrogram
from gui import canvas_access
from gui.axes import FrequencyRuler, TimeRuler
from gui.canvas_image import MelImage
from gui.canvas_input import CanvasInput
from gui.canvas_painting import Regions
from gui.canvas_picture import PictureView, Tool
from gui.canvas_view import CanvasView
from gui.colour_bar import ColourBar
from gui.colour_maps import DEFAULT_MAP
from gui.overview import Overview
from gui.readout import Readout, ReadoutLine
from gui.theme import DARK, SPACE, Theme
from gui.ticks import format_hz, format_time, note_name
from gui.tools import Ground, ToolOptions

__all__ = ["Readout", "SpectrogramCanvas"]

ZOOM_STEP = 1.5


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
        self.picture.sharpened.connect(self._set_ground)
        self.colour_bar.levels_changed.connect(self._levels_dragged)
        parts = (self.overview, self.time_ruler, self.frequency_ruler, self.picture.viewport())
        self._input = CanvasInput(self, self.picture, self.frequency_ruler, parts)
        self._input.view_asked.connect(self._set_view)
        self._input.seeked.connect(self.seeked)
        self._input.selected.connect(self._select)
        self._input.paths_dropped.connect(self.paths_dropped)

    # What is shown ------------------------------------------------------------------------------------------------------------------

    def show_picture(self, spectrogram: Spectrogram | None, duration_s: float, keep_view: bool = True) -> None:
        """The sound to look at and its length in seconds, None for an empty canvas; cheap enough for every preview of a run."""
        if spectrogram is not self._spectrogram:
            self._spectrogram = spectrogram
            self.picture.show_mel(None if spectrogram is None else MelImage(spectrogram.log_mel))
            self._set_ground()
        geometry = self._view.geometry if spectrogram is None else spectrogram.geometry
        resized = self._view.resized(geometry, duration_s)
        self._set_view(resized if keep_view else resized.fitted())
        self.readout_line.set_clock(self._view.duration_s > 60.0)
        self._point(self._pointer)

    def _set_ground(self) -> None:
        """What is painted on: the picture that is shown, if it has the bands of the masks."""
        mel, spectrogram = self.picture.mel, self._spectrogram
        paintable = mel is not None and mel.rows == spectrogram.geometry.bands
        self.picture.painting.set_ground(Ground(spectrogram.geometry, mel.finest) if paintable else None)

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
        self._set_view(self._view.scrolled(fraction_time, fraction_frequency))

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

    def _select(self, region: Region | None) -> None:
        """The selection by keys."""
        self.show_selection(region)
        self.selected.emit(region)

    def _levels_dragged(self, floor_db: float, top_db: float) -> None:
        self.picture.set_colours(self._map, (floor_db, top_db))
        self.levels_changed.emit(floor_db, top_db)

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
