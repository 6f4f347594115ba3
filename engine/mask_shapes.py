"""What tools paint: rectangles, brush strokes, lassos, harmonics, similar energy, whole cells; all as masks over a mel picture.

Positions are (frame, band), both fractional; the middle of the lowest band's first frame is (0.5, 0.5).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.geometry import Geometry
from engine.masks import Mask
from engine.types import EngineError, Region, Take

Point = tuple[float, float]
_SUPERSAMPLING = 4


def region_mask(region: Region, geometry: Geometry, frames: int) -> Mask:
    """A rectangle in seconds and Hz; frames and bands that are touched count whole, and at least one of each is."""
    start, end = (min(max(seconds / geometry.frame_s, -1), frames + 2) for seconds in (region.start_s, region.end_s))
    first = int(np.floor(start + 1e-6))
    last = max(first + 1, int(np.ceil(end - 1e-6)))
    centres = geometry.band_edges_hz()[1:-1]
    inside = (centres >= region.low_hz) & (centres <= region.high_hz)
    if not inside.any():
        inside[geometry.hz_to_band(np.sqrt(max(region.low_hz, 1.0) * min(region.high_hz, geometry.f_max_hz)))] = True
    weights = np.repeat(inside[:, None].astype(np.float32), last - first, axis=1)
    return Mask.of(weights, frames, first)


def stroke_mask(points: Sequence[Point], radius_frames: float, radius_bands: float, hardness: float, bands: int, frames: int) -> Mask:
    """A brush of elliptic shape drawn along a line; ``hardness`` 1 has a sharp edge, 0 falls off from the middle on."""
    places = _along(_near(points, radius_frames, frames), max(0.5, min(radius_frames, 4 * radius_bands) / 3))
    if len(places) == 0:
        return Mask.empty(bands, frames)
    first = int(np.floor(places[:, 0].min() - radius_frames)) - 1
    last = int(np.ceil(places[:, 0].max() + radius_frames)) + 1
    weights = np.zeros((bands, last - first), np.float32)
    for frame, band in places:
        left = max(0, int(np.floor(frame - radius_frames)) - first)
        right = min(last - first, int(np.ceil(frame + radius_frames)) - first + 1)
        x = (np.arange(left, right) + 0.5 + first - frame) / max(radius_frames, 1e-6)
        y = (np.arange(bands) + 0.5 - band) / max(radius_bands, 1e-6)
        distance = np.sqrt(x[None, :] ** 2 + y[:, None] ** 2)
        np.maximum(weights[:, left:right], _edge(distance, hardness), out=weights[:, left:right])
    return Mask.of(weights, frames, first)


def lasso_mask(points: Sequence[Point], bands: int, frames: int) -> Mask:
    """The inside of a closed line (even-odd); edges are weighted by how much of the place they cover."""
    corners = np.asarray(points, float).reshape(-1, 2)
    if len(corners) < 3:
        return Mask.empty(bands, frames)
    first = max(0, int(np.floor(corners[:, 0].min())))
    last = min(frames, int(np.ceil(corners[:, 0].max())) + 1)
    if last <= first:
        return Mask.empty(bands, frames)
    step = 1 / _SUPERSAMPLING
    xs = np.arange(first, last, step) + step / 2
    ys = np.arange(0, bands, step) + step / 2
    inside = np.zeros((ys.size, xs.size), bool)
    ends = np.roll(corners, -1, axis=0)
    for (x0, y0), (x1, y1) in zip(corners, ends, strict=True):
        crossed = np.flatnonzero((ys >= min(y0, y1)) & (ys < max(y0, y1)))
        if crossed.size:
            at = x0 + (ys[crossed] - y0) * (x1 - x0) / (y1 - y0)
            inside[crossed] ^= xs[None, :] >= at[:, None]
    covered = inside.reshape(bands, _SUPERSAMPLING, last - first, _SUPERSAMPLING).mean(axis=(1, 3))
    return Mask.of(covered.astype(np.float32), frames, first)


def harmonics_mask(
    points: Sequence[Point], radius_frames: float, radius_bands: float, hardness: float, geometry: Geometry, frames: int, count: int = 12
) -> Mask:
    """The line as a fundamental, and its overtones up to ``count`` times its frequency."""
    whole = Mask.empty(geometry.bands, frames)
    fundamentals = np.array([geometry.band_to_hz(band - 0.5) for _, band in points])
    for number in range(1, count + 1):
        overtones = [
            (frame, geometry.hz_to_position(number * hz))
            for (frame, _), hz in zip(points, fundamentals, strict=True)
            if number * hz < geometry.f_max_hz
        ]
        if overtones:
            whole = whole.united(stroke_mask(overtones, radius_frames, radius_bands, hardness, geometry.bands, frames))
    return whole


def wand_mask(log_mel: NDArray[np.float32], frame: int, band: int, tolerance_db: float, reach_frames: int = 2000) -> Mask:
    """What hangs together with a place and is at most ``tolerance_db`` quieter or louder than it."""
    from scipy.ndimage import label

    frames = log_mel.shape[1]
    first, last = max(0, frame - reach_frames), min(frames, frame + reach_frames)
    part = log_mel[:, first:last]
    similar = np.abs(part - part[band, frame - first]) <= tolerance_db
    parts, _ = label(similar)
    return Mask.of((parts == parts[band, frame - first]).astype(np.float32), frames, first)


def cells_mask(cells: NDArray[np.bool_], frames: int, geometry: Geometry) -> Mask:
    """Paint over whole cells [rows, cols]."""
    painted = cells.repeat(geometry.cell_bands, axis=0).repeat(geometry.cell_frames, axis=1)
    return Mask.of(painted[:, :frames].astype(np.float32), frames)


def weak_cells(take: Take, share: float) -> NDArray[np.bool_]:
    """The given share 0..1 of cells [rows, cols] in which the model had least confidence, at least one.

    Cells that were known from the start count as certain. Raises EngineError("value") for a sound that was not drawn here.
    """
    if take.history is None or take.history.steps == 0:
        raise EngineError("value", "Only sounds that were drawn here have weak spots to repair.")
    confidence = take.history.confidence[-1]
    count = min(confidence.size, max(1, round(share * confidence.size)))
    weak = np.zeros(confidence.size, bool)
    weak[np.argsort(confidence, axis=None, kind="stable")[:count]] = True
    return weak.reshape(confidence.shape)


def weak_mask(take: Take, share: float = 0.15) -> Mask:
    """Paint over the weak cells of a take: what a Fill shall repair. Raises EngineError("value") as ``weak_cells`` does."""
    return cells_mask(weak_cells(take, share), take.spectrogram.log_mel.shape[1], take.spectrogram.geometry)


def _near(points: Sequence[Point], radius_frames: float, frames: int) -> Sequence[Point]:
    """The points with times that lie at most a little more than a radius outside of the picture: what is further away paints nothing."""
    low, high = -radius_frames - 2, frames + radius_frames + 2
    return [(min(max(frame, low), high), band) for frame, band in points]


def _along(points: Sequence[Point], spacing: float) -> NDArray[np.float64]:
    """Places on the line through the points, at most ``spacing`` frames (or a quarter of it in bands) apart."""
    corners = np.asarray(points, float).reshape(-1, 2)
    places = [corners[:1]]
    for start, end in itertools.pairwise(corners):
        steps = max(1, int(np.ceil(max(abs(end[0] - start[0]), 4 * abs(end[1] - start[1])) / spacing)))
        places.append(start + (end - start) * (np.arange(1, steps + 1) / steps)[:, None])
    return np.concatenate(places)


def _edge(distance: NDArray[np.float64], hardness: float) -> NDArray[np.float32]:
    """Weight 0..1 at a distance in radii."""
    if hardness >= 1:
        return (distance <= 1).astype(np.float32)
    fall = np.clip((1 - distance) / (1 - hardness), 0, 1)
    return (fall * fall * (3 - 2 * fall)).astype(np.float32)
