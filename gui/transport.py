"""Transport bar: play, loop, A/B, time, level, volume and the sound output."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, log10

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from gui.icons import icon
from gui.meter import LevelMeter
from gui.output import DeviceInfo
from gui.theme import SPACE, Theme

_VOLUME_STEPS_PER_DB = 2
_QUIETEST_DB = -60
_NAME_WIDTH = 16 * SPACE
_HALF_PADDING = 3 * SPACE
_FIELD_LEFT = SPACE + 2
_ARROW_ROOM = 3 * SPACE + 2


def time_text(seconds: float) -> str:
    """``m:ss.mmm``, hours added to the minutes."""
    total_ms = round(max(0.0, seconds) * 1000)
    return f"{total_ms // 60000}:{total_ms // 1000 % 60:02d}.{total_ms % 1000:03d}"


def gain_of(step: int) -> float:
    """Linear gain of a step of the volume slider; step 0 is silence."""
    return 0.0 if step <= 0 else 10 ** ((step / _VOLUME_STEPS_PER_DB + _QUIETEST_DB) / 20)


def step_of(gain: float) -> int:
    """Step of the volume slider nearest to a linear gain."""
    return 0 if gain <= 0 else max(0, round((20 * log10(min(gain, 1.0)) - _QUIETEST_DB) * _VOLUME_STEPS_PER_DB))


class _Half(QPushButton):
    """One half of the A/B switch: shortens the name to the room that there is."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._whole = ""
        self.setProperty("role", "quiet")
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str) -> None:
        """Letter and name."""
        if text != self._whole:
            self._whole = text
            self._shorten()
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Room for the whole text, within reason."""
        width = self.fontMetrics().horizontalAdvance(self._whole)
        return QSize(min(width, _NAME_WIDTH) + _HALF_PADDING + SPACE // 2, super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shortens anew."""
        super().resizeEvent(event)
        self._shorten()

    def _shorten(self) -> None:
        room = max(self.width() - _HALF_PADDING, 0)
        self.setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, room).replace("&", "&&"))


class _Outputs(QComboBox):
    """A list of long names in little room."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)

    def showPopup(self) -> None:
        """With room for the whole names."""
        self.view().setMinimumWidth(self.view().sizeHintForColumn(0) + 3 * SPACE)
        super().showPopup()

    def sizeHint(self) -> QSize:
        """As wide as it may be."""
        return QSize(self.maximumWidth(), super().sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """With the current name shortened at its end."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        field = self.rect().adjusted(_FIELD_LEFT, 0, -_ARROW_ROOM, 0)
        text = self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, field.width())
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawItemText(field, flags, self.palette(), self.isEnabled(), text, QPalette.ColorRole.Text)


