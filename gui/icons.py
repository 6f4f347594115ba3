"""Icons: line drawings on a 24-pixel grid, drawn in the colours of the current theme at the moment they are painted."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from gui.theme import ASSETS, current_theme, mix

FOLDER = ASSETS / "icons"
PLACEHOLDER = "currentColor"

# Qt takes a clone without keeping its Python half alive, so it would be collected under Qt's hands. Only changed icons are cloned: few.
_clones: list[QIconEngine] = []


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """Names of all icons, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.svg")))


def icon(name: str, colour: str = "text") -> QIcon:
    """The icon ``name`` in the theme's colour field ``colour`` (``on_accent`` for primary buttons); KeyError for unknown names."""
    if name not in names():
        raise KeyError(name)
    return QIcon(_shared_icon(name, colour))


@lru_cache(maxsize=256)
def _shared_icon(name: str, colour: str) -> QIcon:
    return QIcon(_LineIcon(FOLDER / f"{name}.svg", colour))


def tinted(name: str, colour: str) -> QByteArray:
    """SVG text of the icon ``name`` in ``colour`` (#rrggbb); KeyError for unknown names."""
    if name not in names():
        raise KeyError(name)
    return QByteArray(_source(FOLDER / f"{name}.svg").replace(PLACEHOLDER, colour).encode())


@lru_cache(maxsize=256)
def _source(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@lru_cache(maxsize=512)
def _renderer(path: Path, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_source(path).replace(PLACEHOLDER, colour).encode()))


class _LineIcon(QIconEngine):
    """Draws an SVG at the size and pixel ratio that the painter has, so nothing is ever scaled as a picture."""

    def __init__(self, path: Path, colour: str) -> None:
        super().__init__()
        self._path = path
        self._colour = colour

    def _tint(self, mode: QIcon.Mode) -> str:
        theme = current_theme()
        colour = getattr(theme, self._colour)
        return mix(colour, theme.surface, 0.62) if mode == QIcon.Mode.Disabled else colour

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Draws into the largest square in the middle of ``rect``."""
        side = min(rect.width(), rect.height())
        square = QRectF(rect.x() + (rect.width() - side) / 2, rect.y() + (rect.height() - side) / 2, side, side)
        _renderer(self._path, self._tint(mode)).render(painter, square)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """A transparent picture of ``size`` device pixels."""
        picture = QPixmap(size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return picture

    def clone(self) -> QIconEngine:
        """A second engine with the same drawing; Qt asks for it when an icon is changed."""
        copy = _LineIcon(self._path, self._colour)
        _clones.append(copy)
        return copy
