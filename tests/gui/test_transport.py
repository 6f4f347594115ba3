"""Transport bar: what is clicked is told, what is shown is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QPushButton, QSlider, QWidget

from gui.meter import LevelMeter
from gui.output import DeviceInfo
from gui.transport import TransportBar, gain_of, step_of, time_text

DEVICES = [DeviceInfo("Built-in", 2, 48000, True), DeviceInfo("Headphones", 2, 44100)]
SIGNALS = (
    *("play_toggled", "stopped", "loop_toggled", "loop_selection", "selection_played", "ab_toggled", "volume_changed", "muted"),
    *("device_chosen", "devices_refreshed"),
)


@pytest.fixture
def bar(qtbot):
    made = TransportBar()
    qtbot.addWidget(made)
    made.resize(1300, 48)
    made.show_state(False, 0.0, 10.0)
    made.show_ab(True, "A", "Rain", "Wind")
    made.set_loop_state(False, None, True)
    made.show_devices(DEVICES, None)
    made.show()
    return made


@pytest.fixture
def told(bar):
    """Everything the bar says, in order."""
    heard = []
    for name in SIGNALS:
        getattr(bar, name).connect(lambda *values, name=name: heard.append((name, *values)))
    return heard


def _button(bar, name):
    return bar.findChild(QPushButton, name)


def _texts(bar):
    return [label.text() for label in bar.findChildren(QLabel)]


def _click(qtbot, bar, name):
    qtbot.mouseClick(_button(bar, name), Qt.MouseButton.LeftButton)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("play", ("play_toggled",)),
        ("previous", ("stopped",)),
        ("loop", ("loop_toggled", True)),
        ("loop-selection", ("loop_selection",)),
        ("hear", ("selection_played",)),
        ("halfB", ("ab_toggled",)),
        ("speaker", ("muted", True)),
        ("reset", ("devices_refreshed",)),
    ],
)
def test_buttons_tell_what_is_wanted(qtbot, bar, told, name, expected):
    _click(qtbot, bar, name)
    assert told == [expected]


def test_showing_tells_nothing(bar, told):
    bar.show_state(True, 3.25, 10.0)
    bar.show_ab(True, "B", "Rain", "Wind")
    bar.set_loop_state(True, (1.0, 2.0), True)
    bar.show_volume(0.25, True)
    bar.show_devices(DEVICES, "Headphones")
    bar.show_levels((-3.0, -3.0), (-9.0, -9.0))
    assert told == []
    assert bar.findChild(QComboBox).currentText() == "Headphones"
    assert bar.findChild(LevelMeter).peaks_db == (-3.0, -3.0)


def test_time(bar):
    bar.show_state(True, 3.25, 10.0)
    assert {"0:03.250", "/ 0:10.000"} <= set(_texts(bar))
    assert _button(bar, "play").accessibleName() == "Stop" and "Space" in _button(bar, "play").toolTip()
    bar.show_state(False, 3.25, 10.0)
    assert _button(bar, "play").accessibleName() == "Play"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00.000"), (59.9996, "1:00.000"), (75.5, "1:15.500"), (3661, "61:01.000"), (-1, "0:00.000")]
)
def test_time_text(seconds, text):
    assert time_text(seconds) == text


def test_a_click_on_the_half_that_is_heard_changes_nothing(qtbot, bar, told):
    _click(qtbot, bar, "halfA")
    assert told == [] and _button(bar, "halfA").isChecked() and not _button(bar, "halfB").isChecked()
    _click(qtbot, bar, "halfB")
    assert told == [("ab_toggled",)] and _button(bar, "halfA").isChecked()
    bar.show_ab(True, "B", "Rain", "Wind")
    assert _button(bar, "halfB").isChecked() and not _button(bar, "halfA").isChecked()


def test_halves_carry_the_names(qtbot, bar):
    bar.show_ab(True, "A", "Rain & thunder", "A very long name of a take that does not fit")
    qtbot.waitUntil(lambda: _button(bar, "halfA").text() == "A  Rain && thunder")
    assert _button(bar, "halfB").text().endswith("…") and "does not fit" in _button(bar, "halfB").toolTip()
    bar.show_ab(False, "A", "Rain", "")
    assert not _button(bar, "halfA").isEnabled() and not _button(bar, "halfB").isEnabled()


def test_second_click_on_loop_selection_ends_the_loop(qtbot, bar, told):
    bar.set_loop_state(True, (1.0, 2.0), True)
    assert "0:01.000 to 0:02.000" in _button(bar, "loop").toolTip()
    _click(qtbot, bar, "loop-selection")
    assert told == [("loop_toggled", False)]


def test_what_cannot_be_done_is_disabled(bar):
    bar.set_loop_state(False, None, False)
    assert not _button(bar, "hear").isEnabled() and not _button(bar, "loop-selection").isEnabled()
    bar.set_loop_state(False, None, True)
    assert _button(bar, "hear").isEnabled()
    bar.show_state(False, 0.0, 0.0)
    assert not any(_button(bar, name).isEnabled() for name in ("play", "previous", "loop", "hear", "loop-selection"))
    bar.show_devices([], None)
    assert not bar.findChild(QComboBox).isEnabled()


def test_volume(qtbot, bar, told):
    slider = bar.findChild(QSlider)
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_PageDown)
    assert told[0][0] == "volume_changed" and told[0][1] == pytest.approx(10 ** (-6 / 20))
    assert "−6.0 dB" in _texts(bar)
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    assert told[-1] == ("volume_changed", 0.0) and "silent" in _texts(bar)
    bar.show_volume(1.0, False)
    assert "0.0 dB" in _texts(bar)
    _click(qtbot, bar, "speaker")
    assert "silent" in _texts(bar)


@given(st.integers(0, 120))
def test_volume_steps_and_gains_agree(step):
    assert step_of(gain_of(step)) == step
    assert 0.0 <= gain_of(step) <= 1.0


@given(st.floats(0, 1))
def test_every_gain_has_a_step(gain):
    assert 0 <= step_of(gain) <= 120


def test_device_is_chosen_by_key(qtbot, bar, told):
    box = bar.findChild(QComboBox)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down):
        qtbot.keyClick(box, key)
    assert told == [("device_chosen", "Built-in"), ("device_chosen", "Headphones")]
    qtbot.keyClick(box, Qt.Key.Key_Home)
    assert told[-1] == ("device_chosen", None)


def test_everything_has_a_name_and_can_be_reached(bar):
    controls = [*bar.findChildren(QAbstractButton), *bar.findChildren(QSlider), *bar.findChildren(QComboBox), *bar.findChildren(LevelMeter)]
    assert len(controls) == 12
    for control in controls:
        assert control.accessibleName(), control.objectName()
        assert control.toolTip(), control.objectName()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_fits_into_a_small_window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    bar = TransportBar(window)
    bar.show_ab(True, "A", "A very long name of a take", "Another very long name of a take")
    assert bar.minimumSizeHint().width() <= 1200
