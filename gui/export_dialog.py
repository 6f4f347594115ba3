"""Exporting sounds: everything that decides about the files is on one page, with the name they will get."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QFrame, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from engine.export.jobs import ExportTakes
from engine.export.names import free_name, used_names
from engine.export.naming import file_name
from engine.export.settings import ExportSettings, check_settings
from engine.session.document import TakeEntry
from engine.types import EngineError, Region
from gui.export_fields import FormatGroup, LevelGroup, WhatGroup
from gui.export_name_field import NameGroup
from gui.icons import icon
from gui.theme import SPACE

_WIDTH = 108 * SPACE
_COLUMN = 50 * SPACE


class ExportDialog(QDialog):
    """Asks what to export and how; knows nothing of how it is done.

    ``export_requested`` carries an ``ExportTakes``. What was chosen last comes in with ``set_settings`` and is always on show.
    """

    export_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("export_dialog")
        self.setWindowTitle(self.tr("Export"))
        self.setMinimumWidth(_WIDTH)
        self._used: set[str] = set()
        self._problem = ""
        self.what, self.format, self.level, self.name = WhatGroup(), FormatGroup(), LevelGroup(), NameGroup()
        self._make_footer()
        self._lay_out()
        for group in (self.what, self.format, self.level, self.name):
            group.changed.connect(self._refresh)
        self.folder_field.textChanged.connect(self._folder_changed)
        self.set_settings(ExportSettings())

    def show_takes(self, entries: tuple[TakeEntry, ...], current: str | None, region: Region | None) -> None:
        """The takes to choose from, the id of the one on the canvas and what is selected on it."""
        shown = next((entry for entry in entries if entry.id == current), None)
        self.what.show_takes(entries, shown, region)
        self.what.focus_chosen()
        self._used = used_names(self.folder())
        self._refresh()

    def set_settings(self, settings: ExportSettings) -> None:
        """Shows settings; nothing is reported."""
        self.format.show_settings(settings)
        self.level.show_settings(settings)
        self.name.show_settings(settings)
        self._refresh()

    def settings(self) -> ExportSettings:
        """What is chosen now; an impossible category counts as none."""
        parts = {**self.format.part(), **self.level.part(), **self.name.part()}
        return ExportSettings(**{**parts, "category": parts["category"] or ""})

    def set_folder(self, folder: Path) -> None:
        """Where the files go."""
        self.folder_field.setText(str(folder))

    def folder(self) -> Path:
        """Where the files would go now."""
        return Path(self.folder_field.text().strip()).expanduser()

    def job(self) -> ExportTakes:
        """What Export would ask for now."""
        entries, region = self.what.chosen()
        return ExportTakes(entries, self.folder(), self.settings(), region)

    def _make_footer(self) -> None:
        self.folder_field = QLineEdit()
        self.folder_field.setAccessibleName(self.tr("Folder"))
        self.folder_field.setToolTip(self.tr("The folder that the files are written to"))
        self.browse = QPushButton(icon("folder"), self.tr("Choose"))
        self.browse.setAccessibleName(self.tr("Choose a folder"))
        self.browse.setToolTip(self.tr("Choose the folder that the files are written to"))
        self.browse.setAutoDefault(False)
        self.browse.clicked.connect(self._choose_folder)
        self.preview, self.summary = QLabel(), QLabel()
        self.preview.setObjectName("export_preview")
        self.preview.setAccessibleName(self.tr("File name"))
        self.preview.setTextFormat(Qt.TextFormat.PlainText)
        self.preview.setWordWrap(True)
        self.summary.setProperty("role", "muted")
        self.summary.setTextFormat(Qt.TextFormat.PlainText)
        self.cancel = QPushButton(self.tr("Cancel"))
        self.cancel.setAutoDefault(False)
        self.cancel.setAccessibleName(self.tr("Cancel"))
        self.cancel.setToolTip(self.tr("Close without exporting (Esc)"))
        self.cancel.clicked.connect(self.reject)
        self.export = QPushButton(icon("export", "on_accent"), self.tr("Export"))
        self.export.setProperty("role", "primary")
        self.export.setDefault(True)
        self.export.setAccessibleName(self.tr("Export"))
        self.export.setToolTip(self.tr("Write the files (Enter)"))
        self.export.clicked.connect(self._request)

    def _lay_out(self) -> None:
        cards = QGridLayout()
        cards.setSpacing(2 * SPACE)
        for place, group in enumerate((self.what, self.format, self.level, self.name)):
            cards.addWidget(group, *((0, 0), (1, 0), (1, 1), (0, 1))[place])
        for side in (0, 1):
            cards.setColumnStretch(side, 1)
            cards.setColumnMinimumWidth(side, _COLUMN)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.export)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * SPACE, 3 * SPACE, 3 * SPACE, 3 * SPACE)
        column.setSpacing(2 * SPACE)
        column.addLayout(cards)
        column.addWidget(self._files_card())
        column.addLayout(buttons)
        QWidget.setTabOrder(self.what, self.format)
        QWidget.setTabOrder(self.format, self.level)
        QWidget.setTabOrder(self.level, self.name)

    def _files_card(self) -> QFrame:
        card = QFrame()
        card.setProperty("role", "card")
        rows = QVBoxLayout(card)
        rows.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        rows.setSpacing(SPACE)
        heading = QLabel(self.tr("Files"))
        heading.setProperty("role", "section")
        place = QHBoxLayout()
        place.setSpacing(SPACE)
        place.addWidget(self.folder_field, 1)
        place.addWidget(self.browse)
        rows.addWidget(heading)
        rows.addLayout(place)
        rows.addWidget(self.preview)
        rows.addWidget(self.summary)
        return card

    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Export to"), str(self.folder()))
        if chosen:
            self.set_folder(Path(chosen))

    def _folder_changed(self) -> None:
        self._used = used_names(self.folder())
        self._refresh()

    def _request(self) -> None:
        if not self._problem:
            self.export_requested.emit(self.job())
            self.accept()

    def _refresh(self) -> None:
        """Shows what would come out, or the one sentence that says why nothing can."""
        entries, _ = self.what.chosen()
        if len(entries) > 0:
            self.name.show_prompt(entries[0].take.request.prompt or entries[0].name)
        try:
            text, self._problem = self._names(entries), ""
        except EngineError as error:
            text = self._problem = error.message
        self.preview.setText(text)
        self.preview.setProperty("role", "danger" if self._problem else "value")
        self.preview.style().polish(self.preview)
        self.summary.setText("" if self._problem else self._summary(len(entries)))
        self.export.setEnabled(not self._problem)

    def _names(self, entries: tuple[TakeEntry, ...]) -> str:
        """The name of the first file. Raises EngineError with the sentence that stands in the way."""
        if not entries:
            raise EngineError("value", self.tr("There is no take to export."))
        if self.name.part()["category"] is None:
            raise EngineError("value", self.tr("There is no such category; choose one from the list."))
        folder = self.folder_field.text().strip()
        if not folder or not self.folder().is_dir():
            raise EngineError("path", self.tr("Choose a folder that exists."))
        settings = self.settings()
        for entry in entries:
            check_settings(settings, entry.take.clip.samples.shape[0])
        return free_name(file_name(entries[0], settings), self._used)

    def _summary(self, count: int) -> str:
        parts = [self.format.format.currentText(), self.format.subtype.currentText(), self.format.rate.currentText()]
        files = self.tr("1 file") if count == 1 else self.tr("{} files, the first is shown").format(count)
        return " · ".join([files, *parts])
