"""Windows beside the work: they come to the front, and show what is there now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.gui.studio import Bench


@pytest.fixture
def shown(qtbot, tmp_path: Path) -> Iterator[Bench]:
    """A studio without an engine; its packs may be changed."""
    (tmp_path / "packs").mkdir()
    bench = Bench(qtbot, tmp_path / "packs", tmp_path).show()
    yield bench
    bench.close()


def install(bench: Bench, pack_id: str) -> None:
    """As far as a list of names goes."""
    (bench.studio.packs / pack_id).mkdir(parents=True)
    (bench.studio.packs / pack_id / "pack.json").touch()


def test_the_preferences_offer_packs_that_came_later(shown):
    install(shown, "first")
    offered = []
    for later in ("second", "third"):
        shown.window.actions_by_id["file.preferences"].trigger()
        box = shown.studio.dialogs.settings_dialog.rows["generation.pack"].field.control
        offered.append({box.itemData(index) for index in range(box.count())})
        install(shown, later)
    assert "first" in offered[0] and offered[1] - offered[0] == {"second"}


@pytest.mark.parametrize("command", ["file.packs", "file.train", "file.preferences", "help.shortcuts"])
def test_a_window_that_is_open_already_comes_to_the_front(shown, command):
    for _ in range(2):
        shown.window.actions_by_id[command].trigger()
        shown.until(lambda: QApplication.activeWindow() is not shown.window)
        shown.window.activateWindow()
        shown.until(shown.window.isActiveWindow)
