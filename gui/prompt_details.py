"""The row below the prompt (what to avoid, reference, seed, length, variations) and the panel with further settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from engine.session.document import Document
from engine.types import MAX_DURATION_S, SamplingSettings
from gui.icons import icon
from gui.prompt_field import ProjectUndo
from gui.reference_slot import ReferenceSlot
from gui.seed_field import SeedField
from gui.theme import SPACE

MOST_VARIATIONS = 4
SHORTEST_S = 0.5


def captioned(caption: str, control: QWidget) -> QWidget:
    """A control with its name above it."""
    cell = QWidget()
    label = QLabel(caption or " ", cell)
    label.setProperty("role", "muted")
    label.setBuddy(control)
    column = QVBoxLayout(cell)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(SPACE // 2)
    column.addWidget(label)
    column.addWidget(control)
    return cell


class CountChoice(QWidget):
    """One to four variations, one segment each; arrow keys move."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for number in range(1, MOST_VARIATIONS + 1):
            row.addWidget(self._segment(number))
        self.show_count(1)
        self._group.idToggled.connect(lambda number, on: on and self.chosen.emit(number))

    def show_count(self, count: int) -> None:
        """Shows the number; tells nobody. Numbers beyond four leave all segments free."""
        with QSignalBlocker(self._group):
            self._group.setExclusive(False)
            for button in self._group.buttons():
                button.setChecked(self._group.id(button) == count)
            self._group.setExclusive(True)

    def _segment(self, number: int) -> QPushButton:
        button = QPushButton(str(number), self)
        button.setCheckable(True)
        button.setProperty("role", "icon")
        told = self.tr("%n variation(s) from one run", "", number)
        button.setAccessibleName(told)
        button.setToolTip(told)
        self._group.addButton(button, number)
        return button


@dataclass(frozen=True)
class _Setting:
    """A sampling setting as people read it; ``step`` 1 with 0 decimals is a whole number."""

    name: str
    label: str
    told: str
    low: float
    high: float
    step: float
    decimals: int


class SettingRow(QWidget):
    """One number with its explanation and the way back to the pack's own value."""

    edited = Signal(str, object)

    def __init__(self, setting: _Setting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._setting = setting
        self._default: float = setting.low
        self._spin = self._make_spin()
        self._reset = QPushButton(icon("undo"), "", self)
        self._reset.setProperty("role", "icon")
        self._reset.setAccessibleName(self.tr("%1: back to the pack's value").replace("%1", setting.label))
        self._reset.clicked.connect(self._go_back)
        self._arrange()
        self._spin.valueChanged.connect(self._changed)

    def show_value(self, value: float) -> None:
        """Shows the value; tells nobody."""
        with QSignalBlocker(self._spin):
            self._spin.setValue(value)
        self._offer()

    def set_default(self, value: float) -> None:
        """The value that the pack asks for."""
        self._default = value
        self._reset.setToolTip(self.tr("Back to the pack's value, %1").replace("%1", self._spin.textFromValue(value)))
        self._offer()

    def commit(self) -> None:
        """Takes over a number that is still being typed."""
        self._spin.interpretText()

    def _changed(self, value: float) -> None:
        self._offer()
        self.edited.emit(self._setting.name, value)

    def _go_back(self) -> None:
        self._spin.setValue(self._default)

    def _offer(self) -> None:
        self._reset.setEnabled(abs(self._spin.value() - self._default) > 1e-9)

    def _make_spin(self) -> QSpinBox | QDoubleSpinBox:
        setting = self._setting
        whole = setting.decimals == 0
        spin = QSpinBox(self) if whole else QDoubleSpinBox(self)
        if isinstance(spin, QDoubleSpinBox):
            spin.setDecimals(setting.decimals)
        as_number: Callable[[float], float] = int if whole else float
        spin.setRange(as_number(setting.low), as_number(setting.high))
        spin.setSingleStep(as_number(setting.step))
        spin.setKeyboardTracking(False)
        spin.setFixedWidth(11 * SPACE)
        spin.setAccessibleName(setting.label)
        spin.setAccessibleDescription(setting.told)
        spin.setToolTip(setting.told)
        return spin

    def _arrange(self) -> None:
        told = QLabel(self._setting.told, self)
        told.setProperty("role", "muted")
        told.setWordWrap(True)
        told.setMinimumHeight(2 * told.fontMetrics().lineSpacing())
        told.setAlignment(Qt.AlignmentFlag.AlignTop)
        label = QLabel(self._setting.label, self)
        label.setBuddy(self._spin)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(SPACE)
        grid.addWidget(label, 0, 0)
        grid.addWidget(self._spin, 0, 1)
        grid.addWidget(self._reset, 0, 2)
        grid.addWidget(told, 1, 0, 1, 3)
        grid.setColumnStretch(0, 1)
        grid.setRowStretch(1, 1)


class MorePanel(QFrame):
    """Steps, guidance and temperature in plain words."""

    settings_edited = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * SPACE, SPACE, SPACE, SPACE)
        row.setSpacing(4 * SPACE)
        self._rows: dict[str, SettingRow] = {}
        for setting in self._settings():
            self._rows[setting.name] = SettingRow(setting, self)
            self._rows[setting.name].edited.connect(self.settings_edited)
            row.addWidget(self._rows[setting.name], 1)
        self.set_defaults(SamplingSettings())
        self.show_settings(SamplingSettings())

    def show_settings(self, settings: SamplingSettings) -> None:
        """Shows the values; tells nobody."""
        for name, row in self._rows.items():
            row.show_value(getattr(settings, name))

    def set_defaults(self, settings: SamplingSettings) -> None:
        """The values that the pack asks for."""
        for name, row in self._rows.items():
            row.set_default(getattr(settings, name))

    def commit(self) -> None:
        """Takes over numbers that are still being typed."""
        for row in self._rows.values():
            row.commit()

    def _settings(self) -> tuple[_Setting, ...]:
        steps = self.tr("In how many passes the sound is drawn. More take longer and bring finer detail.")
        guidance = self.tr("How strictly the prompt is followed. Low is freer, very high sounds harsh.")
        temperature = self.tr("How freely the order of drawing is chosen. Low is steadier, high brings more surprises.")
        return (
            _Setting("steps", self.tr("Steps"), steps, 4, 64, 1, 0),
            _Setting("guidance", self.tr("Guidance"), guidance, 0, 20, 0.5, 1),
            _Setting("temperature", self.tr("Temperature"), temperature, 0, 20, 0.5, 1),
        )


