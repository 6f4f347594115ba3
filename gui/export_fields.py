"""Groups of the export dialog: what, format, level. Each shows a part of the settings and tells it back."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from engine.export.settings import LIMITS, SUBTYPES, ExportSettings, possible_rates
from engine.session.document import TakeEntry
from engine.types import Region
from gui.theme import SPACE

_LABEL_WIDTH = 12 * SPACE
_LONGEST_NAME = 34


class Group(QFrame):
    """A card with a heading and rows of labelled controls; ``changed`` only for what the user does."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "card")
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        self._heading = QLabel()
        self._heading.setProperty("role", "section")
        column.addWidget(self._heading)
        self._rows = QGridLayout()
        self._rows.setHorizontalSpacing(SPACE)
        self._rows.setVerticalSpacing(SPACE)
        self._rows.setColumnMinimumWidth(0, _LABEL_WIDTH)
        self._rows.setColumnStretch(1, 1)
        column.addLayout(self._rows)
        column.addStretch(1)

    def set_heading(self, text: str) -> None:
        """The title of the card."""
        self._heading.setText(text)

    def add_row(self, text: str, control: QWidget, hint: str, beside: QWidget | None = None) -> QLabel:
        """A control with its label; ``hint`` is the tooltip."""
        label = QLabel(text)
        label.setProperty("role", "muted")
        label.setBuddy(control)
        control.setAccessibleName(text)
        control.setToolTip(hint)
        row = self._rows.rowCount()
        self._rows.addWidget(label, row, 0)
        self._rows.addWidget(control, row, 1, 1, 2 if beside is None else 1)
        if beside is not None:
            self._rows.addWidget(beside, row, 2)
        return label

    def add_wide(self, control: QWidget, hint: str) -> None:
        """A control that says by itself what it is."""
        control.setToolTip(hint)
        self._rows.addWidget(control, self._rows.rowCount(), 0, 1, 3)

    def report(self, *_: Any) -> None:
        """Tells that something was changed, whatever it was."""
        self.changed.emit()

    def number(self, name: str, unit: str, step: float) -> QDoubleSpinBox:
        """A field for the setting ``name``."""
        box = QDoubleSpinBox()
        box.setRange(*LIMITS[name])
        box.setDecimals(1 if step < 1 else 0)
        box.setSingleStep(step)
        box.setSuffix(f" {unit}")
        box.setStepType(QAbstractSpinBox.StepType.DefaultStepType)
        box.valueChanged.connect(self.report)
        return box


