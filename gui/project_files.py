"""Project and sound files: new, open, save, autosave, recovery, import, export, drag; asks people, never touches a disk itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from engine.export.jobs import Exported, ExportTakes
from engine.export.settings import ExportSettings, settings_from_json
from engine.session.document import Document, TakeEntry
from engine.session.history import History
from engine.session.jobs import Autosave, OpenProject, ProjectOpened, ProjectSaved, SaveProject
from engine.session.session import Session
from engine.types import EngineError, Failed, Finished
from gui.drag_out import drag_folder, drag_job, start_drag
from gui.save_dialog import ask_path
from gui.settings import Settings, remember_recent
from gui.worker import Cancelled, Worker

SUFFIX = ".melbrush"
_SOUNDS = "*.wav *.flac *.ogg *.opus *.mp3 *.aif *.aiff *.caf *.w64 *.rf64"


class ProjectFiles(QObject):
    """Sends file jobs to the files worker and carries their answers into the session."""

    status = Signal(str, str)
    failed = Signal(str, str)
    sound_chosen = Signal(object)
    """Path of a sound to import."""
    left = Signal()
    """Another project is about to take the place of this one."""
    closed = Signal()
    """The user has decided: the window may close."""

    def __init__(self, window: QWidget, session: Session, files: Worker, settings: Settings, recovery: Any) -> None:
        super().__init__(window)
        self._window, self._session, self._files, self._settings = window, session, files, settings
        self._recovery = recovery
        self._purposes: dict[int, tuple[Any, ...]] = {}
        self._drag_files: dict[str, Path] = {}
        self._autosaved: Document | None = None
        self._closing = False
        self.pack_hash = ""
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.autosave)
        self._timer.start(1000 * int(settings.get("project.autosave_s")))
        files.event.connect(self._file_event)
        settings.changed.connect(self._setting_changed)

    # Projects

    def new(self) -> None:
        """An empty project, after asking about the present one."""
        self._after_asking(lambda: self._replace(History(Document(settings=self._session.document.settings)), None))

    def open(self, path: Path | None = None, as_new: bool = False) -> None:
        """Opens a project, after asking about the present one; ``as_new`` forgets where it came from."""
        self._after_asking(lambda: self._open(path, as_new))

    def save(self, then: tuple[Any, ...] = ()) -> None:
        """Saves under the present name, or asks for one."""
        if self._session.path is None:
            self.save_as(then)
        else:
            self._save_to(self._session.path, then)

    def save_as(self, then: tuple[Any, ...] = ()) -> None:
        """Asks for a name and saves there."""
        start = self._session.path or Path.home() / self.tr("Untitled.melbrush")
        path = ask_path(self._window, self.tr("Save the project"), start, self.tr("Melbrush projects (*.melbrush)"), SUFFIX)
        if path is not None:
            self._save_to(path, then)

    def autosave(self) -> None:
        """Writes a recovery copy if something changed since the last one."""
        document = self._session.document
        if self._recovery is None or document is self._autosaved or not self._session.dirty:
            return
        self._autosaved = document
        self._ask(Autosave(self._snapshot(), self._session.path), ("autosave",))

    def offer_recovery(self) -> None:
        """Offers what a crash left behind; each copy once."""
        for copy in self._recovery.found() if self._recovery is not None else []:
            if self._wants(copy):
                self._recover(copy)
                return
            self._recovery.refuse(copy)

    def close(self) -> None:
        """Closes the program: asks about changes, then tells ``closed``."""
        self._after_asking(self._leave)

    # Sounds

    def import_sounds(self) -> None:
        """Asks which sounds to import."""
        sounds = self.tr("Sounds ({})").format(_SOUNDS)
        names, _ = QFileDialog.getOpenFileNames(self._window, self.tr("Import sounds"), str(Path.home()), sounds)
        for name in names:
            self.sound_chosen.emit(Path(name))

    def open_paths(self, paths: list[Any]) -> None:
        """What was dropped or given to the program: a project is opened, sounds are imported."""
        for path in map(Path, paths):
            if path.suffix.lower() == SUFFIX:
                self.open(path)
                return
            self.sound_chosen.emit(path)

    def export_settings(self) -> ExportSettings:
        """What was used last."""
        chosen, _ = settings_from_json(self._settings.get("export.settings"))
        return chosen

    def export(self, job: ExportTakes) -> None:
        """Writes takes and remembers the settings."""
        self._settings.set("export.settings", job.settings.to_json())
        self._ask(replace(job, pack_hash=self.pack_hash), ("export", len(job.entries)))

    def prepare_drag(self, entry: TakeEntry) -> None:
        """Writes the file that a drag will carry, so that it is complete before the drag begins."""
        self._ask(self._drag_job(entry), ("drag file", entry.id))

    def drag(self, source: QWidget, entry: TakeEntry) -> None:
        """Starts a drag of a take whose file is there; otherwise writes it and says so."""
        path = self._drag_file(entry)
        if path is None:
            self.prepare_drag(entry)
            self.status.emit("info", self.tr("Writing the file of “{}”; drag it again in a moment.").format(entry.name))
            return
        start_drag(source, path)

    def reveal(self, entry: TakeEntry) -> None:
        """Opens the folder of the take's file."""
        path = self._drag_file(entry)
        if path is None:
            self._ask(self._drag_job(entry), ("reveal", entry.id))
        else:
            self._open_folder_of(path)

    def copy_path(self, entry: TakeEntry) -> None:
        """Puts the path of the take's file on the clipboard."""
        path = self._drag_file(entry)
        if path is None:
            self._ask(self._drag_job(entry), ("copy path", entry.id))
        else:
            self._to_clipboard(path)

    def _drag_file(self, entry: TakeEntry) -> Path | None:
        """The file of a take; None if there is none yet, or people have removed it."""
        path = self._drag_files.get(entry.id)
        return path if path is not None and path.is_file() else None

    def _drag_job(self, entry: TakeEntry) -> ExportTakes:
        chosen = self._settings.get("files.drag_folder")
        return drag_job(entry, self.export_settings(), Path(chosen) if chosen else drag_folder(), pack_hash=self.pack_hash)

    def _open_folder_of(self, path: Path) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))

    def _to_clipboard(self, path: Path) -> None:
        QGuiApplication.clipboard().setText(str(path))
        self.status.emit("info", self.tr("Copied {}").format(path))

    # Answers

    def _ask(self, job: Any, purpose: tuple[Any, ...]) -> None:
        self._purposes[self._files.submit(job)] = purpose

    @Slot(int, object)
    def _file_event(self, ticket: int, event: object) -> None:
        purpose = self._purposes.get(ticket)
        if purpose is None:
            return
        match event:
            case ProjectSaved():
                self._saved(event, purpose)
            case ProjectOpened():
                as_new = purpose[1]
                self._replace(event.history, None if as_new else event.path)
                if not as_new:
                    remember_recent(self._settings, event.path)
                self.status.emit("info", self.tr("Opened {}").format(event.path.name))
            case Exported():
                self._exported(event, purpose)
            case Failed():
                self._autosaved = None
                self.failed.emit(event.message, event.detail)
        if isinstance(event, Finished | Failed | Cancelled):
            self._purposes.pop(ticket, None)

    def _saved(self, saved: ProjectSaved, purpose: tuple[Any, ...]) -> None:
        self._session.mark_saved(saved.history.document, saved.path)
        remember_recent(self._settings, saved.path)
        if self._recovery is not None and not self._session.dirty:
            self._recovery.clear()
        self.status.emit("info", self.tr("Saved {}").format(saved.path.name))
        if len(purpose) > 1:
            purpose[1]()

    def _exported(self, exported: Exported, purpose: tuple[Any, ...]) -> None:
        if exported.note:
            self.status.emit("warning", exported.note)
        match purpose:
            case ("export", 1):
                self.status.emit("info", self.tr("Exported {}").format(exported.path))
            case ("export", count):
                self.status.emit("info", self.tr("Exported %n sounds to {}", "", count).format(exported.path.parent))
            case ("drag file" | "reveal" | "copy path" as what, str() as take_id):
                self._drag_files[take_id] = exported.path
                entry = self._session.document.entry(take_id)
                if what == "copy path":
                    self._to_clipboard(exported.path)
                elif what == "reveal" and entry is not None:
                    self._open_folder_of(exported.path)

    def _setting_changed(self, key: str, value: object) -> None:
        if key == "project.autosave_s":
            self._timer.start(1000 * int(value))

    # Steps of the above

    def _snapshot(self) -> History:
        history = self._session.history
        return History.restored(list(history.versions), history.index)

    def _save_to(self, path: Path, then: tuple[Any, ...]) -> None:
        self._ask(SaveProject(path, self._snapshot()), ("save", *then))

    def _open(self, path: Path | None, as_new: bool) -> None:
        if path is None:
            start = str(self._session.path.parent if self._session.path else Path.home())
            name, _ = QFileDialog.getOpenFileName(self._window, self.tr("Open a project"), start, self.tr("Melbrush projects (*.melbrush)"))
            if not name:
                return
            path = Path(name)
        self._ask(OpenProject(path), ("open", as_new))

    def _replace(self, history: History, path: Path | None) -> None:
        self._drag_files = {}
        self.left.emit()
        self._session.replace_all(history, path)
        if self._recovery is not None:
            self._recovery.clear()

    def _after_asking(self, action: Any) -> None:
        """Does it at once, or after the user has saved or given up the changes; does nothing if they cancel."""
        if not self._session.dirty or not self._session.document.takes:
            action()
            return
        box = QMessageBox(self._window)
        box.setObjectName("SaveQuestion")
        box.setIcon(QMessageBox.Icon.Question)
        name = self._session.path.name if self._session.path else self.tr("Untitled")
        box.setText(self.tr("Save the changes to “{}”?").format(name))
        box.setInformativeText(self.tr("Takes that are not saved will be lost."))
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        box.setDefaultButton(buttons.Save)
        box.finished.connect(lambda answer: self._answered(answer, action))
        box.open()

    def _answered(self, answer: int, action: Any) -> None:
        if answer == QMessageBox.StandardButton.Save:
            self.save((action,))
        elif answer == QMessageBox.StandardButton.Discard:
            action()

    def _leave(self) -> None:
        self._closing = True
        if self._recovery is not None:
            self._recovery.clear()
        self.closed.emit()

    @property
    def may_close(self) -> bool:
        """True once the user has decided."""
        return self._closing

    def _wants(self, copy: Any) -> bool:
        name = copy.name or self.tr("a project that was never saved")
        box = QMessageBox(self._window)
        box.setObjectName("RecoveryQuestion")
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(self.tr("Melbrush did not end properly. Recover {}?").format(name))
        box.setInformativeText(self.tr("The file on disk stays as it was saved until you save again."))
        recover = box.addButton(self.tr("Recover"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(self.tr("Discard the copy"), QMessageBox.ButtonRole.DestructiveRole)
        box.exec()
        return box.clickedButton() is recover

    def _recover(self, copy: Any) -> None:
        try:
            history = self._recovery.take(copy)
        except EngineError as error:
            self.failed.emit(error.message, "")
            return
        self._session.replace_all(history, None, saved=False)
        self.status.emit("info", self.tr("Recovered; save the project to keep it."))
