"""The list of painted regions: exact numbers by keyboard, and nothing told that the user did not do."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox

from engine.geometry import Geometry
from engine.mask_shapes import lasso_mask, region_mask
from engine.masks import Mask
from engine.session.document import PaintedRegion
from engine.types import Region
from gui.region_form import _apart
from gui.regions_panel import RegionsPanel
from gui.theme import LIGHT
from tests.gui.test_canvas import heard

GEOMETRY = Geometry()
FRAMES = 848
WHOLE_S = FRAMES * GEOMETRY.frame_s


def regions() -> tuple[PaintedRegion, ...]:
    lasso = lasso_mask([(100.0, 10.0), (200.0, 10.0), (150.0, 50.0)], 80, FRAMES)
    return (
        PaintedRegion(region_mask(Region(1.0, 2.0, 500.0, 3000.0), GEOMETRY, FRAMES), id="one"),
        PaintedRegion(region_mask(Region(3.0, 4.0), GEOMETRY, FRAMES), "a bell", 0.6, id="two"),
        PaintedRegion(lasso, id="three"),
    )


@pytest.fixture
def panel(qtbot) -> RegionsPanel:
    panel = RegionsPanel()
    qtbot.addWidget(panel)
    panel.resize(300, 600)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.activateWindow()
    panel.show_regions(regions(), "one", GEOMETRY, FRAMES)
    return panel


def type_into(spin: QAbstractSpinBox, text: str) -> None:
    spin.setFocus()
    spin.selectAll()
    QTest.keyClicks(spin, text)
    QTest.keyClick(spin, Qt.Key.Key_Return)


def every_signal(panel: RegionsPanel) -> list[list]:
    names = ("activated", "bounds_edited", "prompt_edited", "strength_edited", "added", "duplicated", "removed")
    return [heard(getattr(panel, name)) for name in names]


def test_showing_tells_nobody(panel: RegionsPanel):
    told = every_signal(panel)
    for active in ("two", "three", None, "one"):
        panel.show_regions(regions(), active, GEOMETRY, FRAMES)
    panel.show_regions(regions()[:1], "one", GEOMETRY, 400)
    panel.show_regions((), None, GEOMETRY, 0)
    panel.set_selection(Region(0.0, 1.0))
    panel.set_theme(LIGHT)
    assert told == [[]] * 7


def test_rows_say_what_is_painted_and_which_one_is_active(panel: RegionsPanel):
    assert panel.list.count() == 3 and panel.list.currentRow() == 0
    told = [panel.list.item(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(3)]
    assert told[0].startswith("Region 1: Main prompt. 1.00–2.01 s")
    assert "a bell" in told[1] and "all frequencies" in told[1] and "60 %" in told[1]
    panel.show_regions(regions(), "two", GEOMETRY, FRAMES)
    assert panel.list.currentRow() == 1
    assert panel.form.prompt.text() == "a bell" and panel.form.strength.value() == 60
    assert panel.form.high_hz.value() == pytest.approx(GEOMETRY.f_max_hz)


def test_a_row_is_chosen_by_click_and_by_key(panel: RegionsPanel):
    activated = heard(panel.activated)
    item = panel.list.visualItemRect(panel.list.item(1)).center()
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=item)
    QTest.keyClick(panel.list, Qt.Key.Key_Down)
    assert activated == ["two", "three"]
    assert panel.form.start_s.value() == pytest.approx(100 * GEOMETRY.frame_s, abs=0.001)


@pytest.mark.parametrize(
    ("field", "typed", "expected"),
    [
        ("start_s", "1.5", Region(1.5, 2.0)),
        ("end_s", "5.25", Region(1.0, 5.25)),
        ("start_s", "3", Region(3.0, 3.0 + GEOMETRY.frame_s)),
        ("end_s", "0.5", Region(0.5 - GEOMETRY.frame_s, 0.5)),
    ],
)
def test_typed_times_are_told_once_and_order_is_kept(panel: RegionsPanel, field: str, typed: str, expected: Region):
    told = heard(panel.bounds_edited)
    type_into(getattr(panel.form, field), typed)
    assert len(told) == 1 and told[0][0] == "one"
    bounds = told[0][1]
    assert (bounds.start_s, bounds.end_s) == pytest.approx((expected.start_s, expected.end_s), abs=GEOMETRY.frame_s)
    assert bounds.low_hz == regions()[0].mask.bounds(GEOMETRY).low_hz


def test_typed_frequencies_open_at_the_border(panel: RegionsPanel):
    told = heard(panel.bounds_edited)
    type_into(panel.form.high_hz, "11025")
    type_into(panel.form.low_hz, "0")
    assert [bounds.high_hz for _, bounds in told] == [math.inf, math.inf]
    assert told[1][1].whole_band
    type_into(panel.form.high_hz, "2000")
    assert told[2][1].high_hz == 2000.0


def test_numbers_that_nobody_typed_stay_exact(panel: RegionsPanel):
    """Fields show milliseconds; a frame is longer than that, and must not move by being shown."""
    told = heard(panel.bounds_edited)
    for first in (2, 3, 7, 85):
        mask = Mask.of(regions()[0].mask.weights[:, :20], FRAMES, first)
        panel.show_regions((PaintedRegion(mask, id="x"),), "x", GEOMETRY, FRAMES)
        type_into(panel.form.end_s, "3")
        again = region_mask(told[-1][1], GEOMETRY, FRAMES)
        assert again.first == first
        assert (again.weights.any(axis=1) == mask.weights.any(axis=1)).all()


def test_prompt_and_strength_are_told_once(panel: RegionsPanel):
    prompts, strengths = heard(panel.prompt_edited), heard(panel.strength_edited)
    panel.form.prompt.setFocus()
    QTest.keyClicks(panel.form.prompt, "rain")
    assert prompts == []
    QTest.keyClick(panel.form.prompt, Qt.Key.Key_Return)
    panel.form.start_s.setFocus()
    assert prompts == [("one", "rain")]
    type_into(panel.form.strength, "35")
    assert strengths == [("one", 0.35)]


def test_add_duplicate_remove(panel: RegionsPanel):
    added, copied, removed = heard(panel.added), heard(panel.duplicated), heard(panel.removed)
    QTest.mouseClick(panel.add_button, Qt.MouseButton.LeftButton)
    assert added[0].duration_s == pytest.approx(1.0) and added[0].whole_band and 0 < added[0].start_s < WHOLE_S
    panel.set_selection(Region(2.0, 3.0, 100.0, 200.0))
    QTest.mouseClick(panel.add_button, Qt.MouseButton.LeftButton)
    assert added[1] == Region(2.0, 3.0, 100.0, 200.0)
    QTest.mouseClick(panel.copy_button, Qt.MouseButton.LeftButton)
    assert copied == ["one"]
    panel.list.setFocus()
    QTest.keyClick(panel.list, Qt.Key.Key_Delete)
    QTest.mouseClick(panel.remove_button, Qt.MouseButton.LeftButton)
    assert removed == ["one", "one"]


def test_without_paint_there_is_a_sentence_and_without_a_picture_nothing_to_add(panel: RegionsPanel):
    panel.show_regions((), None, GEOMETRY, FRAMES)
    assert panel.add_button.isEnabled() and not panel.remove_button.isEnabled() and not panel.form.isVisible()
    assert panel._empty.isVisible()
    panel.show_regions((), None, GEOMETRY, 0)
    assert not panel.add_button.isEnabled()
    panel.show_regions((PaintedRegion(Mask.empty(80, FRAMES), id="x"),), "x", GEOMETRY, FRAMES)
    assert panel.form.isVisible() and "empty" in panel.list.item(0).toolTip()


def test_every_field_has_a_name_and_is_reached_by_tab(panel: RegionsPanel):
    fields = [panel.form.start_s, panel.form.end_s, panel.form.low_hz, panel.form.high_hz, panel.form.prompt, panel.form.strength]
    assert all(field.accessibleName() and field.toolTip() for field in fields)
    panel.form.start_s.setFocus()
    reached = []
    for _ in range(6):
        reached.append(panel.focusWidget())
        QTest.keyClick(panel.focusWidget(), Qt.Key.Key_Tab)
    assert set(fields) <= set(reached)


@given(st.floats(0, 10), st.floats(0, 10), st.booleans())
def test_ends_stay_apart_and_inside(first: float, last: float, first_holds: bool):
    low, high = _apart(first, last, 0.1, 10.0, first_holds)
    assert low >= 0 and high - low >= 0.1 - 1e-9
    if last - first < 0.1:
        assert high <= 10.0 + 1e-9