class WhatGroup(Group):
    """Which takes: the one on the canvas, its selection, the starred ones, all."""

    def __init__(self) -> None:
        super().__init__()
        self.set_heading(self.tr("What"))
        self.entries: tuple[TakeEntry, ...] = ()
        self.current: TakeEntry | None = None
        self.region: Region | None = None
        self.buttons = {name: QRadioButton() for name in ("take", "selection", "starred", "all")}
        hints = {
            "take": self.tr("The take on the canvas, from its beginning to its end"),
            "selection": self.tr("Only the selected span and band of the take on the canvas"),
            "starred": self.tr("Every take with a star, a file for each"),
            "all": self.tr("Every take of the project, a file for each"),
        }
        self._group = QButtonGroup(self)
        for name, button in self.buttons.items():
            self._group.addButton(button)
            self.add_wide(button, hints[name])
            button.clicked.connect(self.report)

    def show_takes(self, entries: tuple[TakeEntry, ...], current: TakeEntry | None, region: Region | None) -> None:
        """What there is to choose from; the selection is chosen if there is one, otherwise the take on the canvas."""
        self.entries, self.current, self.region = entries, current, region
        texts = {
            "take": self.tr("This take: {}").format(_shortened(current.name)) if current else self.tr("This take"),
            "selection": self.tr("Selection: {}").format(self._span(region)) if region else self.tr("Selection"),
            "starred": self.tr("Starred takes ({})").format(len(self._starred())),
            "all": self.tr("All takes ({})").format(len(entries)),
        }
        for name, button in self.buttons.items():
            button.setText(texts[name])
            button.setAccessibleName(texts[name])
            button.setEnabled(bool(self._choice(name)[0]))
        order = ("selection", "take", "all")
        self.choose(next((name for name in order if self.buttons[name].isEnabled()), "all"))

    def choose(self, name: str) -> None:
        """Chooses "take", "selection", "starred" or "all" without reporting it."""
        if self.buttons[name].isEnabled():
            self.buttons[name].setChecked(True)

    def focus_chosen(self) -> None:
        """The keyboard begins at what is chosen."""
        for button in self.buttons.values():
            if button.isChecked():
                button.setFocus()

    def chosen(self) -> tuple[tuple[TakeEntry, ...], Region | None]:
        """The takes, and the piece of them."""
        return self._choice(next((name for name, button in self.buttons.items() if button.isChecked()), ""))

    def _choice(self, name: str) -> tuple[tuple[TakeEntry, ...], Region | None]:
        mine = (self.current,) if self.current else ()
        choices = {
            "take": (mine, None),
            "selection": (mine if self.region else (), self.region),
            "starred": (self._starred(), None),
            "all": (self.entries, None),
        }
        return choices.get(name, ((), None))

    def _starred(self) -> tuple[TakeEntry, ...]:
        return tuple(entry for entry in self.entries if entry.starred)

    def _span(self, region: Region) -> str:
        number = self.locale().toString
        span = self.tr("{} s to {} s").format(number(float(region.start_s), "f", 2), number(float(region.end_s), "f", 2))
        if region.whole_band:
            return span
        low = number(float(region.low_hz), "f", 0)
        high = self.tr("the top") if region.high_hz == float("inf") else self.tr("{} Hz").format(number(float(region.high_hz), "f", 0))
        return self.tr("{}, {} Hz to {}").format(span, low, high)


