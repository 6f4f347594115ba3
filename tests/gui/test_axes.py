"""Ticks are round and never overlap; rulers and colour bar answer to mouse and keys."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from engine.geometry import Geometry
from gui.axes import FrequencyRuler, TimeRuler
from gui.canvas_view import CanvasView
from gui.colour_bar import DEFAULT_FLOOR_DB, DEFAULT_TOP_DB, HIGHEST_DB, LOWEST_DB, MIN_RANGE_DB, ColourBar, limited_levels
from gui.ticks import format_db, format_hz, format_time, frequency_ticks, level_ticks, note_name, overlaps, time_ticks

LABEL_HEIGHT = 14.0


def label_width(text: str) -> float:
    """A plain stand-in for font metrics."""
    return 7.0 * len(text)


def is_round(value: float) -> bool:
    """1, 2, 2.5 or 5 (or a multiple with two figures) times a power of ten."""
    digits = value / 10 ** math.floor(math.log10(value))
    return abs(digits * 20 - round(digits * 20)) < 1e-6


@given(start=st.floats(0, 3000), span=st.floats(0.02, 3600), width=st.floats(40, 4000))
def test_time_ticks_never_overlap_and_stay_inside(start: float, span: float, width: float) -> None:
    ticks = time_ticks(start, start + span, width, label_width)
    assert not overlaps(ticks, label_width)
    assert all(-1e-3 <= tick.position <= width + 1e-3 for tick in ticks)
    assert len({tick.label for tick in ticks if tick.label}) == sum(bool(tick.label) for tick in ticks)


@given(start=st.floats(0, 100), span=st.floats(0.02, 300), width=st.floats(300, 3000))
def test_time_labels_are_the_times_of_their_ticks(start: float, span: float, width: float) -> None:
    ticks = [tick for tick in time_ticks(start, start + span, width, label_width) if tick.label]
    assert ticks
    for tick in ticks:
        assert start + tick.position / width * span == pytest.approx(tick.value, abs=1e-6)
        minutes, _, seconds = tick.label.removesuffix(" s").rpartition(":")
        assert 60 * float(minutes or 0) + float(seconds) == pytest.approx(tick.value, abs=5e-4)


def test_time_ticks_show_milliseconds_when_zoomed_in() -> None:
    labels = [tick.label for tick in time_ticks(1.0, 1.05, 800, label_width) if tick.label]
    assert labels[:3] == ["1.000 s", "1.005 s", "1.010 s"]


def test_ten_seconds_have_round_labels() -> None:
    labels = [tick.label for tick in time_ticks(0, 10, 600, label_width) if tick.label]
    assert labels == [f"{second} s" for second in range(11)]


def test_long_takes_have_minutes() -> None:
    labels = [tick.label for tick in time_ticks(0, 600, 800, label_width) if tick.label]
    assert labels[:3] == ["0:00", "1:00", "2:00"]


@pytest.mark.parametrize(("start", "end", "width"), [(0, 0, 100), (0, 10, 0), (2, 1, 100)])
def test_nothing_to_measure_has_no_ticks(start: float, end: float, width: float) -> None:
    assert time_ticks(start, end, width, label_width) == []


@given(low=st.floats(0, 70), span=st.floats(4, 80), height=st.floats(60, 2000))
def test_frequency_ticks_never_overlap_and_are_round(low: float, span: float, height: float) -> None:
    view = CanvasView.whole(Geometry(), 10).moved_to(0, 100, low, low + span)
    ticks = frequency_ticks(view.hz_of(view.low), view.hz_of(view.high), lambda hz: view.y_of(view.band_of(hz), height), LABEL_HEIGHT)
    assert not overlaps(ticks, lambda text: LABEL_HEIGHT)
    assert all(-1e-6 <= tick.position <= height + 1e-6 for tick in ticks)
    assert all(is_round(tick.value) or view.span_bands < 40 for tick in ticks if tick.label)


def test_whole_picture_shows_the_frequencies_people_know() -> None:
    view = CanvasView.whole(Geometry(), 10)
    ticks = frequency_ticks(view.hz_of(0), view.hz_of(80), lambda hz: view.y_of(view.band_of(hz), 640), LABEL_HEIGHT)
    labels = [tick.label for tick in ticks if tick.label]
    assert {"100", "200", "500", "1k", "2k", "5k", "10k"} <= set(labels)
    assert all(first.position > second.position for first, second in pairwise(ticks))


def test_zoomed_in_frequency_has_finer_labels() -> None:
    view = CanvasView.whole(Geometry(), 10).moved_to(0, 100, 10, 14)
    ticks = frequency_ticks(view.hz_of(10), view.hz_of(14), lambda hz: view.y_of(view.band_of(hz), 400), LABEL_HEIGHT)
    assert sum(bool(tick.label) for tick in ticks) >= 5


@given(floor=st.floats(-140, 40), span=st.floats(10, 180), height=st.floats(20, 2000))
def test_level_ticks_never_overlap(floor: float, span: float, height: float) -> None:
    ticks = level_ticks(floor, floor + span, height, LABEL_HEIGHT)
    assert not overlaps(ticks, lambda text: LABEL_HEIGHT)
    assert all(-1e-6 <= tick.position <= height + 1e-6 for tick in ticks)


@pytest.mark.parametrize(
    ("hz", "name"),
    [(440.0, "A4 ±0 ct"), (261.6256, "C4 ±0 ct"), (445.0, "A4 +20 ct"), (27.5, "A0 ±0 ct"), (15.0, ""), (933.0, "A♯5 +1 ct")],
)
def test_note_names(hz: float, name: str) -> None:
    assert note_name(hz) == name


@given(hz=st.floats(16, 20000))
def test_note_and_cents_give_the_frequency_back(hz: float) -> None:
    name, cents, _ = note_name(hz).split(" ")
    letter, octave = name.rstrip("0123456789"), int(name.lstrip("ABCDEFG♯"))
    semitone = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B").index(letter) + 12 * (octave + 1)
    offset = int(cents.replace("−", "-").replace("±", ""))
    assert abs(offset) <= 50
    assert 440 * 2 ** ((semitone - 69 + offset / 100) / 12) == pytest.approx(hz, rel=3e-4)


def test_numbers_as_text() -> None:
    assert format_time(59.9996, 3, clock=True) == "1:00.000"
    assert format_time(5.25, 2, clock=False) == "5.25"
    assert (format_hz(440.4), format_hz(999.6), format_hz(12345.0)) == ("440 Hz", "1.00 kHz", "12.3 kHz")
    assert (format_db(-12.34), format_db(3.0), format_db(-0.01)) == ("−12.3 dB", "3.0 dB", "0.0 dB")


def test_time_ruler_scrubs(qtbot) -> None:
    ruler = TimeRuler()
    qtbot.addWidget(ruler)
    ruler.resize(500, ruler.height())
    ruler.set_view(CanvasView.whole(Geometry(), 10.0))
    sought: list[float] = []
    ruler.scrubbed.connect(sought.append)
    QTest.mousePress(ruler, Qt.MouseButton.LeftButton, pos=QPoint(100, 10))
    QTest.mouseMove(ruler, QPoint(250, 10))
    QTest.mouseMove(ruler, QPoint(900, 10))
    QTest.mouseRelease(ruler, Qt.MouseButton.LeftButton, pos=QPoint(900, 10))
    assert sought == pytest.approx([2.0, 5.0, 10.0])


def test_time_ruler_draws_the_loop(qtbot) -> None:
    ruler = TimeRuler()
    qtbot.addWidget(ruler)
    ruler.resize(500, ruler.height())
    ruler.set_view(CanvasView.whole(Geometry(), 10.0))
    ruler.set_loop((2.0, 4.0))
    with_loop = ruler.grab().toImage()
    assert with_loop.pixelColor(150, 1).name() == "#ffb454"
    assert with_loop.pixelColor(300, 1) != with_loop.pixelColor(150, 1)
    ruler.set_loop(None)
    assert ruler.grab().toImage().pixelColor(150, 1).name() != "#ffb454"


def test_frequency_ruler_measures_the_view(qtbot) -> None:
    ruler = FrequencyRuler()
    qtbot.addWidget(ruler)
    ruler.resize(56, 400)
    view = CanvasView.whole(Geometry(), 10.0)
    assert view.hz_of(view.band_at(ruler.y_of_hz(1000.0), 400)) == pytest.approx(1000.0)


@pytest.fixture
def bar(qtbot) -> ColourBar:
    bar = ColourBar()
    qtbot.addWidget(bar)
    bar.resize(56, 300)
    bar.show()
    return bar


def drag(bar: ColourBar, start: int, end: int) -> None:
    """A drag along the bar."""
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=QPoint(12, start))
    QTest.mouseMove(bar, QPoint(12, end))
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=QPoint(12, end))


def test_dragging_the_middle_is_gain(bar: ColourBar) -> None:
    drag(bar, 150, 180)
    assert bar.levels == pytest.approx((DEFAULT_FLOOR_DB + 9, DEFAULT_TOP_DB + 9))


def test_dragging_an_end_moves_one_level(bar: ColourBar, qtbot) -> None:
    with qtbot.waitSignal(bar.levels_changed) as changed:
        drag(bar, 20, 80)
    assert changed.args == pytest.approx([DEFAULT_FLOOR_DB, DEFAULT_TOP_DB + 18])
    QTest.mouseDClick(bar, Qt.MouseButton.LeftButton, pos=QPoint(12, 150))
    assert bar.levels == (DEFAULT_FLOOR_DB, DEFAULT_TOP_DB)
    drag(bar, 290, 260)
    assert bar.levels == pytest.approx((DEFAULT_FLOOR_DB - 9, DEFAULT_TOP_DB))


def test_keys_change_gain_and_range(bar: ColourBar) -> None:
    QTest.keyClick(bar, Qt.Key.Key_Up)
    assert bar.levels == (DEFAULT_FLOOR_DB - 2, DEFAULT_TOP_DB - 2)
    QTest.keyClick(bar, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert bar.levels == (DEFAULT_FLOOR_DB, DEFAULT_TOP_DB - 2)


def test_escape_drops_the_drag(bar: ColourBar) -> None:
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=QPoint(12, 150))
    QTest.mouseMove(bar, QPoint(12, 200))
    QTest.keyClick(bar, Qt.Key.Key_Escape)
    QTest.mouseMove(bar, QPoint(12, 250))
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=QPoint(12, 250))
    assert bar.levels == (DEFAULT_FLOOR_DB, DEFAULT_TOP_DB)


def test_setting_levels_is_no_intent(bar: ColourBar) -> None:
    heard: list = []
    bar.levels_changed.connect(lambda *levels: heard.append(levels))
    bar.set_levels(-60, 0)
    assert bar.levels == (-60, 0) and heard == []


@given(floor=st.floats(-1e4, 1e4), top=st.floats(-1e4, 1e4))
def test_levels_are_always_possible(floor: float, top: float) -> None:
    floor_db, top_db = limited_levels(floor, top)
    assert LOWEST_DB <= floor_db <= top_db - MIN_RANGE_DB + 1e-9 and top_db <= HIGHEST_DB
