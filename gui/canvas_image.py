"""The mel picture as an image of exactly the pixels that are visible: interpolated in dB, then coloured."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from gui.canvas_view import CanvasView

_LOWEST_DB = -200.0
_HIGHEST_DB = 200.0
_EMPTY_DB = -120.0
_STRIP_PIXELS = 2**14
"""So few that what is computed of them fits into memory that is at hand: asking the system for more takes longer than the arithmetic."""

LONG_CELLS = 2**19
"""Pictures with more cells than this take longer than a frame to prepare: ten minutes have eight times as many, a minute has fewer."""


class MelImage:
    """A picture float32 [rows, frames] in dB with coarser versions of it for long pictures.

    Each coarser version halves the frames by the mean of their power, so that a level seen from afar is the level that is there. Short
    pictures make them when first needed. Until ``sharpen`` brings those of a long one, single frames stand for their neighbours. Values
    that are not numbers count as silence.
    """

    def __init__(self, log_mel: NDArray[np.float32]) -> None:
        self.source = np.asarray(log_mel, np.float32)
        self._levels: list[NDArray[np.float32]] = []

    @property
    def rows(self) -> int:
        """Mel bands of the picture."""
        return self.source.shape[0]

    @property
    def frames(self) -> int:
        """Frames of the picture."""
        return self.source.shape[1]

    @property
    def is_empty(self) -> bool:
        """True if there is nothing to draw."""
        return self.source.size == 0

    @property
    def is_coarse(self) -> bool:
        """True while a long picture waits for ``sharpen``."""
        return not self._levels and self.source.size > LONG_CELLS

    @property
    def finest(self) -> NDArray[np.float32]:
        """All frames, float32 [rows, frames]; values that are not numbers are only gone once the picture is not coarse."""
        return self.source if self.is_coarse else self._made()[0]

    def level_db(self, frame: float, band: float, bands: int) -> float | None:
        """Value in dB of the cell at a position, None outside the picture; ``bands`` is the height of the picture in mel bands."""
        row, column = int(band * self.rows / bands), int(frame)
        if not (0 <= column < self.frames and 0 <= row < self.rows):
            return None
        return float(_tidied(self.source[row, column]))

    def sharpen(self, levels: list[NDArray[np.float32]]) -> None:
        """What ``halvings`` made of ``source``."""
        self._levels = levels

    def columns(self, step: int, rows: slice, indices: NDArray[np.intp]) -> NDArray[np.float32]:
        """Some columns of the picture with ``2 ** step`` frames in each, float32 [rows, indices]."""
        if self.is_coarse:
            return _tidied(self.source[rows, indices << step])
        return self._made()[step][rows, indices]

    def step_for(self, frames_per_pixel: float) -> int:
        """The coarsest version that still has a column for each pixel."""
        return min(max(0, int(math.log2(max(frames_per_pixel, 1.0)))), _last_step(self.frames))

    def _made(self) -> list[NDArray[np.float32]]:
        if not self._levels:
            self._levels = halvings(self.source)
        return self._levels


def halvings(log_mel: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """The picture [rows, frames] in dB without values that are not numbers, then with two, four, eight ... frames in one column.

    A column is the mean power of its frames; an odd last frame stays alone.
    """
    levels = [_tidied(log_mel)]
    power = np.exp(levels[0] * np.float32(math.log(10) / 10))
    for _ in range(_last_step(log_mel.shape[1])):
        even = power.shape[1] // 2 * 2
        mean = (power[:, :even:2] + power[:, 1:even:2]) * np.float32(0.5)
        power = np.concatenate([mean, power[:, even:]], axis=1) if even < power.shape[1] else mean
        levels.append(np.log(power) * np.float32(10 / math.log(10)))
    return levels


def _last_step(frames: int) -> int:
    """How often a picture can be halved."""
    return max(0, math.frexp(max(frames, 1))[1] - 1)


def _tidied(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Without values that are not numbers or beyond all levels; the same array if there are none."""
    # A value that is not a number makes the comparison false.
    if picture.size == 0 or (picture.min() >= _LOWEST_DB and picture.max() <= _HIGHEST_DB):
        return picture
    return np.clip(np.nan_to_num(picture, nan=_EMPTY_DB, posinf=_HIGHEST_DB, neginf=_LOWEST_DB), _LOWEST_DB, _HIGHEST_DB)


