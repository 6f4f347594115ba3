"""What can be asked of the keeper of project files, and what it answers; light, so that the window can make jobs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.session.history import History


@dataclass(frozen=True, eq=False)
class SaveProject:
    """Write the project to ``path``; answered by ``ProjectSaved``."""

    path: Path
    history: History


@dataclass(frozen=True, eq=False)
class Autosave:
    """Write a recovery copy; ``path`` is where the user saved the project, if ever."""

    history: History
    path: Path | None


@dataclass(frozen=True)
class OpenProject:
    """Read a project; answered by ``ProjectOpened``."""

    path: Path


@dataclass(frozen=True, eq=False)
class ProjectSaved:
    """The history is in the file now."""

    path: Path
    history: History


@dataclass(frozen=True, eq=False)
class ProjectOpened:
    """The project that was in the file."""

    path: Path
    history: History