class PromptDetails(QWidget):
    """Second row and panel; ``edited`` carries the names of ``Document``'s fields."""

    edited = Signal(str, object)
    settings_edited = Signal(str, object)
    reference_dropped = Signal(str)
    reference_cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._negative = self._make_negative()
        self._reference = ReferenceSlot(self)
        self._seed = SeedField(self)
        self._duration = self._make_duration()
        self._count = CountChoice(self)
        self._more = self._make_more()
        self._panel = MorePanel(self)
        self._panel.hide()
        self._arrange()
        self._connect()
        self.show_document(Document())

    @property
    def more_open(self) -> bool:
        """True if the panel with further settings is open."""
        return self._more.isChecked()

    def set_more_open(self, is_open: bool) -> None:
        """Opens or closes the panel with further settings."""
        self._more.setChecked(is_open)

    def show_document(self, document: Document) -> None:
        """Shows all values; tells nobody."""
        with QSignalBlocker(self._negative), QSignalBlocker(self._duration):
            if self._negative.text() != document.negative:
                self._negative.setText(document.negative)
            self._duration.setValue(document.duration_s)
        self._reference.show_reference(document.reference, document.blend)
        self._seed.show_seed(document.seed, document.seed_locked)
        self._count.show_count(document.count)
        self._panel.show_settings(document.settings)

    def set_defaults(self, settings: SamplingSettings) -> None:
        """The values that the pack asks for."""
        self._panel.set_defaults(settings)

    def commit(self) -> None:
        """Takes over numbers that are still being typed."""
        self._seed.commit()
        self._duration.interpretText()
        self._panel.commit()

    def _make_negative(self) -> QLineEdit:
        line = QLineEdit(self)
        line.setPlaceholderText(self.tr("Nothing in particular"))
        line.setAccessibleName(self.tr("Negative prompt"))
        line.setToolTip(self.tr("Negative prompt: what the sound should keep away from, for instance music or voices"))
        line.setMinimumWidth(18 * SPACE)
        line.installEventFilter(ProjectUndo(line))
        return line

    def _make_duration(self) -> QDoubleSpinBox:
        spin = QDoubleSpinBox(self)
        spin.setRange(SHORTEST_S, MAX_DURATION_S)
        spin.setDecimals(1)
        spin.setSingleStep(0.5)
        spin.setSuffix(self.tr(" s"))
        spin.setKeyboardTracking(False)
        spin.setFixedWidth(12 * SPACE)
        spin.setAccessibleName(self.tr("Duration in seconds"))
        spin.setToolTip(self.tr("Length of the sound in seconds. Twice the length takes about twice the time."))
        return spin

    def _make_more(self) -> QPushButton:
        button = QPushButton(icon("chevron-right"), self.tr("More"), self)
        button.setCheckable(True)
        button.setProperty("role", "quiet")
        button.setProperty("disclosure", True)
        button.setAccessibleName(self.tr("More settings"))
        button.setToolTip(self.tr("Steps, guidance and temperature"))
        return button

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(2 * SPACE)
        # From the top: the card of a reference is a frame higher than the fields beside it.
        top = Qt.AlignmentFlag.AlignTop
        row.addWidget(captioned(self.tr("Without"), self._negative), 1, top)
        row.addWidget(self._reference, 0, top)
        row.addWidget(self._seed, 0, top)
        row.addWidget(captioned(self.tr("Duration"), self._duration), 0, top)
        row.addWidget(captioned(self.tr("Variations"), self._count), 0, top)
        row.addWidget(captioned("", self._more), 0, top)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addLayout(row)
        column.addWidget(self._panel)

    def _connect(self) -> None:
        self._negative.textEdited.connect(lambda text: self.edited.emit("negative", text))
        self._reference.dropped.connect(self.reference_dropped)
        self._reference.cleared.connect(self.reference_cleared)
        self._reference.blend_edited.connect(lambda blend: self.edited.emit("blend", blend))
        self._seed.locked_edited.connect(lambda locked: self.edited.emit("seed_locked", locked))
        self._seed.seed_edited.connect(lambda seed: self.edited.emit("seed", seed))
        self._duration.valueChanged.connect(lambda seconds: self.edited.emit("duration_s", seconds))
        self._count.chosen.connect(lambda count: self.edited.emit("count", count))
        self._panel.settings_edited.connect(self.settings_edited)
        self._more.toggled.connect(self._disclose)

    def _disclose(self, is_open: bool) -> None:
        self._panel.setVisible(is_open)
        self._more.setIcon(icon("chevron-down" if is_open else "chevron-right"))
