"""Intent to jobs and answers to documents, with workers that the test plays."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Signal

from engine.geometry import Geometry
from engine.jobs import Assess, Assessed, Encode, Generate, PackLoaded, ReadSound, Restore, SoundRead
from engine.session.document import Document
from engine.session.history import History
from engine.session.session import Session
from engine.types import Clip, Failed, Finished, SamplingSettings, TakeReady
from gui.controller import Controller
from gui.worker import Cancelled
from tests.export.makers import make_entry, sine

PACK = PackLoaded("tiny", "Tiny", "abc", "cpu", Geometry(), SamplingSettings(steps=4))
DONE = Finished((), ())


class Told(QObject):
    """A worker whose answers the test gives."""

    event = Signal(int, object)

    def __init__(self):
        super().__init__()
        self.jobs, self.cancelled = [], []

    def submit(self, job, first=False):
        self.jobs.append(job)
        return len(self.jobs)

    def cancel(self, ticket):
        self.cancelled.append(ticket)

    def answer(self, *events):
        """Answers the newest job."""
        for event in events:
            self.event.emit(len(self.jobs), event)


class Stage:
    def __init__(self):
        self.session, self.engine, self.files = Session(), Told(), Told()
        self.controller = Controller(self.session, self.engine, self.files)
        self.told, self.failed = [], []
        self.controller.status.connect(lambda *args: self.told.append(args))
        self.controller.failed.connect(lambda *args: self.failed.append(args))

    def load(self):
        self.controller.load_pack(Path("pack"), "cpu", 1)
        self.engine.answer(PACK, DONE)
        return self


@pytest.fixture
def empty(qapp):
    return Stage()


@pytest.fixture
def stage(empty):
    return empty.load()


def take(seed=1):
    return replace(make_entry(prompt="rain").take, seed=seed)


def test_a_pack_brings_its_settings_and_nothing_to_save(empty):
    empty.load()
    assert empty.session.document.settings.steps == 4 and not empty.session.dirty
    assert not empty.session.history.can_undo


def test_settings_that_were_chosen_before_stay(empty):
    empty.controller.edit_setting("steps", 9)
    empty.load()
    assert empty.session.document.settings.steps == 9 and empty.session.dirty


def test_a_run_needs_a_pack_and_a_prompt(empty):
    empty.controller.edit("prompt", "rain")
    empty.controller.generate()
    assert empty.engine.jobs == [] and "loading" in empty.told[-1][1]
    empty.load()
    empty.controller.edit("prompt", "  ")
    empty.controller.generate()
    assert len(empty.engine.jobs) == 1 and empty.told[-1][0] == "warning"


def test_a_locked_seed_is_used_and_another_one_drawn(stage):
    stage.controller.edit("prompt", "rain")
    stage.controller.edit("seed", 7)
    stage.controller.edit("seed_locked", True)
    stage.controller.generate()
    assert stage.engine.jobs[-1].request.seed == 7
    stage.engine.answer(TakeReady(0, take(7)), DONE)
    stage.controller.edit("seed_locked", False)
    stage.controller.generate()
    assert stage.engine.jobs[-1].request.seed != 7


def test_a_take_names_the_pack_that_draws_it(stage):
    stage.session.replace_all(History(Document(prompt="rain", pack_id="older")), None)
    entry = make_entry(prompt="rain")
    for pack_id in ("tiny", "mine"):
        stage.controller.load_pack(Path("pack"), "cpu", 1)
        stage.engine.answer(replace(PACK, pack_id=pack_id), DONE)
        stage.controller.generate()
        assert stage.engine.jobs[-1].request.pack_id == pack_id
        stage.engine.answer(DONE)
        stage.controller.edit_take(entry, "Restore", "restored", Restore, cutoff_hz=None)
        assert stage.engine.jobs[-1].request.pack_id == pack_id
        stage.engine.answer(DONE)


def test_nothing_of_a_closed_project_comes_into_the_next_one(stage):
    stage.controller.edit("prompt", "rain")
    stage.controller.generate()
    ended, ticket = [], len(stage.engine.jobs)
    stage.controller.run_ended.connect(lambda run, how: ended.append((run.ticket, how)))
    stage.controller.abandon()
    assert stage.controller.run is None and stage.engine.cancelled[-1] == ticket and ended == [(ticket, "stopped")]
    stage.session.replace_all(History(Document(prompt="wind")), None)
    stage.controller.generate()
    for event in (TakeReady(0, take()), DONE):
        stage.engine.event.emit(ticket, event)
    assert stage.session.document.takes == () and stage.controller.run is not None
    stage.engine.answer(TakeReady(0, take()), DONE)
    assert len(stage.session.document.takes) == 1 and stage.controller.run is None
    stage.session.change("Edit", reference="/far/wind.wav")
    stage.controller.generate()
    stage.controller.abandon()
    before = len(stage.engine.jobs)
    stage.files.answer(SoundRead(Clip(sine(), 22050)), DONE)
    assert len(stage.engine.jobs) == before


def test_a_second_run_waits_for_the_first_to_end(stage):
    stage.controller.edit("prompt", "rain")
    stage.controller.generate()
    stage.controller.generate()
    assert sum(isinstance(job, Generate) for job in stage.engine.jobs) == 1


def test_names_of_takes_are_different(stage):
    stage.controller.edit("prompt", "rain")
    for _ in range(3):
        stage.controller.generate()
        stage.engine.answer(TakeReady(0, take()), DONE)
    assert [entry.name for entry in stage.session.document.takes] == ["rain", "rain 2", "rain 3"]


def test_a_failed_run_says_why_and_the_next_one_starts(stage):
    ends = []
    stage.controller.run_ended.connect(lambda run, how: ends.append(how))
    stage.controller.edit("prompt", "rain")
    stage.controller.generate()
    stage.engine.answer(Failed("memory", "There is not enough memory for this."))
    assert stage.failed == [("There is not enough memory for this.", "")] and ends == ["failed"]
    stage.controller.generate()
    assert sum(isinstance(job, Generate) for job in stage.engine.jobs) == 2


def test_a_run_that_is_stopped_before_its_first_step_keeps_nothing(stage):
    stage.controller.edit("prompt", "rain")
    stage.controller.generate()
    stage.controller.cancel()
    assert stage.engine.cancelled[-1] == len(stage.engine.jobs)
    before = len(stage.engine.jobs)
    stage.engine.answer(Cancelled())
    stage.controller.keep_partial()
    assert len(stage.engine.jobs) == before


def test_only_the_newest_question_about_a_prompt_counts(stage):
    stage.controller.assess("rain")
    first = len(stage.engine.jobs)
    stage.controller.assess("rain on")
    assert first in stage.engine.cancelled and stage.engine.jobs[-1] == Assess("rain on")
    heard = []
    stage.controller.assessed.connect(heard.append)
    answer = Assessed("rain on", 0.5, "Known.", (), ())
    stage.engine.answer(answer, DONE)
    assert heard == [answer]


def test_a_reference_is_read_once_and_goes_into_the_run(stage):
    clip = Clip(sine(), 22050)
    stage.controller.set_reference("/sounds/door.wav")
    assert stage.files.jobs == [ReadSound(Path("/sounds/door.wav"))]
    stage.files.answer(SoundRead(clip), DONE)
    assert stage.session.document.reference == "/sounds/door.wav"
    stage.controller.generate()
    assert stage.engine.jobs[-1].reference is clip
    stage.engine.answer(TakeReady(0, take()), DONE)
    stage.controller.clear_reference()
    assert stage.session.document.reference is None


def test_a_reference_of_an_opened_project_is_read_before_the_run(stage):
    stage.session.change("open", reference="/sounds/door.wav", prompt="rain")
    stage.controller.generate()
    assert stage.controller.run is None and stage.files.jobs == [ReadSound(Path("/sounds/door.wav"))]
    stage.files.answer(SoundRead(Clip(sine(), 22050)), DONE)
    assert isinstance(stage.engine.jobs[-1], Generate) and stage.controller.run is not None


def test_an_import_becomes_a_take_of_its_file(stage):
    stage.controller.import_sound(Path("/sounds/door.wav"))
    stage.files.answer(SoundRead(Clip(sine(), 22050), note="It was cut."), DONE)
    assert isinstance(stage.engine.jobs[-1], Encode) and ("warning", "It was cut.") in stage.told
    stage.engine.answer(Finished((take(),), ()))
    (entry,) = stage.session.document.takes
    assert (entry.name, entry.kind, entry.source_path) == ("door", "imported", "/sounds/door.wav")


@pytest.mark.parametrize(
    ("what", "fields"),
    [("prompt", {"prompt"}), ("seed", {"seed", "seed_locked"}), ("everything", {"prompt", "seed", "duration_s", "settings"})],
)
def test_what_is_used_again(stage, what, fields):
    stage.controller.edit("prompt", "rain")
    stage.controller.generate()
    stage.engine.answer(TakeReady(0, take(99)), DONE)
    stage.session.change("other", prompt="wind", seed=3, duration_s=9.0)
    before = stage.session.document
    stage.controller.use(before.takes[0].id, what)
    after = stage.session.document
    changed = {
        name for name in ("prompt", "seed", "seed_locked", "duration_s", "settings") if getattr(after, name) != getattr(before, name)
    }
    assert fields <= changed
    assert (after.seed == 99) == ("seed" in fields) and (after.prompt == "rain") == ("prompt" in fields)
