"""What can be done with the paint and the sound: edits with their numbers, actions on the paint, and ways to listen."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from gui.icons import icon
from gui.theme import SPACE

ACTIONS = ("fill", "vary", "repair", "extend", "restore", "loop")
MASK_ACTIONS = ("invert", "grow", "shrink", "feather", "clear", "select all", "import", "export")
AUDITIONS = ("inside", "outside", "context", "before", "after", "difference")
_ICON = QSize(18, 18)


class EditPanel(QWidget):
    """One line for each action.

    ``action_requested`` carries a name of ``ACTIONS`` and its numbers (``strength`` and ``share`` 0..1, ``before_s``, ``after_s``,
    ``cutoff_hz`` or None for automatic, ``joint_s``); ``mask_action`` a name of ``MASK_ACTIONS`` and the ``bands`` and ``frames`` by which
    to grow, shrink or soften; ``audition_requested`` a name of ``AUDITIONS``.
    """

    action_requested = Signal(str, dict)
    mask_action = Signal(str, dict)
    audition_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("editPanel")
        self.setAccessibleName(self.tr("Edits"))
        # Icons stand below each other, and words have room in three columns.
        self.setStyleSheet(
            "QPushButton { padding-left: 7px; padding-right: 7px; }"
            "QPushButton:focus { padding-left: 6px; padding-right: 6px; }"
            'QPushButton[align="left"] { text-align: left; }'
        )
        self._buttons: dict[str, QPushButton] = {}
        self._told: dict[str, str] = {}
        self._build_fields()
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE, 0, SPACE, SPACE)
        column.setSpacing(SPACE)
        column.addWidget(self._title(self.tr("Edit the sound")))
        column.addLayout(self._edit_rows())
        column.addSpacing(SPACE)
        column.addWidget(self._title(self.tr("Paint")))
        column.addLayout(self._mask_rows())
        column.addSpacing(SPACE)
        column.addWidget(self._title(self.tr("Listen")))
        column.addLayout(self._audition_rows())
        column.addStretch(1)

    def button(self, name: str) -> QPushButton:
        """The button of an action, of whichever kind; KeyError for unknown ones."""
        return self._buttons[name]

    def set_possible(self, reasons: dict[str, str]) -> None:
        """Action -> why it cannot be done now, empty if it can; actions that are not named stay as they are."""
        for name, reason in reasons.items():
            button = self._buttons[name]
            button.setEnabled(not reason)
            text = reason or self._told[name]
            button.setToolTip(text)
            button.setAccessibleDescription(text)

    def set_difference_shown(self, shown: bool) -> None:
        """Whether the picture shows the difference to the take before; tells nobody."""
        with QSignalBlocker(self._buttons["difference"]):
            self._buttons["difference"].setChecked(shown)

    def request(self, name: str) -> None:
        """The same as a click on an action, for keys; nothing happens if it is not possible."""
        self._buttons[name].click()

    def values(self, name: str) -> dict[str, Any]:
        """Numbers of an action as they stand."""
        if name in ("grow", "shrink"):
            return {"bands": self.edge_bands.value(), "frames": self.edge_frames.value()}
        if name == "feather":
            return {"bands": float(self.edge_bands.value()), "frames": float(self.edge_frames.value())}
        cutoff = self.cutoff_hz.value()
        return {
            "vary": {"strength": self.strength.value() / 100},
            "repair": {"share": self.share.value() / 100},
            "extend": {"before_s": self.before_s.value(), "after_s": self.after_s.value()},
            "restore": {"cutoff_hz": cutoff if cutoff > self.cutoff_hz.minimum() else None},
            "loop": {"joint_s": self.joint_s.value()},
        }.get(name, {})

    # Parts --------------------------------------------------------------------------------------------------------------------------

    def _build_fields(self) -> None:
        self.strength = self._percent(40, self.tr("Strength in per cent"), self.tr("Share of the cells that is drawn again."))
        self.share = self._percent(10, self.tr("Share in per cent"), self.tr("So many of the cells that the model was least sure of."))
        self.before_s = self._seconds(0.0, 0.0, self.tr("Seconds to add before the start"), "← ")
        self.after_s = self._seconds(2.0, 0.0, self.tr("Seconds to add after the end"), "→ ")
        self.joint_s = self._seconds(1.0, 0.1, self.tr("Joint in seconds"), "")
        self.joint_s.setMaximum(10.0)
        self.cutoff_hz = self._cutoff()
        self.edge_frames = self._whole(3, 200, "", self.tr("By how many frames (11.6 ms each) to grow, shrink or soften"))
        self.edge_bands = self._whole(1, 40, "", self.tr("By how many bands to grow, shrink or soften"))
        self.edge_frames.valueChanged.connect(self._name_units)
        self.edge_bands.valueChanged.connect(self._name_units)
        self._name_units()
        for field in (self.edge_frames, self.edge_bands):
            field.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        for field in (self.strength, self.share, self.joint_s, self.cutoff_hz, self.before_s, self.after_s):
            field.setFixedWidth(12 * SPACE - 4)

    def _name_units(self) -> None:
        self.edge_frames.setSuffix(self.tr(" frame") if self.edge_frames.value() == 1 else self.tr(" frames"))
        self.edge_bands.setSuffix(self.tr(" band") if self.edge_bands.value() == 1 else self.tr(" bands"))

    def _edit_rows(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(SPACE // 2)
        rows = (
            ("fill", "fill", self.tr("Fill"), self.tr("Draw what is painted again; everything else stays as it is."), ()),
            ("vary", "shuffle", self.tr("Vary"), self.tr("Draw a share of the paint, or of all, again."), (self.strength,)),
            ("repair", "repair", self.tr("Repair weak spots"), self.tr("Draw again what the model was least sure of."), (self.share,)),
            ("extend", "extend", self.tr("Extend"), self.tr("Let the sound begin earlier or go on."), (self.before_s, self.after_s)),
            ("restore", "restore-highs", self.tr("Restore highs"), self.tr("Draw what is missing above a frequency."), (self.cutoff_hz,)),
            ("loop", "loop", self.tr("Seamless loop"), self.tr("Let the end lead into the beginning."), (self.joint_s,)),
        )
        for name, picture, text, told, fields in rows:
            button = self._button(name, text, told)
            button.setIcon(icon(picture))
            button.setIconSize(_ICON)
            button.setProperty("align", "left")
            button.clicked.connect(lambda _=False, asked=name: self.action_requested.emit(asked, self.values(asked)))
            line = QHBoxLayout()
            line.setSpacing(SPACE // 2)
            line.addWidget(button, 1)
            for field in fields:
                line.addWidget(field)
            column.addLayout(line)
        return column

    def _mask_rows(self) -> QGridLayout:
        edge = (
            ("grow", self.tr("Grow"), self.tr("Spread the paint in all directions.")),
            ("shrink", self.tr("Shrink"), self.tr("Draw the edges of the paint back.")),
            ("feather", self.tr("Feather"), self.tr("Make the edges of the paint soft.")),
        )
        whole = (
            ("invert", self.tr("Invert"), self.tr("Paint what is not painted, and the other way round (Shift+V).")),
            ("select all", self.tr("Everything"), self.tr("Paint everything.")),
            ("clear", self.tr("Clear"), self.tr("Take all paint away.")),
            ("import", self.tr("Import…"), self.tr("Read paint from a PNG picture: white is painted.")),
            ("export", self.tr("Export…"), self.tr("Write the paint to a PNG picture.")),
        )
        grid = self._thirds()
        for place, parts in enumerate(edge):
            grid.addWidget(self._mask_button(*parts), 0, place)
        amount = QLabel(self.tr("by"), self)
        amount.setProperty("role", "muted")
        amount.setBuddy(self.edge_frames)
        amount.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for place, widget in enumerate((amount, self.edge_frames, self.edge_bands)):
            grid.addWidget(widget, 1, place)
        for place, parts in enumerate(whole):
            grid.addWidget(self._mask_button(*parts), 2 + place // 3, place % 3)
        return grid

    def _audition_rows(self) -> QGridLayout:
        grid = self._thirds()
        parts = (
            ("inside", self.tr("Inside"), self.tr("Hear only what is painted.")),
            ("outside", self.tr("Outside"), self.tr("Hear everything but what is painted.")),
            ("context", self.tr("In context"), self.tr("Hear the painted span with what is around it.")),
            ("before", self.tr("Before"), self.tr("Hear the take from which this one was made.")),
            ("after", self.tr("After"), self.tr("Hear this take.")),
            ("difference", self.tr("Difference"), self.tr("Show in the picture what the edit changed.")),
        )
        for place, (name, text, told) in enumerate(parts):
            button = self._button(name, text, told)
            button.clicked.connect(lambda _=False, asked=name: self.audition_requested.emit(asked))
            grid.addWidget(button, place // 3, place % 3)
        self._buttons["difference"].setCheckable(True)
        return grid

    def _thirds(self) -> QGridLayout:
        """Three columns of one width."""
        grid = QGridLayout()
        grid.setSpacing(SPACE // 2)
        for column in range(3):
            grid.setColumnStretch(column, 1)
        return grid

    def _mask_button(self, name: str, text: str, told: str) -> QPushButton:
        button = self._button(name, text, told)
        button.clicked.connect(lambda _=False, asked=name: self.mask_action.emit(asked, self.values(asked)))
        return button

    def _button(self, name: str, text: str, told: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setAccessibleName(text)
        button.setAccessibleDescription(told)
        button.setToolTip(told)
        self._buttons[name], self._told[name] = button, told
        return button

    def _title(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setProperty("role", "section")
        return label

    def _percent(self, value: int, name: str, told: str) -> QSpinBox:
        spin = self._whole(value, 100, self.tr(" %"), f"{name}. {told}")
        spin.setSingleStep(5)
        spin.setAccessibleName(name)
        return spin

    def _whole(self, value: int, most: int, unit: str, told: str) -> QSpinBox:
        spin = QSpinBox(self)
        spin.setRange(1, most)
        spin.setSuffix(unit)
        spin.setValue(value)
        return self._dressed(spin, told)

    def _seconds(self, value: float, least: float, name: str, prefix: str) -> QDoubleSpinBox:
        spin = QDoubleSpinBox(self)
        spin.setRange(least, 60.0)
        spin.setDecimals(1)
        spin.setSingleStep(0.5)
        spin.setPrefix(prefix)
        spin.setSuffix(self.tr(" s"))
        spin.setValue(value)
        return self._dressed(spin, name)

    def _cutoff(self) -> QDoubleSpinBox:
        """The lowest number means: found by itself."""
        spin = QDoubleSpinBox(self)
        spin.setRange(500.0, 11000.0)
        spin.setDecimals(0)
        spin.setSingleStep(500.0)
        spin.setSuffix(self.tr(" Hz"))
        spin.setSpecialValueText(self.tr("Auto"))
        spin.setValue(500.0)
        told = self.tr("Cut-off in Hz above which highs are drawn. Auto: found in the sound.")
        return self._dressed(spin, told)

    def _dressed(self, spin: Any, told: str) -> Any:
        spin.setKeyboardTracking(False)
        spin.setAlignment(Qt.AlignmentFlag.AlignRight)
        spin.setAccessibleName(told)
        spin.setToolTip(told)
        return spin
