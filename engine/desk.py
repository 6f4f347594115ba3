"""The desk of file jobs: reading, cutting, exporting, saving, opening, packs; whatever touches a disk or fetches a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.export.export import export_takes
from engine.export.jobs import ExportTakes
from engine.files import FILE_JOBS, Desk
from engine.hub import pack_jobs
from engine.session.jobs import Autosave, OpenProject, ProjectOpened, ProjectSaved, SaveProject
from engine.session.project import ProjectWriter, load_project
from engine.session.recovery import Recovery


def open_desk(writer: ProjectWriter, recovery: Recovery | None) -> Desk:
    """A desk that knows every file job; without ``recovery`` nothing is saved by itself."""

    def save(job: SaveProject) -> Iterator[Any]:
        writer.save(job.path, job.history)
        yield ProjectSaved(job.path, job.history)

    def autosave(job: Autosave) -> Iterator[Any]:
        if recovery is not None:
            recovery.autosave(job.history, job.path)
        return iter(())

    def open_project(job: OpenProject) -> Iterator[Any]:
        yield ProjectOpened(job.path, load_project(job.path))

    projects = {SaveProject: save, Autosave: autosave, OpenProject: open_project}
    return Desk({**FILE_JOBS, **pack_jobs(), ExportTakes: export_takes, **projects})
