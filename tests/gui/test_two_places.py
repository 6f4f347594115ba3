"""A studio whose program folder cannot be written: packs of its own come to the user's data folder, and both places are used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.pack_places import user_packs
from tests.gui.studio import Bench
from tests.tiny import write_tiny_pack


@pytest.fixture
def bench(qtbot, two_places, tmp_path) -> Iterator[Bench]:
    """A studio that puts new packs among the user's data; it is not shown yet."""
    bench = Bench(qtbot, user_packs(), tmp_path)
    yield bench
    bench.close()


def test_the_pack_that_draws_may_lie_in_either_place(bench, two_places):
    program, user = two_places
    write_tiny_pack(user / "mine")
    manifest = user / "mine" / "pack.json"
    manifest.write_text(manifest.read_text().replace('"id": "tiny"', '"id": "mine"'))
    bench.settings.set("generation.pack", "mine")
    bench.open()
    assert bench.controller.pack.pack_id == "mine"
    bench.settings.set("generation.pack", "embedded")
    bench.until(lambda: bench.controller.pack.pack_id == "tiny")
    bench.settings.set("generation.pack", "mine")
    bench.until(lambda: bench.controller.pack.pack_id == "mine")
    bench.settings.set("generation.pack", "gone")
    bench.until(lambda: bench.controller.pack.pack_id == "tiny")
    assert not (user / "embedded").exists() and not (program / "mine").exists()
    bench.no_errors()


def test_the_preferences_offer_the_packs_of_both_places(bench, two_places):
    _, user = two_places
    (user / "mine").mkdir(parents=True)
    (user / "mine" / "pack.json").touch()
    bench.show().window.actions_by_id["file.preferences"].trigger()
    box = bench.studio.dialogs.settings_dialog.rows["generation.pack"].field.control
    assert [box.itemData(index) for index in range(box.count()) if box.itemData(index)] == ["embedded", "mine"]


def test_the_window_of_packs_shows_and_checks_those_of_both_places(bench, two_places, tmp_path, monkeypatch):
    program, user = two_places
    opened: list[Path] = []
    write_tiny_pack(tmp_path / "made")
    bench.show().window.actions_by_id["file.packs"].trigger()
    dialogs = bench.studio.dialogs
    manager = dialogs.pack_manager
    monkeypatch.setattr(dialogs.pack_desk, "_open_folder", opened.append)
    bench.until(lambda: manager.list.count() == 1)

    def said(words: str) -> bool:
        return words in manager.get.text.text() and not dialogs.pack_desk.busy

    bench.click(manager.card.verify)
    bench.until(lambda: said("embedded is whole"))
    bench.click(manager.open_folder)
    assert user.is_dir()
    manager.copy_asked.emit(tmp_path / "made")
    bench.until(lambda: said("is installed as tiny") and manager.list.count() == 2 and manager.current() == "tiny")
    bench.click(manager.card.verify)
    bench.until(lambda: said("tiny is whole"))
    bench.click(manager.card.reveal)
    manager.list.setCurrentRow(0)
    bench.click(manager.card.reveal)
    assert opened == [user, user / "tiny", program / "embedded"]
    assert [path.name for path in program.iterdir()] == ["embedded"]
