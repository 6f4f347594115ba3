"""Files dropped on a widget: always copies, accepting a move would delete the user's file on Windows."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QDropEvent


def local_paths(event: QDropEvent) -> list[Path]:
    """Files of a drop that are on this machine."""
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]


def accept_copy(event: QDropEvent) -> bool:
    """Accepts files as a copy, also when a move is proposed; refuses everything else."""
    if not (local_paths(event) and event.possibleActions() & Qt.DropAction.CopyAction):
        event.ignore()
        return False
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()
    return True
