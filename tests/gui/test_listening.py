"""What is heard, with a player that only notes what it is told."""

import pytest
from PySide6.QtCore import QObject, Signal

from engine.jobs import CutSound, SoundRead
from engine.session.document import Document
from engine.types import Clip, Failed, Finished, Region
from gui.listening import Listening
from tests.export.makers import make_entry, sine


class Noted:
    """A player that plays nothing."""

    def __init__(self):
        self.calls, self.position_s = [], 0.0

    def __getattr__(self, name):
        return lambda *args, **named: self.calls.append((name, args, named))

    def of(self, name):
        return [args for called, args, _ in self.calls if called == name]


class Desk(QObject):
    """A worker whose answers the test gives."""

    event = Signal(int, object)

    def __init__(self):
        super().__init__()
        self.jobs = []

    def submit(self, job, first=False):
        self.jobs.append(job)
        return len(self.jobs)


def entry(name, lufs=None, seconds=1.0):
    from dataclasses import replace

    made = make_entry(sine(seconds), name=name, id=name)
    return replace(made, take=replace(made.take, loudness_lufs=lufs))


@pytest.fixture
def player():
    return Noted()


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def listening(qapp, player, desk):
    return Listening(player, desk)


def document(*entries, current="a", compared=None, **fields):
    return Document(takes=entries, current=current, compared=compared, **fields)


def test_the_louder_one_is_turned_down_never_the_quieter_up(listening, player):
    listening.show_document(document(entry("a", -20.0), entry("b", -14.0), compared="b"))
    listening.toggle_side()
    listening.toggle_side()
    assert [args[1] for args in player.of("set_clip")] == [0.0, -6.0, 0.0]
    assert all(named["keep_position"] for called, _, named in player.calls if called == "set_clip")


@pytest.mark.parametrize("levels", [(None, -14.0), (-20.0, None), (None, None)])
def test_unknown_loudness_leaves_the_level(listening, player, levels):
    listening.show_document(document(entry("a", levels[0]), entry("b", levels[1]), compared="b"))
    listening.toggle_side()
    assert {args[1] for args in player.of("set_clip")} == {0.0}


def test_b_needs_a_take_and_goes_with_it(listening):
    a, b = entry("a"), entry("b")
    listening.show_document(document(a, b))
    listening.set_side("B")
    assert listening.side == "A"
    listening.show_document(document(a, b, compared="b"))
    listening.set_side("B")
    assert listening.entry is b
    listening.show_document(document(a))
    assert listening.side == "A" and listening.entry is a


def test_a_document_with_the_same_take_does_not_load_it_again(listening, player):
    a = entry("a")
    listening.show_document(document(a))
    listening.show_document(document(a, prompt="rain"))
    assert len(player.of("set_clip")) == 1


def test_a_region_is_cut_played_and_put_away(listening, player, desk):
    heard = []
    listening.heard_changed.connect(heard.append)
    listening.show_document(document(entry("a", seconds=2.0)))
    player.position_s = 1.5
    region = Region(0.5, 1.0, 200.0, 400.0)
    listening.play_region(region)
    (job,) = desk.jobs
    assert isinstance(job, CutSound) and job.region is region
    cut = Clip(sine(0.5), 22050)
    desk.event.emit(1, SoundRead(cut))
    desk.event.emit(1, Finished((), ()))
    assert listening.offset_s == 0.5 and heard == ["selection"]
    assert player.of("set_clip")[-1][0] is cut and player.of("play") == [(0.0,)]
    listening.finished()
    assert listening.offset_s == 0.0 and heard == ["selection", ""]
    assert player.of("seek")[-1] == (1.5,)


def test_a_cut_that_fails_is_told(listening, desk):
    told = []
    listening.failed.connect(lambda *args: told.append(args))
    listening.show_document(document(entry("a")))
    listening.play_region(Region(5.0, 6.0))
    desk.event.emit(1, Failed("value", "There is no sound in this selection."))
    desk.event.emit(7, Failed("value", "Somebody else's."))
    assert told == [("There is no sound in this selection.", "")]


def test_the_loop_ends_with_the_sound(listening, player):
    listening.show_document(document(entry("a", seconds=1.0)))
    listening.set_looping(True, (0.5, 4.0))
    assert player.of("set_loop")[-1] == (0.5, 1.0)
    listening.set_looping(True)
    assert player.of("set_loop")[-1] == (0.0, 1.0)
    listening.set_looping(False)
    assert player.of("set_loop")[-1] == (None, None)


def test_seeking_stays_within_the_sound(listening, player):
    listening.show_document(document(entry("a", seconds=1.0)))
    listening.seek(-3.0)
    listening.seek(9.0)
    assert player.of("seek") == [(0.0,), (1.0,)]
