"""Undo and redo, compared with a list that is as simple as it can be."""

import dataclasses
from collections.abc import Hashable

from hypothesis import given
from hypothesis import strategies as st

from engine.session.document import Document
from engine.session.history import History, Version

KEYS = st.sampled_from([None, None, "prompt", "seed"])
CHANGES = st.one_of(
    st.tuples(st.just("push"), KEYS),
    st.tuples(st.just("amend"), st.none()),
    st.tuples(st.just("close"), st.none()),
    st.tuples(st.just("undo"), st.none()),
    st.tuples(st.just("redo"), st.none()),
    st.tuples(st.just("go_to"), st.integers(-3, 12)),
)


@dataclasses.dataclass
class Model:
    """Steps before the present one (which is the last of them), and steps that were undone (the next one first)."""

    done: list[tuple[str, Document, Hashable]]
    undone: list[tuple[str, Document, Hashable]]
    open: bool = False

    def push(self, step: tuple[str, Document, Hashable], most: int) -> None:
        if self.open and step[2] is not None and self.done[-1][2] == step[2] and len(self.done) > 1:
            self.done.pop()
        self.done = [*self.done, step][-most:]
        self.undone, self.open = [], True

    def go_to(self, index: int) -> None:
        steps = self.done + self.undone
        if 0 <= index < len(steps):
            self.done, self.undone, self.open = steps[: index + 1], steps[index + 1 :], False


def document(number: int) -> Document:
    return Document(seed=number)


@given(st.lists(CHANGES, max_size=60), st.integers(1, 9))
def test_history_is_what_the_model_says(changes: list, most: int) -> None:
    history, model = History(document(0), "Start", most), Model([("Start", Document(seed=0), None)], [])
    model.done[0] = ("Start", history.document, None)
    for number, (change, value) in enumerate(changes, 1):
        new = document(number)
        if change == "push":
            history.push(f"step {number}", new, value)
            model.push((f"step {number}", new, value), most)
        elif change == "amend":
            history.amend(new)
            label, _, key = model.done[-1]
            model.done[-1] = (label, new, key)
        elif change == "close":
            history.close()
            model.open = False
        else:
            index = {"undo": history.index - 1, "redo": history.index + 1}.get(change, value)
            getattr(history, change)(*([value] if change == "go_to" else []))
            model.go_to(index)
        steps = model.done + model.undone
        assert history.labels == tuple(label for label, _, _ in steps)
        assert [version.document for version in history.versions] == [each for _, each, _ in steps]
        assert history.document is model.done[-1][1]
        assert history.index == len(model.done) - 1
        assert (history.can_undo, history.can_redo) == (len(model.done) > 1, bool(model.undone))


@given(st.lists(st.integers(0, 9), min_size=1, max_size=20))
def test_undoing_everything_and_redoing_everything_changes_nothing(seeds: list[int]) -> None:
    history = History(Document())
    for seed in seeds:
        history.push("Seed", document(seed))
    before, last = history.versions, history.document
    while history.can_undo:
        history.undo()
    assert history.document is before[0].document
    assert history.undo() is before[0].document
    while history.can_redo:
        history.redo()
    assert history.redo() is last
    assert history.versions == before


def test_typing_is_one_step() -> None:
    history = History(Document())
    for text in ("r", "ra", "rain"):
        history.push("Type", Document(prompt=text), key="prompt")
    assert history.labels == ("Start", "Type")
    assert history.undo().prompt == ""
    assert history.redo().prompt == "rain"


def test_typing_after_undo_is_a_step_of_its_own_and_ends_what_was_undone() -> None:
    history = History(Document())
    history.push("Type", Document(prompt="r"), key="prompt")
    history.push("Seed", Document(prompt="r", seed=2))
    history.undo()
    history.push("Type", Document(prompt="ra"), key="prompt")
    assert history.labels == ("Start", "Type", "Type")
    assert not history.can_redo


def test_a_selected_take_does_not_split_typing() -> None:
    history = History(Document())
    history.push("Type", Document(prompt="r"), key="prompt")
    history.amend(dataclasses.replace(history.document, current="a"))
    history.push("Type", dataclasses.replace(history.document, prompt="ra"), key="prompt")
    assert history.labels == ("Start", "Type")
    assert history.document.current == "a"


def test_a_restored_history_stands_where_it_stood() -> None:
    versions = [Version(str(number), document(number)) for number in range(4)]
    for index, expected in [(-5, 0), (0, 0), (2, 2), (3, 3), (99, 3)]:
        history = History.restored(versions, index)
        assert (history.index, history.labels) == (expected, ("0", "1", "2", "3"))
    history.push("4", document(4))
    assert len(versions) == 4
