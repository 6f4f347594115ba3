"""First page of the training wizard: which sounds, what they are called, what the pack starts from, how long; and trainings to resume."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QMessageBox,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from gui.file_drop import accept_copy, local_paths
from gui.theme import SPACE
from gui.training_parts import button, card, say, stage_name, text_label
from gui.training_runs import EMBEDDED, Plan, RunInfo

_LONGEST_NAME = 100
_LABEL_WIDTH = 14 * SPACE
_MOST_ROWS = 3


class FolderPage(QWidget):
    """Asks for a plan; ``next_asked`` carries it, ``resume_asked`` and ``remove_asked`` the folder of an unfinished training."""

    next_asked = Signal(object)
    resume_asked = Signal(object)
    remove_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._runs: list[RunInfo] = []
        self.recipe = EMBEDDED
        self.path, self.name = QLineEdit(), QLineEdit()
        self.choose = button("folder", self.tr("Choose…"), self.tr("Choose a folder of sounds"))
        self.captions = QComboBox()
        self.starts, self.lengths = QButtonGroup(self), QButtonGroup(self)
        self.problem = text_label("", "danger")
        self.runs = QListWidget()
        self.resume = button("play", self.tr("Resume"), self.tr("Go on with this training where it was left"))
        self.remove = button("trash", self.tr("Remove…"), self.tr("Delete what this training has made so far; your sounds stay"))
        self._set_up()
        self._lay_out()
        self.show_problem("")
        self.show_runs([])

    def show_runs(self, runs: list[RunInfo]) -> None:
        """Trainings that can go on."""
        self._runs = runs
        self.runs.clear()
        self.runs.addItems([self._row(run) for run in runs])
        self.runs.setCurrentRow(0)
        rows = min(len(runs), _MOST_ROWS)
        self.runs.setFixedHeight(max(1, rows) * max(0, self.runs.sizeHintForRow(0)) + SPACE // 2)
        self._unfinished.setVisible(bool(runs))

    def show_problem(self, sentence: str) -> None:
        """Why it does not go on, or nothing."""
        say(self.problem, sentence, "danger")

    def set_folder(self, folder: Path) -> None:
        """A folder that was chosen or dropped; its name becomes the pack's until people type another."""
        if not self.name.isModified():
            self.name.setText(folder.name)
        self.path.setText(str(folder))
        self.show_problem("")

    def ask_next(self) -> None:
        """Hands the plan on, or says what is missing."""
        text, name = self.path.text().strip(), " ".join(self.name.text().split())
        folder = _folder_at(text)
        if not text:
            self._refuse(self.tr("Choose the folder that holds your sounds."), self.path)
        elif folder is None:
            self._refuse(self.tr("There is no folder {}.").format(text), self.path)
        elif not name or not name.isprintable():
            self._refuse(self.tr("Give the pack a name."), self.name)
        else:
            self.show_problem("")
            start, length = (group.checkedButton().property("value") for group in (self.starts, self.lengths))
            self.next_asked.emit(Plan(name, "", str(folder), self.captions.currentData(), start, length, self.recipe))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Takes a folder, as a copy only."""
        accept_copy(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """The same everywhere."""
        accept_copy(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Uses the folder, or the one in which a dropped file lies."""
        if accept_copy(event):
            path = local_paths(event)[0]
            self.set_folder(path if path.is_dir() else path.parent)

    def _refuse(self, sentence: str, field: QWidget) -> None:
        self.show_problem(sentence)
        field.setFocus()

    def _row(self, run: RunInfo) -> str:
        if run.of:
            return self.tr("{} · {}, step {} of {}").format(run.plan.name, stage_name(run.stage), f"{run.step:,}", f"{run.of:,}")
        return self.tr("{} · {}").format(run.plan.name, stage_name(run.stage or "corpus"))

    def _current(self) -> RunInfo | None:
        row = self.runs.currentRow()
        return self._runs[row] if 0 <= row < len(self._runs) else None

    def _resume(self) -> None:
        run = self._current()
        if run is not None:
            self.resume_asked.emit(run.folder)

    def _ask_remove(self) -> None:
        run = self._current()
        if run is None:
            return
        box = QMessageBox(self)
        box.setObjectName("RemoveTraining")
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(self.tr("Remove the training “{}”?").format(run.plan.name))
        box.setInformativeText(self.tr("What it has learned so far is deleted for good. Your sounds stay where they are."))
        remove = box.addButton(self.tr("Remove"), QMessageBox.ButtonRole.DestructiveRole)
        keep = box.addButton(self.tr("Keep"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        remove.clicked.connect(lambda: self.remove_asked.emit(run.folder))
        box.finished.connect(box.deleteLater)
        box.open()

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self, self.tr("Choose a folder of sounds"), self.path.text() or str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda name: self.set_folder(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _set_up(self) -> None:
        self.path.setPlaceholderText(self.tr("Drop a folder here, or choose one"))
        self.name.setPlaceholderText(self.tr("What you want to call it"))
        self.name.setMaxLength(_LONGEST_NAME)
        for value, text in (
            ("auto", self.tr("Text, CSV or JSON files beside the sounds, else names of files")),
            ("sidecar", self.tr("Only text, CSV or JSON files beside the sounds")),
            ("name", self.tr("Only names of files and folders")),
            ("none", self.tr("None: the sounds speak for themselves")),
        ):
            self.captions.addItem(text, value)
        self.runs.setAccessibleName(self.tr("Unfinished trainings"))
        self.runs.setToolTip(self.tr("Trainings that were paused; Enter resumes one"))
        self.choose.clicked.connect(self._choose_folder)
        self.path.returnPressed.connect(self.ask_next)
        self.name.returnPressed.connect(self.ask_next)
        self.runs.itemActivated.connect(lambda _item: self._resume())
        self.resume.clicked.connect(self._resume)
        self.remove.clicked.connect(self._ask_remove)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * SPACE)
        self._unfinished = self._unfinished_card()
        for part in (self._unfinished, self._sounds_card(), self._pack_card(), self.problem):
            column.addWidget(part)
        column.addStretch(1)

    def _unfinished_card(self) -> QFrame:
        frame, column = card(self.tr("Unfinished trainings"))
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self.runs, 1)
        row.addWidget(self.resume)
        row.addWidget(self.remove)
        column.addLayout(row)
        return frame

    def _sounds_card(self) -> QFrame:
        frame, column = card(self.tr("Your sounds"))
        grid = _grid(column)
        beside = QHBoxLayout()
        beside.setSpacing(SPACE)
        beside.addWidget(self.path, 1)
        beside.addWidget(self.choose)
        self._row_of(grid, self.tr("Folder"), self.path, self.tr("A folder of sounds of any format; folders in it count too"), beside)
        self._row_of(grid, self.tr("Captions"), self.captions, self.tr("Where the words come from that the pack learns with each sound"))
        return frame

    def _pack_card(self) -> QFrame:
        frame, column = card(self.tr("The pack"))
        grid = _grid(column)
        self._row_of(grid, self.tr("Name"), self.name, self.tr("The name of the new pack"))
        starts = (
            (EMBEDDED, self.tr("The pack that comes with Melbrush"), self.tr("needs few sounds; it learns yours on top of what it knows")),
            ("", self.tr("Nothing"), self.tr("needs many sounds and much longer; it will know yours alone")),
        )
        lengths = (
            ("quick", self.tr("A quick try"), self.tr("a tenth of the steps, enough to hear whether it is worth it")),
            ("evening", self.tr("An evening"), self.tr("all steps of the recipe")),
            ("best", self.tr("Until it stops getting better"), self.tr("at most four times as many, by listening to held-out sounds")),
        )
        self._choices(grid, self.tr("Starts from"), self.starts, starts)
        self._choices(grid, self.tr("How long"), self.lengths, lengths)
        hint = self.tr("How long that takes on this computer is measured as soon as the first steps are done.")
        grid.addWidget(text_label(hint, "muted"), grid.rowCount(), 1)
        return frame

    def _row_of(self, grid: QGridLayout, text: str, field: QWidget, tip: str, beside: QHBoxLayout | None = None) -> None:
        label, row = text_label(text, "muted"), grid.rowCount()
        label.setBuddy(field)
        field.setAccessibleName(text)
        field.setToolTip(tip)
        grid.addWidget(label, row, 0)
        if beside is not None:
            grid.addLayout(beside, row, 1)
        else:
            grid.addWidget(field, row, 1)

    def _choices(self, grid: QGridLayout, text: str, group: QButtonGroup, choices: tuple[tuple[str, str, str], ...]) -> None:
        first = grid.rowCount()
        grid.addWidget(text_label(text, "muted"), first, 0)
        for offset, (value, name, detail) in enumerate(choices):
            radio = QRadioButton(self.tr("{} – {}").format(name, detail))
            radio.setProperty("value", value)
            radio.setAccessibleName(name)
            radio.setToolTip(detail)
            radio.setChecked(offset == 0)
            group.addButton(radio)
            grid.addWidget(radio, first + offset, 1)


def _folder_at(text: str) -> Path | None:
    """The folder that people mean, None if there is none or nobody may look at it."""
    try:
        folder = Path(text).expanduser().absolute()
        return folder if folder.is_dir() else None
    except (OSError, RuntimeError):
        return None


def _grid(column: QVBoxLayout) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(SPACE)
    grid.setVerticalSpacing(SPACE)
    grid.setColumnMinimumWidth(0, _LABEL_WIDTH)
    grid.setColumnStretch(1, 1)
    column.addLayout(grid)
    return grid
