"""How cards are painted, and what that costs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import get_args

import pytest
from pytestqt.qtbot import QtBot

from engine.session.document import TakeKind
from gui.take_model import MARKS_ROLE
from gui.takes_panel import TakesPanel
from gui.theme import DARK, LIGHT
from tests.gui.take_strip import ENTRIES, make, open_panel


@pytest.fixture
def panel(qtbot: QtBot) -> TakesPanel:
    return open_panel(qtbot)


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


def test_every_kind_of_take_has_a_card_of_its_own(panel: TakesPanel) -> None:
    shown = set()
    for kind in get_args(TakeKind):
        panel.show_takes((make("a", kind=kind),), None, None)
        shown.add(bytes(panel.list.grab().toImage().constBits()))
    assert len(shown) == len(get_args(TakeKind))


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