class FormatGroup(Group):
    """File format, sample format, rate, dither and loop; only what fits together can be chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.set_heading(self.tr("Format"))
        self.format, self.subtype, self.rate = QComboBox(), QComboBox(), QComboBox()
        for name, text in {"wav": "WAV", "flac": "FLAC", "ogg": "Ogg", "mp3": "MP3"}.items():
            self.format.addItem(text, name)
        self.dither = QCheckBox(self.tr("Dither"))
        self.loop = QCheckBox(self.tr("Loop in samplers"))
        self.add_row(self.tr("File"), self.format, self.tr("WAV carries all metadata, FLAC is smaller, Ogg and MP3 lose quality"))
        self.add_row(self.tr("Samples"), self.subtype, self.tr("How exactly each sample is stored"))
        self.add_row(self.tr("Sample rate"), self.rate, self.tr("The sound is converted to this rate"))
        self.add_wide(self.dither, self.tr("Adds noise of half a step, so that quiet sounds do not distort at 16 bit"))
        self.add_wide(self.loop, self.tr("Tells samplers to repeat the whole sound (WAV only)"))
        self.format.currentIndexChanged.connect(self._format_chosen)
        self.subtype.currentIndexChanged.connect(self._subtype_chosen)
        self.rate.currentIndexChanged.connect(self.report)
        self.dither.toggled.connect(self.report)
        self.loop.toggled.connect(self.report)

    def show_settings(self, settings: ExportSettings) -> None:
        """Shows without reporting."""
        with QSignalBlocker(self):
            choose(self.format, settings.format)
            self._offer_subtypes(settings.subtype)
            self._offer_rates(settings.sample_rate)
            self.dither.setChecked(settings.dither)
            self.loop.setChecked(settings.loop)

    def part(self) -> dict[str, Any]:
        """What is chosen here."""
        return {
            "format": self.format.currentData(),
            "subtype": self.subtype.currentData(),
            "sample_rate": self.rate.currentData(),
            "dither": self.dither.isChecked(),
            "loop": self.loop.isChecked(),
        }

    def _format_chosen(self) -> None:
        self._offer_subtypes(self.subtype.currentData())
        self._offer_rates(self.rate.currentData())
        self.changed.emit()

    def _subtype_chosen(self) -> None:
        self._offer_rates(self.rate.currentData())
        self.changed.emit()

    def _offer_subtypes(self, wanted: str | None) -> None:
        texts = {
            "pcm16": self.tr("16 bit"),
            "pcm24": self.tr("24 bit"),
            "float32": self.tr("32 bit float"),
            "vorbis": self.tr("Vorbis, best quality"),
            "opus": self.tr("Opus"),
            "mp3": self.tr("320 kbit/s, constant"),
        }
        with QSignalBlocker(self.subtype):
            self.subtype.clear()
            for name in SUBTYPES[self.format.currentData()]:
                self.subtype.addItem(texts[name], name)
            choose(self.subtype, wanted)
        self.loop.setEnabled(self.format.currentData() == "wav")

    def _offer_rates(self, wanted: int | None) -> None:
        with QSignalBlocker(self.rate):
            self.rate.clear()
            for rate in possible_rates(self.format.currentData(), self.subtype.currentData()):
                self.rate.addItem(self.tr("{} kHz").format(self.locale().toString(rate / 1000, "g", 4)), rate)
            if not choose(self.rate, wanted):
                choose(self.rate, 48000)
        self.dither.setEnabled(self.subtype.currentData() == "pcm16")


class LevelGroup(Group):
    """Loudness and fades."""

    def __init__(self) -> None:
        super().__init__()
        self.set_heading(self.tr("Level"))
        self.mode = QComboBox()
        for name, text in {"off": self.tr("Leave as it is"), "peak": self.tr("True peak"), "lufs": self.tr("Loudness")}.items():
            self.mode.addItem(text, name)
        self.lufs = self.number("lufs", self.tr("LUFS"), 0.5)
        self.peak = self.number("peak_db", self.tr("dBTP"), 0.5)
        self.fade_in = self.number("fade_in_ms", self.tr("ms"), 1)
        self.fade_out = self.number("fade_out_ms", self.tr("ms"), 1)
        self.add_row(self.tr("Normalise"), self.mode, self.tr("True peak: as loud as it goes. Loudness: as loud as other sounds"))
        self.add_row(self.tr("Loudness"), self.lufs, self.tr("Integrated loudness after EBU R 128; games and television use -23 LUFS"))
        self.add_row(self.tr("Peak at most"), self.peak, self.tr("Greatest value between the samples; -1 dBTP is safe for every encoder"))
        fades = QWidget()
        row = QHBoxLayout(fades)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        for control, name in ((self.fade_in, self.tr("Fade in")), (self.fade_out, self.tr("Fade out"))):
            row.addWidget(control, 1)
            control.setAccessibleName(name)
            control.setToolTip(self.tr("{}, in milliseconds").format(name))
        label = self.add_row(self.tr("Fade in, out"), fades, self.tr("Fades at the beginning and at the end of each file"))
        label.setBuddy(self.fade_in)
        self.mode.currentIndexChanged.connect(self._mode_chosen)

    def show_settings(self, settings: ExportSettings) -> None:
        """Shows without reporting."""
        with QSignalBlocker(self):
            choose(self.mode, settings.loudness)
            self.lufs.setValue(settings.lufs)
            self.peak.setValue(settings.peak_db)
            self.fade_in.setValue(settings.fade_in_ms)
            self.fade_out.setValue(settings.fade_out_ms)
            self._mode_chosen()

    def part(self) -> dict[str, Any]:
        """What is chosen here."""
        return {
            "loudness": self.mode.currentData(),
            "lufs": self.lufs.value(),
            "peak_db": self.peak.value(),
            "fade_in_ms": self.fade_in.value(),
            "fade_out_ms": self.fade_out.value(),
        }

    def _mode_chosen(self) -> None:
        self.lufs.setEnabled(self.mode.currentData() == "lufs")
        self.peak.setEnabled(self.mode.currentData() != "off")
        self.changed.emit()


def choose(box: QComboBox, data: Any) -> bool:
    """Shows the item of that data; False if there is none."""
    index = box.findData(data)
    if index >= 0:
        box.setCurrentIndex(index)
    return index >= 0


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 1].rstrip()}…"
