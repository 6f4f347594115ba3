"""The takes strip with real clicks and keys, and the details card."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from engine.geometry import Geometry
from engine.session.document import TakeEntry, TakeKind
from engine.types import Clip, GenerationRequest, Spectrogram, Take, TokenGrid
from gui.take_list import TakeList
from gui.take_model import ENTRY_ROLE, MARKS_ROLE
from gui.takes_panel import TakesPanel
from gui.theme import DARK, LIGHT

GEOMETRY = Geometry()
GRID = TokenGrid(np.zeros((5, 53), np.int32))
CLIP = Clip(np.zeros((1, 22050 * 3), np.float32), 22050)


def make(
    take_id: str, prompt: str = "rain", name: str = "", kind: TakeKind = "generated", starred: bool = False, seed: int = 5, **fields
) -> TakeEntry:
    log_mel = np.random.default_rng(seed).uniform(-80, 0, (80, 258)).astype(np.float32)
    take = Take(GenerationRequest(prompt, seed=seed), seed, GRID, Spectrogram(log_mel, GEOMETRY), CLIP)
    return TakeEntry(take, name or f"Take {take_id}", kind=kind, starred=starred, id=take_id, **fields)


ENTRIES = (
    make("a", "church bells", kind="imported", source_path="/sounds/bells.wav"),
    make("b", "siren passing", starred=True),
    make("c", "wet footsteps", name="Gravel"),
    make("d", "rain on tin", starred=True),
)


@pytest.fixture
def panel(qtbot: QtBot) -> TakesPanel:
    widget = TakesPanel()
    qtbot.addWidget(widget)
    widget.resize(280, 900)
    widget.show_takes(ENTRIES, "d", "b")
    widget.show()
    qtbot.waitExposed(widget)
    widget.activateWindow()
    widget.list.setFocus()
    return widget


def ids_shown(panel: TakesPanel) -> list[str | None]:
    model = panel.list.model()
    entries = [model.index(row).data(ENTRY_ROLE) for row in range(model.rowCount())]
    return [entry.id if entry is not None else None for entry in entries]


def record(signal) -> list:
    got: list = []
    signal.connect(lambda *values: got.append(values if len(values) > 1 else values[0]))
    return got


def point(panel: TakesPanel, take_id: str, part: str = "picture") -> QPoint:
    layout = panel.list.card_layout(take_id)
    assert layout is not None
    return getattr(layout, part).center()


def click(panel: TakesPanel, take_id: str, part: str = "picture", modifier=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, modifier, point(panel, take_id, part))


def key(panel: TakesPanel, code: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(panel.list, code, modifier)


def test_the_newest_take_is_at_the_top(panel: TakesPanel) -> None:
    assert ids_shown(panel) == ["d", "c", "b", "a"]


def test_a_click_shows_the_take(panel: TakesPanel) -> None:
    shown = record(panel.shown)
    click(panel, "b")
    assert shown == ["b"]
    assert [entry.id for entry in panel.list.selected_entries()] == ["b"]


def test_ctrl_click_only_selects(panel: TakesPanel) -> None:
    shown = record(panel.shown)
    click(panel, "b")
    click(panel, "a", modifier=Qt.KeyboardModifier.ControlModifier)
    assert shown == ["b"]
    assert [entry.id for entry in panel.list.selected_entries()] == ["b", "a"]


@pytest.mark.parametrize(
    ("code", "what"),
    [(Qt.Key.Key_A, "everything"), (Qt.Key.Key_S, "seed"), (Qt.Key.Key_P, "prompt"), (Qt.Key.Key_R, "remix")],
)
def test_letters_use_a_take_again(panel: TakesPanel, code: Qt.Key, what: str) -> None:
    used = record(panel.used)
    click(panel, "c")
    key(panel, code)
    assert used == [("c", what)]


def test_an_imported_sound_without_a_recipe_is_not_used(panel: TakesPanel) -> None:
    bare = replace(ENTRIES[0], take=replace(ENTRIES[0].take, request=GenerationRequest("")))
    panel.show_takes((bare, ENTRIES[1]), None, None)
    used = record(panel.used)
    click(panel, "a")
    for code in (Qt.Key.Key_A, Qt.Key.Key_P):
        key(panel, code)
    choose(panel, "seed")
    assert used == []


def test_arrows_move_and_enter_shows(panel: TakesPanel) -> None:
    shown = record(panel.shown)
    key(panel, Qt.Key.Key_Down)
    key(panel, Qt.Key.Key_Down)
    assert shown == []
    key(panel, Qt.Key.Key_Return)
    key(panel, Qt.Key.Key_Up)
    key(panel, Qt.Key.Key_Enter)
    assert shown == ["b", "c"]


def test_c_compares_and_again_stops(panel: TakesPanel) -> None:
    compared = record(panel.compared)
    click(panel, "c")
    key(panel, Qt.Key.Key_C)
    panel.show_takes(ENTRIES, "d", "c")
    key(panel, Qt.Key.Key_C)
    assert compared == ["c", ""]


def test_i_asks_for_details(panel: TakesPanel) -> None:
    details = record(panel.details_requested)
    click(panel, "a")
    key(panel, Qt.Key.Key_I)
    assert details == ["a"]


def test_dot_stars_and_removes_the_star(panel: TakesPanel) -> None:
    starred = record(panel.starred)
    click(panel, "c")
    QTest.keyClicks(panel.list, ".")
    click(panel, "b")
    QTest.keyClicks(panel.list, ".")
    assert starred == [("c", True), ("b", False)]


def test_dot_on_several_stars_those_without(panel: TakesPanel) -> None:
    starred = record(panel.starred)
    click(panel, "c")
    click(panel, "b", modifier=Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(panel.list, ".")
    assert starred == [("c", True)]


def test_a_click_on_the_star_neither_shows_nor_selects(panel: TakesPanel) -> None:
    starred, shown = record(panel.starred), record(panel.shown)
    click(panel, "c", "star")
    assert starred == [("c", True)]
    assert shown == []
    assert "c" not in [entry.id for entry in panel.list.selected_entries()]


def test_a_press_that_leaves_the_star_does_nothing(panel: TakesPanel) -> None:
    starred, shown = record(panel.starred), record(panel.shown)
    view = panel.list.viewport()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=point(panel, "c", "star"))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=point(panel, "c", "picture"))
    assert starred == [] and shown == []


def test_delete_names_all_selected_takes_and_deletes_nothing_itself(panel: TakesPanel) -> None:
    deleted = record(panel.deleted)
    click(panel, "d")
    click(panel, "b", modifier=Qt.KeyboardModifier.ShiftModifier)
    key(panel, Qt.Key.Key_Delete)
    assert deleted == [["d", "c", "b"]]
    assert len(ids_shown(panel)) == 4


def editor_of(panel: TakesPanel) -> QLineEdit:
    editor = panel.list.findChild(QLineEdit, "takeNameEditor")
    assert editor is not None
    return editor


def test_f2_renames_in_place(panel: TakesPanel, qtbot: QtBot) -> None:
    renamed = record(panel.renamed)
    click(panel, "c")
    key(panel, Qt.Key.Key_F2)
    editor = editor_of(panel)
    assert editor.selectedText() == "Gravel"
    QTest.keyClicks(editor, "  Wet  gravel ")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: renamed == [("c", "Wet gravel")])
    assert panel.list.model().index_of("c").data() == "Gravel"


def test_double_click_on_the_name_renames_elsewhere_not(panel: TakesPanel) -> None:
    view = panel.list.viewport()
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=point(panel, "c", "picture"))
    assert panel.list.findChild(QLineEdit, "takeNameEditor") is None
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=point(panel, "c", "name"))
    assert editor_of(panel).text() == "Gravel"


@pytest.mark.parametrize("typed", ["", "   ", "Gravel"])
def test_an_empty_or_equal_name_is_no_rename(panel: TakesPanel, qtbot: QtBot, typed: str) -> None:
    renamed = record(panel.renamed)
    click(panel, "c")
    key(panel, Qt.Key.Key_F2)
    editor = editor_of(panel)
    editor.clear()
    QTest.keyClicks(editor, typed)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: panel.list.state() != TakeList.State.EditingState)
    assert renamed == []


def test_escape_leaves_the_name(panel: TakesPanel, qtbot: QtBot) -> None:
    renamed = record(panel.renamed)
    click(panel, "c")
    key(panel, Qt.Key.Key_F2)
    QTest.keyClicks(editor_of(panel), "x")
    QTest.keyClick(editor_of(panel), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: panel.list.state() != TakeList.State.EditingState)
    assert renamed == []


def test_letters_in_the_name_field_are_letters(panel: TakesPanel) -> None:
    used, deleted = record(panel.used), record(panel.deleted)
    click(panel, "c")
    key(panel, Qt.Key.Key_F2)
    QTest.keyClicks(editor_of(panel), "apsr.ci")
    QTest.keyClick(editor_of(panel), Qt.Key.Key_Delete)
    assert used == [] and deleted == []
    assert editor_of(panel).text() == "apsr.ci"


def test_the_list_takes_its_letters_before_the_window(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    panel = TakesPanel()
    QVBoxLayout(window).addWidget(panel)
    fired: list[str] = []
    for text in ("C", "R", "Space", "F2"):
        QShortcut(QKeySequence(text), window, lambda text=text: fired.append(text))
    panel.show_takes(ENTRIES, "d", None)
    window.resize(300, 800)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    panel.list.setFocus()
    compared = record(panel.compared)
    used = record(panel.used)
    key(panel, Qt.Key.Key_C)
    key(panel, Qt.Key.Key_R)
    key(panel, Qt.Key.Key_Space)
    assert compared == ["d"] and used == [("d", "remix")]
    assert fired == ["Space"]
    panel.findChild(QPushButton, "takesMore").setFocus()
    QTest.keyClick(panel.findChild(QPushButton, "takesMore"), Qt.Key.Key_C)
    assert fired == ["Space", "C"]


def test_keys_with_modifiers_are_left_to_the_window(panel: TakesPanel) -> None:
    used, deleted = record(panel.used), record(panel.deleted)
    click(panel, "c")
    key(panel, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    key(panel, Qt.Key.Key_A, Qt.KeyboardModifier.AltModifier)
    assert used == [] and deleted == []


def test_a_drag_asks_for_the_take_under_the_mouse(panel: TakesPanel) -> None:
    dragged, shown = record(panel.drag_requested), record(panel.shown)
    view, start = panel.list.viewport(), point(panel, "b")
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    far = QApplication.startDragDistance()
    for step in range(1, 6):
        QTest.mouseMove(view, start + QPoint(step * far, 0))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start + QPoint(5 * far, 0))
    assert dragged == ["b"]
    assert shown == []


def test_search_and_star_filter(panel: TakesPanel) -> None:
    search = panel.findChild(QLineEdit, "takesSearch")
    QTest.keyClicks(search, "ON")
    assert ids_shown(panel) == ["d"]
    search.clear()
    QTest.keyClicks(search, "gravel wet")
    assert ids_shown(panel) == ["c"]
    QTest.keyClick(search, Qt.Key.Key_Escape)
    assert search.text() == ""
    QTest.mouseClick(panel.findChild(QPushButton, "takesStarredOnly"), Qt.MouseButton.LeftButton)
    assert ids_shown(panel) == ["d", "b"]
    QTest.keyClicks(search, "siren")
    assert ids_shown(panel) == ["b"]


def test_down_in_the_search_field_goes_to_the_cards(panel: TakesPanel) -> None:
    search = panel.findChild(QLineEdit, "takesSearch")
    search.setFocus()
    QTest.keyClick(search, Qt.Key.Key_Down)
    assert panel.list.hasFocus()


def test_filter_keeps_placeholders_and_takes_that_come_in(panel: TakesPanel) -> None:
    panel.set_pending(2)
    QTest.keyClicks(panel.findChild(QLineEdit, "takesSearch"), "siren")
    panel.show_takes((*ENTRIES, make("e", "siren two"), make("f", "dog")), "d", None)
    assert ids_shown(panel) == [None, None, "e", "b"]


def test_delete_all_but_starred(panel: TakesPanel) -> None:
    deleted = record(panel.deleted)
    QTest.keyClicks(panel.findChild(QLineEdit, "takesSearch"), "siren")
    action = next(action for action in panel.build_more_menu().actions() if "but starred" in action.text())
    assert "2" in action.text()
    action.trigger()
    assert deleted == [["c", "a"]]


def test_without_stars_nothing_can_be_deleted_at_once(panel: TakesPanel) -> None:
    panel.show_takes(ENTRIES[2:3], None, None)
    action = next(action for action in panel.build_more_menu().actions() if "but starred" in action.text())
    assert not action.isEnabled()


def test_more_opens_its_menu(panel: TakesPanel, qtbot: QtBot) -> None:
    QTest.mouseClick(panel.findChild(QPushButton, "takesMore"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    QTest.keyClick(QApplication.activePopupWidget(), Qt.Key.Key_Escape)


def ask_for_menu(panel: TakesPanel, place: QPoint, reason: QContextMenuEvent.Reason) -> None:
    view = panel.list.viewport()
    if reason == QContextMenuEvent.Reason.Mouse:
        QTest.mouseClick(view, Qt.MouseButton.RightButton, pos=place)
    QApplication.sendEvent(view, QContextMenuEvent(reason, place, view.mapToGlobal(place)))


@pytest.mark.parametrize("reason", [QContextMenuEvent.Reason.Mouse, QContextMenuEvent.Reason.Keyboard])
def test_the_context_menu_is_about_its_card(panel: TakesPanel, qtbot: QtBot, reason: QContextMenuEvent.Reason) -> None:
    click(panel, "b" if reason == QContextMenuEvent.Reason.Mouse else "a")
    shown, details = record(panel.shown), record(panel.details_requested)
    ask_for_menu(panel, point(panel, "a"), reason)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    menu = QApplication.activePopupWidget()
    action = next(action for action in menu.actions() if action.data() == "details")
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())
    assert details == ["a"] and shown == []


def test_no_menu_beside_the_cards(panel: TakesPanel) -> None:
    asked = record(panel.list.menu_asked)
    ask_for_menu(panel, panel.list.viewport().rect().bottomLeft(), QContextMenuEvent.Reason.Mouse)
    assert asked == []


def choose(panel: TakesPanel, command: str) -> None:
    next(action for action in panel.build_menu().actions() if action.data() == command).trigger()


@pytest.mark.parametrize(
    ("command", "signal", "value"),
    [
        ("show", "shown", "c"),
        ("compare", "compared", "c"),
        ("details", "details_requested", "c"),
        ("everything", "used", ("c", "everything")),
        ("prompt", "used", ("c", "prompt")),
        ("seed", "used", ("c", "seed")),
        ("remix", "used", ("c", "remix")),
        ("star", "starred", ("c", True)),
        ("export", "export_requested", ["c"]),
        ("copy path", "path_copy_requested", "c"),
        ("reveal", "reveal_requested", "c"),
        ("picture", "picture_requested", "c"),
        ("delete", "deleted", ["c"]),
    ],
)
def test_every_entry_of_the_menu(panel: TakesPanel, command: str, signal: str, value: object) -> None:
    click(panel, "c")
    got = record(getattr(panel, signal))
    choose(panel, command)
    assert got == [value]


def test_the_menu_renames_and_exports_several(panel: TakesPanel) -> None:
    click(panel, "c")
    choose(panel, "rename")
    assert editor_of(panel).text() == "Gravel"
    QTest.keyClick(editor_of(panel), Qt.Key.Key_Escape)
    exported = record(panel.export_requested)
    click(panel, "d")
    click(panel, "a", modifier=Qt.KeyboardModifier.ControlModifier)
    choose(panel, "export")
    assert exported == [["d", "a"]]


def test_showing_takes_asks_for_nothing(panel: TakesPanel) -> None:
    signals = ("shown", "compared", "starred", "renamed", "deleted", "used", "export_requested", "drag_requested", "details_requested")
    got = {name: record(getattr(panel, name)) for name in signals}
    panel.show_takes((replace(ENTRIES[1], starred=False, name="Other"), make("z")), "z", "b")
    panel.set_key_hints(("z",))
    panel.set_pending(2)
    panel.set_pending(0)
    panel.set_theme(LIGHT)
    assert got == {name: [] for name in signals}


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


def test_the_scroll_place_stays_when_takes_come_in(qtbot: QtBot) -> None:
    many = tuple(make(f"t{number}", seed=number) for number in range(40))
    panel = TakesPanel()
    qtbot.addWidget(panel)
    panel.resize(280, 600)
    panel.show_takes(many, None, None)
    panel.show()
    panel.list.verticalScrollBar().setValue(1500)
    before = panel.list.card_layout("t20")
    panel.set_pending(2)
    panel.show_takes((*many[3:], make("new")), None, None)
    panel.set_pending(1)
    assert panel.list.card_layout("t20") == before
    panel.list.verticalScrollBar().setValue(0)
    panel.show_takes((*many, make("newest")), None, None)
    assert panel.list.verticalScrollBar().value() == 0


def test_a_take_that_comes_onto_the_canvas_is_scrolled_to(qtbot: QtBot) -> None:
    many = tuple(make(f"t{number}", seed=number) for number in range(40))
    panel = TakesPanel()
    qtbot.addWidget(panel)
    panel.resize(280, 600)
    panel.show_takes(many, "t39", None)
    panel.show()
    panel.show_takes(many, "t2", None)
    assert panel.list.viewport().rect().contains(point(panel, "t2"))


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


def test_key_hints_and_letters_are_drawn(panel: TakesPanel) -> None:
    def marks(take_id: str) -> tuple[bool, bool, int]:
        found = panel.list.model().index_of(take_id).data(MARKS_ROLE)
        return found.current, found.compared, found.key

    panel.set_key_hints(("c", "d"))
    assert [marks(take_id) for take_id in "abcd"] == [(False, False, 0), (False, True, 0), (False, False, 1), (True, False, 2)]
    plain = panel.list.grab().toImage()
    panel.show_takes(ENTRIES, "c", "a")
    assert panel.list.grab().toImage() != plain
    assert marks("d") == (False, False, 2) and marks("a") == (False, True, 0)


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


def test_every_control_has_a_name(panel: TakesPanel) -> None:
    controls = [widget for widget in panel.findChildren(QWidget) if widget.focusPolicy() & Qt.FocusPolicy.TabFocus]
    named = [widget for widget in controls if not isinstance(widget.parent(), QLineEdit)]
    assert len(named) >= 4
    assert [widget.objectName() for widget in named if not widget.accessibleName()] == []


def best_ms(action: Callable[[], object], times: int = 5) -> float:
    def once() -> float:
        start = time.perf_counter()
        action()
        return 1000.0 * (time.perf_counter() - start)

    return min(once() for _ in range(times))


def test_five_hundred_takes_cost_what_a_screenful_costs(qtbot: QtBot, record_property) -> None:
    many = tuple(make(f"t{number}", seed=number) for number in range(500))
    cost = {}
    for count in (7, 500):
        panel = TakesPanel()
        qtbot.addWidget(panel)
        panel.resize(280, 900)
        panel.show_takes(many[:count], None, None)
        panel.show()
        panel.grab()
        cost[count] = best_ms(panel.list.viewport().grab)
    record_property("repaint_ms", cost)
    assert cost[500] < 5 * cost[7]


def test_a_hidden_strip_does_not_pulse(panel: TakesPanel) -> None:
    panel.set_pending(1)
    assert panel.list.pulsing
    panel.hide()
    assert not panel.list.pulsing
    panel.show()
    assert panel.list.pulsing
    panel.set_pending(0)
    assert not panel.list.pulsing


def test_themes_differ_on_the_cards(panel: TakesPanel) -> None:
    panel.set_theme(DARK)
    dark = panel.list.grab().toImage()
    panel.set_theme(LIGHT)
    assert panel.list.grab().toImage() != dark
