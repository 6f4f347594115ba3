"""Corpus clips for evaluation: fresh seeds that no training of a pack has met, rendered again from their scenes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice

from engine.corpus.mixer import draw_scene, render_scene
from engine.corpus.recipe import Audio
from engine.corpus.scene import Scene
from engine.corpus.splits import split

# Training of packs counts seeds from 0; it would have to render fifty million clips to reach these.
JUDGE_SEED, HELD_OUT_SEED, PROBE_SEED = 50_000_000, 60_000_000, 70_000_000
_WIDE_SPACES = frozenset(("hall", "church", "cave", "tunnel", "outdoors_far"))


def single_scene(class_id: str, seed: int) -> Scene:
    """Scene of one sound without recording colour, moderately far and mostly in dry or small places."""
    scene = draw_scene(seed, class_id, "one")
    space = "dry" if scene.space in _WIDE_SPACES and seed % 2 else scene.space
    distance = 1 if space == "dry" else min(scene.distance, 2)
    return replace(scene, space=space, distance=distance, colour=None)


def single_clip(class_id: str, seed: int) -> Audio:
    """Samples of ``single_scene``, float32 [217088] at 22,050 Hz."""
    return render_scene(single_scene(class_id, seed))


def held_out_seeds(class_id: str, clips: int, first: int = HELD_OUT_SEED) -> list[int]:
    """The first seeds from ``first`` on whose clips belong to the test split, so that their rooms are unknown too."""
    return list(islice(_test_seeds(class_id, first), clips))


def _test_seeds(class_id: str, first: int) -> Iterator[int]:
    return (seed for seed in count(first) if split(class_id, seed) == "test")
