"""A clip before rendering: which sounds, in which order, in which space, heard through what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.corpus.recipe import Record

Scheme = Literal["one", "over", "then", "while", "three_over", "three_in_a_row"]
Level = Literal["quiet", "normal", "loud"]
Motion = Literal["approaching", "passing", "receding"]
Trend = Literal["fade_in", "fade_out", "stops", "starts"]


@dataclass(frozen=True)
class Layer:
    """One sound of a scene: its record, where it begins and ends, and how loud it is against the main layer."""

    record: Record
    start_s: float = 0.0
    end_s: float = 9.845
    snr_db: float = 0.0


@dataclass(frozen=True)
class Scene:
    """The attribute record of a whole clip; captions, tests and the manifest are made from it alone.

    ``layers`` stand in the order of the scheme: one (A), over (foreground A, ambience C), then (A before B), while (A and B at once),
    three_over (A and B over C), three_in_a_row (A, B, C). ``distance`` 0 very close .. 4 very far, 1 unmarked. ``space`` and ``colour`` are
    names of the tables of spaces and colours ("dry" and None are unmarked).
    """

    seed: int
    scheme: Scheme
    layers: tuple[Layer, ...]
    space: str = "dry"
    distance: int = 1
    motion: Motion | None = None
    trend: Trend | None = None
    colour: str | None = None
    level: Level = "normal"
    floor: bool = False

    @property
    def class_ids(self) -> tuple[str, ...]:
        """Class of each layer."""
        return tuple(layer.record.class_id for layer in self.layers)
