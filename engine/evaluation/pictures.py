"""A picture for the eye: what prompts give, beside corpus clips of the same classes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.corpus.registry import recipes
from engine.evaluation.bench import take_of
from engine.evaluation.corpus_clips import held_out_seeds, single_clip
from engine.geometry import Geometry
from engine.pipeline import Pipeline
from engine.signal.mel import log_mel_db
from engine.types import EngineError, SamplingSettings

PICTURED = (
    ("rain_on_object", "rain on a tin roof"),
    ("thunder", "a clap of thunder rolling away"),
    ("ocean_waves", "ocean waves on a beach"),
    ("dog_bark", "a big dog barking"),
    ("footsteps", "footsteps on gravel"),
    ("glass_break", "a window breaking"),
    ("car_engine", "car engine revving"),
    ("siren", "police siren wailing"),
    ("church_bell", "a slow church bell"),
    ("laser_shot", "laser shots from a space gun"),
    ("drum_loop", "a fast drum loop"),
    ("crowd", "a large crowd talking"),
)
_RANGE_DB = 70.0
_TICKS_HZ = (100, 300, 1000, 3000, 8000)


def draw_pictures(
    pipeline: Pipeline, target: Path, settings: SamplingSettings, seed: int = 0, chosen: Sequence[tuple[str, str]] = PICTURED
) -> None:
    """Writes a PNG: per row two pairs of pictures, each a generated sound (analysed again) and a held-out corpus clip of its class.

    Raises EngineError where matplotlib is missing or the file cannot be written.
    """
    geometry = pipeline.geometry
    pairs = []
    for class_id, prompt in chosen:
        take = take_of(pipeline, prompt, seed, settings)
        clip = single_clip(class_id, held_out_seeds(class_id, 1)[0])
        pairs.append((prompt, log_mel_db(take.clip.mono(), geometry), recipes()[class_id].nouns[0], log_mel_db(clip, geometry)))
    _draw(pairs, geometry, target)


def _draw(pairs: Sequence[tuple[str, NDArray, str, NDArray]], geometry: Geometry, target: Path) -> None:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise EngineError("value", "Pictures need matplotlib: pip install melbrush[train].") from error
    rows = -(-len(pairs) // 2)
    figure = Figure(figsize=(17, 1.75 * rows + 0.5), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, 4, squeeze=False, sharex=True, sharey=True)
    for number, (prompt, generated, noun, clip) in enumerate(pairs):
        left, right = axes[number // 2, 2 * (number % 2) : 2 * (number % 2) + 2]
        _show(left, generated, f"“{prompt}”", geometry)
        _show(right, clip, f"corpus: {noun}", geometry)
    for axis in axes.reshape(-1)[2 * len(pairs) :]:
        axis.set_visible(False)
    for axis in axes[-1]:
        axis.set_xlabel("s", fontsize=7)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(target, format="png")
    except OSError as error:
        raise EngineError("path", f"{target} cannot be written: {error.strerror or error}.") from error


def _show(axis: object, mel: NDArray, title: str, geometry: Geometry) -> None:
    top = float(np.percentile(mel, 99.9))
    seconds = mel.shape[1] * geometry.frame_s
    axis.imshow(
        mel, origin="lower", aspect="auto", cmap="inferno", vmin=top - _RANGE_DB, vmax=top, extent=(0, seconds, -0.5, geometry.bands - 0.5)
    )
    axis.set_title(title, fontsize=8)
    axis.set_yticks([geometry.hz_to_band(hz) for hz in _TICKS_HZ], [f"{hz} Hz" if hz < 1000 else f"{hz // 1000} kHz" for hz in _TICKS_HZ])
    axis.tick_params(labelsize=6)
