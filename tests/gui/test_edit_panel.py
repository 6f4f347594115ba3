"""The panel of edits: names, numbers, reasons why not."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QPushButton

from gui.edit_panel import ACTIONS, AUDITIONS, MASK_ACTIONS, EditPanel
from tests.gui.test_canvas import heard

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot) -> EditPanel:
    panel = EditPanel()
    qtbot.addWidget(panel)
    panel.resize(300, 600)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.activateWindow()
    return panel


def type_into(spin: QAbstractSpinBox, text: str) -> None:
    spin.setFocus()
    spin.selectAll()
    QTest.keyClicks(spin, text)
    QTest.keyClick(spin, Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("action", "values"),
    [
        ("fill", {}),
        ("vary", {"strength": 0.4}),
        ("repair", {"share": 0.1}),
        ("extend", {"before_s": 0.0, "after_s": 2.0}),
        ("restore", {"cutoff_hz": None}),
        ("loop", {"joint_s": 1.0}),
    ],
)
def test_an_action_carries_its_numbers(panel: EditPanel, action: str, values: dict):
    asked = heard(panel.action_requested)
    QTest.mouseClick(panel.button(action), LEFT)
    assert asked == [(action, values)]
    panel.request(action)
    assert len(asked) == 2


def test_typed_numbers_are_used(panel: EditPanel):
    asked = heard(panel.action_requested)
    for spin, text in (
        (panel.strength, "75"),
        (panel.share, "5"),
        (panel.before_s, "1.5"),
        (panel.after_s, "0"),
        (panel.cutoff_hz, "4000"),
        (panel.joint_s, "0.5"),
    ):
        type_into(spin, text)
    assert asked == [], "Enter in a field settles the number and starts nothing"
    for action in ACTIONS[1:]:
        QTest.mouseClick(panel.button(action), LEFT)
    assert [values for _, values in asked] == [
        {"strength": 0.75},
        {"share": 0.05},
        {"before_s": 1.5, "after_s": 0.0},
        {"cutoff_hz": 4000.0},
        {"joint_s": 0.5},
    ]


@pytest.mark.parametrize("action", MASK_ACTIONS)
def test_actions_on_the_paint(panel: EditPanel, action: str):
    asked = heard(panel.mask_action)
    type_into(panel.edge_frames, "7")
    type_into(panel.edge_bands, "2")
    QTest.mouseClick(panel.button(action), LEFT)
    edge = {"bands": 2, "frames": 7} if action in ("grow", "shrink", "feather") else {}
    assert asked == [(action, edge)]


@pytest.mark.parametrize("what", AUDITIONS)
def test_ways_to_listen(panel: EditPanel, what: str):
    asked = heard(panel.audition_requested)
    QTest.mouseClick(panel.button(what), LEFT)
    assert asked == [what]


def test_what_is_not_possible_says_why(panel: EditPanel):
    asked = heard(panel.action_requested)
    told = panel.button("fill").toolTip()
    panel.set_possible({"fill": "Nothing is painted.", "vary": "", "inside": "Nothing is painted."})
    for name in ("fill", "inside"):
        assert not panel.button(name).isEnabled()
        assert panel.button(name).toolTip() == panel.button(name).accessibleDescription() == "Nothing is painted."
    panel.request("fill")
    QTest.mouseClick(panel.button("fill"), LEFT)
    assert asked == [] and panel.button("vary").isEnabled()
    panel.set_possible({"fill": ""})
    assert panel.button("fill").isEnabled() and panel.button("fill").toolTip() == told


def test_the_difference_can_be_shown_without_asking_for_it(panel: EditPanel):
    asked = heard(panel.audition_requested)
    panel.set_difference_shown(True)
    assert panel.button("difference").isChecked() and asked == []


def test_everything_has_a_name_and_is_reached_by_tab(panel: EditPanel):
    controls = panel.findChildren(QPushButton) + panel.findChildren(QAbstractSpinBox)
    assert len(panel.findChildren(QPushButton)) == len(ACTIONS) + len(MASK_ACTIONS) + len(AUDITIONS)
    assert all(control.accessibleName() and control.toolTip() for control in controls)
    panel.button("fill").setFocus()
    reached = set()
    for _ in range(len(controls) + 2):
        reached.add(panel.focusWidget())
        QTest.keyClick(panel.focusWidget(), Qt.Key.Key_Tab)
    assert set(controls) <= reached


def test_space_starts_a_focused_action(panel: EditPanel):
    asked = heard(panel.action_requested)
    panel.button("vary").setFocus()
    QTest.keyClick(panel.button("vary"), Qt.Key.Key_Space)
    assert [name for name, _ in asked] == ["vary"]


def test_one_frame_is_no_frames(panel: EditPanel):
    type_into(panel.edge_frames, "1")
    assert panel.edge_frames.text() == "1 frame"
    type_into(panel.edge_frames, "2")
    assert panel.edge_frames.text() == "2 frames"