def render(
    mel: MelImage, view: CanvasView, size: tuple[float, float], ratio: float, levels_db: tuple[float, float], table: NDArray[np.uint32]
) -> QImage:
    """The visible part for a widget of ``size`` (width, height) logical pixels at device pixel ratio ``ratio``.

    ``levels_db`` (floor, top) are the levels of the first and last of the 256 colours in ``table``.
    """
    width, height = math.ceil(size[0] * ratio), math.ceil(size[1] * ratio)
    frames = view.frame_at((np.arange(width) + 0.5) / ratio, size[0])
    bands = view.band_at((np.arange(height) + 0.5) / ratio, size[1])
    positions = bands * (mel.rows / view.geometry.bands)
    spacing = abs(positions[-1] - positions[0]) / max(height - 1, 1)
    centres = np.clip(positions - 0.5, 0, mel.rows - 1)
    rows = _needed_rows(centres, spacing, mel.rows)
    columns = _columns(mel, frames, rows)
    floor_db, top_db = levels_db
    columns -= floor_db
    columns *= 255.0 / max(top_db - floor_db, 1e-6)
    np.clip(columns, 0.0, 255.0, out=columns)
    # A mean: rounding by half a step survives it, and no value leaves 0..255.
    columns += 0.5
    return _coloured(columns, centres - rows.start, spacing, table, ratio)


def _columns(mel: MelImage, frames: NDArray[np.float64], rows: slice) -> NDArray[np.float32]:
    """The picture at frame positions, interpolated between the centres of frames; float32 [rows, positions]."""
    step = mel.step_for((frames[-1] - frames[0]) / max(len(frames) - 1, 1))
    position = frames / 2**step - 0.5
    whole = np.floor(position)
    last = -(-mel.frames // 2**step) - 1
    left = np.clip(whole, 0, last).astype(np.intp)
    right = np.clip(whole + 1, 0, last).astype(np.intp)
    columns = mel.columns(step, rows, left)
    # Single frames that stand for many are not neighbours: nothing lies between them.
    if step == 0 or not mel.is_coarse:
        columns += (mel.columns(step, rows, right) - columns) * (position - whole).astype(np.float32)
    columns[:, (frames < 0) | (frames > mel.frames)] = _EMPTY_DB
    # Taken column by column it lies so in memory, and from here on it is read row by row.
    return np.ascontiguousarray(columns)


def _needed_rows(centres: NDArray[np.float64], spacing: float, rows: int) -> slice:
    """The rows that are seen at positions counted between row centres, ``spacing`` rows apart."""
    reach = max(1.0, spacing)
    return slice(max(0, math.floor(centres.min() - reach) + 1), min(rows, math.ceil(centres.max() + reach)))


def _between_rows(
    columns: NDArray[np.float32], slopes: NDArray[np.float32], centres: NDArray[np.float64], spacing: float
) -> NDArray[np.float32]:
    """The picture [rows, columns] at positions between row centres; each is a mean of its neighbours, of more if rows outnumber pixels.

    ``slopes`` [rows, columns] is what each row lacks to the next one.
    """
    if spacing <= 1.0:
        # No product of matrices: that library would share the work with a thread of its own and wait for it, also on a busy computer.
        below = centres.astype(np.intp)
        pixels = slopes[below]
        pixels *= (centres - below)[:, None].astype(np.float32)
        pixels += columns[below]
        return pixels
    distance = np.abs(centres[:, None] - np.arange(len(columns)))
    weights = np.maximum(0.0, 1.0 - distance / spacing)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32) @ columns


def _coloured(
    columns: NDArray[np.float32], centres: NDArray[np.float64], spacing: float, table: NDArray[np.uint32], ratio: float
) -> QImage:
    """An image that owns its pixels: one column for each of ``columns``, one row for each of ``centres``."""
    height, width = len(centres), columns.shape[1]
    # One byte for each pixel while it is computed; Qt looks the colours up faster.
    image = QImage(width, height, QImage.Format.Format_Indexed8)
    image.setColorTable(table.tolist())
    pixels = np.frombuffer(image.bits(), np.uint8).reshape(height, image.bytesPerLine())[:, :width]
    slopes = np.diff(columns, axis=0, append=columns[-1:])
    strip = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, strip):
        pixels[top : top + strip] = _between_rows(columns, slopes, centres[top : top + strip], spacing)
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    return image
