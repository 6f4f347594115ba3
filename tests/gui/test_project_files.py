"""Saving, autosave and recovery as the window asks for them, with a files worker that the test plays."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget

from engine.export.jobs import Exported
from engine.session.document import Document
from engine.session.history import History
from engine.session.jobs import Autosave, OpenProject, ProjectOpened, ProjectSaved, SaveProject
from engine.session.session import Session
from engine.types import Failed, Finished
from gui.project_files import ProjectFiles
from gui.settings import Settings
from tests.export.makers import make_entry
from tests.gui.test_controller import Told

DONE = Finished((), ())


class Keeper:
    """A recovery that only counts."""

    def __init__(self):
        self.cleared = 0

    def clear(self):
        self.cleared += 1

    def found(self):
        return []


class Stage:
    def __init__(self, window, folder):
        self.session, self.files, self.keeper = Session(), Told(), Keeper()
        self.settings = Settings(folder / "settings.ini")
        self.settings.set("files.drag_folder", str(folder))
        self.projects = ProjectFiles(window, self.session, self.files, self.settings, self.keeper)
        self.told, self.failed = [], []
        self.projects.status.connect(lambda *args: self.told.append(args))
        self.projects.failed.connect(lambda *args: self.failed.append(args))


@pytest.fixture
def stage(qtbot, tmp_path):
    window = QWidget()
    qtbot.addWidget(window)
    return Stage(window, tmp_path)


PATH = Path("/projects/forest.melbrush")


def test_autosave_writes_each_change_once(stage):
    stage.projects.autosave()
    assert stage.files.jobs == [], "nothing was changed"
    stage.session.change("Edit", prompt="rain")
    stage.projects.autosave()
    stage.projects.autosave()
    (job,) = stage.files.jobs
    assert isinstance(job, Autosave) and job.history.document is stage.session.document and job.path is None
    stage.session.change("Edit", prompt="wind")
    assert job.history.document.prompt == "rain", "the copy does not change with the project"
    stage.projects.autosave()
    assert len(stage.files.jobs) == 2


def test_an_autosave_that_failed_is_tried_again(stage):
    stage.session.change("Edit", prompt="rain")
    stage.projects.autosave()
    stage.files.answer(Failed("path", "The disk is full."))
    assert stage.failed == [("The disk is full.", "")]
    stage.projects.autosave()
    assert len(stage.files.jobs) == 2


def test_what_is_done_while_saving_stays_unsaved_and_keeps_its_copy(stage):
    stage.session.path = PATH
    stage.session.change("Edit", prompt="rain")
    stage.projects.save()
    (job,) = stage.files.jobs
    assert isinstance(job, SaveProject) and job.path == PATH
    stage.session.change("Edit", prompt="wind")
    stage.files.answer(ProjectSaved(job.path, job.history), DONE)
    assert stage.session.dirty and stage.keeper.cleared == 0
    stage.projects.save()
    job = stage.files.jobs[-1]
    stage.files.answer(ProjectSaved(job.path, job.history), DONE)
    assert not stage.session.dirty and stage.keeper.cleared == 1


def test_a_failed_save_changes_nothing(stage):
    stage.session.path = PATH
    stage.session.change("Edit", prompt="rain")
    stage.projects.save()
    stage.files.answer(Failed("path", "The disk is full."))
    assert stage.session.dirty and stage.keeper.cleared == 0 and stage.settings.get("project.recent") == []


def test_recent_projects_are_the_newest_first_and_no_more_than_ten(stage):
    for number in [*range(12), 5]:
        path = Path(f"/projects/{number}.melbrush")
        stage.projects.open(path)
        assert stage.files.jobs[-1] == OpenProject(path) or stage.files.jobs[-1].path == path
        stage.files.answer(ProjectOpened(path, History(Document())), DONE)
    recent = [Path(name).stem for name in stage.settings.get("project.recent")]
    assert recent == ["5", "11", "10", "9", "8", "7", "6", "4", "3", "2"]
    assert stage.session.path == Path("/projects/5.melbrush") and not stage.session.dirty


def test_projects_and_sounds_among_paths(stage):
    sounds = []
    stage.projects.sound_chosen.connect(sounds.append)
    stage.projects.open_paths(["/a.wav", "/b.flac"])
    assert sounds == [Path("/a.wav"), Path("/b.flac")] and stage.files.jobs == []
    stage.projects.open_paths(["/C.MELBRUSH"])
    assert isinstance(stage.files.jobs[0], OpenProject)


def test_the_path_of_a_take_is_copied_once_its_file_is_there(stage, qapp, tmp_path):
    entry = make_entry()
    stage.session.add_take("Add", entry)
    stage.projects.copy_path(entry)
    path = tmp_path / "take.wav"
    stage.files.answer(Exported(entry.id, path), DONE)
    assert qapp.clipboard().text() == str(path) and stage.told[-1] == ("info", f"Copied {path}")


def test_a_file_that_people_have_removed_is_written_again(stage, qapp, tmp_path):
    entry = make_entry()
    stage.session.add_take("Add", entry)
    path = tmp_path / "take.wav"
    for there, written in ((True, 1), (True, 1), (False, 2)):
        if there:
            path.touch()
        else:
            path.unlink()
            qapp.clipboard().clear()
        stage.projects.copy_path(entry)
        assert len(stage.files.jobs) == written
        stage.files.answer(Exported(entry.id, path), DONE)
        assert qapp.clipboard().text() == str(path)


def test_exports_carry_the_pack_and_tell_where_they_went(stage, tmp_path):
    from engine.export.jobs import ExportTakes

    stage.projects.pack_hash = "abc"
    entry = make_entry()
    stage.projects.export(ExportTakes((entry,), tmp_path, stage.projects.export_settings()))
    assert stage.files.jobs[-1].pack_hash == "abc"
    stage.files.answer(Exported(entry.id, tmp_path / "a.wav", "It was turned down."), DONE)
    assert [kind for kind, _ in stage.told] == ["warning", "info"] and str(tmp_path / "a.wav") in stage.told[-1][1]
