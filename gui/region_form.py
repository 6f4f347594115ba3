"""The exact numbers of one painted region."""

from __future__ import annotations

import math

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QFrame, QGridLayout, QLabel, QLineEdit, QSpinBox, QWidget

from engine.geometry import Geometry
from engine.session.document import PaintedRegion
from engine.types import Region
from gui.prompt_field import ProjectUndo
from gui.theme import SPACE


class RegionForm(QFrame):
    """Start, end, low, high, strength and prompt of one region. ``bounds_edited`` comes once per number that the user settles."""

    bounds_edited = Signal(object)
    prompt_edited = Signal(str)
    strength_edited = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._geometry = Geometry()
        self._frames = 1
        # Fields show rounded numbers; those that nobody edits keep their exact values.
        self._exact = (0.0, 0.0, 0.0, 0.0)
        self._prompt_shown = ""
        self.start_s = self._seconds(self.tr("Start of the region in seconds"))
        self.end_s = self._seconds(self.tr("End of the region in seconds"))
        self.low_hz = self._hertz(self.tr("Lowest frequency of the region in Hz"), self.tr("0 Hz: open below."))
        self.high_hz = self._hertz(self.tr("Highest frequency of the region in Hz"), self.tr("The largest value: open above."))
        self.strength = self._make_strength()
        self.prompt = self._make_prompt()
        self._arrange()
        self._connect()

    def show_region(self, region: PaintedRegion, geometry: Geometry, frames: int) -> None:
        """Numbers of a region on a picture of ``frames``; tells nobody."""
        self._geometry, self._frames = geometry, frames
        bounds = region.mask.bounds(geometry) or Region(0.0, 0.0)
        values = (bounds.start_s, bounds.end_s, bounds.low_hz, min(bounds.high_hz, geometry.f_max_hz))
        self._exact = values
        limits = (frames * geometry.frame_s,) * 2 + (geometry.f_max_hz,) * 2
        for spin, value, most in zip(self._bounds(), values, limits, strict=True):
            with QSignalBlocker(spin):
                spin.setRange(0.0, most)
                spin.setValue(value)
        with QSignalBlocker(self.strength):
            self.strength.setValue(max(1, round(100 * region.strength)))
        self._prompt_shown = region.prompt
        if self.prompt.text() != region.prompt:
            self.prompt.setText(region.prompt)

    def _bounds(self) -> tuple[QDoubleSpinBox, ...]:
        return self.start_s, self.end_s, self.low_hz, self.high_hz

    def _edited(self, edited: QDoubleSpinBox) -> None:
        """The number that was typed holds; the other end gives way."""
        pairs = zip(self._bounds(), self._exact, strict=True)
        start, end, low, high = (spin.value() if spin is edited else exact for spin, exact in pairs)
        frame_s, f_max = self._geometry.frame_s, self._geometry.f_max_hz
        start, end = _apart(start, end, frame_s, self._frames * frame_s, edited is self.start_s)
        low, high = _apart(low, high, 1.0, f_max, edited is self.low_hz)
        self._exact = (start, end, low, high)
        self.bounds_edited.emit(Region(start, end, low, math.inf if high >= f_max else high))

    def _commit_prompt(self) -> None:
        if self.prompt.text() != self._prompt_shown:
            self._prompt_shown = self.prompt.text()
            self.prompt_edited.emit(self._prompt_shown)

    def _seconds(self, name: str) -> QDoubleSpinBox:
        return self._number(name, 3, 0.1, self.tr(" s"), self.tr("A number that is typed here makes the region a rectangle."))

    def _hertz(self, name: str, more: str) -> QDoubleSpinBox:
        rectangle = self.tr("A number that is typed here makes the region a rectangle.")
        return self._number(name, 0, 100.0, self.tr(" Hz"), f"{more} {rectangle}")

    def _number(self, name: str, decimals: int, step: float, unit: str, told: str) -> QDoubleSpinBox:
        spin = QDoubleSpinBox(self)
        spin.setDecimals(decimals)
        spin.setSingleStep(step)
        spin.setSuffix(unit)
        spin.setKeyboardTracking(False)
        spin.setMinimumWidth(12 * SPACE)
        spin.setAccessibleName(name)
        spin.setAccessibleDescription(told)
        spin.setToolTip(f"{name}. {told}")
        return spin

    def _make_strength(self) -> QSpinBox:
        spin = QSpinBox(self)
        spin.setRange(1, 100)
        spin.setSingleStep(5)
        spin.setSuffix(self.tr(" %"))
        spin.setKeyboardTracking(False)
        told = self.tr("Share of the region's cells that is drawn again. 100 %: all. Less keeps some of what is there.")
        spin.setAccessibleName(self.tr("Strength in per cent"))
        spin.setAccessibleDescription(told)
        spin.setToolTip(told)
        return spin

    def _make_prompt(self) -> QLineEdit:
        line = QLineEdit(self)
        line.setPlaceholderText(self.tr("Same as the main prompt"))
        line.setAccessibleName(self.tr("Prompt of the region"))
        line.setToolTip(self.tr("What shall sound here. Empty: what the main prompt says."))
        line.installEventFilter(ProjectUndo(line))
        return line

    def _arrange(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        grid.setHorizontalSpacing(SPACE)
        grid.setVerticalSpacing(SPACE // 2)
        self._put(grid, 0, 0, self.tr("Start"), self.start_s)
        self._put(grid, 0, 1, self.tr("End"), self.end_s)
        self._put(grid, 2, 0, self.tr("Low"), self.low_hz)
        self._put(grid, 2, 1, self.tr("High"), self.high_hz)
        self._put(grid, 4, 0, self.tr("Own prompt"), self.prompt, 2)
        self._put(grid, 6, 0, self.tr("Strength"), self.strength)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)

    def _put(self, grid: QGridLayout, row: int, column: int, caption: str, control: QWidget, span: int = 1) -> None:
        label = QLabel(caption, self)
        label.setProperty("role", "muted")
        label.setBuddy(control)
        grid.addWidget(label, row, column, 1, span)
        grid.addWidget(control, row + 1, column, 1, span)

    def _connect(self) -> None:
        for spin in self._bounds():
            spin.valueChanged.connect(lambda _, edited=spin: self._edited(edited))
        self.strength.valueChanged.connect(lambda value: self.strength_edited.emit(value / 100))
        self.prompt.editingFinished.connect(self._commit_prompt)


def _apart(first: float, last: float, least: float, limit: float, first_holds: bool) -> tuple[float, float]:
    """Both inside 0..limit and at least so far apart; one of them holds if there is room behind it."""
    if last - first >= least:
        return first, last
    first = max(0.0, min(first, limit - least) if first_holds else last - least)
    return first, max(last, first + least)
