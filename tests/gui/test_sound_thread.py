"""Calls in the sound thread and their answers in the window's."""

import threading
from functools import partial

import pytest

from gui.sound_thread import SoundThread


@pytest.fixture
def thread(qtbot):
    made = SoundThread()
    yield made
    made.stop(lambda: None, 10)


def test_answers_come_in_order_in_the_thread_that_asked(qtbot, thread):
    done, told = [], []
    for number in range(5):
        thread.submit(
            lambda number=number: done.append(threading.current_thread().name) or number,
            lambda result: told.append((result, threading.current_thread())),
        )
    assert told == []
    qtbot.waitUntil(lambda: len(told) == 5)
    assert told == [(number, threading.main_thread()) for number in range(5)]
    assert done == ["sound"] * 5


def test_an_error_comes_back_to_whoever_asked(qtbot, thread):
    errors = []
    thread.submit(lambda: 1 / 0, lambda result: errors.append("no answer"), errors.append)
    qtbot.waitUntil(lambda: len(errors) == 1)
    assert isinstance(errors[0], ZeroDivisionError)


def test_an_error_that_nobody_waits_for_is_raised(qtbot, thread):
    with qtbot.captureExceptions() as errors:
        thread.submit(lambda: 1 / 0)
        qtbot.waitUntil(lambda: len(errors) == 1)
    assert errors[0][0] is ZeroDivisionError


def test_what_is_cancelled_is_neither_begun_nor_answered(qtbot, thread):
    gate, begun, done, told = threading.Event(), threading.Event(), [], []

    def first():
        begun.set()
        gate.wait(20)
        done.append("first")

    running = thread.submit(first, lambda _: told.append("first"))
    waiting = thread.submit(lambda: done.append("second"), lambda _: told.append("second"))
    assert begun.wait(20)
    running.cancel()
    waiting.cancel()
    gate.set()
    thread.submit(lambda: done.append("third"), lambda _: told.append("third"))
    qtbot.waitUntil(lambda: len(told) > 0)
    assert done == ["first", "third"] and told == ["third"]


def test_the_end_drops_what_waits(qtbot, thread):
    gate, begun, done, told = threading.Event(), threading.Event(), [], []
    thread.submit(lambda: begun.set() or gate.wait(20), told.append)
    thread.submit(lambda: done.append("waited"), told.append)
    assert begun.wait(20)
    assert not thread.stop(partial(done.append, "last"), 0.05)
    gate.set()
    assert thread.stop(partial(done.append, "last"), 20)
    thread.submit(lambda: done.append("late"), told.append)
    qtbot.wait(50)
    assert done == ["last"] and told == []


def test_a_thread_without_work_never_begins(qtbot):
    before = threading.active_count()
    thread = SoundThread()
    assert threading.active_count() == before
    assert thread.stop(lambda: None, 1)
