"""The colour maps that are offered: even in lightness for every viewer, except the one for differences."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyqtgraph
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

DEFAULT_MAP = "inferno"

DIFFERENCE_MAP = "difference"

# Name in settings -> (name in pyqtgraph, reversed).
_SOURCES: dict[str, tuple[str, bool]] = {
    "inferno": ("inferno", False),
    "cividis": ("cividis", False),
    "viridis": ("viridis", False),
    "magma": ("magma", False),
    "grey": ("CET-L1", False),
    "grey-inverse": ("CET-L1", True),
    "difference": ("CET-D1A", False),
}

COLOUR_MAPS: tuple[str, ...] = tuple(_SOURCES)
"""Names as stored in settings, in the order in which they are offered."""


def colour_map_labels() -> dict[str, str]:
    """Names for people of all colour maps, in the order in which they are offered."""
    translate = QCoreApplication.translate
    return {
        "inferno": translate("ColourMaps", "Inferno"),
        "cividis": translate("ColourMaps", "Cividis (colour-blind friendly)"),
        "viridis": translate("ColourMaps", "Viridis"),
        "magma": translate("ColourMaps", "Magma"),
        "grey": translate("ColourMaps", "Grey, loud is white"),
        "grey-inverse": translate("ColourMaps", "Grey, loud is black"),
        "difference": translate("ColourMaps", "Blue to red (differences)"),
    }


@lru_cache(maxsize=len(_SOURCES))
def colours(name: str) -> NDArray[np.uint8]:
    """Red, green and blue of 256 steps from quiet to loud, uint8 [256, 3]; unknown names get the default map."""
    source, reverse = _SOURCES.get(name, _SOURCES[DEFAULT_MAP])
    table = pyqtgraph.colormap.get(source).getLookupTable(nPts=256, alpha=False).astype(np.uint8)
    table = np.ascontiguousarray(table[::-1] if reverse else table)
    table.flags.writeable = False
    return table


@lru_cache(maxsize=len(_SOURCES))
def colour_table(name: str) -> NDArray[np.uint32]:
    """The same 256 colours as 0xffRRGGBB, uint32 [256], as 32-bit images hold them."""
    red, green, blue = colours(name).astype(np.uint32).T
    table = np.uint32(0xFF000000) | red << np.uint32(16) | green << np.uint32(8) | blue
    table.flags.writeable = False
    return table
