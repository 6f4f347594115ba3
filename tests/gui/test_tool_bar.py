"""The bar of tools: what is pressed, what is told, how it fits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.geometry import Geometry
from gui.canvas import SpectrogramCanvas
from gui.shortcuts import COMMANDS
from gui.tool_bar import TOOLS, ToolBar
from gui.tools import PAINT_TOOLS, BrushShape, ToolOptions
from tests.gui.test_canvas import heard

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def bar(qtbot) -> Iterator[ToolBar]:
    window = QWidget()
    column = QVBoxLayout(window)
    tools = ToolBar()
    column.addWidget(tools.options_row)
    row = QHBoxLayout()
    row.addWidget(tools)
    row.addStretch(1)
    column.addLayout(row, 1)
    qtbot.addWidget(window)
    window.resize(1200, 700)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    yield tools


def test_every_tool_of_the_canvas_has_a_button_and_a_command(bar: ToolBar):
    assert set(TOOLS) == {"select", "hand", *PAINT_TOOLS}
    assert {command for _, command in TOOLS.values()} <= {command.id for command in COMMANDS}


@pytest.mark.parametrize("tool", TOOLS)
def test_a_click_chooses_a_tool_once(bar: ToolBar, tool: str):
    bar.show_tool("hand" if tool == "select" else "select")
    chosen = heard(bar.tool_chosen)
    QTest.mouseClick(bar.button(tool), LEFT)
    QTest.mouseClick(bar.button(tool), LEFT)
    assert chosen == [tool] and bar.tool == tool
    assert sum(bar.button(name).isChecked() for name in TOOLS) == 1


def test_showing_tells_nobody(bar: ToolBar):
    told = [heard(signal) for signal in (bar.tool_chosen, bar.options_changed, bar.mask_shown_toggled)]
    for tool in TOOLS:
        bar.show_tool(tool)
        assert bar.tool == tool
    bar.show_options(ToolOptions(brush=BrushShape(1.0, 3.0, 0.1), tolerance_db=3.0))
    bar.show_mask_shown(False)
    bar.options_row.set_geometry(Geometry(sample_rate=44100))
    assert told == [[], [], []]


def test_names_tooltips_and_keys(bar: ToolBar):
    assert bar.button("brush").accessibleName() == "Brush"
    assert bar.button("brush").toolTip() == "Brush (B)"
    assert bar.button("lasso").toolTip() == "Lasso (6)"
    bar.show_keys(lambda command: "K" if command == "tool.wand" else "")
    assert bar.button("wand").toolTip() == "Magic wand (K)" and bar.button("brush").toolTip() == "Brush"
    for name in TOOLS:
        assert bar.button(name).accessibleDescription()


def test_only_the_numbers_of_the_tool_are_seen(bar: ToolBar):
    fields = {"brush": {"width_s", "height_bands", "hardness"}, "harmonics": {"width_s", "height_bands", "hardness", "overtones"}}
    fields |= {"eraser": fields["brush"], "wand": {"tolerance_db"}, "lasso": set(), "select": set()}
    for tool, names in fields.items():
        bar.show_tool(tool)
        shown = {
            name for name in ("width_s", "height_bands", "hardness", "overtones", "tolerance_db") if bar.options_row.spin(name).isVisible()
        }
        assert shown == names


def test_typed_numbers_belong_to_the_tool_that_is_chosen(bar: ToolBar):
    told = heard(bar.options_changed)
    before = bar.options
    for tool, name, typed in (
        ("brush", "width_s", "1.5"),
        ("eraser", "hardness", "20"),
        ("wand", "tolerance_db", "6"),
        ("harmonics", "overtones", "4"),
    ):
        bar.show_tool(tool)
        spin = bar.options_row.spin(name)
        spin.setFocus()
        spin.selectAll()
        QTest.keyClicks(spin, typed)
        QTest.keyClick(spin, Qt.Key.Key_Return)
    assert len(told) == 4
    options = told[-1]
    assert (options.brush.width_s, options.eraser.hardness, options.tolerance_db, options.overtones) == (1.5, 0.2, 6.0, 4)
    assert options.brush.height_bands == before.brush.height_bands and options.eraser.width_s == before.eraser.width_s


def test_brackets_resize_what_has_a_size(bar: ToolBar):
    told = heard(bar.options_changed)
    bar.show_tool("eraser")
    bar.resize_brush(1)
    bar.resize_brush(-2)
    assert told[1].eraser.width_s < ToolOptions().eraser.width_s < told[0].eraser.width_s
    assert told[1].brush == ToolOptions().brush
    bar.show_tool("lasso")
    bar.resize_brush(1)
    assert len(told) == 2


def test_the_height_is_told_in_hz_too(bar: ToolBar):
    bar.show_tool("brush")
    bar.show_options(ToolOptions(brush=BrushShape(height_bands=20.0)))
    text = bar.options_row._example.text()
    geometry, centre = Geometry(), float(Geometry().hz_to_position(1000.0)) - 0.5
    wide = geometry.band_to_hz(centre + 10) - geometry.band_to_hz(centre - 10)
    assert f"{wide / 1000:.2f}" in text or f"{wide:.0f} Hz" in text


def test_the_bar_is_one_column_or_two(qtbot):
    bar = ToolBar()
    qtbot.addWidget(bar)
    bar.resize(40, 600)
    bar.show()
    assert bar.width() == 40
    columns = {bar.button(name).x() for name in TOOLS}
    assert len(columns) == 1
    bar.resize(40, bar.minimumSizeHint().height())
    qtbot.waitUntil(lambda: bar.width() > 40)
    bar.layout().activate()
    assert len({bar.button(name).x() for name in TOOLS}) == 2
    assert all(bar.rect().contains(bar.button(name).geometry()) for name in TOOLS)
    assert not any(bar.button(a).geometry().intersects(bar.button(b).geometry()) for a in TOOLS for b in TOOLS if a < b)
    bar.resize(72, 600)
    qtbot.waitUntil(lambda: bar.width() == 40)


def test_the_eye_hides_paint(bar: ToolBar):
    shown = heard(bar.mask_shown_toggled)
    QTest.mouseClick(bar._eye, LEFT)
    assert shown == [False]
    bar.show_mask_shown(True)
    assert shown == [False] and bar._eye.isChecked()


def test_tab_and_arrows_reach_tools(qtbot, bar: ToolBar):
    chosen = heard(bar.tool_chosen)
    bar.button("select").setFocus()
    QTest.keyClick(bar.button("select"), Qt.Key.Key_Down)
    QTest.keyClick(bar.button("hand"), Qt.Key.Key_Down)
    assert chosen == ["hand", "brush"]


def test_bar_and_canvas_agree(qtbot, bar: ToolBar):
    canvas = SpectrogramCanvas()
    qtbot.addWidget(canvas)
    bar.tool_chosen.connect(canvas.set_tool)
    bar.options_changed.connect(canvas.set_tool_options)
    for tool in TOOLS:
        QTest.mouseClick(bar.button(tool), LEFT, pos=QPoint(10, 10))
        assert canvas.picture._tool == tool
