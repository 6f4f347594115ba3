"""Starts the studio: application, settings, hooks, window; the engine is loaded behind it."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSettings, QStandardPaths
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from engine.pack_places import new_packs
from engine.session.project import ProjectWriter
from engine.session.recovery import Recovery
from engine.types import EngineError

ROOT = Path(__file__).parents[1]


def run_studio(paths: list[str]) -> int:
    """Opens the window and stays until it is closed; ``paths`` are opened or imported. Returns the exit code."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    QCoreApplication.setOrganizationName("Melbrush")
    QCoreApplication.setApplicationName("Melbrush")
    app.setWindowIcon(QIcon(str(ROOT / "assets" / "melbrush.svg")))
    app.setDesktopFileName("melbrush")
    from gui.crash_log import install_exception_hooks
    from gui.messages import show_error
    from gui.settings import Settings
    from gui.studio import Studio

    data = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation))
    settings = Settings(data / "settings.ini")
    recovery, writer = open_recovery(data / "recovery")
    studio = Studio(app, settings, new_packs(), recovery, writer)
    hooks = install_exception_hooks(lambda sentence, detail: show_error(studio.window, sentence, detail))
    stored = QSettings(str(data / "window.ini"), QSettings.Format.IniFormat)
    studio.restore_layout(stored)
    # Nothing may come before the window is there.
    studio.window.first_painted.connect(studio.start)
    studio.window.show()
    if paths:
        studio.window.first_painted.connect(lambda: studio.projects.open_paths(paths))
    code = app.exec()
    geometry, splitter = studio.window.layout_state()
    stored.setValue("window/geometry", geometry)
    stored.setValue("window/splitter", splitter)
    studio.shut_down()
    hooks.remove()
    return code


def open_recovery(folder: Path) -> tuple[Recovery | None, ProjectWriter]:
    """The keeper of recovery copies and the writer that it shares; None for the keeper if its folder cannot be used."""
    writer = ProjectWriter("Melbrush")
    try:
        return Recovery(folder, writer), writer
    except EngineError:
        return None, writer
