"""Rows of the strip: which takes, in which order, what stays when others come, and what is said of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.take_model import ENTRY_ROLE
from gui.takes_panel import TakesPanel
from tests.gui.take_strip import ENTRIES, click, ids_shown, key, make, open_panel, record


@pytest.fixture
def panel(qtbot: QtBot) -> TakesPanel:
    return open_panel(qtbot)


def test_the_newest_take_is_at_the_top(panel: TakesPanel) -> None:
    assert ids_shown(panel) == ["d", "c", "b", "a"]


def test_selection_and_cursor_survive_new_and_deleted_takes(panel: TakesPanel) -> None:
    click(panel, "c")
    click(panel, "b", modifier=Qt.KeyboardModifier.ControlModifier)
    panel.show_takes((*ENTRIES[1:], make("e"), make("f")), "f", "b")
    assert ids_shown(panel) == ["f", "e", "d", "c", "b"]
    assert [entry.id for entry in panel.list.selected_entries()] == ["c", "b"]
    panel.show_takes((ENTRIES[0], *ENTRIES[2:]), "d", None)
    assert ids_shown(panel) == ["d", "c", "a"]
    assert [entry.id for entry in panel.list.selected_entries()] == ["c"]


def test_an_edited_take_is_changed_in_place(panel: TakesPanel) -> None:
    model = panel.list.model()
    inserted, removed, changed = record(model.rowsInserted), record(model.rowsRemoved), record(model.dataChanged)
    panel.show_takes((*ENTRIES[:3], replace(ENTRIES[3], name="Roof")), "d", "b")
    assert inserted == [] and removed == [] and len(changed) == 1
    assert model.index_of("d").data() == "Roof"


def test_another_order_is_followed(panel: TakesPanel) -> None:
    panel.show_takes(tuple(reversed(ENTRIES)), "d", "b")
    assert ids_shown(panel) == ["a", "b", "c", "d"]


def test_placeholders_cannot_be_chosen(panel: TakesPanel) -> None:
    panel.set_pending(3)
    assert ids_shown(panel) == [None, None, None, "d", "c", "b", "a"]
    shown, deleted = record(panel.shown), record(panel.deleted)
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=panel.list.visualRect(panel.list.model().index(1)).center())
    key(panel, Qt.Key.Key_Home)
    assert shown == []
    assert all(index.data(ENTRY_ROLE) is not None for index in panel.list.selectedIndexes())
    key(panel, Qt.Key.Key_Delete)
    assert deleted in ([], [["d"]])
    panel.set_pending(1)
    assert ids_shown(panel) == [None, "d", "c", "b", "a"]


def test_rows_speak_full_sentences(panel: TakesPanel) -> None:
    panel.set_key_hints(("d",))
    index = panel.list.model().index_of("d")
    spoken = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Take d, generated, 3.0 s, starred, on the canvas, number 1 of the last run."
    assert index.data(Qt.ItemDataRole.AccessibleDescriptionRole) == "Prompt: rain on tin. Seed 5."
    imported = panel.list.model().index_of("a")
    assert "/sounds/bells.wav" in imported.data(Qt.ItemDataRole.AccessibleDescriptionRole)
    panel.set_pending(1)
    assert panel.list.model().index(0).data(Qt.ItemDataRole.AccessibleTextRole).endswith(".")


def test_prompts_with_tags_stay_text(panel: TakesPanel) -> None:
    panel.show_takes((make("x", "<img src=x> & rain"),), None, None)
    tip = panel.list.model().index_of("x").data(Qt.ItemDataRole.ToolTipRole)
    assert "&lt;img src=x&gt; &amp; rain" in tip
