"""Undo, redo and the list of steps."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from engine.types import StepUpdate

CTRL, SHIFT, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier


def undo(bench):
    bench.keys(Qt.Key.Key_Z, CTRL)


def redo(bench):
    bench.keys(Qt.Key.Key_Z, CTRL | SHIFT)


@pytest.fixture
def worked(bench):
    """A project in which a bit of everything was done."""
    first = bench.generate("rain", duration_s=1.0)
    bench.generate("dog bark")
    bench.keys(Qt.Key.Key_Period, widget=bench.window.takes_panel.list)
    bench.select(0.2, 0.6, 500.0, 4000.0)
    bench.click_take(first)
    bench.keys(Qt.Key.Key_Delete, widget=bench.window.takes_panel.list)
    return bench


def test_typing_is_one_step(bench):
    before = len(bench.session.history.labels)
    bench.type_prompt("heavy rain on a roof")
    assert len(bench.session.history.labels) == before + 1
    undo(bench)
    assert bench.document.prompt == "" == bench.prompt.text()
    redo(bench)
    assert bench.document.prompt == "heavy rain on a roof" == bench.prompt.text()


def test_everything_can_be_undone_and_redone(worked):
    history = worked.session.history
    documents = [version.document for version in history.versions]
    assert len(documents) >= 7 and history.index == len(documents) - 1
    for document in reversed(documents[:-1]):
        undo(worked)
        assert worked.document is document
        assert worked.prompt.text() == document.prompt
        assert worked.window.takes_panel.list.model().shown_count == len(document.takes)
    assert not worked.window.actions_by_id["edit.undo"].isEnabled()
    undo(worked)
    assert worked.document is documents[0]
    for document in documents[1:]:
        redo(worked)
        assert worked.document is document
        assert worked.canvas.region == document.selection
    assert not worked.window.actions_by_id["edit.redo"].isEnabled()
    worked.no_errors()


def test_a_click_in_the_list_goes_to_a_step(worked, qtbot):
    documents = [version.document for version in worked.session.history.versions]
    worked.window.side_tabs.setCurrentWidget(worked.window.history_panel)
    view = worked.window.history_panel.list
    for row in (2, 0, len(documents) - 1):
        index = view.model().index(row)
        view.scrollTo(index)
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center())
        assert worked.document is documents[row]
    assert view.model().rowCount() == len(documents)


def test_four_takes_come_one_by_one_and_have_keys(bench):
    counts = []
    bench.controller.take_ready.connect(lambda entry: counts.append((len(bench.takes), bench.window.takes_panel.list.model().pending)))
    bench.generate("rain", duration_s=1.0, count=4)
    bench.until(lambda: bench.controller.run is None)
    assert counts == [(1, 3), (2, 2), (3, 1), (4, 0)]
    assert len({entry.take.seed for entry in bench.takes}) == 4 == len({entry.name for entry in bench.takes})
    assert len([label for label in bench.session.history.labels if label.startswith("Generate")]) == 1
    for number, entry in enumerate(bench.takes, 1):
        bench.keys(Qt.Key(Qt.Key.Key_0.value + number), ALT)
        assert bench.document.current == entry.id
    undo(bench)
    assert bench.takes == ()
    bench.no_errors()


def run_of_four(bench, when_first):
    """Draws four takes of a second; ``when_first`` is done right after the first one."""
    ids = []
    bench.controller.take_ready.connect(lambda entry: (ids.append(entry.id), len(ids) == 1 and when_first()))
    bench.session.change("prepare", duration_s=1.0, count=4)
    bench.type_prompt("rain")
    bench.keys(Qt.Key.Key_Return, CTRL)
    bench.until(lambda: len(ids) == 4 and bench.controller.run is None)
    return ids


def test_undo_during_a_run_loses_no_take(bench):
    ids = run_of_four(bench, bench.session.undo)
    redo(bench)
    assert [entry.id for entry in bench.takes] == ids


def test_typing_during_a_run_loses_no_take(bench):
    ids = run_of_four(bench, lambda: bench.type_prompt("wind"))
    assert [entry.id for entry in bench.takes] == ids
    undo(bench)
    assert [entry.id for entry in bench.takes] == ids
    undo(bench)
    assert bench.takes == ()


def test_takes_of_a_run_whose_first_one_was_given_up_still_come(bench):
    def give_up():
        bench.session.undo()
        bench.session.change("another way", negative="birds")

    ids = run_of_four(bench, give_up)
    assert [entry.id for entry in bench.takes] == ids[1:]


def test_deleting_the_first_take_during_a_run_loses_no_other(bench):
    ids = run_of_four(bench, lambda: bench.session.delete_takes([bench.takes[0].id]))
    everything = {entry.id for version in bench.session.history.versions for entry in version.document.takes}
    assert everything == set(ids)
    assert set(ids[1:]) <= {entry.id for entry in bench.takes}


def test_looking_at_another_take_during_a_run_is_respected(bench):
    first = bench.generate("rain", duration_s=1.0)
    clicked = []

    def click_once(run):
        if not clicked:
            clicked.append(run)
            bench.click_take(first)

    bench.controller.stepped.connect(click_once)
    second = bench.generate("dog bark")
    assert clicked and bench.document.current == first.id != second.id
    assert isinstance(clicked[0].latest, StepUpdate)
    assert QApplication.activePopupWidget() is None
