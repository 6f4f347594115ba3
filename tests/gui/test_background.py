"""Work in a thread: answers come in the Qt thread, old ones and those for nobody never do, errors are not lost."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject

from gui.background import Background


@pytest.fixture
def owner(qtbot) -> QObject:
    return QObject()


@pytest.fixture
def background(owner: QObject) -> Background:
    return Background(owner)


def test_it_works_elsewhere_and_answers_here(qtbot, background: Background) -> None:
    answers: list = []
    background.compute("name", threading.get_ident, lambda found: answers.append((found, threading.get_ident())))
    assert background.busy and answers == []
    qtbot.waitUntil(lambda: answers != [])
    (worked, answered) = answers[0]
    assert worked != threading.get_ident() == answered
    assert not background.busy


def test_all_share_one_thread(qtbot, owner: QObject) -> None:
    answers: list[int] = []
    backgrounds = [Background(owner) for _ in range(3)]
    for background in backgrounds:
        background.compute("name", threading.get_ident, answers.append)
    qtbot.waitUntil(lambda: len(answers) == 3)
    assert len(set(answers)) == 1


def test_only_the_last_request_of_a_name_is_answered(qtbot, background: Background) -> None:
    gate, answers, begun = threading.Event(), [], []

    def work(number: int) -> int:
        begun.append(number)
        gate.wait(10)
        return number

    for number in range(4):
        background.compute("same", lambda number=number: work(number), answers.append)
    background.compute("other", lambda: "other", answers.append)
    qtbot.waitUntil(lambda: begun != [])
    gate.set()
    qtbot.waitUntil(lambda: not background.busy)
    assert answers == [3, "other"]
    assert begun in ([0, 3], [3]), "those between were never begun"


def test_what_is_dropped_is_not_answered(qtbot, background: Background) -> None:
    answers: list = []
    background.compute("name", lambda: 1, answers.append)
    background.drop("name")
    background.drop("never asked")
    background.compute("last", lambda: 2, answers.append)
    qtbot.waitUntil(lambda: answers != [])
    assert answers == [2]


def test_a_gone_owner_is_not_answered(qtbot, owner: QObject, background: Background) -> None:
    gate, answers = threading.Event(), []
    background.compute("name", lambda: gate.wait(10), answers.append)
    owner.deleteLater()
    QCoreApplication.sendPostedEvents(owner, QEvent.Type.DeferredDelete)
    gate.set()
    qtbot.wait(50)
    assert answers == [] and not background.busy


def test_an_error_is_raised_where_it_is_seen(qtbot, background: Background) -> None:
    def fail() -> None:
        raise ValueError("in the thread")

    with qtbot.capture_exceptions() as errors:
        background.compute("name", fail, lambda _: None)
        qtbot.waitUntil(lambda: not background.busy)
    assert [str(error[1]) for error in errors] == ["in the thread"]
