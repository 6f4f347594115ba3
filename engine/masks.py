"""Masks over a mel picture: exact in bands and frames, immutable, small in memory because only the painted span of time is stored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.geometry import Geometry
from engine.types import Region

Weights = NDArray[np.float32]
_LEAST_WEIGHT = 1e-3


@dataclass(frozen=True, eq=False)
class Mask:
    """Weights 0..1 over a picture of ``bands`` x ``frames``; ``weights`` [bands, width] begins at frame ``first``, elsewhere all is 0."""

    bands: int
    frames: int
    first: int
    weights: Weights

    @classmethod
    def empty(cls, bands: int, frames: int) -> Mask:
        """Nothing is painted."""
        return cls(bands, frames, 0, np.zeros((bands, 0), np.float32))

    @classmethod
    def of(cls, weights: NDArray, frames: int | None = None, first: int = 0) -> Mask:
        """A mask of weights [bands, width] that stand at frame ``first`` of ``frames``; what reaches beyond the picture is cut off."""
        bands, width = weights.shape
        frames = width if frames is None else frames
        low, high = max(0, -first), max(0, min(width, frames - first))
        kept = np.clip(np.asarray(weights[:, low:high], np.float32), 0.0, 1.0)
        painted = np.flatnonzero(kept.any(axis=0)) if kept.size else np.zeros(0, int)
        if painted.size == 0:
            return cls.empty(bands, frames)
        left, right = int(painted[0]), int(painted[-1]) + 1
        return cls(bands, frames, first + low + left, np.ascontiguousarray(kept[:, left:right]))

    @property
    def last(self) -> int:
        """Frame behind the painted span."""
        return self.first + self.weights.shape[1]

    @property
    def is_empty(self) -> bool:
        """True if nothing is painted."""
        return self.weights.shape[1] == 0

    def window(self, first: int, last: int) -> Weights:
        """Weights [bands, last - first] of a span of frames, which may reach beyond the picture."""
        out = np.zeros((self.bands, last - first), np.float32)
        low, high = max(first, self.first), min(last, self.last)
        if low < high:
            out[:, low - first : high - first] = self.weights[:, low - self.first : high - self.first]
        return out

    def array(self) -> Weights:
        """Weights of the whole picture [bands, frames]."""
        return self.window(0, self.frames)

    def same_as(self, other: Mask) -> bool:
        """True if both masks paint the same."""
        return (self.bands, self.frames, self.first) == (other.bands, other.frames, other.first) and np.array_equal(
            self.weights, other.weights
        )

    def fitted(self, frames: int) -> Mask:
        """The same paint on a picture of another length; what lies beyond it is not painted."""
        return self if frames == self.frames else Mask.of(self.weights, frames, self.first)

    def united(self, other: Mask) -> Mask:
        """The larger weight of both."""
        if self.is_empty or other.is_empty:
            return other if self.is_empty else self
        first, last = min(self.first, other.first), max(self.last, other.last)
        return Mask.of(np.maximum(self.window(first, last), other.window(first, last)), self.frames, first)

    def without(self, other: Mask) -> Mask:
        """What is left after the other one was erased."""
        return Mask.of(np.minimum(self.weights, 1 - other.window(self.first, self.last)), self.frames, self.first)

    def inverted(self) -> Mask:
        """Painted where it was not."""
        return Mask.of(1 - self.array(), self.frames)

    def grown(self, bands: int, frames: int) -> Mask:
        """Every painted place spreads by so many bands and frames in each direction."""
        return self._filtered(bands, frames, "maximum_filter")

    def shrunk(self, bands: int, frames: int) -> Mask:
        """The edges draw back by so many bands and frames; the border of the picture is no edge."""
        return self._filtered(bands, frames, "minimum_filter")

    def feathered(self, bands: float, frames: float) -> Mask:
        """Edges become soft: a Gaussian of that standard deviation, as wide inside as outside; the border of the picture is no edge."""
        from scipy.ndimage import gaussian_filter

        if bands <= 0 and frames <= 0:
            return self
        if self.is_empty:
            return self
        margin = int(np.ceil(4 * frames)) + 1
        blurred = gaussian_filter(self._with_margin(margin), (bands, frames), mode="nearest", truncate=3.0)
        return Mask.of(np.where(blurred < _LEAST_WEIGHT, 0, blurred), self.frames, self.first - margin)

    def moved(self, bands: int, frames: int) -> Mask:
        """Shifted; what leaves the picture is lost."""
        shifted = np.zeros_like(self.weights)
        if abs(bands) < self.bands:
            source = self.weights[max(0, -bands) : self.bands - max(0, bands)]
            shifted[max(0, bands) : max(0, bands) + len(source)] = source
        return Mask.of(shifted, self.frames, self.first + frames)

    def between(self, first: int, last: int) -> Mask:
        """Only what is painted in the frames ``first`` to ``last``."""
        low, high = max(first, self.first), min(last, self.last)
        return Mask.of(self.window(low, max(low, high)), self.frames, low)

    def cells(self, geometry: Geometry) -> NDArray[np.bool_]:
        """Cells [rows, cols] that the paint touches: what the model draws again."""
        cols = geometry.frames_to_cols(self.frames)
        whole = self.window(0, cols * geometry.cell_frames) > 0
        return whole.reshape(geometry.rows, geometry.cell_bands, cols, geometry.cell_frames).any(axis=(1, 3))

    def spans(self) -> list[tuple[int, int]]:
        """Runs of painted frames as (first, behind the last)."""
        painted = np.concatenate([[False], (self.weights > 0).any(axis=0), [False]])
        edges = np.flatnonzero(painted[1:] != painted[:-1]) + self.first
        return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]

    def bounds(self, geometry: Geometry) -> Region | None:
        """Smallest region that holds the paint; None if there is none."""
        if self.is_empty:
            return None
        rows = np.flatnonzero(self.weights.any(axis=1))
        low = 0.0 if rows[0] == 0 else geometry.band_to_hz(rows[0] - 0.5)
        high = float("inf") if rows[-1] == self.bands - 1 else geometry.band_to_hz(rows[-1] + 0.5)
        return Region(self.first * geometry.frame_s, self.last * geometry.frame_s, low, high)

    def _filtered(self, bands: int, frames: int, name: str) -> Mask:
        from scipy import ndimage

        if self.is_empty or (bands == 0 and frames == 0):
            return self
        out = getattr(ndimage, name)(self._with_margin(frames), size=(2 * bands + 1, 2 * frames + 1), mode="nearest")
        return Mask.of(out, self.frames, self.first - frames)

    def _with_margin(self, frames: int) -> Weights:
        """The painted span with so many frames on either side; beyond its border the picture goes on as it ends."""
        window = self.window(self.first - frames, self.last + frames)
        if self.first - frames < 0:
            window[:, : frames - self.first] = window[:, [frames - self.first]]
        if self.last + frames > self.frames:
            surplus = self.last + frames - self.frames
            window[:, -surplus:] = window[:, [-surplus - 1]]
        return window
