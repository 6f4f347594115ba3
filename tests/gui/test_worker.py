"""The worker: order, cancelling, failures that stay alone, and an end while it works."""

import gc
import threading
import weakref

import numpy as np
import pytest

from engine.types import EngineError, Failed, Finished
from gui.worker import Cancelled, EngineRunner, Worker

DONE = Finished((), ())


class Job:
    """Counts to ``steps``; ``error`` is raised instead of the second step."""

    def __init__(self, steps=1, error=None, gate=None):
        self.steps, self.error, self.gate = steps, error, gate
        self.payload = np.zeros(1000)


class Counter:
    def run(self, job):
        payload = job.payload
        for step in range(job.steps):
            if job.gate is not None:
                job.gate.wait(10)
            if step == 1 and job.error is not None:
                raise job.error
            yield step
        del payload
        yield DONE


class Seen:
    """Everything a worker told, in order."""

    def __init__(self, worker):
        self.events = []
        worker.event.connect(lambda ticket, event: self.events.append((ticket, event)))

    def of(self, ticket):
        return [event for seen, event in self.events if seen == ticket]

    def ended(self, *tickets):
        return all(self.of(ticket) and isinstance(self.of(ticket)[-1], Finished | Failed | Cancelled) for ticket in tickets)


@pytest.fixture
def worker(qtbot):
    made = Worker(Counter, "test")
    yield made
    made.stop()


@pytest.fixture
def seen(worker):
    return Seen(worker)


def test_jobs_run_in_order_and_each_has_one_end(qtbot, worker, seen):
    tickets = [worker.submit(Job(3)) for _ in range(3)]
    qtbot.waitUntil(lambda: seen.ended(*tickets))
    assert seen.events == [(ticket, event) for ticket in tickets for event in (0, 1, 2, DONE)]
    assert not worker.busy


def test_events_arrive_in_the_thread_of_the_window(qtbot, worker):
    threads = []
    worker.event.connect(lambda *_: threads.append(threading.current_thread()))
    worker.submit(Job())
    qtbot.waitUntil(lambda: len(threads) == 2)
    assert set(threads) == {threading.main_thread()}


def test_an_urgent_job_comes_before_what_waits(qtbot, worker, seen):
    gate = threading.Event()
    running, waiting = worker.submit(Job(gate=gate)), worker.submit(Job())
    qtbot.waitUntil(lambda: worker._running == running)
    urgent = worker.submit(Job(), first=True)
    gate.set()
    qtbot.waitUntil(lambda: seen.ended(running, waiting, urgent))
    assert [ticket for ticket, event in seen.events if event is DONE] == [running, urgent, waiting]


def test_cancel_stops_at_the_next_step(qtbot, worker, seen):
    gate = threading.Event()
    ticket = worker.submit(Job(1000, gate=gate))
    qtbot.waitUntil(lambda: worker._running == ticket)
    worker.cancel(ticket)
    gate.set()
    qtbot.waitUntil(lambda: seen.ended(ticket))
    assert seen.of(ticket)[:-1] in ([], [0]) and seen.of(ticket)[-1] == Cancelled()


def test_cancel_takes_a_waiting_job_out(qtbot, worker, seen):
    gate = threading.Event()
    running, waiting, last = worker.submit(Job(gate=gate)), worker.submit(Job()), worker.submit(Job())
    worker.cancel(waiting)
    gate.set()
    qtbot.waitUntil(lambda: seen.ended(running, waiting, last))
    assert seen.of(waiting) == [Cancelled()] and seen.of(last)[-1] is DONE


def test_to_cancel_what_has_ended_does_nothing(qtbot, worker, seen):
    first = worker.submit(Job())
    qtbot.waitUntil(lambda: seen.ended(first))
    worker.cancel(first)
    second = worker.submit(Job())
    qtbot.waitUntil(lambda: seen.ended(second))
    assert seen.of(first)[-1] is DONE and seen.of(second)[-1] is DONE


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (EngineError("audio", "No sound."), "audio", "No sound."),
        (MemoryError(), "memory", "There is not enough memory for this."),
        (ZeroDivisionError("division"), "numeric", "Something went wrong inside the program; nothing was lost."),
    ],
)
def test_the_second_of_three_jobs_fails_alone(qtbot, worker, seen, expected_messages, error, kind, sentence):
    expected_messages.append("melbrush.worker: A job failed")
    tickets = [worker.submit(Job(2)), worker.submit(Job(2, error)), worker.submit(Job(2))]
    qtbot.waitUntil(lambda: seen.ended(*tickets))
    failed = seen.of(tickets[1])[-1]
    assert (failed.kind, failed.message) == (kind, sentence)
    assert ("ZeroDivisionError" in failed.detail) == (kind == "numeric")
    assert seen.of(tickets[0])[-1] is DONE and seen.of(tickets[2])[-1] is DONE


def test_an_unforeseen_failure_is_in_the_log_with_its_trace(qtbot, worker, seen, expected_messages, caplog):
    expected_messages.append("melbrush.worker: A job failed")
    ticket = worker.submit(Job(2, ZeroDivisionError("division")))
    qtbot.waitUntil(lambda: seen.ended(ticket))
    (record,) = [record for record in caplog.records if record.name == "melbrush.worker"]
    assert "ZeroDivisionError" in caplog.text and record.levelname == "ERROR"


@pytest.mark.parametrize("make_error", [lambda: None, MemoryError, lambda: EngineError("memory", "Too much.")])
def test_nothing_of_a_job_lives_on_after_its_end(qtbot, worker, seen, make_error):
    job = Job(2, make_error())
    dead = weakref.ref(job), weakref.ref(job.payload)
    ticket = worker.submit(job)
    del job
    qtbot.waitUntil(lambda: seen.ended(ticket))
    seen.events.clear()

    def gone():
        gc.collect()
        return all(reference() is None for reference in dead)

    qtbot.waitUntil(gone)


def test_stop_while_it_runs_ends_after_the_step(qtbot):
    worker, gate = Worker(Counter, "test"), threading.Event()
    seen = Seen(worker)
    running, waiting = worker.submit(Job(1000, gate=gate)), worker.submit(Job())
    qtbot.waitUntil(lambda: worker._running == running)
    gate.set()
    worker.stop()
    assert not worker._thread.is_alive()
    qtbot.waitUntil(lambda: seen.ended(running))
    assert seen.of(running)[-1] == Cancelled() and seen.of(waiting) == []


def test_stop_does_not_wait_for_ever(qtbot):
    worker, gate = Worker(Counter, "test"), threading.Event()
    worker.submit(Job(gate=gate))
    qtbot.waitUntil(lambda: worker._running is not None)
    worker.stop(wait_s=0.05)
    assert worker._thread.is_alive()
    gate.set()
    worker.stop()
    assert not worker._thread.is_alive()


def test_the_engine_says_so_if_no_pack_is_loaded():
    (failed,) = EngineRunner().run(Job())
    assert failed == Failed("pack", "No pack is loaded yet.")
