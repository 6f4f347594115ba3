"""Names of steps: plain data that comes back from a project, whoever wrote it."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.session.document import Document, TakeEntry
from engine.session.history import History
from engine.session.project import load_project, save_project
from engine.session.session import Session
from engine.session.step_names import ENGLISH, StepName
from engine.types import EngineError
from tests.session.examples import generated

NAMES = (
    StepName("start"),
    StepName("rename_take"),
    StepName("star_take"),
    StepName("remove_star"),
    StepName("delete_take", ("A {} \udcff",)),
    StepName("delete_takes", (2,)),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.melbrush"


def saved(path: Path, change: Callable[[dict[str, Any]], object] = lambda step: None) -> Path:
    """A project of a start and a deletion; ``change`` has its way with the JSON of the latter."""
    history = History(Document())
    history.push(StepName("delete_take", ("Door",)), Document(prompt="rain"))
    save_project(path, history, "test")
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("project.json"))
    change(manifest["versions"][1])
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.json", json.dumps(manifest))
    return path


def test_every_name_comes_back(path: Path) -> None:
    history = History(Document(), NAMES[0])
    for seed, name in enumerate((*NAMES[1:], "Generate “rain”", "Start")):
        history.push(name, Document(seed=seed))
    save_project(path, history, "test")
    assert [version.label for version in load_project(path).versions] == [*NAMES, "Generate “rain”", "Start"]
    assert {name.key for name in NAMES} == set(ENGLISH)


def test_the_session_names_what_it_does() -> None:
    session, take = Session(), generated(0, 0.1, 1)
    session.add_takes("Generate", tuple(TakeEntry(take, name.upper(), id=name) for name in "abcd"))
    session.rename_take("a", "Rain")
    session.star_take("a", True)
    session.star_take("a", False)
    session.delete_take("a")
    session.delete_takes(["b", "c"])
    assert [version.label for version in session.history.versions] == [
        StepName("start"),
        "Generate",
        StepName("rename_take"),
        StepName("star_take"),
        StepName("remove_star"),
        StepName("delete_take", ("Rain",)),
        StepName("delete_takes", (2,)),
    ]
    assert session.history.labels[-2:] == ("Delete Rain", "Delete 2 takes")


def test_projects_from_before_there_were_names_keep_their_words(path: Path) -> None:
    found = load_project(saved(path, lambda step: step.pop("name")))
    assert found.versions[1].label == "Delete Door"


def test_programs_that_know_no_names_find_words(path: Path) -> None:
    words = []
    saved(path, lambda step: words.append(step["label"]))
    assert words == ["Delete Door"]


@pytest.mark.parametrize(
    "name",
    [
        {"key": "invented_later", "values": [1, "x"]},
        {"key": "delete_take", "values": []},
        {"key": "delete_takes", "values": ["three"]},
    ],
)
def test_a_name_that_is_not_known_here_becomes_its_words(path: Path, name: dict[str, Any]) -> None:
    assert load_project(saved(path, lambda step: step.update(name=name))).versions[1].label == "Delete Door"


@pytest.mark.parametrize(
    "name",
    [
        "delete_take",
        [],
        {"key": 3, "values": []},
        {"key": "delete_take"},
        {"key": "delete_take", "values": "Door"},
        {"key": "delete_take", "values": [["Door"]]},
        {"key": "delete_takes", "values": [True]},
        {"key": "delete_takes", "values": [1 << 40]},
    ],
)
def test_a_name_that_is_none_is_damage(path: Path, name: object) -> None:
    with pytest.raises(EngineError, match="damaged"):
        load_project(saved(path, lambda step: step.update(name=name)))


def test_no_name_is_made_that_could_not_be_said() -> None:
    for key, values, error in (("start again", (), KeyError), ("delete_take", (), IndexError), ("delete_takes", ("two",), ValueError)):
        with pytest.raises(error):
            StepName(key, values)
