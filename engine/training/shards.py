"""Rendered corpus on disk: shards of clips as plain arrays that training maps into memory.

A shard is a folder with ``audio.npy`` int16 [n, samples], ``mel.npy`` float16 [n, bands, frames] in -1..1 and ``rows.jsonl`` (one JSON
object per clip: split, classes, captions, manifest). It appears under its final name only when it is complete.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.geometry import Geometry
from engine.signal.mel import log_mel_db, normalise

CLIPS_PER_SHARD = 128
CAPTIONS_PER_CLIP = 12
GEOMETRY = Geometry()


def render_shard(folder: Path, index: int, single_share: float = 0.7) -> Path:
    """Renders the clips ``index * 128 ..`` of the corpus into one shard; an existing shard is left alone."""
    from engine.corpus.captions import caption, captions
    from engine.corpus.clips import manifest_row
    from engine.corpus.held_out import scene_split
    from engine.corpus.mixer import draw_scene, render_scene

    target = folder / f"shard-{index:05d}"
    if target.exists():
        return target
    audio = np.empty((CLIPS_PER_SHARD, GEOMETRY.samples), np.int16)
    mel = np.empty((CLIPS_PER_SHARD, GEOMETRY.bands, GEOMETRY.frames), np.float16)
    rows = []
    for position in range(CLIPS_PER_SHARD):
        seed = index * CLIPS_PER_SHARD + position
        scene = draw_scene(seed, single_share=single_share)
        samples = render_scene(scene)
        audio[position] = np.round(np.clip(samples, -1, 1) * 32767)
        mel[position] = normalise(log_mel_db(samples, GEOMETRY))
        rng = np.random.default_rng([seed, 77])
        texts = [*captions(scene), *(caption(scene, rng) for _ in range(CAPTIONS_PER_CLIP - 5))]
        rows.append(
            {
                "seed": seed,
                "split": scene_split(scene),
                "classes": list(scene.class_ids),
                "captions": texts,
                "manifest": manifest_row(scene),
            }
        )
    return write_shard(target, audio, mel, rows)


def write_shard(
    target: Path, audio: NDArray[np.int16], mel: NDArray[np.float16], rows: Sequence[dict], state: dict[str, Any] | None = None
) -> Path:
    """Writes clips as a shard that is whole or not there at all; ``state`` is kept in it as JSON for whoever goes on after it."""
    building = target.with_name(f".building-{target.name.removeprefix('shard-')}-{os.getpid()}")
    building.mkdir(parents=True)
    (building / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    if state is not None:
        (building / "state.json").write_text(json.dumps(state), encoding="utf-8")
    np.save(building / "audio.npy", audio)
    np.save(building / "mel.npy", mel)
    os.replace(building, target)
    return target


def clear_unfinished(folder: Path) -> None:
    """Removes what a killed process left behind."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(".building-*"):
        shutil.rmtree(left, ignore_errors=True)


def render_shards(folder: Path, first: int, count: int, workers: int, single_share: float = 0.7) -> Iterator[Path]:
    """Renders ``count`` shards in worker processes, yielding each as it is done."""
    clear_unfinished(folder)
    if workers <= 1:
        for index in range(first, first + count):
            yield render_shard(folder, index, single_share)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(render_shard, [folder] * count, range(first, first + count), [single_share] * count)


@dataclass(frozen=True)
class Shard:
    """One shard, mapped into memory."""

    folder: Path

    @cached_property
    def audio(self) -> NDArray[np.int16]:
        """int16 [n, samples]."""
        return np.load(self.folder / "audio.npy", mmap_mode="r", allow_pickle=False)

    @cached_property
    def mel(self) -> NDArray[np.float16]:
        """float16 [n, bands, frames] in -1..1."""
        return np.load(self.folder / "mel.npy", mmap_mode="r", allow_pickle=False)

    @cached_property
    def rows(self) -> list[dict]:
        """One description per clip."""
        with open(self.folder / "rows.jsonl", encoding="utf-8") as file:
            return [json.loads(line) for line in file]


class ShardSet:
    """All shards of a folder as one list of clips of one split; ``refresh`` notices new shards.

    ``captioned``: only clips that have captions.
    """

    def __init__(self, folder: Path, split: str = "train", first: int = 0, captioned: bool = False) -> None:
        self.folder, self.split, self.first, self.captioned = folder, split, first, captioned
        self.shards: list[Shard] = []
        self.index: list[tuple[int, int]] = []
        self.refresh()

    def refresh(self) -> None:
        """Adds shards that appeared since the last look."""
        known = {shard.folder for shard in self.shards}
        for path in sorted(self.folder.glob("shard-*")):
            if path in known or int(path.name.split("-")[1]) < self.first:
                continue
            shard = Shard(path)
            number = len(self.shards)
            self.shards.append(shard)
            self.index += [(number, i) for i, row in enumerate(shard.rows) if self._belongs(row)]

    def _belongs(self, row: dict) -> bool:
        return row["split"] == self.split and (bool(row["captions"]) or not self.captioned)

    def __len__(self) -> int:
        return len(self.index)

    def mel(self, clip: int, start: int = 0, frames: int | None = None) -> NDArray[np.float32]:
        """Mel [bands, frames] of a clip."""
        shard, position = self.index[clip]
        stop = None if frames is None else start + frames
        return np.asarray(self.shards[shard].mel[position, :, start:stop], np.float32)

    def audio(self, clip: int, start: int = 0, samples: int | None = None) -> NDArray[np.float32]:
        """Samples of a clip in -1..1."""
        shard, position = self.index[clip]
        stop = None if samples is None else start + samples
        return np.asarray(self.shards[shard].audio[position, start:stop], np.float32) / 32767.0

    def row(self, clip: int) -> dict:
        """Description of a clip."""
        shard, position = self.index[clip]
        return self.shards[shard].rows[position]
