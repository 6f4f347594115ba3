"""Takes leave the window by the mouse: one finished file that stays where it is, because other programs go on reading it there."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QMimeData, QStandardPaths, Qt, QUrl
from PySide6.QtGui import QDrag, QPixmap
from PySide6.QtWidgets import QWidget

from engine.export.jobs import ExportTakes
from engine.export.settings import ExportSettings
from engine.session.document import TakeEntry
from engine.types import EngineError, Region

_PLACES = (QStandardPaths.StandardLocation.DocumentsLocation, QStandardPaths.StandardLocation.MusicLocation)


def drag_folder() -> Path:
    """The folder of dragged files, made if need be: visible, permanent and never emptied.

    Sequencers refer to a dragged file instead of copying it, so a temporary folder would cost people their sounds.
    """
    found = next((place for place in map(QStandardPaths.writableLocation, _PLACES) if place), "")
    folder = (Path(found) if found else Path.home()) / "Melbrush" / "Dragged"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def drag_job(entry: TakeEntry, settings: ExportSettings, folder: Path, region: Region | None = None, pack_hash: str = "") -> ExportTakes:
    """What has to be written before a drag: WAV of 24 bits at 48 kHz, which every sequencer plays at the right speed, under a new name."""
    fixed = replace(settings, format="wav", subtype="pcm24", sample_rate=48000)
    return ExportTakes((entry,), folder, fixed, region, pack_hash=pack_hash)


def make_mime(path: Path) -> QMimeData:
    """One local file and nothing else, so that no program pastes its name as text."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path.absolute()))])
    return mime


def start_drag(source: QWidget, path: Path, pixmap: QPixmap | None = None) -> Qt.DropAction:
    """Lets the user drop a file that is complete; returns what was done with it, IgnoreAction if nothing.

    Only copying is offered: Qt would offer to move, and the file would be gone. Raises EngineError("path") if there is no such file.
    """
    if not path.is_file():
        raise EngineError("path", f'"{path.name}" is not there to be dragged.')
    # On the heap and owned by the widget: Qt deletes it itself when the drop is over.
    drag = QDrag(source)
    drag.setMimeData(make_mime(path))
    if pixmap is not None and not pixmap.isNull():
        drag.setPixmap(pixmap)
    return drag.exec(Qt.DropAction.CopyAction)
