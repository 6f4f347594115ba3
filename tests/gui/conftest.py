"""What holds for every test of the window: nothing unexpected is logged, neither by the program nor by Qt."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from engine import pack_places
from gui.prompt_bar import PromptBar
from gui.training_wizard import TrainingWizard
from tests.gui.prompt_parts import SIGNALS, Heard, open_bar
from tests.gui.studio import Bench
from tests.tiny import write_tiny_pack

OFFSCREEN = (
    # The offscreen platform has no window manager and no system clipboard to ask.
    r"This plugin does not support propagateSizeHints\(\)",
    r"This plugin does not support raise\(\)",
    r"This plugin does not support grabbing the (keyboard|mouse)",
)

PROVOKED = {"test_crash_log": (r"melbrush: Unexpected error", r"melbrush: An error could not be shown")}
"""Messages that all tests of a file are about."""


@pytest.fixture
def expected_messages(request) -> list[str]:
    """Regular expressions of warnings and errors that a test provokes; they may come, anything else may not."""
    return list(PROVOKED.get(request.path.stem, ()))


@pytest.fixture(autouse=True)
def nothing_unexpected(caplog, qtlog, expected_messages) -> Iterator[None]:
    """Fails a test during which a warning or an error was logged that nobody expected."""
    yield
    allowed = re.compile("|".join((*OFFSCREEN, *expected_messages)))
    told = [
        f"{record.name}: {record.getMessage()}"
        for record in caplog.get_records("setup") + caplog.get_records("call")
        if record.levelno >= logging.WARNING
    ]
    told += [f"Qt: {record.message}" for record in qtlog.records if record.type_name != "QtDebugMsg" and record.type_name != "QtInfoMsg"]
    unexpected = [message for message in told if not allowed.search(message)]
    assert unexpected == []


@pytest.fixture(autouse=True)
def what_is_closed_goes() -> Iterator[None]:
    """Deletes closed widgets after each test: without an event loop they would stay, and take part in each new style sheet."""
    yield
    if QApplication.instance() is not None:
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(scope="session")
def packs(tmp_path_factory) -> Path:
    """A folder of packs with the toy pack as the embedded one."""
    folder = tmp_path_factory.mktemp("packs")
    write_tiny_pack(folder / "embedded")
    return folder


@pytest.fixture
def two_places(packs, tmp_path, monkeypatch) -> tuple[Path, Path]:
    """The program's folder of packs, with the toy pack as the embedded one, and that among the user's data, which is not there yet."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "data"))
    monkeypatch.setattr(pack_places.Path, "home", lambda: tmp_path / "home")
    monkeypatch.setattr(pack_places, "PACKS", tmp_path / "program" / "models")
    shutil.copytree(packs, pack_places.PACKS)
    return pack_places.PACKS, pack_places.user_packs()


@pytest.fixture
def make_bench(qtbot, packs, tmp_path) -> Iterator[Callable[..., Bench]]:
    """Makes studios that are closed at the end."""
    made: list[Bench] = []

    def make(folder: Path = tmp_path, recovery: bool = False) -> Bench:
        made.append(Bench(qtbot, packs, folder, recovery))
        return made[-1]

    yield make
    for bench in made:
        bench.close()


@pytest.fixture
def bench(make_bench) -> Bench:
    """A studio that is ready."""
    return make_bench().open()


@pytest.fixture
def wizard(qtbot) -> TrainingWizard:
    """The window for training, in front of all others."""
    wizard = TrainingWizard()
    qtbot.addWidget(wizard)
    with qtbot.waitActive(wizard):
        wizard.show()
        wizard.activateWindow()
    return wizard


@pytest.fixture
def bar(qtbot) -> PromptBar:
    """A prompt bar that is seen."""
    return open_bar(qtbot)


@pytest.fixture
def heard(bar: PromptBar) -> Heard:
    """What the prompt bar tells."""
    return Heard(bar, SIGNALS)
