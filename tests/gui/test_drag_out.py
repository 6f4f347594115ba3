"""Dragging out: copied and nothing else, from a file that is whole and stays."""

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QStandardPaths, Qt
from PySide6.QtGui import QDrag, QPixmap
from PySide6.QtWidgets import QLabel

from engine.export.export import export_takes
from engine.export.settings import ExportSettings
from engine.types import EngineError, Region
from gui import drag_out
from gui.drag_out import drag_folder, drag_job, make_mime, start_drag
from tests.export.makers import make_entry

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def places(monkeypatch, tmp_path):
    """Standard folders inside the test's own."""
    found = {}
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda place: found.get(place, ""))
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    return found


@pytest.fixture
def drags(monkeypatch):
    """What would be dragged: (source, actions, mime, pixmap)."""
    seen = []

    class Recorded(QDrag):
        def exec(self, *actions):
            seen.append((self.parent(), actions, self.mimeData(), self.pixmap()))
            return Qt.DropAction.CopyAction

    monkeypatch.setattr(drag_out, "QDrag", Recorded)
    return seen


def written(folder, entry=None, region=None):
    ((result),) = export_takes(drag_job(entry or make_entry(prompt="Rain"), ExportSettings(format="mp3", subtype="mp3"), folder, region))
    return result.path


def test_copy_is_the_only_action(qtbot, drags, tmp_path):
    widget = QLabel("take")
    qtbot.addWidget(widget)
    path = written(tmp_path)
    picture = QPixmap(16, 16)
    picture.fill(Qt.GlobalColor.red)
    assert start_drag(widget, path, picture) == Qt.DropAction.CopyAction
    ((source, actions, mime, pixmap),) = drags
    assert source is widget
    assert actions == (Qt.DropAction.CopyAction,)
    assert [url.toLocalFile() for url in mime.urls()] == [str(path)]
    assert mime.urls()[0].isLocalFile()
    assert pixmap.size() == picture.size()


def test_a_drag_by_mouse_starts_with_a_finished_file(qtbot, drags, tmp_path):
    path = written(tmp_path)

    card = QLabel("take")
    card.mouseMoveEvent = lambda event: start_drag(card, path)
    qtbot.addWidget(card)
    card.show()
    qtbot.mousePress(card, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    qtbot.mouseMove(card, QPoint(12, 12))
    qtbot.waitUntil(lambda: bool(drags))
    assert Path(drags[0][2].urls()[0].toLocalFile()).stat().st_size > 1000


def test_nothing_but_a_url_is_offered(qtbot, tmp_path):
    mime = make_mime(tmp_path / "töne ü#1%.wav")
    assert mime.formats() == ["text/uri-list"]
    assert mime.urls()[0].toLocalFile() == str(tmp_path / "töne ü#1%.wav")


def test_a_missing_file_is_not_dragged(qtbot, drags, tmp_path):
    widget = QLabel()
    qtbot.addWidget(widget)
    with pytest.raises(EngineError, match="not there") as caught:
        start_drag(widget, tmp_path / "gone.wav")
    assert caught.value.kind == "path"
    assert drags == []


def test_the_folder_is_visible_and_permanent(qtbot, places, tmp_path):
    documents, music = (QStandardPaths.StandardLocation.DocumentsLocation, QStandardPaths.StandardLocation.MusicLocation)
    assert drag_folder() == tmp_path / "home" / "Melbrush" / "Dragged"
    places[music] = str(tmp_path / "Music")
    assert drag_folder() == tmp_path / "Music" / "Melbrush" / "Dragged"
    places[documents] = str(tmp_path / "Documents")
    assert drag_folder() == tmp_path / "Documents" / "Melbrush" / "Dragged"
    assert drag_folder().is_dir()


def test_the_real_folder_is_not_a_temporary_one(qtbot):
    QStandardPaths.setTestModeEnabled(True)
    try:
        place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        temporary = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.TempLocation)
    finally:
        QStandardPaths.setTestModeEnabled(False)
    assert Path(temporary) not in [Path(place), *Path(place).parents]


def test_dragged_files_equal_the_export_and_never_replace_each_other(tmp_path):
    dragged, exported = tmp_path / "dragged", tmp_path / "exported"
    dragged.mkdir()
    exported.mkdir()
    first, second = written(dragged), written(dragged)
    assert [path.name for path in (first, second)] == ["Rain 42.wav", "Rain 42 2.wav"]
    assert first.read_bytes() == second.read_bytes() == written(exported).read_bytes()


def test_a_selection_can_be_dragged(tmp_path):
    whole, part = written(tmp_path), written(tmp_path, region=Region(0.1, 0.2))
    assert part.stat().st_size < whole.stat().st_size
    job = drag_job(make_entry(), ExportSettings(sample_rate=22050, subtype="pcm16", loop=True), tmp_path)
    assert (job.settings.format, job.settings.subtype, job.settings.sample_rate) == ("wav", "pcm24", 48000)
    assert job.settings.loop


def test_the_file_survives_the_program(tmp_path):
    path = written(tmp_path)
    content = path.read_bytes()
    code = (
        "import sys, pathlib\n"
        "from PySide6.QtCore import QTimer\n"
        "from PySide6.QtGui import QDrag\n"
        "from PySide6.QtWidgets import QApplication, QLabel\n"
        "from gui import drag_out\n"
        "class Recorded(QDrag):\n"
        "    def exec(self, action):\n"
        "        return action\n"
        "drag_out.QDrag = Recorded\n"
        "application = QApplication([])\n"
        "label = QLabel()\n"
        "drag_out.start_drag(label, pathlib.Path(sys.argv[1]))\n"
        "QTimer.singleShot(0, application.quit)\n"
        "sys.exit(application.exec())\n"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, check=True, timeout=120)
    assert path.read_bytes() == content
