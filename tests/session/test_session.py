"""The open project: every change is a step of its own or none, and whoever listens hears of it once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.session.document import Document, TakeEntry
from engine.session.history import History
from engine.session.session import Session
from tests.session.examples import generated

TAKE = generated(0, 0.1, 1)


def entry(name: str) -> TakeEntry:
    return TakeEntry(TAKE, name.upper(), id=name)


@pytest.fixture
def session() -> Session:
    session = Session()
    session.add_take("Generate", entry("a"), seed=5)
    session.add_take("Generate", entry("b"), show=False)
    return session


@pytest.mark.parametrize(
    ("change", "label"),
    [
        (lambda s: s.change("Type", prompt="rain"), "Type"),
        (lambda s: s.add_take("Import", entry("c")), "Import"),
        (lambda s: s.add_takes("Generate", (entry("c"), entry("d"))), "Generate"),
        (lambda s: s.rename_take("a", "Rain"), "Rename take"),
        (lambda s: s.star_take("a", True), "Star take"),
        (lambda s: s.delete_take("a"), "Delete A"),
    ],
)
def test_changes_are_steps_and_told_once(session: Session, change: Callable[[Session], None], label: str) -> None:
    told: list[Document] = []
    before, steps = session.document, len(session.history.labels)
    session.subscribe(told.append)
    change(session)
    assert session.history.labels[steps:] == (label,)
    assert told == [session.document]
    session.undo()
    assert session.document is before


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.show_take("b"),
        lambda s: s.compare_with("b"),
        lambda s: s.join_take(s.history.step, entry("c")),
        lambda s: s.remember_prompt(),
    ],
)
def test_what_is_not_worth_a_step_is_none_and_told_once(session: Session, change: Callable[[Session], None]) -> None:
    told: list[Document] = []
    labels = session.history.labels
    session.subscribe(told.append)
    change(session)
    assert session.history.labels == labels
    assert told == [session.document]


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.change("Type", prompt=""),
        lambda s: s.change("Seed", seed=5, seed_locked=False),
        lambda s: s.show_take("a"),
        lambda s: s.compare_with(None),
        lambda s: s.rename_take("a", "A"),
        lambda s: s.star_take("a", False),
        lambda s: s.star_take("x", True),
        lambda s: s.delete_take("x"),
    ],
)
def test_what_changes_nothing_is_not_told(session: Session, change: Callable[[Session], None]) -> None:
    told: list[Document] = []
    document, labels = session.document, session.history.labels
    session.subscribe(told.append)
    change(session)
    assert (told, session.document, session.history.labels) == ([], document, labels)


def test_a_take_brings_the_seed_that_made_it(session: Session) -> None:
    assert (session.document.seed, session.document.current) == (5, "a")
    session.undo()
    session.undo()
    assert (session.document.seed, session.document.takes) == (1, ())


def test_the_chosen_one_of_several_takes_is_shown(session: Session) -> None:
    session.add_takes("Generate", (entry("c"), entry("d"), entry("e")), show=1)
    assert [each.id for each in session.document.takes] == ["a", "b", "c", "d", "e"]
    assert session.document.current == "d"


def test_an_undone_deletion_brings_the_take_back(session: Session) -> None:
    session.delete_take("a")
    assert session.document.current == "b"
    session.undo()
    assert [each.id for each in session.document.takes] == ["a", "b"]
    session.go_to(3)
    assert [each.id for each in session.document.takes] == ["b"]


def test_a_session_is_dirty_until_saved_and_clean_again_after_undo(session: Session, tmp_path: Path) -> None:
    assert not Session().dirty
    assert session.dirty
    saved = session.document
    session.mark_saved(saved, tmp_path / "a.melbrush")
    assert not session.dirty
    session.change("Type", prompt="rain")
    assert session.dirty
    session.undo()
    assert (session.dirty, session.path) == (False, tmp_path / "a.melbrush")


def test_what_changed_while_saving_is_not_saved(session: Session) -> None:
    saved = session.document
    session.change("Type", prompt="rain")
    session.mark_saved(saved)
    assert session.dirty


@pytest.mark.parametrize("saved", [True, False])
def test_another_project_takes_the_place(session: Session, tmp_path: Path, saved: bool) -> None:
    told: list[Document] = []
    session.subscribe(told.append)
    history = History(Document(prompt="other"))
    session.replace_all(history, tmp_path / "b.melbrush", saved)
    assert told == [history.document]
    assert (session.dirty, session.path, session.document.prompt) == (not saved, tmp_path / "b.melbrush", "other")
