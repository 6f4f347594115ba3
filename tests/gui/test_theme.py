"""The look: contrasts hold in both themes, the style sheet is understood, and what follows from the colours was drawn anew."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QDoubleSpinBox, QLineEdit, QPushButton, QSpinBox, QToolButton

import gui.theme
from gui.theme import ASSETS, DARK, LIGHT, THEMES, Theme, apply_theme, contrast, current_theme, mix, palette, shades, style_sheet, theme_for

BOTH = pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
COLOURS = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")


@pytest.fixture
def dressed(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[QApplication]:
    """The program, to be given a theme; other tests see it undressed, as before."""
    monkeypatch.setattr(gui.theme, "_current", DARK)
    yield qapp
    qapp.setStyleSheet("")
    qapp.setPalette(qapp.style().standardPalette())


def test_contrast_is_the_one_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@given(COLOURS, COLOURS)
def test_contrast_needs_no_order(one: str, other: str):
    assert contrast(one, other) == contrast(other, one) >= 1.0


@given(COLOURS, COLOURS, st.floats(0, 1))
def test_mix_stays_between_its_colours(one: str, other: str, share: float):
    mixed = mix(one, other, share)
    for part in range(1, 7, 2):
        low, high = sorted((int(one[part : part + 2], 16), int(other[part : part + 2], 16)))
        assert low <= int(mixed[part : part + 2], 16) <= high
    assert mix(one, other, 0.0) == one
    assert mix(one, other, 1.0) == other


@BOTH
@pytest.mark.parametrize("ground", ["window", "surface", "raised", "field", "accent_soft"])
@pytest.mark.parametrize("ink", ["text", "muted"])
def test_text_reaches_four_and_a_half(theme: Theme, ground: str, ink: str):
    assert contrast(getattr(theme, ink), getattr(theme, ground)) >= 4.5


@BOTH
@pytest.mark.parametrize("ground", ["window", "surface", "field"])
@pytest.mark.parametrize("ink", ["warning", "danger", "accent"])
def test_coloured_text_reaches_four_and_a_half(theme: Theme, ground: str, ink: str):
    assert contrast(getattr(theme, ink), getattr(theme, ground)) >= 4.5


@BOTH
def test_text_in_states_reaches_four_and_a_half(theme: Theme):
    derived = shades(theme)
    for ground in ("hover", "pressed", "selection", "stripe"):
        assert contrast(theme.text, derived[ground]) >= 4.5, ground
    for ground in (theme.accent, derived["accent_hover"], derived["accent_pressed"]):
        assert contrast(theme.on_accent, ground) >= 4.5


@BOTH
def test_edges_and_focus_reach_three(theme: Theme):
    for ground in (theme.window, theme.surface, theme.field):
        assert contrast(theme.outline, ground) >= 3.0
        assert contrast(theme.accent, ground) >= 3.0
    # The focus edge against the edge that was there before, and the ring inside a filled button.
    assert contrast(theme.accent, theme.border) >= 3.0
    assert contrast(theme.on_accent, theme.accent) >= 3.0
    # The moving part of a switch and of a slider.
    assert contrast(theme.muted, theme.field) >= 3.0
    assert contrast(theme.text, shades(theme)["groove"]) >= 3.0


@BOTH
def test_the_two_outlines_are_seen_on_any_picture(theme: Theme):
    for level in range(256):
        ground = f"#{level:02x}{level:02x}{level:02x}"
        assert max(contrast(theme.selection_light, ground), contrast(theme.selection_dark, ground)) >= 3.0


@BOTH
def test_style_sheet_is_complete_and_its_pictures_exist(theme: Theme):
    sheet = style_sheet(theme)
    assert "$" not in sheet
    assert sheet.count("{") == sheet.count("}")
    pictures = {Path(path) for path in re.findall(r'url\("([^"]+)"\)', sheet)}
    assert pictures
    assert [path for path in pictures if not path.is_file()] == []


@BOTH
def test_qt_understands_the_style_sheet(dressed: QApplication, theme: Theme, capfd: pytest.CaptureFixture[str]):
    apply_theme(dressed, theme)
    button = QPushButton("A")
    button.ensurePolished()
    button.grab()
    error = capfd.readouterr().err
    assert "parse" not in error
    assert "Unknown property" not in error
    assert current_theme() is theme


@pytest.mark.parametrize("control", [QPushButton, QLineEdit, QComboBox, QSpinBox, QDoubleSpinBox, QToolButton])
def test_controls_stand_on_the_grid(dressed: QApplication, control: type):
    apply_theme(dressed, DARK)
    widget = control()
    if control is QToolButton:
        widget.setIconSize(QSize(18, 18))
    widget.ensurePolished()
    assert widget.sizeHint().height() == 32


@BOTH
@pytest.mark.parametrize("role", [None, "primary", "quiet", "icon"])
def test_focus_changes_a_button_visibly_but_not_its_size(qtbot, dressed: QApplication, theme: Theme, role: str | None):
    apply_theme(dressed, theme)
    first, second = QPushButton("A"), QPushButton("A")
    for button in (first, second):
        qtbot.addWidget(button)
        button.setProperty("role", role)
        button.resize(80, 32)
    first.show()
    first.activateWindow()
    first.setFocus()
    qtbot.waitUntil(first.hasFocus)
    focused, plain = first.grab().toImage(), second.grab().toImage()
    assert first.sizeHint() == second.sizeHint()
    assert changed_pixels(focused, plain) >= 2 * (focused.width() + focused.height()) * 0.8


def changed_pixels(one: QImage, other: QImage) -> int:
    """Number of pixels whose colours differ by at least 3:1."""
    pairs = ((one.pixelColor(x, y), other.pixelColor(x, y)) for x in range(one.width()) for y in range(one.height()))
    return sum(contrast(a.name(), b.name()) >= 3.0 for a, b in pairs if a != b)


@BOTH
def test_a_tick_and_a_switch_show_more_than_colour(qtbot, dressed: QApplication, theme: Theme):
    apply_theme(dressed, theme)
    for role in (None, "switch"):
        box = QCheckBox("")
        box.setProperty("role", role)
        qtbot.addWidget(box)
        off = box.grab().toImage()
        qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=box.rect().center())
        assert box.isChecked()
        on = box.grab().toImage()
        colours = {on.pixelColor(x, on.height() // 2).name() for x in range(on.width())}
        assert {theme.accent, theme.on_accent} <= colours
        assert on != off


def test_palette_carries_the_theme():
    colours = palette(LIGHT)
    assert colours.color(colours.ColorRole.Window) == QColor(LIGHT.window)
    assert colours.color(colours.ColorRole.PlaceholderText) == QColor(LIGHT.muted)


def test_choice_of_theme_follows_the_platform(qapp: QApplication, monkeypatch: pytest.MonkeyPatch):
    assert theme_for("dark", qapp) is DARK
    assert theme_for("light", qapp) is LIGHT

    class Hints:
        def __init__(self, scheme: Qt.ColorScheme) -> None:
            self.scheme = scheme

        def colorScheme(self) -> Qt.ColorScheme:
            return self.scheme

    for scheme, theme in ((Qt.ColorScheme.Light, LIGHT), (Qt.ColorScheme.Dark, DARK), (Qt.ColorScheme.Unknown, DARK)):
        monkeypatch.setattr(qapp, "styleHints", lambda scheme=scheme: Hints(scheme), raising=False)
        assert theme_for("system", qapp) is theme


def make_icon():
    spec = importlib.util.spec_from_file_location("make_icon", ASSETS.parent / "packaging" / "make_icon.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pictures_that_follow_from_colours_are_up_to_date(tmp_path: Path):
    maker = make_icon()
    for theme in THEMES.values():
        stored = {path.stem: path.read_text(encoding="utf-8") for path in (ASSETS / "style" / theme.name).glob("*.svg")}
        assert stored == maker.style_pictures(theme)
    maker.draw(ASSETS / "melbrush.svg", tmp_path / "icon.png", maker.SIDE)
    assert QImage(str(tmp_path / "icon.png")) == QImage(str(ASSETS / "melbrush.png"))
    assert QImage(str(ASSETS / "melbrush.png")).size() == QSize(256, 256)
