"""Icons: all there, sharp at every pixel ratio, in the colours of the theme of the moment."""

import gc
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon, QImage
from PySide6.QtWidgets import QApplication, QToolButton

import gui.theme
from gui.icons import FOLDER, icon, names
from gui.theme import DARK, LIGHT, Theme, apply_theme, contrast

NEEDED = """play stop loop loop-selection dice lock unlock star star-filled trash rename compare export import drag folder undo
redo settings help zoom-in zoom-out fit zoom-selection hand pointer speaker mute next previous branch hear close add more search
history copy reveal warning info check chevron-down chevron-right sound image generate cancel eye"""


@pytest.fixture
def dressed(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[QApplication]:
    """The program, to be given a theme; other tests see it undressed, as before."""
    monkeypatch.setattr(gui.theme, "_current", DARK)
    yield qapp
    qapp.setStyleSheet("")
    qapp.setPalette(qapp.style().standardPalette())


def ink(picture: QImage) -> str:
    """Commonest colour of the fully covered pixels; antialiasing may round some of them by one level."""
    cells = ((x, y) for x in range(picture.width()) for y in range(picture.height()))
    return Counter(picture.pixelColor(x, y).name() for x, y in cells if picture.pixelColor(x, y).alpha() == 255).most_common(1)[0][0]


def test_every_needed_icon_exists():
    assert set(NEEDED.split()) <= set(names())


@pytest.mark.parametrize("name", names())
def test_drawing_keeps_to_the_grid(name: str):
    root = ElementTree.parse(FOLDER / f"{name}.svg").getroot()
    assert root.get("viewBox") == "0 0 24 24"
    assert root.get("stroke-width") == "1.75"
    colours = {value for element in root.iter() for key, value in element.attrib.items() if key in ("stroke", "fill")}
    assert colours <= {"currentColor", "none"}


@pytest.mark.parametrize("name", names())
def test_icon_is_drawn(qapp: QApplication, name: str):
    picture = icon(name).pixmap(24, 24).toImage()
    covered = sum(picture.pixelColor(x, y).alpha() > 60 for x in range(24) for y in range(24))
    assert 6 <= covered <= 400
    edge = [picture.pixelColor(x, y).alpha() for x in range(24) for y in range(24) if x in (0, 23) or y in (0, 23)]
    assert max(edge) <= 60, "nothing is cut off at the edge of the grid"


def test_unknown_names_are_refused(qapp: QApplication):
    with pytest.raises(KeyError):
        icon("no-such-icon")
    with pytest.raises(KeyError):
        icon("../melbrush")


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0, 3.0])
def test_icon_is_drawn_in_device_pixels(qapp: QApplication, ratio: float):
    pixmap = icon("stop").pixmap(QSize(24, 24), ratio)
    assert pixmap.size() == QSize(round(24 * ratio), round(24 * ratio))
    assert pixmap.devicePixelRatio() == ratio
    picture = pixmap.toImage()
    # A drawing that was scaled up would have soft edges everywhere: few pixels of full cover.
    partly = sum(0 < picture.pixelColor(x, y).alpha() < 255 for x in range(picture.width()) for y in range(picture.height()))
    assert partly <= 4 * 24 * ratio * 1.1


def test_one_icon_follows_the_theme(dressed: QApplication):
    shown = icon("star-filled")
    for theme in (DARK, LIGHT, DARK):
        apply_theme(dressed, theme)
        assert ink(shown.pixmap(32, 32).toImage()) == theme.text


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_disabled_icons_fade_and_others_take_a_colour_of_the_theme(dressed: QApplication, theme: Theme):
    apply_theme(dressed, theme)
    shown = icon("star-filled")
    faded = ink(shown.pixmap(QSize(32, 32), QIcon.Mode.Disabled).toImage())
    assert contrast(faded, theme.surface) < contrast(theme.text, theme.surface) / 2
    assert ink(icon("star-filled", "on_accent").pixmap(32, 32).toImage()) == theme.on_accent


def test_a_button_shows_its_icon(qtbot, dressed: QApplication):
    apply_theme(dressed, DARK)
    button = QToolButton()
    qtbot.addWidget(button)
    button.setIcon(icon("star-filled"))
    button.setIconSize(QSize(24, 24))
    picture = button.grab().toImage()
    assert DARK.text in {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}


def test_icons_survive_the_collector(qapp: QApplication):
    for _ in range(30):
        changed = QIcon(icon("play"))
        changed.addFile("missing.png")
        gc.collect()
        assert not changed.pixmap(16, 16).isNull()
        del changed
    changed = icon("play")
    changed.addFile("missing.png")
    assert icon("play").pixmap(16, 16).toImage() == icon("play").pixmap(16, 16).toImage()


def test_no_drawing_carries_text_or_links():
    for path in FOLDER.glob("*.svg"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<(text|image|script|use|style)|href", text), path.name
