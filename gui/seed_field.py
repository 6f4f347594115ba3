"""The seed: a number to read, copy and type, a die and a lock."""

from __future__ import annotations

import secrets

from PySide6.QtCore import QRegularExpression, QSignalBlocker, Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from gui.icons import icon
from gui.theme import SPACE

LARGEST_SEED = 2**53 - 1
_DRAWN_BELOW = 2**31


class SeedField(QWidget):
    """Shows the seed that was used last. Who types or rolls one wants to keep it: both also lock.

    ``seed_edited`` and ``locked_edited`` tell what the user did, the lock before the seed.
    """

    seed_edited = Signal(object)
    locked_edited = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._seed = 1
        self._caption = QLabel(self)
        self._caption.setProperty("role", "muted")
        self._line = self._make_line()
        self._dice = self._make_button("dice", self.tr("Roll another seed and keep it"))
        self._lock = self._make_button("unlock", self.tr("Keep this seed"))
        self._lock.setCheckable(True)
        self._arrange()
        self._connect()
        self.show_seed(1, locked=False)

    @property
    def seed(self) -> int:
        """The seed that is shown."""
        return self._seed

    @property
    def locked(self) -> bool:
        """True if the seed is kept for the next run."""
        return self._lock.isChecked()

    def show_seed(self, seed: int, locked: bool) -> None:
        """Shows the seed used last and whether it is kept; tells nobody."""
        self._seed = seed
        with QSignalBlocker(self._line), QSignalBlocker(self._lock):
            if self._line.text() != str(seed):
                self._line.setText(str(seed))
                self._line.setCursorPosition(0)
            self._lock.setChecked(locked)
        self._explain(locked)

    def commit(self) -> None:
        """Takes over a number that is still being typed; too large ones become the largest, an empty field what it was."""
        text = self._line.text()
        seed = min(int(text), LARGEST_SEED) if text else self._seed
        if seed == self._seed:
            self._line.setText(str(seed))
        else:
            self._choose(seed)

    def _choose(self, seed: int) -> None:
        newly_locked = not self.locked
        self.show_seed(seed, locked=True)
        if newly_locked:
            self.locked_edited.emit(True)
        self.seed_edited.emit(seed)

    def _roll(self) -> None:
        self._choose(secrets.randbelow(_DRAWN_BELOW))

    def _toggle(self, locked: bool) -> None:
        self._explain(locked)
        self.locked_edited.emit(locked)

    def _explain(self, locked: bool) -> None:
        """The rule stands in words above the field, not only in the picture of the lock."""
        self._caption.setText(self.tr("Seed, kept") if locked else self.tr("Seed, new for each run"))
        self._lock.setIcon(icon("lock" if locked else "unlock"))
        rule = self.tr("The next run uses this seed again.") if locked else self.tr("Used last; each run draws a new one.")
        self._line.setToolTip(self.tr("%1 Same seed and settings, same sound.").replace("%1", rule))
        self._line.setAccessibleDescription(rule)
        self._lock.setToolTip(self.tr("Draw a new seed for each run") if locked else self.tr("Keep this seed for the next runs"))

    def _make_line(self) -> QLineEdit:
        line = QLineEdit(self)
        line.setValidator(QRegularExpressionValidator(QRegularExpression(r"\d{0,16}"), line))
        line.setAccessibleName(self.tr("Seed"))
        line.setMinimumWidth(12 * SPACE)
        return line

    def _make_button(self, name: str, told: str) -> QPushButton:
        button = QPushButton(icon(name), "", self)
        button.setProperty("role", "icon")
        button.setAccessibleName(told)
        button.setToolTip(told)
        return button

    def _arrange(self) -> None:
        self._caption.setBuddy(self._line)
        self.setFocusProxy(self._line)
        row = QHBoxLayout()
        row.setSpacing(SPACE // 2)
        row.addWidget(self._line, 1)
        row.addWidget(self._dice)
        row.addWidget(self._lock)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        column.addWidget(self._caption)
        column.addLayout(row)

    def _connect(self) -> None:
        self._line.editingFinished.connect(self.commit)
        self._dice.clicked.connect(self._roll)
        self._lock.toggled.connect(self._toggle)
