"""Small pictures of spectrograms: short sounds stay bright and short dropouts stay dark at any size."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from engine.session.document import TakeEntry
from engine.types import Spectrogram, Take
from gui.background import Background
from gui.colour_maps import colour_table

FLOOR_DB = -80.0
CEILING_DB = 20.0
RANGE_DB = 70.0
"""Depth of the picture below the loudest cells of the take; a quiet take is as readable as a loud one."""

QUIETEST_TOP_DB = FLOOR_DB + RANGE_DB
"""The top of the colours never goes below this, so silence stays dark."""

LONG_CELLS = 2**17
"""Spectrograms with more cells than this take too long to be looked at while a list of them is painted: ten seconds have half as many."""

DROPOUT_DB = 20.0
"""A moment this much quieter than both sides of it is drawn although louder ones share its pixel."""


def thumbnail(spectrogram: Spectrogram, width: int, height: int, device_pixel_ratio: float = 1.0) -> QImage:
    """Picture of ``width`` x ``height`` logical pixels, low frequencies at the bottom; NaN, constant and empty spectrograms are fine."""
    columns, rows = max(1, round(width * device_pixel_ratio)), max(1, round(height * device_pixel_ratio))
    levels = finite_db(spectrogram.log_mel)
    image = _to_image(_to_colours(shrink(levels, rows, columns)) if levels.size else np.zeros((rows, columns), np.uint8))
    image.setDevicePixelRatio(device_pixel_ratio)
    return image


def _rough(spectrogram: Spectrogram, columns: int) -> Spectrogram:
    """About one frame for each of ``columns``, so that the length of the take does not matter."""
    step = max(1, spectrogram.log_mel.shape[1] // max(1, columns))
    return Spectrogram(spectrogram.log_mel[:, ::step], spectrogram.geometry)


def finite_db(log_mel: NDArray) -> NDArray[np.float32]:
    """The spectrogram between floor and ceiling in dB; NaN is silence."""
    levels = np.nan_to_num(np.asarray(log_mel, np.float32), nan=FLOOR_DB, posinf=CEILING_DB, neginf=FLOOR_DB)
    return np.clip(levels, FLOOR_DB, CEILING_DB)


def shrink(levels: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    """``levels`` [bands, frames] at [rows, columns]: the loudest cell of each pixel, or the quietest moment where there is a dropout."""
    loudest = _reduce(_reduce(levels, columns, 1, np.maximum), rows, 0, np.maximum)
    if columns >= levels.shape[1]:
        return loudest
    frame_db = levels.mean(axis=0, keepdims=True)
    low, high = _reduce(frame_db, columns, 1, np.minimum)[0], _reduce(frame_db, columns, 1, np.maximum)[0]
    around = np.pad(high, 1, mode="edge")
    dropout = low + DROPOUT_DB < np.minimum(np.minimum(around[:-2], around[2:]), high)
    if dropout.any():
        quietest = _reduce(_reduce(levels, columns, 1, np.minimum), rows, 0, np.maximum)
        loudest[:, dropout] = quietest[:, dropout]
    return loudest


def _reduce(values: NDArray[np.float32], size: int, axis: int, function: np.ufunc) -> NDArray[np.float32]:
    """Blocks along ``axis`` become one value each; where ``size`` is larger than the axis, values repeat."""
    length = values.shape[axis]
    edges = np.arange(size + 1) * length // size
    if size >= length:
        return np.take(values, np.minimum(edges[:-1], length - 1), axis)
    return function.reduceat(values, edges[:-1], axis)


def _to_colours(levels: NDArray[np.float32]) -> NDArray[np.uint8]:
    """dB -> 0..255, first row on top."""
    top = max(float(levels.max()), QUIETEST_TOP_DB)
    scaled = (levels[::-1] - (top - RANGE_DB)) * (255.0 / RANGE_DB)
    return np.clip(scaled, 0.0, 255.0).astype(np.uint8)


def _to_image(colours: NDArray[np.uint8]) -> QImage:
    """A true-colour picture with the inferno colours: painting it needs no conversion, so it stays quick while all cores are busy."""
    rows, columns = colours.shape
    pixels = colour_table("inferno")[colours]
    return QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32).copy()


class ThumbnailCache(QObject):
    """Each take is drawn once per size; the ones that were not looked at for longest go first.

    Of a long take there is a rough picture first; ``drawn`` tells that the right one has taken its place.
    """

    drawn = Signal()

    def __init__(self, most: int = 300) -> None:
        super().__init__()
        self._pictures: OrderedDict[str, tuple[Take, tuple[int, int, float], QImage]] = OrderedDict()
        self._most = most
        self._background = Background(self)

    def picture(self, entry: TakeEntry, width: int, height: int, device_pixel_ratio: float) -> QImage:
        """The thumbnail of a take, drawn now if it is not there yet."""
        size = (width, height, device_pixel_ratio)
        known = self._pictures.get(entry.id)
        if known is None or known[0] is not entry.take or known[1] != size:
            known = (entry.take, size, self._begun(entry, *size))
            self._pictures[entry.id] = known
        self._pictures.move_to_end(entry.id)
        if len(self._pictures) > self._most:
            self._forget(next(iter(self._pictures)))
        return known[2]

    def keep_only(self, ids: set[str]) -> None:
        """Forgets takes that are gone."""
        for take_id in [take_id for take_id in self._pictures if take_id not in ids]:
            self._forget(take_id)

    def _begun(self, entry: TakeEntry, width: int, height: int, device_pixel_ratio: float) -> QImage:
        """The thumbnail of a short take; of a long one that of some of its frames, while a thread draws the right one."""
        spectrogram, size = entry.take.spectrogram, (width, height, device_pixel_ratio)
        if spectrogram.log_mel.size <= LONG_CELLS:
            self._background.drop(entry.id)
            return thumbnail(spectrogram, *size)
        self._background.compute(entry.id, partial(thumbnail, spectrogram, *size), partial(self._replace, entry.id))
        return thumbnail(_rough(spectrogram, round(width * device_pixel_ratio)), *size)

    def _replace(self, take_id: str, picture: QImage) -> None:
        self._pictures[take_id] = (*self._pictures[take_id][:2], picture)
        self.drawn.emit()

    def _forget(self, take_id: str) -> None:
        self._background.drop(take_id)
        del self._pictures[take_id]
