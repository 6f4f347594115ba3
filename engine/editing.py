"""Plans edits: which cells of which parts of a sound are drawn again, and where the result may differ from the source.

Pure bookkeeping on numpy arrays; the networks are called by ``engine.redrawing``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.geometry import Geometry
from engine.masks import Mask
from engine.sampling.schedules import SCHEDULES
from engine.types import HIDDEN, MAX_DURATION_S, Clip, EngineError, SamplingSettings, TokenGrid

SHORTEST_S = 0.1

_STEPS_OF_AN_EDIT = 16
_SEAM_FRAMES = 3
"""An extension blends over this many frames (35 ms) of the source, so that the sound does not dip at the joint."""

# A cliff is sought in the loud moments: so much deeper on one side of a few bands than on the other, and never up again.
_LOUD_SHARE = 0.3
_CLIFF_DB, _STEEP_DB, _FILLED_DB = 18.0, 24.0, 25.0
_CLIFF_BELOW, _CLIFF_EDGE = 7, 2
_LOWEST_CUTOFF_HZ = 2500.0
_LEAST_LEVEL_DB = -72.0
_HIGHEST_BANDS = 3


@dataclass(frozen=True, eq=False)
class Plan:
    """An edit: the sound it starts from, where it may change, the cells to draw, and the columns that the model looks at.

    ``picture`` [bands, frames] in dB and ``ids`` [rows, cols] describe the whole of ``clip``; every column with a cell of ``hidden``
    (bool [rows, cols]) is inside one of ``parts``, spans of columns that are apart from each other.
    """

    clip: Clip
    picture: NDArray[np.float32]
    ids: NDArray[np.int32]
    mask: Mask
    hidden: NDArray[np.bool_]
    parts: tuple[tuple[int, int], ...]

    @property
    def start(self) -> TokenGrid:
        """The whole grid, hidden where the model shall draw."""
        return TokenGrid(np.where(self.hidden, HIDDEN, self.ids).astype(np.int32))


def plan(
    clip: Clip, picture: NDArray[np.float32], ids: NDArray[np.int32], mask: Mask, hidden: NDArray[np.bool_], geometry: Geometry
) -> Plan:
    """Chooses the parts: hidden columns with as much around them as the model was trained to see. Raises EngineError("value")."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], hidden.any(axis=0), [False]]).astype(int)))
    runs = [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    if not runs:
        raise EngineError("value", "Nothing is painted: mark what shall be drawn again.")
    while (merged := _joined(runs, ids.shape[1], geometry)) != runs:
        # What was joined reaches further than its parts did and may touch its neighbour now.
        runs = merged
    parts = tuple(_widened(first, last, ids.shape[1], geometry) for first, last in runs)
    return Plan(clip, picture, ids, mask, hidden, parts)


def _joined(runs: list[tuple[int, int]], cols: int, geometry: Geometry) -> list[tuple[int, int]]:
    """Two places close enough to be seen together become one."""
    joined: list[tuple[int, int]] = []
    for first, last in runs:
        if joined and _widened(*joined[-1], cols, geometry)[1] > _widened(first, last, cols, geometry)[0]:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def _widened(first: int, last: int, cols: int, geometry: Geometry) -> tuple[int, int]:
    spare = max(geometry.cols - (last - first), geometry.cols // 2)
    low = max(0, min(first - spare // 2, cols - (last - first) - spare))
    return low, min(cols, max(last + spare - spare // 2, low + (last - first) + spare))


def check_length(clip: Clip) -> None:
    """Raises EngineError("value") for a sound that is too short or too long to be edited."""
    if clip.samples.shape[-1] < round(SHORTEST_S * clip.sample_rate):
        raise EngineError("value", f"Sounds shorter than {SHORTEST_S:g} s cannot be edited; this one has {clip.duration_s:.3f} s.")
    if clip.duration_s > MAX_DURATION_S + 0.5:
        raise EngineError("value", f"Sounds longer than {MAX_DURATION_S / 60:.0f} minutes cannot be edited; cut this one first.")


def thinned(hidden: NDArray[np.bool_], strength: float, seed: int) -> NDArray[np.bool_]:
    """A random share ``strength`` of the hidden cells, at least one. Raises EngineError("value") outside 0..1."""
    if not 0 < strength <= 1:
        raise EngineError("value", f"The strength must lie above 0 and be 1 at most, not {strength:g}.")
    places = np.flatnonzero(hidden)
    count = max(1, round(strength * places.size)) if places.size else 0
    out = np.zeros(hidden.size, bool)
    out[np.random.default_rng([seed, 77]).permutation(places)[:count]] = True
    return out.reshape(hidden.shape)


def settings_for(settings: SamplingSettings, plan: Plan, geometry: Geometry) -> SamplingSettings:
    """One candidate, and fewer iterations for fewer cells: what the schedule spends on the hidden share, but at least a third of all.

    With that many cells known the model stands where a whole run stands near its end, so the steps before would change nothing; fewer than
    a third would fix too many neighbours at once, without one having seen the other. What is around the paint decides more than the prompt,
    so candidates would hardly differ: the iterations that they cost come to the one, up to 16. A second of ten takes 6 of 16 iterations.
    """
    steps = whole_steps(settings)
    share = max(float(plan.hidden[:, a:b].sum()) / (geometry.rows * max(b - a, geometry.cols)) for a, b in plan.parts)
    schedule = SCHEDULES[settings.schedule]
    done = next((step for step in range(steps, 0, -1) if schedule(step / steps) >= min(1.0, share)), 0)
    return replace(settings, steps=max(-(-steps // 3), steps - done), candidates=1)


def whole_steps(settings: SamplingSettings) -> int:
    """Iterations in which an edit would draw a whole grid with its one candidate."""
    return max(settings.steps, min(_STEPS_OF_AN_EDIT, settings.steps * settings.candidates))


def padded(clip: Clip, before_s: float, after_s: float, geometry: Geometry) -> tuple[Clip, int, int]:
    """The sound with silence around it, the frames put in front, and the samples in front that are more than was asked for.

    In front there are whole cells, so that the source's tokens keep their places.
    """
    cols = -(-round(before_s * geometry.sample_rate) // geometry.cols_to_samples(1))
    before = round(geometry.cols_to_samples(cols) / geometry.sample_rate * clip.sample_rate)
    wide = np.pad(clip.samples, ((0, 0), (before, round(after_s * clip.sample_rate))))
    surplus = before - round(before_s * clip.sample_rate)
    return Clip(wide.astype(np.float32, copy=False), clip.sample_rate), cols * geometry.cell_frames, max(0, surplus)


def extension_mask(bands: int, frames: int, first: int, last: int, seam: int = _SEAM_FRAMES) -> Mask:
    """Everything but the frames ``first``..``last`` of the source, whose ends are blended over a short ``seam``."""
    weights = np.ones((bands, frames), np.float32)
    seam = min(seam, max(0, last - first) // 4)
    low = first + (seam if first > 0 else 0)
    high = last - (seam if last < frames else 0)
    weights[:, low : max(low, high)] = 0
    return Mask.of(weights, frames)


def cutoff_of(picture: NDArray[np.float32], geometry: Geometry) -> float | None:
    """Frequency in Hz above which a sound was cut off, or None: a cliff that every loud moment has at the same place.

    Dull sounds fade out gradually; tones have deep gaps below their highest partial too. Both are no cliffs.
    """
    loud = picture[:, _loud(picture)]
    first, last = geometry.hz_to_band(_LOWEST_CUTOFF_HZ), geometry.bands - _HIGHEST_BANDS - _CLIFF_EDGE
    drops = {band: _drop(loud, band) for band in range(max(first, _CLIFF_BELOW), last)}
    best = max(drops, key=lambda band: drops[band])
    if drops[best] < _CLIFF_DB:
        return None
    # Where the level has fallen by half of the drop, and a little below: the slope of the filter is drawn again too.
    level = np.median(loud, axis=1)
    below, above = np.percentile(level[best - _CLIFF_BELOW : best - 1], 50), level[best + _CLIFF_EDGE :].max()
    low = best - _CLIFF_EDGE - 1
    falling = np.flatnonzero(level[low : best + _CLIFF_EDGE + 1] < (below + above) / 2)
    return geometry.band_to_hz(low + (int(falling[0]) if falling.size else _CLIFF_EDGE + 1) - 1.5)


def _loud(picture: NDArray[np.float32]) -> NDArray[np.intp]:
    """Frames in which the upper bands say something."""
    energy = np.maximum(picture, _LEAST_LEVEL_DB)[picture.shape[0] // 4 :].mean(axis=0)
    count = max(1, round(_LOUD_SHARE * energy.size))
    return np.argsort(energy, kind="stable")[-count:]


def _drop(loud: NDArray[np.float32], band: int) -> float:
    """Decibels by which nearly all of the bands below lie above everything higher up, in the typical loud frame; 0 for a gentle slope."""
    below = np.percentile(loud[band - _CLIFF_BELOW : band - 1], 25, axis=0)
    filled = loud[band - _CLIFF_BELOW : band - 1].max(axis=0) - below < _FILLED_DB
    above = loud[band + _CLIFF_EDGE :].max(axis=0)
    step = loud[band - _CLIFF_EDGE - 1 : band - 1].max(axis=0) - loud[band + 1 : band + _CLIFF_EDGE + 1].max(axis=0)
    drop = np.where(filled & (below > _LEAST_LEVEL_DB) & (step > _STEEP_DB), below - above, 0.0)
    return float(np.percentile(drop, 40))


def highs_mask(cutoff_hz: float, frames: int, geometry: Geometry) -> Mask:
    """All bands above a frequency, with an edge of one band. Raises EngineError("value") if there is none above."""
    edge = float(geometry.hz_to_position(cutoff_hz)) if 0 < cutoff_hz < geometry.f_max_hz else np.inf
    weights = np.clip(np.arange(geometry.bands) + 0.5 - edge + 0.5, 0, 1).astype(np.float32)
    if not weights.any():
        raise EngineError(
            "value", f"The cut-off must lie between 0 and {geometry.band_to_hz(geometry.bands - 1):.0f} Hz, not {cutoff_hz:g}."
        )
    return Mask.of(np.repeat(weights[:, None], frames, axis=1), frames)


def rolled(clip: Clip) -> Clip:
    """The sound with its end in front of its beginning in the middle."""
    return Clip(np.roll(clip.samples, clip.samples.shape[-1] // 2, axis=-1), clip.sample_rate)


def unrolled(clip: Clip) -> Clip:
    """Undoes ``rolled``."""
    return Clip(np.roll(clip.samples, -(clip.samples.shape[-1] // 2), axis=-1), clip.sample_rate)


def joint_mask(clip: Clip, joint_s: float, frames: int, geometry: Geometry) -> Mask:
    """The span of ``joint_s`` seconds around the middle of a rolled sound, at most half of it. Raises EngineError("value")."""
    if not joint_s > 0:
        raise EngineError("value", f"The joint must be longer than 0 s, not {joint_s:g} s.")
    middle = (clip.samples.shape[-1] // 2) / clip.sample_rate / geometry.frame_s
    half = min(joint_s, clip.duration_s / 2) / 2 / geometry.frame_s
    first, last = int(np.floor(middle - half)), min(frames - 1, int(np.ceil(middle + half)))
    return Mask.of(np.ones((geometry.bands, max(1, last - first)), np.float32), frames, first)
