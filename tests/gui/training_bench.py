"""A studio with the training wizard open on trainings of toy size, and the hands on it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton

from gui.training_desk import TrainingDesk
from gui.training_wizard import TrainingWizard
from tests.gui.studio import Bench
from tests.tiny import write_tiny_pack

# The process that trains imports its libraries first, which takes long on a busy machine.
PATIENT_MS = 250_000


class TrainingBench(Bench):
    """A studio whose packs and trainings lie in ``folder``."""

    def __init__(self, qtbot, folder: Path) -> None:
        packs = folder / "packs"
        if not packs.exists():
            packs.mkdir(parents=True)
            write_tiny_pack(packs / "embedded")
        super().__init__(qtbot, packs, folder)
        self.packs, self.studio.runs = packs, folder / "runs"

    @property
    def wizard(self) -> TrainingWizard:
        return self.studio.dialogs.training_wizard

    @property
    def desk(self) -> TrainingDesk:
        assert self.studio.dialogs.training is not None
        return self.studio.dialogs.training

    def open_wizard(self) -> TrainingBench:
        self.window.actions_by_id["file.train"].trigger()
        self.wizard.folder.recipe = "smallest"
        self.until(self.wizard.isVisible)
        return self

    def type_into(self, field, text: str) -> None:
        self.qtbot.mouseClick(field, Qt.MouseButton.LeftButton)
        self.qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        self.qtbot.keyClicks(field, text)

    def choose(self, group, value: str) -> None:
        """Clicks the radio button of a value."""
        radio = next(button for button in group.buttons() if button.property("value") == value)
        self.qtbot.mouseClick(radio, Qt.MouseButton.LeftButton, pos=QPoint(12, radio.height() // 2))
        assert radio.isChecked()

    def press(self, button: QAbstractButton) -> None:
        """Clicks a button as soon as it can be clicked."""
        self.until(lambda: button.isVisible() and button.isEnabled(), PATIENT_MS)
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def until_page(self, page: int) -> None:
        self.until(lambda: self.wizard.page == page, PATIENT_MS)

    def step(self) -> int:
        """Steps that the log tells of the training that is shown."""
        runs = self.desk.unfinished()
        return runs[0].step if runs else 0

    def kill_training(self) -> None:
        process_id = self.desk.process.process_id
        assert process_id is not None
        os.kill(process_id, signal.SIGKILL)
