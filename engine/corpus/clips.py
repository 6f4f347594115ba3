"""Finished clips: samples with their scene, manifest rows, and whole folders for training."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from engine.corpus.draw import draw_scene
from engine.corpus.held_out import scene_split
from engine.corpus.mixer import render_scene
from engine.corpus.recipe import SAMPLE_RATE, Audio
from engine.corpus.registry import recipes
from engine.corpus.scene import Layer, Scene, Scheme

_PACKAGES = ("numpy", "scipy", "soundfile")


def make_clip(seed: int, class_id: str | None = None, scheme: Scheme | None = None, single_share: float = 0.70,
              seen_only: bool = True) -> tuple[Audio, Scene]:  # fmt: skip
    """Samples, float32 [217088] at 22,050 Hz, and the scene that they were made from; options as in ``draw_scene``."""
    scene = draw_scene(seed, class_id, scheme, single_share, seen_only)
    return render_scene(scene), scene


def manifest_row(scene: Scene) -> dict[str, Any]:
    """Everything that is true of a clip, as values that JSON can hold."""
    return {
        "seed": scene.seed,
        "split": scene_split(scene),
        "scheme": scene.scheme,
        "classes": list(scene.class_ids),
        "layers": [_layer_row(layer) for layer in scene.layers],
        "space": scene.space,
        "distance": scene.distance,
        "motion": scene.motion,
        "trend": scene.trend,
        "colour": scene.colour,
        "level": scene.level,
        "floor": scene.floor,
    }


def _layer_row(layer: Layer) -> dict[str, Any]:
    record = layer.record
    return {
        "class": record.class_id,
        "version": recipes()[record.class_id].version,
        "seed": int(record.seed),
        "salt": record.salt,
        "samples": int(record.samples),
        "values": {name: value.item() if isinstance(value, np.generic) else value for name, value in record.values.items()},
        "quantiles": {name: float(quantile) for name, quantile in record.quantiles.items()},
        "start_s": float(layer.start_s),
        "end_s": float(layer.end_s),
        "snr_db": float(layer.snr_db),
    }


def render_folder(folder: Path, seeds: Iterable[int], workers: int = 1, **options: Any) -> None:
    """Writes a clip per seed as 16-bit FLAC, and ``manifest.jsonl`` with one row (captions included) per clip in the order of the seeds.

    ``options`` go to ``make_clip``. The files do not depend on the number of workers. ``versions.json`` names what they were made with.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    versions = {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}
    (folder / "versions.json").write_text(json.dumps(versions, indent=1) + "\n", encoding="utf-8")
    render = partial(_render_file, folder, options)
    with (folder / "manifest.jsonl").open("w", encoding="utf-8") as manifest:
        if workers <= 1:
            rows = map(render, seeds)
            manifest.writelines(json.dumps(row) + "\n" for row in rows)
            return
        # "spawn" instead of "fork": the caller may hold threads that a fork would copy half-way.
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor:
            manifest.writelines(json.dumps(row) + "\n" for row in executor.map(render, seeds, chunksize=8))


def _render_file(folder: Path, options: dict[str, Any], seed: int) -> dict[str, Any]:
    from engine.corpus.captions import captions

    samples, scene = make_clip(seed, **options)
    name = f"{seed:08d}.flac"
    soundfile.write(folder / name, samples, SAMPLE_RATE, subtype="PCM_16")
    return {"file": name, **manifest_row(scene), "captions": list(captions(scene))}