class TransportBar(QWidget):
    """One row. ``stopped`` asks to stop and go to the start; ``device_chosen`` carries a device name or None for the system's choice."""

    play_toggled = Signal()
    stopped = Signal()
    loop_toggled = Signal(bool)
    loop_selection = Signal()
    selection_played = Signal()
    ab_toggled = Signal()
    volume_changed = Signal(float)
    muted = Signal(bool)
    device_chosen = Signal(object)
    devices_refreshed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transportBar")
        self._which = "A"
        self._has_selection = False
        self._make_buttons()
        self._make_ab()
        self._make_readouts()
        self._make_volume()
        self._make_devices()
        self._arrange()
        self.show_state(False, 0.0, 0.0)
        self.show_ab(False, "A", "", "")
        self.show_volume(1.0, False)
        self.show_devices([], None)

    # What is shown; none of this tells that the user wants something.

    def show_state(self, playing: bool, position_s: float, duration_s: float) -> None:
        """Whether it plays, the playhead and the length in seconds."""
        if self._play.property("playing") != playing:
            self._play.setProperty("playing", playing)
            self._play.setIcon(icon("stop" if playing else "play", "on_accent"))
            self._play.setAccessibleName(self.tr("Stop") if playing else self.tr("Play"))
            self._play.setToolTip(self.tr("Stop (Space)") if playing else self.tr("Play (Space)"))
        if self._play.isEnabled() != (duration_s > 0):
            for button in (self._play, self._start, self._loop):
                button.setEnabled(duration_s > 0)
            self._enable_selection(duration_s > 0)
        self._time.setText(time_text(position_s))
        self._length.setText("/ " + time_text(duration_s))

    def show_levels(self, peak_db: tuple[float, ...], rms_db: tuple[float, ...]) -> None:
        """Levels per channel in dBFS."""
        self._meter.show_levels(peak_db, rms_db)

    def show_ab(self, available: bool, which: str, name_a: str, name_b: str) -> None:
        """Which of the two takes is heard, and their names; not available where there is nothing to compare with."""
        self._which = which
        for letter, button, name in (("A", self._a, name_a), ("B", self._b, name_b)):
            button.show_text(f"{letter}  {name}" if name else letter)
            button.setEnabled(available)
            button.setChecked(available and which == letter)
            button.setAccessibleName(
                self.tr("Listen to {0}: {1}").format(letter, name) if name else self.tr("Listen to {0}").format(letter)
            )
            button.setToolTip(self._ab_hint(available, letter, name))

    def set_loop_state(self, looping: bool, span_s: tuple[float, float] | None, has_selection: bool) -> None:
        """Whether it loops, over which span (None: everything), and whether there is a selection to loop or play."""
        self._loop.setChecked(looping)
        self._loop_selection.setChecked(looping and span_s is not None)
        span = self.tr("{0} to {1}").format(*map(time_text, span_s)) if span_s else self.tr("everything")
        self._loop.setToolTip(self.tr("Loop: {0} (L)").format(span) if looping else self.tr("Loop (L)"))
        self._has_selection = has_selection
        self._enable_selection(self._play.isEnabled())

    def show_volume(self, gain: float, muted: bool) -> None:
        """Linear gain 0..1."""
        blockers = QSignalBlocker(self._volume), QSignalBlocker(self._mute)
        self._volume.setValue(step_of(gain))
        self._mute.setChecked(muted)
        del blockers
        self._show_volume_text()

    def show_devices(self, devices: list[DeviceInfo], current: str | None) -> None:
        """All sound outputs and the name of the chosen one, None for the system's choice."""
        blocker = QSignalBlocker(self._devices)
        self._devices.clear()
        if not devices:
            self._devices.addItem(self.tr("No sound output"), None)
        else:
            self._devices.addItem(self.tr("System default"), None)
            for device in devices:
                self._devices.addItem(device.name, device.name)
        self._devices.setCurrentIndex(max(0, self._devices.findData(current)) if current else 0)
        self._devices.setEnabled(bool(devices))
        self._devices.setToolTip(self.tr("Sound output: {0}").format(self._devices.currentText()))
        del blocker

    def set_theme(self, theme: Theme) -> None:
        """Colours of the meter."""
        self._meter.set_theme(theme)

    # How it is built.

    def _make_buttons(self) -> None:
        self._play = self._button("play", self.tr("Play"), self.tr("Play (Space)"), self.play_toggled)
        self._play.setProperty("role", "primary")
        self._play.setProperty("playing", None)
        self._play.setFixedSize(6 * SPACE, 4 * SPACE)
        self._start = self._button("previous", self.tr("To the start"), self.tr("Stop and go to the start (Home)"), self.stopped)
        self._loop = self._button("loop", self.tr("Loop"), self.tr("Loop (L)"), self.loop_toggled, checkable=True)
        self._loop_selection = self._button(
            "loop-selection",
            self.tr("Loop the selection"),
            self.tr("Loop the selection (Shift+L)"),
            self._ask_loop_selection,
            checkable=True,
        )
        self._selection = self._button(
            "hear",
            self.tr("Play the selection"),
            self.tr("Play only the selected time and frequencies (Shift+Space)"),
            self.selection_played,
        )

    def _button(self, picture: str, name: str, hint: str, wanted: SignalInstance | Callable, checkable: bool = False) -> QPushButton:
        button = QPushButton(self)
        button.setIcon(icon(picture))
        button.setProperty("role", "icon")
        button.setObjectName(picture)
        button.setAccessibleName(name)
        button.setToolTip(hint)
        button.setCheckable(checkable)
        button.clicked.connect(wanted)
        return button

    def _make_ab(self) -> None:
        self._ab = QFrame(self)
        self._ab.setObjectName("abSwitch")
        row = QHBoxLayout(self._ab)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE // 2)
        self._a, self._b = _Half(self._ab), _Half(self._ab)
        for letter, button in (("A", self._a), ("B", self._b)):
            button.setObjectName(f"half{letter}")
            button.clicked.connect(lambda _=False, wanted=letter: self._choose_half(wanted))
            row.addWidget(button)

    def _make_readouts(self) -> None:
        self._time, self._length = QLabel(self), QLabel(self)
        for label, role, name in ((self._time, "value", self.tr("Position")), (self._length, "muted", self.tr("Length"))):
            label.setProperty("role", role)
            label.setAccessibleName(name)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self._time.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._time.setFixedWidth(self.fontMetrics().horizontalAdvance("000:00.000"))
        self._length.setMinimumWidth(self.fontMetrics().horizontalAdvance("/ 00:00.000"))
        self._meter = LevelMeter(self)

    def _make_volume(self) -> None:
        self._mute = self._button("speaker", self.tr("Mute"), self.tr("Mute"), self.muted, checkable=True)
        self._mute.toggled.connect(lambda _: self._show_volume_text())
        self._volume = QSlider(Qt.Orientation.Horizontal, self)
        self._volume.setObjectName("volume")
        self._volume.setRange(0, -_QUIETEST_DB * _VOLUME_STEPS_PER_DB)
        self._volume.setPageStep(6 * _VOLUME_STEPS_PER_DB)
        self._volume.setMinimumWidth(8 * SPACE)
        self._volume.setMaximumWidth(12 * SPACE)
        self._volume.setAccessibleName(self.tr("Volume in dB"))
        self._volume.setToolTip(self.tr("Volume of listening; exported files do not change"))
        self._volume.valueChanged.connect(self._turn_volume)
        self._volume_text = QLabel(self)
        self._volume_text.setProperty("role", "muted")
        self._volume_text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._volume_text.setFixedWidth(self.fontMetrics().horizontalAdvance("−00.0 dB"))

    def _make_devices(self) -> None:
        self._devices = _Outputs(self)
        self._devices.setObjectName("soundOutput")
        self._devices.setAccessibleName(self.tr("Sound output"))
        self._devices.setMaximumWidth(20 * SPACE)
        self._devices.activated.connect(lambda index: self.device_chosen.emit(self._devices.itemData(index)))
        self._refresh = self._button(
            "reset", self.tr("Look for sound outputs"), self.tr("Look for sound outputs again; playing stops"), self.devices_refreshed
        )

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        row.setSpacing(SPACE // 2)
        for widget in (self._play, self._start, self._loop, self._loop_selection, self._selection):
            row.addWidget(widget)
        for group in ((self._time, self._length), (self._ab,)):
            row.addSpacing(SPACE)
            for widget in group:
                row.addWidget(widget)
        row.addStretch(1)
        for group in ((self._meter,), (self._mute, self._volume, self._volume_text), (self._devices, self._refresh)):
            row.addSpacing(SPACE)
            for widget in group:
                row.addWidget(widget)

    # What the user does.

    def _choose_half(self, letter: str) -> None:
        """The half that is heard already stays pressed; the other one waits until it is shown as heard."""
        self._a.setChecked(self._which == "A")
        self._b.setChecked(self._which == "B")
        if letter != self._which:
            self.ab_toggled.emit()

    def _ask_loop_selection(self, checked: bool) -> None:
        """A second click ends the loop."""
        if checked:
            self.loop_selection.emit()
        else:
            self.loop_toggled.emit(False)

    def _turn_volume(self, step: int) -> None:
        self._show_volume_text()
        self.volume_changed.emit(gain_of(step))

    def _show_volume_text(self) -> None:
        muted = self._mute.isChecked()
        self._mute.setIcon(icon("mute" if muted else "speaker"))
        gain = 0.0 if muted else gain_of(self._volume.value())
        level = 20 * log10(gain) if gain > 0 else -inf
        text = self.tr("silent") if level == -inf else self.tr("{0} dB").format(f"{level:.1f}".replace("-", "−").replace("−0.0", "0.0"))
        self._volume_text.setText(text)

    def _enable_selection(self, has_sound: bool) -> None:
        self._loop_selection.setEnabled(has_sound and self._has_selection)
        self._selection.setEnabled(has_sound and self._has_selection)

    def _ab_hint(self, available: bool, letter: str, name: str) -> str:
        if not available:
            return self.tr("Choose a second take to compare with (A/B)")
        return self.tr("Listen to {0} at the same position: {1} (C)").format(letter, name)
