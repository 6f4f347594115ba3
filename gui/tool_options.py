"""The row of numbers that belong to the present tool, and one line on how it is used."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from engine.geometry import Geometry
from gui.theme import SPACE
from gui.ticks import format_hz
from gui.tools import HEIGHTS_BANDS, OVERTONES, ROUND_TOOLS, TOLERANCES_DB, WIDTHS_S, ToolOptions

_EXAMPLE_HZ = 1000.0


class OneLine(QLabel):
    """A label that ends in dots where there is no room, and tells all of its text in the tooltip."""

    def minimumSizeHint(self) -> QSize:
        """May become very narrow."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """As much as fits."""
        painter = QPainter(self)
        line = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        self.setToolTip(self.text() if line != self.text() else "")
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, line)
        painter.end()


class ToolOptionsBar(QWidget):
    """Name of the tool, its numbers, its keys; ``changed`` carries the whole ``ToolOptions`` after an edit by the user."""

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Options of the tool"))
        self._options = ToolOptions()
        self._tool = "select"
        self._geometry = Geometry()
        self._name = QLabel(self)
        self._hint = OneLine(self)
        self._hint.setProperty("role", "muted")
        self._example = QLabel(self)
        self._example.setProperty("role", "muted")
        self._captions: dict[str, QLabel] = {}
        self._spins: dict[str, QDoubleSpinBox] = {}
        self._build_spins()
        self._arrange()
        self.show_tool("select")

    @property
    def options(self) -> ToolOptions:
        """What is shown."""
        return self._options

    def spin(self, name: str) -> QDoubleSpinBox:
        """The field of ``width_s``, ``height_bands``, ``hardness``, ``overtones`` or ``tolerance_db``; KeyError for other names."""
        return self._spins[name]

    def show_tool(self, tool: str) -> None:
        """Numbers and hint of another tool."""
        self._tool = tool
        self._name.setText(self.titles()[tool])
        self._hint.setText(self.hints()[tool])
        shown = self._shown_fields()
        for name, spin in self._spins.items():
            spin.setVisible(name in shown)
            self._captions[name].setVisible(name in shown)
        self._example.setVisible("height_bands" in shown)
        self._show_values()

    def show_options(self, options: ToolOptions) -> None:
        """Other values; tells nobody."""
        self._options = options
        self._show_values()

    def set_geometry(self, geometry: Geometry) -> None:
        """The picture whose bands and frames are meant."""
        self._geometry = geometry
        self._show_values()

    def titles(self) -> dict[str, str]:
        """Tool -> its name."""
        return {
            "select": self.tr("Select"),
            "hand": self.tr("Hand"),
            "brush": self.tr("Brush"),
            "eraser": self.tr("Eraser"),
            "rectangle": self.tr("Rectangle"),
            "lasso": self.tr("Lasso"),
            "time_stripe": self.tr("Time stripe"),
            "band_stripe": self.tr("Frequency stripe"),
            "harmonics": self.tr("Harmonics brush"),
            "wand": self.tr("Magic wand"),
            "move": self.tr("Move the paint"),
        }

    def hints(self) -> dict[str, str]:
        """Tool -> how it is used, in one line."""
        combine = self.tr("Shift adds, Alt or Ctrl takes away.")
        erase = self.tr("Alt or Ctrl erases.")
        return {
            "select": self.tr("Drag to select a span of time and frequency. Click to move the playhead."),
            "hand": self.tr("Drag to move the view. The middle button does so with every tool."),
            "brush": self.tr("Drag to paint what shall be drawn again.") + " " + erase,
            "eraser": self.tr("Drag to take paint away."),
            "rectangle": self.tr("Drag a rectangle.") + " " + combine,
            "lasso": self.tr("Draw around a place.") + " " + combine,
            "time_stripe": self.tr("Drag a span of time, all frequencies.") + " " + combine,
            "band_stripe": self.tr("Drag a band of frequencies, the whole length.") + " " + combine,
            "harmonics": self.tr("Drag along a fundamental; its overtones are painted as well.") + " " + erase,
            "wand": self.tr("Click a place: everything about as loud that hangs together with it.") + " " + combine,
            "move": self.tr("Drag to move the paint of the active region."),
        }

    def _shown_fields(self) -> tuple[str, ...]:
        if self._tool in ROUND_TOOLS:
            return ("width_s", "height_bands", "hardness", *(("overtones",) if self._tool == "harmonics" else ()))
        return ("tolerance_db",) if self._tool == "wand" else ()

    def _show_values(self) -> None:
        shape = self._options.shape(self._tool)
        values = {"overtones": self._options.overtones, "tolerance_db": self._options.tolerance_db}
        if shape is not None:
            values |= {"width_s": shape.width_s, "height_bands": shape.height_bands, "hardness": 100 * shape.hardness}
            self._example.setText(self._height_hz(shape.height_bands))
        for name, value in values.items():
            with QSignalBlocker(self._spins[name]):
                self._spins[name].setValue(value)

    def _height_hz(self, bands: float) -> str:
        """Bands are narrow below and wide above, so their height in Hz is told at one place."""
        centre = float(self._geometry.hz_to_position(_EXAMPLE_HZ)) - 0.5
        low, high = self._geometry.band_to_hz(centre - bands / 2), self._geometry.band_to_hz(centre + bands / 2)
        return self.tr("≈ {0} at {1}").format(format_hz(max(1.0, high - max(0.0, low))), format_hz(_EXAMPLE_HZ))

    def _edited(self, name: str, value: float) -> None:
        if name == "overtones":
            self._options = replace(self._options, overtones=round(value))
        elif name == "tolerance_db":
            self._options = replace(self._options, tolerance_db=value)
        else:
            shape = replace(self._options.shape(self._tool), **{name: value / 100 if name == "hardness" else value})
            self._options = replace(self._options, **{self._tool: shape})
        self._show_values()
        self.changed.emit(self._options)

    def _build_spins(self) -> None:
        keys = self.tr("All sizes together: [ and ]")
        edge = self.tr("100 %: sharp. 0 %: soft from the middle on.")
        louder = self.tr("How much louder or quieter than the place under the pointer.")
        self._add("width_s", self.tr("Width"), self.tr("Width of the brush in seconds"), keys)
        self._add("height_bands", self.tr("Height"), self.tr("Height of the brush in mel bands"), keys)
        self._add("hardness", self.tr("Hardness"), self.tr("Hardness of the edge in per cent"), edge)
        self._add("overtones", self.tr("Overtones"), self.tr("Number of overtones above the fundamental"), "")
        self._add("tolerance_db", self.tr("Tolerance"), self.tr("Tolerance of the magic wand in decibels"), louder)
        self._set("width_s", WIDTHS_S, 0.05, 2, self.tr(" s"), 11)
        self._set("height_bands", HEIGHTS_BANDS, 1.0, 1, self.tr(" bands"), 15)
        self._set("hardness", (0, 100), 10, 0, self.tr(" %"), 10)
        self._set("overtones", OVERTONES, 1, 0, "", 8)
        self._set("tolerance_db", TOLERANCES_DB, 1.0, 1, self.tr(" dB"), 12)

    def _add(self, name: str, caption: str, told: str, more: str) -> None:
        spin = QDoubleSpinBox(self)
        spin.setKeyboardTracking(False)
        spin.setAccessibleName(told)
        spin.setToolTip(f"{told}. {more}" if more else told)
        spin.valueChanged.connect(lambda value: self._edited(name, value))
        label = QLabel(caption, self)
        label.setProperty("role", "muted")
        label.setBuddy(spin)
        self._captions[name], self._spins[name] = label, spin

    def _set(self, name: str, limits: tuple[float, float], step: float, decimals: int, unit: str, units_wide: int) -> None:
        spin = self._spins[name]
        with QSignalBlocker(spin):
            spin.setDecimals(decimals)
            spin.setRange(*limits)
            spin.setSingleStep(step)
            spin.setSuffix(unit)
        spin.setFixedWidth(units_wide * SPACE)

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE, 0, SPACE, 0)
        row.setSpacing(SPACE)
        self._name.setMinimumWidth(16 * SPACE)
        row.addWidget(self._name)
        for name, spin in self._spins.items():
            row.addWidget(self._captions[name])
            row.addWidget(spin)
            if name == "height_bands":
                row.addWidget(self._example)
            row.addSpacing(SPACE)
        row.addWidget(self._hint, 1)
        self._hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setFixedHeight(5 * SPACE)
