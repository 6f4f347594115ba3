"""The window of packs: alone, and with its desk, a worker and a hub on this computer."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_socket
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton, QWidget

from engine.downloads import Patience
from engine.files import Desk
from engine.hub import pack_jobs
from engine.jobs import DownloadProgress, PackInfo, PackOffer, RemoteFile
from gui.downloads import PackDesk
from gui.pack_manager import PackManager
from gui.worker import Worker
from tests.fake_hub import FakeHub, Mood
from tests.gui.test_canvas import heard
from tests.tiny import write_tiny_pack

LIMIT_MS = 20_000
FOLDER = Path("/packs")
PACKS = (
    PackInfo("broken", "Broken", FOLDER / "broken", problem="The pack lacks its file vocoder.safetensors."),
    PackInfo("embedded", "Melbrush embedded", FOLDER / "embedded", 53_000_000, "abc", 22050, ("rain",), removable=False),
    PackInfo("mine", "Mine", FOLDER / "mine", 412_000_000, "def", 22050, ("dog_bark", "rain"), (("generator", 4900),), 35.0, "me/mine"),
)
OFFER = PackOffer("huggingface.co", "me/city", "0" * 40, "city", "City", (RemoteFile("a", 40_000_000), RemoteFile("b", 9_200_000)))


@pytest.fixture
def manager(qtbot) -> PackManager:
    manager = PackManager()
    qtbot.addWidget(manager)
    manager.set_folder(FOLDER)
    manager.show_packs(PACKS, "embedded")
    with qtbot.waitExposed(manager):
        manager.show()
    return manager


def click(qtbot, button: QPushButton) -> None:
    assert button.isEnabled() and button.isVisible(), button.text()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def stand_on(manager: PackManager, pack_id: str) -> None:
    manager.list.setFocus()
    QTest.keyClick(manager.list, Qt.Key.Key_Home)
    for _ in range(manager.list.count()):
        if manager.current() == pack_id:
            return
        QTest.keyClick(manager.list, Qt.Key.Key_Down)
    assert manager.current() == pack_id


def question(manager: PackManager) -> QMessageBox:
    return next(box for box in manager.findChildren(QMessageBox) if box.isVisible())


def answer(qtbot, box: QMessageBox, text: str) -> None:
    click(qtbot, next(button for button in box.buttons() if button.text() == text))


def test_it_stands_on_the_pack_in_use_and_tells_nobody(manager):
    told = [heard(getattr(manager, name)) for name in ("pack_chosen", "verify_asked", "delete_asked", "look_asked", "download_asked")]
    manager.show_packs(PACKS, "embedded")
    manager.show_packs(PACKS, "mine", "mine")
    assert manager.current() == "mine"
    manager.show_packs((), "")
    assert manager.current() == ""
    assert not manager.card.use.isEnabled() and not manager.card.delete.isEnabled()
    manager.show_packs(PACKS, "embedded")
    assert manager.current() == "embedded"
    assert told == [[]] * 5


def test_what_is_known_is_shown(manager):
    stand_on(manager, "mine")
    shown = {key: label.text() for key, label in manager.card.values.items()}
    assert manager.card.title.text() == "Mine"
    assert shown["id"] == "mine   def"
    assert shown["size"] == "412 MB"
    assert shown["sounds"] == "2: dog bark, rain"
    assert shown["hours"] == "35 hours of audio"
    assert shown["steps"] == "generator 4,900"
    assert shown["folder"] == str(FOLDER / "mine")
    assert str(FOLDER) in manager.place.text()


def test_only_what_makes_sense_is_offered(manager):
    for pack_id, use, delete in (("embedded", False, False), ("mine", True, True), ("broken", False, True)):
        stand_on(manager, pack_id)
        assert (manager.card.use.isEnabled(), manager.card.delete.isEnabled()) == (use, delete), pack_id
    assert manager.card.problem.isVisible()
    manager.show_packs(PACKS, "mine")
    stand_on(manager, "mine")
    assert not manager.card.delete.isEnabled() and "first" in manager.card.delete.toolTip()


def test_wishes_carry_the_id(qtbot, manager):
    names = ("pack_chosen", "verify_asked", "reveal_asked")
    told = {name: heard(getattr(manager, name)) for name in names}
    stand_on(manager, "mine")
    for button in (manager.card.use, manager.card.verify, manager.card.reveal):
        click(qtbot, button)
    click(qtbot, manager.open_folder)
    assert told == {"pack_chosen": ["mine"], "verify_asked": ["mine"], "reveal_asked": ["mine", ""]}


def test_enter_in_the_list_uses_a_pack_that_can_be_used(manager):
    told = heard(manager.pack_chosen)
    for pack_id in ("mine", "broken", "embedded"):
        stand_on(manager, pack_id)
        QTest.keyClick(manager.list, Qt.Key.Key_Return)
    assert told == ["mine"]


def test_deleting_is_asked_first(qtbot, manager):
    told = heard(manager.delete_asked)
    stand_on(manager, "mine")
    click(qtbot, manager.card.delete)
    box = question(manager)
    assert "Mine" in box.text() and "412 MB" in box.informativeText()
    answer(qtbot, box, "Keep")
    assert told == []
    qtbot.waitUntil(lambda: not manager.findChildren(QMessageBox))
    click(qtbot, manager.card.delete)
    answer(qtbot, question(manager), "Delete")
    assert told == ["mine"]


def test_a_repository_is_looked_at_by_enter_and_by_click(qtbot, manager):
    told = heard(manager.look_asked)
    manager.get.field.setFocus()
    QTest.keyClick(manager.get.field, Qt.Key.Key_Return)
    QTest.keyClicks(manager.get.field, " me/city ")
    QTest.keyClick(manager.get.field, Qt.Key.Key_Return)
    click(qtbot, manager.get.look)
    assert told == ["me/city", "me/city"]
    assert manager.isVisible(), "Enter in the field does not close the window"


def test_before_a_download_everything_about_it_is_said(qtbot, manager):
    told = heard(manager.download_asked)
    assert not manager.get.download.isVisible()
    manager.show_offer(OFFER)
    for words in ("City", "2 files", "49.2 MB", "huggingface.co/me/city", "called city"):
        assert words in manager.get.text.text()
    assert manager.get.download.text() == "Download 49.2 MB"
    click(qtbot, manager.get.download)
    assert told == [OFFER]


def test_another_repository_needs_another_look(manager):
    manager.show_offer(OFFER)
    QTest.keyClicks(manager.get.field, "x")
    assert not manager.get.download.isVisible()


def test_progress_can_be_read_and_stopped(qtbot, manager):
    told = heard(manager.cancel_asked)
    manager.show_offer(OFFER)
    click(qtbot, manager.get.download)
    manager.show_progress(DownloadProgress("a", 24_600_000, 49_200_000, 2_460_000))
    assert manager.get.text.text() == "24.6 of 49.2 MB · 2.5 MB/s · 10 s left · a"
    assert manager.get.bar.isVisible() and manager.get.bar.value() * 2 == manager.get.bar.maximum()
    assert not manager.get.download.isVisible() and not manager.card.verify.isEnabled() and not manager.copy_in.isEnabled()
    click(qtbot, manager.get.cancel)
    assert told == [()]
    manager.show_stopped()
    assert manager.get.download.text() == "Resume" and manager.get.download.isVisible()
    assert manager.card.verify.isEnabled()


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (DownloadProgress("", 0, 0, phase="connecting"), "Asking the hub"),
        (DownloadProgress("", 0, 0, phase="retrying"), "trying again"),
        (DownloadProgress("a", 1, 10, phase="connecting"), "waiting for an answer"),
        (DownloadProgress("a", 1, 10, phase="retrying"), "trying again"),
        (DownloadProgress("a", 1, 10, phase="checking"), "checking"),
        (DownloadProgress("a", 0, 600_000_000, 1_000_000), "10 min left"),
    ],
)
def test_what_happens_is_said(manager, progress, words):
    manager.show_progress(progress)
    assert words in manager.get.text.text()


def test_an_error_is_said_and_a_download_can_be_tried_again(qtbot, manager):
    manager.show_offer(OFFER)
    manager.show_error("The pack old is damaged.")
    assert manager.get.download.text() == "Download 49.2 MB", "nothing was begun that could be resumed"
    click(qtbot, manager.get.download)
    manager.show_progress(DownloadProgress("a", 1, 10))
    manager.show_error("huggingface.co does not answer.")
    assert manager.get.text.text() == "huggingface.co does not answer."
    assert manager.get.text.property("role") == "danger"
    assert manager.get.download.text() == "Resume" and not manager.get.bar.isVisible()
    manager.show_done("It is installed.")
    assert manager.get.text.property("role") == "value" and not manager.get.download.isVisible()


def test_the_focus_does_not_get_lost(qtbot, manager):
    manager.show_offer(OFFER)
    manager.activateWindow()
    manager.get.download.setFocus()
    manager.show_progress(DownloadProgress("a", 1, 10))
    assert manager.focusWidget() is manager.get.cancel
    manager.show_done("Done.")
    assert manager.focusWidget() is manager.get.field


def test_everything_has_a_name_and_a_tip(manager):
    manager.show_offer(OFFER)
    for widget in manager.findChildren(QWidget):
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus and widget.isVisible():
            assert widget.accessibleName() and widget.toolTip(), widget


# With its desk


@pytest.fixture
def hub(tiny, tmp_path) -> Iterator[FakeHub]:
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)
    made = FakeHub()
    shutil.copytree(tiny, tmp_path / "made")
    made.serve(tmp_path / "made")
    yield made
    made.close()


@pytest.fixture
def installed(tiny, tmp_path) -> Path:
    folder = tmp_path / "packs"
    shutil.copytree(tiny, folder / "embedded")
    return folder


class Scene:
    """A manager, its desk and what the desk told."""

    def __init__(self, qtbot, hub: FakeHub, packs: Path) -> None:
        self.qtbot, self.packs = qtbot, packs
        self.manager = PackManager()
        qtbot.addWidget(self.manager)
        self.worker = Worker(lambda: Desk(pack_jobs(hub.url, Patience(2.0, 2, 0.01))), "packs")
        self.opened: list[Path] = []
        self.desk = PackDesk(self.manager, self.worker, packs, "embedded", self.opened.append)
        self.installed, self.chosen, self.deleted = (
            heard(getattr(self.desk, f"pack_{what}")) for what in ("installed", "chosen", "deleted")
        )
        with qtbot.waitExposed(self.manager):
            self.manager.show()
        self.wait_for_list(1)

    def wait_for_list(self, count: int) -> None:
        self.qtbot.waitUntil(lambda: self.manager.list.count() == count, timeout=LIMIT_MS)

    def wait_for(self, words: str) -> None:
        self.qtbot.waitUntil(lambda: words in self.manager.get.text.text(), timeout=LIMIT_MS)
        self.qtbot.waitUntil(lambda: not self.desk.busy, timeout=LIMIT_MS)

    def look(self, repo: str = "someone/sounds") -> None:
        self.manager.get.field.setFocus()
        self.manager.get.field.clear()
        QTest.keyClicks(self.manager.get.field, repo)
        QTest.keyClick(self.manager.get.field, Qt.Key.Key_Return)


@pytest.fixture
def scene(qtbot, hub, installed) -> Iterator[Scene]:
    made = Scene(qtbot, hub, installed)
    yield made
    made.worker.stop()


def test_opening_the_window_asks_the_network_nothing(scene, hub):
    assert hub.asked == []
    assert scene.manager.current() == "embedded"


def test_a_pack_is_found_agreed_to_fetched_and_used(qtbot, scene, hub):
    scene.look()
    scene.wait_for("Tiny pack for tests")
    assert [path for path, _ in hub.asked] == ["list", "pack.json"]
    click(qtbot, scene.manager.get.download)
    scene.wait_for("is installed as tiny")
    scene.wait_for_list(2)
    assert scene.installed == ["tiny"] and scene.manager.current() == "tiny"
    click(qtbot, scene.manager.card.use)
    assert scene.chosen == ["tiny"]
    scene.desk.set_in_use("tiny")
    assert not scene.manager.card.use.isEnabled()


def test_a_stopped_download_goes_on(qtbot, scene, hub):
    hub.mood("tokenizer.safetensors", Mood(pause_s=0.1))
    scene.look()
    scene.wait_for("Tiny pack for tests")
    click(qtbot, scene.manager.get.download)
    qtbot.waitUntil(lambda: "tokenizer" in scene.manager.get.text.text(), timeout=LIMIT_MS)
    click(qtbot, scene.manager.get.cancel)
    scene.wait_for("Stopped.")
    assert scene.installed == []
    click(qtbot, scene.manager.get.download)
    scene.wait_for("is installed as tiny")
    assert any(wanted.startswith("bytes=") for wanted in hub.ranges("tokenizer.safetensors"))


def test_what_goes_wrong_is_said(qtbot, scene, hub):
    scene.look("nonsense")
    scene.wait_for("write it as owner/name")
    hub.mood("list", Mood(status=403))
    scene.look()
    scene.wait_for("only to people with an account")
    hub.mood("vocoder.safetensors", Mood(flip_byte=300))
    scene.look()
    scene.wait_for("Tiny pack for tests")
    click(qtbot, scene.manager.get.download)
    scene.wait_for("arrived damaged")
    assert scene.installed == [] and scene.manager.list.count() == 1


def test_a_folder_is_copied_in_verified_shown_and_deleted(qtbot, scene, tmp_path):
    scene.manager.copy_asked.emit(tmp_path / "made")
    scene.wait_for("is installed as tiny")
    scene.wait_for_list(2)
    click(qtbot, scene.manager.card.verify)
    scene.wait_for("tiny is whole")
    click(qtbot, scene.manager.card.reveal)
    click(qtbot, scene.manager.open_folder)
    assert scene.opened == [scene.packs / "tiny", scene.packs]
    click(qtbot, scene.manager.card.delete)
    answer(qtbot, question(scene.manager), "Delete")
    scene.wait_for("tiny is deleted")
    scene.wait_for_list(1)
    assert scene.deleted == ["tiny"] and not (scene.packs / "tiny").exists()


def test_a_pack_that_was_placed_by_hand_appears_when_the_window_opens(scene):
    scene.manager.close()
    write_tiny_pack(scene.packs / "placed")
    scene.manager.show()
    scene.wait_for_list(2)


def test_a_damaged_pack_is_found_by_verifying(qtbot, scene):
    weights = scene.packs / "embedded" / "vocoder.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    click(qtbot, scene.manager.card.verify)
    scene.wait_for("is damaged: its checksum is not the one in pack.json")
    data = json.loads((scene.packs / "embedded" / "pack.json").read_text())
    assert data["id"] == "tiny"
    assert QApplication.activeModalWidget() is None
