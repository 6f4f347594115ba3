"""Plans edits: which cells of which part of a sound are drawn again, and where the result may differ from the source.

Pure bookkeeping on numpy arrays; the networks are called by ``engine.pipeline``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.geometry import Geometry
from engine.masks import Mask
from engine.sampling.schedules import SCHEDULES
from engine.types import HIDDEN, Clip, EngineError, SamplingSettings, Take, TokenGrid

_SEAM_FRAMES = 3
"""An extension blends over this many frames (35 ms) of the source, so that the sound does not dip at the joint."""

_CUTOFF_DROP_DB = 25.0
_CUTOFF_FLOOR_DB = -68.0


@dataclass(frozen=True, eq=False)
class Plan:
    """An edit: the sound it starts from, where it may change, the cells to draw, and the columns that the model looks at.

    ``picture`` [bands, frames] in dB and ``ids`` [rows, cols] describe the whole of ``clip``; ``hidden`` bool [rows, cols] is inside the
    columns ``first_col``..``last_col``.
    """

    clip: Clip
    picture: NDArray[np.float32]
    ids: NDArray[np.int32]
    mask: Mask
    hidden: NDArray[np.bool_]
    first_col: int
    last_col: int

    @property
    def start(self) -> TokenGrid:
        """The part that the model looks at, hidden where it shall draw."""
        part = slice(self.first_col, self.last_col)
        return TokenGrid(np.where(self.hidden[:, part], HIDDEN, self.ids[:, part]).astype(np.int32))


def plan(
    clip: Clip, picture: NDArray[np.float32], ids: NDArray[np.int32], mask: Mask, hidden: NDArray[np.bool_], geometry: Geometry
) -> Plan:
    """Chooses the columns: all that are hidden, with as much around them as the model was trained to see. Raises EngineError("value")."""
    cols = np.flatnonzero(hidden.any(axis=0))
    if cols.size == 0:
        raise EngineError("value", "Nothing is painted: mark what shall be drawn again.")
    first, last = int(cols[0]), int(cols[-1]) + 1
    spare = max(geometry.cols - (last - first), geometry.cols // 2)
    first_col = max(0, min(first - spare // 2, ids.shape[1] - (last - first) - spare))
    last_col = min(ids.shape[1], max(last + spare - spare // 2, first_col + (last - first) + spare))
    return Plan(clip, picture, ids, mask, hidden, first_col, last_col)


def thinned(hidden: NDArray[np.bool_], strength: float, seed: int) -> NDArray[np.bool_]:
    """A random share ``strength`` of the hidden cells, at least one. Raises EngineError("value") outside 0..1."""
    if not 0 < strength <= 1:
        raise EngineError("value", f"The strength must lie between 0 and 1, not {strength:g}.")
    places = np.flatnonzero(hidden)
    count = max(1, round(strength * places.size)) if places.size else 0
    out = np.zeros(hidden.size, bool)
    out[np.random.default_rng([seed, 77]).permutation(places)[:count]] = True
    return out.reshape(hidden.shape)


def settings_for(settings: SamplingSettings, hidden: int, cells: int) -> SamplingSettings:
    """Fewer iterations for fewer cells: as many as the schedule spends on the last ``hidden`` of ``cells`` cells, but at least half.

    With that many cells known the model stands where a whole run stands near its end, so the steps before would change nothing.
    """
    share = min(1.0, hidden / cells)
    schedule = SCHEDULES[settings.schedule]
    done = next((step for step in range(settings.steps, 0, -1) if schedule(step / settings.steps) >= share), 0)
    return replace(settings, steps=max(-(-settings.steps // 2), settings.steps - done))


def weak_cells(take: Take, share: float) -> NDArray[np.bool_]:
    """The given share of cells [rows, cols] in which the model had least confidence. Raises EngineError("value") without a history."""
    if take.history is None:
        raise EngineError("value", "Only sounds that were drawn here have weak spots to repair.")
    confidence = take.history.confidence[-1]
    count = max(1, round(share * confidence.size))
    weak = np.zeros(confidence.size, bool)
    weak[np.argsort(confidence, axis=None, kind="stable")[:count]] = True
    return weak.reshape(confidence.shape)


def cells_mask(cells: NDArray[np.bool_], frames: int, geometry: Geometry) -> Mask:
    """Paint over whole cells."""
    painted = cells.repeat(geometry.cell_bands, axis=0).repeat(geometry.cell_frames, axis=1)
    return Mask.of(painted[:, :frames].astype(np.float32), frames)


def padded(clip: Clip, before_s: float, after_s: float, geometry: Geometry) -> tuple[Clip, int]:
    """The sound with silence around it, and the frames put in front: whole cells, so that the source's tokens keep their places."""
    cols = -(-round(before_s * geometry.sample_rate) // geometry.cols_to_samples(1))
    samples = [round(s * clip.sample_rate) for s in (geometry.cols_to_samples(cols) / geometry.sample_rate, after_s)]
    wide = np.pad(clip.samples, ((0, 0), (samples[0], samples[1])))
    return Clip(wide.astype(np.float32), clip.sample_rate), cols * geometry.cell_frames


def extension_mask(bands: int, frames: int, first: int, last: int) -> Mask:
    """Everything but the frames ``first``..``last`` of the source, whose ends are blended over a short seam."""
    weights = np.ones((bands, frames), np.float32)
    low = first + (_SEAM_FRAMES if first > 0 else 0)
    high = last - (_SEAM_FRAMES if last < frames else 0)
    weights[:, low : max(low, high)] = 0
    return Mask.of(weights, frames)


def cutoff_of(picture: NDArray[np.float32], geometry: Geometry) -> float | None:
    """Frequency in Hz above which a sound has nothing, judged by its loud moments; None if it reaches the top of the picture."""
    level = np.percentile(picture, 90, axis=1)
    loudest = level.max()
    silent = level < max(_CUTOFF_FLOOR_DB, loudest - 3 * _CUTOFF_DROP_DB)
    top = geometry.bands - 1
    while top > 0 and silent[top]:
        top -= 1
    # A cut is a cliff: below it there is sound, a few bands above it nothing.
    if top >= geometry.bands - 2 or level[max(0, top - 3)] - level[min(geometry.bands - 1, top + 3)] < _CUTOFF_DROP_DB / 2:
        return None
    return geometry.band_to_hz(top + 0.5)


def highs_mask(cutoff_hz: float, frames: int, geometry: Geometry) -> Mask:
    """All bands above a frequency, with an edge of one band. Raises EngineError("value") if there is none above."""
    edge = float(geometry.hz_to_position(cutoff_hz))
    weights = np.clip(np.arange(geometry.bands) + 0.5 - edge + 0.5, 0, 1).astype(np.float32)
    if not 0 < cutoff_hz < geometry.f_max_hz or not weights.any():
        raise EngineError("value", f"The cut-off must lie between 0 and {geometry.f_max_hz:.0f} Hz, not {cutoff_hz:g}.")
    return Mask.of(np.repeat(weights[:, None], frames, axis=1), frames)


def rolled(clip: Clip) -> Clip:
    """The sound with its end in front of its beginning in the middle."""
    return Clip(np.roll(clip.samples, clip.samples.shape[-1] // 2, axis=-1), clip.sample_rate)


def unrolled(clip: Clip) -> Clip:
    """Undoes ``rolled``."""
    return Clip(np.roll(clip.samples, -(clip.samples.shape[-1] // 2), axis=-1), clip.sample_rate)


def joint_mask(clip: Clip, joint_s: float, frames: int, geometry: Geometry) -> Mask:
    """The span of ``joint_s`` seconds around the middle of a rolled sound. Raises EngineError("value") if the sound is shorter."""
    middle = (clip.samples.shape[-1] // 2) / clip.sample_rate / geometry.frame_s
    half = joint_s / 2 / geometry.frame_s
    if not 0 < 2 * half < frames:
        raise EngineError("value", f"The joint must be shorter than the sound ({clip.duration_s:.2f} s), not {joint_s:g} s.")
    first, last = int(np.floor(middle - half)), int(np.ceil(middle + half))
    return Mask.of(np.ones((geometry.bands, last - first), np.float32), frames, first)
