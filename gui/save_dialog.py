"""Asks where a file shall be written, and never lets the ending that a name lacks lead to a file that nobody was asked about."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget


def ask_path(parent: QWidget, title: str, start: Path, kinds: str, suffix: str) -> Path | None:
    """The chosen path, which ends with ``suffix``; None if people chose none or would rather keep what lies there."""
    name, _ = QFileDialog.getSaveFileName(parent, title, str(start), kinds)
    if not name:
        return None
    path = Path(name)
    if path.suffix.lower() == suffix:
        return path
    path = path.with_name(path.name + suffix)
    # The dialog has asked about the name without its ending.
    return path if not path.exists() or _may_replace(parent, path) else None


def _may_replace(parent: QWidget, path: Path) -> bool:
    translate = QCoreApplication.translate
    box = QMessageBox(parent)
    box.setObjectName("ReplaceQuestion")
    box.setIcon(QMessageBox.Icon.Question)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setText(translate("SaveDialog", "Replace “{}”?").format(path.name))
    box.setInformativeText(translate("SaveDialog", "There is a file of that name in {} already.").format(path.parent))
    replace = box.addButton(translate("SaveDialog", "Replace"), QMessageBox.ButtonRole.DestructiveRole)
    keep = box.addButton(translate("SaveDialog", "Keep"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(keep)
    box.setEscapeButton(keep)
    told: list[bool] = []
    replace.clicked.connect(lambda: told.append(True))
    box.exec()
    return bool(told)
