"""The pages of the training wizard without a training: what they ask, what they show, and that every control has a name."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QMessageBox, QPushButton, QRadioButton, QWidget

from gui.training_log import TrainingLog
from gui.training_runs import STAGES, Plan, RunInfo
from gui.training_wizard import DONE, FOLDER, RUN, SOUNDS
from tests.gui.test_canvas import heard

FOUND = {
    "splits": {"train": 140, "validation": 6, "test": 9},
    "files": 150,
    "captioned": 0,
    "refused": [["rain/broken.wav", "is damaged or cut off and could not be read."]],
    "classes": ["bells", "rain"],
    "clips": 155,
    "few": True,
    "left_aside": 12,
    "seconds": 1210.0,
}


def click(qtbot, button: QPushButton) -> None:
    assert button.isEnabled() and button.isVisible(), button.text()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def run_of(folder: Path, stage: str = "generator", start: str = "embedded") -> RunInfo:
    return RunInfo(folder, Plan("Walks", "walks", "/sounds", start=start), stage, False, 1200, 4900)


def drop(widget: QWidget, path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    rest = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, QDragEnterEvent(QPointF(9, 9).toPoint(), *rest))
    QApplication.sendEvent(widget, QDropEvent(QPointF(9, 9), *rest))


def test_a_plan_is_asked_for_with_the_keyboard_alone(qtbot, wizard, tmp_path):
    told, page = heard(wizard.folder.next_asked), wizard.folder
    page.path.setFocus()
    qtbot.keyClicks(page.path, str(tmp_path))
    for _ in range(10):
        if QApplication.focusWidget() is page.name:
            break
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    qtbot.keyClicks(page.name, "Winter  walks")
    qtbot.keyClick(page.name, Qt.Key.Key_Return)
    assert told == [Plan("Winter walks", "", str(tmp_path), "auto", "embedded", "quick", "embedded")]
    assert wizard.isVisible(), "Enter in a field does not close the window"


@pytest.mark.parametrize(
    ("path", "name", "sentence"),
    [
        ("", "a", "Choose the folder"),
        ("/there/is/none", "a", "There is no folder"),
        ("~nobody-of-this-name/sounds", "a", "There is no folder ~nobody"),
        ("/" + 300 * "a", "a", "There is no folder"),
        (".", " ", "Give the pack a name"),
    ],
)
def test_what_is_missing_is_said(qtbot, wizard, path, name, sentence):
    told = heard(wizard.folder.next_asked)
    wizard.folder.path.setText(path)
    wizard.folder.name.setText(name)
    click(qtbot, wizard.next)
    assert sentence in wizard.folder.problem.text() and wizard.folder.problem.isVisible() and told == []


def test_a_dropped_folder_names_the_pack_until_people_do(qtbot, wizard, tmp_path):
    (tmp_path / "bells").mkdir()
    (tmp_path / "bells" / "one.wav").touch()
    drop(wizard.folder, tmp_path / "bells" / "one.wav")
    assert (wizard.folder.path.text(), wizard.folder.name.text()) == (str(tmp_path / "bells"), "bells")
    wizard.folder.name.selectAll()
    qtbot.keyClicks(wizard.folder.name, "Mine")
    drop(wizard.folder, tmp_path)
    assert (wizard.folder.path.text(), wizard.folder.name.text()) == (str(tmp_path), "Mine")


def test_unfinished_trainings_are_resumed_and_removed(qtbot, wizard, tmp_path):
    resumed, removed = heard(wizard.folder.resume_asked), heard(wizard.folder.remove_asked)
    assert not wizard.folder.runs.isVisible()
    wizard.folder.show_runs([run_of(tmp_path / "a"), run_of(tmp_path / "b", "corpus")])
    assert wizard.folder.runs.item(0).text() == "Walks · Learning to draw, step 1,200 of 4,900"
    wizard.folder.runs.setFocus()
    qtbot.keyClick(wizard.folder.runs, Qt.Key.Key_Down)
    qtbot.keyClick(wizard.folder.runs, Qt.Key.Key_Return)
    click(qtbot, wizard.folder.resume)
    assert resumed == [tmp_path / "b"] * 2
    for answer in ("Keep", "Remove"):
        click(qtbot, wizard.folder.remove)
        box = next(box for box in wizard.findChildren(QMessageBox) if box.isVisible())
        click(qtbot, next(button for button in box.buttons() if button.text() == answer))
        qtbot.waitUntil(lambda: not wizard.findChildren(QMessageBox))
        assert removed == ([] if answer == "Keep" else [tmp_path / "b"])


def test_what_will_be_used_is_shown_with_every_warning(wizard):
    wizard.show_page(SOUNDS)
    assert not wizard.begin.isEnabled()
    wizard.sounds.show_summary(FOUND, "best")
    shown = {key: label.text() for key, label in wizard.sounds.values.items()}
    assert shown["files"] == "150 of 151" and shown["time"] == "20 min" and shown["clips"].startswith("155, 6 of them")
    assert wizard.sounds.refused.topLevelItem(0).text(1).startswith("is damaged")
    for word in ("few", "no captions", "evening"):
        assert word in wizard.sounds.warning.text()
    wizard.sounds.show_summary({**FOUND, "captioned": 150, "few": False, "refused": []}, "quick")
    assert not wizard.sounds.warning.isVisible() and not wizard.sounds.refused.isVisible()
    wizard.sounds.show_summary({**FOUND, "splits": {"validation": 1}}, "quick")
    assert not wizard.sounds.ready and "nothing to learn from" in wizard.sounds.warning.text()


def log_of(steps: int) -> TrainingLog:
    log = TrainingLog("generator")
    for step in range(10, steps + 1, 10):
        log.add({"step": step, "of": 4900, "steps_per_s": 1.3, "left_min": 47.2, "loss": 7 - step / 1000})
    log.add({"step": steps, "of": 4900, "steps_per_s": 1.3, "left_min": 47.2, "validation": 1.0, "val_text": 4.5, "val_sound": 4.4})
    return log


def test_a_training_shows_where_it_is_and_how_long_it_takes(wizard, tmp_path):
    wizard.show_page(RUN)
    wizard.run.show_run(run_of(tmp_path), True)
    wizard.run.show_log(log_of(1200))
    assert wizard.run.status.text() == "Step 1,200 of 4,900 · 1.3 steps a second on this computer · about 47 min left in this stage"
    assert wizard.run.figures.text() == "Held-out sounds: loss 4.5 by words, loss 4.4 by sounds."
    assert len(wizard.run.curve.trained.getData()[0]) == 120 and len(wizard.run.curve.held_out.getData()[0]) == 1
    assert wizard.run.curve.accessibleDescription() == "From 6.99 to 5.8 in 1200 steps"
    states = {stage: label.accessibleName().rpartition(", ")[2] for stage, label in wizard.run.stages.rows.items()}
    assert states == {"corpus": "done", "tokens": "done", "generator": "now", "pack": "to come"}
    wizard.run.show_run(run_of(tmp_path, "tokenizer", ""), True)
    assert list(wizard.run.stages.rows)[1:7] == ["tokenizer", "decoder", "prompt", "vocoder", "tokens", "hints"]
    labels = [label.accessibleName().rpartition(", ")[0] for label in wizard.run.stages.rows.values()]
    assert len(set(labels)) == len(labels) == len(STAGES) and "" not in labels


def test_only_what_makes_sense_can_be_pressed(qtbot, wizard, tmp_path):
    names = ("pause_asked", "resume_asked", "finish_asked", "listen_asked", "leave_asked")
    told = {name: heard(getattr(wizard.run, name)) for name in names}
    wizard.show_page(RUN)
    wizard.run.show_run(run_of(tmp_path), True)
    assert wizard.run.pause.isVisible() and not wizard.run.resume.isVisible()
    assert not wizard.run.leave.isEnabled() and not wizard.run.finish.isEnabled()
    click(qtbot, wizard.run.pause)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "generator.safetensors").touch()
    wizard.run.show_run(run_of(tmp_path), False)
    assert wizard.run.resume.hasFocus()
    for button in (wizard.run.resume, wizard.run.finish, wizard.run.listen, wizard.run.leave):
        click(qtbot, button)
    assert {name: len(calls) for name, calls in told.items()} == dict.fromkeys(names, 1)
    wizard.run.show_example("…", drawing=True)
    assert not wizard.run.listen.isEnabled()


def test_a_key_pressed_twice_does_no_harm(qtbot, wizard, tmp_path):
    """Who presses a button that is then disabled is not left on a neighbour that ends the training."""
    told = heard(wizard.run.finish_asked)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "generator.safetensors").touch()
    wizard.show_page(RUN)
    wizard.run.show_run(run_of(tmp_path), True)
    wizard.run.listen_asked.connect(lambda: wizard.run.show_example("…", drawing=True))
    wizard.run.listen.setFocus()
    for _ in range(2):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    assert wizard.run.pause.hasFocus() and told == []


def test_the_pack_is_offered_at_once(qtbot, wizard):
    told = heard(wizard.use_asked)
    wizard.show_pack("walks", "Walks", False)
    assert wizard.page == DONE and wizard.use.hasFocus()
    click(qtbot, wizard.use)
    assert told == ["walks"]
    wizard.show_pack("walks", "Walks", True)
    assert not wizard.use.isEnabled() and wizard.close_button.hasFocus()


@pytest.mark.parametrize("page", [FOLDER, SOUNDS, RUN, DONE])
def test_every_control_has_a_name_and_says_what_it_does(wizard, page):
    wizard.folder.show_runs([run_of(Path("/x"))])
    wizard.show_page(page)
    controls = [
        part for kind in (QPushButton, QLineEdit, QComboBox, QRadioButton) for part in wizard.findChildren(kind) if part.isVisible()
    ]
    assert [part for part in controls if not (part.accessibleName() and part.toolTip())] == []
