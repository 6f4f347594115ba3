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


class MelImage:
    """A picture float32 [rows, frames] in dB with coarser versions of it for long pictures.

    Each coarser version halves the frames by the mean of their power, so that a level seen from afar is the level that is there. They are
    made when first needed. Values that are not numbers count as silence.
    """

    def __init__(self, log_mel: NDArray[np.float32]) -> None:
        picture = np.asarray(log_mel, np.float32)
        if not np.isfinite(picture).all():
            picture = np.nan_to_num(picture, nan=_EMPTY_DB, posinf=_HIGHEST_DB, neginf=_LOWEST_DB)
        self._levels = [np.clip(picture, _LOWEST_DB, _HIGHEST_DB)]

    @property
    def rows(self) -> int:
        """Mel bands of the picture."""
        return self._levels[0].shape[0]

    @property
    def frames(self) -> int:
        """Frames of the picture."""
        return self._levels[0].shape[1]

    @property
    def is_empty(self) -> bool:
        """True if there is nothing to draw."""
        return self._levels[0].size == 0

    def level_db(self, frame: float, band: float, bands: int) -> float | None:
        """Value in dB of the cell at a position, None outside the picture; ``bands`` is the height of the picture in mel bands."""
        row, column = int(band * self.rows / bands), int(frame)
        if not (0 <= column < self.frames and 0 <= row < self.rows):
            return None
        return float(self._levels[0][row, column])

    def level(self, step: int) -> NDArray[np.float32]:
        """The picture with ``2 ** step`` frames in one column, float32 [rows, columns]."""
        while len(self._levels) <= step:
            self._levels.append(_halved(self._levels[-1]))
        return self._levels[step]

    def step_for(self, frames_per_pixel: float) -> int:
        """The coarsest version that still has a column for each pixel."""
        longest = max(0, math.frexp(max(self.frames, 1))[1] - 1)
        return min(max(0, int(math.log2(max(frames_per_pixel, 1.0)))), longest)


def render(
    mel: MelImage, view: CanvasView, size: tuple[float, float], ratio: float, levels_db: tuple[float, float], table: NDArray[np.uint32]
) -> QImage:
    """The visible part for a widget of ``size`` (width, height) logical pixels at device pixel ratio ``ratio``.

    ``levels_db`` (floor, top) are the levels of the first and last of the 256 colours in ``table``.
    """
    width, height = math.ceil(size[0] * ratio), math.ceil(size[1] * ratio)
    frames = view.frame_at((np.arange(width) + 0.5) / ratio, size[0])
    bands = view.band_at((np.arange(height) + 0.5) / ratio, size[1])
    first, weights = _row_weights(bands * (mel.rows / view.geometry.bands), mel.rows)
    columns = _columns(mel, frames, slice(first, first + weights.shape[1]))
    floor_db, top_db = levels_db
    columns -= floor_db
    columns *= 255.0 / max(top_db - floor_db, 1e-6)
    np.clip(columns, 0.0, 255.0, out=columns)
    # Weights add up to 1: rounding by half a step survives the product, and no value leaves 0..255.
    indices = (weights @ (columns + 0.5)).astype(np.uint8)
    return _coloured(indices, table, ratio)


def _halved(level: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean power of neighbouring frames, in dB; an odd last frame stays alone."""
    even = level.shape[1] // 2 * 2
    power = np.exp(level[:, :even] * np.float32(math.log(10) / 10))
    mean = (power[:, 0::2] + power[:, 1::2]) * np.float32(0.5)
    halved = np.log(np.maximum(mean, np.float32(1e-20))) * np.float32(10 / math.log(10))
    return np.concatenate([halved, level[:, even:]], axis=1)


def _columns(mel: MelImage, frames: NDArray[np.float64], rows: slice) -> NDArray[np.float32]:
    """The picture at frame positions, interpolated between the centres of frames; float32 [rows, positions]."""
    step = mel.step_for((frames[-1] - frames[0]) / max(len(frames) - 1, 1))
    level = mel.level(step)[rows]
    position = frames / 2**step - 0.5
    whole = np.floor(position)
    last = level.shape[1] - 1
    left = np.clip(whole, 0, last).astype(np.intp)
    right = np.clip(whole + 1, 0, last).astype(np.intp)
    columns = np.take(level, left, axis=1)
    columns += (np.take(level, right, axis=1) - columns) * (position - whole).astype(np.float32)
    columns[:, (frames < 0) | (frames > mel.frames)] = _EMPTY_DB
    return columns


def _row_weights(positions: NDArray[np.float64], rows: int) -> tuple[int, NDArray[np.float32]]:
    """First row needed and weights float32 [positions, rows needed]: triangles between row centres, wider where rows outnumber pixels."""
    spacing = abs(positions[-1] - positions[0]) / max(len(positions) - 1, 1)
    reach = max(1.0, spacing)
    centres = np.clip(positions - 0.5, 0, rows - 1)
    first = max(0, math.floor(centres.min() - reach) + 1)
    last = min(rows - 1, math.ceil(centres.max() + reach) - 1)
    distance = np.abs(centres[:, None] - np.arange(first, last + 1)[None, :])
    weights = np.maximum(0.0, 1.0 - distance / reach)
    return first, (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def _coloured(indices: NDArray[np.uint8], table: NDArray[np.uint32], ratio: float) -> QImage:
    """An image of colours; it owns its pixels."""
    height, width = indices.shape
    image = QImage(width, height, QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.bits(), np.uint32).reshape(height, width)
    np.take(table, indices, out=pixels, mode="clip")
    image.setDevicePixelRatio(ratio)
    return image
