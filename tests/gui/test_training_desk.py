"""Trainings whose processes are a few lines: what is said when they fail, what other windows do, and that nothing comes too late."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication

from engine.jobs import ReadSound
from gui.training_desk import TrainingDesk
from gui.training_runs import ROOT, Plan, RunInfo, RunShelf
from gui.training_wizard import DONE, FOLDER, RUN, SOUNDS, TrainingWizard

LIMIT_MS = 60_000
TELL = "import json, os, sys, time\ndef tell(event, **facts):\n    print(json.dumps({'event': event, **facts}), flush=True)\n"
WAITS = "sys.stdin.read()"
FOUND = {"files": 3, "captioned": 3, "refused": [], "classes": [], "clips": 3, "few": True, "left_aside": 0, "seconds": 9.0}
COUNTED = f"tell('sounds', splits={{'train': 2, 'validation': 1}}, **{FOUND})"


class ScriptedShelf(RunShelf):
    """Runs ``script`` instead of a training and keeps what it was asked for."""

    script = WAITS

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "runs", folder / "packs")
        self.asked: list[tuple[RunInfo, tuple[str, ...]]] = []

    def command(self, run: RunInfo, stages: tuple[str, ...], threads: int) -> list[str]:
        self.asked.append((run, stages))
        return [sys.executable, "-S", "-E", "-c", TELL + self.script]

    def made(self, length: str = "quick", **shards: object) -> RunInfo:
        """A run, with sounds if they are told."""
        run = self.add(Plan("Walks", "", "/sounds", length=length))
        if shards:
            (run.folder / "shards").mkdir()
            (run.folder / "shards" / "sounds.json").write_text(json.dumps(shards))
        return run


class Files(QObject):
    """A worker that only takes orders."""

    event = Signal(int, object)

    def __init__(self) -> None:
        super().__init__()
        self.jobs: list = []

    def submit(self, job: object, first: bool = False) -> int:
        self.jobs.append(job)
        return len(self.jobs)


@pytest.fixture
def shelf(tmp_path: Path) -> ScriptedShelf:
    return ScriptedShelf(tmp_path)


@pytest.fixture
def files() -> Files:
    return Files()


@pytest.fixture
def desk(wizard, shelf, files) -> Iterator[TrainingDesk]:
    desk = TrainingDesk(wizard, shelf, files)
    yield desk
    desk.process.close(30.0)
    desk.listener.close(30.0)
    desk.close()


def click(qtbot, button) -> None:
    assert button.isVisible() and button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def resume(qtbot, wizard: TrainingWizard, desk: TrainingDesk, page: int) -> None:
    """The training that the first page shows."""
    desk.refresh()
    click(qtbot, wizard.folder.resume)
    assert wizard.page == page


def ended(qtbot, desk: TrainingDesk) -> None:
    qtbot.waitUntil(lambda: not desk.busy, timeout=LIMIT_MS)


def test_what_fails_while_it_is_paused_is_said(qtbot, wizard, desk, shelf):
    shelf.made(splits={})
    shelf.script = WAITS + "; print('melbrush: The disk is full.'); sys.exit(1)"
    resume(qtbot, wizard, desk, RUN)
    click(qtbot, wizard.run.pause)
    ended(qtbot, desk)
    assert wizard.run.status.text() == "The disk is full."


def test_a_training_of_another_window_is_neither_begun_nor_removed(qtbot, wizard, desk, shelf):
    run = shelf.made()
    lock = RunShelf(shelf.folder, shelf.packs).lock(run.folder)
    desk.refresh()
    click(qtbot, wizard.folder.resume)
    assert wizard.page == FOLDER and "another window" in wizard.folder.problem.text() and not desk.busy
    wizard.folder.remove_asked.emit(run.folder)
    assert "another window" in wizard.folder.problem.text() and shelf.unfinished() == [run]
    lock.unlock()
    wizard.folder.remove_asked.emit(run.folder)
    assert shelf.unfinished() == []


def test_a_training_that_another_window_has_removed_is_not_offered_again(qtbot, wizard, desk, shelf):
    run = shelf.made()
    desk.refresh()
    shelf.remove(run.folder)
    click(qtbot, wizard.folder.resume)
    assert "not there any more" in wizard.folder.problem.text() and wizard.folder.runs.count() == 0


def test_the_folder_is_kept_from_others_until_the_training_has_saved(qtbot, wizard, desk, shelf):
    run = shelf.made(splits={})
    shelf.script = f"{WAITS}\nopen('saving', 'w')\nwhile not os.path.exists('go'):\n    time.sleep(0.01)"
    resume(qtbot, wizard, desk, RUN)
    desk.close()
    qtbot.waitUntil((run.folder / "saving").exists, timeout=LIMIT_MS)
    assert shelf.lock(run.folder) is None
    (run.folder / "go").touch()
    qtbot.waitUntil(lambda: shelf.lock(run.folder) is not None, timeout=LIMIT_MS)


ENDS_EARLY = """
import sys
from pathlib import Path
from gui.training_process import TrainingProcess
process = TrainingProcess()
process.start([sys.executable, "-S", "-c", "import sys, time; sys.stdin.read(); time.sleep(0.5); open('saved', 'w')"], Path(sys.argv[1]))
process.close(0.0)
process.when_gone(lambda: print((Path(sys.argv[1]) / "saved").exists()))
print("closed")
"""


def test_the_program_ends_after_the_training(tmp_path):
    done = subprocess.run([sys.executable, "-c", ENDS_EARLY, str(tmp_path)], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.stdout.split() == ["closed", "True"], done.stderr


def test_too_few_held_out_sounds_are_noticed_also_when_it_is_resumed(qtbot, wizard, desk, shelf):
    shelf.made("best", splits={"train": 90, "validation": 7})
    resume(qtbot, wizard, desk, RUN)
    assert [run.plan.length for run, _ in shelf.asked] == ["evening"] == [run.plan.length for run in shelf.unfinished()]
    assert QApplication.focusWidget() is wizard.run.pause
    click(qtbot, wizard.run.pause)
    ended(qtbot, desk)
    (shelf.unfinished()[0].folder / "run.json").unlink()
    shelf.made("best", splits={"train": 90, "validation": 8})
    click(qtbot, wizard.run.leave)
    resume(qtbot, wizard, desk, RUN)
    assert shelf.asked[-1][0].plan.length == "best"


def test_what_was_given_up_does_not_begin(qtbot, wizard, desk, shelf):
    run, seen = shelf.made(), []
    desk.process.told.connect(lambda event: seen.append((event["event"], wizard.sounds.status.text(), wizard.begin.isEnabled())))
    shelf.script = f"tell('listed', files=3); {WAITS}; {COUNTED}"
    resume(qtbot, wizard, desk, SOUNDS)
    qtbot.waitUntil(lambda: seen != [], timeout=LIMIT_MS)
    click(qtbot, wizard.back)
    ended(qtbot, desk)
    assert seen[1:] == [("sounds", "Stopping…", False)]
    assert wizard.page == FOLDER and not run.folder.exists()


def test_a_pause_in_the_last_moment_does_not_hide_the_pack(qtbot, wizard, desk, shelf):
    run = shelf.made(splits={})
    shelf.script = "tell('pack')\nwhile not os.path.exists('go'):\n    time.sleep(0.01)"
    with qtbot.waitSignal(desk.process.told, timeout=LIMIT_MS):
        resume(qtbot, wizard, desk, RUN)
    click(qtbot, wizard.run.pause)
    (run.folder / "go").touch()
    ended(qtbot, desk)
    assert wizard.page == DONE and not run.folder.exists()


def test_the_example_of_a_training_that_was_left_is_not_played(qtbot, wizard, desk, shelf, files):
    first = shelf.made(splits={})
    resume(qtbot, wizard, desk, RUN)
    click(qtbot, wizard.run.pause)
    ended(qtbot, desk)
    facts = f"path={str(first.example)!r}, part='generator', step=3, caption='rain'"
    shelf.script = f"while not os.path.exists('go'):\n    time.sleep(0.01)\ntell('example', {facts})"
    click(qtbot, wizard.run.listen)
    click(qtbot, wizard.run.leave)
    shelf.script = WAITS
    wizard.folder.resume_asked.emit(shelf.made(splits={}).folder)
    assert wizard.run.title.isVisible() and not wizard.run.listen.isEnabled()
    (first.folder / "go").touch()
    qtbot.waitUntil(lambda: not desk.listener.running, timeout=LIMIT_MS)
    assert files.jobs == [] and wizard.run.listen.isEnabled() and wizard.run.example.text() == ""


def test_an_example_is_read_and_told(qtbot, wizard, desk, shelf, files):
    run = shelf.made(splits={})
    resume(qtbot, wizard, desk, RUN)
    shelf.script = f"tell('example', path={str(run.example)!r}, part='generator', step=1200, caption='rain')"
    click(qtbot, wizard.run.listen)
    qtbot.waitUntil(lambda: files.jobs != [], timeout=LIMIT_MS)
    assert isinstance(files.jobs[0], ReadSound) and files.jobs[0].path == run.example
    assert shelf.asked[-1][1] == ("example",)
