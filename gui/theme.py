"""Colours, spacing and the style sheet: the only place where the look of the program is decided."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from gui import style

SPACE = 8
"""Pixels of the layout grid; half of it between things that belong together."""

RADIUS = 6

FONT_POINTS = 10.0

ASSETS = Path(__file__).resolve().parent.parent / "assets"


@dataclass(frozen=True)
class Theme:
    """Colours as #rrggbb. Text on ``window``, ``surface`` and ``raised`` reaches 4.5:1, ``outline`` and ``accent`` 3:1."""

    name: Literal["dark", "light"]
    window: str
    surface: str
    raised: str
    border: str
    outline: str
    text: str
    muted: str
    accent: str
    on_accent: str
    accent_soft: str
    warning: str
    danger: str
    canvas: str
    playhead: str
    field: str
    selection_light: str = "#ffffff"
    selection_dark: str = "#101216"


DARK = Theme(
    name="dark",
    window="#14161b",
    surface="#1b1e25",
    raised="#262a34",
    border="#333945",
    outline="#717b8e",
    text="#e8eaee",
    muted="#a3acbb",
    accent="#ffb454",
    on_accent="#1a1206",
    accent_soft="#3b2f1c",
    warning="#f0c75e",
    danger="#ff7a70",
    canvas="#0b0c0f",
    playhead="#ffffff",
    field="#101217",
)

LIGHT = Theme(
    name="light",
    window="#f3f4f6",
    surface="#ffffff",
    raised="#e9ebef",
    border="#ced3db",
    outline="#77808f",
    text="#1b1e25",
    muted="#4f5867",
    accent="#9a5a00",
    on_accent="#ffffff",
    accent_soft="#f6e6cd",
    warning="#7a5c00",
    danger="#b3261e",
    canvas="#0b0c0f",
    playhead="#ffffff",
    field="#ffffff",
)

THEMES: dict[str, Theme] = {"dark": DARK, "light": LIGHT}

_current: Theme = DARK
_STYLED = "melbrush_styled"


def current_theme() -> Theme:
    """The theme that was applied last; dark before any."""
    return _current


def mix(colour: str, other: str, share: float) -> str:
    """``colour`` with ``share`` (0..1) of ``other`` in it, #rrggbb."""
    pairs = zip(_rgb(colour), _rgb(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def contrast(one: str, other: str) -> float:
    """Contrast ratio 1..21 of two #rrggbb colours (WCAG 2.2)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in _rgb(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def shades(theme: Theme) -> dict[str, str]:
    """Colours that follow from those of ``theme``: states of controls, #rrggbb by name."""
    return {
        "hover": mix(theme.raised, theme.text, 0.08),
        "pressed": mix(theme.raised, theme.window, 0.5),
        "disabled": mix(theme.muted, theme.surface, 0.45),
        "stripe": mix(theme.surface, theme.raised, 0.4),
        "groove": mix(theme.border, theme.outline, 0.45),
        "scroll": mix(theme.border, theme.outline, 0.5),
        "selection": mix(theme.accent_soft, theme.accent, 0.3),
        "accent_hover": mix(theme.accent, theme.text, 0.18),
        "accent_pressed": mix(theme.accent, "#000000", 0.2),
    }


def style_sheet(theme: Theme) -> str:
    """Qt style sheet of the whole program in the colours of ``theme``."""
    return style.fill(theme, {**shades(theme), "radius": str(RADIUS)}, ASSETS / "style" / theme.name)


def palette(theme: Theme) -> QPalette:
    """Palette for what the style sheet does not reach: placeholders, links, item views that paint themselves."""
    roles = QPalette.ColorRole
    colours = {
        roles.Window: theme.window,
        roles.Base: theme.surface,
        roles.AlternateBase: theme.raised,
        roles.Button: theme.raised,
        roles.ToolTipBase: theme.raised,
        roles.Highlight: shades(theme)["selection"],
        roles.Accent: theme.accent,
        roles.Link: theme.accent,
        roles.LinkVisited: theme.accent,
        roles.PlaceholderText: theme.muted,
        roles.Mid: theme.border,
        roles.Dark: theme.border,
        roles.Light: theme.raised,
    }
    colours |= dict.fromkeys((roles.WindowText, roles.Text, roles.ButtonText, roles.ToolTipText, roles.HighlightedText), theme.text)
    result = QPalette()
    for role, colour in colours.items():
        result.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText, roles.HighlightedText):
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(shades(theme)["disabled"]))
    return result


def apply_theme(app: QApplication, theme: Theme) -> None:
    """Gives ``app`` the style, font, palette and style sheet of ``theme``; icons follow by themselves."""
    global _current
    _current = theme
    if app.property(_STYLED) is None:
        app.setStyle(QStyleFactory.create("Fusion"))
        app.setFont(interface_font())
        app.setProperty(_STYLED, True)
    app.setPalette(palette(theme))
    app.setStyleSheet(style_sheet(theme))


def interface_font() -> QFont:
    """The system's interface font at 10 pt (macOS counts 72 points to the inch and keeps its own size), with digits of one width."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    if sys.platform != "darwin":
        font.setPointSizeF(FONT_POINTS)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def theme_for(choice: str, app: QApplication) -> Theme:
    """The theme of a setting: ``dark``, ``light``, or what the platform prefers (dark where it does not say)."""
    if choice in THEMES:
        return THEMES[choice]
    return LIGHT if app.styleHints().colorScheme() == Qt.ColorScheme.Light else DARK
