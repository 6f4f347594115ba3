"""Colour maps are readable by every eye, and what is drawn over them can be seen on every colour."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from gui.colour_maps import COLOUR_MAPS, DEFAULT_MAP, DIFFERENCE_MAP, colour_map_labels, colour_table, colours
from gui.theme import THEMES


def luminance(rgb: NDArray) -> NDArray[np.float64]:
    """Relative luminance of sRGB 0..255 (WCAG 2)."""
    part = np.asarray(rgb, np.float64) / 255.0
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def lightness(rgb: NDArray) -> NDArray[np.float64]:
    """CIE L* of sRGB 0..255."""
    y = luminance(rgb)
    return np.where(y > (6 / 29) ** 3, 116 * np.cbrt(y) - 16, y * (29 / 3) ** 3)


def contrast(first: NDArray, second: NDArray) -> NDArray[np.float64]:
    """WCAG 2 contrast ratio."""
    one, other = luminance(first), luminance(second)
    return (np.maximum(one, other) + 0.05) / (np.minimum(one, other) + 0.05)


def rgb_of(colour: str) -> NDArray:
    """Red, green, blue 0..255."""
    return np.array(QColor(colour).getRgb()[:3])


@pytest.mark.parametrize("name", [name for name in COLOUR_MAPS if name != DIFFERENCE_MAP])
def test_lightness_is_monotone(name: str) -> None:
    steps = np.diff(lightness(colours(name)))
    if name == "grey-inverse":
        steps = -steps
    # Colours have 8 bits: a step back may not be larger than their rounding.
    assert steps.min() > -0.25
    assert np.abs(steps.sum()) > 60


def test_difference_map_has_its_extreme_lightness_in_the_middle() -> None:
    values = lightness(colours(DIFFERENCE_MAP))
    assert 112 <= int(np.argmax(values)) <= 143


@pytest.mark.parametrize("name", COLOUR_MAPS)
@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_one_line_of_each_outline_pair_stands_out_on_every_colour(name: str, theme) -> None:
    table = colours(name)
    pairs = [(theme.selection_light, theme.selection_dark), (theme.playhead, theme.selection_dark)]
    for light, dark in pairs:
        best = np.maximum(contrast(table, rgb_of(light)), contrast(table, rgb_of(dark)))
        assert best.min() >= 3.0


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_table_holds_the_same_colours_as_opaque_pixels(name: str) -> None:
    table = colour_table(name)
    assert table.shape == (256,) and table.dtype == np.uint32
    assert QColor.fromRgb(int(table[200])).getRgb()[:3] == tuple(int(part) for part in colours(name)[200])
    assert np.all(table >> 24 == 255)


def test_inverse_is_the_reverse() -> None:
    assert np.array_equal(colours("grey")[::-1], colours("grey-inverse"))


def test_unknown_names_get_the_default_map() -> None:
    assert np.array_equal(colours("no such map"), colours(DEFAULT_MAP))


def test_every_map_has_a_different_name_for_people() -> None:
    labels = colour_map_labels()
    assert tuple(labels) == COLOUR_MAPS
    assert len(set(labels.values())) == len(COLOUR_MAPS)
