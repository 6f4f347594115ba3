"""Which scenes are kept from training, and the random streams of a scene."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from engine.corpus.recipe import Kind, Range, Recipe, Record
from engine.corpus.scene import Scene
from engine.corpus.splits import Split, held_out_pair, split

_UNMARKED_SPACE = "dry"
_UNMARKED_DISTANCE = 1


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


def stream(seed: int, purpose: str) -> np.random.Generator:
    """Fresh generator of one purpose of a scene ("draw/space", "render/level"); no purpose shifts another."""
    return np.random.default_rng(_number(f"scene/{seed}/{purpose}"))


def scene_split(scene: Scene) -> Split:
    """Split of a scene: that of its main (first) layer; its rooms come from the same split."""
    record = scene.layers[0].record
    return split(record.class_id, record.seed)


def held_out_order(class_ids: Sequence[str]) -> bool:
    """True when neighbours of a row of classes are a held-out pair."""
    return any(held_out_pair(a, b) for a, b in pairwise(class_ids))


def held_out_space(recipe: Recipe, record: Record, space: str) -> bool:
    """True for one (size, space) cell in ten; the unmarked space belongs to every size."""
    sizes = [a.name for a in recipe.attributes if isinstance(a, Range) and a.axis == "size"]
    return space != _UNMARKED_SPACE and any(_cell(record.class_id, name, _third(record.q(name)), space) for name in sizes)


def held_out_distance(recipe: Recipe, record: Record, distance: int) -> bool:
    """True for one (kind, distance) cell in ten; the unmarked distance belongs to every kind."""
    kinds = [a.name for a in recipe.attributes if isinstance(a, Kind)][:1]
    return distance != _UNMARKED_DISTANCE and any(_cell(record.class_id, name, record[name], distance) for name in kinds)


def held_out_record(recipe: Recipe, record: Record) -> bool:
    """True for one (material, intensity) cell in ten."""
    materials = [a.name for a in recipe.attributes if isinstance(a, Kind) and a.name == "material"]
    forces = [a.name for a in recipe.attributes if isinstance(a, Range) and a.axis == "intensity"]
    return any(_cell(record.class_id, m, record[m], f, _third(record.q(f))) for m in materials for f in forces)


def _third(quantile: float) -> int:
    return min(int(3 * quantile), 2)


def _cell(*names: object) -> bool:
    return _number("cell/" + "/".join(map(str, names))) % 10 == 0
