"""Own sounds become a pack in the window: the whole walk, with a kill in between, a pause, and a program that is closed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from gui.training_runs import RunShelf
from gui.training_wizard import DONE, FOLDER, RUN, SOUNDS
from tests.gui.training_bench import PATIENT_MS, TrainingBench
from tests.training.own_folder import write_folder

pytestmark = pytest.mark.slow


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """Twenty sounds and a damaged file."""
    folder = write_folder(tmp_path / "Winter walks", 20, 0.3)
    (folder / "rain" / "broken.wav").write_bytes(b"RIFF and nothing more")
    return folder


@pytest.fixture
def make_training(qtbot, tmp_path) -> Iterator:
    made: list[TrainingBench] = []

    def make() -> TrainingBench:
        made.append(TrainingBench(qtbot, tmp_path / "user"))
        return made[-1]

    yield make
    for bench in made:
        bench.close()


def begin(bench: TrainingBench, sounds: Path, length: str) -> None:
    """From the first page to a training that has made some steps."""
    page = bench.wizard.folder
    bench.type_into(page.path, str(sounds))
    bench.type_into(page.name, "Winter walks")
    bench.choose(page.lengths, length)
    bench.press(bench.wizard.next)
    bench.until_page(SOUNDS)
    bench.until(lambda: bench.wizard.begin.isEnabled(), PATIENT_MS)


@pytest.mark.timeout(900)
def test_from_a_folder_to_a_pack_that_draws_though_the_training_is_killed(make_training, sounds, tmp_path):
    bench = make_training().open().open_wizard()
    wizard = bench.wizard
    (tmp_path / "empty").mkdir()
    bench.type_into(wizard.folder.path, str(tmp_path / "empty"))
    bench.type_into(wizard.folder.name, "Nothing")
    bench.qtbot.keyClick(wizard.folder.name, Qt.Key.Key_Return)
    bench.until(lambda: wizard.folder.problem.text(), PATIENT_MS)
    assert "There are no sounds in" in wizard.folder.problem.text() and wizard.page == FOLDER
    assert not list((tmp_path / "user" / "runs").iterdir())

    begin(bench, sounds, "evening")
    shown = {key: label.text() for key, label in wizard.sounds.values.items()}
    assert shown["files"] == "20 of 21" and shown["captions"] == "for 20 of 20 files" and shown["kinds"] == "bells, rain"
    assert wizard.sounds.refused.topLevelItem(0).text(0) == "rain/broken.wav"
    assert "few" in wizard.sounds.warning.text()
    bench.press(wizard.begin)
    assert wizard.page == RUN
    bench.until(lambda: bench.step() >= 4 and bench.desk.unfinished()[0].can_draw, PATIENT_MS)
    bench.kill_training()
    bench.until(lambda: not bench.desk.busy, PATIENT_MS)
    assert "ended from outside" in wizard.run.status.text() and wizard.run.resume.isVisible()
    reached = bench.step()
    assert 0 < reached < 60

    bench.press(wizard.run.resume)
    bench.until_page(DONE)
    assert len(list(sounds.rglob("*.wav"))) == 21
    assert not list((tmp_path / "user" / "runs").iterdir())
    assert (bench.packs / "winter-walks" / "pack.json").is_file()
    assert "Winter walks" in bench.status
    bench.press(wizard.use)
    bench.until(lambda: bench.controller.pack.pack_id == "winter-walks", PATIENT_MS)
    assert not wizard.use.isEnabled()
    bench.press(wizard.close_button)
    bench.window.activateWindow()
    bench.until(bench.window.isActiveWindow)
    assert bench.generate("rain", duration_s=1.0).take.clip.duration_s == 1.0
    bench.no_errors()


@pytest.mark.timeout(900)
def test_a_training_is_heard_survives_the_program_and_can_be_ended_early(make_training, sounds):
    first = make_training().open().open_wizard()
    begin(first, sounds, "best")
    assert "evening" in first.wizard.sounds.warning.text()
    first.press(first.wizard.begin)
    first.until(lambda: first.desk.unfinished()[0].plan.length == "evening" and first.step() >= 4, PATIENT_MS)
    first.wizard.close()
    first.close()
    # The program would be gone by now; here it lives on, and would meet the training that is still saving.
    first.desk.process.close(PATIENT_MS / 1000)
    reached = RunShelf(first.studio.runs, first.packs).unfinished()
    assert [(run.plan.name, run.stage, run.done) for run in reached] == [("Winter walks", "generator", False)]

    second = make_training().open().open_wizard()
    assert second.wizard.folder.runs.item(0).text().startswith("Winter walks · Learning to draw, step ")
    second.press(second.wizard.folder.resume)
    second.until_page(RUN)
    second.press(second.wizard.run.pause)
    second.until(lambda: "Paused" in second.wizard.run.status.text(), PATIENT_MS)
    second.press(second.wizard.run.listen)
    second.until(lambda: "drawn after step" in second.wizard.run.example.text(), PATIENT_MS)
    second.until(lambda: second.player.playing)
    assert abs(second.pump(1.0)).max() > 0
    second.press(second.wizard.run.finish)
    second.until_page(DONE)
    assert (second.packs / "winter-walks" / "pack.json").is_file()
    second.press(second.wizard.again)
    assert second.wizard.page == FOLDER and second.wizard.folder.runs.count() == 0
    QApplication.processEvents()
    second.no_errors()
