"""Draws the pictures that follow from others; to be run after a change of colours, line icons or assets/melbrush.svg."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from PySide6.QtCore import QRectF, Qt  # noqa: E402
from PySide6.QtGui import QImage, QPainter  # noqa: E402
from PySide6.QtSvg import QSvgRenderer  # noqa: E402

from gui.icons import tinted  # noqa: E402
from gui.theme import ASSETS, THEMES, Theme, shades  # noqa: E402

SIDE = 256
HEAD = '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}">'


def main() -> None:
    """Writes assets/melbrush.png and the small pictures of the style sheet."""
    draw(ASSETS / "melbrush.svg", ASSETS / "melbrush.png", SIDE)
    for theme in THEMES.values():
        folder = ASSETS / "style" / theme.name
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in style_pictures(theme).items():
            (folder / f"{name}.svg").write_text(text, encoding="utf-8", newline="\n")


def draw(source: Path, target: Path, side: int) -> None:
    """Renders an SVG file to a PNG file of ``side`` x ``side`` pixels."""
    picture = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    QSvgRenderer(str(source)).render(painter, QRectF(0, 0, side, side))
    painter.end()
    picture.save(str(target))


def style_pictures(theme: Theme) -> dict[str, str]:
    """SVG texts by file name: marks, arrows and switch knobs in the colours of ``theme``."""
    disabled = shades(theme)["disabled"]
    lines = {
        "check": ("check", theme.on_accent),
        "check-disabled": ("check", disabled),
        "dash": ("remove", theme.on_accent),
        "chevron-down": ("chevron-down", theme.muted),
        "chevron-down-disabled": ("chevron-down", disabled),
        "chevron-up": ("chevron-up", theme.muted),
        "chevron-up-disabled": ("chevron-up", disabled),
        "chevron-right": ("chevron-right", theme.muted),
        "close": ("close", theme.muted),
    }
    pictures = {name: heavier(bytes(tinted(drawing, colour).data()).decode()) for name, (drawing, colour) in lines.items()}
    pictures["dot"] = circle(16, 16, 8, 3.5, theme.on_accent)
    pictures["knob-off"] = circle(34, 18, 9, 6, theme.muted)
    pictures["knob-on"] = circle(34, 18, 25, 6, theme.on_accent)
    pictures["knob-off-disabled"] = circle(34, 18, 9, 6, disabled)
    pictures["knob-on-disabled"] = circle(34, 18, 25, 6, disabled)
    return pictures


def heavier(text: str) -> str:
    """Thicker lines: these drawings are shown at half of their size."""
    return text.replace('stroke-width="1.75"', 'stroke-width="3"')


def circle(width: int, height: int, x: float, radius: float, colour: str) -> str:
    """A filled circle at half height."""
    return HEAD.format(width, height) + f'<circle cx="{x}" cy="{height / 2:g}" r="{radius:g}" fill="{colour}"/></svg>\n'


if __name__ == "__main__":
    main()
